// SPDX-License-Identifier: MIT
// Several events to a message: between this module's clients and servers only.
#include "transport/zmqconnection.h"

#include "connectiondriver.h"
#include "support/freeport.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace PyventTests;

namespace {

QByteArrayList events(int count, int from = 0)
{
    QByteArrayList list;
    for (int i = from; i < from + count; ++i)
        list.append("order " + QByteArray::number(i) + '.');
    return list;
}

} // namespace

class TestZmqConnectionBatch : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void whatWaitedSharesMessages();
    void aBurstSharesMessages();
    void someEventsLeaveAtOnce();
    void aCallerWithoutTurnsIsNotMadeToWait();
    void aLargeEventLeavesAtOnce();
    void aServerThatTakesNone();
    void theNextServerTakesNone();

private:
    // The messages that have arrived since, when everything that was sent has.
    QList<QByteArrayList> messages(qsizetype eventCount);

    int m_port = 0;
    std::unique_ptr<RawServer> m_server;
    std::unique_ptr<ConnectionDriver> m_bus;
};

void TestZmqConnectionBatch::init()
{
    m_bus.reset();
    m_server.reset();
    m_port = freePort();
    m_server = std::make_unique<RawServer>(m_port);
    m_server->takesBatches = true;
    m_bus = std::make_unique<ConnectionDriver>(m_port);
    m_bus->connection.subscribe("order ");
    QVERIFY(m_bus->untilReady(*m_server));
    // The acknowledgement of the proof that says so may come after the proof itself.
    QVERIFY(m_bus->until([&] { return m_bus->queue.inFlight() == 0; }, [&] { m_server->relay(); }));
}

QList<QByteArrayList> TestZmqConnectionBatch::messages(qsizetype eventCount)
{
    QList<QByteArrayList> messages;
    qsizetype arrived = 0;
    const auto take = [&] {
        m_server->takeEvents();
        for (; !m_server->taken.empty(); m_server->answer()) {
            const QByteArrayList frames = withoutProofs(RawServer::framesOf(m_server->taken.front()));
            if (frames.isEmpty()) // a proof, which overtakes what waits after a reconnection
                continue;
            messages.append(frames);
            arrived += frames.size();
        }
    };
    if (!m_bus->until([&] { return arrived >= eventCount; }, take))
        return {};
    return messages;
}

// More than the window waits in the client, and follows in few messages.
void TestZmqConnectionBatch::whatWaitedSharesMessages()
{
    const QByteArrayList all = events(20'000);
    for (const QByteArray &event : all)
        m_bus->send(event);
    QByteArrayList arrived;
    const QList<QByteArrayList> messages = this->messages(all.size());
    for (const QByteArrayList &message : messages)
        arrived += message;
    QCOMPARE(arrived, all);
    const qsizetype alone = 2000; // they left before there was anything to share a message with
    QVERIFY2(messages.size() < alone + (all.size() - alone) / 10, qPrintable(QString::number(messages.size())));
    QVERIFY(m_bus->until([&] { return m_bus->queue.events() == 0; }, [&] { m_server->relay(); }));
    QCOMPARE(m_bus->queue.acknowledged(), quint64(all.size()));
}

void TestZmqConnectionBatch::aBurstSharesMessages()
{
    const QByteArrayList all = events(1000);
    for (const QByteArray &event : all)
        m_bus->send(event, true);
    const qsizetype waiting = m_bus->queue.unsent();
    QVERIFY2(waiting <= 1000 / 2, qPrintable(QString::number(waiting)));
    QByteArrayList arrived;
    const QList<QByteArrayList> messages = this->messages(all.size());
    for (const QByteArrayList &message : messages)
        arrived += message;
    QCOMPARE(arrived, all);
    QVERIFY2(messages.size() < 100, qPrintable(QString::number(messages.size())));
}

// The last half of a burst may wait, and no more.
void TestZmqConnectionBatch::someEventsLeaveAtOnce()
{
    for (int sent = 1; sent <= 500; ++sent) {
        m_bus->send("order .", true);
        QVERIFY2(m_bus->queue.unsent() <= std::min(sent / 2, 511),
                 qPrintable(QStringLiteral("%1 of %2 wait").arg(m_bus->queue.unsent()).arg(sent)));
    }
    m_bus->connection.process(Connection::Clock::now());
    QCOMPARE(m_bus->queue.unsent(), 0);
}

void TestZmqConnectionBatch::aCallerWithoutTurnsIsNotMadeToWait()
{
    for (int sent = 0; sent < 500; ++sent) {
        m_bus->send("order .", false);
        QCOMPARE(m_bus->queue.unsent(), 0);
    }
}

void TestZmqConnectionBatch::aLargeEventLeavesAtOnce()
{
    for (int sent = 0; sent < 499; ++sent)
        m_bus->send("order .", true);
    m_bus->send("order " + QByteArray(100'000, 'x'), true);
    QCOMPARE(m_bus->queue.unsent(), 0);
    const QList<QByteArrayList> messages = this->messages(500);
    QVERIFY(!messages.isEmpty());
    QCOMPARE(messages.constLast().size(), 1);
}

void TestZmqConnectionBatch::aServerThatTakesNone()
{
    m_bus.reset();
    m_server->takesBatches = false;
    m_bus = std::make_unique<ConnectionDriver>(m_port);
    QVERIFY(m_bus->untilReady(*m_server));
    const QByteArrayList all = events(2000);
    for (const QByteArray &event : all)
        m_bus->send(event, true);
    const QList<QByteArrayList> messages = this->messages(all.size());
    QCOMPARE(messages.size(), all.size());
}

// What a server that took batches did not acknowledge goes to Python's, event by event.
void TestZmqConnectionBatch::theNextServerTakesNone()
{
    const QByteArrayList all = events(1000);
    for (const QByteArray &event : all)
        m_bus->send(event, true);
    m_server->closeRequests();
    m_server->takesBatches = false;
    QVERIFY(m_bus->until([&] { return m_bus->connection.state() == State::Connecting; }));
    m_server->taken.clear();
    m_server->openRequests();
    const QList<QByteArrayList> messages = this->messages(all.size());
    QCOMPARE(messages.size(), all.size());
    for (qsizetype i = 0; i < all.size(); ++i)
        QCOMPARE(messages[i], QByteArrayList{all[i]});
}

PYVENT_TEST(TestZmqConnectionBatch)

#include "tst_zmqconnectionbatch.moc"
