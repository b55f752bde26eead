// SPDX-License-Identifier: MIT
#include "bridgesamples.h"
#include "outbox.h"
#include "support/schedules.h"
#include "support/testprogram.h"

#include <QtTest>

#include <algorithm>
#include <deque>
#include <map>
#include <random>

using namespace Pyvent::Bridge;
using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

using Clock = Outbox::Clock;

const QUuid nodeB = QUuid::createUuid();

Message message(quint64 number, qsizetype size = 0, const QString &name = u"x"_s)
{
    return {.name = name, .node = nodeB, .number = number, .payload = QByteArray(size, 'p')};
}

QList<quint64> numbersOf(const QList<Engine::Publication> &publications)
{
    QList<quint64> numbers;
    for (const Engine::Publication &publication : publications)
        numbers += publication.message.number;
    return numbers;
}

QList<quint64> idsOf(const QList<Engine::Publication> &publications)
{
    QList<quint64> ids;
    for (const Engine::Publication &publication : publications)
        ids += publication.id;
    return ids;
}

// A store in memory, which answers when it is told to.
class MemoryStore : public SpoolStore
{
public:
    void append(const StoredMessage &message) override { m_messages.insert_or_assign(message.id, message); }
    void remove(const QList<quint64> &ids) override
    {
        for (const quint64 id : ids)
            m_messages.erase(id);
    }
    void load(quint64 id, qsizetype bytes) override { m_wanted = {id, bytes}; }
    bool isBehind() const override { return m_isBehind; }

    void answer(Outbox *outbox, Clock::time_point now)
    {
        if (m_wanted.second == 0)
            return;
        QList<StoredMessage> found;
        auto next = m_messages.upper_bound(m_wanted.first);
        for (qsizetype bytes = m_wanted.second; next != m_messages.end() && bytes > 0; ++next) {
            found += next->second;
            bytes -= next->second.message.size();
        }
        m_wanted = {};
        outbox->loaded(found, next == m_messages.end(), now);
    }

    std::map<quint64, StoredMessage> m_messages;
    bool m_isBehind = false;

private:
    std::pair<quint64, qsizetype> m_wanted{};
};

} // namespace

class tst_Outbox : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keepsUntilAcknowledged();
    void waitsForItsEngine();
    void goesBack();
    void sendsNoMoreWhileSomethingIsStuck();
    void boundsWhatIsUnderWay();
    void boundsWhatWaits();
    void saysWhatIsLost();
    void givesUpWhatIsRefused();
    void pausesWhenToldNotNow();
    void knowsForHowLongItIsStuck();
    void saysWhatIsNotAcknowledged();
    void saysWhatWasAcknowledgedLately();
    void sendsAgainWhatMayBeForgotten();
    void repeatsOnceForManyWhoAsk();
    void repeatsLessThanItCarries();
    void standsBy();
    void usesItsStore();
    void goesOnWithoutItsStore();
    void losesNothingAtRandom();
};

void tst_Outbox::keepsUntilAcknowledged()
{
    Outbox outbox({});
    outbox.setUp(true, start);
    QVERIFY(outbox.append(message(1), false, start));
    QVERIFY(outbox.append(message(2), false, start));
    const auto publications = outbox.takePublications(start);
    QCOMPARE(numbersOf(publications), (QList<quint64>{1, 2}));
    QVERIFY(outbox.takePublications(start).isEmpty());
    QCOMPARE(outbox.waiting(), 2);
    outbox.published({publications[1].id}, start);
    QCOMPARE(outbox.waiting(), 1);
    outbox.published({publications[0].id, publications[1].id, 999}, start);
    QVERIFY(outbox.isEmpty());
    QCOMPARE(outbox.waitingBytes(), 0);
    QCOMPARE(outbox.counters().published, 2u);
    QCOMPARE(outbox.deadline(), Clock::time_point::max());
}

void tst_Outbox::waitsForItsEngine()
{
    Outbox outbox({});
    QVERIFY(outbox.append(message(1), false, start));
    QVERIFY(outbox.takePublications(start).isEmpty());
    QCOMPARE(outbox.oldestAge(start + 3s), 3000ms);
    outbox.setUp(true, start);
    QCOMPARE(numbersOf(outbox.takePublications(start)), QList<quint64>{1});
}

void tst_Outbox::goesBack()
{
    Outbox outbox({});
    outbox.setUp(true, start);
    for (quint64 number = 1; number <= 4; ++number)
        outbox.append(message(number), false, start);
    const auto first = outbox.takePublications(start);
    outbox.published({first[1].id}, start);
    // The connection ends, and all that is not acknowledged goes again, in order.
    outbox.setUp(false, start);
    QVERIFY(outbox.takePublications(start).isEmpty());
    outbox.setUp(true, start + 1s);
    QCOMPARE(numbersOf(outbox.takePublications(start + 1s)), (QList<quint64>{1, 3, 4}));
    QCOMPARE(outbox.counters().repeated, 3u);
    // So it does where nothing is heard of it.
    QCOMPARE(outbox.deadline(), start + 1s + 5s);
    outbox.process(start + 6s);
    QVERIFY2(outbox.takePublications(start + 6s).isEmpty(), "after a pause");
    QCOMPARE(numbersOf(outbox.takePublications(start + 7s)), QList<quint64>{1}); // to see whether it is taken now
    QVERIFY(outbox.takePublications(start + 7s).isEmpty());
    QCOMPARE(outbox.deadline(), start + 7s + 1s);
    outbox.process(start + 8s); // as a leader that has just begun, and has lost it
    QCOMPARE(numbersOf(outbox.takePublications(start + 9s)), QList<quint64>{1});
    outbox.published({first[0].id}, start + 9s);
    QCOMPARE(numbersOf(outbox.takePublications(start + 9s)), (QList<quint64>{3, 4}));
    // What is acknowledged late is acknowledged.
    outbox.process(start + 20s);
    outbox.published(idsOf(first), start + 20s);
    QVERIFY(outbox.isEmpty());
    QVERIFY(outbox.takePublications(start + 30s).isEmpty());
}

// So that few are to be sent again, and fewer overtake.
void tst_Outbox::sendsNoMoreWhileSomethingIsStuck()
{
    Outbox outbox({});
    outbox.setUp(true, start);
    outbox.append(message(1), false, start);
    const auto first = outbox.takePublications(start);
    outbox.append(message(2), false, start + 1s);
    QVERIFY(outbox.takePublications(start + 1s).isEmpty());
    QCOMPARE(outbox.stuckFor(start + 1s), 1000ms);
    outbox.published(idsOf(first), start + 2s);
    QCOMPARE(numbersOf(outbox.takePublications(start + 2s)), QList<quint64>{2});
}

void tst_Outbox::boundsWhatIsUnderWay()
{
    Outbox outbox({.underWay = 3, .bytesUnderWay = 10'000});
    outbox.setUp(true, start);
    for (quint64 number = 1; number <= 5; ++number)
        outbox.append(message(number), false, start);
    const auto first = outbox.takePublications(start);
    QCOMPARE(numbersOf(first), (QList<quint64>{1, 2, 3}));
    outbox.published({first[0].id}, start);
    QCOMPARE(numbersOf(outbox.takePublications(start)), QList<quint64>{4});

    Outbox large({.underWay = 100, .bytesUnderWay = 10'000});
    large.setUp(true, start);
    for (quint64 number = 1; number <= 5; ++number)
        large.append(message(number, 6'000), false, start);
    QCOMPARE(numbersOf(large.takePublications(start)), (QList<quint64>{1, 2}));
}

void tst_Outbox::boundsWhatWaits()
{
    const qsizetype size = message(1, 1000).size();
    Outbox outbox({.bytes = 3 * size});
    for (quint64 number = 1; number <= 3; ++number)
        QVERIFY(outbox.append(message(number, 1000), false, start));
    QVERIFY(!outbox.append(message(4, 1000), false, start));
    QVERIFY(!outbox.append(message(5, 1000), false, start));
    QCOMPARE(outbox.counters().dropped, 2u);
    QCOMPARE(outbox.waiting(), 3);

    Outbox small({.bytes = 10});
    QVERIFY2(small.append(message(1, 1000), false, start), "an empty one takes any event");
    QVERIFY(!small.append(message(2), false, start));
}

void tst_Outbox::saysWhatIsLost()
{
    const qsizetype size = message(1, 1000).size();
    Outbox outbox({.bytes = 2 * size});
    outbox.setUp(true, start);
    outbox.append(message(1, 1000), false, start);
    outbox.append(message(2, 1000), false, start);
    QVERIFY(!outbox.append(message(3, 1000), false, start));
    QVERIFY(!outbox.append(message(4, 1000), false, start));
    outbox.published(idsOf(outbox.takePublications(start)), start);
    outbox.append(message(5), false, start);
    outbox.append(message(1, 0, u"y"_s), false, start);
    const auto publications = outbox.takePublications(start);
    QCOMPARE(publications[0].message.lost, 2u);
    QCOMPARE(publications[1].message.lost, 0u);
}

void tst_Outbox::givesUpWhatIsRefused()
{
    Outbox outbox({});
    outbox.setUp(true, start);
    for (quint64 number = 1; number <= 3; ++number)
        outbox.append(message(number), false, start);
    const auto publications = outbox.takePublications(start);
    QCOMPARE(outbox.refused(publications[0].id, Engine::Refusal::Never, start), u"x"_s);
    QCOMPARE(outbox.refused(publications[0].id, Engine::Refusal::Never, start), QString());
    QCOMPARE(outbox.counters().refused, 1u);
    QCOMPARE(outbox.waiting(), 2);
    outbox.setUp(false, start);
    outbox.setUp(true, start);
    const auto again = outbox.takePublications(start);
    QCOMPARE(numbersOf(again), (QList<quint64>{2, 3}));
    QCOMPARE(again[0].message.lost, 1u); // if it goes again, it says so
    // The last one of its stream: the next one to come says so.
    outbox.refused(again[1].id, Engine::Refusal::Never, start);
    outbox.append(message(4), false, start);
    QCOMPARE(outbox.takePublications(start)[0].message.lost, 1u);
}

void tst_Outbox::pausesWhenToldNotNow()
{
    Outbox outbox({});
    outbox.setUp(true, start);
    outbox.append(message(1), false, start);
    outbox.append(message(2), false, start);
    auto now = start;
    std::chrono::milliseconds last{};
    for (int i = 0; i < 8; ++i) {
        const auto publications = outbox.takePublications(now);
        QCOMPARE(numbersOf(publications), (QList<quint64>{1, 2}.first(i == 0 ? 2 : 1))); // then it is only tried
        QCOMPARE(outbox.refused(publications.first().id, Engine::Refusal::NotNow, now), QString());
        outbox.refused(publications.last().id, Engine::Refusal::NotNow, now); // of the same go
        QVERIFY(outbox.takePublications(now).isEmpty());
        const auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(outbox.deadline() - now);
        QVERIFY(pause > last || pause == 400ms);
        last = pause;
        now = outbox.deadline();
    }
    QCOMPARE(last, 400ms);
    outbox.published(idsOf(outbox.takePublications(now)), now);
    outbox.published(idsOf(outbox.takePublications(now)), now);
    outbox.append(message(3), false, now);
    QVERIFY(outbox.refused(outbox.takePublications(now)[0].id, Engine::Refusal::NotNow, now).isEmpty());
    QCOMPARE(outbox.deadline(), now + 100ms);
}

// Whatever it does to get rid of it.
void tst_Outbox::knowsForHowLongItIsStuck()
{
    Outbox outbox({});
    outbox.setUp(true, start);
    outbox.append(message(1), false, start);
    for (auto now = start; now < start + 20s; now += 100ms) {
        outbox.process(now);
        const auto publications = outbox.takePublications(now);
        if (now > start + 8s && !publications.isEmpty()) // after no answer, another one
            outbox.refused(publications.first().id, Engine::Refusal::NotNow, now);
        QCOMPARE(outbox.stuckFor(now), std::chrono::duration_cast<std::chrono::milliseconds>(now - start));
    }
    outbox.setHoldingBack(true); // now it is another one's turn
    QCOMPARE(outbox.stuckFor(start + 21s), 0ms);
    outbox.setHoldingBack(false);
    const auto publications = outbox.takePublications(start + 22s);
    QCOMPARE(outbox.stuckFor(start + 23s), 1000ms);
    outbox.published(idsOf(publications), start + 23s);
    QCOMPARE(outbox.stuckFor(start + 30s), 0ms);
}

void tst_Outbox::saysWhatIsNotAcknowledged()
{
    Outbox outbox({.underWay = 2, .said = 4 * message(1).size()});
    outbox.setUp(true, start);
    for (quint64 number = 1; number <= 3; ++number)
        outbox.append(message(number), false, start);
    const auto publications = outbox.takePublications(start);
    QVERIFY(outbox.takeSayings(start).isEmpty());
    QCOMPARE(outbox.deadline(), start + 1s);
    QVERIFY(outbox.takeSayings(start + 999ms).isEmpty());
    // Also what has no room in the window; and then what comes, once.
    QCOMPARE(numbersOf(outbox.takeSayings(start + 1s)), (QList<quint64>{1, 2, 3}));
    QVERIFY(outbox.takeSayings(start + 1s).isEmpty());
    outbox.refused(publications[0].id, Engine::Refusal::NotNow, start + 1s);
    outbox.append(message(4), false, start + 2s);
    QCOMPARE(numbersOf(outbox.takeSayings(start + 2s)), QList<quint64>{4});
    outbox.append(message(5), false, start + 2s);
    QVERIFY2(outbox.takeSayings(start + 2s).isEmpty(), "it has a bound");
    // And again, for those who were not there; by another connection, at once.
    QCOMPARE(numbersOf(outbox.takeSayings(start + 3s)), (QList<quint64>{1, 2, 3, 4}));
    outbox.setUp(false, start + 4s);
    QVERIFY(outbox.takeSayings(start + 5s).isEmpty());
    outbox.setUp(true, start + 5s);
    QVERIFY2(outbox.takeSayings(start + 5s).isEmpty(), "it may be taken now");
    QCOMPARE(numbersOf(outbox.takePublications(start + 5s)), (QList<quint64>{1, 2}));
    QCOMPARE(numbersOf(outbox.takeSayings(start + 5s)), (QList<quint64>{1, 2, 3, 4}));
    outbox.published({publications[0].id}, start + 5500ms);
    QVERIFY(outbox.takeSayings(start + 5500ms).isEmpty());
    QCOMPARE(outbox.counters().said, 12u);
    outbox.setHoldingBack(true);
    QVERIFY(outbox.takeSayings(start + 100s).isEmpty());
    QCOMPARE(outbox.waiting(), 4);
}

// Readers may not have got it before the engine was away.
void tst_Outbox::saysWhatWasAcknowledgedLately()
{
    Outbox outbox({.said = 1 << 20, .recentBytes = 3 * message(1).size()});
    outbox.setUp(true, start);
    const auto carry = [&](quint64 first, quint64 last, Clock::time_point now) {
        for (quint64 number = first; number <= last; ++number)
            outbox.append(message(number), false, now);
        outbox.published(idsOf(outbox.takePublications(now)), now);
    };
    carry(1, 2, start);
    QCOMPARE(outbox.deadline(), Clock::time_point::max());
    carry(3, 3, start + 3s);
    outbox.append(message(4), false, start + 4s);
    const auto publications = outbox.takePublications(start + 4s);
    QCOMPARE(numbersOf(publications), QList<quint64>{4});
    QCOMPARE(numbersOf(outbox.takeSayings(start + 60s)), (QList<quint64>{3, 4}));
    outbox.published(idsOf(publications), start + 61s);
    carry(5, 20, start + 61s);
    outbox.append(message(21), false, start + 62s);
    outbox.takePublications(start + 62s);
    QCOMPARE(numbersOf(outbox.takeSayings(start + 63s)), (QList<quint64>{18, 19, 20, 21}));
    QCOMPARE(outbox.waiting(), 1);
    outbox.setUp(false, start + 64s);
    outbox.setUp(true, start + 64s);
    QCOMPARE(numbersOf(outbox.takePublications(start + 64s)), QList<quint64>{21});
}

// A broker that was killed comes back without its last messages.
void tst_Outbox::sendsAgainWhatMayBeForgotten()
{
    Outbox outbox({.remembered = 4 * message(1).size()});
    outbox.setForgetsFor(30s);
    outbox.setUp(true, start);
    for (quint64 number = 1; number <= 3; ++number)
        outbox.append(message(number), false, start);
    outbox.published(idsOf(outbox.takePublications(start)), start);
    QVERIFY(outbox.isEmpty());
    QCOMPARE(outbox.deadline(), start + 30s);
    outbox.append(message(4), false, start + 20s);
    outbox.published(idsOf(outbox.takePublications(start + 20s)), start + 20s);
    outbox.append(message(5), false, start + 20s);
    outbox.takePublications(start + 20s);
    outbox.setUp(false, start + 21s);
    outbox.setUp(true, start + 22s);
    const auto again = outbox.takePublications(start + 22s);
    QCOMPARE(numbersOf(again), (QList<quint64>{1, 2, 3, 4, 5}));
    outbox.published(idsOf(again), start + 22s);
    QCOMPARE(outbox.counters().published, 5u);
    // No more than there is room for, and no older than that.
    QVERIFY(outbox.isEmpty());
    outbox.setUp(true, start + 23s);
    QCOMPARE(numbersOf(outbox.takePublications(start + 23s)), (QList<quint64>{2, 3, 4, 5}));
    outbox.setUp(true, start + 100s);
    outbox.published({1, 2, 3, 4, 5}, start + 100s);
    outbox.process(start + 130s);
    outbox.setUp(true, start + 131s);
    QVERIFY(outbox.takePublications(start + 131s).isEmpty());
    QCOMPARE(outbox.deadline(), Clock::time_point::max());
}

void tst_Outbox::repeatsOnceForManyWhoAsk()
{
    Outbox outbox({.repeatPause = 3s});
    outbox.setForgetsFor(30s);
    outbox.setUp(true, start);
    outbox.append(message(1), false, start);
    outbox.append(message(2), false, start);
    outbox.published(idsOf(outbox.takePublications(start)), start);
    const auto now = start + 10s;
    outbox.askToRepeat();
    outbox.process(now);
    const auto first = outbox.takePublications(now);
    QCOMPARE(numbersOf(first), (QList<quint64>{1, 2}));
    for (int i = 0; i < 10; ++i) {
        outbox.askToRepeat();
        outbox.process(now + 1s);
        QVERIFY2(outbox.takePublications(now + 1s).isEmpty(), "it is not through");
    }
    outbox.append(message(3), false, now + 1s);
    outbox.published(idsOf(first), now + 1s);
    outbox.process(now + 1s);
    outbox.published(idsOf(outbox.takePublications(now + 1s)), now + 1s);
    QCOMPARE(outbox.deadline(), now + 4s);
    outbox.process(now + 4s - 1ms);
    QVERIFY(outbox.takePublications(now + 4s - 1ms).isEmpty());
    outbox.process(now + 4s);
    const auto second = outbox.takePublications(now + 4s);
    QCOMPARE(numbersOf(second), (QList<quint64>{1, 2, 3}));
    outbox.published(idsOf(second), now + 4s);
    outbox.process(now + 20s);
    QVERIFY(outbox.takePublications(now + 20s).isEmpty());
    // A new connection repeats it anyway, and nobody who has asked before needs it once more.
    outbox.askToRepeat();
    outbox.setUp(false, now + 20s);
    outbox.setUp(true, now + 21s);
    outbox.published(idsOf(outbox.takePublications(now + 21s)), now + 21s);
    outbox.process(now + 29s);
    QVERIFY(outbox.takePublications(now + 29s).isEmpty());
    // An engine that forgets nothing repeats nothing.
    Outbox other({});
    other.setUp(true, start);
    other.append(message(1), false, start);
    other.published(idsOf(other.takePublications(start)), start);
    other.askToRepeat();
    other.process(now);
    QVERIFY(other.takePublications(now).isEmpty());
}

// Somebody asks again and again, and what is new gets through all the same.
void tst_Outbox::repeatsLessThanItCarries()
{
    Outbox outbox({.underWay = 10, .remembered = 200 * message(1).size()});
    outbox.setForgetsFor(30s);
    outbox.setUp(true, start);
    quint64 number = 0;
    while (number < 200)
        outbox.append(message(++number), false, start);
    auto now = start;
    for (; now < start + 60s; now += 100ms) { // ten are carried in that time, and one comes
        outbox.askToRepeat();
        outbox.append(message(++number), false, now);
        outbox.process(now);
        outbox.published(idsOf(outbox.takePublications(now)), now);
        const quint64 late = number - outbox.counters().published;
        QVERIFY2(now < start + 10s || late <= 30, qPrintable(QString::number(late)));
    }
    QVERIFY2(outbox.counters().repeated > 1000, "those who have asked");
    QVERIFY(outbox.counters().repeated < 3000);
}

void tst_Outbox::standsBy()
{
    Outbox outbox({});
    outbox.setUp(true, start);
    outbox.setHoldingBack(true);
    for (quint64 number = 1; number <= 5; ++number)
        outbox.append(message(number), false, start + number * 1s);
    QVERIFY(outbox.takePublications(start + 6s).isEmpty());
    QCOMPARE(outbox.deadline(), Clock::time_point::max());
    QCOMPARE(outbox.dropHeard(start, start + 3s), 0);
    QCOMPARE(outbox.waiting(), 3);
    outbox.setHoldingBack(false);
    QCOMPARE(numbersOf(outbox.takePublications(start + 6s)), (QList<quint64>{3, 4, 5}));
    QCOMPARE(outbox.counters().published, 0u);

    // What the engine forgets when it is killed, it may be the one to publish.
    Outbox other({});
    other.setForgetsFor(30s);
    other.setUp(true, start);
    other.setHoldingBack(true);
    for (quint64 number = 1; number <= 3; ++number)
        other.append(message(number), false, start);
    other.dropHeard(start, start + 1s);
    QVERIFY(other.isEmpty());
    other.setUp(false, start + 2s);
    other.setUp(true, start + 3s);
    other.setHoldingBack(false);
    QCOMPARE(numbersOf(other.takePublications(start + 3s)), (QList<quint64>{1, 2, 3}));

    // What only this bridge has, it publishes itself.
    Outbox own({});
    own.setUp(true, start);
    own.setHoldingBack(true);
    own.append(message(1), true, start);
    own.append(message(2), false, start);
    own.dropHeard(start, start + 1s);
    QCOMPARE(numbersOf(own.takePublications(start)), QList<quint64>{1});

    // What was heard before the active bridge was there, only this one has.
    Outbox elder({});
    elder.setUp(true, start);
    elder.setHoldingBack(true);
    for (quint64 number = 1; number <= 5; ++number)
        elder.append(message(number), false, start + number * 1s);
    QCOMPARE(elder.dropHeard(start + 3s, start + 5s), 2);
    QCOMPARE(elder.waiting(), 3);
    QCOMPARE(elder.oldestAge(start + 6s), 5000ms);
    elder.setHoldingBack(false);
    QCOMPARE(numbersOf(elder.takePublications(start + 6s)), (QList<quint64>{1, 2, 5}));
}

void tst_Outbox::usesItsStore()
{
    MemoryStore store;
    const qsizetype size = message(1, 1000).size();
    Outbox outbox({.bytes = 100 * size, .memory = 10 * size, .underWay = 4}, &store);
    for (quint64 number = 1; number <= 50; ++number)
        QVERIFY(outbox.append(message(number, 1000), number % 2 == 0, start));
    QCOMPARE(store.m_messages.size(), 50u);
    QCOMPARE(outbox.waiting(), 50);
    QCOMPARE(outbox.waitingBytes(), 50 * size);

    outbox.setUp(true, start);
    QList<quint64> numbers;
    for (int i = 0; i < 200 && !outbox.isEmpty(); ++i) {
        const auto publications = outbox.takePublications(start);
        numbers += numbersOf(publications);
        outbox.published(idsOf(publications), start);
        store.answer(&outbox, start);
        if (i == 5)
            QVERIFY(outbox.append(message(51, 1000), false, start));
    }
    QList<quint64> expected(51, 0);
    std::iota(expected.begin(), expected.end(), 1);
    QCOMPARE(numbers, expected);
    QVERIFY(store.m_messages.empty());

    // Another process finds what is in it.
    for (quint64 number = 1; number <= 30; ++number)
        outbox.append(message(number, 1000), false, start);
    Outbox next({.bytes = 100 * size, .memory = 10 * size}, &store);
    next.setStored(30, 30 * size, store.m_messages.rbegin()->first);
    next.setUp(true, start);
    QVERIFY(next.append(message(31, 1000), false, start));
    numbers.clear();
    for (int i = 0; i < 200 && !next.isEmpty(); ++i) {
        store.answer(&next, start);
        const auto publications = next.takePublications(start);
        numbers += numbersOf(publications);
        next.published(idsOf(publications), start);
    }
    expected.resize(31);
    QCOMPARE(numbers, expected);
    QVERIFY(next.isEmpty());
    QCOMPARE(next.waitingBytes(), 0);
}

void tst_Outbox::goesOnWithoutItsStore()
{
    MemoryStore store;
    const qsizetype size = message(1, 1000).size();
    Outbox outbox({.bytes = 100 * size, .memory = 2 * size}, &store);
    for (quint64 number = 1; number <= 10; ++number)
        outbox.append(message(number, 1000), false, start);
    QCOMPARE(outbox.storeFailed(), 8);
    QCOMPARE(outbox.waiting(), 2);
    QVERIFY(outbox.append(message(11, 1000), false, start));
    outbox.setUp(true, start);
    QCOMPARE(numbersOf(outbox.takePublications(start)), (QList<quint64>{1, 2, 11}));

    MemoryStore slow;
    slow.m_isBehind = true;
    Outbox behind({}, &slow);
    QVERIFY2(!behind.append(message(1), false, start), "a disk that does not keep pace is full");
}

// An engine that loses, forgets, refuses and acknowledges late: what it has is complete, and in order but for doubles.
void tst_Outbox::losesNothingAtRandom()
{
    const Schedules schedules = schedulesFromEnvironment(2'000);
    for (int i = 0; i < schedules.count; ++i) {
        std::mt19937 random(schedules.seed + quint32(i));
        const auto below = [&](quint32 n) { return quint32(random() % n); };
        MemoryStore store;
        const bool hasStore = below(2) == 0;
        const bool mayForget = below(3) == 0;
        const qsizetype size = message(1).size();
        Outbox outbox({.memory = 20 * size, .underWay = 1 + qsizetype(below(16))}, hasStore ? &store : nullptr);
        if (mayForget)
            outbox.setForgetsFor(30s);
        auto now = start;
        quint64 number = 0;
        std::vector<std::pair<Clock::time_point, quint64>> stored; // by the engine
        std::deque<quint64> acknowledgements;                      // on their way back
        bool isUp = false;
        const auto check = [&](bool condition) {
            if (!condition)
                qWarning("%s", scheduleName(schedules.seed + quint32(i)).constData());
            return condition;
        };
        const quint64 total = 20 + below(100);
        for (int step = 0; step < 50'000 && (number < total || !outbox.isEmpty()); ++step) {
            now += std::chrono::milliseconds(below(200));
            outbox.process(now);
            if (below(3) == 0 && number < total)
                QVERIFY(check(outbox.append(message(++number), false, now)));
            if (hasStore && below(2) == 0)
                store.answer(&outbox, now);
            // One that forgets has a while in between for what is sent again.
            if (below(mayForget ? 1000 : 40) == 0) {
                isUp = !isUp;
                acknowledgements.clear();
                if (mayForget && !isUp) // it is killed
                    std::erase_if(stored, [&](const auto &each) { return now - each.first < 20s; });
                outbox.setUp(isUp, now);
            }
            bool isBroken = false; // what follows in this go is not carried either: it is one connection
            for (const Engine::Publication &publication : outbox.takePublications(now)) {
                isBroken = isBroken || below(50) == 0;
                if (isBroken)
                    continue;
                if (below(60) == 0) {
                    outbox.refused(publication.id, Engine::Refusal::NotNow, now);
                    isBroken = true;
                    continue;
                }
                stored.emplace_back(now, publication.message.number);
                acknowledgements.push_back(publication.id);
            }
            while (!acknowledgements.empty() && below(3) != 0) {
                outbox.published({acknowledgements.front()}, now);
                acknowledgements.pop_front();
            }
            if (!isUp && below(4) == 0) {
                isUp = true;
                outbox.setUp(true, now);
            }
        }
        QVERIFY(check(outbox.isEmpty()));
        std::vector<bool> has(total + 1);
        for (const auto &[time, each] : stored)
            has[each] = true;
        QVERIFY(check(std::count(has.begin(), has.end(), true) == qptrdiff(total)));
        if (hasStore)
            QVERIFY(check(store.m_messages.empty()));
        QVERIFY(check(outbox.waitingBytes() == 0));
    }
}

PYVENT_TEST(tst_Outbox)
#include "tst_outbox.moc"
