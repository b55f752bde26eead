// SPDX-License-Identifier: MIT
#include "pickle/picklewriter.h"
#include "security/nodesecret.h"
#include "security/peerrulespool.h"
#include "server/relay.h"
#include "support/sendbuffers.h"
#include "support/testprogram.h"
#include "unit/security/samplerules.h"
#include "wire/valuemessages.h"
#include "wire/zmtp.h"

#include <QtCore/qbytearraylist.h>
#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

constexpr qint64 hourOfTest = 1'800'000'000'000'000;

QByteArrayList sentTo(Relay::Client *client)
{
    return takeFrames(&client->output);
}

QByteArrayList only(const QByteArray &frame)
{
    return {frame};
}

QByteArray pickleOf(const QVariantMap &arguments)
{
    QByteArray pickle;
    PickleError error;
    writeArguments(arguments, {}, &pickle, &error);
    return pickle;
}

// A relay, and two nodes that hold the value "oven".
struct ValueRelay
{
    ValueRelay()
    {
        relay.setWallClock([this] { return now; });
        now += 10'000'000; // it knows what there is to know by now
        for (int i : {0, 1})
            hold(clients[i], i);
    }
    void hold(Relay::Client *client, int i)
    {
        client->isLane = true;
        client->speaker.setSecret(secrets[i].bytes());
        for (const QByteArray &prefix : {QByteArray("oven "), valueTopic("oven"), nodePrefix(node(i))})
            QVERIFY(relay.subscribe(client, prefix));
    }
    void say(Relay::Client *from, const QByteArray &body)
    {
        const QByteArray encoded = Zmtp::frame(0, body);
        relay.passOn(from, {0, encoded, QByteArrayView(encoded).last(body.size()), {}});
    }
    QUuid node(int i) const { return secrets[i].node(1); }

    QByteArray write(int i, quint64 millisecond, const QVariant &value, const QByteArray &name = "oven") const
    {
        QByteArray frame = name + ' ' + pickleOf({{u"value"_s, value}});
        appendTrailer({.nodeId = node(i),
                       .time = hourOfTest,
                       .flags = Trailer::Value,
                       .stamp = HybridClock::stampOf(hourOfTest) + (millisecond << 16)},
                      &frame);
        return frame;
    }
    ValueVersion versionOf(const QByteArray &frame) const
    {
        const Trailer trailer = parseFrame(frame).trailer;
        return {trailer.stamp, trailer.nodeId};
    }
    QByteArray held(int i, const ValueVersion &version, const QByteArray &name = "oven") const
    {
        return Control::ValueHeld{node(i), version}.toFrame(name);
    }
    QByteArray atServer(int i, const ValueVersion &version, const QByteArray &name = "oven") const
    {
        return Control::ValueAtServer{node(i), name, version}.toFrame();
    }
    QByteArrayList both()
    {
        QByteArrayList all = sentTo(one);
        all += sentTo(other);
        return all;
    }

    qint64 now = hourOfTest;
    NodeSecret secrets[2];
    Relay relay{true, {}};
    Relay::Client *const one = relay.add();
    Relay::Client *const other = relay.add();
    Relay::Client *const clients[2] = {one, other};
};

} // namespace

class TestRelayValues : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void tellsWhoComesLate()
    {
        ValueRelay bus;
        const QByteArray write = bus.write(0, 1, 180);
        bus.say(bus.one, write);
        QCOMPARE(bus.both(), QByteArrayList({write, write}));
        bus.say(bus.other, bus.held(1, {}));
        QCOMPARE(sentTo(bus.other),
                 QByteArrayList({bus.atServer(1, bus.versionOf(write)), valueTopic("oven") + write}));
        QVERIFY(sentTo(bus.one).isEmpty());
        // Who has it is told only that the server has it, too.
        bus.say(bus.one, bus.held(0, bus.versionOf(write)));
        QCOMPARE(bus.both(), only(bus.atServer(0, bus.versionOf(write))));
    }

    void asksWhoKnowsMore()
    {
        ValueRelay bus;
        const QByteArray write = bus.write(0, 1, 180);
        bus.say(bus.one, bus.held(0, bus.versionOf(write)));
        QCOMPARE(bus.both(), only(bus.atServer(0, {})));
        bus.say(bus.one, valueTopic("oven") + write);
        QCOMPARE(sentTo(bus.other), only(valueTopic("oven") + write));
        sentTo(bus.one);
        // And tells one who is behind.
        const QByteArray newer = bus.write(1, 2, 90);
        bus.say(bus.other, newer);
        bus.both();
        bus.say(bus.one, valueTopic("oven") + write);
        QCOMPARE(bus.both(), only(valueTopic("oven") + newer));
    }

    void asksTheOthersWhereItKnowsNothing()
    {
        ValueRelay bus;
        bus.say(bus.one, bus.held(0, {}));
        QCOMPARE(sentTo(bus.other), only(bus.held(0, {})));
    }

    void givesAStampToWhatHasNone()
    {
        ValueRelay bus;
        Relay::Client *const script = bus.relay.add();
        const QByteArray event = "oven " + pickleOf({{u"value"_s, 1}});
        bus.say(script, event);
        const QByteArrayList sent = sentTo(bus.one);
        QCOMPARE(sent.size(), 2);
        QCOMPARE(sent[0], event);
        QVERIFY(sent[1].startsWith(valueTopic("oven")));
        const Frame stamped = parseFrame(QByteArrayView(sent[1]).sliced(valueTopic("oven").size()));
        QCOMPARE(stamped.payload, QByteArrayView(event).sliced(5));
        QCOMPARE(stamped.trailer.stamp, HybridClock::stampOf(bus.now));
        QVERIFY(isNobody(stamped.trailer.nodeId));
        QCOMPARE(stamped.trailer.sequence, 0ULL);
        sentTo(bus.other);
        // It is later than each write that was heard.
        const QByteArray future = bus.write(0, 3'600'000, 2);
        bus.say(bus.one, future);
        bus.both();
        bus.say(script, event);
        const QByteArrayList again = sentTo(bus.one);
        QCOMPARE(again.size(), 2);
        QVERIFY(bus.versionOf(again[1].sliced(valueTopic("oven").size())) > bus.versionOf(future));
        sentTo(bus.other);
        // What has no value is no write, nor is the event of a name that nobody holds.
        bus.say(script, "oven " + pickleOf({{u"other"_s, 1}}));
        bus.say(script, "oven no pickle");
        bus.say(script, "door " + pickleOf({{u"value"_s, 1}}));
        QCOMPARE(sentTo(bus.one).size(), 2);
    }

    // Python's nodes do not know which of two writes holds.
    void tellsStrangersWhatHolds()
    {
        ValueRelay bus;
        Relay::Client *const stranger = bus.relay.add();
        QVERIFY(bus.relay.subscribe(stranger, "oven"));
        const QByteArray newer = bus.write(0, 2, 180);
        const QByteArray older = bus.write(1, 1, 90);
        bus.say(bus.one, newer);
        bus.say(bus.other, older);
        QCOMPARE(sentTo(stranger), QByteArrayList({newer, older, newer}));
        QCOMPARE(sentTo(bus.one), QByteArrayList({newer, older}));
    }

    void oneOfTwoSets()
    {
        ValueRelay bus;
        const QByteArray first = bus.write(0, 1, 1);
        bus.say(bus.one, first);
        bus.both();
        const QByteArray mine = bus.write(0, 2, 2);
        const QByteArray theirs = bus.write(1, 3, 3);
        bus.say(bus.one, Control::SetValue{bus.node(0), 7, bus.versionOf(first), mine}.toFrame());
        bus.say(bus.other, Control::SetValue{bus.node(1), 8, bus.versionOf(first), theirs}.toFrame());
        using Said = Control::ValueIsSet;
        QCOMPARE(sentTo(bus.one),
                 QByteArrayList({mine, Said{bus.node(0), 7, Said::Done, bus.versionOf(mine)}.toFrame()}));
        QCOMPARE(sentTo(bus.other),
                 QByteArrayList({mine, Said{bus.node(1), 8, Said::IsAnother, bus.versionOf(mine)}.toFrame()}));
    }

    void aServerThatHasJustBegunLearnsFirst()
    {
        ValueRelay bus;
        bus.relay.setWallClock([&bus] { return bus.now; });
        bus.say(bus.one, Control::SetValue{bus.node(0), 7, {}, bus.write(0, 2, 2)}.toFrame());
        using Said = Control::ValueIsSet;
        QCOMPARE(bus.both(), only(Said{bus.node(0), 7, Said::IsNotKnownYet, {}}.toFrame()));
        bus.now += 2'000'000;
        bus.say(bus.one, Control::SetValue{bus.node(0), 8, {}, bus.write(0, 2, 2)}.toFrame());
        QCOMPARE(sentTo(bus.other), only(bus.write(0, 2, 2)));
    }

    void whatCannotBeSetIsRefused_data()
    {
        QTest::addColumn<int>("what");
        for (int what = 0; what < 7; ++what)
            QTest::addRow("%d", what) << what;
    }
    void whatCannotBeSetIsRefused()
    {
        QFETCH(const int, what);
        ValueRelay bus;
        const QByteArray others = bus.write(1, 2, 2);
        QByteArray numbered = "oven " + pickleOf({{u"value"_s, 1}});
        appendTrailer({.nodeId = bus.node(0), .sequence = 4, .flags = Trailer::Value, .stamp = 5}, &numbered);
        QByteArray plain = "oven " + pickleOf({{u"value"_s, 1}});
        appendTrailer({.nodeId = bus.node(0)}, &plain);
        const QByteArray frames[] = {
            others,
            numbered,
            plain,
            "oven",
            {},
            bus.write(0, 2, QByteArray(61'500, 'x')),
            bus.write(0, 2, 2, "\2all/who"),
        };
        bus.say(bus.one, Control::SetValue{bus.node(0), 7, {}, frames[what]}.toFrame());
        using Said = Control::ValueIsSet;
        QCOMPARE(bus.both(), only(Said{bus.node(0), 7, Said::Refused, {}}.toFrame()));
    }

    void tellsTheLastEvent()
    {
        ValueRelay bus;
        Relay::Client *const script = bus.relay.add();
        bus.say(script, "bell 1.");
        bus.say(script, "bell 2.");
        bus.say(bus.one, Control::AskLast{bus.node(0), "bell"}.toFrame());
        QCOMPARE(bus.both(), only(Control::LastEvent{bus.node(0), "bell", "bell 2."}.toFrame()));
        bus.say(bus.one, Control::AskLast{bus.node(0), "nothing"}.toFrame());
        QCOMPARE(bus.both(), only(Control::LastEvent{bus.node(0), "nothing", {}}.toFrame()));
        bus.relay.remove(script);
        bus.say(bus.one, Control::AskLast{bus.node(0), "bell"}.toFrame());
        QCOMPARE(bus.both(), only(Control::LastEvent{bus.node(0), "bell", "bell 2."}.toFrame()));
    }

    // What was sent before the question was asked is heard before the answer.
    void answersBehindWhatCameBefore()
    {
        ValueRelay bus;
        QVERIFY(bus.relay.subscribe(bus.one, "bell "));
        const QByteArray encoded =
            Zmtp::frame(0, "bell 1.") + Zmtp::frame(0, Control::AskLast{bus.node(0), "bell"}.toFrame());
        const QByteArrayView all(encoded);
        const auto first = Zmtp::readHeader(all);
        const qsizetype size = first->size + qsizetype(first->bodySize);
        const auto second = Zmtp::readHeader(all.sliced(size));
        bus.relay.addToRun(bus.one, {0, all.first(size), all.first(size).sliced(first->size), {}});
        bus.relay.addToRun(bus.one, {0, all.sliced(size), all.sliced(size).sliced(second->size), {}});
        bus.relay.endRun();
        QCOMPARE(sentTo(bus.one),
                 QByteArrayList({"bell 1.", Control::LastEvent{bus.node(0), "bell", "bell 1."}.toFrame()}));
    }

    void onlyTheServerSpeaksForTheServer()
    {
        ValueRelay bus;
        bus.say(bus.one, bus.atServer(1, {HybridClock::stampOf(hourOfTest), bus.node(0)}));
        bus.say(bus.one, Control::ValueIsSet{bus.node(1), 1, Control::ValueIsSet::Done, {}}.toFrame());
        bus.say(bus.one, Control::LastEvent{bus.node(1), "x", "x 1."}.toFrame());
        QVERIFY(bus.both().isEmpty());
        QCOMPARE(bus.one->refused(), 3ULL);
    }

    void whatIsNoneIsPassedOnToNobody_data()
    {
        QTest::addColumn<QByteArray>("frame");
        const ValueRelay bus;
        QTest::newRow("no array") << valueTopic("oven") + "\x80";
        QTest::newRow("no version") << valueTopic("oven") + QByteArray::fromHex("81");
        QTest::newRow("nothing") << valueTopic("oven");
        QTest::newRow("no name") << valueTopic("") + "x";
        QTest::newRow("no event") << valueTopic("oven") + "oven";
        QTest::newRow("of no stamp") << valueTopic("oven") + "oven }.";
        QTest::newRow("an unknown question") << QByteArray("\2server/how x");
        QTest::newRow("an empty question") << Control::SetValue::topic.toByteArray();
    }
    void whatIsNoneIsPassedOnToNobody()
    {
        QFETCH(const QByteArray, frame);
        ValueRelay bus;
        bus.say(bus.one, frame);
        QVERIFY(bus.both().isEmpty());
    }

    void aWriteOfAnotherNameIsNoneOfThis()
    {
        ValueRelay bus;
        bus.say(bus.one, valueTopic("oven") + bus.write(0, 1, 1, "door"));
        bus.say(bus.one,
                bus.write(0, qint64(400) * 24 * 3600 * 1000, 1)); // more than a year ahead: passed on, and not kept
        bus.both();
        bus.say(bus.other, bus.held(1, {}));
        QCOMPARE(sentTo(bus.other), only(bus.atServer(1, {})) + only(bus.held(1, {})));
    }

    // A node that is called as the kinds of messages to all are.
    void namesMayBeAny()
    {
        ValueRelay bus;
        for (const QByteArray &name : {QByteArray("heads"), QByteArray("a/repair"), QByteArray("value/x")}) {
            QVERIFY(bus.relay.subscribe(bus.other, valueTopic(name)));
            const QByteArray write = bus.write(0, 1, 1, name);
            bus.say(bus.one, valueTopic(name) + write);
            QCOMPARE(sentTo(bus.other), only(valueTopic(name) + write));
        }
    }

    void rulesSayWhoMayHearAndWrite()
    {
        PeerRulesPool pool{std::make_shared<Rules>(rulesOf("allow user ada send oven\n"
                                                           "allow user ada hear *\n"
                                                           "allow user bob hear oven\n"))};
        ValueRelay bus;
        bus.relay.setRules(bus.one, pool.find({.user = ada}));
        bus.relay.setRules(bus.other, pool.find({.user = bob}));
        const QByteArray write = bus.write(0, 1, 1);
        bus.say(bus.one, write);
        bus.both();
        // Bob hears it, writes nothing, and is not asked for what he has.
        bus.say(bus.other, bus.held(1, {}));
        QCOMPARE(sentTo(bus.other).size(), 2);
        const QByteArray bobs = bus.write(1, 2, 2);
        bus.say(bus.other, bus.held(1, bus.versionOf(bobs)));
        QCOMPARE(sentTo(bus.other), only(bus.atServer(1, bus.versionOf(bobs))));
        bus.say(bus.other, valueTopic("oven") + bobs);
        bus.say(bus.other, Control::SetValue{bus.node(1), 3, bus.versionOf(write), bobs}.toFrame());
        QVERIFY(sentTo(bus.one).isEmpty());
        QCOMPARE(sentTo(bus.other),
                 only(Control::ValueIsSet{bus.node(1), 3, Control::ValueIsSet::Refused, {}}.toFrame()));
        // What he may not hear he is not told, by no way.
        bus.say(bus.one, bus.held(0, {}, "door"));
        const QByteArray door = bus.write(0, 5, 5, "door");
        QVERIFY(bus.relay.subscribe(bus.other, valueTopic("door")));
        Relay::Client *const free = bus.relay.add();
        bus.relay.setRules(free, pool.find({.user = 0}));
        bus.relay.setRules(free, nullptr);
        bus.say(free, valueTopic("door") + door);
        bus.say(bus.other, bus.held(1, {}, "door"));
        bus.say(bus.other, Control::AskLast{bus.node(1), "door"}.toFrame());
        QVERIFY(sentTo(bus.other).isEmpty());
        bus.say(bus.one, Control::AskLast{bus.node(0), "door"}.toFrame());
        QVERIFY(!sentTo(bus.one).isEmpty());
    }

    // What a bridge knows from before is kept for those who come late, and heard by nobody.
    void keepsWhatABridgeBrings()
    {
        ValueRelay bus;
        const QUuid absent = NodeSecret().node(1);
        const auto past = [&](qint64 time, quint16 flags = Trailer::Forwarded, const QByteArray &name = "bell") {
            QByteArray frame = name + " }.";
            appendTrailer({.nodeId = absent, .sequence = 7, .time = time, .flags = flags}, &frame);
            return frame;
        };
        const auto last = [&](const QByteArray &name = "bell") {
            bus.say(bus.other, Control::AskLast{bus.node(1), name}.toFrame());
            return Control::LastEvent::read(Control::Message::of(sentTo(bus.other).value(0))->payload)->frame;
        };
        QVERIFY(bus.relay.subscribe(bus.other, "bell "));
        const auto keep = [&](const QByteArray &frame) {
            bus.say(bus.one, Control::KeepPast{bus.node(0), frame}.toFrame());
        };
        keep(past(5)); // it may not speak for others
        QCOMPARE(last(), QByteArray());
        QVERIFY(bus.one->refused() > 0);
        bus.one->isOwners = true;
        sentTo(bus.one);
        keep(past(5));
        QVERIFY(sentTo(bus.other).isEmpty());
        QCOMPARE(last(), past(5));
        keep(past(4)); // an older one
        QCOMPARE(last(), past(5));
        keep(past(6));
        QCOMPARE(last(), past(6));
        keep(past(9, 0)); // as if it were its own
        keep(past(9, Trailer::Forwarded | Trailer::Will));
        keep("bell }.");
        keep("\2all/who }.");
        keep({});
        QCOMPARE(last(), past(6));
        // What is heard is the last one, whatever its time; and a Python node's has none.
        bus.say(bus.relay.add(), "bell 3.");
        QCOMPARE(sentTo(bus.other), only("bell 3."));
        keep(past(9));
        QCOMPARE(last(), QByteArray("bell 3."));
        // A value is only written.
        keep(past(9, Trailer::Forwarded, "oven"));
        QCOMPARE(last("oven"), QByteArray());
        QVERIFY(sentTo(bus.one).isEmpty());
    }

    void tellsAllThatItKeeps()
    {
        ValueRelay bus;
        Relay::Client *const script = bus.relay.add();
        QByteArrayList expected;
        for (int i = 0; i < 450; ++i) {
            expected += "name" + QByteArray::number(i) + ' ' + QByteArray(i % 50 ? 100 : 20'000, 'x') + '.';
            bus.say(script, expected.last());
        }
        QByteArrayList found;
        int questions = 0;
        quint64 next = 0;
        do {
            bus.say(bus.one, Control::AskKept{bus.node(0), next}.toFrame());
            const QByteArrayList answers = sentTo(bus.one);
            QCOMPARE(answers.size(), 1);
            QVERIFY(answers[0].size() < Control::maximumSize);
            const auto kept = Control::KeptEvents::read(Control::Message::of(answers[0])->payload);
            QVERIFY(kept);
            QCOMPARE(kept->after, next);
            QVERIFY(kept->next == 0 || kept->next > next);
            for (const QByteArray &frame : kept->frames)
                found += frame;
            next = kept->next;
            ++questions;
        } while (next > 0);
        QCOMPARE(found, expected);
        QVERIFY(questions >= 6 && questions < 20);
        QVERIFY(sentTo(bus.other).isEmpty());
        // What was forgotten is not told, and what is not there is no place to begin at.
        bus.say(script, expected.last() + QByteArray(100'000, 'x'));
        bus.say(bus.one, Control::AskKept{bus.node(0), 449}.toFrame());
        QCOMPARE(sentTo(bus.one), only(Control::KeptEvents{bus.node(0), 449, 0, {}}.toFrame()));
        // And nobody is told what he may not hear.
        PeerRulesPool pool{std::make_shared<Rules>(rulesOf("allow user bob hear name7\n"))};
        bus.relay.setRules(bus.other, pool.find({.user = bob}));
        bus.say(bus.other, Control::AskKept{bus.node(1), 0}.toFrame());
        QCOMPARE(sentTo(bus.other), only(Control::KeptEvents{bus.node(1), 0, 0, {expected[7]}}.toFrame()));
    }

    // A Python node's write on another bus is later than what is here, and not later than what comes after it there, whatever the clocks say.
    void stampsOfForwardedWritesFollowTheSendersTime()
    {
        ValueRelay bus;
        bus.one->isOwners = true;
        const auto forwarded = [&](int number, qint64 time) {
            QByteArray frame = "oven " + pickleOf({{u"value"_s, number}});
            appendTrailer({.nodeId = QUuid::fromString("00112233-4455-6677-8899-aabbccddeeff"_L1),
                           .sequence = quint64(number),
                           .time = time,
                           .flags = Trailer::Forwarded},
                          &frame);
            return frame;
        };
        const auto stampOf = [](const QByteArrayList &frames) {
            return parseFrame(frames.last().sliced(valueTopic("oven").size())).trailer.stamp;
        };
        constexpr qint64 hour = qint64(3600) * 1'000'000;
        bus.say(bus.one, forwarded(1, hourOfTest - hour));
        const quint64 first = stampOf(bus.both());
        QVERIFY(first > 0);
        QVERIFY(first < HybridClock::stampOf(hourOfTest - hour));
        bus.say(bus.one, forwarded(2, hourOfTest - 2 * hour)); // by a clock that was set
        const quint64 second = stampOf(bus.both());
        QCOMPARE(second, first + 1);
        bus.say(bus.one, forwarded(3, hourOfTest + hour));
        const quint64 third = stampOf(bus.both());
        QVERIFY(third > second);
        QVERIFY(third < HybridClock::stampOf(bus.now));
    }

    // A holder that did not read has the newest write all the same.
    void whatWasDroppedIsToldOnce()
    {
        ValueRelay bus;
        Relay relay(true, {.waitingBytes = 100'000});
        relay.setWallClock([&bus] { return bus.now; });
        Relay::Client *const writer = relay.add();
        Relay::Client *const slow = relay.add();
        writer->speaker.setSecret(bus.secrets[0].bytes());
        QVERIFY(relay.subscribe(slow, valueTopic("oven")));
        QByteArray last;
        for (quint64 i = 1; i <= 10; ++i) {
            last = valueTopic("oven") + bus.write(0, i, QByteArray(30'000, char('a' + i)));
            const QByteArray encoded = Zmtp::frame(0, last);
            relay.passOn(writer, {0, encoded, QByteArrayView(encoded).last(last.size()), {}});
        }
        const QByteArrayList before = sentTo(slow);
        QVERIFY(before.size() < 10);
        QVERIFY(relay.tellDropped(slow));
        QCOMPARE(sentTo(slow), only(last));
        QVERIFY(!relay.tellDropped(slow));
    }

    void whoDoesNotReadGetsNoMoreAnswers()
    {
        ValueRelay bus;
        Relay relay(true, {.waitingBytes = 200'000});
        Relay::Client *const client = relay.add();
        client->speaker.setSecret(bus.secrets[0].bytes());
        const auto say = [&](const QByteArray &body) {
            const QByteArray encoded = Zmtp::frame(0, body);
            relay.passOn(client, {0, encoded, QByteArrayView(encoded).last(body.size()), {}});
        };
        say("bell " + QByteArray(50'000, 'x') + '.');
        for (int i = 0; i < 1000; ++i)
            say(Control::AskLast{bus.node(0), "bell"}.toFrame());
        QVERIFY(client->output.cost() < 300'000);
        QVERIFY(client->nodeMessages() > 1000); // large answers count for more
    }
};

PYVENT_TEST(TestRelayValues)

#include "tst_relay_values.moc"
