// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_WATERMARK_H
#define PYVENT_TRANSPORT_WATERMARK_H

#include <QtCore/qglobal.h>

#include <algorithm>
#include <bit>
#include <utility>

namespace Pyvent::Internal {

// How many messages may wait where ZeroMQ bounds their number and memory is bounded by their size: many small ones, few
// large ones. It follows the mean size of the latest messages. Plain logic.
class WaterMark
{
public:
    static constexpr int most = 100'000;
    static constexpr int fewest = 4;
    static constexpr double bytes = 256.0 * 1024 * 1024;

    // A message of \a size bytes has come. Returns whether mark() has changed.
    bool add(std::size_t size)
    {
        m_meanSize += (double(size) - m_meanSize) / 64;
        // In steps, because a socket takes a new mark by a message to each of its connections.
        const int step = int(std::bit_width(quint64(m_meanSize * most / bytes)));
        return std::exchange(m_step, step) != step;
    }

    int mark() const { return std::max(most >> m_step, fewest); }

private:
    double m_meanSize = 0;
    int m_step = 0;
};

} // namespace Pyvent::Internal

#endif
