// SPDX-License-Identifier: MIT
#include <Pyvent>

#include "support/freeport.h"
#include "support/testprogram.h"

#include <QtCore/qfile.h>
#include <QtCore/qtemporarydir.h>
#include <QtCore/qthread.h>
#include <QtTest/qsignalspy.h>
#include <QtTest/qtest.h>

#include <stdexcept>

#include <unistd.h>

using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// A node that no secret of this process has made: wire/PROTOCOL.md has it.
const QUuid stranger = QUuid::fromString("00000001-82cd-82b4-aa10-c997affa3f6e"_L1);

PyventFrame frameOf(quint64 sequence, const QUuid &node = stranger, const QString &name = u"order"_s)
{
    return {.name = name,
            .sender = u"pyvent.kitchen"_s,
            .pickle = "}.",
            .nodeId = node,
            .sequence = sequence,
            .time = 1'700'000'000'000'000};
}

} // namespace

// Events undecoded, and forwarded: nodes of this process on one bus or two.
class TestNodeForwarding : public QObject
{
    Q_OBJECT

private:
    PyventOptions client(int port) const { return {.port = port, .server = false}; }

    // Whose rules let this user speak for others, and no user else do anything.
    PyventOptions server(int port) const
    {
        PyventOptions options{.port = port};
        options.security.rulesFile = m_folder.filePath(u"rules"_s);
        return options;
    }

    const QTemporaryDir m_folder;
    int m_one = 0;
    int m_two = 0;

private Q_SLOTS:
    void initTestCase()
    {
        QFile rules(m_folder.filePath(u"rules"_s));
        QVERIFY(rules.open(QIODevice::WriteOnly));
        rules.write("allow user " + QByteArray::number(::geteuid()) + " anything\n");
    }
    void init()
    {
        m_one = freePort();
        do
            m_two = freePort();
        while (m_two == m_one);
    }

    void framesAreWhatWasSent()
    {
        PyventNode sender({.port = m_one, .nodeId = u"kitchen"_s});
        QVERIFY(sender.startServer());
        PyventNode receiver(client(m_one));
        QList<PyventFrame> frames;
        QList<PyventEvent> events;
        QVERIFY(receiver.onFrame("order", this, [&](const PyventFrame &frame) { frames.append(frame); }));
        receiver.on("order", this, [&](const PyventEvent &event) { events.append(event); });
        QVERIFY(receiver.waitForReady());
        QVERIFY(sender.send("order", {{u"food"_s, u"sushi"_s}}));
        QVERIFY(sender.send("order", {{u"food"_s, u"eel"_s}}, {.sender = u"till.2"_s}));
        QTRY_COMPARE(events.size(), 1); // of the default sender
        QTRY_COMPARE(frames.size(), 2); // of any
        QCOMPARE(frames[0].name, u"order"_s);
        QCOMPARE(frames[0].sender, u"pyvent.kitchen"_s);
        QCOMPARE(frames[0].nodeId, sender.uuid());
        QCOMPARE(frames[0].sequence, quint64(1));
        QCOMPARE(frames[0].time / 1000, events[0].time.toMSecsSinceEpoch());
        QCOMPARE(frames[0].previous, qint64(0));
        QVERIFY(frames[0].pickle.startsWith("\x80") && frames[0].pickle.endsWith('.'));
        QVERIFY(frames[0].pickle.contains("sushi"));
        QVERIFY(!frames[0].replayed && !frames[0].forwarded);
        QCOMPARE(frames[1].sender, u"till.2"_s);
        QCOMPARE(frames[1].previous, frames[0].time);
        QVERIFY(frames[0] != frames[1]);
        QCOMPARE(QVariant::fromValue(frames[0]).value<PyventFrame>(), frames[0]);
        QVERIFY(QDebug::toString(frames[1]).contains("order"_L1));
    }

    void argumentsOfAFrame()
    {
        PyventFrame frame{.name = u"order"_s};
        QVERIFY(frame.setArguments({{u"food"_s, u"sushi"_s}, {u"count"_s, 3}}));
        QString from = u"something"_s;
        QCOMPARE(frame.arguments(&from), (QVariantMap{{u"food"_s, u"sushi"_s}, {u"count"_s, 3}}));
        QCOMPARE(from, QString());
        QCOMPARE(frame.sender, QString());
        // Python's default handlers would not hear an event that says "sender".
        QVERIFY(frame.setArguments({{u"n"_s, 1}}, u"pyvent.kitchen"_s));
        QCOMPARE(frame.sender, u"pyvent.kitchen"_s);
        QVERIFY(!frame.pickle.contains("kitchen"));
        QVERIFY(frame.setArguments({{u"n"_s, 1}}, u"till.2"_s));
        QCOMPARE(frame.arguments(&from), (QVariantMap{{u"n"_s, 1}}));
        QCOMPARE(from, u"till.2"_s);

        const PyventFrame before = frame;
        QString why;
        QVERIFY(!frame.setArguments({{u"self"_s, 1}}, {}, &why));
        QVERIFY2(why.contains("self"_L1), qPrintable(why));
        QVERIFY(!frame.setArguments({{u"object"_s, QVariant::fromValue<QObject *>(this)}}, {}, &why));
        QVERIFY2(why.contains("object"_L1), qPrintable(why));
        QCOMPARE(frame, before);
        frame.pickle = "no pickle";
        why.clear();
        QVERIFY(!frame.arguments(nullptr, &why));
        QVERIFY(!why.isEmpty());
        frame.pickle.clear();
        QCOMPARE(frame.arguments(), QVariantMap());
    }

    void framesAreChosenLikeEvents()
    {
        PyventNode node({.port = m_one});
        QStringList heard;
        const auto hear = [&](const QString &what) {
            return [&heard, what](const PyventFrame &frame) { heard.append(what + u' ' + frame.name); };
        };
        node.onFrame("order-*", this, hear(u"glob"_s));
        node.onFrame("order-food", {.sender = u"till"_s}, this, hear(u"till"_s));
        node.onFrame("order-food", {.sender = {}}, this, hear(u"default"_s));
        QVERIFY(node.waitForReady());
        QVERIFY(node.send("order-food") && node.send("order-drink") && node.send("bill"));
        QVERIFY(node.send("order-food", QVariantMap(), {.sender = u"till.2"_s}));
        QTRY_COMPARE(heard.size(), 5);
        heard.sort();
        QCOMPARE(heard,
                 (QStringList{u"default order-food"_s, u"glob order-drink"_s, u"glob order-food"_s,
                              u"glob order-food"_s, u"till order-food"_s}));
        QCOMPARE(node.off("order-food", this), 2);
        QCOMPARE(node.off(this), 1);
    }

    void framesEndAsHandlersDo()
    {
        PyventNode node({.port = m_one});
        int heard = 0;
        const auto count = [&heard](const PyventFrame &) { ++heard; };
        auto context = std::make_unique<QObject>();
        QMetaObject::Connection connection;
        QVERIFY(node.onFrame("order", context.get(), count));
        QVERIFY(connection = node.onFrame("order", this, count));
        QVERIFY(node.onFrame("order", this, [](const PyventFrame &) { throw std::runtime_error("broken"); }));
        QSignalSpy failures(&node, &PyventNode::handlerFailed);
        QVERIFY(node.waitForReady());
        QVERIFY(node.send("order"));
        QTRY_COMPARE(heard, 2);
        QTRY_COMPARE(failures.size(), 1);
        QVERIFY(failures[0][1].toString().contains("broken"_L1));
        context.reset();
        QVERIFY(disconnect(connection));
        QVERIFY(node.send("order"));
        QTRY_COMPARE(failures.size(), 2);
        QCOMPARE(heard, 2);
        QVERIFY(!node.onFrame("order", nullptr, count));
        QCOMPARE(node.lastError().code, PyventError::InvalidHandler);
        QVERIFY(!node.onFrame("order", this, {}));
        QCOMPARE(node.lastError().code, PyventError::InvalidHandler);
        QVERIFY(!node.onFrame("a b", this, count));
        QCOMPARE(node.lastError().code, PyventError::InvalidName);
        QVERIFY(!node.onFrame("o*", {.replay = {.last = 1}}, this, count));
        QCOMPARE(node.lastError().code, PyventError::InvalidHandler);
    }

    void framesAreHeardInOtherThreads()
    {
        PyventNode node({.port = m_one});
        QThread thread;
        QObject context;
        context.moveToThread(&thread);
        std::atomic<int> heard = 0;
        std::atomic<bool> isThere = true;
        node.onFrame("order", &context, [&](const PyventFrame &frame) {
            isThere = isThere && QThread::currentThread() == &thread && frame.sequence == quint64(++heard);
        });
        thread.start();
        QVERIFY(node.waitForReady());
        for (int i = 0; i < 1000; ++i)
            QVERIFY(node.send("order", {{u"n"_s, i}}));
        QTRY_COMPARE(heard.load(), 1000);
        QVERIFY(isThere);
        thread.quit();
        QVERIFY(thread.wait());
    }

    void framesHaveAPast()
    {
        PyventNode sender({.port = m_one});
        for (int i = 0; i < 5; ++i)
            QVERIFY(sender.send("order", {{u"n"_s, i}}));
        QVERIFY(sender.flush(20s));
        PyventNode receiver(client(m_one));
        QStringList heard;
        receiver.onFrame("order", {.replay = {.last = 2}}, this, [&](const PyventFrame &frame) {
            heard.append(QString::number(frame.sequence) + (frame.replayed ? u"*"_s : QString()));
        });
        QTRY_COMPARE(heard, (QStringList{u"4*"_s, u"5*"_s}));
        QVERIFY(sender.send("order"));
        QTRY_COMPARE(heard.last(), u"6"_s);
    }

    void whatIsPastIsForLateJoiners()
    {
        PyventNode present(server(m_one));
        QVERIFY(present.startServer());
        QList<quint64> heard;
        present.on("order", this, [&](const PyventEvent &event) { heard.append(event.sequence); });
        QVERIFY(present.waitForReady());
        PyventNode bridge(client(m_one));
        QVERIFY(bridge.tryStart() && bridge.waitForReady());
        for (quint64 i = 5; i <= 7; ++i) {
            PyventFrame past = frameOf(i);
            past.time = QDateTime::currentMSecsSinceEpoch() * 1000 - 1'000'000;
            past.replayed = true;
            QVERIFY(bridge.forward(past));
        }
        QCOMPARE(bridge.accepted(), quint64(0));
        PyventNode late(client(m_one));
        QStringList replayed;
        late.on("order", {.replay = {.last = 10}}, this, [&](const PyventEvent &event) {
            replayed.append(QString::number(event.sequence) + (event.replayed ? u"*"_s : QString()));
        });
        QTRY_COMPARE(replayed, (QStringList{u"5*"_s, u"6*"_s, u"7*"_s}));
        PyventFrame live = frameOf(8);
        live.time = QDateTime::currentMSecsSinceEpoch() * 1000;
        QVERIFY(bridge.forward(live));
        QTRY_COMPARE(replayed.last(), u"8"_s);
        QTRY_COMPARE(heard, QList<quint64>{8});
    }

    void whatIsDispatchedIsNoFrame()
    {
        PyventNode node({.port = m_one});
        int events = 0;
        int frames = 0;
        node.on("order", this, [&] { ++events; });
        node.onFrame("order", this, [&](const PyventFrame &) { ++frames; });
        QVERIFY(node.dispatch("order"));
        QVERIFY(node.waitForReady() && node.send("order"));
        QTRY_COMPARE(events, 2);
        QTRY_COMPARE(frames, 1);
    }

    void aCableJoinsTwoBuses()
    {
        PyventNode one(server(m_one));
        PyventNode two(server(m_two));
        QVERIFY(one.startServer() && two.startServer());
        PyventNode kitchen({.port = m_one, .nodeId = u"kitchen"_s, .server = false});
        PyventNode guest(client(m_two));
        one.onFrame("*", &two, [&two](const PyventFrame &frame) { two.forward(frame); });
        two.onFrame("*", &one, [&one](const PyventFrame &frame) { one.forward(frame); });
        QList<PyventEvent> atGuest;
        QList<PyventEvent> atKitchen;
        guest.on("food-ready", this, [&](const PyventEvent &event) { atGuest.append(event); });
        kitchen.on("order", this, [&](const PyventEvent &event) { atKitchen.append(event); });
        for (PyventNode *node : {&one, &two, &kitchen, &guest})
            QVERIFY(node->waitForReady());
        for (int i = 0; i < 100; ++i)
            QVERIFY(guest.send("order", {{u"n"_s, i}}) && kitchen.send("food-ready", {{u"n"_s, i}}));
        QTRY_COMPARE(atGuest.size(), 100);
        QTRY_COMPARE(atKitchen.size(), 100);
        for (int i = 0; i < 100; ++i) {
            QCOMPARE(atGuest[i].args, QVariantMap({{u"n"_s, i}}));
            QCOMPARE(atGuest[i].nodeId, kitchen.uuid());
            QCOMPARE(atGuest[i].sender, u"pyvent.kitchen"_s);
            QCOMPARE(atKitchen[i].sequence, quint64(i + 1));
        }
    }

    void largeEventsAreForwarded()
    {
        PyventNode bridge(server(m_one));
        QVERIFY(bridge.startServer());
        PyventNode receiver(client(m_one));
        QByteArray heard;
        receiver.on("order", {"data"}, this, [&](const QByteArray &data) { heard = data; });
        PyventNode sender({.port = m_two});
        QVERIFY(receiver.waitForReady());
        PyventFrame large;
        sender.onFrame("order", this, [&](const PyventFrame &frame) { large = frame; });
        QVERIFY(sender.waitForReady());
        const QByteArray data(5'000'000, 'x');
        QVERIFY(sender.send("order", {{u"data"_s, data}}));
        QTRY_COMPARE(large.sequence, quint64(1));
        QVERIFY(bridge.forward(large));
        QTRY_COMPARE(heard, data);
    }

    void aServerWithoutRulesLetsItsOwnUser()
    {
        PyventNode server({.port = m_one});
        QVERIFY(server.startServer());
        PyventNode bridge(client(m_one));
        QSignalSpy errors(&bridge, &PyventNode::errorOccurred);
        QList<quint64> heard;
        server.on("order", this, [&](const PyventEvent &event) { heard.append(event.sequence); });
        QVERIFY(server.waitForReady() && bridge.waitForReady());
        for (quint64 i = 1; i <= 3; ++i)
            QVERIFY(bridge.forward(frameOf(i)));
        QTRY_COMPARE(heard, (QList<quint64>{1, 2, 3}));
        QCOMPARE(errors.size(), 0);
    }

    void rulesLetNobodyWithoutTheRight()
    {
        const QString path = m_folder.filePath(u"narrow"_s);
        QFile rules(path);
        QVERIFY(rules.open(QIODevice::WriteOnly));
        rules.write("allow anyone send, hear *\n");
        rules.close();
        PyventOptions options{.port = m_one};
        options.security.rulesFile = path;
        PyventNode server(options);
        QVERIFY(server.startServer());
        PyventNode bridge(client(m_one));
        QSignalSpy errors(&bridge, &PyventNode::errorOccurred);
        int heard = 0;
        server.on("order", this, [&] { ++heard; });
        QVERIFY(server.waitForReady() && bridge.waitForReady());
        QVERIFY(bridge.forward(frameOf(1)));
        QTRY_COMPARE(errors.size(), 1);
        const auto error = errors[0][0].value<PyventError>();
        QCOMPARE(error.code, PyventError::EventRefused);
        QCOMPARE(error.subject, u"order"_s);
        const QString line = u"allow user %1 send, speak-for-others order"_s.arg(::geteuid());
        QVERIFY2(error.text.contains(line) && error.text.contains(stranger.toString(QUuid::WithoutBraces)),
                 qPrintable(error.text));
        QVERIFY(!bridge.forward(frameOf(2)));
        QCOMPARE(bridge.lastError(), error);
        QVERIFY(bridge.send("order")); // its own
        QTRY_COMPARE(heard, 1);
        QCOMPARE(errors.size(), 1);
    }

    void refusesWhatIsNone()
    {
        PyventNode node({.port = m_one});
        for (const auto &[frame, code] : {std::pair(frameOf(1, {}), PyventError::InvalidArgument),
                                          std::pair(frameOf(0), PyventError::InvalidArgument),
                                          std::pair(frameOf(1, stranger, u"a b"_s), PyventError::InvalidName)}) {
            QVERIFY(!node.forward(frame));
            QCOMPARE(node.lastError().code, code);
        }
        PyventNode broken({.port = 0});
        QVERIFY(!broken.forward(frameOf(1)));
        QCOMPARE(broken.lastError().code, PyventError::InvalidOption);
    }

    void aFullQueueTakesNoMore()
    {
        PyventNode bridge({.port = m_one, .server = false, .linger = 0ms, .sendQueueEvents = 10}); // nobody serves
        for (quint64 i = 1; i <= 10; ++i)
            QVERIFY(bridge.forward(frameOf(i)));
        QVERIFY(!bridge.forward(frameOf(11)));
        QCOMPARE(bridge.lastError().code, PyventError::QueueFull);
        QVERIFY(bridge.forward(frameOf(10))); // there is nothing to do
        QCOMPARE(bridge.unacknowledged(), 10);
        PyventNode receiver(server(m_one));
        QList<quint64> heard;
        // The bridge may be at the new server before the handler is, and for that it would be the past.
        receiver.on("order", {.replay = {.last = 20}}, this,
                    [&](const PyventEvent &event) { heard.append(event.sequence); });
        QTRY_COMPARE(heard.size(), 10);
        QTRY_VERIFY(bridge.forward(frameOf(11)));
        QTRY_COMPARE(heard, (QList<quint64>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
    }

    void whatComesBackIsDropped()
    {
        PyventNode sender(server(m_one));
        PyventNode bridge(client(m_one));
        QSignalSpy errors(&bridge, &PyventNode::errorOccurred);
        QList<PyventFrame> frames;
        bridge.onFrame("order", this, [&](const PyventFrame &frame) { frames.append(frame); });
        QVERIFY(sender.waitForReady() && bridge.waitForReady());
        for (int i = 0; i < 3; ++i)
            QVERIFY(sender.send("order"));
        QTRY_COMPARE(frames.size(), 3);
        for (const PyventFrame &frame : std::as_const(frames))
            QVERIFY(bridge.forward(frame));
        QCOMPARE(bridge.accepted(), quint64(0));
        QCOMPARE(errors.size(), 1);
        const auto error = errors[0][0].value<PyventError>();
        QCOMPARE(error.code, PyventError::ForwardingLoop);
        QVERIFY(error.text.contains(sender.uuid().toString(QUuid::WithoutBraces)));
        QVERIFY(bridge.forward(frameOf(1, bridge.uuid())));
        QCOMPARE(bridge.accepted(), quint64(0));
    }

    void acknowledgementsAreCounted()
    {
        PyventNode bridge({.port = m_one, .server = false});
        QSignalSpy counts(&bridge, &PyventNode::acknowledgedChanged);
        QCOMPARE(bridge.accepted(), quint64(0));
        for (quint64 i = 1; i <= 50; ++i)
            QVERIFY(bridge.forward(frameOf(i)) && bridge.send("bill"));
        QVERIFY(bridge.forward(frameOf(7))); // again
        QCOMPARE(bridge.accepted(), quint64(100));
        QCOMPARE(bridge.acknowledged(), quint64(0));
        QVERIFY(counts.isEmpty());
        const PyventNode receiver(server(m_one));
        QVERIFY(const_cast<PyventNode &>(receiver).startServer());
        QTRY_COMPARE(bridge.acknowledged(), quint64(100));
        QTRY_VERIFY(!counts.isEmpty() && counts.last()[0].toULongLong() == 100);
        QVERIFY(counts.size() <= 100);
        QCOMPARE(bridge.property("acknowledged").toULongLong(), quint64(100));
        for (int round = 1; round <= 10; ++round) { // each time as many as are taken
            QVERIFY(bridge.send("bill"));
            QTRY_COMPARE(counts.last()[0].toULongLong(), quint64(100 + round));
        }
        bridge.stop();
        QCOMPARE(bridge.accepted(), quint64(0));
        QCOMPARE(bridge.acknowledged(), quint64(0));
    }

    void theDefaultNodeForwardsToo()
    {
        pyvent::configure(server(m_one));
        QList<quint64> heard;
        pyvent::onFrame("order", this, [&](const PyventFrame &frame) { heard.append(frame.sequence); });
        QVERIFY(pyvent::node().waitForReady());
        QVERIFY(pyvent::forward(frameOf(1)));
        QVERIFY(pyvent::send("order"));
        QTRY_COMPARE(heard, QList<quint64>{1}); // its own first, and not what it has forwarded
        QTest::qWait(0);
        pyvent::stop();
    }
};

PYVENT_TEST(TestNodeForwarding)

#include "tst_forwarding.moc"
