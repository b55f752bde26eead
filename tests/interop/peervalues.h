// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_PEERVALUES_H
#define PYVENT_TESTS_PEERVALUES_H

#include <QtCore/qjsonvalue.h>
#include <QtCore/qvariant.h>

// Event arguments as JSON and back, exactly: peervalues.py says how, and is the same for Python.

namespace PyventTests {

QJsonValue encodeValue(const QVariant &value);
QVariant decodeValue(const QJsonValue &json);

// {"$type": type, "value": value}
QJsonValue typedValue(const QString &type, const QJsonValue &value);

// A float as JSON.
QJsonValue floatValue(double value);

} // namespace PyventTests

#endif
