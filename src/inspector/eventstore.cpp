// SPDX-License-Identifier: MIT
#include "eventstore.h"

#include "eventline.h"
#include "jsonreader.h"
#include "jsonwriter.h"
#include "valuesize.h"

#include <QtCore/qtimezone.h>

#include <algorithm>

namespace Pyvent::Inspector {

using namespace Pyvent::Text;

EventStore::EventStore(const EventStore &other)
    : m_chunks(other.m_chunks)
    , m_begin(other.m_begin)
    , m_end(other.m_end)
    , m_sizes(other.m_sizes)
    , m_bytes(other.m_bytes)
    , m_maximum(other.m_maximum)
    , m_maximumBytes(other.m_maximumBytes)
    , m_names(other.m_names)
    , m_senders(other.m_senders)
    , m_nodes(other.m_nodes)
{
    if (!m_chunks.empty())
        m_chunks.back() = std::make_shared<Chunk>(*m_chunks.back());
}

EventStore &EventStore::operator=(const EventStore &other)
{
    if (this != &other)
        *this = EventStore(other);
    return *this;
}

Serial EventStore::append(const PyventEvent &event, const QDateTime &arrival)
{
    QByteArray arguments;
    arguments.reserve(256);
    JsonWriter(&arguments).writeObject(event.args);
    return append(event, arrival, arguments);
}

Serial EventStore::append(const PyventEvent &event, const QDateTime &arrival, QByteArrayView arguments)
{
    const QDateTime &time = event.time.isValid() ? event.time : arrival;
    Chunk &chunk = chunkForNew();
    Entry entry{};
    entry.time = time.isValid() ? time.toMSecsSinceEpoch() : 0;
    entry.timeKind = quint32(event.time.isValid() ? Sent : arrival.isValid() ? Arrival : Unknown) & 3;
    entry.sequence = event.sequence;
    entry.offset = chunk.bytes.size();
    entry.size = quint32(arguments.size());
    entry.name = m_names.add(event.name);
    entry.sender = m_senders.add(event.sender);
    entry.node =
        m_nodes.add(event.nodeId.isNull() ? QString() : event.nodeId.toString(QUuid::WithoutBraces)) & 0x3fffffff;
    chunk.entries.push_back(entry);
    chunk.bytes.append(arguments);
    m_bytes += arguments.size() + qsizetype(sizeof(Entry));
    if (arguments.size() > largeArguments && !event.args.isEmpty())
        m_sizes.insert(m_end, valueSize(event.args));
    return m_end++;
}

EventStore::Chunk &EventStore::chunkForNew()
{
    if (m_chunks.empty() || m_end % chunkSize == 0) {
        if (!m_chunks.empty())
            m_chunks.back()->bytes.squeeze();
        m_chunks.push_back(std::make_shared<Chunk>());
        m_chunks.back()->entries.resize(size_t(m_end % chunkSize)); // begins in the middle after clear()
    }
    return *m_chunks.back();
}

const EventStore::Chunk &EventStore::chunk(Serial serial) const
{
    return *m_chunks[size_t(serial / chunkSize - m_begin / chunkSize)];
}

qsizetype EventStore::excess() const
{
    qsizetype excess = 0;
    if (count() > m_maximum)
        excess = count() - (m_maximum - m_maximum / 100);
    if (m_bytes > m_maximumBytes) {
        qsizetype bytes = m_bytes;
        const qsizetype allowed = m_maximumBytes - m_maximumBytes / 100;
        qsizetype gone = 0;
        while (bytes > allowed && gone < count()) {
            bytes -= qsizetype(entry(m_begin + Serial(gone)).size) + qsizetype(sizeof(Entry));
            ++gone;
        }
        excess = std::max(excess, gone);
    }
    return excess;
}

void EventStore::removeOldest(qsizetype count)
{
    for (const Serial end = std::min(m_end, m_begin + Serial(count)); m_begin < end;) {
        const Entry &oldest = entry(m_begin);
        m_names.release(oldest.name);
        m_senders.release(oldest.sender);
        m_nodes.release(oldest.node);
        m_bytes -= qsizetype(oldest.size) + qsizetype(sizeof(Entry));
        if (qsizetype(oldest.size) > largeArguments)
            m_sizes.remove(m_begin);
        ++m_begin;
        if (m_begin % chunkSize == 0)
            m_chunks.pop_front();
    }
    if (m_begin == m_end)
        m_chunks.clear();
}

QUuid EventStore::node(Serial serial) const
{
    return QUuid::fromString(m_nodes.at(entry(serial).node));
}

QDateTime EventStore::time(Serial serial) const
{
    const Entry &event = entry(serial);
    return event.timeKind == Unknown ? QDateTime() : QDateTime::fromMSecsSinceEpoch(event.time, Qt::UTC);
}

QByteArrayView EventStore::arguments(Serial serial) const
{
    const Entry &event = entry(serial);
    return QByteArrayView(chunk(serial).bytes).sliced(event.offset, event.size);
}

qsizetype EventStore::size(Serial serial) const
{
    const auto large = m_sizes.constFind(serial);
    return large != m_sizes.cend() ? *large : valueSize(decoded(serial));
}

QVariantMap EventStore::decoded(Serial serial, QString *error) const
{
    const JsonReader::Result result = JsonReader::readArguments(QString::fromUtf8(arguments(serial)));
    if (error)
        *error = result.error;
    return result.value.toMap();
}

PyventEvent EventStore::head(Serial serial) const
{
    PyventEvent event;
    event.name = name(serial);
    event.sender = sender(serial);
    event.nodeId = node(serial);
    event.sequence = sequence(serial);
    if (entry(serial).timeKind == Sent)
        event.time = time(serial);
    return event;
}

PyventEvent EventStore::event(Serial serial) const
{
    PyventEvent event = head(serial);
    event.args = decoded(serial);
    return event;
}

QByteArray EventStore::jsonLine(Serial serial) const
{
    return eventAsJsonWith(head(serial), arguments(serial));
}

} // namespace Pyvent::Inspector
