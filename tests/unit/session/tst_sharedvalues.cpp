// SPDX-License-Identifier: MIT
#include "session/sharedvalues.h"

#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace std::chrono_literals;

namespace {

constexpr qint64 yearOfTest = 1'800'000'000'000'000;
const QUuid here = QUuid(1, 2, 0x8003, 4, 5, 6, 7, 8, 9, 10, 11);
const QUuid there = QUuid(2, 2, 0x8003, 4, 5, 6, 7, 8, 9, 10, 11);

SharedValues::Write writeOf(quint64 millisecond, const QByteArray &pickle = "x.")
{
    return {{HybridClock::stampOf(yearOfTest) + (millisecond << 16), there}, pickle, {}, yearOfTest};
}

} // namespace

class TestSharedValues : public QObject
{
    Q_OBJECT

    SharedValues::Clock::time_point now{std::chrono::hours(1)};
    SharedValues values{here, [] { return yearOfTest; }, 77777};

    void hear(const QByteArray &frame)
    {
        const auto message = Control::Message::of(frame);
        QVERIFY(message);
        values.receive(*message, now);
    }
    // What is told until nothing more is due.
    QByteArrayList told()
    {
        QByteArrayList all = values.takeOutgoing(now);
        while (values.deadline() <= now + 100ms) {
            now = std::max(now, values.deadline());
            all += values.takeOutgoing(now);
        }
        return all;
    }

private Q_SLOTS:
    void init()
    {
        std::destroy_at(&values);
        std::construct_at(
            &values, here, [] { return yearOfTest; }, 77777);
    }

    // It was looked for what was due for ever.
    void answersNobodyBeforeItIsReady()
    {
        const auto holder = values.hold("x");
        hear(valueTopic("x") + SharedValues::toFrame("x", writeOf(5)));
        hear(valueTopic("x") + SharedValues::toFrame("x", writeOf(3)));
        hear(Control::ValueHeld{there, writeOf(9).version}.toFrame("x"));
        hear(Control::ValueHeld{there, {}}.toFrame("x"));
        values.heard("x", {{}, "bare.", {}, 0}, now);
        QCOMPARE(values.deadline(), SharedValues::Clock::time_point::max());
        QVERIFY(values.takeOutgoing(now + 1h).isEmpty());
        QCOMPARE(holder->write().version.stamp, writeOf(5).version.stamp + 1);
        values.ready(now);
        QCOMPARE(told(), QByteArrayList{Control::ValueHeld(here, holder->write().version).toFrame("x")});
        values.lost(now);
        QVERIFY(values.takeOutgoing(now + 1h).isEmpty());
    }

    void oneOfManyAnswers()
    {
        values.hold("x");
        values.ready(now);
        told();
        values.heard("x", writeOf(5), now);
        hear(Control::ValueHeld{there, {}}.toFrame("x"));
        QVERIFY(values.takeOutgoing(now).isEmpty());
        hear(valueTopic("x") + SharedValues::toFrame("x", writeOf(5))); // somebody was first
        QVERIFY(told().isEmpty());
        hear(Control::ValueHeld{there, {}}.toFrame("x"));
        QCOMPARE(told(), QByteArrayList{valueTopic("x") + SharedValues::toFrame("x", writeOf(5))});
    }

    void tellsAgainUntilAServerAnswers()
    {
        values.hold("x");
        values.ready(now);
        QCOMPARE(values.takeOutgoing(now).size(), 1);
        QCOMPARE(values.deadline(), now + 500ms);
        QCOMPARE(values.takeOutgoing(now + 500ms).size(), 1);
        hear(Control::ValueAtServer{here, "x", {}}.toFrame());
        QCOMPARE(values.deadline(), SharedValues::Clock::time_point::max());
    }

    void manyAreToldBitByBit()
    {
        for (int i = 0; i < 3000; ++i)
            values.hold(QByteArray::number(i));
        values.ready(now);
        QVERIFY(values.takeOutgoing(now).size() < 600);
        QVERIFY(values.takeOutgoing(now).isEmpty());
        QVERIFY(values.deadline() > now);
        qsizetype all = 600;
        for (int i = 0; i < 10; ++i)
            all += values.takeOutgoing(now += 10ms).size();
        QVERIFY(all >= 3000);
    }

    void implausibleStampsAreTold()
    {
        const auto holder = values.hold("x");
        values.ready(now);
        told();
        const SharedValues::Write absurd{{HybridClock::stampOf(yearOfTest * 2), there}, "x.", {}, 0};
        values.heard("x", absurd, now);
        hear(valueTopic("x") + SharedValues::toFrame("x", absurd));
        hear(Control::ValueHeld{there, absurd.version}.toFrame("x"));
        QVERIFY(!holder->write().version);
        QVERIFY(told().isEmpty());
        const auto implausible = values.takeImplausible();
        QCOMPARE(implausible.count, 2ULL);
        QCOMPARE(implausible.name, QByteArray("x"));
        QCOMPARE(values.takeImplausible().count, 0ULL);
        QVERIFY(values.nextStamp() < absurd.version.stamp);
    }

    void whatIsNotHeldIsNotKept()
    {
        for (int i = 0; i < 1000; ++i)
            hear(valueTopic(QByteArray::number(i)) + SharedValues::toFrame(QByteArray::number(i), writeOf(1)));
        QVERIFY(values.isEmpty());
        const auto one = values.hold("x");
        const auto other = values.hold("x");
        QCOMPARE(one, other);
        QVERIFY(!values.release(one));
        QVERIFY(values.release(other));
        QVERIFY(values.isEmpty());
    }

    void questionsEnd()
    {
        using Answer = SharedValues::Answer;
        values.hold("x");
        values.ready(now);
        told();
        const quint64 first = values.ask("x", {}, "frame", now + 1s, now);
        QVERIFY(values.takeOutgoing(now).isEmpty()); // no server has said that it keeps values
        now += 1s;
        told();
        auto answers = values.takeAnswers();
        QCOMPARE(answers.size(), 1U);
        QCOMPARE(answers[0].number, first);
        QCOMPARE(answers[0].result, Answer::NoServer);

        hear(Control::ValueAtServer{here, "x", {}}.toFrame());
        const quint64 second = values.ask("x", {}, SharedValues::toFrame("x", writeOf(5)), now + 1s, now);
        QCOMPARE(told().size(), 1);
        hear(Control::ValueIsSet{here, second, Control::ValueIsSet::IsNotKnownYet, {}}.toFrame());
        QVERIFY(values.takeOutgoing(now).isEmpty());
        now += 100ms;
        QCOMPARE(values.takeOutgoing(now).size(), 1);
        hear(Control::ValueIsSet{here, second + 1, Control::ValueIsSet::Done, {}}.toFrame()); // nobody has asked that
        QVERIFY(values.takeAnswers().empty());
        values.lost(now);
        answers = values.takeAnswers();
        QCOMPARE(answers.size(), 1U);
        QCOMPARE(answers[0].result, Answer::ServerLost);

        values.ask("x", {}, "frame", now + 1h, now);
        values.leave(now);
        QCOMPARE(values.takeAnswers().size(), 1U);
    }
};

PYVENT_TEST(TestSharedValues)

#include "tst_sharedvalues.moc"
