// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_MQTTENGINE_H
#define PYVENT_BRIDGE_MQTTENGINE_H

#include "backoff.h"
#include "engine.h"
#include "engineoptions.h"
#include "mqttconnection.h"

#include <QtCore/qelapsedtimer.h>
#include <QtCore/qhash.h>
#include <QtCore/qtimer.h>

#include <memory>

namespace Pyvent::Bridge {

// MQTT 5: one connection that publishes, and, while it reads, a second one with the bus's session.
class MqttEngine : public Engine
{
    Q_OBJECT

public:
    explicit MqttEngine(const EngineOptions &options);
    ~MqttEngine() override;

    // A broker that is killed may lose what it has acknowledged: Mosquitto writes its store when it is told to, not with each message.
    std::chrono::milliseconds forgetsFor() const override { return std::chrono::seconds(30); }

    void start() override;
    void stop() override;
    void setReading(bool on) override;
    void publish(const QList<Publication> &publications) override;
    void acknowledge(quint64 token) override;

private:
    void connectNow();
    void writerEnded(const QString &why);
    void beginReading();
    void endReading();
    void readerConnected(bool hasSession);
    void tellReading();
    void askAgain();
    void readerEnded(const QString &why, bool isTakenOver);
    void take(const QList<Envelope> &envelopes);
    void tellPublished(int number, int reason);
    void flushPublished();

    const EngineOptions m_options;
    const QByteArray m_prefix;
    qsizetype m_nextServer = 0;
    HostPort m_server;
    BackOff m_backOff;
    BackOff m_readBackOff;
    QTimer m_retry;
    QTimer m_readRetry;
    QString m_whyNotReading; // what to tell then
    QTimer m_askAgain;
    QTimer m_flush; // tells of many acknowledgements at once
    bool m_isStarted = false;
    bool m_isUp = false;
    std::unique_ptr<MqttConnection> m_writer;
    QHash<int, quint64> m_underWay; // by the library's number
    QList<quint64> m_published;

    bool m_shallRead = false;
    bool m_isReading = false;
    bool m_hadSession = false;
    bool m_hasMissedSome = false;
    qsizetype m_asked = 0; // how often, for what was missed
    std::unique_ptr<MqttConnection> m_reader;
    QElapsedTimer m_readingFor;
    int m_shortReadings = 0; // in a row
    quint64 m_token = 0;     // the last one that was given
};

} // namespace Pyvent::Bridge

#endif
