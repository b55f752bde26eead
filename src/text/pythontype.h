// SPDX-License-Identifier: MIT
#ifndef PYVENT_TEXT_PYTHONTYPE_H
#define PYVENT_TEXT_PYTHONTYPE_H

#include <QtCore/qstring.h>
#include <QtCore/qvariant.h>

namespace Pyvent::Text {

// What Python calls the type of \a value: "str", "tuple", "datetime", "ndarray", "Decimal".
QString pythonType(const QVariant &value);

} // namespace Pyvent::Text

#endif
