// SPDX-License-Identifier: MIT
#include <PyventTestBus>

#include "support/testprogram.h"

#include <QtTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class TestTestBus : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void busesDoNotMeet();
    void hears();
    void returnsEachOnce();
    void saysWhatCameInstead();
    void waitsForConditions();
    void waitsForListeners();
    void restartsItsServer();
    void keepsItsPorts();
    void tellsThatItHasNoServer();
    void aNodeTakesItsPorts();
    void tellsProgramsWhereItIs();
    void keepsSomeEvents();
};

void TestTestBus::busesDoNotMeet()
{
    PyventTestBus one, other;
    QVERIFY2(one.isValid(), qPrintable(one.errorText()));
    QVERIFY(other.isValid());
    QVERIFY(one.isServing() && other.isServing());
    QVERIFY(qAbs(one.port() - other.port()) >= 2);
    PyventNode onOne(one.options()), onOther(other.options(u"b"_s));
    QVERIFY(onOne.send("x", {{u"of"_s, 1}}));
    QVERIFY(onOther.send("x", {{u"of"_s, 2}}));
    const auto first = one.waitFor("x", 60s);
    const auto second = other.waitFor("x", 60s);
    QVERIFY2(first && second, second.why());
    QCOMPARE(first->args[u"of"_s], QVariant(1));
    QCOMPARE(second->args[u"of"_s], QVariant(2));
    QCOMPARE(second->sender, u"pyvent.b"_s);
    QCOMPARE(one.heard().size(), 1);
    QCOMPARE(other.heard().size(), 1);
}

void TestTestBus::hears()
{
    PyventTestBus bus;
    QSignalSpy signal(&bus, &PyventTestBus::eventHeard);
    PyventNode node(bus.options());
    QStringList heard;
    node.on("question", this, [&](const QVariantMap &args) {
        heard.append(args[u"of"_s].toString());
        node.send("answer", {{u"to"_s, args[u"of"_s]}, {u"n"_s, 1}, {u"list"_s, QVariantList{1, u"a"_s}}});
    });
    QVERIFY(node.waitForReady(60s));
    QVERIFY(bus.send("question", {{u"of"_s, u"test"_s}}));
    const auto answer = bus.waitFor("ans*", {{u"n"_s, 1.0}, {u"list"_s, QVariantList{1, u"a"_s}}}, 60s);
    QVERIFY2(answer, answer.why());
    QCOMPARE(answer->name, u"answer"_s);
    QCOMPARE((*answer).args[u"to"_s], QVariant(u"test"_s));
    QCOMPARE(*answer.why(), '\0');
    QCOMPARE(heard, QStringList(u"test"_s));
    QCOMPARE(bus.heard("answer", {{u"to"_s, u"test"_s}}).size(), 1);
    QCOMPARE(bus.heard("answer", {{u"to"_s, u"nobody"_s}}).size(), 0);
    QCOMPARE(bus.heard("question").size(), 0); // its own it does not hear
    QCOMPARE(signal.size(), 1);
    bus.clear();
    QCOMPARE(bus.heard().size(), 0);
}

void TestTestBus::returnsEachOnce()
{
    PyventTestBus bus;
    PyventNode node(bus.options());
    for (int n = 1; n <= 3; ++n)
        QVERIFY(node.send("x", {{u"n"_s, n}}));
    QCOMPARE(bus.waitFor("x", 60s)->args[u"n"_s], QVariant(1));
    QCOMPARE(bus.waitFor("x", {{u"n"_s, 3}}, 60s)->args[u"n"_s], QVariant(3));
    QCOMPARE(bus.waitFor("*", 60s)->args[u"n"_s], QVariant(2));
    QVERIFY(!bus.waitFor("x", 0ms));
    QCOMPARE(bus.heard().size(), 3);
}

void TestTestBus::saysWhatCameInstead()
{
    PyventTestBus bus;
    PyventNode node(bus.options());
    const auto nothing = bus.waitFor("bill", 0ms);
    QVERIFY(!nothing);
    QCOMPARE(nothing.why(), "'bill' did not come. Nothing came.");
    QVERIFY(nothing->name.isEmpty());
    node.send("bill", {{u"table"_s, 8}, {u"sum"_s, 12.5}});
    node.send("bill", {{u"table"_s, 9}}, {.sender = u"till"_s});
    node.send("food", {{u"food"_s, u"sushi"_s}});
    node.send("food", {{u"food"_s, u"ramen"_s}});
    node.send("end");
    QVERIFY(bus.waitFor("end", 60s));
    QCOMPARE(bus.waitFor("bill", {{u"table"_s, 7}, {u"paid"_s, true}}, 1ms).why(),
             "'bill' with paid=True, table=7 did not come. What came: bill(sum=12.5, table=8); bill(table=9) of till; "
             "end (once); food (2 times).");
    QVERIFY(bus.waitFor("bill", {{u"table"_s, 8}}, 60s));
    QVERIFY(QByteArray(bus.waitFor("bill", {{u"table"_s, 8}}, 1ms).why())
                .contains("bill(sum=12.5, table=8) (which an earlier wait has returned)"));
    node.send("long", {{u"text"_s, QString(1000, u'x')}});
    QVERIFY(bus.waitFor("long", 60s));
    QVERIFY(bus.whatCameInstead("long", {{u"text"_s, u"y"_s}}).size() < 600);
}

void TestTestBus::waitsForConditions()
{
    PyventTestBus bus;
    QVERIFY(bus.waitUntil([] { return true; }, 0ms));
    QVERIFY(!bus.waitUntil([] { return false; }, 1ms));
    bool isDone = false;
    QTimer::singleShot(1, this, [&] { isDone = true; });
    QVERIFY(bus.waitUntil([&] { return isDone; }, 60s));
    std::atomic<bool> isDoneElsewhere = false; // which wakes nobody here
    QThread *thread = QThread::create([&] { isDoneElsewhere = true; });
    thread->start();
    QVERIFY(bus.waitUntil([&] { return isDoneElsewhere.load(); }, 60s));
    thread->wait();
    delete thread;
}

void TestTestBus::waitsForListeners()
{
    PyventTestBus bus;
    PyventNode node(bus.options());
    QVERIFY(!bus.waitForListener("order-food", 1ms));
    QCOMPARE(bus.errorText(), u"no node listens to 'order-food' after 1 ms"_s);
    node.on("order-*", this, [] {});
    QVERIFY(bus.waitForListener("order-food", 60s));
    QVERIFY(bus.waitForListener("order-*", 60s));
}

void TestTestBus::restartsItsServer()
{
    PyventTestBus bus;
    const int port = bus.port();
    QSignalSpy serving(&bus, &PyventTestBus::servingChanged);
    PyventNode node(bus.options());
    QVERIFY(node.waitForReady(60s));
    bus.killServer();
    QVERIFY(!bus.isServing());
    QVERIFY(bus.waitUntil([&] { return node.state() == PyventNode::Connecting; }, 60s));
    QVERIFY(node.send("x"));
    QVERIFY(!node.isServer());
    QVERIFY2(bus.startServer(), qPrintable(bus.errorText()));
    QCOMPARE(bus.port(), port);
    QVERIFY(bus.isServing());
    QVERIFY(bus.waitFor("x", 60s));
    QVERIFY(bus.restartServer());
    QVERIFY(node.send("y"));
    QVERIFY(bus.waitFor("y", 60s));
    QVERIFY(bus.waitUntil([&] { return serving.size() >= 4; }, 60s));
}

void TestTestBus::keepsItsPorts()
{
    PyventTestBus bus;
    bus.killServer();
    std::vector<std::unique_ptr<PyventTestBus>> others;
    for (int i = 0; i < 20; ++i) {
        others.push_back(std::make_unique<PyventTestBus>());
        QVERIFY(others.back()->isValid());
        QVERIFY(others.back()->port() != bus.port());
    }
    QVERIFY(bus.startServer());
}

void TestTestBus::tellsThatItHasNoServer()
{
    PyventTestBus bus;
    bus.killServer();
    QVERIFY(!bus.send("x", {}, {}, 10ms));
    QCOMPARE(bus.errorText(), u"'x' was sent, and no server has it after 10 ms"_s);
    QVERIFY(!bus.send("no name"));
    QVERIFY2(bus.errorText().contains(u"has a space"_s), qPrintable(bus.errorText()));
    QCOMPARE(bus.whatCameInstead("y"), u"'y' did not come. Nothing came. The bus's server does not run."_s);
}

void TestTestBus::aNodeTakesItsPorts()
{
    PyventTestBus bus;
    PyventOptions options = bus.options();
    options.server = true;
    PyventNode node(options);
    QVERIFY(node.waitForReady(60s));
    QVERIFY(!node.isServer());
    bus.killServer();
    QVERIFY(bus.waitUntil([&] { return node.isServer(); }, 60s));
    QVERIFY(!bus.startServer());
    QVERIFY(!bus.errorText().isEmpty());
    QVERIFY(node.send("x"));
    QVERIFY(bus.waitFor("x", 60s)); // whoever serves
}

void TestTestBus::tellsProgramsWhereItIs()
{
    PyventTestBus bus(PyventOptions{.port = 1, .address = u"0.0.0.0"_s, .server = true, .maximumEventSize = 2000});
    QVERIFY(bus.isValid());
    QCOMPARE(bus.options().address, u"127.0.0.1"_s);
    QCOMPARE(bus.options().port, bus.port());
    QCOMPARE(bus.options().maximumEventSize, 2000);
    QVERIFY(!bus.options().server);
    QCOMPARE(bus.environment().value(u"PYVENT_PORT"_s), QString::number(bus.port()));
    QCOMPARE(bus.environment().value(u"PYVENT_ADDRESS"_s), u"127.0.0.1"_s);
    QCOMPARE(bus.environment().value(u"PATH"_s), qEnvironmentVariable("PATH"));
    QCOMPARE(bus.property("port").toInt(), bus.port());
    PyventTestBus none(PyventOptions{.maximumEventSize = 1});
    QVERIFY(!none.isValid());
    QVERIFY2(none.errorText().startsWith(u"the maximum event size is 1 byte"_s), qPrintable(none.errorText()));
    QVERIFY(!none.send("x"));
}

void TestTestBus::keepsSomeEvents()
{
    PyventTestBus bus;
    PyventNode node(bus.options());
    constexpr int all = 101'000;
    for (int n = 1; n <= all; ++n) {
        while (!node.send("x", {{u"n"_s, n}}))
            QVERIFY(node.flush(60s));
        if (n % 1000 == 0)
            QCoreApplication::processEvents();
    }
    QVERIFY(bus.waitUntil([&] { return bus.heard("x", {{u"n"_s, all}}).size() == 1; }, 120s));
    QCOMPARE(bus.heard().size(), 100'000);
}

PYVENT_TEST(TestTestBus)
#include "tst_testbus.moc"
