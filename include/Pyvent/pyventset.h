// SPDX-License-Identifier: MIT
#ifndef PYVENTSET_H
#define PYVENTSET_H

#include "pyventglobal.h"

#include <QtCore/qvariant.h>

/*!
    A Python set or frozenset. The items keep the order in which they arrived; \c == ignores it.
    Nothing removes duplicates: Python sends none, and drops them when it reads a set.
    Converts through QVariant to QVariantList, QString, and, if all items are text, QStringList.
*/
class PYVENT_EXPORT PyventSet
{
public:
    enum Kind { Set, FrozenSet };

    PyventSet() = default;
    explicit PyventSet(QVariantList items, Kind kind = Set)
        : m_items(std::move(items))
        , m_kind(kind)
    {
    }

    QVariantList items() const { return m_items; }
    qsizetype size() const { return m_items.size(); }
    bool isFrozen() const { return m_kind == FrozenSet; }
    bool contains(const QVariant &value) const { return m_items.contains(value); }

    QVariantList toList() const { return m_items; }
    /*! The items if all of them are text; otherwise \a ok is false, and the list empty. */
    QStringList toStringList(bool *ok = nullptr) const;
    /*! As Python's repr(): "{1, 2}", "set()", "frozenset({1})". */
    QString toString() const;
    QString pythonType() const { return isFrozen() ? QStringLiteral("frozenset") : QStringLiteral("set"); }

    friend PYVENT_EXPORT bool operator==(const PyventSet &left, const PyventSet &right);
    friend bool operator!=(const PyventSet &left, const PyventSet &right) { return !(left == right); }

private:
    QVariantList m_items;
    Kind m_kind = Set;
};

PYVENT_EXPORT QDebug operator<<(QDebug debug, const PyventSet &value);

Q_DECLARE_TYPEINFO(PyventSet, Q_RELOCATABLE_TYPE);
Q_DECLARE_METATYPE(PyventSet)

#endif
