// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_UNFINISHEDEVENTS_H
#define PYVENT_SESSION_UNFINISHEDEVENTS_H

#include "transport/sendqueue.h"
#include "wire/sharemessages.h"

#include <QtCore/qhash.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <vector>

namespace Pyvent::Internal {

// What this node has sent that groups share and have not finished, as the server says: the next server, which knows nothing of it, is given it
// again. Plain logic. Not thread-safe.
class UnfinishedEvents
{
public:
    using Clock = std::chrono::steady_clock;

    // What is kept in all, in bytes; of more, the oldest of the stream is not kept.
    static constexpr qsizetype mostBytes = qsizetype(64) * 1024 * 1024;

    bool isEmpty() const { return m_streams.empty(); }
    bool knows(const QByteArray &topic, const QByteArray &group) const { return m_streams.contains({topic, group}); }

    // The node has sent an event.
    void sent(const QByteArray &topic, quint64 sequence, const QByteArray &frame);

    // The server has said what is finished. \a find returns an event that was sent before that was known, or nothing; \a newest is the number of
    // the newest one, \a oldest that of the oldest that may be found.
    using Find = std::function<QByteArray(const QByteArray &topic, quint64 sequence)>;
    void heard(const Control::Unfinished &said, quint64 oldest, quint64 newest, const Find &find);

    // Another server is there: it is to be given all of it.
    void ready(Clock::time_point now);

    // It is lost, or the node leaves the bus, which it may join again.
    void lost();
    void clear();

    // The next messages for the server, of some bytes, and of no more than there is room for: what is too much is not sent.
    std::vector<QByteArray> takeMessages(const SendQueue::ControlRoom &room, Clock::time_point now);

    // How many events are kept.
    qsizetype count() const;
    qsizetype bytes() const { return m_bytes; }

    // What the server has not taken, since it does not know what it is. Told once, and not kept any more. One that \a isOurs, of this module's, is
    // told more than once before.
    struct Left
    {
        QByteArray topic;
        QByteArray group;
        qsizetype count;
    };
    std::vector<Left> takeLeft(bool isOurs, Clock::time_point now);
    Clock::time_point deadline() const { return std::min(m_sendAt, m_giveUpAt); }

private:
    struct Stream // of a topic and a group
    {
        std::map<quint64, QByteArray> frames = {};
        quint64 sentAgain = 0; // up to this one, to the present server
        bool isKnown = true;   // by the present server
        bool isToldOf = true;  // to it
    };
    using Key = std::pair<QByteArray, QByteArray>;

    void keep(Stream &stream, quint64 sequence, const QByteArray &frame);
    void drop(Stream &stream, quint64 first, quint64 last);
    void forget(std::map<Key, Stream>::iterator stream);

    std::map<Key, Stream> m_streams; // by topic and group
    qsizetype m_bytes = 0;
    Clock::time_point m_sendAt = Clock::time_point::max();
    Clock::time_point m_giveUpAt = Clock::time_point::max();
    int m_tries = 0; // at the present server
};

} // namespace Pyvent::Internal

#endif
