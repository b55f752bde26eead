// SPDX-License-Identifier: MIT
#include "server/sharing.h"

#include "support/testprogram.h"
#include "wire/frame.h"

#include <QtTest/qtest.h>

#include <algorithm>
#include <random>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr quint64 firstId = 1000;

QUuid node(quint32 number)
{
    return QUuid(number + 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}

QByteArray key(const QByteArray &pattern = "job", const QByteArray &name = "w")
{
    return ShareGroup{name, pattern, {}}.key();
}

// An event of node \a of; with number 0, as Python's, which have no trailer.
QByteArray work(quint64 number, quint32 of = 9, const QByteArray &topic = "job", qsizetype bytes = 10)
{
    QByteArray frame = topic + ' ' + QByteArray(bytes, 'x') + '.';
    if (number > 0)
        appendTrailer({.nodeId = node(of), .sequence = number}, &frame);
    return frame;
}

QByteArray text(const std::vector<Control::Range> &ranges)
{
    QByteArray text;
    for (const Control::Range &range : ranges) {
        text += (text.isEmpty() ? "" : ",") + QByteArray::number(range.first);
        if (range.last != range.first)
            text += '-' + QByteArray::number(range.last);
    }
    return text;
}

// What is given and told, each in a line: "a.1 gets 5", with "!" if it may have been given before; "9 has 1-5 but 3", "9 has no more";
// "9 loses 1".
class Told : public Sharing::Bus
{
public:
    struct Given
    {
        Sharing::Client client;
        QUuid node;
        quint32 member;
        quint64 id;
        quint64 number;
    };

    bool mayShare(Sharing::Client client, QByteArrayView) const override { return client != deaf; }
    bool hasRoomFor(Sharing::Client client, qsizetype) const override { return client != full; }
    void give(Sharing::Client client, const QUuid &node, const Control::Share &share) override
    {
        const Frame frame = parseFrame(share.frame);
        const quint64 number = frame.trailerState == TrailerState::Read ? frame.trailer.sequence : 0;
        given.push_back({client, node, share.member, share.id, number});
        lines.append(names.value(client) + '.' + QByteArray::number(share.member) + " gets "
                     + QByteArray::number(number) + (share.isRedelivered ? "!" : ""));
    }
    void tellMember(Sharing::Client client, const Control::Membership &membership) override
    {
        ++memberships;
        if (!membership.isTaken)
            lines.append(names.value(client) + '.' + QByteArray::number(membership.number) + " is one too many");
    }
    void tellSender(const Control::Unfinished &said) override
    {
        unfinished[said.node] = said;
        QByteArray line = QByteArray::number(said.node.data1 - 1) + " has ";
        if (said.isEnd)
            line += "no more";
        else
            line += QByteArray::number(said.first) + '-' + QByteArray::number(said.last)
                + (said.ranges.empty() ? "" : " but " + text(said.ranges))
                + (said.finished.empty() ? "" : " and " + text(said.finished));
        saidToSenders.append(line);
    }
    void isLost(const QUuid &sender, QByteArrayView, qint64 count, const QString &why) override
    {
        lost += count;
        reasons.append(why);
        lines.append((sender.isNull() ? "python" : QByteArray::number(sender.data1 - 1)) + " loses "
                     + QByteArray::number(count));
    }

    QByteArrayList take() { return std::exchange(lines, {}); }
    QByteArray lastSaid() const { return saidToSenders.isEmpty() ? QByteArray() : saidToSenders.last(); }

    Sharing::Client deaf = nullptr;
    Sharing::Client full = nullptr;
    QHash<Sharing::Client, QByteArray> names;
    QHash<QUuid, Control::Unfinished> unfinished;
    std::vector<Given> given;
    QByteArrayList lines;
    QByteArrayList saidToSenders;
    QStringList reasons;
    qint64 lost = 0;
    int memberships = 0;
};

struct SharingBus
{
    explicit SharingBus(const Sharing::Limits &limits = {})
        : sharing(&told, firstId, limits)
    {
        told.names = {{&a, "a"}, {&b, "b"}, {&c, "c"}};
    }

    quint32 numberOf(const char &client) const { return &client == &a ? 1 : &client == &b ? 2 : 3; }
    Control::Member member(const char &client, quint32 number = 1, const QByteArray &group = key()) const
    {
        return {node(numberOf(client)), number, group};
    }
    void join(const char &client, quint32 number = 1, const QByteArray &group = key())
    {
        sharing.add(&client, member(client, number, group));
        sharing.atWork({node(numberOf(client)), number, {}});
    }
    void finish(std::size_t index)
    {
        const Told::Given &given = told.given[index];
        sharing.finished({given.node, given.id});
    }
    void finishLast() { finish(told.given.size() - 1); }
    Control::AtWork atWork(const char &client, quint64 id, quint64 number, bool isFinished = false) const
    {
        return {node(numberOf(client)), 1, {{id, "job", number ? node(9) : QUuid(), number, isFinished}}};
    }
    void pass(std::chrono::milliseconds time = 0ms)
    {
        const auto until = now + time;
        for (int turns = 0; sharing.deadline() <= until && turns < 1000; ++turns) {
            now = std::max(now, sharing.deadline());
            sharing.process(now);
        }
        now = until;
        sharing.process(now);
    }
    bool isAtRest() const { return sharing.bytes() == 0; }

    char a = 0;
    char b = 0;
    char c = 0;
    Told told;
    Sharing sharing;
    Sharing::Clock::time_point now{std::chrono::hours(1)};
};

using Lines = QByteArrayList;

} // namespace

class TestSharingLogic : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    // To whoever is free, and longest without one; who is at work gets nothing more.
    void isFairAndGivesOneAtATime()
    {
        SharingBus bus;
        bus.join(bus.a);
        bus.join(bus.b);
        for (quint64 i = 1; i <= 5; ++i)
            bus.sharing.offer(work(i));
        QCOMPARE(bus.told.take(), (Lines{"a.1 gets 1", "b.1 gets 2"}));
        bus.finish(1);
        QCOMPARE(bus.told.take(), (Lines{"b.1 gets 3"}));
        bus.join(bus.c);
        QCOMPARE(bus.told.take(), (Lines{"c.1 gets 4"}));
        bus.finish(0);
        QCOMPARE(bus.told.take(), (Lines{"a.1 gets 5"}));
        bus.finish(2); // b is free for longest from here on
        bus.finish(3);
        bus.finish(4);
        QCOMPARE(bus.told.take(), Lines());
        for (quint64 i = 6; i <= 8; ++i)
            bus.sharing.offer(work(i));
        QCOMPARE(bus.told.take(), (Lines{"b.1 gets 6", "c.1 gets 7", "a.1 gets 8"}));
        for (std::size_t i = 5; i < 8; ++i)
            bus.finish(i);
        bus.pass();
        QCOMPARE(bus.told.lastSaid(), "9 has 1-8");
        QVERIFY(bus.isAtRest());
    }

    void groupsHearBySameNameOnly()
    {
        SharingBus bus;
        bus.join(bus.a, 1, key("job"));
        bus.join(bus.b, 1, key("j*"));
        bus.join(bus.c, 1, key("job", "other"));
        bus.sharing.offer(work(1));
        QByteArrayList told = bus.told.take();
        std::sort(told.begin(), told.end());
        QCOMPARE(told, (Lines{"a.1 gets 1", "b.1 gets 1", "c.1 gets 1"}));
        bus.sharing.offer(work(1, 9, "jobs"));
        QCOMPARE(bus.told.take(), Lines());
        bus.finish(0);
        bus.finish(1);
        bus.finish(2);
        QCOMPARE(bus.told.take(), (Lines{"b.1 gets 1"}));
        bus.sharing.offer(work(1, 9, "x"));
        QCOMPARE(bus.told.take(), Lines());
        bus.finishLast();
        QVERIFY(bus.isAtRest());
    }

    // Of Python's, which have no numbers.
    void eventsWithoutNumbersAreShared()
    {
        SharingBus bus;
        bus.join(bus.a);
        for (int i = 0; i < 3; ++i)
            bus.sharing.offer(work(0));
        for (std::size_t i = 0; i < 3; ++i)
            bus.finish(i);
        bus.pass();
        QCOMPARE(bus.told.take(), (Lines{"a.1 gets 0", "a.1 gets 0", "a.1 gets 0"}));
        QVERIFY(bus.told.saidToSenders.isEmpty());
        QVERIFY(bus.isAtRest());
    }

    // A member is gone before, in, and after its work.
    void goesToAnotherOneWhenItsMemberIsGone()
    {
        SharingBus bus;
        bus.join(bus.a);
        bus.sharing.offer(work(1));
        bus.sharing.offer(work(2));
        bus.join(bus.b);
        QCOMPARE(bus.told.take(), (Lines{"a.1 gets 1", "b.1 gets 2"}));
        bus.sharing.left(&bus.a);
        bus.pass(499ms);
        bus.finish(1);
        QCOMPARE(bus.told.take(), Lines());
        bus.pass(2ms);
        QCOMPARE(bus.told.take(), (Lines{"b.1 gets 1!"}));
        bus.finish(0); // too late: it is b's now
        bus.pass();
        QCOMPARE(bus.told.lastSaid(), "9 has 1-2 but 1");
        bus.finishLast();
        bus.pass();
        QCOMPARE(bus.told.lastSaid(), "9 has 1-2");
        bus.sharing.left(&bus.b);
        bus.pass(1s);
        QCOMPARE(bus.told.take(), Lines());
        QVERIFY(bus.isAtRest());
    }

    // What waits first has its turn first, with what comes back before it, in order.
    void comesBackInOrder()
    {
        SharingBus bus;
        bus.join(bus.a);
        bus.join(bus.b);
        for (quint64 i = 1; i <= 4; ++i)
            bus.sharing.offer(work(i));
        bus.sharing.left(&bus.a);
        bus.sharing.left(&bus.b);
        bus.pass(600ms);
        bus.told.take();
        bus.join(bus.c);
        for (std::size_t i = 2; i < 6; ++i)
            bus.finish(i);
        QCOMPARE(bus.told.take(), (Lines{"c.1 gets 1!", "c.1 gets 2!", "c.1 gets 3", "c.1 gets 4"}));
        QVERIFY(bus.isAtRest());
    }

    // What it has finished last may come behind its end.
    void waitsForTheLastWord()
    {
        SharingBus bus;
        bus.join(bus.a);
        bus.join(bus.b);
        bus.sharing.offer(work(1));
        bus.sharing.remove(&bus.a, bus.member(bus.a));
        bus.pass(400ms);
        bus.finish(0);
        bus.pass(10s);
        QCOMPARE(bus.told.take(), (Lines{"a.1 gets 1"}));
        QCOMPARE(bus.told.lastSaid(), "9 has 1-1");
        QVERIFY(bus.isAtRest());
    }

    // Whoever declares a member of another's node does not know its token, and takes nothing of what it says.
    void nobodyTakesTheWordOfOthers()
    {
        SharingBus bus;
        Control::Member honest = bus.member(bus.a);
        honest.token = 77;
        bus.sharing.add(&bus.a, honest);
        bus.sharing.add(&bus.b, bus.member(bus.a));
        bus.sharing.atWork({.node = node(1), .number = 1, .token = 77});
        bus.sharing.offer(work(1));
        bus.sharing.offer(work(2));
        QCOMPARE(bus.told.take(), (Lines{"a.1 gets 1"}));
        bus.finish(0);
        QCOMPARE(bus.told.take(), (Lines{"a.1 gets 2"}));
    }

    void nobodyFinishesForOthers()
    {
        SharingBus bus;
        bus.join(bus.a);
        bus.sharing.offer(work(1));
        bus.sharing.finished({node(2), bus.told.given[0].id});
        bus.sharing.finished({node(1), 77});
        bus.sharing.offer(work(2));
        QCOMPARE(bus.told.take(), (Lines{"a.1 gets 1"}));
        bus.finish(0);
        bus.finish(0); // twice
        QCOMPARE(bus.told.take(), (Lines{"a.1 gets 2"}));
    }

    // An event with which every member is lost.
    void givesUpAPoisonousEvent()
    {
        SharingBus bus;
        bus.join(bus.c);
        bus.sharing.offer(work(1));
        bus.sharing.offer(work(2));
        for (int i = 0; i < 4; ++i) {
            bus.sharing.left(&bus.c);
            bus.pass(600ms);
            bus.join(bus.c);
        }
        QCOMPARE(bus.told.take(), (Lines{"c.1 gets 1", "c.1 gets 1!", "c.1 gets 1!", "c.1 gets 1!", "c.1 gets 1!"}));
        bus.sharing.left(&bus.c);
        bus.pass(600ms);
        QCOMPARE(bus.told.take(), (Lines{"9 loses 1"}));
        QVERIFY2(bus.told.reasons.last().contains(u"5 members"_s), qPrintable(bus.told.reasons.last()));
        QCOMPARE(bus.told.lastSaid(), "9 has 1-2 but 2");
        bus.join(bus.a);
        QCOMPARE(bus.told.take(), (Lines{"a.1 gets 2"}));
        bus.finishLast();
        QVERIFY(bus.isAtRest());
    }

    // A connection breaks, and what was not acknowledged is sent again.
    void takesAnEventOnce()
    {
        SharingBus bus;
        bus.join(bus.a);
        for (const quint64 number : {1, 2, 3, 2, 3, 4, 4, 1})
            bus.sharing.offer(work(number));
        for (std::size_t i = 0; i < 4; ++i)
            bus.finish(i);
        bus.sharing.offer(work(3));
        bus.sharing.offerAgain({key(), work(4)});
        bus.pass(5s);
        QCOMPARE(bus.told.take(), (Lines{"a.1 gets 1", "a.1 gets 2", "a.1 gets 3", "a.1 gets 4"}));
        QCOMPARE(bus.told.lastSaid(), "9 has 1-4");
        QVERIFY(bus.isAtRest());
    }

    void bytesAreBounded()
    {
        SharingBus bus({.groupBytes = 3000, .allBytes = 5000});
        bus.join(bus.a);
        bus.join(bus.b, 1, key("job", "other"));
        QVERIFY(!bus.sharing.isBehind("job"));
        for (quint64 i = 1; i <= 10; ++i)
            bus.sharing.offer(work(i, 9, "job", 500));
        QVERIFY(bus.sharing.bytes() <= 5000);
        QVERIFY(bus.sharing.bytes() > 4000);
        QVERIFY(bus.sharing.isBehind("job"));
        QVERIFY(bus.sharing.isBehind());
        const qint64 lost = bus.told.lost;
        QVERIFY(lost > 0);
        QVERIFY(bus.told.reasons.last().contains(u"too far behind"_s));
        for (std::size_t i = 0; i < bus.told.given.size(); ++i)
            bus.finish(i);
        QVERIFY(bus.isAtRest());
        QCOMPARE(qint64(bus.told.given.size()) + lost, 20);
        QVERIFY(!bus.sharing.isBehind("job"));
        bus.pass();
        QCOMPARE(bus.told.lastSaid(), "9 has 1-10"); // what is lost was told
    }

    void groupsMembersAndStreamsAreBounded()
    {
        SharingBus bus({.groups = 2, .membersOfClient = 2, .streams = 3});
        bus.join(bus.a, 1, key("a"));
        bus.join(bus.a, 2, key("b"));
        bus.join(bus.a, 3, key("a"));
        QCOMPARE(bus.told.take(), (Lines{"a.3 is one too many"}));
        bus.join(bus.b, 1, key("c"));
        QCOMPARE(bus.told.take(), (Lines{"b.1 is one too many"}));
        bus.sharing.remove(&bus.a, bus.member(bus.a, 2, key("b")));
        bus.join(bus.b, 1, key("*"));
        QCOMPARE(bus.told.take(), Lines());
        for (quint32 sender = 10; sender < 15; ++sender)
            bus.sharing.offer(work(1, sender, "x"));
        QCOMPARE(bus.told.take(), (Lines{"b.1 gets 1", "13 loses 1", "14 loses 1"}));
        bus.finish(0);
        bus.pass(); // a stream that is finished, and told, makes room
        bus.sharing.offer(work(2, 13, "x"));
        for (std::size_t i = 1; i < 4; ++i)
            bus.finish(i);
        QCOMPARE(bus.told.take(), (Lines{"b.1 gets 1", "b.1 gets 1", "b.1 gets 2"}));
        QVERIFY(bus.isAtRest());
    }

    // One of two is refused, and then it is none.
    void hostileGroupsAreNone()
    {
        SharingBus bus;
        for (const QByteArray &bad : {QByteArray(), QByteArray("x"), key("a[", "w"), key("a", ""), key("", "w"),
                                      key("a", QByteArray(256, 'x')), key(QByteArray(5000, 'a'))})
            bus.join(bus.a, 1, bad);
        bus.sharing.offerAgain({"x", work(1)});
        bus.sharing.offerAgain({key("other"), work(1)});
        bus.pass(5s);
        QCOMPARE(bus.told.lost, 0);
        QVERIFY(bus.isAtRest());
    }

    // A group without members.
    void waitsForAMemberForSomeTime()
    {
        SharingBus bus;
        bus.join(bus.a);
        bus.sharing.offer(work(1));
        bus.sharing.left(&bus.a);
        bus.sharing.offer(work(2));
        bus.pass(59s);
        bus.join(bus.b);
        QCOMPARE(bus.told.take(), (Lines{"a.1 gets 1", "b.1 gets 1!"}));
        bus.sharing.left(&bus.b);
        bus.pass(59s);
        QCOMPARE(bus.told.take(), Lines());
        QVERIFY(!bus.sharing.isEmpty());
        bus.pass(2s);
        QCOMPARE(bus.told.take(), (Lines{"9 loses 2"}));
        QCOMPARE(bus.told.lastSaid(), "9 has no more");
        QVERIFY(bus.told.reasons.last().contains(u"60 s"_s));
        QVERIFY(bus.sharing.isEmpty());
        QVERIFY(bus.isAtRest());
        bus.finish(0); // of a group that is not there any more
        bus.sharing.atWork(bus.atWork(bus.a, bus.told.given[0].id, 1));
        bus.join(bus.c);
        bus.sharing.offer(work(3));
        QCOMPARE(bus.told.take(), (Lines{"c.1 gets 3"}));
    }

    // Rules let some members hear, and others not.
    void whoMayNotHearGetsNothing()
    {
        SharingBus bus;
        bus.told.deaf = &bus.a;
        bus.join(bus.a);
        bus.sharing.offer(work(1));
        QVERIFY(bus.isAtRest());
        bus.join(bus.b);
        bus.sharing.offer(work(2));
        bus.sharing.offer(work(3));
        QCOMPARE(bus.told.take(), (Lines{"b.1 gets 2"}));
        bus.finish(0);
        bus.finishLast();
        QCOMPARE(bus.told.take(), (Lines{"b.1 gets 3"}));
        QVERIFY(bus.isAtRest());
    }

    // Who does not read gets nothing more until he does.
    void whoDoesNotReadWaits()
    {
        SharingBus bus;
        bus.told.full = &bus.a;
        bus.join(bus.a);
        bus.sharing.offer(work(1));
        bus.pass(1s);
        QCOMPARE(bus.told.take(), Lines());
        bus.join(bus.b);
        QCOMPARE(bus.told.take(), (Lines{"b.1 gets 1"}));
        bus.sharing.offer(work(2));
        bus.told.full = nullptr;
        bus.pass();
        QCOMPARE(bus.told.take(), (Lines{"a.1 gets 2"}));
        bus.finish(0);
        bus.finish(1);
        QVERIFY(bus.isAtRest());
    }

    // After another server: what its senders have again, and what members have said, in every order.
    void goesOnWhereAnotherServerHasEnded_data()
    {
        QTest::addColumn<QByteArray>(
            "order"); // A: again, W: a works on it, F: a has finished it, M: member a joins, D: a finishes it
        QTest::addColumn<Lines>("says");
        QTest::newRow("nobody has it") << QByteArray("MA") << Lines{"a.1 gets 5!"};
        QTest::newRow("no member at first") << QByteArray("AM") << Lines{"a.1 gets 5!"};
        QTest::newRow("again twice") << QByteArray("MAA") << Lines{"a.1 gets 5!"};
        QTest::newRow("it works on it, before") << QByteArray("MWAD") << Lines();
        QTest::newRow("it works on it, behind") << QByteArray("MAWD") << Lines();
        QTest::newRow("it finishes before that is known") << QByteArray("MWDA") << Lines();
        QTest::newRow("it had finished, before") << QByteArray("MFA") << Lines();
        QTest::newRow("it had finished, behind") << QByteArray("MAF") << Lines();
        QTest::newRow("it says both") << QByteArray("MWFA") << Lines();
        QTest::newRow("it says it twice") << QByteArray("MFFAF") << Lines();
        QTest::newRow("it says it works when it has finished") << QByteArray("MFWA") << Lines();
        QTest::newRow("it works on it, twice") << QByteArray("MWAWD") << Lines();
    }
    void goesOnWhereAnotherServerHasEnded()
    {
        QFETCH(const QByteArray, order);
        QFETCH(const Lines, says);
        SharingBus bus;
        for (const char step : order) {
            if (step == 'A')
                bus.sharing.offerAgain({key(), work(5)});
            else if (step == 'M')
                bus.join(bus.a);
            else if (step == 'D')
                bus.sharing.finished({node(1), 77});
            else
                bus.sharing.atWork(bus.atWork(bus.a, 77, 5, step == 'F'));
            bus.pass(1ms);
        }
        bus.pass(5s);
        QCOMPARE(bus.told.take(), says);
        if (!says.isEmpty())
            bus.finishLast();
        bus.pass();
        QCOMPARE(bus.told.lastSaid(), "9 has 0-0 and 5");
        QVERIFY(bus.isAtRest());
        bus.sharing.offer(work(5)); // it was on its way twice
        bus.sharing.offer(work(6));
        bus.sharing.offer(work(7));
        bus.pass();
        QCOMPARE(bus.told.take(), (Lines{"a.1 gets 6"}));
        QCOMPARE(bus.told.lastSaid(), "9 has 6-7 but 6-7 and 5");
    }

    // Another server had given it to a member that is lost as well.
    void membersOfAnotherServerMayBeLost()
    {
        SharingBus bus;
        bus.join(bus.a);
        bus.join(bus.b);
        bus.sharing.atWork(bus.atWork(bus.a, 77, 5));
        bus.sharing.offerAgain({key(), work(5)});
        bus.sharing.left(&bus.a);
        bus.pass(1s);
        QCOMPARE(bus.told.take(), (Lines{"b.1 gets 5!"}));
        bus.finishLast();
        QVERIFY(bus.isAtRest());
        // And before the sender has sent it again.
        bus.join(bus.a);
        bus.sharing.atWork(bus.atWork(bus.a, 78, 6));
        bus.sharing.left(&bus.a);
        bus.pass(100ms);
        bus.sharing.offerAgain({key(), work(6)});
        bus.pass(1s);
        QCOMPARE(bus.told.take(), (Lines{"b.1 gets 6!"}));
        bus.finishLast();
        QVERIFY(bus.isAtRest());
        // The sender has sent it by itself, as what was not acknowledged.
        bus.join(bus.a);
        bus.sharing.atWork(bus.atWork(bus.a, 79, 7));
        bus.sharing.offer(work(7));
        bus.sharing.left(&bus.a);
        bus.pass(1s);
        QCOMPARE(bus.told.take(), (Lines{"b.1 gets 7!"}));
        bus.finishLast();
        QVERIFY(bus.isAtRest());
        // Nobody has it any more.
        bus.join(bus.a);
        bus.sharing.atWork(bus.atWork(bus.a, 80, 8));
        bus.sharing.left(&bus.a);
        bus.pass(1s);
        QCOMPARE(bus.told.take(), (Lines{"9 loses 1"}));
        QVERIFY(bus.isAtRest());
    }

    // Another connection of the member's node says what was begun by the one that has ended, or is about to.
    void goesOnWhereItsConnectionHasBroken()
    {
        for (const bool isOldGone : {true, false}) {
            SharingBus bus;
            bus.join(bus.a);
            bus.sharing.offer(work(1));
            const quint64 id = bus.told.given[0].id;
            char again = 0;
            if (isOldGone)
                bus.sharing.left(&bus.a);
            bus.sharing.add(&again, bus.member(bus.a));
            bus.sharing.atWork(bus.atWork(bus.a, id, 1));
            if (!isOldGone)
                bus.sharing.left(&bus.a);
            bus.join(bus.b);
            bus.pass(5s);
            QCOMPARE(bus.told.take(), (Lines{"a.1 gets 1"}));
            bus.sharing.offer(work(2));
            bus.sharing.offer(work(3));
            QCOMPARE(bus.told.take(), (Lines{"b.1 gets 2"})); // a is at work
            bus.finish(0);
            QCOMPARE(bus.told.take(), (Lines{".1 gets 3"}));
            bus.finish(1);
            bus.finish(2);
            QVERIFY(bus.isAtRest());
        }
    }

    // The word that it has finished was lost with half a connection.
    void isFreeWhenItSaysAgainThatItHasFinished()
    {
        SharingBus bus;
        bus.join(bus.a);
        bus.sharing.offer(work(1));
        bus.sharing.offer(work(2));
        const int memberships = bus.told.memberships;
        bus.sharing.atWork(bus.atWork(bus.a, bus.told.given[0].id, 1, true));
        QCOMPARE(bus.told.memberships, memberships + 1); // it asks whether it is known as well
        QCOMPARE(bus.told.take(), (Lines{"a.1 gets 1", "a.1 gets 2"}));
        bus.finishLast();
        QVERIFY(bus.isAtRest());
    }

    // The sender was told of a group; another server knows it before it has any events.
    void aSenderMakesItsGroupKnown()
    {
        SharingBus bus;
        bus.sharing.offerAgain({key(), "job "});
        QVERIFY(!bus.sharing.isEmpty());
        bus.sharing.offer(work(5));
        bus.pass(3s);
        QCOMPARE(bus.told.lastSaid(), "9 has 5-5 but 5");
        bus.join(bus.a);
        QCOMPARE(bus.told.take(), (Lines{"a.1 gets 5"}));
    }

    // What was told while it was away.
    void tellsASenderThatComesBack()
    {
        SharingBus bus;
        bus.join(bus.a);
        bus.sharing.offer(work(1));
        bus.sharing.offer(work(1, 8));
        bus.pass();
        bus.told.saidToSenders.clear();
        bus.pass();
        QCOMPARE(bus.told.saidToSenders, Lines());
        bus.sharing.arrived(node(9));
        bus.pass();
        QCOMPARE(bus.told.saidToSenders, (Lines{"9 has 1-1 but 1"}));
    }

    // Members may say what they like.
    void liesAreBounded()
    {
        SharingBus bus({.groupBytes = 100'000});
        bus.join(bus.a);
        for (quint64 i = 1; i < 20'000; ++i) {
            bus.sharing.atWork(bus.atWork(bus.a, i, 2 * i));
            bus.sharing.atWork(bus.atWork(bus.a, 0, 100'001 + 2 * i, true));
        }
        QVERIFY(bus.sharing.bytes() <= 100'000);
        bus.pass();
        QVERIFY(bus.told.unfinished[node(9)].finished.size() <= Control::Unfinished::most);
        bus.sharing.left(&bus.a);
        bus.pass(5s);
        QVERIFY(bus.isAtRest());
        bus.pass(61s);
        QVERIFY(bus.sharing.isEmpty());
    }

    // In any order: it never throws, comes to rest, and what it tells adds up.
    void anythingMayCome()
    {
        for (unsigned seed = 0; seed < 300; ++seed) {
            std::minstd_rand random(seed + 1);
            const auto below = [&random](unsigned bound) { return unsigned(random() >> 4) % bound; };
            SharingBus bus({.groups = 2, .membersOfClient = 3, .streams = 3, .groupBytes = 3000, .allBytes = 5000});
            const char *const clients[] = {&bus.a, &bus.b, &bus.c};
            const QByteArray keys[] = {key(), key("j*", "v"), key("job", "u")};
            for (int step = 0; step < 300; ++step) {
                const char &client = *clients[below(3)];
                const QByteArray &group = keys[below(3)];
                const quint32 number = 1 + below(2);
                const quint64 sequence = below(12);
                const quint32 sender = 9 + below(3);
                switch (below(9)) {
                case 0:
                    bus.join(client, number, group);
                    break;
                case 1:
                    bus.sharing.remove(&client, bus.member(client, number, group));
                    break;
                case 2:
                    if (below(3) == 0)
                        bus.sharing.left(&client);
                    break;
                case 3:
                    bus.sharing.offer(work(sequence, sender, "job", below(5) == 0 ? 2000 : 20));
                    break;
                case 4:
                    bus.sharing.offerAgain({group, work(sequence, sender)});
                    break;
                case 5:
                case 6: {
                    if (bus.told.given.empty())
                        break;
                    const Told::Given &given = bus.told.given[below(unsigned(bus.told.given.size()))];
                    bus.sharing.finished({below(4) == 0 ? node(below(4)) : given.node, given.id});
                    break;
                }
                case 7: {
                    const quint64 id = bus.told.given.empty() || below(2) == 0
                        ? below(10)
                        : bus.told.given[below(unsigned(bus.told.given.size()))].id;
                    bus.sharing.atWork(
                        {node(1 + below(3)),
                         number,
                         {{id, "job", below(5) == 0 ? QUuid() : node(sender), sequence, below(2) == 0}}});
                    break;
                }
                case 8:
                    bus.pass(std::chrono::milliseconds(below(10) == 0 ? below(70'000) : below(900)));
                    break;
                }
                QVERIFY(bus.sharing.bytes() >= 0);
                QVERIFY(bus.sharing.bytes() <= 5000);
            }
            for (const char *client : clients)
                bus.sharing.left(client);
            bus.pass(130s);
            QVERIFY2(bus.sharing.isEmpty() && bus.isAtRest(), qPrintable(QString::number(seed)));
        }
    }
};

PYVENT_TEST(TestSharingLogic)

#include "tst_sharing.moc"
