// SPDX-License-Identifier: MIT
#include "bareclient.h"

#include <unistd.h>

#include <cstring>

namespace Pyvent::Benchmarks {

namespace {

// Where a message carries its number, counted from its end: where the module's trailer has it.
constexpr std::size_t numberAt = 24;

const std::string probePrefix = "probe-";

} // namespace

zmq::message_t bareMessage(const QByteArray &frame, qint64 number)
{
    zmq::message_t message(frame.constData(), std::size_t(frame.size()));
    std::memcpy(message.data<char>() + message.size() - numberAt, &number, sizeof number);
    return message;
}

qint64 bareNumber(const zmq::message_t &message)
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

bool isProbe(const zmq::message_t &message)
{
    return std::string_view(message.data<char>(), message.size()).starts_with(probePrefix);
}

std::string bareEndpoint(int port)
{
    return "tcp://127.0.0.1:" + std::to_string(port);
}

int bindPair(zmq::socket_t *requests, zmq::socket_t *events)
{
    for (;;) {
        requests->bind("tcp://127.0.0.1:*");
        const std::string bound = requests->get(zmq::sockopt::last_endpoint);
        const int port = std::stoi(bound.substr(bound.rfind(':') + 1));
        try {
            events->bind(bareEndpoint(port + 1));
            return port;
        } catch (const zmq::error_t &error) {
            if (error.num() != EADDRINUSE && error.num() != EINVAL)
                throw;
            requests->unbind(bound);
        }
    }
}

BareClient::BareClient(zmq::context_t *context, const RoleOptions &options)
    : m_requests(*context, zmq::socket_type::dealer)
    , m_events(*context, zmq::socket_type::sub)
{
    m_requests.set(zmq::sockopt::linger, 0);
    m_requests.set(zmq::sockopt::sndhwm, options.acknowledged ? 0 : int(bareSendWindow));
    m_requests.set(zmq::sockopt::rcvhwm, 0);
    m_requests.connect(bareEndpoint(options.port));
    m_events.set(zmq::sockopt::linger, 0);
    m_events.set(zmq::sockopt::rcvhwm, bareEventsHighWaterMark);
    m_events.set(zmq::sockopt::sndhwm, 0); // subscriptions; ZeroMQ drops those past the mark
    m_events.connect(bareEndpoint(options.port + 1));
}

void BareClient::send(zmq::message_t &&message)
{
    m_requests.send(zmq::message_t(), zmq::send_flags::sndmore);
    m_requests.send(std::move(message), zmq::send_flags::none);
    ++m_sent;
}

void BareClient::readAcknowledgements(bool wait)
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

zmq::message_t BareClient::receive()
{
    zmq::message_t message;
    (void)m_events.recv(message, zmq::recv_flags::none);
    return message;
}

bool BareClient::receiveNow(zmq::message_t *message)
{
    return m_events.recv(*message, zmq::recv_flags::dontwait).has_value();
}

void BareClient::subscribe(const QStringList &names)
{
    for (const QString &name : names)
        m_events.set(zmq::sockopt::subscribe, name.toStdString() + ' ');
    static int probes = 0;
    const std::string probe = probePrefix + std::to_string(::getpid()) + '-' + std::to_string(++probes) + ' ';
    m_events.set(zmq::sockopt::subscribe, probe);
    m_events.set(zmq::sockopt::rcvtimeo, 10);
    do
        send(zmq::message_t(probe.data(), probe.size()));
    while (receive().size() == 0);
    m_events.set(zmq::sockopt::rcvtimeo, -1);
    m_events.set(zmq::sockopt::unsubscribe, probe);
    connect();
}

void BareClient::connect()
{
    const std::string probe = probePrefix + ' ';
    send(zmq::message_t(probe.data(), probe.size()));
    while (inFlight() > 0)
        readAcknowledgements(true);
}

} // namespace Pyvent::Benchmarks
