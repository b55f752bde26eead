// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_SHARING_H
#define PYVENT_SERVER_SHARING_H

#include "delivery/numberset.h"
#include "pyventpattern.h"
#include "server/subscriptionindex.h"
#include "wire/frame.h"
#include "wire/sharemessages.h"

#include <QtCore/qhash.h>

#include <chrono>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace Pyvent::Internal {

// Gives each event that a group of members shares to one of them: to whoever is free, and longest without one. An event whose member is gone
// before it has finished goes to another one. Plain logic. Not thread-safe.
class Sharing
{
public:
    using Clock = std::chrono::steady_clock;

    // A client of the relay's, of which nothing is known here but that it is one.
    using Client = const void *;

    // What the relay knows and does.
    class Bus
    {
    public:
        virtual ~Bus() = default;

        // Whether the rules let this client hear events of the name, and whether it reads what it is given.
        virtual bool mayShare(Client client, QByteArrayView name) const = 0;
        virtual bool hasRoomFor(Client client, qsizetype bytes) const = 0;

        virtual void give(Client client, const QUuid &node, const Control::Share &share) = 0;
        virtual void tellMember(Client client, const Control::Membership &membership) = 0;
        virtual void tellSender(const Control::Unfinished &unfinished) = 0;

        // \a count events of \a sender's will be finished by nobody; \a why is for people.
        virtual void isLost(const QUuid &sender, QByteArrayView topic, qint64 count, const QString &why) = 0;
    };

    // What a bus may have of it, against clients that would have the server grow without bound.
    struct Limits
    {
        qsizetype groups = 10'000;
        qsizetype membersOfClient = 1000;
        qsizetype streams = 10'000; // of a group
        qsizetype allStreams = 100'000;
        qsizetype allFinished = 100'000; // ranges of what another server has had
        qsizetype groupBytes = qsizetype(64) * 1024 * 1024;
        qsizetype allBytes = qsizetype(256) * 1024 * 1024;
        int givings = 5; // of one event, each of whose members was lost with it

        // How long it is waited for the last word of a member whose connection has ended, for members that may work on what comes again from a
        // server before, and for members of a group that has none.
        std::chrono::milliseconds lastWord = std::chrono::milliseconds(500);
        std::chrono::milliseconds atWork = std::chrono::seconds(2);
        std::chrono::milliseconds empty = std::chrono::seconds(60);
    };

    // Givings have numbers from \a firstId on, which another server's should not be.
    Sharing(Bus *bus, quint64 firstId, const Limits &limits);
    Q_DISABLE_COPY_MOVE(Sharing)
    ~Sharing();

    // A member takes part, and gets its first event when it has said what it is atWork() on; or it takes part no more; or all of a client's do
    // not, which has left.
    void add(Client client, const Control::Member &member);
    void remove(Client client, const Control::Member &member);
    void left(Client client);

    // Nobody shares anything.
    bool isEmpty() const { return m_groups.empty(); }
    bool has(const QByteArray &group) const { return m_groups.contains(group); }

    // An event has come.
    void offer(QByteArrayView frame);

    // The same from a sender who has it from the last server.
    void offerAgain(const Control::Again &again);

    // This sender is there again, and may have missed what it was told.
    void arrived(const QUuid &sender);

    // A member has finished what it was given; and it says what it works on and has finished, of what it was given before it took part here.
    void finished(const Control::Finished &said);
    void atWork(const Control::AtWork &said);

    // Tells senders what has come of their events, and does what is due. To be called when anything was, and at the deadline.
    void process(Clock::time_point now);
    Clock::time_point deadline() const { return m_isTouched ? Clock::time_point() : m_dueAt; }

    // What waits and what is at work, in bytes; and whether there is so much of the events of the name that who sends more should wait; or of
    // any, that who waits should go on waiting.
    qsizetype bytes() const { return m_bytes; }
    bool isBehind(QByteArrayView topic) const;
    bool isBehind() const;

private:
    struct Group;
    struct Member;

    // A sender's events of one name. Those of Python's nodes are as if of one sender, and are numbered here.
    struct Stream
    {
        QUuid node;
        QByteArray topic;
        quint64 first = 0;        // of those that came here by themselves,
        quint64 last = 0;         // which are all of them
        NumberSet open;           // not finished: of these, and of those that a server before had
        NumberSet finishedOthers; // of the latter
        bool isTouched = false;   // its sender is to be told
    };
    struct Job
    {
        Stream *stream = nullptr;
        quint64 sequence = 0;
        QByteArray frame; // null: only a member has it, since a server before
        int givings = 0;
        bool isRedelivered = false;
    };
    struct Giving
    {
        Group *group = nullptr;
        Member *member = nullptr; // null: it is gone, and what it had is held
        QUuid node;
        Job job;
    };
    struct Member
    {
        Client client;
        QUuid node;
        quint32 number;
        Group *group;
        std::vector<quint64> givings; // that it works on
        std::list<Member *>::iterator place = {};
        bool isFree = false;
        quint64 token = 0;
        quint64 came = 0;
    };
    // Somebody may still say that it is at work, or finished.
    struct Held
    {
        Job job;
        quint64 giving = 0; // 0: none
        Clock::time_point until = Clock::time_point::max();
        bool isNew = true; // it is not known yet until when
        std::chrono::milliseconds patience = {};
    };
    using StreamPlace = std::pair<Stream *, quint64>;
    struct Group
    {
        QByteArray key;
        QByteArray name;
        PyventPattern pattern;
        QByteArray prefix; // in the index
        std::map<std::pair<QUuid, QByteArray>, std::unique_ptr<Stream>> streams = {};
        std::deque<Job> queue = {};
        std::map<StreamPlace, Held> held = {};
        std::map<StreamPlace, quint64> withoutFrame = {}; // givings, of what is at work or held
        std::unordered_map<const Member *, std::unique_ptr<Member>> members = {};
        std::list<Member *> free = {}; // longest without an event first
        qsizetype bytes = 0;
        bool isEmpty = false; // has no member, since a time that is noted later
        Clock::time_point emptySince = Clock::time_point::max();
        std::list<Group *>::iterator emptyPlace = {};
        std::vector<StreamPlace> newlyHeld = {};
        Clock::time_point dueAt = Clock::time_point::max(); // what is held
        bool isBlocked = false;                             // who is free does not read
    };

    Group *groupOf(const QByteArray &key);
    Group *makeGroup(const QByteArray &key);
    void makeRoomForGroup();
    void setEmpty(Group *group, bool isEmpty);
    Member *newest(const Control::AtWork &said) const;
    void forget(Group *group, const QString &why);
    Stream *streamOf(Group *group, const QUuid &node, QByteArrayView topic);
    bool hears(const Group &group, QByteArrayView topic) const;
    void offer(Group *group, QByteArrayView frame, const QByteArray &copy);
    static bool hasNumber(const Frame &event);
    static bool hasCome(const Stream &stream, quint64 number);
    bool takeForMember(Group *group, Stream *stream, quint64 number, QByteArrayView frame);
    void noteFinished(Stream *stream, quint64 number);
    bool hasRoom(const Group &group, qsizetype bytes) const;
    void put(Group *group, Job &&job);
    void distribute(Group *group);
    Member *freeMember(Group *group, const Job &job);
    void give(Group *group, Member *member, Job &&job);
    void setFree(Member *member);
    void isGone(Member *member);
    void hold(Group *group, Job &&job, quint64 giving, std::chrono::milliseconds patience);
    void release(Group *group, Clock::time_point now);
    std::vector<Job> takeDue(Group *group, Clock::time_point now);
    void isFinished(Group *group, const Job &job);
    void isAtWork(Member *member, const Control::AtWork::Work &work);
    void wasFinished(Member *member, const Control::AtWork::Work &work);
    void takeOver(Member *member, quint64 id);
    void attach(Member *member, quint64 id, Job &&job);
    void touch(Group *group, Stream *stream);
    void forgetStreams(Group *group);
    void forget(Stream *stream);
    void tell(Group *group, Stream *stream);
    static qsizetype costOf(const Job &job);
    static QString describe(const Group &group); // for people

    Bus *const m_bus;
    const Limits m_limits;
    quint64 m_newest;                                      // giving
    std::map<QByteArray, std::unique_ptr<Group>> m_groups; // by key
    SubscriptionIndex<Group> m_index;
    QHash<Client, std::vector<Member *>> m_clients;
    using MemberKey = std::tuple<QUuid, quint32, quint64, quint64>; // node, number, token, and which came later
    std::map<MemberKey, Member *> m_members;
    quint64 m_newestMember = 0;
    std::list<Group *> m_empty; // longest first
    std::set<Group *> m_holding;
    std::map<QUuid, std::map<Stream *, Group *>> m_ofSender;
    std::map<quint64, Giving> m_givings;
    std::vector<std::pair<Group *, Stream *>> m_toTell;
    std::vector<Group *> m_blocked;
    std::vector<Group *> m_found; // for an event
    qsizetype m_bytes = 0;
    qsizetype m_streams = 0;
    qsizetype m_finished = 0; // ranges of others
    bool m_hasDone = false;   // a stream may be forgotten
    bool m_isTouched = false;
    Clock::time_point m_dueAt = Clock::time_point::max();
};

} // namespace Pyvent::Internal

#endif
