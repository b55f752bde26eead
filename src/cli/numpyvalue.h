// SPDX-License-Identifier: MIT
#ifndef PYVENT_CLI_NUMPYVALUE_H
#define PYVENT_CLI_NUMPYVALUE_H

#include "typedvalue.h"

#include <PyventArray>

namespace Pyvent::Cli {

// NumPy's arrays and scalars as typed values. See TypedValue for the forms.
TypedValue numpyToTyped(const PyventArray &array);

// Invalid where \a typed is none.
QVariant numpyFromTyped(const TypedValue &typed);

} // namespace Pyvent::Cli

#endif
