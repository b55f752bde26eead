// SPDX-License-Identifier: MIT
#include "session/presence.h"

#include "support/testprogram.h"
#include "wire/control.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

const Presence::Clock::time_point start = Presence::Clock::now();

const PyventNodeInfo kitchen{.uuid = QUuid::createUuid(),
                             .nodeId = u"kitchen"_s,
                             .program = u"Küche"_s,
                             .host = u"here"_s,
                             .pid = 1234567890123,
                             .serving = true,
                             .names = {u"order-food"_s, u"*"_s},
                             .about = {{u"version"_s, u"1.2"_s}, {u"oven"_s, QVariantMap{{u"on"_s, true}}}}};

QByteArrayView payloadOf(QByteArrayView frame)
{
    return frame.sliced(frame.indexOf(' ') + 1);
}

QByteArray answerOf(Presence *answerer, const QByteArray &question, const PyventNodeInfo &info = kitchen)
{
    return answerer->answer(payloadOf(question), start, [&] { return info; });
}

void tell(Presence *asker, const QByteArray &answer)
{
    asker->heard(payloadOf(answer));
}

} // namespace

class TestPresence : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void theAnswerArrives();
    void isNotAskedWithoutAServer();
    void asksOnceForAll();
    void cancelEndsAll();
    void tellsWhenItIsOver();
    void anAnswerWithoutAQuestion();
    void nonsense_data();
    void nonsense();
    void answersAtMostTwentyTimesASecond();
    void aFloodOfQuestionsHidesNobody();
    void manyNames();
    void whatIsSaidUnasked();
    void tooMuchIsSaid();
};

void TestPresence::theAnswerArrives()
{
    const QUuid askersId = QUuid::createUuid();
    Presence asker(askersId);
    Presence answerer(kitchen.uuid);
    QVERIFY(!asker.mustAsk());
    const auto future = asker.find(start + 1s);
    QVERIFY(asker.mustAsk());
    const QByteArray question = asker.question();
    QVERIFY(!asker.mustAsk());
    QVERIFY(question.startsWith(commonTopic(Control::who)));

    const QByteArray answer = answerOf(&answerer, question);
    QVERIFY(answer.startsWith(nodeTopic(askersId, Control::here)));
    QVERIFY(!answer.startsWith(nodeTopic(kitchen.uuid, Control::here)));
    tell(&asker, answer);
    tell(&asker, answer); // who answers twice is one
    QVERIFY(asker.takeFinished(start).empty());
    auto finished = asker.takeFinished(start + 1s);
    QCOMPARE(finished.size(), std::size_t(1));
    QCOMPARE(finished.front().nodes, QList<PyventNodeInfo>{kitchen});
    finished.front().promise.addResult(finished.front().nodes);
    finished.front().promise.finish();
    QCOMPARE(future.result(), QList<PyventNodeInfo>{kitchen});
    QVERIFY(asker.takeFinished(start + 1h).empty());
}

void TestPresence::isNotAskedWithoutAServer()
{
    Presence asker(QUuid::createUuid());
    const auto future = asker.find(start + 1s);
    const auto finished = asker.takeFinished(start + 1s);
    QCOMPARE(finished.size(), std::size_t(1));
    QVERIFY(future.isCanceled());
    QVERIFY(!asker.mustAsk());
}

void TestPresence::asksOnceForAll()
{
    Presence asker(QUuid::createUuid());
    const auto one = asker.find(start + 1s);
    const auto other = asker.find(start + 2s);
    const QByteArray question = asker.question();
    QVERIFY(!asker.mustAsk());
    Presence answerer(kitchen.uuid);
    tell(&asker, answerOf(&answerer, question));
    QCOMPARE(asker.takeFinished(start + 1s).size(), std::size_t(1));
    const auto finished = asker.takeFinished(start + 2s);
    QCOMPARE(finished.size(), std::size_t(1));
    QCOMPARE(finished.front().nodes, QList<PyventNodeInfo>{kitchen});
}

void TestPresence::cancelEndsAll()
{
    Presence asker(QUuid::createUuid());
    const auto future = asker.find(start + 1s);
    asker.cancel();
    QVERIFY(future.isCanceled());
    QVERIFY(future.isFinished());
    QVERIFY(asker.takeFinished(start + 1h).empty());
}

void TestPresence::tellsWhenItIsOver()
{
    Presence asker(QUuid::createUuid());
    QCOMPARE(asker.deadline(), Presence::Clock::time_point::max());
    const auto one = asker.find(start + 2s);
    const auto other = asker.find(start + 1s);
    QCOMPARE(asker.deadline(), start + 1s);
    (void)asker.takeFinished(start + 1s);
    QCOMPARE(asker.deadline(), start + 2s);
}

void TestPresence::anAnswerWithoutAQuestion()
{
    Presence asker(QUuid::createUuid());
    Presence answerer(kitchen.uuid);
    const auto first = asker.find(start);
    const QByteArray answer = answerOf(&answerer, asker.question());
    (void)asker.takeFinished(start);
    tell(&asker, answer); // late
    const auto second = asker.find(start + 1s);
    tell(&asker, answer); // before it was asked again
    (void)asker.question();
    QCOMPARE(asker.takeFinished(start + 1s).front().nodes, QList<PyventNodeInfo>());
}

void TestPresence::nonsense_data()
{
    QTest::addColumn<QByteArray>("payload");
    QTest::addColumn<bool>("isAnswer");
    QTest::newRow("nobody asks") << QByteArray() << false;
    QTest::newRow("an asker that is no UUID") << QByteArray("me") << false;
    QTest::newRow("a null asker") << QUuid().toByteArray(QUuid::WithoutBraces) << false;
    QTest::newRow("an empty answer") << QByteArray() << true;
    QTest::newRow("no CBOR") << QByteArray(1000, '\xff') << true;
    QTest::newRow("no map") << QByteArray("\x01") << true;
    QTest::newRow("an empty map") << QByteArray("\xa0") << true;
    QTest::newRow("deep") << QByteArray(60'000, '\x81') << true;
    const QByteArray beginning = "\xa3\x64uuid\x78\x24" + kitchen.uuid.toByteArray(QUuid::WithoutBraces);
    QTest::newRow("breaks off behind a value") << beginning << true;
    QTest::newRow("breaks off behind a key") << beginning + "\x62id" << true;
    QTest::newRow("goes on with no CBOR") << beginning + "\x62id\xff" << true;
    QTest::newRow("goes on with no CBOR in a list") << beginning + "\x65names\x82\x01\xa0\x67" << true;
    QTest::newRow("long") << QByteArray(1'000'000, '\xa0') << true;
    QTest::newRow("a list that says it is long") << QByteArray("\x9b\x7f\xff\xff\xff\xff\xff\xff\xff", 9) << true;
}

void TestPresence::nonsense()
{
    QFETCH(QByteArray, payload);
    QFETCH(bool, isAnswer);
    Presence presence(QUuid::createUuid());
    const auto future = presence.find(start + 1s);
    (void)presence.question();
    if (isAnswer)
        presence.heard(payload);
    else
        QVERIFY(presence.answer(payload, start, [] { return kitchen; }).isEmpty());
    QVERIFY(presence.takeFinished(start + 1s).front().nodes.isEmpty());
}

void TestPresence::answersAtMostTwentyTimesASecond()
{
    Presence asker(QUuid::createUuid());
    Presence answerer(kitchen.uuid);
    const auto future = asker.find(start + 1s);
    const QByteArray question = asker.question();
    const auto answers = [&](Presence::Clock::time_point now) {
        int count = 0;
        for (int i = 0; i < 100; ++i)
            count += !answerer.answer(payloadOf(question), now, [] { return kitchen; }).isEmpty();
        return count;
    };
    QCOMPARE(answers(start), 20);
    QCOMPARE(answers(start + 999ms), 0);
    QCOMPARE(answers(start + 1s), 20);
}

void TestPresence::aFloodOfQuestionsHidesNobody()
{
    Presence asker(QUuid::createUuid());
    Presence answerer(kitchen.uuid);
    auto future = asker.find(start + 500ms);
    const QByteArray question = asker.question();
    const auto self = [] { return kitchen; };
    const QByteArray others = QUuid::createUuid().toByteArray(QUuid::WithoutBraces);
    for (int i = 0; i < 100; ++i)
        answerer.answer(others, start, self);
    QVERIFY(answerer.answer(payloadOf(question), start, self).isEmpty());
    QCOMPARE(answerer.deadline(), start + 100ms);
    QVERIFY(answerer.answerToAll(start + 99ms, self).isEmpty());
    const QByteArray answer = answerer.answerToAll(start + 100ms, self);
    QVERIFY(answer.startsWith(commonTopic(Control::here)));
    QVERIFY(answerer.answerToAll(start + 200ms, self).isEmpty()); // once
    QCOMPARE(answerer.deadline(), Presence::Clock::time_point::max());
    tell(&asker, answer);
    auto finished = asker.takeFinished(start + 500ms);
    QCOMPARE(finished.size(), std::size_t(1));
    QCOMPARE(finished[0].nodes, QList<PyventNodeInfo>{kitchen});
}

void TestPresence::manyNames()
{
    PyventNodeInfo many = kitchen;
    many.names = QStringList(100'000, u"0123456789"_s);
    Presence asker(QUuid::createUuid());
    Presence answerer(kitchen.uuid);
    const auto future = asker.find(start + 1s);
    const QByteArray answer = answerOf(&answerer, asker.question(), many);
    QVERIFY(answer.size() < 64 * 1024);
    tell(&asker, answer);
    const auto finished = asker.takeFinished(start + 1s);
    QCOMPARE(finished.front().nodes.size(), 1);
    QCOMPARE(finished.front().nodes.first().names.size(), 819); // what 8 KiB hold
}

void TestPresence::whatIsSaidUnasked()
{
    Presence asker(QUuid::createUuid());
    const QByteArray frame = Presence::toAll(kitchen);
    QVERIFY(frame.startsWith(commonTopic(Control::here)));
    QVERIFY(!asker.heard(payloadOf(frame))); // nobody wants to know
    asker.wantAll();
    const auto heard = asker.heard(payloadOf(frame));
    QVERIFY(heard);
    QCOMPARE(*heard, kitchen);
    QVERIFY(!asker.heard(payloadOf(frame).chopped(1)));
}

void TestPresence::tooMuchIsSaid()
{
    QVERIFY(Presence::fits({}));
    QVERIFY(Presence::fits({{u"text"_s, QString(8000, u'x')}}));
    QVERIFY(!Presence::fits({{u"text"_s, QString(9000, u'x')}}));
}

PYVENT_TEST(TestPresence)

#include "tst_presence.moc"
