// SPDX-License-Identifier: MIT
#include "ratemodel.h"

#include "textstyle.h"

#include <QtCore/qlocale.h>
#include <QtGui/qguiapplication.h>

#include <algorithm>
#include <numeric>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;

RateModel::RateModel(QObject *parent)
    : QAbstractTableModel(parent)
    , m_all()
{
}

int RateModel::append(const QString &name)
{
    const int row = rowCount();
    beginInsertRows({}, row, row);
    m_names.append({.name = name});
    m_rows.insert(name, row);
    endInsertRows();
    return row;
}

int RateModel::rowFor(const QString &name)
{
    if (const auto known = m_rows.constFind(name); known != m_rows.cend())
        return *known;
    if (rowCount() < maximumNames)
        return append(name);
    const QString others = tr("(all other names)");
    const auto known = m_rows.constFind(others);
    return known != m_rows.cend() ? *known : append(others);
}

void RateModel::add(const QString &name)
{
    Counts &counts = m_names[rowFor(name)];
    ++counts.total;
    ++counts.second[size_t(m_now)];
    ++m_all.total;
    ++m_all.second[size_t(m_now)];
}

void RateModel::nextSecond()
{
    m_now = (m_now + 1) % (seconds + 1);
    for (Counts &counts : m_names)
        counts.second[size_t(m_now)] = 0;
    m_all.second[size_t(m_now)] = 0;
    if (!m_names.isEmpty())
        Q_EMIT dataChanged(index(0, Count), index(rowCount() - 1, Minute));
    Q_EMIT advanced();
}

void RateModel::reset(const EventStore &store)
{
    QHash<quint32, quint64> counts;
    for (Serial serial = store.begin(); serial < store.end(); ++serial)
        ++counts[store.nameId(serial)];
    beginResetModel();
    m_names.clear();
    m_rows.clear();
    m_all = {};
    endResetModel();
    for (auto count = counts.cbegin(); count != counts.cend(); ++count) {
        m_names[rowFor(store.names().at(count.key()))].total += count.value();
        m_all.total += count.value();
    }
    Q_EMIT advanced();
}

QList<int> RateModel::unrolled(const Counts &counts) const
{
    QList<int> minute;
    minute.reserve(seconds);
    for (int i = 1; i <= seconds; ++i)
        minute.append(counts.second[size_t((m_now + i) % (seconds + 1))]);
    return minute;
}

QList<int> RateModel::minute(int row) const
{
    return unrolled(row < 0 ? m_all : m_names[row]);
}

double RateModel::rateOf(const Counts &counts) const
{
    const QList<int> minute = unrolled(counts);
    return std::accumulate(minute.end() - averaged, minute.end(), 0.0) / averaged;
}

double RateModel::rate(int row) const
{
    return rateOf(row < 0 ? m_all : m_names[row]);
}

QList<int> RateModel::busiest(int count) const
{
    QList<std::pair<int, int>> sums; // negative, so that the most events come first
    for (int row = 0; row < rowCount(); ++row) {
        const auto &second = m_names[row].second;
        const int sum = std::accumulate(second.begin(), second.end(), 0) - second[size_t(m_now)];
        if (sum > 0)
            sums.append({-sum, row});
    }
    std::sort(sums.begin(), sums.end());
    QList<int> rows;
    for (qsizetype i = 0; i < std::min(qsizetype(count), sums.size()); ++i)
        rows.append(sums[i].second);
    return rows;
}

int RateModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_names.size());
}

int RateModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant RateModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Counts &counts = m_names[index.row()];
    const int column = index.column();
    switch (role) {
    case Qt::DisplayRole:
        return column == Name ? QVariant(counts.name)
            : column == Count ? QVariant(QLocale().toString(qulonglong(counts.total)))
            : column == Rate  ? QVariant(QLocale().toString(rate(index.row()), 'f', 1))
                              : QVariant();
    case Qt::AccessibleTextRole:
        return column == Minute ? QVariant(tr("%1 events per second").arg(rate(index.row()))) : QVariant();
    case SortRole:
        return column == Name ? QVariant(counts.name)
            : column == Count ? QVariant(counts.total)
                              : QVariant(rate(index.row()));
    case MinuteRole:
        return QVariant::fromValue(minute(index.row()));
    case ColorRole:
        return index.row() % nameColorCount;
    case Qt::ToolTipRole:
        return column == Name ? QVariant(plainToolTip(counts.name))
            : column == Rate  ? QVariant(tr("Events per second, the mean of the last %1 seconds").arg(averaged))
                              : QVariant();
    case Qt::DecorationRole:
        return column == Name ? QVariant(nameColor(index.row(), QGuiApplication::palette())) : QVariant();
    case Qt::FontRole:
        return column == Count || column == Rate ? QVariant(monospaced()) : QVariant();
    case Qt::TextAlignmentRole:
        return column == Count || column == Rate ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    default:
        return {};
    }
}

QVariant RateModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole)
        return section == Count || section == Rate ? QVariant(Qt::AlignRight | Qt::AlignVCenter)
                                                   : QVariant(Qt::AlignLeft | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole) {
        return section == Rate  ? QVariant(tr("Events per second, the mean of the last %1 seconds").arg(averaged))
            : section == Minute ? QVariant(tr("Events in each second of the last minute"))
                                : QVariant();
    }
    const QString titles[] = {tr("Name"), tr("Events"), tr("Rate"), tr("Minute")};
    return role == Qt::DisplayRole ? QVariant(titles[section]) : QVariant();
}

} // namespace Pyvent::Inspector
