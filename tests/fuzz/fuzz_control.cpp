// SPDX-License-Identifier: MIT
#include "require.h"
#include "session/presence.h"
#include "wire/control.h"
#include "wire/frame.h"
#include "wire/sharemessages.h"
#include "wire/valuemessages.h"

#include <ctime>

using namespace Pyvent::Internal;
using Control::Kind;
using Control::Message;

namespace {

// Of the processor's time: many times what the slowest message takes; a sanitizer takes its part of it.
constexpr std::clock_t patience = 5 * CLOCKS_PER_SEC;

constexpr QByteArrayView kinds[] = {
    Control::who,    Control::here,     Control::announce, Control::heads, Control::ask,
    Control::answer, Control::withheld, Control::repair,   Control::past,  Control::kept,
    Control::recall, Control::replay,   Control::refused,  "later",        Control::answerers,
    Control::cancel, Control::late,     Control::member,   Control::share, Control::unfinished,
};

const QUuid receiver = QUuid::fromString(QLatin1StringView("00112233-4455-6677-8899-aabbccddeeff"));

// What a message costs whoever reads it: no more than its bytes.
qsizetype sizeOf(const QByteArrayList &list)
{
    qsizetype size = list.size();
    for (const QByteArray &bytes : list)
        size += bytes.size();
    return size;
}

qsizetype sizeOf(const std::vector<Control::Range> &ranges)
{
    return 2 * qsizetype(ranges.size());
}

qsizetype sizeOf(const std::vector<Control::Heads::Head> &heads)
{
    qsizetype size = 0;
    for (const Control::Heads::Head &head : heads)
        size += 3 + head.topic.size();
    return size;
}

bool isSame(const std::vector<Control::Range> &left, const std::vector<Control::Range> &right)
{
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](const auto &one, const auto &other) {
        return one.first == other.first && one.last == other.last;
    });
}

void requireSmall(qsizetype size, QByteArrayView payload)
{
    require(size <= payload.size(), "more is read than there is");
}

void requireOrigin(const Message &message, const QUuid &node)
{
    const auto origin = message.origin();
    require(origin && *origin == node, "a server and a receiver take a message for different nodes'");
    require(!node.isNull(), "a message is nobody's");
}

// What is written of \a message, which \a read has read, is it again.
template <typename Read>
Read readAgain(const Message &message, const QByteArray &frame)
{
    const auto again = Message::of(frame);
    require(again && again->kind == message.kind, "what is written is no such message");
    require((again->isForAll() || again->isForWatchers()) == again->node().isNull(),
            "a message is for all and for one");
    require(again->node().isNull() || again->node() == receiver, "a message is for another node");
    const auto read = Read::read(again->payload);
    require(bool(read), "what is written is not read");
    if (message.kind != Kind::Refused)
        require(again->origin() == message.origin(), "what is written is from another node");
    return *read;
}

void tryHeads(const Message &message)
{
    const auto read = Control::Heads::read(message.payload);
    if (!read)
        return;
    requireOrigin(message, read->node);
    requireSmall(sizeOf(read->heads), message.payload);
    for (const QByteArray &frame : {read->toFrame(), read->toFrame(receiver)}) {
        const auto again = readAgain<Control::Heads>(message, frame);
        require(again.node == read->node && again.asOf == read->asOf
                    && std::equal(again.heads.begin(), again.heads.end(), read->heads.begin(), read->heads.end(),
                                  [](const auto &one, const auto &other) {
                                      return one.topic == other.topic && one.sequence == other.sequence
                                          && one.time == other.time;
                                  }),
                "heads are other ones");
    }
}

void tryAsk(const Message &message)
{
    const auto read = Control::Ask::read(message.payload);
    if (!read)
        return;
    requireOrigin(message, read->asker);
    requireSmall(read->topic.size() + sizeOf(read->missing), message.payload);
    const auto again = readAgain<Control::Ask>(
        message, read->toFrame(receiver, message.kind == Kind::Ask ? Control::ask : Control::recall));
    require(again.asker == read->asker && again.topic == read->topic && again.since == read->since
                && again.limit == read->limit && isSame(again.missing, read->missing),
            "a question is another one");
}

void tryAnnounce(const Message &message)
{
    const auto read = Control::Announce::read(message.payload);
    if (!read) { // then it is one for all heads, whosever it is
        require(!message.payload.isEmpty() || message.origin() == QUuid(), "a question without an asker has one");
        return;
    }
    requireOrigin(message, read->asker);
    requireSmall(sizeOf(read->prefixes), message.payload);
    const auto again = readAgain<Control::Announce>(message, read->toFrame());
    require(again.asker == read->asker && again.prefixes == read->prefixes, "a question for heads is another one");
}

void tryAnswer(const Message &message)
{
    const auto read = Control::Answer::read(message.payload);
    if (!read)
        return;
    requireOrigin(message, read->node);
    requireSmall(read->topic.size(), message.payload);
    const auto again = readAgain<Control::Answer>(message, read->toFrame(receiver));
    require(again.node == read->node && again.topic == read->topic && again.first == read->first
                && again.isBase == read->isBase && again.since == read->since && again.base == read->base,
            "an answer is another one");
}

void tryWithheld(const Message &message)
{
    const auto read = Control::Withheld::read(message.payload);
    if (!read)
        return;
    requireOrigin(message, read->node);
    requireSmall(read->topic.size() + sizeOf(read->numbers), message.payload);
    const auto again = readAgain<Control::Withheld>(message, read->toFrame(receiver));
    require(again.node == read->node && again.topic == read->topic && isSame(again.numbers, read->numbers),
            "what is withheld is other events");
}

void tryPast(const Message &message)
{
    const auto read = Control::Past::read(message.payload);
    if (!read)
        return;
    requireOrigin(message, read->asker);
    requireSmall(read->topic.size(), message.payload);
    require(read->age >= 0, "an age is of the time to come");
    const auto again = readAgain<Control::Past>(message, read->toFrame());
    require(again.asker == read->asker && again.topic == read->topic && again.last == read->last
                && again.age == read->age && again.since == read->since && again.number == read->number,
            "a question for the past is another one");
}

void tryKept(const Message &message)
{
    const auto read = Control::Kept::read(message.payload);
    if (!read)
        return;
    requireOrigin(message, read->node);
    requireSmall(read->topic.size(), message.payload);
    const auto again = readAgain<Control::Kept>(message, read->toFrame(receiver));
    require(again.node == read->node && again.topic == read->topic && again.first == read->first
                && again.last == read->last && again.number == read->number,
            "what is kept is other events");
}

// Only a server's own are read, so it speaks for nobody.
void tryRefused(const Message &message)
{
    const auto read = Control::Refused::read(message.payload);
    if (!read)
        return;
    requireSmall(read->topic.size() + read->text.size(), message.payload);
    const auto again = readAgain<Control::Refused>(message, read->toFrame());
    require(again.node == read->node && again.topic == read->topic && again.reason == read->reason
                && again.count == read->count && again.as == read->as && again.text == read->text,
            "a refusal is another one");
}

void tryGone(const Message &message)
{
    const auto read = Control::Gone::read(message.payload);
    if (!read)
        return;
    require(message.origin() == read->node, "a server and a receiver hear of different nodes that are gone");
    const auto again = readAgain<Control::Gone>(message, read->toFrame());
    require(again.node == read->node && again.reason == read->reason, "a node is gone for another reason");
}

// An event once more. A receiver takes it apart as any other one.
void tryEvent(const Message &message)
{
    const Frame event = parseFrame(message.payload);
    const bool isRead = event.trailerState == TrailerState::Read;
    require(message.origin() == (isRead ? std::optional(event.trailer.nodeId) : std::nullopt),
            "a server and a receiver take an event for different nodes'");
}

// Who is there, as the answers of nodes say it.
void tryPresence(const Message &message)
{
    const Presence::Clock::time_point now{};
    Presence presence(receiver);
    if (message.kind == Kind::Who) {
        const auto asker = message.origin();
        const QByteArray answer =
            presence.answer(message.payload, now, [] { return PyventNodeInfo{.uuid = receiver}; });
        if (!asker) // readers do not look at it
            return;
        const auto here = Message::of(answer);
        require(here && here->kind == Kind::Here && here->node() == *asker && here->origin() == receiver,
                "an answer goes to another node than the asker");
        return;
    }
    const auto found = presence.find(now);
    (void)presence.question();
    presence.heard(message.payload);
    auto finished = presence.takeFinished(now);
    require(finished.size() == 1, "a search has no end");
    const QList<PyventNodeInfo> &nodes = finished.front().nodes;
    finished.front().promise.finish();
    const auto origin = message.origin();
    if (nodes.isEmpty()) // the rest of it is nonsense
        return;
    require(origin && nodes.size() == 1, "somebody is there, and nobody has said so");
    require(nodes.front().uuid == *origin && !origin->isNull(), "a server and a receiver hear of different nodes");
    qsizetype size = 0;
    for (const QString &name : nodes.front().names)
        size += name.size();
    requireSmall(nodes.front().nodeId.size() + nodes.front().program.size() + nodes.front().host.size() + size,
                 message.payload);
}

void tryAnswerers(const Message &message)
{
    const auto read = Control::Answerers::read(message.payload);
    if (!read)
        return;
    requireOrigin(message, read->asker);
    requireSmall(qsizetype(read->nodes.size()) + read->name.size(), message.payload);
    const QByteArray frame = read->toFrame();
    const auto again = Message::of(frame);
    require(again && again->origin() == read->asker && again->node() == read->asker, "it is for another node");
    const auto reread = Control::Answerers::read(again->payload);
    require(reread && reread->nodes == read->nodes && reread->name == read->name
                && reread->hasOthers == read->hasOthers,
            "answerers are other ones");
}

void tryQuestion(const Message &message)
{
    const auto read = Control::Question::read(message.payload);
    if (!read)
        return;
    requireOrigin(message, read->asker);
    requireSmall(read->name.size(), message.payload);
    const QByteArrayView kind = message.kind == Kind::Late ? Control::late : Control::cancel;
    for (const QByteArray &frame : {read->toFrame(kind), read->toFrame(receiver, kind)}) {
        const auto again = readAgain<Control::Question>(message, frame);
        require(again.asker == read->asker && again.number == read->number && again.name == read->name,
                "a question is another one");
    }
}

// What is read of a message about values is the same when it is written and read again.
template <typename Said, typename IsSame>
void tryAgain(const Message &message, const QByteArray &frame, const Said &said, const IsSame &isSame)
{
    const auto again = Message::of(frame);
    require(again && again->kind == message.kind, "a message about a value is of another kind");
    const auto reread = Said::read(again->payload);
    require(reread && isSame(*reread, said), "a message about a value is another one");
}

void tryValue(const Message &message)
{
    if (isValueWrite(message.payload)) {
        (void)parseFrame(message.payload);
        return;
    }
    if (const auto held = Control::ValueHeld::read(message.payload)) {
        tryAgain(message, held->toFrame("a"), *held,
                 [](const auto &a, const auto &b) { return a.node == b.node && a.version == b.version; });
    }
}

void trySaidByServer(const Message &message)
{
    if (message.kind == Kind::ValueAtServer) {
        if (const auto said = Control::ValueAtServer::read(message.payload)) {
            tryAgain(message, said->toFrame(), *said, [](const auto &a, const auto &b) {
                return a.node == b.node && a.name == b.name && a.version == b.version;
            });
        }
    } else if (message.kind == Kind::ValueIsSet) {
        if (const auto said = Control::ValueIsSet::read(message.payload)) {
            tryAgain(message, said->toFrame(), *said, [](const auto &a, const auto &b) {
                return a.node == b.node && a.number == b.number && a.outcome == b.outcome && a.version == b.version;
            });
        }
    } else if (message.kind == Kind::KeptEvents) {
        if (const auto said = Control::KeptEvents::read(message.payload)) {
            tryAgain(message, said->toFrame(), *said, [](const auto &a, const auto &b) {
                return a.node == b.node && a.after == b.after && a.next == b.next && a.frames == b.frames;
            });
        }
    } else if (const auto said = Control::LastEvent::read(message.payload)) {
        tryAgain(message, said->toFrame(), *said, [](const auto &a, const auto &b) {
            return a.node == b.node && a.name == b.name && a.frame == b.frame;
        });
    }
}

void tryForServer(const Message &message)
{
    if (const auto set = Control::SetValue::read(message.payload)) {
        tryAgain(message, set->toFrame(), *set, [](const auto &a, const auto &b) {
            return a.node == b.node && a.number == b.number && a.expected == b.expected && a.frame == b.frame;
        });
    }
    if (const auto ask = Control::AskLast::read(message.payload)) {
        tryAgain(message, ask->toFrame(), *ask,
                 [](const auto &a, const auto &b) { return a.node == b.node && a.name == b.name; });
    }
    if (const auto past = Control::KeepPast::read(message.payload)) {
        tryAgain(message, past->toFrame(), *past,
                 [](const auto &a, const auto &b) { return a.node == b.node && a.frame == b.frame; });
    }
    if (const auto ask = Control::AskKept::read(message.payload)) {
        tryAgain(message, ask->toFrame(), *ask,
                 [](const auto &a, const auto &b) { return a.node == b.node && a.after == b.after; });
    }
}

// A server gives an event: what it writes before it has one size.
void tryShare(const Message &message)
{
    const auto read = Control::Share::read(message.payload);
    if (!read)
        return;
    require(!read->frame.isEmpty() && read->frame.size() + Control::Share::headSize == message.payload.size(),
            "an event that is shared is not the message's");
    const QByteArray frame = read->beginning(receiver) + read->frame.toByteArray();
    const auto again = readAgain<Control::Share>(message, frame);
    require(again.member == read->member && again.id == read->id && again.isRedelivered == read->isRedelivered
                && again.frame == read->frame,
            "an event is given to another one");
    (void)parseFrame(read->frame);
}

void tryMembership(const Message &message)
{
    if (const auto read = Control::Membership::read(message.payload)) {
        requireOrigin(message, read->node);
        tryAgain(message, read->toFrame(), *read, [](const auto &a, const auto &b) {
            return a.node == b.node && a.number == b.number && a.isTaken == b.isTaken && a.isAsked == b.isAsked;
        });
    }
}

void tryUnfinished(const Message &message)
{
    const auto read = Control::Unfinished::read(message.payload);
    if (!read)
        return;
    requireOrigin(message, read->node);
    requireSmall(read->group.size() + read->topic.size() + sizeOf(read->ranges) + sizeOf(read->finished),
                 message.payload);
    tryAgain(message, read->toFrame(), *read, [](const auto &a, const auto &b) {
        return a.node == b.node && a.group == b.group && a.topic == b.topic && a.isEnd == b.isEnd && a.first == b.first
            && a.last == b.last && isSame(a.ranges, b.ranges) && isSame(a.finished, b.finished);
    });
}

// A sender gives a server an event once more, or says that there is a group.
void tryGivenAgain(const Message &message)
{
    const auto read = Control::Again::read(message.payload);
    if (!read) {
        require(!message.origin(), "what cannot be read has a sender");
        return;
    }
    require(read->group.size() <= ShareGroup::longestKey && !read->frame.isEmpty(), "an event comes again without end");
    const Frame event = parseFrame(read->frame);
    const bool isRead = event.trailerState == TrailerState::Read;
    require(message.origin()
                == (isRead                ? std::optional(event.trailer.nodeId)
                        : read->isEmpty() ? std::optional(QUuid())
                                          : std::nullopt),
            "a server and a sender take an event for different nodes'");
    tryAgain(message, read->toFrame(), *read,
             [](const auto &a, const auto &b) { return a.group == b.group && a.frame == b.frame; });
    if (const auto group = ShareGroup::read(read->group)) {
        const auto again = ShareGroup::read(group->key());
        require(again && again->name == group->name && again->pattern == group->pattern
                    && again->sender == group->sender && again->sender.isNull() == group->sender.isNull(),
                "a group is another one");
    }
}

// What members tell the server. Topics say which.
void trySaidByMember(const Message &message)
{
    const QByteArrayView topic(message.topic.data(), message.topic.size() + 1);
    if (topic == Control::Finished::topic) {
        if (const auto read = Control::Finished::read(message.payload)) {
            requireOrigin(message, read->node);
            tryAgain(message, read->toFrame(), *read,
                     [](const auto &a, const auto &b) { return a.node == b.node && a.id == b.id; });
        }
    } else if (topic == Control::AtWork::topic) {
        if (const auto read = Control::AtWork::read(message.payload)) {
            requireOrigin(message, read->node);
            require(read->works.size() <= Control::AtWork::most, "a member works on too much");
            tryAgain(message, read->toFrame(), *read, [](const auto &a, const auto &b) {
                return a.node == b.node && a.number == b.number
                    && std::equal(a.works.begin(), a.works.end(), b.works.begin(), b.works.end(),
                                  [](const auto &one, const auto &other) {
                                      return one.id == other.id && one.topic == other.topic && one.node == other.node
                                          && one.sequence == other.sequence && one.isFinished == other.isFinished;
                                  });
            });
        }
    }
}

// What a node subscribes to may declare a member.
void tryDeclaration(QByteArrayView prefix)
{
    const auto read = Control::Member::read(prefix);
    if (!read)
        return;
    require(!read->node.isNull() && read->group.size() < prefix.size(), "a member is nobody's");
    const auto again = Control::Member::read(read->toPrefix());
    require(again && again->node == read->node && again->number == read->number && again->group == read->group,
            "a member is another one");
    if (const auto group = ShareGroup::read(read->group))
        require(group->name.size() <= ShareGroup::longestName && !group->name.isEmpty(), "a group has no name");
}

void tryMessage(const Message &message)
{
    switch (message.kind) {
    case Kind::Who:
    case Kind::Here:
    case Kind::Forwarder:
        return tryPresence(message);
    case Kind::Announce:
        return tryAnnounce(message);
    case Kind::Heads:
        return tryHeads(message);
    case Kind::Ask:
    case Kind::Recall:
        return tryAsk(message);
    case Kind::Answer:
        return tryAnswer(message);
    case Kind::Withheld:
        return tryWithheld(message);
    case Kind::Repair:
    case Kind::Replay:
        return tryEvent(message);
    case Kind::Past:
        return tryPast(message);
    case Kind::Kept:
        return tryKept(message);
    case Kind::Refused:
        return tryRefused(message);
    case Kind::Gone:
        return tryGone(message);
    case Kind::Will:
        return tryEvent(message);
    case Kind::NoWill: // of which only the node is looked at
        return;
    case Kind::Answerers:
        return tryAnswerers(message);
    case Kind::Cancel:
    case Kind::Late:
        return tryQuestion(message);
    case Kind::Value:
        return tryValue(message);
    case Kind::ValueAtServer:
    case Kind::ValueIsSet:
    case Kind::LastEvent:
    case Kind::KeptEvents:
        return trySaidByServer(message);
    case Kind::Membership:
        return tryMembership(message);
    case Kind::Share:
        return tryShare(message);
    case Kind::Unfinished:
        return tryUnfinished(message);
    case Kind::Again:
        return tryGivenAgain(message);
    case Kind::Server:
        trySaidByMember(message);
        return tryForServer(message);
    }
}

void tryFrame(QByteArrayView frame)
{
    tryDeclaration(frame);
    const auto message = Message::of(frame);
    if (!message)
        return;
    require(message->topic.size() + 1 + message->payload.size() == frame.size(), "a message is not its frame");
    if (const QUuid node = message->node(); !node.isNull() && message->topic.startsWith("\2node/"))
        require(!message->isForAll(), "a message is for all and for one");
    const auto origin = message->origin();
    require(!origin || !origin->isNull() || (message->kind == Kind::Announce && message->payload.isEmpty())
                || message->kind == Kind::Repair || message->kind == Kind::Replay || message->kind == Kind::Will
                || message->kind == Kind::Share || message->kind == Kind::Again,
            "a message speaks for no node");
    tryMessage(*message);
}

} // namespace

// The first byte says what kind of message the others are; beyond the kinds, they are a frame.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const QByteArrayView bytes(reinterpret_cast<const char *>(data) + 1, qsizetype(size) - 1);
    const std::clock_t start = std::clock();
    if (data[0] < std::size(kinds))
        tryFrame(nodeTopic(receiver, kinds[data[0]]) + bytes.toByteArray());
    else
        tryFrame(QByteArray("\2") + bytes.toByteArray());
    require(std::clock() - start < patience, "a message takes too long");
    return 0;
}
