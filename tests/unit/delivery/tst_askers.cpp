// SPDX-License-Identifier: MIT
#include "delivery/askers.h"
#include "support/testprogram.h"

#include <QtTest>

using namespace Pyvent::Internal;
using namespace std::chrono_literals;

class tst_Askers : public QObject
{
    Q_OBJECT

private:
    const Askers::Clock::time_point m_start{1h};

private Q_SLOTS:
    void manyAskForTheSame()
    {
        Askers askers;
        for (int i = 1; i <= 20; ++i)
            QCOMPARE(askers.note(QUuid::createUuid(), "order", quint64(i), 100, m_start + i * 1ms), i > 8);
    }

    void oneAsksAgainAndAgain()
    {
        Askers askers;
        const QUuid asker = QUuid::createUuid();
        for (int i = 0; i < 20; ++i)
            QVERIFY(!askers.note(asker, "order", 1, 100, m_start + i * 1ms));
    }

    void manyAskForOther_data()
    {
        QTest::addColumn<QByteArray>("topic");
        QTest::addColumn<quint64>("first");
        QTest::addColumn<int>("milliseconds");
        QTest::addColumn<bool>("isOneOfMany");
        QTest::newRow("the same") << QByteArray("order") << quint64(100) << 1000 << true;
        QTest::newRow("another stream") << QByteArray("bill") << quint64(100) << 0 << false;
        QTest::newRow("other events") << QByteArray("order") << quint64(101) << 0 << false;
        QTest::newRow("long ago") << QByteArray("order") << quint64(100) << 1001 << false;
    }
    void manyAskForOther()
    {
        QFETCH(const QByteArray, topic);
        QFETCH(const quint64, first);
        QFETCH(const int, milliseconds);
        QFETCH(const bool, isOneOfMany);

        Askers askers;
        for (int i = 0; i < 20; ++i)
            askers.note(QUuid::createUuid(), "order", 1, 100, m_start);
        QCOMPARE(askers.note(QUuid::createUuid(), topic, first, 200, m_start + milliseconds * 1ms), isOneOfMany);
    }

    void itForgetsTheOldest()
    {
        Askers askers;
        for (int i = 0; i < 20; ++i)
            askers.note(QUuid::createUuid(), "order", 1, 100, m_start);
        for (int i = 0; i < 1000; ++i)
            askers.note(QUuid::createUuid(), "bill", 1, 100, m_start);
        QVERIFY(!askers.note(QUuid::createUuid(), "order", 1, 100, m_start));
    }
};

PYVENT_TEST(tst_Askers)

#include "tst_askers.moc"
