// SPDX-License-Identifier: MIT
#include "session/forwards.h"

#include "delivery/receivewindow.h"
#include "dispatch/name.h"
#include "wire/frame.h"

#include <algorithm>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// For how long a node is taken to be here that was heard, and how many of them are known. What comes of it by a bridge was heard from
// itself before, but for the time that bridges take; and a node may leave for another bus.
constexpr auto hereFor = 10s; // to twice as long
constexpr qsizetype mostHere = 10'000;

// How soon a node is asked again whether it is here: twice as long after each time.
constexpr Forwards::Clock::duration firstAskAgain = 1s;
constexpr Forwards::Clock::duration slowestAskAgain = 60s;

// How long others have who may keep more of a stream. Receivers ask again after 50 ms, 100 ms, and so on; late joiners after 200 ms.
constexpr auto timeToRepair = 1s;
constexpr auto timeToSayWhereItBegins = 300ms;
constexpr auto timeToSayWhatIsKept = 150ms;
constexpr auto slowestRetry = 3s; // of who still waits for an answer
constexpr qsizetype mostUnanswered = 10'000;

// How long nothing is tried that the server does not take, and of how many topics that is known.
constexpr auto refusedFor = 5s;
constexpr qsizetype mostRefusals = 1000;

constexpr auto forgottenToldEvery = 60s;

// Between topic and node in a key. No topic has it: names have no control characters.
constexpr char separator = '\1';
constexpr qsizetype uuidSize = 16;

} // namespace

void Forwards::configure(qsizetype maximumFrameSize, quint16 flags, const TransmitLimits &limits)
{
    m_maximumFrameSize = maximumFrameSize;
    m_flags = flags;
    m_keptFor = limits.age;
    m_window.setLimits(limits);
}

QByteArrayList Forwards::prefixes(const QUuid &origin)
{
    return {nodeTopic(origin, Control::ask), nodeTopic(origin, Control::recall)};
}

// Keys

QByteArray Forwards::keyOf(const QUuid &node, QByteArrayView topic)
{
    return allOf(topic) + node.toRfc4122();
}

QByteArray Forwards::allOf(QByteArrayView topic)
{
    return topic.toByteArray() + separator;
}

QUuid Forwards::nodeOf(const QByteArray &key)
{
    return QUuid::fromRfc4122(QByteArrayView(key).last(uuidSize));
}

QByteArray Forwards::topicOf(const QByteArray &key)
{
    return key.chopped(uuidSize + 1);
}

// Forwarding

PyventError Forwards::check(const PyventFrame &frame) const
{
    const auto refused = [&frame](PyventError::Code code, const QString &why) {
        return PyventError{code, u"'%1' was not forwarded: %2"_s.arg(frame.name, why), frame.name};
    };
    if (const QString why = whyNotAName(frame.name); !why.isEmpty())
        return {PyventError::InvalidName, why, frame.name};
    if (frame.nodeId.isNull()) {
        return refused(PyventError::InvalidArgument,
                       u"it is a Python node's, and has no number by which receivers would know it; send() its "
                       "arguments instead"_s);
    }
    if (frame.sequence == 0 || frame.sequence > ReceiveWindow::largestNumber)
        return refused(PyventError::InvalidArgument, u"%1 is no number of an event"_s.arg(frame.sequence));
    if (!frame.pickle.endsWith('.'))
        return refused(PyventError::InvalidArgument, u"its pickle does not end as pickles do"_s);
    if (!frame.sender.isEmpty()) {
        if (const QString why = whyNotASender(frame.sender); !why.isEmpty())
            return refused(PyventError::InvalidName, why);
    }
    return {};
}

Forwards::Outcome Forwards::take(const PyventFrame &frame, qsizetype room, qint64 time, Clock::time_point now,
                                 QByteArray *bytes, PyventError *error)
{
    *error = check(frame);
    if (*error)
        return Outcome::Refused;
    if (frame.nodeId == m_self || isKnownHere(frame.nodeId, now))
        return Outcome::FromHere;
    const QByteArray topic = frame.name.toUtf8();
    const QByteArray key = keyOf(frame.nodeId, topic);
    const Stream *known = find(key);
    if (known && frame.sequence <= known->head)
        return Outcome::Known;
    if (const auto refusal = m_refusals.constFind(topic); refusal != m_refusals.cend()) {
        if (now < refusal->until) {
            *error = refusal->error;
            return Outcome::Refused;
        }
        m_refusals.erase(refusal);
    }

    // The times are those of this bus: receivers compare them with the time since when they listen here.
    const QByteArray sender = frame.sender.toUtf8();
    Trailer trailer{.nodeId = frame.nodeId, .sequence = frame.sequence, .time = frame.time};
    if (frame.replayed) // before anybody may have listened for it
        time = std::min(time, frame.time);
    trailer.previous = known ? known->headTime : frame.previous;
    trailer.flags = m_flags | Trailer::Forwarded;
    if (frame.stamp > 0) {
        trailer.flags |= Trailer::Value;
        trailer.stamp = frame.stamp;
    }
    trailer.sender = sender;
    const qsizetype size = topic.size() + 1 + frame.pickle.size() + trailerSize(trailer);
    if (size > m_maximumFrameSize) {
        *error = {
            PyventError::EventTooLarge,
            u"'%1' was not forwarded: it has %2 bytes, and PyventOptions::maximumEventSize allows %3"_s.arg(frame.name)
                .arg(size)
                .arg(m_maximumFrameSize),
            frame.name};
        return Outcome::Refused;
    }
    if (size > room && !frame.replayed)
        return Outcome::NoRoom;
    bytes->clear();
    bytes->reserve(size);
    bytes->append(topic).append(' ').append(frame.pickle);
    appendTrailer(trailer, bytes);

    Stream &stream = use(frame, key, time, now);
    m_window.resume(key, frame.sequence, time);
    m_window.add(key, frame.sequence, time, QByteArray(*bytes), size, now);
    stream.head = frame.sequence;
    stream.headTime = time;
    return frame.replayed ? Outcome::Kept : Outcome::Sent;
}

bool Forwards::has(const QUuid &node, QByteArrayView topic, quint64 sequence) const
{
    const Stream *stream = m_byNode.contains(node) ? find(keyOf(node, topic)) : nullptr;
    return stream && sequence >= stream->begin && sequence <= stream->head;
}

void Forwards::heardOther(const QUuid &node, QByteArrayView topic, quint64 sequence)
{
    if (!m_byNode.contains(node))
        return;
    if (const auto found = m_byKey.constFind(keyOf(node, topic)); found != m_byKey.cend())
        (*found)->newest = std::max((*found)->newest, sequence);
}

quint64 Forwards::behind(const QByteArray &key) const
{
    const Stream *stream = find(key);
    return stream && stream->newest > stream->head ? stream->newest - stream->head : 0;
}

bool Forwards::hasTopic(const QByteArray &topic) const
{
    return !m_window.heads({allOf(topic)}, 1).empty();
}

void Forwards::wereRefused(const QByteArray &topic, const PyventError &error, Clock::time_point now)
{
    if (m_refusals.size() >= mostRefusals)
        m_refusals.clear();
    m_refusals.insert(topic, {error, now + refusedFor});
    for (const Window::Head &head : m_window.heads({allOf(topic)}, m_limits.streams)) {
        const auto origin = m_byNode.constFind(nodeOf(head.topic));
        const auto stream = m_byKey.constFind(head.topic);
        if (origin != m_byNode.cend() && stream != m_byKey.cend())
            forgetStream(**origin, *stream);
    }
}

// Streams

const Forwards::Stream *Forwards::find(const QByteArray &key) const
{
    const auto found = m_byKey.constFind(key);
    return found == m_byKey.cend() ? nullptr : &**found;
}

// The stream that \a frame, which is new, belongs to.
Forwards::Stream &Forwards::use(const PyventFrame &frame, const QByteArray &key, qint64 time, Clock::time_point now)
{
    if (const auto known = m_byNode.constFind(frame.nodeId); known != m_byNode.cend())
        m_origins.splice(m_origins.end(), m_origins, *known);
    if (!m_byKey.contains(key))
        makeRoom(frame.nodeId, key);
    const auto known = m_byNode.constFind(frame.nodeId);
    const bool isNew = known == m_byNode.cend();
    const auto origin = isNew ? m_origins.insert(m_origins.end(), {.node = frame.nodeId}) : *known;
    if (isNew) {
        m_byNode.insert(frame.nodeId, origin);
        m_changes.push_back({frame.nodeId, true});
        origin->askAgainAfter = firstAskAgain;
    }
    if (now >= origin->askAgainAt)
        ask(*origin, topicOf(key), time, now);

    std::list<Stream> &streams = origin->streams;
    if (const auto old = m_byKey.constFind(key); old != m_byKey.cend()) {
        const auto stream = *old;
        streams.splice(streams.end(), streams, stream);
        if (frame.sequence != stream->head + 1) {
            stream->begin = frame.sequence;
            stream->since = now;
        }
        return *stream;
    }
    const auto stream = streams.insert(streams.end(), {key, frame.sequence, frame.sequence - 1, 0, now});
    m_byKey.insert(key, stream);
    m_keyBytes += key.size();
    return *stream;
}

// For one more stream, \a key of \a forNode.
void Forwards::makeRoom(const QUuid &forNode, const QByteArray &key)
{
    const auto forgetOldest = [this] {
        m_forgotten.last = m_origins.front().node;
        ++m_forgotten.count;
        forget(m_origins.begin());
    };
    if (!m_byNode.contains(forNode) && origins() >= m_limits.origins)
        forgetOldest();
    while (streams() >= m_limits.streams || (streams() > 0 && m_keyBytes + key.size() > m_limits.keyBytes)) {
        if (m_origins.front().node == forNode) // it has all of them
            forgetStream(m_origins.front(), m_origins.front().streams.begin());
        else
            forgetOldest();
    }
}

void Forwards::forget(Origins::iterator origin)
{
    QByteArrayList keys;
    for (const Stream &stream : origin->streams) {
        keys.append(stream.key);
        m_keyBytes -= stream.key.size();
        m_byKey.remove(stream.key);
    }
    m_window.forget(keys);
    m_changes.push_back({origin->node, false});
    m_byNode.remove(origin->node);
    m_origins.erase(origin);
}

void Forwards::forgetStream(Origin &origin, std::list<Stream>::iterator stream)
{
    if (origin.streams.size() == 1)
        return forget(m_byNode.value(origin.node));
    m_window.forget({stream->key});
    m_keyBytes -= stream->key.size();
    m_byKey.remove(stream->key);
    origin.streams.erase(stream);
}

void Forwards::reconnected(Clock::time_point now)
{
    m_window.disturbed(now);
    m_unanswered.clear();
}

void Forwards::clear()
{
    QByteArrayList keys;
    for (const Origin &origin : m_origins) {
        for (const Stream &stream : origin.streams)
            keys.append(stream.key);
    }
    m_window.forget(keys);
    m_origins.clear();
    m_byNode.clear();
    m_byKey.clear();
    m_keyBytes = 0;
    m_changes.clear();
    m_questions.clear();
    m_here = {};
    m_forgotten = {};
    m_refusals.clear();
    m_unanswered.clear();
}

std::optional<PyventError> Forwards::takeForgotten(Clock::time_point now)
{
    if (m_forgotten.count == 0 || (m_forgotten.toldAt && now < *m_forgotten.toldAt + forgottenToldEvery))
        return {};
    m_forgotten.toldAt = now;
    const QString node = m_forgotten.last.toString(QUuid::WithoutBraces);
    return PyventError{
        PyventError::OriginForgotten,
        u"this node stands in for %1 nodes of other buses, as many as it can. Of %2 others it keeps nothing any more, "
        "since it was longest ago that something came of them; the last one was %3. What receivers have missed of them "
        "is lost"_s.arg(origins())
            .arg(std::exchange(m_forgotten.count, 0))
            .arg(node),
        node};
}

// Who is here

// The node answers by itself, if it is, and others say in their answers that they only stand in.
void Forwards::ask(Origin &origin, const QByteArray &topic, qint64 time, Clock::time_point now)
{
    origin.askedAt = time;
    origin.askAgainAt = now + origin.askAgainAfter;
    origin.askAgainAfter = std::min(2 * origin.askAgainAfter, slowestAskAgain);
    const Control::Ask question{.asker = m_self, .topic = topic, .since = time, .missing = {}};
    m_questions.push_back(question.toFrame(origin.node));
}

void Forwards::heard(const Control::Answer &answer, Clock::time_point now)
{
    if (!answer.by.isNull() || !answer.isBase)
        return;
    const auto origin = m_byNode.constFind(answer.node);
    if (origin != m_byNode.cend() && answer.since == (*origin)->askedAt)
        isHere(answer.node, now);
}

void Forwards::isHere(const QUuid &node, Clock::time_point now)
{
    if (node.isNull() || node == m_self || (node == m_here.newest && now < m_here.since + hereFor))
        return;
    isKnownHere(node, now); // makes room
    m_here.lately.insert(node);
    m_here.newest = node; // most events follow one of their own node
    if (const auto origin = m_byNode.constFind(node); origin != m_byNode.cend())
        forget(*origin);
}

bool Forwards::isKnownHere(const QUuid &node, Clock::time_point now)
{
    if (now >= m_here.since + hereFor || m_here.lately.size() >= mostHere) {
        const bool areOld = now >= m_here.since + 2 * hereFor;
        m_here.before = areOld ? QSet<QUuid>() : std::exchange(m_here.lately, {});
        if (areOld)
            m_here.lately.clear();
        m_here.since = now;
        m_here.newest = {};
    }
    return m_here.lately.contains(node) || m_here.before.contains(node);
}

// What others may keep

bool Forwards::knowsAll(const Stream &stream, Clock::time_point now) const
{
    return stream.newest <= stream.head && (stream.begin == 1 || now >= stream.since + m_keptFor);
}

bool Forwards::mayDeny(const QUuid &asker, const QByteArray &key, quint64 first, Clock::time_point now)
{
    const Stream *stream = find(key);
    if (!stream)
        return false;
    const auto after = first > 0 ? Clock::duration(timeToRepair) : Clock::duration(timeToSayWhereItBegins);
    return knowsAll(*stream, now) || isAskedAgain(asker, key, first, after, now);
}

bool Forwards::mayTellPast(const QUuid &asker, const QByteArray &key, quint64 number, Clock::time_point now)
{
    const Stream *stream = find(key);
    if (!stream)
        return false;
    return knowsAll(*stream, now) || isAskedAgain(asker, key + "past", number, timeToSayWhatIsKept, now);
}

bool Forwards::isAskedAgain(const QUuid &asker, const QByteArray &key, quint64 what, Clock::duration after,
                            Clock::time_point now)
{
    if (m_unanswered.size() >= mostUnanswered)
        m_unanswered.clear();
    Unanswered &question = m_unanswered[{asker, key}];
    // Who was away for a while, or lost its server, has not been answered by the others either.
    if (question.what != what || now > question.last + slowestRetry)
        question = {what, now, now};
    question.last = now;
    return now >= question.since + after;
}

} // namespace Pyvent::Internal
