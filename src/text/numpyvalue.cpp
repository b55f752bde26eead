// SPDX-License-Identifier: MIT
#include "numpyvalue.h"

#include <limits>
#include <optional>

namespace Pyvent::Text {

using namespace Qt::StringLiterals;

namespace {

// The number that \a value is, if a T holds it.
template <typename T>
std::optional<T> numberFrom(const QVariant &value)
{
    const int type = value.typeId();
    if constexpr (std::is_same_v<T, bool>) {
        return type == QMetaType::Bool ? std::optional(value.toBool()) : std::nullopt;
    } else if constexpr (std::is_floating_point_v<T>) {
        const bool isNumber = type == QMetaType::Double || type == QMetaType::LongLong;
        return isNumber ? std::optional(T(value.toDouble())) : std::nullopt;
    } else if (type == QMetaType::LongLong && std::in_range<T>(value.toLongLong())) {
        return T(value.toLongLong());
    } else if (type == QMetaType::ULongLong && std::in_range<T>(value.toULongLong())) {
        return T(value.toULongLong());
    }
    return std::nullopt;
}

template <typename T>
QVariant toNumber(const PyventArray &scalar)
{
    const std::span<const T> items = scalar.as<T>();
    if (items.size() != 1)
        return QVariant();
    if constexpr (std::is_same_v<T, bool>)
        return items[0];
    else if constexpr (std::is_floating_point_v<T>)
        return double(items[0]);
    else if constexpr (std::is_signed_v<T>)
        return qlonglong(items[0]);
    else
        return qulonglong(items[0]);
}

template <typename T>
QVariant fromNumber(const QVariant &value)
{
    const std::optional<T> number = numberFrom<T>(value);
    if (!number)
        return QVariant();
    const QByteArray bytes(reinterpret_cast<const char *>(&*number), sizeof(T));
    return QVariant::fromValue(PyventArray::scalar(PyventArray::dtypeOf<T>(), bytes));
}

struct ScalarType
{
    QStringView name;
    QVariant (*toValue)(const PyventArray &scalar); // invalid if the scalar is of another type
    QVariant (*fromValue)(const QVariant &value);   // invalid if the value is none of this type
};

constexpr ScalarType scalarTypes[] = {
    {u"bool_", toNumber<bool>, fromNumber<bool>},        {u"int8", toNumber<qint8>, fromNumber<qint8>},
    {u"int16", toNumber<qint16>, fromNumber<qint16>},    {u"int32", toNumber<qint32>, fromNumber<qint32>},
    {u"int64", toNumber<qint64>, fromNumber<qint64>},    {u"uint8", toNumber<quint8>, fromNumber<quint8>},
    {u"uint16", toNumber<quint16>, fromNumber<quint16>}, {u"uint32", toNumber<quint32>, fromNumber<quint32>},
    {u"uint64", toNumber<quint64>, fromNumber<quint64>}, {u"float32", toNumber<float>, fromNumber<float>},
    {u"float64", toNumber<double>, fromNumber<double>},
};

QVariant scalarFromTyped(const TypedValue &typed)
{
    for (const ScalarType &type : scalarTypes) {
        if (typed.type == type.name)
            return type.fromValue(typed.value);
    }
    return QVariant();
}

// The dimensions; nothing where there is none that is an array's.
std::optional<QList<qsizetype>> shapeFrom(const QVariant &value)
{
    if (value.typeId() != QMetaType::QVariantList)
        return std::nullopt;
    QList<qsizetype> shape;
    for (const QVariant &length : value.toList()) {
        if (length.typeId() != QMetaType::LongLong || length.toLongLong() < 0)
            return std::nullopt;
        shape.append(length.toLongLong());
    }
    return shape;
}

} // namespace

TypedValue numpyToTyped(const PyventArray &array)
{
    if (array.isScalar()) {
        for (const ScalarType &type : scalarTypes) {
            if (const QVariant value = type.toValue(array); value.isValid())
                return {type.name.toString(), value};
        }
    }
    QVariantMap members{{u"dtype"_s, array.dtype()}, {u"data"_s, QString::fromLatin1(array.data().toBase64())}};
    if (!array.isScalar()) {
        QVariantList shape;
        for (const qsizetype length : array.shape())
            shape.append(qlonglong(length));
        members[u"shape"_s] = shape;
    }
    if (array.order() == PyventArray::ColumnMajor)
        members[u"order"_s] = u"F"_s;
    return {array.pythonType(), members};
}

QVariant numpyFromTyped(const TypedValue &typed)
{
    if (typed.value.typeId() != QMetaType::QVariantMap)
        return scalarFromTyped(typed);
    const QVariantMap members = typed.value.toMap();
    const QString dtype = members.value(u"dtype"_s).toString();
    const QString order = members.value(u"order"_s, u"C"_s).toString();
    const auto data = bytesFromBase64(members.value(u"data"_s));
    if (!members.contains(u"dtype"_s) || !data || (order != u"C"_s && order != u"F"_s))
        return QVariant();

    PyventArray array;
    if (!members.contains(u"shape"_s)) {
        array = PyventArray::scalar(dtype, *data);
    } else if (const auto shape = shapeFrom(members[u"shape"_s])) {
        array = PyventArray(dtype, *shape, *data, order == u"F"_s ? PyventArray::ColumnMajor : PyventArray::RowMajor);
    }
    return array.isValid() && array.pythonType() == typed.type ? QVariant::fromValue(array) : QVariant();
}

} // namespace Pyvent::Text
