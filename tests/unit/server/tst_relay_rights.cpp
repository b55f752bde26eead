// SPDX-License-Identifier: MIT
#include "security/peerrulespool.h"
#include "server/relay.h"
#include "support/sendbuffers.h"
#include "support/testprogram.h"
#include "unit/security/samplerules.h"
#include "wire/frame.h"
#include "wire/zmtp.h"

#include <QtCore/qbytearraylist.h>
#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace PyventTests;

namespace {

QByteArrayList framesOf(Relay::Client *client)
{
    return takeFrames(&client->output);
}

// A bus with rules: Ada may say "oven" and "door" and hears everything, Bob hears "oven.*" and may say "bell".
struct Bus
{
    Relay::Client *join(uid_t user)
    {
        Relay::Client *const client = relay.add();
        relay.setRules(client, pool.find({.user = user}));
        client->speaker.setSecret(secrets[user == ada].bytes());
        relay.subscribe(client, "");
        return client;
    }
    void say(Relay::Client *from, const QByteArray &body)
    {
        const QByteArray encoded = Zmtp::frame(0, body);
        relay.passOn(from, {0, encoded, QByteArrayView(encoded).last(body.size()), {}});
    }
    QByteArray event(uid_t user, const QByteArray &topic)
    {
        QByteArray frame = topic + " }.";
        appendTrailer({.nodeId = node(user), .sequence = 1, .time = 1}, &frame);
        return frame;
    }
    QUuid node(uid_t user) const { return secrets[user == ada].node(1); }

    // A bridge of Bob's that has nothing of its own on this bus, and may speak for others where \a rules let it.
    Relay::Client *joinBridge(QByteArrayView rules)
    {
        Relay::Client *const client = join(bob);
        bridges.push_back(std::make_shared<PeerRulesPool>(std::make_shared<Rules>(rulesOf(rules))));
        relay.setRules(client, bridges.back()->find({.user = bob}));
        client->speaker.setSecret(bridgesSecret.bytes());
        return client;
    }

    PeerRulesPool pool{std::make_shared<Rules>(rulesOf("allow user ada send oven.* door\n"
                                                       "allow user ada hear *\n"
                                                       "allow user bob hear oven.*\n"
                                                       "allow user bob send bell\n"
                                                       "allow user root anything\n"))};
    std::vector<std::shared_ptr<PeerRulesPool>> bridges;
    NodeSecret secrets[2];
    NodeSecret bridgesSecret;
    Relay relay{true, {}};
    Relay::Client *const adas = join(ada);
    Relay::Client *const bobs = join(bob);
};

} // namespace

class TestRelayRights : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void sendsAndHearsWhatItMay();
    void repairsAreEvents();
    void headsAreOfWhatItMay();
    void answersAreOfWhatItMaySend();
    void otherRulesAreForThoseWhoAreThere();
    void aBridgeSpeaksForOthers();
    void withoutRulesTheOwnUserSpeaksForThoseWhoAreElsewhere();
    void onlyWhoMayForwardSaysSo();
    void aBridgeAnswersForOthers();
    void aBridgeAsksForItselfOnly();
    void aBridgeStandsInForVeryMany_data();
    void aBridgeStandsInForVeryMany();
    void saysWhichRuleIsMissing();
    void tellsWhatItRefused();
    void looksForRulesWhereSomeoneHasThem();
    void looksForStrangersWhereThereAreSome();
    void aNodeIsNoStranger_data();
    void aNodeIsNoStranger();
};

void TestRelayRights::sendsAndHearsWhatItMay()
{
    Bus bus;
    const QByteArray oven = bus.event(ada, "oven.on");
    const QByteArray door = bus.event(ada, "door");
    const QByteArray bell = bus.event(ada, "bell"); // which is Bob's
    for (const QByteArray &event : {oven, door, bell})
        bus.say(bus.adas, event);
    QCOMPARE(framesOf(bus.adas), (QByteArrayList{oven, door}));
    QCOMPARE(framesOf(bus.bobs), QByteArrayList{oven});
    bus.say(bus.bobs, "oven.on }."); // a Python node's
    QCOMPARE(framesOf(bus.adas), QByteArrayList());
    bus.say(bus.bobs, "bell }.");
    QCOMPARE(framesOf(bus.adas), QByteArrayList{"bell }."});
    QCOMPARE(bus.bobs->refused(), quint64(1));
    bus.say(bus.bobs, "__check }."); // Python's own
    QCOMPARE(framesOf(bus.adas), QByteArrayList{"__check }."});
    bus.say(bus.bobs, "__server_disconnect");
    QCOMPARE(framesOf(bus.adas), QByteArrayList());
}

void TestRelayRights::repairsAreEvents()
{
    Bus bus;
    for (const QByteArray &before : {commonTopic(Control::repair), nodeTopic(bus.node(bob), Control::repair),
                                     nodeTopic(bus.node(bob), Control::replay)}) {
        const QByteArray oven = before + bus.event(ada, "oven.on");
        bus.say(bus.adas, oven);
        bus.say(bus.adas, before + bus.event(ada, "door"));
        bus.say(bus.adas, before + bus.event(ada, "bell"));
        QCOMPARE(framesOf(bus.bobs), QByteArrayList{oven});
    }
}

// Else they would miss what they cannot have, and count it as lost.
void TestRelayRights::headsAreOfWhatItMay()
{
    Bus bus;
    const Control::Heads all{
        .node = bus.node(ada), .heads = {{"oven.on", 1, 1}, {"door", 2, 1}, {"bell", 3, 1}}, .asOf = 7};
    const auto topicsOf = [](const QByteArrayList &frames) {
        QByteArrayList topics;
        for (const QByteArray &frame : frames) {
            const auto heads = Control::Heads::read(Control::Message::of(frame)->payload);
            if (!heads || heads->asOf != 7)
                return QByteArrayList{"unreadable"};
            for (const Control::Heads::Head &head : heads->heads)
                topics.append(head.topic);
        }
        return topics;
    };
    for (const QByteArray &frame : {all.toFrame(), all.toFrame(bus.node(bob))}) {
        bus.say(bus.adas, frame);
        QCOMPARE(topicsOf(framesOf(bus.adas)), (QByteArrayList{"oven.on", "door"}));
        QCOMPARE(topicsOf(framesOf(bus.bobs)), QByteArrayList{"oven.on"});
    }
    bus.say(bus.adas, Control::Heads{.node = bus.node(ada), .heads = {{"bell", 3, 1}}}.toFrame());
    QVERIFY(framesOf(bus.adas).isEmpty());
}

void TestRelayRights::answersAreOfWhatItMaySend()
{
    Bus bus;
    const auto passes = [&](const QByteArray &frame) {
        bus.say(bus.adas, frame);
        framesOf(bus.adas);
        return framesOf(bus.bobs) == QByteArrayList{frame};
    };
    const QUuid node = bus.node(ada);
    const QUuid to = bus.node(bob);
    QVERIFY(passes(Control::Answer{.node = node, .topic = "oven.on"}.toFrame(to)));
    QVERIFY(!passes(Control::Answer{.node = node, .topic = "bell"}.toFrame(to)));
    QVERIFY(!passes(Control::Withheld{node, "bell", {{1, 2}}}.toFrame(to)));
    QVERIFY(!passes(Control::Kept{node, "bell", 1, 2, 1}.toFrame(to)));
    QVERIFY(passes(Control::Kept{node, "door", 1, 2, 1}.toFrame(to)));
    QVERIFY(passes(Control::Ask{.asker = node, .topic = "bell"}.toFrame(to)));
}

void TestRelayRights::otherRulesAreForThoseWhoAreThere()
{
    Bus bus;
    bus.pool.setRules(std::make_shared<Rules>(rulesOf("allow anyone anything\n")));
    const QByteArray bell = bus.event(ada, "bell");
    bus.say(bus.adas, bell);
    QCOMPARE(framesOf(bus.bobs), QByteArrayList{bell});
}

void TestRelayRights::aBridgeSpeaksForOthers()
{
    Bus bus;
    Relay::Client *const bridge = bus.join(0);
    const QByteArray oven = bus.event(ada, "oven.on");
    bus.say(bridge, oven);
    QCOMPARE(framesOf(bus.bobs), QByteArrayList{oven});
    bus.say(bus.bobs, bus.event(ada, "bell"));
    QVERIFY(framesOf(bus.adas).size() == 1);
    QCOMPARE(bus.bobs->refused(), quint64(1));
}

void TestRelayRights::withoutRulesTheOwnUserSpeaksForThoseWhoAreElsewhere()
{
    Relay relay(true, {});
    const NodeSecret secret;
    const NodeSecret elsewhere;
    const NodeSecret bridgesSecret;
    Relay::Client *const node = relay.add();
    node->speaker.setSecret(secret.bytes());
    relay.subscribe(node, "");
    Relay::Client *const bridge = relay.add();
    bridge->speaker.setSecret(bridgesSecret.bytes());
    const auto say = [&](const QByteArray &body) {
        const QByteArray encoded = Zmtp::frame(0, body);
        relay.passOn(bridge, {0, encoded, QByteArrayView(encoded).last(body.size()), {}});
        return framesOf(node) == QByteArrayList{body};
    };
    const auto event = [](const QUuid &of, quint16 flags) {
        QByteArray frame = "oven }.";
        appendTrailer({.nodeId = of, .sequence = 1, .time = 1, .flags = flags}, &frame);
        return frame;
    };
    const QUuid here = secret.node(1);
    const QUuid there = elsewhere.node(1);
    const QUuid to = here;
    const auto answer = [&](const QUuid &of) { return Control::Answer{.node = of, .topic = "oven"}.toFrame(to); };
    const auto repair = [&](const QUuid &of, quint16 flags) {
        return nodeTopic(to, Control::repair) + event(of, flags);
    };

    QVERIFY(!say(event(there, Trailer::Forwarded))); // another user's
    QVERIFY(!say(answer(there)));
    bridge->isOwners = true;
    QVERIFY(say(event(there, Trailer::Forwarded)));
    QVERIFY(say(repair(there, Trailer::Forwarded)));
    QVERIFY(say(answer(there)));
    QVERIFY(!say(event(there, 0))); // as if that were here itself
    QVERIFY(!say(repair(there, 0)));

    // Who is here speaks for himself, for as long as he is.
    const auto prefix = [](const QUuid &of) { return nodePrefix(of); };
    relay.subscribe(node, prefix(there));
    QVERIFY(!say(event(there, Trailer::Forwarded)));
    QVERIFY(!say(repair(there, Trailer::Forwarded)));
    QVERIFY(!say(answer(there)));
    relay.unsubscribe(node, prefix(there));
    QVERIFY(say(event(there, Trailer::Forwarded)));
    Relay::Client *const other = relay.add();
    relay.subscribe(other, prefix(there));
    QVERIFY(!say(event(there, Trailer::Forwarded)));
    relay.remove(other);
    QVERIFY(say(event(there, Trailer::Forwarded)));
    const quint64 refused = bridge->refused();
    QVERIFY(refused > 0);

    // Rules, once there are some, decide alone.
    PeerRulesPool pool(std::make_shared<Rules>(rulesOf("allow user ada send *\nallow user bob hear *\n")));
    relay.setRules(bridge, pool.find({.user = ada}));
    QVERIFY(!say(event(there, Trailer::Forwarded)));
    QVERIFY(!say(answer(there)));
}

// By that bridges believe each other; so nobody else gets one to stand by.
void TestRelayRights::onlyWhoMayForwardSaysSo()
{
    NodeSecret secret;
    Relay relay(true, {});
    Relay::Client *const bridge = relay.add();
    Relay::Client *const node = relay.add();
    bridge->speaker.setSecret(secret.bytes());
    relay.subscribe(node, "");
    const QByteArray map = "\xa1\x64uuid\x78\x24" + secret.node(1).toByteArray(QUuid::WithoutBraces);
    const auto passesOn = [&](const QByteArray &body) {
        const QByteArray encoded = Zmtp::frame(0, body);
        relay.passOn(bridge, {0, encoded, QByteArrayView(encoded).last(body.size()), {}});
        return framesOf(node) == QByteArrayList{body};
    };
    const QByteArray says = commonTopic(Control::forwarder) + map;
    const QByteArray saysToOne = nodeTopic(QUuid::createUuid(), Control::forwarder) + map;
    QVERIFY(passesOn(commonTopic(Control::here) + map));
    QVERIFY(!passesOn(says)); // another user's
    QVERIFY(!passesOn(saysToOne));
    bridge->isOwners = true;
    QVERIFY(passesOn(says));
    QVERIFY(passesOn(saysToOne));

    PeerRulesPool some(std::make_shared<Rules>(rulesOf("allow user ada send *\n"
                                                       "allow user bob speak-for-others oven.*\n"
                                                       "deny user root speak-for-others *\n")));
    relay.setRules(bridge, some.find({.user = ada}));
    QVERIFY(!passesOn(says));
    relay.setRules(bridge, some.find({.user = bob}));
    QVERIFY(passesOn(says));
    relay.setRules(bridge, some.find({.user = 0}));
    QVERIFY(!passesOn(says));
}

// Of what it may send in their names, and of nothing else.
void TestRelayRights::aBridgeAnswersForOthers()
{
    Bus bus;
    Relay::Client *const bridge = bus.joinBridge("allow user bob send, speak-for-others oven.*\n"
                                                 "allow user bob send bell\n"
                                                 "allow user bob speak-for-others door\n");
    const QUuid node = bus.node(ada);
    const QUuid to = bus.node(bob);
    const auto passes = [&](const QByteArray &frame) {
        bus.say(bridge, frame);
        framesOf(bus.adas);
        framesOf(bridge);
        return framesOf(bus.bobs) == QByteArrayList{frame};
    };
    QVERIFY(passes(bus.event(ada, "oven.on")));
    QVERIFY(passes(nodeTopic(to, Control::repair) + bus.event(ada, "oven.on")));
    QVERIFY(!passes(bus.event(ada, "bell")));
    QVERIFY(!passes(bus.event(ada, "door")));
    QVERIFY(passes(Control::Answer{.node = node, .topic = "oven.on"}.toFrame(to)));
    QVERIFY(passes(Control::Withheld{node, "oven.on", {{1, 2}}}.toFrame(to)));
    QVERIFY(passes(Control::Kept{node, "oven.on", 1, 2, 1}.toFrame(to)));
    QVERIFY(passes(Control::Heads{.node = node, .heads = {{"oven.on", 1, 1}}}.toFrame()));
    for (const char *topic : {"bell", "door"}) {
        QVERIFY(!passes(Control::Answer{.node = node, .topic = topic}.toFrame(to)));
        QVERIFY(!passes(Control::Withheld{node, topic, {{1, 2}}}.toFrame(to)));
        QVERIFY(!passes(Control::Kept{node, topic, 1, 2, 1}.toFrame(to)));
        QVERIFY(!passes(Control::Heads{.node = node, .heads = {{topic, 1, 1}}}.toFrame()));
    }
    QVERIFY(!passes(Control::Heads{.node = node, .heads = {}}.toFrame()));
    const quint64 refused = bridge->refused();
    const Control::Heads all{.node = node, .heads = {{"bell", 1, 1}, {"oven.on", 2, 1}}};
    const Control::Heads part{.node = node, .heads = {{"oven.on", 2, 1}}};
    bus.say(bridge, all.toFrame());
    QCOMPARE(framesOf(bus.bobs), QByteArrayList{part.toFrame()});
    QCOMPARE(bridge->refused(), refused);
}

void TestRelayRights::aBridgeAsksForItselfOnly()
{
    Bus bus;
    Relay::Client *const bridge = bus.joinBridge("allow user bob anything\n");
    const QUuid node = bus.node(ada);
    const QUuid own = bus.bridgesSecret.node(1);
    const QUuid to = bus.node(bob);
    for (const QUuid &asker : {node, own}) {
        for (const QByteArray &frame :
             {Control::Ask{.asker = asker, .topic = "oven.on"}.toFrame(to), Control::Announce{asker, {}}.toFrame(),
              Control::Past{.asker = asker, .topic = "oven.on"}.toFrame(),
              commonTopic(Control::who) + asker.toByteArray(QUuid::WithoutBraces)}) {
            bus.say(bridge, frame);
            QCOMPARE(framesOf(bus.adas), asker == own ? QByteArrayList{frame} : QByteArrayList());
        }
    }
}

void TestRelayRights::aBridgeStandsInForVeryMany_data()
{
    QTest::addColumn<bool>("areProven");
    QTest::newRow("nodes of this version") << true;
    QTest::newRow("nodes of an earlier one") << false;
}

void TestRelayRights::aBridgeStandsInForVeryMany()
{
    QFETCH(const bool, areProven);
    Bus bus;
    Relay::Client *const bridge = bus.joinBridge("allow user bob send, speak-for-others *\n");
    const NodeSecret strangers;
    for (quint32 i = 1; i <= 3000; ++i) {
        const QUuid node = areProven ? strangers.node(i) : QUuid::createUuid();
        QByteArray event = "oven.on }.";
        appendTrailer({.nodeId = node, .sequence = 1, .time = 1}, &event);
        bus.say(bridge, event);
        QCOMPARE(framesOf(bus.bobs), QByteArrayList{event});
        bus.say(bridge, Control::Heads{.node = node, .heads = {{"oven.on", 1, 1}}}.toFrame());
        QCOMPARE(framesOf(bus.bobs).size(), 1);
        framesOf(bus.adas);
        framesOf(bridge);
    }
    QCOMPARE(bridge->refused(), quint64(0));
    const QByteArray question = Control::Ask{.asker = bus.bridgesSecret.node(1)}.toFrame(bus.node(bob));
    bus.say(bridge, question); // there is room for its own
    QCOMPARE(framesOf(bus.bobs), QByteArrayList{question});
}

void TestRelayRights::saysWhichRuleIsMissing()
{
    Bus bus;
    const QUuid own = bus.bridgesSecret.node(1);
    const auto refusal = [&](Relay::Client *bridge) {
        bus.say(bridge, Control::Ask{.asker = own}.toFrame(bus.node(bob))); // as every bridge does first
        bus.say(bridge, bus.event(ada, "oven.on"));
        framesOf(bus.adas);
        bus.relay.tellRefused();
        const QByteArrayList told = framesOf(bus.adas);
        const auto message = told.isEmpty() ? std::nullopt : Control::Message::of(told[0]);
        const auto refused = message ? Control::Refused::read(message->payload) : std::nullopt;
        return refused.value_or(Control::Refused());
    };
    Control::Refused refused = refusal(bus.joinBridge("allow user bob send, hear *\n"));
    QCOMPARE(refused.node, own);
    QCOMPARE(refused.as, bus.node(ada));
    QCOMPARE(refused.topic, QByteArray("oven.on"));
    QCOMPARE(refused.reason, Control::Refused::Impersonation);
    QCOMPARE(refused.text, QByteArray("no rule allows it"));
    refused = refusal(bus.joinBridge("deny user bob speak-for-others oven.*\nallow user bob anything\n"));
    QCOMPARE(refused.text, QByteArray("line 1 of the rules denies it"));
    refused = refusal(bus.joinBridge("allow user bob speak-for-others *\n"));
    QCOMPARE(refused.reason, Control::Refused::NotPermitted); // to send it at all
    Relay::Client *const withoutRules = bus.joinBridge("");
    bus.relay.setRules(withoutRules, nullptr);
    refused = refusal(withoutRules);
    QCOMPARE(refused.reason, Control::Refused::Impersonation);
    QCOMPARE(refused.as, bus.node(ada));
    QVERIFY(refused.text.isEmpty());
}

void TestRelayRights::tellsWhatItRefused()
{
    Bus bus;
    bus.say(bus.adas, bus.event(ada, "oven.on"));
    bus.say(bus.adas, bus.event(ada, "bell"));
    bus.say(bus.adas, bus.event(ada, "bell"));
    bus.relay.subscribe(bus.adas, controlPrefixes(bus.node(ada))[1]);
    framesOf(bus.adas);
    // The sender at once, of the first one; and everybody later.
    bus.relay.tellSenders();
    const QByteArrayList toldAtOnce = framesOf(bus.adas);
    QCOMPARE(toldAtOnce.size(), 1);
    const auto first = Control::Message::of(toldAtOnce[0]);
    QCOMPARE(first->node(), bus.node(ada));
    QCOMPARE(Control::Refused::read(first->payload)->topic, QByteArray("bell"));
    QCOMPARE(Control::Refused::read(first->payload)->count, quint64(1));
    bus.say(bus.adas, bus.event(ada, "bell"));
    bus.relay.tellSenders();
    QCOMPARE(framesOf(bus.adas), QByteArrayList());
    // Who has not subscribed to it yet is told when it has.
    bus.relay.unsubscribe(bus.adas, controlPrefixes(bus.node(ada))[1]);
    bus.say(bus.adas, bus.event(ada, "gong"));
    bus.relay.tellSenders();
    QCOMPARE(framesOf(bus.adas), QByteArrayList());
    bus.relay.subscribe(bus.adas, controlPrefixes(bus.node(ada))[1]);
    const QByteArrayList toldLater = framesOf(bus.adas);
    QCOMPARE(toldLater.size(), 1);
    QCOMPARE(Control::Refused::read(Control::Message::of(toldLater[0])->payload)->topic, QByteArray("gong"));
    bus.relay.tellRefused();
    const QByteArrayList told = framesOf(bus.adas);
    QCOMPARE(told.size(), 2); // "bell" and "gong"
    const auto refused = Control::Refused::read(Control::Message::of(told[0])->payload);
    QVERIFY(refused);
    QCOMPARE(refused->node, bus.node(ada));
    QCOMPARE(refused->reason, Control::Refused::NotPermitted);
    QCOMPARE(refused->topic, QByteArray("bell"));
    QCOMPARE(refused->count, quint64(3));
    QVERIFY2(!refused->text.isEmpty(), refused->text);
}

void TestRelayRights::looksForRulesWhereSomeoneHasThem()
{
    Bus bus;
    const QByteArray bell = bus.event(ada, "bell"); // which is Bob's, and which he may not hear
    const auto isHeard = [&] {
        bus.say(bus.adas, bell);
        framesOf(bus.adas);
        return framesOf(bus.bobs) == QByteArrayList{bell};
    };
    QVERIFY(bus.relay.hasRules());
    QVERIFY(!isHeard());
    QCOMPARE(bus.adas->refused(), quint64(1));

    bus.relay.setRules(bus.adas, nullptr);
    bus.relay.setRules(bus.adas, nullptr);
    QVERIFY(bus.relay.hasRules());
    QVERIFY(!isHeard());
    QCOMPARE(bus.adas->refused(), quint64(1));
    bus.relay.setRules(bus.bobs, nullptr);
    QVERIFY(!bus.relay.hasRules());
    QVERIFY(isHeard());

    bus.relay.setRules(bus.bobs, bus.pool.find({.user = bob}));
    QVERIFY(bus.relay.hasRules());
    QVERIFY(!isHeard());
    bus.relay.setRules(bus.bobs, bus.pool.find({.user = 0})); // others, as when it has shown a key
    QVERIFY(bus.relay.hasRules());
    QVERIFY(isHeard());
    bus.relay.remove(bus.bobs);
    QVERIFY(!bus.relay.hasRules());
}

void TestRelayRights::looksForStrangersWhereThereAreSome()
{
    Relay relay(true, {});
    relay.setPayloadGuard(PayloadGuard::of({}));
    Relay::Client *const node = relay.add();
    node->isLane = true;
    relay.subscribe(node, "");
    const QByteArray harmless = "order }.";
    const QByteArray unsafe = "order cos\nsystem\n(S'true'\ntR.";
    const auto say = [&relay, node](const QByteArray &body) {
        const QByteArray encoded = Zmtp::frame(0, body);
        relay.passOn(node, {0, encoded, QByteArrayView(encoded).last(body.size()), {}});
    };
    QVERIFY(!relay.hasStrangers());
    say(unsafe);
    QCOMPARE(framesOf(node), QByteArrayList{unsafe});

    Relay::Client *const python = relay.add();
    QVERIFY(!relay.hasStrangers()); // it only sends
    relay.subscribe(python, "__");
    relay.subscribe(python, "order");
    relay.subscribe(python, "order");
    QVERIFY(relay.hasStrangers());
    say(harmless);
    QCOMPARE(node->refused(), quint64(0));
    say(unsafe);
    QCOMPARE(framesOf(python), QByteArrayList{harmless});
    QCOMPARE(framesOf(node), (QByteArrayList{harmless, unsafe}));
    QCOMPARE(node->refused(), quint64(1));
    QVERIFY2(relay.lastRefusal().startsWith(QStringLiteral("'order': ")), qPrintable(relay.lastRefusal()));

    relay.unsubscribe(python, "order");
    QVERIFY(relay.hasStrangers());
    relay.unsubscribe(python, "__");
    QVERIFY(!relay.hasStrangers());
    say(unsafe);
    QCOMPARE(node->refused(), quint64(1));
    relay.subscribe(python, "order");
    QVERIFY(relay.hasStrangers());
    relay.remove(python);
    QVERIFY(!relay.hasStrangers());
    relay.tidy(); // what it had subscribed to
    QVERIFY(!relay.hasStrangers());
}

void TestRelayRights::aNodeIsNoStranger_data()
{
    QTest::addColumn<bool>("isLane");
    QTest::newRow("by the lane") << true;
    QTest::newRow("by TCP") << false;
}

void TestRelayRights::aNodeIsNoStranger()
{
    QFETCH(const bool, isLane);
    Relay relay(true, {});
    Relay::Client *const client = relay.add();
    client->isLane = isLane;
    relay.subscribe(client, "order ");
    QCOMPARE(relay.hasStrangers(), !isLane); // it may be one of Python's still
    const QByteArray nodes = nodePrefix(NodeSecret().node(1));
    for (const QByteArray &part : {nodes.chopped(1), nodes + "ask ", "\2node/" + QByteArray(36, 'x') + '/'})
        relay.subscribe(client, part); // which is not all that is to a node
    QCOMPARE(relay.hasStrangers(), !isLane);
    relay.subscribe(client, nodes);
    QVERIFY(!relay.hasStrangers());
    relay.unsubscribe(client, nodes);
    QCOMPARE(relay.hasStrangers(), !isLane);
    relay.remove(client);
    QVERIFY(!relay.hasStrangers());
}

PYVENT_TEST(TestRelayRights)

#include "tst_relay_rights.moc"
