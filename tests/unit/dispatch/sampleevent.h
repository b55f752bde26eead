// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SAMPLEEVENT_H
#define PYVENT_TESTS_SAMPLEEVENT_H

#include "pyventevent.h"

namespace PyventTests {

inline PyventEvent orderWith(const QVariantMap &args)
{
    PyventEvent result;
    result.name = QStringLiteral("order-food");
    result.sender = QStringLiteral("pyvent.till");
    result.args = args;
    return result;
}

} // namespace PyventTests

#endif
