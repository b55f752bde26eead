// SPDX-License-Identifier: MIT
#include "session/origins.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace std::chrono_literals;

using Clock = Origins::Clock;

namespace {

Clock::time_point timeOf(std::chrono::milliseconds time)
{
    return Clock::time_point(time + 1h);
}

// How many of \a count such messages are looked at.
int allowed(Origins *origins, const QByteArray &frame, int count, std::chrono::milliseconds now)
{
    int allowed = 0;
    for (int i = 0; i < count; ++i)
        allowed += origins->allow(*Control::Message::of(frame), timeOf(now));
    return allowed;
}

} // namespace

class TestOrigins : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void boundsEachKind_data();
    void boundsEachKind();
    void eachNodeHasItsOwn();
    void manyNodesShare();
    void whatSpeaksForNobodyIsNotRead();
};

void TestOrigins::boundsEachKind_data()
{
    QTest::addColumn<QByteArray>("frame");
    const QUuid node = QUuid::createUuid();
    const QUuid asker = QUuid::createUuid();
    QTest::newRow("who") << commonTopic(Control::who) + node.toByteArray(QUuid::WithoutBraces);
    QTest::newRow("announce") << Control::Announce{node, {}}.toFrame();
    QTest::newRow("announce, of nobody") << commonTopic(Control::announce);
    QTest::newRow("heads") << Control::Heads{.node = node, .heads = {{"x", 1, 1}}}.toFrame();
    QTest::newRow("ask") << Control::Ask{.asker = node}.toFrame(asker);
    QTest::newRow("answer") << Control::Answer{.node = node}.toFrame(asker);
    QTest::newRow("withheld") << Control::Withheld{.node = node}.toFrame(asker);
    QTest::newRow("past") << Control::Past{.asker = node}.toFrame();
    QTest::newRow("kept") << Control::Kept{.node = node}.toFrame(asker);
    QTest::newRow("refused") << Control::Refused{}.toFrame();
}

void TestOrigins::boundsEachKind()
{
    QFETCH(const QByteArray, frame);
    Origins origins;
    const int atOnce = allowed(&origins, frame, 50'000, 0ms);
    QVERIFY2(atOnce >= 200 && atOnce <= 10'000, QByteArray::number(atOnce));
    QCOMPARE(allowed(&origins, frame, 1000, 0ms), 0);
    const int later = allowed(&origins, frame, 50'000, 1s);
    QVERIFY2(later >= 100 && later <= 5000, QByteArray::number(later));
}

void TestOrigins::eachNodeHasItsOwn()
{
    Origins origins;
    const auto past = [] { return Control::Past{.asker = QUuid::createUuid()}.toFrame(); };
    const QByteArray loud = past();
    QVERIFY(allowed(&origins, loud, 50'000, 0ms) < 50'000);
    QCOMPARE(allowed(&origins, past(), 10, 0ms), 10);
}

// Nodes that are invented do not take memory, nor what the others have.
void TestOrigins::manyNodesShare()
{
    Origins origins;
    const QByteArray known = Control::Past{.asker = QUuid::createUuid()}.toFrame();
    QCOMPARE(allowed(&origins, known, 10, 0ms), 10);
    int count = 0;
    for (int i = 0; i < 100'000; ++i)
        count += allowed(&origins, Control::Past{.asker = QUuid::createUuid()}.toFrame(), 1, 0ms);
    QVERIFY2(count < 10'000, QByteArray::number(count));
    QCOMPARE(allowed(&origins, known, 10, 0ms), 10);
    QCOMPARE(allowed(&origins, Control::Past{.asker = QUuid::createUuid()}.toFrame(), 10, 10s),
             10); // who rests is forgotten
}

void TestOrigins::whatSpeaksForNobodyIsNotRead()
{
    Origins origins;
    QCOMPARE(allowed(&origins, commonTopic(Control::heads) + "nonsense", 1, 0ms), 0);
    QCOMPARE(allowed(&origins, commonTopic(Control::who) + "nonsense", 1, 0ms), 0);
    QCOMPARE(allowed(&origins, commonTopic(Control::heads) + QByteArray(100'000, '\x81'), 1, 0ms), 0);
}

PYVENT_TEST(TestOrigins)

#include "tst_origins.moc"
