// SPDX-License-Identifier: MIT
#include "session/serverwatch.h"

#include "wire/control.h"
#include "wire/frame.h"

#include <utility>

namespace Pyvent::Internal {

using namespace std::chrono_literals;

namespace {

// Together less than the 10 s within which a server is to be found out.
constexpr auto echoEvery = 3s; // at most, and only while something is sent
constexpr auto echoPatience = 2500ms;
constexpr int echoAttempts = 2;
constexpr auto ownPatience = 5s;
constexpr auto ownEvery = 1s;
constexpr auto acknowledgementPatience = 8s;

// What a wait gets once more: whoever was stopped, or kept from running, reads first.
constexpr auto lastLook = 500ms;

// A connection that lasted for so long, or brought something, was one.
constexpr auto goodAfter = 1s;
constexpr int mostVain = 4;

} // namespace

void ServerWatch::Wait::begin(Clock::time_point time)
{
    until = time;
    isLast = false;
}

bool ServerWatch::Wait::isOver(Clock::time_point now)
{
    if (!until || now < *until)
        return false;
    if (std::exchange(isLast, true))
        return true;
    until = now + lastLook;
    return false;
}

// A new connection is another chance, and has to show as much.
void ServerWatch::reset()
{
    m_hasServed = false;
    m_acknowledgement.end();
    echoed();
    m_echo.isWanted = true;
    m_own.isAwaited = false;
    m_own.wait.end();
}

ServerWatch::Silence ServerWatch::look(const Sight &sight, Clock::time_point now)
{
    if (std::exchange(m_isUp, sight.isUp) != sight.isUp) {
        if (sight.isUp)
            m_since = now;
        else
            m_vain = m_hasServed || now >= m_since + goodAfter ? 0 : m_vain + 1;
        reset();
    }
    if (!std::exchange(m_isReady, sight.isReady) && m_isReady)
        m_echo.again = now + echoEvery;
    if (m_vain >= mostVain) {
        m_vain = 0;
        return Silence::HangsUp;
    }
    if (!m_isUp)
        return Silence::None;

    if (std::exchange(m_acknowledged, sight.acknowledged) != sight.acknowledged) {
        m_hasServed = true;
        m_acknowledgement.end();
    }
    const bool hasHeard = std::exchange(m_hasHeard, false);
    if (!sight.isOwed || (sight.isOneWay && hasHeard))
        m_acknowledgement.end();
    else if (!m_acknowledgement.until)
        m_acknowledgement.begin(now + acknowledgementPatience);
    if (m_acknowledgement.isOver(now))
        return Silence::AcknowledgesNothing;

    if (m_own.isAwaited && !m_own.wait.until && sight.acknowledged >= m_own.accepted)
        m_own.wait.begin(now + ownPatience);
    if (m_own.wait.isOver(now))
        return Silence::PassesOnNothing;

    if (std::exchange(m_echo.accepted, sight.accepted) != sight.accepted)
        m_echo.isWanted = true;
    if (m_echo.wait.until && sight.isHeld)
        m_echo.wait.begin(now + echoPatience);
    if (m_echo.wait.isOver(now)) {
        const int attempts = m_echo.attempts + 1;
        echoed();
        if (attempts >= echoAttempts)
            return Silence::PassesOnNothing;
        m_echo.attempts = attempts;
        m_echo.isWanted = true;
        m_echo.again = now;
    }
    return Silence::None;
}

QByteArray ServerWatch::takeEcho(const QUuid &node, Clock::time_point now)
{
    if (!m_isReady || !m_echo.isWanted || m_echo.wait.until || now < m_echo.again)
        return {};
    m_echo.isWanted = false;
    m_echo.frame = nodeTopic(node, "echo") + QByteArray::number(++m_echo.number);
    m_echo.again = now + echoEvery;
    m_echo.wait.begin(now + echoPatience);
    return m_echo.frame;
}

void ServerWatch::postponeEcho(Clock::time_point now)
{
    m_echo.again = std::max(m_echo.again, now + lastLook);
}

void ServerWatch::echoed()
{
    m_echo.frame.clear();
    m_echo.attempts = 0;
    m_echo.wait.end();
}

// That of another node's as well: a server that passes that on is one. What is for this one is as late as the rest.
void ServerWatch::heardControl()
{
    m_hasServed = m_hasHeard = true;
    if (m_echo.wait.until)
        echoed();
}

void ServerWatch::passedOn(QByteArrayView frame)
{
    if (m_echo.wait.until)
        echoed();
    if (!m_own.isAwaited)
        return;
    const bool isOwn = nodeBytesOf(frame) == m_own.node;
    m_own.wait.end(); // what comes before it is not all here yet
    m_own.isAwaited = !isOwn;
}

void ServerWatch::sentOwnEvent(QByteArrayView node, quint64 accepted, Clock::time_point now)
{
    m_own.isAwaited = true;
    m_own.node = node.toByteArray();
    m_own.accepted = accepted;
    m_own.again = now + ownEvery;
}

ServerWatch::Clock::time_point ServerWatch::deadline() const
{
    Clock::time_point earliest = Clock::time_point::max();
    for (const Wait *wait : {&m_acknowledgement, &m_echo.wait, &m_own.wait}) {
        if (wait->until)
            earliest = std::min(earliest, *wait->until);
    }
    if (m_isReady && m_echo.isWanted && !m_echo.wait.until)
        earliest = std::min(earliest, m_echo.again);
    return earliest;
}

} // namespace Pyvent::Internal
