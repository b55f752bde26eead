// SPDX-License-Identifier: MIT
#ifndef PYVENT_TEXT_OBJECTVALUE_H
#define PYVENT_TEXT_OBJECTVALUE_H

#include "typedvalue.h"

#include <PyventObject>

#include <optional>

namespace Pyvent::Text {

// Objects of Python's classes as typed values. See TypedValue for the forms.
//
// Those of the standard library's value classes are short. All others have the members that describe them; a member that
// is empty is left out:
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

// The object that \a value, the members above, describes; nothing where it is none. Only for what the user trusts: a
// Python process that gets the object calls what makes it, whatever that is.
std::optional<PyventObject> objectFromMembers(const QVariant &value);

// Whether \a value is such members.
bool isMembers(const QVariant &value);

// [[key, value], …]
QVariantList toPairs(const PyventDict &dict);
QVariantList toPairs(const QVariantMap &map);
std::optional<PyventDict> fromPairs(const QVariant &pairs);

// The dict of these pairs as it is heard: a QVariantMap if all keys are strings, else a PyventDict. Invalid where
// \a pairs are none.
QVariant dictFromPairs(const QVariant &pairs);

} // namespace Pyvent::Text

#endif
