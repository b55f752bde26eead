// SPDX-License-Identifier: MIT
#include "pyventevent.h"

#include <QtCore/qdebug.h>

QDebug operator<<(QDebug debug, const PyventEvent &event)
{
    const QDebugStateSaver saver(debug);
    debug.nospace() << "PyventEvent(" << event.name << ", sender " << event.sender << ", " << event.args;
    if (!event.nodeId.isNull())
        debug << ", #" << event.sequence << " of " << event.nodeId.toString(QUuid::WithoutBraces);
    return debug << ')';
}
