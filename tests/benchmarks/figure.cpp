// SPDX-License-Identifier: MIT
#include "figure.h"

#include <QtCore/qjsonarray.h>
#include <QtCore/qlocale.h>

#include <algorithm>

namespace Pyvent::Benchmarks {

using namespace Qt::StringLiterals;

namespace {

constexpr int nameWidth = 72;
constexpr int sideWidth = 15;
constexpr int valueWidth = 36;

QString text(const Summary &summary, int decimals)
{
    const QLocale locale(QLocale::English, QLocale::UnitedStates);
    const auto number = [&](double value) { return locale.toString(value, 'f', decimals); };
    return u"%1 (%2 to %3)"_s.arg(number(summary.median), number(summary.minimum), number(summary.maximum));
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

QList<double> Figure::ratios(const QString &side) const
{
    const QList<double> bare = values.value(u"bare"_s);
    const QList<double> others = values.value(side);
    QList<double> ratios;
    for (qsizetype i = 0; i < std::min(bare.size(), others.size()); ++i)
        ratios.append(others[i] / bare[i]);
    return ratios;
}

QString Figure::text(const QStringList &sides) const
{
    QStringList lines;
    for (const QString &side : sides) {
        if (!values.contains(side))
            continue;
        QString line = (lines.isEmpty() ? name + ", "_L1 + unit : QString()).leftJustified(nameWidth)
            + side.leftJustified(sideWidth) + Benchmarks::text(Summary::of(values[side]), decimals);
        if (const QList<double> ratios = this->ratios(side); side != "bare"_L1 && !ratios.isEmpty())
            line = line.leftJustified(nameWidth + sideWidth + valueWidth) + Benchmarks::text(Summary::of(ratios), 2)
                + u" × bare"_s;
        lines.append(line);
    }
    return lines.join(u'\n');
}

QJsonObject Figure::toJson() const
{
    QJsonObject sides;
    QJsonObject ratios;
    for (auto side = values.cbegin(); side != values.cend(); ++side) {
        sides.insert(side.key(), Benchmarks::toJson(*side));
        if (const QList<double> paired = this->ratios(side.key()); side.key() != "bare"_L1 && !paired.isEmpty())
            ratios.insert(side.key(), Benchmarks::toJson(paired));
    }
    return {
        {u"name"_s, name}, {u"unit"_s, unit}, {u"decimals"_s, decimals}, {u"sides"_s, sides}, {u"toBare"_s, ratios}};
}

} // namespace Pyvent::Benchmarks
