// SPDX-License-Identifier: MIT
#include "progress.h"

#include "terminal.h"

#include <QtCore/qstring.h>

#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>

namespace Pyvent::Cli {

using namespace std::chrono_literals;

namespace {

constexpr auto firstAfter = 300ms; // what is done by then needs no progress
constexpr auto nextAfter = 100ms;

bool isUp = false;

void writeRaw(const QByteArray &text)
{
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.constData(), size_t(text.size()));
}

// A line that wraps could not be written over.
qsizetype terminalWidth()
{
    winsize size = {};
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

} // namespace

Progress::Progress(bool isWanted)
    : m_isWanted(isWanted && isCapableTerminal(STDERR_FILENO))
    , m_dueAt(std::chrono::steady_clock::now() + firstAfter)
{
}

bool Progress::isDue() const
{
    return m_isWanted && std::chrono::steady_clock::now() >= m_dueAt;
}

void Progress::show(const QString &text)
{
    if (!isDue())
        return;
    m_dueAt = std::chrono::steady_clock::now() + nextAfter;
    writeRaw("\r\x1b[K" + text.first(std::min(text.size(), terminalWidth() - 1)).toUtf8());
    isUp = true;
}

void Progress::takeDown()
{
    if (std::exchange(isUp, false))
        writeRaw("\r\x1b[K");
}

} // namespace Pyvent::Cli
