// SPDX-License-Identifier: MIT
// The replay window alone; tst_recovery drives it together with receive windows.
#include "delivery/transmitwindow.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

#include <random>

using namespace Pyvent::Internal;
using namespace std::chrono_literals;

namespace {

using Window = TransmitWindow<QByteArray>;
using Clock = Window::Clock;

const Clock::time_point start{1h};

// Sends the next event of \a topic at \a time. Returns its number.
quint64 send(Window *window, const QByteArray &topic, qint64 time, Clock::time_point now = start)
{
    const quint64 sequence = window->next(topic).sequence;
    QByteArray frame = topic + QByteArray::number(sequence);
    window->add(topic, sequence, time, std::move(frame), 100, now);
    return sequence;
}

} // namespace

class TestTransmitWindow : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void countsEachTopicFromOne();
    void remembersWhenTheOneBeforeWasSent();
    void topicsAreBytes();
    void goesOnCountingWhenNothingIsKept();
    void keepsTheNewest_data();
    void keepsTheNewest();
    void knowsTheLastBeforeATime();
    void aClockThatGoesBack_data();
    void aClockThatGoesBack();
    void aClockThatWentBackLongAgo();
    void tellsTheHeadsOfSomeTopics();
    void anotherNodesStreamBeginsAnywhere();
    void anotherNodesStreamHasGaps();
    void forgetsStreams();
    void keepsWhatItSays();
};

void TestTransmitWindow::countsEachTopicFromOne()
{
    Window window;
    QCOMPARE(window.next("order").sequence, quint64(1));
    QCOMPARE(window.next("order").sequence, quint64(1)); // asking is not sending
    QCOMPARE(send(&window, "order", 1), quint64(1));
    QCOMPARE(send(&window, "order", 1), quint64(2));
    QCOMPARE(send(&window, "order-food", 1), quint64(1));
    QCOMPARE(send(&window, "order", 1), quint64(3));
    QCOMPARE(send(&window, "order-food", 1), quint64(2));
    QCOMPARE(*window.find("order", 3), QByteArray("order3"));
    QCOMPARE(*window.find("order-food", 1), QByteArray("order-food1"));
    QVERIFY(!window.find("order", 4));
    QVERIFY(!window.find("order", 0));
    QVERIFY(!window.find("other", 1));
}

void TestTransmitWindow::remembersWhenTheOneBeforeWasSent()
{
    Window window;
    QCOMPARE(window.next("order").previous, qint64(0));
    send(&window, "order", 10);
    send(&window, "order-food", 20);
    QCOMPARE(window.next("order").previous, qint64(10));
    send(&window, "order", 30);
    QCOMPARE(window.next("order").previous, qint64(30));
    QCOMPARE(window.next("order-food").previous, qint64(20));
}

void TestTransmitWindow::topicsAreBytes()
{
    Window window;
    QCOMPARE(send(&window, QByteArray("a\0b", 3), 1), quint64(1));
    QCOMPARE(send(&window, QByteArray("a\0c", 3), 1), quint64(1));
    QCOMPARE(send(&window, QByteArray("a"), 1), quint64(1));
    QCOMPARE(send(&window, QByteArray(""), 1), quint64(1));
    QCOMPARE(send(&window, QByteArray("a\0b", 3), 1), quint64(2));
    QByteArray callers = "order";
    QCOMPARE(send(&window, callers, 1), quint64(1));
    callers[0] = 'O';
    QCOMPARE(send(&window, callers, 1), quint64(1));
    QCOMPARE(send(&window, "order", 1), quint64(2));
}

void TestTransmitWindow::goesOnCountingWhenNothingIsKept()
{
    Window window;
    send(&window, "order", 10);
    window.trim(start + 2min);
    QCOMPARE(window.events(), 0);
    QCOMPARE(window.bytes(), 0);
    QVERIFY(!window.find("order", 1));
    QCOMPARE(window.first("order"), quint64(2));
    QCOMPARE(window.next("order").previous, qint64(10));
    QCOMPARE(send(&window, "order", 20), quint64(2));
}

void TestTransmitWindow::keepsTheNewest_data()
{
    QTest::addColumn<TransmitLimits>("limits");
    QTest::addColumn<std::chrono::milliseconds>("apart");
    QTest::addColumn<qsizetype>("kept");
    QTest::newRow("all") << TransmitLimits{} << 1ms << qsizetype(100);
    QTest::newRow("so many") << TransmitLimits{.events = 7} << 1ms << qsizetype(7);
    QTest::newRow("of so many bytes") << TransmitLimits{.bytes = 550} << 1ms << qsizetype(5);
    QTest::newRow("no older than") << TransmitLimits{.age = 35ms} << std::chrono::milliseconds(10ms) << qsizetype(4);
}

void TestTransmitWindow::keepsTheNewest()
{
    QFETCH(const TransmitLimits, limits);
    QFETCH(const std::chrono::milliseconds, apart);
    QFETCH(const qsizetype, kept);
    Window window(limits);
    for (int i = 0; i < 100; ++i)
        send(&window, i % 2 ? "odd" : "even", i, start + i * apart);
    QCOMPARE(window.events(), kept);
    QCOMPARE(window.bytes(), kept * 100);
    const quint64 keptOdd = quint64(kept + 1) / 2; // the newest one is odd
    QCOMPARE(window.first("odd"), 51 - keptOdd);
    QCOMPARE(*window.find("odd", 50), QByteArray("odd50"));
    QVERIFY(!window.find("odd", 50 - keptOdd));
}

void TestTransmitWindow::knowsTheLastBeforeATime()
{
    Window window({.events = 3});
    QCOMPARE(window.lastBefore("order", 100), std::optional<quint64>(0)); // nothing was ever sent
    for (qint64 time = 10; time <= 50; time += 10)
        send(&window, "order", time);
    QCOMPARE(window.lastBefore("order", 100), std::optional<quint64>(5));
    QCOMPARE(window.lastBefore("order", 50), std::optional<quint64>(4));
    QCOMPARE(window.lastBefore("order", 30), std::optional<quint64>(2));
    QCOMPARE(window.lastBefore("order", 21), std::optional<quint64>(2));
    QCOMPARE(window.lastBefore("order", 20), std::optional<quint64>()); // the one of 20 is not kept any more
    QCOMPARE(window.lastBefore("order", 11), std::optional<quint64>());
    QCOMPARE(window.lastBefore("order", 10), std::optional<quint64>(0)); // it began later
    window.trim(start + 2min);
    QCOMPARE(window.lastBefore("order", 51), std::optional<quint64>(5));
    QCOMPARE(window.lastBefore("order", 50), std::optional<quint64>());
    QCOMPARE(window.lastBefore("order", 10), std::optional<quint64>(0));
}

void TestTransmitWindow::aClockThatGoesBack_data()
{
    QTest::addColumn<qint64>("time");
    QTest::addColumn<quint64>("last");
    QTest::newRow("since then") << qint64(120) << quint64(5);
    QTest::newRow("between") << qint64(115) << quint64(4);
    QTest::newRow("at the step") << qint64(100) << quint64(0);
    QTest::newRow("by the clock before") << qint64(225) << quint64(5);
    QTest::newRow("long before") << qint64(1) << quint64(0);
}

void TestTransmitWindow::aClockThatGoesBack()
{
    QFETCH(const qint64, time);
    QFETCH(const quint64, last);
    Window window;
    for (const qint64 sent : {200, 210, 220, 110, 115})
        send(&window, "order", sent);
    QCOMPARE(window.lastBefore("order", time), std::optional<quint64>(last));
}

void TestTransmitWindow::aClockThatWentBackLongAgo()
{
    Window window({.events = 1});
    for (const qint64 sent : {200, 210, 220, 110, 115, 120})
        send(&window, "order", sent);
    QCOMPARE(window.lastBefore("order", 105), std::optional<quint64>(3)); // what was sent before the step
    QCOMPARE(window.lastBefore("order", 112), std::optional<quint64>());
    QCOMPARE(window.lastBefore("order", 118), std::optional<quint64>(5));
}

void TestTransmitWindow::tellsTheHeadsOfSomeTopics()
{
    Window window({.events = 2});
    for (const char *topic : {"order", "order-food", "order", "bill", "x"})
        send(&window, topic, 10);
    window.next("order-drink"); // was never sent
    const auto topics = [&](const QByteArrayList &prefixes) {
        QByteArrayList found;
        for (const Window::Head &head : window.heads(prefixes, 1000))
            found.append(head.topic + QByteArray::number(head.sequence));
        std::sort(found.begin(), found.end());
        return found;
    };
    QCOMPARE(topics({"order"}), (QByteArrayList{"order-food1", "order2"}));
    QCOMPARE(topics({"bi", "bill", "y"}), (QByteArrayList{"bill1"}));
    QCOMPARE(topics({""}), (QByteArrayList{"bill1", "order-food1", "order2", "x1"}));
    QCOMPARE(topics({}), QByteArrayList());
    QCOMPARE(window.heads({"x"}, 1000)[0].time, qint64(10));
}

// The next event of another node's stream comes, with that number.
static void forwardTo(Window *window, const QByteArray &topic, quint64 sequence, qint64 time,
                      Clock::time_point now = start)
{
    window->resume(topic, sequence, time);
    QByteArray frame = topic + QByteArray::number(sequence);
    window->add(topic, sequence, time, std::move(frame), 100, now);
}

void TestTransmitWindow::anotherNodesStreamBeginsAnywhere()
{
    Window window;
    forwardTo(&window, "order", 6, 100);
    forwardTo(&window, "order", 7, 110);
    QCOMPARE(window.first("order"), quint64(6));
    QVERIFY(!window.find("order", 5));
    QCOMPARE(*window.find("order", 6), QByteArray("order6"));
    QCOMPARE(window.next("order").sequence, quint64(8));
    QCOMPARE(window.lastBefore("order", 50), std::optional<quint64>(5)); // on this bus, it begins there
    QCOMPARE(window.lastBefore("order", 105), std::optional<quint64>(6));
    const auto kept = window.kept("order", 0, {}, 0, start);
    QVERIFY(kept && kept->first == 6 && kept->last == 7);
    forwardTo(&window, "bill", 1, 120);
    QCOMPARE(window.lastBefore("bill", 50), std::optional<quint64>(0));
}

void TestTransmitWindow::anotherNodesStreamHasGaps()
{
    Window window;
    forwardTo(&window, "order", 6, 100);
    forwardTo(&window, "bill", 1, 105);
    forwardTo(&window, "order", 7, 110);
    forwardTo(&window, "order", 10, 200);
    QCOMPARE(window.first("order"), quint64(10));
    QVERIFY(!window.find("order", 7) && !window.find("order", 9));
    QCOMPARE(*window.find("order", 10), QByteArray("order10"));
    QCOMPARE(*window.find("bill", 1), QByteArray("bill1"));
    QCOMPARE(window.bytes(), 200);
    QCOMPARE(window.lastBefore("order", 50), std::optional<quint64>(5));
    QCOMPARE(window.lastBefore("order", 105), std::optional<quint64>()); // 6, but that is not known any more
    QCOMPARE(window.lastBefore("order", 150), std::optional<quint64>(9));
    QCOMPARE(window.next("order").previous, qint64(200));
    window.setLimits({.events = 2});
    forwardTo(&window, "bill", 2, 300); // what is left of 6 and 7 goes with the others of that age
    QCOMPARE(window.events(), 2);
    QCOMPARE(window.bytes(), 200);
    QVERIFY(window.find("order", 10) && window.find("bill", 2) && !window.find("bill", 1));
}

void TestTransmitWindow::forgetsStreams()
{
    Window window;
    for (quint64 sequence = 1; sequence <= 3; ++sequence) {
        forwardTo(&window, "order", sequence, 100);
        forwardTo(&window, "bill", sequence, 100);
        forwardTo(&window, "x", sequence, 100);
    }
    window.forget({"order", "x", "unknown"});
    QCOMPARE(window.streams(), 1);
    QCOMPARE(window.bytes(), 300);
    QVERIFY(!window.find("order", 1));
    QCOMPARE(*window.find("bill", 2), QByteArray("bill2"));
    QCOMPARE(window.heads({""}, 100).size(), std::size_t(1));
    const auto announced = window.takeAnnouncements(start + 1s, 100);
    QCOMPARE(announced.size(), std::size_t(1));
    QCOMPARE(announced[0].topic, QByteArray("bill"));
    forwardTo(&window, "order", 9, 100); // is a new one
    QCOMPARE(window.first("order"), quint64(9));
    window.trim(start + 61s);
    QCOMPARE(window.events(), 0);
    QCOMPARE(window.bytes(), 0);
}

// Whatever comes: what it has is what it says that it has.
void TestTransmitWindow::keepsWhatItSays()
{
    std::minstd_rand random(7);
    const auto below = [&random](quint32 bound) { return (random() >> 4) % bound; };
    Window window({.events = 20, .bytes = 1500, .age = 10s});
    std::map<QByteArray, quint64> heads;
    for (int i = 0; i < 20'000; ++i) {
        const Clock::time_point now = start + i * 100ms;
        const QByteArray topic = "t" + QByteArray::number(below(5));
        if (below(10) == 0) {
            window.forget({topic});
            heads.erase(topic);
        } else {
            forwardTo(&window, topic, heads[topic] += 1 + (below(4) == 0) * below(9), i + 1, now);
        }
        qsizetype bytes = 0;
        for (const auto &[known, head] : heads) {
            for (quint64 sequence = window.first(known); sequence <= head; ++sequence, bytes += 100)
                QCOMPARE(*window.find(known, sequence), known + QByteArray::number(sequence));
            QVERIFY(!window.find(known, window.first(known) - 1));
            const auto base = window.lastBefore(known, i + 2);
            QVERIFY(base && *base == head);
        }
        QCOMPARE(window.bytes(), bytes);
        QVERIFY(window.events() <= 20);
    }
}

PYVENT_TEST(TestTransmitWindow)

#include "tst_transmitwindow.moc"
