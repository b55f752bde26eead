// SPDX-License-Identifier: MIT
#include "honestpair.h"

#include "support/waituntil.h"

#include <algorithm>

namespace PyventTests {

using namespace Qt::StringLiterals;

namespace {

PyventOptions optionsFor(int port, PyventOptions options)
{
    options.port = port;
    options.server = false;
    return options;
}

} // namespace

HonestPair::HonestPair(int port, const PyventOptions &options)
    : m_sender(optionsFor(port, options))
    , m_receiver(optionsFor(port, options))
{
    m_clock.start();
    connect(&m_receiver, &PyventNode::eventsLost, this,
            [this](const QString &, const QUuid &, quint64 count) { m_lost += count; });
    m_receiver.on("honest", this, [this](const PyventEvent &event) {
        m_isOrdered = m_isOrdered && event.args[u"number"_s].toLongLong() == m_heard;
        ++m_heard;
        m_latencies.push_back(double(m_clock.nsecsElapsed() - event.args[u"time"_s].toLongLong()) / 1e6);
    });
    m_sender.tryStart();
    m_receiver.tryStart();
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, &HonestPair::sendDue);
}

bool HonestPair::isReady() const
{
    return m_sender.state() == PyventNode::Ready && m_receiver.state() == PyventNode::Ready;
}

void HonestPair::hearAlso(const QString &name)
{
    m_receiver.on(name, {.sender = PyventSender::Any}, this, [this](const PyventEvent &) { ++m_heardAlso; });
}

void HonestPair::start()
{
    m_clock.restart();
    m_timer.start(2);
}

void HonestPair::sendDue()
{
    for (const qint64 due = m_clock.elapsed() / 2; m_sent < due; ++m_sent)
        m_sender.send("honest",
                      {{u"number"_s, m_sent},
                       {u"time"_s, m_clock.nsecsElapsed()},
                       {u"picture"_s, m_sent % 250 == 0 ? QByteArray(1'000'000, 'x') : QByteArray()}});
}

bool HonestPair::finish()
{
    m_timer.stop();
    waitUntil([this] { return m_heard >= m_sent; });
    return m_sent > 0 && m_heard == m_sent && m_isOrdered && m_lost == 0;
}

double HonestPair::latency() const
{
    std::vector<double> sorted = m_latencies;
    std::sort(sorted.begin(), sorted.end());
    return sorted.empty() ? 0 : sorted[sorted.size() * 99 / 100];
}

QString HonestPair::describe() const
{
    return u"%1 of %2 events heard%3, %4 told lost; 99 % within %5 ms"_s.arg(m_heard)
        .arg(m_sent)
        .arg(m_isOrdered ? u""_s : u", out of order"_s)
        .arg(m_lost)
        .arg(latency(), 0, 'f', 1);
}

} // namespace PyventTests
