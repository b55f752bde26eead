// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_SENDQUEUE_H
#define PYVENT_TRANSPORT_SENDQUEUE_H

#include <QtCore/qbytearray.h>

#include <deque>

namespace Pyvent::Internal {

// What was accepted for sending and is not acknowledged yet, in order. The first inFlight() of it have been handed to
// the present connection, which acknowledges them message by message; when it breaks, they are sent again by the next one.
class SendQueue
{
public:
    enum class Kind : quint8 { Event, Control, Proof };

    // What one of those that share the queue has in it. It must not move while it is known here, which leave() ends.
    struct Share
    {
        qsizetype events = 0;
        qsizetype bytes = 0;
        qsizetype eventsInFlight = 0;
        quint64 accepted = 0;
        quint64 acknowledged = 0;

        qsizetype unsentEvents() const { return events - eventsInFlight; }
    };

    qsizetype events() const { return m_events; } // without control messages and proofs
    qsizetype bytes() const { return m_bytes; }
    qsizetype inFlight() const { return m_inFlight; }
    qsizetype bytesInFlight() const { return m_bytesInFlight; }

    // What an acknowledgement is next due for; null if nothing is in flight.
    QByteArrayView oldestInFlight() const
    {
        return m_inFlight > 0 ? QByteArrayView(m_entries.front().frame) : QByteArrayView();
    }
    qsizetype unsent() const { return qsizetype(m_entries.size()) - m_inFlight; }
    qsizetype unsentEvents() const { return m_events - m_eventsInFlight; }
    bool hasUnsent() const { return unsent() > 0; }
    bool hasProof() const { return m_proofs > 0; }

    // How many events were ever accepted, and how many of these were acknowledged.
    quint64 accepted() const { return m_accepted; }
    quint64 acknowledged() const { return m_acknowledged; }

    void append(QByteArray &&event, Share *share = nullptr);

    // Gives up what is left of \a share: what is not in flight is not sent any more, and what is in flight is not sent again.
    void leave(Share *share);

    // Puts the proof of a subscription before everything that is not in flight yet, in the place of an earlier one.
    void putProof(QByteArray &&proof);

    // Puts a message between nodes before the events that are not in flight yet. It is sent once, and lost with the
    // connection. Returns false if too many of them wait.
    bool putControl(QByteArray &&message);

    // The same, behind everything that waits.
    bool appendControl(QByteArray &&message);

    // How much more of them has room, beside what others want to send; one of any size where there are none.
    struct ControlRoom
    {
        qsizetype count = 0;
        qsizetype bytes = 0;
        bool isEmpty = false;

        bool fits(qsizetype messages, qsizetype size) const
        {
            return (isEmpty && messages == 1) || (messages <= count && size <= bytes);
        }
    };
    ControlRoom controlRoom() const;

    // How many of what is not in flight fit one batch: 1 at least, where there is any, whatever its size.
    qsizetype nextBatch(qsizetype maximumBytes) const;

    // The frame that goes out after \a index others that are not in flight, of which there are more.
    const QByteArray &unsentFrame(qsizetype index) const { return m_entries[std::size_t(m_inFlight + index)].frame; }

    // The next \a count of what is not in flight as a batch: its size in bytes, and the batch, which is written at \a to.
    qsizetype batchSize(qsizetype count) const;
    void writeBatch(qsizetype count, char *to) const;

    // One message has taken the next \a count of them: they are in flight.
    void sent(qsizetype count);

    // The connection has acknowledged the oldest message in flight. Returns false if none is.
    bool acknowledge();

    // The connection broke: nothing is in flight any more, and what is no event is void.
    void connectionLost();

private:
    struct Entry
    {
        Kind kind;
        QByteArray frame;
        Share *share = nullptr; // of an event; null if whoever sent it has left
        bool isGivenUp = false; // it is in flight, and will not be sent again
    };

    void removeOldest();
    void giveUp(const Entry &event);
    bool insertControl(std::deque<Entry>::iterator place, QByteArray &&message);

    std::deque<Entry> m_entries;
    qsizetype m_inFlight = 0;
    qsizetype m_bytesInFlight = 0;
    std::deque<qsizetype> m_messages; // how many of these each message in flight carries
    qsizetype m_eventsInFlight = 0;
    qsizetype m_events = 0;
    qsizetype m_bytes = 0;
    quint64 m_accepted = 0;
    quint64 m_acknowledged = 0;
    qsizetype m_proofs = 0;
    qsizetype m_controls = 0;
    qsizetype m_controlBytes = 0;
};

} // namespace Pyvent::Internal

#endif
