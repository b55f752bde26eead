// SPDX-License-Identifier: MIT
#include "benchreceiver.h"

#include "report.h"

#include <algorithm>

namespace Pyvent::Cli {

using namespace Qt::StringLiterals;

BenchReceiver::BenchReceiver(const PyventOptions &options, const QString &eventName)
    : m_options(options)
    , m_eventName(eventName)
    , m_thread()
    , m_context(std::make_unique<QObject>())
    , m_node()
    , m_roundTrips()
{
    m_context->moveToThread(&m_thread);
    m_thread.start();
}

BenchReceiver::~BenchReceiver()
{
    const auto end = [this] {
        m_node.reset();
        m_context.reset();
    };
    QMetaObject::invokeMethod(m_context.get(), end, Qt::BlockingQueuedConnection);
    m_thread.quit();
    m_thread.wait();
}

bool BenchReceiver::start(std::chrono::milliseconds timeout)
{
    bool isStarted = false;
    const auto begin = [&] {
        m_node = std::make_unique<PyventNode>();
        reportProblems(m_node.get());
        const auto handler = [this](const QVariantMap &args) { hear(args); };
        isStarted = m_node->configure(m_options)
            && m_node->on(m_eventName, PyventFilter{.sender = PyventSender::Any}, m_context.get(), handler)
            && m_node->waitForReady(timeout);
    };
    QMetaObject::invokeMethod(m_context.get(), begin, Qt::BlockingQueuedConnection);
    return isStarted;
}

void BenchReceiver::hear(const QVariantMap &args)
{
    const qint64 now = benchTime();
    m_roundTrips.append(now - args.value(u"sent"_s).toLongLong());
    m_lastHeardAt.store(now, std::memory_order_release);
    m_lastNumber.store(args.value(u"number"_s).toLongLong(), std::memory_order_release);
    m_heard.fetch_add(1, std::memory_order_acq_rel);
    if (m_mustTell.exchange(false, std::memory_order_acq_rel))
        Q_EMIT heardMore();
}

QList<qint64> BenchReceiver::takeRoundTrips()
{
    QList<qint64> roundTrips;
    const auto take = [&] {
        roundTrips.swap(m_roundTrips);
        m_heard = 0;
        m_lastNumber = 0;
    };
    QMetaObject::invokeMethod(m_context.get(), take, Qt::BlockingQueuedConnection);
    std::sort(roundTrips.begin(), roundTrips.end());
    return roundTrips;
}

} // namespace Pyvent::Cli
