// SPDX-License-Identifier: MIT
#ifndef PYVENT_QML_SPELLING_H
#define PYVENT_QML_SPELLING_H

#include <QtCore/qstringlist.h>

namespace Pyvent::Qml {

// The ways in which programs on the bus may write the name that QML has to write as \a identifier: as it is, and its
// words in kebab-case, snake_case and camelCase. "orderFood" is also order-food and order_food. Each spelling once.
QStringList spellings(const QString &identifier);

} // namespace Pyvent::Qml

#endif
