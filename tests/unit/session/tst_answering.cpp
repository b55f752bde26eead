// SPDX-License-Identifier: MIT
#include "session/recovery.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace std::chrono_literals;

using Clock = Recovery::Clock;

namespace {

Clock::time_point at(std::chrono::milliseconds time)
{
    return Clock::time_point(time + 1h);
}

const QUuid node = QUuid::createUuid();
const QUuid asker = QUuid::createUuid();

qint64 wallClock()
{
    return 1000;
}

// Sends event number \a sequence, of \a size bytes.
void send(Recovery *recovery, quint64 sequence, qsizetype size, Clock::time_point now)
{
    const Trailer trailer{.nodeId = node, .sequence = sequence};
    QByteArray frame = QByteArray("x }.").rightJustified(size - trailerSize(trailer), 'x');
    frame[1] = ' ';
    appendTrailer(trailer, &frame);
    const qsizetype bytes = frame.size();
    recovery->sent().add("x", sequence, qint64(sequence), std::move(frame), bytes, now);
}

std::vector<Recovery::Outgoing> ask(Recovery *recovery, const QByteArray &frame, Clock::time_point now)
{
    const auto message = Control::Message::of(frame);
    switch (message->kind) {
    case Control::Kind::Announce:
        recovery->askedForHeads(message->payload, now);
        break;
    case Control::Kind::Ask:
        recovery->askedForEvents(message->node(), message->payload, Trailer::Retransmitted, now);
        break;
    case Control::Kind::Recall:
        recovery->askedForEvents(message->node(), message->payload, Trailer::Replayed, now);
        break;
    case Control::Kind::Past:
        recovery->askedForPast(message->payload, now);
        break;
    case Control::Kind::Heads:
        recovery->heard(
            *Control::Heads::read(message->payload), [](QByteArrayView) { return true; }, now);
        break;
    default:
        break;
    }
    return recovery->takeOutgoing();
}

bool isOf(const Recovery::Outgoing &message, Control::Kind kind)
{
    const auto control = Control::Message::of(message.frame);
    return control && control->kind == kind;
}

} // namespace

// The sender's side, and what strangers can make of it.
class TestAnswering : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void whatIsLargerThanTheAskerTakesIsWithheld_data();
    void whatIsLargerThanTheAskerTakesIsWithheld();
    void aFloodOfQuestionsCostsNoMore_data();
    void aFloodOfQuestionsCostsNoMore();
    void tellsTheHeadsToWhoBecomesReady();
    void whoHearsManyNamesAsksForAll();
    void whoHasVeryManyStreamsAnswers();
    void askingForManyHeadsCostsNoMore();
    void whatIsNoQuestionCostsNothing();
    void anAskerWhoWasPutOffGetsAllTheSame();
};

void TestAnswering::whatIsLargerThanTheAskerTakesIsWithheld_data()
{
    QTest::addColumn<QByteArray>("kind");
    QTest::newRow("ask") << Control::ask.toByteArray();
    QTest::newRow("recall") << Control::recall.toByteArray();
}

void TestAnswering::whatIsLargerThanTheAskerTakesIsWithheld()
{
    QFETCH(QByteArray, kind);
    Recovery recovery(node, wallClock, 1);
    for (quint64 sequence = 1; sequence <= 3; ++sequence)
        send(&recovery, sequence, sequence == 2 ? 5000 : 500, at(0ms));
    Control::Ask question{.asker = asker, .topic = "x", .since = 0, .missing = {{1, 3}}, .limit = 4096};
    auto answers = ask(&recovery, question.toFrame(node, kind), at(1ms));
    QCOMPARE(answers.size(), std::size_t(3));
    QVERIFY(isOf(answers[0], kind == Control::ask ? Control::Kind::Repair : Control::Kind::Replay));
    const auto withheld = Control::Withheld::read(Control::Message::of(answers[2].frame)->payload);
    QVERIFY(withheld);
    QCOMPARE(withheld->node, node);
    QCOMPARE(withheld->topic, QByteArray("x"));
    QCOMPARE(withheld->numbers.size(), std::size_t(1));
    QCOMPARE(withheld->numbers[0].first, quint64(2));
    QCOMPARE(withheld->numbers[0].last, quint64(2));

    question.limit = 5000;
    answers = ask(&recovery, question.toFrame(node, kind), at(2s));
    QCOMPARE(answers.size(), std::size_t(3));
    QVERIFY(!isOf(answers[2], Control::Kind::Withheld));
}

void TestAnswering::aFloodOfQuestionsCostsNoMore_data()
{
    QTest::addColumn<QByteArray>("question");
    const Control::Ask many{.asker = asker, .topic = "x", .missing = {{1, 500}}};
    const Control::Ask gone{.asker = asker, .topic = "y", .missing = std::vector<Control::Range>(200, {0, 0})};
    const Control::Ask base{.asker = asker, .topic = "x", .since = 99, .missing = {}};
    const Control::Past past{.asker = asker, .topic = "x"};
    QTest::newRow("events") << many.toFrame(node);
    QTest::newRow("the past") << many.toFrame(node, Control::recall);
    QTest::newRow("what is gone") << gone.toFrame(node);
    QTest::newRow("where it begins") << base.toFrame(node);
    QTest::newRow("what is kept") << past.toFrame();
    QTest::newRow("the heads") << Control::Announce{asker, {"x"}}.toFrame();
}

void TestAnswering::aFloodOfQuestionsCostsNoMore()
{
    QFETCH(QByteArray, question);
    Recovery recovery(node, wallClock, 1);
    for (quint64 sequence = 1; sequence <= 500; ++sequence)
        send(&recovery, sequence, 200, at(0ms));
    std::size_t answers = 0;
    qsizetype bytes = 0;
    for (int i = 0; i < 10'000; ++i) { // within a tenth of a second
        for (const Recovery::Outgoing &answer : ask(&recovery, question, at(std::chrono::milliseconds(i / 100)))) {
            ++answers;
            bytes += answer.frame.size();
        }
    }
    QVERIFY2(answers > 1000 && answers <= 8900, QByteArray::number(answers));
    QVERIFY2(bytes < 8'900'000, QByteArray::number(bytes));
}

void TestAnswering::tellsTheHeadsToWhoBecomesReady()
{
    Recovery recovery(node, wallClock, 1);
    recovery.received().listen("x");
    recovery.ready(1000, at(0ms));
    const auto question = recovery.takeOutgoing();
    QCOMPARE(question.size(), std::size_t(1));
    recovery.ready(1000, at(0ms)); // for nothing new
    QVERIFY(recovery.takeOutgoing().empty());

    Recovery sender(asker, wallClock, 1);
    send(&sender, 1, 200, at(0ms));
    send(&sender, 2, 200, at(0ms));
    sender.takeOutgoing();
    const auto answers = ask(&sender, question[0].frame, at(1ms));
    QCOMPARE(answers.size(), std::size_t(1));
    QVERIFY(answers[0].isInOrder); // what it is about is heard before it
    QVERIFY(answers[0].frame.startsWith(nodeTopic(node, Control::heads)));
    QVERIFY(ask(&recovery, answers[0].frame, at(2ms)).empty());
    QVERIFY(recovery.received().knowsBegin(asker, "x"));

    Recovery silent(QUuid::createUuid(), wallClock, 1); // who sent nothing of it says nothing
    QVERIFY(ask(&silent, question[0].frame, at(1ms)).empty());
}

void TestAnswering::whoHearsManyNamesAsksForAll()
{
    Recovery recovery(node, wallClock, 1);
    for (int i = 0; i < 65; ++i)
        recovery.received().listen("name" + QByteArray::number(i));
    recovery.ready(1000, at(0ms));
    const auto outgoing = recovery.takeOutgoing();
    QCOMPARE(outgoing.size(), std::size_t(1));
    const auto question = Control::Announce::read(Control::Message::of(outgoing[0].frame)->payload);
    QVERIFY(question);
    QCOMPARE(question->prefixes, (QByteArrayList{""}));

    Recovery sender(asker, wallClock, 1);
    constexpr int streams = 450;
    for (int i = 0; i < streams; ++i)
        sender.sent().add("name" + QByteArray::number(i), 1, 1, QByteArray("frame"), 5, at(0ms));
    QSet<QByteArray> told;
    for (const Recovery::Outgoing &answer : ask(&sender, outgoing[0].frame, at(1ms))) {
        const auto heads = Control::Heads::read(Control::Message::of(answer.frame)->payload);
        QVERIFY(heads);
        for (const Control::Heads::Head &head : heads->heads)
            told.insert(head.topic);
    }
    QCOMPARE(told.size(), streams);
}

void TestAnswering::whoHasVeryManyStreamsAnswers()
{
    Recovery sender(asker, wallClock, 1);
    for (int i = 0; i < 150'000; ++i)
        sender.sent().add("name" + QByteArray::number(i), 1, 1, QByteArray("frame"), 5, at(0ms));
    QByteArrayList prefixes(63, "other");
    prefixes.append("name149999");
    const auto answers = ask(&sender, Control::Announce{node, prefixes}.toFrame(), at(1ms));
    QCOMPARE(answers.size(), std::size_t(1));
}

// Each question makes a sender look at all of its streams.
void TestAnswering::askingForManyHeadsCostsNoMore()
{
    Recovery sender(asker, wallClock, 1);
    for (int i = 0; i < 50'000; ++i)
        sender.sent().add("a-long-name-of-an-event-" + QByteArray::number(i), 1, 1, QByteArray("frame"), 5, at(0ms));
    const QByteArray question = Control::Announce{node, QByteArrayList(200, "a-long-name")}.toFrame();
    qsizetype bytes = 0;
    for (int i = 0; i < 10'000; ++i) { // within a tenth of a second
        for (const Recovery::Outgoing &answer : ask(&sender, question, at(std::chrono::milliseconds(i / 100))))
            bytes += answer.frame.size();
    }
    QVERIFY2(bytes < 8'900'000, QByteArray::number(bytes));
}

void TestAnswering::whatIsNoQuestionCostsNothing()
{
    Recovery recovery(node, wallClock, 1);
    send(&recovery, 1, 200, at(0ms));
    const Control::Kept kept{asker, "x", 1, 3, 1};
    for (int i = 0; i < 10'000; ++i)
        QVERIFY(ask(&recovery, kept.toFrame(node), at(1ms)).empty());
    const Control::Ask question{.asker = asker, .topic = "x", .missing = {{1, 1}}};
    QCOMPARE(ask(&recovery, question.toFrame(node), at(1ms)).size(), std::size_t(1));
}

void TestAnswering::anAskerWhoWasPutOffGetsAllTheSame()
{
    Recovery recovery(node, wallClock, 1);
    for (quint64 sequence = 1; sequence <= 500; ++sequence)
        send(&recovery, sequence, 20'000, at(0ms)); // 10 MB
    std::size_t answered = 0;
    int questions = 0;
    while (answered < 500 && questions < 100) {
        const Control::Ask question{.asker = asker, .topic = "x", .missing = {{answered + 1, 500}}};
        answered += ask(&recovery, question.toFrame(node), at(50ms * questions++)).size();
    }
    QCOMPARE(answered, std::size_t(500));
    QVERIFY2(questions > 3 && questions < 10, QByteArray::number(questions));
}

PYVENT_TEST(TestAnswering)

#include "tst_answering.moc"
