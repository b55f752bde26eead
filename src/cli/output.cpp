// SPDX-License-Identifier: MIT
#include "output.h"

#include "report.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace Pyvent::Cli {

using namespace Qt::StringLiterals;

namespace {

bool isPipeOrSocket(int descriptor)
{
    struct stat status = {};
    return ::fstat(descriptor, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

} // namespace

Output::Output(int interruption)
    : m_interruption(interruption)
    , m_hangUp()
{
    if (!isPipeOrSocket(STDOUT_FILENO))
        return;
    // No reader is an error condition of the descriptor, which comes with whatever one asks for.
    m_hangUp = std::make_unique<QSocketNotifier>(STDOUT_FILENO, QSocketNotifier::Exception);
    connect(m_hangUp.get(), &QSocketNotifier::activated, this, [this] {
        m_hangUp->setEnabled(false);
        Q_EMIT closed();
    });
}

// Returns Written when there is room. Setting the descriptor to non-blocking is no way to do this: the shell
// and all who share it would find it so.
Output::Result Output::waitForRoom() const
{
    for (;;) {
        pollfd waiting[] = {{STDOUT_FILENO, POLLOUT, 0}, {m_interruption, POLLIN, 0}};
        if (::poll(waiting, m_interruption < 0 ? 1 : 2, -1) < 0) {
            if (errno == EINTR)
                continue;
            return Result::Failed;
        }
        if (waiting[0].revents != 0)
            return Result::Written; // or an error, which write() will tell
        if (waiting[1].revents != 0)
            return Result::Interrupted;
    }
}

Output::Result Output::write(QByteArrayView text)
{
    while (!text.isEmpty()) {
        if (const Result result = waitForRoom(); result == Result::Interrupted)
            return result;
        // A pipe with room has room for this much at least, so this does not block.
        const ssize_t written = ::write(STDOUT_FILENO, text.data(), size_t(std::min(text.size(), qsizetype(PIPE_BUF))));
        if (written >= 0) {
            text = text.sliced(written);
        } else if (errno == EPIPE) {
            return Result::Closed;
        } else if (errno != EINTR && errno != EAGAIN) {
            report(u"cannot write to standard output: %1"_s.arg(qt_error_string(errno)));
            return Result::Failed;
        }
    }
    return Result::Written;
}

} // namespace Pyvent::Cli
