// SPDX-License-Identifier: MIT
#include "06-python-and-qt/thermostat.h"
#include "support/program.h"
#include "support/testprogram.h"
#include "support/waituntil.h"

#include <PyventTestBus>

#include <QtTest>

using namespace PyventTests;

// The window of example 06 with its Python script, which finds the tests' stand-in for the package Pyvent.
class tst_PythonAndQt : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void talksBothWays();
};

namespace {

QStringList texts(const QWidget &window)
{
    QStringList result;
    for (const QLabel *label : window.findChildren<QLabel *>())
        result << label->text();
    return result;
}

// What the largest text says, in °C.
double temperature(const QWidget &window)
{
    const QLabel *largest = nullptr;
    for (const QLabel *label : window.findChildren<QLabel *>())
        if (!largest || label->font().pointSizeF() > largest->font().pointSizeF())
            largest = label;
    return largest->text().section(' ', 0, 0).toDouble();
}

} // namespace

void tst_PythonAndQt::talksBothWays()
{
    PyventTestBus bus;
    Thermostat thermostat(bus.options());
    thermostat.show();
    QVERIFY(QTest::qWaitForWindowExposed(&thermostat));
    QVERIFY(texts(thermostat).contains("No sensor on the bus: start sensor.py."));
    QVERIFY(texts(thermostat).contains("20.0 °C"));

    {
        Program sensor("env",
                       {"PYTHONPATH=" PYTHON_PATH, PYTHON_PROGRAM, SENSOR, "--port", QString::number(bus.port())});
        QVERIFY2(sensor.prints("The room is being heated."), qPrintable(sensor.errors()));
        QTRY_VERIFY_WITH_TIMEOUT(temperature(thermostat) > 10, patience);
        QVERIFY(texts(thermostat).contains("Told by the sensor, live."));

        // Warmer than it would get without being told.
        QTest::keyClick(thermostat.findChild<QSlider *>(), Qt::Key_End);
        QVERIFY(texts(thermostat).contains("35.0 °C"));
        QTRY_VERIFY2_WITH_TIMEOUT(temperature(thermostat) > 23, qPrintable(sensor.errors()), patience);
    }
    QTRY_VERIFY_WITH_TIMEOUT(texts(thermostat).contains("No sensor on the bus: start sensor.py."), patience);
}

PYVENT_TEST(tst_PythonAndQt)

#include "tst_pythonandqt.moc"
