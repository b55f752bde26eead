// SPDX-License-Identifier: MIT
#ifndef PYVENT_BENCHMARKS_COMPARISON_H
#define PYVENT_BENCHMARKS_COMPARISON_H

#include "figure.h"
#include "options.h"

namespace Pyvent::Benchmarks {

// Measures the bus and bare ZeroMQ by turns, each time in fresh processes. Throws Failure.
class Comparison
{
public:
    explicit Comparison(const Options &options);

    // One pair of each figure; \a bareFirst says who begins, so that a drift of the machine favours neither.
    void runPair(bool bareFirst);

    QList<Figure> figures() const { return {m_rate, m_median, m_percentile}; }
    qsizetype frameSize() const { return m_order.size(); }

private:
    struct RoundTrip
    {
        double median; // in µs
        double percentile;
    };

    double eventsPerSecond(const QString &side) const;
    RoundTrip roundTrip(const QString &side) const;

    Options m_options;
    QByteArray m_order;
    QByteArray m_ping;
    QByteArray m_pong;
    Figure m_rate{.name = QStringLiteral("events/s"), .key = QStringLiteral("eventsPerSecond")};
    Figure m_median{.name = QStringLiteral("round trip, median, µs"), .key = QStringLiteral("roundTripMedian")};
    Figure m_percentile{.name = QStringLiteral("round trip, 99 %, µs"), .key = QStringLiteral("roundTrip99")};
};

} // namespace Pyvent::Benchmarks

#endif
