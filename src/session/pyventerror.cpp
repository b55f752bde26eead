// SPDX-License-Identifier: MIT
#include "pyventerror.h"

#include <QtCore/qdebug.h>

QDebug operator<<(QDebug debug, const PyventError &error)
{
    const QDebugStateSaver saver(debug);
    return debug.nospace() << "PyventError(" << error.code << ", " << error.text << ')';
}
