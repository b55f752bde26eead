// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_NATSENGINE_H
#define PYVENT_BRIDGE_NATSENGINE_H

#include "backoff.h"
#include "engine.h"
#include "engineoptions.h"
#include "natsbucket.h"
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
//
// Either has no leader for some seconds after a server of the cluster has ended. Meanwhile events come directly: what is said past the stream, which
// needs no leader; and what the stream has, and its consumer does not give out. So a server is as good as reached when its cluster has lost its leader.
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
    void say(const QList<Publication> &publications) override;
    void acknowledge(quint64 token) override;
    void setKeeping(bool on) override;
    void put(const QList<Put> &puts) override;
    void takenStored() override;

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
        quint64 number; // 0: it has come directly
        qsizetype size;
        QByteArray reply;
    };

    void connectNow();
    bool tryServer(const HostPort &server);
    void haveStream();
    void lookAgain();
    void makeStreamAgain();
    void hangUp();
    void retryLater();
    QList<HostPort> serversToTry() const;

    void takeEvents();
    void take(NatsLink::Event &&event);
    void takeRefusal(const NatsLink::Event &event);
    void takeStatus(const NatsLink::Event &event);
    void takeError(const QByteArray &text);
    bool isAboutSaying(const QByteArray &text);
    void linkClosed(const QByteArray &text);

    void closeBucket();

    void beginReading();
    void tellPast(quint64 before);
    void endReading();
    bool hasRoom() const;
    void askForMore();
    void askForMissing();
    void fetchMissing();
    Clock::time_point fetchAt() const;
    Clock::time_point peekAt() const;
    void process();
    void schedule();
    void giveReady();
    void cameAgain(quint64 number, const QByteArray &reply);

    void hearSaid();
    void takeDirect(const Envelope &envelope);
    void giveDirect();
    void peek();

    // Where the cluster is without a leader: it takes some seconds for another one, and the longer it then takes to be noticed, the longer events wait.
    static constexpr std::chrono::milliseconds leaderPause{100};

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
    bool m_hasStream = false;   // since the link was made
    bool m_wasGone = false;     // all that is in it now has come since
    bool m_mayWait = false;     // for the stream, since it was there when a server was reached last
    QTimer m_lookRetry;
    Clock::time_point m_waitsUntil;
    Clock::time_point m_lookedAt; // whether it is gone
    bool m_maySay = true;
    bool m_mayHearSaid = true;

    std::unique_ptr<NatsBucket> m_bucket; // while it is to be there
    bool m_shallKeep = false;

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
    bool m_fetchesOn = false; // more of what is missing
    quint64 m_askedFor = 0;   // up to this number, of what is missing
    std::deque<Given> m_given;
    qsizetype m_givenBytes = 0;
    quint64 m_token = 0;
    QList<Arrival> m_direct; // to be given
    quint64 m_peekNext = 0;  // number in the stream; 0: it is not known
    Clock::time_point m_peekAt;
    QString m_identity;         // of the stream
    quint64 m_acknowledged = 0; // number in it
};

} // namespace Pyvent::Bridge

#endif
