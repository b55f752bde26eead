// SPDX-License-Identifier: MIT
#include "measurement.h"

#include <cmath>

namespace Pyvent::Benchmarks {

using namespace std::chrono_literals;

void Measurement::runAll(bool backwards)
{
    QStringList order = sides;
    if (backwards)
        std::reverse(order.begin(), order.end());
    for (const QString &side : order) {
        const QList<double> values = run(side);
        for (qsizetype i = 0; i < values.size(); ++i) {
            if (!std::isnan(values[i]))
                figures[i].values[side].append(values[i]);
        }
    }
}

std::chrono::seconds patience(qint64 events)
{
    return 30s + std::chrono::seconds(events / 2000);
}

} // namespace Pyvent::Benchmarks
