// SPDX-License-Identifier: MIT
#include "session/catchups.h"

#include "session/recovery.h"
#include "wire/frame.h"

#include <algorithm>

namespace Pyvent::Internal {

using Verdict = ReceiveWindow::Verdict;

void CatchUps::add(const LateJoiner &joiner, qsizetype last, std::chrono::milliseconds age)
{
    using namespace std::chrono;
    Control::Past question{.asker = m_nodeId, .topic = joiner.pattern().text().toUtf8(), .number = ++m_questions};
    question.since = m_wallClock();
    question.last = quint64(std::max(last, qsizetype(0)));
    question.age = microseconds(std::clamp<milliseconds>(age, 0ms, 24h)).count();
    m_active.push_back({joiner.progress(), question, begin(question.topic)});
}

// What was released before comes first.
void CatchUps::Active::hear(const std::function<Verdict()> &arrive, QByteArrayView frame, const Deliver &deliver)
{
    deliverReleased([] { return true; }, deliver);
    if (arrive() == Verdict::Deliver)
        hasEnded |= !deliver(owner, frame);
}

void CatchUps::Active::deliverReleased(const std::function<bool()> &hasRoom, const Deliver &deliver)
{
    QByteArray frame;
    while (hasRoom() && catchUp->takeReleased(&frame))
        hasEnded |= !deliver(owner, frame);
}

void CatchUps::heard(QByteArrayView topic, const QUuid &node, quint64 sequence, QByteArrayView frame, bool hasRoom,
                     Clock::time_point now, const Deliver &deliver)
{
    for (Active &active : m_active) {
        if (active.question.topic != topic || !active.owner->add(node, sequence))
            continue;
        if (!hasRoom)
            active.catchUp->missed(node, sequence, now);
        else
            active.hear([&] { return active.catchUp->heard(node, sequence, frame, now); }, frame, deliver);
    }
}

void CatchUps::heard(const Control::Kept &kept, Clock::time_point now)
{
    for (Active &active : m_active) {
        if (kept.number == active.question.number && kept.topic == active.question.topic
            && active.owner->add(kept.node, 0))
            active.catchUp->keeps(kept.node, kept.first, kept.last, now);
    }
}

void CatchUps::heard(const Control::Answer &answer, Clock::time_point now)
{
    for (Active &active : m_active) {
        if (answer.topic == active.question.topic)
            active.catchUp->isGone(answer.node, answer.first, now);
    }
}

void CatchUps::heard(const Control::Withheld &withheld, Clock::time_point now)
{
    for (Active &active : m_active) {
        if (withheld.topic == active.question.topic)
            active.catchUp->isWithheld(withheld.node, rangesOf(withheld), now);
    }
}

void CatchUps::heardReplay(QByteArrayView frame, Clock::time_point now, const Deliver &deliver)
{
    const Frame event = parseFrame(frame);
    if (event.trailerState != TrailerState::Read)
        return;
    const quint64 sequence = event.trailer.sequence;
    const QUuid node = event.trailer.nodeId;
    for (Active &active : m_active) {
        if (active.question.topic != event.topic)
            continue;
        const auto arrive = [&] {
            const Verdict verdict = active.catchUp->replayed(node, sequence, frame, now);
            if (verdict != Verdict::Drop)
                active.owner->add(node, sequence);
            return verdict;
        };
        active.hear(arrive, frame, deliver);
    }
}

void CatchUps::deliver(const std::function<bool()> &hasRoom, const Deliver &deliver)
{
    for (Active &active : m_active)
        active.deliverReleased(hasRoom, deliver);
}

QByteArrayList CatchUps::process(Clock::time_point now, bool isReady)
{
    QByteArrayList messages;
    std::erase_if(m_active, [](const Active &active) { return active.hasEnded || active.catchUp->isOver(); });
    for (Active &active : m_active) {
        if ((isReady || active.catchUp->isAsked()) && active.catchUp->takeQuestion(now))
            messages.append(active.question.toFrame());
        for (const CatchUp::Request &request : active.catchUp->takeRequests(now))
            messages.append(askFor(request, m_nodeId, m_maximumFrameSize).toFrame(request.node, Control::recall));
    }
    return messages;
}

void CatchUps::reconnected(Clock::time_point now)
{
    for (Active &active : m_active)
        active.catchUp->resumed(now);
}

CatchUps::Clock::time_point CatchUps::deadline() const
{
    Clock::time_point earliest = Clock::time_point::max();
    for (const Active &active : m_active)
        earliest = std::min(earliest, active.catchUp->deadline());
    return earliest;
}

void CatchUps::leave()
{
    std::erase_if(m_active, [](const Active &active) { return active.catchUp->isAsked(); });
    for (Active &active : m_active) {
        active.catchUp = begin(active.question.topic);
        active.question.since = m_wallClock();
    }
}

} // namespace Pyvent::Internal
