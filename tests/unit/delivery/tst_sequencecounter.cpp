// SPDX-License-Identifier: MIT
#include "delivery/sequencecounter.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;

class TestSequenceCounter : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void countsFromOne();
    void countsEachTopicAlone();
    void topicsAreBytes();
    void doesNotKeepTheCallersBytes();
};

void TestSequenceCounter::countsFromOne()
{
    SequenceCounter counter;
    for (quint64 expected = 1; expected <= 1000; ++expected)
        QCOMPARE(counter.next("order"), expected);
}

void TestSequenceCounter::countsEachTopicAlone()
{
    SequenceCounter counter;
    QCOMPARE(counter.next("order"), quint64(1));
    QCOMPARE(counter.next("order"), quint64(2));
    QCOMPARE(counter.next("order-food"), quint64(1));
    QCOMPARE(counter.next("order"), quint64(3));
    QCOMPARE(counter.next("order-food"), quint64(2));
    QCOMPARE(counter.next(""), quint64(1));
}

void TestSequenceCounter::topicsAreBytes()
{
    SequenceCounter counter;
    QCOMPARE(counter.next(QByteArray("a\0b", 3)), quint64(1));
    QCOMPARE(counter.next(QByteArray("a\0c", 3)), quint64(1));
    QCOMPARE(counter.next(QByteArray("a")), quint64(1));
    QCOMPARE(counter.next(QByteArray("a\0b", 3)), quint64(2));
}

void TestSequenceCounter::doesNotKeepTheCallersBytes()
{
    SequenceCounter counter;
    QByteArray topic = "order";
    QCOMPARE(counter.next(topic), quint64(1));
    topic[0] = 'O';
    QCOMPARE(counter.next("order"), quint64(2));
    QCOMPARE(counter.next(topic), quint64(1));
}

QTEST_GUILESS_MAIN(TestSequenceCounter)
#include "tst_sequencecounter.moc"
