// SPDX-License-Identifier: MIT
#include "server/attendance.h"

#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;

namespace {

const QUuid oven = QUuid::createUuid();
const QUuid door = QUuid::createUuid();

constexpr auto yes = [](const QByteArray &) { return true; };

// Those that are told now, and what is sent for them.
QHash<QUuid, QByteArray> lostOf(Attendance *attendance, bool inAll = false)
{
    QHash<QUuid, QByteArray> lost;
    for (const Attendance::Lost &one : attendance->takeLost(inAll))
        lost.insert(one.node, one.will);
    return lost;
}

} // namespace

class TestAttendance : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void whoLeavesIsNotLost()
    {
        Attendance attendance;
        Attendance::Guest guest;
        QVERIFY(!guest.isHere());
        attendance.isHere(&guest, oven);
        attendance.isHere(&guest, door);
        QVERIFY(guest.isHere());
        attendance.leaves(&guest, oven);
        attendance.leaves(&guest, oven);
        attendance.left(&guest, yes);
        QCOMPARE(lostOf(&attendance, true), (QHash<QUuid, QByteArray>{{door, {}}}));
        QVERIFY(!attendance.hasLost());
    }

    void waitsForOneTurn()
    {
        Attendance attendance;
        Attendance::Guest guest;
        Attendance::Guest other;
        attendance.isHere(&guest, oven);
        attendance.isHere(&other, door);
        attendance.left(&guest, yes);
        QVERIFY(attendance.hasLost());
        QVERIFY(lostOf(&attendance).isEmpty());
        attendance.left(&other, yes);
        QCOMPARE(lostOf(&attendance).keys(), QList<QUuid>{oven});
        QCOMPARE(lostOf(&attendance).keys(), QList<QUuid>{door});
        QVERIFY(!attendance.hasLost());
    }

    // A node makes its connection anew: before the server has seen the end of the old one, or soon after that.
    void whoComesBackIsNotLost()
    {
        Attendance attendance;
        Attendance::Guest before;
        Attendance::Guest after;
        Attendance::Guest last;
        QVERIFY(attendance.setWill(&before, oven, "off"));
        attendance.isHere(&after, oven);
        QCOMPARE(attendance.willBytes(), 0); // it is set anew
        attendance.left(&before, yes);
        QVERIFY(!attendance.hasLost());
        QVERIFY(attendance.setWill(&after, oven, "gone"));
        attendance.leaves(&before, oven); // whose it is not any more
        attendance.left(&after, yes);
        QVERIFY(lostOf(&attendance).isEmpty());
        attendance.isHere(&last, oven);
        QVERIFY(!attendance.hasLost());
        QCOMPARE(attendance.willBytes(), 0);
        QVERIFY(lostOf(&attendance, true).isEmpty());
    }

    void sendsTheLastWill()
    {
        Attendance attendance;
        Attendance::Guest guest;
        QVERIFY(attendance.setWill(&guest, oven, "first"));
        QVERIFY(attendance.setWill(&guest, oven, "second"));
        QVERIFY(attendance.setWill(&guest, door, "third"));
        QVERIFY(attendance.setWill(&guest, door, {}));
        QCOMPARE(attendance.willBytes(), 6);
        attendance.left(&guest, yes);
        QCOMPARE(lostOf(&attendance, true), (QHash<QUuid, QByteArray>{{oven, "second"}, {door, {}}}));
        QCOMPARE(attendance.willBytes(), 0);
    }

    void asksWhetherAWillMayBeSent()
    {
        Attendance attendance;
        Attendance::Guest guest;
        QVERIFY(attendance.setWill(&guest, oven, "off"));
        attendance.left(&guest, [](const QByteArray &will) { return will != "off"; });
        QCOMPARE(lostOf(&attendance, true), (QHash<QUuid, QByteArray>{{oven, {}}}));
        QCOMPARE(attendance.willBytes(), 0);
    }

    void boundsWills()
    {
        Attendance attendance({.willBytes = 200, .allWillBytes = 300, .lostNodes = 10});
        Attendance::Guest guest;
        Attendance::Guest other;
        const QByteArray large(100, 'x');
        QVERIFY(attendance.setWill(&guest, oven, large));
        QVERIFY(attendance.setWill(&guest, oven, large)); // in the place of the first
        QVERIFY(attendance.setWill(&guest, door, large));
        QVERIFY(!attendance.setWill(&guest, QUuid::createUuid(), "x"));
        QVERIFY(attendance.setWill(&other, QUuid::createUuid(), large));
        QVERIFY(!attendance.setWill(&other, QUuid::createUuid(), "x"));
        QVERIFY(!attendance.setWill(&guest, oven, large + large)); // and the one before it is void
        QVERIFY(attendance.setWill(&other, QUuid::createUuid(), large));
        QCOMPARE(attendance.willBytes(), 300);

        Attendance roomy;
        QVERIFY(!roomy.setWill(&guest, oven, QByteArray(Attendance::mostWillBytes + 1, 'x')));
        QVERIFY(roomy.setWill(&guest, oven, QByteArray(Attendance::mostWillBytes, 'x')));
        roomy.leaves(&guest, oven);
        QCOMPARE(roomy.willBytes(), 0);
    }

    // Very many that come and go at once are not kept for their turn.
    void boundsTheLost()
    {
        Attendance attendance({.lostNodes = 10});
        Attendance::Guest guest;
        for (int i = 0; i < 11; ++i)
            attendance.isHere(&guest, QUuid::createUuid());
        attendance.left(&guest, yes);
        QCOMPARE(lostOf(&attendance).size(), 11);
        QVERIFY(!attendance.hasLost());
    }
};

PYVENT_TEST(TestAttendance)

#include "tst_attendance.moc"
