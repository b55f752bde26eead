// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_NATSPULL_H
#define PYVENT_BRIDGE_NATSPULL_H

#include <QtCore/qbytearray.h>

#include <algorithm>
#include <chrono>
#include <deque>

namespace Pyvent::Bridge {

// What a JetStream consumer is asked for, and how much of that has come: so that it has always something to send. A request ends when its messages have come, or with a status, of which "heartbeat" only says that it is still there. Plain logic, without a clock.
class NatsPull
{
public:
    using Clock = std::chrono::steady_clock;

    static constexpr int batch = 256;
    static constexpr qsizetype batchBytes =
        (qsizetype(64) << 20) + (qsizetype(1) << 20); // takes the largest message there can be
    static constexpr std::chrono::milliseconds expires{30'000};
    static constexpr std::chrono::milliseconds heartbeat{1'000};
    static constexpr std::chrono::milliseconds quiet{1'500};     // that is unusual
    static constexpr std::chrono::milliseconds silence{2'500};   // then nobody has the requests any more
    static constexpr std::chrono::milliseconds again{500};       // and then each new one is given that time
    static constexpr std::chrono::milliseconds pause{250};       // after nobody was there to take one
    static constexpr std::chrono::milliseconds patience{12'000}; // longer than a cluster takes for a new leader

    // The body of a request.
    static QByteArray body()
    {
        const auto nanoseconds = [](std::chrono::nanoseconds time) { return QByteArray::number(qint64(time.count())); };
        return "{\"batch\":" + QByteArray::number(batch) + ",\"max_bytes\":" + QByteArray::number(batchBytes)
            + ",\"expires\":" + nanoseconds(expires) + ",\"idle_heartbeat\":" + nanoseconds(heartbeat) + '}';
    }

    void begin(Clock::time_point now)
    {
        m_requests.clear();
        m_heardAt = now;
        m_askedAt = now;
        m_pausedUntil = now;
        m_isSilent = false;
    }

    // Whether there is soon nothing that was asked for and has not come.
    bool wantsMore(Clock::time_point now) const
    {
        return now >= m_pausedUntil && m_requests.size() < 2 && asked() <= batch / 2;
    }

    // The number of the next request.
    quint64 ask(Clock::time_point now)
    {
        m_requests.push_back({++m_number, batch});
        m_askedAt = now;
        if (m_requests.size() == 1 && !m_isSilent)
            m_heardAt = now;
        return m_number;
    }

    // A message has come: of the first request that lacks some.
    void arrived(Clock::time_point now)
    {
        m_heardAt = now;
        m_isSilent = false;
        if (!m_requests.empty() && --m_requests.front().missing == 0)
            m_requests.pop_front();
    }

    // The consumer says how the request \a number is.
    void heardOf(quint64 number, bool isOver, Clock::time_point now)
    {
        m_heardAt = now;
        m_isSilent = false;
        if (isOver)
            forget(number);
    }

    // There is nobody who takes requests: the consumer's leader has ended, and there is no other one yet.
    void refused(quint64 number, Clock::time_point now)
    {
        m_isSilent = true;
        m_pausedUntil = now + pause;
        forget(number);
    }

    // Forgets requests that are lost with the leader that had them.
    void process(Clock::time_point now)
    {
        if (m_requests.empty() || silentAt() > now)
            return;
        m_isSilent = true;
        m_requests.clear();
    }

    // Since when there is less to be heard than heartbeats. There may be no leader that has the requests.
    Clock::time_point quietSince() const { return m_isSilent ? m_heardAt : m_heardAt + quiet; }

    // Whether there has been nothing for too long: then the consumer itself is to be looked for.
    bool isLost(Clock::time_point now) const { return m_isSilent && now - m_heardAt >= patience; }

    // When process() is to be called next; max() if never.
    Clock::time_point deadline() const
    {
        if (!m_requests.empty())
            return silentAt();
        return m_isSilent ? m_pausedUntil : Clock::time_point::max();
    }

private:
    Clock::time_point silentAt() const { return std::max(m_heardAt, m_askedAt) + (m_isSilent ? again : silence); }
    void forget(quint64 number)
    {
        std::erase_if(m_requests, [&](const Request &request) { return request.number == number; });
    }

    struct Request
    {
        quint64 number;
        int missing;
    };

    int asked() const
    {
        int count = 0;
        for (const Request &request : m_requests)
            count += request.missing;
        return count;
    }

    std::deque<Request> m_requests;
    quint64 m_number = 0;
    Clock::time_point m_heardAt;
    Clock::time_point m_askedAt;
    Clock::time_point m_pausedUntil;
    bool m_isSilent = false;
};

} // namespace Pyvent::Bridge

#endif
