// SPDX-License-Identifier: MIT
#ifndef PYVENT_NODE_PYVENTNODE_P_H
#define PYVENT_NODE_PYVENTNODE_P_H

#include "asking/questions.h"
#include "node/heldvalue.h"
#include "node/linkdriver.h"
#include "node/nodewaker.h"
#include "node/notices.h"
#include "node/serving.h"
#include "pickle/argumentlist.h"
#include "pyventanswering.h"
#include "pyventnode.h"
#include "session/session.h"

#include <QtCore/qthread.h>

#include <atomic>
#include <functional>
#include <map>
#include <tuple>

// A node's inside: what makes a session of the bus a QObject. THREADS.md says what runs where, and under which lock.
//
// Functions that take a Lock need it held, and reach by it what the lock guards; the others need it free.
class PyventNodePrivate : public std::enable_shared_from_this<PyventNodePrivate>,
                          private Pyvent::Internal::LinkDriver::Member
{
public:
    using Clock = std::chrono::steady_clock;
    using ArgumentList = Pyvent::Internal::ArgumentList;
    using Lock = Pyvent::Internal::NodeGroup::Lock;
    using Receiver = Pyvent::Internal::Receiver;
    using ReceiverTable = Pyvent::Internal::ReceiverTable;
    using Serving = Pyvent::Internal::Serving;
    using Session = Pyvent::Internal::Session;
    using Waiter = Pyvent::Internal::Waiter;

    // The pattern under which eventReceived() and received() hear.
    static QString everything() { return QStringLiteral("*"); }

    PyventNodePrivate(PyventNode *node, const PyventOptions &options);
    ~PyventNodePrivate() override;

    static std::shared_ptr<PyventNodePrivate> of(const PyventNode &node) { return node.d; }

    // Gives a node of the parent's another inside, in a child of fork(), and returns the one that it had. That must not be
    // destroyed: the threads of ZeroMQ, which its sockets would wait for, are missing here.
    static std::shared_ptr<PyventNodePrivate> replaceInChild(PyventNode *node);

    Lock lock() const { return m_group->lock(); }

    QUuid uuid() const { return m_uuid; }

    // Options
    const PyventOptions &options(const Lock &lock) const { return m_life(lock).options; }
    bool setOptions(const PyventOptions &options);

    // The node's life
    bool start(const Lock &lock);
    bool startServer(const Lock &lock);
    void stop(PyventNode::Parts parts);
    // Whether this is the process that the node was made in, and no child of that by fork(); tells if not.
    bool checkProcess(const Lock &lock);
    void nodeEnds();
    PyventNode::State state(const Lock &lock) const;
    bool isServing(const Lock &lock) const { return m_serving(lock).isServing(); }

    // Hearing
    void add(const Lock &lock, std::shared_ptr<Receiver> receiver, const PyventReplay &replay = {}, bool last = false);
    template <typename... What> // as ReceiverTable::removeIf() takes it
    qsizetype removeIf(const What &...what)
    {
        return remove([&](ReceiverTable &table) { return table.removeIf(what...); });
    }
    QMetaObject::Connection addHandler(const QString &pattern, const PyventFilter &filter, const QObject *context,
                                       PyventBinding::Callback callback,
                                       Receiver::Hears hears = Receiver::Hears::Arguments);
    QMetaObject::Connection addSharingHandler(const QString &pattern, const PyventFilter &filter,
                                              const QObject *context, PyventBinding::Callback callback,
                                              Receiver::Hears hears);
    PyventSubscription *subscription(const QString &pattern, const PyventFilter &filter);
    template <typename AnyReceiver> // HandlerReceiver, FunctionReceiver
    void hearNewest(const std::shared_ptr<AnyReceiver> &receiver, const PyventFilter &filter);
    void next(const QString &pattern, const PyventFilter &filter,
              const std::shared_ptr<QPromise<PyventEvent>> &promise);
    void hearEverything();
    // Something under \a pattern may have ended. May be called while Qt holds locks of its own.
    void connectionsChanged(const QString &pattern) { m_waker.scheduleToPrune(pattern); }

    // Asking and answering
    QFuture<PyventAnswer> ask(const QString &name, const QVariantMap &args, const PyventAskOptions &options,
                              Pyvent::Internal::Asker::Wants wants);
    QMetaObject::Connection addAnswerer(const QString &pattern, const PyventFilter &filter, const QObject *context,
                                        PyventBinding::Answering function);

    // Shared values
    using HeldValue = Pyvent::Internal::HeldValue;
    using SharedValues = Pyvent::Internal::SharedValues;
    struct ValueState
    {
        SharedValues::Write write;
        Clock::time_point since; // it was written, as far as this node knows
    };
    std::shared_ptr<HeldValue> holdValue(const QString &name, std::function<void()> changed);
    void releaseValue(const std::shared_ptr<HeldValue> &held);
    ValueState valueState(const HeldValue &held) const;
    bool setValue(const QString &name, const QVariant &value);
    QFuture<bool> compareAndSet(const HeldValue &held, const QVariant &value, std::chrono::milliseconds timeout);

    // Sending
    bool send(const Lock &lock, QAnyStringView name, const ArgumentList &arguments, const QString &sender);
    bool sendAndTell(QAnyStringView name, const ArgumentList &arguments, const PyventSendOptions &options);
    bool forward(const PyventFrame &frame);
    bool keep(const PyventFrame &frame);
    bool askKept(quint64 after);
    bool askLast(const QString &name);
    void dispatch(const QString &name, const QVariantMap &arguments, const QString &sender);
    quint64 accepted(const Lock &lock) const { return m_session(lock).accepted(); }
    quint64 acknowledged(const Lock &lock) const { return m_session(lock).acknowledged(); }
    void tellAcknowledged();
    bool isAcknowledged(const Lock &lock, quint64 accepted) const
    {
        return m_session(lock).isJoined() && m_session(lock).acknowledged() >= accepted;
    }
    Session::Waiting waiting(const Lock &lock) const { return m_session(lock).waiting(); }

    // Waiting
    void addWaiter(const Lock &lock, Waiter *waiter) { m_session(lock).addWaiter(waiter); }
    void removeWaiter(const Lock &lock, Waiter *waiter) { m_session(lock).removeWaiter(waiter); }
    QFuture<void> whenReady(const Lock &lock);
    QFuture<QList<PyventNodeInfo>> findNodes(const Lock &lock, std::chrono::milliseconds within);

    bool setAbout(const QVariantMap &about);
    QVariantMap about(const Lock &lock) const { return m_session(lock).about(); }
    void announce(const QUuid &node, bool asForwarder);
    void hearDescriptions();
    void watchNodes();
    QList<PyventNodeInfo> nodes(const Lock &lock) const { return m_session(lock).others(); }
    bool setWill(const QString &name, const QVariantMap &args, const QString &sender);
    void clearWill();

    // The time \a timeout from now, however large that is.
    static Clock::time_point after(std::chrono::milliseconds timeout);

    // Drives the link until \a condition holds, \a deadline at most; returns whether it does. The lock is held when
    // \a condition is called.
    bool waitUntil(Lock &lock, Clock::time_point deadline, const std::function<bool()> &condition);

    // Telling
    PyventError lastError(const Lock &lock) const { return m_session(lock).news().lastError(); }
    const Pyvent::Internal::UnreadableFrames &unreadable(const Lock &lock) const
    {
        return m_session(lock).unreadable();
    }
    void fail(const Lock &lock, const PyventError &error) { m_session(lock).news().fail(error); }
    void handlerFailed(const QString &name, const QString &reason);
    void handlerMissed(const PyventEvent &event);

    // Emits what has happened, if this is the node's thread; has the node's thread do it otherwise.
    void tell();
    bool hasNews(const Lock &lock);

    // One turn of the node's event loop: reads, delivers for a few milliseconds at most, and arms what wakes it next.
    void turn();

    // Has the node's thread take a turn().
    void scheduleTurn() override { m_waker.schedule(); }

    bool isHere() const override { return m_waker.isNodeThread(); }

    // There is another QCoreApplication, and with it another event loop in its thread, which knows nothing of the last one's
    // notifiers, timers and events. In the node's thread.
    void eventLoopBegins();

private:
    using Notices = Pyvent::Internal::Notices;

    // How the node lives.
    struct Life
    {
        PyventOptions options;
        PyventError refusal; // of every use: bad options of the constructor's, or a node of the parent's
        bool isUsed = false;
        std::optional<Pyvent::Internal::Endpoint> endpoint; // once it is used
        bool hasEnded = false;
        std::optional<Clock::time_point> retryAt;             // while the system does not give what a link needs
        std::shared_ptr<Pyvent::Internal::LinkDriver> driver; // while the session is joined
    };

    // What feeds the node's own signals, and its subscriptions.
    struct Feeds
    {
        // By name, sender, the two limits of the replay, whether it hears the last event first, the two of what may be skipped, and the group
        // that shares.
        using SubscriptionKey = std::tuple<QString, QString, qsizetype, std::chrono::milliseconds, bool, bool,
                                           std::chrono::milliseconds, QString>;

        std::shared_ptr<Receiver> everything; // for eventReceived() and received(), if it is in the table
        std::map<SubscriptionKey, QPointer<PyventSubscription>> subscriptions;
        std::multimap<const SharedValues::Holder *, std::weak_ptr<HeldValue>> values;
        std::map<quint64, std::pair<std::shared_ptr<QPromise<bool>>, QByteArray>>
            sets; // questions to the server, and the value's name
    };

    // With the lock held:
    void apply(const Lock &lock, const PyventOptions &options);
    void apply(const Lock &lock, const ReceiverTable::Removal &removal);
    ReceiverTable::Removal removeFrom(const Lock &lock,
                                      const std::function<ReceiverTable::Removal(ReceiverTable &)> &remove);
    bool mayBeUsed(const Lock &lock);
    bool mayName(const Lock &lock, QAnyStringView name);
    void hasSent(const Lock &lock);
    bool joinLink(const Lock &lock);
    static void use(Life &life);
    void servingEnds(const Lock &lock);
    bool serve(const Lock &lock, Serving::How how);
    void leaveLink(const Lock &lock, Session::Left *left);
    void notify(const Lock &lock, Notices::Notice notice);
    void collectNews(const Lock &lock);
    void collectValues(const Lock &lock);
    void tellSet(const Lock &lock, const QString &name, const SharedValues::Answer &answer,
                 const std::shared_ptr<QPromise<bool>> &promise);
    void wantService(const Lock &lock);
    void addMember(const Lock &lock, quint32 number, std::shared_ptr<Receiver> receiver, const QString &group);
    void processed(const Lock &lock, Clock::time_point now) override;
    bool tryToServe(const Lock &lock) override;
    bool needsTurn(const Lock &lock) const override;
    bool hasNotices(const Lock &lock) const;

    // Without:
    void stopClient(Lock &lock, Clock::time_point deadline, Session::Left *left);
    void stopServer(Lock &lock, Clock::time_point deadline);
    QString answer(const PyventBinding::Answering &function, const PyventEvent &event);
    void reply(const Pyvent::Internal::ReplyAddress &address, const PyventAnswer &answer);
    quint64 beginWork(Pyvent::Internal::Answerer::Work &&work);
    void endWork(quint64 number, const PyventAnswer &answer);
    void hasReplied(Lock lock);
    PyventBinding::Callback sharing(quint32 number, PyventBinding::Callback callback);
    QString work(quint32 number, const PyventBinding::Callback &callback, const PyventEvent &event);
    void endWork(quint32 number, quint64 id);
    void seeToDue(const Lock &lock);
    void runDue();
    std::shared_ptr<Receiver> makeHandler(const QString &pattern, const PyventFilter &filter, const QObject *context,
                                          PyventBinding::Callback callback, Receiver::Hears hears,
                                          QMetaObject::Connection *connection);
    bool deliverOne(Pyvent::Internal::Inbox::Arrivals *finished, Pyvent::Internal::TurnBudget *budget);
    void deliver(Receiver &receiver, const PyventEvent &event);
    void call(Receiver &receiver);
    std::shared_ptr<const PyventEvent> takeNewest(const std::shared_ptr<Receiver> &receiver);
    void prune(const QSet<QString> &patterns);
    void heardWrite(const PyventFrame &frame);
    qsizetype remove(const std::function<ReceiverTable::Removal(ReceiverTable &)> &removeFrom);
    void arm();
    PyventNode *node() const { return m_waker.node(); }

    template <typename Value>
    using Guarded = Pyvent::Internal::NodeGroup::Guarded<Value>;

    const std::shared_ptr<Pyvent::Internal::NodeGroup> m_group = Pyvent::Internal::NodeGroup::ofThread();
    const QUuid m_uuid = m_group->newNode();
    Guarded<Life> m_life;
    Guarded<Session> m_session;
    Guarded<Pyvent::Internal::Questions> m_questions; // after what they are about
    Guarded<Serving> m_serving;
    Guarded<Notices> m_notices;
    Guarded<Feeds> m_feeds;
    Pyvent::Internal::NodeWaker m_waker; // has a lock of its own
    std::atomic<Qt::HANDLE> m_turningThread = nullptr;

    friend class PyventNode;
};

#endif
