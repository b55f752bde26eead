// SPDX-License-Identifier: MIT
#ifndef PYVENT_CLI_COMMANDS_H
#define PYVENT_CLI_COMMANDS_H

#include "command.h"

#include <QtCore/qstring.h>

namespace Pyvent::Cli {

// The command \a name; throws a UsageError where there is none.
const Command &commandNamed(const QString &name);

// The help of the program, and of one command.
QString programHelp();
QString commandHelp(const Command &command);

} // namespace Pyvent::Cli

#endif
