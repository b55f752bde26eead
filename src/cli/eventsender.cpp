// SPDX-License-Identifier: MIT
#include "eventsender.h"

#include "report.h"

#include <PyventNode>

#include <QtCore/qcoreapplication.h>
#include <QtCore/qdeadlinetimer.h>

#include <algorithm>

namespace Pyvent::Cli {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr qint64 eventsAtOnce = 500; // as many may be under way between two looks at what the server has taken
constexpr auto slice = 50ms;         // how long a signal may go unnoticed

} // namespace

EventSender::EventSender(PyventNode *node, const Options &options)
    : m_node(node)
    , m_options(options)
    , m_signals()
    , m_progress(!options.isQuiet && options.total != 1)
    , m_lastName()
{
    connect(node, &PyventNode::errorOccurred, this, [this](const PyventError &error) {
        m_wasRefused = m_wasRefused || error.code == PyventError::EventRefused;
    });
}

EventSender::Result EventSender::send(const QString &name, const QVariantMap &arguments, const QString &sender)
{
    if (const Result result = waitUntilDue(); result != Done)
        return result;
    m_lastName = name;
    if (!m_node->send(name, arguments, {.sender = sender}))
        return Refused;
    ++m_sent;
    return m_options.interval > 0ms || m_sent - m_taken >= eventsAtOnce ? flush() : Done;
}

EventSender::Result EventSender::waitUntilDue()
{
    if (m_options.interval == 0ms)
        return Done;
    // Counted from the start, so that the sending itself does not stretch the interval.
    const auto now = std::chrono::steady_clock::now();
    if (!m_start)
        m_start = now;
    const auto pause = *m_start + m_options.interval * m_sent - now;
    const auto wait = std::max<std::chrono::milliseconds>(0ms, std::chrono::ceil<std::chrono::milliseconds>(pause));
    return m_signals.comesWithin(wait) ? reportSignal() : Done;
}

EventSender::Result EventSender::flush()
{
    if (!isTaken())
        return m_signals.comesWithin(0ms) ? reportSignal() : endWithoutServer();
    m_taken = m_sent;
    if (m_progress.isDue()) {
        if (m_options.total)
            m_progress.show(
                u"sent %1 of %2 (%3 %)"_s.arg(m_taken).arg(*m_options.total).arg(m_taken * 100 / *m_options.total));
        else
            m_progress.show(u"sent %1"_s.arg(m_taken));
    }
    return m_signals.comesWithin(0ms) && m_taken != m_options.total ? reportSignal() : Done;
}

// What the server refuses it tells behind what it has passed on by then. A node that has become Ready once more has heard it.
EventSender::Result EventSender::finish()
{
    if (const Result result = flush(); result != Done)
        return result;
    if (m_sent > 0) {
        m_node->on(u"pyvent.sent"_s, this, [] {});
        isReady();
        QCoreApplication::processEvents();
    }
    return m_wasRefused ? Refused : Done;
}

bool EventSender::isReady()
{
    QDeadlineTimer deadline(m_options.timeout);
    while (!m_node->waitForReady(
        std::min<std::chrono::milliseconds>(slice, std::chrono::milliseconds(deadline.remainingTime())))) {
        if (deadline.hasExpired() || m_signals.comesWithin(0ms))
            return false;
    }
    return true;
}

bool EventSender::isTaken()
{
    QDeadlineTimer deadline(m_options.timeout);
    while (!m_node->flush(
        std::min<std::chrono::milliseconds>(slice, std::chrono::milliseconds(deadline.remainingTime())))) {
        if (m_options.waitsForReceivers && m_node->state() == PyventNode::Ready)
            deadline.setRemainingTime(m_options.timeout);
        if (deadline.hasExpired() || m_signals.comesWithin(0ms))
            return false;
    }
    return true;
}

EventSender::Result EventSender::reportSignal()
{
    if (!m_options.isQuiet) {
        report(m_options.total
                   ? u"stopped by a signal; the server took %1 of %2 events"_s.arg(m_taken).arg(*m_options.total)
                   : u"stopped by a signal; the server took %1 events"_s.arg(m_taken));
    }
    return Stopped;
}

EventSender::Result EventSender::endWithoutServer()
{
    reportNoServer(
        m_node, u"took '%1' within %2 s"_s.arg(m_lastName, QString::number(double(m_options.timeout.count()) / 1000)));
    return NoServer;
}

ExitCode exitCodeOf(EventSender::Result result)
{
    switch (result) {
    case EventSender::Done:
        return Success;
    case EventSender::NoServer:
        return NoServer;
    case EventSender::Refused:
    case EventSender::Stopped:
        break;
    }
    return Failed;
}

} // namespace Pyvent::Cli
