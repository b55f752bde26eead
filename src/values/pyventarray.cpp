// SPDX-License-Identifier: MIT
#include "pyventarray.h"

#include "pythonrepr.h"
#include "pyventobject.h"

#include <QtCore/qdebug.h>
#include <QtCore/qendian.h>
#include <QtCore/qfloat16.h>

#include <algorithm>
#include <limits>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

namespace {

template <typename T>
T number(const char *data, bool bigEndian)
{
    return bigEndian ? qFromBigEndian<T>(data) : qFromLittleEndian<T>(data);
}

QVariant complexNumber(double real, double imaginary)
{
    const PyventObject type(u"builtins"_s, u"complex"_s);
    return QVariant::fromValue(PyventObject::call(type, {real, imaginary}));
}

QVariant realNumber(const char *data, qsizetype size, bool bigEndian)
{
    switch (size) {
    case 2:
        return double(float(number<qfloat16>(data, bigEndian)));
    case 4:
        return double(number<float>(data, bigEndian));
    case 8:
        return number<double>(data, bigEndian);
    default:
        return {};
    }
}

QVariant wholeNumber(const char *data, qsizetype size, bool bigEndian, bool isSigned)
{
    switch (size) {
    case 1:
        return isSigned ? qlonglong(qint8(*data)) : qlonglong(quint8(*data));
    case 2:
        return isSigned ? qlonglong(number<qint16>(data, bigEndian)) : qlonglong(number<quint16>(data, bigEndian));
    case 4:
        return isSigned ? qlonglong(number<qint32>(data, bigEndian)) : qlonglong(number<quint32>(data, bigEndian));
    case 8: {
        if (isSigned)
            return qlonglong(number<qint64>(data, bigEndian));
        const auto value = qulonglong(number<quint64>(data, bigEndian));
        const bool fits = value <= qulonglong(std::numeric_limits<qlonglong>::max());
        return fits ? QVariant(qlonglong(value)) : QVariant(value);
    }
    default:
        return {};
    }
}

// numpy pads text with NUL characters, and drops them when it reads.
QVariant textElement(const char *data, qsizetype size, bool bigEndian)
{
    QString text;
    for (qsizetype i = 0; i + 4 <= size; i += 4) {
        const auto c = number<quint32>(data + i, bigEndian);
        text += QChar::fromUcs4(c <= QChar::LastValidCodePoint ? c : quint32(QChar::ReplacementCharacter));
    }
    while (text.endsWith(QChar(0)))
        text.chop(1);
    return text;
}

QVariant bytesElement(const char *data, qsizetype size)
{
    while (size > 0 && data[size - 1] == 0)
        --size;
    return QByteArray(data, size);
}

} // namespace

PyventArray::PyventArray(const QString &dtype, const QList<qsizetype> &shape, const QByteArray &data, Order order)
    : m_dtype(dtype)
    , m_shape(shape)
    , m_data(data)
    , m_order(order)
{
}

PyventArray PyventArray::scalar(const QString &dtype, const QByteArray &data)
{
    PyventArray array(dtype, {}, data);
    array.m_scalar = true;
    return array;
}

qsizetype PyventArray::itemSize(QStringView dtype)
{
    if (dtype.size() < 3 || !QStringView(u"<>|").contains(dtype[0]))
        return 0;
    // Exactly as NumPy writes it: toInt() alone would take blanks, signs and zeros before it as well.
    const QStringView digits = dtype.sliced(2);
    const bool isCount = digits.size() < 10 && digits[0] != u'0'
        && std::all_of(digits.begin(), digits.end(), [](QChar c) { return c >= u'0' && c <= u'9'; });
    if (!isCount)
        return 0;
    const int count = digits.toInt();
    const auto oneOf = [count](std::initializer_list<int> sizes) {
        return std::find(sizes.begin(), sizes.end(), count) != sizes.end() ? count : 0;
    };
    switch (dtype[1].unicode()) {
    case u'b':
        return oneOf({1});
    case u'i':
    case u'u':
        return oneOf({1, 2, 4, 8});
    case u'f':
        return oneOf({2, 4, 8});
    case u'c':
        return oneOf({8, 16});
    case u'U':
        return qsizetype(count) * 4;
    case u'S':
        return count;
    default:
        return 0; // records, dates and objects stay a PyventObject
    }
}

bool PyventArray::isValid() const
{
    const qsizetype item = itemSize();
    if (item <= 0)
        return false;
    if (std::any_of(m_shape.begin(), m_shape.end(), [](qsizetype size) { return size < 0; }))
        return false;
    if (m_shape.contains(0))
        return m_data.isEmpty();
    qsizetype expected = item;
    for (const qsizetype size : m_shape) {
        if (expected > m_data.size() / size)
            return false;
        expected *= size;
    }
    return expected == m_data.size();
}

QVariant PyventArray::at(qsizetype index) const
{
    const qsizetype item = itemSize();
    if (index < 0 || index >= size())
        return {};
    const char *data = m_data.constData() + index * item;
    const bool bigEndian = m_dtype[0] == u'>';
    switch (m_dtype[1].unicode()) {
    case u'b':
        return *data != 0;
    case u'i':
    case u'u':
        return wholeNumber(data, item, bigEndian, m_dtype[1] == u'i');
    case u'f':
        return realNumber(data, item, bigEndian);
    case u'c': {
        const qsizetype half = item / 2;
        return complexNumber(realNumber(data, half, bigEndian).toDouble(),
                             realNumber(data + half, half, bigEndian).toDouble());
    }
    case u'U':
        return textElement(data, item, bigEndian);
    case u'S':
        return bytesElement(data, item);
    default:
        return {};
    }
}

QVariantList PyventArray::toList(bool *ok) const
{
    // Half a dozen levels are many; the bound keeps an array of 64 empty dimensions from being a deep
    // recursion.
    const bool valid = isValid() && !m_shape.isEmpty();
    if (ok)
        *ok = valid;
    if (!valid || m_data.isEmpty())
        return {};
    QList<qsizetype> strides(m_shape.size(), 1);
    if (m_order == ColumnMajor) {
        for (qsizetype i = 1; i < m_shape.size(); ++i)
            strides[i] = strides[i - 1] * m_shape[i - 1];
    } else {
        for (qsizetype i = m_shape.size() - 1; i > 0; --i)
            strides[i - 1] = strides[i] * m_shape[i];
    }
    const auto level = [&](const auto &self, qsizetype dimension, qsizetype offset) -> QVariantList {
        QVariantList list;
        list.reserve(m_shape[dimension]);
        for (qsizetype i = 0; i < m_shape[dimension]; ++i) {
            const qsizetype position = offset + i * strides[dimension];
            if (dimension + 1 == m_shape.size())
                list.append(at(position));
            else
                list.append(QVariant(self(self, dimension + 1, position)));
        }
        return list;
    };
    return level(level, 0, 0);
}

double PyventArray::toDouble(bool *ok) const
{
    const bool valid = isValid() && size() == 1 && m_shape.isEmpty();
    if (!valid && ok)
        *ok = false;
    return valid ? at(0).toDouble(ok) : 0;
}

qlonglong PyventArray::toLongLong(bool *ok) const
{
    const bool valid = isValid() && size() == 1 && m_shape.isEmpty();
    if (!valid && ok)
        *ok = false;
    return valid ? at(0).toLongLong(ok) : 0;
}

int PyventArray::toInt(bool *ok) const
{
    bool valid = false;
    const qlonglong value = toLongLong(&valid);
    valid = valid && value == int(value);
    if (ok)
        *ok = valid;
    return valid ? int(value) : 0;
}

bool PyventArray::toBool(bool *ok) const
{
    const bool valid = isValid() && size() == 1 && m_shape.isEmpty();
    if (ok)
        *ok = valid;
    return valid && at(0).toBool();
}

QString PyventArray::toText(bool *ok) const
{
    const bool valid = isValid() && m_shape.isEmpty() && m_dtype[1] != u'c';
    if (ok)
        *ok = valid;
    return valid ? at(0).toString() : QString();
}

QString PyventArray::toString() const
{
    constexpr qsizetype mostShown = 1000; // numpy's own threshold
    if (!isValid())
        return u"<invalid array>"_s;
    if (m_scalar)
        return u"numpy.%1(%2)"_s.arg(pythonType(), pythonRepr(at(0)));
    QString text;
    if (size() > mostShown)
        text = u"..."_s;
    else
        text = m_shape.isEmpty() ? pythonRepr(at(0)) : pythonRepr(QVariant(toList()));
    QStringList sizes;
    for (const qsizetype extent : m_shape)
        sizes += QString::number(extent);
    if (m_shape.size() > 1 || size() > mostShown || size() == 0)
        text += u", shape=(%1%2)"_s.arg(sizes.join(", "_L1), sizes.size() == 1 ? ","_L1 : ""_L1);
    return u"array(%1, dtype='%2')"_s.arg(text, m_dtype);
}

QString PyventArray::pythonType() const
{
    if (!m_scalar)
        return u"ndarray"_s;
    const qsizetype bits = itemSize() * 8;
    switch (m_dtype.size() > 1 ? m_dtype[1].unicode() : u' ') {
    case u'b':
        return u"bool_"_s;
    case u'i':
        return u"int%1"_s.arg(bits);
    case u'u':
        return u"uint%1"_s.arg(bits);
    case u'f':
        return u"float%1"_s.arg(bits);
    case u'c':
        return u"complex%1"_s.arg(bits);
    case u'U':
        return u"str_"_s;
    default:
        return u"bytes_"_s;
    }
}

bool operator==(const PyventArray &left, const PyventArray &right)
{
    return left.m_dtype == right.m_dtype && left.m_shape == right.m_shape && left.m_order == right.m_order
        && left.m_scalar == right.m_scalar && left.m_data == right.m_data;
}

QDebug operator<<(QDebug debug, const PyventArray &value)
{
    const QDebugStateSaver saver(debug);
    return debug.noquote() << value.toString();
}
