// SPDX-License-Identifier: MIT
#include "dispatch/receiver.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

#include <stdexcept>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

class TestFunctionReceiver : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void isWantedWhileItSaysSo();
    void exceptionText();
};

void TestFunctionReceiver::isWantedWhileItSaysSo()
{
    bool wanted = true;
    QList<quint64> got;
    FunctionReceiver receiver(
        u"order-*"_s, PyventSender::Any, [&wanted] { return wanted; },
        [&got](const PyventEvent &event) { got.append(event.sequence); });
    QCOMPARE(receiver.pattern().text(), u"order-*"_s);
    QVERIFY(receiver.sender().isAny());
    QVERIFY(receiver.isWanted());
    PyventEvent event;
    event.sequence = 5;
    receiver.deliver(event);
    QCOMPARE(got, QList<quint64>{5});
    wanted = false;
    QVERIFY(!receiver.isWanted());
    wanted = true;
    QVERIFY(receiver.isWanted());
    receiver.end();
    QVERIFY(!receiver.isWanted());
}

void TestFunctionReceiver::exceptionText()
{
    try {
        throw std::runtime_error("größe");
    } catch (...) {
        QCOMPARE(currentExceptionText(), u"it threw: größe"_s);
    }
    try {
        throw "text";
    } catch (...) {
        QCOMPARE(currentExceptionText(), u"it threw something that is no std::exception"_s);
    }
}

PYVENT_TEST(TestFunctionReceiver)
#include "tst_functionreceiver.moc"
