// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_SHAREDVALUES_H
#define PYVENT_SESSION_SHAREDVALUES_H

#include "delivery/hybridclock.h"
#include "delivery/sharedvalue.h"
#include "session/wallclock.h"
#include "wire/control.h"
#include "wire/frame.h"
#include "wire/valuemessages.h"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

namespace Pyvent::Internal {

// The shared values that a node holds: what it writes and hears of them, and the messages by which it and the others who hold them come to
// have the same. wire/PROTOCOL.md, "Shared values". Plain logic, without a clock. Not thread-safe.
class SharedValues
{
public:
    using Clock = SharedValue::Clock;
    using Write = SharedValue::Write;
    using Outcome = Control::ValueIsSet::Outcome;

    // A value that somebody here holds.
    class Holder
    {
    public:
        const QByteArray &name() const { return m_name; }
        const Write &write() const { return m_value.write(); }

        // When that was written, as far as is known here.
        Clock::time_point since() const { return m_since; }

    private:
        friend class SharedValues;
        Holder(const QByteArray &name, quint32 seed)
            : m_name(name)
            , m_value(seed)
        {
        }

        const QByteArray m_name;
        SharedValue m_value;
        int m_count = 0;
        bool m_isNew = false;
        Clock::time_point m_since;
        Clock::time_point m_dueAt = Clock::time_point::max();
    };

    // How a question ended that asked the server to write.
    struct Answer
    {
        quint64 number;
        enum Result : quint8 { Done, IsAnother, Refused, NotKnown, NoServer, ServerLost } result;
    };

    SharedValues(const QUuid &node, const WallClock &wallClock, quint32 seed)
        : m_node(node)
        , m_wallClock(wallClock)
        , m_seed(seed)
    {
    }

    bool isEmpty() const { return m_holders.empty(); }

    // Holds \a name, once more or for the first time; and no more. Each call of the one has one of the other.
    std::shared_ptr<Holder> hold(const QByteArray &name);
    // Returns whether nobody here holds it any more.
    bool release(const std::shared_ptr<Holder> &holder);

    std::shared_ptr<Holder> find(QByteArrayView name) const;
    QByteArrayList names() const;

    // The stamp of a write that is made now.
    quint64 nextStamp() { return m_clock.next(m_wallClock()); }

    // This node has sent the write in \a frame.
    void wrote(QByteArrayView frame, Clock::time_point now);

    // An event of a value's name was heard, in its turn. One that is no write, or has an implausible stamp, changes nothing.
    void heard(QByteArrayView name, const Write &write, Clock::time_point now);

    // A message of Kind::Value, ValueAtServer or ValueIsSet has come.
    void receive(const Control::Message &message, Clock::time_point now);

    // Has the server write \a frame, a write without a number, if the newest one is \a expected. The question has the number
    // that is returned. It ends by takeAnswers(), until \a deadline.
    quint64 ask(const QByteArray &name, const ValueVersion &expected, const QByteArray &frame,
                Clock::time_point deadline, Clock::time_point now);
    std::vector<Answer> takeAnswers() { return std::exchange(m_answers, {}); }

    // What all holders tell from now on is heard, of all that are held by now; and no more.
    void ready(Clock::time_point now);
    void lost(Clock::time_point now);

    // Nothing is asked any more.
    void leave(Clock::time_point now);

    QByteArrayList takeOutgoing(Clock::time_point now);
    Clock::time_point deadline() const;

    // Those that have another write since this was last asked.
    bool hasNew() const { return !m_new.empty() || !m_answers.empty(); }
    std::vector<std::shared_ptr<Holder>> takeNew();

    // How many writes were refused because their stamps are implausible, since this was last asked, and the last one's.
    struct Implausible
    {
        quint64 count = 0;
        QByteArray name;
        quint64 stamp = 0;
    };
    Implausible takeImplausible() { return std::exchange(m_implausible, {}); }

    // The write that is in an event's frame, as it is known there.
    static Write writeOf(const Frame &frame);

    // The frame of a write.
    static QByteArray toFrame(QByteArrayView name, const Write &write);

    // Whether the arguments in a pickle have a value, which is asked of events that do not say that they are a write.
    using IsWrite = std::function<bool(const QByteArray &pickle)>;
    void setIsWrite(IsWrite isWrite) { m_isWrite = std::move(isWrite); }

private:
    struct Question
    {
        quint64 number;
        QByteArray name;
        QByteArray message;
        Clock::time_point deadline;
        Clock::time_point sendAt;
        bool isSent = false;
    };

    bool isPlausible(QByteArrayView name, const Write &write);
    void schedule(Holder &holder);
    void hasChanged(const std::shared_ptr<Holder> &holder, bool isNew, Clock::time_point since);
    void hear(const Control::ValueIsSet &said, Clock::time_point now);
    void askServer(Clock::time_point now, QByteArrayList *messages);

    const QUuid m_node;
    const WallClock m_wallClock;
    quint32 m_seed;
    IsWrite m_isWrite;
    HybridClock m_clock;
    bool m_isReady = false;
    std::map<QByteArray, std::shared_ptr<Holder>, std::less<>> m_holders;
    std::set<std::pair<Clock::time_point, Holder *>> m_due;
    Clock::time_point m_goesOnAt;
    std::vector<std::shared_ptr<Holder>> m_new;
    std::vector<Question> m_questions;
    std::vector<Answer> m_answers;
    quint64 m_lastNumber = 0;
    Implausible m_implausible;
};

} // namespace Pyvent::Internal

#endif
