// SPDX-License-Identifier: MIT
#include "hostileframes.h"
#include "peerprocess.h"
#include "rawbus.h"
#include "support/testprogram.h"

#include <PyventNode>
#include <PyventObject>

#include <QtTest>

using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

// A node, its ears, and what it complains of.
class Ears : public QObject
{
public:
    explicit Ears(const PyventOptions &options)
        : node(options)
    {
        connect(&node, &PyventNode::errorOccurred, this, [this](const PyventError &error) { errors.append(error); });
        connect(&node, &PyventNode::eventsLost, this, [this](const QString &, const QUuid &, quint64) { ++losses; });
        PyventFilter anySender;
        anySender.sender = PyventSender::Any;
        node.on("*", anySender, this, [this](const PyventEvent &event) {
            if (event.name == "good"_L1)
                lastGood = event.args[u"number"_s].toInt();
            else
                heard.append(event);
        });
        node.on("order", anySender, this, [this](const PyventEvent &event) { orders.append(event); });
    }

    bool waitForReady()
    {
        node.tryStart();
        return waitUntil([this] { return node.state() == PyventNode::Ready; });
    }

    // Everything that was sent before has been dealt with, and the node is well.
    bool hearsGood(const std::function<void(const QByteArray &)> &send)
    {
        ++m_lastNumber;
        send("good " + goodPickle(m_lastNumber));
        return waitUntil([this] { return lastGood == m_lastNumber; });
    }
    bool hearsGood(RawClient &client)
    {
        return hearsGood([&](const QByteArray &frame) { client.send(frame); });
    }

    PyventNode node;
    QList<PyventEvent> heard;
    QList<PyventEvent> orders;
    QList<PyventError> errors;
    int losses = 0;
    int lastGood = 0;

private:
    int m_lastNumber = 0;
};

} // namespace

// Guests who do not keep to the protocol.
class tst_Hostile : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<PortPair> m_ports;
    std::unique_ptr<Ears> m_ears;
    std::unique_ptr<RawClient> m_client;
    std::unique_ptr<QTemporaryDir> m_folder;

    PyventOptions options(bool server) const { return {.port = m_ports->port(), .server = server}; }
    QString marker() const { return m_folder->filePath(u"trace"_s); }

    static void addFrames(const QList<HostileFrame> &frames)
    {
        QTest::addColumn<QByteArray>("frame");
        QTest::addColumn<int>("outcome");
        for (const HostileFrame &frame : frames)
            QTest::newRow(frame.what) << frame.frame << int(frame.outcome);
    }

    void serve()
    {
        m_ears = std::make_unique<Ears>(options(true));
        while (!m_ears->node.startServer()) {
            m_ports->change();
            m_ears = std::make_unique<Ears>(options(true));
        }
        QVERIFY(m_ears->waitForReady());
        m_client = std::make_unique<RawClient>(m_ports->port());
    }

    void check()
    {
        QFETCH(const QByteArray, frame);
        QFETCH(const int, outcome);
        m_client->send(frame);
        QVERIFY(m_ears->hearsGood(*m_client));

        const bool complained = !m_ears->errors.isEmpty();
        const bool isHeard = outcome == HostileFrame::Heard || outcome == HostileFrame::HeardAndReported
            || outcome == HostileFrame::HeardMaybeReported || (outcome == HostileFrame::HeardOrRefused && !complained);
        const bool isReported = outcome == HostileFrame::Refused || outcome == HostileFrame::HeardAndReported
            || ((outcome == HostileFrame::HeardOrRefused || outcome == HostileFrame::HeardMaybeReported) && complained);
        if (complained)
            qInfo().noquote() << m_ears->errors.first().text.left(200);
        QCOMPARE(m_ears->heard.size(), isHeard ? 1 : 0);
        QCOMPARE(m_ears->errors.size(), isReported ? 1 : 0);
        QCOMPARE(m_ears->node.unreadableFrames(), isReported ? 1u : 0u);
        if (isReported) {
            QCOMPARE(m_ears->errors.first().code, PyventError::UnreadableFrame);
            QVERIFY(!m_ears->errors.first().text.isEmpty());
        }
        QVERIFY2(!QFile::exists(marker()), "a pickle has run a command");
    }

private Q_SLOTS:
    void initTestCase()
    {
        // A message for each refused frame is right, and not of interest here.
        QLoggingCategory::setFilterRules(u"pyvent.*=false"_s);
        m_folder = std::make_unique<QTemporaryDir>();
        QVERIFY(m_folder->isValid());
    }

    void init()
    {
        m_ports = std::make_unique<PortPair>();
        serve();
    }

    void cleanup()
    {
        m_client.reset();
        m_ears.reset();
        m_ports.reset();
    }

    void commandsAreNotRun_data() { addFrames(commandFrames(QFile::encodeName(marker()))); }
    void commandsAreNotRun() { check(); }

    void commandsInArgumentsAreInert()
    {
        for (const HostileFrame &frame : commandFrames(QFile::encodeName(marker()))) {
            if (qstrcmp(frame.what, "as an argument") == 0)
                m_client->send(frame.frame);
        }
        QVERIFY(m_ears->hearsGood(*m_client));
        QCOMPARE(m_ears->orders.size(), 1);
        const QVariant value = m_ears->orders.first().args[u"value"_s];
        QCOMPARE(value.metaType(), QMetaType::fromType<PyventObject>());
        const auto object = value.value<PyventObject>();
        QCOMPARE(object.moduleName(), u"os"_s);
        QCOMPARE(object.qualifiedName(), u"system"_s);
        // It can be sent on, and is no more dangerous here than before.
        QVERIFY(m_ears->node.send("order", {{u"value"_s, value}}));
        QVERIFY(waitUntil([this] { return m_ears->orders.size() == 2; }));
        QCOMPARE(m_ears->orders.last().args[u"value"_s], value);
        QVERIFY(!QFile::exists(marker()));
    }

    void brokenPickles_data() { addFrames(PyventTests::brokenPickles()); }
    void brokenPickles() { check(); }

    void brokenTopics_data() { addFrames(PyventTests::brokenTopics()); }
    void brokenTopics() { check(); }

    void brokenTrailers_data() { addFrames(PyventTests::brokenTrailers()); }
    void brokenTrailers() { check(); }

    void truncatedPickles()
    {
        // No byte of it is a STOP, except for the last one.
        const QByteArray pickle = "\x80\x04\x95" + QByteArray("\x20\0\0\0\0\0\0\0", 8) + "}\x94(" + text("food")
            + "\x94]\x94(K\x01M\x02\x01" + QByteArray("J\x01\0\0\0", 5) + "\x8a\x03\x01\x02\x03G?\xf1\1\1\1\1\1\1"
            + "C\x02\x01\x02\x88N" + text("sushi")
            + "(K\x01K\x02K\x03te\x8c\x05"
              "drink\x8f(K\x01\x90u.";
        for (qsizetype size = 0; size < pickle.size(); ++size)
            m_client->send("order " + pickle.first(size));
        QVERIFY(m_ears->hearsGood(*m_client));
        QCOMPARE(m_ears->heard.size(), 0);
        QCOMPARE(m_ears->node.unreadableFrames(), quint64(pickle.size()));
        QCOMPARE(m_ears->errors.size(), 1);
        m_client->send("order " + pickle);
        QVERIFY(m_ears->hearsGood(*m_client));
        QCOMPARE(m_ears->heard.size(), 1);
    }

    void randomBytes()
    {
        QRandomGenerator random(20'240'229); // the same bytes each time
        for (int i = 0; i < 3000; ++i) {
            QByteArray bytes(random.bounded(200), Qt::Uninitialized);
            for (char &byte : bytes)
                byte = char(random.bounded(256));
            m_client->send(i % 3 == 0 ? bytes : "order " + bytes); // a few bytes alone may be a name
        }
        QVERIFY(m_ears->hearsGood(*m_client));
        QCOMPARE(m_ears->orders.size(), 0);
        QVERIFY(m_ears->errors.size() < 10);
    }

    void mutatedEvents()
    {
        const QByteArray good = "order " + goodPickle(7) + trailer({.node = QUuid::createUuid(), .sender = "till"});
        QRandomGenerator random(20'241'231);
        for (int i = 0; i < 3000; ++i) {
            QByteArray frame = good;
            for (int changes = random.bounded(1, 4); changes > 0; --changes)
                frame[random.bounded(int(frame.size()))] = char(random.bounded(256));
            m_client->send(frame);
        }
        QVERIFY(m_ears->hearsGood(*m_client));
    }

    void tenThousandBrokenFramesAreOneError()
    {
        constexpr int count = 10'000;
        const QUuid one = QUuid::createUuid();
        const QUuid other = QUuid::createUuid();
        const auto sendMany = [&](const std::function<QByteArray(int)> &frame) {
            for (int i = 1; i <= count; ++i)
                m_client->send(frame(i));
        };
        sendMany([](int) { return QByteArray("order }s."); });
        QVERIFY(m_ears->hearsGood(*m_client));
        QCOMPARE(m_ears->errors.size(), 1);
        QCOMPARE(m_ears->node.unreadableFrames(), quint64(count));
        // Another kind, and other senders, are news.
        sendMany([](int) {
            return "or\x07"
                   "der "
                + goodPickle(1);
        });
        QVERIFY(m_ears->hearsGood(*m_client));
        QCOMPARE(m_ears->errors.size(), 2);
        sendMany([&](int i) { return "order }s." + trailer({.node = one, .sequence = quint64(i)}); });
        QVERIFY(m_ears->hearsGood(*m_client));
        QCOMPARE(m_ears->errors.size(), 3);
        sendMany([&](int i) { return "order }s." + trailer({.node = other, .sequence = quint64(i)}); });
        QVERIFY(m_ears->hearsGood(*m_client));
        QCOMPARE(m_ears->errors.size(), 4);
        QCOMPARE(m_ears->node.unreadableFrames(), quint64(4 * count));
        QCOMPARE(m_ears->heard.size(), 0);
        QCOMPARE(m_ears->losses, 0);
    }

    // All Python nodes are one to those who hear them: what is told of one must not hide the others.
    void eachNameAndKindIsAnErrorOfItsOwn()
    {
        const struct
        {
            QByteArray name;
            QByteArray rest;
        } causes[] = {
            {"cut-off", "\x80\x04}"},
            {"no-dict", "\x80\x04K\x01."},
            {"unknown-opcode", "}s."},
            {"no-string-as-sender", "\x80\x02}" + text("sender") + "K\x01s."},
            {"a-key-that-is-no-string", "\x80\x02}K\x01K\x02s."},
            {"broken-trailer", goodPickle(1) + trailer({.node = QUuid::createUuid(), .trailerLength = 7})},
        };
        QList<quint64> counts;
        connect(&m_ears->node, &PyventNode::unreadableFramesChanged, this,
                [&](quint64 count) { counts.append(count); });
        for (int round = 0; round < 3; ++round) {
            for (const auto &cause : causes)
                m_client->send(cause.name + ' ' + cause.rest);
        }
        QVERIFY(m_ears->hearsGood(*m_client));
        QCOMPARE(m_ears->errors.size(), qsizetype(std::size(causes)));
        QMap<QString, quint64> expected;
        for (const auto &cause : causes) {
            const QString name = QString::fromLatin1(cause.name);
            expected[name] = 3;
            const auto tells = [&](const PyventError &error) { return error.text.contains(u'\'' + name + u'\''); };
            QCOMPARE(std::count_if(m_ears->errors.cbegin(), m_ears->errors.cend(), tells), 1);
        }
        QCOMPARE(m_ears->node.unreadableByName(), expected);
        QVERIFY(waitUntil([&] { return !counts.isEmpty() && counts.last() == 3 * std::size(causes); }));
        QCOMPARE(m_ears->node.unreadableFrames(), counts.last());
    }

    void tenThousandNamesAreBounded()
    {
        constexpr int count = 10'000;
        for (int i = 0; i < count; ++i)
            m_client->send("order-" + QByteArray::number(i) + " }s.");
        QVERIFY(m_ears->hearsGood(*m_client));
        QCOMPARE(m_ears->node.unreadableFrames(), quint64(count));
        QCOMPARE(m_ears->errors.size(), 1000);
        QVERIFY2(m_ears->errors.last().text.contains(u"only counted"_s), qPrintable(m_ears->errors.last().text));
        QCOMPARE(m_ears->node.unreadableByName().size(), 1000);
    }

    void brokenTrailersAreOneErrorAndAreHeard()
    {
        for (int i = 0; i < 1000; ++i)
            m_client->send("order " + goodPickle(1) + trailer({.node = QUuid::createUuid(), .trailerLength = 7}));
        QVERIFY(m_ears->hearsGood(*m_client));
        QCOMPARE(m_ears->heard.size(), 1000);
        QCOMPARE(m_ears->errors.size(), 1);
        QCOMPARE(m_ears->node.unreadableFrames(), 1000u);
        for (const PyventEvent &event : std::as_const(m_ears->heard)) {
            QVERIFY(event.nodeId.isNull());
            QCOMPARE(event.sender, u"pyvent"_s);
        }
    }

    // There may be a sender that is asked for them; nobody is kept from hearing the others meanwhile.
    void sequencesThatJumpAreWaitedFor()
    {
        const QUuid node = QUuid::createUuid();
        for (const quint64 sequence : {quint64(1), ~quint64(0), quint64(2), quint64(0)})
            m_client->send("order " + goodPickle(1) + trailer({.node = node, .sequence = sequence}));
        QVERIFY(m_ears->hearsGood(*m_client));
        QCOMPARE(m_ears->losses, 0);
        QList<quint64> heard;
        for (const PyventEvent &event : std::as_const(m_ears->heard))
            heard.append(event.sequence);
        QCOMPARE(heard, QList<quint64>({1, 2, 0}));
    }

    void messagesOfOtherShapes_data()
    {
        QTest::addColumn<QByteArrayList>("parts");
        const QByteArray event = "order " + goodPickle(1);
        const QByteArray none;
        QTest::newRow("no delimiter") << QByteArrayList({event});
        QTest::newRow("no delimiter, two parts") << QByteArrayList({event, event});
        QTest::newRow("a delimiter that is not empty") << QByteArrayList({QByteArray("x"), event});
        QTest::newRow("two parts behind the delimiter") << QByteArrayList({none, event, event});
        QTest::newRow("two delimiters") << QByteArrayList({none, none, event});
        QTest::newRow("only a delimiter") << QByteArrayList({none});
        QTest::newRow("only delimiters") << QByteArrayList({none, none, none});
        QTest::newRow("1,000 parts") << QByteArrayList(1000, event);
        QTest::newRow("delimiter and 1,000 parts") << (QByteArrayList({none}) + QByteArrayList(1000, event));
    }
    void messagesOfOtherShapes()
    {
        QFETCH(const QByteArrayList, parts);
        for (int i = 0; i < 100; ++i)
            m_client->sendParts(parts);
        QVERIFY(m_ears->hearsGood(*m_client));
        QCOMPARE(m_ears->heard.size(), 0);
        QCOMPARE(m_ears->errors.size(), 0);
        QVERIFY(waitUntil([this] { return m_client->acknowledgements() == 1; })); // of the good one
    }

    void emptyEventIsAcknowledged()
    {
        m_client->send(QByteArray());
        QVERIFY(m_ears->hearsGood(*m_client));
        QVERIFY(waitUntil([this] { return m_client->acknowledgements() == 2; }));
    }

    void garbageOverTcp_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<bool>("toEvents");
        QByteArray random(64 * 1024, Qt::Uninitialized);
        QRandomGenerator generator(1);
        for (char &byte : random)
            byte = char(generator.bounded(256));
        const QByteArray greeting = zmtpGreeting();
        const QList<std::pair<const char *, QByteArray>> all = {
            {"nothing", QByteArray()},
            {"one byte", "\xff"},
            {"HTTP", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
            {"TLS", QByteArray("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + random.first(506)},
            {"zeros", QByteArray(64 * 1024, '\0')},
            {"random bytes", random},
            {"ZeroMQ's greeting, then random bytes", greeting + random},
            {"ZeroMQ's greeting, then a frame of 2**63 bytes",
             greeting + QByteArray("\x02\x80\0\0\0\0\0\0\0", 9) + random},
            {"ZeroMQ's greeting, then a command that is none", greeting + QByteArray("\x04\x05\x04XYZW", 7)},
            {"the handshake of a socket that fits neither", greeting + zmtpReady("PUSH") + zmtpMessage("x")},
            {"ZeroMQ 2's greeting, then random bytes", QByteArray("\x01\x00", 2) + random},
        };
        for (const auto &[what, bytes] : all) {
            QTest::addRow("%s, to the server's port", what) << bytes << false;
            QTest::addRow("%s, to the events' port", what) << bytes << true;
        }
    }
    void garbageOverTcp()
    {
        QFETCH(const QByteArray, bytes);
        QFETCH(const bool, toEvents);
        QList<int> connections;
        for (int i = 0; i < 5; ++i)
            connections.append(sendBytes(m_ports->port() + (toEvents ? 1 : 0), bytes));
        QVERIFY(!connections.contains(-1));
        QVERIFY(m_ears->hearsGood(*m_client)); // while they are open, and after they are closed
        for (const int connection : std::as_const(connections))
            ::close(connection);
        QVERIFY(m_ears->hearsGood(*m_client));
        QCOMPARE(m_ears->heard.size(), 0);
        QCOMPARE(m_ears->errors.size(), 0);
        QCOMPARE(m_ears->node.state(), PyventNode::Ready);
    }

    void subscribersThatTalk_data()
    {
        QTest::addColumn<QByteArray>("socketType");
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<bool>("hears");
        QByteArray many;
        for (int i = 0; i < 1000; ++i)
            many += zmtpMessage("\x01" + QByteArray(100, char(i)) + QByteArray::number(i));
        QByteArray never;
        for (int i = 0; i < 1000; ++i)
            never += zmtpMessage(QByteArray(1, '\0') + QByteArray::number(i));
        const QByteArray events = zmtpMessage("order " + goodPickle(1)).repeated(1000);
        const QByteArray good = zmtpMessage("\x01good");
        QTest::newRow("events") << QByteArray("SUB") << QByteArray(events + good) << false; // it is hung up on
        QTest::newRow("1,000 subscriptions") << QByteArray("SUB") << QByteArray(many + good) << true;
        QTest::newRow("unsubscribes from what it never subscribed to")
            << QByteArray("SUB") << QByteArray(never + good) << true;
        QTest::newRow("nothing at all") << QByteArray("SUB") << zmtpMessage(QByteArray()).repeated(1000) << false;
        QTest::newRow("8,000 bytes") << QByteArray("SUB")
                                     << QByteArray(zmtpMessage("\x01" + QByteArray(8000, 'x')) + good) << true;
        QTest::newRow("60,000 bytes") << QByteArray("SUB")
                                      << QByteArray(zmtpMessage("\x01" + QByteArray(60'000, 'x')) + good) << false;
        QTest::newRow("a million bytes") << QByteArray("SUB") << zmtpMessage("\x01" + QByteArray(1'000'000, 'x'))
                                         << false;
        QTest::newRow("everything 1,000 times") << QByteArray("SUB") << zmtpMessage("\x01").repeated(1000) << true;
        QTest::newRow("is an XSUB") << QByteArray("XSUB") << good << true;
        QTest::newRow("is an XSUB, and sends events") << QByteArray("XSUB") << QByteArray(events + good) << false;
    }
    void subscribersThatTalk()
    {
        QFETCH(const QByteArray, socketType);
        QFETCH(const QByteArray, bytes);
        QFETCH(const bool, hears);
        const int connection = shakeHands(m_ports->port() + 1, socketType);
        QVERIFY(connection >= 0);
        writeBytes(connection, bytes);
        bool isHeard = !hears;
        const QDeadlineTimer limit(10'000); // a subscription takes its time to be one
        for (int i = 0; i < 10 || !(isHeard || limit.hasExpired()); ++i) {
            QVERIFY(m_ears->hearsGood(*m_client));
            isHeard = isHeard || readUntil(connection, "good ", 0);
        }
        QVERIFY(isHeard);
        ::close(connection);
        QVERIFY(m_ears->hearsGood(*m_client));
        QCOMPARE(m_ears->heard.size(), 0);
        QCOMPARE(m_ears->errors.size(), 0);
        QCOMPARE(m_ears->node.state(), PyventNode::Ready);
    }

    void eventsBeyondTheLimitEndOnlyTheirSender()
    {
        PyventOptions small = options(true);
        small.maximumEventSize = 100'000;
        m_client.reset();
        m_ears.reset();
        m_ears = std::make_unique<Ears>(small);
        QVERIFY(m_ears->node.startServer());
        QVERIFY(m_ears->waitForReady());
        RawClient glutton(m_ports->port());
        glutton.send("order " + QByteArray(1'000'000, 'x'));
        RawClient other(m_ports->port());
        QVERIFY(m_ears->hearsGood(other));
        QCOMPARE(m_ears->heard.size(), 0);
    }
};

PYVENT_TEST(tst_Hostile)

#include "tst_hostile.moc"
