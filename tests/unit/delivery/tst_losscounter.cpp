// SPDX-License-Identifier: MIT
#include "delivery/losscounter.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

class TestLossCounter : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void countsByStream();
    void beginsAnewWhenTaken();
};

void TestLossCounter::countsByStream()
{
    const QUuid one = QUuid::createUuid();
    const QUuid other = QUuid::createUuid();
    LossCounter losses;
    QVERIFY(losses.isEmpty());
    losses.add(u"a"_s, one, 1);
    losses.add(u"a"_s, other, 2);
    losses.add(u"b"_s, one, 3);
    losses.add(u"a"_s, one, 4);
    QVERIFY(!losses.isEmpty());
    const QHash<LossCounter::Stream, quint64> expected{{{u"a"_s, one}, 5}, {{u"a"_s, other}, 2}, {{u"b"_s, one}, 3}};
    QCOMPARE(losses.take(), expected);
}

void TestLossCounter::beginsAnewWhenTaken()
{
    const QUuid node = QUuid::createUuid();
    LossCounter losses;
    losses.add(u"a"_s, node, 7);
    (void)losses.take();
    QVERIFY(losses.isEmpty());
    losses.add(u"a"_s, node, 1);
    QCOMPARE(losses.take().value({u"a"_s, node}), quint64(1));
}

PYVENT_TEST(TestLossCounter)

#include "tst_losscounter.moc"
