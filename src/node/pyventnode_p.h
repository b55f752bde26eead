// SPDX-License-Identifier: MIT
#ifndef PYVENT_NODE_PYVENTNODE_P_H
#define PYVENT_NODE_PYVENTNODE_P_H

#include "delivery/losscounter.h"
#include "dispatch/receivertable.h"
#include "node/eventdecoder.h"
#include "node/eventencoder.h"
#include "node/inbox.h"
#include "node/link.h"
#include "node/nodewaker.h"
#include "node/presence.h"
#include "node/recovery.h"
#include "node/replays.h"
#include "pyventnode.h"
#include "server/server.h"

#include <QtCore/qpromise.h>

#include <deque>
#include <functional>
#include <map>
#include <tuple>

// A node's inside. The mutex of its group guards it all; user code never runs under it. Its link to the bus is driven by
// whoever is there: the event loop of a node's thread, by turn(), a call that waits, by waitUntil(), or the library's Standby.
//
// Functions that take a Lock need it held; the others need it free.
class PyventNodePrivate : public std::enable_shared_from_this<PyventNodePrivate>, private Pyvent::Internal::Link::Member
{
public:
    using Clock = std::chrono::steady_clock;
    using Lock = Pyvent::Internal::NodeGroup::Lock;
    using Receiver = Pyvent::Internal::Receiver;
    using ReceiverTable = Pyvent::Internal::ReceiverTable;

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
    const PyventOptions &options(const Lock &) const { return m_options; }
    bool setOptions(const PyventOptions &options);

    // The node's life
    bool start(const Lock &);
    bool startServer(const Lock &);
    void stop(PyventNode::Parts parts);
    // Whether this is the process that the node was made in, and no child of that by fork(); tells if not.
    bool checkProcess(const Lock &);
    void nodeEnds();
    PyventNode::State state(const Lock &) const { return m_state; }
    bool isServing(const Lock &) const { return m_server != nullptr; }

    // Hearing
    void add(const Lock &, std::shared_ptr<Receiver> receiver, const PyventReplay &replay = {});
    template <typename... What> // as ReceiverTable::removeIf() takes it
    qsizetype removeIf(const What &...what)
    {
        return remove([&](ReceiverTable &table) { return table.removeIf(what...); });
    }
    QMetaObject::Connection addHandler(const QString &pattern, const PyventFilter &filter, const QObject *context,
                                       PyventBinding::Callback callback);
    PyventSubscription *subscription(const QString &pattern, const PyventFilter &filter);
    void next(const QString &pattern, const PyventFilter &filter,
              const std::shared_ptr<QPromise<PyventEvent>> &promise);
    void hearEverything();
    // Something under \a pattern may have ended. May be called while Qt holds locks of its own.
    void connectionsChanged(const QString &pattern) { m_waker.scheduleToPrune(pattern); }

    // Sending
    bool send(const Lock &, QAnyStringView name, const QVariantMap &arguments, const QString &sender);
    void dispatch(const QString &name, const QVariantMap &arguments, const QString &sender);
    quint64 accepted(const Lock &) const { return m_seat ? m_seat->share.accepted : 0; }
    bool isAcknowledged(const Lock &, quint64 accepted) const;

    // Events that wait: to go out, and for their acknowledgement.
    struct Waiting
    {
        qsizetype unsent = 0;
        qsizetype unacknowledged = 0;

        friend bool operator==(const Waiting &, const Waiting &) = default;
    };
    Waiting waiting(const Lock &) const;

    // Waiting
    struct Waiter
    {
        PyventPattern pattern;
        PyventSender sender;
        std::optional<PyventEvent> event;
    };
    void addWaiter(const Lock &, Waiter *waiter) { m_waiters.push_back(waiter); }
    void removeWaiter(const Lock &, Waiter *waiter) { std::erase(m_waiters, waiter); }
    QFuture<void> whenReady(const Lock &);
    QFuture<QList<PyventNodeInfo>> findNodes(const Lock &, std::chrono::milliseconds within);

    // The time \a timeout from now, however large that is.
    static Clock::time_point after(std::chrono::milliseconds timeout);

    // Drives the link until \a condition holds, \a deadline at most; returns whether it does. The lock is held when
    // \a condition is called.
    bool waitUntil(Lock &lock, Clock::time_point deadline, const std::function<bool()> &condition);

    // Telling
    PyventError lastError(const Lock &) const { return m_lastError; }
    const Pyvent::Internal::UnreadableFrames &unreadable(const Lock &) const { return m_decoder.unreadable(); }
    void fail(const Lock &, const PyventError &error);
    void handlerFailed(const QString &name, const QString &reason);
    void handlerFailed(const Lock &, const QString &name, const QString &reason);
    void handlerMissed(const PyventEvent &event);

    // Emits what has happened, if this is the node's thread; has the node's thread do it otherwise.
    void tell();
    bool hasNews(const Lock &) const { return !m_notifications.empty() || !m_losses.isEmpty(); }

    // One turn of the node's event loop: reads, delivers for a few milliseconds at most, and arms what wakes it next.
    void turn();

    // Has the node's thread take a turn().
    void scheduleTurn() override { m_waker.schedule(); }

    // There is another QCoreApplication, and with it another event loop in its thread, which knows nothing of the last one's
    // notifiers, timers and events. In the node's thread.
    void eventLoopBegins();

private:
    using Notification = std::function<void(PyventNode *)>;

    // With the lock held:
    void apply(const PyventOptions &options);
    QString defaultSender() const;
    void notify(Notification notification);
    void updateState();
    void updateCounts(const Lock &lock);
    void noteSent(QByteArrayView frame);
    void tellUnheard(const Pyvent::Internal::Server &server);
    Pyvent::Internal::EventDecoder::Result decode(const Lock &, QByteArrayView frame,
                                                  Pyvent::Internal::EventDecoder::Way way, Clock::time_point now);
    bool hasRoomFor(QByteArrayView topic) const;
    void takeFrame(const Lock &, QByteArrayView bytes, Clock::time_point now);
    void readControl(const Lock &, QByteArrayView bytes, Clock::time_point now);
    void take(const Lock &, QByteArrayView bytes, Clock::time_point now) override;
    void process(const Lock &, Clock::time_point now) override;
    bool takeOver(const Lock &) override;
    bool needsTurn(const Lock &lock) const override
    {
        return !m_inbox.isEmpty() || hasNews(lock) || waiting(lock) != m_toldWaiting
            || m_decoder.unreadable().count() != m_toldUnreadable;
    }
    void takeReleased(const Lock &, Clock::time_point now);
    void recover(const Lock &, Clock::time_point now);
    // Not before this node is Ready again: nobody could answer, and that is not the senders' silence.
    bool mayRecover() const { return m_state != PyventNode::Connecting && !m_lostServer; }
    void subscribe(const QByteArray &prefix);
    void take(const Lock &, Pyvent::Internal::EventDecoder::Result &&result, QByteArrayView frame,
              Clock::time_point now);
    void deliverElsewhere(const Lock &, const Pyvent::Internal::EventDecoder::Result &result);
    void offerToWaiters(const Pyvent::Internal::EventDecoder::Result &result);
    Pyvent::Internal::Replays::Deliver replayTo(const Lock &lock, Clock::time_point now);
    void meetOthers(const Lock &, Clock::time_point now);
    PyventNodeInfo info(const Lock &) const;
    Clock::time_point deadline(const Lock &) const override;
    void complainAboutSilence(const Lock &, Clock::time_point now);
    void apply(const Lock &, const ReceiverTable::Removal &removal);
    bool mayBeUsed(const Lock &);
    bool joinLink(const Lock &);
    bool serve(const Lock &, bool byHand);

    // Without:
    bool deliverOne(Pyvent::Internal::Inbox::Arrivals *finished);
    void deliver(Receiver &receiver, const PyventEvent &event);
    void prune(const QSet<QString> &patterns);
    qsizetype remove(const std::function<ReceiverTable::Removal(ReceiverTable &)> &removeFrom);
    void arm();
    PyventNode *node() const { return m_waker.node(); }

    const std::shared_ptr<Pyvent::Internal::NodeGroup> m_group = Pyvent::Internal::NodeGroup::ofThread();
    const QUuid m_uuid = QUuid::createUuid();
    PyventOptions m_options;
    bool m_used = false;
    PyventNode::State m_state = PyventNode::Stopped;
    PyventError m_lastError;
    PyventError m_refusal;       // of every use: bad options of the constructor's, or a node of the parent's
    QSet<QString> m_failedNames; // whose handlers' first failure was logged

    std::shared_ptr<Pyvent::Internal::Link> m_link; // while the node is on the bus, with its seat
    Pyvent::Internal::Link::Seat *m_seat = nullptr;
    std::unique_ptr<Pyvent::Internal::Server> m_server;
    bool m_hasEnded = false;
    std::optional<Clock::time_point> m_outOfMemoryUntil;
    std::optional<Clock::time_point> m_retryAt; // while the system does not give what a link needs
    bool m_mayServe = false;                    // by itself, when nobody else does
    bool m_portInUse = false;                   // the last attempt to serve found somebody there
    bool m_queueWasFull = false;
    quint64 m_unheard = 0; // events that nobody can have heard, unless other clients come to the server
    Waiting m_toldWaiting; // as the properties' signals had it last
    quint64 m_toldUnreadable = 0;
    bool m_complained = false;
    bool m_complainedAboutServing = false;

    ReceiverTable m_table;
    Pyvent::Internal::Recovery m_recovery;
    Pyvent::Internal::Replays m_replays;
    Pyvent::Internal::EventEncoder m_encoder;
    Pyvent::Internal::EventDecoder m_decoder;
    bool m_lostServer = false; // since this node was Ready last
    Pyvent::Internal::Presence m_presence;
    std::shared_ptr<Receiver> m_everything; // what feeds eventReceived() and received(), if it is in the table
    // By name, sender, and the two limits of the replay.
    using SubscriptionKey = std::tuple<QString, QString, qsizetype, std::chrono::milliseconds>;
    std::map<SubscriptionKey, QPointer<PyventSubscription>> m_subscriptions;

    Pyvent::Internal::Inbox m_inbox;
    Pyvent::Internal::LossCounter m_losses;

    std::deque<Notification> m_notifications;
    std::vector<QPromise<void>> m_readyPromises;
    std::vector<Waiter *> m_waiters;

    Pyvent::Internal::NodeWaker m_waker;

    friend class PyventNode;
};

#endif
