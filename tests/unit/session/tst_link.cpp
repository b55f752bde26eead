// SPDX-License-Identifier: MIT
#include "session/link.h"

#include "session/session.h"
#include "support/testprogram.h"
#include "wire/control.h"
#include "wire/frame.h"

#include <QtTest/qtest.h>

#include <deque>
#include <limits>
#include <numeric>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// A connection that the test plays the server of.
class TestConnection : public Connection
{
public:
    explicit TestConnection(SendQueue &queue)
        : m_queue(queue)
    {
    }

    quint64 subscribe(const QByteArray &prefix) override
    {
        prefixes.append(prefix);
        return ++subscriptions;
    }
    void unsubscribe(const QByteArray &prefix) override { prefixes.removeOne(prefix); }
    void send(QByteArray &&frame, bool, SendQueue::Share *share) override
    {
        m_queue.append(std::move(frame), share);
        if (sendsAtOnce)
            m_queue.sent(1);
    }
    void sendControl(QByteArray &&frame, bool) override { controls.append(frame); }
    void process(Clock::time_point) override { }
    void disconnect(Clock::time_point) override { }
    bool receive(QByteArrayView *frame) override
    {
        if (arrived.empty())
            return false;
        m_received = arrived.front();
        arrived.pop_front();
        *frame = m_received;
        return true;
    }
    void awaitAcknowledgements(bool) override { }
    bool mayBeReadable() const override { return !arrived.empty(); }
    Clock::time_point deadline() const override { return Clock::time_point::max(); }
    State state() const override { return isProven ? State::Ready : State::Subscribing; }
    Way way() const override { return byWay; }
    bool provesSenders() const override { return false; }
    quint64 proven() const override { return isProven ? subscriptions : 0; }
    bool isSending() const override { return true; }
    Silence silence(Clock::time_point) const override { return Silence::None; }
    bool takeRefusal() override { return false; }

    void setLagging(bool lags) override { lagging.append(lags); }

    QByteArrayList prefixes;
    QByteArrayList controls;
    QList<bool> lagging; // what was said
    std::deque<QByteArray> arrived;
    quint64 subscriptions = 0;
    bool isProven = true;
    Way byWay = Way::Tcp;
    bool sendsAtOnce = false;

private:
    SendQueue &m_queue;
    QByteArray m_received;
};

Connection::Clock::time_point at(std::chrono::milliseconds time)
{
    return Connection::Clock::time_point(time + 1h);
}

// An event "order" of that number, of which the arguments take 1.04 MB: a list of None.
QByteArray expandingFrame(const QUuid &sender, quint64 number)
{
    QByteArray frame = "order }X" + QByteArray::fromHex("01000000") + "x](" + QByteArray(65'000, 'N') + "es.";
    appendTrailer({.nodeId = sender, .sequence = number, .time = 2000, .previous = 1000}, &frame);
    return frame;
}

// Two sessions on one link.
struct Two
{
    Two()
    {
        for (Session *session : {&one, &other}) {
            session->configure({});
            session->join(&link, at(0ms));
        }
        process(0ms);
    }

    void hear(Session *session, const QString &pattern, std::chrono::milliseconds time)
    {
        now = time;
        session->add(std::make_shared<FunctionReceiver>(
                         pattern, PyventSender::Any, [] { return true; },
                         [this, session](const PyventEvent &event) { heard[session].append(event.sequence); }),
                     {}, at(time));
        process(time);
    }
    void process(std::chrono::milliseconds time)
    {
        now = time;
        link.receive(at(time));
        for (Session *session : {&one, &other}) {
            if (session->isJoined())
                link.process(*session->seat(), at(time));
            Inbox::Arrivals finished;
            for (int i = 0; i < turns; ++i) {
                const auto turn = session->nextTurn(&finished);
                if (!turn)
                    break;
                turn->receiver->deliver(*turn->event);
            }
        }
    }
    // The event number \a sequence of a stranger's, which follows one that was sent at \a previous.
    void arrive(QByteArrayView topic, quint64 sequence, std::chrono::milliseconds previous)
    {
        QByteArray frame = topic.toByteArray() + " }.";
        appendTrailer({.nodeId = sender,
                       .sequence = sequence,
                       .time = std::chrono::microseconds(now).count(),
                       .previous = std::chrono::microseconds(previous).count()},
                      &frame);
        connection->arrived.push_back(frame);
        process(now);
    }
    // Its orders of these numbers, at 2 ms.
    void arriveAll(quint64 first, quint64 last)
    {
        for (quint64 i = first; i <= last; ++i) {
            QByteArray frame = "order }.";
            appendTrailer({.nodeId = sender, .sequence = i, .time = 2000, .previous = 1000}, &frame);
            connection->arrived.push_back(frame);
        }
        while (connection->mayBeReadable())
            process(2ms);
    }
    bool asksForMore()
    {
        process(now + 100ms);
        return std::any_of(connection->controls.cbegin(), connection->controls.cend(), [this](const QByteArray &frame) {
            return frame.startsWith(nodeTopic(sender, Control::ask));
        });
    }

    int turns = std::numeric_limits<int>::max(); // that handlers have at once
    std::chrono::milliseconds now{0};
    TestConnection *connection = nullptr;
    Link link{[this](SendQueue &queue) {
        auto made = std::make_unique<TestConnection>(queue);
        connection = made.get();
        return made;
    }};
    const WallClock wallClock = [this] { return std::chrono::microseconds(now).count(); };
    const QUuid sender = QUuid::createUuid();
    Session one{QUuid::createUuid(), wallClock, 1};
    Session other{QUuid::createUuid(), wallClock, 2};
    QHash<Session *, QList<quint64>> heard;
};

} // namespace

class TestLink : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void subscribesOnceForAll();
    void handsOutToThoseWhoHear();
    void aTopicAloneIsHandedOut();
    void isReadyForWhatAnotherHeardBefore();
    void oneNameIsNotTheBeginningOfAnother();
    void whoHasGoneIsHeardByWhoWatchesAndWhoAnswers();
    void whatIsForOthersIsNotForWhoHearsEverything_data();
    void whatIsForOthersIsNotForWhoHearsEverything();
    void whatIsSentAtOnceIsOnlyAnnounced_data();
    void whatIsSentAtOnceIsOnlyAnnounced();
    void saysThatASessionLags();
    void keepsWhatCannotBeDeliveredYet();
    void asksForWhatItCouldNotKeep();
    void handsOutWhatItHasKept();
    void readsNoMoreThanATurnMay();
    void countsWhatEventsExpandTo();
    void whatWasHeldComesBeforeWhatIsKept();
    void tellsOnceThatAnEventWasRefused();
};

// The sender is told at once and everybody later, where it may be that the sender was not told.
void TestLink::tellsOnceThatAnEventWasRefused()
{
    Two bus;
    const Control::Refused refused{
        .node = bus.one.uuid(), .topic = "order", .reason = Control::Refused::NotPermitted, .count = 1};
    const auto told = [&](const QByteArray &frame, Session *session) {
        if (!frame.isEmpty())
            bus.connection->arrived.push_back(frame);
        bus.process(bus.now + 1ms);
        int errors = 0;
        int refusals = 0;
        while (const auto item = session->news().take()) {
            const auto *const error = std::get_if<PyventError>(&*item);
            errors += error && error->code == PyventError::EventRefused;
            refusals += std::holds_alternative<News::Refusal>(*item);
        }
        return std::pair(errors, refusals);
    };
    QCOMPARE(told(refused.toFrame(bus.one.uuid()), &bus.one), std::pair(1, 0));
    QCOMPARE(told(refused.toFrame(), &bus.one), std::pair(0, 1));
    QCOMPARE(told({}, &bus.other), std::pair(0, 1)); // which has heard the same
    QCOMPARE(told(refused.toFrame(), &bus.one), std::pair(1, 1));
    QCOMPARE(told(refused.toFrame(bus.one.uuid()), &bus.one), std::pair(1, 0));
}

void TestLink::subscribesOnceForAll()
{
    Two bus;
    const qsizetype before = bus.connection->prefixes.size();
    bus.hear(&bus.one, u"order"_s, 1ms);
    bus.hear(&bus.other, u"order"_s, 2ms);
    bus.hear(&bus.other, u"order*"_s, 3ms);
    QCOMPARE(bus.connection->prefixes.sliced(before), (QByteArrayList{"order", "order"})); // the name, and the glob
    bus.other.leave(at(4ms));
    QCOMPARE(bus.connection->prefixes.count("order"), 1);
    bus.one.leave(at(5ms));
    QVERIFY(bus.connection->prefixes.isEmpty());
}

void TestLink::handsOutToThoseWhoHear()
{
    Two bus;
    bus.hear(&bus.one, u"order"_s, 1ms);
    bus.hear(&bus.other, u"order-*"_s, 1ms);
    bus.now = 2ms;
    bus.arrive("order", 1, 0ms);
    bus.arrive("order-food", 1, 0ms);
    bus.arrive("orders", 1, 0ms);
    QCOMPARE(bus.heard.value(&bus.one), QList<quint64>{1});
    QCOMPARE(bus.heard.value(&bus.other), QList<quint64>{1});
}

void TestLink::aTopicAloneIsHandedOut()
{
    Two bus;
    bus.hear(&bus.one, u"order"_s, 1ms);
    bus.connection->arrived.push_back("order"); // with no arguments, and no space
    bus.process(2ms);
    QCOMPARE(bus.heard.value(&bus.one), QList<quint64>{0});
}

// The server has known the subscription for long, so that nothing tells the second session that its own is active.
void TestLink::isReadyForWhatAnotherHeardBefore()
{
    Two bus;
    bus.hear(&bus.one, u"order"_s, 1ms);
    bus.hear(&bus.other, u"order"_s, 10ms);
    QCOMPARE(bus.other.state(), Session::State::Ready);
    bus.now = 30ms;
    bus.arrive("order", 7, 20ms); // number 6 was sent while both were ready
    QVERIFY(bus.heard.value(&bus.other).isEmpty());
    QVERIFY(bus.asksForMore());
}

void TestLink::oneNameIsNotTheBeginningOfAnother()
{
    Two bus;
    bus.hear(&bus.one, u"order"_s, 1ms);
    bus.hear(&bus.one, u"order-food"_s, 100ms);
    bus.now = 110ms;
    bus.arrive("order-food", 7, 50ms); // number 6 was sent before anybody here heard that name
    QCOMPARE(bus.heard.value(&bus.one), QList<quint64>{7});
    QVERIFY(!bus.asksForMore());
}

// One subscription is the beginning of the other.
void TestLink::whoHasGoneIsHeardByWhoWatchesAndWhoAnswers()
{
    struct Part : SessionPart
    {
        void stateChanged(SessionState, Clock::time_point) override { }
        void heard(const Control::Message &message, Clock::time_point) override
        {
            gone += message.kind == Control::Kind::Gone;
        }
        void isThere(const QUuid &node) override { there.append(node); }
        void wasRefused(const QByteArray &, const QString &) override { }
        void process(Clock::time_point) override { }
        Clock::time_point deadline() const override { return Clock::time_point::max(); }

        int gone = 0;
        QList<QUuid> there;
    };
    Part part;
    Two bus;
    bus.one.setPart(&part);
    bus.one.declare(presenceTopic(Control::gone));
    bus.other.watch(at(1ms));
    PyventNodeInfo node;
    node.uuid = bus.sender;
    bus.connection->arrived.push_back(Presence::toWatchers(node));
    bus.process(2ms);
    QCOMPARE(bus.other.others().size(), 1);
    bus.connection->arrived.push_back(Control::Gone{bus.sender, Control::Gone::Lost}.toFrame());
    bus.process(3ms);
    QCOMPARE(bus.other.others().size(), 0);
    QCOMPARE(part.gone, 1);
    // Who is asked answers.
    bus.one.askWhetherThere(bus.other.uuid(), "order");
    bus.connection->arrived.push_back(bus.connection->controls.takeLast());
    bus.process(4ms);
    bus.connection->arrived.push_back(bus.connection->controls.takeLast());
    bus.process(5ms);
    QCOMPARE(part.there, QList<QUuid>{bus.other.uuid()});
    bus.one.setPart(nullptr);
}

void TestLink::whatIsForOthersIsNotForWhoHearsEverything_data()
{
    QTest::addColumn<bool>("isAlone");
    QTest::newRow("alone on its link") << true;
    QTest::newRow("with another") << false;
}

void TestLink::whatIsForOthersIsNotForWhoHearsEverything()
{
    QFETCH(const bool, isAlone);
    Two bus;
    if (isAlone)
        bus.other.leave(at(0ms));
    bus.hear(&bus.one, u"*"_s, 1ms);
    QVERIFY(bus.one.send(u"order"_s, {}, {}, at(2ms)));
    const auto isAnswered = [&](const QUuid &asked) {
        bus.connection->controls.clear();
        const Control::Ask question{.asker = bus.sender, .topic = "order", .missing = {{1, 1}}};
        bus.connection->arrived.push_back(question.toFrame(asked));
        bus.now += 1s;
        bus.link.receive(at(bus.now));
        bus.link.process(*bus.one.seat(), at(bus.now));
        return std::any_of(bus.connection->controls.cbegin(), bus.connection->controls.cend(),
                           [](const QByteArray &frame) { return frame.first(frame.indexOf(' ')).endsWith("/repair"); });
    };
    QVERIFY(isAnswered(bus.one.uuid()));
    QVERIFY(!isAnswered(QUuid::createUuid()));
}

// From when half of what may wait does, until it is a quarter.
void TestLink::whatIsSentAtOnceIsOnlyAnnounced_data()
{
    QTest::addColumn<bool>("isLane");
    QTest::addColumn<bool>("sendsAtOnce");
    QTest::addColumn<bool>("isDueAtOnce");
    QTest::newRow("lane, gone out") << true << true << false;
    QTest::newRow("lane, waits") << true << false << true;
    QTest::newRow("ZeroMQ, whose descriptor may have forgotten its news") << false << true << true;
}

// A turn of the event loop for each event that a handler sends would double what a round trip costs.
void TestLink::whatIsSentAtOnceIsOnlyAnnounced()
{
    QFETCH(const bool, isLane);
    QFETCH(const bool, sendsAtOnce);
    QFETCH(const bool, isDueAtOnce);
    Two bus;
    bus.connection->byWay = isLane ? Connection::Way::Lane : Connection::Way::Tcp;
    bus.connection->sendsAtOnce = sendsAtOnce;
    bus.connection->controls.clear(); // that both are here
    bus.process(3s);
    bus.connection->arrived.push_back(bus.connection->controls.last()); // by which it looks whether the server is one
    bus.process(3s);
    QVERIFY(bus.link.deadline() > at(1h));
    QVERIFY(bus.one.send(u"order"_s, {}, {}, at(4s)));
    QCOMPARE(bus.one.seat()->isTouched, isDueAtOnce);
    QCOMPARE(bus.link.deadline() <= at(4s), isDueAtOnce);
    QVERIFY(bus.link.deadline() <= at(4s + 100ms)); // what was the newest is told
    bus.process(1s + 100ms);
    QCOMPARE(bus.connection->controls.size(), 1);
}

void TestLink::saysThatASessionLags()
{
    Two bus;
    bus.hear(&bus.one, u"order"_s, 1ms);
    bus.turns = 0;
    const auto arrive = [&](quint64 first, quint64 last) { bus.arriveAll(first, last); };
    arrive(1, 49'999);
    QVERIFY(bus.connection->lagging.isEmpty());
    arrive(50'000, 50'001);
    QCOMPARE(bus.connection->lagging, QList<bool>{true});
    bus.turns = 20'000;
    bus.process(3ms);
    bus.process(4ms);
    QCOMPARE(bus.connection->lagging, QList<bool>{true});
    QVERIFY(bus.link.deadline() <= at(4ms)); // it is not long until that is said
    bus.process(5ms);
    QCOMPARE(bus.connection->lagging, (QList<bool>{true, false}));
    QCOMPARE(bus.heard[&bus.one].size(), 50'001);

    bus.turns = 0;
    arrive(50'002, 110'000);
    bus.one.leave(at(6ms));
    QCOMPARE(bus.connection->lagging, (QList<bool>{true, false, true, false}));
}

// What an inbox full of events has no room for is read when they are delivered: in order, once, and by nobody who came later.
void TestLink::keepsWhatCannotBeDeliveredYet()
{
    Two bus;
    bus.hear(&bus.one, u"order"_s, 1ms);
    bus.turns = 0;
    const auto arrive = [&](quint64 first, quint64 last) {
        bus.arriveAll(first, last);
        bus.connection->arrived.push_back("order }."); // a Python node's, without a number
        bus.process(2ms);
    };
    arrive(1, 150'000);
    QList<quint64> late;
    bus.one.add(std::make_shared<FunctionReceiver>(
                    u"order"_s, PyventSender::Any, [] { return true; },
                    [&](const PyventEvent &event) { late.append(event.sequence); }),
                {}, at(2ms));
    arrive(150'001, 150'010);
    QVERIFY(!bus.asksForMore());
    bus.turns = std::numeric_limits<int>::max();
    bus.process(3s);
    QList<quint64> expected(150'000);
    std::iota(expected.begin(), expected.end(), 1);
    expected.append(0);
    QList<quint64> expectedLate(10);
    std::iota(expectedLate.begin(), expectedLate.end(), 150'001);
    expectedLate.append(0);
    QCOMPARE(late, expectedLate);
    QVERIFY(bus.heard[&bus.one] == expected + expectedLate);
    arrive(150'011, 150'011);
    QCOMPARE(bus.heard[&bus.one].sliced(150'000 + 12), (QList<quint64>{150'011, 0}));
}

// What could not even be kept is missing, although nothing comes after it and its sender has ended: it is asked for when there is room
// again, and not before.
void TestLink::asksForWhatItCouldNotKeep()
{
    Two bus;
    bus.hear(&bus.one, u"order"_s, 1ms);
    bus.turns = 0;
    const QByteArray text(1024 * 1024, 'x');
    const auto arrive = [&](quint64 number) {
        QByteArray frame =
            "order }X" + QByteArray::fromHex("01000000") + "xB" + QByteArray::fromHex("00001000") + text + "s.";
        appendTrailer({.nodeId = bus.sender, .sequence = number, .time = 2000, .previous = 1000}, &frame);
        bus.connection->arrived.push_back(frame);
        bus.process(2ms);
    };
    constexpr quint64 more = 330;
    for (quint64 i = 1; i <= more; ++i)
        arrive(i);
    QVERIFY(!bus.asksForMore());
    bus.process(5min); // nobody waits for an answer either
    QVERIFY(!bus.asksForMore());
    bus.turns = std::numeric_limits<int>::max();
    bus.process(6min);
    const auto heard = quint64(bus.heard[&bus.one].size());
    QVERIFY2(heard > 300 && heard < more, qPrintable(QString::number(heard)));
    QVERIFY(bus.asksForMore());
    for (quint64 i = heard + 1; i <= more; ++i)
        arrive(i); // which it would be as a repair
    QCOMPARE(quint64(bus.heard[&bus.one].size()), more);
    bus.connection->controls.clear();
    QVERIFY(!bus.asksForMore());
}

// Handlers may end with what it has kept, and so user code run: the one who leaves is to end that.
void TestLink::handsOutWhatItHasKept()
{
    Two bus;
    bus.hear(&bus.one, u"order"_s, 1ms);
    bus.turns = 0;
    bus.arriveAll(1, 100'005);
    const Session::Left left = bus.one.leave(at(3ms));
    QCOMPARE(left.arrivals.size(), std::size_t(100'005));
    QVERIFY(!bus.one.hasTurns());
}

// 8 MiB, or 3 ms.
void TestLink::readsNoMoreThanATurnMay()
{
    Two bus;
    bus.hear(&bus.one, u"order"_s, 1ms);
    quint64 number = 0;
    const auto leaves = [&](TurnBudget budget) {
        while (bus.connection->arrived.size() < 20)
            bus.connection->arrived.push_back(expandingFrame(bus.sender, ++number));
        bus.link.receive(at(2ms), &budget);
        return bus.connection->arrived.size();
    };
    QCOMPARE(leaves({}), std::size_t(11));
    QCOMPARE(leaves({at(0ms), [] { return at(3ms); }}), std::size_t(19));
    QCOMPARE(leaves({at(0ms), [] { return at(2ms); }}), std::size_t(11));
    while (bus.connection->mayBeReadable())
        bus.process(2ms);
    QCOMPARE(quint64(bus.heard[&bus.one].size()), number);
}

// Not the frames.
void TestLink::countsWhatEventsExpandTo()
{
    Two bus;
    bus.hear(&bus.one, u"order"_s, 1ms);
    bus.turns = 0;
    const auto arrive = [&](quint64 first, quint64 last) {
        for (quint64 i = first; i <= last; ++i)
            bus.connection->arrived.push_back(expandingFrame(bus.sender, i));
        while (bus.connection->mayBeReadable())
            bus.process(2ms);
    };
    arrive(1, 32);
    QVERIFY(bus.connection->lagging.isEmpty());
    arrive(33, 34); // half of 64 MiB
    QCOMPARE(bus.connection->lagging, QList<bool>{true});
    arrive(35, 100);
    bus.turns = std::numeric_limits<int>::max();
    bus.process(3ms);
    QList<quint64> expected(100);
    std::iota(expected.begin(), expected.end(), 1);
    QCOMPARE(bus.heard[&bus.one], expected);
    QVERIFY(!bus.asksForMore());
}

void TestLink::whatWasHeldComesBeforeWhatIsKept()
{
    Two bus;
    bus.hear(&bus.one, u"order"_s, 1ms);
    bus.turns = 0;
    const auto arrive = [&](quint64 number) {
        bus.connection->arrived.push_back(expandingFrame(bus.sender, number));
        bus.process(2ms);
    };
    for (quint64 i = 1; i <= 70; ++i)
        arrive(i);
    for (const quint64 number : {72, 73, 71, 74})
        arrive(number);
    bus.turns = std::numeric_limits<int>::max();
    bus.process(3ms);
    QList<quint64> expected(74);
    std::iota(expected.begin(), expected.end(), 1);
    QCOMPARE(bus.heard[&bus.one], expected);
}

PYVENT_TEST(TestLink)

#include "tst_link.moc"
