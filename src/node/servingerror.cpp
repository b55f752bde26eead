// SPDX-License-Identifier: MIT
#include "node/servingerror.h"

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

PyventError servingError(Server::Failure failure, const PyventOptions &options, const QString &text)
{
    const int port = options.port;
    const QString where = options.address;
    switch (failure) {
    case Server::Failure::None:
        break;
    case Server::Failure::PortInUse:
        return {
            PyventError::PortTaken,
            u"this node cannot serve: port %1 of %2 is in use, by another server or another program"_s.arg(port).arg(
                where),
            QString::number(port)};
    case Server::Failure::EventsPortInUse:
        return {PyventError::PortTaken,
                u"this node cannot serve: port %1 of %3 is free, but port %2, which events come from, is in use by "
                "another program; end that program, or choose another port for all nodes of this bus"_s.arg(port)
                    .arg(port + 1)
                    .arg(where),
                QString::number(port + 1)};
    case Server::Failure::NotThisMachine:
        return {PyventError::CannotServe, u"this node cannot serve: %1 is no IP address of this machine"_s.arg(where),
                where};
    case Server::Failure::Other:
        return {PyventError::CannotServe, u"this node cannot serve on port %1 of %2: %3"_s.arg(port).arg(where, text),
                QString::number(port)};
    }
    return {};
}

} // namespace Pyvent::Internal
