// SPDX-License-Identifier: MIT
#include "11-shared-value/setpoint.h"
#include "support/freeport.h"
#include "support/program.h"
#include "support/testprogram.h"
#include "support/waituntil.h"

#include <QtTest>

using namespace PyventTests;

// The windows of example 11 with its Python script, which finds the tests' stand-in for the package Pyvent.
class tst_SharedValue : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void allHaveTheSame();
};

static QString shown(const QWidget &window)
{
    return window.findChild<QLabel *>()->text();
}

void tst_SharedValue::allHaveTheSame()
{
    const PyventOptions options{.port = freePort()};
    SetPoint one(options);
    SetPoint other(options);
    one.show();
    other.show();
    QVERIFY(QTest::qWaitForWindowExposed(&one));
    QCOMPARE(shown(one), "20 °C");
    QVERIFY(!one.findChild<QLabel *>()->isEnabled()); // nobody has moved it

    QTest::keyClick(one.findChild<QSlider *>(), Qt::Key_End);
    QCOMPARE(shown(one), "35 °C");
    QVERIFY(one.findChild<QLabel *>()->isEnabled());
    QTRY_COMPARE_WITH_TIMEOUT(shown(other), "35 °C", patience);
    QTest::keyClick(other.findChild<QSlider *>(), Qt::Key_Home);
    QTRY_COMPARE_WITH_TIMEOUT(shown(one), "5 °C", patience);
    QTest::keyClick(one.findChild<QSlider *>(), Qt::Key_End);

    Program script("env", {"PYTHONPATH=" PYTHON_PATH, PYTHON_PROGRAM, AUTUMN, "--port", QString::number(options.port)});
    QVERIFY2(script.prints("It gets colder."), qPrintable(script.errors()));
    QTRY_VERIFY2_WITH_TIMEOUT(shown(one).section(' ', 0, 0).toDouble() < 20, qPrintable(script.errors()), patience);
    QTRY_COMPARE_WITH_TIMEOUT(shown(other), shown(one), patience);

    // One that comes late has it at once, and does not set it back.
    SetPoint late(options);
    QTRY_VERIFY_WITH_TIMEOUT(shown(late) != "20 °C", patience);
}

PYVENT_TEST(tst_SharedValue)

#include "tst_sharedvalue.moc"
