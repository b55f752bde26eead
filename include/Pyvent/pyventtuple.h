// SPDX-License-Identifier: MIT
#ifndef PYVENTTUPLE_H
#define PYVENTTUPLE_H

#include "pyventglobal.h"

#include <QtCore/qvariant.h>

/*!
    A Python tuple. It is not a QVariantList, so that a tuple that arrived is sent on as a tuple.
    Converts through QVariant to QVariantList, QString, and, if all items are text, QStringList.
*/
class PYVENT_EXPORT PyventTuple
{
public:
    PyventTuple() = default;
    explicit PyventTuple(QVariantList items)
        : m_items(std::move(items))
    {
    }

    QVariantList items() const { return m_items; }
    qsizetype size() const { return m_items.size(); }
    const QVariant &at(qsizetype index) const { return m_items.at(index); }

    QVariantList toList() const { return m_items; }
    /*! The items if all of them are text; otherwise \a ok is false, and the list empty. */
    QStringList toStringList(bool *ok = nullptr) const;
    /*! As Python's repr(): "(1, 'a')". */
    QString toString() const;
    static QString pythonType() { return QStringLiteral("tuple"); }

    friend bool operator==(const PyventTuple &left, const PyventTuple &right) { return left.m_items == right.m_items; }
    friend bool operator!=(const PyventTuple &left, const PyventTuple &right) { return !(left == right); }

private:
    QVariantList m_items;
};

PYVENT_EXPORT QDebug operator<<(QDebug debug, const PyventTuple &value);

Q_DECLARE_TYPEINFO(PyventTuple, Q_RELOCATABLE_TYPE);
Q_DECLARE_METATYPE(PyventTuple)

#endif
