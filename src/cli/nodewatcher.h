// SPDX-License-Identifier: MIT
#ifndef PYVENT_CLI_NODEWATCHER_H
#define PYVENT_CLI_NODEWATCHER_H

#include "output.h"
#include "unixsignals.h"

#include <PyventNode>

#include <QtCore/qeventloop.h>
#include <QtCore/qobject.h>
#include <QtCore/qtimer.h>

#include <chrono>
#include <functional>
#include <optional>

namespace Pyvent::Cli {

// Prints which nodes come to the bus and go, as they do, until time is up, a signal comes, or nobody reads.
class NodeWatcher : public QObject
{
    Q_OBJECT

public:
    // How one came or went: "here", "left" or "lost".
    using ToLine = std::function<QByteArray(const PyventNodeInfo &node, const QString &change)>;

    enum End {
        Ended,    // by a signal, its time, or the end of its reader
        NoServer, // time was up, and no server was ever reached
        Broken    // standard output failed; reported
    };

    // \a toLine returns what is printed, without the line's end. With \a isQuiet, what it waits for is not reported.
    NodeWatcher(PyventNode *node, ToLine toLine, bool isQuiet);

    // Returns when it is over, and why.
    End run(std::optional<std::chrono::milliseconds> timeout);

private:
    void print(const PyventNodeInfo &node, const QString &change);
    void showState(PyventNode::State state);
    void finish(End end);

    PyventNode *const m_node;
    const ToLine m_toLine;
    const bool m_isQuiet;
    UnixSignals m_signals;
    Output m_output;
    QTimer m_timeout;
    QTimer m_serverIsAwaited;
    QEventLoop m_loop;
    std::optional<End> m_end;
    bool m_wasReady = false;
};

} // namespace Pyvent::Cli

#endif
