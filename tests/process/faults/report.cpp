// SPDX-License-Identifier: MIT
#include "report.h"

#include <QtCore/qjsonarray.h>
#include <QtCore/qjsondocument.h>
#include <QtCore/qjsonobject.h>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace PyventFaults {

namespace {

constexpr qsizetype shownDefects = 20;

QString row(const QString &kind, const QString &rounds, const Tally &tally)
{
    QString line = kind.leftJustified(16) + rounds.rightJustified(7);
    for (const qint64 number :
         {tally.lost, tally.toldLost, tally.toldWrongly, tally.doubled, tally.outOfOrder, tally.senderDied})
        line += QString::number(number).rightJustified(13);
    return line + u'\n';
}

QString nameOf(Way way)
{
    return way == Way::Lane ? u"lane"_s : way == Way::Tcp ? u"tcp"_s : u"mixed"_s;
}

// How many nodes were on which way, as text: "3 by lane, 4 by tcp".
QString countedWays(const QMap<QString, int> &ways)
{
    QStringList parts;
    for (auto way = ways.cbegin(); way != ways.cend(); ++way)
        parts.append(u"%1 by %2"_s.arg(*way).arg(way.key()));
    return parts.join(u", "_s);
}

QJsonObject toJson(const QMap<QString, int> &counts)
{
    QJsonObject object;
    for (auto count = counts.cbegin(); count != counts.cend(); ++count)
        object.insert(count.key(), *count);
    return object;
}

double milliseconds(qint64 microseconds)
{
    return double(microseconds) / 1000;
}

QJsonObject toJson(const Tally &tally)
{
    return {{u"lost"_s, tally.lost},       {u"toldLost"_s, tally.toldLost},     {u"toldWrongly"_s, tally.toldWrongly},
            {u"doubled"_s, tally.doubled}, {u"outOfOrder"_s, tally.outOfOrder}, {u"senderDied"_s, tally.senderDied}};
}

QList<qint64> sorted(QList<qint64> values)
{
    std::sort(values.begin(), values.end());
    return values;
}

} // namespace

QString reportText(const CampaignOptions &options, const CampaignResult &result)
{
    const Verdict &verdict = result.verdict;
    QString text = u"\nseed %1, way %2: %3 events sent, %4 of %5 owed ones heard\n"_s.arg(options.seed)
                       .arg(nameOf(options.way))
                       .arg(verdict.sent)
                       .arg(verdict.all.heard)
                       .arg(verdict.all.owed);
    text += u"nodes before the first fault: %1; at the end: %2\n\n"_s.arg(countedWays(result.ways),
                                                                          countedWays(result.waysAtTheEnd));
    text +=
        u"fault            rounds         lost    told lost told wrongly      doubled out of order  sender died\n"_s;
    for (auto kind = verdict.byKind.cbegin(); kind != verdict.byKind.cend(); ++kind)
        text += row(kind.key(), QString::number(result.rounds.value(kind.key())), *kind);
    for (auto kind = result.rounds.cbegin(); kind != result.rounds.cend(); ++kind) {
        if (!verdict.byKind.contains(kind.key()))
            text += row(kind.key(), QString::number(*kind), {});
    }
    text += row(u"all"_s, QString::number(options.rounds), verdict.all);
    if (const auto times = sorted(result.takeOvers); !times.isEmpty()) {
        text += u"take-overs: %1, median %2 ms, longest %3 ms\n"_s.arg(times.size())
                    .arg(milliseconds(times[times.size() / 2]), 0, 'f', 1)
                    .arg(milliseconds(times.constLast()), 0, 'f', 1);
    }
    for (auto error = result.errors.cbegin(); error != result.errors.cend(); ++error)
        text += u"errors reported: %1, %2 times\n"_s.arg(error.key()).arg(*error);
    for (const QString &trouble : result.troubles)
        text += u"trouble: %1\n"_s.arg(trouble);
    for (const QString &defect : verdict.defects.first(std::min(verdict.defects.size(), shownDefects)))
        text += u"defect: %1\n"_s.arg(defect);
    if (verdict.defects.size() > shownDefects)
        text += u"and more of them; --json has up to 200\n"_s;
    return text;
}

QByteArray reportJson(const CampaignOptions &options, const CampaignResult &result)
{
    const Verdict &verdict = result.verdict;
    QJsonObject kinds;
    for (auto kind = verdict.byKind.cbegin(); kind != verdict.byKind.cend(); ++kind) {
        QJsonObject object = toJson(*kind);
        object.insert(u"rounds"_s, result.rounds.value(kind.key()));
        kinds.insert(kind.key(), object);
    }
    QJsonArray takeOvers;
    for (const qint64 time : sorted(result.takeOvers))
        takeOvers.append(milliseconds(time));
    QJsonObject all = toJson(verdict.all);
    all.insert(u"sent"_s, verdict.sent);
    all.insert(u"owed"_s, verdict.all.owed);
    all.insert(u"heard"_s, verdict.all.heard);
    return QJsonDocument(QJsonObject{{u"way"_s, nameOf(options.way)},
                                     {u"ways"_s, toJson(result.ways)},
                                     {u"waysAtTheEnd"_s, toJson(result.waysAtTheEnd)},
                                     {u"seed"_s, qint64(options.seed)},
                                     {u"rounds"_s, options.rounds},
                                     {u"all"_s, all},
                                     {u"kinds"_s, kinds},
                                     {u"takeOverMilliseconds"_s, takeOvers},
                                     {u"errors"_s, toJson(result.errors)},
                                     {u"troubles"_s, QJsonArray::fromStringList(result.troubles)},
                                     {u"defects"_s, QJsonArray::fromStringList(verdict.defects)}})
        .toJson();
}

} // namespace PyventFaults
