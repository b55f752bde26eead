// SPDX-License-Identifier: MIT
#include "node/recovery.h"

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

// Where so few are missing, others may miss them, too: then all hear them once more, and who was about to ask need not.
constexpr quint64 repairsForAll = 16;
constexpr qsizetype repairForAllSize = qsizetype(16) * 1024;

// For so long nobody else's question makes all hear it again.
constexpr auto repairedLately = 20ms;

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
    const auto control = Control::Message::of(frame);
    if (!control)
        return {};
    const auto [kind, payload] = *control;
    if (kind == Control::repair)
        return payload;
    if (kind == Control::announce) {
        m_sent.disturbed(now);
    } else if (kind == Control::ask) {
        if (const auto ask = Control::Ask::read(payload))
            answer(*ask, Trailer::Retransmitted, now);
    } else if (kind == Control::recall) {
        if (const auto ask = Control::Ask::read(payload); ask && !ask->missing.empty())
            answer(*ask, Trailer::Replayed, now);
    } else if (kind == Control::past) {
        if (const auto past = Control::Past::read(payload))
            answer(*past, now);
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

void Recovery::answer(const Control::Past &past, Clock::time_point now)
{
    if (past.asker == m_nodeId && !m_hearOwnEvents)
        return;
    const auto age = std::min(std::chrono::microseconds(past.age), std::chrono::microseconds(24h));
    if (const auto kept = m_sent.kept(past.topic, past.last, age, past.since, now)) {
        const Control::Kept answer{m_nodeId, past.topic, kept->first, kept->last, past.number};
        m_outgoing.push_back({answer.toFrame(past.asker), false});
    }
}

// With repairs of what got lost, or with replays for a late joiner: \a mark says which.
void Recovery::answer(const Control::Ask &ask, Trailer::Flag mark, Clock::time_point now)
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
    quint64 repairs = 0;
    qsizetype bytes = 0;
    for (const Control::Ask::Range &range : ask.missing) {
        for (quint64 sequence = std::max(range.first, answer.first); sequence <= range.last; ++sequence) {
            const QByteArray *event = m_sent.find(ask.topic, sequence);
            if (!event || repairs >= repairsToOne || bytes >= repairedBytes)
                break;
            if (mark == Trailer::Replayed)
                sendAgain(nodeTopic(ask.asker, Control::replay), *event, mark);
            else if (missing > repairsForAll || event->size() > repairForAllSize)
                sendAgain(nodeTopic(ask.asker, Control::repair), *event, mark);
            else if (mayRepairForAll({ask.topic, sequence}, now))
                sendAgain(commonTopic(Control::repair), *event, mark);
            ++repairs;
            bytes += event->size();
        }
    }
}

bool Recovery::mayRepairForAll(const std::pair<QByteArray, quint64> &event, Clock::time_point now)
{
    if (m_repairedForAll.size() > 1000)
        m_repairedForAll.clear();
    Clock::time_point &last = m_repairedForAll[event];
    if (now < last + repairedLately)
        return false;
    last = now;
    return true;
}

void Recovery::sendAgain(const QByteArray &topic, QByteArrayView event, Trailer::Flag mark)
{
    QByteArray frame = topic;
    frame.append(event);
    setFlag(mark, &frame);
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
