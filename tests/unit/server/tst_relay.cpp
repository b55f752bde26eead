// SPDX-License-Identifier: MIT
#include "server/relay.h"

#include "security/peerrulespool.h"
#include "support/sendbuffers.h"
#include "support/testprogram.h"
#include "unit/security/samplerules.h"
#include "wire/batch.h"
#include "wire/frame.h"
#include "wire/topic.h"
#include "wire/zmtp.h"

#include <QtCore/qbytearraylist.h>
#include <QtTest/qtest.h>

using namespace Pyvent::Internal;

namespace {

// What waits for a client, in the frames of ZMTP: messages as their parts, joined by '|'.
QByteArrayList outputOf(Relay::Client *client)
{
    const QByteArray bytes = PyventTests::takeBytes(&client->output);
    QByteArrayList messages;
    bool goesOn = false;
    for (QByteArrayView rest = bytes; !rest.isEmpty();) {
        const auto header = Zmtp::readHeader(rest);
        const QByteArrayView body = rest.sliced(header->size, qsizetype(header->bodySize));
        if (goesOn)
            messages.back() += '|' + body.toByteArray();
        else
            messages.append(body.toByteArray());
        goesOn = header->flags & Zmtp::Header::More;
        rest = rest.sliced(header->size + body.size());
    }
    return messages;
}

QByteArray batchOf(const QByteArrayList &frames)
{
    QByteArray batch;
    for (const QByteArray &frame : frames) {
        QByteArray entry(sizeInBatch(frame.size()), Qt::Uninitialized);
        writeToBatch(frame, entry.data());
        batch += entry;
    }
    return batch;
}

void send(Relay *relay, Relay::Client *client, QByteArrayView delimiter, const QByteArray &body)
{
    const QByteArray encoded = Zmtp::frame(0, body);
    relay->receive(client, delimiter, {0, encoded, QByteArrayView(encoded).last(body.size()), {}});
}

} // namespace

class TestRelay : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void publishesAndThenAcknowledges();
    void passesOnToThoseWhoHear();
    void passesOnOnce();
    void tellsWhoProvesThatItTakesBatches();
    void publishesABatchOneByOne();
    void sharesWhatItPassesOn();
    void whatIsNoMessage_data();
    void whatIsNoMessage();
    void whoDoesNotReadLosesTheNewest();
    void countsWhatEventsTake();
    void isFullForAll();
    void whoReadsLosesNothingForOthers();
    void anEventOfAnySizeFitsWhoReads();
    void tellsWhatItDropped();
    void tellsThatASenderIsGone();
    void passesOnWhatIsASendersOwn();
    void passesOnNothingInAnothersName_data();
    void passesOnNothingInAnothersName();
    void aNodeWithoutProofIsWhoseItWasFirst();
    void tellsWhatItRefused();
    void countsControlMessages();
    void boundsSubscriptions();
    void boundsTheSubscriptionsOfAll();
    void knowsASecondClient();
    void saysGoodbye();
    void forgetsWhoLeaves();
    void forgetsVeryManySubscriptionsLittleByLittle();
};

void TestRelay::publishesAndThenAcknowledges()
{
    Relay relay(true, {});
    Relay::Client *const hears = relay.add();
    Relay::Client *const sends = relay.add();
    QVERIFY(relay.subscribe(hears, "order"));
    send(&relay, sends, "", "order x.");
    QCOMPARE(relay.takeTouched(), (std::vector<Relay::Client *>{hears, sends})); // written in this order
    QCOMPARE(outputOf(hears), QByteArrayList{"order x."});
    QCOMPARE(outputOf(sends), QByteArrayList{"|1"});
    QVERIFY(relay.takeTouched().empty());
}

void TestRelay::passesOnToThoseWhoHear()
{
    Relay relay(true, {});
    Relay::Client *const one = relay.add();
    Relay::Client *const other = relay.add();
    Relay::Client *const all = relay.add();
    relay.subscribe(one, "order ");
    relay.subscribe(other, "orders");
    relay.subscribe(all, "");
    for (const char *body : {"order x.", "orders x.", "orde", ""})
        send(&relay, one, "", body);
    outputOf(one).removeAll("|1");
    QCOMPARE(outputOf(other), QByteArrayList{"orders x."});
    QCOMPARE(outputOf(all), (QByteArrayList{"order x.", "orders x.", "orde", ""}));
    relay.unsubscribe(all, "");
    relay.unsubscribe(all, "never there");
    send(&relay, one, "", "order x.");
    QVERIFY(outputOf(all).isEmpty());
}

void TestRelay::passesOnOnce()
{
    Relay relay(true, {});
    Relay::Client *const hears = relay.add();
    for (const char *prefix : {"", "o", "order", "order", "order "})
        QVERIFY(relay.subscribe(hears, prefix));
    send(&relay, relay.add(), "", "order x.");
    QCOMPARE(outputOf(hears), QByteArrayList{"order x."});
    relay.unsubscribe(hears, "order"); // as with ZeroMQ, once is enough
    relay.unsubscribe(hears, "order ");
    relay.unsubscribe(hears, "o");
    relay.unsubscribe(hears, "");
    send(&relay, relay.add(), "", "order x.");
    QVERIFY(outputOf(hears).isEmpty());
}

void TestRelay::tellsWhoProvesThatItTakesBatches()
{
    const QByteArray proof = "\x02proof/x/1 ";
    for (const bool takesBatches : {true, false}) {
        Relay relay(takesBatches, {});
        Relay::Client *const client = relay.add();
        send(&relay, client, "", proof);
        QCOMPARE(outputOf(client), QByteArrayList{takesBatches ? "|1 batch" : "|1"});
    }
}

void TestRelay::publishesABatchOneByOne()
{
    Relay relay(true, {});
    Relay::Client *const all = relay.add();
    Relay::Client *const some = relay.add();
    Relay::Client *const sends = relay.add();
    relay.subscribe(all, "");
    relay.subscribe(some, "a");
    const QByteArray large(300, 'a');
    const QByteArrayList frames{"b 1", "a 1", "a 2", large, "b 2", "", "a 3"};
    send(&relay, sends, batchMark, batchOf(frames));
    QCOMPARE(outputOf(all), frames);
    QCOMPARE(outputOf(some), (QByteArrayList{"a 1", "a 2", large, "a 3"}));
    QCOMPARE(outputOf(sends), QByteArrayList{"|1"});
    send(&relay, sends, batchMark, {});
    QCOMPARE(outputOf(sends), QByteArrayList{"|1"});
    QVERIFY(outputOf(all).isEmpty());
}

void TestRelay::sharesWhatItPassesOn()
{
    Relay relay(true, {});
    const qsizetype before = relay.waitingBytes();
    std::vector<Relay::Client *> receivers;
    for (int i = 0; i < 100; ++i)
        relay.subscribe(receivers.emplace_back(relay.add()), "order");
    send(&relay, relay.add(), "", "order " + QByteArray(10'000, 'x'));
    QVERIFY(relay.waitingBytes() - before < 20'000);
    for (Relay::Client *receiver : receivers)
        QCOMPARE(outputOf(receiver).size(), 1);
    QCOMPARE(relay.waitingBytes(), before);
}

void TestRelay::whatIsNoMessage_data()
{
    QTest::addColumn<bool>("takesBatches");
    QTest::addColumn<QByteArray>("delimiter");
    QTest::addColumn<QByteArray>("message");
    QTest::newRow("another delimiter") << true << QByteArray("x") << QByteArray("order x.");
    QTest::newRow("a batch where none are taken") << false << batchMark.toByteArray() << batchOf({"a ."});
    QTest::newRow("half a batch") << true << batchMark.toByteArray() << batchOf({"a .", "b ."}).chopped(1);
    QTest::newRow("a large batch") << true << batchMark.toByteArray() << batchOf({QByteArray(maximumBatchSize, 'x')});
}

// It is not acknowledged, so that its sender does not take it for heard.
void TestRelay::whatIsNoMessage()
{
    QFETCH(bool, takesBatches);
    QFETCH(QByteArray, delimiter);
    QFETCH(QByteArray, message);
    Relay relay(takesBatches, {});
    Relay::Client *const client = relay.add();
    relay.subscribe(client, "");
    send(&relay, client, delimiter, message);
    QVERIFY(outputOf(client).isEmpty());
    QVERIFY(relay.takeTouched().empty());
}

void TestRelay::whoDoesNotReadLosesTheNewest()
{
    Relay relay(true, {.waitingBytes = 10 * (92 + Block::overhead)});
    Relay::Client *const deaf = relay.add();
    Relay::Client *const sends = relay.add();
    relay.subscribe(deaf, "");
    for (int i = 0; i < 100; ++i)
        send(&relay, sends, "", "event " + QByteArray::number(i) + ' ' + QByteArray(84, 'x'));
    QCOMPARE(outputOf(sends).size(), 100);
    const QByteArrayList heard = outputOf(deaf);
    QVERIFY(heard.size() >= 9 && heard.size() <= 11);
    for (int i = 0; i < heard.size(); ++i)
        QVERIFY(heard[i].startsWith("event " + QByteArray::number(i) + ' '));
    QCOMPARE(relay.takeDropped(), quint64(100 - heard.size()));
    QCOMPARE(relay.takeDropped(), quint64(0));
    send(&relay, sends, batchMark, batchOf({"again", "and again"}));
    QCOMPARE(outputOf(deaf), (QByteArrayList{"again", "and again"}));
}

// Very small events take more than their bytes.
void TestRelay::countsWhatEventsTake()
{
    Relay relay(true, {.waitingBytes = 100'000});
    Relay::Client *const deaf = relay.add();
    Relay::Client *const sends = relay.add();
    relay.subscribe(deaf, "");
    for (int i = 0; i < 10'000; ++i) {
        send(&relay, sends, "", "");
        outputOf(sends);
    }
    QVERIFY(outputOf(deaf).size() <= 100'000 / Block::overhead);
    QVERIFY(relay.takeDropped() > 5000);
}

// Where all is full, nobody is given large events, however little waits for whom.
void TestRelay::isFullForAll()
{
    constexpr qsizetype megabyte = 1024 * 1024;
    Relay relay(true, {.allBytes = 20 * megabyte});
    Relay::Client *const sends = relay.add();
    for (int i = 0; i < 100; ++i) {
        const QByteArray name = QByteArray::number(i) + ' ';
        relay.subscribe(relay.add(), name);
        send(&relay, sends, "", name + QByteArray(5 * megabyte, 'x'));
        outputOf(sends);
        QVERIFY(relay.waitingBytes() < 26 * megabyte);
    }
    Relay::Client *const small = relay.add();
    relay.subscribe(small, "small");
    send(&relay, sends, "", "small x.");
    QCOMPARE(outputOf(small), QByteArrayList{"small x."});
}

// Where those who do not read fill what there is for all.
void TestRelay::whoReadsLosesNothingForOthers()
{
    constexpr qsizetype megabyte = 1024 * 1024;
    Relay relay(true, {.waitingBytes = 64 * megabyte, .allBytes = 20 * megabyte});
    Relay::Client *const reads = relay.add();
    Relay::Client *const deaf = relay.add();
    relay.subscribe(reads, "");
    relay.subscribe(deaf, "");
    Relay::Client *const sends = relay.add();
    for (int i = 0; i < 1000; ++i) {
        send(&relay, sends, "", QByteArray(100'000, 'x'));
        outputOf(sends);
        QCOMPARE(outputOf(reads).size(), 1); // of each
        QVERIFY(relay.waitingBytes() < 21 * megabyte);
    }
    QVERIFY(relay.takeDropped() > 0);
}

void TestRelay::anEventOfAnySizeFitsWhoReads()
{
    Relay relay(true, {.waitingBytes = 1000});
    Relay::Client *const reads = relay.add();
    relay.subscribe(reads, "");
    send(&relay, relay.add(), "", QByteArray(10'000, 'x'));
    QCOMPARE(outputOf(reads), QByteArrayList{QByteArray(10'000, 'x')});
}

namespace {

QByteArray numbered(const QUuid &node, const QByteArray &topic, quint64 sequence)
{
    QByteArray frame = topic + ' ' + QByteArray(1000, 'x') + '.';
    appendTrailer({.nodeId = node, .sequence = sequence, .time = qint64(1000 + sequence)}, &frame);
    return frame;
}

// The announcement that a message is, for \a node; none if it is something else.
std::optional<Control::Heads> headsFor(const QUuid &node, const QByteArray &message)
{
    const auto control = Control::Message::of(message);
    if (!message.startsWith(nodeTopic(node, Control::heads)) || !control)
        return {};
    return Control::Heads::read(control->payload);
}

} // namespace

void TestRelay::tellsWhatItDropped()
{
    Relay relay(true, {.waitingBytes = 10'000});
    const QUuid receiver = QUuid::createUuid();
    const QUuid sender = QUuid::createUuid();
    Relay::Client *const hears = relay.add();
    Relay::Client *const sends = relay.add();
    QVERIFY(relay.subscribe(hears, nodeTopic(receiver, {}).chopped(1)));
    QVERIFY(relay.subscribe(hears, "order "));
    QVERIFY(relay.subscribe(hears, "bill "));
    for (quint64 i = 1; i <= 20; ++i)
        send(&relay, sends, "", numbered(sender, "order", i));
    send(&relay, sends, "", numbered(sender, "bill", 1));
    send(&relay, sends, "", numbered(sender, "nobody", 1));
    send(&relay, sends, "", "order of Python's.");
    QVERIFY(!relay.tellDropped(hears)); // there is no room yet
    const qsizetype heard = outputOf(hears).size();
    QVERIFY(heard > 5 && heard < 15);
    QVERIFY(relay.tellDropped(hears));
    QVERIFY(!relay.tellDropped(hears));
    const QByteArrayList told = outputOf(hears);
    QCOMPARE(told.size(), 1);
    const auto heads = headsFor(receiver, told.first());
    QVERIFY(heads);
    QCOMPARE(heads->node, sender);
    QCOMPARE(heads->heads.size(), std::size_t(2));
    QCOMPARE(heads->heads[0].topic, QByteArray("bill"));
    QCOMPARE(heads->heads[0].sequence, quint64(1));
    QCOMPARE(heads->heads[1].topic, QByteArray("order"));
    QCOMPARE(heads->heads[1].sequence, quint64(20));
    QCOMPARE(heads->heads[1].time, qint64(1020));
}

void TestRelay::tellsThatASenderIsGone()
{
    Relay relay(true, {.waitingBytes = 10'000});
    const QUuid receiver = QUuid::createUuid();
    const QUuid stays = QUuid::createUuid();
    const QUuid goes = QUuid::createUuid();
    Relay::Client *const hears = relay.add();
    QVERIFY(relay.subscribe(hears, nodeTopic(receiver, {}).chopped(1)));
    QVERIFY(relay.subscribe(hears, ""));
    Relay::Client *const sends = relay.add();
    QVERIFY(relay.subscribe(sends, nodeTopic(stays, {}).chopped(1)));
    const QUuid elsewhere = QUuid::createUuid(); // for which that one stands in
    QVERIFY(relay.subscribe(sends, nodeTopic(elsewhere, Control::ask)));
    for (quint64 i = 1; i <= 20; ++i) {
        send(&relay, sends, "", numbered(stays, "order", i));
        send(&relay, sends, "", numbered(elsewhere, "order", i));
        send(&relay, sends, "", numbered(goes, "order", i));
    }
    outputOf(hears);
    QVERIFY(relay.tellDropped(hears));
    QVERIFY(relay.hasToldDropped());
    outputOf(hears);
    relay.tellGone();
    QVERIFY(!relay.hasToldDropped());
    const QByteArrayList told = outputOf(hears);
    QCOMPARE(told.size(), 1);
    QVERIFY(told.first().startsWith(nodeTopic(receiver, Control::answer)));
    const auto answer = Control::Answer::read(Control::Message::of(told.first())->payload);
    QVERIFY(answer);
    QCOMPARE(answer->node, goes);
    QCOMPARE(answer->topic, QByteArray("order"));
    QCOMPARE(answer->first, quint64(21));
    // Who has left is told nothing.
    send(&relay, sends, "", numbered(goes, "order", 21));
    relay.remove(hears);
    relay.tellGone();
}

namespace {

QByteArray eventOf(const QUuid &node, quint64 sequence = 1, QByteArray topic = "order")
{
    QByteArray frame = topic + " }.";
    appendTrailer({.nodeId = node, .sequence = sequence, .time = 1}, &frame);
    return frame;
}

// By each way that frames come: one by one, as a batch, and as a run.
QByteArrayList passedOn(Relay *relay, Relay::Client *from, Relay::Client *to, const QByteArrayList &frames, int way)
{
    switch (way) {
    case 0:
        for (const QByteArray &frame : frames)
            send(relay, from, {}, frame);
        break;
    case 1:
        send(relay, from, batchMark, batchOf(frames));
        break;
    default: {
        QByteArray run;
        for (const QByteArray &frame : frames)
            run += Zmtp::frame(0, frame);
        for (QByteArrayView rest = run; const auto header = Zmtp::readHeader(rest);) {
            const QByteArrayView encoded = rest.first(header->size + qsizetype(header->bodySize));
            relay->addToRun(from, {header->flags, encoded, encoded.sliced(header->size), {}});
            rest = rest.sliced(encoded.size());
        }
        relay->endRun();
    }
    }
    outputOf(from);
    return outputOf(to);
}

} // namespace

void TestRelay::passesOnWhatIsASendersOwn()
{
    Relay relay(true, {});
    Relay::Client *const sender = relay.add();
    Relay::Client *const receiver = relay.add();
    relay.subscribe(receiver, "");
    const NodeSecret secret;
    sender->speaker.setSecret(secret.bytes());
    const QUuid asker = QUuid::createUuid();
    const QByteArrayList frames = {eventOf(secret.node(1)),
                                   eventOf(secret.node(2)),
                                   "order }.", // a Python node's
                                   "order",
                                   Control::Heads{.node = secret.node(1), .heads = {}}.toFrame(),
                                   nodeTopic(asker, Control::repair) + eventOf(secret.node(1)),
                                   eventOf(secret.node(1), 2)};
    for (int way = 0; way < 3; ++way)
        QCOMPARE(passedOn(&relay, sender, receiver, frames, way), frames);
    QVERIFY(!relay.hasRefused());
    Relay::Client *const again = relay.add(); // another connection of the same process
    again->speaker.setSecret(secret.bytes());
    QCOMPARE(passedOn(&relay, again, receiver, frames, 0), frames);
}

void TestRelay::passesOnNothingInAnothersName_data()
{
    QTest::addColumn<QByteArray>("frame");
    const NodeSecret secret;
    const QUuid node = secret.node(1);
    const QUuid asker = QUuid::createUuid();
    QTest::newRow("an event") << eventOf(node);
    QTest::newRow("a repair for all") << commonTopic(Control::repair) + eventOf(node);
    QTest::newRow("a repair") << nodeTopic(asker, Control::repair) + eventOf(node);
    QTest::newRow("a replay") << nodeTopic(asker, Control::replay) + eventOf(node);
    QTest::newRow("heads") << Control::Heads{.node = node, .heads = {}}.toFrame();
    QTest::newRow("heads for one") << Control::Heads{.node = node, .heads = {}}.toFrame(asker);
    QTest::newRow("an answer") << Control::Answer{.node = node}.toFrame(asker);
    QTest::newRow("withheld") << Control::Withheld{.node = node}.toFrame(asker);
    QTest::newRow("kept") << Control::Kept{.node = node}.toFrame(asker);
    QTest::newRow("a question") << Control::Ask{.asker = node}.toFrame(asker);
    QTest::newRow("a recall") << Control::Ask{.asker = node}.toFrame(asker, Control::recall);
    QTest::newRow("a question about the past") << Control::Past{.asker = node}.toFrame();
    QTest::newRow("a question for heads") << Control::Announce{node, {}}.toFrame();
    QTest::newRow("who is there?") << commonTopic(Control::who) + node.toByteArray(QUuid::WithoutBraces);
    QTest::newRow("here") << nodeTopic(asker, Control::here) + "\xa1\x64uuid\x78\x24"
            + node.toByteArray(QUuid::WithoutBraces);
    QTest::newRow("what only the server says") << Control::Refused{.node = node}.toFrame();
    QTest::newRow("heads that nobody reads") << commonTopic(Control::heads) + "nonsense";
}

void TestRelay::passesOnNothingInAnothersName()
{
    QFETCH(const QByteArray, frame);
    Relay relay(true, {});
    Relay::Client *const sender = relay.add();
    Relay::Client *const receiver = relay.add();
    relay.subscribe(receiver, "");
    const NodeSecret own;
    sender->speaker.setSecret(own.bytes());
    const QByteArrayList mixed = {eventOf(own.node(1)), frame, eventOf(own.node(1), 2)};
    for (int way = 0; way < 3; ++way)
        QCOMPARE(passedOn(&relay, sender, receiver, mixed, way), (QByteArrayList{mixed[0], mixed[2]}));
    QCOMPARE(relay.hasRefused(), !frame.endsWith("nonsense"));
    QCOMPARE(sender->refused(), quint64(frame.endsWith("nonsense") ? 0 : 3));
    Relay::Client *const stranger = relay.add(); // who has shown nothing
    QCOMPARE(passedOn(&relay, stranger, receiver, {frame}, 0), QByteArrayList());
    Relay::Client *const bridge = relay.add();
    PeerRulesPool pool(std::make_shared<Rules>(PyventTests::rulesOf("allow user root anything\n")));
    relay.setRules(bridge, pool.find({.user = 0}));
    const auto message = Control::Message::of(frame); // of others, it says events and nothing else
    const bool isEvent = !isControlTopic(frame)
        || (message && (message->kind == Control::Kind::Repair || message->kind == Control::Kind::Replay));
    QCOMPARE(passedOn(&relay, bridge, receiver, {frame}, 0), isEvent ? QByteArrayList{frame} : QByteArrayList());
}

// Nodes of earlier versions, and what speaks for connections: proofs.
void TestRelay::aNodeWithoutProofIsWhoseItWasFirst()
{
    Relay relay(true, {});
    Relay::Client *const first = relay.add();
    Relay::Client *const second = relay.add();
    Relay::Client *const receiver = relay.add();
    relay.subscribe(receiver, "");
    const QUuid node = QUuid::createUuid();
    const QByteArrayList frames = {eventOf(node), "\x02proof/" + QUuid(node).toByteArray(QUuid::WithoutBraces) + "/1 "};
    QCOMPARE(passedOn(&relay, first, receiver, frames, 0), frames);
    QCOMPARE(passedOn(&relay, second, receiver, frames, 0), QByteArrayList());
    QCOMPARE(passedOn(&relay, first, receiver, frames, 0), frames);
    relay.remove(first);
    QCOMPARE(passedOn(&relay, second, receiver, frames, 0), frames);
    for (int i = 0; i < 2000; ++i) // of which it may not speak for all
        send(&relay, second, {}, eventOf(QUuid::createUuid()));
    QVERIFY(second->refused() >= 1000);
    QCOMPARE(passedOn(&relay, second, receiver, frames, 0).last(), frames.last());
}

void TestRelay::tellsWhatItRefused()
{
    Relay relay(true, {});
    Relay::Client *const sender = relay.add();
    Relay::Client *const receiver = relay.add();
    relay.subscribe(receiver, commonTopic({}).chopped(1));
    const NodeSecret own;
    sender->speaker.setSecret(own.bytes());
    const QUuid other = NodeSecret().node(1);
    send(&relay, sender, {}, eventOf(own.node(1)));
    for (int i = 0; i < 3; ++i)
        send(&relay, sender, {}, eventOf(other));
    QVERIFY(relay.hasRefused());
    relay.tellRefused();
    QVERIFY(!relay.hasRefused());
    const QByteArrayList told = outputOf(receiver);
    QCOMPARE(told.size(), 1);
    const auto message = Control::Message::of(told[0]);
    QVERIFY(message && message->kind == Control::Kind::Refused);
    const auto refused = Control::Refused::read(message->payload);
    QVERIFY(refused);
    QCOMPARE(refused->node, own.node(1));
    QCOMPARE(refused->as, other);
    QCOMPARE(refused->topic, QByteArray("order"));
    QCOMPARE(refused->count, quint64(3));
    for (int i = 0; i < 10'000; ++i) // a word for each would be as much as they are
        send(&relay, sender, {}, eventOf(other, 1, "order" + QByteArray::number(i)));
    relay.tellRefused();
    QVERIFY(outputOf(receiver).size() <= 102);
}

void TestRelay::countsControlMessages()
{
    Relay relay(true, {});
    Relay::Client *const sender = relay.add();
    const NodeSecret own;
    sender->speaker.setSecret(own.bytes());
    send(&relay, sender, {}, eventOf(own.node(1)));
    send(&relay, sender, {}, commonTopic(Control::announce));
    send(&relay, sender, {}, Control::Ask{.asker = own.node(1)}.toFrame(QUuid::createUuid()));
    send(&relay, sender, {}, commonTopic(Control::repair) + eventOf(own.node(1)));
    QCOMPARE(sender->commonMessages(), quint64(1));
    QCOMPARE(sender->nodeMessages(), quint64(1));
}

void TestRelay::boundsSubscriptions()
{
    Relay relay(true, {.subscriptions = 10, .subscribedBytes = 100});
    Relay::Client *const client = relay.add();
    for (int i = 0; i < 10; ++i)
        QVERIFY(relay.subscribe(client, QByteArray::number(i)));
    QVERIFY(relay.subscribe(client, "9"));
    QVERIFY(!relay.subscribe(client, "10"));
    relay.unsubscribe(client, "9");
    QVERIFY(!relay.subscribe(client, QByteArray(92, 'x')));
    QVERIFY(relay.subscribe(client, QByteArray(91, 'x')));
    QVERIFY(relay.subscribe(relay.add(), "10")); // another one has its own
}

void TestRelay::boundsTheSubscriptionsOfAll()
{
    Relay relay(true, {.allSubscribed = 1'000'000});
    int taken = 0;
    for (int i = 0; i < 100; ++i) { // also of those that are gone, as long as something of them is there
        Relay::Client *const client = relay.add();
        for (int j = 0; j < 1000 && relay.subscribe(client, QByteArray::number(i * 1000 + j)); ++j)
            ++taken;
        relay.remove(client);
    }
    QVERIFY(taken < 50'000);
    QVERIFY(relay.memory() < 10'000'000);
    Relay::Client *const modest = relay.add();
    for (int i = 0; i < 200; ++i)
        QVERIFY(relay.subscribe(modest, "order " + QByteArray::number(i)));
    while (relay.tidy()) { }
    QVERIFY(relay.memory() < 100'000);
}

void TestRelay::knowsASecondClient()
{
    Relay relay(true, {});
    Relay::Client *const one = relay.add();
    send(&relay, one, "", "order x.");
    send(&relay, one, "", "order x.");
    relay.subscribe(relay.add(), "");
    QVERIFY(!relay.hadOtherClients());
    send(&relay, relay.add(), "x", ""); // whatever it says
    QVERIFY(relay.hadOtherClients());
}

void TestRelay::saysGoodbye()
{
    Relay relay(true, {});
    Relay::Client *const python = relay.add();
    relay.subscribe(python, serverDisconnectTopic);
    relay.sayGoodbye();
    QCOMPARE(outputOf(python), QByteArrayList{serverDisconnectTopic.toByteArray()});
}

void TestRelay::forgetsWhoLeaves()
{
    Relay relay(true, {});
    const qsizetype before = relay.waitingBytes();
    Relay::Client *const leaves = relay.add();
    Relay::Client *const stays = relay.add();
    for (Relay::Client *client : {leaves, stays})
        relay.subscribe(client, "order");
    send(&relay, stays, "", "order x.");
    relay.remove(leaves);
    QCOMPARE(relay.takeTouched(), std::vector<Relay::Client *>{stays});
    send(&relay, stays, "", "order y.");
    QCOMPARE(outputOf(stays), (QByteArrayList{"order x.", "|1", "order y.", "|1"}));
    QCOMPARE(relay.clients(), 1);
    QCOMPARE(relay.waitingBytes(), before);
    QVERIFY(!relay.tidy());
}

// It takes its time, and nobody waits for it.
void TestRelay::forgetsVeryManySubscriptionsLittleByLittle()
{
    Relay relay(true, {});
    const qsizetype before = relay.memory();
    Relay::Client *const leaves = relay.add();
    Relay::Client *const stays = relay.add();
    relay.subscribe(stays, "order 7 ");
    for (int i = 0; i < 100'000; ++i)
        relay.subscribe(leaves, "order " + QByteArray::number(i) + ' ');
    QVERIFY(relay.memory() - before > 10'000'000);
    relay.remove(leaves);
    int turns = 0;
    do {
        send(&relay, stays, "", "order 7 x.");
        QCOMPARE(outputOf(stays), (QByteArrayList{"order 7 x.", "|1"}));
        ++turns;
    } while (relay.tidy());
    QVERIFY(turns > 10);
    relay.unsubscribe(stays, "order 7 ");
    QCOMPARE(relay.memory(), before);
}

PYVENT_TEST(TestRelay)

#include "tst_relay.moc"
