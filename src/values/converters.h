// SPDX-License-Identifier: MIT
#ifndef PYVENT_CONVERTERS_H
#define PYVENT_CONVERTERS_H

namespace Pyvent::Internal {

// Makes QVariant convert the classes of Python values to what their documentation names. The first call does it, all others
// cost a load. Thread-safe.
//
// The library calls it as it is loaded, because a program may convert such a value before it calls anything else. PickleReader
// and ValueReader call it as well, so that the rooms work without the library.
void registerConverters();

} // namespace Pyvent::Internal

#endif
