// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_EVENTDECODER_H
#define PYVENT_SESSION_EVENTDECODER_H

#include "delivery/receivewindow.h"
#include "dispatch/receivertable.h"
#include "pickle/picklereader.h"
#include "pyventevent.h"
#include "session/recentevents.h"
#include "session/spareevents.h"
#include "session/unreadableframes.h"
#include "wire/frame.h"

namespace Pyvent::Internal {

class Forwards;

// Turns frames into events, once each, and only those that somebody here listens to.
class EventDecoder
{
public:
    // An undecoded event, for those that hear such ones.
    struct Frames
    {
        ReceiverTable::Match match;
        std::shared_ptr<const PyventEvent> event; // as toEvent() makes it
    };

    // An event for those that hear only the newest ones: who may, and what tells which they do.
    struct Newest
    {
        ReceiverTable::Match match;
        std::optional<QString> sender; // where that is known; it is where one chooses by it, and the event can be read
        QUuid nodeId;
        quint64 sequence = 0;

        bool isFor(const Receiver &receiver) const
        {
            return receiver.isWanted() && (receiver.sender().isAny() || (sender && receiver.sender().matches(*sender)))
                && receiver.isToHear(nodeId, sequence);
        }
    };

    struct Result
    {
        std::shared_ptr<const PyventEvent> event; // null if the frame is not for us, doubled, or unreadable
        ReceiverTable::Match match;               // who hears the event
        qsizetype size = 0;                       // what the event takes, as decoded() counts it
        bool mayBeSpare = false;                  // when it has been delivered
        QString problemName;                      // of the event that has the problem
        QString problemText;                      // for people; empty if there is none, or one like it was told before
        std::unique_ptr<Frames> frames; // null if nobody hears it so; there also where the event is unreadable
        std::unique_ptr<Newest> newest; // the same
    };

    // How a frame came here.
    enum class Way {
        Bus,    // as all events do
        Repair, // once more, for those who miss it
        Held,   // from the receive window, which has released it
        Look    // as on the bus, but it is only looked at, and will come again
    };

    EventDecoder(const QUuid &nodeId, ReceiveWindow *window, SpareEvents *spare)
        : m_nodeId(nodeId)
        , m_window(window)
        , m_spare(spare)
    {
    }

    // Frames of up to \a bytes are read, and arguments that expand to \a expandedBytes, as PickleLimits has it.
    void setMaximumSizes(qsizetype bytes, qsizetype expandedBytes);
    void setHearOwnEvents(bool hear) { m_hearOwnEvents = hear; }

    // What this node has forwarded it does not hear; and who is heard to be on this bus is told there.
    void setForwards(Forwards *forwards) { m_forwards = forwards; }

    Result decode(QByteArrayView frame, Way way, const ReceiverTable &table, ReceiveWindow::Clock::time_point now);

    // The event that \a bytes are, as \a receiver hears it, which hears only the newest ones, and whose turn it is.
    Result decodeFor(const Receiver &receiver, QByteArrayView bytes);

    // An event that this node is to hear is not taken now, so it is known to be missing.
    void misses(QByteArrayView frame, ReceiveWindow::Clock::time_point now);

    const UnreadableFrames &unreadable() const { return m_unreadable; }

    // The bytes that were decoded so far: of each event, those of the frame, or what its arguments expand to if that is more. What was
    // refused in the end counts, too.
    qint64 decoded() const { return m_decoded; }

private:
    using Problem = UnreadableFrames::Problem;

    // \a isPlain: nobody hears events undecoded, or only the newest ones, and nothing is forwarded.
    template <bool isPlain>
    Result decodeAs(QByteArrayView bytes, Way way, const ReceiverTable &table, ReceiveWindow::Clock::time_point now);
    void read(QByteArrayView bytes, const Frame &frame, Way way, ReceiverTable::Match &match, Result *result);
    std::unique_ptr<Frames> matchFrames(QByteArrayView topic, const ReceiverTable &table, ReceiverTable::Match *match);
    std::unique_ptr<Newest> matchNewest(QByteArrayView topic, const ReceiverTable &table, ReceiverTable::Match *match);
    void readFrame(const Frame &frame, Frames *frames);
    void readOrigin(const Frame &frame, const PyventEvent *event, Newest *newest);
    std::optional<QString> senderInArguments(const Frame &frame);
    bool isOwnForward(const Frame &frame) const;
    void noteOrigin(const Frame &frame, Way way, ReceiveWindow::Clock::time_point now);
    bool isDue(QByteArrayView bytes, const Frame &frame, Way way, ReceiveWindow::Clock::time_point now);
    const QString &senderOf(const Trailer &trailer);
    Result unreadable(Way way, Problem problem, const QString &name, const Frame &frame, const QString &text);

    const RecentEvents::User m_user;
    const QUuid m_nodeId;
    bool m_hearOwnEvents = true;
    std::optional<PickleReader> m_reader;
    ReceiveWindow *m_window;
    SpareEvents *m_spare;
    Forwards *m_forwards = nullptr;
    QByteArray m_senderBytes;
    QString m_sender;
    UnreadableFrames m_unreadable;
    qint64 m_decoded = 0;
};

} // namespace Pyvent::Internal

#endif
