// SPDX-License-Identifier: MIT
#ifndef PYVENT_CLI_TERMINAL_H
#define PYVENT_CLI_TERMINAL_H

namespace Pyvent::Cli {

// Whether \a descriptor is a terminal that understands colours and clearing a line, which "dumb" ones do not.
bool isCapableTerminal(int descriptor);

} // namespace Pyvent::Cli

#endif
