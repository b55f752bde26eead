// SPDX-License-Identifier: MIT
#include <PyventNode>

#include "support/freeport.h"
#include "support/testprogram.h"

#include <QtTest>

#include <deque>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class OddAnswers : public QObject
{
    Q_OBJECT

public Q_SLOTS:
    QFuture<int> number() { return {}; }
};

// Questions that cannot be, and answers that nobody waits for.
class tst_OddQuestions : public QObject
{
    Q_OBJECT

private:
    PyventOptions options(bool server = true) const { return {.port = m_port, .server = server}; }

    // What comes of a question; a value that says so where nothing does.
    static PyventAnswer resultOf(QFuture<PyventAnswer> future)
    {
        if (!QTest::qWaitFor([&] { return future.isFinished(); }, 30'000))
            return PyventAskError{PyventAskError::NoError, u"it did not end"_s};
        return future.resultCount() > 0 ? future.resultAt(0) : PyventAskError{PyventAskError::NoError, u"canceled"_s};
    }
    static PyventAskError errorOf(const QFuture<PyventAnswer> &future) { return resultOf(future).error(); }

    int m_port = 0;

private Q_SLOTS:
    void init() { m_port = PyventTests::freePort(); }

    // Whoever answers the same question once more is not heard, and one of this module is told.
    void anAnswerComesTwice()
    {
        PyventNode asker(options());
        PyventNode answerer(options(false));
        QStringList late;
        connect(&answerer, &PyventNode::handlerFailed, this,
                [&](const QString &name, const QString &why) { late += name + u": "_s + why; });
        QStringList addresses;
        answerer.on("x", {.sender = PyventSender::Any}, this,
                    [&](const PyventEvent &event) { addresses += event.args.value(u"reply_to"_s).toString(); });
        std::deque<QPromise<int>> never;
        answerer.answer("x", this, [&] { // who only hears is no answerer
            never.emplace_back().start();
            return never.back().future();
        });
        QVERIFY(asker.waitForReady() && answerer.waitForReady());
        const auto future = asker.ask("x", {}, {.timeout = 1h});
        const auto next = asker.ask("x", {}, {.timeout = 1h});
        QTRY_COMPARE(addresses.size(), 2);
        for (int i = 1; i <= 3; ++i)
            QVERIFY(answerer.send(addresses.constFirst(), {{u"value"_s, i}}));
        QCOMPARE(resultOf(future).value(), QVariant(1));
        QTRY_COMPARE(late.size(), 2);
        QVERIFY2(late.constFirst().startsWith(u"x: the answer came too late"_s), qPrintable(late.constFirst()));
        QVERIFY(!next.isFinished());
        QVERIFY(answerer.send(addresses.constLast(), {{u"value"_s, 4}}));
        QCOMPARE(resultOf(next).value(), QVariant(4));
        QCOMPARE(future.resultCount(), 1);
    }

    // Who has asked waits in the thread in which he is to answer: both questions end.
    void whoWaitsForItselfTimesOut()
    {
        PyventNode node(options());
        node.answer("outer", this, [&] { return node.ask("inner", {}, {.timeout = 200ms}).result(); });
        node.answer("inner", this, [] { return 1; });
        QVERIFY(node.waitForReady());
        PyventNode asker(options(false));
        const PyventAskError error = errorOf(asker.ask("outer", {}, {.timeout = 1h}));
        QCOMPARE(error.kind, PyventAskError::Refused);
        QVERIFY2(error.text.contains(u"inner"_s), qPrintable(error.text));
        QCOMPARE(resultOf(asker.ask("inner")).value(), QVariant(1));
    }

    // Who answers asks the asker, who asks back before he answers, and so on.
    void bothAskWithinEachOther()
    {
        PyventNode one(options());
        PyventNode other(options(false));
        const auto countDown = [](PyventNode *self, const QString &next) {
            return [self, next](int n) -> QFuture<PyventAnswer> {
                if (n == 0)
                    return QtFuture::makeReadyFuture(PyventAnswer(u"bottom"_s));
                return self->ask(next, {{u"n"_s, n - 1}}, {.timeout = 1h});
            };
        };
        one.answer("one", {"n"}, this, countDown(&one, u"other"_s));
        other.answer("other", {"n"}, this, countDown(&other, u"one"_s));
        QVERIFY(one.waitForReady() && other.waitForReady());
        QCOMPARE(resultOf(one.ask("other", {{u"n"_s, 50}}, {.timeout = 1h})).value(), QVariant(u"bottom"_s));
        // Without an end: that of the time.
        other.answer("for-ever", this, [&] { return one.ask("for-ever-2", {}, {.timeout = 1h}); });
        one.answer("for-ever-2", this, [&] { return other.ask("for-ever", {}, {.timeout = 1h}); });
        QCOMPARE(errorOf(one.ask("for-ever", {}, {.timeout = 300ms})).kind, PyventAskError::TimedOut);
    }

    void whatIsRefusedEndsAtOnce()
    {
        PyventNode node(options());
        QVERIFY(node.waitForReady());
        const auto refused = [&](const QFuture<PyventAnswer> &future) {
            return future.isFinished() && future.resultCount() == 1
                && future.resultAt(0).error().kind == PyventAskError::NotSent
                && !future.resultAt(0).error().text.isEmpty();
        };
        QVERIFY(refused(node.ask("two words")));
        QVERIFY(refused(node.ask("")));
        QVERIFY(refused(node.askAll("")));
        const QString long1024(1024, u'x');
        QVERIFY(refused(node.ask(QString(long1024 + u'x'))));
        QVERIFY(refused(node.ask(QString(100'000, u'x'))));
        QVERIFY(refused(node.ask(u"a\0b"_s)));
        QVERIFY(refused(node.ask(QString(QChar(0)))));
        QVERIFY(refused(node.ask(QString(QChar(2)))));
        QVERIFY(!node.ask(long1024).isFinished());
        for (const QString &name : {QString(), u"a\0b"_s, QString(long1024 + u'x')})
            QVERIFY(!node.answer(name, this, [] {}));
        QVERIFY(refused(node.ask("x", {{u"reply_to"_s, u"y"_s}})));
        QVERIFY(refused(node.ask("x", {}, {.sender = u"\n"_s})));
        node.ask("x").waitForFinished();
        const auto unsendable = node.ask("x", {{u"x"_s, QVariant::fromValue(static_cast<QObject *>(nullptr))}});
        QCOMPARE(errorOf(unsendable).kind, PyventAskError::NotSent);
        OddAnswers shop;
        QVERIFY(!node.answer("x", &shop, "number"));
        QVERIFY(!node.answer("x", &shop, "absent"));
        QVERIFY(!node.answer("x", static_cast<QObject *>(nullptr), [] {}));
        QVERIFY(!node.answer("x", PyventFilter{.replay = PyventReplay{.last = 1}}, this, [] {}));
    }

    void deadlines()
    {
        PyventNode node(options());
        QVERIFY(node.waitForReady());
        node.answer("x", this, [] { return 1; });
        QCOMPARE(errorOf(node.ask("x", {}, {.timeout = 0ms})).kind, PyventAskError::TimedOut);
        QCOMPARE(errorOf(node.ask("x", {}, {.timeout = -1ms})).kind, PyventAskError::TimedOut);
        QVERIFY(bool(resultOf(node.ask("x", {}, {.timeout = 24h * 365}))));
        QVERIFY(bool(resultOf(node.ask("x", {}, {.timeout = std::chrono::milliseconds::max()}))));
        QCOMPARE(errorOf(node.ask("x", {}, {.timeout = std::chrono::milliseconds::min()})).kind,
                 PyventAskError::TimedOut);
        for (const auto timeout : {0ms, -1ms, std::chrono::milliseconds::min()}) {
            auto all = node.askAll("x", {}, {.timeout = timeout});
            QVERIFY(all.isFinished());
            QCOMPARE(all.result().error().kind, PyventAskError::TimedOut);
        }
        for (const std::chrono::milliseconds timeout :
             {std::chrono::milliseconds(24h * 365), std::chrono::milliseconds::max()}) {
            auto all = node.askAll("x", {}, {.timeout = timeout});
            QTRY_VERIFY(all.isFinished());
            QCOMPARE(all.resultCount(), 1);
        }
        // There is no server.
        PyventNode alone(PyventOptions{.port = PyventTests::freePort(), .server = false});
        const PyventAskError error = errorOf(alone.ask("x", {}, {.timeout = 100ms}));
        QCOMPARE(error.kind, PyventAskError::TimedOut);
        QVERIFY2(error.text.contains(u"no server"_s), qPrintable(error.text));
    }
};

PYVENT_TEST(tst_OddQuestions)
#include "tst_oddquestions.moc"
