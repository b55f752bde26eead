// SPDX-License-Identifier: MIT
#include "server/payloadguard.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;

class TestPayloadGuard : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void looksAtWhatPythonReads_data();
    void looksAtWhatPythonReads();
    void warns();
    void isOff();
    void takesNamesOfTheUsers();
};

void TestPayloadGuard::looksAtWhatPythonReads_data()
{
    QTest::addColumn<QByteArray>("frame");
    QTest::addColumn<bool>("passes");
    QTest::newRow("a topic alone") << QByteArray("order") << true;
    QTest::newRow("no payload") << QByteArray("order ") << true; // as proofs of subscription have it
    QTest::newRow("no arguments") << QByteArray("order }.") << true;
    QTest::newRow("and a trailer") << QByteArray("order }.cos\nsystem\n\xf5") << true;
    QTest::newRow("a call") << QByteArray("order cos\nsystem\n(S'true'\ntR.") << false;
    QTest::newRow("no pickle") << QByteArray("order x") << false;
    QTest::newRow("behind another space") << QByteArray("order  }.") << false;
}

void TestPayloadGuard::looksAtWhatPythonReads()
{
    QFETCH(const QByteArray, frame);
    QFETCH(const bool, passes);
    const auto guard = PayloadGuard::of({});
    QVERIFY(guard);
    const QString why = guard->whyNot(frame);
    QVERIFY2(why.isEmpty() == passes, qPrintable(why));
    QCOMPARE(guard->takePassedOn(), quint64(0));
}

void TestPayloadGuard::warns()
{
    const auto guard = PayloadGuard::of(PyventPayloadPolicy::Warn);
    QVERIFY(guard->whyNot("order cos\nsystem\n(S'true'\ntR.").isEmpty());
    QVERIFY(guard->whyNot("order }.").isEmpty());
    QCOMPARE(guard->takePassedOn(), quint64(1));
    QCOMPARE(guard->takePassedOn(), quint64(0));
}

void TestPayloadGuard::isOff()
{
    QVERIFY(!PayloadGuard::of(PyventPayloadPolicy::Off));
}

void TestPayloadGuard::takesNamesOfTheUsers()
{
    const QByteArray order = "order cshop\nOrder\n(tR.";
    QVERIFY(!PayloadGuard::of({})->whyNot(order).isEmpty());
    const auto guard = PayloadGuard::of(PyventPayloadPolicy::withNames({QStringLiteral("shop.Order")}));
    QVERIFY2(guard->whyNot(order).isEmpty(), qPrintable(guard->whyNot(order)));
}

PYVENT_TEST(TestPayloadGuard)

#include "tst_payloadguard.moc"
