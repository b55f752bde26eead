// SPDX-License-Identifier: MIT
#include "metrics.h"

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;

namespace {

QByteArray label(QByteArrayView name, const QString &text)
{
    QByteArray value = text.toUtf8();
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    return name.toByteArray() + "=\"" + value + '"';
}

class Writer
{
public:
    explicit Writer(const BridgeStatus &status)
        : m_labels('{' + label("link", status.link) + ',' + label("bus", status.bus) + '}')
    {
    }

    void gauge(QByteArrayView name, QByteArrayView help, double value)
    {
        add(name, "gauge", help, QByteArray::number(value, 'g', 15));
    }
    void counter(QByteArrayView name, QByteArrayView help, quint64 value)
    {
        add(name, "counter", help, QByteArray::number(value));
    }
    const QByteArray &text() const { return m_text; }

private:
    void add(QByteArrayView name, QByteArrayView type, QByteArrayView help, const QByteArray &value)
    {
        const QByteArray full = "pyvent_bridge_" + name.toByteArray();
        m_text += "# HELP " + full + ' ' + help.toByteArray() + "\n# TYPE " + full + ' ' + type.toByteArray() + '\n'
            + full + m_labels + ' ' + value + '\n';
    }

    const QByteArray m_labels;
    QByteArray m_text;
};

void writeKept(Writer &writer, const BridgeStatus::Kept &kept)
{
    writer.gauge("kept_loaded",
                 "Whether it is known what the bucket has of last events and shared values, and the bus.",
                 kept.isLoaded);
    writer.gauge("kept_names", "Names whose last events are looked after.", double(kept.names));
    writer.gauge("kept_waiting_events", "Last events that the bucket does not have yet.", double(kept.waiting));
    writer.gauge("kept_waiting_bytes", "What they take.", double(kept.waitingBytes));
    writer.counter("kept_events_total", "Last events that were put into the bucket.", kept.counters.put);
    writer.counter("kept_conflicts_total",
                   "Last events for which another bus was quicker, and which were looked at again.",
                   kept.counters.conflicts);
    writer.counter("kept_given_events_total", "Last events of the bucket that the bus was given.", kept.counters.given);
    writer.counter("kept_refused_events_total", "Last events that the bucket does not take.", kept.counters.refused);
    writer.counter("kept_large_events_total", "Last events that were too large to be kept.", kept.counters.tooLarge);
    writer.counter("kept_dropped_events_total", "Last events that were not kept, since too many waited.",
                   kept.counters.dropped);
    writer.counter("kept_unreadable_total", "Contents of the bucket that are no events.", kept.counters.unreadable);
}

} // namespace

QByteArray metricsText(const BridgeStatus &status)
{
    Writer writer(status);
    writer.gauge("engine_up", "Whether the engine's server is reached.", status.isUp);
    writer.gauge("active", "Whether this bridge works, rather than another one of its bus.", status.isActive);
    writer.gauge("reading", "Whether it reads from the engine.", status.isReading);
    writer.gauge("peers", "Other bridges of this bus for the same.", double(status.peers));
    writer.counter("engine_connections_total", "Connections to the engine that were made.", status.connections);

    writer.gauge("waiting_events", "Events that the engine has not acknowledged yet.", double(status.waiting));
    writer.gauge("waiting_bytes", "What they take.", double(status.waitingBytes));
    writer.gauge("waiting_seconds", "For how long the oldest one has waited.", double(status.oldestAge.count()) / 1000);
    writer.counter("heard_events_total", "Events that were heard on the bus.", status.out.heard);
    writer.counter("published_events_total", "Events that the engine has acknowledged.", status.outbox.published);
    writer.counter("repeated_events_total", "Events that were sent to the engine again.", status.outbox.repeated);
    writer.counter("said_events_total", "Events that were sent past the engine's store, which took nothing then.",
                   status.outbox.said);
    writer.counter("dropped_events_total",
                   "Events that were lost beyond the bus, since there was no room for what waits.",
                   status.outbox.dropped);
    writer.counter("refused_events_total", "Events that the engine does not take.", status.outbox.refused);
    writer.counter("unreadable_events_total", "Events that no JSON could be made of.", status.out.unreadable);
    writer.counter("returned_events_total", "Events that had come by the same engine, and were not sent back.",
                   status.out.returned);

    writer.gauge("incoming_events", "Messages that the bus has not taken yet.", double(status.waitingIn));
    writer.counter("received_messages_total", "Messages that came from the engine.", status.in.received);
    writer.counter("forwarded_events_total", "Events that were forwarded to the bus.", status.in.forwarded);
    writer.counter("own_messages_total", "Messages that had come from this bus.", status.in.own);
    writer.counter("unwanted_messages_total", "Messages of names that do not come in.", status.in.unwanted);
    writer.counter("doubled_messages_total", "Messages that had come before.", status.in.doubled);
    writer.counter("looped_messages_total", "Messages of this bus's nodes that came by other buses.", status.in.looped);
    writer.counter("direct_events_total", "Events that came past the engine's store first.", status.in.direct);
    writer.counter("unreadable_messages_total", "Messages that are no events.", status.in.unreadable);
    writer.counter("rejected_events_total", "Events that the bus does not take.", status.in.refused);
    writer.counter("missed_events_total", "Events that did not come by the engine.", status.in.lost);
    if (status.kept.isOn)
        writeKept(writer, status.kept);
    return writer.text();
}

QString statusLine(const BridgeStatus &status)
{
    const QString what = !status.isUp ? u"tries to reach %1"_s.arg(status.engine)
        : status.isActive             ? u"joins '%1' to %2 at %3"_s.arg(status.bus, status.link, status.engine)
                                      : u"stands by for '%1' and %2"_s.arg(status.bus, status.link);
    return status.waiting == 0 ? what : u"%1, %2 events wait"_s.arg(what, QString::number(status.waiting));
}

} // namespace Pyvent::Bridge
