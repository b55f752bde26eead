// SPDX-License-Identifier: MIT
#ifndef PYVENT_NODE_SERVINGERROR_H
#define PYVENT_NODE_SERVINGERROR_H

#include "pyventerror.h"
#include "pyventoptions.h"
#include "server/server.h"

namespace Pyvent::Internal {

// What is told when a node with \a options cannot serve because of \a failure; \a text is what the system said.
PyventError servingError(Server::Failure failure, const PyventOptions &options, const QString &text);

} // namespace Pyvent::Internal

#endif
