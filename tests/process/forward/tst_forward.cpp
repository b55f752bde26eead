// SPDX-License-Identifier: MIT
#include "bus.h"
#include "support/numbers.h"
#include "support/program.h"
#include "support/testprogram.h"

#include <PyventNode>

#include <QtCore/qfile.h>
#include <QtCore/qtemporarydir.h>
#include <QtTest>

#include <zmq.hpp>

#include <csignal>

#include <unistd.h>

using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

const QString program = QStringLiteral(PYVENT_CABLE);

// A bus with a relay in a process of its own, which lets this user's programs speak for others.
class RelayedBus
{
public:
    explicit RelayedBus(const QString &rules)
        : m_rules(rules)
    {
    }
    bool serve()
    {
        QStringList arguments{u"serve"_s, u"--port"_s, QString::number(port())};
        if (!m_rules.isEmpty())
            arguments += {u"--rules"_s, m_rules};
        m_relay = std::make_unique<Program>(arguments);
        return m_relay->complains(u"serving at"_s);
    }
    void kill() { m_relay->kill(); }
    int port() const { return m_ports.port(); }
    PyventOptions options() const { return {.port = port(), .server = false}; }

private:
    const PortPair m_ports;
    const QString m_rules;
    std::unique_ptr<Program> m_relay;
};

class CableProcess : public ChildProcess
{
public:
    CableProcess(int one, int other, const QStringList &more = {})
        : ChildProcess(program, QStringList{QString::number(one), QString::number(other)} + more)
    {
    }

    bool isReady() { return printsLine("ready"); }

    // How many events the two buses have of it.
    QList<qint64> acknowledged()
    {
        for (const QByteArray &line : lines()) {
            if (line.startsWith("acknowledged ")) {
                const QByteArrayList words = line.split(' ');
                m_acknowledged = {words[1].toLongLong(), words[2].toLongLong()};
            }
        }
        return m_acknowledged;
    }
    QByteArrayList complaints() const
    {
        QByteArrayList found;
        for (const QByteArray &line : lines()) {
            if (line.startsWith("error ") || line == "refused")
                found.append(line);
        }
        return found;
    }

private:
    QList<qint64> m_acknowledged{0, 0};
};

// Sends a count, again and again.
class CountingSender : public QObject
{
public:
    explicit CountingSender(const PyventOptions &options)
        : node(options)
    {
        connect(&m_timer, &QTimer::timeout, this, [this] { send(1); });
    }
    void start() { m_timer.start(1ms); }
    void stop() { m_timer.stop(); }
    void send(int count)
    {
        for (int i = 0; i < count; ++i)
            wasTaken = node.send("order", {{u"n"_s, ++sent}}) && wasTaken;
    }

    PyventNode node;
    int sent = 0;
    bool wasTaken = true;

private:
    QTimer m_timer;
};

// Hears these counts, of each sender.
class CountingReceiver : public QObject
{
public:
    explicit CountingReceiver(const PyventOptions &options, const PyventReplay &replay = {})
        : node(options)
    {
        node.on("order", {.replay = replay}, this, [this](const PyventEvent &event) {
            numbers[event.nodeId].append(event.args[u"n"_s].toInt());
            isReplayed = isReplayed && event.replayed;
        });
        connect(&node, &PyventNode::eventsLost, this,
                [this](const QString &, const QUuid &, quint64 count) { lost += int(count); });
    }
    int heard(const CountingSender &sender) const { return int(numbers.value(sender.node.uuid()).size()); }

    PyventNode node;
    QHash<QUuid, QList<int>> numbers;
    bool isReplayed = true;
    int lost = 0;
};

// Counts the events of a name that a relay passes on, also those that come twice.
class FrameCounter
{
public:
    FrameCounter(int port, const QByteArray &name)
        : m_socket(m_context, zmq::socket_type::sub)
    {
        m_socket.set(zmq::sockopt::linger, 0);
        m_socket.set(zmq::sockopt::rcvhwm, 0);
        m_socket.set(zmq::sockopt::subscribe, (name + ' ').toStdString());
        m_socket.connect("tcp://127.0.0.1:" + std::to_string(port + 1));
    }
    int frames()
    {
        for (zmq::message_t frame; m_socket.recv(frame, zmq::recv_flags::dontwait);)
            ++m_frames;
        return m_frames;
    }

private:
    zmq::context_t m_context;
    zmq::socket_t m_socket;
    int m_frames = 0;
};

} // namespace

// Buses with cables between them: what is sent on one is heard on all, once, in order, whoever is killed.
class tst_Forward : public QObject
{
    Q_OBJECT

private:
    QString rules() const { return m_folder.filePath(u"rules"_s); }

    static bool areReady(std::initializer_list<PyventNode *> nodes)
    {
        return std::all_of(nodes.begin(), nodes.end(), [](PyventNode *node) {
            return node->tryStart() && waitUntil([node] { return node->state() == PyventNode::Ready; });
        });
    }

    // Waits until all receivers have heard all that the senders have sent, and compares.
    static bool haveHeardAll(std::initializer_list<CountingReceiver *> receivers,
                             std::initializer_list<CountingSender *> senders)
    {
        const auto hasAll = [&] {
            return std::all_of(receivers.begin(), receivers.end(), [&](const CountingReceiver *receiver) {
                return std::all_of(senders.begin(), senders.end(), [&](const CountingSender *sender) {
                    return receiver->heard(*sender) >= sender->sent;
                });
            });
        };
        if (!waitUntil(hasAll))
            qWarning("not all was heard");
        bool isGood = true;
        for (const CountingReceiver *receiver : receivers) {
            for (const CountingSender *sender : senders) {
                const QList<int> heard = receiver->numbers.value(sender->node.uuid());
                if (heard != numbersFromTo(1, sender->sent)) {
                    qWarning() << "of" << sender->sent << "were heard" << heard.size();
                    isGood = false;
                }
            }
            if (receiver->lost > 0)
                qWarning() << "told lost" << receiver->lost;
            isGood = isGood && receiver->lost == 0 && receiver->numbers.size() == qsizetype(senders.size());
        }
        return isGood
            && std::all_of(senders.begin(), senders.end(), [](const auto *sender) { return sender->wasTaken; });
    }

    const QTemporaryDir m_folder;

private Q_SLOTS:
    void initTestCase()
    {
        if (const QString why = PeerProcess::whyNoPython(); !why.isEmpty())
            QSKIP(qPrintable(why));
        QFile file(rules());
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("allow user " + QByteArray::number(::geteuid()) + " anything\n");
    }

    void allPeersHearEachOther_data()
    {
        QTest::addColumn<PeerProcess::Language>("serving"); // the second bus
        for (const auto server : {PeerProcess::Python, PeerProcess::Qt})
            QTest::addRow("server %s", qPrintable(nameOf(server))) << server;
    }
    void allPeersHearEachOther()
    {
        QFETCH(const PeerProcess::Language, serving);
        RelayedBus one(rules());
        QVERIFY(one.serve());
        Bus two;
        RelayedBus second(rules());
        const bool isPython = serving == PeerProcess::Python;
        if (isPython)
            QVERIFY(two.serve(two.add(PeerProcess::Python, u"server"_s)));
        else
            QVERIFY(second.serve());
        const int otherPort = isPython ? two.port() : second.port();

        CableProcess cable(one.port(), otherPort, {u"--python"_s});
        CountingSender here(one.options());
        CountingSender there({.port = otherPort, .server = false});
        CountingReceiver hears(one.options());
        CountingReceiver hearsThere({.port = otherPort, .server = false});
        QVERIFY(areReady({&here.node, &there.node, &hears.node, &hearsThere.node}));
        std::unique_ptr<PeerProcess> pythons[2];
        for (int i = 0; i < 2; ++i) {
            pythons[i] = std::make_unique<PeerProcess>(PeerProcess::Python, u"python %1"_s.arg(i));
            pythons[i]->start();
            const QJsonObject options{
                {u"port"_s, i == 0 ? one.port() : otherPort}, {u"server"_s, false}, {u"replyTimeout"_s, 20'000}};
            PEERS_VERIFY(pythons[i]->tell(u"configure"_s, options));
            PEERS_VERIFY(pythons[i]->tell(u"on"_s, {{u"name"_s, u"order"_s}}));
            PEERS_VERIFY(pythons[i]->tell(u"on"_s, {{u"name"_s, u"bill"_s}}));
            PEERS_VERIFY(pythons[i]->tell(u"ready"_s));
        }
        QVERIFY(cable.isReady());
        QList<int> bills;
        hearsThere.node.on("bill", {"i"}, this, [&](int number) { bills.append(number); });
        QVERIFY(areReady({&hearsThere.node}));

        here.send(100);
        there.send(100);
        QVERIFY(haveHeardAll({&hears, &hearsThere}, {&here, &there}));
        for (const auto &python : pythons)
            PEERS_VERIFY(python->waitForHeard(200, u"order"_s));
        PEERS_VERIFY(pythons[0]->tell(u"send"_s, {{u"name"_s, u"bill"_s}, {u"count"_s, 50}}));
        QVERIFY(waitUntil([&] { return bills.size() >= 50; }));
        QCOMPARE(bills, numbersFromTo(0, 49));
        for (const auto &python : pythons)
            PEERS_VERIFY(python->waitForHeard(50, u"bill"_s));
        // What would have come back is there now, since this is sent after it.
        here.send(1);
        there.send(1);
        QVERIFY(haveHeardAll({&hears, &hearsThere}, {&here, &there}));
        for (const auto &python : pythons) {
            PEERS_VERIFY(python->waitForHeard(202, u"order"_s));
            PEERS_COMPARE(python->heard(u"order"_s).size(), 202);
            PEERS_COMPARE(python->heard(u"bill"_s).size(), 50);
        }
        QCOMPARE(bills.size(), 50);
        QCOMPARE(cable.complaints(), QByteArrayList());
    }

    // By turns, while another one is there.
    void aCableIsKilled()
    {
        RelayedBus one(rules());
        RelayedBus two(rules());
        QVERIFY(one.serve() && two.serve());
        CountingSender here(one.options());
        CountingSender there(two.options());
        CountingReceiver hears(one.options());
        CountingReceiver hearsThere(two.options());
        QVERIFY(areReady({&here.node, &there.node, &hears.node, &hearsThere.node}));
        const auto start = [&] { return std::make_unique<CableProcess>(one.port(), two.port()); };
        std::unique_ptr<CableProcess> cables[2] = {start(), nullptr};
        QVERIFY(cables[0]->isReady());
        here.start();
        there.start();
        for (int round = 0; round < 6; ++round) {
            std::unique_ptr<CableProcess> &next = cables[(round + 1) % 2];
            next = start();
            QVERIFY(next->isReady());
            // What was sent before has only the old one.
            const int sent[] = {here.sent, there.sent};
            QVERIFY(waitUntil(
                [&] { return hearsThere.heard(here) >= sent[0] + 200 && hears.heard(there) >= sent[1] + 200; }));
            QVERIFY(waitUntil([&] { return next->acknowledged()[0] > 0 && next->acknowledged()[1] > 0; }));
            for (const QByteArray &complaint : cables[round % 2]->complaints())
                QVERIFY2(complaint.startsWith("error ForwardingLoop"), complaint);
            cables[round % 2]->kill();
        }
        here.stop();
        there.stop();
        QVERIFY(haveHeardAll({&hears, &hearsThere}, {&here, &there}));
    }

    void aRelayIsKilled_data()
    {
        QTest::addColumn<int>("cables");
        QTest::newRow("one cable") << 1;
        QTest::newRow("two cables") << 2;
    }
    void aRelayIsKilled()
    {
        QFETCH(const int, cables);
        RelayedBus one(rules());
        RelayedBus two(rules());
        QVERIFY(one.serve() && two.serve());
        CountingSender here(one.options());
        CountingSender there(two.options());
        CountingReceiver hears(one.options());
        CountingReceiver hearsThere(two.options());
        QVERIFY(areReady({&here.node, &there.node, &hears.node, &hearsThere.node}));
        std::vector<std::unique_ptr<CableProcess>> all;
        for (int i = 0; i < cables; ++i) {
            all.push_back(std::make_unique<CableProcess>(one.port(), two.port()));
            QVERIFY(all.back()->isReady());
        }
        here.start();
        there.start();
        for (int round = 0; round < 6; ++round) {
            const int heard[] = {hearsThere.heard(here), hears.heard(there)};
            QVERIFY(waitUntil(
                [&] { return hearsThere.heard(here) >= heard[0] + 200 && hears.heard(there) >= heard[1] + 200; }));
            RelayedBus &killed = round % 2 ? one : two;
            killed.kill();
            QVERIFY(killed.serve());
        }
        here.stop();
        there.stop();
        QVERIFY(haveHeardAll({&hears, &hearsThere}, {&here, &there}));
    }

    // When its server has its last event; and who comes later hears what was, though it never met the sender.
    void theSenderIsKilledAfterItsLastEvent()
    {
        RelayedBus one(rules());
        RelayedBus two(rules());
        QVERIFY(one.serve() && two.serve());
        CableProcess cable(one.port(), two.port());
        PyventNode receiver(two.options());
        QList<int> heard;
        receiver.on("order", {"i"}, this, [&](int number) { heard.append(number); });
        QVERIFY(areReady({&receiver}) && cable.isReady());
        for (int round = 0; round < 10; ++round) {
            heard.clear();
            PeerProcess sender(PeerProcess::Qt, u"sender"_s);
            sender.start();
            PEERS_VERIFY(sender.tell(u"configure"_s, {{u"port"_s, one.port()}, {u"server"_s, false}}));
            PEERS_VERIFY(sender.tell(u"send"_s, {{u"name"_s, u"order"_s}, {u"count"_s, 100}}));
            PEERS_VERIFY(sender.order(u"flush"_s));
            sender.kill();
            QVERIFY(waitUntil([&] { return heard.size() >= 100; }));
            QCOMPARE(heard, numbersFromTo(0, 99));
        }
        PyventNode joiner(two.options());
        QHash<QUuid, QList<int>> past;
        joiner.on("order", {.replay = {.last = 20}}, this, [&](const PyventEvent &event) {
            past[event.nodeId].append(event.replayed ? event.args[u"i"_s].toInt() : -1);
        });
        QVERIFY(waitUntil([&] {
            return past.size() == 10 && std::all_of(past.begin(), past.end(), [](const QList<int> &numbers) {
                       return numbers.size() >= 20;
                   });
        }));
        for (const QList<int> &numbers : std::as_const(past))
            QCOMPARE(numbers, numbersFromTo(80, 99));
    }

    void aLateJoinerHearsThePastAndThePresent()
    {
        RelayedBus one(rules());
        RelayedBus two(rules());
        QVERIFY(one.serve() && two.serve());
        CableProcess cable(one.port(), two.port());
        CountingSender sender(one.options());
        QVERIFY(areReady({&sender.node}) && cable.isReady());
        sender.start();
        QVERIFY(waitUntil([&] { return sender.sent >= 500 && cable.acknowledged()[1] >= 500; }));
        CountingReceiver joiner(two.options(), {.since = 60s});
        QVERIFY(waitUntil([&] { return joiner.heard(sender) >= 1000; }));
        sender.stop();
        QVERIFY(haveHeardAll({&joiner}, {&sender}));
    }

    void nothingCirclesInATriangle()
    {
        std::vector<std::unique_ptr<RelayedBus>> buses;
        std::vector<std::unique_ptr<CableProcess>> cables;
        std::vector<std::unique_ptr<CountingSender>> senders;
        std::vector<std::unique_ptr<CountingReceiver>> receivers;
        for (int i = 0; i < 3; ++i) {
            buses.push_back(std::make_unique<RelayedBus>(rules()));
            QVERIFY(buses.back()->serve());
            senders.push_back(std::make_unique<CountingSender>(buses.back()->options()));
            receivers.push_back(std::make_unique<CountingReceiver>(buses.back()->options()));
            QVERIFY(areReady({&senders.back()->node, &receivers.back()->node}));
        }
        for (int i = 0; i < 3; ++i) {
            cables.push_back(std::make_unique<CableProcess>(buses[i]->port(), buses[(i + 1) % 3]->port()));
            QVERIFY(cables.back()->isReady());
        }
        std::vector<std::unique_ptr<FrameCounter>> counters;
        for (int i = 0; i < 3; ++i)
            counters.push_back(std::make_unique<FrameCounter>(buses[i]->port(), "order"));
        // ZeroMQ does not say when it has subscribed. What it has not counted until then is not in the way.
        QVERIFY(waitUntil([&] {
            senders[0]->send(1);
            return std::all_of(counters.begin(), counters.end(),
                               [](const auto &counter) { return counter->frames() > 0; });
        }));
        for (const auto &sender : senders)
            sender->start();
        QVERIFY(waitUntil([&] {
            return std::all_of(senders.begin(), senders.end(), [](const auto &sender) { return sender->sent >= 1000; });
        }));
        for (const auto &sender : senders)
            sender->stop();
        QVERIFY(haveHeardAll({receivers[0].get(), receivers[1].get(), receivers[2].get()},
                             {senders[0].get(), senders[1].get(), senders[2].get()}));
        // What goes round is before this, wherever it is.
        for (int lap = 0; lap < 3; ++lap) {
            for (const auto &sender : senders)
                sender->send(1);
            QVERIFY(haveHeardAll({receivers[0].get(), receivers[1].get(), receivers[2].get()},
                                 {senders[0].get(), senders[1].get(), senders[2].get()}));
        }
        // A bus has its own events once, and others' from its two cables, but for the few that one cable knew already.
        for (int i = 0; i < 3; ++i) {
            int most = 0;
            for (int j = 0; j < 3; ++j)
                most += senders[j]->sent * (i == j ? 1 : 2);
            QVERIFY2(counters[i]->frames() <= most + most / 100,
                     qPrintable(u"%1 of %2"_s.arg(counters[i]->frames()).arg(most)));
        }
        for (const auto &cable : cables) {
            for (const QByteArray &complaint : cable->complaints())
                QVERIFY2(complaint.startsWith("error ForwardingLoop"), complaint);
            QVERIFY(cable->complaints().size() <= 2);
        }
    }

    void withoutRulesTheOwnUserNeedsNoRight()
    {
        RelayedBus one({});
        RelayedBus two({});
        QVERIFY(one.serve() && two.serve());
        CableProcess cable(one.port(), two.port());
        CountingSender sender(one.options());
        CountingReceiver receiver(two.options());
        QVERIFY(areReady({&sender.node, &receiver.node}) && cable.isReady());
        sender.send(100);
        QVERIFY(haveHeardAll({&receiver}, {&sender}));
        QCOMPARE(cable.complaints(), QByteArrayList());
    }

    void withoutTheRightItIsSaidWhichRuleIsMissing()
    {
        QFile narrow(m_folder.filePath(u"narrow"_s));
        QVERIFY(narrow.open(QIODevice::WriteOnly));
        narrow.write("allow anyone send, hear *\n");
        narrow.close();
        RelayedBus one(rules());
        RelayedBus two(narrow.fileName());
        QVERIFY(one.serve() && two.serve());
        CableProcess cable(one.port(), two.port());
        CountingSender sender(one.options());
        CountingReceiver receiver(two.options());
        QVERIFY(areReady({&sender.node, &receiver.node}) && cable.isReady());
        sender.send(1);
        QVERIFY(cable.printsLine("error EventRefused"));
        const QByteArray line = "allow user " + QByteArray::number(::geteuid()) + " send, speak-for-others order";
        QVERIFY2(cable.complaints().constFirst().contains(line), cable.complaints().constFirst());
        sender.send(1);
        QVERIFY(cable.printsLine("refused"));
        QVERIFY(receiver.numbers.isEmpty());
    }
};

PYVENT_TEST(tst_Forward)

#include "tst_forward.moc"
