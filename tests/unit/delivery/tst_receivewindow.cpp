// SPDX-License-Identifier: MIT
#include "delivery/receivewindow.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace std::chrono_literals;

using Clock = ReceiveWindow::Clock;
using Verdict = ReceiveWindow::Verdict;
using Ranges = std::vector<ReceiveWindow::Range>;

namespace {

Clock::time_point at(std::chrono::milliseconds time)
{
    return Clock::time_point(time + 1h);
}

// Whole milliseconds, as the senders' clock has them here.
qint64 timeAt(std::chrono::milliseconds time)
{
    return std::chrono::microseconds(time + 1000h).count();
}

// What a node hears of the topic "x" and of others, and of whom it was told.
struct Receiver
{
    explicit Receiver(const ReceiveLimits &limits = {})
        : window(limits, 1)
    {
        window.listen("x");
        window.listen("y");
        window.ready(timeAt(0ms), at(0ms));
    }

    // \a previous: when the event before it was sent; by default long before this node was ready.
    Verdict hear(const QUuid &node, quint64 sequence, std::chrono::milliseconds now,
                 std::chrono::milliseconds previous = -1h)
    {
        const Verdict verdict =
            window.heard(node, "x", sequence, timeAt(previous), QByteArray::number(sequence), at(now));
        if (verdict == Verdict::Deliver)
            heard.append(sequence);
        takeReleased();
        return verdict;
    }
    void repair(const QUuid &node, quint64 sequence, std::chrono::milliseconds now)
    {
        if (window.repaired(node, "x", sequence, QByteArray::number(sequence), at(now)) == Verdict::Deliver)
            heard.append(sequence);
        takeReleased();
    }
    // The newest event, just sent.
    void announce(const QUuid &node, quint64 head, std::chrono::milliseconds now)
    {
        window.announced(node, "x", head, timeAt(now), timeAt(now), at(now));
    }
    void takeReleased()
    {
        QByteArray frame;
        while (window.takeReleased(&frame))
            heard.append(frame.toULongLong());
    }
    quint64 lost()
    {
        quint64 count = 0;
        for (const ReceiveWindow::Loss &loss : window.takeLosses())
            count += loss.count;
        return count;
    }
    Ranges missing(std::chrono::milliseconds now)
    {
        Ranges ranges;
        for (const ReceiveWindow::Request &request : window.takeRequests(at(now)))
            ranges.insert(ranges.end(), request.missing.begin(), request.missing.end());
        return ranges;
    }

    ReceiveWindow window;
    QList<quint64> heard;
};

constexpr quint64 huge = quint64(1) << 62;

} // namespace

class TestReceiveWindow : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void aFalseHeadMutesNobody_data();
    void aFalseHeadMutesNobody();
    void aFalseHeadOfWhoWasNotHeard_data();
    void aFalseHeadOfWhoWasNotHeard();
    void aTrueHeadIsBelieved();
    void aHeadOfBeforeIsWhereAStreamBegins();
    void aHeadOfBeforeAnswersWhatWasAsked();
    void becomesReadyForWhatIsNew();
    void inventedStreamsDisturbNobody_data();
    void inventedStreamsDisturbNobody();
    void forgettingIsForgotten();
    void forgetsOneTopic();
    void forgetsTheTopicsOfAGlob();
    void forgettingOneTopicCostsNoMore();
    void asksAboutManyStreamsOneAfterTheOther();
    void whatOthersAskedForIsNoReasonToAsk();
    void whatIsWithheldIsLost();
    void numbersFarAhead_data();
    void numbersFarAhead();
    void numbersEnd();
    void announcementsDoNotAddUp();
    void whatIsGivenUpDoesNotAddUp_data();
    void whatIsGivenUpDoesNotAddUp();
    void muchMayHaveBeenSentMeanwhile();
    void whoStoodStillReadsWhatWasBefore();
    void littleWasSentBeforeItIsReady();
    void twoEventsAreBelieved();
    void aStreamThatWasTakenAwayComesBack();
    void aFalseHeadBeforeTheFirstEvent_data();
    void aFalseHeadBeforeTheFirstEvent();
    void nothingIsHeldForEver_data();
    void nothingIsHeldForEver();
    void whatWasRepairedIsNotHeardAgain_data();
    void whatWasRepairedIsNotHeardAgain();
    void aFalseBaseTellsNoLosses();
};

void TestReceiveWindow::aFalseHeadMutesNobody_data()
{
    QTest::addColumn<bool>("isAnswered"); // falsely, too
    QTest::newRow("nobody answers") << false;
    QTest::newRow("a false answer") << true;
}

void TestReceiveWindow::aFalseHeadMutesNobody()
{
    QFETCH(bool, isAnswered);
    Receiver receiver;
    const QUuid node = QUuid::createUuid();
    receiver.hear(node, 7, 1ms);
    receiver.announce(node, huge, 2ms);
    if (isAnswered)
        receiver.window.isGone(node, "x", huge + 1, at(3ms));
    else
        receiver.window.takeRequests(at(61s)); // it gives up
    receiver.hear(node, 8, 62s);
    receiver.hear(node, 9, 63s);
    receiver.hear(node, 11, 64s);
    QCOMPARE(receiver.heard, (QList<quint64>{7, 8, 9}));
    receiver.lost();
    QCOMPARE(receiver.missing(65s), (Ranges{{10, 10}}));
    receiver.repair(node, 10, 65s);
    QCOMPARE(receiver.heard, (QList<quint64>{7, 8, 9, 10, 11}));
    QCOMPARE(receiver.lost(), quint64(0));
    QCOMPARE(receiver.window.deadline(), Clock::time_point::max());
}

void TestReceiveWindow::aFalseHeadOfWhoWasNotHeard_data()
{
    QTest::addColumn<std::chrono::milliseconds>("sent");
    QTest::newRow("later") << std::chrono::milliseconds(2ms);
    QTest::newRow("before") << std::chrono::milliseconds(-2ms);
}

void TestReceiveWindow::aFalseHeadOfWhoWasNotHeard()
{
    QFETCH(std::chrono::milliseconds, sent);
    Receiver receiver;
    const QUuid node = QUuid::createUuid();
    receiver.window.announced(node, "x", huge, timeAt(sent), timeAt(2ms), at(2ms));
    receiver.window.begins(node, "x", timeAt(0ms), huge, huge, at(3ms));
    receiver.hear(node, 41, 10s);
    receiver.hear(node, 42, 10s);
    QCOMPARE(receiver.heard, (QList<quint64>{41, 42}));
}

void TestReceiveWindow::aTrueHeadIsBelieved()
{
    Receiver receiver;
    const QUuid node = QUuid::createUuid();
    receiver.hear(node, 7, 1ms);
    receiver.announce(node, 9, 2ms);
    receiver.window.isGone(node, "x", 10, at(3ms));
    QCOMPARE(receiver.lost(), quint64(2));
    receiver.hear(node, 9, 20ms); // was on its way for long, and is told lost
    receiver.hear(node, 10, 10s);
    QCOMPARE(receiver.heard, (QList<quint64>{7, 10}));
    QCOMPARE(receiver.lost(), quint64(0));
}

void TestReceiveWindow::aHeadOfBeforeIsWhereAStreamBegins()
{
    Receiver receiver;
    const QUuid node = QUuid::createUuid();
    receiver.window.announced(node, "x", 5, timeAt(-3ms), timeAt(-2ms), at(1ms)); // on its way for long: it may be old
    QVERIFY(!receiver.window.knowsBegin(node, "x"));
    receiver.window.announced(node, "x", 7, timeAt(-1ms), timeAt(1ms), at(2ms));
    QVERIFY(receiver.window.knowsBegin(node, "x"));
    QVERIFY(receiver.window.isIdle());
    receiver.hear(node, 7, 3ms);       // was sent before this node was ready
    receiver.announce(node, 300, 50s); // all of them were lost
    QCOMPARE(receiver.missing(51s), (Ranges{{8, 300}}));
    receiver.window.isGone(node, "x", 299, at(52s));
    QCOMPARE(receiver.lost(), quint64(291));
    receiver.repair(node, 299, 52s);
    receiver.repair(node, 300, 52s);
    QCOMPARE(receiver.heard, (QList<quint64>{299, 300}));
    QVERIFY(receiver.window.isIdle());
}

void TestReceiveWindow::aHeadOfBeforeAnswersWhatWasAsked()
{
    Receiver receiver;
    const QUuid node = QUuid::createUuid();
    QCOMPARE(receiver.hear(node, 9, 3ms, 2ms), Verdict::Hold); // 8 was sent after this node was ready
    receiver.window.announced(node, "x", 7, timeAt(-1ms), timeAt(1ms), at(4ms));
    QCOMPARE(receiver.missing(25ms), (Ranges{{8, 8}}));
    receiver.repair(node, 8, 26ms);
    QCOMPARE(receiver.heard, (QList<quint64>{8, 9}));
    QVERIFY(receiver.window.isIdle());
}

void TestReceiveWindow::becomesReadyForWhatIsNew()
{
    ReceiveWindow window;
    window.listen("x");
    window.listen("y");
    QByteArrayList active = window.ready(timeAt(0ms), at(0ms));
    std::sort(active.begin(), active.end());
    QCOMPARE(active, (QByteArrayList{"x", "y"}));
    QCOMPARE(window.ready(timeAt(1ms), at(1ms)), QByteArrayList());
    window.listen("z");
    QCOMPARE(window.ready(timeAt(2ms), at(2ms)), (QByteArrayList{"z"}));
    QCOMPARE(window.readySince("x"), std::optional(timeAt(0ms)));
}

void TestReceiveWindow::inventedStreamsDisturbNobody_data()
{
    QTest::addColumn<bool>("isAnnounced"); // rather than heard
    QTest::addColumn<std::chrono::milliseconds>("sent");
    QTest::newRow("heads") << true << std::chrono::milliseconds(2ms);
    QTest::newRow("heads of before") << true << std::chrono::milliseconds(-1h);
    QTest::newRow("events") << false << std::chrono::milliseconds(-1h);
}

void TestReceiveWindow::inventedStreamsDisturbNobody()
{
    QFETCH(bool, isAnnounced);
    QFETCH(std::chrono::milliseconds, sent);
    Receiver receiver({.streams = 1000});
    const QUuid node = QUuid::createUuid();
    receiver.hear(node, 7, 1ms);
    receiver.hear(node, 8, 1ms);
    for (int i = 0; i < 5000; ++i) {
        const QUuid invented = QUuid::createUuid();
        if (isAnnounced)
            receiver.window.announced(invented, "x", huge, timeAt(sent), timeAt(2ms), at(2ms));
        else
            receiver.window.heard(invented, "x", huge, timeAt(sent), "frame", at(2ms));
    }
    QCOMPARE(receiver.window.streams(), 1000);
    receiver.hear(node, 8, 3ms); // doubled
    receiver.hear(node, 10, 3ms);
    receiver.repair(node, 9, 4ms);
    QCOMPARE(receiver.heard, (QList<quint64>{7, 8, 9, 10}));

    // Who comes later is heard, too, and misses nothing.
    const QUuid later = QUuid::createUuid();
    receiver.heard.clear();
    receiver.hear(later, 2, 10s, 9s); // the first one was lost
    QCOMPARE(receiver.heard, QList<quint64>());
    for (auto now = 11s + 0ms; now < 12s; now += 10ms) // all that are asked about
        receiver.window.takeRequests(at(now));
    receiver.window.begins(later, "x", receiver.window.readySince("x").value(), 0, 1, at(11s));
    receiver.repair(later, 1, 11s);
    QCOMPARE(receiver.heard, (QList<quint64>{1, 2}));
}

void TestReceiveWindow::forgettingIsForgotten()
{
    Receiver receiver({.streams = 10});
    const QUuid node = QUuid::createUuid();
    receiver.hear(node, 6, 1ms);
    receiver.hear(node, 7, 1ms);
    for (int i = 0; i < 100; ++i) { // all of them real
        const QUuid other = QUuid::createUuid();
        for (quint64 sequence : {5, 6})
            receiver.window.heard(other, "x", sequence, timeAt(-1h), "frame", at(1s));
    }
    receiver.hear(node, 8, 2s, 1ms); // 7 is not missed: it may have been heard
    QCOMPARE(receiver.heard, (QList<quint64>{6, 7, 8}));
    const QUuid later = QUuid::createUuid();
    QCOMPARE(receiver.hear(later, 3, 4s, 3s), Verdict::Hold); // but these are
}

void TestReceiveWindow::forgetsOneTopic()
{
    Receiver receiver;
    const QUuid node = QUuid::createUuid();
    for (const char *topic : {"x", "y", "xy"})
        receiver.window.heard(node, topic, 5, 0, "frame", at(1ms));
    receiver.window.forget("x");
    receiver.window.forget("z");
    QCOMPARE(receiver.window.streams(), 2);
    QVERIFY(!receiver.window.knowsBegin(node, "x"));
    QVERIFY(receiver.window.knowsBegin(node, "y") && receiver.window.knowsBegin(node, "xy"));
    receiver.window.heard(node, "y", 7, 0, "frame", at(2ms)); // is held
    receiver.window.forget("y");
    QCOMPARE(receiver.window.heldEvents(), 0);
    QCOMPARE(receiver.window.deadline(), Clock::time_point::max());
}

void TestReceiveWindow::forgetsTheTopicsOfAGlob()
{
    Receiver receiver;
    for (const char *topic : {"a", "order", "order-1", "order-2", "ordinary"}) {
        for (int i = 0; i < 3; ++i)
            receiver.window.heard(QUuid::createUuid(), topic, 5, 0, "frame", at(1ms));
    }
    QByteArrayList asked;
    receiver.window.forgetIf("order-", [&](const QByteArray &topic) {
        asked.append(topic);
        return topic != "order-2";
    });
    QCOMPARE(asked, (QByteArrayList{"order-1", "order-2"}));
    QCOMPARE(receiver.window.streams(), 12);
}

// A one-shot ends often: next() in a loop.
void TestReceiveWindow::forgettingOneTopicCostsNoMore()
{
    Receiver receiver;
    for (int i = 0; i < 50'000; ++i)
        receiver.window.heard(QUuid::createUuid(), "y", 5, 0, "frame", at(1ms));
    const QUuid node = QUuid::createUuid();
    QElapsedTimer timer;
    timer.start();
    for (int i = 0; i < 50'000; ++i) { // 2.5 milliards of steps if all were looked at
        receiver.window.heard(node, "x", 5, 0, "frame", at(1ms));
        receiver.window.forget("x");
    }
    QCOMPARE(receiver.window.streams(), 50'000);
    QVERIFY2(timer.elapsed() < 5000, QByteArray::number(timer.elapsed()));
}

// As strangers can invent them.
void TestReceiveWindow::asksAboutManyStreamsOneAfterTheOther()
{
    Receiver receiver;
    constexpr int streams = 20'000;
    for (int i = 0; i < streams; ++i)
        receiver.announce(QUuid::createUuid(), 5, 2ms);
    std::size_t asked = 0;
    std::size_t most = 0;
    std::chrono::milliseconds now = 20ms;
    for (; asked < streams; now += 1ms) { // each call costs what it asks for
        const std::size_t count = receiver.window.takeRequests(at(now)).size();
        most = std::max(most, count);
        asked += count;
        QVERIFY(receiver.window.deadline() > at(now));
    }
    QCOMPARE(most, std::size_t(200));
    QCOMPARE(now, 20ms + 10ms * (streams / 200 - 1) + 1ms);
}

// Repairs for all come one by one, and the rest of them is on its way.
void TestReceiveWindow::whatOthersAskedForIsNoReasonToAsk()
{
    const QUuid node = QUuid::createUuid();
    Receiver receiver;
    receiver.hear(node, 1, 1ms);
    receiver.hear(node, 5, 2ms);
    const auto mayAskAt = receiver.window.deadline();
    QVERIFY(mayAskAt > at(2ms));
    receiver.repair(node, 2, 2ms);
    QCOMPARE(receiver.heard, (QList<quint64>{1, 2}));
    QVERIFY(receiver.missing(2ms).empty());
    QVERIFY(receiver.window.deadline() == mayAskAt);
    QVERIFY(!receiver.missing(40ms).empty()); // but that it has not come
    receiver.repair(node, 3, 41ms);
    receiver.repair(node, 4, 41ms);
    QCOMPARE(receiver.heard, (QList<quint64>{1, 2, 3, 4, 5}));
}

void TestReceiveWindow::whatIsWithheldIsLost()
{
    Receiver receiver;
    const QUuid node = QUuid::createUuid();
    receiver.hear(node, 1, 1ms);
    receiver.hear(node, 6, 2ms);
    QCOMPARE(receiver.missing(20ms), (Ranges{{2, 5}}));
    receiver.window.isWithheld(node, "x", {{3, 3}, {5, 5}, {7, huge}}, at(21ms));
    receiver.takeReleased();
    QCOMPARE(receiver.heard, (QList<quint64>{1}));
    receiver.repair(node, 2, 22ms);
    receiver.repair(node, 4, 22ms);
    QCOMPARE(receiver.heard, (QList<quint64>{1, 2, 4, 6}));
    QCOMPARE(receiver.lost(), quint64(2));
    QCOMPARE(receiver.window.heldEvents(), 0);
    QCOMPARE(receiver.window.deadline(), Clock::time_point::max());

    receiver.announce(node, 7, 23ms);
    receiver.window.isWithheld(node, "x", {{7, 7}}, at(23ms)); // which nobody has asked for
    receiver.takeReleased();
    QCOMPARE(receiver.lost(), quint64(0));
    QCOMPARE(receiver.missing(60ms), (Ranges{{7, 7}}));
    receiver.window.isWithheld(node, "x", {{7, 7}}, at(24ms));
    receiver.window.isWithheld(QUuid::createUuid(), "x", {{1, 1}}, at(24ms));
    receiver.hear(node, 8, 25ms);
    QCOMPARE(receiver.heard, (QList<quint64>{1, 2, 4, 6, 8}));
    QCOMPARE(receiver.lost(), quint64(1));
}

void TestReceiveWindow::numbersFarAhead_data()
{
    QTest::addColumn<bool>("isProven");
    QTest::newRow("of a server that lets anybody say anything") << false;
    QTest::newRow("of one that does not") << true;
}

// One event with an impossible number, whoever sent it, is none of the stream.
void TestReceiveWindow::numbersFarAhead()
{
    QFETCH(const bool, isProven);
    Receiver receiver;
    receiver.window.setSendersAreProven(isProven);
    const QUuid node = QUuid::createUuid();
    receiver.hear(node, 1, 1ms);
    QVERIFY(receiver.hear(node, huge, 2ms) == Verdict::Drop);
    receiver.announce(node, huge, 3ms);
    receiver.window.isGone(node, "x", huge, at(4ms));
    receiver.repair(node, huge, 4ms);
    receiver.hear(node, 2, 5ms);
    receiver.hear(node, 3, 6ms);
    QCOMPARE(receiver.heard, (QList<quint64>{1, 2, 3}));
    QVERIFY(receiver.missing(10s).empty());
    QCOMPARE(receiver.lost(), quint64(0));
    QCOMPARE(receiver.window.deadline(), Clock::time_point::max());
}

// One behind the largest would be 0 again, and so before all others.
void TestReceiveWindow::numbersEnd()
{
    constexpr quint64 last = ReceiveWindow::largestNumber;
    Receiver receiver;
    const QUuid node = QUuid::createUuid();
    for (const quint64 sequence : {last + 1, last + 2, ~quint64(0) - 1, ~quint64(0)}) {
        QCOMPARE(receiver.hear(node, sequence, 1ms), Verdict::Drop);
        receiver.announce(node, sequence, 1ms);
    }
    QCOMPARE(receiver.window.streams(), qsizetype(0));

    receiver.hear(node, last - 3, 2ms);
    QCOMPARE(receiver.hear(node, last, 2ms), Verdict::Hold);
    QCOMPARE(receiver.missing(60ms), (Ranges{{last - 2, last - 1}}));
    receiver.window.isGone(node, "x", last, at(61ms));
    receiver.takeReleased();
    QCOMPARE(receiver.heard, (QList<quint64>{last - 3, last}));
    QCOMPARE(receiver.lost(), quint64(2));
    receiver.window.isWithheld(node, "x", {{0, ~quint64(0)}, {1, last}}, at(62ms));
    receiver.window.isGone(node, "x", ~quint64(0), at(62ms));
    QCOMPARE(receiver.hear(node, last + 1, 63ms), Verdict::Drop);
    QCOMPARE(receiver.window.heldEvents(), qsizetype(0));
    QCOMPARE(receiver.lost(), quint64(0));
    QVERIFY(receiver.window.isIdle());
}

void TestReceiveWindow::announcementsDoNotAddUp()
{
    Receiver receiver;
    const QUuid node = QUuid::createUuid();
    receiver.hear(node, 1, 1ms);
    for (quint64 i = 1; i <= 50; ++i)
        receiver.announce(node, 1 + i * 100'000, 2ms);
    QCOMPARE(receiver.missing(60ms), (Ranges{{2, 501}}));
    receiver.window.isGone(node, "x", huge, at(61ms));
    QCOMPARE(receiver.lost(), quint64(100'000));
}

// Nor do they where what was announced is given up in between.
void TestReceiveWindow::whatIsGivenUpDoesNotAddUp_data()
{
    QTest::addColumn<bool>("isProven");
    QTest::addColumn<bool>("isHeard"); // before
    for (const bool isProven : {false, true}) {
        const QByteArray server = isProven ? "of a server that proves senders" : "of one that does not";
        QTest::newRow(server + ", of who was heard") << isProven << true;
        QTest::newRow(server + ", of who was not") << isProven << false;
    }
}

void TestReceiveWindow::whatIsGivenUpDoesNotAddUp()
{
    QFETCH(const bool, isProven);
    QFETCH(const bool, isHeard);
    Receiver receiver;
    receiver.window.setSendersAreProven(isProven);
    const QUuid node = QUuid::createUuid();
    if (isHeard)
        receiver.hear(node, 1, 1ms);
    else
        receiver.window.announced(node, "x", 1, timeAt(-1ms), timeAt(1ms), at(1ms));
    quint64 lost = 0;
    for (quint64 i = 1; i <= 100; ++i) {
        receiver.announce(node, 1 + i * 100'000, 2ms);
        receiver.window.isGone(node, "x", 2 + i * 100'000, at(2ms));
        lost += receiver.lost();
    }
    // As many as can have been sent in a second; where anybody may say so, as one word is enough for.
    QCOMPARE(lost, quint64(!isProven ? 100'000 : isHeard ? 4'000'000 : 4'100'000));
    receiver.hear(node, 2, 3ms);
    receiver.hear(node, 10'000'002, 4ms);
    receiver.hear(node, 10'000'003, 4ms); // and these are believed
    QCOMPARE(receiver.missing(60ms), (Ranges{{10'000'002, 10'000'002}}));
}

// A receiver that stood still for long: what has come meanwhile can be so much, where nobody can invent it.
void TestReceiveWindow::muchMayHaveBeenSentMeanwhile()
{
    Receiver receiver;
    receiver.window.setSendersAreProven(true);
    const QUuid node = QUuid::createUuid();
    receiver.hear(node, 1, 1ms);
    receiver.announce(node, 3'000'001, 2s);
    receiver.window.isGone(node, "x", 3'000'002, at(3s));
    QCOMPARE(receiver.lost(), quint64(3'000'000));
    receiver.hear(node, 3'000'002, 4s);
    QCOMPARE(receiver.heard, (QList<quint64>{1, 3'000'002}));
}

// What was sent before comes first, however long that was.
void TestReceiveWindow::whoStoodStillReadsWhatWasBefore()
{
    Receiver receiver;
    receiver.window.setSendersAreProven(true);
    const QUuid node = QUuid::createUuid();
    receiver.hear(node, 1, 1ms);
    for (quint64 i = 2; i <= 10; ++i)
        receiver.hear(node, i, 2s);
    QVERIFY(receiver.hear(node, 1'000'001, 2s) == Verdict::Hold);
    receiver.window.isGone(node, "x", 1'000'001, at(3s));
    receiver.takeReleased();
    QCOMPARE(receiver.lost(), quint64(999'990));
    QCOMPARE(receiver.heard.size(), 11);
}

// Its clock may have run for long by then; or it may have been ready on another bus before.
void TestReceiveWindow::littleWasSentBeforeItIsReady()
{
    const QUuid node = QUuid::createUuid();
    for (const bool hasLeft : {false, true}) {
        ReceiveWindow window({}, 1);
        window.setSendersAreProven(true);
        if (hasLeft) {
            window.ready(timeAt(0ms), at(0ms));
            window.clear();
        }
        window.listen("x");
        QVERIFY(window.heard(node, "x", 1, 0, "1", at(1h)) == Verdict::Deliver);
        QVERIFY(window.heard(node, "x", 1'000'001, 0, "1000001", at(1h)) == Verdict::Drop);
        QVERIFY(window.heard(node, "x", 100'000, 0, "100000", at(1h)) == Verdict::Hold);
        window.ready(timeAt(1h), at(1h));
        QVERIFY(window.heard(node, "x", 1'000'001, 0, "1000001", at(1h + 1s)) == Verdict::Hold);
    }
}

// Where anybody may say so, two events that follow each other do, as the sender's do.
void TestReceiveWindow::twoEventsAreBelieved()
{
    Receiver receiver;
    const QUuid node = QUuid::createUuid();
    receiver.hear(node, 1, 1ms);
    QVERIFY(receiver.hear(node, 1'000'001, 2s) == Verdict::Drop);
    QVERIFY(receiver.hear(node, 1'000'002, 2s) == Verdict::Hold);
    receiver.window.isGone(node, "x", 1'000'001, at(3s));
    receiver.repair(node, 1'000'001, 3s);
    QCOMPARE(receiver.heard, (QList<quint64>{1, 1'000'001, 1'000'002}));
    QCOMPARE(receiver.lost(), quint64(999'999));
}

// Two forged ones take the stream away from its sender, who has it back with the next two, and is asked for what was lost in between.
void TestReceiveWindow::aStreamThatWasTakenAwayComesBack()
{
    Receiver receiver;
    const QUuid node = QUuid::createUuid();
    receiver.hear(node, 1, 1ms);
    receiver.hear(node, huge, 2ms);
    QVERIFY(receiver.hear(node, huge + 1, 3ms) == Verdict::Hold);
    QCOMPARE(receiver.missing(40ms), (Ranges{{huge, huge}}));
    receiver.hear(node, 2, 50ms);
    receiver.hear(node, 3, 51ms);
    QCOMPARE(receiver.missing(100ms), (Ranges{{2, 2}}));
    receiver.repair(node, 2, 101ms);
    receiver.hear(node, 4, 102ms);
    QCOMPARE(receiver.heard, (QList<quint64>{1, 2, 3, 4}));
    QCOMPARE(receiver.lost(), quint64(0));
}

// A forged announcement before its sender is heard for the first time.
void TestReceiveWindow::aFalseHeadBeforeTheFirstEvent_data()
{
    QTest::addColumn<int>("what");
    QTest::newRow("the first event") << 0;
    QTest::newRow("an announcement of before") << 1;
    QTest::newRow("an event behind others, and no answer") << 2;
    QTest::newRow("room for others is made") << 3;
}

void TestReceiveWindow::aFalseHeadBeforeTheFirstEvent()
{
    QFETCH(const int, what);
    Receiver receiver({.streams = 1});
    const QUuid node = QUuid::createUuid();
    receiver.window.announced(node, "x", huge, timeAt(1ms), timeAt(1ms), at(2ms));
    switch (what) {
    case 0:
        receiver.hear(node, 1, 3ms);
        break;
    case 1:
        receiver.window.announced(node, "x", 7, timeAt(-1ms), timeAt(1ms), at(3ms));
        break;
    default:
        receiver.hear(node, 7, 3ms, 2ms);
    }
    if (what == 3)
        receiver.hear(QUuid::createUuid(), 1, 4ms);
    (void)receiver.missing(60ms);
    (void)receiver.missing(62s); // it gives up
    (void)receiver.missing(124s);
    receiver.takeReleased();
    QVERIFY(receiver.lost() <= 5'000'000);
    QVERIFY(receiver.window.isIdle());
}

// What comes in no order that an honest sender's has.
void TestReceiveWindow::nothingIsHeldForEver_data()
{
    QTest::addColumn<bool>("isBase");
    QTest::newRow("a head of before that is behind what came after") << true;
    QTest::newRow("withheld, of a head that is not believed any more") << false;
}

void TestReceiveWindow::nothingIsHeldForEver()
{
    QFETCH(const bool, isBase);
    Receiver receiver;
    const QUuid node = QUuid::createUuid();
    if (isBase) {
        QCOMPARE(receiver.hear(node, 5, 3ms, 2ms), Verdict::Hold);
        receiver.window.announced(node, "x", 100, timeAt(-1ms), timeAt(1ms), at(4ms));
        receiver.takeReleased();
        QCOMPARE(receiver.heard, QList<quint64>{5});
        receiver.window.isGone(node, "x", 101, at(5ms));
    } else {
        receiver.hear(node, 1, 1ms);
        receiver.announce(node, 10, 2ms);
        QCOMPARE(receiver.missing(60ms), (Ranges{{2, 10}}));
        receiver.window.isWithheld(node, "x", {{5, 5}}, at(61ms));
        receiver.hear(node, 2, 10s);
        QCOMPARE(receiver.heard, (QList<quint64>{1, 2}));
    }
    QVERIFY(receiver.window.isIdle());
    QCOMPARE(receiver.window.heldEvents(), qsizetype(0));
}

// Its stream is forgotten, and then announced once more.
void TestReceiveWindow::whatWasRepairedIsNotHeardAgain_data()
{
    QTest::addColumn<bool>("isHeard"); // the event before it
    QTest::newRow("the first one") << false;
    QTest::newRow("the second one") << true;
}

void TestReceiveWindow::whatWasRepairedIsNotHeardAgain()
{
    QFETCH(const bool, isHeard);
    Receiver receiver({.streams = 1});
    const QUuid node = QUuid::createUuid();
    const quint64 head = isHeard ? 2 : 1;
    if (isHeard)
        receiver.hear(node, 1, 1ms);
    receiver.announce(node, head, 3ms);
    (void)receiver.missing(60ms);
    if (!isHeard)
        receiver.window.begins(node, "x", timeAt(0ms), 0, 1, at(61ms));
    receiver.repair(node, head, 62ms);
    QCOMPARE(receiver.heard.last(), head);
    receiver.window.announced(QUuid::createUuid(), "x", 1, timeAt(-1ms), timeAt(70ms), at(70ms)); // takes its place
    receiver.window.announced(node, "x", head, timeAt(3ms), timeAt(80ms), at(80ms));
    (void)receiver.missing(200ms);
    for (const auto since : {0ms, 1ms}) // whichever was asked for
        receiver.window.begins(node, "x", timeAt(since), head - 1, 1, at(201ms));
    receiver.repair(node, head, 202ms);
    QCOMPARE(receiver.heard.count(head), 1);
}

// "answer" behind a forged announcement, of a sender that was not heard yet.
void TestReceiveWindow::aFalseBaseTellsNoLosses()
{
    Receiver receiver;
    const QUuid node = QUuid::createUuid();
    receiver.window.announced(node, "x", huge, timeAt(1ms), timeAt(1ms), at(2ms));
    QVERIFY(receiver.missing(60ms).empty()); // where it begins is asked for
    receiver.window.begins(node, "x", timeAt(0ms), 1, huge, at(61ms));
    QVERIFY(receiver.lost() <= 5'000'000);
    receiver.hear(node, 2, 62ms);
    receiver.hear(node, 3, 63ms);
    QVERIFY(receiver.heard.contains(3));
}

PYVENT_TEST(TestReceiveWindow)

#include "tst_receivewindow.moc"
