// SPDX-License-Identifier: MIT
#ifndef PYVENTARRAY_H
#define PYVENTARRAY_H

#include "pyventglobal.h"

#include <QtCore/qvariant.h>

#include <bit>
#include <cstdint>
#include <span>
#include <type_traits>

/*!
    A numpy array or scalar: the elements as numpy keeps them in memory, their type as numpy spells it ("<f8",
   "|b1",
    "<U5"), and the shape. Converts through QVariant to QVariantList (nested by dimension), a scalar to
   double, qlonglong, int, bool and QString as its type allows.
*/
class PYVENT_EXPORT PyventArray
{
public:
    enum Order { RowMajor, ColumnMajor };

    PyventArray() = default;
    /*! \a data must hold exactly the elements that \a shape says; \l isValid() tells. */
    PyventArray(const QString &dtype, const QList<qsizetype> &shape, const QByteArray &data, Order order = RowMajor);
    /*! One numpy scalar, as numpy.float64(1.5) is. */
    static PyventArray scalar(const QString &dtype, const QByteArray &data);

    /*! An array of one dimension from C++ numbers. */
    template <typename T>
    static PyventArray fromSpan(std::span<const T> values)
    {
        return PyventArray(dtypeOf<T>(), {qsizetype(values.size())},
                           QByteArray(reinterpret_cast<const char *>(values.data()), qsizetype(values.size_bytes())));
    }
    template <typename T>
    static QString dtypeOf()
    {
        static_assert(std::is_arithmetic_v<T>, "PyventArray holds numbers: bool, integers, float, double");
        const char kind = std::is_same_v<T, bool> ? 'b'
            : std::is_floating_point_v<T>         ? 'f'
            : std::is_signed_v<T>                 ? 'i'
                                                  : 'u';
        const char order = sizeof(T) == 1 ? '|' : std::endian::native == std::endian::little ? '<' : '>';
        return QLatin1Char(order) + QString(QLatin1Char(kind)) + QString::number(sizeof(T));
    }

    bool isValid() const;
    bool isScalar() const { return m_scalar; }
    QString dtype() const { return m_dtype; }
    /*! Bytes of one element; 0 if the dtype is not understood. */
    qsizetype itemSize() const { return itemSize(m_dtype); }
    static qsizetype itemSize(QStringView dtype);
    QList<qsizetype> shape() const { return m_shape; }
    Order order() const { return m_order; }
    QByteArray data() const { return m_data; }
    /*! The number of elements in all dimensions. */
    qsizetype size() const { return itemSize() > 0 ? m_data.size() / itemSize() : 0; }

    /*! All elements in memory order without a copy; empty if T is not exactly the dtype. Valid as long as the
     * array. */
    template <typename T>
    std::span<const T> as() const
    {
        const bool aligned = reinterpret_cast<std::uintptr_t>(m_data.constData()) % alignof(T) == 0;
        if (dtypeOf<T>() != m_dtype || !aligned)
            return {};
        return {reinterpret_cast<const T *>(m_data.constData()), size_t(size())};
    }
    /*! The element at \a index in memory order, whatever the dtype; invalid outside, and for a dtype without
     * a Qt value. */
    QVariant at(qsizetype index) const;

    /*! Lists within lists, one level per dimension. */
    QVariantList toList(bool *ok = nullptr) const;
    double toDouble(bool *ok = nullptr) const;
    qlonglong toLongLong(bool *ok = nullptr) const;
    int toInt(bool *ok = nullptr) const;
    bool toBool(bool *ok = nullptr) const;
    QString toText(bool *ok = nullptr) const;
    /*! "array([1.0, 2.0], dtype='<f8')"; long arrays are cut short. */
    QString toString() const;
    /*! "ndarray", or numpy's name of a scalar, such as "float64". */
    QString pythonType() const;

    friend PYVENT_EXPORT bool operator==(const PyventArray &left, const PyventArray &right);
    friend bool operator!=(const PyventArray &left, const PyventArray &right) { return !(left == right); }

private:
    QString m_dtype;
    QList<qsizetype> m_shape;
    QByteArray m_data;
    Order m_order = RowMajor;
    bool m_scalar = false;
};

PYVENT_EXPORT QDebug operator<<(QDebug debug, const PyventArray &value);

Q_DECLARE_TYPEINFO(PyventArray, Q_RELOCATABLE_TYPE);
Q_DECLARE_METATYPE(PyventArray)

#endif
