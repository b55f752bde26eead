// SPDX-License-Identifier: MIT
#include <PyventNode>

#include "support/freeport.h"
#include "support/testprogram.h"

#include <QtTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

struct Order
{
    Q_GADGET
    Q_PROPERTY(QString food MEMBER food)
    Q_PROPERTY(QString drink MEMBER drink)
    Q_PROPERTY(int count MEMBER count)

public:
    QString food;
    QString drink = u"water"_s;
    int count = 1;
};

class Kitchen : public QObject
{
    Q_OBJECT

public:
    void cook(const QVariantMap &args) { calls.append(u"cook "_s + args.value(u"food"_s).toString()); }

    QStringList calls;

public Q_SLOTS:
    void order(const QString &food, const QString &drink = u"water"_s) { calls.append(food + u"+"_s + drink); }
};

// Everything that a node hears, and who is called for it.
class tst_Hearing : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<PyventNode> makeNode(const QString &id = {}, bool hearOwnEvents = true) const
    {
        return std::make_unique<PyventNode>(
            PyventOptions{.port = m_port, .nodeId = id, .server = true, .hearOwnEvents = hearOwnEvents});
    }

    int m_port = 0;

private Q_SLOTS:
    void init() { m_port = PyventTests::freePort(); }

    // The option bounds what this node builds; others may take more.
    void largeArgumentsAreRefusedOrHeard()
    {
        const auto sender = makeNode();
        QVERIFY(sender->tryStart());
        PyventNode careful(PyventOptions{.port = m_port, .server = false, .maximumExpandedSize = 1024 * 1024});
        PyventNode usual(PyventOptions{.port = m_port, .server = false});
        QList<qsizetype> heard;
        int small = 0;
        for (PyventNode *node : {&careful, &usual}) {
            node->on("small", this, [&] { ++small; });
            node->on("large", {"list"}, this,
                     [&, node](const QVariantList &list) { heard += node == &usual ? list.size() : -list.size(); });
        }
        QTRY_COMPARE(careful.state(), PyventNode::Ready);
        QTRY_COMPARE(usual.state(), PyventNode::Ready);
        QVERIFY(sender->send("large", {{u"list"_s, QVariantList(200'000, 7)}}));
        QVERIFY(sender->send("small"));
        QTRY_COMPARE(small, 2);
        QTRY_COMPARE(heard, QList<qsizetype>{200'000});
        QTRY_COMPARE(careful.unreadableFrames(), 1u);
        QCOMPARE(usual.unreadableFrames(), 0u);
        QVERIFY2(careful.lastError().text.contains(u"expands beyond the limit"_s),
                 qPrintable(careful.lastError().text));
    }

    // Nodes of one thread decode an event once, but nobody hears what another one made of it.
    void nodesOfOneProcessShareNothingThatChanges()
    {
        const auto sender = makeNode(u"till"_s);
        std::vector<std::unique_ptr<PyventNode>> nodes;
        QList<QVariantMap> heard;
        QStringList senders;
        for (int i = 0; i < 3; ++i) {
            nodes.push_back(makeNode());
            nodes.back()->on("order-food", this, [&](const PyventEvent &event) {
                QVariantMap args = event.args;
                args[u"food"_s] = u"eaten"_s;
                heard.append(event.args);
                senders.append(event.sender);
            });
        }
        for (const auto &node : nodes)
            QTRY_COMPARE(node->state(), PyventNode::Ready);
        const QVariantMap sushi{{u"food"_s, u"sushi"_s}};
        for (int i = 0; i < 2; ++i)
            QVERIFY(sender->send("order-food", sushi));
        QVERIFY(sender->send("order-food", sushi, {.sender = u"pyvent.bar"_s}));
        QTRY_COMPARE(heard.size(), 9);
        QCOMPARE(heard, QList<QVariantMap>(9, sushi));
        QCOMPARE(senders.count(u"pyvent.till"_s), 6);
        QCOMPARE(senders.count(u"pyvent.bar"_s), 3);
    }

    void callsEveryKindOfHandlerInTheOrderOfRegistration()
    {
        const auto node = makeNode();
        Kitchen kitchen;
        QStringList &calls = kitchen.calls;
        node->on("order-food", &kitchen, [&] { calls.append(u"nothing"_s); });
        node->on("order-food", &kitchen, [&](const QVariantMap &args) { calls.append(args[u"food"_s].toString()); });
        node->on("order-food", &kitchen, [&](const PyventEvent &event) {
            calls.append(event.name + u" from "_s + event.sender);
            QCOMPARE(event.nodeId, node->uuid());
            QCOMPARE(event.sequence, 1u);
            QVERIFY(event.time.isValid());
            QCOMPARE(event.time.timeSpec(), Qt::UTC);
        });
        node->on("order-food", {"food", {"drink", "tea"}}, &kitchen,
                 [&](const QString &food, const QString &drink) { calls.append(food + u"/"_s + drink); });
        node->on("order-food", &kitchen, "order");
        node->on("order-food", &kitchen, &Kitchen::cook);
        node->on<Order>("order-food", &kitchen, [&](const Order &order) {
            calls.append(u"%1-%2-%3"_s.arg(order.food, order.drink).arg(order.count));
        });
        node->on("order-*", &kitchen, [&] { calls.append(u"glob"_s); });
        QVERIFY(node->waitForReady());
        QVERIFY(node->send("order-food", {{u"food"_s, u"sushi"_s}}));
        QTRY_COMPARE(calls,
                     QStringList({u"nothing"_s, u"sushi"_s, u"order-food from pyvent"_s, u"sushi/tea"_s,
                                  u"sushi+water"_s, u"cook sushi"_s, u"sushi-water-1"_s, u"glob"_s}));
    }

    void keywordsIgnoreWhatTheyDoNotNameAndReportWhatIsMissing()
    {
        const auto node = makeNode();
        QStringList calls;
        QSignalSpy failures(node.get(), &PyventNode::handlerFailed);
        node->on("order-food", {"food", "drink"}, this,
                 [&](const QString &food, const QString &drink) { calls.append(food + drink); });
        node->on("order-food", {"count"}, this, [&](int count) { calls.append(QString::number(count)); });
        node->on("order-food", this, [&] { calls.append(u"last"_s); });
        QVERIFY(node->waitForReady());
        node->send("order-food", {{u"food"_s, u"sushi"_s}, {u"count"_s, u"many"_s}, {u"more"_s, 1}});
        QTRY_COMPARE(calls, QStringList(u"last"_s));
        QCOMPARE(failures.size(), 2);
        QCOMPARE(failures[0][0].toString(), u"order-food"_s);
        QVERIFY(failures[0][1].toString().contains(u"'drink' is missing"_s));
        QVERIFY(failures[1][1].toString().contains(u"'count'"_s));
    }

    void tellsWhatAHandlerMissesWhoseThreadIsBehind()
    {
        constexpr int backlog = 100'000;
        const auto node = makeNode();
        QThread thread; // that is not started yet
        QObject context;
        int heard = 0; // in that thread
        context.moveToThread(&thread);
        node->on("x", &context, [&] { ++heard; });
        QSignalSpy failures(node.get(), &PyventNode::handlerFailed);
        quint64 lost = 0;
        connect(node.get(), &PyventNode::eventsLost, this, [&](const QString &name, const QUuid &from, quint64 count) {
            QCOMPARE(name, u"x"_s);
            QCOMPARE(from, node->uuid());
            lost += count;
        });
        for (int i = 0; i < backlog + 7; ++i)
            QVERIFY(node->dispatch("x"));
        QTRY_COMPARE(lost, 7u);
        QCOMPARE(failures.size(), 1);
        QMetaObject::invokeMethod(
            &context, [&] { thread.quit(); }, Qt::QueuedConnection); // behind all of them
        thread.start();
        QVERIFY(thread.wait());
        QCOMPARE(heard, backlog);
    }

    void senderAndSignalAreKeywordsAsInPython()
    {
        const auto node = makeNode(u"kitchen"_s);
        QString heard;
        node->on("order-food", {"signal", "sender"}, this,
                 [&](const QString &signal, const QString &sender) { heard = signal + u' ' + sender; });
        QVERIFY(node->waitForReady());
        node->send("order-food");
        QTRY_COMPARE(heard, u"order-food pyvent.kitchen"_s);
    }

    void matchesSenders_data()
    {
        QTest::addColumn<QString>("id");
        QTest::addColumn<QString>("sender"); // given to send()
        QTest::addColumn<QStringList>("heardBy");
        QTest::newRow("default") << QString() << QString() << QStringList({u"default"_s, u"any"_s});
        QTest::newRow("id") << u"till"_s << QString() << QStringList({u"default"_s, u"any"_s, u"till"_s});
        QTest::newRow("explicit") << u"till"_s << u"manager"_s << QStringList({u"any"_s, u"manager"_s});
        QTest::newRow("explicit part") << QString() << u"manager.2"_s << QStringList({u"any"_s, u"manager"_s});
        QTest::newRow("no part") << QString() << u"manager2"_s << QStringList({u"any"_s});
    }
    void matchesSenders()
    {
        QFETCH(QString, id);
        QFETCH(QString, sender);
        QFETCH(QStringList, heardBy);
        const auto node = makeNode(id);
        QStringList heard;
        node->on("x", this, [&] { heard.append(u"default"_s); });
        node->on("x", {.sender = PyventSender::Any}, this, [&] { heard.append(u"any"_s); });
        node->on("x", {.sender = "pyvent.till"}, this, [&] { heard.append(u"till"_s); });
        node->on("x", {.sender = "manager"}, this, [&] { heard.append(u"manager"_s); });
        bool isLast = false;
        node->on("last", this, [&] { isLast = true; });
        QVERIFY(node->waitForReady());
        node->send("x", {}, {.sender = sender});
        node->send("last");
        QTRY_VERIFY(isLast);
        QCOMPARE(heard, heardBy);
    }

    void theSenderMayBeAnArgumentAsInPython()
    {
        const auto node = makeNode();
        std::optional<PyventEvent> heard;
        node->on("x", {.sender = "manager"}, this, [&](const PyventEvent &event) { heard = event; });
        QVERIFY(node->waitForReady());
        node->send("x", {{u"sender"_s, u"manager"_s}, {u"n"_s, 1}});
        QTRY_VERIFY(heard);
        QCOMPARE(heard->sender, u"manager"_s);
        QCOMPARE(heard->args.keys(), QStringList(u"n"_s));
    }

    void aNameIsNoPrefix()
    {
        const auto node = makeNode();
        QStringList heard;
        node->on("order", this, [&] { heard.append(u"order"_s); });
        node->on("order-food", this, [&] { heard.append(u"order-food"_s); });
        QVERIFY(node->waitForReady());
        node->send("order-foods");
        node->send("order-food");
        node->send("order");
        QTRY_COMPARE(heard, QStringList({u"order-food"_s, u"order"_s}));
    }

    void theGenericSignalSubscribesAsLongAsItIsConnected()
    {
        const auto node = makeNode();
        const auto sender = makeNode();
        QCOMPARE(node->state(), PyventNode::Stopped);
        QStringList names;
        QObject context;
        connect(node.get(), &PyventNode::eventReceived, &context,
                [&](const QString &name, const QVariantMap &) { names.append(name); });
        QVERIFY(node->state() != PyventNode::Stopped);
        QSignalSpy received(node.get(), &PyventNode::received);
        QVERIFY(node->waitForReady());
        sender->send("one", {}, {.sender = u"whoever"_s});
        QTRY_COMPARE(names, QStringList(u"one"_s));
        QTRY_COMPARE(received.size(), 1);
        QCOMPARE(received[0][0].value<PyventEvent>().sender, u"whoever"_s);
        disconnect(node.get(), &PyventNode::eventReceived, nullptr, nullptr);
        disconnect(node.get(), &PyventNode::received, nullptr, nullptr);
        bool last = false;
        node->on("last", &context, [&] { last = true; });
        QVERIFY(node->waitForReady());
        sender->send("two");
        sender->send("last");
        QTRY_VERIFY(last);
        QCOMPARE(names, QStringList(u"one"_s));
    }

    void aNameIsAnObjectForConnect()
    {
        const auto node = makeNode();
        PyventSubscription *subscription = node->event("order-food");
        QVERIFY(subscription);
        QCOMPARE(subscription->name(), u"order-food"_s);
        QCOMPARE(subscription->sender(), u"pyvent"_s);
        QCOMPARE(node->event("order-food"), subscription);
        QVERIFY(node->event("order-food", {.sender = "x"}) != subscription);
        QSignalSpy spy(subscription, &PyventSubscription::received);
        Kitchen kitchen;
        connect(subscription, &PyventSubscription::received, &kitchen, &Kitchen::cook);
        QVERIFY(node->waitForReady());
        node->send("order-food", {{u"food"_s, u"rice"_s}});
        QTRY_COMPARE(kitchen.calls, QStringList(u"cook rice"_s));
        QCOMPARE(spy[0][1].value<PyventEvent>().name, u"order-food"_s);
        delete subscription;
        QVERIFY(node->event("order-food"));
    }

    void handlersEnd_data()
    {
        QTest::addColumn<QString>("how");
        for (const char *how : {"disconnect", "off name", "off name and context", "off context", "context"})
            QTest::newRow(how) << QString::fromLatin1(how);
    }
    void handlersEnd()
    {
        QFETCH(QString, how);
        const auto node = makeNode();
        auto context = std::make_unique<QObject>();
        int ended = 0;
        int kept = 0;
        const QMetaObject::Connection connection = node->on("x", context.get(), [&] { ++ended; });
        QVERIFY(connection);
        node->on("y", this, [&] { ++kept; });
        QVERIFY(node->waitForReady());
        node->send("x");
        node->send("y");
        QTRY_COMPARE(kept, 1);
        QCOMPARE(ended, 1);
        if (how == "disconnect"_L1)
            QVERIFY(disconnect(connection));
        else if (how == "off name"_L1)
            QCOMPARE(node->off("x"), 1);
        else if (how == "off name and context"_L1)
            QCOMPARE(node->off("x", context.get()), 1);
        else if (how == "off context"_L1)
            QCOMPARE(node->off(context.get()), 1);
        else
            context.reset();
        node->send("x");
        node->send("y");
        QTRY_COMPARE(kept, 2);
        QCOMPARE(ended, 1);
        QCOMPARE(node->off("x"), 0);
    }

    void aHandlerRunsInItsContextsThread()
    {
        const auto node = makeNode();
        QThread thread;
        thread.start();
        auto *context = new QObject;
        context->moveToThread(&thread);
        connect(&thread, &QThread::finished, context, &QObject::deleteLater);
        std::atomic<int> count = 0;
        std::atomic<bool> isRight = true;
        QList<int> order; // only touched by the thread until it has ended
        node->on("x", {"n"}, context, [&](int n) {
            isRight = isRight && QThread::currentThread() == &thread;
            order.append(n);
            ++count;
        });
        QVERIFY(node->waitForReady());
        QList<int> expected;
        for (int n = 0; n < 1000; ++n) {
            QVERIFY(node->send("x", {{u"n"_s, n}}));
            expected.append(n);
        }
        QTRY_COMPARE(count.load(), 1000);
        QVERIFY(isRight);
        thread.quit();
        QVERIFY(thread.wait());
        QCOMPARE(order, expected);
    }

    void aHandlersFailureEndsNothing()
    {
        const auto node = makeNode();
        int calls = 0;
        QSignalSpy failures(node.get(), &PyventNode::handlerFailed);
        node->on("x", this, [] { throw std::runtime_error("burnt"); });
        node->on("x", this, [] { throw 1; });
        connect(node->event("x"), &PyventSubscription::received, this, [] { throw std::runtime_error("raw"); });
        node->on("x", this, [&] { ++calls; });
        QVERIFY(node->waitForReady());
        node->send("x");
        node->send("x");
        QTRY_COMPARE(calls, 2);
        QCOMPARE(failures.size(), 6);
        QVERIFY(failures[0][1].toString().contains(u"burnt"_s));
        QVERIFY(failures[2][1].toString().contains(u"raw"_s));
    }

    void ownEventsCanBeLeftOut()
    {
        const auto node = makeNode({}, false);
        const auto other = makeNode();
        QStringList heard;
        node->on("x", {"from"}, this, [&](const QString &from) { heard.append(from); });
        QVERIFY(node->waitForReady());
        node->send("x", {{u"from"_s, u"itself"_s}});
        QVERIFY(node->flush(5s));
        other->send("x", {{u"from"_s, u"other"_s}});
        QTRY_COMPARE(heard, QStringList(u"other"_s));
    }

    void dispatchIsLocalAndNeedsNoServer()
    {
        const auto node = makeNode(u"here"_s);
        PyventNode unused(PyventOptions{.port = m_port});
        QList<PyventEvent> heard;
        node->on("x", this, [&](const PyventEvent &event) { heard.append(event); });
        node->stop();
        QVERIFY(node->dispatch("x", {{u"n"_s, 1}}));
        QCOMPARE(heard.size(), 1);
        QCOMPARE(heard[0].sender, u"pyvent.here"_s);
        QVERIFY(node->dispatch("x", {}, u"someone"_s)); // whom the handler does not hear
        QCOMPARE(heard.size(), 1);
        QVERIFY(!node->dispatch("bad name"));
        QCOMPARE(node->lastError().code, PyventError::InvalidName);
        QCOMPARE(node->state(), PyventNode::Stopped);
    }

    void refusesWhatCannotBeHeard()
    {
        const auto node = makeNode();
        QSignalSpy errors(node.get(), &PyventNode::errorOccurred);
        Kitchen kitchen;
        QVERIFY(!node->on("", this, [] {}));
        QVERIFY(!node->on("a b", this, [] {}));
        QVERIFY(!node->on("__check", this, [] {}));
        QVERIFY(!node->on("x", {.sender = ""}, this, [] {}));
        QVERIFY(!node->on("x", static_cast<QObject *>(nullptr), [] {}));
        QVERIFY(!node->on("x", &kitchen, "bake"));
        QVERIFY(!node->event("a b"));
        QCOMPARE(errors.size(), 7);
        QCOMPARE(node->lastError().code, PyventError::InvalidName);
        QVERIFY(errors[5][0].value<PyventError>().text.contains(u"Kitchen has no slot or invokable method 'bake'"_s));
        QCOMPARE(node->state(), PyventNode::Stopped);
    }
};

PYVENT_TEST(tst_Hearing)
#include "tst_hearing.moc"
