// SPDX-License-Identifier: MIT
// What a bridge that keeps last events asks of its session: what the server keeps, and that it keeps what others had.
#include "session/session.h"

#include "dispatch/name.h"

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

// Of so many names the last events may be asked for at a time: each answer is kept until it is told.
constexpr qsizetype mostAsked = 1000;
constexpr int mostOfAName = 1000;

// An event as the server has it; nothing where it cannot be one.
std::optional<PyventFrame> keptFrame(QByteArrayView bytes)
{
    const Frame frame = parseFrame(bytes);
    PyventFrame read;
    read.name = QString::fromUtf8(frame.topic);
    if (!whyNotAName(read.name).isEmpty() || read.name.toUtf8() != frame.topic)
        return {};
    read.pickle = frame.payload.toByteArray();
    if (frame.trailerState == TrailerState::Read) {
        const Trailer &trailer = frame.trailer;
        read.sender = QString::fromUtf8(trailer.sender);
        if (!(trailer.flags & Trailer::Will))
            read.nodeId = trailer.nodeId;
        read.sequence = trailer.sequence;
        read.time = trailer.time;
        read.forwarded = trailer.flags & Trailer::Forwarded;
        read.stamp = trailer.flags & Trailer::Value ? trailer.stamp : 0;
    }
    read.replayed = true;
    return read;
}

} // namespace

bool Session::keep(const PyventFrame &frame)
{
    const QByteArray topic = frame.name.toUtf8();
    const QByteArray sender = frame.sender.toUtf8();
    if (!m_link || m_state != State::Ready || !whyNotAName(frame.name).isEmpty() || frame.nodeId.isNull()
        || sender.size() > maximumSenderSize || !(frame.pickle.isEmpty() || frame.pickle.endsWith('.')))
        return false;
    const bool isWrite = frame.stamp > 0;
    Trailer trailer{.nodeId = frame.nodeId,
                    .sequence = frame.sequence,
                    .time = frame.time,
                    .flags = isWrite ? Trailer::Value : Trailer::Forwarded,
                    .sender = sender,
                    .stamp = frame.stamp};
    QByteArray event = topic + ' ' + frame.pickle;
    if (event.size() + trailerSize(trailer) > Control::maximumSize - Control::valueOverhead)
        return false;
    appendTrailer(trailer, &event);
    m_link->sendControl(isWrite ? valueTopic(topic) + event : Control::KeepPast{m_uuid, event}.toFrame(), true);
    return true;
}

bool Session::askKept(quint64 after)
{
    if (!m_link || m_state != State::Ready)
        return false;
    m_keptAsked = after;
    m_link->sendControl(Control::AskKept{m_uuid, after}.toFrame(), true);
    return true;
}

bool Session::askLastFrame(const QByteArray &name)
{
    if (!m_link || m_state != State::Ready || m_lastFramesAsked.size() >= mostAsked
        || m_lastFramesAsked.value(name) >= mostOfAName)
        return false;
    ++m_lastFramesAsked[name];
    m_link->sendControl(Control::AskLast{m_uuid, name}.toFrame(), true);
    return true;
}

void Session::heardKept(QByteArrayView payload)
{
    const auto kept = Control::KeptEvents::read(payload);
    if (!kept || m_keptAsked != kept->after)
        return;
    m_keptAsked.reset();
    News::Kept told{.frames = {}, .next = kept->next > kept->after ? kept->next : 0};
    for (const QByteArray &bytes : kept->frames) {
        if (auto frame = keptFrame(bytes))
            told.frames += std::move(*frame);
    }
    m_news.add(std::move(told));
}

bool Session::heardLastFrame(const Control::LastEvent &last)
{
    const auto asked = m_lastFramesAsked.find(last.name);
    if (asked == m_lastFramesAsked.end())
        return false;
    if (--*asked <= 0)
        m_lastFramesAsked.erase(asked);
    News::Last told{.name = QString::fromUtf8(last.name), .frame = {}};
    if (auto frame = keptFrame(last.frame); frame && frame->name == told.name)
        told.frame = std::move(*frame);
    m_news.add(std::move(told));
    return true;
}

} // namespace Pyvent::Internal
