// SPDX-License-Identifier: MIT
#include "support/testprogram.h"
#include "wire/control.h"
#include "wire/frame.h"
#include "wire/topic.h"

#include <QtCore/qcborarray.h>
#include <QtCore/qcborvalue.h>
#include <QtTest/qtest.h>

using namespace Pyvent::Internal;

namespace {

const QUuid node = QUuid::fromString(QLatin1String("00112233-4455-6677-8899-aabbccddeeff"));
const QByteArray prefixOfNode = "\x02node/00112233-4455-6677-8899-aabbccddeeff/";

QByteArrayView payloadOf(const QByteArray &frame)
{
    return QByteArrayView(frame).sliced(frame.indexOf(' ') + 1);
}

} // namespace

class TestControl : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void topicsAreUnderThePrefixes();
    void topicsToOneNode_data();
    void topicsToOneNode();
    void messages_data();
    void messages();
    void whoIsThere();
    void noMessages_data();
    void noMessages();
    void heads();
    void announce();
    void ask();
    void answer();
    void withheld();
    void past();
    void kept();
    void refused();
    void answerers();
    void questions();
    void declarations();
    void noDeclarations_data();
    void noDeclarations();
    void origins_data();
    void origins();
    void tooLarge();
    void nonsense_data();
    void nonsense();
};

void TestControl::topicsAreUnderThePrefixes()
{
    QCOMPARE(commonTopic(Control::who),
             QByteArray("\x02"
                        "all/who "));
    QCOMPARE(nodeTopic(node, Control::ask), prefixOfNode + "ask ");
    QCOMPARE(controlPrefixes(node),
             (QByteArrayList{"\x02"
                             "all/",
                             prefixOfNode}));
    QVERIFY(isControlTopic(commonTopic(Control::heads)));
    QCOMPARE(nodePrefix(node), prefixOfNode);
}

void TestControl::topicsToOneNode_data()
{
    QTest::addColumn<QByteArray>("topic");
    QTest::addColumn<QUuid>("to");
    QTest::newRow("to one") << nodeTopic(node, Control::ask) << node;
    QTest::newRow("all that is to one") << prefixOfNode << node;
    QTest::newRow("to all") << commonTopic(Control::who) << QUuid();
    QTest::newRow("to any") << QByteArray("\2node/") << QUuid();
    QTest::newRow("too short") << prefixOfNode.chopped(2) << QUuid();
    QTest::newRow("no UUID") << "\2node/" + QByteArray(36, 'x') + '/' << QUuid();
    QTest::newRow("an event") << prefixOfNode.sliced(1) << QUuid();
    QTest::newRow("nothing") << QByteArray() << QUuid();
}

void TestControl::topicsToOneNode()
{
    QFETCH(const QByteArray, topic);
    QFETCH(const QUuid, to);
    QCOMPARE(nodeOfTopic(topic), to);
}

void TestControl::messages_data()
{
    using Control::Kind;
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("kind");
    const auto row = [](QByteArrayView text, Kind kind) {
        QTest::newRow(text.toByteArray()) << text.toByteArray() << int(kind);
    };
    row(Control::who, Kind::Who);
    row(Control::here, Kind::Here);
    row(Control::announce, Kind::Announce);
    row(Control::heads, Kind::Heads);
    row(Control::ask, Kind::Ask);
    row(Control::answer, Kind::Answer);
    row(Control::withheld, Kind::Withheld);
    row(Control::repair, Kind::Repair);
    row(Control::past, Kind::Past);
    row(Control::kept, Kind::Kept);
    row(Control::recall, Kind::Recall);
    row(Control::replay, Kind::Replay);
    row(Control::refused, Kind::Refused);
    row(Control::answerers, Kind::Answerers);
    row(Control::cancel, Kind::Cancel);
    row(Control::late, Kind::Late);
}

void TestControl::whoIsThere()
{
    using Control::Kind;
    const auto kindOf = [](const QByteArray &frame) {
        const auto message = Control::Message::of(frame);
        return message ? int(message->kind) : -1;
    };
    QCOMPARE(kindOf(presenceTopic(Control::here) + "x"), int(Kind::Here));
    QVERIFY(Control::Message::of(presenceTopic(Control::here))->isForWatchers());
    QCOMPARE(kindOf(serverTopic(Control::will) + "x"), int(Kind::Will));
    QCOMPARE(kindOf(Control::NoWill{node}.toFrame()), int(Kind::NoWill));
    // Each has one topic only.
    for (const QByteArrayView text : {Control::gone, Control::will, Control::noWill}) {
        QCOMPARE(kindOf(commonTopic(text)), -1);
        QCOMPARE(kindOf(nodeTopic(node, text)), -1);
    }
    QCOMPARE(kindOf(presenceTopic(Control::who)), -1);
    QCOMPARE(kindOf(serverTopic(Control::here)), int(Kind::Server)); // of which the server knows none
    QCOMPARE(kindOf("\2presence/x/gone "), -1);

    const Control::Gone gone{node, Control::Gone::Lost};
    const QByteArray frame = gone.toFrame();
    const auto message = Control::Message::of(frame);
    QVERIFY(message && message->kind == Kind::Gone);
    QCOMPARE(message->origin(), node);
    QCOMPARE(Control::Gone::read(message->payload)->reason, Control::Gone::Lost);
    QCOMPARE(Control::Gone::read(message->payload)->node, node);
    QByteArray later = message->payload.toByteArray();
    later.back() = 7; // a reason of a later version
    QCOMPARE(Control::Gone::read(later)->reason, Control::Gone::Lost);
    QVERIFY(!Control::Gone::read(message->payload.chopped(1)));
}

void TestControl::messages()
{
    QFETCH(QByteArray, text);
    QFETCH(int, kind);
    for (const QByteArray &topic : {commonTopic(text), nodeTopic(node, text)}) {
        const QByteArray frame = topic + "what is said";
        const auto message = Control::Message::of(frame);
        QVERIFY(message);
        QCOMPARE(int(message->kind), kind);
        QCOMPARE(message->payload, QByteArrayView("what is said"));
    }
}

void TestControl::noMessages_data()
{
    QTest::addColumn<QByteArray>("frame");
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("a control byte") << QByteArray("\x02");
    QTest::newRow("no space") << commonTopic(Control::who).chopped(1);
    QTest::newRow("another topic") << QByteArray("\x02proof/x ");
    QTest::newRow("a kind of a later version") << commonTopic("news");
    QTest::newRow("the beginning of a kind") << commonTopic("hea");
}

void TestControl::noMessages()
{
    QFETCH(QByteArray, frame);
    QVERIFY(!Control::Message::of(frame));
}

void TestControl::heads()
{
    const QByteArray topic("b\0c\xff", 4); // any bytes
    const Control::Heads sent{.node = node, .heads = {{"order", 7, 1234567890123456}, {topic, 1, 0}}, .asOf = 77};
    const QByteArray frame = sent.toFrame();
    QVERIFY(frame.startsWith(commonTopic(Control::heads)));
    const auto read = Control::Heads::read(payloadOf(frame));
    QVERIFY(read);
    QCOMPARE(read->node, node);
    QCOMPARE(read->heads.size(), std::size_t(2));
    QCOMPARE(read->heads[0].topic, QByteArray("order"));
    QCOMPARE(read->heads[0].sequence, quint64(7));
    QCOMPARE(read->heads[0].time, qint64(1234567890123456));
    QCOMPARE(read->heads[1].topic, topic);
    QCOMPARE(read->asOf, qint64(77));

    const QUuid asker = QUuid::createUuid();
    QVERIFY(sent.toFrame(asker).startsWith(nodeTopic(asker, Control::heads)));
    QCOMPARE(payloadOf(sent.toFrame(asker)), payloadOf(frame));
}

void TestControl::announce()
{
    const QByteArray frame = Control::Announce{node, {"order", "", "b\xff"}}.toFrame();
    QVERIFY(frame.startsWith(commonTopic(Control::announce)));
    const auto read = Control::Announce::read(payloadOf(frame));
    QVERIFY(read);
    QCOMPARE(read->asker, node);
    QCOMPARE(read->prefixes, (QByteArrayList{"order", "", "b\xff"}));
    const Control::Announce tooMany{node, QByteArrayList(201, "order")};
    QVERIFY(!Control::Announce::read(payloadOf(tooMany.toFrame())));
}

void TestControl::ask()
{
    const QUuid sender = QUuid::createUuid();
    const Control::Ask sent{.asker = node, .topic = "order", .since = 99, .missing = {{1, 3}, {7, 7}}, .limit = 4096};
    const QByteArray frame = sent.toFrame(sender);
    QVERIFY(frame.startsWith(nodeTopic(sender, Control::ask)));
    QVERIFY(sent.toFrame(sender, Control::recall).startsWith(nodeTopic(sender, Control::recall)));
    const auto read = Control::Ask::read(payloadOf(frame));
    QVERIFY(read);
    QCOMPARE(read->asker, node);
    QCOMPARE(read->topic, QByteArray("order"));
    QCOMPARE(read->since, qint64(99));
    QCOMPARE(read->missing.size(), std::size_t(2));
    QCOMPARE(read->missing[1].first, quint64(7));
    QCOMPARE(read->missing[0].last, quint64(3));
    QCOMPARE(read->limit, qint64(4096));

    // Without what was not in it at first, and with what may come.
    const QByteArray topic = "order";
    const auto before = Control::Ask::read(QCborValue(QCborArray{QCborValue(node), topic, 99, QCborArray()}).toCbor());
    QVERIFY(before && before->since == 99 && before->limit == 0);
    QVERIFY(Control::Ask::read(QCborValue(QCborArray{QCborValue(node), topic, 99, QCborArray(), 1, 2}).toCbor()));
}

void TestControl::withheld()
{
    const QUuid asker = QUuid::createUuid();
    const Control::Withheld sent{.node = node, .topic = "order", .numbers = {{1, 3}, {7, 7}}};
    const QByteArray frame = sent.toFrame(asker);
    QVERIFY(frame.startsWith(nodeTopic(asker, Control::withheld)));
    const auto read = Control::Withheld::read(payloadOf(frame));
    QVERIFY(read);
    QCOMPARE(read->node, node);
    QCOMPARE(read->topic, QByteArray("order"));
    QCOMPARE(read->numbers.size(), std::size_t(2));
    QCOMPARE(read->numbers[1].first, quint64(7));
}

void TestControl::answer()
{
    const QUuid asker = QUuid::createUuid();
    Control::Answer sent{.node = node, .topic = "order", .first = 5};
    auto read = Control::Answer::read(payloadOf(sent.toFrame(asker)));
    QVERIFY(sent.toFrame(asker).startsWith(nodeTopic(asker, Control::answer)));
    QVERIFY(read && !read->isBase && !read->base);
    QCOMPARE(read->node, node);
    QCOMPARE(read->topic, QByteArray("order"));
    QCOMPARE(read->first, quint64(5));

    sent.isBase = true;
    sent.since = 99;
    read = Control::Answer::read(payloadOf(sent.toFrame(asker)));
    QVERIFY(read && read->isBase && !read->base); // not known any more
    QCOMPARE(read->since, qint64(99));
    sent.base = 0;
    read = Control::Answer::read(payloadOf(sent.toFrame(asker)));
    QVERIFY(read && read->isBase);
    QCOMPARE(read->base, std::optional<quint64>(0));
    QVERIFY(read->by.isNull());
    sent.by = QUuid::createUuid(); // who stands in for the sender
    read = Control::Answer::read(payloadOf(sent.toFrame(asker)));
    QVERIFY(read);
    QCOMPARE(read->node, node);
    QCOMPARE(read->by, sent.by);
}

void TestControl::past()
{
    const Control::Past sent{.asker = node, .topic = "order", .last = 10, .age = 5'000'000, .since = 99, .number = 3};
    const QByteArray frame = sent.toFrame();
    QVERIFY(frame.startsWith(commonTopic(Control::past)));
    auto read = Control::Past::read(payloadOf(frame));
    QVERIFY(read);
    QCOMPARE(read->asker, node);
    QCOMPARE(read->topic, QByteArray("order"));
    QCOMPARE(read->last, quint64(10));
    QCOMPARE(read->age, qint64(5'000'000));
    QCOMPARE(read->since, qint64(99));
    QCOMPARE(read->number, quint64(3));

    const Control::Past negative{
        .asker = node, .topic = "order", .last = quint64(-1), .age = -1, .since = 0, .number = 3};
    read = Control::Past::read(payloadOf(negative.toFrame()));
    QVERIFY(read && read->last == 0 && read->age == 0);
}

void TestControl::kept()
{
    const QUuid asker = QUuid::createUuid();
    const Control::Kept sent{.node = node, .topic = "order", .first = 4, .last = 9, .number = 3};
    const QByteArray frame = sent.toFrame(asker);
    QVERIFY(frame.startsWith(nodeTopic(asker, Control::kept)));
    const auto read = Control::Kept::read(payloadOf(frame));
    QVERIFY(read);
    QCOMPARE(read->node, node);
    QCOMPARE(read->topic, QByteArray("order"));
    QCOMPARE(read->first, quint64(4));
    QCOMPARE(read->last, quint64(9));
    QCOMPARE(read->number, quint64(3));
}

void TestControl::refused()
{
    const Control::Refused said{.node = node,
                                .topic = "order",
                                .reason = Control::Refused::NotPermitted,
                                .count = 3,
                                .as = {},
                                .text = "rules:4"};
    const auto read = Control::Refused::read(payloadOf(said.toFrame()));
    QVERIFY(read);
    QCOMPARE(read->node, node);
    QCOMPARE(read->topic, said.topic);
    QCOMPARE(read->reason, said.reason);
    QCOMPARE(read->count, said.count);
    QVERIFY(read->as.isNull());
    QCOMPARE(read->text, said.text);
}

void TestControl::answerers()
{
    const QUuid one = QUuid::createUuid();
    const Control::Answerers said{.asker = node, .name = "price-of", .nodes = {one, node}, .hasOthers = true};
    QVERIFY(said.toFrame().startsWith(nodeTopic(node, Control::answerers)));
    const auto read = Control::Answerers::read(payloadOf(said.toFrame()));
    QVERIFY(read);
    QCOMPARE(read->asker, node);
    QCOMPARE(read->name, said.name);
    QCOMPARE(read->nodes, said.nodes);
    QVERIFY(read->hasOthers);
    const Control::Answerers most{.asker = node, .name = {}, .nodes = std::vector<QUuid>(200, one)};
    QVERIFY(Control::Answerers::read(payloadOf(most.toFrame())));
    const Control::Answerers tooMany{.asker = node, .name = {}, .nodes = std::vector<QUuid>(201, one)};
    QVERIFY(!Control::Answerers::read(payloadOf(tooMany.toFrame())));
}

void TestControl::questions()
{
    const QUuid answerer = QUuid::createUuid();
    const Control::Question said{.asker = node, .number = 7, .name = "price-of"};
    QVERIFY(said.toFrame(Control::cancel).startsWith(commonTopic(Control::cancel)));
    QVERIFY(said.toFrame(answerer, Control::late).startsWith(nodeTopic(answerer, Control::late)));
    const auto read = Control::Question::read(payloadOf(said.toFrame(Control::cancel)));
    QVERIFY(read);
    QCOMPARE(read->asker, node);
    QCOMPARE(read->number, quint64(7));
    QCOMPARE(read->name, said.name);
}

void TestControl::declarations()
{
    using Control::Declaration;
    for (const Declaration &said : {Declaration{Declaration::Answering, "price-of", false, node},
                                    Declaration{Declaration::Answering, "price-", true, node},
                                    Declaration{Declaration::Answering, "", true, QUuid()},
                                    Declaration{Declaration::Asking, "price-*", false, node}}) {
        const auto read = Declaration::read(said.toPrefix());
        QVERIFY(read);
        QCOMPARE(read->kind, said.kind);
        QCOMPARE(read->name, said.name);
        QCOMPARE(read->isPrefix, said.isPrefix);
        QCOMPARE(read->node, said.node);
    }
}

void TestControl::noDeclarations_data()
{
    QTest::addColumn<QByteArray>("prefix");
    const QByteArray uuid = node.toByteArray(QUuid::WithoutBraces);
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("a name") << QByteArray("price-of ");
    QTest::newRow("no UUID") << QByteArray("\2answering/price-of ");
    QTest::newRow("no name") << "\2answering/" + uuid;
    QTest::newRow("half a UUID") << "\2answering/price-of " + uuid.chopped(1);
    QTest::newRow("more than a UUID") << "\2asking/price-of " + uuid + "x";
    QTest::newRow("another kind") << "\2aswering/price-of " + uuid;
    QTest::newRow("two names") << "\2asking/price of " + uuid;
    QTest::newRow("nonsense") << "\2asking/price-of " + QByteArray(36, 'x');
}

void TestControl::noDeclarations()
{
    QFETCH(const QByteArray, prefix);
    QVERIFY(!Control::Declaration::read(prefix));
}

void TestControl::origins_data()
{
    QTest::addColumn<QByteArray>("frame");
    QTest::addColumn<std::optional<QUuid>>("origin");
    const QUuid other = QUuid::createUuid();
    const auto row = [](const char *name, const QByteArray &frame, std::optional<QUuid> origin) {
        QTest::newRow(name) << frame << origin;
    };
    row("who", commonTopic(Control::who) + node.toByteArray(QUuid::WithoutBraces), node);
    row("who, with braces", commonTopic(Control::who) + node.toByteArray(), {});
    row("who, and more", commonTopic(Control::who) + node.toByteArray(QUuid::WithoutBraces) + "x", {});
    row("announce all", commonTopic(Control::announce), QUuid());
    row("announce", Control::Announce{node, {"a"}}.toFrame(), node);
    row("heads", Control::Heads{.node = node, .heads = {}}.toFrame(), node);
    row("heads for one", Control::Heads{.node = node, .heads = {}}.toFrame(other), node);
    row("heads of nobody", Control::Heads{}.toFrame(), {});
    row("ask", Control::Ask{.asker = node}.toFrame(other), node);
    row("answer", Control::Answer{.node = node}.toFrame(other), node);
    row("withheld", Control::Withheld{.node = node}.toFrame(other), node);
    row("past", Control::Past{.asker = node}.toFrame(), node);
    row("kept", Control::Kept{.node = node}.toFrame(other), node);
    row("answerers", Control::Answerers{.asker = node}.toFrame(), node);
    row("cancel", Control::Question{.asker = node}.toFrame(Control::cancel), node);
    row("late", Control::Question{.asker = node}.toFrame(other, Control::late), node);
    row("an array of any length", commonTopic(Control::heads) + "\x9f" + QCborValue(node).toCbor() + "\x80\xff", {});
    row("here",
        nodeTopic(other, Control::here) + QByteArray("\xa1\x64uuid\x78\x24") + node.toByteArray(QUuid::WithoutBraces),
        node);
    row("here, in another place",
        nodeTopic(other, Control::here) + QByteArray("\xa2\x61x\x01\x64uuid\x78\x24")
            + node.toByteArray(QUuid::WithoutBraces),
        {});
    QByteArray event = "order }.";
    appendTrailer({.nodeId = node, .sequence = 1}, &event);
    row("a repair", commonTopic(Control::repair) + event, node);
    row("a replay", nodeTopic(other, Control::replay) + event, node);
    row("a repair of a Python node's", commonTopic(Control::repair) + "order }.", {});
}

void TestControl::origins()
{
    QFETCH(const QByteArray, frame);
    QFETCH(const std::optional<QUuid>, origin);
    const auto message = Control::Message::of(frame);
    QVERIFY(message);
    QCOMPARE(message->isForAll(), frame.sliced(1).startsWith("all/"));
    QVERIFY(message->origin() == origin);
    QCOMPARE(message->node().isNull(), message->isForAll());
}

// No message costs more than its bytes.
void TestControl::tooLarge()
{
    Control::Heads heads{.node = node, .heads = {}};
    for (int i = 0; i < 15; ++i)
        heads.heads.push_back({QByteArray(4000, 'x'), 1, 1});
    QVERIFY(Control::Heads::read(payloadOf(heads.toFrame())));
    heads.heads.push_back({QByteArray(6000, 'x'), 1, 1});
    QVERIFY(!Control::Heads::read(payloadOf(heads.toFrame())));
    QVERIFY(!Control::Message::of(heads.toFrame())->origin());
}

void TestControl::nonsense_data()
{
    QTest::addColumn<QByteArray>("payload");
    const Control::Heads good{.node = node, .heads = {}};
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("no CBOR") << QByteArray(100, '\xff');
    QTest::newRow("no array") << QByteArray("\x01");
    QTest::newRow("an empty array") << QByteArray("\x80");
    QTest::newRow("another size") << QByteArray("\x83\x01\x02\x03");
    QTest::newRow("no node") << QByteArray("\x82\x01\x02");
    QTest::newRow("a null node") << QByteArray(payloadOf(Control::Heads{}.toFrame()).toByteArray());
    QTest::newRow("deep") << QByteArray(100'000, '\x81');
    QTest::newRow("long") << QByteArray(payloadOf(good.toFrame()).toByteArray() + QByteArray(2'000'000, '\x00'));
    QTest::newRow("truncated") << payloadOf(good.toFrame()).toByteArray().chopped(1);
}

void TestControl::nonsense()
{
    QFETCH(QByteArray, payload);
    QVERIFY(!Control::Heads::read(payload));
    QVERIFY(!Control::Announce::read(payload));
    QVERIFY(!Control::Ask::read(payload));
    QVERIFY(!Control::Answer::read(payload));
    QVERIFY(!Control::Withheld::read(payload));
    QVERIFY(!Control::Past::read(payload));
    QVERIFY(!Control::Kept::read(payload));
    QVERIFY(!Control::Refused::read(payload));
}

PYVENT_TEST(TestControl)

#include "tst_control.moc"
