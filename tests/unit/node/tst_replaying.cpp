// SPDX-License-Identifier: MIT
#include <PyventNode>

#include "support/freeport.h"
#include "support/testprogram.h"

#include <QtTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

// What late joiners hear of the past, and how it joins the present.
class tst_Replaying : public QObject
{
    Q_OBJECT

private:
    // The numbers that a handler heard, "3*" where the event was replayed.
    using Heard = QStringList;
    static auto into(Heard *heard)
    {
        return [heard](const PyventEvent &event) {
            heard->append(QString::number(event.args[u"n"_s].toInt()) + (event.replayed ? u"*"_s : QString()));
        };
    }
    static void send(PyventNode &node, int first, int last)
    {
        for (int n = first; n <= last; ++n)
            QVERIFY(node.send("x", {{u"n"_s, n}}));
    }

    // The same, and they are out before anyone listens.
    static void sendBefore(PyventNode &node, int first, int last)
    {
        send(node, first, last);
        QVERIFY(node.flush(20s));
    }

    PyventOptions options() const { return {.port = m_port}; }

    int m_port = 0;

private Q_SLOTS:
    void init() { m_port = PyventTests::freePort(); }

    void theLastEventsAreReplayed()
    {
        PyventNode sender(options());
        sendBefore(sender, 1, 20);
        PyventNode receiver(options());
        Heard heard;
        receiver.on("x", {.replay = {.last = 3}}, this, into(&heard));
        QTRY_COMPARE(heard, Heard({u"18*"_s, u"19*"_s, u"20*"_s}));
        send(sender, 21, 22);
        QTRY_COMPARE(heard, Heard({u"18*"_s, u"19*"_s, u"20*"_s, u"21"_s, u"22"_s}));
    }

    void theEventsOfTheLastSecondsAreReplayed()
    {
        PyventNode sender(options());
        sendBefore(sender, 1, 3);
        const QDateTime sent = QDateTime::currentDateTimeUtc();
        QTRY_VERIFY(sent.msecsTo(QDateTime::currentDateTimeUtc()) > 300);
        PyventNode late(options());
        Heard heard, none;
        late.on("x", {.replay = {.since = 1h}}, this, into(&heard));
        late.on("x", {.replay = {.since = 100ms}}, this, into(&none));
        Heard both;
        late.on("x", {.replay = {.last = 2, .since = 1h}}, this, into(&both));
        QTRY_COMPARE(heard, Heard({u"1*"_s, u"2*"_s, u"3*"_s}));
        QTRY_COMPARE(both, Heard({u"2*"_s, u"3*"_s}));
        send(sender, 4, 4);
        QTRY_COMPARE(none, Heard(u"4"_s));
        QTRY_COMPARE(heard.last(), u"4"_s);
    }

    void aSenderKeepsWhatItsOptionsSay_data()
    {
        QTest::addColumn<PyventOptions>("options");
        QTest::addColumn<QStringList>("kept");
        QTest::newRow("two events") << PyventOptions{.replayEvents = 2} << Heard({u"19*"_s, u"20*"_s});
        QTest::newRow("none") << PyventOptions{.replayEvents = 0} << Heard();
        QTest::newRow("few bytes") << PyventOptions{.replayBytes = 100} << Heard(u"20*"_s); // of about 70 each
        QTest::newRow("not for long") << PyventOptions{.replayAge = 0ms} << Heard();
    }
    void aSenderKeepsWhatItsOptionsSay()
    {
        QFETCH(PyventOptions, options);
        QFETCH(const QStringList, kept);
        options.port = m_port;
        PyventNode sender(this->options());
        send(sender, 0, 0);
        sender.stop();
        QVERIFY(sender.configure(options));
        sendBefore(sender, 1, 20);
        PyventNode receiver(this->options());
        Heard heard;
        receiver.on("x", {.replay = {.last = 100}}, this, into(&heard));
        QTRY_COMPARE(heard, kept);
        QTRY_COMPARE(receiver.state(), PyventNode::Ready);
        send(sender, 21, 21);
        QTRY_COMPARE(heard, kept + Heard(u"21"_s));
    }

    void onlyWhoAskedHearsItAgain()
    {
        PyventNode sender(options());
        PyventNode receiver(options());
        Heard early, plain, late;
        int everything = 0;
        receiver.on("x", this, into(&early));
        connect(&receiver, &PyventNode::received, this, [&] { ++everything; });
        QVERIFY(receiver.waitForReady());
        send(sender, 1, 3);
        QTRY_COMPARE(early.size(), 3);
        receiver.on("x", this, into(&plain));
        receiver.on("x", {.replay = {.last = 10}}, this, into(&late));
        QTRY_COMPARE(late, Heard({u"1*"_s, u"2*"_s, u"3*"_s}));
        send(sender, 4, 4);
        QTRY_COMPARE(late.last(), u"4"_s);
        QTRY_COMPARE(plain, Heard(u"4"_s));
        QTRY_COMPARE(early, Heard({u"1"_s, u"2"_s, u"3"_s, u"4"_s}));
        QTRY_COMPARE(everything, 4);
    }

    void ofEverySenderAndOfTheNodeItself()
    {
        PyventNode one(options());
        PyventNode two(options());
        PyventNode receiver(options());
        sendBefore(one, 1, 2);
        sendBefore(two, 11, 12);
        sendBefore(receiver, 21, 22);
        QHash<QUuid, Heard> heard;
        receiver.on("x", {.replay = {.last = 10}}, this,
                    [&](const PyventEvent &event) { into (&heard[event.nodeId])(event); });
        QTRY_COMPARE(heard[one.uuid()], Heard({u"1*"_s, u"2*"_s}));
        QTRY_COMPARE(heard[two.uuid()], Heard({u"11*"_s, u"12*"_s}));
        QTRY_COMPARE(heard[receiver.uuid()], Heard({u"21*"_s, u"22*"_s}));
    }

    void anotherSendersEventsAreFilteredAsAlways()
    {
        PyventNode sender(options());
        QVERIFY(sender.send("x", {{u"n"_s, 1}}, {.sender = u"manager"_s}));
        sendBefore(sender, 2, 2);
        PyventNode receiver(options());
        Heard manager, own;
        receiver.on("x", {.sender = "manager", .replay = {.last = 10}}, this, into(&manager));
        receiver.on("x", {.replay = {.last = 10}}, this, into(&own));
        QTRY_COMPARE(own, Heard(u"2*"_s));
        QTRY_COMPARE(manager, Heard(u"1*"_s));
    }

    // Each event once, the past before the present, while the sender sends all the time and much of it is on its way.
    void thePastJoinsThePresent()
    {
        PyventNode sender(options());
        int sent = 0;
        QTimer timer;
        connect(&timer, &QTimer::timeout, this, [&] { send(sender, sent + 1, sent + 20), sent += 20; });
        timer.start(1ms);
        QTRY_VERIFY_WITH_TIMEOUT(sent >= 2000, 20'000);
        PyventNode receiver(options());
        std::array<QList<quint64>, 5> heard;
        for (QList<quint64> &of : heard) {
            receiver.on("x", {.replay = {.since = 60s}}, this,
                        [&of](const PyventEvent &event) { of.append(event.sequence); });
            const int before = sent;
            QTRY_VERIFY_WITH_TIMEOUT(sent >= before + 400, 20'000);
        }
        QTRY_VERIFY_WITH_TIMEOUT(sent >= 6000, 20'000);
        timer.stop();
        for (const QList<quint64> &of : heard) {
            QTRY_COMPARE_WITH_TIMEOUT(of.size(), sent, 20'000);
            for (qsizetype i = 0; i < of.size(); ++i)
                QCOMPARE(of[i], quint64(i + 1));
        }
    }

    void nobodyThereHoldsNothingUp()
    {
        PyventNode receiver(options());
        PyventNode sender(options());
        Heard heard;
        receiver.on("x", {.replay = {.last = 3}}, this, into(&heard));
        QVERIFY(receiver.waitForReady());
        send(sender, 1, 2);
        QTRY_COMPARE(heard, Heard({u"1"_s, u"2"_s}));
    }

    // The server ends while the past is on its way.
    void survivesTheServersEnd()
    {
        auto server = std::make_unique<PyventNode>(options());
        QVERIFY(server->startServer());
        PyventNode sender(options());
        sendBefore(sender, 1, 3000);
        PyventNode receiver(options());
        QList<quint64> heard;
        receiver.on("x", {.replay = {.last = 3000}}, this,
                    [&](const PyventEvent &event) { heard.append(event.sequence); });
        QTRY_VERIFY(heard.size() >= 100);
        server.reset();
        send(sender, 3001, 3010);
        QTRY_COMPARE_WITH_TIMEOUT(heard.size(), 3010, 20'000);
        for (qsizetype i = 0; i < heard.size(); ++i)
            QCOMPARE(heard[i], quint64(i + 1));
    }

    void allThatHearMayAsk()
    {
        PyventNode sender(options());
        sendBefore(sender, 1, 3);
        PyventNode receiver(options());
        const QFuture<PyventEvent> last = receiver.next("x", {.replay = {.last = 1}});
        Heard heard;
        PyventSubscription *subscription = receiver.event("x", {.replay = {.last = 2}});
        connect(subscription, &PyventSubscription::received, this,
                [&](const QVariantMap &, const PyventEvent &event) { into (&heard)(event); });
        QVERIFY(receiver.event("x") != subscription);
        QCOMPARE(receiver.event("x", {.replay = {.last = 2}}), subscription);
        int sum = 0;
        receiver.on("x", {"n"}, {.replay = {.last = 2}}, this, [&](int n) { sum += n; });
        QTRY_VERIFY(last.isFinished());
        QCOMPARE(last.result().args, QVariantMap({{u"n"_s, 3}}));
        QTRY_COMPARE(heard, Heard({u"2*"_s, u"3*"_s}));
        QTRY_COMPARE(sum, 5);
    }

    void aGlobHasNoPast()
    {
        PyventNode node(options());
        QVERIFY(!node.on("x*", {.replay = {.last = 1}}, this, [] {}));
        QCOMPARE(node.lastError().code, PyventError::InvalidHandler);
        QVERIFY2(node.lastError().text.contains(u"'x*'"_s), qPrintable(node.lastError().text));
        QVERIFY(!node.event("x*", {.replay = {.since = 1s}}));
        QVERIFY(node.next("?", {.replay = {.since = 1s}}).isCanceled());
        QVERIFY(node.on("x*", {.replay = {}}, this, [] {}));
    }

    void endsWithItsHandler()
    {
        PyventNode sender(options());
        sendBefore(sender, 1, 3);
        PyventNode receiver(options());
        Heard heard, other;
        auto context = std::make_unique<QObject>();
        receiver.on("x", {.replay = {.last = 3}}, context.get(), into(&heard));
        receiver.on("x", {.replay = {.last = 3}}, this, into(&other));
        QCOMPARE(receiver.off("x", context.get()), 1);
        receiver.on("x", {.replay = {.last = 3}}, context.get(), into(&heard));
        context.reset();
        QTRY_COMPARE(other.size(), 3);
        QCOMPARE(heard, Heard());
        QCOMPARE(receiver.off("x"), 1);
        QCOMPARE(receiver.off("x"), 0);
    }

    // What has no number is of no sender that keeps it.
    void dispatchedEventsAreHeardAtOnce()
    {
        PyventNode node(options());
        Heard heard;
        node.on("x", {.replay = {.last = 3}}, this, into(&heard));
        QVERIFY(node.dispatch("x", {{u"n"_s, 7}}));
        QCOMPARE(heard, Heard(u"7"_s));
    }
};

PYVENT_TEST(tst_Replaying)
#include "tst_replaying.moc"
