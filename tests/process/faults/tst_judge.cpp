// SPDX-License-Identifier: MIT
#include "judge.h"
#include "support/testprogram.h"

#include <QtTest>

using namespace PyventFaults;
using namespace Qt::StringLiterals;

namespace {

constexpr int source = 1;
constexpr int listener = 2;
const QByteArray name = "order";

} // namespace

// That the harness says what is true: each defect is found, and nothing else is.
class tst_Judge : public QObject
{
    Q_OBJECT

private:
    // Numbers 1 to 10 were sent at the times 10 to 100; the receiver was ready at 25, so that it is owed 3 to 10.
    static Judge judge()
    {
        Judge judge;
        judge.addNode(source, u"sender"_s, false);
        judge.addNode(listener, u"receiver"_s, true);
        judge.setUuid(source, uuid());
        judge.ready(listener, 25);
        judge.beginKind(u"kill"_s, 55);
        for (int i = 1; i <= 10; ++i)
            judge.sent(source, name, i, i, i * 10);
        judge.acknowledged(source, name, 8);
        return judge;
    }
    static QUuid uuid() { return QUuid::fromString(u"{a7a47b2b-5ef2-4e2a-9d10-0123456789ab}"_s); }

private Q_SLOTS:
    void flawless()
    {
        for (int first = 1; first <= 3; ++first) { // what it heard before it was ready is welcome
            Judge j = judge();
            j.heard(listener, source, name, first, 6);
            j.heard(listener, source, name, 7, 10);
            const Verdict verdict = j.verdict();
            QVERIFY(verdict.isFlawless());
            QVERIFY(verdict.defects.isEmpty());
            QCOMPARE(verdict.sent, 10);
            QCOMPARE(verdict.all.owed, 8);
            QCOMPARE(verdict.all.heard, 8);
            QVERIFY(j.behind(j.sentSoFar()).isEmpty());
        }
    }

    void lost()
    {
        Judge j = judge();
        j.heard(listener, source, name, 4, 4); // 3, 5, 8 and the tail are missing
        j.heard(listener, source, name, 6, 7);
        j.heard(listener, source, name, 9, 9);
        const Verdict verdict = j.verdict();
        QCOMPARE(verdict.all.lost, 4);
        QCOMPARE(verdict.byKind[u"start"_s].lost, 2); // 3, 5
        QCOMPARE(verdict.byKind[u"kill"_s].lost, 2);  // 8, 10
        QCOMPARE(verdict.defects.size(), 4);
        QCOMPARE(verdict.all.heard, 4);
        QVERIFY(!j.behind(j.sentSoFar()).isEmpty());
    }

    void nothingHeard()
    {
        Judge j = judge();
        QCOMPARE(j.verdict().all.lost, 8);
        QCOMPARE(j.verdict().all.heard, 0);
    }

    void told_data()
    {
        QTest::addColumn<int>("told");
        QTest::addColumn<int>("lost");
        QTest::addColumn<int>("toldLost");
        QTest::addColumn<int>("toldWrongly");
        QTest::newRow("none") << 0 << 2 << 0 << 0;
        QTest::newRow("too few") << 1 << 1 << 1 << 0;
        QTest::newRow("exactly") << 2 << 0 << 2 << 0;
        QTest::newRow("too many") << 5 << 0 << 2 << 3;
    }
    void told()
    {
        QFETCH(const int, told);
        Judge j = judge();
        j.heard(listener, source, name, 1, 4);
        j.toldLost(listener, name, uuid(), told);
        j.heard(listener, source, name, 7, 10);
        const Tally all = j.verdict().all;
        QTEST(int(all.lost), "lost");
        QTEST(int(all.toldLost), "toldLost");
        QTEST(int(all.toldWrongly), "toldWrongly");
    }

    void toldOfWhatItWasNotOwed()
    {
        Judge j = judge();
        j.heard(listener, source, name, 1, 1);
        j.toldLost(listener, name, uuid(), 1);
        j.heard(listener, source, name, 3, 10);
        QVERIFY(j.verdict().isFlawless());
    }

    void doubledAndOutOfOrder()
    {
        Judge j = judge();
        j.heard(listener, source, name, 3, 4);
        j.heard(listener, source, name, 8, 10);
        j.heard(listener, source, name, 4, 6); // 4 again, 5 and 6 late
        j.heard(listener, source, name, 6, 7); // 6 again, 7 late
        const Verdict verdict = j.verdict();
        QCOMPARE(verdict.all.doubled, 2);
        QCOMPARE(verdict.all.outOfOrder, 3);
        QCOMPARE(verdict.all.lost, 0);
        QCOMPARE(verdict.all.heard, 8);
    }

    void ends_data()
    {
        QTest::addColumn<int>("node");
        QTest::addColumn<bool>("killed");
        QTest::addColumn<int>("lost");
        QTest::addColumn<int>("senderDied");
        // Heard are 3 to 5 and 7; acknowledged is up to 8.
        QTest::newRow("nobody") << 0 << false << 4 << 0;
        QTest::newRow("the receiver quit") << listener << false << 1 << 0;
        QTest::newRow("the receiver was killed") << listener << true << 0 << 0;
        QTest::newRow("the sender quit") << source << false << 4 << 0;
        QTest::newRow("the sender was killed") << source << true << 2 << 2;
    }
    void ends()
    {
        QFETCH(const int, node);
        QFETCH(const bool, killed);
        Judge j = judge();
        j.heard(listener, source, name, 3, 5);
        j.heard(listener, source, name, 7, 7);
        if (node != 0)
            j.ended(node, killed ? Judge::End::Killed : Judge::End::Quit);
        QTEST(int(j.verdict().all.lost), "lost");
        QTEST(int(j.verdict().all.senderDied), "senderDied");
    }
};

PYVENT_TEST(tst_Judge)

#include "tst_judge.moc"
