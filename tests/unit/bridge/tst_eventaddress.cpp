// SPDX-License-Identifier: MIT
#include "bridgesamples.h"
#include "eventaddress.h"
#include "support/schedules.h"
#include "support/testprogram.h"

#include <QtTest>

using namespace Pyvent::Bridge;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

// Whether a NATS server takes it behind a prefix.
bool isSubject(const QByteArray &text)
{
    const QList<QByteArray> tokens = text.split('.');
    return std::ranges::all_of(tokens, [](const QByteArray &token) {
        return !token.isEmpty() && std::ranges::none_of(token, [](char c) {
            return quint8(c) <= ' ' || c == 0x7f || c == '*' || c == '>';
        });
    });
}

// Whether an MQTT broker takes it behind a prefix: MQTT 5, 1.5.4 and 4.7.
bool isTopic(const QByteArray &text)
{
    const QList<uint> characters = QString::fromUtf8(text).toUcs4();
    return std::ranges::none_of(characters, [](uint c) {
        return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == '+' || c == '#' || (c >= 0xfdd0 && c <= 0xfdef)
            || (c & 0xfffe) == 0xfffe;
    });
}

bool isAddress(const QByteArray &text, Dialect dialect)
{
    return text.size() <= longestAddress && (dialect == Dialect::Nats ? isSubject(text) : isTopic(text));
}

} // namespace

class tst_EventAddress : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void staysAsItIs_data();
    void staysAsItIs();
    void comesBack_data();
    void comesBack();
    void comesBackAtRandom();
    void isReadSensibly_data();
    void isReadSensibly();
    void headersComeBack();
};

void tst_EventAddress::staysAsItIs_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("subject");
    QTest::addColumn<QByteArray>("topic");

    QTest::newRow("plain") << u"order-food"_s << "order-food"_ba
                           << "order-food"_ba;
    QTest::newRow("levels") << u"oven.temperature"_s << "oven.temperature"_ba
                            << "oven.temperature"_ba;
    QTest::newRow("topic's levels") << u"oven/temperature"_s << "oven/temperature"_ba
                                    << "oven/temperature"_ba;
    QTest::newRow("UTF-8") << u"küche🍣"_s
                           << "k\xc3\xbc"
                              "che\xf0\x9f\x8d\xa3"_ba
                           << "k\xc3\xbc"
                              "che\xf0\x9f\x8d\xa3"_ba;
    QTest::newRow("dollar") << u"$SYS"_s << "$SYS"_ba
                            << "$SYS"_ba;
    QTest::newRow("wildcards") << u"a*b>c+d#e"_s << "a%2Ab%3Ec+d#e"_ba
                               << "a*b>c%2Bd%23e"_ba;
    QTest::newRow("empty tokens") << u".a..b."_s << "%2Ea.%2Eb%2E"_ba
                                  << ".a..b."_ba;
    QTest::newRow("empty levels") << u"/a//"_s << "/a//"_ba
                                  << "/a//"_ba;
    QTest::newRow("percent") << u"100%2A"_s << "100%252A"_ba
                             << "100%252A"_ba;
    QTest::newRow("not in topics") << u"\u0085\ufffe"_s << "\xc2\x85\xef\xbf\xbe"_ba
                                   << "%C2%85%EF%BF%BE"_ba;
}

void tst_EventAddress::staysAsItIs()
{
    QFETCH(QString, name);
    QFETCH(QByteArray, subject);
    QFETCH(QByteArray, topic);
    QCOMPARE(addressOf(name, Dialect::Nats).text, subject);
    QCOMPARE(addressOf(name, Dialect::Mqtt).text, topic);
}

void tst_EventAddress::comesBack_data()
{
    QTest::addColumn<QString>("name");
    const QStringList names = awkwardNames();
    for (const QString &name : names)
        QTest::addRow("%s (%lld)", qPrintable(name.left(16)), qlonglong(name.size())) << name;
}

void tst_EventAddress::comesBack()
{
    QFETCH(QString, name);
    for (const Dialect dialect : {Dialect::Nats, Dialect::Mqtt}) {
        const EventAddress address = addressOf(name, dialect);
        QVERIFY2(isAddress(address.text, dialect), address.text.constData());
        if (address.hidesName)
            QVERIFY(!nameFromAddress(address.text));
        else
            QCOMPARE(nameFromAddress(address.text), name);
    }
}

void tst_EventAddress::comesBackAtRandom()
{
    const Schedules schedules = schedulesFromEnvironment();
    for (int i = 0; i < schedules.count; ++i) {
        std::mt19937 random(schedules.seed + quint32(i));
        const QString name = randomName(&random);
        for (const Dialect dialect : {Dialect::Nats, Dialect::Mqtt}) {
            const EventAddress address = addressOf(name, dialect);
            QVERIFY2(isAddress(address.text, dialect), scheduleName(schedules.seed + quint32(i)));
            if (!address.hidesName)
                QVERIFY2(nameFromAddress(address.text) == name, scheduleName(schedules.seed + quint32(i)));
        }
        QVERIFY2(unescapeText(escapeText(name)) == name, scheduleName(schedules.seed + quint32(i)));
        // Two names never share an address.
        QString other = randomName(&random);
        if (other != name)
            QVERIFY(addressOf(name, Dialect::Nats).text != addressOf(other, Dialect::Nats).text);
    }
}

void tst_EventAddress::isReadSensibly_data()
{
    QTest::addColumn<QByteArray>("address");
    QTest::addColumn<QString>("name"); // null: none

    QTest::newRow("nothing") << ""_ba << QString();
    QTest::newRow("levels") << "kitchen.oven"_ba << u"kitchen.oven"_s;
    QTest::newRow("topic") << "kitchen/oven"_ba << u"kitchen/oven"_s;
    QTest::newRow("a percent that escapes nothing") << "100%"_ba << u"100%"_s;
    QTest::newRow("another one") << "%zz%4"_ba << u"%zz%4"_s;
    QTest::newRow("lower case") << "a%2ab"_ba << u"a*b"_s;
    QTest::newRow("no UTF-8") << "a\xff"_ba << QString();
    QTest::newRow("escaped no UTF-8") << "a%FF"_ba << QString();
    QTest::newRow("half a character") << "\xe6\xb3"_ba << QString();
    QTest::newRow("hidden") << "%~0123"_ba << QString();
}

void tst_EventAddress::isReadSensibly()
{
    QFETCH(QByteArray, address);
    QFETCH(QString, name);
    QCOMPARE(nameFromAddress(address).value_or(QString()), name);
}

void tst_EventAddress::headersComeBack()
{
    QStringList texts = awkwardNames();
    texts += {u" leading and trailing "_s, u"\r\n injected: header"_s, u"customer manager"_s, u"\t"_s};
    for (const QString &text : texts) {
        const QByteArray escaped = escapeText(text);
        QVERIFY2(escaped == escaped.trimmed() && !escaped.contains('\n') && !escaped.contains('\r'),
                 escaped.constData());
        QCOMPARE(unescapeText(escaped), text);
    }
}

PYVENT_TEST(tst_EventAddress)
#include "tst_eventaddress.moc"
