// SPDX-License-Identifier: MIT
#ifndef PYVENT_TEXT_LINEREADER_H
#define PYVENT_TEXT_LINEREADER_H

#include <QtCore/qbytearray.h>

namespace Pyvent::Text {

// Reads lines from a file descriptor as they come. Waits for the next one without an event loop, and stops waiting when
// another descriptor becomes readable.
class LineReader
{
public:
    // An event has 64 MiB, and as JSON a few times that.
    static constexpr qsizetype longestLine = qsizetype(512) << 20;

    // What interrupts a reader that nothing does.
    static constexpr int nothing = -1;

    // Reads \a descriptor, which stays the caller's to close, until \a interruption is readable. A line has \a longest bytes
    // at most.
    LineReader(int descriptor, int interruption, qsizetype longest = longestLine)
        : m_descriptor(descriptor)
        , m_interruption(interruption)
        , m_longest(longest)
        , m_buffer()
    {
    }

    enum class Result {
        Line,
        TooLong, // a line was longer than allowed, and left out
        End,
        Interrupted,
        Failed // errno says why
    };

    // Waits for the next line, and puts it into \a line without its end. The last one may have none.
    Result next(QByteArray *line);

    // Whether next() would return at once.
    bool isReady() const;

    // Whether nothing but the end of all ended the newest line: it may have been cut off.
    bool isUnended() const { return m_isUnended; }

    // How many bytes the lines until now have taken.
    qint64 position() const { return m_position; }

private:
    Result fill();
    Result takeLine(qsizetype length, qsizetype end, QByteArray *line);

    const int m_descriptor;
    const int m_interruption;
    const qsizetype m_longest;
    QByteArray m_buffer;
    qsizetype m_begin = 0;    // in the buffer: of what next() has not returned
    qsizetype m_searched = 0; // in the buffer: no line ends before
    bool m_isTooLong = false; // the line that is being read
    bool m_isAtEnd = false;
    bool m_isUnended = false; // the newest line
    qint64 m_position = 0;
};

} // namespace Pyvent::Text

#endif
