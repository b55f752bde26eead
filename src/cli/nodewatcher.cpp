// SPDX-License-Identifier: MIT
#include "nodewatcher.h"

#include "report.h"

#include <utility>

namespace Pyvent::Cli {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// How long nobody may answer before the user is told that this is what we wait for.
constexpr auto watchPatience = 2s;

} // namespace

NodeWatcher::NodeWatcher(PyventNode *node, ToLine toLine, bool isQuiet)
    : m_node(node)
    , m_toLine(std::move(toLine))
    , m_isQuiet(isQuiet)
    , m_signals()
    , m_output(m_signals.descriptor())
    , m_timeout()
    , m_serverIsAwaited()
    , m_loop()
{
    connect(&m_signals, &UnixSignals::received, this, [this] { finish(Ended); });
    connect(&m_output, &Output::closed, this, [this] { finish(Ended); });
    connect(&m_timeout, &QTimer::timeout, this, [this] { finish(m_wasReady ? Ended : NoServer); });
    connect(&m_serverIsAwaited, &QTimer::timeout, this, [this] {
        if (!m_end && !m_isQuiet && !isHostUnknown(*m_node)) // of which it was told already
            report(u"no server at %1 yet; waiting for one"_s.arg(whereaboutsOf(*m_node)));
    });
    m_timeout.setSingleShot(true);
    m_timeout.setTimerType(Qt::PreciseTimer);
    m_serverIsAwaited.setSingleShot(true);
    connect(m_node, &PyventNode::stateChanged, this, &NodeWatcher::showState);
}

NodeWatcher::End NodeWatcher::run(std::optional<std::chrono::milliseconds> timeout)
{
    if (timeout)
        m_timeout.start(*timeout);
    m_serverIsAwaited.start(watchPatience);
    connect(m_node, &PyventNode::nodeAppeared, this, [this](const PyventNodeInfo &node) { print(node, u"here"_s); });
    connect(m_node, &PyventNode::nodeVanished, this, [this](const PyventNodeInfo &node, PyventNode::Reason reason) {
        print(node, reason == PyventNode::Left ? u"left"_s : u"lost"_s);
    });
    if (!m_end)
        m_loop.exec();
    return *m_end;
}

void NodeWatcher::print(const PyventNodeInfo &node, const QString &change)
{
    if (m_end)
        return;
    switch (m_output.write(m_toLine(node, change) + '\n')) {
    case Output::Result::Written:
        break;
    case Output::Result::Closed:
    case Output::Result::Interrupted:
        finish(Ended);
        break;
    case Output::Result::Failed:
        finish(Broken);
        break;
    }
}

void NodeWatcher::showState(PyventNode::State state)
{
    if (m_end)
        return;
    if (state == PyventNode::Connecting) {
        m_serverIsAwaited.start(watchPatience);
        return;
    }
    m_serverIsAwaited.stop();
    if (state != PyventNode::Ready)
        return;
    m_wasReady = true;
    if (!m_isQuiet)
        report(u"watching who is at %1"_s.arg(whereaboutsOf(*m_node)));
}

void NodeWatcher::finish(End end)
{
    if (!m_end)
        m_end = end;
    m_loop.quit();
}

} // namespace Pyvent::Cli
