// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_SERVERLOG_H
#define PYVENT_SERVER_SERVERLOG_H

#include <QtCore/qloggingcategory.h>

namespace Pyvent::Internal {

// Never deleted: a server may run while static objects end.
inline const QLoggingCategory &serverLog()
{
    static const auto *const category = new QLoggingCategory("pyvent.server");
    return *category;
}

} // namespace Pyvent::Internal

#endif
