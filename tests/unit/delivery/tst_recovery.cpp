// SPDX-License-Identifier: MIT
#include "delivery/receivewindow.h"
#include "delivery/transmitwindow.h"
#include "support/schedules.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

#include <deque>
#include <queue>

using namespace Pyvent::Internal;
using namespace std::chrono_literals;

// Both halves of recovery together, on a simulated bus that loses, doubles and reorders, and whose nodes and server end and
// start again. PYVENT_SEED repeats a run, PYVENT_SCHEDULES says how many schedules it has; one that fails prints its
// own seed, which repeats it alone.

namespace {

using Clock = ReceiveWindow::Clock;
using Milliseconds = qint64; // of simulated time, from 1

Clock::time_point at(Milliseconds time)
{
    return Clock::time_point(std::chrono::milliseconds(time));
}

struct Event
{
    int sender;
    int topic;
    quint64 sequence;
};

QByteArray bytesOf(const Event &event)
{
    return QByteArray(reinterpret_cast<const char *>(&event), sizeof event);
}

Event eventOf(QByteArrayView bytes)
{
    Event event;
    std::memcpy(&event, bytes.data(), sizeof event);
    return event;
}

QByteArray topicOf(int topic)
{
    return topic == 0 ? "a" : "b";
}

// What a random schedule is made of.
struct Conditions
{
    int senders;
    int receivers;
    int topics;
    int steps;
    int lossPercent;
    int doublePercent;
    int reorderPercent;
    int endPercent; // a node or the server ends and starts again
    TransmitLimits replay;
};

struct Sender
{
    explicit Sender(const TransmitLimits &limits)
        : window(limits)
    {
    }

    QUuid node = QUuid::createUuid();
    TransmitWindow<QByteArray> window;
    quint64 head[2] = {0, 0};
    std::vector<Milliseconds> times[2]; // when each event was sent
    std::deque<Event> unacknowledged;
};

struct Receiver
{
    explicit Receiver(quint32 seed)
        : window({}, seed)
    {
    }

    ReceiveWindow window;
    bool isReady = false;
    Milliseconds readySince = 0;
    QHash<std::pair<int, int>, QList<quint64>> heard; // by sender and topic
    QHash<std::pair<int, int>, quint64> lost;
    QSet<std::pair<int, int>> toldBegin; // by a head that was sent before it was ready
};

struct Message
{
    enum Kind { Data, Repair, Head, Ask, Answer, Announce };
    Milliseconds due;
    quint64 order;
    Kind kind;
    int to; // receiver; for Ask and Announce, sender
    int from;
    Event event;
    Milliseconds time; // of a Head; before an event
    Milliseconds asOf; // of a Head
    ReceiveWindow::Request request;
    std::optional<quint64> base;
    quint64 first;

    bool operator<(const Message &other) const { return std::tie(other.due, other.order) < std::tie(due, order); }
};

class Simulation
{
public:
    Simulation(quint32 seed, const Conditions &conditions)
        : m_random(seed)
        , m_conditions(conditions)
    {
        for (int i = 0; i < conditions.senders; ++i)
            addSender();
        for (int i = 0; i < conditions.receivers; ++i)
            m_receivers.push_back(makeReceiver());
    }

    // Returns what went wrong; empty if all is well.
    QByteArray run()
    {
        for (int step = 0; step < m_conditions.steps && m_failure.isEmpty(); ++step) {
            act();
            passTime(m_time + below(40));
        }
        m_isQuiet = true;
        for (int sender : m_alive)
            m_senders[std::size_t(sender)]->window.disturbed(at(m_time)); // as each node does when it connects again
        while (m_failure.isEmpty()) {
            const Milliseconds next = nextTime();
            if (next == std::numeric_limits<Milliseconds>::max())
                break;
            if (next > m_time + 100'000)
                return "it does not come to rest";
            passTime(next);
        }
        check();
        return m_failure;
    }

private:
    int below(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(m_random); }
    bool chance(int percent) { return percent > 0 && below(100) < percent; }

    void addSender()
    {
        m_senders.push_back(std::make_unique<Sender>(m_conditions.replay));
        m_alive.push_back(int(m_senders.size()) - 1);
    }

    std::unique_ptr<Receiver> makeReceiver() { return std::make_unique<Receiver>(quint32(m_random())); }

    void act()
    {
        const int what = below(100);
        if (what < m_conditions.endPercent) {
            switch (below(3)) {
            case 0: { // a sender ends, and another one starts
                m_alive.erase(m_alive.begin() + below(int(m_alive.size())));
                addSender();
                break;
            }
            case 1:
                m_receivers[std::size_t(below(m_conditions.receivers))] = makeReceiver();
                break;
            default:
                serverEnds();
            }
        } else if (what < m_conditions.endPercent + 15) {
            const int index = below(m_conditions.receivers);
            Receiver &receiver = *m_receivers[std::size_t(index)];
            if (receiver.isReady)
                return;
            receiver.isReady = true;
            receiver.readySince = m_time;
            receiver.window.listen("");
            receiver.window.ready(m_time, at(m_time));
            for (const int sender : m_alive)
                postTo({.kind = Message::Announce, .to = sender, .from = index});
        } else {
            send(m_alive[std::size_t(below(int(m_alive.size())))], below(m_conditions.topics));
        }
    }

    void send(int from, int topic)
    {
        Sender &sender = *m_senders[std::size_t(from)];
        const Event event{from, topic, ++sender.head[topic]};
        sender.times[topic].push_back(m_time);
        sender.window.add(topicOf(topic), event.sequence, m_time, bytesOf(event), 1, at(m_time));
        sender.unacknowledged.push_back(event);
        if (sender.unacknowledged.size() > 3)
            sender.unacknowledged.pop_front();
        publish(event);
    }

    void publish(const Event &event)
    {
        const std::vector<Milliseconds> &times = m_senders[std::size_t(event.sender)]->times[event.topic];
        const Milliseconds previous = event.sequence > 1 ? times[std::size_t(event.sequence - 2)] : 0;
        post({.kind = Message::Data, .from = event.sender, .event = event, .time = previous});
    }

    // To every receiver, each on its own way.
    void post(Message message)
    {
        for (int i = 0; i < m_conditions.receivers; ++i) {
            message.to = i;
            postTo(message);
        }
    }

    void postTo(Message message)
    {
        const int copies = !m_isQuiet && chance(m_conditions.doublePercent) ? 2 : 1;
        for (int i = 0; i < copies; ++i) {
            if (!m_isQuiet && chance(m_conditions.lossPercent))
                continue;
            message.order = ++m_order;
            message.due = m_time + 1 + (!m_isQuiet && chance(m_conditions.reorderPercent) ? below(20) : 0);
            m_messages.push(message);
        }
    }

    // What was acknowledged and not published is lost to all; what was not acknowledged is sent again.
    void serverEnds()
    {
        m_messages = {};
        for (int alive : m_alive) {
            Sender &sender = *m_senders[std::size_t(alive)];
            sender.window.disturbed(at(m_time));
            const int again = below(int(sender.unacknowledged.size()) + 1);
            for (auto event = sender.unacknowledged.end() - again; event != sender.unacknowledged.end(); ++event)
                publish(*event);
        }
    }

    Milliseconds nextTime()
    {
        Clock::time_point next = Clock::time_point::max();
        if (!m_messages.empty())
            next = at(m_messages.top().due);
        for (int sender : m_alive)
            next = std::min(next, m_senders[std::size_t(sender)]->window.deadline());
        for (const auto &receiver : m_receivers)
            next = std::min(next, receiver->window.deadline());
        if (next == Clock::time_point::max())
            return std::numeric_limits<Milliseconds>::max();
        return std::max(m_time,
                        Milliseconds(std::chrono::ceil<std::chrono::milliseconds>(next.time_since_epoch()).count()));
    }

    void passTime(Milliseconds until)
    {
        for (;;) {
            const Milliseconds next = nextTime();
            if (next > until)
                break;
            m_time = next;
            while (!m_messages.empty() && m_messages.top().due <= m_time) {
                const Message message = m_messages.top();
                m_messages.pop();
                arrive(message);
            }
            for (int i : m_alive) {
                m_senders[std::size_t(i)]->window.trim(at(m_time));
                for (const auto &head : m_senders[std::size_t(i)]->window.takeAnnouncements(at(m_time), 10))
                    post(messageOf(i, head));
            }
            for (int i = 0; i < m_conditions.receivers; ++i)
                ask(i);
        }
        m_time = std::max(m_time, until);
    }

    void ask(int from)
    {
        Receiver &receiver = *m_receivers[std::size_t(from)];
        for (const ReceiveWindow::Request &request : receiver.window.takeRequests(at(m_time))) {
            const auto sender = std::find_if(m_alive.begin(), m_alive.end(), [&](int alive) {
                return m_senders[std::size_t(alive)]->node == request.node;
            });
            if (sender != m_alive.end())
                postTo({.kind = Message::Ask, .to = *sender, .from = from, .request = request});
        }
        take(from);
    }

    Message messageOf(int from, const TransmitWindow<QByteArray>::Head &head) const
    {
        return {.kind = Message::Head,
                .from = from,
                .event = {from, head.topic == "a" ? 0 : 1, head.sequence},
                .time = head.time,
                .asOf = m_time};
    }

    void arrive(const Message &message)
    {
        if (message.kind == Message::Ask || message.kind == Message::Announce) {
            answer(message);
            return;
        }
        Receiver &receiver = *m_receivers[std::size_t(message.to)];
        if (!receiver.isReady)
            return;
        const QUuid node = m_senders[std::size_t(message.from)]->node;
        const Event &event = message.event;
        const QByteArray topic = topicOf(event.topic);
        auto verdict = ReceiveWindow::Verdict::Drop;
        switch (message.kind) {
        case Message::Data:
            verdict = receiver.window.heard(node, topic, event.sequence, message.time, bytesOf(event), at(m_time));
            break;
        case Message::Repair:
            verdict = receiver.window.repaired(node, topic, event.sequence, bytesOf(event), at(m_time));
            break;
        case Message::Head:
            receiver.window.announced(node, topic, event.sequence, message.time, message.asOf, at(m_time));
            if (message.time < receiver.readySince && receiver.readySince <= message.asOf)
                receiver.toldBegin.insert({message.from, event.topic});
            break;
        default:
            if (message.request.missing.empty())
                receiver.window.begins(node, topic, message.request.since, message.base, message.first, at(m_time));
            else
                receiver.window.isGone(node, topic, message.first, at(m_time));
        }
        if (verdict == ReceiveWindow::Verdict::Deliver)
            receiver.heard[{event.sender, event.topic}].append(event.sequence);
        take(message.to);
    }

    void take(int to)
    {
        Receiver &receiver = *m_receivers[std::size_t(to)];
        for (const ReceiveWindow::Loss &loss : receiver.window.takeLosses()) {
            for (int i = 0; i < int(m_senders.size()); ++i) {
                if (m_senders[std::size_t(i)]->node != loss.node)
                    continue;
                const std::pair stream(i, loss.topic == "a" ? 0 : 1);
                receiver.lost[stream] += loss.count;
            }
        }
        QByteArray frame;
        while (receiver.window.takeReleased(&frame)) {
            const Event event = eventOf(frame);
            receiver.heard[{event.sender, event.topic}].append(event.sequence);
        }
    }

    void answer(const Message &message)
    {
        if (std::find(m_alive.begin(), m_alive.end(), message.to) == m_alive.end())
            return;
        TransmitWindow<QByteArray> &window = m_senders[std::size_t(message.to)]->window;
        if (message.kind == Message::Announce) {
            for (const auto &head : window.heads({"a", "b"}, 1000)) {
                Message answer = messageOf(message.to, head);
                answer.to = message.from;
                postTo(answer);
            }
            return;
        }
        const QByteArray &topic = message.request.topic;
        Message answer{.kind = Message::Answer, .to = message.from, .from = message.to, .first = window.first(topic)};
        answer.request = message.request;
        answer.event.topic = topic == "a" ? 0 : 1;
        if (message.request.missing.empty()) {
            answer.base = window.lastBefore(topic, message.request.since);
            postTo(answer);
            return;
        }
        if (message.request.missing.front().first < answer.first)
            postTo(answer);
        for (const ReceiveWindow::Range &range : message.request.missing) {
            for (quint64 sequence = std::max(range.first, answer.first); sequence <= range.last; ++sequence) {
                const QByteArray *frame = window.find(topic, sequence);
                if (!frame)
                    break;
                const Message repair{
                    .kind = Message::Repair, .to = message.from, .from = message.to, .event = eventOf(*frame)};
                if (range.last - range.first < 2)
                    post(repair); // for all
                else
                    postTo(repair);
            }
        }
    }

    void fail(int receiver, int sender, int topic, const char *what)
    {
        const auto stream = std::pair(sender, topic);
        const Receiver &of = *m_receivers[std::size_t(receiver)];
        QByteArray heard;
        for (const quint64 sequence : of.heard.value(stream))
            heard += QByteArray::number(sequence) + ' ';
        if (m_failure.isEmpty()) {
            m_failure = QByteArray(what) + ": receiver " + QByteArray::number(receiver) + ", ready since "
                + QByteArray::number(of.readySince) + ", of sender " + QByteArray::number(sender) + ", topic "
                + topicOf(topic) + " heard " + heard + "and was told of " + QByteArray::number(of.lost.value(stream))
                + " lost; the head is " + QByteArray::number(m_senders[std::size_t(sender)]->head[topic]) + ", sent at";
            for (const Milliseconds time : m_senders[std::size_t(sender)]->times[topic])
                m_failure += ' ' + QByteArray::number(time);
        }
    }

    void check()
    {
        for (int i = 0; i < m_conditions.receivers; ++i) {
            const Receiver &receiver = *m_receivers[std::size_t(i)];
            for (int sender = 0; sender < int(m_senders.size()); ++sender) {
                for (int topic = 0; topic < m_conditions.topics; ++topic)
                    check(i, receiver, sender, topic);
            }
            if (receiver.window.heldEvents() != 0 || receiver.window.heldBytes() != 0)
                fail(i, 0, 0, "something is still held");
        }
    }

    void check(int i, const Receiver &receiver, int from, int topic)
    {
        const Sender &sender = *m_senders[std::size_t(from)];
        const QList<quint64> heard = receiver.heard.value({from, topic});
        if (!std::is_sorted(heard.begin(), heard.end(), std::less_equal<>()))
            return fail(i, from, topic, "doubled or out of order");
        const quint64 lost = receiver.lost.value({from, topic});
        const bool isAlive = std::find(m_alive.begin(), m_alive.end(), from) != m_alive.end();
        const auto &times = sender.times[topic];
        const auto firstOwed = std::find_if(times.begin(), times.end(), [&](Milliseconds time) {
            return receiver.isReady && time >= receiver.readySince;
        });
        const quint64 owedFrom = quint64(firstOwed - times.begin()) + 1; // one past the head: nothing
        if (!isAlive) { // what it sent last may be gone with it, without a trace
            if (!heard.isEmpty() && heard.last() - heard.first() + 1 > quint64(heard.size()) + lost)
                fail(i, from, topic, "a gap that was not told");
            return;
        }
        const bool isSmall = m_conditions.replay.events < 100;
        if (!isSmall && lost > 0)
            return fail(i, from, topic, "lost although the sender has it");
        if (owedFrom > sender.head[topic]) { // and if one was heard all the same, what follows it counts
            if (lost > (heard.isEmpty() ? 0 : sender.head[topic] + 1 - heard.first() - quint64(heard.size())))
                fail(i, from, topic, "told of a loss where nothing was owed");
            return;
        }
        if (!isSmall) {
            if (heard.isEmpty() || heard.first() > owedFrom || heard.last() != sender.head[topic])
                return fail(i, from, topic, "not all that it was owed");
            if (heard.last() - heard.first() + 1 != quint64(heard.size()))
                return fail(i, from, topic, "a gap");
            return;
        }
        // What is not kept any more is told, exactly. Only where the stream began before the receiver was ready, and no head of
        // that time has reached it, what is missing before the first one that was heard may be told as less than it is.
        const quint64 first = heard.isEmpty() ? sender.head[topic] + 1 : heard.first();
        const quint64 missing = sender.head[topic] + 1 - first - quint64(heard.size());
        const quint64 missingBefore = first > owedFrom ? first - owedFrom : 0;
        const bool isExact = owedFrom == 1 || receiver.toldBegin.contains({from, topic});
        if (lost < missing + (isExact ? missingBefore : missingBefore > 0) || lost > missing + missingBefore)
            fail(i, from, topic, "what was lost was not told exactly");
    }

    std::mt19937 m_random;
    const Conditions m_conditions;
    Milliseconds m_time = 1;
    bool m_isQuiet = false; // the schedule is over: nothing is lost any more
    quint64 m_order = 0;
    std::vector<std::unique_ptr<Sender>> m_senders;
    std::vector<int> m_alive;
    std::vector<std::unique_ptr<Receiver>> m_receivers;
    std::priority_queue<Message> m_messages;
    QByteArray m_failure;
};

Conditions conditionsOf(quint32 seed)
{
    std::mt19937 random(seed);
    const auto below = [&](int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random); };
    static constexpr int percents[] = {0, 5, 30, 70};
    Conditions conditions{
        .senders = 1 + below(2),
        .receivers = 1 + below(2),
        .topics = 1 + below(2),
        .steps = 4 + below(25),
        .lossPercent = percents[below(4)],
        .doublePercent = percents[below(3)],
        .reorderPercent = percents[below(3)],
        .endPercent = below(2) * 15,
        .replay = {},
    };
    if (below(4) == 0)
        conditions.replay.events = 1 + below(5);
    return conditions;
}

} // namespace

class TestRecovery : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void randomSchedules();
};

void TestRecovery::randomSchedules()
{
    const PyventTests::Schedules schedules = PyventTests::schedulesFromEnvironment();
    for (int i = 0; i < schedules.count; ++i) {
        const quint32 own = schedules.seed + quint32(i);
        const QByteArray failure = Simulation(own, conditionsOf(own)).run();
        QVERIFY2(failure.isEmpty(), PyventTests::scheduleName(own) + ": " + failure);
    }
}

PYVENT_TEST(TestRecovery)

#include "tst_recovery.moc"
