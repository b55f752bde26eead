// SPDX-License-Identifier: MIT
// Whole sessions on several buses, with cables between these.
#include "support/schedules.h"
#include "support/testprogram.h"
#include "unit/session/sessionbus.h"

#include <QtTest/qtest.h>

#include <random>

#include <unistd.h>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

QUuid cableNode(quint32 number)
{
    return {number, 0, 0x4000, 0x80, 0, 0, 0, 0, 0, 0, 1};
}

// Two nodes in one program, each of which forwards what the other hears.
struct Cable
{
    Cable(SessionBus *one, SessionBus *other, quint32 number, const QString &names = u"*"_s,
          const PyventOptions &options = {})
        : buses{one, other}
        , ends{one->add(cableNode(number), options), other->add(cableNode(number + 1), options)}
    {
        for (int i = 0; i < 2; ++i) {
            ends[i]->onFrame(names, [this, i](const PyventFrame &frame) {
                ++heard[i];
                takes[1 - i] = ends[1 - i]->forward(frame) && takes[1 - i];
            });
        }
    }
    ~Cable()
    {
        for (int i = 0; i < 2; ++i)
            buses[i]->remove(ends[i]);
    }
    Q_DISABLE_COPY_MOVE(Cable)

    SessionBus *const buses[2];
    BusNode *const ends[2];
    int heard[2] = {0, 0};
    bool takes[2] = {true, true};
};

QList<quint64> numbersOf(const QList<PyventEvent> &events)
{
    QList<quint64> numbers;
    for (const PyventEvent &event : events)
        numbers.append(event.sequence);
    return numbers;
}

QList<quint64> numbers(quint64 first, quint64 last)
{
    QList<quint64> all;
    for (quint64 number = first; number <= last; ++number)
        all.append(number);
    return all;
}

bool isForwarded(const Frame &frame)
{
    return frame.trailer.flags & Trailer::Forwarded;
}

bool isEvent(QByteArrayView frame)
{
    return !frame.startsWith('\2');
}

} // namespace

class TestForwarding : public QObject
{
    Q_OBJECT

private:
    BusTime m_time;
    std::unique_ptr<SessionBus> m_one;
    std::unique_ptr<SessionBus> m_two;
    std::unique_ptr<SessionBus> m_three;

    void pass(std::chrono::milliseconds duration)
    {
        PyventTests::pass({m_one.get(), m_two.get(), m_three.get()}, duration);
    }
    void settle() { PyventTests::settle({m_one.get(), m_two.get(), m_three.get()}); }
    void send(BusNode *node, int count)
    {
        for (int i = 0; i < count; ++i) {
            QVERIFY(node->send(u"order"_s, {{u"n"_s, i}}));
            settle();
        }
    }

private Q_SLOTS:
    void init()
    {
        m_time = {};
        m_one = std::make_unique<SessionBus>(&m_time);
        m_two = std::make_unique<SessionBus>(&m_time);
        m_three = std::make_unique<SessionBus>(&m_time);
    }

    void isHeardAsItWasSent()
    {
        BusNode *const sender = m_one->add(cableNode(1), {.nodeId = u"kitchen"_s});
        BusNode *const receiver = m_two->add(cableNode(2));
        receiver->hear(u"order"_s);
        const Cable cable(m_one.get(), m_two.get(), 10);
        pass(1ms);
        const qint64 time = m_time.wallTime();
        QVERIFY(sender->send(u"order"_s, {{u"food"_s, u"sushi"_s}}));
        pass(5ms);
        QCOMPARE(receiver->heard.size(), 1);
        const PyventEvent &event = receiver->heard.constFirst();
        QCOMPARE(event.nodeId, cableNode(1));
        QCOMPARE(event.sequence, quint64(1));
        QCOMPARE(event.sender, u"pyvent.kitchen"_s);
        QCOMPARE(event.args, QVariantMap({{u"food"_s, u"sushi"_s}}));
        QCOMPARE(event.time.toMSecsSinceEpoch(), time / 1000);
        QCOMPARE(cable.heard[0], 1);
        QCOMPARE(cable.heard[1], 0); // what it has forwarded itself
        QVERIFY(cable.ends[1]->takeErrors().isEmpty());
    }

    // And what it asks for, since it hears by a window like any other, it is not told to have lost.
    void whatANodeForwardsIsNotMissing()
    {
        BusNode *const sender = m_one->add(cableNode(1));
        const Cable cable(m_one.get(), m_two.get(), 10);
        m_two->passes = [&](QByteArrayView frame, const BusNode *to) { return to != cable.ends[1] || !isEvent(frame); };
        int others = 0;
        BusNode *const other = m_two->add(cableNode(20)); // which takes part in the same stream
        other->onFrame(u"order"_s, [&](const PyventFrame &frame) { others += frame.forwarded; });
        pass(1ms);
        send(sender, 20);
        m_two->passes = nullptr;
        pass(70s);
        QCOMPARE(others, 20);
        QCOMPARE(cable.heard[1], 0);
        QCOMPARE(cable.ends[1]->takeLosses(u"order"_s), quint64(0));
    }

    void whatAnotherForwardsIsHeard()
    {
        BusNode *const sender = m_one->add(cableNode(1));
        BusNode *const receiver = m_three->add(cableNode(2));
        receiver->hear(u"*"_s);
        const Cable first(m_one.get(), m_two.get(), 10);
        const Cable second(m_two.get(), m_three.get(), 20);
        pass(1ms);
        send(sender, 10);
        pass(5ms);
        QCOMPARE(numbersOf(receiver->heard), numbers(1, 10));
        for (const Frame &frame : m_two->events() + m_three->events())
            QVERIFY(isForwarded(frame));
        QCOMPARE(first.heard[1] + second.heard[1], 0);
    }

    void missedEventsAreRepairedByWhoStandsIn_data()
    {
        QTest::addColumn<int>("lost"); // of 20
        QTest::addColumn<bool>("hasEnded");
        QTest::newRow("the first") << 1 << false;
        QTest::newRow("one of them") << 7 << false;
        QTest::newRow("the last, and the sender has ended") << 20 << true;
    }
    void missedEventsAreRepairedByWhoStandsIn()
    {
        QFETCH(const int, lost);
        QFETCH(const bool, hasEnded);
        BusNode *const sender = m_one->add(cableNode(1));
        BusNode *const receiver = m_two->add(cableNode(2));
        receiver->hear(u"ord*"_s);
        const Cable cable(m_one.get(), m_two.get(), 10);
        pass(1ms);
        m_two->passes = [&](QByteArrayView frame, const BusNode *) {
            return !isEvent(frame) || parseFrame(frame).trailer.sequence != quint64(lost);
        };
        send(sender, 20);
        if (hasEnded)
            m_one->remove(sender);
        pass(2s);
        QCOMPARE(numbersOf(receiver->heard), numbers(1, 20));
        QCOMPARE(receiver->takeLosses(u"order"_s), quint64(0));
    }

    // The link between the buses was down: what was sent before a receiver listened comes to it when it does. It is new to its bus.
    void whatComesLateIsNotMissing()
    {
        BusNode *const sender = m_one->add(cableNode(1));
        QList<PyventFrame> kept;
        m_one->add(cableNode(10))->onFrame(u"*"_s, [&](const PyventFrame &frame) { kept.append(frame); });
        BusNode *const bridge = m_two->add(cableNode(11));
        pass(1ms);
        send(sender, 5);
        kept.clear(); // as if there had been no bridge
        send(sender, 5);
        pass(10s);
        BusNode *const receiver = m_two->add(cableNode(2));
        receiver->hear(u"order"_s);
        pass(1s);
        m_two->passes = [&](QByteArrayView frame, const BusNode *) {
            return !isEvent(frame) || parseFrame(frame).trailer.sequence != 6; // is lost on the way
        };
        for (const PyventFrame &frame : std::as_const(kept)) {
            QVERIFY(bridge->forward(frame));
            pass(1ms);
        }
        pass(2s);
        QCOMPARE(numbersOf(receiver->heard), numbers(6, 10));
        QCOMPARE(receiver->takeLosses(u"order"_s), quint64(0));
    }

    // One bridge has gone on where another one had stopped: that does not tell a late receiver that it knows the newest event.
    void whoWasOvertakenSaysNothingOfTheNewest()
    {
        BusNode *const first = m_two->add(cableNode(11));
        BusNode *const second = m_two->add(cableNode(12));
        first->onFrame(u"*"_s, [](const PyventFrame &) {});
        const auto forward = [this](BusNode *bridge, quint64 from, quint64 to) {
            for (quint64 number = from; number <= to; ++number) {
                QVERIFY(
                    bridge->forward({.name = u"order"_s, .pickle = "}.", .nodeId = cableNode(1), .sequence = number}));
                pass(1ms);
            }
        };
        pass(1ms);
        forward(first, 1, 5);
        forward(second, 6, 10);
        pass(2s);
        BusNode *const receiver = m_two->add(cableNode(2));
        receiver->hear(u"order"_s);
        pass(2s);
        QCOMPARE(receiver->takeLosses(u"order"_s), quint64(0));
        forward(second, 11, 12);
        pass(5s);
        QCOMPARE(numbersOf(receiver->heard), numbers(11, 12));
        QCOMPARE(receiver->takeLosses(u"order"_s), quint64(0));
        // It has what it has, for who asks for that.
        BusNode *const late = m_two->add(cableNode(3));
        late->hear(u"order"_s, {.last = 3});
        pass(2s);
        QCOMPARE(numbersOf(late->heard), numbers(10, 12));
        QCOMPARE(late->takeLosses(u"order"_s), quint64(0));
    }

    void aGapIsToldLost()
    {
        BusNode *const receiver = m_two->add(cableNode(2));
        receiver->hear(u"order"_s);
        BusNode *const bridge = m_two->add(cableNode(11));
        pass(1ms);
        for (const int number : {1, 2, 3, 7, 8})
            QVERIFY(bridge->forward(
                {.name = u"order"_s, .pickle = "}.", .nodeId = cableNode(1), .sequence = quint64(number)}));
        pass(5s);
        QCOMPARE(numbersOf(receiver->heard), (QList<quint64>{1, 2, 3, 7, 8}));
        QCOMPARE(receiver->takeLosses(u"order"_s), quint64(3));
        for (const int number : {3, 5, 8}) // quietly
            QVERIFY(bridge->forward(
                {.name = u"order"_s, .pickle = "}.", .nodeId = cableNode(1), .sequence = quint64(number)}));
        QCOMPARE(m_two->events().size(), 5);
        QVERIFY(bridge->takeErrors().isEmpty());
    }

    // Two bridges on one bus, of which one has begun later: it does not have what the other one has.
    void whoHasLessWaitsForWhoHasMore()
    {
        BusNode *const sender = m_one->add(cableNode(1));
        BusNode *const receiver = m_two->add(cableNode(2));
        receiver->hear(u"order"_s);
        const Cable first(m_one.get(), m_two.get(), 10);
        pass(1ms);
        bool isLossy = true;
        m_two->passes = [&](QByteArrayView frame, const BusNode *to) {
            return to != receiver || !isEvent(frame) || !isLossy || parseFrame(frame).trailer.sequence == 1;
        };
        send(sender, 5);
        const Cable second(m_one.get(), m_two.get(), 20);
        pass(1ms);
        isLossy = false;
        send(sender, 5);
        pass(20s);
        QCOMPARE(numbersOf(receiver->heard), numbers(1, 10));
        QCOMPARE(receiver->takeLosses(u"order"_s), quint64(0));
    }

    // Who begins to listen then has to ask where the stream begins, as far as any of them knows.
    void whereAStreamBeginsIsKnown()
    {
        BusNode *const sender = m_one->add(cableNode(1));
        BusNode *const receiver = m_two->add(cableNode(2));
        receiver->hear(u"order"_s);
        pass(1ms);
        send(sender, 5);
        pass(1s);
        const Cable cable(m_one.get(), m_two.get(), 10); // all of it before was on the other bus only
        pass(1ms);
        send(sender, 5);
        pass(5s);
        QCOMPARE(numbersOf(receiver->heard), numbers(6, 10));
        QCOMPARE(receiver->takeLosses(u"order"_s), quint64(0));
    }

    void aLateJoinerHearsThePast_data()
    {
        QTest::addColumn<int>("before");  // the cable
        QTest::addColumn<bool>("second"); // cable, which has begun late
        QTest::addColumn<QList<quint64>>("past");
        QTest::newRow("from the beginning") << 0 << false << numbers(1, 10);
        QTest::newRow("from in between") << 4 << false << numbers(5, 14);
        QTest::newRow("from who has more") << 0 << true << numbers(1, 11);
    }
    void aLateJoinerHearsThePast()
    {
        QFETCH(const int, before);
        QFETCH(const bool, second);
        QFETCH(const QList<quint64>, past);
        BusNode *const sender = m_one->add(cableNode(1));
        send(sender, before);
        pass(1ms);
        const Cable cable(m_one.get(), m_two.get(), 10);
        pass(1ms);
        send(sender, 10);
        const std::optional<Cable> other =
            second ? std::optional<Cable>(std::in_place, m_one.get(), m_two.get(), 20) : std::nullopt;
        pass(1ms);
        if (second)
            send(sender, 1);
        m_one->remove(sender);
        pass(1s);
        BusNode *const joiner = m_two->add(cableNode(3));
        joiner->hear(u"order"_s, {.last = 100});
        pass(5s);
        QCOMPARE(numbersOf(joiner->heard), past);
        QVERIFY(
            std::all_of(joiner->heard.begin(), joiner->heard.end(), [](const auto &event) { return event.replayed; }));
    }

    // A bridge may itself ask for the past, of one name.
    void framesHaveAPastToo()
    {
        BusNode *const sender = m_one->add(cableNode(1));
        send(sender, 5);
        pass(1ms);
        QList<quint64> heard;
        m_one->add(cableNode(10))
            ->onFrame(
                u"order"_s,
                [&](const PyventFrame &frame) { heard.append(frame.replayed ? frame.sequence : frame.sequence + 100); },
                {.last = 3});
        pass(1s);
        send(sender, 2);
        pass(1s);
        QCOMPARE(heard, (QList<quint64>{3, 4, 5, 106, 107}));
    }

    void nothingComesBack_data()
    {
        QTest::addColumn<QString>("names");
        QTest::newRow("all names") << u"*"_s;
        QTest::newRow("one name") << u"order"_s;
    }
    void nothingComesBack()
    {
        QFETCH(const QString, names);
        BusNode *const sender = m_one->add(cableNode(1));
        std::vector<BusNode *> receivers;
        for (SessionBus *bus : {m_one.get(), m_two.get(), m_three.get()}) {
            receivers.push_back(bus->add(cableNode(quint32(2 + receivers.size()))));
            receivers.back()->hear(u"order"_s);
        }
        const Cable cables[] = {{m_one.get(), m_two.get(), 10, names},
                                {m_two.get(), m_three.get(), 20, names},
                                {m_three.get(), m_one.get(), 30, names}};
        pass(1ms);
        m_one->passes = [&](QByteArrayView frame,
                            const BusNode *to) { // the last cable hears some late, and by the others first
            return to != cables[2].ends[1] || !isEvent(frame) || parseFrame(frame).trailer.sequence % 3 > 0;
        };
        send(sender, 100);
        pass(20s);
        for (BusNode *receiver : receivers) {
            QCOMPARE(numbersOf(receiver->heard), numbers(1, 100));
            QCOMPARE(receiver->takeLosses(u"order"_s), quint64(0));
        }
        QCOMPARE(m_one->events().size(), 100);                                     // nothing comes back
        QVERIFY(m_two->events().size() <= 200 && m_three->events().size() <= 200); // by two cables each
        int loops = 0;
        for (const Cable &cable : cables) {
            for (BusNode *end : cable.ends) {
                const QList<PyventError> errors = end->takeErrors();
                loops += int(errors.size());
                for (const PyventError &error : errors)
                    QCOMPARE(error.code, PyventError::ForwardingLoop);
                QVERIFY(errors.size() <= 1);
            }
        }
        QVERIFY(loops > 0);
    }

    // A bridge that does not hear a node's events asks it.
    void whoIsHereIsAsked()
    {
        BusNode *const sender = m_one->add(cableNode(1));
        BusNode *const bridge = m_one->add(cableNode(11)); // hears nothing
        pass(1ms);
        const auto frame = [](quint64 number) {
            return PyventFrame{.name = u"order"_s, .pickle = "}.", .nodeId = cableNode(1), .sequence = number};
        };
        QVERIFY(bridge->forward(frame(1)));
        const QByteArray asked = nodeTopic(cableNode(1), Control::ask);
        QVERIFY(bridge->line->prefixes.contains(asked));
        pass(10ms);
        QVERIFY(!bridge->line->prefixes.contains(asked));
        QVERIFY(bridge->forward(frame(2)));
        pass(10ms);
        QCOMPARE(m_one->events().size(), 1);
        QCOMPARE(bridge->takeErrors().size(), 1);
        m_one->remove(sender);
        pass(30s); // it may have gone to another bus
        QVERIFY(bridge->forward(frame(3)));
        QCOMPARE(m_one->events().size(), 2);
    }

    void whoStandsInIsNotTheNodeItself()
    {
        BusNode *const one = m_one->add(cableNode(11));
        BusNode *const other = m_one->add(cableNode(12));
        pass(1ms);
        for (quint64 number = 1; number <= 100; ++number) {
            const PyventFrame frame{.name = u"order"_s, .pickle = "}.", .nodeId = cableNode(1), .sequence = number};
            QVERIFY(one->forward(frame));
            pass(1s);
            QVERIFY(other->forward(frame));
        }
        QCOMPARE(m_one->events().size(), 200);
        QVERIFY(one->takeErrors().isEmpty() && other->takeErrors().isEmpty());
    }

    // The relay's word that nothing is kept of a node is none of that node's either.
    void aServersAnswerIsNotTheNodeItself()
    {
        BusNode *const bridge = m_one->add(cableNode(11));
        pass(1ms);
        PyventFrame frame{.name = u"order"_s, .pickle = "}.", .nodeId = cableNode(1), .sequence = 1};
        QVERIFY(bridge->forward(frame));
        pass(1ms);
        const Control::Answer answer{.node = cableNode(1), .topic = "order", .first = 2};
        m_one->take(answer.toFrame(cableNode(11)));
        pass(1ms);
        frame.sequence = 2;
        QVERIFY(bridge->forward(frame));
        QCOMPARE(m_one->events().size(), 2);
    }

    void aRefusalIsToldWithTheRuleToAdd()
    {
        BusNode *const bridge = m_one->add(cableNode(11));
        pass(1ms);
        PyventFrame frame{.name = u"order"_s, .pickle = "}.", .nodeId = cableNode(1), .sequence = 1};
        QVERIFY(bridge->forward(frame));
        const Control::Refused refused{.node = cableNode(11),
                                       .topic = "order",
                                       .reason = Control::Refused::Impersonation,
                                       .count = 1,
                                       .as = cableNode(1),
                                       .text = "no rule allows it"};
        m_one->take(refused.toFrame());
        pass(1ms);
        const QList<PyventError> errors = bridge->takeErrors();
        QCOMPARE(errors.size(), 1);
        QCOMPARE(errors[0].code, PyventError::EventRefused);
        QVERIFY2(errors[0].text.contains(u"allow user %1 send, speak-for-others order"_s.arg(::geteuid())),
                 qPrintable(errors[0].text));
        QVERIFY(errors[0].text.contains("no rule allows it"_L1));
        frame.sequence = 2;
        QVERIFY(!bridge->forward(frame));
        QCOMPARE(bridge->session.news().lastError().code, PyventError::EventRefused);
        QVERIFY(bridge->takeErrors().isEmpty()); // it was told
        frame.name = u"bill"_s;                  // is another name
        QVERIFY(bridge->forward(frame));
        pass(5s);
        frame.name = u"order"_s;
        frame.sequence = 1; // is new again
        QVERIFY(bridge->forward(frame));
        QCOMPARE(m_one->events().size(), 3);
    }

    void leavingTheBusForgetsAll()
    {
        BusNode *const bridge = m_one->add(cableNode(11));
        pass(1ms);
        const PyventFrame frame{.name = u"order"_s, .pickle = "}.", .nodeId = cableNode(1), .sequence = 1};
        QVERIFY(bridge->forward(frame));
        bridge->session.leave(m_time.now());
        QCOMPARE(bridge->line->prefixes, QByteArrayList());
        bridge->session.join(&bridge->link, m_time.now());
        QVERIFY(bridge->forward(frame));
        QCOMPARE(m_one->events().size(), 2);
    }

    void whatIsUnreadableComesAsAFrame()
    {
        QList<QByteArray> pickles;
        BusNode *const node = m_one->add(cableNode(11));
        node->onFrame(u"*"_s, [&](const PyventFrame &frame) { pickles.append(frame.pickle); });
        pass(1ms);
        for (const QByteArray &frame : {QByteArray("order nonsense."), QByteArray("order"), QByteArray("\xff }.")})
            m_one->take(frame);
        pass(1ms);
        QCOMPARE(pickles, (QList<QByteArray>{"nonsense.", QByteArray()}));
        QCOMPARE(node->session.unreadable().count(), quint64(1)); // what has no name
        node->hear(u"order"_s);
        pass(1ms);
        m_one->take("order nonsense.");
        m_one->take("order }.");
        pass(1ms);
        QCOMPARE(pickles.size(), 4); // others' troubles are not its own
        QCOMPARE(node->heard.size(), 1);
        QCOMPARE(node->session.unreadable().count(), quint64(2));
    }

    void pythonsSenderIsInTheArguments()
    {
        BusNode *const node = m_one->add(cableNode(11));
        QStringList heard;
        const auto hear = [&heard](const QString &who) {
            return [&heard, who](const PyventFrame &frame) {
                heard.append(who + u' ' + QString::fromUtf8(frame.pickle.left(1)));
            };
        };
        node->onFrame(u"order"_s, hear(u"till"_s), {}, u"till"_s);
        node->onFrame(u"order"_s, hear(u"default"_s), {}, PyventSender());
        node->onFrame(u"order"_s, hear(u"any"_s), {}, PyventSender::Any);
        pass(1ms);
        const QByteArray till =
            QByteArray::fromHex("7d5806000000") + "sender" + QByteArray::fromHex("5804000000") + "tills.";
        for (const QByteArray &pickle : {till, QByteArray("}."), QByteArray("nonsense.")})
            m_one->take("order " + pickle);
        pass(1ms);
        QCOMPARE(heard, (QStringList{u"till }"_s, u"any }"_s, u"default }"_s, u"any }"_s, u"any n"_s}));
    }

    // What does not fit is kept as it came.
    void whatWaitsForTheThreadIsNotLost()
    {
        BusNode *const sender = m_one->add(cableNode(1));
        BusNode *const receiver = m_one->add(cableNode(11));
        QList<quint64> frames;
        receiver->onFrame(u"*"_s, [&](const PyventFrame &frame) { frames.append(frame.sequence); });
        receiver->hear(u"order"_s);
        pass(1ms);
        receiver->isTurning = false;
        const QVariantMap args = {{u"data"_s, QByteArray(1'000'000, 'x')}};
        for (int i = 0; i < 90; ++i) {
            QVERIFY(sender->send(u"order"_s, args) && sender->send(u"bill"_s, args));
            settle();
        }
        m_one->take("order }."); // a Python node's
        pass(1s);
        QVERIFY(frames.isEmpty());
        receiver->isTurning = true;
        pass(1s);
        QCOMPARE(numbersOf(receiver->heard), numbers(1, 90) + QList<quint64>{0});
        QCOMPARE(frames.size(), 181);
        QCOMPARE(frames.count(0), 1);
        for (quint64 number = 1; number <= 90; ++number)
            QCOMPARE(frames.count(number), 2);
        QCOMPARE(receiver->takeLosses(u"order"_s), quint64(0));
    }

    // One of them goes, and comes again, while the other one is there; and what is sent gets lost on all ways.
    void twoCablesLoseAndDoubleNothing()
    {
        const Schedules schedules = schedulesFromEnvironment(300);
        for (int i = 0; i < schedules.count && !QTest::currentTestFailed(); ++i)
            twoCables(schedules.seed + quint32(i));
    }

private:
    void twoCables(quint32 seed)
    {
        init();
        std::minstd_rand random(seed);
        const auto below = [&random](quint32 bound) { return (random() >> 4) % bound; };
        const auto lose = [&](QByteArrayView frame, const BusNode *) { return !isEvent(frame) || below(5) > 0; };
        m_one->passes = m_two->passes = lose;
        BusNode *const sender = m_one->add(cableNode(1), {.hearOwnEvents = false});
        BusNode *const receivers[] = {m_two->add(cableNode(2)), m_two->add(cableNode(3)), m_one->add(cableNode(4))};
        BusNode *const back = m_two->add(cableNode(5), {.hearOwnEvents = false}); // sends the other way
        for (BusNode *receiver : receivers)
            receiver->hear(below(2) ? u"order"_s : u"o*"_s);
        std::optional<Cable> cables[2];
        quint32 started = 10;
        const auto start = [&](int which) {
            cables[which].emplace(m_one.get(), m_two.get(), started);
            started += 2;
        };
        start(0);
        pass(50ms);
        quint64 sent = 0;
        for (int step = 0; step < 12; ++step) {
            const int which = int(below(2));
            if (!cables[which]) {
                start(which);
                pass(50ms);
            } else if (cables[1 - which] && below(2)) {
                pass(20s); // what was on its way through the one that goes has come
                cables[which].reset();
            }
            for (int i = int(below(10)); i >= 0; --i) {
                QVERIFY(sender->send(u"order"_s) && back->send(u"order"_s));
                ++sent;
                if (below(2))
                    pass(std::chrono::milliseconds(below(30)));
            }
        }
        pass(20s);
        for (const BusNode *receiver : receivers) {
            for (const QUuid &node : {cableNode(1), cableNode(5)}) {
                QList<quint64> heard;
                for (const PyventEvent &event : receiver->heard) {
                    if (event.nodeId == node)
                        heard.append(event.sequence);
                }
                QVERIFY2(heard == numbers(1, sent), scheduleName(seed));
            }
        }
        for (BusNode *receiver : receivers)
            QVERIFY2(receiver->takeLosses(u"order"_s) == 0, scheduleName(seed));
    }
};

PYVENT_TEST(TestForwarding)

#include "tst_forwarding.moc"
