// SPDX-License-Identifier: MIT
#ifndef PYVENT_CLI_OBJECTVALUE_H
#define PYVENT_CLI_OBJECTVALUE_H

#include "typedvalue.h"

#include <PyventObject>

#include <optional>

namespace Pyvent::Cli {

// Objects of Python's classes as typed values. See TypedValue for the forms.
//
// Those of the standard library's value classes are short, and are read back. All others tell the members
// that describe them, what there is not left out, and are not read back: Python calls what makes them, so
// JSON from anywhere, passed on by a script, could run anything.
//
//   module, name   of the class or function that makes it; "callable" instead, where that is an object itself
//   args           what it is called with; "new" instead, where its class makes it without calling __init__
//   kwargs         the keyword arguments of "new"
//   state, setter  what Python's __setstate__ gets, and the function that is called instead
//   items, pairs   what is appended, and what is assigned by key ([[key, value], …]), afterwards
//
// A class or function itself has module and name only.
TypedValue objectToTyped(const PyventObject &object);

// The object that a short form stands for; nothing where \a typed is none.
std::optional<PyventObject> objectFromTyped(const TypedValue &typed);

// [[key, value], …]
QVariantList toPairs(const PyventDict &dict);
std::optional<PyventDict> fromPairs(const QVariant &pairs);

} // namespace Pyvent::Cli

#endif
