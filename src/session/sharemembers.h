// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_SHAREMEMBERS_H
#define PYVENT_SESSION_SHAREMEMBERS_H

#include "dispatch/receivertable.h"
#include "wire/sharemessages.h"

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <vector>

namespace Pyvent::Internal {

// A node's members of groups that share events: each is a handler, works on one event at a time, as a rule, and says when it has finished, for
// the server to give it the next one. Plain logic. Not thread-safe.
class ShareMembers
{
public:
    using Clock = std::chrono::steady_clock;

    explicit ShareMembers(const QUuid &node);

    // The handlers. What is removed there is to be told to removed().
    ReceiverTable &table() { return m_table; }
    const ReceiverTable &table() const { return m_table; }

    // The number of a member to come; and it takes part. Returns what the server is to be told by subscribing to it.
    quint32 newNumber() { return ++m_newest; }
    QByteArray add(quint32 number, std::shared_ptr<Receiver> receiver, const ShareGroup &group);

    // Handlers have ended. Returns what the server is not to be told any more. One that works on something takes part until it has finished.
    QByteArrayList removed(const ReceiverTable::Receivers &receivers);

    // The server has given something. Returns who gets it; null if it is for nobody here any more.
    std::shared_ptr<Receiver> heard(const Control::Share &share);

    // A member begins with what it was given first; nothing if that is not its any more. Returns what that is known by.
    std::optional<quint64> begin(quint32 number);

    // It has finished it, or it cannot be read. Returns what the server is to be told.
    struct Ended
    {
        QByteArray message;  // empty: nothing
        QByteArray withdraw; // likewise: what it is not to be told any more
    };
    Ended end(quint32 number, quint64 id);

    // The server knows the member, or has too many, or asks it. Returns what it is to be told; empty: nothing.
    QByteArray heard(const Control::Membership &membership);

    // The server has what add() has returned; maybe it \a isAnother than before. Returns what it is to be told: a member gets its first event
    // after that.
    std::vector<QByteArray> ready(bool isAnother, Clock::time_point now);

    // It is not there any more; or the node leaves the bus, and works on nothing. Returns what the next server is not to be told.
    void lost();
    QByteArrayList leave();

    // Members that the server does not know, since it does not know what that is, or has too many; once each.
    struct Refused
    {
        QString pattern;
        QByteArray group;
        bool isOneTooMany;
    };
    std::vector<Refused> takeRefused(Clock::time_point now);
    Clock::time_point deadline() const;

    // What add() has returned.
    QByteArrayList declarations() const;

    bool isEmpty() const { return m_members.empty(); }

private:
    struct Work
    {
        quint64 id;
        QByteArray topic;
        QUuid sender;
        quint64 sequence;
    };
    enum class Standing : quint8 { Unknown, Known, OneTooMany, Refused };
    struct Member
    {
        std::shared_ptr<Receiver> receiver; // null: it has ended
        QByteArray group;                   // its name
        QByteArray declaration;
        std::deque<Work> waiting = {}; // for the handler to begin
        std::vector<Work> underWay = {};
        Standing standing = Standing::Unknown;
        Clock::time_point giveUpAt = Clock::time_point::max();
    };
    struct Done
    {
        quint32 number;
        Work work;
    };

    QByteArray whatItHas(quint32 number, const Member &member) const;

    const QUuid m_node;
    const quint64 m_token;
    ReceiverTable m_table;
    quint32 m_newest = 0;
    std::map<quint32, Member> m_members;
    std::deque<quint64>
        m_left; // it worked on when it has left the bus: the server may take that for work of who is there again
    std::deque<Done> m_done; // lately: the server may end before it has heard it
};

} // namespace Pyvent::Internal

#endif
