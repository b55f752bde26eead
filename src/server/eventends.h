// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_EVENTENDS_H
#define PYVENT_SERVER_EVENTENDS_H

#include "transport/filedescriptor.h"

#include <QtCore/qbytearray.h>

#include <optional>

namespace Pyvent::Internal {

// What the server knows of an event that has come in a pooled file: copies of its first and last bytes, where its name is, and its trailer.
// What is between may change, and is nothing that the server looks at.
class EventEnds
{
public:
    static constexpr qsizetype endSize = 4096;

    // Of the first \a size bytes of \a file. Nothing where they are no frame of an event, or one whose name or trailer is longer than an end.
    static std::optional<EventEnds> of(const FileDescriptor &file, qsizetype size);

    // Whether \a whole is the frame of a large event, with its header.
    static bool isEvent(QByteArrayView whole);

    // A frame, with its header, that is as the event's but for what is left out.
    const QByteArray &frame() const { return m_frame; }

    // Whether \a whole, a frame with its header, has these ends.
    bool areOf(QByteArrayView whole) const;

private:
    QByteArray m_frame;
};

} // namespace Pyvent::Internal

#endif
