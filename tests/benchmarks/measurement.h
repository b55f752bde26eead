// SPDX-License-Identifier: MIT
#ifndef PYVENT_BENCHMARKS_MEASUREMENT_H
#define PYVENT_BENCHMARKS_MEASUREMENT_H

#include "figure.h"
#include "options.h"

#include <functional>

namespace Pyvent::Benchmarks {

// Figures that one run gives, and how such a run is made on one side: always in fresh processes. It throws Failure.
struct Measurement
{
    QString section; // as --only calls it
    QStringList sides;
    QList<Figure> figures;
    std::function<QList<double>(const QString &side)> run; // a value for each figure; NaN: this side has none

    // Runs each side once. \a backwards says which is the first one, so that a drift of the machine favours none.
    void runAll(bool backwards);
};

// What a measurement may take at most: far more than it needs on a loaded machine.
std::chrono::seconds patience(qint64 events);

// The measurements, section by section.
QList<Measurement> throughputs(const Options &options);
QList<Measurement> roundTrips(const Options &options);
QList<Measurement> costsOfAProcess(const Options &options);
QList<Measurement> windows(const Options &options);

} // namespace Pyvent::Benchmarks

#endif
