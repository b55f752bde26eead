// SPDX-License-Identifier: MIT
#include "node/replays.h"

#include "node/eventencoder.h"
#include "node/recovery.h"
#include "wire/frame.h"

#include <algorithm>

namespace Pyvent::Internal {

using Verdict = ReceiveWindow::Verdict;

namespace {

// Of how many senders it is known what was replayed. Senders of ever new UUIDs must not make it grow without bound.
constexpr qsizetype maximumSenders = 10'000;

} // namespace

bool ReplayedEvents::add(const QUuid &node, quint64 sequence)
{
    const std::lock_guard lock(m_mutex);
    if (m_last.size() >= maximumSenders && !m_last.contains(node))
        return false;
    quint64 &last = m_last[node];
    last = std::max(last, sequence);
    return true;
}

bool ReplayedEvents::contains(const QUuid &node, quint64 sequence) const
{
    const std::lock_guard lock(m_mutex);
    return sequence <= m_last.value(node);
}

LateJoiner::LateJoiner(std::shared_ptr<Receiver> receiver)
    : Receiver(receiver->pattern(), receiver->sender())
    , m_receiver(std::move(receiver))
{
}

void LateJoiner::deliver(const PyventEvent &event)
{
    // What has no number, of Python's nodes or of this process only, has no past to wait for.
    if (event.sequence == 0 || !m_replayed->contains(event.nodeId, event.sequence))
        m_receiver->deliver(event);
}

void Replays::add(const LateJoiner &joiner, const PyventReplay &past)
{
    using namespace std::chrono;
    Control::Past question{.asker = m_nodeId, .topic = joiner.pattern().text().toUtf8(), .number = ++m_questions};
    question.since = microsecondsSinceEpoch();
    question.last = quint64(std::max(past.last, qsizetype(0)));
    question.age = microseconds(std::clamp<milliseconds>(past.since, 0ms, 24h)).count();
    m_active.push_back({joiner.replayed(), question, std::make_unique<Replay>(question.topic)});
}

// What was released before comes first.
void Replays::Active::take(const std::function<Verdict()> &arrive, QByteArrayView frame, const Deliver &deliver)
{
    deliverReleased([] { return true; }, deliver);
    if (arrive() == Verdict::Deliver)
        hasEnded |= !deliver(owner, frame);
}

void Replays::Active::deliverReleased(const std::function<bool()> &hasRoom, const Deliver &deliver)
{
    QByteArray frame;
    while (hasRoom() && replay->takeReleased(&frame))
        hasEnded |= !deliver(owner, frame);
}

void Replays::heard(QByteArrayView topic, const QUuid &node, quint64 sequence, QByteArrayView frame, bool hasRoom,
                    Clock::time_point now, const Deliver &deliver)
{
    for (Active &active : m_active) {
        if (active.question.topic != topic || !active.owner->add(node, sequence))
            continue;
        if (!hasRoom)
            active.replay->missed(node, sequence, now);
        else
            active.take([&] { return active.replay->heard(node, sequence, frame, now); }, frame, deliver);
    }
}

void Replays::take(QByteArrayView frame, bool hasRoom, Clock::time_point now, const Deliver &deliver)
{
    const auto control = Control::Message::of(frame);
    if (m_active.empty() || !control)
        return;
    if (control->kind == Control::kept) {
        const auto kept = Control::Kept::read(control->payload);
        for (Active &active : m_active) {
            if (kept && kept->number == active.question.number && kept->topic == active.question.topic
                && active.owner->add(kept->node, 0))
                active.replay->keeps(kept->node, kept->first, kept->last, now);
        }
    } else if (control->kind == Control::answer) {
        const auto answer = Control::Answer::read(control->payload);
        for (Active &active : m_active) {
            if (answer && answer->topic == active.question.topic)
                active.replay->isGone(answer->node, answer->first, now);
        }
    } else if (control->kind == Control::withheld) {
        const auto withheld = Control::Withheld::read(control->payload);
        for (Active &active : m_active) {
            if (withheld && withheld->topic == active.question.topic)
                active.replay->isWithheld(withheld->node, rangesOf(*withheld), now);
        }
    } else if (control->kind == Control::replay && hasRoom) {
        const Frame event = parseFrame(control->payload);
        for (Active &active : m_active) {
            if (event.trailerState != TrailerState::Read || active.question.topic != event.topic)
                continue;
            const quint64 sequence = event.trailer.sequence;
            const QUuid node = event.trailer.nodeId;
            active.take(
                [&] {
                    const Verdict verdict = active.replay->replayed(node, sequence, control->payload, now);
                    if (verdict != Verdict::Drop)
                        active.owner->add(node, sequence);
                    return verdict;
                },
                control->payload, deliver);
        }
    }
}

void Replays::deliver(const std::function<bool()> &hasRoom, const Deliver &deliver)
{
    for (Active &active : m_active)
        active.deliverReleased(hasRoom, deliver);
}

QByteArrayList Replays::process(Clock::time_point now, bool isReady)
{
    QByteArrayList messages;
    std::erase_if(m_active, [](const Active &active) { return active.hasEnded || active.replay->isOver(); });
    for (Active &active : m_active) {
        if ((isReady || active.replay->isAsked()) && active.replay->takeQuestion(now))
            messages.append(active.question.toFrame());
        for (const Replay::Request &request : active.replay->takeRequests(now))
            messages.append(askFor(request, m_nodeId, m_maximumFrameSize).toFrame(request.node, Control::recall));
    }
    return messages;
}

void Replays::reconnected(Clock::time_point now)
{
    for (Active &active : m_active)
        active.replay->resumed(now);
}

Replays::Clock::time_point Replays::deadline() const
{
    Clock::time_point earliest = Clock::time_point::max();
    for (const Active &active : m_active)
        earliest = std::min(earliest, active.replay->deadline());
    return earliest;
}

void Replays::leave()
{
    std::erase_if(m_active, [](const Active &active) { return active.replay->isAsked(); });
    for (Active &active : m_active) {
        active.replay = std::make_unique<Replay>(active.question.topic);
        active.question.since = microsecondsSinceEpoch();
    }
}

} // namespace Pyvent::Internal
