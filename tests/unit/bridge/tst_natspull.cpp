// SPDX-License-Identifier: MIT
#include "bridgesamples.h"
#include "natspull.h"
#include "support/testprogram.h"

#include <QtTest>

using namespace Pyvent::Bridge;
using namespace PyventTests;
using namespace std::chrono_literals;

class tst_NatsPull : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void asksBeforeAllHasCome();
    void asksAgainWhereNobodyHasTheRequest();
    void doesNotAskAllTheTimeWhereNobodyIs();
    void findsOutThatTheConsumerIsLost();
    void rests();
};

void tst_NatsPull::asksBeforeAllHasCome()
{
    NatsPull pull;
    pull.begin(start);
    QVERIFY(pull.wantsMore(start));
    pull.ask(start);
    QVERIFY(!pull.wantsMore(start));
    for (int i = 0; i < NatsPull::batch / 2; ++i)
        pull.arrived(start + 1s);
    QVERIFY(pull.wantsMore(start + 1s));
    const quint64 second = pull.ask(start + 1s);
    QVERIFY(!pull.wantsMore(start + 1s));
    pull.heardOf(second, false, start + 2s); // it is there still
    QVERIFY(!pull.wantsMore(start + 2s));
    QCOMPARE(pull.deadline(), start + 2s + NatsPull::silence);
    pull.heardOf(second, true, start + 2s);
    QVERIFY(pull.wantsMore(start + 2s));
    QVERIFY(NatsPull::body().startsWith("{\"batch\":256,"));
}

// It was asked just before its leader was killed.
void tst_NatsPull::asksAgainWhereNobodyHasTheRequest()
{
    NatsPull pull;
    pull.begin(start);
    pull.ask(start);
    auto now = start + NatsPull::silence;
    QCOMPARE(pull.deadline(), now);
    pull.process(now - 1ms);
    QVERIFY(!pull.wantsMore(now - 1ms));
    pull.process(now);
    QVERIFY(pull.wantsMore(now));
    pull.ask(now);
    QVERIFY(!pull.isLost(now));
    QCOMPARE(pull.deadline(), now + NatsPull::again); // there may be nobody still
    pull.arrived(now + 1s);
    QCOMPARE(pull.deadline(), now + 1s + NatsPull::silence);
}

void tst_NatsPull::doesNotAskAllTheTimeWhereNobodyIs()
{
    NatsPull pull;
    pull.begin(start);
    auto now = start;
    for (int i = 0; i < 10; ++i) {
        QVERIFY(pull.wantsMore(now));
        pull.refused(pull.ask(now), now);
        QVERIFY(!pull.wantsMore(now));
        QCOMPARE(pull.deadline(), now + NatsPull::pause);
        now = pull.deadline();
        pull.process(now);
    }
    pull.heardOf(pull.ask(now), false, now); // there is a new leader
    QCOMPARE(pull.deadline(), now + NatsPull::silence);
}

void tst_NatsPull::findsOutThatTheConsumerIsLost()
{
    NatsPull pull;
    pull.begin(start);
    auto now = start;
    for (; now < start + NatsPull::patience; now = pull.deadline()) {
        pull.process(now);
        QVERIFY(!pull.isLost(now));
        const quint64 number = pull.ask(now);
        if (now > start + 5s) // at first nothing is answered
            pull.refused(number, now);
    }
    pull.process(now);
    QVERIFY(pull.isLost(now));
    pull.begin(now);
    QVERIFY(!pull.isLost(now));
}

// Nothing is asked for while there is no room, and that is no silence.
void tst_NatsPull::rests()
{
    NatsPull pull;
    pull.begin(start);
    pull.heardOf(pull.ask(start), true, start);
    QCOMPARE(pull.deadline(), NatsPull::Clock::time_point::max());
    pull.process(start + 100s);
    QVERIFY(!pull.isLost(start + 100s));
    pull.ask(start + 100s);
    QCOMPARE(pull.deadline(), start + 100s + NatsPull::silence);
    pull.process(start + 100s + NatsPull::silence);
    QVERIFY(!pull.isLost(start + 100s + NatsPull::silence));
}

PYVENT_TEST(tst_NatsPull)
#include "tst_natspull.moc"
