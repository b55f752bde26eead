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

QByteArrayList messagesTo(Relay::Client *client)
{
    return takeFrames(&client->output);
}

QByteArray hereOf(const QUuid &node)
{
    return presenceTopic(Control::here) + "\xA1\x64uuid\x78\x24" + node.toByteArray(QUuid::WithoutBraces);
}

// An event that a node wants to be sent when it is lost.
QByteArray eventOf(const QUuid &node, const QByteArray &topic = "oven.off", quint16 flags = Trailer::Will,
                   quint64 sequence = 0, qsizetype size = 0)
{
    QByteArray frame = topic + ' ' + QByteArray("\x80\x04}", 3) + QByteArray(size, 'N') + '.';
    appendTrailer({.nodeId = node, .sequence = sequence, .time = 1, .flags = flags}, &frame);
    return frame;
}

// A bus with one that watches who is there, one that hears all events, and one that may be lost.
struct WatchedBus
{
    WatchedBus()
    {
        relay.subscribe(watcher, presencePrefix);
        relay.subscribe(listener, "oven");
        node->speaker.setSecret(secret.bytes());
        other->speaker.setSecret(othersSecret.bytes());
    }
    void say(Relay::Client *from, const QByteArray &body)
    {
        const QByteArray encoded = Zmtp::frame(0, body);
        relay.passOn(from, {0, encoded, QByteArrayView(encoded).last(body.size()), {}});
    }
    void setWill(const QByteArray &event) { say(node, serverTopic(Control::will) + event); }
    void lose()
    {
        relay.remove(node);
        relay.tellLost(true);
    }
    QByteArray lost() const { return Control::Gone{one, Control::Gone::Lost}.toFrame(); }

    NodeSecret secret;
    NodeSecret othersSecret;
    const QUuid one = secret.node(1);
    const QUuid others = othersSecret.node(1);
    Relay relay{true, {}};
    Relay::Client *const watcher = relay.add();
    Relay::Client *const listener = relay.add();
    Relay::Client *const node = relay.add();
    Relay::Client *const other = relay.add();
};

} // namespace

class TestRelayPresence : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void tellsWhoComesAndIsLost()
    {
        WatchedBus bus;
        bus.say(bus.node, hereOf(bus.one));
        QCOMPARE(messagesTo(bus.watcher), QByteArrayList{hereOf(bus.one)});
        bus.say(bus.node, eventOf(bus.one, "oven.on", 0, 1));
        bus.relay.remove(bus.node);
        QVERIFY(bus.relay.hasLost());
        bus.relay.tellLost();
        QCOMPARE(messagesTo(bus.watcher), QByteArrayList()); // it may come back
        bus.relay.tellLost();
        QCOMPARE(messagesTo(bus.watcher), QByteArrayList{bus.lost()});
        QCOMPARE(messagesTo(bus.listener).size(), 1); // who does not watch is told nothing
        QVERIFY(!bus.relay.hasLost());
    }

    // As nodes of earlier versions say it.
    void whoHasAnsweredIsLost()
    {
        WatchedBus bus;
        QByteArray answer = hereOf(bus.one);
        answer.replace(presenceTopic(Control::here), nodeTopic(bus.others, Control::here));
        bus.say(bus.node, answer);
        QCOMPARE(messagesTo(bus.watcher), QByteArrayList()); // the answer is the asker's
        bus.lose();
        QCOMPARE(messagesTo(bus.watcher), QByteArrayList{bus.lost()});
    }

    void whoHasSaidNothingIsNotLost()
    {
        WatchedBus bus;
        bus.say(bus.node, eventOf(bus.one, "oven.on", 0, 1));
        bus.lose();
        QCOMPARE(messagesTo(bus.watcher), QByteArrayList());
    }

    void whoLeavesIsNotLost()
    {
        WatchedBus bus;
        const QByteArray gone = Control::Gone{bus.one, Control::Gone::Left}.toFrame();
        bus.say(bus.node, hereOf(bus.one));
        bus.setWill(eventOf(bus.one));
        bus.say(bus.node, gone);
        QCOMPARE(messagesTo(bus.watcher), (QByteArrayList{hereOf(bus.one), gone}));
        bus.lose();
        QCOMPARE(messagesTo(bus.watcher), QByteArrayList());
        QCOMPARE(messagesTo(bus.listener), QByteArrayList());
    }

    void whoComesBackIsNotLost()
    {
        WatchedBus bus;
        bus.say(bus.node, hereOf(bus.one));
        bus.setWill(eventOf(bus.one));
        Relay::Client *const again = bus.relay.add();
        again->speaker.setSecret(bus.secret.bytes());
        bus.relay.remove(bus.node);
        bus.relay.tellLost();
        bus.say(again, hereOf(bus.one));
        bus.relay.tellLost(true);
        QCOMPARE(messagesTo(bus.watcher), (QByteArrayList{hereOf(bus.one), hereOf(bus.one)}));
        QCOMPARE(messagesTo(bus.listener), QByteArrayList());
    }

    void nobodySpeaksOfOthers_data()
    {
        QTest::addColumn<int>("what");
        QTest::newRow("here") << 0;
        QTest::newRow("left") << 1;
        QTest::newRow("lost, of its own") << 2;
        QTest::newRow("lost") << 3;
        QTest::newRow("a will") << 4;
        QTest::newRow("no will") << 5;
    }
    void nobodySpeaksOfOthers()
    {
        QFETCH(const int, what);
        WatchedBus bus;
        bus.say(bus.node, hereOf(bus.one));
        bus.setWill(eventOf(bus.one));
        (void)messagesTo(bus.watcher);
        const QByteArrayList said{hereOf(bus.one),
                                  Control::Gone{bus.one, Control::Gone::Left}.toFrame(),
                                  Control::Gone{bus.others, Control::Gone::Lost}.toFrame(),
                                  Control::Gone{bus.one, Control::Gone::Lost}.toFrame(),
                                  serverTopic(Control::will) + eventOf(bus.one, "oven.on"),
                                  Control::NoWill{bus.one}.toFrame()};
        bus.say(bus.other, said[what]);
        QCOMPARE(bus.other->refused(), quint64(1));
        QCOMPARE(messagesTo(bus.watcher), QByteArrayList());
        bus.lose();
        QCOMPARE(messagesTo(bus.watcher), QByteArrayList{bus.lost()});
        QCOMPARE(messagesTo(bus.listener), QByteArrayList{eventOf(bus.one)});
    }

    void sendsAWill()
    {
        WatchedBus bus;
        QVERIFY(bus.relay.mustKnowWhoIsLost()); // since one watches
        bus.relay.unsubscribe(bus.watcher, presencePrefix);
        QVERIFY(!bus.relay.mustKnowWhoIsLost());
        bus.setWill(eventOf(bus.one));
        QVERIFY(bus.relay.mustKnowWhoIsLost());
        QCOMPARE(messagesTo(bus.listener), QByteArrayList());
        bus.say(bus.node, eventOf(bus.one, "oven.on", 0, 1));
        bus.lose();
        QCOMPARE(messagesTo(bus.listener), (QByteArrayList{eventOf(bus.one, "oven.on", 0, 1), eventOf(bus.one)}));
        QVERIFY(!bus.relay.mustKnowWhoIsLost());
    }

    void sendsNoWillThatWasTakenBack()
    {
        WatchedBus bus;
        bus.setWill(eventOf(bus.one));
        bus.say(bus.node, Control::NoWill{bus.one}.toFrame());
        bus.lose();
        QCOMPARE(messagesTo(bus.listener), QByteArrayList());
    }

    void whatIsForTheServerGoesToNobody()
    {
        WatchedBus bus;
        bus.relay.subscribe(bus.listener, "");
        bus.setWill(eventOf(bus.one));
        bus.say(bus.node, serverTopic("later") + "what is said");
        bus.say(bus.node, Control::NoWill{bus.one}.toFrame());
        QCOMPARE(messagesTo(bus.listener), QByteArrayList());
    }

    void whatIsNoWill_data()
    {
        QTest::addColumn<QByteArray>("topic");
        QTest::addColumn<int>("flags");
        QTest::addColumn<quint64>("sequence");
        QTest::addColumn<qsizetype>("size");
        QTest::addColumn<bool>("isOne");
        const auto none = quint64(0);
        QTest::newRow("one") << QByteArray("oven.off") << int(Trailer::Will) << none << qsizetype(0) << true;
        QTest::newRow("large") << QByteArray("oven.off") << int(Trailer::Will) << none << qsizetype(65'000) << true;
        QTest::newRow("too large") << QByteArray("oven.off") << int(Trailer::Will) << none << qsizetype(66'000)
                                   << false;
        QTest::newRow("an event") << QByteArray("oven.off") << 0 << none << qsizetype(0) << false;
        QTest::newRow("with a number") << QByteArray("oven.off") << int(Trailer::Will) << quint64(1) << qsizetype(0)
                                       << false;
        QTest::newRow("forwarded") << QByteArray("oven.off") << int(Trailer::Will | Trailer::Forwarded) << none
                                   << qsizetype(0) << false;
        QTest::newRow("a message") << presenceTopic(Control::gone).chopped(1) << int(Trailer::Will) << none
                                   << qsizetype(0) << false;
        QTest::newRow("Python's own") << QByteArray("__server_disconnect") << int(Trailer::Will) << none << qsizetype(0)
                                      << false;
    }
    void whatIsNoWill()
    {
        QFETCH(const QByteArray, topic);
        QFETCH(const int, flags);
        QFETCH(const quint64, sequence);
        QFETCH(const qsizetype, size);
        QFETCH(const bool, isOne);
        WatchedBus bus;
        bus.relay.subscribe(bus.listener, "");
        bus.say(bus.node, hereOf(bus.one));
        (void)messagesTo(bus.listener);
        bus.setWill(eventOf(bus.one, topic, quint16(flags), sequence, size));
        QCOMPARE(bus.node->refused(), quint64(isOne ? 0 : 1));
        bus.lose();
        QByteArrayList heard;
        if (isOne)
            heard += eventOf(bus.one, topic, quint16(flags), sequence, size);
        heard += bus.lost();
        QCOMPARE(messagesTo(bus.listener), heard);
    }

    // One that sets wills for ever, for as many nodes as it may speak for.
    void boundsWhatAClientHasItRemember()
    {
        WatchedBus bus;
        const qsizetype before = bus.relay.memory();
        for (quint32 i = 1; i <= 3000; ++i)
            bus.setWill(eventOf(bus.secret.node(i), "oven.off", Trailer::Will, 0, 60'000));
        QVERIFY(bus.node->refused() > 2900);
        QVERIFY(bus.relay.memory() - before < 2 * 1024 * 1024);
        for (int i = 0; i < 3000; ++i)
            bus.setWill(eventOf(bus.secret.node(1), "oven.off", Trailer::Will, 0, i));
        QVERIFY(bus.relay.memory() - before < 2 * 1024 * 1024);
        bus.relay.remove(bus.node);
        bus.relay.tellLost(true);
        (void)messagesTo(bus.watcher);
        (void)messagesTo(bus.listener);
        QVERIFY(bus.relay.memory() <= before);
    }

    void rulesAreForWillsToo()
    {
        WatchedBus bus;
        PeerRulesPool pool(std::make_shared<Rules>(rulesOf("allow user ada send oven.*\n"
                                                           "allow user ada hear *\n"
                                                           "allow user bob hear door\n"
                                                           "allow user bob send oven.on\n")));
        bus.relay.setRules(bus.node, pool.find({.user = bob}));
        bus.relay.setRules(bus.listener, pool.find({.user = ada}));
        bus.setWill(eventOf(bus.one)); // which Bob may not send
        QCOMPARE(bus.node->refused(), quint64(1));
        bus.setWill(eventOf(bus.one, "oven.on"));
        QCOMPARE(bus.node->refused(), quint64(1));
        Relay::Client *const bobs = bus.relay.add(); // and does not hear
        bus.relay.setRules(bobs, pool.find({.user = bob}));
        bus.relay.subscribe(bobs, "oven");
        bus.lose();
        QCOMPARE(messagesTo(bus.listener), QByteArrayList{eventOf(bus.one, "oven.on")});
        QCOMPARE(messagesTo(bobs), QByteArrayList());
    }

    // The rules are other ones by the time that it would be sent.
    void otherRulesAreForWillsThatAreSet()
    {
        WatchedBus bus;
        PeerRulesPool pool(std::make_shared<Rules>(rulesOf("allow user bob send door\nallow user ada anything\n")));
        bus.setWill(eventOf(bus.one));
        bus.relay.setRules(bus.node, pool.find({.user = bob}));
        bus.lose();
        QCOMPARE(messagesTo(bus.listener), QByteArrayList());
        QCOMPARE(messagesTo(bus.watcher), QByteArrayList{bus.lost()});
    }

    // Python's nodes would run it.
    void aHarmfulWillIsKeptFromStrangers()
    {
        WatchedBus bus;
        bus.relay.setPayloadGuard(PayloadGuard::of({}));
        Relay::Client *const ours = bus.relay.add();
        ours->isLane = true;
        bus.relay.subscribe(ours, "oven");
        QByteArray harmful = "oven.off cos\nsystem\n(S'true'\ntR.";
        appendTrailer({.nodeId = bus.one, .sequence = 0, .time = 1, .flags = Trailer::Will}, &harmful);
        bus.setWill(harmful);
        bus.lose();
        QCOMPARE(messagesTo(bus.listener), QByteArrayList());
        QCOMPARE(messagesTo(ours), QByteArrayList{harmful});
    }
};

PYVENT_TEST(TestRelayPresence)

#include "tst_relay_presence.moc"
