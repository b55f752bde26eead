// SPDX-License-Identifier: MIT
#include "support/testprogram.h"
#include "wire/topic.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;

class TestTopic : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void kinds_data();
    void kinds();
    void pythonsFarewellIsReserved();
    void theControlPrefixCanBeUnsubscribed();
};

void TestTopic::kinds_data()
{
    QTest::addColumn<QByteArray>("topic");
    QTest::addColumn<bool>("isControl");
    QTest::addColumn<bool>("isReserved");

    QTest::newRow("empty") << QByteArray() << false << false;
    QTest::newRow("a name") << QByteArray("order-food") << false << false;
    QTest::newRow("one underscore") << QByteArray("_order") << false << false;
    QTest::newRow("one underscore alone") << QByteArray("_") << false << false;
    QTest::newRow("two underscores alone") << QByteArray("__") << false << true;
    QTest::newRow("Python's check") << QByteArray("__check") << false << true;
    QTest::newRow("two underscores later") << QByteArray("a__b") << false << false;
    QTest::newRow("control") << controlPrefix + QByteArray("proof/x/1") << true << false;
    QTest::newRow("control alone") << QByteArray(1, controlPrefix) << true << false;
    QTest::newRow("another control character") << QByteArray("\x1Fproof") << false << false;
    QTest::newRow("control later") << 'a' + QByteArray(1, controlPrefix) << false << false;
    QTest::newRow("a zero byte") << QByteArray("\0x", 2) << false << false;
}

void TestTopic::kinds()
{
    QFETCH(const QByteArray, topic);
    QFETCH(const bool, isControl);
    QFETCH(const bool, isReserved);
    QCOMPARE(isControlTopic(topic), isControl);
    QCOMPARE(isReservedTopic(topic), isReserved);
}

void TestTopic::pythonsFarewellIsReserved()
{
    QCOMPARE(serverDisconnectTopic.toByteArray(), QByteArray("__server_disconnect"));
    QVERIFY(isReservedTopic(serverDisconnectTopic));
    QVERIFY(!isControlTopic(serverDisconnectTopic));
}

// libzmq 4.3 reads the first byte of a topic that is unsubscribed from as if it were the message's own: from
// 0x01 on it subscribes to the rest instead.
void TestTopic::theControlPrefixCanBeUnsubscribed()
{
    QVERIFY(controlPrefix > '\x01' && controlPrefix < ' ');
}

PYVENT_TEST(TestTopic)
#include "tst_topic.moc"
