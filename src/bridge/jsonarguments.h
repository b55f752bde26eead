// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_JSONARGUMENTS_H
#define PYVENT_BRIDGE_JSONARGUMENTS_H

#include <QtCore/qbytearray.h>
#include <QtCore/qstring.h>
#include <QtCore/qvariant.h>

#include <optional>

namespace Pyvent::Bridge {

// An event's arguments as JSON that any program reads. Nothing where what argumentsFromJson() reads of it would not be the same: objects of
// one's own classes, which no stranger may have made.
std::optional<QByteArray> argumentsToJson(const QVariantMap &arguments);

// The arguments that JSON of any program stands for: an object's members, and of any other value one argument, "value". Nothing where it is
// no JSON; \a why says why, for people.
std::optional<QVariantMap> argumentsFromJson(QByteArrayView json, QString *why);

} // namespace Pyvent::Bridge

#endif
