// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_NETWORKENTRY_H
#define PYVENT_SERVER_NETWORKENTRY_H

#include "security/allowlist.h"
#include "security/keypair.h"

#include <optional>

namespace Pyvent::Internal {

// By what whoever comes from another machine comes in. Who is on this machine may come in by keys as well, but needs none.
struct NetworkEntry
{
    struct Keys
    {
        KeyPair own; // the server's
        AllowList allowed;
    };

    std::optional<Keys> keys; // none: not by keys
    bool isOpen = false;      // without a key, too
};

} // namespace Pyvent::Internal

#endif
