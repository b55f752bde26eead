// SPDX-License-Identifier: MIT
#ifndef PYVENT_NODE_FILTERCHECK_H
#define PYVENT_NODE_FILTERCHECK_H

#include "pyventsender.h"

#include <QtCore/qstring.h>

namespace Pyvent::Internal {

// Why events of the names that fit \a pattern cannot be heard as \a filter has it, whatever its sender, for people; empty if they can.
QString whyNotHeardSo(const QString &pattern, const PyventFilter &filter);

} // namespace Pyvent::Internal

#endif
