// SPDX-License-Identifier: MIT
// What the library does as a program loads it.
#include "values/converters.h"

#include <QtCore/qglobal.h>

// The value classes promise that QVariant converts them, also in a program that makes them itself and has called nothing of
// the library before. This is the only place that acts without being called.
static void registerValues()
{
    Pyvent::Internal::registerConverters();
}
Q_CONSTRUCTOR_FUNCTION(registerValues)
