// SPDX-License-Identifier: MIT
#ifndef PYVENT_BENCHMARKS_FIGURE_H
#define PYVENT_BENCHMARKS_FIGURE_H

#include <QtCore/qjsonobject.h>
#include <QtCore/qlist.h>
#include <QtCore/qstring.h>

namespace Pyvent::Benchmarks {

// What some measurements of the same thing have in common.
struct Summary
{
    double median = 0;
    double minimum = 0;
    double maximum = 0;

    static Summary of(QList<double> values);
};

// One figure, measured on both sides; the measurements with the same index are a pair.
struct Figure
{
    QString name;
    QString key; // in JSON
    QList<double> bare = {};
    QList<double> bus = {};

    void add(const QString &side, double value);

    // Bus to bare, of each pair.
    QList<double> ratios() const;

    QString tableRow() const;
    QJsonObject toJson() const;
};

// What stands above the rows.
QString tableHead();

} // namespace Pyvent::Benchmarks

#endif
