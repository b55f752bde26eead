// SPDX-License-Identifier: MIT
#include "bridge/certificates.h"
#include "bridge/engineprobe.h"
#include "bridge/serverprocess.h"
#include "mqttconnection.h"
#include "support/testprogram.h"

#include <QtTest>

#include <csignal>

using namespace Pyvent::Bridge;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

// A plain client, as other programs are: it publishes what it is told to, and notes what comes.
class PlainMqtt
{
public:
    explicit PlainMqtt(int port, const QByteArray &subscription = {})
        : m_connection(engineOptions(Dialect::Mqtt, port), {u"127.0.0.1"_s, port},
                       {.clientId = "plain-" + QByteArray::number(port), .keepAlive = std::chrono::seconds(60)})
    {
        QObject::connect(&m_connection, &MqttConnection::connected, &m_connection, [this, subscription] {
            m_isConnected = true;
            if (!subscription.isEmpty())
                m_connection.subscribe(subscription);
        });
        QObject::connect(&m_connection, &MqttConnection::subscribed, &m_connection, [this] { m_isSubscribed = true; });
        QObject::connect(&m_connection, &MqttConnection::published, &m_connection, [this] { ++m_published; });
        QObject::connect(&m_connection, &MqttConnection::received, &m_connection,
                         [this](const QList<Envelope> &envelopes) { received += envelopes; });
        const QString why = m_connection.start();
        if (!why.isEmpty() || !waitUntil([&] { return m_isConnected && (subscription.isEmpty() || m_isSubscribed); }))
            qFatal("no connection");
    }

    void publish(const QByteArray &topic, const QByteArray &content, const QList<Envelope::Header> &headers = {})
    {
        QString why;
        const int before = m_published;
        if (m_connection.publish(topic, {.contentType = "text/plain", .headers = headers, .payload = content}, &why)
            < 0)
            qFatal("not published");
        m_connection.setHeld(false);
        if (!waitUntil([&] { return m_published > before; }))
            qFatal("not acknowledged");
    }

    QList<Envelope> received;

private:
    MqttConnection m_connection;
    bool m_isConnected = false;
    bool m_isSubscribed = false;
    int m_published = 0;
};

} // namespace

class tst_MqttEngine : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void carriesMessages();
    void resumesWhereItStopped();
    void acknowledgesOnlyWhatIsDone();
    void readsInOnePlace();
    void waitsForItsBroker();
    void outlivesItsBroker();
    void findsOutABrokerThatHangs();
    void isReadByOtherPrograms();
    void hearsOtherPrograms();
    void tellsOfWhatIsNoEvent();
    void refusesWhatIsTooLarge();
    void provesWhoItIs_data();
    void provesWhoItIs();
    void mayNotDoAll();
    void encrypts_data();
    void encrypts();
};

void tst_MqttEngine::initTestCase()
{
    if (mosquittoProgram().isEmpty())
        QSKIP(whySkipped("mosquitto", "mosquitto"));
}

void tst_MqttEngine::carriesMessages()
{
    MosquittoBroker broker;
    QVERIFY(broker.start());
    EngineProbe engine(engineOptions(Dialect::Mqtt, broker.port()));
    QVERIFY(engine.waitUntilReading());
    EngineProbe sender(engineOptions(Dialect::Mqtt, broker.port(), u"elsewhere"_s), false);
    QVERIFY(sender.waitUntilUp());
    const QUuid node = QUuid::createUuid();
    QList<Message> messages;
    for (quint64 number = 1; number <= 500; ++number)
        messages += testMessage(node, number);
    messages += testMessage(node, 1, u"a+b#c/d"_s);
    messages += testMessage(node, 1, QString(1024, u'*'));
    messages += testMessage(node, 1, u"/küche//注文/"_s);
    messages += testMessage(node, 1, u"\u0085\ufffe$SYS"_s);
    messages += testMessage(node, 1, u"a/b"_s.repeated(300));
    sender.publish(messages);
    QVERIFY(sender.waitForPublished(messages.size()));
    QVERIFY(engine.waitForArrivals(messages.size()));
    for (qsizetype i = 0; i < messages.size(); ++i)
        QCOMPARE(engine.arrivals[i].message, messages[i]);
    QVERIFY2(engine.problems.isEmpty(), qPrintable(engine.problems.join(u'\n')));
}

void tst_MqttEngine::resumesWhereItStopped()
{
    MosquittoBroker broker;
    QVERIFY(broker.start());
    const auto options = engineOptions(Dialect::Mqtt, broker.port());
    const QUuid node = QUuid::createUuid();
    EngineProbe sender(engineOptions(Dialect::Mqtt, broker.port(), u"elsewhere"_s), false);
    QVERIFY(sender.waitUntilUp());
    {
        EngineProbe engine(options);
        QVERIFY(engine.waitUntilReading());
        sender.publish({testMessage(node, 1)});
        QVERIFY(engine.waitForArrivals(1));
        engine.acknowledges = false;
        sender.publish({testMessage(node, 2)});
        QVERIFY(engine.waitForArrivals(2));
    }
    sender.publish({testMessage(node, 3)});
    QVERIFY(sender.waitForPublished(3));
    EngineProbe engine(options);
    QVERIFY(engine.waitForArrivals(2));
    QCOMPARE(engine.arrivedNumbers(), (QList<quint64>{2, 3}));
}

// The library would have acknowledged it as it came.
void tst_MqttEngine::acknowledgesOnlyWhatIsDone()
{
    MosquittoBroker broker;
    QVERIFY(broker.start());
    EngineProbe engine(engineOptions(Dialect::Mqtt, broker.port()));
    QVERIFY(engine.waitUntilReading());
    engine.acknowledges = false;
    EngineProbe sender(engineOptions(Dialect::Mqtt, broker.port(), u"elsewhere"_s), false);
    QVERIFY(sender.waitUntilUp());
    const QUuid node = QUuid::createUuid();
    sender.publish({testMessage(node, 1)});
    QVERIFY(engine.waitForArrivals(1));
    sender.publish({testMessage(node, 2), testMessage(node, 3)});
    QVERIFY(sender.waitForPublished(3));
    QCOMPARE(engine.arrivals.size(), 1); // nothing more is read before that
    engine.acknowledges = true;
    engine.engine().acknowledge(engine.arrivals[0].token);
    QVERIFY(engine.waitForArrivals(3));
    QCOMPARE(engine.arrivedNumbers(), (QList<quint64>{1, 2, 3}));
}

void tst_MqttEngine::readsInOnePlace()
{
    MosquittoBroker broker;
    QVERIFY(broker.start());
    EngineProbe first(engineOptions(Dialect::Mqtt, broker.port()));
    QVERIFY(first.waitUntilReading());
    EngineProbe second(engineOptions(Dialect::Mqtt, broker.port()));
    // Each takes the session from the other, until one gives in.
    const auto isElsewhere = [](const EngineProbe &probe) { return probe.reading == Engine::Reading::Elsewhere; };
    QVERIFY(waitUntil([&] { return isElsewhere(first) || isElsewhere(second); }));
    EngineProbe &reader = isElsewhere(first) ? second : first;
    EngineProbe &other = isElsewhere(first) ? first : second;
    QVERIFY(reader.waitUntilReading());
    QVERIFY(other.isUp()); // it may publish still
    other.publish({testMessage(QUuid::createUuid(), 1)});
    QVERIFY(reader.waitForArrivals(1));
    QVERIFY(isElsewhere(other) && other.arrivals.isEmpty());
}

void tst_MqttEngine::waitsForItsBroker()
{
    MosquittoBroker broker;
    EngineProbe engine(engineOptions(Dialect::Mqtt, broker.port()));
    QVERIFY(
        engine.hasProblem(u"the MQTT broker at 127.0.0.1:%1 cannot be used: Connection refused"_s.arg(broker.port())));
    QVERIFY(broker.start());
    QVERIFY(engine.waitUntilReading());
}

void tst_MqttEngine::outlivesItsBroker()
{
    MosquittoBroker broker;
    QVERIFY(broker.start());
    EngineProbe engine(engineOptions(Dialect::Mqtt, broker.port()));
    QVERIFY(engine.waitUntilReading());
    broker.kill();
    QVERIFY(waitUntil([&] { return !engine.isUp(); }));
    QVERIFY(broker.start());
    QVERIFY(engine.waitUntilReading());
    engine.publish({testMessage(QUuid::createUuid(), 1)});
    QVERIFY(engine.waitForArrivals(1));
}

void tst_MqttEngine::findsOutABrokerThatHangs()
{
    MosquittoBroker broker;
    QVERIFY(broker.start());
    EngineProbe engine(engineOptions(Dialect::Mqtt, broker.port()));
    QVERIFY(engine.waitUntilReading());
    broker.sendSignal(SIGSTOP);
    QVERIFY(waitUntil([&] { return !engine.isUp(); }));
    broker.sendSignal(SIGCONT);
    QVERIFY(engine.waitUntilReading());
}

void tst_MqttEngine::isReadByOtherPrograms()
{
    MosquittoBroker broker;
    QVERIFY(broker.start());
    PlainMqtt plain(broker.port(), "house/#");
    EngineProbe engine(engineOptions(Dialect::Mqtt, broker.port()), false);
    QVERIFY(engine.waitUntilUp());
    Message message = testMessage(QUuid::createUuid(), 1);
    message.format = Message::Format::Json;
    message.payload = R"({"food":"sushi"})";
    engine.publish({message});
    QVERIFY(waitUntil([&] { return plain.received.size() == 1; }));
    QCOMPARE(plain.received[0].address, "order-food"_ba);
    QCOMPARE(plain.received[0].payload, R"({"food":"sushi"})"_ba);
    QCOMPARE(plain.received[0].contentType, "application/json"_ba);
    QCOMPARE(plain.received[0].header("Pyvent-Sender"), "pyvent.till"_ba);
}

void tst_MqttEngine::hearsOtherPrograms()
{
    MosquittoBroker broker;
    QVERIFY(broker.start());
    EngineProbe engine(engineOptions(Dialect::Mqtt, broker.port()));
    QVERIFY(engine.waitUntilReading());
    PlainMqtt plain(broker.port());
    plain.publish("house/order-food", R"({"food":"sushi"})");
    plain.publish("house/living room/lamp", "true");
    QVERIFY(engine.waitForArrivals(2));
    QCOMPARE(engine.arrivals[0].message.name, u"order-food"_s);
    QVERIFY(engine.arrivals[0].message.node.isNull());
    QCOMPARE(engine.arrivals[0].message.payload, R"({"food":"sushi"})"_ba);
    QCOMPARE(engine.arrivals[1].message.name, u"living-room/lamp"_s);
}

void tst_MqttEngine::tellsOfWhatIsNoEvent()
{
    MosquittoBroker broker;
    QVERIFY(broker.start());
    EngineProbe engine(engineOptions(Dialect::Mqtt, broker.port()));
    QVERIFY(engine.waitUntilReading());
    PlainMqtt plain(broker.port());
    plain.publish("house/bad", "x", {{"Pyvent-Node", "nobody"}});
    plain.publish("house", "1"); // the prefix alone, which the subscription has, too
    plain.publish("house/good", "1");
    QVERIFY(engine.waitForArrivals(3));
    QVERIFY2(
        engine.arrivals[0].whyNot.contains(u"'house/bad' is no event: its header Pyvent-Node is missing or wrong"_s),
        qPrintable(engine.arrivals[0].whyNot));
    QVERIFY(engine.arrivals[1].whyNot.contains(u"no event's name"_s));
    QVERIFY(engine.arrivals[2].whyNot.isEmpty());
}

void tst_MqttEngine::refusesWhatIsTooLarge()
{
    MosquittoBroker broker("max_packet_size 100000");
    QVERIFY(broker.start());
    EngineProbe engine(engineOptions(Dialect::Mqtt, broker.port()), false);
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

void tst_MqttEngine::provesWhoItIs_data()
{
    QTest::addColumn<QString>("how");
    QTest::addColumn<QString>("problem"); // empty: it is let in

    QTest::newRow("password") << u"password"_s << QString();
    QTest::newRow("wrong password") << u"wrong password"_s << u"the broker says: Not authorized"_s;
    QTest::newRow("nobody") << u"nobody"_s << u"the broker says: Not authorized"_s;
    QTest::newRow("a password that others read") << u"open password"_s << u"others can read the secret in"_s;
    QTest::newRow("no such file") << u"missing"_s << u"cannot be read"_s;
}

void tst_MqttEngine::provesWhoItIs()
{
    QFETCH(QString, how);
    QFETCH(QString, problem);
    QTemporaryDir folder;
    // "secret-word", as mosquitto_passwd has written it.
    const QString passwords = writeSecret(
        folder, u"passwords"_s,
        "ada:$7$101$ykCo7sGJqqzzIJsz$691XzICo1WAsfxgh6BY45u4YTV6L4XSMbZpk8/x3TV96I1YfLbO2LnCyjOpsfyu91O7BmQGHV"
        "gzD8fOKueuV5g==\n");
    MosquittoBroker broker("allow_anonymous false\npassword_file " + passwords.toUtf8());
    QVERIFY(broker.start());
    EngineOptions options = engineOptions(Dialect::Mqtt, broker.port());
    if (how != "nobody"_L1)
        options.user = u"ada"_s;
    if (how.endsWith("password"_L1)) {
        const auto permissions = how == "open password"_L1 ? QFile::ReadOwner | QFile::ReadOther : QFile::ReadOwner;
        options.passwordFile =
            writeSecret(folder, u"password"_s, how == "wrong password"_L1 ? "guess\n" : "secret-word\n", permissions);
    } else if (how == "missing"_L1) {
        options.passwordFile = folder.filePath(u"missing"_s);
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

void tst_MqttEngine::mayNotDoAll()
{
    QTemporaryDir folder;
    const QString rules = writeSecret(folder, u"rules"_s, "topic write house/free\n");
    MosquittoBroker broker("acl_file " + rules.toUtf8());
    QVERIFY(broker.start());
    EngineProbe engine(engineOptions(Dialect::Mqtt, broker.port()));
    QVERIFY(engine.waitUntilUp());
    const QUuid node = QUuid::createUuid();
    engine.publish({testMessage(node, 1, u"barred"_s), testMessage(node, 1, u"free"_s)});
    QVERIFY2(engine.waitForPublished(1), qPrintable(engine.problems.join(u'\n')));
    QCOMPARE(engine.published, QList<quint64>{2});
    QVERIFY(waitUntil([&] { return engine.refusals.size() == 1; }));
    QVERIFY(engine.refusals[0].refusal == Engine::Refusal::Never);
    QCOMPARE(engine.refusals[0].why, u"this MQTT user may not publish to its topic"_s);
}

void tst_MqttEngine::encrypts_data()
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

void tst_MqttEngine::encrypts()
{
    QFETCH(QString, server);
    QFETCH(QString, ca);
    QFETCH(bool, hasClientCertificate);
    QFETCH(bool, works);
    const Certificates certificates;
    if (!certificates.isValid())
        QSKIP(whySkipped("openssl", "openssl"));
    const auto path = [&](const QString &name) { return certificates.path(name).toUtf8(); };
    MosquittoBroker broker("cafile " + path(u"ca.pem"_s) + "\ncertfile " + path(server + u".pem"_s) + "\nkeyfile "
                           + path(server + u".key"_s) + "\nrequire_certificate true");
    QVERIFY(broker.start());
    EngineOptions options = engineOptions(Dialect::Mqtt, broker.port());
    options.isEncrypted = true;
    options.caFile = certificates.path(ca + u".pem"_s);
    if (hasClientCertificate) {
        options.certificateFile = certificates.path(u"client.pem"_s);
        options.keyFile = certificates.path(u"client.key"_s);
    }
    EngineProbe engine(options);
    if (works) {
        QVERIFY2(engine.waitUntilReading(), qPrintable(engine.problems.join(u'\n')));
        QList<Message> messages;
        const QUuid node = QUuid::createUuid();
        for (quint64 number = 1; number <= 200; ++number)
            messages += testMessage(node, number);
        engine.publish(messages);
        QVERIFY(engine.waitForArrivals(200));
    } else {
        QVERIFY(engine.hasProblem(u"cannot be used: "_s));
        qInfo("%s", qPrintable(engine.problems.first()));
        QVERIFY(!engine.isUp());
    }
}

PYVENT_TEST(tst_MqttEngine)
#include "tst_mqttengine.moc"
