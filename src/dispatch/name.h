// SPDX-License-Identifier: MIT
#ifndef PYVENT_DISPATCH_NAME_H
#define PYVENT_DISPATCH_NAME_H

#include <QtCore/qstring.h>

namespace Pyvent::Internal {

// Why \a name cannot be an event's name, for people; empty if it can.
QString whyNotAName(QStringView name);

// Why \a sender cannot be a sender; empty if it can.
QString whyNotASender(QStringView sender);

} // namespace Pyvent::Internal

#endif
