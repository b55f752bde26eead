// SPDX-License-Identifier: MIT
#ifndef PYVENT_NODE_OPTIONSCHECK_H
#define PYVENT_NODE_OPTIONSCHECK_H

#include "pyventoptions.h"

namespace Pyvent::Internal {

// Why \a options cannot be taken, for people, and in \a subject the name of the option; empty if they can.
QString whyNotOptions(const PyventOptions &options, QString *subject);

} // namespace Pyvent::Internal

#endif
