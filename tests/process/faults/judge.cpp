// SPDX-License-Identifier: MIT
#include "judge.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace PyventFaults {

namespace {

constexpr qsizetype maximumDefects = 200;

QString rangeText(qint64 first, qint64 last)
{
    return first == last ? u"number %1"_s.arg(first) : u"numbers %1 to %2"_s.arg(first).arg(last);
}

} // namespace

Tally &Tally::operator+=(const Tally &other)
{
    owed += other.owed;
    heard += other.heard;
    lost += other.lost;
    toldLost += other.toldLost;
    toldWrongly += other.toldWrongly;
    doubled += other.doubled;
    outOfOrder += other.outOfOrder;
    senderDied += other.senderDied;
    return *this;
}

void Judge::addNode(int node, const QString &label, bool listens)
{
    m_nodes[node].label = label;
    m_nodes[node].listens = listens;
}

void Judge::setUuid(int node, const QUuid &uuid)
{
    m_nodes[node].uuid = uuid;
}

void Judge::ready(int node, qint64 time)
{
    if (!m_nodes[node].readySince)
        m_nodes[node].readySince = time;
}

void Judge::sent(int sender, const QByteArray &name, qint64 first, qint64 last, qint64 time)
{
    Sent &sent = m_sent[{sender, name}];
    sent.ranges.append({first, time});
    sent.last = last;
}

void Judge::acknowledged(int sender, const QByteArray &name, qint64 last)
{
    m_sent[{sender, name}].acknowledged = last;
}

void Judge::heard(int receiver, int sender, const QByteArray &name, qint64 first, qint64 last)
{
    const Stream stream(sender, name);
    Heard &heard = m_heard[{receiver, stream}];
    for (; first <= last && first <= heard.last; ++first)
        heardAgain(receiver, stream, heard, first);
    if (first > last)
        return;
    if (first > heard.last + 1)
        heard.gaps.insert(heard.last + 1, first - 1);
    heard.last = last;
}

// A number that is not higher than all others: it fills a gap too late, or is doubled.
void Judge::heardAgain(int receiver, const Stream &stream, Heard &heard, qint64 number)
{
    const QString kind = m_kinds.isEmpty() ? u"start"_s : m_kinds.constLast().name;
    const QString what = u"%1 heard number %2 of %3 from %4 "_s.arg(m_nodes[receiver].label)
                             .arg(number)
                             .arg(QString::fromUtf8(stream.second), m_nodes[stream.first].label);
    auto gap = heard.gaps.upperBound(number);
    if (gap == heard.gaps.begin() || (--gap).value() < number) {
        ++m_atOnce[kind].doubled;
        note(what + u"again (%1)"_s.arg(kind));
        return;
    }
    const Range range{gap.key(), gap.value()};
    heard.gaps.erase(gap);
    if (range.first < number)
        heard.gaps.insert(range.first, number - 1);
    if (number < range.last)
        heard.gaps.insert(number + 1, range.last);
    ++m_atOnce[kind].outOfOrder;
    note(what + u"after number %1 (%2)"_s.arg(heard.last).arg(kind));
}

void Judge::note(const QString &defect)
{
    if (m_defects.size() < maximumDefects)
        m_defects.append(defect);
}

void Judge::toldLost(int receiver, const QByteArray &name, const QUuid &sender, qint64 count)
{
    for (auto node = m_nodes.cbegin(); node != m_nodes.cend(); ++node) {
        if (node->uuid == sender) {
            m_heard[{receiver, {node.key(), name}}].told += count;
            return;
        }
    }
    m_atOnce[kindAt(m_kinds.isEmpty() ? 0 : m_kinds.constLast().time)].toldWrongly += count;
    note(u"%1 was told of %2 lost events of a node that does not exist, %3"_s.arg(m_nodes[receiver].label)
             .arg(count)
             .arg(sender.toString()));
}

void Judge::ended(int node, End end)
{
    if (!m_nodes[node].end)
        m_nodes[node].end = end;
}

void Judge::beginKind(const QString &kind, qint64 time)
{
    m_kinds.append({time, kind});
}

QString Judge::kindAt(qint64 time) const
{
    const auto after = std::upper_bound(m_kinds.cbegin(), m_kinds.cend(), time,
                                        [](qint64 moment, const Kind &kind) { return moment < kind.time; });
    return after == m_kinds.cbegin() ? u"start"_s : std::prev(after)->name;
}

QString Judge::kindOf(const Sent &sent, qint64 number) const
{
    const auto after = std::upper_bound(sent.ranges.cbegin(), sent.ranges.cend(), number,
                                        [](qint64 n, const Sending &sending) { return n < sending.first; });
    return after == sent.ranges.cbegin() ? u"start"_s : kindAt(std::prev(after)->time);
}

// The first number that was sent after this time; one more than the last if there is none.
qint64 Judge::firstSince(const Sent &sent, qint64 time)
{
    const auto found = std::upper_bound(sent.ranges.cbegin(), sent.ranges.cend(), time,
                                        [](qint64 moment, const Sending &sending) { return moment < sending.time; });
    return found == sent.ranges.cend() ? sent.last + 1 : found->first;
}

QList<Judge::Range> Judge::missing(const Heard &heard, qint64 from, qint64 to) const
{
    QList<Range> ranges;
    const auto add = [&](qint64 first, qint64 last) {
        if (std::max(first, from) <= std::min(last, to))
            ranges.append({std::max(first, from), std::min(last, to)});
    };
    for (auto gap = heard.gaps.cbegin(); gap != heard.gaps.cend(); ++gap)
        add(gap.key(), gap.value());
    add(heard.last + 1, to);
    return ranges;
}

QMap<Judge::Stream, qint64> Judge::sentSoFar() const
{
    QMap<Stream, qint64> mark;
    for (auto sent = m_sent.cbegin(); sent != m_sent.cend(); ++sent) {
        const bool killed = m_nodes[sent.key().first].end == End::Killed;
        mark.insert(sent.key(), killed ? sent->acknowledged : sent->last);
    }
    return mark;
}

QString Judge::behind(const QMap<Stream, qint64> &mark, std::optional<int> sender) const
{
    for (auto node = m_nodes.cbegin(); node != m_nodes.cend(); ++node) {
        if (!node->listens || node->end)
            continue;
        if (!node->readySince)
            return u"%1 is not ready"_s.arg(node->label);
        for (auto stream = mark.cbegin(); stream != mark.cend(); ++stream) {
            const qint64 last = m_heard.value({node.key(), stream.key()}).last;
            if ((sender && *sender != stream.key().first) || last >= *stream)
                continue;
            if (*stream < firstSince(m_sent[stream.key()], *node->readySince))
                continue;
            return u"%1 has heard up to number %2 of %3 from %4, of %5"_s.arg(node->label)
                .arg(last)
                .arg(QString::fromUtf8(stream.key().second), m_nodes[stream.key().first].label)
                .arg(*stream);
        }
    }
    return {};
}

bool Judge::isComplete() const
{
    const Verdict sofar = verdict();
    return sofar.all.lost == 0;
}

Verdict Judge::verdict() const
{
    Verdict verdict;
    verdict.defects = m_defects;
    verdict.byKind = m_atOnce;
    for (const Sent &sent : m_sent)
        verdict.sent += sent.last;
    for (auto node = m_nodes.cbegin(); node != m_nodes.cend(); ++node) {
        for (auto sent = m_sent.cbegin(); node->listens && node->readySince && sent != m_sent.cend(); ++sent)
            judgeStream(node.key(), sent.key(), &verdict);
    }
    for (const Tally &tally : std::as_const(verdict.byKind))
        verdict.all += tally;
    return verdict;
}

void Judge::judgeStream(int receiver, const Stream &stream, Verdict *verdict) const
{
    const Sent &sent = *m_sent.find(stream);
    const Heard heard = m_heard.value({receiver, stream});
    const Node &node = *m_nodes.find(receiver);
    const Node &sender = *m_nodes.find(stream.first);
    if (node.end == End::Killed)
        return;
    const qint64 from = firstSince(sent, *node.readySince);
    const qint64 to = node.end ? std::min(heard.last, sent.last) : sent.last;
    const qint64 certain = sender.end == End::Killed ? sent.acknowledged : sent.last;

    qint64 told = heard.told;
    qint64 missed = 0;
    for (const Range &range : missing(heard, from, to)) {
        missed += range.last - range.first + 1;
        qint64 lostHere = 0;
        for (qint64 number = range.first; number <= range.last; ++number) {
            Tally &tally = verdict->byKind[kindOf(sent, number)];
            const bool isTold = told > 0;
            if (isTold)
                --told;
            if (number > certain) {
                ++tally.senderDied;
            } else if (isTold) {
                ++tally.toldLost;
            } else {
                ++tally.lost;
                ++lostHere;
            }
        }
        if (lostHere > 0 && verdict->defects.size() < maximumDefects) {
            verdict->defects.append(u"%1 never heard %2 of %3 from %4 (%5)"_s.arg(
                node.label, rangeText(range.last - lostHere + 1, range.last), QString::fromUtf8(stream.second),
                sender.label, kindOf(sent, range.last)));
        }
    }
    Tally &rest = verdict->byKind[kindOf(sent, std::max(from, qint64(1)))];
    const qint64 owed = std::max(to - from + 1, qint64(0));
    rest.owed += owed;
    rest.heard += owed - missed;

    // It may also have been told of events that it was not owed, and missed.
    qint64 unowed = 0;
    for (const Range &range : missing(heard, 1, std::min(from - 1, heard.last)))
        unowed += range.last - range.first + 1;
    if (told > unowed) {
        rest.toldWrongly += told - unowed;
        verdict->defects.append(u"%1 was told that %2 more of %3 from %4 are lost than are missing"_s.arg(node.label)
                                    .arg(told - unowed)
                                    .arg(QString::fromUtf8(stream.second), sender.label));
    }
}

} // namespace PyventFaults
