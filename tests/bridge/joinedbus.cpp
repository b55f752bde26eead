// SPDX-License-Identifier: MIT
#include "bridge/joinedbus.h"

#include "bridge/loopbackhttp.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace PyventTests {

namespace {

// A value of Prometheus' text; nothing if it is not there.
std::optional<qint64> valueIn(const QByteArray &metrics, const QByteArray &name)
{
    const qsizetype begin = metrics.indexOf("\npyvent_bridge_" + name + '{');
    const qsizetype value = begin < 0 ? -1 : metrics.indexOf("} ", begin);
    if (value < 0)
        return std::nullopt;
    return qint64(metrics.sliced(value + 2, metrics.indexOf('\n', value) - value - 2).toDouble());
}

const QByteArray counted[] = {"published_events_total", "repeated_events_total",  "dropped_events_total",
                              "forwarded_events_total", "doubled_messages_total", "missed_events_total"};

void count(const QByteArray &metrics, QMap<QByteArray, qint64> *counters)
{
    for (const QByteArray &name : counted)
        (*counters)[name] += valueIn(metrics, name).value_or(0);
}

} // namespace

JoinedBus::JoinedBus(const QString &name, const QString &rules, const QString &engine)
    : m_name(name)
    , m_rules(rules)
    , m_engine(engine)
{
}

// Tells what it writes, line by line, and finds the port where it tells how it is.
void JoinedBus::watch(const QString &who, Program *process, qsizetype *readUpTo, int *metricsPort)
{
    *readUpTo = 0;
    connect(process, &ChildProcess::errorsChanged, this, [this, who, process, readUpTo, metricsPort] {
        const QString all = process->errors();
        for (qsizetype end; (end = all.indexOf(u'\n', *readUpTo)) >= 0; *readUpTo = end + 1) {
            const QString line = all.sliced(*readUpTo, end - *readUpTo);
            constexpr auto metricsAt = "metrics at http://127.0.0.1:"_L1;
            if (const qsizetype found = line.indexOf(metricsAt); found >= 0 && metricsPort)
                *metricsPort = line.sliced(found + metricsAt.size()).section(u'/', 0, 0).toInt();
            Q_EMIT said(who, line);
        }
    });
}

bool JoinedBus::startRelay()
{
    m_relay =
        std::make_unique<Program>(QStringList{u"serve"_s, u"--port"_s, QString::number(port()), u"--rules"_s, m_rules});
    watch(u"relay "_s + m_name, m_relay.get(), &m_relayReadUpTo, nullptr);
    return m_relay->complains(u"serving at"_s);
}

void JoinedBus::killRelay()
{
    m_relay->kill();
}

void JoinedBus::startBridge(int index)
{
    Bridge &bridge = m_bridges[index];
    bridge.metricsPort = 0;
    bridge.process =
        std::make_unique<Program>(QStringLiteral(PYVENT_BRIDGE_PROGRAM),
                                  QStringList{m_engine, u"--prefix"_s, u"harbour"_s, u"--bus"_s, m_name, u"--port"_s,
                                              QString::number(port()), u"--no-server"_s, u"--metrics"_s, u"0"_s});
    watch(u"bridge %1 of %2"_s.arg(index).arg(m_name), bridge.process.get(), &bridge.readUpTo, &bridge.metricsPort);
}

void JoinedBus::killBridge(int index)
{
    count(metrics(m_bridges[index]), &m_countedBefore);
    m_bridges[index].process->kill();
}

QByteArray JoinedBus::metrics(const Bridge &bridge) const
{
    return bridge.metricsPort > 0 ? httpGet(bridge.metricsPort, "/metrics") : QByteArray();
}

std::optional<int> JoinedBus::active() const
{
    std::optional<int> found;
    for (int i = 0; i < bridges; ++i) {
        if (valueIn(metrics(m_bridges[i]), "active") != 1)
            continue;
        if (found)
            return std::nullopt;
        found = i;
    }
    return found;
}

QString JoinedBus::notReady(bool hears) const
{
    int active = 0;
    int started = 0;
    for (int i = 0; i < bridges; ++i) {
        if (!m_bridges[i].process)
            continue;
        ++started;
        const QString who = u"bridge %1 of %2"_s.arg(i).arg(m_name);
        const QByteArray text = metrics(m_bridges[i]);
        const auto value = [&](const QByteArray &name) { return valueIn(text, name).value_or(-1); };
        if (value("engine_up") != 1)
            return who + u" does not reach its engine"_s;
        if (value("active") == 1 && value("reading") != 1)
            return who + u" does not read"_s;
        if (hears && value("heard_events_total") <= 0)
            return who + u" has heard nothing"_s;
        if (m_bridges[bridges - 1].process && value("peers") != bridges - 1)
            return who + u" does not know the other one"_s;
        active += int(value("active"));
    }
    return active == 1 && started > 0 ? QString()
                                      : u"%1 of %2 bridges of %3 work"_s.arg(active).arg(started).arg(m_name);
}

bool JoinedBus::isDone() const
{
    return std::ranges::all_of(m_bridges, [this](const Bridge &bridge) {
        const QByteArray text = metrics(bridge);
        return valueIn(text, "waiting_events") == 0 && valueIn(text, "incoming_events") == 0;
    });
}

QMap<QByteArray, qint64> JoinedBus::counters() const
{
    QMap<QByteArray, qint64> all = m_countedBefore;
    for (const Bridge &bridge : m_bridges)
        count(metrics(bridge), &all);
    return all;
}

} // namespace PyventTests
