// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_FUZZ_SCRIPT_H
#define PYVENT_TESTS_FUZZ_SCRIPT_H

#include <QtCore/qbytearrayview.h>
#include <QtCore/quuid.h>

#include <array>
#include <chrono>
#include <limits>

namespace PyventTests {

// Who speaks: the hostile peer's nodes are numbers 1 to hostileNodes.
inline constexpr int hostileNodes = 3;
inline QUuid nodeOf(quint16 number)
{
    return QUuid(0x70797665, number, 7, 0, 0, 0, 0, 0, 0, 0, 1);
}

// A conversation as bytes: what comes next, one byte after the other.
class Script
{
public:
    explicit Script(QByteArrayView bytes)
        : m_rest(bytes)
    {
    }

    bool isOver() const { return m_rest.isEmpty(); }

    // 0 where there is no more.
    quint8 next()
    {
        if (m_rest.isEmpty())
            return 0;
        const auto byte = quint8(m_rest.front());
        m_rest = m_rest.sliced(1);
        return byte;
    }

    // A number of an event: one at which something changes, or one near it. \a last and \a known are such numbers in the conversation,
    // \a limit is a distance.
    quint64 number(quint64 last, quint64 known, quint64 limit)
    {
        using Limits = std::numeric_limits<quint64>;
        const std::array<quint64, 16> places = {0,
                                                last,
                                                last + 1,
                                                known,
                                                known + 1,
                                                known + limit,
                                                known + 2 * limit,
                                                last + limit,
                                                last - limit,
                                                last + 10,
                                                known + 10,
                                                quint64(1) << 62,
                                                Limits::max() / 2,
                                                Limits::max() / 2 + 1,
                                                Limits::max(),
                                                100};
        const quint8 byte = next();
        return places[byte % 16] + byte / 16 % 5 - 2;
    }

    // How long nothing is said.
    std::chrono::milliseconds pause()
    {
        using namespace std::chrono_literals;
        constexpr std::array<std::chrono::milliseconds, 8> pauses = {0ms, 1ms, 10ms, 25ms, 60ms, 1s, 5001ms, 61s};
        return pauses[next() % pauses.size()];
    }

private:
    QByteArrayView m_rest;
};

} // namespace PyventTests

#endif
