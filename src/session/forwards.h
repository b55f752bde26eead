// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_FORWARDS_H
#define PYVENT_SESSION_FORWARDS_H

#include "delivery/transmitwindow.h"
#include "pyventerror.h"
#include "pyventframe.h"
#include "wire/control.h"

#include <QtCore/qset.h>

#include <list>
#include <optional>
#include <utility>
#include <vector>

namespace Pyvent::Internal {

// What a session has forwarded of nodes that are on other buses, for which it stands in on its own: it keeps their newest events, for
// those who miss them, as these nodes would. A node that is on this bus itself needs nobody to stand in, and nothing of it is
// forwarded here: so what goes round by bridges ends where it began. Plain logic, without a clock. Not thread-safe.
class Forwards
{
public:
    using Clock = std::chrono::steady_clock;
    using Window = TransmitWindow<QByteArray>;

    // For how many nodes and streams it stands in at most. The one that it was longest ago that something came of makes room.
    struct Limits
    {
        qsizetype origins = 10'000;
        qsizetype streams = 100'000;
        qsizetype keyBytes = qsizetype(16) << 20; // of these streams
    };

    explicit Forwards(const QUuid &self)
        : Forwards(self, Limits())
    {
    }
    Forwards(const QUuid &self, const Limits &limits)
        : m_self(self)
        , m_limits(limits)
    {
    }
    Q_DISABLE_COPY_MOVE(Forwards)

    // The largest event, in bytes; the flags of each; and what is kept, of all streams together.
    void configure(qsizetype maximumFrameSize, quint16 flags, const TransmitLimits &limits);

    enum class Outcome : quint8 {
        Sent,     // it is to be sent
        Kept,     // it is of the past, and only kept
        Known,    // it was forwarded before, or one that comes after it was
        FromHere, // its node is on this bus itself
        Refused,  // the error says why
        NoRoom    // the queue has none
    };

    // Makes what is to be sent of \a frame, of \a room bytes at most, at \a time in µs since 1970; and from then on stands in for its node.
    Outcome take(const PyventFrame &frame, qsizetype room, qint64 time, Clock::time_point now, QByteArray *bytes,
                 PyventError *error);

    // What take() has found out since this was last asked: for whom this begins to stand in, and for whom it does not any more. Each is
    // to be subscribed to with prefixes().
    struct Change
    {
        QUuid origin;
        bool begins;
    };
    std::vector<Change> takeChanges() { return std::exchange(m_changes, {}); }

    // What the one who stands in for \a origin has to hear.
    static QByteArrayList prefixes(const QUuid &origin);

    // Messages that ask those for whom this stands in whether they are here.
    std::vector<QByteArray> takeQuestions() { return std::exchange(m_questions, {}); }

    // That nodes were forgotten, since there were too many. Told once in a minute at most.
    std::optional<PyventError> takeForgotten(Clock::time_point now);

    // Something has come that \a node itself has sent, on this bus.
    void isHere(const QUuid &node, Clock::time_point now);

    // Another bridge has forwarded an event, as was heard. This one says no more which is the newest of the stream, until it forwards a later one.
    void heardOther(const QUuid &node, QByteArrayView topic, quint64 sequence);
    bool isOvertaken(const QByteArray &key) const { return behind(key) > 0; }
    quint64 behind(const QByteArray &key) const; // by how many

    // An answer has come; it may be one to a question above.
    void heard(const Control::Answer &answer, Clock::time_point now);

    // Whether an event that has come was forwarded by this session, or by another one as well.
    bool has(const QUuid &node, QByteArrayView topic, quint64 sequence) const;

    // The server does not take events of \a topic in the names of others, which \a error says. For a while it is not tried again; then
    // what comes is new.
    void wereRefused(const QByteArray &topic, const PyventError &error, Clock::time_point now);

    // Whether events of \a topic were forwarded.
    bool hasTopic(const QByteArray &topic) const;

    // A server has proven itself after one was lost, and with it what was on its way.
    void reconnected(Clock::time_point now);

    // The session leaves the bus.
    void clear();

    // Streams in the window: a topic and a node.
    static QByteArray keyOf(const QUuid &node, QByteArrayView topic);
    static QByteArray allOf(QByteArrayView topic); // what the keys of a topic's streams begin with
    static QUuid nodeOf(const QByteArray &key);
    static QByteArray topicOf(const QByteArray &key);

    Window &window() { return m_window; }
    const Window &window() const { return m_window; }

    // Where other bridges stand in for a node too, one that does so for a shorter time keeps less of it. It says what it does not have only
    // when others have had the time to answer, unless it has all that there can be.

    // Whether to say to \a asker, who has asked for the stream \a key from \a first on, that this is gone; and, where \a first is 0, where
    // the stream begins.
    bool mayDeny(const QUuid &asker, const QByteArray &key, quint64 first, Clock::time_point now);

    // Whether to answer question \a number of \a asker for the stream's past.
    bool mayTellPast(const QUuid &asker, const QByteArray &key, quint64 number, Clock::time_point now);

    qsizetype origins() const { return m_byNode.size(); }
    qsizetype streams() const { return m_byKey.size(); }

private:
    struct Stream
    {
        QByteArray key;
        quint64 begin; // the first one that was forwarded, since there was a gap
        quint64 head;
        qint64 headTime; // on this bus
        Clock::time_point since;
        quint64 newest = 0; // that another bridge has forwarded
    };
    struct Origin
    {
        QUuid node;
        std::list<Stream> streams = {}; // least recently used first
        qint64 askedAt = 0;             // µs since 1970, as the question says
        Clock::time_point askAgainAt = {};
        Clock::duration askAgainAfter = {};
    };
    using Origins = std::list<Origin>; // likewise

    // A question that was not answered yet.
    struct Unanswered
    {
        quint64 what;
        Clock::time_point since;
        Clock::time_point last;
    };

    PyventError check(const PyventFrame &frame) const;
    bool isKnownHere(const QUuid &node, Clock::time_point now);
    const Stream *find(const QByteArray &key) const;
    Stream &use(const PyventFrame &frame, const QByteArray &key, qint64 time, Clock::time_point now);
    void makeRoom(const QUuid &forNode, const QByteArray &key);
    void forget(Origins::iterator origin);
    void forgetStream(Origin &origin, std::list<Stream>::iterator stream);
    void ask(Origin &origin, const QByteArray &topic, qint64 time, Clock::time_point now);
    bool knowsAll(const Stream &stream, Clock::time_point now) const;
    bool isAskedAgain(const QUuid &asker, const QByteArray &key, quint64 what, Clock::duration after,
                      Clock::time_point now);

    const QUuid m_self;
    const Limits m_limits;
    qsizetype m_maximumFrameSize = 0;
    quint16 m_flags = 0;
    std::chrono::milliseconds m_keptFor{};
    Window m_window; // by keyOf()
    Origins m_origins;
    QHash<QUuid, Origins::iterator> m_byNode;
    QHash<QByteArray, std::list<Stream>::iterator> m_byKey;
    qsizetype m_keyBytes = 0;
    std::vector<Change> m_changes;
    std::vector<QByteArray> m_questions;
    struct Here
    {
        QSet<QUuid> lately;
        QSet<QUuid> before;
        QUuid newest;            // of lately
        Clock::time_point since; // likewise
    };
    Here m_here;
    struct Forgotten
    {
        QUuid last;
        qsizetype count = 0;
        std::optional<Clock::time_point> toldAt;
    };
    Forgotten m_forgotten;
    struct Refusal
    {
        PyventError error;
        Clock::time_point until;
    };
    QHash<QByteArray, Refusal> m_refusals; // by topic
    QHash<std::pair<QUuid, QByteArray>, Unanswered> m_unanswered;
};

} // namespace Pyvent::Internal

#endif
