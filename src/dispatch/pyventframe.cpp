// SPDX-License-Identifier: MIT
#include "pyventframe.h"

#include <QtCore/qdebug.h>

QDebug operator<<(QDebug debug, const PyventFrame &frame)
{
    const QDebugStateSaver saver(debug);
    debug.nospace() << "PyventFrame(" << frame.name << ", sender " << frame.sender << ", " << frame.pickle.size()
                    << " bytes";
    if (!frame.nodeId.isNull())
        debug << ", #" << frame.sequence << " of " << frame.nodeId.toString(QUuid::WithoutBraces);
    if (frame.forwarded)
        debug << ", forwarded";
    return debug << ')';
}
