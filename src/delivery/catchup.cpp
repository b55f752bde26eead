// SPDX-License-Identifier: MIT
#include "delivery/catchup.h"

#include <algorithm>

namespace Pyvent::Internal {

using namespace std::chrono_literals;

namespace {

// How long senders may take to answer, and after which time they are asked again.
constexpr auto timeToAnswer = 500ms;
constexpr auto askAgainAfter = 200ms;

// To the window, this node was ready before all that was ever sent.
constexpr qint64 always = 0;
constexpr qint64 beforeThat = -1;
constexpr qint64 afterThat = 1;

// A handler that asks for the past is one of many, perhaps. What does not fit is asked for again.
const ReceiveLimits limits = {.streams = 10'000, .heldEvents = 10'000, .heldBytes = qsizetype(16) * 1024 * 1024};

} // namespace

CatchUp::CatchUp(const QByteArray &topic, quint32 seed)
    : m_topic(topic)
    , m_window(limits, seed)
{
    m_window.listen(topic);
    m_window.ready(always, {});
    m_window.setSendersAreProven(true); // any number may be what a sender keeps, and nothing of the past is told lost
}

bool CatchUp::takeQuestion(Clock::time_point now)
{
    if (!m_isAsked) {
        m_isAsked = true;
        m_ends = now + timeToAnswer;
    } else if (now >= m_ends) {
        const auto unanswered = std::exchange(m_unanswered, {});
        for (auto node = unanswered.cbegin(); node != unanswered.cend(); ++node)
            m_window.begins(node.key(), m_topic, always, node.value() - 1, 0, now);
        m_ends = Clock::time_point::max();
        return false;
    } else if (!isOpen() || now < m_askAt) {
        return false;
    }
    m_askAt = now + askAgainAfter;
    return true;
}

void CatchUp::resumed(Clock::time_point now)
{
    m_window.resumed(now);
    if (isOpen())
        m_isAsked = false;
}

CatchUp::Verdict CatchUp::heard(const QUuid &node, quint64 sequence, QByteArrayView frame, Clock::time_point now)
{
    const Verdict verdict = m_window.heard(node, m_topic, sequence, isOpen() ? afterThat : beforeThat, frame, now);
    waitFor(node, sequence);
    return verdict;
}

void CatchUp::missed(const QUuid &node, quint64 sequence, Clock::time_point now)
{
    m_window.announced(node, m_topic, sequence, afterThat, afterThat, now);
    if (isOpen())
        waitFor(node, sequence);
    else // nothing where that is known
        m_window.begins(node, m_topic, always, sequence - 1, 0, now);
}

// Until it is known where \a node's stream begins.
void CatchUp::waitFor(const QUuid &node, quint64 first)
{
    if (isOpen() && !m_window.knowsBegin(node, m_topic) && !m_unanswered.contains(node))
        m_unanswered.insert(node, first);
}

void CatchUp::keeps(const QUuid &node, quint64 first, quint64 last, Clock::time_point now)
{
    if (first == 0 || first > last + 1 || m_window.knowsBegin(node, m_topic))
        return;
    m_unanswered.remove(node);
    m_window.announced(node, m_topic, last, afterThat, afterThat, now);
    m_window.begins(node, m_topic, always, first - 1, 0, now);
}

CatchUp::Verdict CatchUp::replayed(const QUuid &node, quint64 sequence, QByteArrayView frame, Clock::time_point now)
{
    return m_window.repaired(node, m_topic, sequence, frame, now);
}

void CatchUp::isGone(const QUuid &node, quint64 first, Clock::time_point now)
{
    m_window.isGone(node, m_topic, first, now);
}

void CatchUp::isWithheld(const QUuid &node, const std::vector<ReceiveWindow::Range> &numbers, Clock::time_point now)
{
    m_window.isWithheld(node, m_topic, numbers, now);
}

std::vector<CatchUp::Request> CatchUp::takeRequests(Clock::time_point now)
{
    std::vector<Request> requests = m_window.takeRequests(now);
    std::erase_if(requests, [](const Request &request) { return request.missing.empty(); }); // the question asks that
    m_window.takeLosses(); // what is gone of the past was not owed
    return requests;
}

CatchUp::Clock::time_point CatchUp::deadline() const
{
    if (!m_isAsked)
        return Clock::time_point::max();
    const Clock::time_point question = isOpen() ? std::min(m_askAt, m_ends) : Clock::time_point::max();
    return std::min(question, m_window.deadline());
}

} // namespace Pyvent::Internal
