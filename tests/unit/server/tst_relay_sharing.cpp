// SPDX-License-Identifier: MIT
#include "pickle/picklewriter.h"
#include "security/nodesecret.h"
#include "security/peerrulespool.h"
#include "server/relay.h"
#include "support/sendbuffers.h"
#include "support/testprogram.h"
#include "unit/security/samplerules.h"
#include "wire/batch.h"
#include "wire/sharemessages.h"
#include "wire/zmtp.h"

#include <QtCore/qbytearraylist.h>
#include <QtTest/qtest.h>

#include <limits>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

QByteArrayList sentTo(Relay::Client *client)
{
    return takeFrames(&client->output);
}

// A relay with two members of the group "workers" for "job", and a sender.
struct SharingRelay
{
    explicit SharingRelay(const Relay::Limits &limits = {})
        : relay(true, limits)
    {
        for (Relay::Client *client : {sender, one, other})
            join(client, indexOf(client));
    }

    int indexOf(const Relay::Client *client) const { return client == sender ? 0 : client == one ? 1 : 2; }
    void join(Relay::Client *client, int i)
    {
        client->isLane = true;
        client->speaker.setSecret(secrets[i].bytes());
        QVERIFY(relay.subscribe(client, nodePrefix(node(i))));
    }
    QUuid node(int i) const { return secrets[i].node(1); }

    void say(Relay::Client *from, const QByteArray &body)
    {
        const QByteArray encoded = Zmtp::frame(0, body);
        relay.passOn(from, {0, encoded, QByteArrayView(encoded).last(body.size()), {}});
    }
    void takePart(Relay::Client *client)
    {
        const int i = indexOf(client);
        QVERIFY(relay.subscribe(client, Control::Member{node(i), 1, group}.toPrefix()));
        QCOMPARE(sentTo(client), QByteArrayList{Control::Membership({node(i), 1, true, true}).toFrame()});
        say(client, Control::AtWork{node(i), 1, {}}.toFrame());
        QCOMPARE(sentTo(client), QByteArrayList{Control::Membership({node(i), 1, true}).toFrame()});
    }

    QByteArray event(quint64 sequence, const QByteArray &payload = "1", quint16 flags = 0) const
    {
        QByteArray frame = "job " + payload + '.';
        appendTrailer({.nodeId = node(0), .sequence = sequence, .flags = flags}, &frame);
        return frame;
    }

    // The events that a member is given now; and the last giving's number.
    QByteArrayList given(Relay::Client *client)
    {
        QByteArrayList frames;
        for (const QByteArray &frame : sentTo(client)) {
            const auto message = Control::Message::of(frame);
            if (!message || message->kind != Control::Kind::Share) {
                frames.append("other: " + frame);
                continue;
            }
            const auto share = Control::Share::read(message->payload);
            lastId = share->id;
            frames.append((share->isRedelivered ? "again: " : "") + share->frame.toByteArray());
        }
        return frames;
    }
    void finish(Relay::Client *client) { say(client, Control::Finished{node(indexOf(client)), lastId}.toFrame()); }

    NodeSecret secrets[3];
    QByteArray group = ShareGroup{"workers", "job", "pyvent"}.key();
    quint64 lastId = 0;
    Relay relay;
    Relay::Client *const sender = relay.add();
    Relay::Client *const one = relay.add();
    Relay::Client *const other = relay.add();
};

} // namespace

class TestRelaySharing : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void givesEachToOneAndTellsTheSender()
    {
        SharingRelay bus;
        bus.takePart(bus.one);
        bus.takePart(bus.other);
        bus.say(bus.sender, bus.event(1));
        bus.say(bus.sender, bus.event(2));
        bus.say(bus.sender, bus.event(3));
        QCOMPARE(bus.given(bus.other), QByteArrayList{bus.event(2)});
        QCOMPARE(bus.given(bus.one), QByteArrayList{bus.event(1)});
        bus.finish(bus.one);
        QCOMPARE(bus.given(bus.one), QByteArrayList{bus.event(3)});
        bus.relay.processSharing({});
        const Control::Unfinished unfinished{
            .node = bus.node(0), .group = bus.group, .topic = "job", .first = 1, .last = 3, .ranges = {{2, 3}}};
        QCOMPARE(sentTo(bus.sender), QByteArrayList{unfinished.toFrame()});
        bus.relay.processSharing({});
        QCOMPARE(sentTo(bus.sender), QByteArrayList());
    }

    // By a run, by a batch, and out of a file, as others come.
    void sharesWhateverWayItComes()
    {
        SharingRelay bus;
        bus.takePart(bus.one);
        const QByteArray first = bus.event(1);
        const QByteArray second = bus.event(2);
        const QByteArray run = Zmtp::frame(0, first) + Zmtp::frame(0, second);
        const qsizetype half = run.size() / 2;
        bus.relay.addToRun(
            bus.sender, {0, QByteArrayView(run).first(half), QByteArrayView(run).first(half).last(first.size()), {}});
        bus.relay.addToRun(bus.sender,
                           {0, QByteArrayView(run).last(half), QByteArrayView(run).last(second.size()), {}});
        bus.relay.endRun();
        QCOMPARE(bus.given(bus.one), QByteArrayList{first});
        bus.finish(bus.one);
        QCOMPARE(bus.given(bus.one), QByteArrayList{second});
        bus.finish(bus.one);

        const QByteArray frames[] = {bus.event(3), bus.event(4)};
        QByteArray batch(sizeInBatch(frames[0].size()) + sizeInBatch(frames[1].size()), Qt::Uninitialized);
        writeToBatch(frames[1], writeToBatch(frames[0], batch.data()));
        const QByteArray encoded = Zmtp::frame(0, batch);
        QCOMPARE(bus.relay.receive(bus.sender, batchMark, {0, encoded, QByteArrayView(encoded).last(batch.size()), {}}),
                 2);
        QCOMPARE(bus.given(bus.one), QByteArrayList{bus.event(3)});
        bus.finish(bus.one);
        QCOMPARE(bus.given(bus.one), QByteArrayList{bus.event(4)});
    }

    // Nobody speaks for others: neither finishes what they work on, nor gives again what is theirs.
    void believesNobodyForOthers()
    {
        SharingRelay bus;
        bus.takePart(bus.one);
        bus.say(bus.sender, bus.event(1));
        bus.say(bus.sender, bus.event(2));
        QCOMPARE(bus.given(bus.one), QByteArrayList{bus.event(1)});
        bus.say(bus.other, Control::Finished{bus.node(1), bus.lastId}.toFrame());
        bus.say(bus.other, Control::Finished{bus.node(2), bus.lastId}.toFrame());
        bus.say(bus.other, Control::AtWork{bus.node(1), 1, {{bus.lastId, "job", bus.node(0), 1, true}}}.toFrame());
        bus.say(bus.other, Control::Again{bus.group, bus.event(9)}.toFrame());
        bus.say(bus.other, Control::Share{1, 7, false, {}}.beginning(bus.node(1)) + bus.event(9));
        bus.say(bus.other,
                Control::Unfinished{.node = bus.node(0), .group = bus.group, .topic = "job", .isEnd = true}.toFrame());
        bus.say(bus.other, Control::Membership{bus.node(1), 1, false}.toFrame());
        QCOMPARE(bus.given(bus.one), QByteArrayList());
        bus.finish(bus.one);
        QCOMPARE(bus.given(bus.one), QByteArrayList{bus.event(2)});
        bus.relay.processSharing({});
        for (const QByteArray &frame : sentTo(bus.sender))
            QCOMPARE(Control::Message::of(frame)->kind, Control::Kind::Unfinished);
    }

    // Who may not hear a name is given none of its events, and who may not send it, gives none again.
    void rulesSayWhoShares()
    {
        SharingRelay bus;
        PeerRulesPool pool{std::make_shared<Rules>(rulesOf("allow user ada send job\n"
                                                           "allow user bob hear other\n"))};
        bus.takePart(bus.one);
        bus.relay.setRules(bus.one, pool.find({.user = bob}));
        bus.say(bus.sender, bus.event(1));
        bus.takePart(bus.other);
        bus.say(bus.sender, bus.event(2));
        QCOMPARE(bus.given(bus.other), QByteArrayList{bus.event(2)}); // the first one was for nobody
        bus.finish(bus.other);
        QCOMPARE(bus.given(bus.one), QByteArrayList());
        QCOMPARE(bus.given(bus.other), QByteArrayList());
        bus.relay.setRules(bus.sender, pool.find({.user = bob}));
        bus.say(bus.sender, Control::Again{bus.group, bus.event(7)}.toFrame());
        bus.relay.processSharing({});
        bus.relay.processSharing(Sharing::Clock::time_point() + 5s);
        QCOMPARE(bus.given(bus.other), QByteArrayList());
        QVERIFY(bus.relay.hasRefused());
        bus.relay.setRules(bus.sender, pool.find({.user = ada}));
        bus.say(bus.sender, Control::Again{bus.group, bus.event(7)}.toFrame());
        bus.relay.processSharing(Sharing::Clock::time_point() + 5s);
        bus.relay.processSharing(Sharing::Clock::time_point() + 10s);
        QCOMPARE(bus.given(bus.other), QByteArrayList{"again: " + bus.event(7)});
    }

    // Who may not hear a name finishes none of its events either, nor has them kept from others, by saying that a server before gave it these.
    void rulesSayWhoFinishes()
    {
        SharingRelay bus;
        PeerRulesPool pool{std::make_shared<Rules>(rulesOf("allow user bob hear other\n"))};
        bus.takePart(bus.one);
        bus.takePart(bus.other);
        bus.relay.setRules(bus.other, pool.find({.user = bob}));
        bus.say(
            bus.other,
            Control::AtWork{bus.node(2), 1, {{1, "job", bus.node(0), 1, true}, {2, "job", bus.node(0), 2}}}.toFrame());
        for (quint64 number : {1, 2}) {
            bus.say(bus.sender, bus.event(number));
            QCOMPARE(bus.given(bus.one), QByteArrayList{bus.event(number)});
            bus.finish(bus.one);
        }
    }

    // A number of no node's would make all events that have no number, as Python's, one and the same.
    void numbersOfNoNode()
    {
        SharingRelay bus;
        bus.takePart(bus.one);
        bus.takePart(bus.other);
        QByteArray forged = "job 1.";
        appendTrailer({.nodeId = QUuid(), .sequence = std::numeric_limits<quint64>::max()}, &forged);
        bus.say(bus.sender, forged);
        QCOMPARE(bus.given(bus.one), QByteArrayList{forged});
        bus.finish(bus.one);
        sentTo(bus.one);

        // Two are at work, and are lost with their members. Each is given again, and nothing is left of them.
        bus.say(bus.sender, "job a.");
        bus.say(bus.sender, "job b.");
        QCOMPARE(bus.given(bus.other), QByteArrayList{"job a."});
        QCOMPARE(bus.given(bus.one), QByteArrayList{"job b."});
        for (Relay::Client *client : {bus.one, bus.other})
            bus.relay.unsubscribe(client, Control::Member{bus.node(bus.indexOf(client)), 1, bus.group}.toPrefix());
        bus.takePart(bus.one);
        bus.relay.processSharing({});
        bus.relay.processSharing(Sharing::Clock::time_point() + 5s);
        QCOMPARE(bus.given(bus.one), QByteArrayList{"again: job a."});
        bus.finish(bus.one);
        QCOMPARE(bus.given(bus.one), QByteArrayList{"again: job b."});
        bus.finish(bus.one);
        QCOMPARE(bus.relay.sharing().bytes(), 0);
    }

    // One group that is behind holds nobody whose events are for no group.
    void onlySendersToGroupsAreHeld()
    {
        SharingRelay bus(Relay::Limits{.allBytes = 400'000});
        for (const QByteArray name : {"a", "b", "c"}) {
            const QByteArray group = ShareGroup{name, "job", {}}.key();
            QVERIFY(bus.relay.subscribe(bus.one, Control::Member{bus.node(1), 1, group}.toPrefix()));
        }
        for (quint64 i = 1; !bus.relay.hasRefused(); ++i) {
            QVERIFY(i < 1000);
            bus.say(bus.sender, bus.event(i, QByteArray(1000, 'x')));
        }
        bus.say(bus.sender, bus.event(2000, "1", Trailer::Waits).replace("job ", "idle "));
        QVERIFY(!bus.relay.isHeld(bus.sender));
        bus.say(bus.sender, bus.event(2001, "1", Trailer::Waits));
        QVERIFY(bus.relay.isHeld(bus.sender));
    }

    // A sender that waits for receivers waits for a group as well; of one that does not, what is too much is lost, and it is told.
    void whoSendsMoreThanIsDone()
    {
        SharingRelay bus(Relay::Limits{.waitingBytes = 1'000'000, .allBytes = 4'000'000});
        bus.takePart(bus.one);
        const QByteArray payload(1000, 'x');
        quint64 sequence = 0;
        const auto send = [&](quint16 flags) {
            const QByteArray frame = bus.event(++sequence, payload, flags);
            const QByteArray encoded = Zmtp::frame(0, frame);
            bus.relay.receive(bus.sender, {}, {0, encoded, QByteArrayView(encoded).last(frame.size()), {}});
        };
        while (!bus.relay.isHeld(bus.sender)) {
            QVERIFY(sequence < 1000);
            send(Trailer::Waits);
        }
        QVERIFY(sequence > 300); // half of a quarter of 4 MB
        QVERIFY(!bus.relay.releaseHeld());
        sentTo(bus.sender);
        const quint64 atHold = sequence;
        QByteArrayList done;
        for (quint64 i = 0; i < atHold; ++i) {
            done += bus.given(bus.one);
            bus.finish(bus.one);
        }
        QCOMPARE(quint64(done.size()), atHold);
        QVERIFY(bus.relay.releaseHeld());
        QVERIFY(!bus.relay.hasRefused());

        while (!bus.relay.hasRefused()) {
            QVERIFY(sequence < 10'000);
            send(0);
        }
        QVERIFY(sequence - atHold > 700);
        QVERIFY2(bus.relay.lastRefusal().contains(u"'workers'"), qPrintable(bus.relay.lastRefusal()));
        const qsizetype full = bus.relay.memory();
        for (int i = 0; i < 1000; ++i)
            send(0);
        QCOMPARE(bus.relay.memory(), full);
        bus.relay.remove(bus.one);
        while (bus.relay.tidy()) { }
        bus.relay.processSharing({});
        bus.relay.processSharing(Sharing::Clock::time_point() + 61s);
        QVERIFY(bus.relay.memory() < 200'000);
    }

    // What does not read is given nothing, and grows no more.
    void aMemberThatDoesNotRead()
    {
        SharingRelay bus(Relay::Limits{.waitingBytes = 10'000});
        bus.takePart(bus.one);
        bus.takePart(bus.other);
        bus.relay.subscribe(bus.one, "stuff ");
        bus.say(bus.one, "stuff " + QByteArray(9000, 'x') + '.');
        for (int i = 1; i <= 3; ++i) {
            bus.say(bus.sender, bus.event(quint64(i)));
            QCOMPARE(bus.given(bus.other), QByteArrayList{bus.event(quint64(i))});
            bus.finish(bus.other);
        }
        bus.say(bus.sender, bus.event(4));
        QCOMPARE(bus.given(bus.other), QByteArrayList{bus.event(4)});
        bus.say(bus.sender, bus.event(5));
        QCOMPARE(sentTo(bus.one).size(), 1);
        bus.relay.processSharing({}); // it reads again
        QCOMPARE(bus.given(bus.one), QByteArrayList{bus.event(5)});
    }

    void aWillIsSharedAsWell()
    {
        SharingRelay bus;
        bus.takePart(bus.one);
        bus.say(
            bus.sender, serverTopic(Control::will) + [&] {
                QByteArray frame = "job 1.";
                appendTrailer({.nodeId = bus.node(0), .flags = Trailer::Will}, &frame);
                return frame;
            }());
        bus.relay.remove(bus.sender);
        bus.relay.tellLost(true);
        QCOMPARE(bus.given(bus.one).size(), 1);
    }
};

PYVENT_TEST(TestRelaySharing)

#include "tst_relay_sharing.moc"
