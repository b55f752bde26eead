// SPDX-License-Identifier: MIT
#include "wire/z85.h"

#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;

class TestZ85 : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void isThatOfTheSpecification();
    void readsWhatItWrites();
    void refuses_data();
    void refuses();
};

void TestZ85::isThatOfTheSpecification()
{
    const QByteArray bytes = QByteArray::fromHex("864fd26fb559f75b");
    QCOMPARE(toZ85(bytes), QByteArray("HelloWorld"));
    QCOMPARE(fromZ85("HelloWorld"), bytes);
}

void TestZ85::readsWhatItWrites()
{
    QByteArray all;
    for (int i = 0; i < 1024; ++i)
        all.append(char(i * 7 + i / 256));
    QCOMPARE(fromZ85(toZ85(all)), all);
    QCOMPARE(toZ85(QByteArray(4, '\xFF')), QByteArray("%nSc0"));
    QCOMPARE(toZ85({}), QByteArray());
}

void TestZ85::refuses_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("another length") << QByteArray("HelloWorl");
    QTest::newRow("a space") << QByteArray("Hello Worl");
    QTest::newRow("a quote") << QByteArray("Hello\"Worl");
    QTest::newRow("a byte above ASCII") << QByteArray("Hell\xC3World");
    QTest::newRow("a zero") << QByteArray("Hell\0World", 10);
    QTest::newRow("one more than 32 bits") << QByteArray("%nSc1");
    QTest::newRow("much more than 32 bits") << QByteArray("#####");
}

void TestZ85::refuses()
{
    QFETCH(const QByteArray, text);
    QVERIFY(fromZ85(text).isEmpty());
}

PYVENT_TEST(TestZ85)

#include "tst_z85.moc"
