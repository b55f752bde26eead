// SPDX-License-Identifier: MIT
#include "converters.h"

#include "pyventarray.h"
#include "pyventdatetime.h"
#include "pyventdict.h"
#include "pyventinteger.h"
#include "pyventobject.h"
#include "pyventset.h"
#include "pyventtime.h"
#include "pyventtimedelta.h"
#include "pyventtuple.h"

#include <QtCore/qmetatype.h>

#include <chrono>

namespace Pyvent::Internal {

namespace {

template <typename From, typename... To>
void add(To (From::*...functions)(bool *) const)
{
    (QMetaType::registerConverter<From, To>(functions), ...);
}

template <typename From, typename... To>
void add(To (From::*...functions)() const)
{
    (QMetaType::registerConverter<From, To>(functions), ...);
}

void addAll()
{
    add(&PyventTuple::toList, &PyventTuple::toString);
    add(&PyventTuple::toStringList);
    add(&PyventSet::toList, &PyventSet::toString);
    add(&PyventSet::toStringList);
    add(&PyventDict::toMap, &PyventDict::toString);
    add(&PyventInteger::toDouble, &PyventInteger::toInt, &PyventInteger::toLongLong, &PyventInteger::toULongLong);
    add(&PyventInteger::toString);
    add(&PyventDateTime::toDateTime);
    add(&PyventDateTime::toIsoString);
    add(&PyventTime::toTime, &PyventTime::toIsoString);
    add(&PyventTimeDelta::toMicroseconds, &PyventTimeDelta::toMilliseconds);
    add(&PyventTimeDelta::toSeconds, &PyventTimeDelta::toString);
    QMetaType::registerConverter<PyventTimeDelta, std::chrono::milliseconds>(
        [](const PyventTimeDelta &delta) { return std::chrono::milliseconds(delta.toMilliseconds()); });
    add(&PyventArray::toList, &PyventArray::toDouble, &PyventArray::toLongLong, &PyventArray::toInt,
        &PyventArray::toBool, &PyventArray::toText);
    add(&PyventObject::toText, &PyventObject::toDouble, &PyventObject::toLongLong, &PyventObject::toInt,
        &PyventObject::toComplex, &PyventObject::toList, &PyventObject::toMap, &PyventObject::toByteArray);
}

} // namespace

void registerConverters()
{
    [[maybe_unused]] static const bool areRegistered = (addAll(), true);
}

} // namespace Pyvent::Internal
