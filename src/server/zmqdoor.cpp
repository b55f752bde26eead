// SPDX-License-Identifier: MIT
#include "server/zmqdoor.h"

#include "server/serverlog.h"
#include "transport/zmqsocket.h"
#include "wire/frame.h"

namespace Pyvent::Internal {

namespace {

// How many events may wait for one subscriber that reads too slowly, past which the newest are dropped for it; and how many
// of its subscriptions. The mark cannot follow the events' size: where it is lowered while a subscriber is connected, ZeroMQ
// may take the pipe for full for good.
constexpr int subscriberHighWaterMark = 100'000;

// How many messages, and acknowledgements, may wait for one sender: more than any sender of this module has outstanding.
// Past the mark ZeroMQ stops reading from it, and libzmq 4.3.4 aborts the process (issue 4364) if the connection ends then
// and a heartbeat is in what it had read before.
constexpr int senderHighWaterMark = 10'000;

} // namespace

ZmqDoor::ZmqDoor(zmq::context_t &context, const Endpoint &endpoint, qsizetype maximumFrameSize)
    : m_endpoint(endpoint)
    , m_requests(context, zmq::socket_type::router)
    , m_events(context, zmq::socket_type::pub)
{
    for (zmq::socket_t *socket : {&m_requests, &m_events}) {
        socket->set(zmq::sockopt::linger, 0);
        socket->set(zmq::sockopt::ipv6, endpoint.isIpv6());
    }
    m_requests.set(zmq::sockopt::maxmsgsize, int64_t(maximumFrameSize + repairOverhead));
    m_requests.set(zmq::sockopt::sndhwm, senderHighWaterMark);
    m_requests.set(zmq::sockopt::rcvhwm, senderHighWaterMark);
    m_events.set(zmq::sockopt::sndhwm, subscriberHighWaterMark);
    m_events.set(zmq::sockopt::rcvhwm, subscriberHighWaterMark);
    // A subscriber sends nothing but subscriptions. The longest name takes half of this; much longer ones would be taken
    // into a tree of a level a byte, which ZeroMQ walks recursively.
    m_events.set(zmq::sockopt::maxmsgsize, int64_t(8) * 1024);
}

void ZmqDoor::bindRequests()
{
    m_requests.bind(m_endpoint.toBind(Endpoint::Purpose::Requests));
}

void ZmqDoor::bindEvents()
{
    m_events.bind(m_endpoint.toBind(Endpoint::Purpose::Events));
}

qsizetype ZmqDoor::receive(Relay &relay)
{
    zmq::message_t delimiter;
    if (!m_requests.recv(m_client, zmq::recv_flags::dontwait))
        return 0;
    // ZeroMQ delivers all frames of a message or none, so what follows is there.
    const bool isPair = m_client.more() && m_requests.recv(delimiter, zmq::recv_flags::dontwait) && delimiter.more()
        && m_requests.recv(m_message, zmq::recv_flags::dontwait) && !m_message.more();
    if (isPair)
        return relay.receive(*this, bytesOf(m_client), bytesOf(delimiter), bytesOf(m_message));
    while (m_requests.get(zmq::sockopt::rcvmore))
        (void)m_requests.recv(m_message, zmq::recv_flags::dontwait);
    return 1;
}

// What has come as a message of its own is passed on as that, without a copy.
void ZmqDoor::publish(QByteArrayView frame)
{
    try {
        if (frame.data() == m_message.data() && frame.size() == qsizetype(m_message.size()))
            publish(std::move(m_message));
        else
            publish(zmq::message_t(frame.data(), std::size_t(frame.size())));
    } catch (const std::exception &error) {
        // What there is no memory for is not heard, and receivers ask its sender for it. It is acknowledged all the same: a client
        // counts acknowledgements.
        qCWarning(serverLog) << "An event was not published:" << error.what();
    }
}

void ZmqDoor::publish(zmq::message_t &&frame)
{
    m_events.send(std::move(frame), zmq::send_flags::dontwait);
}

// It is the client of the message under way.
void ZmqDoor::reply(QByteArrayView, QByteArrayView text)
{
    if (!m_requests.send(std::move(m_client), zmq::send_flags::dontwait | zmq::send_flags::sndmore))
        return;
    m_requests.send(zmq::message_t(), zmq::send_flags::dontwait | zmq::send_flags::sndmore);
    m_requests.send(zmq::buffer(text.data(), std::size_t(text.size())), zmq::send_flags::dontwait);
}

void ZmqDoor::close(std::chrono::milliseconds linger)
{
    for (zmq::socket_t *socket : {&m_requests, &m_events}) {
        socket->set(zmq::sockopt::linger, int(linger.count()));
        socket->close();
    }
}

} // namespace Pyvent::Internal
