// SPDX-License-Identifier: MIT
#include "bareroles.h"

#include <unistd.h>
#include <zmq.hpp>

#include <cstring>
#include <string>

namespace Pyvent::Benchmarks {

using namespace Qt::StringLiterals;

namespace {

// The same numbers as in the module's rooms transport and server.
constexpr qint64 sendWindow = 900;
constexpr int eventsHighWaterMark = 100'000;
constexpr int acknowledgementHighWaterMark = 10'000;

// Where a message carries its number, counted from its end: where the module's trailer has it.
constexpr std::size_t numberAt = 24;

std::string endpoint(int port)
{
    return "tcp://127.0.0.1:" + std::to_string(port);
}

void setNumber(zmq::message_t *message, qint64 number)
{
    std::memcpy(message->data<char>() + message->size() - numberAt, &number, sizeof number);
}

qint64 numberOf(const zmq::message_t &message)
{
    qint64 number = -1;
    if (message.size() >= numberAt)
        std::memcpy(&number, message.data<char>() + message.size() - numberAt, sizeof number);
    return number;
}

bool isOf(const zmq::message_t &message, const std::string &topic)
{
    return message.size() > topic.size() && std::memcmp(message.data(), topic.data(), topic.size()) == 0
        && message.data<char>()[topic.size()] == ' ';
}

// Binds a pair of free ports; returns the first.
int bindPair(zmq::socket_t *requests, zmq::socket_t *events)
{
    for (;;) {
        requests->bind("tcp://127.0.0.1:*");
        const std::string bound = requests->get(zmq::sockopt::last_endpoint);
        const int port = std::stoi(bound.substr(bound.rfind(':') + 1));
        try {
            events->bind(endpoint(port + 1));
            return port;
        } catch (const zmq::error_t &error) {
            if (error.num() != EADDRINUSE && error.num() != EINVAL)
                throw;
            requests->unbind(bound);
        }
    }
}

// One process's connections to the broker.
class BareClient
{
public:
    explicit BareClient(const RoleOptions &options)
        : m_requests(m_context, zmq::socket_type::dealer)
        , m_events(m_context, zmq::socket_type::sub)
    {
        m_requests.set(zmq::sockopt::linger, 0);
        m_requests.set(zmq::sockopt::sndhwm, 0);
        m_requests.set(zmq::sockopt::rcvhwm, 0);
        m_requests.connect(endpoint(options.port));
        m_events.set(zmq::sockopt::linger, 0);
        m_events.set(zmq::sockopt::rcvhwm, eventsHighWaterMark);
        m_events.connect(endpoint(options.port + 1));
    }

    void send(zmq::message_t &&message)
    {
        m_requests.send(zmq::message_t(), zmq::send_flags::sndmore);
        m_requests.send(std::move(message), zmq::send_flags::none);
        ++m_sent;
    }

    // Takes the acknowledgements that are there, waiting for the first one if \a wait.
    void readAcknowledgements(bool wait)
    {
        zmq::message_t delimiter;
        zmq::message_t reply;
        auto flags = wait ? zmq::recv_flags::none : zmq::recv_flags::dontwait;
        while (m_requests.recv(delimiter, flags)) {
            (void)m_requests.recv(reply, zmq::recv_flags::none);
            ++m_acknowledged;
            flags = zmq::recv_flags::dontwait;
        }
    }

    qint64 inFlight() const { return m_sent - m_acknowledged; }

    zmq::message_t receive()
    {
        zmq::message_t message;
        (void)m_events.recv(message, zmq::recv_flags::none);
        return message;
    }

    // Subscribes, and proves it by a message that comes back.
    void subscribe(const std::string &topic)
    {
        m_events.set(zmq::sockopt::subscribe, topic + ' ');
        const std::string probe = "probe-" + std::to_string(::getpid()) + ' ';
        m_events.set(zmq::sockopt::subscribe, probe);
        m_events.set(zmq::sockopt::rcvtimeo, 10);
        do
            send(zmq::message_t(probe.data(), probe.size()));
        while (receive().size() == 0);
        m_events.set(zmq::sockopt::rcvtimeo, -1);
        m_events.set(zmq::sockopt::unsubscribe, probe);
        connect();
    }

    // Waits until the broker answers.
    void connect()
    {
        const std::string probe = "probe ";
        send(zmq::message_t(probe.data(), probe.size()));
        while (inFlight() > 0)
            readAcknowledgements(true);
    }

private:
    zmq::context_t m_context;
    zmq::socket_t m_requests;
    zmq::socket_t m_events;
    qint64 m_sent = 0;
    qint64 m_acknowledged = 0;
};

zmq::message_t message(const QByteArray &frame, qint64 number)
{
    zmq::message_t copy(frame.constData(), std::size_t(frame.size()));
    setNumber(&copy, number);
    return copy;
}

} // namespace

int bareBroker(const RoleOptions &)
{
    zmq::context_t context;
    zmq::socket_t requests(context, zmq::socket_type::router);
    zmq::socket_t events(context, zmq::socket_type::pub);
    requests.set(zmq::sockopt::sndhwm, acknowledgementHighWaterMark);
    events.set(zmq::sockopt::sndhwm, eventsHighWaterMark);
    say("ready", bindPair(&requests, &events));
    zmq::message_t peer;
    zmq::message_t delimiter;
    zmq::message_t event;
    for (;;) {
        (void)requests.recv(peer, zmq::recv_flags::none);
        (void)requests.recv(delimiter, zmq::recv_flags::none);
        (void)requests.recv(event, zmq::recv_flags::none);
        events.send(event, zmq::send_flags::none);
        requests.send(peer, zmq::send_flags::sndmore);
        requests.send(delimiter, zmq::send_flags::sndmore);
        requests.send(zmq::str_buffer("1"), zmq::send_flags::none);
    }
}

int bareSender(const RoleOptions &options)
{
    BareClient client(options);
    client.connect();
    say("started", nanoseconds());
    for (qint64 sent = 0; sent < options.events;) {
        while (sent < options.events && client.inFlight() < sendWindow)
            client.send(message(options.frame, sent++));
        client.readAcknowledgements(true);
    }
    const std::string end = endName.toStdString() + ' ';
    client.send(zmq::message_t(end.data(), end.size()));
    while (client.inFlight() > 0)
        client.readAcknowledgements(true);
    return 0;
}

int bareReceiver(const RoleOptions &options)
{
    BareClient client(options);
    const std::string order = orderName.toStdString();
    const std::string end = endName.toStdString();
    client.subscribe(order);
    client.subscribe(end);
    say("ready");
    qint64 finishedAt = 0;
    for (qint64 heard = 0;;) {
        const zmq::message_t event = client.receive();
        if (isOf(event, order)) {
            if (numberOf(event) != heard)
                return sayFailed(u"bare message %1 came as number %2"_s.arg(numberOf(event)).arg(heard));
            if (++heard == options.events)
                finishedAt = nanoseconds();
        } else if (isOf(event, end)) {
            if (heard != options.events)
                return sayFailed(u"of %1 bare messages %2 were heard"_s.arg(options.events).arg(heard));
            say("finished", finishedAt);
            return 0;
        }
    }
}

int barePinger(const RoleOptions &options)
{
    BareClient client(options);
    const std::string pong = pongName.toStdString();
    client.subscribe(pong);
    RoundTrips roundTrips(options.events);
    while (!roundTrips.isComplete()) {
        roundTrips.begin();
        client.send(message(options.frame, roundTrips.count()));
        zmq::message_t answer = client.receive();
        while (!isOf(answer, pong)) // what is left of the proof
            answer = client.receive();
        roundTrips.end();
        if (numberOf(answer) != roundTrips.count() - 1)
            return sayFailed(
                u"bare ping %1 was answered by pong %2"_s.arg(roundTrips.count() - 1).arg(numberOf(answer)));
        client.readAcknowledgements(false);
    }
    roundTrips.sayResult();
    return 0;
}

int bareEcho(const RoleOptions &options)
{
    BareClient client(options);
    const std::string ping = pingName.toStdString();
    client.subscribe(ping);
    say("ready");
    for (;;) {
        const zmq::message_t event = client.receive();
        if (!isOf(event, ping))
            continue;
        client.send(message(options.answer, numberOf(event)));
        client.readAcknowledgements(false);
    }
}

} // namespace Pyvent::Benchmarks
