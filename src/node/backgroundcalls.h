// SPDX-License-Identifier: MIT
#ifndef PYVENT_NODE_BACKGROUNDCALLS_H
#define PYVENT_NODE_BACKGROUNDCALLS_H

#include <functional>

namespace Pyvent::Internal {

// Has \a call called soon in a thread of the library's, which has no event loop and may be blocked by what it calls. Any thread may call
// this, with any lock held.
void callInBackground(const std::function<void()> &call);

} // namespace Pyvent::Internal

#endif
