// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SIMULATION_PRESENCELINE_H
#define PYVENT_TESTS_SIMULATION_PRESENCELINE_H

#include "server/relay.h"
#include "transport/connection.h"
#include "transport/sendqueue.h"

#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <vector>

namespace PyventTests {

class PresenceLine;

// Servers, and connections to them that keep the order of what they carry, in simulated time. A Python server passes on to all, and tells nobody.
class PresenceNetwork
{
public:
    using Microseconds = qint64;
    using Clock = Pyvent::Internal::Connection::Clock;
    static constexpr Microseconds never = std::numeric_limits<Microseconds>::max();

    // One connection. What its client has sent still arrives when that has ended, and then the server hears of the end.
    struct Pipe
    {
        struct Message
        {
            Microseconds due;
            char
                kind; // h: who each is, e: a frame, +, -: of what the client subscribes to, p: the proof of that, a: an acknowledgement, x: the end
            QByteArray bytes;
        };

        int server;
        PresenceLine *line; // null: its client knows it no more
        Pyvent::Internal::Relay::Client *client = nullptr;
        QByteArrayList prefixes; // at a Python server
        std::deque<Message> up;
        std::deque<Message> down;
        Microseconds lastUp = 0;
        Microseconds lastDown = 0;
    };

    explicit PresenceNetwork(quint32 seed);
    virtual ~PresenceNetwork();
    Q_DISABLE_COPY_MOVE(PresenceNetwork)

    Microseconds now() const { return m_now; }
    Clock::time_point time() const { return Clock::time_point(std::chrono::microseconds(m_now)); }
    Microseconds below(Microseconds bound) { return Microseconds(m_random() % quint64(bound)); }
    bool happens(int percent) { return below(100) < percent; }
    quint32 number() { return quint32(m_random()); }

    // Connects \a line to \a server; to any, where that is -1 or has ended. Returns null if there is none.
    Pipe *connect(PresenceLine *line, int server);
    void send(Pipe *pipe, char kind, const QByteArray &bytes);

    // The client has ended, or the connection has: then what is on its way is lost, from some place on, and the server hears of it late.
    void hangUp(Pipe *pipe);
    void cut(Pipe *pipe);

    int startServer(bool isPython);
    void killServer(int server);
    int anyServer();
    int servers() const; // that have not ended
    bool isAlive(int server) const { return m_servers[std::size_t(server)]->isAlive; }
    Microseconds endOf(int server) const { return m_servers[std::size_t(server)]->endedAt; }
    bool isPython(int server) const { return !m_servers[std::size_t(server)]->relay; }

    // How many wills of a node's all servers have sent, or one.
    int wills(const QUuid &node) const;
    int willsAt(int server, const QUuid &node) const;

protected:
    // What is next here; and has all arrive that is due at \a time.
    Microseconds nextArrival() const;
    void arriveUntil(Microseconds time);

    Microseconds m_now = 1'000'000;

private:
    struct Server
    {
        bool isAlive = true;
        Microseconds endedAt = never;
        Microseconds tellsLostAt = never;
        std::unique_ptr<Pyvent::Internal::Relay> relay;    // null: Python's
        Pyvent::Internal::Relay::Client *script = nullptr; // which hears all wills
        std::map<QUuid, int> wills;
    };

    void arriveAtServer(Pipe *pipe, const Pipe::Message &message);
    void arriveAtClient(Pipe *pipe, const Pipe::Message &message);
    void push(Pipe *pipe, char kind, const QByteArray &bytes);
    void drain(Server &server);
    void remove(Pipe *pipe);

    std::mt19937 m_random;
    std::vector<std::unique_ptr<Server>> m_servers;
    std::vector<std::unique_ptr<Pipe>> m_pipes;
};

// A node's connection over such a network, as a lane is.
class PresenceLine : public Pyvent::Internal::Connection
{
public:
    using SendQueue = Pyvent::Internal::SendQueue;
    using Pipe = PresenceNetwork::Pipe;

    PresenceLine(PresenceNetwork *network, SendQueue &queue, const QByteArray &secret)
        : m_network(network)
        , m_queue(queue)
        , m_secret(secret)
    {
    }
    ~PresenceLine() override { hangUp(); }

    const QByteArray &secret() const { return m_secret; }
    int server() const { return m_pipe ? m_pipe->server : -1; }

    // Connects again from \a retryAt on, to \a server if that is not -1.
    void cut(PresenceNetwork::Microseconds retryAt, int server = -1);
    void hangUp();

    // The network's: the connection is lost, and something has arrived.
    void lost();
    void arrived(const Pipe::Message &message);

    quint64 subscribe(const QByteArray &prefix) override;
    void unsubscribe(const QByteArray &prefix) override;
    void send(QByteArray &&frame, bool mayGather, SendQueue::Share *share) override;
    void sendControl(QByteArray &&frame, bool inOrder) override;
    void process(Clock::time_point now) override;
    void disconnect(Clock::time_point now) override;
    bool receive(QByteArrayView *frame) override;
    void awaitAcknowledgements(bool) override { }
    bool mayBeReadable() const override { return m_isReadable; }
    Clock::time_point deadline() const override;
    State state() const override;
    Way way() const override { return Way::Lane; }
    bool provesSenders() const override { return m_pipe && m_proven > 0 && !m_network->isPython(m_pipe->server); }
    bool tellsWhoIsLost() const override { return provesSenders(); }
    quint64 proven() const override { return m_proven; }
    bool isSending() const override { return m_pipe; }
    Silence silence(Clock::time_point) const override { return Silence::None; }
    bool takeRefusal() override { return false; }

private:
    void sendQueued();

    PresenceNetwork *const m_network;
    SendQueue &m_queue;
    const QByteArray m_secret;
    Pipe *m_pipe = nullptr;
    QByteArrayList m_prefixes;
    quint64 m_subscriptions = 0;
    quint64 m_proven = 0;
    bool m_isUp = false;
    std::deque<QByteArray> m_arrived;
    QByteArray m_received;
    bool m_isReadable = false;
    PresenceNetwork::Microseconds m_retryAt = 0;
    int m_nextServer = -1;
};

} // namespace PyventTests

#endif
