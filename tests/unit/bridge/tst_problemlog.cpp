// SPDX-License-Identifier: MIT
#include "problemlog.h"
#include "support/testprogram.h"

#include <QtTest>

using namespace Pyvent::Bridge;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class tst_ProblemLog : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void tellsTheFirstAtOnce();
    void countsTheOthers();
    void tellsAgainWhatWasOver();
    void isQuietAboutManyKinds();
};

void tst_ProblemLog::tellsTheFirstAtOnce()
{
    ProblemLog log;
    const auto now = ProblemLog::Clock::time_point() + 1h;
    QCOMPARE(log.tell(u"a"_s, u"one"_s, now), u"one"_s);
    QCOMPARE(log.tell(u"b"_s, u"two"_s, now), u"two"_s);
    QCOMPARE(log.deadline(), ProblemLog::Clock::time_point::max());
}

void tst_ProblemLog::countsTheOthers()
{
    ProblemLog log;
    const auto now = ProblemLog::Clock::time_point() + 1h;
    QVERIFY(log.tell(u"a"_s, u"one"_s, now));
    for (int i = 0; i < 1000; ++i)
        QVERIFY(!log.tell(u"a"_s, u"again %1"_s.arg(i), now + 1s));
    QCOMPARE(log.deadline(), now + ProblemLog::quiet);
    QVERIFY(log.process(now + ProblemLog::quiet - 1ms).isEmpty());
    QCOMPARE(log.process(now + ProblemLog::quiet), QStringList{u"again 999 (and 999 more of this kind)"_s});
    QVERIFY(log.process(now + 2 * ProblemLog::quiet).isEmpty());
    QCOMPARE(log.tell(u"a"_s, u"later"_s, now + 2 * ProblemLog::quiet), u"later"_s);
    QVERIFY(!log.tell(u"a"_s, u"once more"_s, now + 2 * ProblemLog::quiet));
    QCOMPARE(log.process(now + 3 * ProblemLog::quiet), QStringList{u"once more"_s});
}

void tst_ProblemLog::tellsAgainWhatWasOver()
{
    ProblemLog log;
    const auto now = ProblemLog::Clock::time_point() + 1h;
    QVERIFY(log.tell(u"connection"_s, u"gone"_s, now));
    QVERIFY(log.forget(u"connection"_s));
    QVERIFY(!log.forget(u"connection"_s));
    QVERIFY(log.tell(u"connection"_s, u"gone"_s, now + 1s));
}

void tst_ProblemLog::isQuietAboutManyKinds()
{
    ProblemLog log;
    const auto now = ProblemLog::Clock::time_point() + 1h;
    int told = 0;
    for (int i = 0; i < 5000; ++i)
        told += log.tell(u"kind %1"_s.arg(i), u"text %1"_s.arg(i), now).has_value();
    QCOMPARE(told, 1001);
    QCOMPARE(log.process(now + ProblemLog::quiet), QStringList{u"text 4999 (and 3998 more of this kind)"_s});
    // Those of before make room.
    QVERIFY(log.tell(u"new"_s, u"new"_s, now + 2 * ProblemLog::quiet));
    QVERIFY(!log.tell(u"new"_s, u"again"_s, now + 2 * ProblemLog::quiet));
    QVERIFY(log.tell(u"newer"_s, u"newer"_s, now + 2 * ProblemLog::quiet));
}

PYVENT_TEST(tst_ProblemLog)
#include "tst_problemlog.moc"
