// SPDX-License-Identifier: MIT
#include "07-forwarding/volumewindow.h"
#include "support/program.h"
#include "support/testprogram.h"

#include <PyventTestBus>

#include <QtTest>

using namespace PyventTests;
using namespace std::chrono_literals;

// The windows of example 07.
class tst_Forwarding : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void windowsFollowEachOther();
    void theProgramDoesNotEcho();
};

void tst_Forwarding::windowsFollowEachOther()
{
    PyventTestBus bus(PyventOptions{.hearOwnEvents = false});
    VolumeWindow left(bus.options());
    VolumeWindow right(bus.options());
    left.show();
    right.show();
    auto *leftSlider = left.findChild<QSlider *>();
    auto *rightSlider = right.findChild<QSlider *>();

    // There is nothing to see of a window that listens, so the first step is taken until it is followed.
    int sent = 0;
    const auto isFollowed = [&] {
        QTest::keyClick(leftSlider, leftSlider->value() == 0 ? Qt::Key_Right : Qt::Key_Left);
        ++sent;
        return bus.waitUntil([&] { return rightSlider->value() == leftSlider->value(); }, 500ms)
            && leftSlider->value() == 1;
    };
    QVERIFY(bus.waitUntil(isFollowed, 60s));
    for (int i = 0; i < 20; ++i, ++sent)
        QTest::keyClick(leftSlider, Qt::Key_Right);
    QTRY_COMPARE_WITH_TIMEOUT(rightSlider->value(), 21, patience);
    for (int i = 0; i < 5; ++i, ++sent)
        QTest::keyClick(rightSlider, Qt::Key_Left);
    QTRY_COMPARE_WITH_TIMEOUT(leftSlider->value(), 16, patience);

    // One event for each step, and no echo of any.
    PyventNode(bus.options()).send("end");
    QVERIFY(bus.waitFor("end", 60s));
    QCOMPARE(bus.heard("volume").size(), sent);
    QCOMPARE(leftSlider->value(), 16);
    QCOMPARE(rightSlider->value(), 16);
}

void tst_Forwarding::theProgramDoesNotEcho()
{
    PyventTestBus bus;
    Program program(FORWARDING, {"--port", QString::number(bus.port())});
    QVERIFY2(bus.waitForListener("volume", 60s), qPrintable(bus.errorText()));
    QVERIFY(bus.send("volume", {{"percent", 30}}));
    QVERIFY(bus.send("volume", {{"percent", 70}}));
    QVERIFY(bus.waitForListener("volume", 60s)); // an echo would come before its answer
    PyventNode(bus.options()).send("end");
    QVERIFY(bus.waitFor("end", 60s));
    QCOMPARE(bus.heard("volume").size(), 0);
}

PYVENT_TEST(tst_Forwarding)

#include "tst_forwarding.moc"
