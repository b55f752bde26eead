// SPDX-License-Identifier: MIT
#include "randomvalue.h"

#include <PyventArray>
#include <PyventDateTime>
#include <PyventDict>
#include <PyventInteger>
#include <PyventObject>
#include <PyventSet>
#include <PyventTimeDelta>
#include <PyventTuple>

#include <QtCore/quuid.h>

#include <limits>

using namespace Qt::StringLiterals;

QString RandomValue::text()
{
    static const QString alphabets[] = {u"abc xyz'\"\\\n\t"_s, u"äöß€"_s, u"すし日本"_s, u"😀🍣"_s};
    const QString &alphabet = alphabets[below(4)];
    const int size = pick({0, 1, 2, 7, 84, 86, 128, 255, 256, 400});
    QString text;
    for (int i = 0; i < size; ++i)
        text += alphabet[below(int(alphabet.size()))]; // halves of surrogate pairs too
    return text.isNull() ? u""_s : text;
}

QByteArray RandomValue::bytes()
{
    QByteArray bytes(pick({0, 1, 5, 255, 256, 1000}), '\0');
    for (char &byte : bytes)
        byte = char(below(256));
    return bytes;
}

QVariantList RandomValue::items(int depth)
{
    QVariantList list;
    for (int i = pick({0, 1, 2, 3, 4, 9}); i > 0; --i)
        list.append(value(depth - 1));
    return list;
}

QVariant RandomValue::integer()
{
    const int bits = below(65);
    const quint64 number = bits == 0 ? 0 : m_random.generate64() >> (64 - bits);
    if (number > quint64(std::numeric_limits<qint64>::max()))
        return qulonglong(number);
    return pick({qlonglong(number), -qlonglong(number)});
}

QVariant RandomValue::zone()
{
    switch (below(4)) {
    case 0:
        return QVariant::fromValue(PyventTimeDelta(0, below(2 * 86399) - 86399, 0));
    case 1:
        return QVariant::fromValue(PyventTimeDelta());
    case 2:
        return QVariant::fromValue(PyventObject::call(PyventObject(u"zoneinfo"_s, u"ZoneInfo._unpickle"_s),
                                                      {u"Europe/Berlin"_s, qlonglong(1)}));
    default:
        return QVariant();
    }
}

QVariant RandomValue::time()
{
    PyventTime time(std::chrono::microseconds(m_random.bounded(Q_INT64_C(86'400'000'000))));
    time.setTimeZone(zone());
    if (below(2) == 0)
        return QVariant::fromValue(time);
    return QVariant::fromValue(PyventDateTime(QDate(1 + below(9999), 1 + below(12), 1 + below(28)), time));
}

QVariant RandomValue::array()
{
    const std::vector<double> numbers{1.5, -0.0, std::numeric_limits<double>::infinity(), 4};
    switch (below(4)) {
    case 0:
        return QVariant::fromValue(PyventArray::fromSpan(std::span<const double>(numbers)));
    case 1:
        return QVariant::fromValue(PyventArray(u"<i2"_s, {2, 3}, QByteArray(12, 'x'), PyventArray::ColumnMajor));
    case 2:
        return QVariant::fromValue(PyventArray::scalar(u"<f8"_s, QByteArray(8, '\1')));
    default:
        return QVariant::fromValue(PyventArray(u"|u1"_s, {0}, QByteArray()));
    }
}

QVariant RandomValue::object(int depth)
{
    const auto named = [](const QString &module, const QString &name) { return PyventObject(module, name); };
    switch (below(8)) {
    case 0:
        return QVariant::fromValue(named(u"builtins"_s, u"len"_s));
    case 1:
        return QVariant::fromValue(
            PyventObject::call(named(u"decimal"_s, u"Decimal"_s), {QString::number(below(1000)) + u".25"_s}));
    case 2:
        return QVariant::fromValue(PyventObject::call(named(u"builtins"_s, u"bytearray"_s), {bytes()}));
    case 3:
        return QVariant::fromValue(
            PyventObject::create(named(u"__main__"_s, u"Point"_s), {value(depth - 1), QVariant(items(depth))}));
    case 4: {
        PyventObject deque = PyventObject::call(named(u"collections"_s, u"deque"_s), {});
        deque.setListItems(items(depth));
        return QVariant::fromValue(deque);
    }
    case 5: {
        PyventObject dict = PyventObject::call(named(u"collections"_s, u"OrderedDict"_s), {});
        dict.setDictItems(PyventDict({{key(), value(depth - 1)}}));
        return QVariant::fromValue(dict);
    }
    case 6: {
        PyventObject order = PyventObject::create(named(u"__main__"_s, u"Order"_s));
        order.setState(QVariantMap{{u"food"_s, text()}, {u"count"_s, value(depth - 1)}});
        return QVariant::fromValue(order);
    }
    default: {
        PyventObject order = PyventObject::call(named(u"__main__"_s, u"WithSetter"_s), {});
        order.setState(QVariantMap{{u"value"_s, value(depth - 1)}});
        order.setStateSetter(named(u"__main__"_s, u"set_state"_s));
        return QVariant::fromValue(order);
    }
    }
}

QVariant RandomValue::key()
{
    switch (below(6)) {
    case 0:
        return text();
    case 1:
        return qlonglong(2 + below(1000)); // 0 and 1 are the same keys as False and True
    case 2:
        return bytes();
    case 3:
        return QDate(1 + below(9999), 5, 6);
    case 4:
        return QVariant::fromValue(PyventTuple({text(), qlonglong(below(9))}));
    default:
        return QVariant::fromValue(nullptr);
    }
}

QVariant RandomValue::leaf()
{
    switch (below(12)) {
    case 0:
        return QVariant::fromValue(nullptr);
    case 1:
        return below(2) == 0;
    case 2:
    case 3:
        return integer();
    case 4:
        return pick({0.0, -0.0, 1.5, std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
                     std::numeric_limits<double>::quiet_NaN(), 5e-324, m_random.generateDouble()});
    case 5:
        return bytes();
    case 6:
        return QVariant::fromValue(PyventInteger::fromTwosComplement(bytes() + QByteArray(12, 'x')));
    case 7:
        return QDate(1 + below(9999), 1 + below(12), 1 + below(28));
    case 8:
        return time();
    case 9:
        return QVariant::fromValue(PyventTimeDelta(below(2'000'000) - 1'000'000, below(86'400), below(1'000'000)));
    case 10:
        return QUuid(m_random.generate(), ushort(below(65536)), 3, 4, 5, 6, 7, 8, 9, 10, 11);
    default:
        return text();
    }
}

QVariant RandomValue::value(int depth)
{
    if (depth <= 0)
        return leaf();
    switch (below(12)) {
    case 0:
        return items(depth);
    case 1:
        return map(depth);
    case 2:
        return QVariant::fromValue(PyventTuple(items(depth)));
    case 3: // one item, for Python's order of more is its own
        return QVariant::fromValue(PyventSet({key()}, pick({PyventSet::Set, PyventSet::FrozenSet})));
    case 4:
        return QVariant::fromValue(PyventDict({{qlonglong(below(100)), value(depth - 1)}, {text(), value(depth - 1)}}));
    case 5:
        return m_arrays == WithArrays ? array() : leaf();
    case 6:
        return object(depth);
    default:
        return leaf();
    }
}

QVariantMap RandomValue::map(int depth)
{
    QVariantMap map;
    for (int i = pick({0, 1, 2, 3, 6}); i > 0; --i)
        map.insert(text(), value(depth - 1));
    return map;
}
