// SPDX-License-Identifier: MIT
#ifndef PYVENT_CLI_EVENTSENDER_H
#define PYVENT_CLI_EVENTSENDER_H

#include "command.h"
#include "progress.h"
#include "unixsignals.h"

#include <QtCore/qobject.h>
#include <QtCore/qstring.h>
#include <QtCore/qvariant.h>

#include <chrono>
#include <optional>

class PyventNode;

namespace Pyvent::Cli {

// Sends one event after the other, and waits until the server has taken them, some hundred at a time. A signal ends it
// early.
class EventSender : public QObject
{
public:
    struct Options
    {
        std::chrono::milliseconds interval; // between two events
        std::chrono::milliseconds timeout;  // for the server to take what was sent
        std::optional<qint64> total;        // events, if that is known
        bool isQuiet;
        bool waitsForReceivers = false; // then the server takes nothing while one lags
    };
    enum Result {
        Done,
        Refused,  // by the node or by the server, which has told why
        Stopped,  // by a signal; reported
        NoServer, // within the time-out; reported
    };

    EventSender(PyventNode *node, const Options &options);

    // Waits until the event is due, and sends it.
    Result send(const QString &name, const QVariantMap &arguments, const QString &sender);

    // Waits until the server has taken all that was sent.
    Result flush();

    // The same at the end, and until the server has told what it refuses of that.
    Result finish();

    qint64 taken() const { return m_taken; }
    const UnixSignals &signals() const { return m_signals; }

private:
    Result waitUntilDue();
    bool isTaken();
    bool isReady();
    Result reportSignal();
    Result endWithoutServer();

    PyventNode *const m_node;
    const Options m_options;
    const UnixSignals m_signals;
    Progress m_progress;
    QString m_lastName;
    std::optional<std::chrono::steady_clock::time_point> m_start;
    qint64 m_sent = 0;
    qint64 m_taken = 0; // of those
    bool m_wasRefused = false;
};

// What the program ends with after \a result.
ExitCode exitCodeOf(EventSender::Result result);

} // namespace Pyvent::Cli

#endif
