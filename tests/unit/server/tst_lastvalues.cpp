// SPDX-License-Identifier: MIT
#include "server/lastvalues.h"

#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;

namespace {

using Order = LastValues::Order;

constexpr qint64 timeOfValues = 1'800'000'000'000'000;

QByteArray writeFrame(const QByteArray &name, quint64 stamp, const QByteArray &text = "x")
{
    QByteArray frame = name + ' ' + text + '.';
    appendTrailer({.nodeId = QUuid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), .flags = Trailer::Value, .stamp = stamp},
                  &frame);
    return frame;
}

Order keepWrite(LastValues *values, const QByteArray &frame)
{
    return values->keepWrite(parseFrame(frame), frame, frame.size(), timeOfValues);
}

void keep(LastValues *values, const QByteArray &frame)
{
    values->keep(topicOf(frame), frame, frame.size());
}

QByteArray kept(LastValues *values, const QByteArray &name)
{
    const LastValues::Entry *entry = values->find(name);
    return entry ? entry->frame : QByteArray();
}

} // namespace

class TestLastValues : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void keepsTheNewestOfEachName()
    {
        LastValues values;
        QVERIFY(!values.find("a"));
        keep(&values, "a 1.");
        QVERIFY(values.isOneMore("a 2."));
        QVERIFY(!values.isOneMore("ab 2."));
        QVERIFY(!values.isOneMore("a"));
        keep(&values, "a 2.");
        keep(&values, "b 1.");
        QVERIFY(!values.isOneMore("a 3."));
        keep(&values, "a"); // without arguments
        QCOMPARE(kept(&values, "a"), QByteArray("a"));
        QCOMPARE(kept(&values, "b"), QByteArray("b 1."));
        QCOMPARE(values.names(), 2);
    }

    void theGreatestWriteHolds()
    {
        LastValues values;
        QCOMPARE(keepWrite(&values, writeFrame("a", 5)), Order::Newer);
        QCOMPARE(keepWrite(&values, writeFrame("a", 5)), Order::Same);
        QCOMPARE(keepWrite(&values, writeFrame("a", 4)), Order::Older);
        QCOMPARE(keepWrite(&values, writeFrame("a", 6, "six")), Order::Newer);
        QCOMPARE(kept(&values, "a"), writeFrame("a", 6, "six"));
        QVERIFY(values.isValue("a"));
        QVERIFY(!values.isValue("b"));
        QCOMPARE(keepWrite(&values, writeFrame("a", ~quint64(0))), Order::Implausible);
        QCOMPARE(values.find("a")->version.stamp, 6ULL);
        QVERIFY(values.nextStamp(0) > 6);
        QVERIFY(!values.isOneMore(writeFrame("a", 7)));
    }

    void whoHoldsMakesItAValue()
    {
        LastValues values;
        values.isHeld("a");
        values.isHeld("a");
        QVERIFY(values.isValue("a"));
        values.isHeldNoMore("a");
        QVERIFY(values.isValue("a"));
        values.isHeldNoMore("a");
        QVERIFY(!values.isValue("a"));
        values.isHeldNoMore("a");
    }

    void whatIsTooLargeIsNotTheLastOne()
    {
        LastValues values({.frameBytes = 100});
        keep(&values, "a 1.");
        keep(&values, "a " + QByteArray(200, 'x') + '.');
        QVERIFY(!values.find("a"));
        keep(&values, QByteArray(2000, 'n') + " x.");
        QCOMPARE(values.names(), 0);
        // Of a value it is known which one it is.
        QCOMPARE(keepWrite(&values, writeFrame("v", 5, QByteArray(200, 'x'))), Order::Newer);
        QVERIFY(values.find("v")->frame.isEmpty());
        QCOMPARE(values.find("v")->version.stamp, 5ULL);
        QCOMPARE(keepWrite(&values, writeFrame("v", 4)), Order::Older);
    }

    void whatWasNotUsedForLongestMakesRoom()
    {
        LastValues values({.names = 3});
        for (const char *frame : {"a 1.", "b 1.", "c 1."})
            keep(&values, frame);
        QVERIFY(values.find("a"));
        keep(&values, "d 1.");
        QCOMPARE(values.names(), 3);
        QVERIFY(!values.find("b"));
        QVERIFY(values.find("a") && values.find("c") && values.find("d"));
    }

    void endlessNamesTakeNoMoreThanTheyMay()
    {
        constexpr LastValues::Limits limits{.allBytes = 1'000'000, .names = 5000};
        LastValues values(limits);
        for (int i = 0; i < 100'000; ++i) {
            const QByteArray name = QByteArray::number(i);
            if (i % 3 == 0)
                keepWrite(&values, writeFrame(name, quint64(i) + 1, QByteArray(i % 700, 'x')));
            else
                keep(&values, name + ' ' + QByteArray(i % 700, 'x') + '.');
            QVERIFY(values.names() <= limits.names);
            QVERIFY(values.bytes() <= limits.allBytes);
        }
        QVERIFY(values.find("99999"));
    }

    // A large event's memory does not stay with the small ones that follow it.
    void memoryIsGivenBack()
    {
        LastValues values;
        keep(&values, "a " + QByteArray(50'000, 'x') + '.');
        const qsizetype large = values.bytes();
        keep(&values, "a 1.");
        QVERIFY(values.bytes() < large - 40'000);
    }
};

PYVENT_TEST(TestLastValues)

#include "tst_lastvalues.moc"
