// SPDX-License-Identifier: MIT
#include "session/recovery.h"

#include <algorithm>
#include <numeric>

namespace Pyvent::Internal {

using namespace std::chrono_literals;

namespace {

// How many heads are announced in one message.
constexpr qsizetype headsInOne = 200;

// What their topics may have in one message, which then has room for the rest: Control::maximumSize.
constexpr qsizetype topicsInOne = qsizetype(48) * 1024;

// The longest name in UTF-8.
constexpr qsizetype maximumTopicSize = 4 * 1024;

// What one question is worth. Who misses more asks again.
constexpr quint64 answersToOne = 500;
constexpr std::size_t withheldInOne = 200;

// What answers may cost: their bytes, and this for each of them and for each question. So in a second others can have a node
// send 64 MB or 64,000 events again, and not more than 2 MB or one event at once.
constexpr qint64 costOfAnything = 1000;
constexpr qint64 costInASecond = 64'000'000;
constexpr qint64 costAtOnce = 2'000'000;

constexpr auto announcedLately = 100ms;

// Who listens to more asks for all heads.
constexpr qsizetype prefixesInOne = 64;

// How many heads answer one question.
constexpr qsizetype headsForOne = 50'000;

// Where so few are missing, others may miss them, too: then all hear them once more, and who was about to ask need not. So it
// is where many ask for the same, however much that is.
constexpr quint64 repairsForAll = 16;
constexpr qsizetype repairForAllSize = qsizetype(16) * 1024;

// For so long nobody else's question makes all hear it again.
constexpr auto repairedLately = 50ms;

} // namespace

Control::Ask askFor(const ReceiveWindow::Request &request, const QUuid &asker, qsizetype limit)
{
    Control::Ask ask{.asker = asker, .topic = request.topic, .since = request.since, .missing = {}, .limit = limit};
    for (const ReceiveWindow::Range &range : request.missing)
        ask.missing.push_back({range.first, range.last});
    return ask;
}

std::vector<ReceiveWindow::Range> rangesOf(const Control::Withheld &withheld)
{
    std::vector<ReceiveWindow::Range> ranges;
    for (const Control::Range &range : withheld.numbers)
        ranges.push_back({range.first, range.last});
    return ranges;
}

Recovery::Recovery(const QUuid &nodeId, const WallClock &wallClock, quint32 seed)
    : m_nodeId(nodeId)
    , m_wallClock(wallClock)
    , m_received({}, seed)
    , m_answers(costInASecond, costAtOnce)
{
}

void Recovery::ready(qint64 time, Clock::time_point now)
{
    QByteArrayList prefixes = m_received.ready(time, now);
    if (prefixes.isEmpty())
        return;
    const auto sizeOf = [](qsizetype size, const QByteArray &prefix) { return size + prefix.size(); };
    if (prefixes.size() > prefixesInOne
        || std::accumulate(prefixes.cbegin(), prefixes.cend(), qsizetype(0), sizeOf) > topicsInOne)
        prefixes = {QByteArray("")};
    for (QByteArray &prefix : prefixes) { // senders look for what topics begin with
        if (prefix.endsWith(' '))
            prefix.chop(1);
    }
    m_outgoing.push_back({Control::Announce{m_nodeId, prefixes}.toFrame(), false});
}

void Recovery::reconnected(Clock::time_point now)
{
    m_sent.disturbed(now);
    if (m_forwards)
        m_forwards->reconnected(now);
    m_received.resumed(now);
    m_outgoing.push_back({commonTopic(Control::announce), true});
}

void Recovery::heard(const Control::Heads &heads, const std::function<bool(QByteArrayView)> &isWanted,
                     Clock::time_point now)
{
    if (heads.node == m_nodeId && !m_hearOwnEvents)
        return;
    for (const Control::Heads::Head &head : heads.heads) {
        if (head.sequence > 0 && head.topic.size() <= maximumTopicSize && isWanted(head.topic))
            m_received.announced(heads.node, head.topic, head.sequence, head.time, heads.asOf, now);
    }
}

void Recovery::heard(const Control::Answer &answer, Clock::time_point now)
{
    if (answer.isBase)
        m_received.begins(answer.node, answer.topic, answer.since, answer.base, answer.first, now);
    else
        m_received.isGone(answer.node, answer.topic, answer.first, now);
}

void Recovery::heard(const Control::Withheld &withheld, Clock::time_point now)
{
    m_received.isWithheld(withheld.node, withheld.topic, rangesOf(withheld), now);
}

bool Recovery::mayAnswer(QByteArrayView question, Clock::time_point now)
{
    if (!m_answers.allows(now))
        return false;
    m_answers.spend(costOfAnything + question.size());
    return true;
}

void Recovery::askedForHeads(QByteArrayView payload, Clock::time_point now)
{
    if (!mayAnswer(payload, now))
        return;
    if (const auto announce = Control::Announce::read(payload))
        answer(*announce, now);
    else
        announceAll(now);
}

void Recovery::askedForEvents(const QUuid &node, QByteArrayView payload, Trailer::Flag mark, Clock::time_point now)
{
    const bool isOwn = node == m_nodeId;
    if ((!isOwn && !m_forwards) || !mayAnswer(payload, now))
        return;
    const auto ask = Control::Ask::read(payload);
    if (!ask || (mark != Trailer::Retransmitted && ask->missing.empty()))
        return;
    if (isOwn)
        answer({m_sent, ask->topic, node, isOwn}, *ask, mark, now);
    else
        answer({m_forwards->window(), Forwards::keyOf(node, ask->topic), node, isOwn}, *ask, mark, now);
}

void Recovery::askedForPast(QByteArrayView payload, Clock::time_point now)
{
    if (!mayAnswer(payload, now))
        return;
    if (const auto past = Control::Past::read(payload))
        answer(*past, now);
}

// Until its first announcements are out, another question would be for nothing.
void Recovery::announceAll(Clock::time_point now)
{
    if (now < m_announcedAt + announcedLately)
        return;
    m_announcedAt = now;
    m_sent.disturbed(now);
    if (m_forwards)
        m_forwards->window().disturbed(now);
}

void Recovery::answer(const Control::Announce &question, Clock::time_point now)
{
    if (question.asker == m_nodeId && !m_hearOwnEvents)
        return;
    tellHeads(m_nodeId, m_sent.heads(question.prefixes, headsForOne), question.asker, now);
    if (m_forwards && question.asker != m_nodeId)
        tellForwardedHeads(m_forwards->window().heads(question.prefixes, headsForOne), question.asker, now);
}

// To \a asker, as far as that may be answered, or to all.
void Recovery::tellHeads(const QUuid &node, std::span<const Head> heads, const std::optional<QUuid> &asker,
                         Clock::time_point now)
{
    while (!heads.empty() && (!asker || m_answers.allows(now))) {
        const Control::Heads message = takeHeads(node, &heads);
        m_outgoing.push_back({asker ? message.toFrame(*asker) : message.toFrame(), true});
        if (asker)
            m_answers.spend(costOfAnything + m_outgoing.back().frame.size());
    }
}

// The same of those that this node stands in for, each in its own name.
void Recovery::tellForwardedHeads(std::span<const Head> heads, const std::optional<QUuid> &asker, Clock::time_point now)
{
    std::map<QUuid, std::vector<Head>> byNode;
    for (const Head &head : heads) {
        if (m_forwards->isOvertaken(head.topic))
            continue;
        byNode[Forwards::nodeOf(head.topic)].push_back({Forwards::topicOf(head.topic), head.sequence, head.time});
    }
    for (const auto &[node, ofNode] : byNode)
        tellHeads(node, ofNode, asker, now);
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
    if (!m_forwards || past.asker == m_nodeId)
        return;
    Window &window = m_forwards->window();
    for (const Head &head : window.heads({Forwards::allOf(past.topic)}, headsForOne)) {
        if (!m_answers.allows(now))
            return;
        if (!m_forwards->mayTellPast(past.asker, head.topic, past.number, now))
            continue;
        const quint64 behind = m_forwards->behind(head.topic); // of the last ones, others have these
        if (past.last > 0 && behind >= past.last)
            continue;
        const quint64 last = past.last > 0 ? past.last - behind : 0;
        if (const auto kept = window.kept(head.topic, last, age, past.since, now)) {
            const Control::Kept answer{Forwards::nodeOf(head.topic), past.topic, kept->first, kept->last, past.number};
            m_outgoing.push_back({answer.toFrame(past.asker), false});
            m_answers.spend(costOfAnything + m_outgoing.back().frame.size());
        }
    }
}

Control::Answer Recovery::answerOf(const Source &source, const Control::Ask &ask) const
{
    Control::Answer answer{.node = source.node, .topic = ask.topic, .first = source.window.first(source.key)};
    if (!source.isOwn)
        answer.by = m_nodeId;
    return answer;
}

// With the last event before a time.
void Recovery::answerWhereItBegins(const Source &source, const Control::Ask &ask, Clock::time_point now)
{
    Control::Answer answer = answerOf(source, ask);
    answer.isBase = true;
    answer.since = ask.since;
    answer.base = source.window.lastBefore(source.key, ask.since);
    const bool isKept = answer.base && *answer.base >= answer.first;
    if (source.isOwn || (isKept && !m_forwards->isOvertaken(source.key))
        || m_forwards->mayDeny(ask.asker, source.key, 0, now))
        m_outgoing.push_back({answer.toFrame(ask.asker), false});
}

// With repairs of what got lost, or with replays for a late joiner: \a mark says which.
void Recovery::answer(const Source &source, const Control::Ask &ask, Trailer::Flag mark, Clock::time_point now)
{
    if (ask.missing.empty())
        return answerWhereItBegins(source, ask, now);
    const Control::Answer answer = answerOf(source, ask);
    const quint64 first = ask.missing.front().first;
    if (first < answer.first && (source.isOwn || m_forwards->mayDeny(ask.asker, source.key, first, now)))
        m_outgoing.push_back({answer.toFrame(ask.asker), false});
    quint64 missing = 0;
    for (const Control::Range &range : ask.missing) {
        if (range.last >= range.first) // numbers of a stranger's, which may be any
            missing = std::min(missing, answersToOne) + std::min(range.last - range.first, answersToOne) + 1;
    }
    const bool isForAll = mark == Trailer::Retransmitted
        && (m_askers.note(ask.asker, source.key, first, ask.missing.back().last, now) || missing <= repairsForAll);
    Control::Withheld withheld{source.node, ask.topic, {}};
    quint64 answered = 0;
    for (const Control::Range &range : ask.missing) {
        for (quint64 sequence = std::max(range.first, answer.first); sequence <= range.last; ++sequence) {
            const QByteArray *event = source.window.find(source.key, sequence);
            if (!event || answered++ >= answersToOne || !m_answers.allows(now))
                break;
            if (ask.limit > 0 && event->size() > ask.limit)
                withheld.numbers.push_back({sequence, sequence}); // it would cut the asker's connection
            else
                sendAgain(source, ask, sequence, *event, mark, isForAll && event->size() <= repairForAllSize, now);
        }
    }
    if (withheld.numbers.size() > withheldInOne)
        withheld.numbers.resize(withheldInOne);
    if (!withheld.numbers.empty())
        m_outgoing.push_back({withheld.toFrame(ask.asker), false});
}

void Recovery::sendAgain(const Source &source, const Control::Ask &ask, quint64 sequence, QByteArrayView event,
                         Trailer::Flag mark, bool forAll, Clock::time_point now)
{
    if (forAll && !mayRepairForAll({source.key, sequence}, now))
        return;
    const QByteArrayView kind = mark == Trailer::Replayed ? Control::replay : Control::repair;
    QByteArray frame = forAll ? commonTopic(kind) : nodeTopic(ask.asker, kind);
    frame.append(event);
    setFlag(mark, &frame);
    m_answers.spend(costOfAnything + frame.size());
    m_outgoing.push_back({frame, false});
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

void Recovery::process(Clock::time_point now)
{
    for (const ReceiveWindow::Request &request : m_received.takeRequests(now))
        m_outgoing.push_back({askFor(request, m_nodeId, m_maximumFrameSize).toFrame(request.node), false});
    m_sent.trim(now);
    if (const auto announced = m_sent.takeAnnouncements(now, headsInOne); !announced.empty())
        tellHeads(m_nodeId, announced, {}, now);
    if (m_forwards) {
        m_forwards->window().trim(now);
        tellForwardedHeads(m_forwards->window().takeAnnouncements(now, headsInOne), {}, now);
    }
}

// As many of them as one message has room for.
Control::Heads Recovery::takeHeads(const QUuid &node, std::span<const Head> *heads) const
{
    Control::Heads message{.node = node, .heads = {}, .asOf = m_wallClock()};
    qsizetype size = 0;
    for (; !heads->empty() && qsizetype(message.heads.size()) < headsInOne; *heads = heads->subspan(1)) {
        const Head &head = heads->front();
        size += head.topic.size();
        if (size > topicsInOne && !message.heads.empty())
            break;
        message.heads.push_back({head.topic, head.sequence, head.time});
    }
    return message;
}

Recovery::Clock::time_point Recovery::deadline() const
{
    const Clock::time_point own = std::min(m_received.deadline(), m_sent.deadline());
    return Q_LIKELY(!m_forwards) ? own : std::min(own, m_forwards->window().deadline());
}

} // namespace Pyvent::Internal
