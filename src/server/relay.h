// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_RELAY_H
#define PYVENT_SERVER_RELAY_H

#include "security/peerrules.h"
#include "server/answerers.h"
#include "server/attendance.h"
#include "server/droppedstreams.h"
#include "server/framereader.h"
#include "server/lastvalues.h"
#include "server/payloadguard.h"
#include "server/refusals.h"
#include "server/sendbuffer.h"
#include "server/sharing.h"
#include "server/speakers.h"
#include "server/subscriptionindex.h"
#include "wire/valuemessages.h"

#include <QtCore/qset.h>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace Pyvent::Internal {

// Who gets what on a bus: each frame of a client's is passed on to all that have subscribed to it, and each message is acknowledged to
// its client. It knows frames, not values. Plain logic, without sockets and clock. Not thread-safe.
class Relay : private Answerers::Bus, private Sharing::Bus
{
public:
    // What may wait in it, and what a client may have it remember. Each says what it is there against.
    struct Limits
    {
        qsizetype waitingBytes = qsizetype(256) * 1024 * 1024;   // for one receiver: one that does not read
        qsizetype allBytes = qsizetype(512) * 1024 * 1024;       // for all: many of these
        qsizetype subscriptions = 200'000;                       // of one client: one that subscribes for ever
        qsizetype subscribedBytes = qsizetype(16) * 1024 * 1024; // of one client: one with very long ones
        qsizetype files = 256;                                   // that are open for large events: many of them
        qsizetype allSubscribed = qsizetype(256) * 1024 * 1024;  // what those of all clients take: many clients
    };

    // Acknowledgements that are not given yet.
    struct Withheld
    {
        Block reply;
        qsizetype count;
    };

    // A connection of a client's: what it has subscribed to, and what waits to be written to it.
    class Client
    {
    public:
        SendBuffer output;
        Speakers::Speaker speaker;
        Attendance::Guest guest;
        bool isLane = false; // by which only nodes of this module come; known before it subscribes to anything

        // Its user is the server's own, or root, who could as well serve: without rules, it may speak for nodes that are not here.
        bool isOwners = false;

        // Acknowledges what was taken of it, before what it gets next. Empty where that does not come in one row with acknowledgements.
        std::function<void()> acknowledgeNow;

        // How many control messages have come of it, for all nodes and for one; and how much of it was refused.
        quint64 commonMessages() const { return m_commonMessages; }
        quint64 nodeMessages() const { return m_nodeMessages; }
        quint64 refused() const { return m_refused; }

    private:
        friend class Relay;

        std::shared_ptr<PeerRules> m_rules; // null: it may do everything
        QSet<QByteArray> m_prefixes;
        QList<QUuid> m_nodes; // whose prefixes are among them
        DroppedStreams m_dropped;
        qsizetype m_prefixBytes = 0;
        quint64 m_lastFrame = 0; // that was found to be for it
        bool m_isTouched = false;
        bool m_hasLeft = false;
        bool m_isStranger = false; // as it is counted
        bool m_speaks = false;
        quint64 m_commonMessages = 0;
        quint64 m_nodeMessages = 0;
        quint64 m_refused = 0;

        // As a receiver.
        bool m_lags = false;      // it says so
        bool m_isGivenUp = false; // nobody waits for it until it goes on
        quint64 m_progress = 0;   // when it was last looked at,
        int m_timesStill = 0;     // and how often it stood still there
        quint64 m_changes = 0;    // of what it says

        // As a sender that waits.
        std::vector<const Client *> m_waitsFor;
        bool m_waitsForShares = false; // until groups that share events have fewer of them
        qsizetype m_sentMeanwhile = 0; // bytes
        std::vector<Withheld> m_withheld;
    };

    // Whether it \a takesBatches: PROTOCOL.md.
    Relay(bool takesBatches, const Limits &limits);
    Q_DISABLE_COPY_MOVE(Relay)
    ~Relay() override;

    Client *add();
    qsizetype clients() const { return qsizetype(m_clients.size()); }

    // It gets nothing any more. What it has subscribed to goes with tidy(), because it may be very much.
    void remove(Client *client);

    // Forgets some of what those had subscribed to who were removed. Returns false if nothing is left of them.
    bool tidy();

    // What \a client may do from now on; everything where that is null, as it is before.
    void setRules(Client *client, std::shared_ptr<PeerRules> rules);

    // Whether anyone has rules; and whether anyone hears something who is no node of this module's, as Python's are not.
    bool hasRules() const { return m_ruled > 0; }
    bool hasStrangers() const { return m_strangers > 0; }

    // Returns false if \a client has subscribed to as much as it may.
    bool subscribe(Client *client, QByteArrayView prefix);
    void unsubscribe(Client *client, QByteArrayView prefix);

    // A message of \a client's: what stands in the place of the delimiter, and the frame after it, which is passed on as it came, and
    // acknowledged. Returns how many events that are.
    qsizetype receive(Client *client, QByteArrayView delimiter, const FrameReader::Frame &frame);

    // Passes on a frame of \a client's as it came.
    void passOn(Client *client, const FrameReader::Frame &frame);

    // The same at endRun(), or before. Frames that follow each other in memory, where they stay until then, share their way.
    void addToRun(Client *client, const FrameReader::Frame &frame);
    void endRun();
    void forgetRun() noexcept;

    // \a client takes part. Whoever sends does.
    void speaks(Client *client) { m_speakers += !std::exchange(client->m_speaks, true); }

    // \a client has something to be written.
    void touch(Client *client);

    // Tells \a client what was not passed on to it, if there is room for that by now, in the way in which senders announce their newest
    // events; so it asks them for what it misses. Returns whether there was something.
    bool tellDropped(Client *client);

    // The same some seconds later, where the sender is not on the bus any more: nothing is kept of it.
    void tellGone();
    bool hasToldDropped() const { return !m_told.empty(); }

    // Keeps what is not harmless from strangers.
    void setPayloadGuard(std::unique_ptr<PayloadGuard> guard) { m_guard = std::move(guard); }

    // How many events were passed on to strangers that should better not be, since this was last asked.
    quint64 takeUnsafe() { return m_guard ? m_guard->takePassedOn() : 0; }

    // Tells those who have sent what was not passed on because it may not be, as soon as they hear what is for them; and then all nodes.
    void tellSenders();
    void tellRefused();
    bool hasRefused() const { return !m_refusals.isEmpty(); }

    // Why something was refused last, for people.
    QString lastRefusal() const { return m_refusals.lastRefusal(); }

    // Tells those who watch which nodes are lost, some time after their connections have ended, so that one that makes a new one is not, and
    // sends these nodes' wills. To be called in intervals that long, while somebody is lost; with all, where they are told \a inAll.
    void tellLost(bool inAll = false);
    bool hasLost() const { return m_attendance.hasLost(); }

    // Whether anyone wants to know that a node is lost.
    bool mustKnowWhoIsLost() const { return m_watchers > 0 || m_attendance.willBytes() > 0; }

    // Tells those who ask questions who answers them, where that has changed for very many names at once.
    void tellAnswerers();
    bool hasChangedAnswerers() const { return m_answerers.hasChanges(); }

    // What has come of events that are shared, and what is due of that: Sharing.
    void processSharing(Sharing::Clock::time_point now);
    const Sharing &sharing() const { return m_sharing; }
    Sharing::Clock::time_point sharingDeadline() const { return m_sharing.deadline(); }

    // What time it is, in µs since 1970: for the stamps of writes to shared values that have none. It may go back.
    void setWallClock(std::function<qint64()> clock);

    // Senders that wait for receivers that lag (PyventOptions::whenReceiversLag): what they send is not acknowledged meanwhile.

    // \a client says whether it has taken more than it keeps up with.
    void setLags(Client *client, bool lags);

    // Whether \a client waits for somebody, and whether anyone does.
    bool isHeld(const Client *client) const { return !client->m_waitsFor.empty() || client->m_waitsForShares; }
    bool hasHeld() const { return !m_held.empty(); }

    // Acknowledges what those have sent for whom everybody has caught up. Returns whether there is one.
    bool releaseHeld();

    // Nobody is waited for who has taken nothing since this was called the time before the last, or, at the \a end, at all.
    void giveUpThoseThatStandStill(bool end = false);

    // Tells Python's clients that this server ends.
    void sayGoodbye();

    // Those that have something new to write, in the order in which they have got it.
    std::vector<Client *> takeTouched();
    bool hasTouched() const { return !m_touched.empty(); }

    // How many frames were not passed on to receivers because too much waited, since this was last asked.
    quint64 takeDropped() { return std::exchange(m_dropped, 0); }

    // Whether a second client ever took part. Every node does when it joins, Python's too; a client that makes its connection anew is
    // another one.
    bool hadOtherClients() const { return m_speakers > 1; }

    // Bytes that wait, and bytes of large frames that have come in part.
    qsizetype waitingBytes() const { return m_bytes; }
    qsizetype partBytes() const { return m_partBytes; }
    FrameReader::Accounts accounts() { return {&m_bytes, &m_partBytes}; }

    // A large event that has come in \a file, which goes as such to whoever takes files. There are not more of them open than may be: then it is
    // only kept in memory.
    Block block(FileMapping &&mapping, FileDescriptor &&file);

    // The same of the first \a size bytes of a pooled \a file. Null if it has other ends by now, and there are not more open than may be.
    Block block(const EventEnds &ends, FileDescriptor &&file, qsizetype size);

    // What the first \a size bytes of a pooled \a file are now. Null where they cannot be read.
    Block copy(const FileDescriptor &file, qsizetype size);
    qsizetype files() const { return m_files; }
    bool isFull() const { return m_bytes >= m_limits.allBytes; }

    // Whether a frame was dropped because all is full, since this was last asked.
    bool takeWasFull() { return std::exchange(m_wasFull, false); }
    bool hasTooManyParts() const { return m_partBytes >= m_limits.allBytes; }

    // About what all of it takes, in bytes.
    qsizetype memory() const
    {
        return m_bytes + m_partBytes + m_subscribedBytes + m_attendance.willBytes() + m_sharing.bytes();
    }

private:
    qsizetype receiveBatch(Client *client, QByteArrayView batch);
    // Whether a frame of a client's is passed on as it came. If it is not, publishInstead() passes on what of it the client may say.
    bool admits(Client *client, QByteArrayView body);
    bool judge(Client *client, QByteArrayView body);
    bool judgeControl(Client *client, QByteArrayView body);
    bool judgeForOthers(Client *client, const Control::Message &message);
    bool judgeTopics(Client *client, const Control::Message &message, Rights needed);
    void publishInstead(Client *client);
    // Shared values, and the last event of a name: relay_values.cpp.
    bool keepLast(QByteArrayView body, qsizetype size);
    bool keepFirst(QByteArrayView body, qsizetype size);
    void keepWrite(Client *client, QByteArrayView body, qsizetype size);
    void keepNoted();
    bool hasValue(QByteArrayView payload);
    void countHolder(QByteArrayView prefix, bool isOne);
    bool judgeValue(Client *client, const Control::Message &message);
    bool takeHeld(Client *client, QByteArrayView name, const Control::ValueHeld &held);
    bool takeWrite(Client *client, QByteArrayView name, QByteArrayView body);
    void takeForServer(Client *client, const Control::Message &message);
    void set(Client *client, const Control::SetValue &question);
    void keepPast(Client *client, QByteArrayView body);
    void tellKept(Client *client, const Control::AskKept &question);
    void publishStamped(const Frame &frame);
    void tellStrangers(Client *from, QByteArrayView name);
    void answer(Client *client, const QByteArray &frame);
    bool mayHear(const Client &client, QByteArrayView name) const;
    static QByteArray firstTopicOf(const Control::Message &message);
    bool maySend(Client *client, QByteArrayView topic);
    bool maySpeak(Client *client, const QUuid &node, QByteArrayView topic, quint16 flags = 0);
    bool mayForward(const Client *client) const;
    bool maySpeakForAbsent(const Client &client, const QUuid &node) const;
    void forgetNodeHere(const QUuid &node);
    bool refuse(Client *client, QByteArrayView topic, Control::Refused::Reason reason, const QUuid &as = {},
                const QString &text = {});
    // Of a message about who is there, or for the server alone, which is \a client's own to say. Returns whether it is passed on.
    bool notePresence(Client *client, const Control::Message &message);
    bool takeWill(Client *client, const Control::Message &message);
    void publishWill(const QByteArray &frame);
    void publish(Client *from, const QByteArray &frame);
    void publishToReceivers(Client *from, const QByteArray &frame);
    static bool isStranger(const Client *client) { return client->m_isStranger; }
    void keepWhoMayHear(QByteArrayView body);
    void keepWhoMayHearHeads(const Control::Heads &heads);
    void countStranger(Client *client);
    bool isOnBus(const QUuid &node);
    void sendTo(Client *client, const QByteArray &frame);
    void noteSubscription(Client *client, const QByteArray &prefix, bool isThere);
    bool hasStranger(const QByteArray &name) const override;
    bool mayAnswer(Answerers::Client client, const QByteArray &name) const override;
    bool mayAsk(Answerers::Client client, const QByteArray &name) const override;
    void tell(Answerers::Client client, const QByteArray &frame) override;
    // Of events that are shared: relay_sharing.cpp.
    void share(Client *client, QByteArrayView body, const Block *whole = nullptr);
    void shareOut(Client *client, QByteArrayView body, const Block *whole);
    bool mayShare(Sharing::Client client, QByteArrayView name) const override;
    bool hasRoomFor(Sharing::Client client, qsizetype bytes) const override;
    void give(Sharing::Client client, const QUuid &node, const Control::Share &share) override;
    void tellMember(Sharing::Client client, const Control::Membership &membership) override;
    void tellSender(const Control::Unfinished &unfinished) override;
    void isLost(const QUuid &sender, QByteArrayView topic, qint64 count, const QString &why) override;
    void waitForShares(Client *sender, QByteArrayView event);
    // Of \a body, \a whole has all bytes with their header where that is only a part of them.
    void findReceivers(QByteArrayView body, Client *from = nullptr, const Block *whole = nullptr);
    void keepNodes(QByteArrayView body, Client *from, const Block *whole);
    void passOn(Client *from, const std::vector<Client *> &receivers, const Block &block, qsizetype frames);
    bool isBehind(const Client &client, qsizetype all) const;
    bool hasCaughtUp(const Client &client) const;
    bool waitsFor(Client *receiver, Client *sender, const Block &block);
    static quint64 progressOf(const Client &client);
    void acknowledge(Client *client, const Block &reply);

    const bool m_takesBatches;
    const Limits m_limits;
    qsizetype m_bytes = 0; // before all that has blocks
    qsizetype m_partBytes = 0;
    qsizetype m_files = 0;
    const Block m_acknowledgement;
    const Block m_batchAcknowledgement;
    std::vector<std::unique_ptr<Client>> m_clients;
    std::vector<std::unique_ptr<Client>> m_leaving; // of which the index still knows
    qsizetype m_leavingBytes = 0;                   // that the index takes for them, about
    qsizetype m_subscribedBytes = 0;                // likewise, in all
    SubscriptionIndex<Client> m_index;
    quint64 m_frames = 0;
    std::vector<Client *> m_receivers; // of the frame under way
    std::vector<Client *> m_earlier;   // of the one before it in its batch or run
    QByteArrayView m_run;              // frames that have the same receivers, and were not passed on yet
    qsizetype m_framesInRun = 0;
    Client *m_runFrom = nullptr;
    Speakers m_speaksFor;
    QHash<QUuid, int> m_nodesHere; // on how many connections each hears what is for it
    Refusals m_refusals;
    Answerers m_answerers{this};
    Sharing m_sharing;
    LastValues m_last;
    qsizetype m_size = 0;   // of the frame under way, where its body has only the ends of it; else 0
    QByteArrayView m_noted; // the last of plain events of one name, which is kept when the run ends
    std::function<qint64()> m_wallClock;
    qint64 m_since; // it serves, by that clock
    std::unique_ptr<PayloadGuard> m_guard;
    Attendance m_attendance;
    qsizetype m_watchers = 0;  // clients that watch who is there
    qsizetype m_ruled = 0;     // clients that have rules
    qsizetype m_strangers = 0; // clients that hear something and are no nodes of this module's
    QByteArray m_instead;      // of the frame that was not admitted; empty: nothing
    std::vector<Client *> m_held;
    std::vector<Client *> m_touched;
    struct Told
    {
        Client *client;
        Control::Heads heads;
    };
    std::vector<Told> m_told; // of what was dropped
    qsizetype m_speakers = 0; // clients that ever took part
    quint64 m_dropped = 0;
    bool m_wasFull = false;
    bool m_ends = false; // nobody waits for anybody any more
};

} // namespace Pyvent::Internal

#endif
