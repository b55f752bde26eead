// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_PROGRAM_H
#define PYVENT_TESTS_PROGRAM_H

#include "support/childprocess.h"

namespace PyventTests {

// The program "pyvent", or another one, run as a script runs it.
class Program : public ChildProcess
{
public:
    // Starts "pyvent" with \a arguments.
    explicit Program(const QStringList &arguments);
    Program(const QString &program, const QStringList &arguments)
        : ChildProcess(program, arguments, Errors::Kept)
    {
    }
};

} // namespace PyventTests

#endif
