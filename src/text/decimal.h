// SPDX-License-Identifier: MIT
#ifndef PYVENT_TEXT_DECIMAL_H
#define PYVENT_TEXT_DECIMAL_H

#include <PyventInteger>

#include <QtCore/qbytearray.h>
#include <QtCore/qstring.h>
#include <QtCore/qvariant.h>

namespace Pyvent::Text {

// The longest integer that is written in decimal digits, and read from them: that takes time in proportion to the square of the
// length, a tenth of a second for this one.
constexpr qsizetype maximumDecimalDigits = 100'000;

// The decimal digits of \a integer, which PyventInteger itself tells only up to PyventInteger::MaximumDigits;
// empty for more than maximumDecimalDigits.
QByteArray toDecimal(const PyventInteger &integer);

// The integer that \a digits, with an optional '-', spells. There are maximumDecimalDigits at most.
PyventInteger fromDecimal(QStringView digits);

// Why \a text, an integer, has none, for people: it is too long. Empty otherwise.
QString whyTooLong(QStringView text);

// The integer that \a text, decimal or hexadecimal after "0x", spells, as events carry it: a qlonglong or a
// qulonglong if it is one. Invalid where it is none, or whyTooLong() says so.
QVariant integerFromText(QStringView text);

} // namespace Pyvent::Text

#endif
