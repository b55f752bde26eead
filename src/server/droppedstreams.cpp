// SPDX-License-Identifier: MIT
#include "server/droppedstreams.h"

#include "wire/frame.h"
#include "wire/topic.h"
#include "wire/valuemessages.h"
#include "wire/zmtp.h"

namespace Pyvent::Internal {

namespace {

// Of more streams, a receiver hears by their own announcements.
constexpr std::size_t mostStreams = 1000;

} // namespace

void DroppedStreams::add(QByteArrayView frames)
{
    while (!frames.isEmpty()) {
        const auto header = Zmtp::readHeader(frames);
        const QByteArrayView body = frames.sliced(header->size, qsizetype(header->bodySize));
        frames = frames.sliced(header->size + body.size());
        if (body.startsWith(valuePrefix) && m_values.size() < mostStreams)
            m_values.insert(valueNameOf(body).toByteArray());
        if (isControlTopic(body))
            continue;
        const Frame frame = parseFrame(body);
        if (frame.trailer.flags & Trailer::Value && frame.trailer.sequence == 0 && m_values.size() < mostStreams)
            m_values.insert(frame.topic.toByteArray());
        if (frame.trailerState != TrailerState::Read || frame.trailer.sequence == 0)
            continue;
        const std::pair key(frame.trailer.nodeId, frame.topic.toByteArray());
        if (m_heads.size() >= mostStreams && !m_heads.contains(key))
            continue;
        Control::Heads::Head &head = m_heads[key];
        if (head.sequence < frame.trailer.sequence)
            head = {key.second, frame.trailer.sequence, frame.trailer.time};
    }
}

std::vector<Control::Heads> DroppedStreams::take()
{
    std::vector<Control::Heads> all;
    for (auto &[key, head] : std::exchange(m_heads, {})) {
        if (all.empty() || all.back().node != key.first)
            all.push_back({key.first, {}, 0});
        all.back().heads.push_back(std::move(head));
    }
    return all;
}

} // namespace Pyvent::Internal
