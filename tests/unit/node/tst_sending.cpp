// SPDX-License-Identifier: MIT
#include <PyventNode>

#include "support/freeport.h"
#include "support/testprogram.h"

#include <QtTest>

#include <optional>

#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class Oven : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

Q_SIGNALS:
    void temperatureChanged(int degrees, const QString &where);
    void opened();
    void unnamed(int, int);
    void ticked(QPrivateSignal);

public:
    void tick() { Q_EMIT ticked(QPrivateSignal()); }
};

struct Meal
{
    Q_GADGET
    Q_PROPERTY(QString food MEMBER food)
    Q_PROPERTY(int count MEMBER count)

public:
    QString food;
    int count = 1;
};

// What a node sends, and what it refuses.
class tst_Sending : public QObject
{
    Q_OBJECT

private:
    int m_port = 0;

private Q_SLOTS:
    void init() { m_port = PyventTests::freePort(); }

    // Arguments that are written in place are those of a map.
    void argumentsInPlace()
    {
        PyventNode node({.port = m_port});
        QList<PyventEvent> heard;
        connect(&node, &PyventNode::received, &node, [&](const PyventEvent &event) { heard.append(event); });
        QVERIFY(node.waitForReady(10s));
        QVERIFY(node.send("order", {}));
        QVERIFY(node.send("order", {{u"food"_s, u"sushi"_s}}));
        QVERIFY(node.send(u"order"_s, {{u"food"_s, 1}, {u"count"_s, 2}, {u"food"_s, u"sushi"_s}}, {.sender = u"me"_s}));
        QVERIFY(node.send("order", {{u"sender"_s, u"waiter"_s}, {u"food"_s, u"sushi"_s}}));
        QVERIFY(!node.send("order", {{u"food"_s, u"sushi"_s}, {u"self"_s, 1}}));
        QCOMPARE(node.lastError().code, PyventError::InvalidArgument);
        QTRY_COMPARE(heard.size(), 4);
        QCOMPARE(heard[0].args, QVariantMap());
        QCOMPARE(heard[1].args, (QVariantMap{{u"food"_s, u"sushi"_s}}));
        QCOMPARE(heard[2].args, (QVariantMap{{u"count"_s, 2}, {u"food"_s, u"sushi"_s}}));
        QCOMPARE(heard[2].sender, u"me"_s);
        QCOMPARE(heard[3].args, (QVariantMap{{u"food"_s, u"sushi"_s}}));
        QCOMPARE(heard[3].sender, u"waiter"_s);
    }

    void refusesWhatCannotBeSent_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QVariantMap>("args");
        QTest::addColumn<QString>("sender");
        QTest::addColumn<PyventError::Code>("code");
        QTest::addColumn<QString>("says");
        const auto row = [](const char *tag, const QString &name, const QVariantMap &args, const QString &sender,
                            PyventError::Code code,
                            const QString &says) { QTest::newRow(tag) << name << args << sender << code << says; };
        row("empty name", {}, {}, {}, PyventError::InvalidName, u"empty"_s);
        row("space", u"a b"_s, {}, {}, PyventError::InvalidName, u"space at position 1"_s);
        row("control", u"a\n"_s, {}, {}, PyventError::InvalidName, u"U+000A"_s);
        row("reserved", u"__check"_s, {}, {}, PyventError::InvalidName, u"'__'"_s);
        row("control prefix", u"\1x"_s, {}, {}, PyventError::InvalidName, u"U+0001"_s);
        row("half a pair", QString(QChar(0xD800)), {}, {}, PyventError::InvalidName, u"surrogate"_s);
        row("long name", QString(2000, u'x'), {}, {}, PyventError::InvalidName, u"1024"_s);
        row("object", u"x"_s, {{u"it"_s, QVariant::fromValue<QObject *>(this)}}, {}, PyventError::InvalidArgument,
            u"it"_s);
        row("signal", u"x"_s, {{u"signal"_s, 1}}, {}, PyventError::InvalidArgument, u"'signal'"_s);
        row("receiver", u"x"_s, {{u"receiver"_s, 1}}, {}, PyventError::InvalidArgument, u"'receiver'"_s);
        row("self", u"x"_s, {{u"self"_s, 1}}, {}, PyventError::InvalidArgument, u"'self'"_s);
        row("sender's type", u"x"_s, {{u"sender"_s, 1}}, {}, PyventError::InvalidArgument, u"must be a string"_s);
        row("sender", u"x"_s, {}, u"a\tb"_s, PyventError::InvalidName, u"U+0009"_s);
        row("too large", u"x"_s, {{u"data"_s, QByteArray(5000, 'x')}}, {}, PyventError::EventTooLarge, u"4096"_s);
    }
    void refusesWhatCannotBeSent()
    {
        QFETCH(QString, name);
        QFETCH(QVariantMap, args);
        QFETCH(QString, sender);
        QFETCH(PyventError::Code, code);
        QFETCH(QString, says);
        PyventNode node(PyventOptions{.port = m_port, .maximumEventSize = 4096});
        QSignalSpy errors(&node, &PyventNode::errorOccurred);
        QVERIFY(!node.send(name, args, {.sender = sender}));
        QCOMPARE(errors.size(), 1);
        const PyventError error = errors[0][0].value<PyventError>();
        QCOMPARE(error, node.lastError());
        QCOMPARE(error.code, code);
        QVERIFY2(error.text.contains(says), qPrintable(error.text));
    }

    void whatIsRefusedLeavesNoGap()
    {
        PyventNode node(PyventOptions{.port = m_port});
        QSignalSpy lost(&node, &PyventNode::eventsLost);
        QList<quint64> numbers;
        node.on("x", this, [&](const PyventEvent &event) { numbers.append(event.sequence); });
        QVERIFY(node.waitForReady());
        node.send("x");
        QVERIFY(!node.send("x", {{u"signal"_s, 1}}));
        QVERIFY(!node.send("x", {{u"data"_s, QByteArray(65 << 20, 'x')}}));
        node.send("x");
        QTRY_COMPARE(numbers, QList<quint64>({1, 2}));
        QCOMPARE(lost.size(), 0);
    }

    void sendsGadgets()
    {
        PyventNode node(PyventOptions{.port = m_port});
        QVariantMap heard;
        node.on("order-food", this, [&](const QVariantMap &args) { heard = args; });
        QVERIFY(node.waitForReady());
        Meal order;
        order.food = u"rice"_s;
        order.count = 3;
        QVERIFY(node.send("order-food", order));
        QTRY_COMPARE(heard, QVariantMap({{u"food"_s, u"rice"_s}, {u"count"_s, 3}}));
    }

    void forwardsSignals()
    {
        PyventNode node(PyventOptions{.port = m_port});
        auto oven = std::make_unique<Oven>();
        QVERIFY(node.forward(oven.get(), &Oven::temperatureChanged, "temperature"));
        const QMetaObject::Connection opened = node.forward(oven.get(), &Oven::opened, "opened", {.sender = u"oven"_s});
        QVERIFY(node.forward(oven.get(), &Oven::unnamed, "unnamed"));
        QVERIFY(node.forward(oven.get(), &Oven::ticked, "ticked"));
        QVERIFY(!node.forward(oven.get(), &Oven::ticked, "a b"));
        QVERIFY(!node.forward(static_cast<Oven *>(nullptr), &Oven::ticked, "ticked"));
        QList<PyventEvent> heard;
        connect(&node, &PyventNode::received, this, [&](const PyventEvent &event) { heard.append(event); });
        QVERIFY(node.waitForReady());
        Q_EMIT oven->temperatureChanged(90, u"top"_s);
        Q_EMIT oven->opened();
        disconnect(opened);
        Q_EMIT oven->opened();
        Q_EMIT oven->unnamed(1, 2);
        oven->tick();
        QTRY_COMPARE(heard.size(), 4);
        QCOMPARE(heard[0].args, QVariantMap({{u"degrees"_s, 90}, {u"where"_s, u"top"_s}}));
        QCOMPARE(heard[1].sender, u"oven"_s);
        QCOMPARE(heard[2].args, QVariantMap({{u"arg1"_s, 1}, {u"arg2"_s, 2}}));
        QCOMPARE(heard[3].args, QVariantMap());
    }

    void sendsFromManyThreadsWithoutLossAndInOrder()
    {
        constexpr int threads = 4;
        constexpr int events = 2000;
        PyventNode sender(PyventOptions{.port = m_port});
        PyventNode receiver(PyventOptions{.port = m_port});
        QMap<int, QList<int>> heard;
        int count = 0;
        receiver.on("x", {"thread", "n"}, this, [&](int thread, int n) {
            heard[thread].append(n);
            ++count;
        });
        QVERIFY(receiver.waitForReady());
        std::vector<std::thread> running;
        std::atomic<int> refused = 0;
        for (int thread = 0; thread < threads; ++thread) {
            running.emplace_back([&, thread] {
                for (int n = 0; n < events; ++n)
                    refused += !sender.send("x", {{u"thread"_s, thread}, {u"n"_s, n}});
                refused += !sender.flush(20s);
            });
        }
        QTRY_COMPARE_WITH_TIMEOUT(count, threads * events, 20'000);
        for (std::thread &thread : running)
            thread.join();
        QCOMPARE(refused.load(), 0);
        QList<int> expected;
        for (int n = 0; n < events; ++n)
            expected.append(n);
        for (const QList<int> &of : std::as_const(heard))
            QCOMPARE(of, expected);
    }

    void aFullQueueIsToldOnceAndDrains()
    {
        PyventNode sender(PyventOptions{.port = m_port, .server = false, .linger = 0ms, .sendQueueEvents = 10});
        QSignalSpy errors(&sender, &PyventNode::errorOccurred);
        for (int n = 0; n < 10; ++n)
            QVERIFY(sender.send("x", {{u"n"_s, n}}));
        for (int n = 0; n < 3; ++n)
            QVERIFY(!sender.send("x"));
        QCOMPARE(errors.size(), 1);
        QCOMPARE(sender.lastError().code, PyventError::QueueFull);
        QVERIFY(!sender.flush(0ms));

        PyventNode server(PyventOptions{.port = m_port});
        QVERIFY(server.startServer());
        QVERIFY(sender.flush(20s));
        QVERIFY(sender.send("x"));
    }

    void tellsHowManyWait_data()
    {
        QTest::addColumn<bool>("sharesItsConnections");
        QTest::newRow("alone in its thread") << false;
        QTest::newRow("the second of its thread") << true;
    }
    void tellsHowManyWait()
    {
        QFETCH(const bool, sharesItsConnections);
        std::optional<PyventNode> first;
        if (sharesItsConnections) {
            first.emplace(PyventOptions{.port = m_port, .server = false});
            first->on("other", this, [] {});
        }
        PyventNode sender(PyventOptions{.port = m_port, .server = false, .linger = 0ms});
        QSignalSpy unsent(&sender, &PyventNode::sendQueueChanged);
        QSignalSpy unacknowledged(&sender, &PyventNode::unacknowledgedChanged);
        for (int n = 0; n < 1000; ++n)
            QVERIFY(sender.send("x"));
        QCOMPARE(sender.sendQueue(), 1000);
        QCOMPARE(sender.unacknowledged(), 1000);
        QCOMPARE(unacknowledged.size(), 0); // not with every event
        QTRY_COMPARE(unacknowledged.size(), 1);
        QCOMPARE(unsent.size(), 1);
        QCOMPARE(unsent[0][0].value<qsizetype>(), 1000);

        PyventNode server(PyventOptions{.port = m_port});
        QVERIFY(server.startServer());
        QTRY_COMPARE_WITH_TIMEOUT(unacknowledged.last()[0].value<qsizetype>(), 0, 20'000);
        QCOMPARE(sender.property("unacknowledged").value<qsizetype>(), 0);
        QCOMPARE(sender.property("sendQueue").value<qsizetype>(), 0);
        QTRY_COMPARE(unsent.last()[0].value<qsizetype>(), 0);

        server.stop();
        QTRY_COMPARE_WITH_TIMEOUT(sender.state(), PyventNode::Connecting, 20'000);
        QVERIFY(sender.send("x"));
        QTRY_COMPARE(unacknowledged.last()[0].value<qsizetype>(), 1);
        sender.stop(); // gives it up
        QCOMPARE(unacknowledged.last()[0].value<qsizetype>(), 0);
    }

    void aLargeQueueIsBoundedInBytes()
    {
        PyventNode sender(PyventOptions{.port = m_port, .server = false, .linger = 0ms, .sendQueueBytes = 100'000});
        QVERIFY(sender.send("x", {{u"data"_s, QByteArray(200'000, 'x')}})); // always taken by an empty queue
        QVERIFY(!sender.send("x", {{u"data"_s, QByteArray(1, 'x')}}));
        QCOMPARE(sender.lastError().code, PyventError::QueueFull);
    }

    void largeEventsArriveWhole()
    {
        PyventNode node(PyventOptions{.port = m_port});
        QByteArray heard;
        node.on("x", {"data"}, this, [&](const QByteArray &data) { heard = data; });
        QVERIFY(node.waitForReady());
        QByteArray data(4 << 20, Qt::Uninitialized);
        for (qsizetype i = 0; i < data.size(); ++i)
            data[i] = char(i * 31 + i / 257);
        QVERIFY(node.send("x", {{u"data"_s, data}}));
        QTRY_COMPARE_WITH_TIMEOUT(heard.size(), data.size(), 20'000);
        QVERIFY(heard == data);
    }

    // It would cut the receiver's connection each time that it is sent again.
    void whatIsTooLargeForTheReceiverIsToldLost()
    {
        PyventNode sender(PyventOptions{.port = m_port});
        QVERIFY(sender.startServer());
        PyventNode receiver(PyventOptions{.port = m_port, .server = false, .maximumEventSize = 10'000});
        QList<quint64> numbers;
        receiver.on("x", this, [&](const PyventEvent &event) { numbers.append(event.sequence); });
        quint64 lost = 0;
        connect(&receiver, &PyventNode::eventsLost, this, [&](const QString &name, const QUuid &node, quint64 count) {
            QCOMPARE(name, u"x"_s);
            QCOMPARE(node, sender.uuid());
            lost += count;
        });
        QVERIFY(receiver.waitForReady());
        QVERIFY(sender.send("x"));
        QVERIFY(sender.send("x", {{u"data"_s, QByteArray(100'000, 'x')}}));
        QVERIFY(sender.send("x"));
        QTRY_COMPARE_WITH_TIMEOUT(numbers, QList<quint64>({1, 3}), 20'000);
        QCOMPARE(lost, 1u);
        QSignalSpy states(&receiver, &PyventNode::stateChanged);
        QTRY_COMPARE_WITH_TIMEOUT(receiver.state(), PyventNode::Ready, 20'000);
        states.clear();
        for (int n = 4; n < 10; ++n) {
            QVERIFY(sender.send("x"));
            QTRY_COMPARE_WITH_TIMEOUT(numbers.last(), quint64(n), 20'000);
        }
        QCOMPARE(states.size(), 0);
        QCOMPARE(lost, 1u);
    }

    void theEndOfANodeDelivers()
    {
        PyventNode receiver(PyventOptions{.port = m_port});
        int count = 0;
        receiver.on("x", this, [&] { ++count; });
        QVERIFY(receiver.waitForReady());
        {
            PyventNode sender(PyventOptions{.port = m_port});
            for (int n = 0; n < 5000; ++n)
                QVERIFY(sender.send("x"));
        }
        QTRY_COMPARE_WITH_TIMEOUT(count, 5000, 20'000);
    }

    void lingerBoundsTheEnd()
    {
        QElapsedTimer timer;
        timer.start();
        {
            PyventNode sender(PyventOptions{.port = m_port, .server = false, .linger = 300ms});
            QVERIFY(sender.send("x"));
            QSignalSpy errors(&sender, &PyventNode::errorOccurred);
            sender.stop();
            QCOMPARE(errors.size(), 1);
            QCOMPARE(sender.lastError().code, PyventError::EventsNotDelivered);
            QCOMPARE(sender.lastError().subject, u"1"_s);
        }
        QVERIFY(timer.elapsed() >= 300);
        QVERIFY2(timer.elapsed() < 10'000, "the linger did not bound stop()");
    }

    void flushIsTrueWithNothingSent()
    {
        PyventNode node(PyventOptions{.port = m_port});
        QVERIFY(node.flush(0ms));
    }
};

PYVENT_TEST(tst_Sending)
#include "tst_sending.moc"
