// SPDX-License-Identifier: MIT
// Python on both sides: unmodified nodes of Python's on the buses, and plain programs of NATS and MQTT at the engine.
#include "bridge/bridgeprogram.h"
#include "bridge/testbridge.h"
#include "bus.h"
#include "peervalues.h"
#include "support/testprogram.h"

#ifdef PYVENT_HAS_MQTT
#    include "bridge/plainmqtt.h"
#endif

#include <QtTest>

using namespace Pyvent::Bridge;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

const QString plainNats = QStringLiteral(PLAIN_NATS);

// A program of the engine's that knows nothing of Pyvent.
class PlainProgram
{
public:
    PlainProgram() = default;
    virtual ~PlainProgram() = default;
    Q_DISABLE_COPY_MOVE(PlainProgram)

    virtual bool publish(const QByteArray &name, const QByteArray &content) = 0;

    // Whether it hears this, and how often it has.
    virtual QByteArrayList heard() = 0;
};

// Python for NATS: one process that publishes for each message, and one that listens.
class PythonOfNats : public PlainProgram
{
public:
    explicit PythonOfNats(int port)
        : m_port(QString::number(port))
        , m_listener(QStringLiteral(PYTHON_PROGRAM), {plainNats, m_port, u"listen"_s, u"house.>"_s})
    {
        if (!m_listener.printsLine("listening"))
            qFatal("it does not listen");
    }
    bool publish(const QByteArray &name, const QByteArray &content) override
    {
        ChildProcess process(
            QStringLiteral(PYTHON_PROGRAM),
            {plainNats, m_port, u"publish"_s, u"house."_s + QString::fromUtf8(name), QString::fromUtf8(content)});
        return process.exitCode() == 0;
    }
    QByteArrayList heard() override
    {
        QByteArrayList lines = m_listener.lines();
        for (QByteArray &line : lines)
            line.replace("house.", "");
        return lines;
    }

private:
    const QString m_port;
    ChildProcess m_listener;
};

#ifdef PYVENT_HAS_MQTT
class MosquittoClient : public PlainProgram
{
public:
    explicit MosquittoClient(int port)
        : m_client(port)
    {
        if (!m_client.subscribe("house/#"))
            qFatal("it does not listen");
    }
    bool publish(const QByteArray &name, const QByteArray &content) override
    {
        return m_client.publish("house/" + name, content);
    }
    QByteArrayList heard() override
    {
        QByteArrayList lines = m_client.received();
        for (QByteArray &line : lines)
            line.replace("house/", "");
        return lines;
    }

private:
    PlainMqttClient m_client;
};
#endif

std::unique_ptr<PlainProgram> makePlainProgram(Dialect dialect, int port)
{
#ifdef PYVENT_HAS_MQTT
    if (dialect == Dialect::Mqtt)
        return std::make_unique<MosquittoClient>(port);
#endif
    return std::make_unique<PythonOfNats>(port);
}

// A bus with a node of Python's and one of this module's, which note all that they hear.
class MixedBus
{
public:
    explicit MixedBus(const QString &name)
        : python(m_bus.add(PeerProcess::Python, name + u"'s Python"_s))
        , qt(m_bus.add(PeerProcess::Qt, name + u"'s Qt"_s))
    {
    }
    // Of either language serves the bus.
    bool start(PeerProcess::Language serving)
    {
        PeerProcess &server = serving == PeerProcess::Python ? python : qt;
        PeerProcess &other = serving == PeerProcess::Python ? qt : python;
        return m_bus.serve(server) && m_bus.join(other) && listen(&python) && listen(&qt);
    }
    int port() const { return m_bus.port(); }

    bool hears(const QString &name, qsizetype times = 1)
    {
        return python.waitForHeard(times, name) && qt.waitForHeard(times, name);
    }
    // What both have heard is this, once. A default sender of this module's is Python's own there.
    bool hasHeardOnce(const QString &name, const QJsonObject &arguments, const QString &sender) const
    {
        for (const PeerProcess *peer : {&python, &qt}) {
            const QList<QJsonObject> heard = peer->heard(name);
            if (heard.size() != 1 || heard[0]["args"_L1].toObject() != arguments
                || heard[0]["sender"_L1].toString()
                    != (peer->isPython() && sender.startsWith("pyvent."_L1) ? u"pyvent"_s : sender))
                return false;
        }
        return true;
    }

private:
    Bus m_bus;

public:
    PeerProcess &python;
    PeerProcess &qt;

private:
    static bool listen(PeerProcess *peer)
    {
        for (const char *name : {"order-food", "new-customer", "bill", "last", "probe"}) {
            if (!peer->tell(u"on"_s, {{u"name"_s, QString::fromLatin1(name)}, {u"sender"_s, u"*any*"_s}}))
                return false;
        }
        return peer->tell(u"ready"_s);
    }
};

// A bus that was never at the engine before misses events from before its bridge reads.
bool isJoined(MixedBus *from, MixedBus *to)
{
    constexpr int pause = 100; // milliseconds
    QTimer clock;
    QObject::connect(&clock, &QTimer::timeout, &clock, [&] { from->qt.post(u"send"_s, {{u"name"_s, u"probe"_s}}); });
    clock.start(pause);
    return to->hears(u"probe"_s);
}

} // namespace

class tst_OtherPrograms : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (const QString why = PeerProcess::whyNoPython(); !why.isEmpty())
            QSKIP(qPrintable(why));
    }
    void speaksWithPython_data();
    void speaksWithPython();
};

void tst_OtherPrograms::speaksWithPython_data()
{
    QTest::addColumn<Dialect>("dialect");
    QTest::addColumn<PeerProcess::Language>("serving"); // one of the buses; the other one is Qt's
#ifdef PYVENT_HAS_NATS
    QTest::newRow("NATS, Python's server") << Dialect::Nats << PeerProcess::Python;
    QTest::newRow("NATS, Qt's server") << Dialect::Nats << PeerProcess::Qt;
#endif
#ifdef PYVENT_HAS_MQTT
    QTest::newRow("MQTT, Python's server") << Dialect::Mqtt << PeerProcess::Python;
    QTest::newRow("MQTT, Qt's server") << Dialect::Mqtt << PeerProcess::Qt;
#endif
}

void tst_OtherPrograms::speaksWithPython()
{
    QFETCH(PeerProcess::Language, serving);
    START_SERVER(server);
    const QString engine = engineUrl(dialect, server->port());
    MixedBus here(u"here"_s);
    MixedBus there(u"there"_s);
    QVERIFY(here.start(serving) && there.start(PeerProcess::Qt));
    BridgeProgram one(here.port(), engine, {u"--json"_s});
    BridgeProgram other(there.port(), engine, {u"--json"_s});
    QVERIFY2(isJoined(&here, &there) && isJoined(&there, &here), qPrintable(one.errors() + other.errors()));
    const auto plain = makePlainProgram(dialect, server->port());
    const QString foreigner = dialect == Dialect::Nats ? u"pyvent.nats"_s : u"pyvent.mqtt"_s;

    // What a plain program publishes as JSON is an event on each bus.
    QVERIFY(plain->publish("order-food", R"({"food": "sushi", "pieces": 8, "fresh": true, "sauces": ["soy", null]})"));
    QVERIFY(plain->publish("bill", R"({"sender": "till", "amount": 12.5})"));
    // What a Python process sends crosses, and the plain program hears it as JSON.
    QVERIFY(here.python.order(u"send"_s,
                              {{u"name"_s, u"new-customer"_s},
                               {u"args"_s, encodeValue(QVariantMap{{u"who"_s, u"Ada"_s}, {u"table"_s, 7}})},
                               {u"sender"_s, u"door"_s}}));
    for (MixedBus *bus : {&here, &there}) {
        QVERIFY(bus->hears(u"order-food"_s));
        QVERIFY(bus->hears(u"bill"_s));
        QVERIFY(bus->hears(u"new-customer"_s));
    }
    // What comes last on each way shows that nothing more comes before it.
    QVERIFY(here.python.order(u"send"_s, {{u"name"_s, u"last"_s}})
            && there.python.order(u"send"_s, {{u"name"_s, u"last"_s}}));
    QVERIFY(here.hears(u"last"_s, 2) && there.hears(u"last"_s, 2));
    QVERIFY(plain->publish("last", "{}"));
    QVERIFY(here.hears(u"last"_s, 3) && there.hears(u"last"_s, 3));
    for (const MixedBus *bus : {&here, &there}) {
        PEERS_VERIFY(bus->hasHeardOnce(u"order-food"_s,
                                       {{u"food"_s, u"sushi"_s},
                                        {u"pieces"_s, 8},
                                        {u"fresh"_s, true},
                                        {u"sauces"_s, QJsonArray{u"soy"_s, QJsonValue::Null}}},
                                       foreigner));
        PEERS_VERIFY(bus->hasHeardOnce(u"bill"_s, {{u"amount"_s, floatValue(12.5)}}, u"till"_s));
        PEERS_VERIFY(bus->hasHeardOnce(u"new-customer"_s, {{u"who"_s, u"Ada"_s}, {u"table"_s, 7}}, u"door"_s));
        for (const PeerProcess *peer : {&bus->python, &bus->qt})
            PEERS_COMPARE(peer->heard(u"last"_s).size(), 3);
    }
    const QByteArray customer = R"(new-customer {"table":7,"who":"Ada"})";
    QVERIFY2(waitUntil([&] { return plain->heard().contains(customer); }), plain->heard().join('\n').constData());
    QCOMPARE(plain->heard().count(customer), 1);
    QVERIFY2(one.problems().isEmpty() && other.problems().isEmpty(), qPrintable(one.errors() + other.errors()));
    QCOMPARE(one.endsWith(), 0);
    QCOMPARE(other.endsWith(), 0);
}

PYVENT_TEST(tst_OtherPrograms)
#include "tst_otherprograms.moc"
