// SPDX-License-Identifier: MIT
#ifndef PYVENT_DELIVERY_RECEIVEWINDOW_H
#define PYVENT_DELIVERY_RECEIVEWINDOW_H

#include <QtCore/qbytearraylist.h>
#include <QtCore/qhash.h>
#include <QtCore/qset.h>
#include <QtCore/quuid.h>

#include <chrono>
#include <deque>
#include <functional>
#include <limits>
#include <list>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <vector>

namespace Pyvent::Internal {

// What a receive window may hold, and how it asks.
struct ReceiveLimits
{
    qsizetype streams = 100'000;    // that are remembered
    qsizetype heldEvents = 100'000; // that wait for earlier ones
    qsizetype heldBytes = qsizetype(64) * 1024 * 1024;
    std::chrono::milliseconds firstBackOff = std::chrono::milliseconds(20); // at most; it is random
    std::chrono::milliseconds retryAfter = std::chrono::milliseconds(50);   // doubles with each question
    std::chrono::milliseconds slowestRetry = std::chrono::seconds(1);
    std::chrono::milliseconds patience = std::chrono::seconds(60);      // with a sender that does not answer
    std::size_t requestsAtOnce = 200;                                   // of many streams, in 10 ms
    quint64 rangeOfARequest = 500;                                      // numbers that one question covers
    std::chrono::milliseconds disbeliefAfter = std::chrono::seconds(5); // of a head that events contradict
    quint64 farthestAhead = 100'000;                                    // a number of which one word is enough
    quint64 sentPerSecond = 4'000'000;                                  // no sender is faster
};

// The receiver's half of recovery, as negative acknowledgements do it in RFC 3208: for each stream, one per sending node
// and topic, it lets events through in their order, once each, holds those that came too early, and says what to ask the
// sender for. Plain logic, without sockets and clock. Not thread-safe.
//
// The first event of a stream that is heard begins it, whatever its number, because what was sent before this node
// listened is not missing. But each event says when the one before it was sent. Where that was after this node had become
// ready, it should have been heard; then the sender is asked what its last event was before that time. It does not know for
// ever, so a node that has become ready asks all senders for their newest events: a stream also begins behind one that was
// sent before, if it was still the newest one after that.
class ReceiveWindow
{
public:
    using Clock = std::chrono::steady_clock;

    enum class Verdict {
        Deliver, // now; and then what takeReleased() gives
        Hold,    // a copy is kept until the earlier ones are here
        Drop     // it was delivered before, or will be asked for again
    };

    struct Range
    {
        quint64 first;
        quint64 last;
        friend bool operator==(const Range &, const Range &) = default;
    };
    struct Request
    {
        QUuid node;
        QByteArray topic;
        std::vector<Range> missing; // empty: asks which event was the last before \a since
        qint64 since = 0;
    };
    struct Loss
    {
        QUuid node;
        QByteArray topic;
        quint64 count;
    };

    // The largest number of an event, as messages about events can say it. What has a larger one is none.
    static constexpr quint64 largestNumber = std::numeric_limits<qint64>::max();

    explicit ReceiveWindow(const ReceiveLimits &limits = {}, quint32 seed = std::random_device()());
    Q_DISABLE_COPY_MOVE(ReceiveWindow)

    // Whether the server lets nobody speak for another node. Otherwise any number may be invented.
    void setSendersAreProven(bool areProven) { m_sendersAreProven = areProven; }

    // This node listens to topics that begin with \a prefix, or, where that ends with a space, to the one before it. The
    // subscription may not be active yet.
    void listen(const QByteArray &prefix);

    // All subscriptions are active, at \a time by the clock that senders take theirs from, in µs. Returns the prefixes that
    // were not before.
    QByteArrayList ready(qint64 time, Clock::time_point now);

    // Since when this node listens to \a topic; nothing if it does not yet.
    std::optional<qint64> readySince(QByteArrayView topic) const;

    // This node does not listen to \a prefix any more.
    void ignore(const QByteArray &prefix) { m_readySince.remove(prefix); }

    // Forgets the streams of \a topic.
    void forget(const QByteArray &topic);

    // Forgets the streams of topics that begin with \a prefix and that nobody here wants.
    void forgetIf(const QByteArray &prefix, const std::function<bool(const QByteArray &topic)> &isUnwanted);

    // A server is there again after one was lost: who did not answer meanwhile is asked anew.
    void resumed(Clock::time_point now);

    // Whether it would be the first time that this event arrives.
    bool isNew(const QUuid &node, const QByteArray &topic, quint64 sequence) const;

    // Whether events of the stream wait for earlier ones, or are released and not taken yet.
    bool isWaiting(const QUuid &node, QByteArrayView topic);

    // Whether it has arrived, and waits for those before it.
    bool isHeld(const QUuid &node, const QByteArray &topic, quint64 sequence) const;

    // An event has arrived. \a previous is when the event before it in its stream was sent; 0 if it is the first one, or
    // if that is not known.
    Verdict heard(const QUuid &node, QByteArrayView topic, quint64 sequence, qint64 previous, QByteArrayView frame,
                  Clock::time_point now);

    // An event has arrived again, for those who miss it.
    Verdict repaired(const QUuid &node, QByteArrayView topic, quint64 sequence, QByteArrayView frame,
                     Clock::time_point now);

    // The sender says that at \a asOf its newest event was \a head, sent at \a time. What was sent before that has been heard,
    // or is lost.
    void announced(const QUuid &node, const QByteArray &topic, quint64 head, qint64 time, qint64 asOf,
                   Clock::time_point now);

    // The sender's answers. To what was its last event before \a since: \a base, if it knows. To what is missing, and to
    // the other one: nothing before \a first is kept any more.
    void begins(const QUuid &node, const QByteArray &topic, qint64 since, std::optional<quint64> base, quint64 first,
                Clock::time_point now);
    void isGone(const QUuid &node, const QByteArray &topic, quint64 first, Clock::time_point now);

    // These are larger than this node takes, so they will not come.
    void isWithheld(const QUuid &node, const QByteArray &topic, const std::vector<Range> &numbers,
                    Clock::time_point now);

    // While it is paused, nothing is asked for and nobody's answer is waited for: there is no room for what would come.
    void setPaused(bool paused, Clock::time_point now);

    // The next event whose turn has come; false if there is none.
    bool takeReleased(QByteArray *frame);

    // What will not come any more.
    std::vector<Loss> takeLosses() { return std::exchange(m_losses, {}); }

    // What to ask for now, and from whom.
    std::vector<Request> takeRequests(Clock::time_point now);

    // When takeRequests() is to be called next; max() if nothing is missing.
    Clock::time_point deadline() const;

    // Forgets everything.
    void clear();

    // Whether it is known where the stream begins for this node.
    bool knowsBegin(const QUuid &node, const QByteArray &topic) const;

    // Whether nothing is missing, and all that was released is taken.
    bool isIdle() const { return m_due.empty() && m_released.empty(); }

    qsizetype streams() const { return m_streams.size(); }
    qsizetype heldEvents() const { return m_heldEvents; }
    qsizetype heldBytes() const { return m_heldBytes; }

private:
    struct Key
    {
        QUuid node;
        QByteArray topic;
        friend bool operator==(const Key &, const Key &) = default;
        friend size_t qHash(const Key &key, size_t seed) { return qHashMulti(seed, key.node, key.topic); }
    };
    struct Stream
    {
        Key key;
        bool hasBase = true;                // false while the sender is asked where it begins
        quint64 begin = 0;                  // nothing up to here is missing
        quint64 delivered = 0;              // everything up to here was, or is lost
        quint64 head = 0;                   // the newest event that is known of
        quint64 newest = 0;                 // the newest one that was heard
        Clock::time_point headSince;        // when an announcement raised the head
        quint64 requested = 0;              // the last one that was asked for
        std::optional<quint64> doubtful;    // the last one that was too far from the others to be believed
        qint64 askedSince = 0;              // where the sender is asked where it begins
        std::map<quint64, QByteArray> held; // null: will not come
        bool isNewcomer = true;
        Clock::time_point arrivedAt; // the last one that was delivered or is held
        bool isWaiting = false;      // then it is in m_due
        Clock::time_point waitingSince;
        Clock::time_point requestAt;
        Clock::time_point dueAt; // as in m_due
        std::chrono::milliseconds retryAfter;
    };
    using Streams = std::list<Stream>; // least recently heard first
    Stream *find(const QUuid &node, QByteArrayView topic);
    Streams::iterator lookUp(const QUuid &node, QByteArrayView topic);
    Stream &create(const QUuid &node, const QByteArray &topic, Clock::time_point now);
    void makeRoom(Clock::time_point now);
    void wasHeard(Streams::iterator stream, quint64 sequence);
    void disbelieve(Stream &stream);
    quint64 mostSent(Clock::time_point now) const;
    bool isBelieved(const Stream &stream, quint64 sequence, Clock::time_point now) const;
    bool isElsewhere(Stream &stream, quint64 sequence, Clock::time_point now);
    static quint64 beforeHeld(const Stream &stream);
    void setBase(Stream &stream, quint64 base, Clock::time_point now);
    void beginAt(Stream &stream, quint64 sequence);
    void cut(Stream &stream, quint64 most);
    void forget(Streams::iterator stream);

    Verdict accept(Stream &stream, quint64 sequence, QByteArrayView frame, Clock::time_point now);
    bool hold(Stream &stream, quint64 sequence, const QByteArray &frame);
    void release(Stream &stream);
    void wereLost(const Stream &stream, quint64 count);
    void giveUp(Stream &stream, quint64 last, Clock::time_point now);
    void update(Stream &stream, Clock::time_point now, bool hasMoved);
    void schedule(Stream &stream);
    Request requestOf(Stream &stream);
    Clock::duration backOff();

    const ReceiveLimits m_limits;
    std::minstd_rand m_random;
    QHash<QByteArray, std::optional<qint64>> m_readySince; // by prefix; none: not active yet
    qsizetype m_longestPrefix = 0;
    qint64 m_readyTime = 0;      // the latest one
    Clock::time_point m_readyAt; // the same by this node's clock
    std::optional<Clock::time_point> m_firstReadyAt;
    // When the last event arrived of a stream that is forgotten. An unknown one may be that, so nothing before is missing.
    std::optional<qint64> m_forgottenTime;
    bool m_isPaused = false;
    bool m_sendersAreProven = false;
    // Streams that were heard once, or only announced, may be invented. They do not displace those that were heard more
    // often, as long as these leave them a part of the room.
    Streams m_newcomers;
    Streams m_regulars;
    QHash<Key, Streams::iterator> m_streams;
    std::map<QByteArray, QSet<QUuid>> m_nodes;              // by topic
    std::set<std::pair<Clock::time_point, Stream *>> m_due; // what is missing, by when something is to be done about it
    Clock::time_point m_asksAgainAt;
    std::deque<QByteArray> m_released;
    std::vector<Loss> m_losses;
    qsizetype m_heldEvents = 0;
    qsizetype m_heldBytes = 0;
};

} // namespace Pyvent::Internal

#endif
