// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_ENGINEFACTORY_H
#define PYVENT_BRIDGE_ENGINEFACTORY_H

#include "engine.h"
#include "engineoptions.h"

#include <memory>

namespace Pyvent::Bridge {

// The engine for these options. Null, and \a why for people, if this program was built without it.
std::unique_ptr<Engine> makeEngine(const EngineOptions &options, QString *why);

} // namespace Pyvent::Bridge

#endif
