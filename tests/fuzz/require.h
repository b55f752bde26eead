// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_FUZZ_REQUIRE_H
#define PYVENT_TESTS_FUZZ_REQUIRE_H

#include <QtCore/qdebug.h>

#include <cstdlib>

// Ends the process, which is what a fuzzer looks for, where \a condition does not hold.
inline void require(bool condition, const char *what)
{
    if (condition)
        return;
    qCritical("%s", what);
    std::abort();
}

#endif
