// SPDX-License-Identifier: MIT
#include "session/forwards.h"
#include "support/testprogram.h"
#include "wire/frame.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

using Outcome = Forwards::Outcome;

const QUuid self = QUuid::createUuid();
const QUuid origin = QUuid::createUuid();
constexpr qsizetype much = 1'000'000;

Forwards::Clock::time_point time(std::chrono::milliseconds passed)
{
    return Forwards::Clock::time_point(passed + 1h);
}

PyventFrame frame(quint64 sequence, const QUuid &node = origin, const QString &name = u"order"_s)
{
    return {.name = name, .pickle = "}.", .nodeId = node, .sequence = sequence, .time = 7, .previous = 3};
}

// With options, and the calls with all that tests are not about.
struct Forwarder
{
    explicit Forwarder(const Forwards::Limits &limits = {})
        : forwards(self, limits)
    {
        forwards.configure(1000, 0, {.events = 100, .bytes = much, .age = 60s});
    }
    Outcome take(const PyventFrame &what, std::chrono::milliseconds passed = 0ms)
    {
        return forwards.take(what, room, 1000 + passed.count(), time(passed), &bytes, &error);
    }

    Forwards forwards;
    qsizetype room = much;
    QByteArray bytes;
    PyventError error;
};

} // namespace

class TestForwards : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void writesWhatItsNodeHasSaid();
    void refusesWhatIsNone_data();
    void refusesWhatIsNone();
    void takesEachNumberOnce();
    void knowsWhatItHasForwarded();
    void whatDoesNotFitIsNotKept();
    void standsInFromTheFirstOn();
    void asksWhetherANodeIsHere();
    void forgetsWhoIsHere();
    void forgetsWhoIsHereNoMore();
    void forgetsTheOldest();
    void tellsOfTheForgottenNowAndThen();
    void aNodeMayHaveAllStreams();
    void boundsWhatNamesTake();
    void whatWasRefusedIsNewAgain();
    void deniesOnlyWhatOthersDoNotHave();
    void deniesAtOnceWhatNobodyCanHave();
};

void TestForwards::writesWhatItsNodeHasSaid()
{
    Forwarder forwarder;
    PyventFrame event = frame(5);
    event.sender = u"pyvent.kitchen"_s;
    QCOMPARE(forwarder.take(event), Outcome::Sent);
    const Frame first = parseFrame(forwarder.bytes);
    const QByteArray whole = forwarder.bytes; // which the views are into
    QCOMPARE(first.trailerState, TrailerState::Read);
    QCOMPARE(first.topic, QByteArrayView("order"));
    QCOMPARE(first.payload, QByteArrayView("}."));
    QCOMPARE(first.trailer.nodeId, origin);
    QCOMPARE(first.trailer.sequence, quint64(5));
    QCOMPARE(first.trailer.time, qint64(7));
    QCOMPARE(first.trailer.previous, qint64(3)); // by the origin's clock, where nothing better is known
    QCOMPARE(first.trailer.sender, QByteArrayView("pyvent.kitchen"));
    QCOMPARE(first.trailer.flags, quint16(Trailer::Forwarded));
    QCOMPARE(*forwarder.forwards.window().find(Forwards::keyOf(origin, "order"), 5), whole);

    forwarder.forwards.configure(1000, Trailer::Waits, {});
    QCOMPARE(forwarder.take(frame(6), 1ms), Outcome::Sent);
    const Frame second = parseFrame(forwarder.bytes);
    QCOMPARE(second.trailer.previous, qint64(1000)); // when the one before was on this bus
    QCOMPARE(second.trailer.flags, quint16(Trailer::Forwarded | Trailer::Waits));
    QVERIFY(second.trailer.sender.isEmpty());
}

void TestForwards::refusesWhatIsNone_data()
{
    QTest::addColumn<PyventFrame>("frame");
    QTest::addColumn<PyventError::Code>("code");
    QTest::addColumn<QString>("text"); // is in it
    const auto with = [](const auto &change) {
        PyventFrame changed = frame(1);
        change(&changed);
        return changed;
    };
    QTest::newRow("a Python node's") << frame(1, {}) << PyventError::InvalidArgument << u"send()"_s;
    QTest::newRow("no name") << frame(1, origin, {}) << PyventError::InvalidName << u"empty"_s;
    QTest::newRow("a reserved name") << frame(1, origin, u"__check"_s) << PyventError::InvalidName << u"'__'"_s;
    QTest::newRow("a name with a space") << frame(1, origin, u"a b"_s) << PyventError::InvalidName << u"space"_s;
    QTest::newRow("number 0") << frame(0) << PyventError::InvalidArgument << u"number"_s;
    QTest::newRow("a number that is too large")
        << frame(quint64(1) << 63) << PyventError::InvalidArgument << u"number"_s;
    QTest::newRow("no pickle") << with([](PyventFrame *changed) { changed->pickle.clear(); })
                               << PyventError::InvalidArgument << u"pickle"_s;
    QTest::newRow("half a pickle") << with([](PyventFrame *changed) { changed->pickle = "}"; })
                                   << PyventError::InvalidArgument << u"pickle"_s;
    QTest::newRow("a sender that is too long")
        << with([](PyventFrame *changed) { changed->sender = QString(256, u'x'); }) << PyventError::InvalidName
        << u"255"_s;
    QTest::newRow("a sender that is none")
        << with([](PyventFrame *changed) { changed->sender = u"a\nb"_s; }) << PyventError::InvalidName << u"control"_s;
    QTest::newRow("what is too large") << with([](PyventFrame *changed) { changed->pickle = QByteArray(1000, '.'); })
                                       << PyventError::EventTooLarge << u"maximumEventSize"_s;
}

void TestForwards::refusesWhatIsNone()
{
    QFETCH(const PyventFrame, frame);
    QFETCH(const PyventError::Code, code);
    QFETCH(const QString, text);
    Forwarder forwarder;
    QCOMPARE(forwarder.take(frame), Outcome::Refused);
    QCOMPARE(forwarder.error.code, code);
    QVERIFY2(forwarder.error.text.contains(text), qPrintable(forwarder.error.text));
    QCOMPARE(forwarder.forwards.origins(), 0);
}

void TestForwards::takesEachNumberOnce()
{
    Forwarder forwarder;
    QCOMPARE(forwarder.take(frame(3)), Outcome::Sent);
    QCOMPARE(forwarder.take(frame(3)), Outcome::Known);
    QCOMPARE(forwarder.take(frame(2)), Outcome::Known);
    QCOMPARE(forwarder.take(frame(3, origin, u"bill"_s)), Outcome::Sent); // another stream
    QCOMPARE(forwarder.take(frame(3, QUuid::createUuid())), Outcome::Sent);
    QCOMPARE(forwarder.take(frame(9)), Outcome::Sent);
    QCOMPARE(forwarder.take(frame(8)), Outcome::Known);
    QCOMPARE(forwarder.forwards.origins(), 2);
    QCOMPARE(forwarder.forwards.streams(), 3);
}

void TestForwards::knowsWhatItHasForwarded()
{
    Forwarder forwarder;
    QVERIFY(!forwarder.forwards.has(origin, "order", 3));
    for (const quint64 sequence : {3, 4, 9})
        QCOMPARE(forwarder.take(frame(sequence)), Outcome::Sent);
    QVERIFY(forwarder.forwards.has(origin, "order", 9));
    QVERIFY(!forwarder.forwards.has(origin, "order", 8)); // which another one may have brought
    QVERIFY(!forwarder.forwards.has(origin, "order", 10));
    QVERIFY(!forwarder.forwards.has(origin, "bill", 9));
    QVERIFY(!forwarder.forwards.has(self, "order", 9));
    QCOMPARE(forwarder.forwards.window().first(Forwards::keyOf(origin, "order")), quint64(9));
    QVERIFY(forwarder.forwards.hasTopic("order"));
    QVERIFY(!forwarder.forwards.hasTopic("orde"));
}

void TestForwards::whatDoesNotFitIsNotKept()
{
    Forwarder forwarder;
    forwarder.room = 10;
    QCOMPARE(forwarder.take(frame(1)), Outcome::NoRoom);
    QCOMPARE(forwarder.forwards.origins(), 0);
    forwarder.room = much;
    QCOMPARE(forwarder.take(frame(1)), Outcome::Sent);
}

void TestForwards::standsInFromTheFirstOn()
{
    Forwarder forwarder;
    forwarder.take(frame(1));
    forwarder.take(frame(2));
    auto changes = forwarder.forwards.takeChanges();
    QCOMPARE(changes.size(), std::size_t(1));
    QCOMPARE(changes[0].origin, origin);
    QVERIFY(changes[0].begins);
    const QByteArrayList prefixes = Forwards::prefixes(origin);
    QCOMPARE(prefixes, (QByteArrayList{nodeTopic(origin, "ask"), nodeTopic(origin, "recall")}));
    forwarder.forwards.clear();
    QCOMPARE(forwarder.forwards.origins(), 0);
    QCOMPARE(forwarder.forwards.window().streams(), 0);
    QVERIFY(forwarder.forwards.takeChanges().empty()); // the session has left, with all that it had subscribed to
    QCOMPARE(forwarder.take(frame(1)), Outcome::Sent);
}

void TestForwards::asksWhetherANodeIsHere()
{
    Forwarder forwarder;
    forwarder.take(frame(1), 0ms);
    const auto questions = forwarder.forwards.takeQuestions();
    QCOMPARE(questions.size(), std::size_t(1));
    const auto message = Control::Message::of(questions[0]);
    QVERIFY(message && message->kind == Control::Kind::Ask);
    QCOMPARE(message->node(), origin);
    const auto ask = Control::Ask::read(message->payload);
    QVERIFY(ask);
    QCOMPARE(ask->asker, self);
    QVERIFY(ask->missing.empty());

    Control::Answer answer{.node = origin, .topic = "order", .first = 1};
    forwarder.forwards.heard(answer, time(1ms)); // to nothing
    answer.isBase = true;
    answer.since = ask->since + 1; // to another question
    forwarder.forwards.heard(answer, time(1ms));
    answer.since = ask->since;
    answer.by = QUuid::createUuid(); // another one that stands in
    forwarder.forwards.heard(answer, time(1ms));
    QCOMPARE(forwarder.take(frame(2), 2ms), Outcome::Sent);
    answer.by = {};
    forwarder.forwards.heard(answer, time(3ms));
    QCOMPARE(forwarder.take(frame(3), 4ms), Outcome::FromHere);
}

void TestForwards::forgetsWhoIsHere()
{
    Forwarder forwarder;
    QCOMPARE(forwarder.take(frame(1, self)), Outcome::FromHere);
    forwarder.take(frame(1));
    forwarder.take(frame(1, origin, u"bill"_s));
    forwarder.forwards.takeChanges();
    forwarder.forwards.isHere(origin, time(1ms));
    const auto changes = forwarder.forwards.takeChanges();
    QCOMPARE(changes.size(), std::size_t(1));
    QVERIFY(!changes[0].begins);
    QCOMPARE(forwarder.forwards.streams(), 0);
    QCOMPARE(forwarder.forwards.window().streams(), 0);
    QCOMPARE(forwarder.take(frame(2), 2ms), Outcome::FromHere);
}

void TestForwards::forgetsWhoIsHereNoMore()
{
    Forwarder forwarder;
    for (int i = 0; i < 100; ++i) { // is heard all the time
        forwarder.forwards.isHere(origin, time(1s * i));
        QCOMPARE(forwarder.take(frame(1), 1s * i), Outcome::FromHere);
    }
    QCOMPARE(forwarder.take(frame(1), 105s), Outcome::FromHere);
    QCOMPARE(forwarder.take(frame(1), 121s), Outcome::Sent);
    for (int i = 0; i < 100'000; ++i) // strangers do not make it grow
        forwarder.forwards.isHere(QUuid::createUuid(), time(122s));
    QCOMPARE(forwarder.take(frame(2), 122s), Outcome::Sent);
}

void TestForwards::forgetsTheOldest()
{
    Forwarder forwarder({.origins = 3, .streams = 5});
    QList<QUuid> nodes;
    for (int i = 0; i < 5; ++i)
        nodes.append(QUuid::createUuid());
    for (int i = 0; i < 3; ++i)
        QCOMPARE(forwarder.take(frame(1, nodes[i])), Outcome::Sent);
    QCOMPARE(forwarder.take(frame(2, nodes[0])), Outcome::Sent); // so the second one is the oldest
    QCOMPARE(forwarder.take(frame(1, nodes[3])), Outcome::Sent);
    QCOMPARE(forwarder.forwards.origins(), 3);
    QVERIFY(!forwarder.forwards.has(nodes[1], "order", 1));
    QVERIFY(forwarder.forwards.has(nodes[0], "order", 2));
    for (int i = 0; i < 3; ++i) // two more streams than there is room for
        QCOMPARE(forwarder.take(frame(1, nodes[0], u"x%1"_s.arg(i))), Outcome::Sent);
    QCOMPARE(forwarder.forwards.streams(), 5);
    QVERIFY(!forwarder.forwards.has(nodes[2], "order", 1));
    QVERIFY(forwarder.forwards.has(nodes[3], "order", 1));
    QCOMPARE(forwarder.forwards.window().streams(), 5);
    int begun = 0;
    for (const Forwards::Change &change : forwarder.forwards.takeChanges())
        begun += change.begins ? 1 : -1;
    QCOMPARE(begun, 2);
}

void TestForwards::tellsOfTheForgottenNowAndThen()
{
    Forwarder forwarder({.origins = 2, .streams = 100});
    for (int i = 0; i < 2; ++i)
        forwarder.take(frame(1, QUuid::createUuid()));
    QVERIFY(!forwarder.forwards.takeForgotten(time(0ms)));
    forwarder.take(frame(1, QUuid::createUuid()));
    const auto error = forwarder.forwards.takeForgotten(time(0ms));
    QVERIFY(error);
    QCOMPARE(error->code, PyventError::OriginForgotten);
    QVERIFY2(error->text.contains(u"2 nodes"_s) && error->text.contains(u"Of 1 others"_s), qPrintable(error->text));
    for (int i = 0; i < 10; ++i)
        forwarder.take(frame(1, QUuid::createUuid()));
    QVERIFY(!forwarder.forwards.takeForgotten(time(59s)));
    const auto again = forwarder.forwards.takeForgotten(time(60s));
    QVERIFY(again && again->text.contains(u"Of 10 others"_s));
    QVERIFY(!forwarder.forwards.takeForgotten(time(600s)));
}

void TestForwards::aNodeMayHaveAllStreams()
{
    Forwarder forwarder({.origins = 3, .streams = 5});
    for (int i = 0; i < 8; ++i)
        QCOMPARE(forwarder.take(frame(1, origin, u"x%1"_s.arg(i))), Outcome::Sent);
    QCOMPARE(forwarder.forwards.streams(), 5);
    QVERIFY(!forwarder.forwards.has(origin, "x2", 1));
    QVERIFY(forwarder.forwards.has(origin, "x3", 1));
    QCOMPARE(forwarder.forwards.origins(), 1);
}

// Many streams with short names, or few with long ones.
void TestForwards::boundsWhatNamesTake()
{
    Forwarder forwarder({.origins = 100, .streams = 1000, .keyBytes = 5000});
    const auto longName = [](int i) { return u"%1"_s.arg(i, 500, 10, QChar(u'x')); };
    for (const QUuid &node : {origin, QUuid::createUuid(), origin}) {
        for (int i = 0; i < 30; ++i) {
            QCOMPARE(forwarder.take(frame(1, node, longName(i))), Outcome::Sent);
            QVERIFY(forwarder.forwards.has(node, longName(i).toUtf8(), 1));
            QVERIFY(forwarder.forwards.streams() <= 9);
        }
    }
    QCOMPARE(forwarder.forwards.window().streams(), forwarder.forwards.streams());
    // What they took is free again.
    forwarder.forwards.clear();
    for (int i = 0; i < 9; ++i)
        QCOMPARE(forwarder.take(frame(2, origin, longName(i))), Outcome::Sent);
    QCOMPARE(forwarder.forwards.streams(), 9);
    forwarder.forwards.isHere(origin, time(0ms));
    QCOMPARE(forwarder.forwards.streams(), 0);
    const QUuid other = QUuid::createUuid();
    for (int i = 0; i < 9; ++i)
        QCOMPARE(forwarder.take(frame(1, other, longName(i))), Outcome::Sent);
    QCOMPARE(forwarder.forwards.streams(), 9);
}

void TestForwards::whatWasRefusedIsNewAgain()
{
    Forwarder forwarder;
    const QUuid other = QUuid::createUuid();
    forwarder.take(frame(1));
    forwarder.take(frame(1, other));
    forwarder.take(frame(1, other, u"bill"_s));
    const PyventError why{PyventError::EventRefused, u"why"_s, u"order"_s};
    forwarder.forwards.wereRefused("order", why, time(0ms));
    QCOMPARE(forwarder.forwards.origins(), 1); // with its bill
    QCOMPARE(forwarder.take(frame(2), 1ms), Outcome::Refused);
    QCOMPARE(forwarder.error, why);
    QCOMPARE(forwarder.take(frame(2, other, u"bill"_s), 1ms), Outcome::Sent);
    QCOMPARE(forwarder.take(frame(1), 5s), Outcome::Sent);
    for (int i = 0; i < 100'000; ++i) // which strangers may have it told of
        forwarder.forwards.wereRefused("x" + QByteArray::number(i), why, time(6s));
    QCOMPARE(forwarder.take(frame(2), 6s), Outcome::Sent);
}

void TestForwards::deniesOnlyWhatOthersDoNotHave()
{
    Forwarder forwarder;
    Forwards &forwards = forwarder.forwards;
    forwarder.take(frame(10));
    const QByteArray key = Forwards::keyOf(origin, "order");
    const QUuid asker = QUuid::createUuid();
    QVERIFY(!forwards.mayDeny(asker, key, 5, time(0ms)));
    QVERIFY(!forwards.mayDeny(asker, key, 5, time(500ms)));
    QVERIFY(!forwards.mayDeny(asker, key, 6, time(1000ms))); // somebody has sent it one
    QVERIFY(!forwards.mayDeny(asker, key, 6, time(1900ms)));
    QVERIFY(!forwards.mayDeny(QUuid::createUuid(), key, 6, time(2000ms))); // another one asks
    QVERIFY(forwards.mayDeny(asker, key, 6, time(2000ms)));
    QVERIFY(forwards.mayDeny(asker, key, 6, time(2100ms)));
    QVERIFY(!forwards.mayDeny(asker, key, 6, time(6000ms))); // it was away for a while
    QVERIFY(!forwards.mayDeny(asker, key, 0, time(0ms)));    // where the stream begins
    QVERIFY(forwards.mayDeny(asker, key, 0, time(300ms)));
    QVERIFY(!forwards.mayDeny(asker, Forwards::keyOf(origin, "bill"), 1, time(9s))); // of which it knows nothing
    QVERIFY(!forwards.mayTellPast(asker, key, 1, time(0ms)));
    QVERIFY(forwards.mayTellPast(asker, key, 1, time(200ms)));
    QVERIFY(!forwards.mayTellPast(asker, key, 2, time(200ms)));
    forwards.reconnected(time(7s)); // and so was everybody
    QVERIFY(!forwards.mayDeny(asker, key, 0, time(7s)));
    for (int i = 0; i < 100'000; ++i) // strangers do not make it grow
        QVERIFY(!forwards.mayDeny(QUuid::createUuid(), key, 5, time(8s)));
}

void TestForwards::deniesAtOnceWhatNobodyCanHave()
{
    Forwarder forwarder;
    forwarder.take(frame(1));
    forwarder.take(frame(10, origin, u"bill"_s));
    const QUuid asker = QUuid::createUuid();
    QVERIFY(forwarder.forwards.mayDeny(asker, Forwards::keyOf(origin, "order"), 1, time(0ms)));
    QVERIFY(forwarder.forwards.mayTellPast(asker, Forwards::keyOf(origin, "order"), 1, time(0ms)));
    QVERIFY(!forwarder.forwards.mayDeny(asker, Forwards::keyOf(origin, "bill"), 5, time(59s)));
    QVERIFY(forwarder.forwards.mayDeny(QUuid::createUuid(), Forwards::keyOf(origin, "bill"), 5, time(60s)));
    forwarder.take(frame(5), 61s); // behind a gap, which another one may have filled
    QVERIFY(!forwarder.forwards.mayDeny(QUuid::createUuid(), Forwards::keyOf(origin, "order"), 3, time(61s)));
}

PYVENT_TEST(TestForwards)

#include "tst_forwards.moc"
