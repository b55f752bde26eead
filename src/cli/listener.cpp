// SPDX-License-Identifier: MIT
#include "listener.h"

#include "commandline.h"
#include "report.h"

#include <algorithm>

namespace Pyvent::Cli {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// How long nobody may answer before the user is told that this is what we wait for.
constexpr auto patience = 2s;

QString listed(const QList<PyventPattern> &patterns)
{
    QStringList texts;
    for (const PyventPattern &pattern : patterns)
        texts.append(pattern.text());
    return texts.contains(u"*"_s) ? u"everything"_s : u"'%1'"_s.arg(texts.join(u"', '"_s));
}

} // namespace

Listener::Listener(PyventNode *node, const ListenerOptions &options)
    : m_node(node)
    , m_options(options)
    , m_signals()
    , m_output(m_signals.descriptor())
    , m_timeout()
    , m_serverIsAwaited()
    , m_loop()
    , m_unprinted()
{
    if (!m_options.share.isEmpty())
        connect(m_node, &PyventNode::errorOccurred, this, &Listener::endIfNotShared);
    connect(&m_signals, &UnixSignals::received, this, [this] { finish(Signalled); });
    connect(&m_output, &Output::closed, this, [this] { finish(Closed); });
    connect(&m_timeout, &QTimer::timeout, this, [this] { finish(TimedOut); });
    m_timeout.setSingleShot(true);
    m_timeout.setTimerType(Qt::PreciseTimer);
    if (!m_options.isQuiet) {
        connect(m_node, &PyventNode::stateChanged, this, &Listener::showState);
        connect(&m_serverIsAwaited, &QTimer::timeout, this, &Listener::tellOfAbsentServer);
        m_serverIsAwaited.setSingleShot(true);
    }
}

Listener::End Listener::run()
{
    if (m_options.timeout)
        m_timeout.start(*m_options.timeout);
    if (!m_options.isQuiet)
        m_serverIsAwaited.start(patience);
    if (!subscribe())
        return Refused;
    if (!m_end)
        m_loop.exec();
    return *m_end;
}

bool Listener::subscribe()
{
    for (qsizetype i = 0; i < m_options.patterns.size(); ++i) {
        const PyventFilter filter{.sender = m_options.sender,
                                  .atMostEvery = m_options.atMostEvery,
                                  .last = m_options.hearsLast && !m_options.patterns[i].isGlob(),
                                  .share = m_options.share};
        const QString pattern = m_options.patterns[i].text();
        const auto handler = [this, i](const PyventEvent &event) { print(i, event); };
        const auto sharingHandler = [this, i](const PyventEvent &event) {
            return print(i, event) ? QtFuture::makeReadyFuture() : m_unprinted.future();
        };
        const auto connection = m_options.share.isEmpty() ? m_node->on(pattern, filter, this, handler)
                                                          : m_node->on(pattern, filter, this, sharingHandler);
        if (!connection)
            return false;
    }
    return true;
}

// Returns whether this program is done with it.
bool Listener::print(qsizetype pattern, const PyventEvent &event)
{
    if (m_end)
        return false;
    // An event that fits several patterns comes several times, and is printed for the first of them.
    const auto first = m_options.patterns.cbegin();
    if (std::any_of(first, first + pattern, [&](const PyventPattern &earlier) { return earlier.matches(event.name); }))
        return true;

    switch (m_output.write(m_options.toLine(event) + '\n')) {
    case Output::Result::Written:
        ++m_printed;
        if (m_options.count && m_printed >= *m_options.count)
            finish(Counted);
        return true;
    case Output::Result::Closed:
        finish(Closed);
        break;
    case Output::Result::Interrupted:
        finish(Signalled);
        break;
    case Output::Result::Failed:
        finish(Broken);
        break;
    }
    return false;
}

void Listener::endIfNotShared(const PyventError &error)
{
    const bool isAboutSharing = error.code == PyventError::NotSupported || error.code == PyventError::OutOfResources;
    if (isAboutSharing && m_options.patterns.contains(PyventPattern(error.subject)))
        finish(NotShared);
}

void Listener::showState(PyventNode::State state)
{
    if (m_end)
        return;
    if (state == PyventNode::Connecting) {
        m_serverIsAwaited.start(patience);
        return;
    }
    m_serverIsAwaited.stop();
    if (state == PyventNode::Ready) {
        const auto text = m_node->isServer() ? u"listening to %1, and serving at %2"_s : u"listening to %1 at %2"_s;
        const QString group = m_options.share.isEmpty() ? QString() : u" in the group '%1'"_s.arg(m_options.share);
        report(text.arg(listed(m_options.patterns) + group, whereaboutsOf(*m_node)));
    }
}

void Listener::tellOfAbsentServer()
{
    if (!m_end && m_node->state() == PyventNode::Connecting && !isHostUnknown(*m_node)) // of which it was told already
        report(u"no server at %1 yet; waiting for one"_s.arg(whereaboutsOf(*m_node)));
}

void Listener::finish(End end)
{
    if (!m_end)
        m_end = end;
    if (!m_options.share.isEmpty())
        m_node->off(this); // others of the group get what comes
    m_loop.quit();
}

Listener::End listen(const CommandLine &line, const ListenerOptions &options)
{
    const PyventOptions nodeOptions = line.nodeOptions();
    PyventNode node;
    reportProblems(&node);
    if (!node.configure(nodeOptions))
        return Listener::Refused;
    Listener listener(&node, options);
    const Listener::End end = listener.run();
    reportUnreadable(node);
    node.stop(); // before the listener's end, which would finish what is not printed
    return end;
}

} // namespace Pyvent::Cli
