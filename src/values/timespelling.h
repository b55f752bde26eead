// SPDX-License-Identifier: MIT
#ifndef PYVENT_TIMESPELLING_H
#define PYVENT_TIMESPELLING_H

#include "pyventtime.h"

namespace Pyvent::Internal {

// "+05:30", with seconds and microseconds where there are any, as Python's isoformat() ends.
QString isoOffset(std::chrono::microseconds offset);

// What repr() of a time or datetime has between the date and the closing parenthesis: "3, 4, 5, 6, fold=1".
QString timeArguments(const PyventTime &time);

} // namespace Pyvent::Internal

#endif
