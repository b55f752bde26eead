// SPDX-License-Identifier: MIT
#ifndef PYVENT_QML_VALUETOQML_H
#define PYVENT_QML_VALUETOQML_H

#include <QtCore/qvariant.h>

namespace Pyvent::Qml {

// What QML and JavaScript get for a value that was heard: Python's classes become what JavaScript has for them. The
// table is in README.md.
QVariant valueToQml(const QVariant &value);
QVariantMap valuesToQml(const QVariantMap &values);

} // namespace Pyvent::Qml

#endif
