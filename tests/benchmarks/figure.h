// SPDX-License-Identifier: MIT
#ifndef PYVENT_BENCHMARKS_FIGURE_H
#define PYVENT_BENCHMARKS_FIGURE_H

#include <QtCore/qjsonobject.h>
#include <QtCore/qlist.h>
#include <QtCore/qmap.h>
#include <QtCore/qstringlist.h>

namespace Pyvent::Benchmarks {

// What some measurements of the same thing have in common.
struct Summary
{
    double median = 0;
    double minimum = 0;
    double maximum = 0;

    static Summary of(QList<double> values);
};

// One figure, measured on several sides by turns; the measurements with the same index belong together.
struct Figure
{
    QString key; // in JSON
    QString name;
    QString unit;
    int decimals = 0;
    QMap<QString, QList<double>> values = {}; // by side

    // The values of \a side to those of bare ZeroMQ, of each turn. Empty where there is no bare side.
    QList<double> ratios(const QString &side) const;

    // A line for each of \a sides.
    QString text(const QStringList &sides) const;
    QJsonObject toJson() const;
};

} // namespace Pyvent::Benchmarks

#endif
