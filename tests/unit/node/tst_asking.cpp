// SPDX-License-Identifier: MIT
#include <PyventNode>

#include "support/freeport.h"
#include "support/testprogram.h"

#include <QtTest>

#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

struct Dish
{
    Q_GADGET
    Q_PROPERTY(QString dish MEMBER dish)
    Q_PROPERTY(int count MEMBER count)

public:
    QString dish;
    int count = 1;

    friend bool operator==(const Dish &, const Dish &) = default;
};

class PriceList : public QObject
{
    Q_OBJECT

public:
    double price(const QVariantMap &args) { return args.value(u"dish"_s) == u"sushi"_s ? 12.5 : 3; }

    QPromise<PyventAnswer> promise;

public Q_SLOTS:
    double priceOf(const QString &dish, int count = 1) { return (dish == u"sushi"_s ? 12.5 : 3) * count; }
    PyventAnswer mayPriceOf(const QString &dish)
    {
        return dish == u"sushi"_s ? PyventAnswer(12.5) : PyventRefusal("no such dish");
    }
    QVariant anything() { return u"x"_s; }
    void nothing() { }
    QFuture<PyventAnswer> later()
    {
        promise.start();
        return promise.future();
    }
    QFuture<int> number() { return {}; }
};

// ask(), askAll() and answer(), between nodes of this process and through a server of this module.
class tst_Asking : public QObject
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

    void answersWithWhatFunctionsReturn()
    {
        PyventNode answerer(options());
        PriceList shop;
        answerer.answer("member", &shop, &PriceList::price);
        answerer.answer("map", this, [](const QVariantMap &args) { return args; });
        answerer.answer("event", this, [](const PyventEvent &event) { return event.name; });
        answerer.answer("none", this, [] {});
        answerer.answer("keywords", {"dish", {"count", 2}}, this,
                        [](const QString &dish, int count) { return dish.repeated(count); });
        answerer.answer<Dish>("gadget", this, [](const Dish &meal) { return Dish{meal.dish, meal.count + 1}; });
        answerer.answer("list", this, [] { return std::vector<int>{1, 2}; });
        answerer.answer("text", this, [] { return "text"; });
        answerer.answer("bytes", this, [] { return QByteArray("bytes"); });
        answerer.answer("slot", &shop, "priceOf");
        answerer.answer("either", &shop, "mayPriceOf");
        answerer.answer("variant", &shop, "anything");
        answerer.answer("void", &shop, "nothing");
        answerer.answer("any-*", this, [] { return 7; });
        QVERIFY(answerer.waitForReady());
        PyventNode asker(options(false));

        QCOMPARE(resultOf(asker.ask("member", {{u"dish"_s, u"sushi"_s}})).value(), QVariant(12.5));
        QCOMPARE(resultOf(asker.ask("map", {{u"x"_s, 1}})).value(), QVariant(QVariantMap{{u"x"_s, 1}}));
        QCOMPARE(resultOf(asker.ask("event")).value(), QVariant(u"event"_s));
        const PyventAnswer none = resultOf(asker.ask("none"));
        QVERIFY(bool(none) && none.value().isNull());
        QCOMPARE(none.nodeId(), answerer.uuid());
        QCOMPARE(none.sender(), u"pyvent"_s);
        QCOMPARE(resultOf(asker.ask("keywords", {{u"dish"_s, u"x"_s}})).value(), QVariant(u"xx"_s));
        QCOMPARE(resultOf(asker.ask("gadget", {{u"dish"_s, u"eel"_s}})).value<Dish>(), (Dish{u"eel"_s, 2}));
        QCOMPARE(resultOf(asker.ask("list")).value<QList<int>>(), (QList<int>{1, 2}));
        QCOMPARE(resultOf(asker.ask("text")).value(), QVariant(u"text"_s));
        QCOMPARE(resultOf(asker.ask("bytes")).value(), QVariant(QByteArray("bytes")));
        QCOMPARE(resultOf(asker.ask("slot", {{u"dish"_s, u"sushi"_s}})).value(), QVariant(12.5));
        QCOMPARE(resultOf(asker.ask("slot", {{u"dish"_s, u"sushi"_s}, {u"count"_s, 2}})).value(), QVariant(25.0));
        QCOMPARE(resultOf(asker.ask("either", {{u"dish"_s, u"sushi"_s}})).value(), QVariant(12.5));
        QCOMPARE(errorOf(asker.ask("either", {{u"dish"_s, u"eel"_s}})),
                 (PyventAskError{PyventAskError::Refused, u"no such dish"_s}));
        QCOMPARE(resultOf(asker.ask("variant")).value(), QVariant(u"x"_s));
        QVERIFY(bool(resultOf(asker.ask("void"))));
        QCOMPARE(resultOf(asker.ask("any-thing")).value(), QVariant(7));
    }

    void whatGoesWrongIsAnErrorForTheAsker()
    {
        PyventNode answerer(options());
        QStringList failed;
        connect(&answerer, &PyventNode::handlerFailed, this, [&](const QString &name) { failed += name; });
        answerer.answer("throws", this, []() -> int { throw std::runtime_error("the oven is cold"); });
        answerer.answer("refuses", this, [] { return PyventRefusal("no such dish"); });
        answerer.answer("throws-refusal", this, []() -> int { throw PyventRefusal("not today"); });
        answerer.answer("lacks", {"dish"}, this, [](const QString &) { return 1; });
        answerer.answer("unsendable", this, [] { return QVariant::fromValue(static_cast<QObject *>(nullptr)); });
        PyventNode asker(options(false));
        const auto refused = [](const QString &text) { return PyventAskError{PyventAskError::Refused, text}; };
        QCOMPARE(errorOf(asker.ask("throws")), refused(u"the oven is cold"_s));
        QCOMPARE(errorOf(asker.ask("refuses")), refused(u"no such dish"_s));
        QCOMPARE(errorOf(asker.ask("throws-refusal")), refused(u"not today"_s));
        const PyventAskError lacks = errorOf(asker.ask("lacks"));
        QCOMPARE(lacks.kind, PyventAskError::Refused);
        QVERIFY2(lacks.text.contains(u"'dish'"_s), qPrintable(lacks.text));
        const PyventAskError unsendable = errorOf(asker.ask("unsendable"));
        QCOMPARE(unsendable.kind, PyventAskError::Refused);
        QVERIFY2(unsendable.text.contains(u"cannot be sent"_s), qPrintable(unsendable.text));
        QTRY_COMPARE(failed, (QStringList{u"throws"_s, u"lacks"_s}));
    }

    void nobodyAnswersIsKnownAtOnce()
    {
        PyventNode server(options());
        QVERIFY(server.startServer());
        PyventNode asker(options(false));
        QVERIFY(asker.waitForReady());
        QElapsedTimer timer;
        timer.start();
        for (int i = 0; i < 3; ++i) {
            const PyventAskError error = errorOf(asker.ask("price-of", {}, {.timeout = 1h}));
            QCOMPARE(error.kind, PyventAskError::NobodyAnswers);
            QCOMPARE(error.text, u"nobody answers 'price-of'"_s);
        }
        // One who comes is asked, and one who goes is missed.
        {
            PyventNode answerer(options(false));
            answerer.answer("price-of", this, [] { return 1; });
            QVERIFY(answerer.waitForReady());
            QCOMPARE(resultOf(asker.ask("price-of")).value(), QVariant(1));
            answerer.off("price-of");
            QTRY_COMPARE(errorOf(asker.ask("price-of", {}, {.timeout = 500ms})).kind, PyventAskError::NobodyAnswers);
        }
        QCOMPARE(asker.askAll("price-of", {}, {.timeout = 1h}).results(), QList<PyventAnswer>());
        QVERIFY2(timer.elapsed() < 20'000, qPrintable(QString::number(timer.elapsed())));
    }

    // A handler of the same name is no answerer.
    void whoOnlyHearsDoesNotAnswer()
    {
        PyventNode server(options());
        int heard = 0;
        server.on("price-of", this, [&] { ++heard; });
        QVERIFY(server.waitForReady());
        PyventNode asker(options(false));
        QCOMPARE(errorOf(asker.ask("price-of", {}, {.timeout = 1h})).kind, PyventAskError::NobodyAnswers);
        QTRY_COMPARE(heard, 1);
    }

    void workTakesItsTime()
    {
        PyventNode answerer(options());
        QPromise<int> promise;
        promise.start();
        answerer.answer("work", this, [&] { return promise.future(); });
        answerer.answer("fails", this, [] {
            QPromise<QString> failing;
            failing.start();
            failing.setException(std::make_exception_ptr(std::runtime_error("it broke")));
            failing.finish();
            return failing.future();
        });
        answerer.answer("given-up", this, [] {
            QPromise<void> unfinished;
            unfinished.start();
            return unfinished.future();
        });
        PyventNode asker(options(false));
        QFuture<PyventAnswer> future = asker.ask("work");
        QCOMPARE(errorOf(asker.ask("fails")), (PyventAskError{PyventAskError::Refused, u"it broke"_s}));
        QCOMPARE(errorOf(asker.ask("given-up")).kind, PyventAskError::Refused);
        QVERIFY(!future.isFinished());
        std::thread([&] {
            promise.addResult(42);
            promise.finish();
        }).join();
        QCOMPARE(resultOf(future).value(), QVariant(42));
    }

    void whoCancelsCancelsTheWork()
    {
        PyventNode answerer(options());
        QPromise<int> promise;
        promise.start();
        int asked = 0;
        answerer.answer("work", this, [&] {
            ++asked;
            return promise.future();
        });
        PyventNode asker(options(false));
        QFuture<PyventAnswer> future = asker.ask("work", {}, {.timeout = 1h});
        QTRY_COMPARE(asked, 1);
        QVERIFY(!promise.isCanceled());
        future.cancel();
        QTRY_VERIFY(promise.isCanceled());
        QTRY_VERIFY(future.isFinished());
        QVERIFY(future.isCanceled());
    }

    void whoTimesOutCancelsTheWork()
    {
        PyventNode answerer(options());
        QPromise<int> promise;
        promise.start();
        answerer.answer("work", this, [&] { return promise.future(); });
        PyventNode asker(options(false));
        QVERIFY(answerer.waitForReady());
        const PyventAskError error = errorOf(asker.ask("work", {}, {.timeout = 300ms}));
        QCOMPARE(error.kind, PyventAskError::TimedOut);
        QCOMPARE(error.text, u"nobody has answered 'work' within 300 ms"_s);
        QTRY_VERIFY(promise.isCanceled());
    }

    void anAnswererThatGoesIsAnErrorAtOnce_data()
    {
        QTest::addColumn<QString>("how");
        QTest::newRow("off") << u"off"_s;
        QTest::newRow("stop") << u"stop"_s;
        QTest::newRow("end") << u"end"_s;
        QTest::newRow("context") << u"context"_s;
    }
    void anAnswererThatGoesIsAnErrorAtOnce()
    {
        QFETCH(const QString, how);
        PyventNode server(options());
        QVERIFY(server.startServer());
        auto answerer = std::make_unique<PyventNode>(options(false));
        auto context = std::make_unique<QObject>();
        QPromise<int> promise;
        promise.start();
        int asked = 0;
        answerer->answer("work", context.get(), [&] {
            ++asked;
            return promise.future();
        });
        QVERIFY(answerer->waitForReady());
        PyventNode asker(options(false));
        const auto future = asker.ask("work", {}, {.timeout = 1h});
        QTRY_COMPARE(asked, 1);
        if (how == u"off"_s)
            answerer->off("work");
        else if (how == u"stop"_s)
            answerer->stop();
        else if (how == u"context"_s)
            context.reset();
        else
            answerer.reset();
        QCOMPARE(errorOf(future).kind, PyventAskError::AnswererLost);
    }

    void theFirstAnswerCounts()
    {
        PyventNode one(options());
        PyventNode other(options(false));
        QStringList failed;
        connect(&other, &PyventNode::handlerFailed, this,
                [&](const QString &name, const QString &why) { failed += name + u": "_s + why; });
        QPromise<int> promise;
        promise.start();
        int asked = 0;
        one.answer("x", this, [] { return 1; });
        other.answer("x", this, [&] {
            ++asked;
            return promise.future();
        });
        QVERIFY(one.waitForReady() && other.waitForReady());
        PyventNode asker(options(false));
        QCOMPARE(resultOf(asker.ask("x")).value(), QVariant(1));
        QTRY_COMPARE(asked, 1);
        promise.addResult(2);
        promise.finish();
        QTRY_COMPARE(failed.size(), 1);
        QVERIFY2(failed.first().startsWith(u"x: the answer came too late"_s), qPrintable(failed.first()));
    }

    void askAllGathers()
    {
        PyventNode one(options());
        PyventNode other(options(false));
        PyventNode third(options(false));
        one.answer("who-has", this, [] { return 1; });
        other.answer("who-*", this, [] { return PyventRefusal("not here"); });
        third.on("who-has", this, [] {});
        QVERIFY(one.waitForReady() && other.waitForReady() && third.waitForReady());
        PyventNode asker(options(false));
        auto future = asker.askAll("who-has", {}, {.timeout = 1h});
        QTRY_VERIFY_WITH_TIMEOUT(future.isFinished(), 30'000);
        QCOMPARE(future.resultCount(), 2);
        QStringList said;
        for (const PyventAnswer &answer : future.results())
            said += answer ? answer.value().toString() : answer.error().text;
        said.sort();
        QCOMPARE(said, (QStringList{u"1"_s, u"not here"_s}));
    }

    // Nothing here runs an event loop: neither who asks nor, in its own thread, who answers.
    void aThreadMayWaitForTheAnswer()
    {
        QThread thread;
        thread.start();
        auto *answerer = new PyventNode(options());
        answerer->moveToThread(&thread);
        connect(&thread, &QThread::finished, answerer, &QObject::deleteLater);
        answerer->answer("double", {"n"}, answerer, [](int n) { return 2 * n; });
        QVERIFY(answerer->waitForReady());
        {
            PyventNode asker(options(false));
            for (int i = 0; i < 20; ++i)
                QCOMPARE(asker.ask("double", {{u"n"_s, i}}).result().value(), QVariant(2 * i));
            QCOMPARE(asker.ask("nobody").result().error().kind, PyventAskError::NobodyAnswers);
            QCOMPARE(asker.ask("double", {}, {.timeout = 0ms}).result().error().kind, PyventAskError::TimedOut);
            // A continuation may wait, too.
            const auto chained = asker.ask("double", {{u"n"_s, 1}}).then([&](const PyventAnswer &answer) {
                return asker.ask("double", {{u"n"_s, answer.value()}}).result().value().toInt();
            });
            QCOMPARE(chained.result(), 4);
        }
        std::thread([&] {
            PyventNode asker(options(false));
            QCOMPARE(asker.ask("double", {{u"n"_s, 21}}).result().value(), QVariant(42));
        }).join();
        thread.quit();
        QVERIFY(thread.wait());
    }

    void anAnswererMayAsk()
    {
        PyventNode one(options());
        PyventNode other(options(false));
        // Down to 0 and back, within each other.
        one.answer("down", {"n"}, this, [&](int n) -> QFuture<PyventAnswer> {
            if (n == 0)
                return QtFuture::makeReadyFuture(PyventAnswer(0));
            return other.ask("down", {{u"n"_s, n - 1}}).then([](const PyventAnswer &answer) {
                return answer ? PyventAnswer(answer.value().toInt() + 1) : answer;
            });
        });
        QVERIFY(one.waitForReady());
        PyventNode asker(options(false));
        QCOMPARE(resultOf(asker.ask("down", {{u"n"_s, 20}})).value(), QVariant(20));
        // And oneself.
        QCOMPARE(resultOf(one.ask("down", {{u"n"_s, 3}})).value(), QVariant(3));
    }

    void whatSkipsQuestionsIsRefused_data()
    {
        QTest::addColumn<PyventFilter>("filter");
        QTest::newRow("replay") << PyventFilter{.replay = PyventReplay{.last = 1}};
        QTest::newRow("last") << PyventFilter{.last = true};
        QTest::newRow("latest") << PyventFilter{.latest = true};
        QTest::newRow("atMostEvery") << PyventFilter{.atMostEvery = 1ms};
        QTest::newRow("share") << PyventFilter{.share = u"workers"_s};
    }

    // Who asks would wait for nothing.
    void whatSkipsQuestionsIsRefused()
    {
        QFETCH(PyventFilter, filter);
        const QString field = QString::fromUtf8(QTest::currentDataTag());
        PyventNode node(options());
        QList<PyventError> errors;
        connect(&node, &PyventNode::errorOccurred, this, [&](const PyventError &error) { errors.append(error); });
        PriceList shop;
        QVERIFY(!node.answer("x", filter, this, [] { return 1; }));
        QVERIFY(!node.answer("x", {"dish"}, filter, this, [](const QString &) { return 1; }));
        QVERIFY(!node.answer("x", filter, &shop, "priceOf"));
        QCOMPARE(node.lastError().code, PyventError::InvalidHandler);
        QVERIFY2(node.lastError().text.startsWith(u"'x' is not answered with the filter '%1': "_s.arg(field)),
                 qPrintable(node.lastError().text));
        QTRY_COMPARE(errors.size(), 3);

        // Nobody answers, then.
        QVERIFY(node.waitForReady());
        QCOMPARE(errorOf(node.ask("x")).kind, PyventAskError::NobodyAnswers);
        node.answer("x", PyventFilter{.sender = PyventSender::Any}, this, [] { return 1; });
        QCOMPARE(resultOf(node.ask("x")).value().toInt(), 1);
    }

    void whoStopsHasAnError()
    {
        PyventNode server(options());
        QVERIFY(server.startServer());
        server.answer("never", this, [] {
            static QPromise<int> promise;
            promise.start();
            return promise.future();
        });
        QVERIFY(server.waitForReady());
        QFuture<PyventAnswer> ofDestroyed;
        {
            PyventNode asker(options(false));
            QVERIFY(asker.waitForReady());
            const auto sent = asker.ask("never", {}, {.timeout = 1h});
            asker.stop();
            QVERIFY(sent.isFinished());
            QCOMPARE(sent.resultAt(0).error().kind, PyventAskError::Stopped);
            // And again after that.
            ofDestroyed = asker.ask("never", {}, {.timeout = 1h});
            QVERIFY(asker.waitForReady());
        }
        QVERIFY(ofDestroyed.isFinished());
        QCOMPARE(ofDestroyed.resultAt(0).error().kind, PyventAskError::Stopped);
    }

    // Whoever continues may do anything, also end the node.
    void aContinuationMayEndTheNode()
    {
        PyventNode server(options());
        server.answer("x", this, [] { return 1; });
        QVERIFY(server.waitForReady());
        auto asker = std::make_unique<PyventNode>(options(false));
        bool isOver = false;
        for (int i = 0; i < 10; ++i) {
            asker->ask("x").then([&](const PyventAnswer &) {
                asker.reset();
                isOver = true;
            });
        }
        QTRY_VERIFY(isOver);
    }

    // Without a question, the function is only called.
    void aPlainEventIsNotAnswered()
    {
        PyventNode node(options());
        QStringList heard;
        node.answer("x", this, [&] {
            heard += u"x"_s;
            return 1;
        });
        connect(&node, &PyventNode::received, this, [&](const PyventEvent &event) { heard += event.name; });
        QVERIFY(node.waitForReady());
        QVERIFY(node.send("x"));
        QVERIFY(node.send("end"));
        QTRY_VERIFY(heard.contains(u"end"_s));
        QCOMPARE(heard, (QStringList{u"x"_s, u"x"_s, u"end"_s}));
    }

    // As Python asks: any name will do.
    void aPlainEventMayAsk()
    {
        PyventNode node(options());
        node.answer("price-of", {"dish"}, this, [](const QString &dish) { return dish.size(); });
        node.answer("no", this, [] { return PyventRefusal("why"); });
        node.answer("bad", this, [] { return 1; });
        QVERIFY(node.waitForReady());
        PyventNode asker(options(false));
        std::optional<PyventEvent> answer;
        std::optional<PyventEvent> refusal;
        const std::unique_ptr<QThread> python(QThread::create([&] {
            answer = asker.waitFor(
                "my-answer", 20s,
                {.send = u"price-of"_s, .args = {{u"dish"_s, u"eel"_s}, {u"reply_to"_s, u"my-answer"_s}}});
            refusal = asker.waitFor("my-answer", 20s, {.send = u"no"_s, .args = {{u"reply_to"_s, u"my-answer"_s}}});
        }));
        python->start();
        QTRY_VERIFY_WITH_TIMEOUT(python->isFinished(), 60'000);
        QVERIFY(answer && refusal);
        QCOMPARE(answer->args, (QVariantMap{{u"value"_s, 3}}));
        QCOMPARE(refusal->args, (QVariantMap{{u"error"_s, u"why"_s}}));
        QVERIFY(asker.send("bad", {{u"reply_to"_s, u"two words"_s}}));
        QVERIFY(asker.send("bad", {{u"reply_to"_s, 7}}));
        QVERIFY(asker.send("bad", {{u"reply_to"_s, u"__server_disconnect"_s}}));
        QCOMPARE(resultOf(asker.ask("bad")).value(), QVariant(1));
    }

    void manyQuestionsAreUnderWay()
    {
        PyventNode answerer(options());
        answerer.answer("double", {"n"}, this, [](int n) { return 2 * n; });
        QVERIFY(answerer.waitForReady());
        PyventNode asker(options(false));
        std::vector<QFuture<PyventAnswer>> futures;
        for (int i = 0; i < 10'000; ++i)
            futures.push_back(asker.ask("double", {{u"n"_s, i}}, {.timeout = 1min}));
        for (int i = 0; i < 10'000; ++i)
            QCOMPARE(resultOf(futures[std::size_t(i)]).value(), QVariant(2 * i));
    }

    // More names than are watched.
    void manyNamesAreAsked()
    {
        PyventNode answerer(options());
        answerer.answer("n-*", this, [](const PyventEvent &event) { return event.name; });
        QVERIFY(answerer.waitForReady());
        PyventNode asker(options(false));
        for (int round = 0; round < 4; ++round) {
            std::vector<QFuture<PyventAnswer>> futures;
            for (int i = 0; i < 700; ++i)
                futures.push_back(asker.ask(u"n-%1-%2"_s.arg(round % 2).arg(i), {}, {.timeout = 1min}));
            for (int i = 0; i < 700; ++i)
                QCOMPARE(resultOf(futures[std::size_t(i)]).value(), QVariant(u"n-%1-%2"_s.arg(round % 2).arg(i)));
        }
    }

    void handlersInOtherThreadsAnswer()
    {
        QThread thread;
        QObject context;
        context.moveToThread(&thread);
        thread.start();
        PyventNode answerer(options());
        answerer.answer("thread", &context, [&] { return QThread::currentThread() == &thread; });
        QVERIFY(answerer.waitForReady());
        PyventNode asker(options(false));
        QCOMPARE(resultOf(asker.ask("thread")).value(), QVariant(true));
        thread.quit();
        QVERIFY(thread.wait());
    }
};

PYVENT_TEST(tst_Asking)
#include "tst_asking.moc"
