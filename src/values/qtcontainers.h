// SPDX-License-Identifier: MIT
#ifndef PYVENT_QTCONTAINERS_H
#define PYVENT_QTCONTAINERS_H

#include "pyventconversion.h"

#include <memory>

namespace Pyvent::Internal {

class QtConversion : public PyventBinding::Conversion
{
public:
    virtual ~QtConversion() = default;
};

// A conversion for \a type through what Qt's meta-type system knows of it, if it is a list, a set, a map or a pair; null
// if not.
std::unique_ptr<const QtConversion> makeQtConversion(QMetaType type);

} // namespace Pyvent::Internal

#endif
