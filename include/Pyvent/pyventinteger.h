// SPDX-License-Identifier: MIT
#ifndef PYVENTINTEGER_H
#define PYVENTINTEGER_H

#include "pyventglobal.h"

#include <QtCore/qbytearray.h>
#include <QtCore/qmetatype.h>
#include <QtCore/qstring.h>

/*!
    A Python int of any size, exactly.

    Events carry an int that fits as \c qlonglong or \c qulonglong; only a larger one arrives as this class.
   It converts through QVariant to QString and double, and to qlonglong and qulonglong if it fits.

    Decimal digits cost quadratic work, so \l toString() and \l fromString() use hexadecimal (exact as well,
   and a Python literal) past \l MaximumDigits, the limit that CPython set for the same reason
   (CVE-2020-10735).

    Reentrant, as all value classes of this module are.
*/
class PYVENT_EXPORT PyventInteger
{
public:
    /*! The most decimal digits that are read or printed: CPython's \c sys.int_info.default_max_str_digits. */
    static constexpr int MaximumDigits = 4300;

    PyventInteger() = default;
    explicit PyventInteger(qint64 value);
    explicit PyventInteger(quint64 value);

    /*! The number whose two's complement, lowest byte first, is \a bytes; empty is 0. This is pickle's LONG1.
     */
    static PyventInteger fromTwosComplement(QByteArrayView bytes);

    /*!
        The number that \a text spells in decimal or, after "0x", hexadecimal, with an optional sign. \a ok
       (may be null) tells whether it is a number and no longer than \l MaximumDigits decimal digits; 0 is
       returned if not.
    */
    static PyventInteger fromString(QStringView text, bool *ok = nullptr);

    /*! The shortest two's complement, lowest byte first; empty for 0. */
    QByteArray twosComplement() const { return m_bytes; }
    bool isNegative() const { return !m_bytes.isEmpty() && (m_bytes.back() & 0x80); }

    /*! Decimal digits, or hexadecimal past \l MaximumDigits. */
    QString toString() const;
    /*! The nearest double, as Python rounds; \a ok is false, and the value infinite, beyond a double's range.
     */
    double toDouble(bool *ok = nullptr) const;
    int toInt(bool *ok = nullptr) const;
    qlonglong toLongLong(bool *ok = nullptr) const;
    qulonglong toULongLong(bool *ok = nullptr) const;
    static QString pythonType() { return QStringLiteral("int"); }

    friend bool operator==(const PyventInteger &left, const PyventInteger &right)
    {
        return left.m_bytes == right.m_bytes;
    }
    friend bool operator!=(const PyventInteger &left, const PyventInteger &right) { return !(left == right); }

private:
    QByteArray m_bytes;
};

PYVENT_EXPORT QDebug operator<<(QDebug debug, const PyventInteger &value);

Q_DECLARE_TYPEINFO(PyventInteger, Q_RELOCATABLE_TYPE);
Q_DECLARE_METATYPE(PyventInteger)

#endif
