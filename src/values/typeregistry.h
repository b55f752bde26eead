// SPDX-License-Identifier: MIT
#ifndef PYVENT_TYPEREGISTRY_H
#define PYVENT_TYPEREGISTRY_H

#include "pyventconversion.h"

namespace Pyvent::Internal {

// What looks into objects of \a type: what pyvent::registerType() made known, what this library knows by itself, and the
// containers and pairs that Qt's meta-type system can look into. Null for other types. Thread-safe.
const PyventBinding::Conversion *conversionFor(QMetaType type);

// Whether a value of an event may become an object of \a type, as far as can be told before there is a value.
bool isReadable(QMetaType type);

// Its name as people write it: Qt has std::string and durations as templates.
QString readableName(QMetaType type);

// What there is to do about a type that nothing is known of; empty if nothing can be done.
QString registrationAdvice(QMetaType type);

} // namespace Pyvent::Internal

#endif
