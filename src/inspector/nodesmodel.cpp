// SPDX-License-Identifier: MIT
#include "nodesmodel.h"

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

void NodesModel::noteEvent(const PyventEvent &event)
{
    Row *const node = row(keyOf(event.nodeId, event.sender));
    node->info.uuid = event.nodeId;
    node->sender = event.sender;
    node->seen = QDateTime::currentDateTimeUtc();
    ++node->events;
    m_isChanged = true;
}

void NodesModel::update()
{
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
    }
    for (const PyventNodeInfo &info : nodes) {
        Row *const node = row(keyOf(info.uuid, QString()));
        node->info = info;
        node->answers = true;
        node->seen = QDateTime::currentDateTimeUtc();
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
    const auto known = m_index.constFind(keyOf(uuid, QString()));
    if (known == m_index.cend())
        return {};
    const Row &row = m_rows[*known];
    if (!row.info.nodeId.isEmpty())
        return row.info.nodeId;
    if (!row.info.program.isEmpty())
        return row.info.program;
    // A node's own sender ends with its id.
    const QString own = u"pyvent."_s;
    return row.sender.startsWith(own) ? row.sender.sliced(own.size()) : QString();
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
    return row.answers ? tr("here") : tr("seen");
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
        return tr("Python's nodes have no number of their own: this is whoever sent as '%1' from Python.")
            .arg(row.sender);
    }
    QString text = row.info.uuid.toString(QUuid::WithoutBraces);
    if (!row.info.host.isEmpty())
        text += u'\n' + tr("On %1").arg(row.info.host);
    if (!row.info.names.isEmpty())
        text += u'\n' + tr("Hears %1").arg(row.info.names.join(u", "_s));
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
        return toolTip(row);
    case Qt::FontRole:
        return isNumber ? QVariant(monospaced()) : QVariant();
    case Qt::TextAlignmentRole:
        return index.column() == Events ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    case Qt::ForegroundRole:
        if (index.column() != Role)
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
