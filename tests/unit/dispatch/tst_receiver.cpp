// SPDX-License-Identifier: MIT
#include "dispatch/receiver.h"
#include "support/testprogram.h"

#include <QtCore/qthread.h>
#include <QtTest/qtest.h>

#include <mutex>
#include <stdexcept>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

namespace {

constexpr int maximumBacklog = 100'000; // as receiver.cpp has it

PyventEvent numbered(quint64 sequence)
{
    PyventEvent result;
    result.name = u"order"_s;
    result.sequence = sequence;
    return result;
}

// A handler under test, and what it reported, from any thread.
class Handler
{
public:
    explicit Handler(
        const QObject *context, PyventBinding::Callback callback, std::function<void()> connectionsChanged = [] {})
        : m_receiver(std::make_shared<HandlerReceiver>(
            u"order"_s, PyventSender(), context, std::move(callback),
            [this](const QString &name, const QString &reason) {
                const std::lock_guard lock(m_mutex);
                m_failures.append(name + ": "_L1 + reason);
            },
            [this](const PyventEvent &event) {
                const std::lock_guard lock(m_mutex);
                m_missed.append(event.sequence);
            },
            std::move(connectionsChanged)))
    {
    }

    HandlerReceiver *operator->() const { return m_receiver.get(); }
    std::shared_ptr<HandlerReceiver> take() { return std::move(m_receiver); }
    QStringList failures() const
    {
        const std::lock_guard lock(m_mutex);
        return m_failures;
    }
    QList<quint64> missed() const
    {
        const std::lock_guard lock(m_mutex);
        return m_missed;
    }

private:
    mutable std::mutex m_mutex;
    QStringList m_failures;
    QList<quint64> m_missed;
    std::shared_ptr<HandlerReceiver> m_receiver;
};

// A thread that handles what its context's queue has only when it is told to.
class Worker
{
public:
    Worker()
        : m_context(std::make_unique<QObject>())
    {
        m_context->moveToThread(&m_thread);
    }
    ~Worker() { destroyContext(); }
    Q_DISABLE_COPY_MOVE(Worker)

    QObject *context() const { return m_context.get(); }
    QThread *thread() { return &m_thread; }

    void handleWhatIsQueued()
    {
        QMetaObject::invokeMethod(
            m_context.get(), [this] { m_thread.quit(); }, Qt::QueuedConnection);
        m_thread.start();
        m_thread.wait();
    }

    // In its thread, as it has to be.
    void destroyContext()
    {
        if (!m_context)
            return;
        QMetaObject::invokeMethod(
            m_context.get(),
            [this] {
                m_context.reset();
                m_thread.quit();
            },
            Qt::QueuedConnection);
        m_thread.start();
        m_thread.wait();
    }

private:
    QThread m_thread;
    std::unique_ptr<QObject> m_context;
};

PyventBinding::Callback count(int *calls)
{
    return [calls](const PyventEvent &) {
        ++*calls;
        return QString();
    };
}

} // namespace

class TestReceiver : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void runsAtOnceInTheContextsThread();
    void endsWithItsContext();
    void endsWithItsContextInAnotherThread();
    void isUnwantedWhenItTellsSo();
    void withoutContextItIsNotWanted();
    void runsInAnotherThread();
    void followsItsContextToAnotherThread();
    void disconnecting();
    void ending();
    void noCallAfterTheEnd_data();
    void noCallAfterTheEnd();
    void noCallForAContextThatEnded();
    void failures_data();
    void failures();
    void failuresInAnotherThread();
    void theBacklogIsBounded();
    void directCallsAreNoBacklog();
    void theContextMayEndInItsHandler();
    void theReceiverMayEndInItsHandler();
    void aHandlerMayDeliverAgain();
    void knowsItsContext();
};

void TestReceiver::runsAtOnceInTheContextsThread()
{
    QObject context;
    QList<quint64> got;
    Handler handler(&context, [&got](const PyventEvent &event) {
        got.append(event.sequence);
        return QString();
    });
    QVERIFY(handler->isWanted());
    handler->deliver(numbered(1));
    handler->deliver(numbered(2));
    QCOMPARE(got, (QList<quint64>{1, 2}));
    QVERIFY(handler.failures().isEmpty());
    QCOMPARE(handler->pattern().text(), u"order"_s);
    QCOMPARE(handler->sender(), PyventSender());
}

void TestReceiver::endsWithItsContext()
{
    auto context = std::make_unique<QObject>();
    int calls = 0;
    int changes = 0;
    Handler handler(context.get(), count(&calls), [&changes] { ++changes; });
    QCOMPARE(changes, 0);
    context.reset();
    QVERIFY(changes > 0);
    QVERIFY(!handler->isWanted());
    handler->deliver(numbered(1));
    QCOMPARE(calls, 0);
}

void TestReceiver::endsWithItsContextInAnotherThread()
{
    Worker worker;
    int calls = 0;
    std::atomic<int> changes = 0;
    Handler handler(worker.context(), count(&calls), [&changes] { ++changes; });
    worker.destroyContext();
    QVERIFY(changes > 0);
    QVERIFY(!handler->isWanted());
    handler->deliver(numbered(1));
    QCOMPARE(calls, 0);
}

// Whoever is told may look at once, in another thread; if the handler still said that it is wanted, nobody
// would look again, and it would be kept for good.
void TestReceiver::isUnwantedWhenItTellsSo()
{
    auto context = std::make_unique<QObject>();
    int calls = 0;
    QList<bool> wanted;
    const HandlerReceiver *receiver = nullptr;
    Handler handler(context.get(), count(&calls), [&] { wanted.append(receiver->isWanted()); });
    receiver = handler.operator->();
    context.reset();
    QVERIFY(!wanted.isEmpty());
    QVERIFY2(!wanted.constLast(), "at the context's end");

    QObject other;
    wanted.clear();
    Handler second(&other, count(&calls), [&] { wanted.append(receiver->isWanted()); });
    receiver = second.operator->();
    QObject::disconnect(second->connection());
    QVERIFY(!wanted.isEmpty());
    QVERIFY2(!wanted.constLast(), "when disconnected");
}

void TestReceiver::withoutContextItIsNotWanted()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"nullptr"_s));
    int calls = 0;
    Handler handler(nullptr, count(&calls));
    QVERIFY(!handler->isWanted());
    QVERIFY(!handler->connection());
    handler->deliver(numbered(1));
    QCOMPARE(calls, 0);
}

void TestReceiver::runsInAnotherThread()
{
    Worker worker;
    QList<quint64> got;
    QThread *ranIn = nullptr;
    Handler handler(worker.context(), [&](const PyventEvent &event) {
        got.append(event.sequence);
        ranIn = QThread::currentThread();
        return QString();
    });
    for (quint64 i = 1; i <= 3; ++i)
        handler->deliver(numbered(i));
    QVERIFY(got.isEmpty());
    worker.handleWhatIsQueued();
    QCOMPARE(got, (QList<quint64>{1, 2, 3}));
    QCOMPARE(ranIn, worker.thread());
}

void TestReceiver::followsItsContextToAnotherThread()
{
    QObject context;
    int calls = 0;
    QThread *ranIn = nullptr;
    Handler handler(&context, [&](const PyventEvent &) {
        ++calls;
        ranIn = QThread::currentThread();
        return QString();
    });
    handler->deliver(numbered(1));
    QCOMPARE(ranIn, QThread::currentThread());

    QThread thread;
    context.moveToThread(&thread);
    handler->deliver(numbered(2));
    QCOMPARE(calls, 1);
    QThread *const here = QThread::currentThread();
    QMetaObject::invokeMethod(
        &context,
        [&] {
            context.moveToThread(here);
            thread.quit();
        },
        Qt::QueuedConnection);
    thread.start();
    thread.wait();
    QCOMPARE(calls, 2);
    QCOMPARE(ranIn, &thread);
}

void TestReceiver::disconnecting()
{
    QObject context;
    int calls = 0;
    int changes = 0;
    Handler handler(&context, count(&calls), [&changes] { ++changes; });
    QVERIFY(QObject::disconnect(handler->connection()));
    QVERIFY(changes > 0);
    QVERIFY(!handler->isWanted());
    handler->deliver(numbered(1));
    QCOMPARE(calls, 0);
}

void TestReceiver::ending()
{
    QObject context;
    int calls = 0;
    Handler handler(&context, count(&calls));
    handler->end();
    QVERIFY(!handler->isWanted());
    handler->end();
    handler->deliver(numbered(1));
    QCOMPARE(calls, 0);
}

void TestReceiver::noCallAfterTheEnd_data()
{
    QTest::addColumn<bool>("byHand");
    QTest::newRow("end()") << false;
    QTest::newRow("QObject::disconnect()") << true;
}

// The thread that ends a handler frees what the handler uses, while events for it are still in that thread's
// queue.
void TestReceiver::noCallAfterTheEnd()
{
    QFETCH(const bool, byHand);
    Worker worker;
    int calls = 0;
    Handler handler(worker.context(), count(&calls));
    handler->deliver(numbered(1));
    handler->deliver(numbered(2));
    if (byHand)
        QObject::disconnect(handler->connection());
    else
        handler->end();
    worker.handleWhatIsQueued();
    QCOMPARE(calls, 0);
}

void TestReceiver::noCallForAContextThatEnded()
{
    int calls = 0;
    Worker worker;
    Handler handler(worker.context(), [&calls](const PyventEvent &) {
        ++calls;
        return QString();
    });
    QMetaObject::invokeMethod(
        worker.context(), [] {}, Qt::QueuedConnection);
    worker.destroyContext();
    handler->deliver(numbered(1));
    QCOMPARE(calls, 0);
}

void TestReceiver::failures_data()
{
    QTest::addColumn<int>("kind");
    QTest::addColumn<QStringList>("failures");
    QTest::newRow("none") << 0 << QStringList();
    QTest::newRow("it could not be called") << 1 << QStringList(u"order: no food"_s);
    QTest::newRow("an exception") << 2 << QStringList(u"order: it threw: no rice"_s);
    QTest::newRow("something else") << 3 << QStringList(u"order: it threw something that is no std::exception"_s);
}

void TestReceiver::failures()
{
    QFETCH(const int, kind);
    QFETCH(const QStringList, failures);
    QObject context;
    Handler handler(&context, [kind](const PyventEvent &) -> QString {
        switch (kind) {
        case 1:
            return u"no food"_s;
        case 2:
            throw std::runtime_error("no rice");
        case 3:
            throw 42;
        default:
            return QString();
        }
    });
    handler->deliver(numbered(1));
    QCOMPARE(handler.failures(), failures);
    handler->deliver(numbered(2));
    QCOMPARE(handler.failures(), failures + failures);
    QVERIFY(handler->isWanted());
}

void TestReceiver::failuresInAnotherThread()
{
    Worker worker;
    int calls = 0;
    Handler handler(worker.context(), [&calls](const PyventEvent &) -> QString {
        ++calls;
        throw std::runtime_error("no rice");
    });
    handler->deliver(numbered(1));
    handler->deliver(numbered(2));
    worker.handleWhatIsQueued();
    QCOMPARE(calls, 2);
    QCOMPARE(handler.failures(), QStringList(2, u"order: it threw: no rice"_s));
}

void TestReceiver::theBacklogIsBounded()
{
    Worker worker;
    int calls = 0;
    Handler handler(worker.context(), count(&calls));
    const PyventEvent event = numbered(1);
    for (int i = 0; i < maximumBacklog; ++i)
        handler->deliver(event);
    QVERIFY(handler.failures().isEmpty());
    for (int i = 0; i < 10; ++i)
        handler->deliver(event);
    QCOMPARE(handler.failures().size(), 1); // told once, not for each event
    QVERIFY(handler.failures().constFirst().startsWith("order: "_L1));
    QVERIFY(handler.failures().constFirst().contains("100000"_L1));
    QCOMPARE(handler.missed(), QList<quint64>(10, event.sequence)); // each of them

    worker.handleWhatIsQueued();
    QCOMPARE(calls, maximumBacklog);
    handler->deliver(event); // it has caught up
    worker.handleWhatIsQueued();
    QCOMPARE(calls, maximumBacklog + 1);
    QCOMPARE(handler.failures().size(), 1);

    for (int i = 0; i <= maximumBacklog; ++i)
        handler->deliver(event);
    QCOMPARE(handler.failures().size(), 2); // told again, the next time
}

void TestReceiver::directCallsAreNoBacklog()
{
    QObject context;
    int calls = 0;
    Handler handler(&context, [&calls](const PyventEvent &) -> QString {
        if (++calls % 2)
            throw std::runtime_error("odd");
        return QString();
    });
    const PyventEvent event = numbered(1);
    for (int i = 0; i < 2 * maximumBacklog + 2; ++i)
        handler->deliver(event);
    QCOMPARE(calls, 2 * maximumBacklog + 2);
    QVERIFY(!handler.failures().constLast().contains("behind"_L1));
}

void TestReceiver::theContextMayEndInItsHandler()
{
    auto *context = new QObject;
    int calls = 0;
    Handler handler(context, [&](const PyventEvent &) {
        ++calls;
        delete std::exchange(context, nullptr);
        return u"gone"_s;
    });
    handler->deliver(numbered(1));
    QCOMPARE(calls, 1);
    QCOMPARE(handler.failures(), QStringList(u"order: gone"_s));
    QVERIFY(!handler->isWanted());
}

void TestReceiver::theReceiverMayEndInItsHandler()
{
    QObject context;
    int calls = 0;
    std::shared_ptr<HandlerReceiver> receiver;
    Handler handler(&context, [&](const PyventEvent &) {
        ++calls;
        receiver->end();
        receiver.reset();
        return u"gone"_s;
    });
    receiver = handler.take();
    const std::shared_ptr<HandlerReceiver> called = receiver; // whoever delivers holds it, as Fanout::next() does
    called->deliver(numbered(1));
    QCOMPARE(calls, 1);
    QVERIFY(!receiver);
    QCOMPARE(handler.failures(), QStringList(u"order: gone"_s));
    called->deliver(numbered(2));
    QCOMPARE(calls, 1);
}

void TestReceiver::aHandlerMayDeliverAgain()
{
    QObject context;
    QList<quint64> got;
    HandlerReceiver *receiver = nullptr;
    Handler handler(&context, [&](const PyventEvent &event) {
        got.append(event.sequence);
        if (event.sequence < 3)
            receiver->deliver(numbered(event.sequence + 1));
        got.append(event.sequence);
        return QString();
    });
    receiver = handler.operator->();
    receiver->deliver(numbered(1));
    QCOMPARE(got, (QList<quint64>{1, 2, 3, 3, 2, 1}));
}

void TestReceiver::knowsItsContext()
{
    QObject context;
    const QObject other;
    int calls = 0;
    Handler handler(&context, count(&calls));
    QVERIFY(handler->isHandlerOf(&context));
    QVERIFY(!handler->isHandlerOf(&other));
    QVERIFY(handler->isHandlerOf(nullptr)); // of any
}

PYVENT_TEST(TestReceiver)
#include "tst_receiver.moc"
