// SPDX-License-Identifier: MIT
#include "transport/zmqevents.h"

#include "transport/zmqkeys.h"
#include "transport/zmqreconnect.h"
#include "wire/frame.h"

#include <algorithm>

namespace Pyvent::Internal {

using namespace std::chrono_literals;

namespace {

// How many events may wait in this process, before the server has to keep them.
constexpr int receiveHighWaterMark = 100'000;

// The kernel finds out of a machine that is gone.
constexpr auto keepaliveAfter = 2s;
constexpr auto keepaliveInterval = 1s;
constexpr int keepalives = 2;

std::string_view viewOf(const QByteArray &bytes)
{
    return {bytes.constData(), std::size_t(bytes.size())};
}

} // namespace

ZmqEvents::ZmqEvents(zmq::context_t &context, const Endpoint &endpoint, qsizetype maximumFrameSize, PollSet &pollSet,
                     Clock::time_point now)
    : m_endpoint(endpoint)
    , m_socket(context, zmq::socket_type::sub, pollSet)
    , m_attemptEnds(now + attemptTimeout)
    , m_retryAfter(firstRetry)
{
    setReconnectOptions(m_socket, endpoint);
    m_socket.set(zmq::sockopt::rcvhwm, receiveHighWaterMark);
    m_socket.set(zmq::sockopt::tcp_keepalive, 1);
    m_socket.set(zmq::sockopt::tcp_keepalive_idle, int(keepaliveAfter.count()));
    m_socket.set(zmq::sockopt::tcp_keepalive_intvl, int(keepaliveInterval.count()));
    m_socket.set(zmq::sockopt::tcp_keepalive_cnt, keepalives);
    m_socket.set(zmq::sockopt::sndhwm, 0); // subscriptions: ZeroMQ drops those past the mark, without a word
    m_socket.set(zmq::sockopt::maxmsgsize,
                 int64_t(maximumFrameSize + repairOverhead + sealingOverhead(endpoint.security())));
    if (setKeys(m_socket, endpoint.security()))
        m_socket.connect(endpoint.toConnect(Endpoint::Purpose::Events));
    else
        m_attemptEnds = now + keyRetry;
}

void ZmqEvents::subscribe(const QByteArray &prefix)
{
    m_socket.set(zmq::sockopt::subscribe, viewOf(prefix));
}

void ZmqEvents::unsubscribe(const QByteArray &prefix)
{
    m_socket.set(zmq::sockopt::unsubscribe, viewOf(prefix));
}

bool ZmqEvents::process(Clock::time_point now)
{
    bool goesOn = watch(now);
    if (now >= m_attemptEnds && !m_socket.isReadable()) { // not before what the old connection brought is read
        if (!setKeys(m_socket, m_endpoint.security())) {
            m_attemptEnds = now + keyRetry;
            return goesOn;
        }
        m_socket.reconnect(m_endpoint.toConnect(Endpoint::Purpose::Events));
        m_attemptEnds = now + attemptTimeout;
        goesOn = watch(now) && goesOn;
    }
    return goesOn;
}

// Returns false if it has ended.
bool ZmqEvents::watch(Clock::time_point now)
{
    bool goesOn = true;
    for (;;) {
        const ZmqSocket::Connection change = m_socket.nextConnectionChange();
        if (change != ZmqSocket::Connection::None)
            m_isRefused = change == ZmqSocket::Connection::Refused;
        switch (change) {
        case ZmqSocket::Connection::None:
            return goesOn;
        case ZmqSocket::Connection::Ready:
            m_isUp = true;
            m_attemptEnds = Clock::time_point::max();
            m_retryAfter = firstRetry;
            break;
        case ZmqSocket::Connection::Connected:
        case ZmqSocket::Connection::Unresolved:
            break;
        case ZmqSocket::Connection::Refused:
        case ZmqSocket::Connection::Lost:
            close(now);
            goesOn = false;
            break;
        }
    }
}

void ZmqEvents::close(Clock::time_point now)
{
    m_isUp = false;
    if (m_socket.refusal() != ZmqSocket::Refusal::None) {
        m_attemptEnds = now + keyRetry;
        return;
    }
    m_attemptEnds = now + m_retryAfter;
    m_retryAfter = std::min<std::chrono::milliseconds>(m_retryAfter * 2, slowestRetry);
}

bool ZmqEvents::receive(QByteArrayView *frame)
{
    if (!m_socket.receive(&m_received))
        return false;
    *frame = bytesOf(m_received);
    return true;
}

} // namespace Pyvent::Internal
