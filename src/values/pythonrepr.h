// SPDX-License-Identifier: MIT
#ifndef PYVENT_PYTHONREPR_H
#define PYVENT_PYTHONREPR_H

#include <QtCore/qvariant.h>

namespace Pyvent::Internal {

// \a value as Python's repr() prints what it becomes there. Deep nesting is cut short with "...".
QString pythonRepr(const QVariant &value);

QString pythonRepr(double value);
QString pythonRepr(const QString &text);
QString pythonRepr(const QByteArray &bytes);
// The items with ", " between them.
QString pythonReprItems(const QVariantList &items);

} // namespace Pyvent::Internal

#endif
