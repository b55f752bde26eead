// SPDX-License-Identifier: MIT
#ifndef PYVENT_VALUEREADER_P_H
#define PYVENT_VALUEREADER_P_H

#include "pyventconversion.h"

namespace Pyvent::Internal {

// The T in \a value; null if there is none.
template <typename T>
const T *as(const QVariant &value)
{
    return value.metaType() == QMetaType::fromType<T>() ? static_cast<const T *>(value.constData()) : nullptr;
}

// \a value as an error quotes it.
QString quoted(const QVariant &value);

// Whether it is a number as such: no text that spells one, and no bool.
bool isNumber(const QVariant &value);

// Stores the whole number that \a value is, or is near, in an integer of \a size bytes.
enum class Stored { Yes, DoesNotFit, IsNoNumber };
Stored storeInteger(const QVariant &value, qsizetype size, bool isSigned, void *integer);

// The names of an enum's or a flag's values; invalid where Qt does not know them (no Q_ENUM, no Q_FLAG).
QMetaEnum enumeratorOf(QMetaType type);

// A value of a C++ type as it would have come from another process: a default, or an event of this process, may be one.
// Invalid where it is such a value already, or nothing is known of its type.
QVariant plainValue(const QVariant &value);

// What is in a list, tuple, set, array and the like. False if \a value is none.
bool itemsOf(const QVariant &value, QVariantList *items);

// What is in a dict and the like. False if \a value is none.
bool pairsOf(const QVariant &value, QList<PyventDict::Pair> *pairs);

} // namespace Pyvent::Internal

#endif
