// SPDX-License-Identifier: MIT
#ifndef PYVENT_DELIVERY_TRANSMITWINDOW_H
#define PYVENT_DELIVERY_TRANSMITWINDOW_H

#include <QtCore/qbytearraylist.h>
#include <QtCore/qhash.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace Pyvent::Internal {

// What a transmit window keeps, whichever is reached first.
struct TransmitLimits
{
    qsizetype events = 100'000;
    qsizetype bytes = qsizetype(64) * 1024 * 1024;
    std::chrono::milliseconds age = std::chrono::seconds(60);
};

// The sender's half of recovery, as RFC 3208 has it: keeps the newest events that this node sent,
// for those who missed them, and knows which streams to announce, so that a receiver notices when the newest event of a
// stream, or all of them, did not arrive. Plain logic, without sockets and clock; \a Frame is whatever is sent.
template <typename Frame>
class TransmitWindow
{
public:
    using Clock = std::chrono::steady_clock;

    // The newest event of a stream.
    struct Head
    {
        QByteArray topic;
        quint64 sequence;
        qint64 time; // when it was sent, in the unit that add() was given
    };

    explicit TransmitWindow(const TransmitLimits &limits = {})
        : m_limits(limits)
    {
    }
    Q_DISABLE_COPY_MOVE(TransmitWindow)

    // What is more than that is dropped with the next event, or by trim().
    void setLimits(const TransmitLimits &limits) { m_limits = limits; }

    // The number of the next event of \a topic, from 1, and when the one before it was sent; 0 if there is none.
    struct Next
    {
        quint64 sequence;
        qint64 previous;
    };
    Next next(const QByteArray &topic)
    {
        const Stream &stream = this->stream(topic);
        return {stream.head + 1, stream.headTime};
    }

    // The event number \a sequence of \a topic, which next() has given, was sent at \a time, which is never 0.
    void add(const QByteArray &topic, quint64 sequence, qint64 time, Frame &&frame, qsizetype bytes,
             Clock::time_point now)
    {
        Stream &stream = this->stream(topic);
        if (sequence == 1 || time < stream.headTime)
            stream.era = {m_firstPosition + m_entries.size(), sequence, time};
        stream.head = sequence;
        stream.headTime = time;
        stream.positions.push_back(m_firstPosition + m_entries.size());
        m_entries.push_back({&stream, time, now, bytes, std::move(frame)});
        m_bytes += bytes;
        // While one event follows the other, each announces those before it.
        if (stream.announcements != 0 || !stream.isActive)
            announceFrom(stream, now);
        else
            stream.announceAt = now + firstAnnouncement;
        trim(now);
    }

    // The stream of another node, for which this one stands in, goes on with the event number \a sequence, sent at \a time: it need not
    // begin with the first one, nor have all. What is before a gap is not kept any more.
    void resume(const QByteArray &topic, quint64 sequence, qint64 time)
    {
        Stream &stream = this->stream(topic);
        if (sequence == stream.head + 1)
            return;
        if (stream.head == 0)
            stream.era = {m_firstPosition + m_entries.size(), sequence, time};
        else
            stream.dropped = stream.headTime;
        drop(stream);
        stream.head = sequence - 1;
    }

    // Forgets all of the streams \a topics.
    void forget(const QByteArrayList &topics)
    {
        std::vector<std::shared_ptr<Stream>> forgotten; // until nothing refers to them
        for (const QByteArray &topic : topics) {
            const std::shared_ptr<Stream> stream = m_streams.take(topic);
            if (!stream)
                continue;
            drop(*stream);
            stream->isActive = false;
            m_topics.erase(topic);
            forgotten.push_back(stream);
        }
        std::erase_if(m_active, [](const Stream *stream) { return !stream->isActive; });
        m_newest = nullptr;
    }

    // The frame of an event, or nullptr if it is not kept (any more).
    Frame *find(const QByteArray &topic, quint64 sequence)
    {
        const Stream *stream = m_streams.value(topic).get();
        if (!stream || sequence < first(*stream) || sequence > stream->head)
            return nullptr;
        return &entryAt(stream->positions[qsizetype(sequence - first(*stream))]).frame;
    }

    // The oldest event of \a topic that is kept; one past the newest if none is.
    quint64 first(const QByteArray &topic) const
    {
        const Stream *stream = m_streams.value(topic).get();
        return stream ? first(*stream) : 1;
    }

    // The newest event of \a topic that was sent before \a time; 0 if none was. Nothing where that is not known, because it and
    // one that was sent later are not kept any more. Where this machine's clock went back, what was sent after that counts
    // first.
    std::optional<quint64> lastBefore(const QByteArray &topic, qint64 time) const
    {
        const Stream *stream = m_streams.value(topic).get();
        if (!stream)
            return 0;
        const auto begin = stream->positions.begin();
        const auto end = stream->positions.end();
        const auto isBefore = [&](quint64 position) {
            return m_entries[std::size_t(position - m_firstPosition)].time < time;
        };
        const auto wentBack = std::lower_bound(begin, end, stream->era.position);
        auto found = std::partition_point(wentBack, end, isBefore);
        if (found == wentBack)
            found = std::partition_point(begin, wentBack, isBefore);
        if (found != begin || !stream->dropped || *stream->dropped < time)
            return first(*stream) - 1 + quint64(found - begin);
        if (time <= stream->era.time)
            return stream->era.sequence - 1;
        return {};
    }

    // Numbers of events, the last one included; none where first is last + 1.
    struct Range
    {
        quint64 first;
        quint64 last;
    };

    // What is kept of the last \a count events of \a topic that were added \a age ago or later, where 0 stands for any count and
    // any age, and of all that were sent from \a since on. Nothing where no event of the topic was sent.
    std::optional<Range> kept(const QByteArray &topic, quint64 count, Clock::duration age, qint64 since,
                              Clock::time_point now) const
    {
        const Stream *stream = m_streams.value(topic).get();
        if (!stream)
            return {};
        const auto &positions = stream->positions;
        const auto entry = [this](quint64 position) -> const Entry & {
            return m_entries[std::size_t(position - m_firstPosition)];
        };
        auto begin = positions.begin();
        if (count > 0 && count < quint64(positions.size()))
            begin = positions.end() - qsizetype(count);
        if (age > Clock::duration::zero()) {
            begin = std::partition_point(begin, positions.end(),
                                         [&](quint64 at) { return now - entry(at).keptSince > age; });
        }
        begin = std::partition_point(positions.begin(), begin, [&](quint64 at) { return entry(at).time < since; });
        return Range{stream->head + 1 - quint64(positions.end() - begin), stream->head};
    }

    // The newest events of the topics that begin with one of \a prefixes, \a maximum at most. Costs no more than what it returns.
    std::vector<Head> heads(QByteArrayList prefixes, qsizetype maximum) const
    {
        std::vector<Head> heads;
        std::sort(prefixes.begin(), prefixes.end());
        auto topic = m_topics.begin();
        for (const QByteArray &prefix : std::as_const(prefixes)) {
            if (topic == m_topics.end())
                break;
            if (topic->first < prefix)
                topic = m_topics.lower_bound(prefix);
            for (; topic != m_topics.end() && topic->first.startsWith(prefix); ++topic) {
                if (qsizetype(heads.size()) >= maximum)
                    return heads;
                if (const Stream &stream = *topic->second; stream.head > 0)
                    heads.push_back({stream.topic, stream.head, stream.headTime});
            }
        }
        return heads;
    }

    // Something may have been lost on the way: every stream is announced anew, so that what is not kept any more is told.
    void disturbed(Clock::time_point now)
    {
        for (const std::shared_ptr<Stream> &stream : std::as_const(m_streams)) {
            if (!stream->isActive || stream->announcements != 0) // else it is about to be announced
                announceFrom(*stream, now);
        }
    }

    // The streams to announce now, \a maximum at most.
    std::vector<Head> takeAnnouncements(Clock::time_point now, qsizetype maximum)
    {
        std::vector<Head> heads;
        if (now < m_nextAnnouncement)
            return heads;
        m_nextAnnouncement = Clock::time_point::max();
        for (Stream *stream : m_active) {
            if (stream->announceAt <= now && qsizetype(heads.size()) < maximum) {
                heads.push_back({stream->topic, stream->head, stream->headTime});
                ++stream->announcements;
                stream->announceAt = now + stream->announceAfter;
                stream->announceAfter *= 4;
            }
            stream->isActive = stream->announcements < announcementsOfAHead;
            if (stream->isActive)
                m_nextAnnouncement = std::min(m_nextAnnouncement, stream->announceAt);
        }
        std::erase_if(m_active, [](const Stream *stream) { return !stream->isActive; });
        return heads;
    }

    // When takeAnnouncements() or trim() has something next; max() if nothing is to come.
    Clock::time_point deadline() const
    {
        if (m_entries.empty())
            return m_nextAnnouncement;
        return std::min(m_nextAnnouncement, m_entries.front().keptSince + m_limits.age + std::chrono::seconds(1));
    }

    // Drops what is too old.
    void trim(Clock::time_point now)
    {
        while (!m_entries.empty()
               && (qsizetype(m_entries.size()) > m_limits.events || m_bytes > m_limits.bytes
                   || now - m_entries.front().keptSince > m_limits.age)) {
            m_bytes -= m_entries.front().bytes;
            m_entries.front().stream->positions.removeFirst();
            m_entries.front().stream->dropped = m_entries.front().time;
            m_entries.pop_front();
            ++m_firstPosition;
        }
    }

    qsizetype events() const { return qsizetype(m_entries.size()); }
    qsizetype bytes() const { return m_bytes; }
    qsizetype streams() const { return m_streams.size(); }

private:
    // A head is announced at 0.1, 0.5, 2.1 and 8.5 s.
    static constexpr int announcementsOfAHead = 4;
    static constexpr std::chrono::milliseconds firstAnnouncement = std::chrono::milliseconds(100);

    // Events whose times go up: the stream's, since this machine's clock went back last.
    struct Era
    {
        quint64 position = 0; // of its first event, which may not be kept any more
        quint64 sequence = 0;
        qint64 time = 0;
    };
    struct Stream
    {
        QByteArray topic;
        quint64 head = 0;
        qint64 headTime = 0;
        QList<quint64> positions; // of what is kept: the last one is the head's
        Era era;
        std::optional<qint64> dropped; // when the newest one that is not kept was sent
        bool isActive = false;         // has announcements to come
        int announcements = 0;         // of this head
        Clock::time_point announceAt;
        std::chrono::milliseconds announceAfter;
    };
    struct Entry
    {
        Stream *stream;
        qint64 time;
        Clock::time_point keptSince;
        qsizetype bytes;
        Frame frame;
    };

    Stream &stream(const QByteArray &topic)
    {
        if (m_newest && m_newest->topic == topic) // most events follow one of their own stream
            return *m_newest;
        std::shared_ptr<Stream> &stream = m_streams[topic];
        if (!stream) {
            stream = std::make_shared<Stream>();
            stream->topic = topic;
            m_topics.emplace(topic, stream.get());
        }
        m_newest = stream.get();
        return *stream;
    }
    static quint64 first(const Stream &stream) { return stream.head + 1 - quint64(stream.positions.size()); }
    Entry &entryAt(quint64 position) { return m_entries[std::size_t(position - m_firstPosition)]; }

    // What is kept of a stream is not any more; it makes room with the others of its age.
    void drop(Stream &stream)
    {
        for (const quint64 position : std::as_const(stream.positions)) {
            Entry &entry = entryAt(position);
            m_bytes -= std::exchange(entry.bytes, 0);
            entry.frame = Frame();
            entry.stream = &m_dropped;
            m_dropped.positions.push_back(position);
        }
        stream.positions.clear();
    }

    void announceFrom(Stream &stream, Clock::time_point now)
    {
        stream.announcements = 0;
        stream.announceAt = now + firstAnnouncement;
        stream.announceAfter = 4 * firstAnnouncement;
        if (!std::exchange(stream.isActive, true))
            m_active.push_back(&stream);
        m_nextAnnouncement = std::min(m_nextAnnouncement, stream.announceAt);
    }

    TransmitLimits m_limits;
    QHash<QByteArray, std::shared_ptr<Stream>> m_streams; // of all topics that were ever sent
    std::map<QByteArray, Stream *> m_topics;              // the same, in order
    Stream *m_newest = nullptr;
    Stream m_dropped;            // has what drop() has left in m_entries
    std::deque<Entry> m_entries; // oldest first
    quint64 m_firstPosition = 0; // of the oldest one; positions count all that were ever added
    qsizetype m_bytes = 0;
    std::vector<Stream *> m_active;
    Clock::time_point m_nextAnnouncement = Clock::time_point::max();
};

} // namespace Pyvent::Internal

#endif
