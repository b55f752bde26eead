// SPDX-License-Identifier: MIT
#include "security/nodesecret.h"
#include "security/peerrulespool.h"
#include "server/relay.h"
#include "support/sendbuffers.h"
#include "support/testprogram.h"
#include "unit/security/samplerules.h"
#include "wire/zmtp.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace PyventTests;
using Control::Declaration;

namespace {

const QUuid asker = QUuid::createUuid();
const QUuid answerer = QUuid::createUuid();

// What \a client has got, events by their bytes, and lists of answerers as "name: how many[ +]".
QByteArrayList whatHas(Relay::Client *client)
{
    const QByteArray bytes = takeBytes(&client->output);
    QByteArrayList frames;
    for (QByteArrayView rest = bytes; const auto header = Zmtp::readHeader(rest);) {
        const QByteArrayView body = rest.sliced(header->size, qsizetype(header->bodySize));
        const auto message = Control::Message::of(body);
        if (message && message->kind == Control::Kind::Answerers) {
            const auto said = Control::Answerers::read(message->payload);
            frames.append(said->name + ": " + QByteArray::number(qsizetype(said->nodes.size()))
                          + (said->hasOthers ? " +" : ""));
        } else {
            frames.append(body.toByteArray());
        }
        rest = rest.sliced(header->size + body.size());
    }
    return frames;
}

QByteArray answering(const QByteArray &name, const QUuid &node = answerer)
{
    return Declaration{Declaration::Answering, name, false, node}.toPrefix();
}

QByteArray asking(const QByteArray &name)
{
    return Declaration{Declaration::Asking, name, false, asker}.toPrefix();
}

struct Bus
{
    Relay::Client *join(bool isNode = true)
    {
        Relay::Client *const client = relay.add();
        client->isLane = isNode;
        return client;
    }

    Relay relay{true, {}};
    Relay::Client *const asks = join();
    Relay::Client *const answers = join();
};

} // namespace

class TestRelayAnswerers : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void tellsWhoAsks()
    {
        Bus bus;
        bus.relay.subscribe(bus.asks, asking("x"));
        QCOMPARE(whatHas(bus.asks), (QByteArrayList{"x: 0"}));
        bus.relay.subscribe(bus.answers, answering("x"));
        bus.relay.subscribe(bus.answers, answering("x")); // once more
        QCOMPARE(whatHas(bus.asks), (QByteArrayList{"x: 1"}));
        bus.relay.unsubscribe(bus.answers, answering("x"));
        QCOMPARE(whatHas(bus.asks), (QByteArrayList{"x: 0"}));
        bus.relay.unsubscribe(bus.asks, asking("x"));
        bus.relay.subscribe(bus.answers, answering("x"));
        QVERIFY(whatHas(bus.asks).isEmpty());
    }

    // What it has said last comes before the word that it is gone, also where it shares its way with what follows.
    void anAnswererIsGoneAfterItsLastEvent()
    {
        Bus bus;
        bus.relay.subscribe(bus.answers, answering("x"));
        bus.relay.subscribe(bus.asks, asking("x"));
        bus.relay.subscribe(bus.asks, "reply");
        whatHas(bus.asks);
        const QByteArray answer = "reply }.";
        const QByteArray encoded = Zmtp::frame(0, answer);
        bus.relay.addToRun(bus.answers, {0, encoded, QByteArrayView(encoded).last(answer.size()), {}});
        bus.relay.unsubscribe(bus.answers, answering("x"));
        QCOMPARE(whatHas(bus.asks), (QByteArrayList{answer, "x: 0"}));
        bus.relay.endRun();
        QVERIFY(whatHas(bus.asks).isEmpty());
    }

    void whoEndsIsGone()
    {
        Bus bus;
        bus.relay.subscribe(bus.answers, answering("x"));
        bus.relay.subscribe(bus.asks, asking("x"));
        QCOMPARE(whatHas(bus.asks), (QByteArrayList{"x: 1"}));
        bus.relay.remove(bus.answers);
        QCOMPARE(whatHas(bus.asks), (QByteArrayList{"x: 0"}));
        bus.relay.remove(bus.asks); // and tells nobody any more
        bus.relay.subscribe(bus.join(), answering("x"));
        while (bus.relay.tidy()) { }
    }

    // A Python node says nothing of what it answers.
    void strangersMayAnswer()
    {
        Bus bus;
        bus.relay.subscribe(bus.asks, asking("x"));
        QCOMPARE(whatHas(bus.asks), (QByteArrayList{"x: 0"}));
        Relay::Client *const python = bus.join(false);
        bus.relay.subscribe(python, "y ");
        QCOMPARE(whatHas(bus.asks), (QByteArrayList{}));
        bus.relay.subscribe(python, "x");
        QCOMPARE(whatHas(bus.asks), (QByteArrayList{"x: 0 +"}));
        bus.relay.subscribe(python, "x "); // as well
        QCOMPARE(whatHas(bus.asks), (QByteArrayList{}));
        bus.relay.unsubscribe(python, "x");
        QCOMPARE(whatHas(bus.asks), (QByteArrayList{}));
        bus.relay.unsubscribe(python, "x ");
        QCOMPARE(whatHas(bus.asks), (QByteArrayList{"x: 0"}));
        bus.relay.subscribe(python, "x");
        QCOMPARE(whatHas(bus.asks), (QByteArrayList{"x: 0 +"}));
        bus.relay.remove(python);
        QCOMPARE(whatHas(bus.asks), (QByteArrayList{"x: 0"}));
        // A node by TCP is one only from when it has said so.
        Relay::Client *const node = bus.join(false);
        bus.relay.subscribe(node, "x ");
        QCOMPARE(whatHas(bus.asks), (QByteArrayList{"x: 0 +"}));
        bus.relay.subscribe(node, nodePrefix(answerer));
        QCOMPARE(whatHas(bus.asks), (QByteArrayList{"x: 0"}));
    }

    // Who hears all, or what begins as the name does, as Python's node for "price" gets "price-of".
    void onlookersDoNotAnswer()
    {
        Bus bus;
        bus.relay.subscribe(bus.asks, asking("price-of"));
        QCOMPARE(whatHas(bus.asks), (QByteArrayList{"price-of: 0"}));
        Relay::Client *const recorder = bus.join(false);
        Relay::Client *const node = bus.join();
        for (const char *prefix : {"", "p", "price", "price-", "price-o", "price-of-", "price-of x"}) {
            bus.relay.subscribe(recorder, prefix);
            bus.relay.subscribe(node, prefix);
            QCOMPARE(whatHas(bus.asks), (QByteArrayList{}));
        }
        bus.relay.subscribe(bus.answers, asking("price-of")); // who asks later knows the same
        QCOMPARE(whatHas(bus.answers), (QByteArrayList{"price-of: 0"}));

        // One that answers whatever is asked can say so.
        bus.relay.subscribe(recorder, Declaration{Declaration::Answering, "price", true, QUuid()}.toPrefix());
        QCOMPARE(whatHas(bus.asks), (QByteArrayList{"price-of: 0 +"}));
        bus.relay.remove(recorder);
        QCOMPARE(whatHas(bus.asks), (QByteArrayList{"price-of: 0"}));
    }

    void rulesSayWhoMayAnswer()
    {
        Bus bus;
        PeerRulesPool pool{std::make_shared<Rules>(rulesOf("allow user ada send x\n"
                                                           "allow user bob hear y\n"
                                                           "allow user bob send y\n"))};
        bus.relay.setRules(bus.asks, pool.find({.user = ada}));
        bus.relay.setRules(bus.answers, pool.find({.user = bob}));
        bus.relay.subscribe(bus.answers, answering("x")); // which he may not hear
        bus.relay.subscribe(bus.asks, asking("x"));
        QCOMPARE(whatHas(bus.asks), (QByteArrayList{"x: 0"}));
        bus.relay.subscribe(bus.asks, asking("y")); // which she may not send
        QCOMPARE(whatHas(bus.asks), (QByteArrayList{}));
        bus.relay.setRules(bus.answers, nullptr);
        QCOMPARE(whatHas(bus.asks), (QByteArrayList{"x: 1"}));
    }

    // Only the server says who answers.
    void nobodyElseTells()
    {
        Bus bus;
        NodeSecret secret;
        bus.answers->speaker.setSecret(secret.bytes());
        bus.relay.subscribe(bus.asks, nodePrefix(asker));
        const QByteArray said = Control::Answerers{secret.node(1), "x", {}, false}.toFrame();
        const QByteArray payload = said.sliced(said.indexOf(' ') + 1);
        for (const QByteArray &frame : {said, nodeTopic(asker, Control::answerers) + payload}) {
            const QByteArray encoded = Zmtp::frame(0, frame);
            bus.relay.passOn(bus.answers, {0, encoded, QByteArrayView(encoded).last(frame.size()), {}});
        }
        QVERIFY(whatHas(bus.asks).isEmpty());
        QCOMPARE(bus.answers->refused(), 2u);
        // And nobody but the asker says that he waits no more.
        for (const QUuid &node : {secret.node(2), asker}) {
            const QByteArray frame = Control::Question{node, 1, "x"}.toFrame(asker, Control::cancel);
            const QByteArray encoded = Zmtp::frame(0, frame);
            bus.answers->speaker.setSecret(secret.bytes());
            bus.relay.passOn(bus.answers, {0, encoded, QByteArrayView(encoded).last(frame.size()), {}});
        }
        QVERIFY(whatHas(bus.asks).size() >= 1);
    }

    // Who does not read is not told for ever.
    void whoDoesNotReadTakesNoMemory()
    {
        Relay relay(true, {.waitingBytes = 4096});
        Relay::Client *const asks = relay.add();
        Relay::Client *const answers = relay.add();
        asks->isLane = answers->isLane = true;
        relay.subscribe(asks, asking("x"));
        for (int i = 0; i < 10'000; ++i) {
            relay.subscribe(answers, answering("x"));
            relay.unsubscribe(answers, answering("x"));
        }
        QVERIFY(asks->output.cost() < 8192);
    }
};

PYVENT_TEST(TestRelayAnswerers)
#include "tst_relay_answerers.moc"
