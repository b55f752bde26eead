// SPDX-License-Identifier: MIT
#include "program.h"

#include "output.h"
#include "report.h"

#include <clocale>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <langinfo.h>
#include <strings.h>
#include <unistd.h>

namespace Pyvent::Cli {

using namespace Qt::StringLiterals;

void prepareProcess()
{
    // A descriptor that was closed would become one of ZeroMQ's, and events would be printed into that.
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
        if (::fcntl(descriptor, F_GETFD) < 0)
            ::open("/dev/null", descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY);
    }
    std::signal(SIGPIPE, SIG_IGN); // write() says so, too

    // Qt takes everything for UTF-8, and warns on stderr if the locale, often "C" in a container, says
    // otherwise.
    std::setlocale(LC_ALL, "");
    if (::strcasecmp(::nl_langinfo(CODESET), "UTF-8") != 0)
        ::setenv("LC_ALL", "C.UTF-8", 1);
}

int print(const QString &text)
{
    return Output().write(text.toUtf8()) == Output::Result::Failed ? Failed : Success;
}

int report(const UsageError &mistake)
{
    if (!mistake.text.isEmpty())
        report(mistake.text);
    report(mistake.command.isEmpty() ? u"'pyvent help' shows the commands and their options"_s
                                     : u"'pyvent help %1' shows how it is used"_s.arg(mistake.command));
    return UsageMistake;
}

} // namespace Pyvent::Cli
