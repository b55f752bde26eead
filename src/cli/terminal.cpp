// SPDX-License-Identifier: MIT
#include "terminal.h"

#include <QtCore/qbytearray.h>

#include <unistd.h>

namespace Pyvent::Cli {

bool isCapableTerminal(int descriptor)
{
    if (::isatty(descriptor) == 0)
        return false;
    const QByteArray kind = qgetenv("TERM");
    return !kind.isEmpty() && kind != "dumb";
}

} // namespace Pyvent::Cli
