// SPDX-License-Identifier: MIT
#include "07-forwarding/volumewindow.h"
#include "support/freeport.h"
#include "support/program.h"
#include "support/testprogram.h"
#include "support/waituntil.h"

#include <QtTest>

using namespace PyventTests;

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
    const int port = freePort();
    Program witness({"listen", "--json", "--port", QString::number(port)});
    QVERIFY(witness.complains("listening to everything"));
    VolumeWindow left(PyventOptions{.port = port, .hearOwnEvents = false});
    VolumeWindow right(PyventOptions{.port = port, .hearOwnEvents = false});
    left.show();
    right.show();
    auto *leftSlider = left.findChild<QSlider *>();
    auto *rightSlider = right.findChild<QSlider *>();

    // There is nothing to see of a window that listens, so the first step is taken until it is followed.
    int sent = 0;
    QVERIFY(waitUntil([&] {
        QTest::keyClick(leftSlider, leftSlider->value() == 0 ? Qt::Key_Right : Qt::Key_Left);
        ++sent;
        return waitUntil([&] { return rightSlider->value() == leftSlider->value(); }, 500) && leftSlider->value() == 1;
    }));
    for (int i = 0; i < 20; ++i, ++sent)
        QTest::keyClick(leftSlider, Qt::Key_Right);
    QTRY_COMPARE_WITH_TIMEOUT(rightSlider->value(), 21, patience);
    for (int i = 0; i < 5; ++i, ++sent)
        QTest::keyClick(rightSlider, Qt::Key_Left);
    QTRY_COMPARE_WITH_TIMEOUT(leftSlider->value(), 16, patience);

    // One event for each step, and no echo of any.
    QCOMPARE(Program({"send", "end", "--port", QString::number(port)}).exitCode(), 0);
    QVERIFY(witness.prints("\"end\""));
    QCOMPARE(witness.output().count("\"volume\""), sent);
    QCOMPARE(leftSlider->value(), 16);
    QCOMPARE(rightSlider->value(), 16);
}

void tst_Forwarding::theProgramDoesNotEcho()
{
    const QString port = QString::number(freePort());
    Program witness({"listen", "--json", "--port", port});
    QVERIFY(witness.complains("listening to everything"));
    Program program(FORWARDING, {"--port", port});
    // It listens as soon as it is on the bus.
    QVERIFY(waitUntil([&] {
        Program nodes({"nodes", "--port", port});
        return nodes.exitCode() == 0 && nodes.output().contains("volume\n");
    }));
    QCOMPARE(Program({"send", "volume", "percent:=30", "--port", port}).exitCode(), 0);
    QCOMPARE(Program({"send", "volume", "percent:=70", "--port", port}).exitCode(), 0);
    // An echo would come before the answer to this.
    QCOMPARE(Program({"nodes", "--port", port}).exitCode(), 0);
    QCOMPARE(Program({"send", "end", "--port", port}).exitCode(), 0);
    QVERIFY(witness.prints("\"end\""));
    QCOMPARE(witness.output().count("\"volume\""), 2);
}

PYVENT_TEST(tst_Forwarding)

#include "tst_forwarding.moc"
