// SPDX-License-Identifier: MIT
#include "asking/replyaddress.h"

#include "dispatch/name.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

class TestReplyAddress : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void prefixesAreNewNames()
    {
        const QString prefix = ReplyAddress::newPrefix();
        QCOMPARE(prefix.size(), 28);
        QVERIFY(prefix.startsWith(u"reply."_s));
        QVERIFY(prefix != ReplyAddress::newPrefix());
        QCOMPARE(whyNotAName(ReplyAddress::text(prefix, 7)), QString());
    }

    void addresses_data()
    {
        QTest::addColumn<QVariant>("replyTo");
        QTest::addColumn<bool>("isPython");
        QTest::addColumn<QString>("name");
        QTest::addColumn<qint64>("number"); // -1: none
        const QString prefix = u"reply.ABCDEFGHIJKLMNOPQRST-_"_s;
        QTest::newRow("a node's") << QVariant(prefix + u".7"_s) << false << prefix << qint64(7);
        QTest::newRow("a large number") << QVariant(prefix + u".9223372036854775807"_s) << false << prefix
                                        << std::numeric_limits<qint64>::max();
        QTest::newRow("a Python node's") << QVariant(prefix + u".7"_s) << true << prefix + u".7"_s << qint64(-1);
        QTest::newRow("no number") << QVariant(prefix + u".x"_s) << false << prefix + u".x"_s << qint64(-1);
        QTest::newRow("too long for a number") << QVariant(prefix + u".99999999999999999999"_s) << false
                                               << prefix + u".99999999999999999999"_s << qint64(-1);
        QTest::newRow("the prefix") << QVariant(prefix) << false << prefix << qint64(-1);
        QTest::newRow("a dot more") << QVariant(prefix + u'.') << false << prefix + u'.' << qint64(-1);
        QTest::newRow("short") << QVariant(u"reply.x.7"_s) << false << u"reply.x.7"_s << qint64(-1);
        QTest::newRow("any name") << QVariant(u"answer"_s) << false << u"answer"_s << qint64(-1);
        QTest::newRow("two words") << QVariant(u"two words"_s) << false << QString() << qint64(-1);
        QTest::newRow("Python's own") << QVariant(u"__server_disconnect"_s) << false << QString() << qint64(-1);
        QTest::newRow("empty") << QVariant(QString()) << false << QString() << qint64(-1);
        QTest::newRow("a number") << QVariant(7) << false << QString() << qint64(-1);
        QTest::newRow("None") << QVariant() << false << QString() << qint64(-1);
    }
    void addresses()
    {
        QFETCH(const QVariant, replyTo);
        QFETCH(const bool, isPython);
        QFETCH(const QString, name);
        QFETCH(const qint64, number);
        PyventEvent event{.name = u"x"_s, .args = {{u"reply_to"_s, replyTo}}};
        if (!isPython)
            event.nodeId = QUuid::createUuid();
        const auto address = ReplyAddress::of(event);
        QCOMPARE(address.has_value(), !name.isEmpty());
        if (!address)
            return;
        QCOMPARE(address->name, name);
        QCOMPARE(address->number ? qint64(*address->number) : -1, number);
        QCOMPARE(address->asker, event.nodeId);
    }

    void aPlainEventHasNone() { QVERIFY(!ReplyAddress::of({.name = u"x"_s, .args = {{u"a"_s, 1}}})); }
};

PYVENT_TEST(TestReplyAddress)
#include "tst_replyaddress.moc"
