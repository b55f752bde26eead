// SPDX-License-Identifier: MIT
#include "delivery/receivewindow.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace Pyvent::Internal {

ReceiveWindow::ReceiveWindow(const ReceiveLimits &limits, quint32 seed)
    : m_limits(limits)
    , m_random(seed)
{
}

// Subscriptions

void ReceiveWindow::listen(const QByteArray &prefix)
{
    m_readySince.insert(prefix, {});
    m_longestPrefix = std::max(m_longestPrefix, prefix.size());
}

QByteArrayList ReceiveWindow::ready(qint64 time, Clock::time_point now)
{
    m_readyTime = time;
    m_readyAt = now;
    if (!m_firstReadyAt)
        m_firstReadyAt = now;
    QByteArrayList active;
    for (auto prefix = m_readySince.begin(); prefix != m_readySince.end(); ++prefix) {
        if (*prefix)
            continue;
        *prefix = time;
        active.append(prefix.key());
    }
    return active;
}

void ReceiveWindow::forget(const QByteArray &topic)
{
    const auto nodes = m_nodes.find(topic);
    if (nodes == m_nodes.end())
        return;
    for (const auto known = nodes->second; const QUuid &node : known) // the last one takes the entry with it
        forget(m_streams.value({node, topic}));
}

void ReceiveWindow::forgetIf(const QByteArray &prefix, const std::function<bool(const QByteArray &)> &isUnwanted)
{
    for (auto topic = m_nodes.lower_bound(prefix); topic != m_nodes.end() && topic->first.startsWith(prefix);) {
        const QByteArray name = topic->first;
        ++topic;
        if (isUnwanted(name))
            forget(name);
    }
}

// Since when this node listens to \a topic, by whichever prefix has been active for longest.
std::optional<qint64> ReceiveWindow::readySince(QByteArrayView topic) const
{
    std::optional<qint64> longest;
    const auto look = [&](const QByteArray &prefix) {
        const auto found = m_readySince.constFind(prefix);
        if (found != m_readySince.cend() && *found && (!longest || *found < longest))
            longest = *found;
    };
    for (qsizetype size = 0; size <= std::min(topic.size(), m_longestPrefix); ++size)
        look(QByteArray::fromRawData(topic.data(), size));
    look(topic.toByteArray() + ' ');
    return longest && m_forgottenTime ? std::max(*longest, *m_forgottenTime) : longest;
}

// Streams

ReceiveWindow::Stream *ReceiveWindow::find(const QUuid &node, QByteArrayView topic)
{
    const auto known = lookUp(node, topic);
    return known == m_newcomers.end() ? nullptr : &*known;
}

// m_newcomers.end() if it is not known.
ReceiveWindow::Streams::iterator ReceiveWindow::lookUp(const QUuid &node, QByteArrayView topic)
{
    if (!m_regulars.empty() && m_regulars.back().key.node == node && m_regulars.back().key.topic == topic)
        return std::prev(m_regulars.end()); // most events follow one of their own stream
    return m_streams.value({node, QByteArray::fromRawData(topic.data(), topic.size())}, m_newcomers.end());
}

ReceiveWindow::Stream &ReceiveWindow::create(const QUuid &node, const QByteArray &topic, Clock::time_point now)
{
    if (m_streams.size() >= std::max(m_limits.streams, qsizetype(1)))
        makeRoom(now);
    Stream &stream = m_newcomers.emplace_back();
    stream.key = {node, topic};
    m_streams.insert(stream.key, std::prev(m_newcomers.end()));
    m_nodes[topic].insert(node);
    return stream;
}

void ReceiveWindow::makeRoom(Clock::time_point now)
{
    using std::chrono::microseconds;
    const bool isNewcomer = m_regulars.empty() || qsizetype(m_newcomers.size()) > m_limits.streams / 4;
    const auto oldest = isNewcomer ? m_newcomers.begin() : m_regulars.begin();
    giveUp(*oldest, oldest->head, now); // told, if something of it is missing
    if (oldest->newest > 0) {
        const qint64 arrived =
            m_readyTime + std::chrono::duration_cast<microseconds>(oldest->arrivedAt - m_readyAt).count();
        m_forgottenTime = std::max(m_forgottenTime.value_or(arrived), arrived);
    }
    forget(oldest);
}

// An event of the stream has come by itself: nobody had to ask for it.
void ReceiveWindow::wasHeard(Streams::iterator stream, quint64 sequence)
{
    Streams &before = stream->isNewcomer ? m_newcomers : m_regulars;
    if (stream->newest > 0 && sequence != stream->newest)
        stream->isNewcomer = false;
    Streams &after = stream->isNewcomer ? m_newcomers : m_regulars;
    after.splice(after.end(), before, stream);
}

// The head was announced long ago, and now an event comes that was sent before that one, it seems. But an announcement
// travels behind the events that it is about. So it was false, and so is what was given up because of it.
void ReceiveWindow::disbelieve(Stream &stream)
{
    stream.delivered = std::min(stream.delivered, stream.newest);
    cut(stream, stream.newest - stream.delivered); // what was said to be withheld
    stream.head = stream.newest;
    stream.begin = std::min(stream.begin, stream.delivered);
    stream.requested = 0;
    stream.hasBase = stream.hasBase && stream.newest > 0;
}

// How many events of a stream can have been sent since this node listens. Not since the last one was heard: what a receiver that stood still
// reads first was sent before what is missing.
quint64 ReceiveWindow::mostSent(Clock::time_point now) const
{
    const auto listens = std::max(now - m_firstReadyAt.value_or(now), Clock::duration::zero());
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(listens);
    return m_limits.farthestAhead + quint64(seconds.count()) * m_limits.sentPerSecond;
}

bool ReceiveWindow::isBelieved(const Stream &stream, quint64 sequence, Clock::time_point now) const
{
    const quint64 known = std::max(stream.newest, stream.delivered);
    if (sequence <= known || (known == 0 && !stream.hasBase)) // where that begins is asked for
        return true;
    return sequence - stream.begin <= mostSent(now)
        && (m_sendersAreProven || sequence - std::max(stream.newest, stream.begin) <= m_limits.farthestAhead);
}

// Whether an event that has come by itself is too far from the others of its stream to be one of them: ahead, or, where that may be since
// another one was invented, behind. Two that follow each other are what the sender shows, and the stream goes on with them.
bool ReceiveWindow::isElsewhere(Stream &stream, quint64 sequence, Clock::time_point now)
{
    const bool isBehind = !m_sendersAreProven && stream.newest > 0 && sequence < stream.delivered
        && stream.delivered - sequence > m_limits.farthestAhead;
    if (!isBehind && isBelieved(stream, sequence, now)) {
        stream.doubtful.reset();
        return false;
    }
    const quint64 before = sequence - 1;
    if (std::exchange(stream.doubtful, sequence) != before)
        return true;
    stream.doubtful.reset();
    if (isBehind || sequence - stream.begin > mostSent(now))
        beginAt(stream, before);
    return false;
}

// The newest event before all that are held; the newest of all if none is.
quint64 ReceiveWindow::beforeHeld(const Stream &stream)
{
    return stream.held.empty() ? stream.head : stream.held.begin()->first - 1;
}

// Nothing up to \a base is missing. What was announced while that was not known may be any number.
void ReceiveWindow::setBase(Stream &stream, quint64 base, Clock::time_point now)
{
    stream.hasBase = true;
    stream.begin = stream.delivered = base;
    cut(stream, mostSent(now));
}

// What was missing before is not known to have been sent.
void ReceiveWindow::beginAt(Stream &stream, quint64 sequence)
{
    cut(stream, 0);
    stream.hasBase = true;
    stream.begin = stream.delivered = stream.head = stream.newest = sequence - 1;
    stream.requested = 0;
    if (std::exchange(stream.isWaiting, false))
        m_due.erase({stream.dueAt, &stream});
}

// Forgets of what is ahead of what was delivered all that is more than \a most ahead.
void ReceiveWindow::cut(Stream &stream, quint64 most)
{
    const quint64 last = stream.delivered + std::min(most, std::numeric_limits<quint64>::max() - stream.delivered);
    for (auto held = stream.held.upper_bound(last); held != stream.held.end(); held = stream.held.erase(held)) {
        --m_heldEvents;
        m_heldBytes -= held->second.size();
    }
    if (stream.head <= last)
        return;
    stream.newest = stream.held.empty() ? stream.delivered : stream.held.rbegin()->first;
    stream.head = stream.newest;
}

void ReceiveWindow::forget(Streams::iterator stream)
{
    m_due.erase({stream->dueAt, &*stream});
    m_heldEvents -= qsizetype(stream->held.size());
    for (const auto &[sequence, frame] : stream->held)
        m_heldBytes -= frame.size();
    m_streams.remove(stream->key);
    const auto nodes = m_nodes.find(stream->key.topic);
    nodes->second.remove(stream->key.node);
    if (nodes->second.isEmpty())
        m_nodes.erase(nodes);
    (stream->isNewcomer ? m_newcomers : m_regulars).erase(stream);
}

void ReceiveWindow::clear()
{
    m_readySince.clear();
    m_firstReadyAt.reset();
    m_longestPrefix = 0;
    m_streams.clear();
    m_due.clear();
    m_newcomers.clear();
    m_regulars.clear();
    m_nodes.clear();
    m_released.clear();
    m_losses.clear();
    m_heldEvents = m_heldBytes = 0;
    m_forgottenTime.reset();
}

bool ReceiveWindow::knowsBegin(const QUuid &node, const QByteArray &topic) const
{
    const auto found = m_streams.constFind({node, topic});
    return found != m_streams.cend() && (*found)->hasBase;
}

// What arrives

bool ReceiveWindow::isWaiting(const QUuid &node, QByteArrayView topic)
{
    const Stream *const stream = find(node, topic);
    return !m_released.empty() || (stream && !stream->held.empty());
}

bool ReceiveWindow::isHeld(const QUuid &node, const QByteArray &topic, quint64 sequence) const
{
    const auto stream = m_streams.constFind({node, topic});
    return stream != m_streams.cend() && (*stream)->held.contains(sequence);
}

bool ReceiveWindow::isNew(const QUuid &node, const QByteArray &topic, quint64 sequence) const
{
    const auto found = m_streams.constFind({node, topic});
    return found == m_streams.cend() || (sequence > (*found)->delivered && !(*found)->held.contains(sequence));
}

ReceiveWindow::Verdict ReceiveWindow::heard(const QUuid &node, QByteArrayView topic, quint64 sequence, qint64 previous,
                                            QByteArrayView frame, Clock::time_point now)
{
    if (sequence == 0 || sequence > largestNumber) // numbers count from 1
        return Verdict::Drop;
    const auto known = lookUp(node, topic);
    Stream *stream = known == m_newcomers.end() ? nullptr : &*known;
    if (stream) {
        if (isElsewhere(*stream, sequence, now))
            return Verdict::Drop;
        wasHeard(known, sequence);
        if (sequence > stream->newest && sequence < stream->head && now > stream->headSince + m_limits.disbeliefAfter)
            disbelieve(*stream);
        if (stream->hasBase)
            return accept(*stream, sequence, frame, now);
    } else {
        stream = &create(node, topic.toByteArray(), now);
    }
    const std::optional<qint64> since = readySince(topic);
    const bool isFirst = sequence == 1 || !since || previous < *since;
    if (isFirst && (stream->held.empty() || stream->held.begin()->first > sequence))
        setBase(*stream, sequence - 1, now);
    else
        stream->hasBase = false;
    return accept(*stream, sequence, frame, now);
}

ReceiveWindow::Verdict ReceiveWindow::repaired(const QUuid &node, QByteArrayView topic, quint64 sequence,
                                               QByteArrayView frame, Clock::time_point now)
{
    Stream *stream = find(node, topic);
    return stream && stream->hasBase && sequence <= stream->head ? accept(*stream, sequence, frame, now)
                                                                 : Verdict::Drop;
}

ReceiveWindow::Verdict ReceiveWindow::accept(Stream &stream, quint64 sequence, QByteArrayView frame,
                                             Clock::time_point now)
{
    if (stream.hasBase && sequence == stream.delivered + 1) {
        stream.delivered = sequence;
        stream.newest = std::max(stream.newest, sequence);
        stream.head = std::max(stream.head, sequence);
        stream.arrivedAt = now;
        if (Q_UNLIKELY(stream.isWaiting)) {
            release(stream);
            update(stream, now, true);
        }
        return Verdict::Deliver;
    }
    if (sequence <= stream.delivered || stream.held.contains(sequence))
        return Verdict::Drop;
    if (sequence > stream.head) {
        stream.head = sequence;
        stream.headSince = now; // for where it is not held
    }
    const bool isHeld = hold(stream, sequence, frame.toByteArray());
    if (isHeld) {
        stream.newest = std::max(stream.newest, sequence);
        stream.arrivedAt = now;
    }
    update(stream, now, false);
    return isHeld ? Verdict::Hold : Verdict::Drop;
}

void ReceiveWindow::announced(const QUuid &node, const QByteArray &topic, quint64 head, qint64 time, qint64 asOf,
                              Clock::time_point now)
{
    if (head > largestNumber)
        return;
    Stream *stream = find(node, topic);
    const std::optional<qint64> since = stream && stream->hasBase ? std::nullopt : readySince(topic);
    const bool wasBefore = since && time < *since;
    const bool isBase = wasBefore && *since <= asOf;
    if (!stream) {
        if (!since || (wasBefore && !isBase))
            return;
        stream = &create(node, topic, now);
        stream->hasBase = false;
    }
    if (isBase) {
        setBase(*stream, stream->held.empty() ? head : std::min(head, beforeHeld(*stream)), now);
        release(*stream);
    }
    if (head > stream->head && isBelieved(*stream, head, now)) {
        stream->head = head;
        stream->headSince = now;
    }
    update(*stream, now, false);
}

void ReceiveWindow::begins(const QUuid &node, const QByteArray &topic, qint64 since, std::optional<quint64> base,
                           quint64 first, Clock::time_point now)
{
    Stream *stream = find(node, topic);
    if (!stream || stream->hasBase || since != stream->askedSince) // an answer to an older question
        return;
    const quint64 before = beforeHeld(*stream);
    // Where the sender does not know any more, the newest one that is not kept and not held is lost for certain, and only
    // that. What was sent before and heard all the same is delivered like any other.
    const quint64 lost = std::min(before, first > 0 ? first - 1 : 0);
    setBase(*stream, base ? std::min(*base, before) : lost - (lost > 0), now);
    release(*stream);
    isGone(node, topic, first, now);
}

void ReceiveWindow::isGone(const QUuid &node, const QByteArray &topic, quint64 first, Clock::time_point now)
{
    Stream *stream = find(node, topic);
    if (!stream || !stream->hasBase)
        return;
    if (first > stream->delivered + 1)
        giveUp(*stream, std::min(first - 1, stream->head), now);
    update(*stream, now, true);
}

void ReceiveWindow::isWithheld(const QUuid &node, const QByteArray &topic, const std::vector<Range> &numbers,
                               Clock::time_point now)
{
    Stream *stream = find(node, topic);
    if (!stream || !stream->hasBase)
        return;
    quint64 budget = m_limits.rangeOfARequest; // numbers of a stranger's, which may be any
    for (const Range &range : numbers) {
        const quint64 last = std::min({range.last, stream->head, stream->requested}); // it is an answer
        quint64 sequence = std::max(range.first, stream->delivered + 1);
        for (; sequence <= last && budget > 0; ++sequence, --budget) {
            if (!stream->held.contains(sequence))
                hold(*stream, sequence, QByteArray());
        }
    }
    release(*stream);
    update(*stream, now, true);
}

bool ReceiveWindow::takeReleased(QByteArray *frame)
{
    if (m_released.empty())
        return false;
    *frame = std::move(m_released.front());
    m_released.pop_front();
    return true;
}

// What is missing

void ReceiveWindow::resumed(Clock::time_point now)
{
    for (const auto due = std::exchange(m_due, {}); const auto &[at, stream] : due) {
        stream->waitingSince = now;
        stream->retryAfter = m_limits.retryAfter;
        stream->requestAt = now + backOff();
        schedule(*stream);
    }
}

bool ReceiveWindow::hold(Stream &stream, quint64 sequence, const QByteArray &frame)
{
    if (m_heldEvents >= m_limits.heldEvents || m_heldBytes + frame.size() > m_limits.heldBytes)
        return false;
    stream.held.emplace(sequence, frame);
    ++m_heldEvents;
    m_heldBytes += frame.size();
    return true;
}

// Releases what is held and has no gap before it any more.
void ReceiveWindow::release(Stream &stream)
{
    quint64 lost = 0;
    while (!stream.held.empty() && stream.held.begin()->first == stream.delivered + 1) {
        auto node = stream.held.extract(stream.held.begin());
        --m_heldEvents;
        m_heldBytes -= node.mapped().size();
        if (node.mapped().isNull())
            ++lost;
        else
            m_released.push_back(std::move(node.mapped()));
        ++stream.delivered;
    }
    wereLost(stream, lost);
}

void ReceiveWindow::wereLost(const Stream &stream, quint64 count)
{
    if (count > 0)
        m_losses.push_back({stream.key.node, stream.key.topic, count});
}

// What is missing up to \a last is lost; what is held up to there is released.
void ReceiveWindow::giveUp(Stream &stream, quint64 last, Clock::time_point now)
{
    if (!stream.hasBase) { // nobody knows what was before the first one that is held
        const quint64 before = beforeHeld(stream);
        setBase(stream, before - (before > 0), now); // it is lost for certain, and only that
        last = std::min(std::max(last, before), stream.head);
    }
    quint64 lost = 0;
    while (stream.delivered < last) {
        const quint64 next = stream.held.empty() ? last : std::min(last, stream.held.begin()->first - 1);
        lost += next - stream.delivered;
        stream.delivered = next;
        release(stream);
    }
    release(stream);
    wereLost(stream, lost);
}

// Brings the questions for \a stream up to date; \a hasMoved: it has got further, so the sender is there.
void ReceiveWindow::update(Stream &stream, Clock::time_point now, bool hasMoved)
{
    if (stream.hasBase && stream.delivered >= stream.head) {
        if (std::exchange(stream.isWaiting, false))
            m_due.erase({stream.dueAt, &stream});
        return;
    }
    if (!stream.isWaiting) {
        stream.isWaiting = true;
        stream.requested = 0;
        stream.waitingSince = now;
        stream.retryAfter = m_limits.retryAfter;
        stream.requestAt = now + backOff();
    } else if (hasMoved) {
        stream.waitingSince = now;
        stream.retryAfter = m_limits.retryAfter;
        if (stream.requested > 0 && stream.delivered >= stream.requested) // the next range is due
            stream.requestAt = std::min(stream.requestAt, now);
        else if (stream.requested > 0) // the rest of what was asked for is on its way
            stream.requestAt = std::max(stream.requestAt, now + stream.retryAfter);
    }
    schedule(stream);
}

void ReceiveWindow::schedule(Stream &stream)
{
    m_due.erase({stream.dueAt, &stream});
    stream.dueAt = std::min(stream.requestAt, stream.waitingSince + m_limits.patience);
    m_due.insert({stream.dueAt, &stream});
}

ReceiveWindow::Clock::duration ReceiveWindow::backOff()
{
    // Few of many ask early, and the others, who wait for longer, hear the repair in time: RFC 5401's RandomBackoff, for a
    // hundred receivers.
    constexpr double lambda = 5.6; // ln 100 + 1
    const double random = std::uniform_real_distribution<double>(0, 1)(m_random);
    const double part = std::log1p(random * std::expm1(lambda)) / lambda;
    return std::chrono::duration_cast<Clock::duration>(part * m_limits.firstBackOff);
}

std::vector<ReceiveWindow::Request> ReceiveWindow::takeRequests(Clock::time_point now)
{
    std::vector<Request> requests;
    if (m_isPaused || now < m_asksAgainAt)
        return requests;
    while (!m_due.empty() && m_due.begin()->first <= now) {
        Stream &stream = *m_due.begin()->second;
        if (now >= stream.waitingSince + m_limits.patience) {
            giveUp(stream, beforeHeld(stream), now);
            update(stream, now, true);
            continue;
        }
        if (requests.size() >= m_limits.requestsAtOnce) { // strangers may invent streams
            m_asksAgainAt = now + std::chrono::milliseconds(10);
            break;
        }
        requests.push_back(requestOf(stream));
        if (!requests.back().missing.empty())
            stream.requested = requests.back().missing.back().last;
        stream.requestAt = now + stream.retryAfter + backOff();
        stream.retryAfter = std::min(stream.retryAfter * 2, m_limits.slowestRetry);
        schedule(stream);
    }
    return requests;
}

ReceiveWindow::Request ReceiveWindow::requestOf(Stream &stream)
{
    Request request{stream.key.node, stream.key.topic, {}, 0};
    if (!stream.hasBase) {
        request.since = stream.askedSince = readySince(stream.key.topic).value_or(0);
        return request;
    }
    quint64 budget = m_limits.rangeOfARequest;
    quint64 next = stream.delivered + 1;
    const auto add = [&](quint64 last) {
        if (last < next || budget == 0)
            return;
        last = std::min(last, next + budget - 1);
        request.missing.push_back({next, last});
        budget -= last - next + 1;
    };
    for (const auto &[sequence, frame] : stream.held) {
        add(sequence - 1);
        next = sequence + 1;
        if (budget == 0 || request.missing.size() >= 100)
            return request;
    }
    add(stream.head);
    return request;
}

ReceiveWindow::Clock::time_point ReceiveWindow::deadline() const
{
    return m_due.empty() || m_isPaused ? Clock::time_point::max() : std::max(m_due.begin()->first, m_asksAgainAt);
}

void ReceiveWindow::setPaused(bool paused, Clock::time_point now)
{
    if (std::exchange(m_isPaused, paused) == paused || paused)
        return;
    for (const auto &[at, stream] : std::exchange(m_due, {})) {
        stream->waitingSince = stream->requestAt = now;
        stream->retryAfter = m_limits.retryAfter;
        schedule(*stream);
    }
}

} // namespace Pyvent::Internal
