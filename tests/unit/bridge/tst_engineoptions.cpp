// SPDX-License-Identifier: MIT
#include "engineoptions.h"
#include "support/testprogram.h"

#include <QtTest>

using namespace Pyvent::Bridge;
using namespace Qt::StringLiterals;

class tst_EngineOptions : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsUrls_data();
    void readsUrls();
    void namesTheMistake_data();
    void namesTheMistake();
    void knowsPrefixes();
    void knowsBuses();
    void knowsWhatGoesTogether_data();
    void knowsWhatGoesTogether();
    void namesTheBus();
};

void tst_EngineOptions::readsUrls_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("read");

    QTest::newRow("one") << u"nats://a"_s << u"nats://a:4222"_s;
    QTest::newRow("three") << u"nats://a,nats://b:4333,nats://c"_s << u"nats://a:4222,b:4333,c:4222"_s;
    QTest::newRow("without their schemes") << u"tls://a,b,c:1"_s << u"tls://a:4222,b:4222,c:1"_s;
    QTest::newRow("twice") << u"nats://a,nats://a:4222/"_s << u"nats://a:4222"_s;
    QTest::newRow("addresses") << u"mqtt://127.0.0.1,[::1]:1884"_s << u"mqtt://127.0.0.1:1883,[::1]:1884"_s;
    QTest::newRow("encrypted") << u"MQTTS://broker.example/"_s << u"mqtts://broker.example:8883"_s;
}

void tst_EngineOptions::readsUrls()
{
    QFETCH(QString, text);
    QFETCH(QString, read);
    EngineOptions options;
    const QString why = readUrls(text, &options);
    QVERIFY2(why.isEmpty(), qPrintable(why));
    QCOMPARE(options.text(), read);
}

void tst_EngineOptions::namesTheMistake_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("mistake");

    QTest::newRow("nothing") << QString() << u"'' is no URL"_s;
    QTest::newRow("no scheme") << u"broker"_s
                               << u"'broker' is no URL that begins with nats://, tls://, mqtt:// or mqtts://"_s;
    QTest::newRow("another scheme") << u"http://a"_s << u"'http://a' is no URL"_s;
    QTest::newRow("two kinds") << u"nats://a,mqtt://b"_s << u"take a bridge for each"_s;
    QTest::newRow("half encrypted") << u"tls://a,nats://b"_s << u"take a bridge for each"_s;
    QTest::newRow("password") << u"nats://ada:secret@a"_s << u"take --user and --password-file"_s;
    QTest::newRow("port") << u"nats://a:0"_s << u"no port from 1 to 65535"_s;
    QTest::newRow("no port") << u"nats://a:b"_s << u"no port"_s;
    QTest::newRow("no host") << u"nats://:4222"_s << u"a host is missing"_s;
    QTest::newRow("trailing comma") << u"nats://a,"_s << u"a host is missing"_s;
    QTest::newRow("path") << u"mqtt://a/topic"_s << u"more behind its host"_s;
    QTest::newRow("bracket") << u"mqtt://[::1"_s << u"no ']'"_s;
}

void tst_EngineOptions::namesTheMistake()
{
    QFETCH(QString, text);
    QFETCH(QString, mistake);
    EngineOptions options;
    const QString why = readUrls(text, &options);
    QVERIFY2(why.contains(mistake), qPrintable(why));
    QVERIFY2(!why.contains(u"secret"_s), "what it says is logged");
}

void tst_EngineOptions::knowsPrefixes()
{
    QVERIFY(whyNotAPrefix(u"house"_s, Dialect::Nats).isEmpty());
    QVERIFY(whyNotAPrefix(u"house.kitchen_2-b"_s, Dialect::Nats).isEmpty());
    QVERIFY(whyNotAPrefix(u"house/kitchen"_s, Dialect::Mqtt).isEmpty());
    for (const QString &bad : {QString(), u"house/kitchen"_s, u"house."_s, u".house"_s, u"a..b"_s, u"a b"_s, u"a*"_s,
                               u"ü"_s, QString(65, u'x')})
        QVERIFY2(whyNotAPrefix(bad, Dialect::Nats).contains(u"a prefix has"_s), qPrintable(bad));
    for (const QString &bad : {u"house.kitchen"_s, u"/a"_s, u"a#"_s, u"$a"_s})
        QVERIFY2(!whyNotAPrefix(bad, Dialect::Mqtt).isEmpty(), qPrintable(bad));
}

void tst_EngineOptions::knowsBuses()
{
    QVERIFY(whyNotABus(u"harbour-2_b"_s).isEmpty());
    for (const QString &bad : {QString(), u"a.b"_s, u"a b"_s, u"é"_s, QString(33, u'x')})
        QVERIFY2(whyNotABus(bad).contains(u"a bus's name has"_s), qPrintable(bad));
}

void tst_EngineOptions::knowsWhatGoesTogether_data()
{
    QTest::addColumn<EngineOptions>("options");
    QTest::addColumn<QString>("mistake"); // empty: all is well

    const auto row = [](const char *name, const EngineOptions &options, const QString &mistake = {}) {
        QTest::newRow(name) << options << mistake;
    };
    row("nothing", {});
    row("password", {.user = u"ada"_s, .passwordFile = u"p"_s});
    row("a user without a password", {.dialect = Dialect::Mqtt, .user = u"ada"_s});
    row("nkey", {.isEncrypted = true, .nkeyFile = u"n"_s, .caFile = u"ca"_s});
    row("certificate", {.dialect = Dialect::Mqtt, .isEncrypted = true, .certificateFile = u"c"_s, .keyFile = u"k"_s});
    row("certificate and password",
        {.isEncrypted = true, .user = u"ada"_s, .passwordFile = u"p"_s, .certificateFile = u"c"_s, .keyFile = u"k"_s});

    row("nkey for MQTT", {.dialect = Dialect::Mqtt, .nkeyFile = u"n"_s}, u"nkeys and credentials are NATS's"_s);
    row("credentials for MQTT", {.dialect = Dialect::Mqtt, .credentialsFile = u"c"_s},
        u"nkeys and credentials are NATS's"_s);
    row("nkey and credentials", {.credentialsFile = u"c"_s, .nkeyFile = u"n"_s}, u"exclude each other"_s);
    row("user and nkey", {.user = u"ada"_s, .nkeyFile = u"n"_s}, u"exclude each other"_s);
    row("password alone", {.passwordFile = u"p"_s}, u"--password-file needs --user"_s);
    row("certificate alone", {.isEncrypted = true, .certificateFile = u"c"_s}, u"go together"_s);
    row("key alone", {.isEncrypted = true, .keyFile = u"k"_s}, u"go together"_s);
    row("authority without TLS", {.caFile = u"ca"_s}, u"tls:// then, not nats://"_s);
    row("certificate without TLS", {.dialect = Dialect::Mqtt, .certificateFile = u"c"_s, .keyFile = u"k"_s},
        u"mqtts:// then, not mqtt://"_s);
}

void tst_EngineOptions::knowsWhatGoesTogether()
{
    QFETCH(EngineOptions, options);
    QFETCH(QString, mistake);
    const QString why = whyNotTogether(options);
    QVERIFY2(mistake.isEmpty() ? why.isEmpty() : why.contains(mistake), qPrintable(why));
}

void tst_EngineOptions::namesTheBus()
{
    const QString own = defaultBus(u"127.0.0.1"_s, 52002);
    QVERIFY2(whyNotABus(own).isEmpty(), qPrintable(own));
    QCOMPARE(defaultBus(u"localhost"_s, 52002), own);
    QVERIFY(defaultBus(u"127.0.0.1"_s, 52004) != own);
    QVERIFY(defaultBus(u"server.example"_s, 52002) != own);
    QVERIFY(!own.contains(QString::fromLatin1(QSysInfo::machineUniqueId())) || QSysInfo::machineUniqueId().isEmpty());
}

PYVENT_TEST(tst_EngineOptions)
#include "tst_engineoptions.moc"
