// SPDX-License-Identifier: MIT
#ifndef PYVENT_CLI_UNIXSIGNALS_H
#define PYVENT_CLI_UNIXSIGNALS_H

#include <QtCore/qobject.h>
#include <QtCore/qsocketnotifier.h>

#include <chrono>

namespace Pyvent::Cli {

// SIGINT, SIGTERM and SIGHUP on the event loop: the handler writes one byte into a pipe, and the loop reads
// it. Only the first signal is taken; after it they do what they do by default, so that a second Ctrl+C ends
// the program even if its orderly end takes too long.
//
// There is at most one object of this class at a time.
class UnixSignals : public QObject
{
    Q_OBJECT

public:
    UnixSignals();
    ~UnixSignals() override;
    Q_DISABLE_COPY_MOVE(UnixSignals)

    // Readable from the moment of the signal on, for whoever waits outside of the event loop.
    int descriptor() const;

    // Waits for a signal without the event loop, \a timeout at most. Returns whether one has come.
    bool comesWithin(std::chrono::milliseconds timeout) const;

Q_SIGNALS:
    void received();

private:
    void takeSignal();

    QSocketNotifier m_notifier;
};

} // namespace Pyvent::Cli

#endif
