// SPDX-License-Identifier: MIT
#ifndef PYVENT_CLI_PROGRAM_H
#define PYVENT_CLI_PROGRAM_H

#include "command.h"

namespace Pyvent::Cli {

// What a command-line program must see to before anything else.
void prepareProcess();

// Prints \a text on standard output, and returns what the program ends with.
int print(const QString &text);

// Tells the user, and returns what the program ends with.
int report(const UsageError &mistake);

} // namespace Pyvent::Cli

#endif
