// SPDX-License-Identifier: MIT
#ifndef PYVENT_CLI_BRIDGECOMMAND_H
#define PYVENT_CLI_BRIDGECOMMAND_H

#include "command.h"

namespace Pyvent::Cli {

// The program that does it: this one links no library of an engine. It has the command with a run() of its own.
inline constexpr char bridgeProgram[] = "pyvent-bridge";

} // namespace Pyvent::Cli

#endif
