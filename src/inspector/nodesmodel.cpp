// SPDX-License-Identifier: MIT
#include "nodesmodel.h"

#include "abouttext.h"
#include "textstyle.h"

#include <QtCore/qlocale.h>
#include <QtGui/qguiapplication.h>

#include <algorithm>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;

NodesModel::NodesModel(QObject *parent)
    : QAbstractTableModel(parent)
{
}

QString NodesModel::keyOf(const QUuid &uuid, const QString &sender)
{
    return uuid.isNull() ? u"Python "_s + sender : uuid.toString(QUuid::WithoutBraces);
}

NodesModel::Row *NodesModel::row(const QString &key)
{
    if (const auto known = m_index.constFind(key); known != m_index.cend())
        return &m_rows[*known];
    if (m_rows.size() >= maximumNodes) {
        const auto silent = std::min_element(m_rows.begin(), m_rows.end(), [](const Row &left, const Row &right) {
            return left.answers != right.answers ? right.answers : left.seen < right.seen;
        });
        m_index.remove(keyOf(silent->info.uuid, silent->sender));
        const int place = int(silent - m_rows.begin());
        *silent = Row();
        m_index.insert(key, place);
        return &m_rows[place];
    }
    const int place = int(m_rows.size());
    beginInsertRows({}, place, place);
    m_rows.append(Row());
    m_index.insert(key, place);
    endInsertRows();
    return &m_rows[place];
}

void NodesModel::removeRow(int place)
{
    beginRemoveRows({}, place, place);
    m_rows.removeAt(place);
    m_index.clear();
    for (int i = 0; i < m_rows.size(); ++i)
        m_index.insert(keyOf(m_rows[i].info.uuid, m_rows[i].sender), i);
    endRemoveRows();
}

void NodesModel::keepName(const QUuid &uuid, const QString &name)
{
    constexpr qsizetype mostNames = 10'000;
    if (name.isEmpty())
        return;
    if (m_names.size() >= mostNames && !m_names.contains(uuid))
        m_names.erase(m_names.cbegin());
    m_names.insert(uuid, name);
}

void NodesModel::noteEvent(const PyventEvent &event)
{
    Row *const node = row(keyOf(event.nodeId, event.sender));
    // A node's own sender ends with its id.
    const QString own = u"pyvent."_s;
    if (node->sender != event.sender && !event.nodeId.isNull() && event.sender.startsWith(own)
        && node->info.nodeId.isEmpty())
        keepName(event.nodeId, event.sender.sliced(own.size()));
    node->info.uuid = event.nodeId;
    node->sender = event.sender;
    node->seen = QDateTime::currentDateTimeUtc();
    node->missed = 0;
    ++node->events;
    m_isChanged = true;
}

void NodesModel::update(const QDateTime &now)
{
    for (int i = int(m_rows.size()) - 1; i >= 0; --i) {
        const Row &row = m_rows[i];
        if (row.info.uuid.isNull() && row.seen.msecsTo(now) > std::chrono::milliseconds(longestSilence).count())
            removeRow(i);
    }
    if (!m_isChanged || m_rows.isEmpty())
        return;
    m_isChanged = false;
    Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

void NodesModel::setAnswers(const QList<PyventNodeInfo> &nodes)
{
    for (Row &row : m_rows) {
        row.answers = false;
        row.info.serving = false;
        row.missed += row.info.uuid.isNull() ? 0 : 1;
    }
    for (const PyventNodeInfo &info : nodes) {
        Row *const node = row(keyOf(info.uuid, QString()));
        node->info = info;
        node->answers = true;
        node->missed = 0;
        node->seen = QDateTime::currentDateTimeUtc();
        keepName(info.uuid, info.nodeId.isEmpty() ? info.program : info.nodeId);
    }
    for (int i = int(m_rows.size()) - 1; i >= 0; --i) {
        if (m_rows[i].missed >= missedOfForgotten)
            removeRow(i);
    }
    m_isChanged = true;
    update();
}

void NodesModel::clear()
{
    beginResetModel();
    m_rows.clear();
    m_index.clear();
    endResetModel();
}

QString NodesModel::nameOf(const QUuid &uuid) const
{
    return m_names.value(uuid);
}

int NodesModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int NodesModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QString NodesModel::roleText(const Row &row) const
{
    if (row.info.serving)
        return row.info.uuid == m_own ? tr("serves, this window") : tr("serves");
    if (row.info.uuid.isNull())
        return tr("Python");
    if (row.info.uuid == m_own)
        return tr("this window");
    return row.answers ? tr("here") : isGone(row) ? tr("gone") : tr("seen");
}

QString NodesModel::text(const Row &row, int column) const
{
    switch (column) {
    case Node: {
        if (row.info.uuid.isNull())
            return row.sender;
        const QString name = nameOf(row.info.uuid);
        return name.isEmpty() ? row.info.uuid.toString(QUuid::WithoutBraces).first(8) : name;
    }
    case Program:
        if (row.info.program.isEmpty())
            return u"–"_s;
        return row.info.pid > 0 ? u"%1 · %2"_s.arg(row.info.program).arg(row.info.pid) : row.info.program;
    case Role:
        return roleText(row);
    case Events:
        return QLocale().toString(row.events);
    case Seen:
        return row.seen.toLocalTime().toString(u"HH:mm:ss"_s);
    default:
        return {};
    }
}

QString NodesModel::toolTip(const Row &row) const
{
    if (row.info.uuid.isNull()) {
        return tr("Python nodes have no UUID of their own: this row stands for all that sent as '%1'.").arg(row.sender);
    }
    QString text = row.info.uuid.toString(QUuid::WithoutBraces);
    if (isGone(row))
        text += u'\n' + tr("It does not answer any more.");
    if (!row.info.host.isEmpty())
        text += u'\n' + tr("On %1").arg(row.info.host);
    if (!row.info.way.isEmpty())
        text += u'\n'
            + (row.info.way == "lane"_L1 ? tr("Reaches the server by the lane") : tr("Reaches the server by TCP"));
    if (!row.info.names.isEmpty())
        text += u'\n' + tr("Hears %1").arg(row.info.names.join(u", "_s));
    if (const QString about = Pyvent::Text::aboutText(row.info); !about.isEmpty())
        text += u'\n' + about;
    return text;
}

QVariant NodesModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Row &row = m_rows[index.row()];
    const bool isNumber = index.column() == Events || index.column() == Seen;
    switch (role) {
    case Qt::DisplayRole:
        return text(row, index.column());
    case Qt::ToolTipRole:
        return plainToolTip(toolTip(row));
    case Qt::FontRole:
        return isNumber ? QVariant(monospaced()) : QVariant();
    case Qt::TextAlignmentRole:
        return index.column() == Events ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    case Qt::ForegroundRole:
        if (index.column() != Role && !isGone(row))
            return {};
        return toneColor(row.info.serving ? Tone::Good : Tone::Quiet, QGuiApplication::palette());
    default:
        return {};
    }
}

QVariant NodesModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole)
        return section == Events ? QVariant(Qt::AlignRight | Qt::AlignVCenter)
                                 : QVariant(Qt::AlignLeft | Qt::AlignVCenter);
    const QString titles[] = {tr("Node"), tr("Program"), tr("Role"), tr("Events"), tr("Last seen")};
    return role == Qt::DisplayRole ? QVariant(titles[section]) : QVariant();
}

} // namespace Pyvent::Inspector
