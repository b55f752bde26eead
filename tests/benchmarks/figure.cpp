// SPDX-License-Identifier: MIT
#include "figure.h"

#include <QtCore/qjsonarray.h>
#include <QtCore/qlocale.h>

#include <algorithm>

namespace Pyvent::Benchmarks {

using namespace Qt::StringLiterals;

namespace {

constexpr int nameWidth = 24;
constexpr int valueWidth = 32;

QString text(const Summary &summary, int decimals)
{
    const QLocale locale(QLocale::English, QLocale::UnitedStates);
    const auto number = [&](double value) { return locale.toString(value, 'f', decimals); };
    return u"%1 (%2 to %3)"_s.arg(number(summary.median), number(summary.minimum), number(summary.maximum));
}

QString row(const QString &name, const QString &bare, const QString &bus, const QString &ratio)
{
    return name.leftJustified(nameWidth) + bare.leftJustified(valueWidth) + bus.leftJustified(valueWidth) + ratio;
}

QJsonObject toJson(const QList<double> &values)
{
    const Summary summary = Summary::of(values);
    QJsonArray array;
    for (const double value : values)
        array.append(value);
    return {{u"median"_s, summary.median},
            {u"minimum"_s, summary.minimum},
            {u"maximum"_s, summary.maximum},
            {u"values"_s, array}};
}

} // namespace

Summary Summary::of(QList<double> values)
{
    if (values.isEmpty())
        return {};
    std::sort(values.begin(), values.end());
    const qsizetype middle = values.size() / 2;
    const double median = values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    return {median, values.first(), values.last()};
}

void Figure::add(const QString &side, double value)
{
    (side == "bare"_L1 ? bare : bus).append(value);
}

QList<double> Figure::ratios() const
{
    QList<double> ratios;
    for (qsizetype i = 0; i < std::min(bare.size(), bus.size()); ++i)
        ratios.append(bus[i] / bare[i]);
    return ratios;
}

QString Figure::tableRow() const
{
    return row(name, text(Summary::of(bare), 0), text(Summary::of(bus), 0), text(Summary::of(ratios()), 2));
}

QJsonObject Figure::toJson() const
{
    return {{u"bare"_s, Benchmarks::toJson(bare)},
            {u"bus"_s, Benchmarks::toJson(bus)},
            {u"ratio"_s, Benchmarks::toJson(ratios())}};
}

QString tableHead()
{
    return row(u"median (min to max)"_s, u"bare ZeroMQ"_s, u"bus"_s, u"bus/bare of paired runs"_s);
}

} // namespace Pyvent::Benchmarks
