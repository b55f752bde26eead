// SPDX-License-Identifier: MIT
#include <PyventNode>
#include <PyventValue>

#include "support/freeport.h"
#include "support/testprogram.h"

#include <QtTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

// Shared values, as a program sees them, and the last event of a name.
class tst_SharedValue : public QObject
{
    Q_OBJECT

private:
    PyventOptions options(const QString &id = {}) const { return {.port = m_port, .nodeId = id}; }

    static QStringList textsOf(const QList<PyventEvent> &events)
    {
        QStringList texts;
        for (const PyventEvent &event : events)
            texts.append(event.args.value(u"n"_s).toString() + (event.replayed ? u"*"_s : QString()));
        return texts;
    }

    int m_port = 0;

private Q_SLOTS:
    void init() { m_port = PyventTests::freePort(); }

    // It was sent as an event, by whoever has no PyventValue, before anybody held it.
    void whatWasSentBeforeAnybodyHeldItIsThere()
    {
        PyventNode server(options());
        QVERIFY(server.startServer());
        {
            PyventNode sender(options());
            sender.send("x", {{u"value"_s, 150}});
            sender.send("plain", {{u"other"_s, 150}});
            QVERIFY(sender.flush(20s));
        }
        PyventNode late(options());
        PyventValue<int> x(&late, "x", 20);
        PyventValue<int> plain(&late, "plain", 20);
        QTRY_COMPARE(x.value(), 150);
        QVERIFY(x.isKnown());
        QVERIFY(!plain.isKnown());
        PyventNode other(options());
        PyventValue<int> theirs(&other, "x");
        QTRY_COMPARE(theirs.value(), 150);
        x = 160;
        QTRY_COMPARE(theirs.value(), 160);
    }

    void aWriteIsThereForAll()
    {
        PyventNode one(options(u"one"_s));
        PyventNode other(options());
        PyventValue<double> mine(&one, "oven.temperature", 20.0);
        PyventValue<double> theirs(&other, "oven.temperature");
        QCOMPARE(mine.value(), 20.0);
        QVERIFY(!mine.isKnown());
        QVERIFY(mine.origin().isNull());
        QVERIFY(!mine.time().isValid());
        QCOMPARE(mine.age(), std::chrono::milliseconds::max());
        QSignalSpy changed(&mine, &PyventValueBase::changed);
        QVERIFY(mine.setValue(180));
        QCOMPARE(mine.value(), 180.0);
        QCOMPARE(changed.size(), 1);
        QTRY_COMPARE(theirs.value(), 180.0);
        QVERIFY(theirs.isKnown());
        QCOMPARE(theirs.origin(), one.uuid());
        QCOMPARE(theirs.sender(), u"pyvent.one"_s);
        QVERIFY(theirs.time().isValid());
        QVERIFY(theirs.age() < 60s);
        theirs = 90;
        QTRY_COMPARE(mine.value(), 90.0);
        QCOMPARE(mine.origin(), other.uuid());
        QCOMPARE(mine.written(), QVariant(90.0));
    }

    void aWriteIsAnEvent()
    {
        PyventNode writer(options());
        PyventNode listener(options());
        QList<PyventEvent> heard;
        listener.on("x", this, [&](const PyventEvent &event) { heard.append(event); });
        QVERIFY(listener.waitForReady());
        PyventValue<int> value(&writer, "x");
        value = 1;
        value = 2;
        QTRY_COMPARE(heard.size(), 2);
        QCOMPARE(heard.last().args, QVariantMap({{u"value"_s, 2}}));
        QCOMPARE(heard.last().nodeId, writer.uuid());
        QCOMPARE(heard.last().sequence, 2ULL);
    }

    void aPlainEventWrites()
    {
        PyventNode sender(options());
        PyventNode holder(options());
        PyventValue<QString> value(&holder, "x", u"none"_s);
        QVERIFY(holder.waitForReady());
        QVERIFY(sender.send("x", {{u"other"_s, u"no value"_s}}));
        QVERIFY(sender.send("x", {{u"value"_s, u"plain"_s}}));
        QTRY_COMPARE(value.value(), u"plain"_s);
        QVERIFY(value.origin().isNull());
        value = u"written"_s;
        QVERIFY(sender.send("x", {{u"value"_s, u"again"_s}}));
        QTRY_COMPARE(value.value(), u"again"_s);
        // And the server gives it to who comes late, as the one that holds.
        PyventNode late(options());
        PyventValue<QString> theirs(&late, "x");
        QTRY_COMPARE(theirs.value(), u"again"_s);
    }

    void whoComesLateHasIt()
    {
        PyventNode server(options());
        QVERIFY(server.startServer());
        {
            PyventNode writer(options());
            PyventValue<QStringList> value(&writer, "list");
            value = QStringList{u"a"_s, u"b"_s};
            QVERIFY(writer.flush(20s));
        }
        PyventNode late(options());
        PyventValue<QStringList> value(&late, "list", {u"default"_s});
        QTRY_COMPARE(value.value(), QStringList({u"a"_s, u"b"_s}));
        // The default was written by nobody.
        PyventNode later(options());
        PyventValue<QStringList> other(&later, "list");
        QTRY_COMPARE(other.value(), QStringList({u"a"_s, u"b"_s}));
    }

    void aSecondObjectHasItAtOnce()
    {
        PyventNode node(options());
        PyventValue<int> one(&node, "x");
        one = 5;
        PyventValue<int> other(&node, "x");
        QCOMPARE(other.value(), 5);
        other = 6;
        QCOMPARE(one.value(), 6);
    }

    void itOutlivesWriterAndServer()
    {
        PyventNode holder(options());
        PyventValue<int> value(&holder, "x");
        {
            PyventOptions servers = options();
            PyventNode server(servers);
            QVERIFY(server.startServer() || holder.isServer());
            PyventValue<int> written(&server, "x");
            written = 42;
            QTRY_COMPARE(value.value(), 42);
        }
        holder.stop(); // and with it the server, if it was that
        PyventNode next(options());
        QVERIFY(next.startServer());
        QVERIFY(holder.tryStart());
        PyventValue<int> late(&next, "x");
        QTRY_COMPARE(late.value(), 42);
    }

    void aBoundValueWrites()
    {
        PyventNode node(options());
        PyventNode other(options());
        PyventValue<int> value(&node, "x", 1);
        PyventValue<int> theirs(&other, "x");
        QProperty<int> slider(1);
        QProperty<QString> label;
        label.setBinding([&] { return QString::number(value.value()); });
        QCOMPARE(label.value(), u"1"_s);
        QList<QVariantMap> heard;
        other.on("x", this, [&](const QVariantMap &args) { heard.append(args); });
        QVERIFY(node.waitForReady() && other.waitForReady());
        value.bindableValue().setBinding([&] { return slider.value(); });
        QVERIFY(!value.isKnown()); // the same as before, so nothing was written
        slider = 2;
        QCOMPARE(label.value(), u"2"_s);
        QTRY_COMPARE(theirs.value(), 2);
        theirs = 7;
        QTRY_COMPARE(value.value(), 7);
        QCOMPARE(label.value(), u"7"_s);
        QVERIFY(value.bindableValue().hasBinding());
        QCOMPARE(slider.value(), 2);
        slider = 3;
        QCOMPARE(value.value(), 3);
        QTRY_COMPARE(theirs.value(), 3);
        QCOMPARE(heard.size(), 3);
    }

    // A slider that follows the value, and a value that follows the slider.
    void bothWaysMakeNoLoop()
    {
        PyventNode node(options());
        PyventNode other(options());
        PyventValue<int> value(&node, "x");
        PyventValue<int> theirs(&other, "x");
        QProperty<int> slider(0);
        int writes = 0;
        other.on("x", this, [&] { ++writes; });
        QVERIFY(other.waitForReady());
        value.bindableValue().setBinding([&] { return slider.value(); });
        connect(&value, &PyventValueBase::changed, this, [&] { slider = value.value(); });
        theirs = 5;
        QTRY_COMPARE(slider.value(), 5);
        slider = 6;
        QTRY_COMPARE(theirs.value(), 6);
        QVERIFY(node.flush(20s) && other.flush(20s));
        theirs = 9;
        QTRY_COMPARE(slider.value(), 9);
        QTRY_COMPARE(writes, 3);
    }

    void aValueOfAnotherTypeIsKept()
    {
        PyventNode node(options());
        PyventNode other(options());
        PyventValue<int> value(&node, "x", 3);
        PyventValue<QString> text(&other, "x");
        QSignalSpy mistyped(&value, &PyventValueBase::mistyped);
        QSignalSpy failed(&node, &PyventNode::handlerFailed);
        text = u"many"_s;
        QTRY_COMPARE(mistyped.size(), 1);
        QCOMPARE(mistyped.at(0).at(0).toString(), u"many"_s);
        QVERIFY(!mistyped.at(0).at(1).toString().isEmpty());
        QTRY_COMPARE(failed.size(), 1);
        QCOMPARE(failed.at(0).at(0).toString(), u"x"_s);
        QCOMPARE(value.value(), 3);
        QCOMPARE(value.written(), QVariant(u"many"_s));
        QVERIFY(value.isKnown());
        value = 4;
        QTRY_COMPARE(text.written(), QVariant(4));
    }

    void itGetsStale()
    {
        PyventNode node(options());
        PyventValue<int> value(&node, "x");
        QVERIFY(!value.isStale());
        value.setStaleAfter(200ms);
        QVERIFY(value.isStale()); // nothing is known
        QProperty<bool> isGrey;
        isGrey.setBinding([&] { return value.isStale(); });
        QSignalSpy stale(&value, &PyventValueBase::staleChanged);
        value = 1;
        QVERIFY(!value.isStale());
        QVERIFY(!isGrey);
        QTRY_VERIFY(isGrey);
        QVERIFY(value.age() >= 200ms);
        value = 2;
        QVERIFY(!isGrey);
        value.setStaleAfter(0ms);
        QVERIFY(!value.isStale());
        QTRY_COMPARE(stale.size(), 3);
    }

    void oneOfManySets()
    {
        PyventNode server(options());
        QVERIFY(server.startServer());
        PyventNode one(options());
        PyventNode other(options());
        PyventValue<QString> mine(&one, "leader");
        PyventValue<QString> theirs(&other, "leader");
        QFuture<bool> first = mine.compareAndSet(QString(), u"one"_s, 30s);
        QFuture<bool> second = theirs.compareAndSet(QString(), u"other"_s, 30s);
        QTRY_VERIFY(first.isFinished() && second.isFinished());
        QVERIFY(!first.isCanceled() && !second.isCanceled());
        QCOMPARE(int(first.result()) + int(second.result()), 1);
        const QString winner = first.result() ? u"one"_s : u"other"_s;
        QTRY_COMPARE(mine.value(), winner);
        QTRY_COMPARE(theirs.value(), winner);
        QFuture<bool> stale = mine.compareAndSet(u"nobody"_s, u"x"_s);
        QVERIFY(stale.isFinished());
        QVERIFY(!stale.result());
        QFuture<bool> next = mine.compareAndSet(winner, u"next"_s);
        QTRY_VERIFY(next.isFinished());
        QVERIFY(next.result());
        QTRY_COMPARE(theirs.value(), u"next"_s);
        QCOMPARE(theirs.origin(), one.uuid());
    }

    void aSetEndsWithTheNode()
    {
        QFuture<bool> future;
        {
            PyventNode node(PyventOptions{.port = m_port, .server = false});
            PyventValue<int> value(&node, "x");
            future = value.compareAndSet(0, 1, 1h);
            QVERIFY(!future.isFinished());
        }
        QVERIFY(future.isFinished());
        QVERIFY(future.isCanceled());
    }

    void whatCannotBeIsRefused()
    {
        PyventNode node(options());
        QSignalSpy errors(&node, &PyventNode::errorOccurred);
        PyventValue<int> glob(&node, "x.*");
        PyventValue<int> reserved(&node, "__x");
        QCOMPARE(errors.size(), 2);
        QCOMPARE(node.lastError().code, PyventError::InvalidName);
        QVERIFY(!glob.setValue(1));
        QCOMPARE(glob.value(), 0);
        QVERIFY(glob.compareAndSet(0, 1).isCanceled());
        PyventValue<QByteArray> large(&node, "large");
        QVERIFY(!large.setValue(QByteArray(65 * 1024 * 1024, 'x')));
        QCOMPARE(node.lastError().code, PyventError::EventTooLarge);
        QVERIFY(large.value().isEmpty());
        auto doomed = std::make_unique<PyventNode>(options());
        PyventValue<int> orphan(doomed.get(), "x");
        orphan = 1;
        doomed.reset();
        QCOMPARE(orphan.value(), 1);
        QVERIFY(!orphan.node());
        QVERIFY(!orphan.setValue(2));
        QCOMPARE(orphan.value(), 1);
    }

    // What is too large for the server comes from who holds it.
    void aLargeValueComesFromAnother()
    {
        PyventNode server(options());
        QVERIFY(server.startServer());
        PyventNode one(options());
        PyventValue<QByteArray> value(&one, "large");
        value = QByteArray(3'000'000, 'x');
        QVERIFY(one.flush(20s));
        PyventNode late(options());
        PyventValue<QByteArray> theirs(&late, "large");
        QTRY_COMPARE(theirs.value().size(), 3'000'000);
    }

    void aHolderMayEndInItsSignal()
    {
        PyventNode node(options());
        auto value = std::make_unique<PyventValue<int>>(&node, "x");
        connect(value.get(), &PyventValueBase::changed, this, [&] { value.reset(); });
        PyventNode other(options());
        PyventValue<int> theirs(&other, "x");
        theirs = 1;
        QTRY_VERIFY(!value);
    }

    void manyWritesInOneTurnAreToldOnce()
    {
        PyventNode node(options());
        PyventNode other(options());
        PyventValue<int> value(&node, "x");
        PyventValue<int> theirs(&other, "x");
        QVERIFY(node.waitForReady() && other.waitForReady());
        QSignalSpy changed(&theirs, &PyventValueBase::changed);
        for (int i = 1; i <= 1000; ++i)
            value = i;
        QTRY_COMPARE(theirs.value(), 1000);
        QVERIFY(changed.size() <= 1000);
    }

    // The last event of a name

    void theLastEventComesFirst()
    {
        PyventNode server(options());
        QVERIFY(server.startServer());
        {
            PyventNode sender(options());
            for (int n = 1; n <= 3; ++n)
                sender.send("x", {{u"n"_s, n}});
            QVERIFY(sender.flush(20s));
        }
        PyventNode late(options());
        QList<PyventEvent> heard;
        QList<PyventEvent> plain;
        late.on("x", this, [&](const PyventEvent &event) { plain.append(event); });
        late.on("x", {.last = true}, this, [&](const PyventEvent &event) { heard.append(event); });
        QTRY_COMPARE(textsOf(heard), QStringList(u"3*"_s));
        QCOMPARE(heard.first().sequence, 3ULL);
        PyventNode sender(options());
        sender.send("x", {{u"n"_s, 4}});
        QTRY_COMPARE(textsOf(heard), QStringList({u"3*"_s, u"4"_s}));
        QCOMPARE(textsOf(plain), QStringList(u"4"_s));
        // Of one that is Ready already.
        QList<PyventEvent> more;
        late.on("x", {.last = true}, this, [&](const PyventEvent &event) { more.append(event); });
        QTRY_COMPARE(more.size(), 1);
        sender.send("x", {{u"n"_s, 5}});
        QTRY_COMPARE(more.last().args.value(u"n"_s).toInt(), 5);
        QCOMPARE(more.size(), 2);
    }

    void theLastEventIsNotDoubled()
    {
        PyventNode server(options());
        QVERIFY(server.startServer());
        PyventNode sender(options());
        std::vector<std::unique_ptr<PyventNode>> nodes;
        std::vector<QList<int>> heard(20);
        int n = 0;
        for (std::size_t i = 0; i < heard.size(); ++i) {
            sender.send("x", {{u"n"_s, ++n}});
            nodes.push_back(std::make_unique<PyventNode>(options()));
            nodes.back()->on("x", {.last = true}, this,
                             [&, i](const PyventEvent &event) { heard[i].append(event.args.value(u"n"_s).toInt()); });
            sender.send("x", {{u"n"_s, ++n}});
        }
        QVERIFY(sender.flush(20s));
        for (const auto &node : nodes)
            QVERIFY(node->waitForReady());
        sender.send("x", {{u"n"_s, ++n}});
        for (const QList<int> &numbers : heard) {
            QTRY_VERIFY(!numbers.isEmpty() && numbers.last() == n);
            for (qsizetype i = 1; i < numbers.size(); ++i)
                QCOMPARE(numbers[i], numbers[i - 1] + 1);
        }
    }

    void aGlobHasNoLastEvent()
    {
        PyventNode node(options());
        QVERIFY(!node.on("x*", {.last = true}, this, [] {}));
        QCOMPARE(node.lastError().code, PyventError::InvalidHandler);
        QVERIFY(!node.on("x", {.replay = {.last = 1}, .last = true}, this, [] {}));
        QCOMPARE(node.lastError().code, PyventError::InvalidHandler);
    }
};

PYVENT_TEST(tst_SharedValue)

#include "tst_sharedvalue.moc"
