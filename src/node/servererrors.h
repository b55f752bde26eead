// SPDX-License-Identifier: MIT
#ifndef PYVENT_NODE_SERVERERRORS_H
#define PYVENT_NODE_SERVERERRORS_H

#include "pyventerror.h"
#include "pyventoptions.h"
#include "server/server.h"
#include "transport/connection.h"

namespace Pyvent::Internal {

// What is told when the system does not give what a node needs for its connections; \a text is what it said.
PyventError resourcesError(const QString &text);

// What is told when a node serves without the ports, which something else has.
PyventError withoutPortsError(const Endpoint &endpoint, const PyventOptions &options);

// What is told when a node with \a options cannot serve because of \a failure; \a text is what the system said.
PyventError servingError(Server::Failure failure, const PyventOptions &options, const QString &text);

// What is told when a node with \a options gets no answer because of \a silence; \a portInUse says that it could not serve
// either, because somebody has the port. No error where that is nothing to tell.
PyventError silenceError(Connection::Silence silence, bool portInUse, const PyventOptions &options);

} // namespace Pyvent::Internal

#endif
