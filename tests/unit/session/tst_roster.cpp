// SPDX-License-Identifier: MIT
#include "session/roster.h"

#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

const Roster::Clock::time_point start = Roster::Clock::time_point(std::chrono::hours(1));

PyventNodeInfo named(const QString &program)
{
    PyventNodeInfo info;
    info.program = program;
    info.uuid = QUuid::createUuid();
    return info;
}

const PyventNodeInfo oven = named(u"oven"_s);
const PyventNodeInfo door = named(u"door"_s);
const PyventNodeInfo self = named(u"self"_s);

// "+oven", "-oven left", "-oven lost", "full"
QStringList changesOf(Roster *roster)
{
    QStringList texts;
    for (const Roster::Change &change : roster->takeChanges()) {
        if (const auto *appeared = std::get_if<Roster::Appeared>(&change))
            texts += u'+' + appeared->node.program;
        else if (const auto *vanished = std::get_if<Roster::Vanished>(&change))
            texts +=
                u'-' + vanished->node.program + (vanished->reason == Control::Gone::Left ? u" left"_s : u" lost"_s);
        else
            texts += u"full"_s;
    }
    return texts;
}

// Lets the time pass from \a from to \a to; \a answers are given to each question. Returns how many were asked.
int pass(Roster *roster, Roster::Clock::duration from, Roster::Clock::duration to,
         const QList<PyventNodeInfo> &answers = {})
{
    int questions = 0;
    for (auto now = start + from; now <= start + to; now += 10ms) {
        if (roster->deadline() > now || !roster->process(now))
            continue;
        ++questions;
        for (const PyventNodeInfo &node : answers)
            roster->isHere(node, 100, now);
    }
    return questions;
}

} // namespace

class TestRoster : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void doesNothingUnlessItWatches()
    {
        Roster roster(self.uuid);
        roster.ready(true, start);
        roster.isHere(oven, 100, start);
        QVERIFY(!roster.process(start));
        QCOMPARE(roster.deadline(), Roster::Clock::time_point::max());
        QCOMPARE(changesOf(&roster), QStringList());
    }

    void tellsWhoIsThereAndComesAndGoes()
    {
        Roster roster(self.uuid);
        roster.watch();
        roster.ready(true, start);
        QCOMPARE(pass(&roster, 0s, 10s, {oven, self}), 1); // it does not tell of itself
        QCOMPARE(changesOf(&roster), QStringList{u"+oven"_s});
        QCOMPARE(roster.deadline(), Roster::Clock::time_point::max()); // and wakes nobody any more
        roster.isHere(door, 100, start + 10s);
        roster.isHere(door, 100, start + 11s);
        QCOMPARE(roster.nodes().size(), 2);
        roster.isGone(oven.uuid, Control::Gone::Left);
        roster.isGone(oven.uuid, Control::Gone::Lost);
        roster.isGone(door.uuid, Control::Gone::Lost);
        roster.isGone(QUuid::createUuid(), Control::Gone::Lost);
        QCOMPARE(changesOf(&roster), (QStringList{u"+door"_s, u"-oven left"_s, u"-door lost"_s}));
        QVERIFY(roster.nodes().isEmpty());
    }

    // What a node says of itself is what was said last.
    void knowsWhatChanges()
    {
        Roster roster(self.uuid);
        roster.watch();
        roster.ready(true, start);
        roster.isHere(oven, 100, start);
        PyventNodeInfo hot = oven;
        hot.about = {{u"celsius"_s, 200}};
        roster.isHere(hot, 100, start);
        QCOMPARE(roster.nodes(), QList<PyventNodeInfo>{hot});
        QCOMPARE(changesOf(&roster), QStringList{u"+oven"_s});
    }

    // Who was lost with the last server is missing at the next one; who is slow to come is asked once more.
    void callsTheRollAtAnotherServer()
    {
        Roster roster(self.uuid);
        roster.watch();
        roster.ready(true, start);
        (void)pass(&roster, 0s, 5s, {oven, door});
        (void)changesOf(&roster);
        roster.disconnected();
        QCOMPARE(pass(&roster, 5s, 60s), 0); // nobody is known to be lost meanwhile
        QCOMPARE(changesOf(&roster), QStringList());
        roster.ready(true, start + 60s);
        QCOMPARE(pass(&roster, 60s, 61500ms, {oven}), 2);
        QCOMPARE(changesOf(&roster), QStringList());
        QCOMPARE(pass(&roster, 61510ms, 62010ms), 0);
        QCOMPARE(changesOf(&roster), QStringList{u"-door lost"_s});
        QCOMPARE(pass(&roster, 62020ms, 100s), 0);
        QCOMPARE(changesOf(&roster), QStringList());
    }

    // This process stood still when it was to judge: what the others have said is not read yet.
    void isPatientWhenItWasLate()
    {
        Roster roster(self.uuid);
        roster.watch();
        roster.ready(true, start);
        (void)pass(&roster, 0s, 5s, {oven, door});
        (void)changesOf(&roster);
        roster.ready(true, start + 60s);
        (void)roster.process(start + 60s);
        (void)roster.process(start + 70s);
        QCOMPARE(changesOf(&roster), QStringList());
        roster.isHere(oven, 100, start + 70s);
        (void)pass(&roster, 70010ms, 72s);
        QCOMPARE(changesOf(&roster), QStringList{u"-door lost"_s});
    }

    void asksAgainAndAgainWhereNobodyTells()
    {
        Roster roster(self.uuid);
        roster.watch();
        roster.ready(false, start);
        QCOMPARE(pass(&roster, 0s, 9990ms, {oven, door}), 10);
        QCOMPARE(changesOf(&roster), (QStringList{u"+oven"_s, u"+door"_s}));
        // The oven has answered at 9 s, and no more.
        QCOMPARE(pass(&roster, 10s, 11490ms, {door}), 2);
        QCOMPARE(changesOf(&roster), QStringList());
        QCOMPARE(pass(&roster, 11500ms, 13s, {door}), 2);
        QCOMPARE(changesOf(&roster), QStringList{u"-oven lost"_s});
    }

    // One answer that is late, or lost, is none too few.
    void oneAnswerMayBeMissing()
    {
        Roster roster(self.uuid);
        roster.watch();
        roster.ready(false, start);
        (void)pass(&roster, 0s, 5990ms, {oven});
        (void)pass(&roster, 6s, 6990ms);
        (void)pass(&roster, 7s, 20s, {oven});
        QCOMPARE(changesOf(&roster), QStringList{u"+oven"_s});
    }

    // That the server tells is known a little later than that it is there.
    void stopsAskingWhenTheServerTells()
    {
        Roster roster(self.uuid);
        roster.watch();
        roster.ready(false, start);
        QCOMPARE(pass(&roster, 0s, 100ms, {oven}), 1);
        roster.serverTells(start + 110ms);
        roster.serverTells(start + 120ms);
        QCOMPARE(pass(&roster, 120ms, 60s), 0);
        QCOMPARE(changesOf(&roster), QStringList{u"+oven"_s});
    }

    void forgetsAllWhenItEnds()
    {
        Roster roster(self.uuid);
        roster.watch();
        roster.ready(true, start);
        roster.isHere(oven, 100, start);
        roster.unwatch();
        QVERIFY(!roster.isWatching());
        QCOMPARE(changesOf(&roster), QStringList());
        QVERIFY(roster.nodes().isEmpty());
        roster.watch();
        roster.ready(true, start);
        QCOMPARE(pass(&roster, 0s, 1s, {oven}), 1);
        QCOMPARE(changesOf(&roster), QStringList{u"+oven"_s});
    }

    void boundsWhatItKnows()
    {
        Roster roster(self.uuid);
        roster.watch();
        roster.ready(true, start);
        for (qsizetype i = 0; i < Roster::mostNodes + 10; ++i)
            roster.isHere(named(u"x"_s), 100, start);
        QCOMPARE(roster.nodes().size(), Roster::mostNodes);
        QCOMPARE(changesOf(&roster).count(u"full"_s), 1); // told once

        Roster other(self.uuid);
        other.watch();
        other.ready(true, start);
        for (int i = 0; i < 1000; ++i)
            other.isHere(named(u"x"_s), 64 * 1024, start);
        QCOMPARE(other.nodes().size(), Roster::mostBytes / (64 * 1024));
        const PyventNodeInfo known = other.nodes().first();
        other.isHere(known, 64 * 1024, start + 1s); // one that is known is not new
        other.isGone(known.uuid, Control::Gone::Left);
        other.isHere(named(u"y"_s), 64 * 1024, start + 1s); // and leaves room
        const QStringList changes = changesOf(&other);
        QCOMPARE(changes.count(u"full"_s), 1);
        QCOMPARE(changes.last(), u"+y"_s);
    }
};

PYVENT_TEST(TestRoster)

#include "tst_roster.moc"
