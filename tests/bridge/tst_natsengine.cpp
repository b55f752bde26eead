// SPDX-License-Identifier: MIT
#include "bridge/certificates.h"
#include "bridge/engineprobe.h"
#include "bridge/plainnats.h"
#include "bridge/serverprocess.h"
#include "support/numbers.h"
#include "support/testprogram.h"

#include <QtTest>

#include <csignal>

using namespace Pyvent::Bridge;
using namespace PyventTests;
using namespace Qt::StringLiterals;

class tst_NatsEngine : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void carriesMessages();
    void keepsOneOfTwo();
    void resumesWhereItStopped();
    void givesInOrderWhatWasTakenOver();
    void takesNothingThatItDoesNotRead();
    void waitsForItsServer();
    void outlivesItsServer();
    void findsOutAServerThatHangs();
    void hearsOtherPrograms();
    void tellsOfWhatIsNoEvent();
    void refusesWhatIsTooLarge();
    void makesItsStream();
    void looksAtTheStreamThatThereIs_data();
    void looksAtTheStreamThatThereIs();
    void tellsOfAStreamsLimits();
    void makesItsConsumerAgain();
    void makesItsStreamAgain();
    void provesWhoItIs_data();
    void provesWhoItIs();
    void mayNotPublishAll();
    void encrypts_data();
    void encrypts();
};

void tst_NatsEngine::initTestCase()
{
    if (natsServerProgram().isEmpty())
        QSKIP(whySkipped("nats-server", "nats-server"));
}

void tst_NatsEngine::carriesMessages()
{
    NatsServer server;
    QVERIFY(server.start());
    EngineProbe engine(engineOptions(Dialect::Nats, server.port()));
    QVERIFY(engine.waitUntilReading());
    QVERIFY(!engine.identity.isEmpty());
    const QUuid node = QUuid::createUuid();
    QList<Message> messages;
    for (quint64 number = 1; number <= 500; ++number)
        messages += testMessage(node, number);
    messages += testMessage(node, 1, u"a*b>c. d"_s);
    messages += testMessage(node, 1, QString(1024, u'*'));
    messages += testMessage(node, 1, u".küche..注文."_s);
    engine.publish(messages);
    QVERIFY(engine.waitForPublished(messages.size()));
    QVERIFY(engine.waitForArrivals(messages.size()));
    for (qsizetype i = 0; i < messages.size(); ++i)
        QCOMPARE(engine.arrivals[i].message, messages[i]);
    QVERIFY2(engine.problems.isEmpty(), qPrintable(engine.problems.join(u'\n')));
}

// Two bridges of one bus may publish the same.
void tst_NatsEngine::keepsOneOfTwo()
{
    NatsServer server;
    QVERIFY(server.start());
    EngineProbe engine(engineOptions(Dialect::Nats, server.port()));
    EngineProbe other(engineOptions(Dialect::Nats, server.port()), false);
    QVERIFY(engine.waitUntilReading() && other.waitUntilUp());
    QCOMPARE(other.identity, engine.identity);
    const QUuid node = QUuid::createUuid();
    for (quint64 number = 1; number <= 20; ++number) {
        engine.publish({testMessage(node, number)});
        other.publish({testMessage(node, number)});
    }
    QVERIFY(engine.waitForPublished(20) && other.waitForPublished(20));
    engine.publish({testMessage(node, 21)});
    QVERIFY(waitUntil([&] { return engine.arrivedNumbers().contains(21); }));
    QCOMPARE(engine.arrivals.size(), 21);
}

void tst_NatsEngine::resumesWhereItStopped()
{
    NatsServer server;
    QVERIFY(server.start());
    const auto options = engineOptions(Dialect::Nats, server.port());
    const QUuid node = QUuid::createUuid();
    EngineProbe sender(engineOptions(Dialect::Nats, server.port(), u"elsewhere"_s), false);
    QVERIFY(sender.waitUntilUp());
    sender.publish({testMessage(node, 1)}); // before the bus has ever been there
    QVERIFY(sender.waitForPublished(1));
    {
        EngineProbe engine(options);
        QVERIFY(engine.waitUntilReading());
        sender.publish({testMessage(node, 2)});
        QVERIFY(engine.waitForArrivals(1));
        engine.acknowledges = false;
        sender.publish({testMessage(node, 3)});
        QVERIFY(engine.waitForArrivals(2));
        QCOMPARE(engine.arrivedNumbers(), (QList<quint64>{2, 3}));
    }
    sender.publish({testMessage(node, 4)});
    QVERIFY(sender.waitForPublished(4));
    // What was not acknowledged comes again, and before what came later.
    EngineProbe engine(options);
    QVERIFY(engine.waitForArrivals(2));
    QCOMPARE(engine.arrivedNumbers(), (QList<quint64>{3, 4}));
}

// One reads and is killed; the next one gets what that had not acknowledged first, without waiting for that to come again by itself.
void tst_NatsEngine::givesInOrderWhatWasTakenOver()
{
    NatsServer server;
    QVERIFY(server.start());
    PlainNats plain(server.port());
    QVERIFY(plain.addStream("PYVENT_house", "house.>"));
    QVERIFY(plain.addConsumer("PYVENT_house", "pyvent-harbour", std::chrono::hours(1)));
    const auto options = engineOptions(Dialect::Nats, server.port());
    const QUuid node = QUuid::createUuid();
    auto first = std::make_unique<EngineProbe>(options);
    QVERIFY(first->waitUntilReading());
    first->acknowledges = false;
    EngineProbe sender(engineOptions(Dialect::Nats, server.port(), u"elsewhere"_s), false);
    QVERIFY(sender.waitUntilUp());
    QList<Message> messages;
    for (quint64 number = 1; number <= 300; ++number)
        messages += testMessage(node, number);
    sender.publish(messages);
    QVERIFY(first->waitForArrivals(100));
    first.reset();
    EngineProbe second(options);
    QVERIFY(second.waitUntilReading());
    QVERIFY(second.waitForArrivals(300));
    const QList<quint64> numbers = second.arrivedNumbers();
    QVERIFY(std::ranges::is_sorted(numbers));
    QCOMPARE(numbers.size(), 300);
}

// One that reads no more has asked for messages still, which are the next one's.
void tst_NatsEngine::takesNothingThatItDoesNotRead()
{
    NatsServer server;
    QVERIFY(server.start());
    PlainNats plain(server.port());
    QVERIFY(plain.addStream("PYVENT_house", "house.>"));
    QVERIFY(plain.addConsumer("PYVENT_house", "pyvent-harbour", std::chrono::hours(1)));
    EngineProbe first(engineOptions(Dialect::Nats, server.port()));
    QVERIFY(first.waitUntilReading());
    EngineProbe second(engineOptions(Dialect::Nats, server.port()), false);
    QVERIFY(second.waitUntilUp());
    first.setReading(false);
    QVERIFY(waitUntil([&] { return first.reading == Engine::Reading::Off; }));
    second.setReading(true);
    QVERIFY(second.waitUntilReading());
    const QUuid node = QUuid::createUuid();
    for (quint64 number = 1; number <= 100; ++number)
        second.publish({testMessage(node, number)});
    QVERIFY(second.waitForArrivals(100));
    QVERIFY(first.arrivals.isEmpty());
}

void tst_NatsEngine::waitsForItsServer()
{
    NatsServer server;
    EngineProbe engine(engineOptions(Dialect::Nats, server.port()));
    QVERIFY(engine.hasProblem(u"the NATS server at 127.0.0.1:%1 cannot be used"_s.arg(server.port())));
    QVERIFY(!engine.isUp());
    QVERIFY(server.start());
    QVERIFY(engine.waitUntilReading());
}

void tst_NatsEngine::outlivesItsServer()
{
    NatsServer server;
    QVERIFY(server.start());
    EngineProbe engine(engineOptions(Dialect::Nats, server.port()));
    QVERIFY(engine.waitUntilReading());
    const QUuid node = QUuid::createUuid();
    engine.publish({testMessage(node, 1)});
    QVERIFY(engine.waitForArrivals(1));
    server.kill();
    QVERIFY(waitUntil([&] { return !engine.isUp(); }));
    QVERIFY(server.start());
    QVERIFY(engine.waitUntilReading());
    QCOMPARE(engine.ups, 2);
    engine.publish({testMessage(node, 2)});
    QVERIFY(waitUntil([&] { return engine.arrivedNumbers().contains(2); }));
    QCOMPARE(engine.arrivedNumbers(), (QList<quint64>{1, 2}));
}

void tst_NatsEngine::findsOutAServerThatHangs()
{
    NatsServer server;
    QVERIFY(server.start());
    EngineProbe engine(engineOptions(Dialect::Nats, server.port()));
    QVERIFY(engine.waitUntilReading());
    server.sendSignal(SIGSTOP);
    QVERIFY(waitUntil([&] { return !engine.isUp(); }));
    server.sendSignal(SIGCONT);
    QVERIFY(engine.waitUntilReading());
}

void tst_NatsEngine::hearsOtherPrograms()
{
    NatsServer server;
    QVERIFY(server.start());
    EngineProbe engine(engineOptions(Dialect::Nats, server.port()));
    QVERIFY(engine.waitUntilReading());
    PlainNats plain(server.port());
    plain.publish("house.order-food", R"({"food":"sushi"})");
    plain.publish("house.kitchen.oven", "21.5");
    QVERIFY(engine.waitForArrivals(2));
    const Message &message = engine.arrivals[0].message;
    QCOMPARE(message.name, u"order-food"_s);
    QVERIFY(message.node.isNull());
    QCOMPARE(message.format, Message::Format::Json);
    QCOMPARE(message.payload, R"({"food":"sushi"})"_ba);
    QCOMPARE(engine.arrivals[1].message.name, u"kitchen.oven"_s);
}

void tst_NatsEngine::tellsOfWhatIsNoEvent()
{
    NatsServer server;
    QVERIFY(server.start());
    EngineProbe engine(engineOptions(Dialect::Nats, server.port()));
    QVERIFY(engine.waitUntilReading());
    PlainNats plain(server.port());
    plain.publish("house.bad", "x", {{"Pyvent-Node", "nobody"}});
    plain.publish("house.good", "1");
    QVERIFY(engine.waitForArrivals(2));
    QVERIFY2(engine.arrivals[0].whyNot.contains(u"'bad', is no event: its header Pyvent-Node is missing or wrong"_s),
             qPrintable(engine.arrivals[0].whyNot));
    QVERIFY(engine.arrivals[1].whyNot.isEmpty());
}

void tst_NatsEngine::refusesWhatIsTooLarge()
{
    NatsServer server("max_payload: 100KB\n");
    QVERIFY(server.start());
    EngineProbe engine(engineOptions(Dialect::Nats, server.port()), false);
    QVERIFY(engine.waitUntilUp());
    const QUuid node = QUuid::createUuid();
    Message large = testMessage(node, 1);
    large.payload = QByteArray(200'000, 'x');
    engine.publish({large, testMessage(node, 2)});
    QVERIFY(engine.waitForPublished(1));
    QCOMPARE(engine.published, QList<quint64>{2});
    QCOMPARE(engine.refusals.size(), 1);
    QVERIFY(engine.refusals[0].refusal == Engine::Refusal::Never);
    QVERIFY2(engine.refusals[0].why.contains(u"200000 bytes"_s), qPrintable(engine.refusals[0].why));
}

void tst_NatsEngine::makesItsStream()
{
    NatsServer server;
    QVERIFY(server.start());
    EngineOptions options = engineOptions(Dialect::Nats, server.port());
    options.prefix = u"house.kitchen"_s;
    options.keep = std::chrono::hours(1);
    EngineProbe engine(options);
    QVERIFY(engine.waitUntilReading());
    QCOMPARE(PlainNats(server.port()).describe("PYVENT_house~kitchen"), "1 house.kitchen.> 3600"_ba);
}

void tst_NatsEngine::looksAtTheStreamThatThereIs_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("subject");
    QTest::addColumn<int>("retention");
    QTest::addColumn<QString>("problem"); // empty: it is used

    const QByteArray name = "PYVENT_house";
    QTest::newRow("as it should be") << name << "house.>"_ba << int(js_LimitsPolicy) << QString();
    QTest::newRow("other subjects") << name << "home.>"_ba << int(js_LimitsPolicy) << u"it does not take 'house.>'"_s;
    QTest::newRow("a work queue") << name << "house.>"_ba << int(js_WorkQueuePolicy)
                                  << u"it drops what one of its readers has got"_s;
    QTest::newRow("another stream") << "OTHER"_ba
                                    << "house.>"_ba << int(js_LimitsPolicy)
                                    << u"another stream has subjects of 'house.>'"_s;
}

void tst_NatsEngine::looksAtTheStreamThatThereIs()
{
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, subject);
    QFETCH(int, retention);
    QFETCH(QString, problem);
    NatsServer server;
    QVERIFY(server.start());
    PlainNats plain(server.port());
    QVERIFY(plain.addStream(name.constData(), subject.constData(), jsRetentionPolicy(retention)));
    EngineProbe engine(engineOptions(Dialect::Nats, server.port()));
    if (!problem.isEmpty()) {
        QVERIFY2(engine.hasProblem(problem), qPrintable(engine.problems.join(u'\n')));
        QVERIFY(!engine.isUp());
        QVERIFY(plain.removeStream(name.constData())); // it goes on trying
    }
    QVERIFY(engine.waitUntilReading());
    engine.publish({testMessage(QUuid::createUuid(), 1)});
    QVERIFY(engine.waitForArrivals(1));
}

void tst_NatsEngine::tellsOfAStreamsLimits()
{
    NatsServer server;
    QVERIFY(server.start());
    PlainNats plain(server.port());
    QVERIFY(plain.addLimitedStream("PYVENT_house", "house.>"));
    EngineProbe engine(engineOptions(Dialect::Nats, server.port()));
    QVERIFY(engine.waitUntilReading());
    QVERIFY(engine.hasProblem(u"limits of its own"_s));
    for (const char *limit : {"for 1 s (max_age)", "300 messages (max_msgs)", "100 of each name", "1000000 bytes",
                              "of 5000 bytes at most", "10 buses at most"})
        QVERIFY2(engine.problems[0].contains(QLatin1StringView(limit)), qPrintable(engine.problems[0]));
    // One that a bridge has made has none.
    EngineOptions options = engineOptions(Dialect::Nats, server.port());
    options.prefix = u"shed"_s;
    for (int i = 0; i < 2; ++i) {
        EngineProbe other(options);
        QVERIFY(other.waitUntilReading());
        QCOMPARE(other.problems, QStringList());
    }
}

// Somebody has removed it; what has come meanwhile is there still.
void tst_NatsEngine::makesItsConsumerAgain()
{
    NatsServer server;
    QVERIFY(server.start());
    EngineProbe engine(engineOptions(Dialect::Nats, server.port()));
    QVERIFY(engine.waitUntilReading());
    const QUuid node = QUuid::createUuid();
    engine.publish({testMessage(node, 1)});
    QVERIFY(engine.waitForArrivals(1));
    QVERIFY(PlainNats(server.port()).removeConsumer("PYVENT_house", "pyvent-harbour"));
    engine.publish({testMessage(node, 2)});
    QVERIFY(engine.waitForArrivals(2));
    QVERIFY(waitUntil([&] { return engine.reading == Engine::Reading::On; }));
    engine.publish({testMessage(node, 3)});
    QVERIFY(engine.waitForArrivals(3));
    QCOMPARE(engine.arrivedNumbers(), (QList<quint64>{1, 2, 3}));
}

// Somebody has removed that. Each bus begins with the first event that comes into the new one.
void tst_NatsEngine::makesItsStreamAgain()
{
    NatsServer server;
    QVERIFY(server.start());
    PlainNats plain(server.port());
    EngineProbe harbour(engineOptions(Dialect::Nats, server.port()));
    EngineProbe barn(engineOptions(Dialect::Nats, server.port(), u"barn"_s));
    EngineProbe sender(engineOptions(Dialect::Nats, server.port(), u"well"_s), false);
    QVERIFY(harbour.waitUntilReading() && barn.waitUntilReading() && sender.waitUntilUp());
    const QUuid node = QUuid::createUuid();
    sender.publish({testMessage(node, 1), testMessage(node, 2)});
    QVERIFY(harbour.waitForArrivals(2) && barn.waitForArrivals(2));
    QVERIFY(plain.removeStream("PYVENT_house"));
    for (EngineProbe *reader : {&harbour, &barn})
        QVERIFY2(waitUntil([&] { return reader->ups == 2; }), qPrintable(reader->problems.join(u'\n')));
    QVERIFY(!plain.describe("PYVENT_house").isEmpty());
    QVERIFY2(harbour.hasProblem(u"the stream PYVENT_house was removed"_s), qPrintable(harbour.problems.join(u'\n')));
    QCOMPARE(harbour.problems.size(), 1);
    sender.publish({testMessage(node, 3), testMessage(node, 4)});
    QVERIFY(harbour.waitForArrivals(4) && barn.waitForArrivals(4));
    QCOMPARE(barn.arrivedNumbers(), (QList<quint64>{1, 2, 3, 4}));

    // Where nobody reads.
    EngineOptions other = engineOptions(Dialect::Nats, server.port());
    other.prefix = u"shed"_s;
    EngineProbe writer(other, false);
    QVERIFY(writer.waitUntilUp());
    QVERIFY(plain.removeStream("PYVENT_shed"));
    writer.publish({testMessage(node, 1)});
    QVERIFY2(waitUntil([&] { return writer.ups == 2; }), qPrintable(writer.problems.join(u'\n')));
    writer.publish({testMessage(node, 1)});
    QVERIFY(writer.waitForPublished(1));
}

void tst_NatsEngine::provesWhoItIs_data()
{
    QTest::addColumn<QString>("how");
    QTest::addColumn<QString>("problem"); // empty: it is let in

    QTest::newRow("password") << u"password"_s << QString();
    QTest::newRow("wrong password") << u"wrong password"_s << u"Authorization"_s;
    QTest::newRow("nobody") << u"nobody"_s << u"Authorization"_s;
    QTest::newRow("a password that others read") << u"open password"_s << u"others can read the secret in"_s;
    QTest::newRow("no such file") << u"missing"_s << u"cannot be read"_s;
    QTest::newRow("nkey") << u"nkey"_s << QString();
    QTest::newRow("another nkey") << u"other nkey"_s << u"Authorization"_s;
    QTest::newRow("no nkey") << u"no nkey"_s << u"no seed of a NATS user's key"_s;
    QTest::newRow("no credentials") << u"no credentials"_s << u"no NATS credentials"_s;
}

void tst_NatsEngine::provesWhoItIs()
{
    QFETCH(QString, how);
    QFETCH(QString, problem);
    NatsServer server("authorization { users: [ { user: ada, password: \"secret-word\" },"
                      " { nkey: UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4 } ] }\n");
    QVERIFY(server.start());
    QTemporaryDir folder;
    EngineOptions options = engineOptions(Dialect::Nats, server.port());
    if (how.endsWith("password"_L1)) {
        options.user = u"ada"_s;
        const auto permissions = how == "open password"_L1 ? QFile::ReadOwner | QFile::ReadOther : QFile::ReadOwner;
        options.passwordFile =
            writeSecret(folder, u"password"_s, how == "wrong password"_L1 ? "guess\n" : "secret-word\n", permissions);
    } else if (how == "missing"_L1) {
        options.user = u"ada"_s;
        options.passwordFile = folder.filePath(u"missing"_s);
    } else if (how == "no credentials"_L1) {
        options.credentialsFile = writeSecret(folder, u"creds"_s, "SUAX\n");
    } else if (how.endsWith("nkey"_L1)) {
        options.nkeyFile =
            writeSecret(folder, u"nkey"_s,
                        how == "nkey"_L1          ? "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY\n"
                            : how == "no nkey"_L1 ? "ABC\n"
                                                  : "SUAMK2FG4MI6UE3ACF3FK3OIQBCEIEZV7NSWFFEW63UXMRLFM2XLAXK4GY\n");
    }
    EngineProbe engine(options);
    if (problem.isEmpty()) {
        QVERIFY2(engine.waitUntilReading(), qPrintable(engine.problems.join(u'\n')));
        return;
    }
    QVERIFY2(engine.hasProblem(problem), qPrintable(engine.problems.join(u'\n')));
    QVERIFY(!engine.isUp());
    QVERIFY(!engine.problems.join(u'\n').contains(u"secret-word"_s));
}

void tst_NatsEngine::mayNotPublishAll()
{
    NatsServer server("authorization { users: [ { user: ada, password: pw, permissions: { publish: "
                      "[\"house.free\", \"$JS.>\", \"_INBOX.>\"], subscribe: [\"_INBOX.>\"] } } ] }\n");
    QVERIFY(server.start());
    QTemporaryDir folder;
    EngineOptions options = engineOptions(Dialect::Nats, server.port());
    options.user = u"ada"_s;
    options.passwordFile = writeSecret(folder, u"password"_s, "pw");
    EngineProbe engine(options);
    QVERIFY2(engine.waitUntilReading(), qPrintable(engine.problems.join(u'\n')));
    const QUuid node = QUuid::createUuid();
    engine.publish({testMessage(node, 1, u"barred"_s), testMessage(node, 1, u"free"_s)});
    QVERIFY(engine.waitForArrivals(1));
    QVERIFY(waitUntil([&] { return engine.refusals.size() == 1; }));
    QCOMPARE(engine.refusals[0].id, 1u);
    QVERIFY(engine.refusals[0].refusal == Engine::Refusal::Never);
    QCOMPARE(engine.refusals[0].why, u"this NATS user may not publish to 'house.barred'"_s);
    QCOMPARE(engine.arrivedNames(), QStringList{u"free"_s});
}

void tst_NatsEngine::encrypts_data()
{
    QTest::addColumn<QString>("server");
    QTest::addColumn<QString>("ca");
    QTest::addColumn<bool>("hasClientCertificate");
    QTest::addColumn<bool>("works");

    QTest::newRow("right") << u"server"_s << u"ca"_s << true << true;
    QTest::newRow("another authority") << u"server"_s << u"other"_s << true << false;
    QTest::newRow("another host's certificate") << u"elsewhere"_s << u"ca"_s << true << false;
    QTest::newRow("without the client's certificate") << u"server"_s << u"ca"_s << false << false;
}

void tst_NatsEngine::encrypts()
{
    QFETCH(QString, server);
    QFETCH(QString, ca);
    QFETCH(bool, hasClientCertificate);
    QFETCH(bool, works);
    const Certificates certificates;
    if (!certificates.isValid())
        QSKIP(whySkipped("openssl", "openssl"));
    const auto path = [&](const QString &name) { return certificates.path(name).toUtf8(); };
    NatsServer nats("tls { cert_file: \"" + path(server + u".pem"_s) + "\", key_file: \"" + path(server + u".key"_s)
                    + "\", ca_file: \"" + path(u"ca.pem"_s) + "\", verify: true }\n");
    QVERIFY(nats.start());
    EngineOptions options = engineOptions(Dialect::Nats, nats.port());
    options.isEncrypted = true;
    options.caFile = certificates.path(ca + u".pem"_s);
    if (hasClientCertificate) {
        options.certificateFile = certificates.path(u"client.pem"_s);
        options.keyFile = certificates.path(u"client.key"_s);
    }
    EngineProbe engine(options);
    if (works) {
        QVERIFY2(engine.waitUntilReading(), qPrintable(engine.problems.join(u'\n')));
        engine.publish({testMessage(QUuid::createUuid(), 1)});
        QVERIFY(engine.waitForArrivals(1));
    } else {
        QVERIFY(engine.hasProblem(u"cannot be used: "_s));
        qInfo("%s", qPrintable(engine.problems.first()));
        QVERIFY(!engine.isUp());
    }
}

PYVENT_TEST(tst_NatsEngine)
#include "tst_natsengine.moc"
