// SPDX-License-Identifier: MIT
#ifndef PYVENT_VALUESLOT_H
#define PYVENT_VALUESLOT_H

#include <QtCore/qvariant.h>

#include <map>
#include <tuple>

namespace Pyvent::Internal {

// Makes \a value, which is invalid, a QVariant of \a content in its place. Assigning would make it elsewhere, swap and
// destroy, which takes as long again.
template <typename T>
void setValue(QVariant *value, const T &content)
{
    new (value) QVariant(content);
}

// What is in \a value, which has just been set: QVariant::data() would look whether it is shared.
template <typename T>
T *contentOf(QVariant *value)
{
    return const_cast<T *>(static_cast<const T *>(value->constData()));
}

// The content of \a value, which becomes one of this type if it is of another or invalid.
template <typename T>
T *contentAs(QVariant *value)
{
    if (value->metaType() != QMetaType::fromType<T>()) {
        value->~QVariant();
        setValue(value, T());
    }
    return contentOf<T>(value);
}

// The invalid value of \a key. A key that comes twice counts last, as in Python. Most senders sort them, which makes the
// place after the last entry the right one at the first comparison.
inline QVariant *valueSlot(std::map<QString, QVariant> *entries, QString &&key)
{
    const size_t before = entries->size();
    QVariant *value = &entries
                           ->emplace_hint(entries->end(), std::piecewise_construct,
                                          std::forward_as_tuple(std::move(key)), std::tuple<>())
                           ->second;
    if (Q_UNLIKELY(entries->size() == before))
        value->clear();
    return value;
}

} // namespace Pyvent::Internal

#endif
