// SPDX-License-Identifier: MIT
#include "session/eventencoder.h"

#include "dispatch/name.h"
#include "pickle/picklewriter.h"
#include "wire/frame.h"

#include <utility>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

// Larger frames keep the memory that they were written to, smaller ones are copied: then the next event is written to
// memory that is warm, and each frame takes no more than it needs.
constexpr qsizetype copyLimit = 16 * 1024;

// What a message to the server has room for.
constexpr qsizetype largestForServer = 60 * 1024;

// As keyword arguments these raise an exception that ends the receiving thread of Python nodes that hear the event: the first
// two are parameters of Python's dispatcher, the third is one of each method, and clashes where that takes **kwargs.
bool endsPythonReceivers(const QString &argument)
{
    return argument == "signal"_L1 || argument == "receiver"_L1 || argument == "self"_L1;
}

} // namespace

// All but the trailer's numbers, and the trailer itself, which refers to \a fullSender.
Q_ALWAYS_INLINE PyventError EventEncoder::write(QAnyStringView name, const ArgumentList &arguments,
                                                const QString &sender, qsizetype room, Trailer *trailer,
                                                QByteArray *fullSender)
{
    if (PyventError error = setName(name))
        return error;
    QString explicitSender = sender;
    if (PyventError error = checkArguments(m_name, arguments, &explicitSender))
        return error;
    m_buffer.resize(0);
    m_buffer.append(m_topic).append(' ');
    if (PyventError error = writePayload(arguments, explicitSender))
        return error;
    *fullSender = explicitSender.isEmpty() ? m_defaultSender : explicitSender.toUtf8();
    trailer->sender = *fullSender;
    return checkSize(m_buffer.size() + trailerSize(*trailer), room);
}

PyventError EventEncoder::encode(QAnyStringView name, const ArgumentList &arguments, const QString &sender,
                                 qsizetype room, qint64 time, Window::Clock::time_point now, QByteArray *frame,
                                 quint64 stamp)
{
    QByteArray fullSender;
    Trailer trailer{.nodeId = m_nodeId, .time = time, .flags = m_flags};
    if (stamp > 0) {
        trailer.flags |= Trailer::Value;
        trailer.stamp = stamp;
    }
    if (PyventError error = write(name, arguments, sender, room, &trailer, &fullSender))
        return error;
    const Window::Next next = m_window->next(m_topic);
    trailer.sequence = next.sequence;
    trailer.previous = next.previous;
    appendTrailer(trailer, &m_buffer);
    *frame = takeFrame();
    m_window->add(m_topic, trailer.sequence, trailer.time, QByteArray(*frame), frame->size(), now);
    return {};
}

PyventError EventEncoder::encodeWill(QAnyStringView name, const ArgumentList &arguments, const QString &sender,
                                     qsizetype room, qint64 time, QByteArray *frame)
{
    QByteArray fullSender;
    Trailer trailer{.nodeId = m_nodeId, .time = time, .flags = Trailer::Will};
    if (PyventError error = write(name, arguments, sender, room, &trailer, &fullSender))
        return error;
    appendTrailer(trailer, &m_buffer);
    *frame = takeFrame();
    return {};
}

PyventError EventEncoder::encodeForServer(QAnyStringView name, const ArgumentList &arguments, qint64 time,
                                          quint64 stamp, QByteArray *frame)
{
    if (PyventError error = setName(name))
        return error;
    m_buffer.resize(0);
    m_buffer.append(m_topic).append(' ');
    if (PyventError error = writePayload(arguments, {}))
        return error;
    const Trailer trailer{
        .nodeId = m_nodeId, .time = time, .flags = Trailer::Value, .sender = m_defaultSender, .stamp = stamp};
    if (PyventError error = checkSize(m_buffer.size() + trailerSize(trailer), largestForServer))
        return error.code == PyventError::QueueFull
            ? PyventError{PyventError::EventTooLarge,
                          u"the value '%1' has %2 bytes, and a server compares and sets values of up to %3"_s
                              .arg(m_name)
                              .arg(m_buffer.size())
                              .arg(largestForServer),
                          m_name}
            : error;
    appendTrailer(trailer, &m_buffer);
    *frame = takeFrame();
    return {};
}

PyventError EventEncoder::setName(QAnyStringView name)
{
    if (!m_topic.isEmpty() && QAnyStringView::equal(name, m_name))
        return {};
    const QString text = name.toString();
    if (const QString why = whyNotAName(text); !why.isEmpty())
        return {PyventError::InvalidName, why, text};
    m_name = text;
    m_topic = text.toUtf8();
    return {};
}

PyventError EventEncoder::checkArguments(const QString &name, const ArgumentList &arguments, QString *sender)
{
    for (const auto &[argument, value] : arguments) {
        if (endsPythonReceivers(*argument)) {
            return {PyventError::InvalidArgument,
                    u"an argument of '%1' is named '%2', which would end the receiving thread of Python nodes; give it "
                    "another name"_s.arg(name, *argument),
                    name};
        }
        if (!sender->isEmpty() || *argument != "sender"_L1)
            continue;
        if (value->metaType() != QMetaType::fromType<QString>()) {
            return {PyventError::InvalidArgument,
                    u"the argument 'sender' of '%1' names who sends, so it must be a string"_s.arg(name), name};
        }
        *sender = value->toString();
        if (sender->isEmpty())
            return {PyventError::InvalidName, whyNotASender(*sender), name};
    }
    if (!sender->isEmpty()) {
        if (const QString why = whyNotASender(*sender); !why.isEmpty())
            return {PyventError::InvalidName, why, *sender};
    }
    return {};
}

PyventError EventEncoder::writePayload(const ArgumentList &arguments, const QString &sender)
{
    PickleError error;
    PickleLimits limits;
    limits.size = m_maximumFrameSize;
    if (writeArguments(arguments, sender, &m_buffer, &error, limits))
        return {};
    return {error.isTooLarge ? PyventError::EventTooLarge : PyventError::InvalidArgument,
            u"'%1' was not sent: %2"_s.arg(m_name, error.text), m_name};
}

PyventError EventEncoder::checkSize(qsizetype size, qsizetype room) const
{
    if (size > m_maximumFrameSize) {
        return {
            PyventError::EventTooLarge,
            u"the event '%1' has %2 bytes, and PyventOptions::maximumEventSize allows %3"_s.arg(m_name).arg(size).arg(
                m_maximumFrameSize),
            m_name};
    }
    if (size > room)
        return {PyventError::QueueFull, u"there is no room for %1 bytes"_s.arg(size), m_name};
    return {};
}

QByteArray EventEncoder::takeFrame()
{
    if (m_buffer.size() <= copyLimit)
        return QByteArray(m_buffer.constData(), m_buffer.size());
    return std::exchange(m_buffer, {});
}

} // namespace Pyvent::Internal
