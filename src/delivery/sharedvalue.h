// SPDX-License-Identifier: MIT
#ifndef PYVENT_DELIVERY_SHAREDVALUE_H
#define PYVENT_DELIVERY_SHAREDVALUE_H

#include "wire/valueversion.h"

#include <QtCore/qbytearray.h>

#include <chrono>
#include <random>

namespace Pyvent::Internal {

// One shared value as one node holds it: which write holds, and what to tell the others who hold it, so that all come to have the same.
// It is merged as a last-writer-wins register (Shapiro and others, 2011): in any order and any number of times, writes give the greatest
// of them. Plain logic, without a clock. Not thread-safe.
class SharedValue
{
public:
    using Clock = std::chrono::steady_clock;

    // A write.
    struct Write
    {
        ValueVersion version;
        QByteArray pickle; // of the arguments, as it came
        QByteArray sender; // as a trailer has it
        qint64 time = 0;   // when it was sent, in µs since 1970
    };

    // What is to be told now.
    struct Due
    {
        bool version = false; // which write this node has: "have"
        bool write = false;   // that write: "full"
    };

    explicit SharedValue(quint32 seed = std::random_device()())
        : m_random(seed)
    {
    }

    const Write &write() const { return m_write; }
    const ValueVersion &version() const { return m_write.version; }

    // Each returns whether it is another write from now on.

    // This node has written.
    bool wrote(const Write &write) { return adopt(write); }

    // A write was heard that its writer has given a stamp.
    bool heard(const Write &write) { return adopt(write); }

    // A write was heard without one, as Python's are. Where the server gives it one, that is waited for. Otherwise all who hear it take it for
    // the one that follows the one that they have, and tell each other.
    bool heardUnstamped(const Write &write, Clock::time_point now);

    // Somebody has told what he has: that write.
    bool heardFull(const Write &write, Clock::time_point now);

    // The same: which one.
    void heardVersion(const ValueVersion &version, Clock::time_point now);

    // The server has told which one it has. From now on it is known to be one that keeps values.
    void heardServer(const ValueVersion &version, Clock::time_point now);

    // What is told from now on is heard by all, and what others tell by this node; and no more.
    void ready(Clock::time_point now);
    void lost();
    bool isReady() const { return m_isReady; }

    // Whether the server keeps values and gives stamps to writes that have none: nothing else has to.
    bool isServed() const { return m_isServed; }

    Due takeDue(Clock::time_point now);

    // When takeDue() has something next; max() if nothing is to come.
    Clock::time_point deadline() const { return std::min(m_tellVersionAt, m_tellWriteAt); }

private:
    static constexpr Clock::time_point never = Clock::time_point::max();

    bool adopt(const Write &write);
    // What is heard before this node is Ready needs no answer: then it tells what it has.
    void tellWrite(Clock::time_point at) { m_tellWriteAt = m_isReady ? std::min(m_tellWriteAt, at) : never; }
    void tellVersion(Clock::time_point at) { m_tellVersionAt = m_isReady ? std::min(m_tellVersionAt, at) : never; }
    Clock::time_point soon(Clock::time_point now);

    std::minstd_rand m_random;
    Write m_write;
    ValueVersion m_known; // the greatest that somebody has
    bool m_isReady = false;
    bool m_isServed = false;
    std::chrono::milliseconds m_askAgainAfter{0}; // doubles
    Clock::time_point m_tellVersionAt = never;
    Clock::time_point m_tellWriteAt = never;
};

} // namespace Pyvent::Internal

#endif
