// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_MQTTCONNECTION_H
#define PYVENT_BRIDGE_MQTTCONNECTION_H

#include "engineoptions.h"
#include "envelope.h"

#include <QtCore/qobject.h>
#include <QtCore/qsocketnotifier.h>
#include <QtCore/qtimer.h>

#include <functional>
#include <memory>
#include <vector>

struct mosquitto;
struct mosquitto_message;
typedef struct mqtt5__property mosquitto_property;

namespace Pyvent::Bridge {

// One connection to an MQTT broker, from when it is made until it ends: libmosquitto on the event loop of its thread.
//
// The library acknowledges a message as it comes. So that the broker keeps it until the bus has it, a connection that reads holds back all that it
// writes while messages are not done with, and reads no more meanwhile: setHeld().
class MqttConnection : public QObject
{
    Q_OBJECT

public:
    struct Options
    {
        QByteArray clientId;
        bool keepsSession = false; // under this client id, for EngineOptions::keep
        std::chrono::seconds keepAlive{};
    };

    MqttConnection(const EngineOptions &engine, const HostPort &server, const Options &options);
    ~MqttConnection() override;

    // Connects: waits some seconds at most for the host; connected() or ended() follow. Returns why not, for people; empty if it is under way.
    QString start();

    // Returns the number by which published() will tell, or a negative number: \a why says why it can never be sent, and is empty if it cannot be now.
    int publish(const QByteArray &topic, const Envelope &envelope, QString *why);

    void subscribe(const QByteArray &topic);

    // Whether nothing is written or read.
    void setHeld(bool isHeld);

Q_SIGNALS:
    void connected(bool hasSession);
    void subscribed(bool isAllowed);

    // \a reason is MQTT's; from 0x80 on it is refused.
    void published(int number, int reason);

    // The messages that have come in one go. They are taken, and setHeld() called, before the next ones come.
    void received(const QList<Pyvent::Bridge::Envelope> &envelopes);

    // For people; \a isTakenOver says that another client has come with this one's id.
    void ended(const QString &why, bool isTakenOver);

private:
    struct Callbacks;
    struct Closer
    {
        void operator()(mosquitto *client) const;
    };
    using Happening = std::function<void()>;

    QString configure();
    QString connectNow();
    void read();
    void write();
    void doMaintenance();
    void finish(int result);
    bool tellAll();
    QString endText(int result) const;

    const EngineOptions m_engine;
    const HostPort m_server;
    const Options m_options;
    const QByteArray m_prefix;
    std::unique_ptr<mosquitto, Closer> m_client;
    std::unique_ptr<QSocketNotifier> m_readable;
    std::unique_ptr<QSocketNotifier> m_writable;
    QTimer m_maintenance;
    QTimer m_patience; // with the broker's first word
    bool m_isHeld = false;
    bool m_isConnected = false;
    bool m_hasEnded = false;
    int m_reason = 0;                  // the broker's for ending it
    QByteArray m_error;                // the library's last word
    std::vector<Happening> m_happened; // while the library was at work
    QList<Envelope> m_received;
};

} // namespace Pyvent::Bridge

#endif
