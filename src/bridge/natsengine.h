// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_NATSENGINE_H
#define PYVENT_BRIDGE_NATSENGINE_H

#include "backoff.h"
#include "engine.h"
#include "engineoptions.h"
#include "natslink.h"
#include "natspull.h"
#include "natsstream.h"
#include "streamorder.h"

#include <QtCore/qhash.h>
#include <QtCore/qtimer.h>

#include <deque>
#include <memory>

namespace Pyvent::Bridge {

// NATS JetStream: a stream that all buses of a prefix share, and a durable consumer for each bus.
class NatsEngine : public Engine
{
    Q_OBJECT

public:
    explicit NatsEngine(const EngineOptions &options);
    ~NatsEngine() override;

    // A stream with replicas acknowledges what most of them have.
    std::chrono::milliseconds forgetsFor() const override { return {}; }

    void start() override;
    void stop() override;
    void setPast(const Past &past) override { m_past = past; }
    void setReading(bool on) override;
    void publish(const QList<Publication> &publications) override;
    void acknowledge(quint64 token) override;

private:
    using Clock = std::chrono::steady_clock;
    struct Arrived
    {
        Envelope envelope;
        QByteArray reply;
        bool isOwn;
    };
    struct Given // and not acknowledged
    {
        quint64 token;
        quint64 number;
        qsizetype size;
        QByteArray reply;
    };

    void connectNow();
    bool tryServer(const HostPort &server);
    void hangUp();
    void retryLater();
    QList<HostPort> serversToTry() const;

    void takeEvents();
    void take(NatsLink::Event &&event);
    void takeRefusal(const NatsLink::Event &event);
    void takeStatus(const NatsLink::Event &event);
    void takeError(const QByteArray &text);
    void linkClosed(const QByteArray &text);

    void beginReading();
    void tellPast(quint64 before);
    void endReading();
    bool hasRoom() const;
    void askForMore();
    void askForMissing();
    void fetchMissing();
    Clock::time_point fetchAt() const;
    void process();
    void schedule();
    void giveReady();
    void cameAgain(quint64 number, const QByteArray &reply);

    const EngineOptions m_options;
    const QByteArray m_prefix;
    std::unique_ptr<NatsLink> m_link;
    std::unique_ptr<NatsStream> m_stream;
    QList<HostPort> m_discovered;
    HostPort m_last; // that was connected
    BackOff m_backOff;
    QTimer m_retry;
    bool m_isStarted = false;
    bool m_hasNoLeader = false; // the stream, as far as could be found out

    QHash<quint64, QByteArray> m_underWay; // subjects of what was published and not acknowledged
    QByteArray m_denied;                   // where it may not publish, as was told last

    Past m_past;
    bool m_shallRead = false;
    bool m_isReading = false;
    QTimer m_readRetry;
    QTimer m_timer; // for the next deadline
    NatsPull m_pull;
    StreamOrder<Arrived> m_order;
    Clock::time_point m_fetchAgainAt;
    quint64 m_askedFor = 0; // up to this number, of what is missing
    std::deque<Given> m_given;
    qsizetype m_givenBytes = 0;
    quint64 m_token = 0;
    QString m_identity;         // of the stream
    quint64 m_acknowledged = 0; // number in it
};

} // namespace Pyvent::Bridge

#endif
