// SPDX-License-Identifier: MIT
#ifndef PYVENT_DISPATCH_RECEIVER_H
#define PYVENT_DISPATCH_RECEIVER_H

#include "dispatch/newestevents.h"
#include "pyventbinding.h"
#include "pyventevent.h"
#include "pyventpattern.h"
#include "pyventsender.h"

#include <QtCore/qobject.h>
#include <QtCore/qpointer.h>

#include <atomic>
#include <functional>
#include <memory>

namespace Pyvent::Internal {

// How much waits for a handler of what may.
enum class Backlog : quint8 {
    Small,
    Medium, // a quarter
    Large   // half
};

constexpr Backlog backlogOf(qsizetype waiting, qsizetype most)
{
    return waiting >= most / 2 ? Backlog::Large : waiting >= most / 4 ? Backlog::Medium : Backlog::Small;
}

// What stands in the table under a name or a glob, and gets the events that match it.
class Receiver
{
public:
    // What it gets of an event: its arguments, or, as toEvent() has them, its bytes; Writes: likewise, and it never forwards them.
    enum class Hears : quint8 { Arguments, Frames, Writes };

    Receiver(const PyventPattern &pattern, const PyventSender &sender, Hears hears = Hears::Arguments)
        : m_pattern(pattern)
        , m_sender(sender)
        , m_hears(hears)
    {
    }
    virtual ~Receiver();
    Q_DISABLE_COPY_MOVE(Receiver)

    const PyventPattern &pattern() const { return m_pattern; }
    const PyventSender &sender() const { return m_sender; }
    Hears hears() const { return m_hears; }

    // Whether anyone still listens. A receiver that is not wanted gets no events and is removed.
    virtual bool isWanted() const = 0;

    // Makes it unwanted from now on.
    virtual void end() = 0;

    // Whether it is a handler of \a context; nullptr: of any.
    virtual bool isHandlerOf(const QObject *) const { return false; }

    // Hands over one event whose name and sender match. Runs user code.
    virtual void deliver(const PyventEvent &event) = 0;

    // Whether it hears in another thread than the node's, so that it need not wait for that one. Always the same.
    virtual bool isElsewhere() const { return false; }

    // The same as deliver(), for one that is elsewhere: puts the event into the event queue of its thread, and runs no code of
    // the user's or the node's. It does not where that thread is too far behind: \a why says so, for people, the first time.
    virtual bool post(const PyventEvent &, [[maybe_unused]] QString *why) { return false; }

    // What was put there and was not heard yet.
    virtual Backlog backlog() const { return Backlog::Small; }

    // What waits for one that hears only the newest events; null for others. Whose node it is guards it.
    virtual NewestEvents *newest() const { return nullptr; }

    // For such a one: it is its turn, and it takes what it hears where it hears, by its Pull. Runs user code, unless it is
    // elsewhere.
    virtual void call() { }

    // Whether it hears the event \a sequence of \a node from the bus, and not in another way.
    virtual bool isToHear([[maybe_unused]] const QUuid &node, [[maybe_unused]] quint64 sequence) const { return true; }

private:
    const PyventPattern m_pattern;
    const PyventSender m_sender;
    const Hears m_hears;
};

// Takes an event of NewestEvents for the receiver; null if there is none any more. Called in the receiver's thread.
using Pull = std::function<std::shared_ptr<const PyventEvent>()>;

// How a receiver hears only the newest events.
struct Newest
{
    NewestEvents events;
    Pull pull;
};

// What a handler shares with the calls of it that wait in another thread's event queue.
struct HandlerState
{
    std::atomic<int> backlog = 0;
    std::atomic<bool> ended = false; // from then on a call that waits does nothing
    std::unique_ptr<Newest> newest;  // set before there are calls
};

// Carries an event to one handler. It is a QObject because Qt's connections already know all about a context object:
// its thread, its moving to another one, and its end in the middle of everything. It has one connection, once.
class HandlerEmitter : public QObject
{
    Q_OBJECT
public:
    HandlerEmitter(std::shared_ptr<HandlerState> state, std::function<void()> connectionsChanged)
        : m_state(std::move(state))
        , m_connectionsChanged(std::move(connectionsChanged))
    {
    }

Q_SIGNALS:
    void fired(const PyventEvent &event);

protected:
    void disconnectNotify(const QMetaMethod &signal) override;

private:
    std::shared_ptr<HandlerState> m_state;
    std::function<void()> m_connectionsChanged;
};

// Where a handler's failure goes. Called in the handler's thread.
using HandlerFailed = std::function<void(const QString &name, const QString &reason)>;

// Where events go that are not handed to a handler, because its thread is too far behind.
using HandlerMissed = std::function<void(const PyventEvent &event)>;

// A handler made by PyventNode::on().
class HandlerReceiver : public Receiver
{
public:
    // \a connectionsChanged is called, in any thread, when the handler may have ended. \a nodeThread is where others hear.
    HandlerReceiver(const PyventPattern &pattern, const PyventSender &sender, const QObject *context,
                    PyventBinding::Callback callback, HandlerFailed failed, HandlerMissed missed,
                    std::function<void()> connectionsChanged, const QThread *nodeThread = nullptr,
                    Hears hears = Hears::Arguments);

    QMetaObject::Connection connection() const { return m_connection; }
    bool isHandlerOf(const QObject *context) const override { return !context || m_context == context; }

    bool isWanted() const override;
    void end() override { QObject::disconnect(m_connection); }
    void deliver(const PyventEvent &event) override;
    bool isElsewhere() const override { return m_isElsewhere; }
    bool post(const PyventEvent &event, QString *why) override;
    Backlog backlog() const override;

    // From now on it hears only the newest events, one in \a period at most. Before anybody else knows it.
    void hearNewest(std::chrono::milliseconds period, Pull pull);
    NewestEvents *newest() const override { return m_state->newest ? &m_state->newest->events : nullptr; }
    void call() override;

private:
    const bool m_isElsewhere;
    const QThread *const m_thread; // the context's, at first
    std::shared_ptr<HandlerState> m_state = std::make_shared<HandlerState>();
    HandlerFailed m_failed;
    HandlerMissed m_missed;
    std::atomic<bool> m_overflowing = false;
    std::function<void(const PyventEvent &)> m_call;
    HandlerEmitter m_emitter;
    const void *m_context; // only compared, never followed: it may be gone
    QMetaObject::Connection m_connection;
};

// A receiver that is a function: for one-shot waits and for the node's own signals.
class FunctionReceiver : public Receiver
{
public:
    FunctionReceiver(const PyventPattern &pattern, const PyventSender &sender, std::function<bool()> wanted,
                     std::function<void(const PyventEvent &)> function, Hears hears = Hears::Arguments)
        : Receiver(pattern, sender, hears)
        , m_wanted(std::move(wanted))
        , m_function(std::move(function))
    {
    }

    bool isWanted() const override { return !m_ended && m_wanted(); }
    void end() override { m_ended = true; }
    void deliver(const PyventEvent &event) override { m_function(event); }

    // As HandlerReceiver's.
    void hearNewest(std::chrono::milliseconds period, Pull pull);
    NewestEvents *newest() const override { return m_newest ? &m_newest->events : nullptr; }
    void call() override;

private:
    std::atomic<bool> m_ended = false;
    std::unique_ptr<Newest> m_newest;
    std::function<bool()> m_wanted;
    std::function<void(const PyventEvent &)> m_function;
};

// What an exception says of itself, for handlerFailed(). To be called in a catch block.
QString currentExceptionText();

} // namespace Pyvent::Internal

#endif
