// SPDX-License-Identifier: MIT
#include "session/eventdecoder.h"

#include "dispatch/frameevent.h"
#include "dispatch/name.h"
#include "session/forwards.h"
#include "wire/topic.h"

#include <algorithm>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

QString describeSender(const Frame &frame)
{
    if (frame.trailerState != TrailerState::Read)
        return u"a Python node"_s;
    return u"the node %1"_s.arg(frame.trailer.nodeId.toString(QUuid::WithoutBraces));
}

bool choosesBySender(const ReceiverTable::Match &match)
{
    const auto choose = [](const std::shared_ptr<const ReceiverTable::Receivers> &receivers) {
        return receivers && std::any_of(receivers->begin(), receivers->end(), [](const auto &receiver) {
                   return !receiver->sender().isAny();
               });
    };
    return choose(match.exact) || choose(match.globs);
}

// Mostly \a text has it already, and to count its users once more and less takes longer than to look.
void assign(QString *text, const QString &to)
{
    if (!text->isSharedWith(to))
        *text = to;
}

} // namespace

void EventDecoder::setMaximumSizes(qsizetype bytes, qsizetype expandedBytes)
{
    PickleLimits limits;
    limits.size = bytes;
    limits.expandedSize = expandedBytes;
    m_reader.emplace(limits);
}

// Puts what those hear who hear the arguments into \a result, which is empty.
Q_ALWAYS_INLINE void EventDecoder::read(QByteArrayView bytes, const Frame &frame, Way way, ReceiverTable::Match &match,
                                        Result *result)
{
    result->size = bytes.size();
    const bool hasTrailer = frame.trailerState == TrailerState::Read;
    RecentEvents *recent = hasTrailer ? m_user.recentEvents(bytes) : nullptr;
    const quint64 key = frame.trailer.sequence + frame.trailer.nodeId.data1 + quint64(frame.topic.size());
    result->event = recent ? recent->find(key, bytes) : nullptr;
    if (result->event) {
        result->match = std::move(match);
        return;
    }

    const bool isWhole = hasTrailer && frame.hasPayload(); // all of a spare one is written to
    const auto decoded = isWhole ? m_spare->take() : std::make_shared<PyventEvent>();
    PyventEvent &event = *decoded;
    QVariant sender;
    const bool isRead = !frame.hasPayload() || m_reader->readArguments(frame.payload, &event.args, &sender);
    const qsizetype size = frame.hasPayload() ? qMax(bytes.size(), m_reader->expandedSize()) : bytes.size();
    m_decoded += size;
    if (!isRead) {
        const PickleError &error = m_reader->error();
        *result = unreadable(way, Problem::Payload, match.name, frame,
                             u"the arguments of '%1' cannot be read: %2 at byte %3 of the pickle"_s.arg(
                                 match.name, error.text, QString::number(error.offset)));
        return;
    }
    assign(&event.name, match.name);
    if (sender.isValid() && sender.metaType() != QMetaType::fromType<QString>()) {
        *result =
            unreadable(way, Problem::Sender, match.name, frame, u"the sender of '%1' is no string"_s.arg(match.name));
        return;
    }
    // Told of last, since a frame counts once, and this one is heard all the same.
    if (!hasTrailer && frame.trailerState != TrailerState::Absent) {
        *result = unreadable(way, Problem::Trailer, match.name, frame,
                             frame.trailerState == TrailerState::Unknown
                                 ? u"the trailer of '%1' is of a later version"_s.arg(match.name)
                                 : u"the trailer of '%1' contradicts its frame"_s.arg(match.name));
    }
    if (sender.isValid()) {
        event.sender = sender.toString();
    } else if (hasTrailer && !frame.trailer.sender.isEmpty()) {
        assign(&event.sender, senderOf(frame.trailer));
    } else {
        event.sender = u"pyvent"_s;
    }
    if (hasTrailer) {
        event.nodeId = frame.trailer.nodeId;
        event.sequence = frame.trailer.sequence;
        event.time = QDateTime::fromMSecsSinceEpoch(frame.trailer.time / 1000, Qt::UTC);
        event.replayed = frame.trailer.flags & Trailer::Replayed;
        event.skipped = 0;
    }
    if (recent)
        recent->insert(key, bytes, decoded);
    else
        result->mayBeSpare = isWhole && bytes.size() <= SpareEvents::maximumSize && m_reader->hasPlainArguments();
    result->event = decoded;
    result->size = size;
    result->match = std::move(match);
}

// What is returned is the same variable everywhere, so that it is not moved.
template <bool isPlain>
Q_ALWAYS_INLINE EventDecoder::Result EventDecoder::decodeAs(QByteArrayView bytes, Way way, const ReceiverTable &table,
                                                            ReceiveWindow::Clock::time_point now)
{
    Result result;
    const QByteArrayView topic = topicOf(bytes);
    if (isControlTopic(topic) || isReservedTopic(topic))
        return result;
    ReceiverTable::Match match = table.match(topic);
    [[maybe_unused]] std::unique_ptr<Frames> frames;
    [[maybe_unused]] std::unique_ptr<Newest> newest;
    bool isExact = bool(match.exact);
    if constexpr (!isPlain) {
        frames = matchFrames(topic, table, &match);
        newest = matchNewest(topic, table, &match);
        isExact = isExact || (frames && frames->match.exact) || (newest && newest->match.exact);
    }
    if (!match && (isPlain || (!frames && !newest)) && match.isUtf8)
        return result;
    const Frame frame = parseFrame(bytes, topic);
    if (!match.isUtf8) {
        result = unreadable(way, Problem::Name, match.name, frame, u"the event's name is not UTF-8"_s);
        return result;
    }
    if (!isExact) { // only globs let through what is no name
        if (const QString why = whyNotAName(match.name); !why.isEmpty()) {
            result = unreadable(way, Problem::Name, match.name, frame, why);
            return result;
        }
    }

    const bool hasTrailer = frame.trailerState == TrailerState::Read;
    if constexpr (!isPlain) {
        if (hasTrailer && m_forwards)
            noteOrigin(frame, way, now);
    }
    if (hasTrailer ? !isDue(bytes, frame, way, now) : way != Way::Bus)
        return result;
    if constexpr (!isPlain) {
        if (hasTrailer && m_forwards && isOwnForward(frame))
            return result;
        if (match)
            read(bytes, frame, way, match, &result);
        else
            m_decoded += bytes.size();
        if (frames && way != Way::Look) {
            readFrame(frame, frames.get());
            result.frames = std::move(frames);
        }
        if (newest && way != Way::Look) {
            readOrigin(frame, result.event.get(), newest.get());
            result.newest = std::move(newest);
        }
    } else {
        read(bytes, frame, way, match, &result);
    }
    return result;
}

EventDecoder::Result EventDecoder::decode(QByteArrayView bytes, Way way, const ReceiverTable &table,
                                          ReceiveWindow::Clock::time_point now)
{
    return Q_LIKELY(!m_forwards && !table.hearsNewest() && !table.hearsFrames())
        ? decodeAs<true>(bytes, way, table, now)
        : decodeAs<false>(bytes, way, table, now);
}

// Who hears the topic undecoded; null if nobody does. \a match is of the others, and is told what is known of the name.
std::unique_ptr<EventDecoder::Frames> EventDecoder::matchFrames(QByteArrayView topic, const ReceiverTable &table,
                                                                ReceiverTable::Match *match)
{
    if (!table.hearsFrames())
        return nullptr;
    auto frames = std::make_unique<Frames>();
    frames->match = table.matchFrames(topic);
    match->isUtf8 = match->isUtf8 && frames->match.isUtf8;
    if (match->name.isNull())
        match->name = frames->match.name;
    return frames->match ? std::move(frames) : nullptr;
}

// The same of those that hear only the newest events.
std::unique_ptr<EventDecoder::Newest> EventDecoder::matchNewest(QByteArrayView topic, const ReceiverTable &table,
                                                                ReceiverTable::Match *match)
{
    if (!table.hearsNewest())
        return nullptr;
    auto newest = std::make_unique<Newest>();
    newest->match = table.matchNewest(topic);
    match->isUtf8 = match->isUtf8 && newest->match.isUtf8;
    if (match->name.isNull())
        match->name = newest->match.name;
    return newest->match ? std::move(newest) : nullptr;
}

// \a event is what it was read as, where others hear it.
void EventDecoder::readOrigin(const Frame &frame, const PyventEvent *event, Newest *newest)
{
    if (frame.trailerState == TrailerState::Read) {
        newest->nodeId = frame.trailer.nodeId;
        newest->sequence = frame.trailer.sequence;
        newest->sender = frame.trailer.sender.isEmpty() ? u"pyvent"_s : senderOf(frame.trailer);
    } else if (event) {
        newest->sender = event->sender;
    } else if (choosesBySender(newest->match)) {
        // Whoever names one in its arguments has that word in them. To look for it takes far less than to read them.
        newest->sender = frame.payload.contains("sender") ? senderInArguments(frame) : u"pyvent"_s;
    }
}

// Nothing where the arguments cannot be read.
std::optional<QString> EventDecoder::senderInArguments(const Frame &frame)
{
    QVariantMap args;
    QVariant named;
    if (!frame.hasPayload())
        return u"pyvent"_s;
    const bool isRead = m_reader->readArguments(frame.payload, &args, &named);
    m_decoded += m_reader->expandedSize();
    if (!isRead)
        return {};
    return named.isValid() ? named.toString() : u"pyvent"_s;
}

EventDecoder::Result EventDecoder::decodeFor(const Receiver &receiver, QByteArrayView bytes)
{
    Result result;
    const Frame frame = parseFrame(bytes);
    ReceiverTable::Match match;
    match.name = receiver.pattern().isGlob() ? QString::fromUtf8(frame.topic) : receiver.pattern().text();
    if (receiver.hears() == Receiver::Hears::Frames) {
        Frames frames{std::move(match), nullptr};
        readFrame(frame, &frames);
        result.event = std::move(frames.event);
        return result;
    }
    read(bytes, frame, Way::Held, match, &result);
    if (result.event && !receiver.sender().matches(result.event->sender))
        result.event.reset();
    return result;
}

// The sender of a Python node's event stands in its arguments. They are read for that only where a handler chooses by it.
void EventDecoder::readFrame(const Frame &frame, Frames *frames)
{
    const bool hasTrailer = frame.trailerState == TrailerState::Read;
    const Trailer &trailer = frame.trailer;
    PyventFrame read;
    read.name = frames->match.name;
    read.pickle = frame.payload.toByteArray();
    QString sender = u"pyvent"_s;
    if (hasTrailer) {
        if (!trailer.sender.isEmpty())
            read.sender = sender = senderOf(trailer);
        if (!(trailer.flags & Trailer::Will)) // which has no number, and so is to be passed on as what has none
            read.nodeId = trailer.nodeId;
        read.sequence = trailer.sequence;
        read.time = trailer.time;
        read.previous = trailer.previous;
        read.replayed = trailer.flags & Trailer::Replayed;
        read.forwarded = trailer.flags & Trailer::Forwarded;
        read.stamp = trailer.stamp;
    } else {
        if (choosesBySender(frames->match))
            sender = senderInArguments(frame).value_or(QString()); // of nobody, where that is not known
    }
    frames->event = toEvent(std::move(read), sender);
}

bool EventDecoder::isOwnForward(const Frame &frame) const
{
    return m_forwards && frame.trailer.flags & Trailer::Forwarded
        && m_forwards->has(frame.trailer.nodeId, frame.topic, frame.trailer.sequence);
}

// What nobody has forwarded has come from its node itself, by this bus.
void EventDecoder::noteOrigin(const Frame &frame, Way way, ReceiveWindow::Clock::time_point now)
{
    const Trailer &trailer = frame.trailer;
    if (!m_forwards || (way != Way::Bus && way != Way::Repair))
        return;
    if (trailer.flags & Trailer::Forwarded)
        m_forwards->heardOther(trailer.nodeId, frame.topic, trailer.sequence);
    else
        m_forwards->isHere(trailer.nodeId, now);
}

void EventDecoder::misses(QByteArrayView bytes, ReceiveWindow::Clock::time_point now)
{
    const Frame frame = parseFrame(bytes);
    const Trailer &trailer = frame.trailer;
    if (frame.trailerState != TrailerState::Read || trailer.sequence == 0
        || (!m_hearOwnEvents && trailer.nodeId == m_nodeId))
        return;
    m_window->announced(trailer.nodeId, frame.topic.toByteArray(), trailer.sequence, trailer.time, trailer.time, now);
}

// The trailer's sender as text. Most events are of the same one as the event before.
const QString &EventDecoder::senderOf(const Trailer &trailer)
{
    if (trailer.sender != m_senderBytes) {
        m_senderBytes = trailer.sender.toByteArray();
        m_sender = QString::fromUtf8(m_senderBytes);
    }
    return m_sender;
}

// Whether it is this event's turn: the window keeps those that come too early, and drops those that were heard.
bool EventDecoder::isDue(QByteArrayView bytes, const Frame &frame, Way way, ReceiveWindow::Clock::time_point now)
{
    const Trailer &trailer = frame.trailer;
    if (way == Way::Held)
        return true;
    if (!m_hearOwnEvents && trailer.nodeId == m_nodeId)
        return false;
    if (trailer.sequence == 0) // numbers count from 1, so it has none
        return way != Way::Repair;
    if (way == Way::Look)
        return m_window->isNew(trailer.nodeId, frame.topic.toByteArray(), trailer.sequence);
    const auto verdict = way == Way::Repair
        ? m_window->repaired(trailer.nodeId, frame.topic, trailer.sequence, bytes, now)
        : m_window->heard(trailer.nodeId, frame.topic, trailer.sequence, trailer.previous, bytes, now);
    return verdict == ReceiveWindow::Verdict::Deliver;
}

EventDecoder::Result EventDecoder::unreadable(Way way, Problem problem, const QString &name, const Frame &frame,
                                              const QString &text)
{
    if (way == Way::Look) // it counts when it comes again
        return {};
    const UnreadableFrames::Tell tell = m_unreadable.add(problem, name, frame.trailer.nodeId);
    if (tell == UnreadableFrames::Tell::Nothing)
        return {};
    QString full = problem == Problem::Trailer ? u"An event is taken for a Python node's: %1."_s.arg(text)
                                               : u"An event from %1 is ignored: %2."_s.arg(describeSender(frame), text);
    full += tell == UnreadableFrames::Tell::Last
        ? u" These are so many names and senders that all further events which cannot be read are only counted."_s
        : u" More like it are only counted."_s;
    return {.problemName = name, .problemText = full};
}

} // namespace Pyvent::Internal
