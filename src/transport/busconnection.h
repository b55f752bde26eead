// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_BUSCONNECTION_H
#define PYVENT_TRANSPORT_BUSCONNECTION_H

#include "transport/laneconnection.h"
#include "transport/zmqconnection.h"

#include <QtCore/qhash.h>

namespace Pyvent::Internal {

// The way to a bus: the lane where there is one, and ZeroMQ where there is none. Which one is decided each time that it has to be made
// anew; what was subscribed, and what is not acknowledged, goes with it.
class BusConnection : public Connection
{
public:
    BusConnection(const Endpoint &endpoint, qsizetype maximumFrameSize, SendQueue &queue, PollSet &pollSet,
                  const QByteArray &secret = {});
    ~BusConnection() override;

    quint64 subscribe(const QByteArray &prefix) override;
    void unsubscribe(const QByteArray &prefix) override;
    void send(QByteArray &&frame, bool mayGather, SendQueue::Share *share) override;
    void sendControl(QByteArray &&frame, bool inOrder) override;
    void process(Clock::time_point now) override;
    void disconnect(Clock::time_point now) override;
    void leave(Silence why, Clock::time_point now) override;
    bool receive(QByteArrayView *frame) override;
    void awaitAcknowledgements(bool await) override;
    void setLagging(bool lags) override;
    bool mayBeReadable() const override;
    Clock::time_point deadline() const override;
    State state() const override;
    Way way() const override;
    bool provesSenders() const override { return m_way && m_way->provesSenders(); }
    bool tellsWhoIsLost() const override { return m_way && m_way->tellsWhoIsLost(); }
    QString keyName() const override { return m_way ? m_way->keyName() : QString(); }
    quint64 proven() const override;
    bool isSending() const override { return m_way && m_way->isSending(); }
    Silence silence(Clock::time_point now) const override;
    bool takeRefusal() override;

private:
    void tryLanes(Clock::time_point now);
    bool tryLane(const QByteArray &path, Clock::time_point now);
    void findWay(Clock::time_point now);
    void openTcp(Clock::time_point now);
    bool isStrangersPort();
    void leaveStrangers();
    void use(std::unique_ptr<Connection> way, Clock::time_point now);
    void laneEnded(Clock::time_point now);

    const Endpoint m_endpoint;
    const qsizetype m_maximumFrameSize;
    const QByteArray m_secret;
    SendQueue &m_queue;
    PollSet &m_pollSet;
    AccessRule m_rule;
    LaneConnection *m_lane = nullptr;  // if that is the way
    ZmqConnection *m_tcp = nullptr;    // likewise
    std::unique_ptr<Connection> m_way; // none while it is to be found
    QHash<QByteArray, int> m_prefixes; // and how often it was subscribed to
    quint64 m_subscriptions = 0;       // the number of the newest one
    quint64 m_ofWay = 0;               // and the way's own number of it
    quint64 m_atLeast = 0;             // of the way's own: less does not prove what was subscribed before it
    bool m_awaits = false;
    bool m_lags = false;
    bool m_isRefused = false;
    Clock::time_point m_lanesUntil; // nobody is looked for elsewhere
    bool m_isAfterVainLane = false; // which came to nothing
    int m_vainLanes = 0;            // of them in a row
    bool m_isVerified = false;      // that it is connected to no strangers
    bool m_isNew = false; // the way, since process() was called last: whoever looks is to see that it is another one
    struct
    {
        Silence why = Silence::None; // while it is left alone
        Clock::time_point until;
        std::chrono::milliseconds next{0}; // for how long the next time
        Clock::time_point forgetAt;        // that there was one
    } m_left;
    Clock::time_point m_silentSince;
    Silence m_why = Silence::None; // of the attempts that got no way
    Clock::time_point m_tryAt;     // the lanes
    std::chrono::milliseconds m_tryAfter;
};

} // namespace Pyvent::Internal

#endif
