// SPDX-License-Identifier: MIT
#ifndef PYVENT_TEXT_NUMPYVALUE_H
#define PYVENT_TEXT_NUMPYVALUE_H

#include "typedvalue.h"

#include <PyventArray>

namespace Pyvent::Text {

// NumPy's arrays and scalars as typed values. See TypedValue for the forms.
TypedValue numpyToTyped(const PyventArray &array);

// Invalid where \a typed is none.
QVariant numpyFromTyped(const TypedValue &typed);

} // namespace Pyvent::Text

#endif
