// SPDX-License-Identifier: MIT
#ifndef PYVENTDICT_H
#define PYVENTDICT_H

#include "pyventglobal.h"

#include <QtCore/qvariant.h>

#include <utility>

/*!
    A Python dict in which not every key is a str (a dict with str keys only arrives as QVariantMap). The
   pairs keep Python's order; \c == ignores it, as Python does. Converts through QVariant to QVariantMap,
   whose keys are then the str keys as they are and Python's repr() of the others.
*/
class PYVENT_EXPORT PyventDict
{
public:
    using Pair = std::pair<QVariant, QVariant>;

    PyventDict() = default;
    explicit PyventDict(QList<Pair> pairs)
        : m_pairs(std::move(pairs))
    {
    }

    QList<Pair> pairs() const { return m_pairs; }
    qsizetype size() const { return m_pairs.size(); }
    /*! The value of \a key, or \a fallback; the last one if the key is there twice. Takes time in proportion to the
     * size. */
    QVariant value(const QVariant &key, const QVariant &fallback = {}) const;

    QVariantMap toMap() const;
    /*! As Python's repr(): "{1: 'one'}". */
    QString toString() const;
    static QString pythonType() { return QStringLiteral("dict"); }

    friend PYVENT_EXPORT bool operator==(const PyventDict &left, const PyventDict &right);
    friend bool operator!=(const PyventDict &left, const PyventDict &right) { return !(left == right); }

private:
    QList<Pair> m_pairs;
};

PYVENT_EXPORT QDebug operator<<(QDebug debug, const PyventDict &value);

Q_DECLARE_TYPEINFO(PyventDict, Q_RELOCATABLE_TYPE);
Q_DECLARE_METATYPE(PyventDict)

#endif
