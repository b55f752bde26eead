// SPDX-License-Identifier: MIT
#include "lyingserver.h"
#include "support/portpair.h"
#include "support/testprogram.h"
#include "support/waituntil.h"

#include <PyventNode>

#include <QtCore/qelapsedtimer.h>
#include <QtCore/qtimer.h>
#include <QtTest/qtest.h>

using namespace PyventTests;
using namespace Qt::StringLiterals;

Q_DECLARE_METATYPE(PyventTests::LyingServer::Lie)

namespace {

// A sender and a receiver, in threads of their own as far as the bus is concerned: each has a connection of its own.
PyventOptions optionsFor(int port)
{
    PyventOptions options;
    options.port = port;
    options.server = false;
    options.lane = false;
    return options;
}

} // namespace

class TestLyingServer : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void isFoundOut_data();
    void isFoundOut();
    void anHonestOneIsNot();
};

void TestLyingServer::isFoundOut_data()
{
    QTest::addColumn<LyingServer::Lie>("lie");
    QTest::newRow("it relays proofs only") << LyingServer::Lie::RelaysProofsOnly;
    QTest::newRow("it relays no events") << LyingServer::Lie::RelaysNoEvents;
    QTest::newRow("it acknowledges no event") << LyingServer::Lie::AcknowledgesNoEvent;
    QTest::newRow("it acknowledges more than there is") << LyingServer::Lie::AcknowledgesTooMuch;
    QTest::newRow("it hangs up time and again") << LyingServer::Lie::HangsUp;
}

// Within 10 s; and when an honest one is there in its place, what was not acknowledged is heard.
void TestLyingServer::isFoundOut()
{
    QFETCH(const LyingServer::Lie, lie);
    PortPair ports;
    auto server = std::make_unique<LyingServer>(ports.port(), lie);
    PyventNode node(optionsFor(ports.port()));
    QList<PyventError> errors;
    QList<PyventNode::State> states;
    connect(&node, &PyventNode::errorOccurred, this, [&](const PyventError &error) { errors.append(error); });
    connect(&node, &PyventNode::stateChanged, this, [&](PyventNode::State state) { states.append(state); });
    QList<int> heard;
    node.on("order", this, [&](const QVariantMap &args) { heard.append(args[u"number"_s].toInt()); });
    QTimer timer;
    int sent = 0;
    connect(&timer, &QTimer::timeout, this, [&] { node.send("order", {{u"number"_s, ++sent}}); });
    node.tryStart();
    QVERIFY(waitUntil([&] { return states.contains(PyventNode::Ready); }));
    timer.start(20);
    QElapsedTimer time;
    time.start();
    QVERIFY(waitUntil([&] { return !errors.isEmpty(); }, 30'000));
    const qint64 elapsed = time.elapsed();
    QCOMPARE(errors.first().code, PyventError::ServerNotResponding);
    QVERIFY2(errors.first().text.contains(u"broken or no Pyvent server"_s), qPrintable(errors.first().text));
    QVERIFY(node.state() != PyventNode::Ready);
    qInfo("found out after %lld ms", elapsed);
    timer.stop();

    server = std::make_unique<LyingServer>(ports.port(), LyingServer::Lie::None);
    const int last = sent + 1;
    node.send("order", {{u"number"_s, last}});
    QVERIFY(waitUntil([&] { return heard.contains(last); }, 30'000));
    QVERIFY(std::is_sorted(heard.cbegin(), heard.cend()));
    if (lie == LyingServer::Lie::AcknowledgesNoEvent || lie == LyingServer::Lie::HangsUp)
        QCOMPARE(QSet<int>(heard.cbegin(), heard.cend()).size(), last);
}

void TestLyingServer::anHonestOneIsNot()
{
    PortPair ports;
    LyingServer server(ports.port(), LyingServer::Lie::None);
    PyventNode node(optionsFor(ports.port()));
    QList<PyventError> errors;
    connect(&node, &PyventNode::errorOccurred, this, [&](const PyventError &error) { errors.append(error); });
    int heard = 0;
    int sent = 0;
    node.on("order", this, [&] { ++heard; });
    QTimer timer;
    connect(&timer, &QTimer::timeout, this, [&] { sent += node.send("order"); });
    node.tryStart();
    QVERIFY(waitUntil([&] { return node.state() == PyventNode::Ready; }));
    timer.start(20);
    QVERIFY(waitUntil([&] { return heard >= 500; }, 30'000));
    timer.stop();
    QVERIFY(waitUntil([&] { return heard == sent; }));
    QVERIFY2(errors.isEmpty(), qPrintable(errors.isEmpty() ? QString() : errors.first().text));
    QCOMPARE(node.state(), PyventNode::Ready);
}

PYVENT_TEST(TestLyingServer)

#include "tst_lyingserver.moc"
