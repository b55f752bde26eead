// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_NATSPULL_H
#define PYVENT_BRIDGE_NATSPULL_H

#include <QtCore/qbytearray.h>

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
    static constexpr std::chrono::milliseconds silence{3'500}; // then nobody has the requests any more

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
    }

    // Whether there is soon nothing that was asked for and has not come.
    bool wantsMore() const { return m_requests.size() < 2 && asked() <= batch / 2; }

    // The number of the next request.
    quint64 ask(Clock::time_point now)
    {
        m_requests.push_back({++m_number, batch});
        if (m_requests.size() == 1)
            m_heardAt = now;
        return m_number;
    }

    // A message has come: of the first request that lacks some.
    void arrived(Clock::time_point now)
    {
        m_heardAt = now;
        if (!m_requests.empty() && --m_requests.front().missing == 0)
            m_requests.pop_front();
    }

    // The consumer says how the request \a number is.
    void heardOf(quint64 number, bool isOver, Clock::time_point now)
    {
        m_heardAt = now;
        if (isOver)
            std::erase_if(m_requests, [&](const Request &request) { return request.number == number; });
    }

    bool isIdle() const { return m_requests.empty(); }

    // When there has been nothing for too long.
    Clock::time_point deadline() const { return isIdle() ? Clock::time_point::max() : m_heardAt + silence; }

private:
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
};

} // namespace Pyvent::Bridge

#endif
