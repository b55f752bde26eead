// SPDX-License-Identifier: MIT
#include "acktracker.h"
#include "bridgesamples.h"
#include "orderkeeper.h"
#include "support/schedules.h"
#include "support/testprogram.h"

#include <QtTest>

#include <algorithm>
#include <random>

using namespace Pyvent::Bridge;
using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

const QUuid nodeA = QUuid::createUuid();
OrderKeeper::Item item(quint64 number, quint64 token = 0, quint64 lost = 0, const QUuid &node = nodeA)
{
    return {Message{.name = u"x"_s, .node = node, .number = number, .lost = lost}, token};
}

QList<quint64> readyNumbers(OrderKeeper *keeper)
{
    QList<quint64> numbers;
    for (const OrderKeeper::Item &ready : keeper->takeReady())
        numbers += ready.message.number;
    return numbers;
}

} // namespace

class tst_OrderKeeper : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void beginsAnywhere();
    void dropsDoubles();
    void holdsWhatComesEarly();
    void waitsNotForEver();
    void waitsOnceForManyGaps();
    void waitsNotForWhatIsSaidToBeLost();
    void boundsWhatIsHeld();
    void boundsStreams();
    void takesBack();
    void doubtsBeginnings();
    void goesOnBehindAnother_data();
    void goesOnBehindAnother();
    void hearsWhatItWaitsFor();
    void takesDirectlyWhatIsNext();
    void holdsWhatComesDirectly();
    void givesUpNothingForWhatCameDirectly();
    void boundsWhatCameDirectly();
    void keepsOrderAtRandom();
    void acknowledgesWhatIsDone();
};

void tst_OrderKeeper::beginsAnywhere()
{
    OrderKeeper keeper;
    keeper.take(item(7), start);
    QCOMPARE(readyNumbers(&keeper), QList<quint64>{7});
    keeper.take(item(8), start);
    keeper.take(item(1, 0, 0, QUuid::createUuid()), start);
    QCOMPARE(readyNumbers(&keeper), (QList<quint64>{8, 1}));
    QCOMPARE(keeper.deadline(), OrderKeeper::Clock::time_point::max());
    QVERIFY(keeper.has({nodeA, u"x"_s}, 8));
    QVERIFY(!keeper.has({nodeA, u"x"_s}, 9));
    QVERIFY(!keeper.has({nodeA, u"y"_s}, 1));
}

void tst_OrderKeeper::dropsDoubles()
{
    OrderKeeper keeper;
    keeper.take(item(1, 10), start);
    keeper.take(item(1, 11), start);
    keeper.take(item(3, 12), start);
    keeper.take(item(3, 13), start); // that is held
    QCOMPARE(readyNumbers(&keeper), QList<quint64>{1});
    QCOMPARE(keeper.takeDoubles(), (std::vector<quint64>{11, 13}));
}

void tst_OrderKeeper::holdsWhatComesEarly()
{
    OrderKeeper keeper;
    keeper.take(item(1), start);
    keeper.take(item(4), start);
    keeper.take(item(3), start);
    QCOMPARE(readyNumbers(&keeper), QList<quint64>{1});
    QCOMPARE(keeper.held(), 2);
    keeper.take(item(2), start);
    QCOMPARE(readyNumbers(&keeper), (QList<quint64>{2, 3, 4}));
    QCOMPARE(keeper.held(), 0);
    QCOMPARE(keeper.deadline(), OrderKeeper::Clock::time_point::max());
}

void tst_OrderKeeper::waitsNotForEver()
{
    OrderKeeper keeper({.patience = 10s});
    keeper.take(item(1), start);
    keeper.take(item(5), start);
    keeper.take(item(9), start + 1s);
    QCOMPARE(keeper.deadline(), start + 10s);
    keeper.process(start + 10s - 1ms);
    QCOMPARE(readyNumbers(&keeper), QList<quint64>{1});
    keeper.process(start + 10s);
    QCOMPARE(readyNumbers(&keeper), QList<quint64>{5});
    const auto losses = keeper.takeLosses();
    QCOMPARE(losses.size(), 1u);
    QCOMPARE(losses[0].count, 3u);
    QCOMPARE(losses[0].name, u"x"_s);
    QCOMPARE(keeper.deadline(), start + 11s); // for what is before 9
    keeper.process(start + 11s);
    QCOMPARE(readyNumbers(&keeper), QList<quint64>{9});
    keeper.take(item(3), start + 21s); // too late
    QCOMPARE(readyNumbers(&keeper), QList<quint64>());
}

// Each message waits from when it has come, not from when the one before it has had its turn.
void tst_OrderKeeper::waitsOnceForManyGaps()
{
    OrderKeeper keeper({.patience = 10s});
    QList<quint64> expected;
    for (quint64 number = 1; number < 2400; number += 2) {
        keeper.take(item(number), start + std::chrono::milliseconds(number));
        expected += number;
    }
    QCOMPARE(keeper.longestHeld(), std::optional<quint64>(0));
    QCOMPARE(keeper.deadline(), start + 3ms + 10s);
    keeper.process(start + 3s + 10s);
    QCOMPARE(readyNumbers(&keeper), expected);
    QCOMPARE(keeper.takeLosses().size(), 1199u);
    QVERIFY(!keeper.longestHeld());
    // One that has waited for long does not wait for what is before one that has come later.
    keeper.take(item(2410), start + 20s);
    keeper.take(item(2405), start + 29s);
    keeper.process(start + 30s);
    QCOMPARE(readyNumbers(&keeper), (QList<quint64>{2405, 2410}));
    QCOMPARE(keeper.deadline(), OrderKeeper::Clock::time_point::max());
}

void tst_OrderKeeper::waitsNotForWhatIsSaidToBeLost()
{
    OrderKeeper keeper;
    keeper.take(item(1), start);
    keeper.take(item(5, 0, 3), start);
    QCOMPARE(readyNumbers(&keeper), (QList<quint64>{1, 5}));
    keeper.take(item(9, 0, 2), start); // 6 is missing
    QCOMPARE(readyNumbers(&keeper), QList<quint64>());
    keeper.take(item(6), start);
    QCOMPARE(readyNumbers(&keeper), (QList<quint64>{6, 9}));
}

void tst_OrderKeeper::boundsWhatIsHeld()
{
    OrderKeeper keeper({.held = 10, .patience = 10s});
    keeper.take(item(1), start);
    for (quint64 number = 3; number < 30; number += 2)
        keeper.take(item(number), start);
    QVERIFY(keeper.held() <= 10);
    QVERIFY(!keeper.takeLosses().empty());
    const QList<quint64> numbers = readyNumbers(&keeper);
    QVERIFY(std::ranges::is_sorted(numbers));

    OrderKeeper bytes({.heldBytes = 100'000});
    bytes.take(item(1), start);
    for (quint64 number = 3; number < 30; number += 2) {
        OrderKeeper::Item large = item(number);
        large.message.payload = QByteArray(30'000, 'x');
        bytes.take(std::move(large), start);
    }
    QVERIFY(bytes.held() <= 3);
}

void tst_OrderKeeper::boundsStreams()
{
    OrderKeeper keeper({.streams = 100});
    for (int i = 0; i < 1000; ++i)
        keeper.take(item(1, 0, 0, QUuid::createUuid()), start);
    QCOMPARE(keeper.streams(), 100);
    QCOMPARE(keeper.takeReady().size(), 1000u);

    // Nor may a few take much with their names.
    OrderKeeper names({.nameBytes = 20'000});
    for (int i = 0; i < 1000; ++i) {
        OrderKeeper::Item named = item(1);
        named.message.name = QString(985, u'n') + QString::number(i);
        names.take(std::move(named), start);
        QVERIFY(names.streams() <= 10);
    }
    QCOMPARE(names.takeReady().size(), 1000u);
    QVERIFY(names.has({nodeA, QString(985, u'n') + u"999"_s}, 1));
    for (quint64 number = 1; number <= 2; ++number)
        names.take(item(number), start); // one more with a short one
    QCOMPARE(names.streams(), 11);
}

// What had its turn and comes again is no double.
void tst_OrderKeeper::takesBack()
{
    OrderKeeper keeper;
    for (quint64 number = 1; number <= 4; ++number)
        keeper.take(item(number), start);
    keeper.take(item(6), start);
    auto ready = keeper.takeReady();
    keeper.forgetHeld();
    keeper.takeBack(ready[3].message);
    keeper.takeBack(ready[2].message);
    QCOMPARE(keeper.held(), 0);
    for (quint64 number = 2; number <= 6; ++number)
        keeper.take(item(number, number), start);
    QCOMPARE(readyNumbers(&keeper), (QList<quint64>{3, 4, 5, 6}));
    QCOMPARE(keeper.takeDoubles(), std::vector<quint64>{2});
}

// The engine has forgotten what came before, and others publish it again.
void tst_OrderKeeper::doubtsBeginnings()
{
    const QUuid nodes[] = {QUuid::createUuid(), QUuid::createUuid(), QUuid::createUuid()};
    OrderKeeper keeper;
    keeper.missedSome(start);
    for (const QUuid &each : nodes) {
        keeper.take(item(7, 0, 0, each), start);
        keeper.take(item(8, 0, 0, each), start);
    }
    keeper.take(item(1, 0, 0, QUuid::createUuid()), start); // nothing is before that
    QCOMPARE(readyNumbers(&keeper), QList<quint64>{1});
    for (quint64 number = 1; number <= 7; ++number)
        keeper.take(item(number, 0, 0, nodes[0]), start + 1s);
    QCOMPARE(readyNumbers(&keeper), (QList<quint64>{1, 2, 3, 4, 5, 6, 7, 8}));
    keeper.take(item(6, 0, 0, nodes[1]), start + 2s);
    QVERIFY(readyNumbers(&keeper).isEmpty());
    QCOMPARE(keeper.deadline(), start + 6s);
    keeper.process(start + 6s);
    QList<quint64> numbers = readyNumbers(&keeper);
    std::ranges::sort(numbers);
    QCOMPARE(numbers, (QList<quint64>{6, 7, 7, 8, 8}));
    QVERIFY2(keeper.takeLosses().empty(), "it is not known that there was anything");
    keeper.take(item(7, 0, 0, QUuid::createUuid()), start + 7s);
    QCOMPARE(readyNumbers(&keeper), QList<quint64>{7});
    QCOMPARE(keeper.deadline(), OrderKeeper::Clock::time_point::max());
}

void tst_OrderKeeper::goesOnBehindAnother_data()
{
    QTest::addColumn<bool>("isHeard");
    QTest::newRow("heard on the bus") << true;
    QTest::newRow("not heard") << false;
}

// It has read up to 2; another bridge up to 5; then it is this one's turn again, and it does not wait for 3 to 5.
void tst_OrderKeeper::goesOnBehindAnother()
{
    QFETCH(bool, isHeard);
    OrderKeeper keeper;
    keeper.take(item(1), start);
    keeper.take(item(2), start);
    if (isHeard) {
        for (quint64 number = 3; number <= 5; ++number)
            keeper.heard({nodeA, u"x"_s}, number);
    } else {
        keeper.othersHaveRead();
    }
    QVERIFY(keeper.has({nodeA, u"x"_s}, isHeard ? 5 : 2));
    QVERIFY(!keeper.take(item(6), start));
    QVERIFY2(keeper.take(item(8), start), "from now on it is known what comes next");
    keeper.take(item(5, 55), start);
    QCOMPARE(readyNumbers(&keeper), (QList<quint64>{1, 2, 6}));
    QCOMPARE(keeper.takeDoubles(), std::vector<quint64>{55});
    keeper.take(item(7), start);
    QCOMPARE(readyNumbers(&keeper), (QList<quint64>{7, 8}));
    QVERIFY(keeper.takeLosses().empty());
}

void tst_OrderKeeper::hearsWhatItWaitsFor()
{
    OrderKeeper keeper;
    keeper.heard({nodeA, u"x"_s}, 1); // it has not read it itself
    keeper.take(item(3, 33), start);
    keeper.take(item(4, 44), start);
    QCOMPARE(keeper.held(), 2);
    keeper.heard({nodeA, u"x"_s}, 3);
    QCOMPARE(readyNumbers(&keeper), QList<quint64>{4});
    QCOMPARE(keeper.takeDoubles(), std::vector<quint64>{33});
    QCOMPARE(keeper.held(), 0);
    keeper.heard({nodeA, u"x"_s}, 2); // late
    keeper.take(item(5), start);
    QCOMPARE(readyNumbers(&keeper), QList<quint64>{5});
}

void tst_OrderKeeper::takesDirectlyWhatIsNext()
{
    OrderKeeper keeper;
    QVERIFY2(!keeper.takeDirect(item(7), start), "nobody knows where its stream is");
    const QUuid other = QUuid::createUuid();
    QVERIFY2(keeper.takeDirect(item(1, 0, 0, other), start), "it begins its stream");
    QVERIFY(!keeper.takeDirect(item(1, 0, 0, other), start));
    keeper.take(item(7, 70), start);
    QVERIFY(keeper.takeDirect(item(8), start));
    QVERIFY(keeper.takeDirect(item(11, 0, 2), start));
    QCOMPARE(readyNumbers(&keeper), (QList<quint64>{1, 7, 8, 11}));
    // The engine's own copies are doubles.
    keeper.take(item(8, 80), start);
    keeper.take(item(11, 110, 2), start);
    keeper.take(item(1, 10, 0, other), start);
    QVERIFY(readyNumbers(&keeper).isEmpty());
    QCOMPARE(keeper.takeDoubles(), (std::vector<quint64>{80, 110, 10}));
    // It is not known how far another bridge has got.
    keeper.othersHaveRead();
    QVERIFY(!keeper.takeDirect(item(12), start));
    QVERIFY(!keeper.take(item(20), start));
    QVERIFY(keeper.takeDirect(item(21), start));
    QCOMPARE(readyNumbers(&keeper), (QList<quint64>{20, 21}));
    // Nor how old that is what seems to begin a stream.
    const QUuid old = QUuid::createUuid();
    QVERIFY(keeper.takeDirect(item(1, 0, 0, old), start));
    QVERIFY(keeper.takeDirect(item(2, 0, 0, old), start));
    QVERIFY(keeper.take(item(40, 0, 0, old), start));
    QVERIFY(!keeper.takeDirect(item(41, 0, 0, old), start));
    keeper.process(keeper.deadline());
    QCOMPARE(readyNumbers(&keeper), (QList<quint64>{1, 2, 40}));
    QVERIFY2(keeper.takeLosses().empty(), "it is not known that there was anything");
    QVERIFY(keeper.takeDirect(item(41, 0, 0, old), start));
    QCOMPARE(readyNumbers(&keeper), QList<quint64>{41});
    // What was not heard to its end comes again.
    keeper.forgetHeld();
    keeper.takeBack(item(21).message);
    QVERIFY(!keeper.take(item(21), start));
    QCOMPARE(readyNumbers(&keeper), QList<quint64>{21});
}

void tst_OrderKeeper::holdsWhatComesDirectly()
{
    OrderKeeper keeper;
    keeper.take(item(1), start);
    QVERIFY(!keeper.takeDirect(item(5, 5), start));
    QVERIFY(!keeper.takeDirect(item(4, 4), start));
    QVERIFY(!keeper.takeDirect(item(3, 3), start));
    QVERIFY(!keeper.takeDirect(item(3, 33), start));
    QCOMPARE(keeper.heldDirect(), 3);
    QVERIFY2(keeper.take(item(4, 40), start), "the engine's own copy takes its place");
    QCOMPARE(keeper.heldDirect(), 2);
    QVERIFY(!keeper.takeDirect(item(4, 44), start));
    QVERIFY(!keeper.take(item(2, 20), start));
    const auto ready = keeper.takeReady();
    QList<quint64> tokens;
    for (const OrderKeeper::Item &each : ready)
        tokens += each.token;
    QCOMPARE(tokens, (QList<quint64>{0, 20, 3, 40, 5}));
    QCOMPARE(keeper.held(), 0);
    QCOMPARE(keeper.heldDirect(), 0);
    QVERIFY(keeper.takeDoubles().empty());
    keeper.takeDirect(item(7), start);
    keeper.heard({nodeA, u"x"_s}, 6);
    QCOMPARE(readyNumbers(&keeper), QList<quint64>{7});
}

void tst_OrderKeeper::givesUpNothingForWhatCameDirectly()
{
    OrderKeeper keeper({.patience = 10s});
    keeper.take(item(1), start);
    keeper.takeDirect(item(3), start);
    QCOMPARE(keeper.deadline(), start + 10s);
    keeper.process(start + 10s);
    QCOMPARE(keeper.heldDirect(), 0);
    QCOMPARE(keeper.deadline(), OrderKeeper::Clock::time_point::max());
    keeper.take(item(2), start + 20s);
    keeper.take(item(3), start + 20s);
    QCOMPARE(readyNumbers(&keeper), (QList<quint64>{1, 2, 3}));
    // But where something is given up for another one, no more is than is missing.
    keeper.take(item(8), start + 20s);
    keeper.takeDirect(item(6), start + 21s);
    keeper.takeDirect(item(7), start + 21s);
    keeper.process(start + 30s);
    QCOMPARE(readyNumbers(&keeper), (QList<quint64>{6, 7, 8}));
    const auto losses = keeper.takeLosses();
    QCOMPARE(losses.size(), 1u);
    QCOMPARE(losses[0].count, 2u);
}

void tst_OrderKeeper::boundsWhatCameDirectly()
{
    OrderKeeper keeper({.streams = 100, .held = 10, .direct = 5, .directBytes = 10'000});
    keeper.take(item(1), start);
    for (quint64 number = 3; number < 100; ++number)
        keeper.takeDirect(item(number), start);
    QCOMPARE(keeper.heldDirect(), 5);
    keeper.take(item(2), start);
    QCOMPARE(readyNumbers(&keeper), (QList<quint64>{1, 2, 3, 4, 5, 6, 7}));
    OrderKeeper::Item large = item(9);
    large.message.payload = QByteArray(20'000, 'x');
    keeper.takeDirect(std::move(large), start);
    QCOMPARE(keeper.heldDirect(), 0);
    for (int i = 0; i < 1000; ++i)
        keeper.takeDirect(item(1, 0, 0, QUuid::createUuid()), start);
    QCOMPARE(keeper.streams(), 100);
    QVERIFY(keeper.takeLosses().empty());
}

void tst_OrderKeeper::keepsOrderAtRandom()
{
    const Schedules schedules = schedulesFromEnvironment(2'000);
    for (int i = 0; i < schedules.count; ++i) {
        std::mt19937 random(schedules.seed + quint32(i));
        const auto below = [&](quint32 n) { return quint32(random() % n); };
        // Numbers from 1 on, some twice, and each not far from its place.
        std::vector<std::pair<quint32, quint64>> sent;
        const quint64 count = 1 + below(200);
        for (quint64 number = 1; number <= count; ++number) {
            sent.emplace_back(number == 1 ? 0 : quint32(number) * 10 + below(100), number);
            if (below(4) == 0)
                sent.emplace_back(quint32(number) * 10 + below(300) + 1, number);
        }
        std::ranges::stable_sort(sent);
        OrderKeeper keeper;
        quint64 token = 0;
        QList<quint64> numbers;
        std::vector<quint64> tokens;
        for (const auto &[place, number] : sent) {
            // Others of it, or the same one, come directly.
            for (quint32 directs = below(3); directs > 0; --directs)
                keeper.takeDirect(item(std::min(count, 1 + number / 2 + below(quint32(number)))), start);
            keeper.take(item(number, ++token), start);
            for (const OrderKeeper::Item &ready : keeper.takeReady()) {
                numbers += ready.message.number;
                if (ready.token > 0)
                    tokens.push_back(ready.token);
            }
            for (const quint64 doubled : keeper.takeDoubles())
                tokens.push_back(doubled);
        }
        QList<quint64> expected(qsizetype(count), 0);
        std::iota(expected.begin(), expected.end(), 1);
        QVERIFY2(numbers == expected, scheduleName(schedules.seed + quint32(i)));
        std::ranges::sort(tokens);
        QVERIFY2(tokens.size() == sent.size() && std::ranges::adjacent_find(tokens) == tokens.end(),
                 scheduleName(schedules.seed + quint32(i)));
    }
}

void tst_OrderKeeper::acknowledgesWhatIsDone()
{
    AckTracker tracker;
    for (quint64 token = 1; token <= 5; ++token)
        tracker.begin(token);
    tracker.done(2);
    tracker.done(3);
    QVERIFY(!tracker.takeDone());
    tracker.done(1);
    QCOMPARE(tracker.takeDone(), 3u);
    tracker.done(1); // again
    QVERIFY(!tracker.takeDone());
    QCOMPARE(tracker.size(), 2u);
    tracker.begin(6, false);
    tracker.begin(7);
    QCOMPARE(tracker.heldUpBy(4), 3u); // and itself
    QCOMPARE(tracker.heldUpBy(7), 1u);
    QCOMPARE(tracker.heldUpBy(8), 0u);
    tracker.clear();
    tracker.begin(9);
    QCOMPARE(tracker.heldUpBy(9), 1u);
    tracker.done(4);
    QVERIFY(!tracker.takeDone());
    tracker.done(9);
    QCOMPARE(tracker.takeDone(), 9u);
}

PYVENT_TEST(tst_OrderKeeper)
#include "tst_orderkeeper.moc"
