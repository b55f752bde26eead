// SPDX-License-Identifier: MIT
#ifndef PYVENT_CLI_LISTENER_H
#define PYVENT_CLI_LISTENER_H

#include "output.h"
#include "unixsignals.h"

#include <PyventNode>
#include <PyventPattern>

#include <QtCore/qeventloop.h>
#include <QtCore/qobject.h>
#include <QtCore/qpromise.h>
#include <QtCore/qtimer.h>

#include <chrono>
#include <optional>

namespace Pyvent::Cli {

class CommandLine;

// What a Listener hears, until when, and how it prints it.
struct ListenerOptions
{
    QList<PyventPattern> patterns;
    PyventSender sender = PyventSender::Any;
    std::chrono::milliseconds atMostEvery = std::chrono::milliseconds(0); // as PyventFilter has it
    bool hearsLast = false; // of names that are no globs, the last event first
    QString share = {};     // the group that the events are shared with, as PyventFilter has it
    std::optional<qint64> count;
    std::optional<std::chrono::milliseconds> timeout;
    QByteArray (*toLine)(const PyventEvent &event) = nullptr; // without the line's end
    bool isQuiet = false;
};

// Prints the events that a node hears until there were enough of them, time is up, a signal comes, or nobody
// reads.
class Listener : public QObject
{
    Q_OBJECT

public:
    enum End {
        Refused, // a name or the sender cannot be; reported
        Counted, // ListenerOptions::count events are printed
        TimedOut,
        Signalled,
        Closed,   // nobody reads standard output any more
        Broken,   // standard output failed; reported
        NotShared // the server cannot share events, or has too many who do; reported
    };

    Listener(PyventNode *node, const ListenerOptions &options);

    // Returns when it is over, and why.
    End run();

private:
    bool subscribe();
    bool print(qsizetype pattern, const PyventEvent &event);
    void endIfNotShared(const PyventError &error);
    void showState(PyventNode::State state);
    void tellOfAbsentServer();
    void finish(End end);

    PyventNode *const m_node;
    const ListenerOptions m_options;
    UnixSignals m_signals;
    Output m_output;
    QTimer m_timeout;
    QTimer m_serverIsAwaited;
    QEventLoop m_loop;
    std::optional<End> m_end;
    qint64 m_printed = 0;
    QPromise<void> m_unprinted; // never finished: of shared events that another one is to print
};

// What 'listen' and 'wait' have in common: makes the node that \a line asks for and has it heard. Returns
// Refused, which has been reported, where there can be no such node.
Listener::End listen(const CommandLine &line, const ListenerOptions &options);

} // namespace Pyvent::Cli

#endif
