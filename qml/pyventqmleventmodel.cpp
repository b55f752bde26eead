// SPDX-License-Identifier: MIT
#include "pyventqmleventmodel.h"

#include "valuetoqml.h"

#include <chrono>

using namespace Pyvent::Qml;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto batchInterval = 16ms; // a frame at 60 Hz

} // namespace

PyventQmlEventModel::PyventQmlEventModel(QObject *parent)
    : QAbstractListModel(parent)
    , m_link(this, u"*"_s, QString())
    , m_rows()
    , m_arrived()
    , m_batchTimer()
{
    m_batchTimer.setSingleShot(true);
    m_batchTimer.setTimerType(Qt::PreciseTimer);
    m_batchTimer.setInterval(batchInterval);
    connect(&m_batchTimer, &QTimer::timeout, this, &PyventQmlEventModel::addBatch);
    connect(&m_link, &NodeLink::nodeChanged, this, &PyventQmlEventModel::nodeChanged);
    connect(&m_link, &NodeLink::heard, this, &PyventQmlEventModel::take);
}

void PyventQmlEventModel::setName(const QString &name)
{
    if (name == m_link.pattern())
        return;
    m_link.setPattern(name);
    Q_EMIT nameChanged();
}

void PyventQmlEventModel::setSender(const QString &sender)
{
    if (sender == m_link.sender())
        return;
    m_link.setSender(sender);
    Q_EMIT senderChanged();
}

void PyventQmlEventModel::setMaximumCount(int count)
{
    if (count == m_maximumCount)
        return;
    if (count < 1) {
        m_link.warn(u"maximumCount cannot be %1: the model keeps at least one event"_s.arg(count));
        return;
    }
    m_maximumCount = count;
    while (m_arrived.size() > size_t(count))
        m_arrived.pop_front();
    const bool isLess = this->count() > count;
    if (isLess)
        removeOldest(this->count() - count);
    Q_EMIT maximumCountChanged();
    if (isLess)
        Q_EMIT countChanged();
}

void PyventQmlEventModel::setPaused(bool paused)
{
    if (std::exchange(m_isPaused, paused) == paused)
        return;
    if (paused)
        m_batchTimer.stop();
    else if (!m_arrived.empty())
        m_batchTimer.start();
    Q_EMIT pausedChanged();
}

void PyventQmlEventModel::take(const PyventEvent &event)
{
    if (m_arrived.size() >= size_t(m_maximumCount))
        m_arrived.pop_front();
    m_arrived.push_back(event);
    if (!m_isPaused && !m_batchTimer.isActive())
        m_batchTimer.start();
}

void PyventQmlEventModel::addBatch()
{
    const std::deque<PyventEvent> batch = std::exchange(m_arrived, {});
    if (batch.empty())
        return;
    const int before = count();
    const int tooMany = before + int(batch.size()) - m_maximumCount;
    if (tooMany > 0)
        removeOldest(tooMany);
    beginInsertRows({}, count(), count() + int(batch.size()) - 1);
    m_rows.insert(m_rows.end(), batch.begin(), batch.end());
    endInsertRows();
    if (count() != before)
        Q_EMIT countChanged();
}

void PyventQmlEventModel::removeOldest(int count)
{
    beginRemoveRows({}, 0, count - 1);
    m_rows.erase(m_rows.begin(), m_rows.begin() + count);
    endRemoveRows();
}

void PyventQmlEventModel::clear()
{
    m_arrived.clear();
    m_batchTimer.stop();
    if (m_rows.empty())
        return;
    removeOldest(count());
    Q_EMIT countChanged();
}

QVariant PyventQmlEventModel::get(const QJSValue &index)
{
    if (!index.isNumber())
        m_link.warn(u"get() returns null: the row, a number, is missing"_s);
    const int row = index.isNumber() ? index.toInt() : -1;
    if (row < 0 || row >= count())
        return QVariant::fromValue(nullptr);
    return QVariant::fromValue(PyventQmlEvent(m_rows[size_t(row)]));
}

int PyventQmlEventModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : count();
}

QVariant PyventQmlEventModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const PyventEvent &event = m_rows[size_t(index.row())];
    switch (role) {
    case Qt::DisplayRole:
    case NameRole:
        return event.name;
    case SenderRole:
        return event.sender;
    case ArgsRole:
        return valuesToQml(event.args);
    case TimeRole:
        return PyventQmlEvent::timeOf(event);
    case NodeRole:
        return PyventQmlEvent::nodeOf(event);
    case SequenceRole:
        return PyventQmlEvent::sequenceOf(event);
    default:
        return {};
    }
}

QHash<int, QByteArray> PyventQmlEventModel::roleNames() const
{
    return {{NameRole, "name"}, {SenderRole, "sender"}, {ArgsRole, "args"},
            {TimeRole, "time"}, {NodeRole, "node"},     {SequenceRole, "sequence"}};
}
