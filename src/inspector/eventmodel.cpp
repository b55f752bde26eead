// SPDX-License-Identifier: MIT
#include "eventmodel.h"

#include "textstyle.h"

#include <QtGui/qfont.h>

#include <algorithm>
#include <iterator>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;

EventModel::EventModel(QObject *parent)
    : QAbstractTableModel(parent)
    , m_store()
    , m_summaries(2000)
{
    m_frame.setSingleShot(true);
    m_frame.setInterval(frame);
    connect(&m_frame, &QTimer::timeout, this, &EventModel::takeUp);
    m_slice.setSingleShot(true);
    m_slice.setInterval(0);
    connect(&m_slice, &QTimer::timeout, this, &EventModel::scanSlice);
}

void EventModel::append(const PyventEvent &event)
{
    m_store.append(event, event.time.isValid() ? QDateTime() : QDateTime::currentDateTimeUtc());
    if (!m_frame.isActive())
        m_frame.start();
}

void EventModel::replaceStore(EventStore &&store)
{
    const qsizetype maximum = m_store.maximum();
    beginResetModel();
    m_store = std::move(store);
    m_store.setMaximum(maximum);
    m_rows.clear();
    m_summaries.clear();
    m_taken = m_store.end();
    m_filter = EventFilter(m_filterTexts); // what it knows of names is another store's
    restartScan();
    endResetModel();
    dropOldest();
    Q_EMIT changed();
}

void EventModel::clear()
{
    beginResetModel();
    m_store.clear();
    m_rows.clear();
    m_summaries.clear();
    m_taken = m_store.end();
    m_unscanned = m_store.begin();
    endResetModel();
    Q_EMIT changed();
}

void EventModel::setMaximum(qsizetype events)
{
    m_store.setMaximum(events);
    dropOldest();
}

void EventModel::setPaused(bool paused)
{
    if (m_paused == paused)
        return;
    m_paused = paused;
    if (!m_paused)
        m_frame.start();
    Q_EMIT changed();
}

void EventModel::setFilter(const FilterTexts &texts)
{
    if (texts == m_filterTexts)
        return;
    beginResetModel();
    m_filterTexts = texts;
    m_filter = EventFilter(texts);
    m_rows.clear();
    restartScan();
    endResetModel();
    Q_EMIT changed();
}

void EventModel::restartScan()
{
    m_scan = {};
    m_unscanned = m_taken;
    if (!m_filter.isEmpty()) {
        m_slice.start();
        return;
    }
    m_slice.stop();
    for (Serial serial = m_store.begin(); serial < m_taken; ++serial)
        m_rows.push_back(serial);
    m_unscanned = m_store.begin();
}

void EventModel::scanSlice()
{
    std::vector<Serial> found; // the newest first
    qsizetype rows = 0;
    qsizetype work = 0;
    while (m_unscanned > m_store.begin() && rows < rowsPerSlice && work < bytesPerSlice) {
        --m_unscanned;
        ++rows;
        if (m_filter.fits(m_store, m_unscanned, &work))
            found.push_back(m_unscanned);
    }
    ++m_scan.slices;
    m_scan.rows += rows;
    m_scan.largestSlice = std::max(m_scan.largestSlice, rows);
    if (!found.empty()) {
        beginInsertRows({}, 0, int(found.size()) - 1);
        std::copy(found.begin(), found.end(), std::front_inserter(m_rows));
        endInsertRows();
    }
    if (isScanning())
        m_slice.start();
    Q_EMIT changed();
}

void EventModel::takeUp()
{
    dropOldest();
    if (!m_paused && m_taken < m_store.end()) {
        std::vector<Serial> found;
        qsizetype rows = 0;
        qsizetype work = 0;
        for (; m_taken < m_store.end() && rows < rowsPerSlice && work < bytesPerSlice; ++m_taken, ++rows) {
            if (m_filter.isEmpty() || m_filter.fits(m_store, m_taken, &work))
                found.push_back(m_taken);
        }
        if (!found.empty()) {
            const int first = rowCount();
            beginInsertRows({}, first, first + int(found.size()) - 1);
            m_rows.insert(m_rows.end(), found.begin(), found.end());
            endInsertRows();
        }
        if (m_taken < m_store.end())
            m_frame.start();
    }
    Q_EMIT changed();
}

void EventModel::dropOldest()
{
    const qsizetype excess = m_store.excess();
    if (excess == 0)
        return;
    const Serial begin = m_store.begin() + Serial(excess);
    const auto kept = std::lower_bound(m_rows.begin(), m_rows.end(), begin);
    if (kept != m_rows.begin()) {
        // The rows go first: whoever hears of it may still ask for the event of a row.
        beginRemoveRows({}, 0, int(kept - m_rows.begin()) - 1);
        m_rows.erase(m_rows.begin(), kept);
        endRemoveRows();
    }
    m_store.removeOldest(excess);
    m_taken = std::max(m_taken, m_store.begin());
    Q_EMIT dropped(excess);
}

void EventModel::setNodeNames(NodeNames names)
{
    m_nodeNames = std::move(names);
}

std::optional<int> EventModel::rowOf(Serial serial) const
{
    const auto found = std::lower_bound(m_rows.begin(), m_rows.end(), serial);
    return found != m_rows.end() && *found == serial ? std::optional(int(found - m_rows.begin())) : std::nullopt;
}

int EventModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int EventModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QString EventModel::timeText(Serial serial) const
{
    const QDateTime time = m_store.time(serial);
    return time.isValid() ? time.toLocalTime().toString(u"HH:mm:ss.zzz"_s) : u"–"_s;
}

QString EventModel::nodeText(Serial serial) const
{
    const QUuid node = m_store.node(serial);
    if (node.isNull())
        return u"Python"_s;
    const QString name = m_nodeNames ? m_nodeNames(node) : QString();
    return name.isEmpty() ? node.toString(QUuid::WithoutBraces).first(8) : name;
}

QVariant EventModel::text(Serial serial, int column) const
{
    switch (column) {
    case Time:
        return timeText(serial);
    case Name:
        return m_store.name(serial);
    case Sender:
        return m_store.sender(serial);
    case Arguments:
        if (!m_summaries.contains(serial))
            m_summaries.insert(serial, new QString(argumentSummary(m_store, serial)));
        return *m_summaries.object(serial);
    case Node:
        return nodeText(serial);
    case Sequence:
        return m_store.sequence(serial) == 0 ? QVariant(u"–"_s) : QVariant(QString::number(m_store.sequence(serial)));
    default:
        return {};
    }
}

QVariant EventModel::toolTip(Serial serial, int column) const
{
    switch (column) {
    case Time:
        if (!m_store.time(serial).isValid())
            return tr("A Python node sent it without a time, and the log has no time of arrival.");
        return m_store.time(serial).toLocalTime().toString(u"yyyy-MM-dd HH:mm:ss.zzz"_s) + u'\n'
            + (m_store.isTimeOfArrival(serial) ? tr("The time of arrival, since a Python node sends no time.")
                                               : tr("The time of sending, by the sender's clock."));
    case Node:
        return m_store.node(serial).isNull() ? tr("A Python node, which has no UUID of its own on the bus.")
                                             : m_store.node(serial).toString(QUuid::WithoutBraces);
    case Sequence:
        return m_store.sequence(serial) == 0 ? tr("Python nodes do not count their events.")
                                             : tr("Counts the node's events of this name.");
    case Name:
    case Sender:
        return plainToolTip(text(serial, column).toString());
    default:
        return {};
    }
}

QVariant EventModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Serial serial = serialAt(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return text(serial, index.column());
    case Qt::ToolTipRole:
        return toolTip(serial, index.column());
    case Qt::FontRole:
        return index.column() == Arguments || index.column() == Time || index.column() == Sequence
            ? QVariant(monospaced())
            : QVariant();
    case Qt::TextAlignmentRole:
        return index.column() == Sequence ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    default:
        return {};
    }
}

QVariant EventModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return section == Sequence ? QVariant(Qt::AlignRight | Qt::AlignVCenter)
                                   : QVariant(Qt::AlignLeft | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    const QString titles[] = {tr("Time"), tr("Name"), tr("Sender"), tr("Arguments"), tr("Node"), tr("Seq")};
    return section < ColumnCount ? QVariant(titles[section]) : QVariant();
}

} // namespace Pyvent::Inspector
