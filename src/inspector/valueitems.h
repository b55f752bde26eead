// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_VALUEITEMS_H
#define PYVENT_INSPECTOR_VALUEITEMS_H

#include <QtCore/qstring.h>
#include <QtCore/qvariant.h>

namespace Pyvent::Inspector {

// How many items \a value has, 0 for what has none.
qsizetype itemCount(const QVariant &value);

// One of the items: an index, a key or a member's name, and the value.
struct Item
{
    QString key;
    QVariant value;
};
Item itemAt(const QVariant &value, qsizetype index);

} // namespace Pyvent::Inspector

#endif
