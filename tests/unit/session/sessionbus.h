// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SESSIONBUS_H
#define PYVENT_TESTS_SESSIONBUS_H

#include "dispatch/frameevent.h"
#include "session/session.h"
#include "wire/control.h"
#include "wire/frame.h"

#include <deque>
#include <functional>
#include <memory>
#include <vector>

// Buses for whole sessions, without sockets and in a time that is made up.

namespace PyventTests {

class SessionBus;

// A session's connection to such a bus.
class BusLine : public Pyvent::Internal::Connection
{
public:
    using SendQueue = Pyvent::Internal::SendQueue;

    BusLine(SessionBus *bus, SendQueue &queue)
        : m_bus(bus)
        , m_queue(queue)
    {
    }

    quint64 subscribe(const QByteArray &prefix) override
    {
        prefixes.append(prefix);
        return ++m_subscriptions;
    }
    void unsubscribe(const QByteArray &prefix) override { prefixes.removeOne(prefix); }
    void send(QByteArray &&frame, bool mayGather, SendQueue::Share *share) override;
    void sendControl(QByteArray &&frame, bool inOrder) override;
    void process(Clock::time_point) override { }
    void disconnect(Clock::time_point) override { }
    void leave(Silence, Clock::time_point) override { }
    bool receive(QByteArrayView *frame) override
    {
        if (arrived.empty())
            return false;
        m_received = std::move(arrived.front());
        arrived.pop_front();
        *frame = m_received;
        return true;
    }
    void awaitAcknowledgements(bool) override { }
    bool mayBeReadable() const override { return !arrived.empty(); }
    Clock::time_point deadline() const override { return Clock::time_point::max(); }
    State state() const override { return isUp ? State::Ready : State::Connecting; }
    Way way() const override { return Way::Lane; }
    bool provesSenders() const override { return true; }
    bool tellsWhoIsLost() const override { return tells; }
    quint64 proven() const override { return isUp ? m_subscriptions : 0; }
    bool isSending() const override { return true; }
    Silence silence(Clock::time_point) const override { return Silence::None; }
    bool takeRefusal() override { return false; }

    bool isFor(QByteArrayView frame) const;

    bool isUp = true;
    bool tells = true; // the server, who is lost
    QByteArrayList prefixes;
    std::deque<QByteArray> arrived;

private:
    SessionBus *const m_bus;
    SendQueue &m_queue;
    quint64 m_subscriptions = 0;
    QByteArray m_received;
};

// The time of all buses.
struct BusTime
{
    using Clock = Pyvent::Internal::Session::Clock;

    Clock::time_point now() const { return Clock::time_point(passed + std::chrono::hours(1)); }
    qint64 wallTime() const { return std::chrono::microseconds(passed + std::chrono::hours(1000)).count(); }

    std::chrono::milliseconds passed{0};
};

// A session on a bus, with its link.
class BusNode
{
public:
    using Session = Pyvent::Internal::Session;
    using Receiver = Pyvent::Internal::Receiver;

    BusNode(SessionBus *bus, const QUuid &uuid, const PyventOptions &options);
    ~BusNode() { session.leave(m_time->now()); }
    Q_DISABLE_COPY_MOVE(BusNode)

    // Hears \a pattern: the numbers of what has come, "node-number" by the node's first field, are appended to heard.
    void hear(const QString &pattern, const PyventReplay &replay = {});

    // The same of the newest events only, one in \a period for each name and node.
    void hearNewest(const QString &pattern, std::chrono::milliseconds period,
                    const PyventSender &sender = PyventSender::Any, const PyventReplay &replay = {},
                    Receiver::Hears hears = Receiver::Hears::Arguments);

    // Hears \a pattern undecoded.
    void onFrame(const QString &pattern, std::function<void(const PyventFrame &)> function,
                 const PyventReplay &replay = {}, const PyventSender &sender = PyventSender::Any);

    bool send(const QString &name, const QVariantMap &args = {})
    {
        return session.send(name, Pyvent::Internal::ArgumentList(args), {}, m_time->now());
    }
    bool forward(const PyventFrame &frame) { return session.forward(frame, m_time->now()); }

    // Reads what has come, and delivers it, if it isTurning.
    void process();

    // What it was told since this was last asked: errors, and of how many events of \a name it was told that they are lost.
    QList<PyventError> takeErrors();
    quint64 takeLosses(const QString &name);

    BusLine *line = nullptr;
    Pyvent::Internal::Link link;
    Session session;
    QList<PyventEvent> heard;
    bool isTurning = true;

private:
    void add(std::shared_ptr<Receiver> receiver, const PyventReplay &replay);

    const BusTime *const m_time;
};

// One bus.
class SessionBus
{
public:
    explicit SessionBus(BusTime *time)
        : m_time(time)
    {
    }
    Q_DISABLE_COPY_MOVE(SessionBus)

    BusNode *add(const QUuid &uuid, const PyventOptions &options = {});
    void remove(BusNode *node);

    // A frame has come to the server; it is passed on, or kept back while it isStalled.
    void take(const QByteArray &frame);

    // Says of a frame that is passed on whether \a to gets it; all do by default.
    std::function<bool(QByteArrayView frame, const BusNode *to)> passes;

    // All that was passed on.
    QByteArrayList passedOn;

    // Events among it, and control messages of a kind.
    QList<Pyvent::Internal::Frame> events() const;
    qsizetype messages(Pyvent::Internal::Control::Kind kind) const;

    BusTime *time() const { return m_time; }
    const std::vector<std::unique_ptr<BusNode>> &nodes() const { return m_nodes; }

private:
    BusTime *const m_time;
    std::vector<std::unique_ptr<BusNode>> m_nodes;
};

// Lets time pass on \a buses, with all that becomes due.
void pass(const std::vector<SessionBus *> &buses, std::chrono::milliseconds duration);

// Until nothing is on its way.
void settle(const std::vector<SessionBus *> &buses);

} // namespace PyventTests

#endif
