// SPDX-License-Identifier: MIT
#include "asking/asker.h"

#include "support/testprogram.h"

#include <QtCore/qrandom.h>
#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

using Clock = Asker::Clock;
using Kind = PyventAskError::Kind;

const QUuid asking = QUuid::createUuid();
const QUuid one = QUuid::createUuid();
const QUuid two = QUuid::createUuid();

class AskerBus : public Asker::Bus
{
public:
    quint64 send(const QString &name, const QVariantMap &args, const QString &, QString *why) override
    {
        if (name == u"refused"_s) {
            *why = u"it is refused"_s;
            return 0;
        }
        sent.append(args.value(u"reply_to"_s).toString());
        return ++accepted;
    }
    quint64 acknowledged() const override { return acks; }
    void hurryAcknowledgements() override { ++hurries; }
    bool isInOrder() const override { return inOrder; }
    void sendControl(QByteArray frame) override
    {
        const auto message = Control::Message::of(frame);
        const auto said = Control::Question::read(message->payload);
        const QByteArray to = message->isForAll() ? "all" : message->node() == one ? "one" : "two";
        control.append((message->kind == Control::Kind::Late ? "late " : "cancel ") + to + ' '
                       + QByteArray::number(said->number) + ' ' + said->name);
    }
    void declare(const QByteArray &prefix) override { declared.insert(prefix); }
    void withdraw(const QByteArray &prefix) override { declared.remove(prefix); }

    QStringList sent; // where answers go
    quint64 accepted = 0;
    quint64 acks = 0;
    int hurries = 0;
    bool inOrder = true;
    QByteArrayList control;
    QSet<QByteArray> declared;
};

// An asker, and what happens to it. Time is in milliseconds.
struct Questioner
{
    QFuture<PyventAnswer> ask(const QString &name = u"x"_s, std::chrono::milliseconds timeout = 5s,
                              Asker::Wants wants = Asker::Wants::First)
    {
        const auto future = asker.ask({name, {}, {}, timeout, wants}, now);
        finish();
        return future;
    }
    void ready() { asker.ready(now); }
    void acknowledge()
    {
        bus.acks = bus.accepted;
        process();
    }
    void process()
    {
        asker.process(now);
        finish();
    }
    void pass(std::chrono::milliseconds time)
    {
        for (const Clock::time_point end = now + time; now < end;) {
            now = std::max(now, std::min(end, asker.deadline()));
            process();
            QVERIFY2(asker.deadline() > now, "it wants to be called again and again");
        }
    }
    void tell(std::vector<QUuid> nodes, bool hasOthers = false, const QByteArray &name = "x")
    {
        asker.heard(Control::Answerers{asking, name, std::move(nodes), hasOthers});
        process();
    }
    // \a node answers the question that was sent as number \a index of all.
    void answer(int index, const QUuid &node, const QVariantMap &args)
    {
        const QString to = bus.sent.at(index);
        const qsizetype dot = to.lastIndexOf(u'.');
        PyventEvent event{
            .name = node.isNull() ? to : to.first(dot), .sender = u"pyvent"_s, .args = args, .nodeId = node};
        if (!node.isNull())
            event.args.insert(u"question"_s, to.sliced(dot + 1).toULongLong());
        asker.heard(event);
        finish();
    }
    void finish()
    {
        while (asker.hasEnded())
            asker.takeEnded().finish();
    }

    AskerBus bus;
    Asker asker{&bus, asking};
    Clock::time_point now{1h};
};

QString outcomeOf(const QFuture<PyventAnswer> &future)
{
    if (!future.isFinished())
        return u"waits"_s;
    if (future.isCanceled())
        return u"canceled"_s;
    QStringList outcomes;
    for (const PyventAnswer &answer : QFuture<PyventAnswer>(future).results()) {
        outcomes += answer ? answer.value().toString()
                           : QLatin1StringView(QMetaEnum::fromType<Kind>().valueToKey(answer.error().kind));
    }
    return outcomes.isEmpty() ? u"none"_s : outcomes.join(u' ');
}

QVariantMap value(int number)
{
    return {{u"value"_s, number}};
}

} // namespace

class TestAsker : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void theAnswerArrives()
    {
        Questioner bus;
        const auto future = bus.ask();
        QVERIFY(bus.bus.sent.isEmpty()); // nobody would hear the answer yet
        bus.ready();
        QCOMPARE(bus.bus.sent, QStringList{bus.asker.prefix() + u".1"_s});
        bus.answer(0, one, value(7));
        QCOMPARE(outcomeOf(future), u"7"_s);
        QCOMPARE(future.resultAt(0).nodeId(), one);
        QCOMPARE(bus.asker.underWay(), 0);
    }

    void aPythonNodeAnswers_data()
    {
        QTest::addColumn<QVariantMap>("args");
        QTest::addColumn<QString>("outcome");
        QTest::newRow("value") << QVariantMap{{u"value"_s, 7}} << u"7"_s;
        QTest::newRow("error") << QVariantMap{{u"error"_s, u"no"_s}} << u"Refused"_s;
        QTest::newRow("both") << QVariantMap{{u"error"_s, u"no"_s}, {u"value"_s, 7}} << u"7"_s;
        QTest::newRow("neither") << QVariantMap{{u"price"_s, 7}} << QString(); // a map
        QTest::newRow("nothing") << QVariantMap{} << QString();
        QTest::newRow("an error that is no text") << QVariantMap{{u"error"_s, QVariantList{1}}} << u"Refused"_s;
    }
    void aPythonNodeAnswers()
    {
        QFETCH(const QVariantMap, args);
        QFETCH(const QString, outcome);
        Questioner bus;
        bus.ready();
        const auto future = bus.ask();
        bus.answer(0, {}, args);
        QCOMPARE(outcomeOf(future), outcome);
        if (args.contains(u"price"_s))
            QCOMPARE(future.resultAt(0).value(), QVariant(args));
    }

    void nonsenseIsNoAnswer()
    {
        Questioner bus;
        bus.ready();
        const auto future = bus.ask();
        for (const QString &name : {bus.asker.prefix(), bus.asker.prefix() + u".2"_s, bus.asker.prefix() + u".x"_s,
                                    bus.asker.prefix() + u"x"_s, bus.asker.prefix() + u".18446744073709551617"_s})
            bus.asker.heard({.name = name, .args = value(1)});
        bus.asker.heard({.name = bus.asker.prefix(), .args = {{u"question"_s, u"what"_s}}});
        bus.finish();
        QCOMPARE(outcomeOf(future), u"waits"_s);
        QVERIFY(bus.bus.control.isEmpty());
    }

    void theSecondAnswerIsTold()
    {
        Questioner bus;
        bus.ready();
        const auto future = bus.ask();
        bus.answer(0, one, value(1));
        bus.answer(0, two, value(2));
        QCOMPARE(outcomeOf(future), u"1"_s);
        QCOMPARE(bus.bus.control, QByteArrayList{"late two 1 x"});
        bus.answer(0, {}, value(3)); // a Python node cannot be told
        QCOMPARE(bus.bus.control.size(), 1);
    }

    void nobodyAnswers()
    {
        Questioner bus;
        bus.ready();
        const auto future = bus.ask();
        QCOMPARE(bus.bus.declared.size(), 1);
        bus.tell({});
        QCOMPARE(outcomeOf(future), u"waits"_s); // it may not be passed on yet
        bus.acknowledge();
        QCOMPARE(outcomeOf(future), u"NobodyAnswers"_s);
        const auto again = bus.ask();
        QVERIFY(bus.bus.hurries > 0);
        bus.acknowledge();
        QCOMPARE(outcomeOf(again), u"NobodyAnswers"_s);
        // Who comes before the question is passed on has it.
        const auto third = bus.ask();
        bus.tell({one});
        bus.acknowledge();
        QCOMPARE(outcomeOf(third), u"waits"_s);
        bus.answer(2, one, value(1));
        QCOMPARE(outcomeOf(third), u"1"_s);
    }

    // Where what was told before may come after the acknowledgement.
    void nobodyAnswersByTcp()
    {
        Questioner bus;
        bus.bus.inOrder = false;
        bus.ready();
        const auto future = bus.ask();
        bus.tell({});
        bus.acknowledge();
        QCOMPARE(outcomeOf(future), u"waits"_s);
        bus.pass(49ms);
        QCOMPARE(outcomeOf(future), u"waits"_s);
        bus.pass(1ms);
        QCOMPARE(outcomeOf(future), u"NobodyAnswers"_s);
        const auto other = bus.ask();
        bus.acknowledge();
        bus.tell({one});
        bus.pass(1s);
        QCOMPARE(outcomeOf(other), u"waits"_s);
    }

    void whoMayAnswerAndIsNotKnownIsWaitedFor()
    {
        Questioner bus;
        bus.ready();
        const auto future = bus.ask();
        bus.tell({}, true);
        bus.acknowledge();
        bus.pass(4999ms);
        QCOMPARE(outcomeOf(future), u"waits"_s);
        bus.pass(1ms);
        QCOMPARE(outcomeOf(future), u"TimedOut"_s);
        const auto other = bus.ask();
        bus.acknowledge();
        bus.tell({}); // it has left
        QCOMPARE(outcomeOf(other), u"AnswererLost"_s);
    }

    void anAnswererIsLost()
    {
        Questioner bus;
        bus.ready();
        const auto future = bus.ask();
        bus.tell({one, two});
        bus.acknowledge();
        bus.tell({two});
        QCOMPARE(outcomeOf(future), u"waits"_s);
        bus.tell({one}); // who has come again has not had it
        QCOMPARE(outcomeOf(future), u"AnswererLost"_s);
        const auto other = bus.ask();
        bus.acknowledge();
        bus.answer(1, one, {{u"error"_s, u"it stops"_s}, {u"lost"_s, true}});
        QCOMPARE(outcomeOf(other), u"AnswererLost"_s);
    }

    // Who comes when the question was passed on already has not got it, however late that is processed.
    void whoComesLaterHasNotGotIt()
    {
        Questioner bus;
        bus.ready();
        const auto future = bus.ask();
        bus.tell({one});
        const auto other = bus.ask();
        bus.bus.acks = bus.bus.accepted; // comes with the next word
        bus.asker.heard(Control::Answerers{asking, "x", {one, two}, false});
        bus.process();
        bus.tell({two});
        QCOMPARE(outcomeOf(future), u"AnswererLost"_s);
        QCOMPARE(outcomeOf(other), u"AnswererLost"_s);
        const auto third = bus.ask();
        bus.acknowledge();
        bus.answer(2, two, value(1));
        QCOMPARE(outcomeOf(third), u"1"_s);
    }

    // It stops, and somebody else has the question, too.
    void anotherOneMayStillAnswer()
    {
        Questioner bus;
        bus.ready();
        const auto future = bus.ask();
        bus.tell({one, two});
        bus.acknowledge();
        bus.answer(0, one, {{u"error"_s, u"it stops"_s}, {u"lost"_s, true}});
        QCOMPARE(outcomeOf(future), u"waits"_s);
        const auto other = bus.ask();
        bus.acknowledge();
        bus.answer(0, two, value(2));
        QCOMPARE(outcomeOf(future), u"2"_s);
        bus.answer(1, one, {{u"error"_s, u"it stops"_s}, {u"lost"_s, true}});
        bus.tell({one});
        QCOMPARE(outcomeOf(other), u"AnswererLost"_s);
    }

    void anotherServerIsJudgedLater()
    {
        Questioner bus;
        bus.ready();
        const auto future = bus.ask();
        const auto lost = bus.ask();
        bus.tell({one, two});
        bus.acknowledge();
        bus.asker.lostServer();
        const auto meanwhile = bus.ask();
        bus.pass(1s);
        QCOMPARE(bus.bus.sent.size(), 2);
        bus.ready();
        bus.tell({}); // they are not there yet
        bus.acknowledge();
        bus.pass(500ms);
        QCOMPARE(outcomeOf(future), u"waits"_s);
        bus.tell({one});
        bus.answer(0, one, value(1));
        QCOMPARE(outcomeOf(future), u"1"_s);
        bus.tell({});
        bus.pass(999ms);
        QCOMPARE(outcomeOf(lost), u"waits"_s);
        QCOMPARE(outcomeOf(meanwhile), u"waits"_s);
        bus.pass(1ms);
        QCOMPARE(outcomeOf(lost), u"AnswererLost"_s);
        QCOMPARE(outcomeOf(meanwhile), u"NobodyAnswers"_s);
    }

    // Python's, or an older one.
    void aServerThatTellsNothing()
    {
        Questioner bus;
        bus.ready();
        const auto future = bus.ask();
        bus.acknowledge();
        bus.asker.lostServer();
        bus.ready();
        bus.pass(4999ms);
        QCOMPARE(outcomeOf(future), u"waits"_s);
        bus.pass(1ms);
        QCOMPARE(outcomeOf(future), u"TimedOut"_s);
        QCOMPARE(bus.bus.control, QByteArrayList{"cancel all 1 x"});
        const int hurries = bus.bus.hurries;
        for (int i = 0; i < 10; ++i)
            bus.ask();
        QVERIFY(bus.bus.hurries <= hurries + 1);
    }

    void timesOut()
    {
        Questioner bus;
        QCOMPARE(outcomeOf(bus.ask(u"x"_s, 0ms)), u"TimedOut"_s);
        QCOMPARE(outcomeOf(bus.ask(u"x"_s, -5ms)), u"TimedOut"_s);
        QVERIFY(bus.bus.sent.isEmpty());
        const auto unsent = bus.ask(u"x"_s, 100ms);
        bus.pass(100ms);
        QCOMPARE(outcomeOf(unsent), u"TimedOut"_s);
        bus.ready();
        QVERIFY(bus.bus.sent.isEmpty());
        const auto year = bus.ask(u"x"_s, std::chrono::milliseconds::max());
        const auto future = bus.ask(u"x"_s, 100ms);
        bus.tell({one});
        bus.acknowledge();
        bus.pass(100ms);
        QCOMPARE(outcomeOf(future), u"TimedOut"_s);
        QCOMPARE(bus.bus.control, QByteArrayList{"cancel one 5 x"});
        bus.now += 24h * 365 - 1h;
        bus.process();
        QCOMPARE(outcomeOf(year), u"waits"_s);
        bus.now += 1h;
        bus.process();
        QCOMPARE(outcomeOf(year), u"TimedOut"_s);
        QVERIFY(bus.asker.deadline() > bus.now);
    }

    void whoCancelsIsHeard()
    {
        Questioner bus;
        bus.ready();
        auto future = bus.ask();
        bus.tell({one, two});
        bus.acknowledge();
        future.cancel();
        bus.pass(100ms);
        QVERIFY(future.isFinished());
        QCOMPARE(outcomeOf(future), u"canceled"_s);
        QCOMPARE(bus.bus.control, (QByteArrayList{"cancel one 1 x", "cancel two 1 x"}));
        bus.answer(0, one, value(1)); // nobody is told
        QCOMPARE(bus.bus.control.size(), 2);
        bus.pass(1s);
        QCOMPARE(bus.asker.deadline(), Clock::time_point::max());
    }

    void allAnswer()
    {
        Questioner bus;
        bus.ready();
        const auto all = Asker::Wants::All;
        const auto future = bus.ask(u"x"_s, 5s, all);
        bus.tell({one, two});
        bus.answer(0, one, value(1));
        QCOMPARE(outcomeOf(future), u"waits"_s);
        bus.answer(0, two, {{u"error"_s, u"no"_s}});
        QCOMPARE(outcomeOf(future), u"waits"_s); // a third one may have it
        bus.acknowledge();
        QCOMPARE(outcomeOf(future), u"1 Refused"_s);
        // One leaves.
        const auto other = bus.ask(u"x"_s, 5s, all);
        bus.acknowledge();
        bus.answer(1, one, value(1));
        bus.tell({one});
        QCOMPARE(outcomeOf(other), u"1"_s);
        // Not all are known.
        bus.tell({one}, true);
        const auto third = bus.ask(u"x"_s, 5s, all);
        bus.acknowledge();
        bus.answer(2, one, value(1));
        bus.answer(2, {}, value(2));
        QCOMPARE(outcomeOf(third), u"waits"_s);
        bus.pass(5s);
        QCOMPARE(outcomeOf(third), u"1 2"_s);
        // Nobody.
        bus.tell({});
        const auto fourth = bus.ask(u"x"_s, 5s, all);
        bus.acknowledge();
        QCOMPARE(outcomeOf(fourth), u"none"_s);
        const auto fifth = bus.ask(u"x"_s, 5s, all);
        bus.asker.stop(u"it stops"_s);
        bus.finish();
        QCOMPARE(outcomeOf(fifth), u"Stopped"_s);
    }

    void whatIsRefused()
    {
        Questioner bus;
        bus.ready();
        QCOMPARE(outcomeOf(bus.ask(u"refused"_s)), u"NotSent"_s);
        const auto future = bus.ask();
        const auto other = bus.ask(u"y"_s);
        bus.asker.wasRefused("x", u"line 3"_s);
        bus.finish();
        QCOMPARE(outcomeOf(future), u"NotSent"_s);
        QCOMPARE(outcomeOf(other), u"waits"_s);
    }

    void stops()
    {
        Questioner bus;
        const auto unsent = bus.ask();
        bus.asker.stop(u"it stops"_s);
        bus.finish();
        QCOMPARE(outcomeOf(unsent), u"Stopped"_s);
        bus.ready();
        QVERIFY(bus.bus.sent.isEmpty());
        const auto sent = bus.ask();
        bus.tell({one});
        bus.asker.stop(u"it stops"_s);
        bus.finish();
        QCOMPARE(outcomeOf(sent), u"Stopped"_s);
        QCOMPARE(bus.asker.deadline(), Clock::time_point::max());
    }

    void watchesNoMoreThanItMay()
    {
        Questioner bus;
        bus.ready();
        for (int i = 0; i < 2000; ++i) {
            const auto future = bus.ask(QString::number(i));
            if (i % 2 == 0)
                bus.answer(i, one, value(1));
        }
        QVERIFY(bus.bus.declared.size() <= 500);
        QVERIFY(bus.bus.declared.size() > 400);
    }

    void hasNoMoreQuestionsThanItMay()
    {
        Questioner bus;
        bus.ready();
        QFuture<PyventAnswer> last;
        for (int i = 0; i < 100'001; ++i)
            last = bus.ask();
        QCOMPARE(outcomeOf(last), u"NotSent"_s);
        bus.asker.stop({});
        bus.finish();
    }

    // Each question ends once, whatever happens in whichever order, and as its deadline says at the latest.
    void randomSchedules()
    {
        const quint32 first = QRandomGenerator::global()->generate();
        for (quint32 seed = first; seed != first + 300; ++seed) {
            QRandomGenerator random(seed);
            Questioner bus;
            std::vector<QFuture<PyventAnswer>> futures;
            std::vector<QUuid> nodes;
            bool isReady = false;
            for (int i = 0; i < 200; ++i) {
                switch (random.bounded(10)) {
                case 0:
                case 1:
                    futures.push_back(bus.ask(random.bounded(2) ? u"x"_s : u"y"_s,
                                              std::chrono::milliseconds(random.bounded(3000)),
                                              random.bounded(4) ? Asker::Wants::First : Asker::Wants::All));
                    break;
                case 2:
                case 3:
                    if (!bus.bus.sent.isEmpty()) {
                        const int index = int(random.bounded(quint32(bus.bus.sent.size())));
                        const QUuid from = random.bounded(3) == 0 ? QUuid() : random.bounded(2) ? one : two;
                        bus.answer(index, from,
                                   random.bounded(4) ? value(1) : QVariantMap{{u"error"_s, u"x"_s}, {u"lost"_s, true}});
                    }
                    break;
                case 4:
                    bus.acknowledge();
                    break;
                case 5:
                    if (isReady) {
                        nodes.clear();
                        for (const QUuid &node : {one, two}) {
                            if (random.bounded(2))
                                nodes.push_back(node);
                        }
                        bus.tell(nodes, random.bounded(3) == 0, random.bounded(2) ? "x" : "y");
                    }
                    break;
                case 6:
                    if ((isReady = !isReady))
                        bus.ready();
                    else
                        bus.asker.lostServer();
                    break;
                case 7:
                    if (!futures.empty())
                        futures[random.bounded(quint32(futures.size()))].cancel();
                    break;
                case 8:
                    bus.pass(std::chrono::milliseconds(random.bounded(500)));
                    break;
                default:
                    if (random.bounded(20) == 0) {
                        bus.asker.stop(u"x"_s);
                        bus.finish();
                        isReady = false;
                    }
                }
            }
            bus.pass(3s);
            QCOMPARE(bus.asker.underWay(), 0);
            for (const auto &future : futures)
                QVERIFY2(future.isFinished(), qPrintable(u"seed %1"_s.arg(seed)));
            bus.pass(1s);
            QCOMPARE(bus.asker.deadline(), Clock::time_point::max());
        }
    }
};

PYVENT_TEST(TestAsker)
#include "tst_asker.moc"
