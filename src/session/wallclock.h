// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_WALLCLOCK_H
#define PYVENT_SESSION_WALLCLOCK_H

#include <QtCore/qglobal.h>

#include <functional>

namespace Pyvent::Internal {

// Says what time it is, in µs since 1970-01-01T00:00:00Z, as trailers have it. It may go back.
using WallClock = std::function<qint64()>;

} // namespace Pyvent::Internal

#endif
