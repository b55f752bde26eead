// SPDX-License-Identifier: MIT
#include "node/eventencoder.h"

#include "dispatch/name.h"
#include "pickle/picklewriter.h"
#include "wire/frame.h"

#include <chrono>
#include <memory>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

// Larger frames are handed to ZeroMQ with the memory that they were written to, smaller ones are copied: then the next
// event is written to memory that is warm.
constexpr qsizetype copyLimit = 16 * 1024;

const QString senderKey = u"sender"_s;

// Python's dispatcher takes these as parameters of its own, so as keyword arguments they raise an exception that ends
// the receiving thread of every Python node that hears the event.
bool endsPythonReceivers(const QString &argument)
{
    return argument == "signal"_L1 || argument == "receiver"_L1;
}

} // namespace

qint64 microsecondsSinceEpoch()
{
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

PyventError EventEncoder::encode(const QString &name, const QVariantMap &arguments, const QString &sender,
                                 qsizetype room, Encoded *encoded)
{
    if (m_topic.isEmpty() || name != m_name) {
        if (const QString why = whyNotAName(name); !why.isEmpty())
            return {PyventError::InvalidName, why, name};
        m_name = name;
        m_topic = name.toUtf8();
    }
    QString explicitSender = sender;
    if (const auto given = arguments.constFind(senderKey); given != arguments.cend() && sender.isEmpty()) {
        if (given->metaType() != QMetaType::fromType<QString>()) {
            return {PyventError::InvalidArgument,
                    u"the argument 'sender' of '%1' names who sends, so it must be a string"_s.arg(name), name};
        }
        explicitSender = given->toString();
        if (explicitSender.isEmpty())
            return {PyventError::InvalidName, whyNotASender(explicitSender), name};
    }
    if (!explicitSender.isEmpty()) {
        if (const QString why = whyNotASender(explicitSender); !why.isEmpty())
            return {PyventError::InvalidName, why, explicitSender};
    }

    m_buffer.resize(0);
    m_buffer.append(m_topic).append(' ');
    if (PyventError error = writePayload(name, arguments, explicitSender))
        return error;
    const QByteArray fullSender = explicitSender.isEmpty() ? m_defaultSender : explicitSender.toUtf8();
    Trailer trailer{.nodeId = m_nodeId, .time = microsecondsSinceEpoch(), .sender = fullSender};
    if (PyventError error = checkSize(name, m_buffer.size() + trailerSize(trailer), room))
        return error;
    const SequenceCounter::Number number = m_sequences.next(m_topic, trailer.time);
    trailer.sequence = number.sequence;
    trailer.previous = number.previous;
    appendTrailer(trailer, &m_buffer);
    *encoded = {m_topic, number.sequence, trailer.time, takeFrame()};
    return {};
}

PyventError EventEncoder::checkSize(const QString &name, qsizetype size, qsizetype room) const
{
    if (size > m_maximumFrameSize) {
        return {PyventError::EventTooLarge,
                u"the event '%1' has %2 bytes, and PyventOptions::maximumEventSize allows %3"_s.arg(name).arg(size).arg(
                    m_maximumFrameSize),
                name};
    }
    if (size > room)
        return {PyventError::QueueFull, u"there is no room for %1 bytes"_s.arg(size), name};
    return {};
}

PyventError EventEncoder::writePayload(const QString &name, const QVariantMap &arguments, const QString &sender)
{
    for (auto argument = arguments.cbegin(); argument != arguments.cend(); ++argument) {
        if (endsPythonReceivers(argument.key())) {
            return {PyventError::InvalidArgument,
                    u"an argument of '%1' is named '%2', which would end the receiving thread of Python nodes; give it "
                    "another name"_s.arg(name, argument.key()),
                    name};
        }
    }
    PickleError error;
    PickleLimits limits;
    limits.size = m_maximumFrameSize;
    if (writeArguments(arguments, sender, &m_buffer, &error, limits))
        return {};
    return {error.isTooLarge ? PyventError::EventTooLarge : PyventError::InvalidArgument,
            u"'%1' was not sent: %2"_s.arg(name, error.text), name};
}

zmq::message_t EventEncoder::takeFrame()
{
    if (m_buffer.size() <= copyLimit)
        return zmq::message_t(m_buffer.constData(), std::size_t(m_buffer.size()));
    auto owner = std::make_unique<QByteArray>(std::move(m_buffer));
    m_buffer = QByteArray();
    QByteArray *bytes = owner.release();
    return zmq::message_t(
        bytes->data(), std::size_t(bytes->size()), [](void *, void *hint) { delete static_cast<QByteArray *>(hint); },
        bytes);
}

} // namespace Pyvent::Internal
