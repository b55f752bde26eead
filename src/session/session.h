// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_SESSION_H
#define PYVENT_SESSION_SESSION_H

#include "pyventoptions.h"
#include "session/eventencoder.h"
#include "session/forwards.h"
#include "session/link.h"
#include "session/news.h"
#include "session/origins.h"
#include "session/reception.h"
#include "session/recovery.h"
#include "session/sessionpart.h"
#include "session/sharedvalues.h"
#include "session/sharemembers.h"
#include "session/unfinishedevents.h"

#include <deque>

namespace Pyvent::Internal {

// A node without an event loop, threads, locks, sockets and clocks: what it sends, hears, repairs and catches up with, and who it
// knows to be there. It is given a link to a server, the time, and what the user wants. Then process() is to be called whenever
// deadline() has come or the link says so; nextTurn() has what is to be delivered, and news() what is to be told. Not thread-safe.
class Session
{
public:
    using Clock = std::chrono::steady_clock;
    using State = SessionState;

    // \a wallClock is the time that events carry; \a seed is of the random times for which questions are put off.
    Session(const QUuid &uuid, const WallClock &wallClock, quint32 seed);
    Q_DISABLE_COPY_MOVE(Session)

    const QUuid &uuid() const { return m_uuid; }
    void configure(const PyventOptions &options);

    // What others are told who ask who is there, beside the names.
    void setInfo(const PyventNodeInfo &info) { m_info = info; }
    void setServing(bool serving)
    {
        m_info.serving = serving;
        hasChanged();
    }

    // What the program says of this node beside that. Returns false if it is too much.
    bool setAbout(const QVariantMap &about);
    const QVariantMap &about() const { return m_about; }

    // Tells \a node what this one is; where that is null, all nodes, now and whenever this one is Ready again.
    void announce(const QUuid &node, bool asForwarder = false);

    // Has \a part take part in what happens here. It must outlive the session.
    void setPart(SessionPart *part) { m_part = part; }

    // Tells the server, now and whenever this joins a bus, what nodes tell it of themselves: subscribing to \a prefix does.
    void declare(const QByteArray &prefix);
    void withdraw(const QByteArray &prefix);

    // Sends a control message, if there is a link.
    void sendControl(QByteArray &&frame);

    // Has the server acknowledge what it has taken as soon as it can, and process() called then.
    void hurryAcknowledgements();

    // What is known of the way to the server and of that.
    Connection::Way way() const { return m_link ? m_link->way() : Connection::Way::None; }
    bool provesSenders() const { return m_link && m_link->provesSenders(); }
    bool tellsWhoIsLost() const { return m_link && m_link->tellsWhoIsLost(); }

    // Asks \a node whether it is there: it, or who stands in for it, answers about its events of \a topic.
    void askWhetherThere(const QUuid &node, const QByteArray &topic);

    // From now on news() has what other nodes say of themselves unasked.
    void hearDescriptions() { m_presence.wantAll(); }

    // From now on news() has which other nodes are there, come and go; or no more.
    void watch(Clock::time_point now);
    void unwatch();
    bool isWatching() const { return m_roster.isWatching(); }
    QList<PyventNodeInfo> others() const { return m_roster.nodes(); }

    // The server is to send that event when this node is lost. Returns false where it is refused, and news() says why.
    bool setWill(const QString &name, const QVariantMap &args, const QString &sender, Clock::time_point now);
    void clearWill();

    // Says to those who watch that this node leaves, behind all that it has sent, and, as an event, until the server acknowledges it. Returns false
    // where there is nobody to be told.
    bool sayGone(Clock::time_point now);

    // The sender of what is sent without one.
    QString defaultSender() const;

    // The link

    // Joins the bus at the other end of \a link, which must outlive the stay.
    void join(Link *link, Clock::time_point now);
    bool isJoined() const { return m_link; }

    // There is no link, but there will be: the state is Connecting.
    void awaitLink(bool await, Clock::time_point now);

    // What is left when a session leaves, for the caller to destroy under no lock, since that runs code of the user's.
    struct Left
    {
        Inbox::Arrivals arrivals;
        std::vector<Presence::Promise> searches;
    };
    Left leave(Clock::time_point now);

    State state() const { return m_state; }

    // The link's: a message has come of a topic that was subscribed to; and messages may have come, the connection may have
    // changed, or the deadline has come.
    void receive(QByteArrayView frame, Clock::time_point now);
    void process(Clock::time_point now);
    Clock::time_point deadline() const;

    // What was due by deadline() has been done by others.
    void updateDeadline()
    {
        if (m_seat)
            m_seat->deadline = deadline();
    }

    // Whether more has come than is kept up with, as it was found to be when this has last processed something.
    bool isLagging() const { return m_lagging.is; }

    // What the user wants

    // Sends an event. Returns false where it is refused, and news() says why. Counts in \a unheard, if that is given, an event
    // that nobody on this link hears. With a \a stamp, it is a write of a shared value.
    bool send(QAnyStringView name, const ArgumentList &arguments, const QString &sender, Clock::time_point now,
              quint64 *unheard = nullptr, quint64 stamp = 0);

    // Sends an event of another node's, which is on another bus, in its name, and stands in for it from then on: Forwards. Returns false
    // where it is refused, and news() says why; but true where there is nothing to send, because it is on this bus already.
    bool forward(const PyventFrame &frame, Clock::time_point now, quint64 *unheard = nullptr);

    // Has the server keep \a frame, whose sender need not be there any more, as the last event of its name, or, with a stamp, as the write of a
    // shared value, if it has no later one. Returns false where that cannot be now, or is no event of up to some 60 KiB.
    bool keep(const PyventFrame &frame);

    // Asks the server for what it keeps so: some of it, behind a place in its order, or the last event of a name. news() has the answer, if there is one. Each
    // returns false where that cannot be asked now.
    bool askKept(quint64 after);
    bool askLastFrame(const QByteArray &name);

    // Hears what matches the receiver's pattern, with the past if \a replay asks for that, or with the \a last event first.
    void add(std::shared_ptr<Receiver> receiver, const PyventReplay &replay, Clock::time_point now, bool last = false);

    // Subscribes to no more than the table, of which \a removal was taken, needs.
    void removed(const ReceiverTable::Removal &removal);
    ReceiverTable &table() { return m_reception.table(); }

    // Holds the shared value \a name, whose events are heard by a receiver that gives them to heardWrite(); and no more.
    std::shared_ptr<SharedValues::Holder> hold(const QByteArray &name);
    void release(const std::shared_ptr<SharedValues::Holder> &holder);
    void heardWrite(const PyventFrame &frame, Clock::time_point now);

    // Writes it. Returns as send() does.
    bool setValue(const QString &name, const QVariant &value, Clock::time_point now, quint64 *unheard = nullptr);

    // The same through the server, if nobody has written it since this node has heard the last write. Returns the number under which
    // values() has the answer, until \a deadline; 0 where it is refused, and news() says why.
    quint64 compareAndSet(const std::shared_ptr<SharedValues::Holder> &holder, const QVariant &value,
                          Clock::time_point deadline, Clock::time_point now);
    SharedValues &values();
    bool hasNewValues() const { return m_values && m_values->hasNew(); }

    // Members of groups that share events: each is a receiver, and has a number before that. beginWork() takes what it was given, and returns
    // what that is known by until its endWork(); nothing where it is another's by now.
    ShareMembers &members();
    bool hasMembers() const { return m_members && !m_members->isEmpty(); }
    void addMember(quint32 number, std::shared_ptr<Receiver> receiver, const ShareGroup &group, Clock::time_point now);
    void removedMembers(const ReceiverTable::Receivers &receivers);
    std::optional<quint64> beginWork(quint32 member);
    void endWork(quint32 member, quint64 id);

    // What this node has sent that groups share and have not finished, as far as it was told; nullptr where it was told of none.
    const UnfinishedEvents *unfinished() const { return m_unfinished.get(); }

    void addWaiter(Waiter *waiter) { m_reception.addWaiter(waiter); }
    void removeWaiter(Waiter *waiter) { m_reception.removeWaiter(waiter); }

    // Who is on the bus, as far as they answer until \a end.
    QFuture<QList<PyventNodeInfo>> find(Clock::time_point end);

    // What comes of it

    // As Reception's; for a receiver's Pull.
    std::shared_ptr<const PyventEvent> takeNewest(const std::shared_ptr<Receiver> &receiver, Clock::time_point now);

    // The next receiver's turn with an event: as Inbox::next(). Without an event, the receiver is to be called, which takes one.
    std::optional<Inbox::Turn> nextTurn(Inbox::Arrivals *finished);
    bool hasTurns() const { return !m_reception.inbox().isEmpty() || m_reception.pacer().hasTurns(); }
    bool mayHaveSeveralTurns() const
    {
        const bool hasNewest = m_reception.pacer().hasTurns();
        return m_reception.inbox().mayHaveSeveralTurns() || (hasNewest && !m_reception.inbox().isEmpty());
    }

    // As EventDecoder::decoded().
    qint64 decoded() const { return m_reception.decoder().decoded(); }

    News &news() { return m_news; }
    const News &news() const { return m_news; }
    const UnreadableFrames &unreadable() const { return m_reception.decoder().unreadable(); }

    // Events that wait: to go out, and for their acknowledgement.
    struct Waiting
    {
        qsizetype unsent = 0;
        qsizetype unacknowledged = 0;

        friend bool operator==(const Waiting &, const Waiting &) = default;
    };
    Waiting waiting() const;

    // How many events were accepted since the session has joined, and how many of these were acknowledged.
    quint64 accepted() const { return m_seat ? m_seat->share.accepted : 0; }
    quint64 acknowledged() const { return m_seat ? m_seat->share.acknowledged : 0; }

    // The session's place on its link; nullptr while it has none.
    Link::Seat *seat() { return m_seat; }

private:
    void updateState(Clock::time_point now);
    void readControl(QByteArrayView frame, Clock::time_point now);
    void heardRefused(const Control::Refused &refused, bool isForAll, Clock::time_point now);
    Forwards &forwards();
    void configureForwards();
    void standIn(Clock::time_point now);
    void valuesAreReady(Clock::time_point now);
    void valuesAreLost(Clock::time_point now);
    void tellValues(Clock::time_point now);
    void heardLast(QByteArrayView payload, Clock::time_point now);
    void heardShare(const Control::Share &share);
    void heardOfShares(const Control::Message &message);
    void heardUnfinished(const Control::Unfinished &said);
    void keepUnfinished(const QByteArray &bytes);
    void sharesAreReady(bool isAnother, Clock::time_point now);
    void sharesAreLost();
    void processShares(Clock::time_point now);
    static PyventError sharesNothing(const ShareMembers::Refused &refused);
    static PyventError tooManyMembers(const ShareMembers::Refused &refused);
    Clock::time_point sharesDeadline() const;
    bool heardLastFrame(const Control::LastEvent &last);
    void heardKept(QByteArrayView payload);
    void noteOrigin(const Control::Message &message, Clock::time_point now);
    std::optional<qsizetype> room() const;
    void sendFrame(QByteArray &&frame, Clock::time_point now, quint64 *unheard);
    void recover(Clock::time_point now);
    void searchOthers(Clock::time_point now);
    void watchOthers(Clock::time_point now);
    void sayHere(Clock::time_point now);
    void registerWill(Clock::time_point now);
    void heardWho(QByteArrayView question, Clock::time_point now);
    void heardHere(QByteArrayView answer, bool isForwarder, Clock::time_point now);
    void tellOthers();
    void tellInOrder(News::Item &&item, bool isBehindEvents);
    void tellWhatFollows();
    void isNotThere();
    void hasChanged();
    Clock::time_point presenceDeadline() const;
    void subscribe(const QByteArray &prefix);
    void isFull(QAnyStringView name);
    PyventNodeInfo info() const;
    // Not before this node is Ready again: nobody could answer, and that is not the senders' silence.
    bool mayRecover() const { return m_state != State::Connecting && !m_lostServer; }

    const QUuid m_uuid;
    const WallClock m_wallClock;
    const quint32 m_seed;
    PyventOptions m_options;
    PyventNodeInfo m_info;
    QVariantMap m_about;
    struct Announcement
    {
        bool isWanted = false; // to all, when it is Ready again
        bool isDue = false;    // to all
        QSet<QUuid> to;        // these
        bool asForwarder = false;
    };
    Announcement m_announcement;
    struct Here // what this node says of itself to those who watch
    {
        bool isDue = true;      // since no server of now has heard it
        bool mayDiffer = false; // from what was said
        bool hasLeft = false;
        QByteArray said;
        Clock::time_point sayAgainAt; // if it does
    };
    Here m_here;
    bool m_callsRoll = false; // as soon as it is Ready
    struct Following          // what is to be told when the events that came before it have had their turns
    {
        News::Item item;
        quint64 behind; // so many events
    };
    std::deque<Following> m_following;
    struct Will
    {
        QString name;
        QVariantMap args;
        QString sender;
        bool isRegistered = false; // with the present server
        std::optional<Clock::time_point> giveUpAt;
        bool isGivenUp = false; // since the present server does not know what that is
    };
    std::optional<Will> m_will;
    Link *m_link = nullptr;
    Link::Seat *m_seat = nullptr;
    State m_state = State::Stopped;
    bool m_awaitsLink = false;
    bool m_lostServer = false; // since this node was Ready last
    bool m_queueWasFull = false;
    bool m_wasNewestsTurn = false;
    bool m_toldLoop = false;
    struct Lagging
    {
        bool is = false;
        Clock::time_point lookAt = Clock::time_point::max();
    };
    Lagging m_lagging;
    std::optional<Clock::time_point> m_outOfMemoryUntil;
    QSet<std::pair<QByteArray, int>> m_toldRefused; // of what all are not told yet
    News m_news;
    std::unique_ptr<Forwards> m_forwards;   // once it is needed
    std::unique_ptr<SharedValues> m_values; // likewise
    std::unique_ptr<ShareMembers> m_members;
    std::unique_ptr<UnfinishedEvents> m_unfinished;
    QSet<QByteArray> m_toldImplausible;       // names
    QSet<QByteArray> m_lastWanted;            // names of which the server is to be asked for the last event
    QSet<QByteArray> m_lastAsked;             // and was
    QHash<QByteArray, int> m_lastFramesAsked; // likewise, for news(), and how often
    std::optional<quint64> m_keptAsked;       // behind which place
    Recovery m_recovery;
    CatchUps m_catchUps;
    EventEncoder m_encoder;
    Reception m_reception;
    Presence m_presence;
    Roster m_roster;
    Origins m_origins;
    SessionPart *m_part = nullptr;
    QSet<QByteArray> m_declared;
};

} // namespace Pyvent::Internal

#endif
