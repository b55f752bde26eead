// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_NATSOPTIONS_H
#define PYVENT_BRIDGE_NATSOPTIONS_H

#include "engineoptions.h"

#include <memory>

#include <nats/nats.h>

namespace Pyvent::Bridge {

struct NatsOptionsDeleter
{
    void operator()(natsOptions *options) const { natsOptions_Destroy(options); }
};
using NatsOptionsPointer = std::unique_ptr<natsOptions, NatsOptionsDeleter>;

// The library's options for one connection to \a server. Secrets are read from their files now. Null, and \a why for people, where something is
// wrong with these.
NatsOptionsPointer makeNatsOptions(const EngineOptions &options, const HostPort &server, QString *why);

// What the library says of the last error in this thread, without its source's place.
QString natsErrorText(natsStatus status);

// Why the connection to \a server was not made, of which the library has just said \a status, and what to do, for people. May wait a second.
QString whyNotConnected(natsStatus status, const EngineOptions &options, const HostPort &server);

} // namespace Pyvent::Bridge

#endif
