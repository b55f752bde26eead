// SPDX-License-Identifier: MIT
#include "unixsignals.h"

#include <QtCore/qdeadlinetimer.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <utility>

namespace Pyvent::Cli {

namespace {

constexpr qint64 longestPoll = 3'600'000; // milliseconds, which poll() takes as an int

constexpr int handledSignals[] = {SIGINT, SIGTERM, SIGHUP};

int pipeEnds[2] = {-1, -1}; // what is read, what is written

// Called at any point of the program, so nothing but async-signal-safe functions.
extern "C" void writeByte(int)
{
    const int savedErrno = errno;
    const char byte = 1;
    [[maybe_unused]] const ssize_t written = ::write(pipeEnds[1], &byte, 1);
    errno = savedErrno;
}

// A signal that was ignored when the program started stays so: that is what nohup and a shell's '&' ask for.
void replaceHandler(int signal, void (*handler)(int))
{
    struct sigaction action = {};
    if (::sigaction(signal, nullptr, &action) != 0 || action.sa_handler == SIG_IGN)
        return;
    action = {};
    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    ::sigaction(signal, &action, nullptr);
}

int openPipe()
{
    if (::pipe2(pipeEnds, O_CLOEXEC | O_NONBLOCK) != 0)
        qFatal("pyvent: no pipe for signals: %s", qPrintable(qt_error_string(errno)));
    return pipeEnds[0];
}

} // namespace

UnixSignals::UnixSignals()
    : m_notifier(openPipe(), QSocketNotifier::Read)
{
    connect(&m_notifier, &QSocketNotifier::activated, this, &UnixSignals::takeSignal);
    for (const int signal : handledSignals)
        replaceHandler(signal, writeByte);
}

UnixSignals::~UnixSignals()
{
    for (const int signal : handledSignals)
        replaceHandler(signal, SIG_DFL);
    m_notifier.setEnabled(false);
    ::close(pipeEnds[0]);
    ::close(std::exchange(pipeEnds[1], -1));
}

int UnixSignals::descriptor() const
{
    return pipeEnds[0];
}

bool UnixSignals::comesWithin(std::chrono::milliseconds timeout) const
{
    QDeadlineTimer deadline(timeout);
    pollfd waiting = {descriptor(), POLLIN, 0};
    for (;;) {
        const int ready = ::poll(&waiting, 1, int(std::min<qint64>(deadline.remainingTime(), longestPoll)));
        if (ready > 0)
            return true;
        if (deadline.hasExpired())
            return false;
    }
}

void UnixSignals::takeSignal()
{
    // The byte stays in the pipe, for those who poll the descriptor.
    m_notifier.setEnabled(false);
    for (const int signal : handledSignals)
        replaceHandler(signal, SIG_DFL);
    Q_EMIT received();
}

} // namespace Pyvent::Cli
