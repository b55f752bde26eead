// SPDX-License-Identifier: MIT
#ifndef PYVENT_QTVALUES_H
#define PYVENT_QTVALUES_H

#include <QtCore/qvariant.h>

namespace Pyvent::Internal {

// Qt values that Python has no equal for, such as QColor, travel as a plain dict that Python programs can use
// as well:
//
// {'$qt': 'QColor', 'text': '#ff8800', 'data': b'…'}
//
// "text" is for people and other languages. "data" is what QDataStream writes in version Qt_6_4, except for
// QEasingCurve: type, amplitude, period and overshoot, because QDataStream would send the address of a
// function.

// Whether \a type is one of Qt's own types that can be written like this.
bool isQtValue(QMetaType type);

// The dict for \a value; empty if the value cannot be written.
QVariantMap describeQtValue(const QVariant &value);

// The Qt value that \a map describes. False if it describes none, or one that this process does not know, or
// one that is not on the list of types whose reading neither allocates without bound nor runs code: it then
// stays a map.
bool restoreQtValue(const QVariantMap &map, QVariant *value);

} // namespace Pyvent::Internal

#endif
