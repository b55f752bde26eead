// SPDX-License-Identifier: MIT
#include "pyventnodemodel.h"

#include <algorithm>

PyventNodeModel::PyventNodeModel(QObject *parent)
    : QAbstractListModel(parent)
{
}

PyventNodeModel::PyventNodeModel(PyventNode *node, QObject *parent)
    : QAbstractListModel(parent)
{
    setNode(node);
}

PyventNodeModel::~PyventNodeModel() = default;

void PyventNodeModel::setNode(PyventNode *node)
{
    if (m_node == node)
        return;
    if (m_node)
        m_node->disconnect(this);
    m_node = node;
    clear();
    if (!m_node)
        return;
    connect(node, &PyventNode::nodeAppeared, this, &PyventNodeModel::add);
    connect(node, &PyventNode::nodeVanished, this, &PyventNodeModel::remove);
    connect(node, &PyventNode::nodeDescribed, this, &PyventNodeModel::update);
    connect(node, &PyventNode::stateChanged, this, [this](PyventNode::State state) {
        if (state == PyventNode::Stopped)
            clear();
    });
    connect(node, &QObject::destroyed, this, &PyventNodeModel::clear);
    const QList<PyventNodeInfo> known = node->nodes(); // since another one has watched before
    for (const PyventNodeInfo &info : known)
        add(info);
}

void PyventNodeModel::clear()
{
    if (m_rows.empty())
        return;
    beginRemoveRows({}, 0, count() - 1);
    m_rows.clear();
    endRemoveRows();
    Q_EMIT countChanged();
}

std::vector<PyventNodeModel::Row>::iterator PyventNodeModel::find(const QUuid &uuid)
{
    return std::find_if(m_rows.begin(), m_rows.end(), [&uuid](const Row &row) { return row.info.uuid == uuid; });
}

void PyventNodeModel::add(const PyventNodeInfo &info)
{
    if (update(info))
        return;
    beginInsertRows({}, count(), count());
    m_rows.push_back({info, QDateTime::currentDateTimeUtc()});
    endInsertRows();
    Q_EMIT countChanged();
}

bool PyventNodeModel::update(const PyventNodeInfo &info)
{
    const auto row = find(info.uuid);
    if (row == m_rows.end())
        return false;
    if (row->info != info) {
        row->info = info;
        const QModelIndex changed = index(int(row - m_rows.begin()));
        Q_EMIT dataChanged(changed, changed);
    }
    return true;
}

void PyventNodeModel::remove(const PyventNodeInfo &info)
{
    const auto row = find(info.uuid);
    if (row == m_rows.end())
        return;
    const int number = int(row - m_rows.begin());
    beginRemoveRows({}, number, number);
    m_rows.erase(row);
    endRemoveRows();
    Q_EMIT countChanged();
}

PyventNodeInfo PyventNodeModel::info(int row) const
{
    return row >= 0 && row < count() ? m_rows[std::size_t(row)].info : PyventNodeInfo();
}

int PyventNodeModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : count();
}

QVariant PyventNodeModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const Row &row = m_rows[std::size_t(index.row())];
    switch (role) {
    case NodeIdRole:
        return row.info.nodeId;
    case UuidRole:
        return row.info.uuid.toString(QUuid::WithoutBraces);
    case Qt::DisplayRole:
    case ProgramRole:
        return row.info.program;
    case HostRole:
        return row.info.host;
    case PidRole:
        return row.info.pid;
    case ServingRole:
        return row.info.serving;
    case NamesRole:
        return row.info.names;
    case WayRole:
        return row.info.way;
    case KeyRole:
        return row.info.key;
    case AboutRole:
        return row.info.about;
    case SinceRole:
        return row.since;
    default:
        return {};
    }
}

QHash<int, QByteArray> PyventNodeModel::roleNames() const
{
    return {{NodeIdRole, "nodeId"}, {UuidRole, "uuid"},       {ProgramRole, "program"}, {HostRole, "host"},
            {PidRole, "pid"},       {ServingRole, "serving"}, {NamesRole, "names"},     {WayRole, "way"},
            {KeyRole, "key"},       {AboutRole, "about"},     {SinceRole, "since"}};
}
