// SPDX-License-Identifier: MIT
#include "node/recovery.h"

#include "wire/frame.h"

#include <algorithm>

namespace Pyvent::Internal {

using namespace std::chrono_literals;

namespace {

// How many heads are announced in one message.
constexpr qsizetype headsInOne = 200;

// The longest name in UTF-8.
constexpr qsizetype maximumTopicSize = 4 * 1024;

// What one question is worth. Who misses more asks again.
constexpr quint64 repairsToOne = 500;
constexpr qsizetype repairedBytes = qsizetype(8) * 1024 * 1024;

// Where so few are missing, others may miss them, too: then all hear them once more, and who was about to ask need not. So it
// is where many ask for the same, however much that is.
constexpr quint64 repairsForAll = 16;
constexpr qsizetype repairForAllSize = qsizetype(16) * 1024;

// For so long nobody else's question makes all hear it again.
constexpr auto repairedLately = 50ms;

} // namespace

void Recovery::reconnected(Clock::time_point now)
{
    m_sent.disturbed(now);
    m_received.resumed(now);
    m_outgoing.push_back({commonTopic(Control::announce), true});
}

QByteArrayView Recovery::take(QByteArrayView frame, const std::function<bool(QByteArrayView)> &isWanted,
                              Clock::time_point now)
{
    const qsizetype space = frame.indexOf(' ');
    if (space < 0)
        return {};
    const QByteArrayView kind = frame.first(space).sliced(frame.first(space).lastIndexOf('/') + 1);
    const QByteArrayView payload = frame.sliced(space + 1);
    if (kind == Control::repair)
        return payload;
    if (kind == Control::announce) {
        m_sent.disturbed(now);
    } else if (kind == Control::ask) {
        if (const auto ask = Control::Ask::read(payload))
            answer(*ask, now);
    } else if (kind == Control::answer) {
        const auto answer = Control::Answer::read(payload);
        if (answer && answer->isBase)
            m_received.begins(answer->node, answer->topic, answer->since, answer->base, answer->first, now);
        else if (answer)
            m_received.isGone(answer->node, answer->topic, answer->first, now);
    } else if (kind == Control::heads) {
        const auto message = Control::Heads::read(payload);
        if (!message || (message->node == m_nodeId && !m_hearOwnEvents))
            return {};
        for (const Control::Heads::Head &head : message->heads) {
            if (head.sequence > 0 && head.topic.size() <= maximumTopicSize && isWanted(head.topic))
                m_received.announced(message->node, head.topic, head.sequence, head.time, now);
        }
    }
    return {};
}

void Recovery::answer(const Control::Ask &ask, Clock::time_point now)
{
    Control::Answer answer{.node = m_nodeId, .topic = ask.topic, .first = m_sent.first(ask.topic)};
    if (ask.missing.empty()) {
        answer.isBase = true;
        answer.since = ask.since;
        answer.base = m_sent.lastBefore(ask.topic, ask.since);
        m_outgoing.push_back({answer.toFrame(ask.asker), false});
        return;
    }
    quint64 missing = 0;
    for (const Control::Ask::Range &range : ask.missing) {
        if (range.first < answer.first && missing == 0)
            m_outgoing.push_back({answer.toFrame(ask.asker), false});
        if (range.last >= range.first) // numbers of a stranger's, which may be any
            missing = std::min(missing, repairsToOne) + std::min(range.last - range.first, repairsToOne) + 1;
    }
    const bool isForAll = m_askers.take(ask.asker, ask.topic, ask.missing.front().first, ask.missing.back().last, now)
        || missing <= repairsForAll;
    quint64 repairs = 0;
    qsizetype bytes = 0;
    for (const Control::Ask::Range &range : ask.missing) {
        for (quint64 sequence = std::max(range.first, answer.first); sequence <= range.last; ++sequence) {
            const QByteArray *event = m_sent.find(ask.topic, sequence);
            if (!event || repairs >= repairsToOne || bytes >= repairedBytes)
                break;
            repair(ask, sequence, *event, isForAll && event->size() <= repairForAllSize, now);
            ++repairs;
            bytes += event->size();
        }
    }
}

void Recovery::repair(const Control::Ask &ask, quint64 sequence, QByteArrayView event, bool forAll,
                      Clock::time_point now)
{
    if (forAll) {
        if (m_repairedForAll.size() > 1000)
            m_repairedForAll.clear();
        Clock::time_point &last = m_repairedForAll[{ask.topic, sequence}];
        if (now < last + repairedLately)
            return;
        last = now;
    }
    QByteArray frame = forAll ? commonTopic(Control::repair) : nodeTopic(ask.asker, Control::repair);
    frame.append(event);
    setFlag(Trailer::Retransmitted, &frame);
    m_outgoing.push_back({frame, false});
}

void Recovery::process(Clock::time_point now)
{
    for (const ReceiveWindow::Request &request : m_received.takeRequests(now)) {
        Control::Ask ask{.asker = m_nodeId, .topic = request.topic, .since = request.since, .missing = {}};
        for (const ReceiveWindow::Range &range : request.missing)
            ask.missing.push_back({range.first, range.last});
        m_outgoing.push_back({ask.toFrame(request.node), false});
    }
    m_sent.trim(now);
    const auto heads = m_sent.takeAnnouncements(now, headsInOne);
    if (heads.empty())
        return;
    Control::Heads message{.node = m_nodeId, .heads = {}};
    for (const auto &head : heads)
        message.heads.push_back({head.topic, head.sequence, head.time});
    m_outgoing.push_back({message.toFrame(), true});
}

Recovery::Clock::time_point Recovery::deadline() const
{
    return std::min(m_received.deadline(), m_sent.deadline());
}

} // namespace Pyvent::Internal
