// SPDX-License-Identifier: MIT
#include "bridgesamples.h"
#include "support/testprogram.h"
#include "unstamped.h"

#include <QtTest>

using namespace Pyvent::Bridge;
using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

const QString oven = u"oven"_s;

BusEvent writeOf(int value, quint64 stamp = 0, const QString &name = oven)
{
    return {.name = name, .pickle = "value " + QByteArray::number(value), .stamp = stamp};
}

QList<int> valuesOf(const std::vector<BusEvent> &events)
{
    QList<int> values;
    for (const BusEvent &event : events)
        values += event.pickle.sliced(6).toInt();
    return values;
}

QList<quint64> stampsOf(const std::vector<BusEvent> &events)
{
    QList<quint64> stamps;
    for (const BusEvent &event : events)
        stamps += event.stamp;
    return stamps;
}

} // namespace

class tst_Unstamped : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void waitsForItsStamp()
    {
        Unstamped unstamped;
        QVERIFY(!unstamped.take(writeOf(1, 70), start)); // by which it is known that the name is a value's
        QVERIFY(unstamped.take(writeOf(2), start));
        QVERIFY(unstamped.take(writeOf(3, 90), start)); // behind that
        QVERIFY(!unstamped.take(writeOf(1, 0, u"other"_s), start));
        QCOMPARE(unstamped.takeQuestions(), (QStringList{oven, u"other"_s}));
        QVERIFY(unstamped.takeReady(start).empty());
        unstamped.told(oven, writeOf(2, 80), start);
        auto ready = unstamped.takeReady(start);
        QCOMPARE(valuesOf(ready), QList{2});
        QCOMPARE(stampsOf(ready), QList<quint64>{80});
        QCOMPARE(unstamped.takeQuestions(), QStringList{oven});
        unstamped.told(oven, writeOf(3, 90), start);
        ready = unstamped.takeReady(start);
        QCOMPARE(stampsOf(ready), QList<quint64>{90});
        QVERIFY(unstamped.isEmpty());
        QVERIFY(unstamped.deadline() == Unstamped::Clock::time_point::max());
    }

    // Those that the server had before are earlier.
    void severalAreInOrder()
    {
        Unstamped unstamped;
        unstamped.isValue(oven);
        QVERIFY(unstamped.take(writeOf(1), start));
        QCOMPARE(unstamped.takeQuestions(), QStringList{oven});
        for (int i = 2; i <= 4; ++i)
            QVERIFY(unstamped.take(writeOf(i), start));
        QVERIFY(unstamped.takeQuestions().isEmpty());
        unstamped.told(oven, writeOf(2, 50), start); // the server has one more already
        QCOMPARE(stampsOf(unstamped.takeReady(start)), QList<quint64>{49});
        QCOMPARE(unstamped.takeQuestions(), QStringList{oven});
        unstamped.told(oven, writeOf(4, 60), start);
        QCOMPARE(stampsOf(unstamped.takeReady(start)), (QList<quint64>{58, 59, 60}));
        QVERIFY(unstamped.isEmpty());
    }

    void namesAreFoundOut()
    {
        Unstamped unstamped;
        QVERIFY(!unstamped.take(writeOf(1), start));
        QCOMPARE(unstamped.takeQuestions(), QStringList{oven});
        QVERIFY(!unstamped.take(writeOf(2), start + 10ms));
        QVERIFY(unstamped.takeQuestions().isEmpty());
        unstamped.told(oven, writeOf(2), start); // it is none
        QVERIFY(!unstamped.take(writeOf(3), start + 20ms));
        QVERIFY(!unstamped.take(writeOf(4), start + 2s)); // but may be one by now
        QCOMPARE(unstamped.takeQuestions(), QStringList{oven});
        unstamped.told(oven, writeOf(4, 9), start);
        QVERIFY(unstamped.take(writeOf(5), start + 2s));
        // What has no value is no write.
        QVERIFY(!unstamped.take({.name = u"bell"_s, .pickle = "}."}, start));
        QVERIFY(unstamped.takeReady(start + 2s).empty());
    }

    // A server that does not answer holds up one event, once.
    void doesNotWaitForEver()
    {
        Unstamped unstamped;
        unstamped.isValue(oven);
        QVERIFY(unstamped.take(writeOf(1), start));
        QVERIFY(unstamped.takeReady(start + 100ms).empty());
        QVERIFY(unstamped.deadline() <= start + 1s);
        QCOMPARE(stampsOf(unstamped.takeReady(start + 1s)), QList<quint64>{0});
        QVERIFY(!unstamped.take(writeOf(2), start + 1s));
        unstamped.busIsNew();
        QVERIFY(unstamped.take(writeOf(3), start + 1s));
        unstamped.told(oven, {}, start + 1s); // it has none
        QCOMPARE(stampsOf(unstamped.takeReady(start + 1s)), QList<quint64>{0});
        QVERIFY(unstamped.take(writeOf(4), start + 1s));
        unstamped.busIsNew();
        QCOMPARE(valuesOf(unstamped.takeReady(start + 1s)), QList{4});
        QVERIFY(unstamped.isEmpty());
    }

    // An answer that came too late is of nothing that waits since.
    void lateAnswersAreForNobody()
    {
        Unstamped unstamped({.events = 2});
        unstamped.isValue(oven);
        QVERIFY(unstamped.take(writeOf(1), start));
        QVERIFY(unstamped.take(writeOf(2), start));
        QVERIFY(unstamped.take(writeOf(3), start)); // there is no room
        QCOMPARE(valuesOf(unstamped.takeReady(start)), (QList{1, 2, 3}));
        QVERIFY(unstamped.take(writeOf(4), start));
        unstamped.told(oven, writeOf(1, 50), start); // of the question before
        QVERIFY(unstamped.takeReady(start).empty());
        unstamped.told(oven, writeOf(4, 60), start);
        QCOMPARE(stampsOf(unstamped.takeReady(start)), QList<quint64>{60});
        unstamped.told(oven, writeOf(4, 60), start); // nobody has asked
        QVERIFY(unstamped.isEmpty());
    }
};

PYVENT_TEST(tst_Unstamped)

#include "tst_unstamped.moc"
