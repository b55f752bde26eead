// SPDX-License-Identifier: MIT
#include "delivery/sequencecounter.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;

class TestSequenceCounter : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void countsFromOne();
    void remembersTheTime();
    void countsEachTopicAlone();
    void topicsAreBytes();
    void doesNotKeepTheCallersBytes();
};

void TestSequenceCounter::countsFromOne()
{
    SequenceCounter counter;
    for (quint64 expected = 1; expected <= 1000; ++expected)
        QCOMPARE(counter.next("order", 1).sequence, expected);
}

void TestSequenceCounter::remembersTheTime()
{
    SequenceCounter counter;
    QCOMPARE(counter.next("order", 10).previous, qint64(0));
    QCOMPARE(counter.next("order-food", 20).previous, qint64(0));
    QCOMPARE(counter.next("order", 30).previous, qint64(10));
    QCOMPARE(counter.next("order", 40).previous, qint64(30));
}

void TestSequenceCounter::countsEachTopicAlone()
{
    SequenceCounter counter;
    QCOMPARE(counter.next("order", 1).sequence, quint64(1));
    QCOMPARE(counter.next("order", 1).sequence, quint64(2));
    QCOMPARE(counter.next("order-food", 1).sequence, quint64(1));
    QCOMPARE(counter.next("order", 1).sequence, quint64(3));
    QCOMPARE(counter.next("order-food", 1).sequence, quint64(2));
    QCOMPARE(counter.next("", 1).sequence, quint64(1));
}

void TestSequenceCounter::topicsAreBytes()
{
    SequenceCounter counter;
    QCOMPARE(counter.next(QByteArray("a\0b", 3), 1).sequence, quint64(1));
    QCOMPARE(counter.next(QByteArray("a\0c", 3), 1).sequence, quint64(1));
    QCOMPARE(counter.next(QByteArray("a"), 1).sequence, quint64(1));
    QCOMPARE(counter.next(QByteArray("a\0b", 3), 1).sequence, quint64(2));
}

void TestSequenceCounter::doesNotKeepTheCallersBytes()
{
    SequenceCounter counter;
    QByteArray topic = "order";
    QCOMPARE(counter.next(topic, 1).sequence, quint64(1));
    topic[0] = 'O';
    QCOMPARE(counter.next("order", 1).sequence, quint64(2));
    QCOMPARE(counter.next(topic, 1).sequence, quint64(1));
}

QTEST_GUILESS_MAIN(TestSequenceCounter)
#include "tst_sequencecounter.moc"
