// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_RATEMODEL_H
#define PYVENT_INSPECTOR_RATEMODEL_H

#include "eventstore.h"

#include <QtCore/qabstractitemmodel.h>
#include <QtCore/qhash.h>
#include <QtCore/qlist.h>

#include <array>

namespace Pyvent::Inspector {

// How many events of each name there were, and how many in each second of the last minute. It has no clock of its own:
// nextSecond() moves it on.
class RateModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column { Name, Count, Rate, Minute, ColumnCount };
    enum Role {
        SortRole = Qt::UserRole,
        MinuteRole, // the counts of the last minute, the oldest first, as a QList<int>
        ColorRole   // the name's colour's index
    };
    static constexpr int seconds = 60;
    static constexpr int averaged = 5; // seconds that a rate is the mean of
    // More names than these are counted together, so that names made up for each event do not fill the memory.
    static constexpr int maximumNames = 2000;

    explicit RateModel(QObject *parent = nullptr);

    void add(const QString &name);
    void nextSecond();
    // Takes the names of a log that is shown now, whose events are over.
    void reset(const EventStore &store);

    // Events in each second of the last minute, the oldest first; of all names if \a row is -1.
    QList<int> minute(int row) const;
    double rate(int row) const;
    const QString &name(int row) const { return m_names[row].name; }
    // The rows with the most events in the last minute, at most \a count, the most first.
    QList<int> busiest(int count) const;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

Q_SIGNALS:
    // Another second has begun, or everything is new.
    void advanced();

private:
    struct Counts
    {
        QString name;
        quint64 total = 0;
        std::array<int, seconds + 1> second = {}; // a ring; the current second is not over, and not shown
    };
    int rowFor(const QString &name);
    int append(const QString &name);
    QList<int> unrolled(const Counts &counts) const;
    double rateOf(const Counts &counts) const;

    QList<Counts> m_names;
    Counts m_all;
    QHash<QString, int> m_rows;
    int m_now = 0;
};

} // namespace Pyvent::Inspector

#endif
