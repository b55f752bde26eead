// SPDX-License-Identifier: MIT
#include "hostilewindow.h"

#include "require.h"

#include <algorithm>

using namespace Pyvent::Internal;
using namespace std::chrono_literals;

namespace PyventTests {

namespace {

using Verdict = ReceiveWindow::Verdict;

// What the honest sender sends, and what hostile peers send beside it.
const QByteArray topic = "x";
const QByteArray otherTopic = "y";
const QByteArray unheardTopic = "z"; // to which this node does not listen at first

const QUuid honest = nodeOf(0);

constexpr qsizetype largestFrame = 600;

ReceiveLimits limitsOf(bool areTight)
{
    ReceiveLimits limits{.streams = areTight ? 6 : 4000,
                         .heldEvents = 60,
                         .heldBytes = 5000,
                         .patience = 6s,
                         .requestsAtOnce = 40,
                         .rangeOfARequest = 20,
                         .farthestAhead = 100,
                         .sentPerSecond = 50};
    return limits;
}

} // namespace

HostileWindow::HostileWindow(const Kind &kind)
    : m_kind(kind)
    , m_limits(limitsOf(kind.areTightLimits))
    , m_window(m_limits, 1)
    , m_joiner(topic, 1)
    , m_sent({.events = 100'000, .age = std::chrono::hours(24)})
{
    m_window.setSendersAreProven(kind.areProven);
    m_window.listen(topic);
    m_window.listen(otherTopic + ' ');
    m_window.ready(wallTime(), now());
    m_now += 1ms;
}

void HostileWindow::run(Script *script)
{
    constexpr int mostSteps = 1000;
    for (int i = 0; i < mostSteps && !script->isOver(); ++i) {
        step(script);
        takeAll();
        requireLimits();
    }
    finish();
}

void HostileWindow::step(Script *script)
{
    enum : quint8 { Say = 0, Honest = 14, HonestLost, Pass, Process, Resume, Pause, Forget, Listen, Invent, Join, All };
    switch (const quint8 kind = script->next() % All) {
    case Honest:
    case HonestLost:
        return sendHonest(kind == HonestLost);
    case Pass:
        return pass(script->pause());
    case Process:
        return process();
    case Resume:
        m_window.resumed(now());
        return m_joiner.resumed(now());
    case Pause:
        m_isPaused = !m_isPaused;
        return m_window.setPaused(m_isPaused, now());
    case Forget:
        m_window.forget(otherTopic);
        m_window.forgetIf(unheardTopic, [](const QByteArray &) { return true; });
        for (auto &[stream, allowance] : m_streams) {
            if (stream.second != topic) { // what is not known any more may have been sent since this node was ready
                allowance.before += sent();
            }
        }
        return;
    case Listen:
        m_window.listen(unheardTopic);
        m_window.ready(wallTime(), now());
        return;
    case Invent:
        return invent(script);
    case Join:
        m_hasJoined = true;
        return;
    default: {
        const quint8 who = script->next();
        const bool isForged = m_kind.isForging && who % 3 == 0;
        const QByteArray &of = isForged || who & 0x40 ? topic : who & 0x80 ? unheardTopic : otherTopic;
        const QUuid node = isForged ? honest : nodeOf(quint16(1 + who % hostileNodes));
        if (kind >= 12)
            sayToJoiner(script, node);
        else
            say(script, node, of);
    }
    }
}

// What one message of the hostile peer's says.
void HostileWindow::say(Script *script, const QUuid &node, const QByteArray &of)
{
    Allowance &allowance = m_streams[{node, of}];
    const auto number = [&] { return script->number(allowance.last, allowance.known, m_limits.farthestAhead); };
    const auto time = [&] { return wallTime() + (qint64(script->next()) - 200) * 100'000; };
    const quint8 kind = script->next() % 7;
    switch (kind) {
    case 0:
    case 1: {
        const quint64 sequence = allowance.last = number();
        const qint64 previous = script->next() & 1 ? 0 : time();
        const QByteArray frame = 'e' + QByteArray(script->next() * 4 % largestFrame, 'x');
        if (kind == 0) {
            const Verdict verdict = m_window.heard(node, of, sequence, previous, frame, now());
            if (verdict == Verdict::Deliver)
                hear(frame);
            allowance.before += sent();
            if (verdict != Verdict::Drop)
                allowance.known = std::max(allowance.known, sequence);
        } else if (m_window.repaired(node, of, sequence, frame, now()) == Verdict::Deliver) {
            hear(frame);
        }
        break;
    }
    case 2: {
        const quint64 head = allowance.last = number();
        const qint64 sent = time();
        m_window.announced(node, of, head, sent, time(), now());
        allowance.known = head;
        break;
    }
    case 3: {
        const quint8 how = script->next();
        const auto base = how & 1 ? std::optional(number()) : std::nullopt;
        const qint64 since = how & 2 ? 0 : m_window.readySince(of).value_or(0);
        m_window.begins(node, of, since, base, number(), now());
        break;
    }
    case 4:
        m_window.isGone(node, of, number(), now());
        break;
    default: {
        std::vector<Window::Range> ranges;
        sayRange(script, {node, of}, &ranges);
        m_window.isWithheld(node, of, ranges, now());
    }
    }
}

void HostileWindow::sayRange(Script *script, const Stream &stream, std::vector<Window::Range> *ranges)
{
    const Allowance &allowance = m_streams[stream];
    for (int i = 1 + script->next() % 4; i > 0; --i) {
        const quint64 first = script->number(allowance.last, allowance.known, m_limits.farthestAhead);
        ranges->push_back({first, script->number(first, allowance.known, m_limits.farthestAhead)});
    }
}

void HostileWindow::sayToJoiner(Script *script, const QUuid &node)
{
    Allowance &allowance = m_streams[{node, topic}];
    const auto number = [&] { return script->number(allowance.last, allowance.known, 10'000); };
    m_mayForget |= node == honest;
    const QByteArray frame = "e";
    switch (script->next() % 7) {
    case 0: // only what is no number at all is kept from it
        if (const quint64 sequence = allowance.last = number();
            sequence > 0 && m_joiner.heard(node, sequence, frame, now()) == Verdict::Deliver)
            hearJoined(frame);
        break;
    case 1:
        if (const quint64 sequence = allowance.last = number(); sequence > 0)
            m_joiner.missed(node, sequence, now());
        break;
    case 2: {
        const quint64 first = number();
        m_joiner.keeps(node, first, number(), now());
        break;
    }
    case 3:
        if (m_joiner.replayed(node, number(), frame, now()) == Verdict::Deliver)
            hearJoined(frame);
        break;
    case 4:
        m_joiner.isGone(node, number(), now());
        break;
    default: {
        std::vector<Window::Range> ranges;
        sayRange(script, {node, topic}, &ranges);
        m_joiner.isWithheld(node, ranges, now());
    }
    }
}

// Streams that nobody has, an event or a head of each.
void HostileWindow::invent(Script *script)
{
    const quint8 how = script->next();
    for (quint16 i = 0; i < how % 16; ++i) {
        const QUuid node = nodeOf(quint16(100 + script->next()));
        Allowance &allowance = m_streams[{node, topic}];
        allowance.last += 1 + how / 64;
        if (how & 0x10) {
            if (m_window.heard(node, topic, allowance.last, wallTime(), "e", now()) == Verdict::Deliver)
                hear("e");
            allowance.before += sent();
        } else {
            m_window.announced(node, topic, allowance.last, wallTime(), wallTime(), now());
        }
    }
}

// The honest sender

void HostileWindow::sendHonest(bool isLost)
{
    const auto next = m_sent.next(topic);
    m_head = next.sequence;
    const QByteArray frame = 'h' + QByteArray::number(m_head);
    m_sent.add(topic, m_head, wallTime(), QByteArray(frame), frame.size(), now());
    m_now += 1ms;
    if (!isLost && m_window.heard(honest, topic, m_head, next.previous, frame, now()) == Verdict::Deliver)
        hear(frame);
    m_now += 1ms;
}

// Asks what is due, and has the honest sender answer, and announce what it has sent.
void HostileWindow::process()
{
    const auto requests = m_window.takeRequests(now());
    require(requests.size() <= m_limits.requestsAtOnce, "too much is asked for at once");
    for (const Window::Request &request : requests) {
        quint64 numbers = 0;
        for (const Window::Range &range : request.missing) {
            require(range.first > 0 && range.first <= range.last, "what is asked for is no range");
            numbers += range.last - range.first + 1;
        }
        require(numbers <= m_limits.rangeOfARequest, "too many events are asked for");
        if (request.node == honest && request.topic == topic)
            answer(request);
    }
    for (const auto &head : m_sent.takeAnnouncements(now(), 10))
        m_window.announced(honest, head.topic, head.sequence, head.time, wallTime(), now());
    if (m_hasJoined) {
        if (m_joiner.takeQuestion(now())) {
            if (const auto kept = m_sent.kept(topic, 0, {}, 0, now()))
                m_joiner.keeps(honest, kept->first, kept->last, now());
        }
        for (const CatchUp::Request &request : m_joiner.takeRequests(now()))
            answerJoiner(request);
    }
    takeAll();
    requireLimits();
}

void HostileWindow::answer(const Window::Request &request)
{
    if (request.missing.empty()) {
        m_window.begins(honest, topic, request.since, m_sent.lastBefore(topic, request.since), m_sent.first(topic),
                        now());
        return;
    }
    for (const Window::Range &range : request.missing) {
        for (quint64 sequence = range.first; sequence <= std::min(range.last, m_head); ++sequence) {
            const QByteArray frame = *m_sent.find(topic, sequence);
            if (m_window.repaired(honest, topic, sequence, frame, now()) == Verdict::Deliver)
                hear(frame);
            takeAll();
        }
    }
}

void HostileWindow::answerJoiner(const CatchUp::Request &request)
{
    if (request.node != honest)
        return;
    for (const Window::Range &range : request.missing) {
        for (quint64 sequence = range.first; sequence <= std::min(range.last, m_head); ++sequence) {
            const QByteArray frame = *m_sent.find(topic, sequence);
            if (m_joiner.replayed(honest, sequence, frame, now()) == Verdict::Deliver)
                hearJoined(frame);
            takeAll();
        }
    }
}

// Time passes as in a session, which is called whenever something is due.
void HostileWindow::pass(Milliseconds time)
{
    for (const Milliseconds end = m_now + time; m_now < end;) {
        const Clock::time_point due = std::min({m_window.deadline(), m_sent.deadline(), m_joiner.deadline()});
        const auto left = due > now() + time ? time : std::chrono::ceil<Milliseconds>(due - now());
        m_now = std::min(end, m_now + std::max(left, 1ms));
        process();
    }
}

// Until nothing is waited for any more, which each gap may be in its turn.
void HostileWindow::settle()
{
    m_sent.disturbed(now());
    pass(3s);
    for (qsizetype gaps = 0; gaps <= 3 * m_limits.heldEvents && !m_window.isIdle(); ++gaps)
        pass(m_limits.patience + 1s);
    constexpr auto patienceOfJoiner = 61s;
    for (qsizetype gaps = 0; gaps <= 100 && m_hasJoined && !m_joiner.isOver(); ++gaps)
        pass(patienceOfJoiner);
}

// What comes of it

void HostileWindow::takeAll()
{
    QByteArray frame;
    while (m_window.takeReleased(&frame))
        hear(frame);
    while (m_joiner.takeReleased(&frame))
        hearJoined(frame);
    for (const Window::Loss &loss : m_window.takeLosses()) {
        require(loss.count > 0, "nothing is told lost");
        if (m_kind.areTightLimits || (loss.node == honest && m_kind.isForging)) // a stream may begin again
            continue;
        require(loss.node != honest, "an event of the honest sender's is told lost");
        Allowance &allowance = m_streams[{loss.node, loss.topic}];
        require(loss.count <= allowance.before + sent() - allowance.lost, "more is told lost than can have been sent");
        allowance.lost += loss.count;
    }
}

// What can have been sent since the window listens.
quint64 HostileWindow::sent() const
{
    return m_limits.farthestAhead
        + quint64(std::chrono::ceil<std::chrono::seconds>(m_now).count()) * m_limits.sentPerSecond;
}

void HostileWindow::hear(QByteArrayView frame)
{
    if (!frame.startsWith('h'))
        return;
    const quint64 sequence = frame.sliced(1).toULongLong();
    if (m_kind.isForging)
        m_heard = std::max(m_heard, sequence);
    else if (m_kind.areTightLimits)
        require(sequence > std::exchange(m_heard, sequence), "an event is heard again, or behind a later one");
    else
        require(sequence == ++m_heard, "an event is heard again, or without the one before it");
    if (m_hasJoined) {
        if (m_joiner.heard(honest, sequence, frame, now()) == Verdict::Deliver)
            hearJoined(frame);
    }
}

void HostileWindow::hearJoined(QByteArrayView frame)
{
    if (!frame.startsWith('h') || m_mayForget || m_kind.areTightLimits || m_kind.isForging)
        return;
    require(frame.sliced(1).toULongLong() == ++m_joined, "a late joiner hears events in another order");
}

void HostileWindow::requireLimits()
{
    require(m_window.streams() <= std::max(m_limits.streams, qsizetype(1)), "too many streams are remembered");
    require(m_window.heldEvents() >= 0 && m_window.heldEvents() <= m_limits.heldEvents, "too many events are held");
    require(m_window.heldBytes() >= 0 && m_window.heldBytes() <= m_limits.heldBytes, "too many bytes are held");
}

// The hostile peer is silent.
void HostileWindow::finish()
{
    if (std::exchange(m_isPaused, false))
        m_window.setPaused(false, now());
    settle();
    require(m_window.isIdle() && m_window.deadline() == Clock::time_point::max(), "something is waited for for ever");
    require(m_window.heldEvents() == 0 && m_window.heldBytes() == 0, "something is kept for ever");
    require(!m_hasJoined || m_joiner.isOver(), "a late joiner never catches up");
    if (m_kind.isForging)
        return comeBack();
    if (m_kind.areTightLimits)
        return;
    require(m_heard == m_head, "an event is not heard");
    require(m_mayForget || !m_hasJoined || m_joined == m_head, "a late joiner does not hear an event");
}

// Two events that follow each other bring the stream back, unless it is where they may have been heard before: then those beyond do.
void HostileWindow::comeBack()
{
    const quint64 most = m_limits.farthestAhead + 3;
    for (quint64 i = 0; i < most && (i < 3 || m_heard != m_head); ++i) {
        sendHonest(false);
        if (i == 2)
            settle();
    }
    settle();
    sendHonest(false);
    require(m_heard == m_head, "a sender is not heard any more");
}

} // namespace PyventTests
