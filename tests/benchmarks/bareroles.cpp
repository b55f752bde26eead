// SPDX-License-Identifier: MIT
#include "bareroles.h"

#include "bareclient.h"

#include <memory>

namespace Pyvent::Benchmarks {

using namespace Qt::StringLiterals;

namespace {

// What one node of a bare receiver has heard.
class BareNode
{
public:
    BareNode(zmq::context_t *context, const RoleOptions &options)
        : m_client(context, options)
        , m_wanted(options.events)
    {
        QStringList names{orderName, endName};
        for (int i = 0; i < options.handlers; ++i)
            names.append(otherName(i));
        m_client.subscribe(names);
    }

    BareClient &client() { return m_client; }
    qint64 heard() const { return m_heard; }
    qint64 finishedAt() const { return m_finishedAt; }
    bool isOver() const { return m_isOver; }

    // Returns false, having said why, if \a event is not the next one.
    bool take(const zmq::message_t &event)
    {
        if (isOf(event, m_order)) {
            if (const qint64 number = bareNumber(event); number != m_heard)
                return refuse(u"bare message %1 came as number %2"_s.arg(number).arg(m_heard));
            if (++m_heard == m_wanted)
                m_finishedAt = nanoseconds();
        } else if (isOf(event, m_end)) {
            if (m_heard != m_wanted)
                return refuse(u"of %1 bare messages %2 were heard"_s.arg(m_wanted).arg(m_heard));
            m_isOver = true;
        }
        return true;
    }

private:
    static bool refuse(const QString &why)
    {
        sayFailed(why);
        return false;
    }

    BareClient m_client;
    const qint64 m_wanted;
    const std::string m_order = orderName.toStdString();
    const std::string m_end = endName.toStdString();
    qint64 m_heard = 0;
    qint64 m_finishedAt = 0;
    bool m_isOver = false;
};

int receiveOnOne(BareNode &node)
{
    while (!node.isOver()) {
        if (!node.take(node.client().receive()))
            return 1;
    }
    say("finished", node.finishedAt());
    return rest();
}

int receiveOnMany(const std::vector<std::unique_ptr<BareNode>> &nodes)
{
    std::vector<zmq::pollitem_t> items;
    for (const auto &node : nodes)
        items.push_back({node->client().events().handle(), 0, ZMQ_POLLIN, 0});
    qint64 finishedAt = 0;
    for (std::size_t over = 0; over < nodes.size();) {
        zmq::poll(items, std::chrono::milliseconds(-1));
        for (const auto &node : nodes) {
            zmq::message_t event;
            while (!node->isOver() && node->client().receiveNow(&event)) {
                if (!node->take(event))
                    return 1;
                if (node->isOver()) {
                    ++over;
                    finishedAt = std::max(finishedAt, node->finishedAt());
                }
            }
        }
    }
    say("finished", finishedAt);
    return rest();
}

} // namespace

int bareServer(const RoleOptions &options)
{
    zmq::context_t context;
    zmq::socket_t requests(context, zmq::socket_type::router);
    zmq::socket_t events(context, zmq::socket_type::pub);
    requests.set(zmq::sockopt::sndhwm, bareAcknowledgementHighWaterMark);
    // Where no acknowledgement holds the sender back, everything may have to wait for the receiver.
    events.set(zmq::sockopt::sndhwm, options.acknowledged ? bareEventsHighWaterMark : 0);
    say("ready", bindPair(&requests, &events));
    zmq::message_t peer;
    zmq::message_t delimiter;
    zmq::message_t event;
    for (;;) {
        (void)requests.recv(peer, zmq::recv_flags::none);
        (void)requests.recv(delimiter, zmq::recv_flags::none);
        (void)requests.recv(event, zmq::recv_flags::none);
        const bool isAnswered = options.acknowledged || isProbe(event);
        events.send(event, zmq::send_flags::none);
        if (!isAnswered)
            continue;
        requests.send(peer, zmq::send_flags::sndmore);
        requests.send(delimiter, zmq::send_flags::sndmore);
        requests.send(zmq::str_buffer("1"), zmq::send_flags::none);
    }
}

int bareSender(const RoleOptions &options)
{
    zmq::context_t context;
    BareClient client(&context, options);
    client.connect();
    QByteArray frame = options.frame;
    frame.insert(frame.indexOf(' ') + 1, QByteArray(options.payload, '\0'));
    const qint64 window = options.acknowledged
        ? std::clamp<qint64>(bareSendWindowBytes / frame.size(), 1, bareSendWindow)
        : options.events;
    say("started", nanoseconds());
    for (qint64 sent = 0; sent < options.events;) {
        while (sent < options.events && client.inFlight() < window)
            client.send(bareMessage(frame, sent++));
        if (options.acknowledged)
            client.readAcknowledgements(true);
    }
    const std::string end = endName.toStdString() + ' ';
    client.send(zmq::message_t(end.data(), end.size()));
    while (options.acknowledged && client.inFlight() > 0)
        client.readAcknowledgements(true);
    return rest();
}

int bareReceiver(const RoleOptions &options)
{
    zmq::context_t context;
    std::vector<std::unique_ptr<BareNode>> nodes;
    for (int i = 0; i < options.nodes; ++i)
        nodes.push_back(std::make_unique<BareNode>(&context, options));
    say("ready");
    return nodes.size() == 1 ? receiveOnOne(*nodes.front()) : receiveOnMany(nodes);
}

int barePinger(const RoleOptions &options)
{
    zmq::context_t context;
    BareClient client(&context, options);
    const std::string pong = pongName.toStdString();
    client.subscribe({pongName});
    RoundTrips roundTrips(options.events);
    while (!roundTrips.isComplete()) {
        roundTrips.begin();
        client.send(bareMessage(options.frame, roundTrips.count()));
        zmq::message_t answer = client.receive();
        while (!isOf(answer, pong)) // what is left of the proof
            answer = client.receive();
        roundTrips.end();
        if (const qint64 number = bareNumber(answer); number != roundTrips.count() - 1)
            return sayFailed(u"bare ping %1 was answered by pong %2"_s.arg(roundTrips.count() - 1).arg(number));
        client.readAcknowledgements(false);
    }
    roundTrips.sayResult();
    return rest();
}

int bareEcho(const RoleOptions &options)
{
    zmq::context_t context;
    BareClient client(&context, options);
    const std::string ping = pingName.toStdString();
    client.subscribe({pingName});
    say("ready");
    for (;;) {
        const zmq::message_t event = client.receive();
        if (!isOf(event, ping))
            continue;
        client.send(bareMessage(options.answer, bareNumber(event)));
        client.readAcknowledgements(false);
    }
}

int bareListener(const RoleOptions &options)
{
    zmq::context_t context;
    zmq::socket_t events(context, zmq::socket_type::sub);
    events.set(zmq::sockopt::linger, 0);
    events.set(zmq::sockopt::subscribe, orderName.toStdString() + ' ');
    events.connect(bareEndpoint(options.port + 1));
    zmq::message_t event;
    (void)events.recv(event, zmq::recv_flags::none);
    say("first", nanoseconds());
    return rest();
}

int bareIdler(const RoleOptions &options)
{
    zmq::context_t context;
    std::vector<std::unique_ptr<BareClient>> clients;
    for (int i = 0; i < options.nodes; ++i) {
        clients.push_back(std::make_unique<BareClient>(&context, options));
        clients.back()->subscribe({pingName});
    }
    say("ready");
    return rest();
}

} // namespace Pyvent::Benchmarks
