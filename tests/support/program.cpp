// SPDX-License-Identifier: MIT
#include "support/program.h"

namespace PyventTests {

Program::Program(const QStringList &arguments)
    : Program(QStringLiteral(PYVENT_PROGRAM), arguments)
{
}

} // namespace PyventTests
