// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_RANDOMVALUE_H
#define PYVENT_TESTS_RANDOMVALUE_H

#include <QtCore/qrandom.h>
#include <QtCore/qvariant.h>

// Random values as the reader builds them: what is written of them, and read, is the same.
class RandomValue
{
public:
    enum Arrays { WithoutArrays, WithArrays };

    RandomValue(quint32 seed, Arrays arrays)
        : m_random(seed)
        , m_arrays(arrays)
    {
    }

    QVariant value(int depth);
    QVariantMap map(int depth);

private:
    template <typename T>
    T pick(std::initializer_list<T> choices)
    {
        return choices.begin()[m_random.bounded(quint32(choices.size()))];
    }
    int below(int end) { return m_random.bounded(end); }

    QString text();
    QByteArray bytes();
    QVariantList items(int depth);
    QVariant key();
    QVariant integer();
    QVariant leaf();
    QVariant time();
    QVariant zone();
    QVariant array();
    QVariant object(int depth);

    QRandomGenerator m_random;
    const Arrays m_arrays;
};

#endif
