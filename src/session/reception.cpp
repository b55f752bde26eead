// SPDX-License-Identifier: MIT
#include "session/reception.h"

#include "session/lastjoiner.h"
#include "wire/frame.h"

#include <algorithm>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

// Memory that is kept for the frame of the next event that is read.
constexpr qsizetype mostKept = 64 * 1024;

} // namespace

void Reception::heard(QByteArrayView frame, Clock::time_point now)
{
    const auto isNumbered = [&] {
        const Frame read = parseFrame(frame);
        return read.trailerState == TrailerState::Read && read.trailer.sequence > 0;
    };
    if (Q_UNLIKELY(endsWithFlag(Trailer::Will, frame)) && isToWait(frame))
        m_wills.push_back(frame.toByteArray());
    else if (hasRoomFor(frame) || !isNumbered())
        arrive(frame, Way::Bus, now);
    else
        look(frame, now);
}

// What a server sends for a node that is lost has no number, but comes behind all that the node has sent of it.
bool Reception::isToWait(QByteArrayView frame)
{
    constexpr std::size_t mostWills = 100;
    const Frame read = parseFrame(frame);
    return m_wills.size() < mostWills && m_window.isWaiting(read.trailer.nodeId, read.topic);
}

void Reception::deliverWills(Clock::time_point now)
{
    for (QByteArray &will : std::exchange(m_wills, {})) {
        const Frame read = parseFrame(will);
        if (m_window.isWaiting(read.trailer.nodeId, read.topic))
            m_wills.push_back(std::move(will));
        else
            arrive(will, Way::Bus, now);
    }
}

void Reception::heardRepair(QByteArrayView frame, Clock::time_point now)
{
    if (hasRoomToTake(frame))
        arrive(frame, Way::Repair, now);
    else
        look(frame, now);
}

void Reception::heardReplay(QByteArrayView frame, Clock::time_point now)
{
    if (!m_inbox.isFull())
        m_catchUps.heardReplay(frame, now, deliverPast(now));
}

// One that is held until those before it are here comes by itself.
void Reception::heardLast(QByteArrayView bytes, Clock::time_point now)
{
    const Frame frame = parseFrame(bytes);
    const Trailer &trailer = frame.trailer;
    if (m_inbox.isFull()
        || (frame.trailerState == TrailerState::Read && trailer.sequence > 0
            && m_window.isHeld(trailer.nodeId, frame.topic.toByteArray(), trailer.sequence)))
        return;
    const auto joiners = [](const std::shared_ptr<const ReceiverTable::Receivers> &receivers) {
        ReceiverTable::Receivers found;
        for (std::size_t i = 0; receivers && i < receivers->size(); ++i) {
            if (dynamic_cast<const LastJoiner *>((*receivers)[i].get()))
                found.push_back((*receivers)[i]);
        }
        return std::make_shared<const ReceiverTable::Receivers>(std::move(found));
    };
    const bool isPythons = frame.trailerState != TrailerState::Read;
    EventDecoder::Result result = decode(bytes, isPythons ? Way::Bus : Way::Held, now);
    const auto append = [&](const std::shared_ptr<const PyventEvent> &event, const ReceiverTable::Match &match,
                            qsizetype size) {
        const auto last = std::make_shared<PyventEvent>(*event);
        last->replayed = true;
        Fanout fanout(last, {.name = {}, .exact = joiners(match.exact)});
        if (!fanout.isOver())
            m_inbox.append(std::move(fanout), size);
    };
    if (result.event)
        append(result.event, result.match, result.size);
    if (result.frames)
        append(result.frames->event, result.frames->match, bytes.size());
    const auto newest = joiners(m_table.matchNewest(frame.topic).exact);
    for (const std::shared_ptr<Receiver> &receiver : *newest) {
        EventDecoder::Result last = decodeFor(*receiver, bytes);
        if (last.event && static_cast<LastJoiner &>(*receiver).isAnswered(trailer.nodeId, trailer.sequence))
            append(last.event, {.name = {}, .exact = std::make_shared<ReceiverTable::Receivers>(1, receiver)},
                   bytes.size());
    }
}

// As decode() does.
EventDecoder::Result Reception::decodeFor(const Receiver &receiver, QByteArrayView frame)
{
    try {
        EventDecoder::Result result = m_decoder.decodeFor(receiver, frame);
        tellProblem(result);
        return result;
    } catch (const std::bad_alloc &) {
        noMemoryFor(frame, true);
        return {};
    }
}

void Reception::deliverReleased(Clock::time_point now)
{
    constexpr qint64 enough = qint64(1) << 20;
    const qint64 begin = m_decoder.decoded();
    QByteArray held;
    while (m_inbox.hasRoomToKeep(0) && m_window.takeReleased(&held)) {
        if (mayKeepUnread() && (m_inbox.isFull() || m_decoder.decoded() - begin >= enough))
            keepUnread(held);
        else
            arrive(held, Way::Held, now);
    }
    if (!m_wills.empty())
        deliverWills(now);
    if (!m_catchUps.isEmpty())
        m_catchUps.deliver([this] { return !m_inbox.isFull(); }, deliverPast(now));
}

bool Reception::heardShare(const std::shared_ptr<Receiver> &receiver, QByteArrayView frame, bool isRedelivered)
{
    EventDecoder::Result result = decodeFor(*receiver, frame);
    if (!result.event)
        return false;
    if (isRedelivered) { // others may share the event
        const auto again = std::make_shared<PyventEvent>(*result.event);
        again->redelivered = true;
        result.event = again;
    }
    if (receiver->isElsewhere()) {
        QString why;
        return receiver->post(*result.event, &why);
    }
    ReceiverTable::Match match{.name = {}, .exact = std::make_shared<ReceiverTable::Receivers>(1, receiver)};
    m_inbox.append(Fanout(std::move(result.event), std::move(match)), std::max(result.size, frame.size()));
    return true;
}

bool Reception::hasRoomToTake(QByteArrayView frame) const
{
    return !m_inbox.isFull() || m_inbox.hasRoomToKeep(frame.size());
}

// Where there is none to take it, only for those who hear in other threads than the node's.
bool Reception::hasRoomFor(QByteArrayView frame) const
{
    if (hasRoomToTake(frame))
        return true;
    const auto areElsewhere = [](const std::shared_ptr<const ReceiverTable::Receivers> &receivers) {
        return !receivers || std::all_of(receivers->begin(), receivers->end(), [](const auto &receiver) {
            return receiver->isElsewhere();
        });
    };
    const auto isAllElsewhere = [&](const ReceiverTable::Match &match) {
        return areElsewhere(match.exact) && areElsewhere(match.globs);
    };
    const QByteArrayView topic = topicOf(frame);
    return isAllElsewhere(m_table.match(topic))
        && (!m_table.hearsFrames() || isAllElsewhere(m_table.matchFrames(topic)));
}

// What an event expands to may be more than there is memory for. It is gone, and counted.
EventDecoder::Result Reception::decode(QByteArrayView frame, Way way, Clock::time_point now)
{
    try {
        EventDecoder::Result result = m_decoder.decode(frame, way, m_table, now);
        tellProblem(result);
        return result;
    } catch (const std::bad_alloc &) {
        noMemoryFor(frame, way != Way::Look);
        return {};
    }
}

void Reception::tellProblem(const EventDecoder::Result &result)
{
    if (!result.problemText.isEmpty())
        m_news.fail({PyventError::UnreadableFrame, result.problemText, result.problemName});
}

void Reception::noMemoryFor(QByteArrayView frame, bool isLost)
{
    const QString name = QString::fromUtf8(topicOf(frame));
    if (isLost)
        m_news.losses.add(name, parseFrame(frame).trailer.nodeId, 1);
    m_news.fail(
        {PyventError::EventTooLarge,
         u"an event '%1' of %2 bytes cannot be taken: there is no memory for what it expands to"_s.arg(name).arg(
             frame.size()),
         name});
}

void Reception::arrive(QByteArrayView frame, Way way, Clock::time_point now)
{
    EventDecoder::Result result = decode(frame, way, now);
    if (!result.event && !result.frames && !result.newest)
        return;
    const std::unique_ptr<EventDecoder::Newest> newest = std::move(result.newest);
    QUuid nodeId = newest ? newest->nodeId : QUuid();
    quint64 sequence = newest ? newest->sequence : 0;
    if (result.event || result.frames) {
        const PyventEvent &event = result.event ? *result.event : *result.frames->event;
        nodeId = event.nodeId;
        sequence = event.sequence;
        if (result.event)
            offerToWaiters(*result.event);
        deliverElsewhere(result);
        deliverHere(std::move(result), frame);
    }
    if (!m_catchUps.isEmpty() && sequence > 0)
        m_catchUps.heard(topicOf(frame), nodeId, sequence, frame, !m_inbox.isFull(), now, deliverPast(now));
    if (newest) // after that, so that a late joiner knows what it hears by catching up
        deliverNewest(frame, *newest, now);
}

// What they skip is not read, and takes no room that others need.
void Reception::deliverNewest(QByteArrayView frame, const EventDecoder::Newest &newest, Clock::time_point now)
{
    const ReceiverTable::Match &match = newest.match;
    for (std::size_t i = 0; match.exact && i < match.exact->size(); ++i) {
        if (const auto &receiver = (*match.exact)[i]; newest.isFor(*receiver))
            putNewest(receiver, newest.nodeId, frame, now);
    }
    for (std::size_t i = 0; match.globs && i < match.globs->size(); ++i) {
        if (const auto &receiver = (*match.globs)[i];
            receiver->pattern().matches(match.name) && newest.isFor(*receiver))
            putNewest(receiver, newest.nodeId, frame, now);
    }
}

void Reception::putNewest(const std::shared_ptr<Receiver> &receiver, const QUuid &node, QByteArrayView frame,
                          Clock::time_point now)
{
    const QByteArrayView topic = topicOf(frame);
    if (auto *const joiner = dynamic_cast<LastJoiner *>(receiver.get()))
        joiner->hasNewest();
    if (!m_pacer.put(receiver, topic, node, frame, now))
        m_news.losses.add(QString::fromUtf8(topic), node, 1);
}

std::shared_ptr<const PyventEvent> Reception::takeNewest(const std::shared_ptr<Receiver> &receiver,
                                                         Clock::time_point now)
{
    quint64 skipped = 0;
    if (!m_pacer.take(receiver, now, &m_newestFrame, &skipped))
        return nullptr;
    EventDecoder::Result result;
    try {
        result = m_decoder.decodeFor(*receiver, m_newestFrame);
        tellProblem(result);
        if (result.event && skipped > 0) {
            const auto event = std::make_shared<PyventEvent>(*result.event); // which others may share
            event->skipped = skipped;
            result.event = event;
        }
    } catch (const std::bad_alloc &) {
        noMemoryFor(m_newestFrame, true);
        result.event.reset();
    }
    if (m_newestFrame.capacity() > mostKept)
        m_newestFrame = QByteArray();
    return std::move(result.event);
}

// To all but who waits for it, it is as if it had not arrived: it is asked for again. Its sender may not be there by then to announce it.
void Reception::look(QByteArrayView frame, Clock::time_point now)
{
    m_turnsAway = true;
    m_decoder.misses(frame, now);
    if (m_waiters.empty())
        return;
    if (const EventDecoder::Result result = decode(frame, Way::Look, now); result.event)
        offerToWaiters(*result.event);
}

void Reception::offerToWaiters(const PyventEvent &event)
{
    for (Waiter *waiter : m_waiters) {
        if (waiter->isFor(event))
            waiter->event = event;
    }
}

// Who hears in another thread does not wait for the node's, which may be stuck.
void Reception::deliverElsewhere(const EventDecoder::Result &result)
{
    if (!m_table.hasElsewhere())
        return;
    if (result.event)
        deliverElsewhere(result.event, result.match);
    if (result.frames)
        deliverElsewhere(result.frames->event, result.frames->match);
}

void Reception::deliverElsewhere(const std::shared_ptr<const PyventEvent> &event, const ReceiverTable::Match &match)
{
    Fanout fanout(event, match, Fanout::To::Elsewhere);
    while (const std::shared_ptr<Receiver> receiver = fanout.next()) {
        QString why;
        if (receiver->post(*event, &why)) {
            if (receiver->backlog() == Backlog::Large)
                isLate(receiver);
            continue;
        }
        if (!why.isEmpty())
            m_news.add(News::HandlerFailed{event->name, why});
        m_news.losses.add(event->name, event->nodeId, 1);
    }
}

void Reception::isLate(const std::shared_ptr<Receiver> &receiver)
{
    const auto isIt = [&receiver](const std::weak_ptr<Receiver> &late) { return late.lock() == receiver; };
    if (std::none_of(m_lateElsewhere.begin(), m_lateElsewhere.end(), isIt))
        m_lateElsewhere.push_back(receiver);
}

bool Reception::isLagging()
{
    std::erase_if(m_lateElsewhere, [](const std::weak_ptr<Receiver> &late) {
        const std::shared_ptr<Receiver> receiver = late.lock();
        return !receiver || !receiver->isWanted() || receiver->backlog() == Backlog::Small;
    });
    const Backlog inbox = m_inbox.backlog();
    m_isLagging = !m_lateElsewhere.empty() || inbox == Backlog::Large || (m_isLagging && inbox == Backlog::Medium);
    return m_isLagging;
}

void Reception::deliverHere(EventDecoder::Result &&result, QByteArrayView frame)
{
    if (m_inbox.isFull())
        return keep(std::move(result), frame);
    if (Q_UNLIKELY(result.frames)) {
        Fanout frames(std::move(result.frames->event), std::move(result.frames->match), Fanout::To::NodeThread);
        if (!frames.isOver())
            m_inbox.append(std::move(frames), frame.size());
        if (!result.event)
            return;
    }
    Fanout fanout(std::move(result.event), std::move(result.match), Fanout::To::NodeThread);
    if (!fanout.isOver()) // another thread may still read what it has
        m_inbox.append(std::move(fanout), result.size, result.mayBeSpare && !m_table.hasElsewhere());
}

void Reception::keep(EventDecoder::Result &&result, QByteArrayView frame)
{
    const auto isForNobody = [](const auto &event, const ReceiverTable::Match &match) {
        return !event || Fanout(event, match, Fanout::To::NodeThread).isOver();
    };
    const auto &frames = result.frames;
    const bool hasFrames = frames && !isForNobody(frames->event, frames->match);
    if (isForNobody(result.event, result.match)) {
        if (!hasFrames)
            return;
        result.match = {};
    }
    if (m_inbox.hasRoomToKeep(frame.size())) {
        m_inbox.keep(frame, std::move(result.match),
                     hasFrames ? std::make_unique<ReceiverTable::Match>(std::move(frames->match)) : nullptr);
    } else { // a Python node's, which cannot be asked for it
        const PyventEvent &event = result.event ? *result.event : *frames->event;
        m_news.losses.add(event.name, event.nodeId, 1);
    }
}

// Nobody is to have it before the node's thread has.
bool Reception::mayKeepUnread() const
{
    return m_waiters.empty() && !m_table.hasElsewhere() && !m_table.hearsNewest() && m_catchUps.isEmpty();
}

void Reception::keepUnread(QByteArrayView frame)
{
    const QByteArrayView topic = topicOf(frame);
    ReceiverTable::Match match = m_table.match(topic);
    std::unique_ptr<ReceiverTable::Match> frames;
    if (m_table.hearsFrames()) {
        frames = std::make_unique<ReceiverTable::Match>(m_table.matchFrames(topic));
        if (!*frames)
            frames.reset();
    }
    if (match || frames)
        m_inbox.keep(frame, std::move(match), std::move(frames));
}

bool Reception::turnsAway()
{
    return m_turnsAway = m_turnsAway && m_inbox.isFull();
}

// Who waits, or hears elsewhere, had it when it came; and it was its turn then.
void Reception::readKept()
{
    constexpr qint64 enough = 256 * 1024;
    const qint64 begin = m_decoder.decoded();
    while (m_inbox.hasKept() && m_decoder.decoded() - begin < enough) {
        Inbox::Kept kept = m_inbox.takeKept();
        const bool isNumbered = parseFrame(kept.frame).trailerState == TrailerState::Read;
        EventDecoder::Result result = decode(kept.frame, isNumbered ? Way::Held : Way::Bus, {});
        if (result.frames && kept.frames)
            m_inbox.append(Fanout(result.frames->event, std::move(*kept.frames), Fanout::To::NodeThread),
                           kept.frame.size());
        if (result.event && kept.match)
            m_inbox.append(Fanout(std::move(result.event), std::move(kept.match), Fanout::To::NodeThread), result.size);
    }
}

// Puts what catching up brings into the inbox, each for the one that asked for it.
CatchUps::Deliver Reception::deliverPast(Clock::time_point now)
{
    return [this, now](const CatchUps::Owner &owner, QByteArrayView frame) {
        const std::shared_ptr<Receiver> joiner = lateJoiner(owner, topicOf(frame));
        if (!joiner)
            return false;
        if (joiner->newest()) {
            putNewest(joiner, parseFrame(frame).trailer.nodeId, frame, now);
            return true;
        }
        const std::shared_ptr<Receiver> receiver = static_cast<const LateJoiner &>(*joiner).receiver();
        EventDecoder::Result result = decode(frame, Way::Held, now);
        const bool hearsFrames = receiver->hears() == Receiver::Hears::Frames;
        if (hearsFrames)
            result.event = result.frames ? result.frames->event : nullptr;
        ReceiverTable::Match match{.name = {}, .exact = std::make_shared<ReceiverTable::Receivers>(1, receiver)};
        if (result.event)
            m_inbox.append(Fanout(std::move(result.event), std::move(match)), hearsFrames ? frame.size() : result.size);
        return true;
    };
}

// The one who asked for the past; null if it has ended.
std::shared_ptr<Receiver> Reception::lateJoiner(const CatchUps::Owner &owner, QByteArrayView topic) const
{
    const auto find = [&](const ReceiverTable::Match &match) -> std::shared_ptr<Receiver> {
        for (std::size_t i = 0; match.exact && i < match.exact->size(); ++i) {
            const auto *joiner = dynamic_cast<const LateJoiner *>((*match.exact)[i].get());
            if (joiner && joiner->progress() == owner)
                return (*match.exact)[i];
        }
        return nullptr;
    };
    std::shared_ptr<Receiver> found = find(m_table.match(topic));
    if (!found && m_table.hearsFrames())
        found = find(m_table.matchFrames(topic));
    return !found && m_table.hearsNewest() ? find(m_table.matchNewest(topic)) : found;
}

} // namespace Pyvent::Internal
