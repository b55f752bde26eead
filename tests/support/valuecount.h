// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_VALUECOUNT_H
#define PYVENT_TESTS_VALUECOUNT_H

#include <PyventDict>
#include <PyventObject>
#include <PyventSet>
#include <PyventTuple>

#include <QtCore/qvariant.h>

namespace PyventTests {

inline qsizetype countValues(const QVariant &value);

inline qsizetype countValues(const QVariantList &list)
{
    qsizetype count = 1;
    for (const QVariant &item : list)
        count += countValues(item);
    return count;
}

inline qsizetype countValues(const PyventDict &dict)
{
    qsizetype count = 1;
    const QList<PyventDict::Pair> pairs = dict.pairs();
    for (const auto &[key, item] : pairs)
        count += countValues(key) + countValues(item);
    return count;
}

// All values that one meets who goes through \a value.
inline qsizetype countValues(const QVariant &value)
{
    if (value.metaType() == QMetaType::fromType<QVariantList>())
        return countValues(value.toList());
    if (value.metaType() == QMetaType::fromType<QVariantMap>())
        return countValues(QVariantList(value.toMap().values()));
    if (value.metaType() == QMetaType::fromType<PyventTuple>())
        return countValues(value.value<PyventTuple>().items());
    if (value.metaType() == QMetaType::fromType<PyventSet>())
        return countValues(value.value<PyventSet>().items());
    if (value.metaType() == QMetaType::fromType<PyventDict>())
        return countValues(value.value<PyventDict>());
    if (value.metaType() == QMetaType::fromType<PyventObject>()) {
        const auto object = value.value<PyventObject>();
        return countValues(object.arguments()) + countValues(object.state()) + countValues(object.listItems())
            + countValues(object.dictItems());
    }
    return 1;
}

} // namespace PyventTests

#endif
