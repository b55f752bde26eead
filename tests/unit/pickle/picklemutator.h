// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_PICKLEMUTATOR_H
#define PYVENT_TESTS_PICKLEMUTATOR_H

#include <QtCore/qbytearraylist.h>
#include <QtCore/qrandom.h>

// Pickles that are nearly right: the opcodes of others, moved, left out, doubled, and with other names and memo indices.
class PickleMutator
{
public:
    explicit PickleMutator(quint32 seed)
        : m_random(seed)
    {
    }

    // The opcodes of \a pickle, each with its argument; as far as they are some.
    static QByteArrayList opcodesOf(const QByteArray &pickle);

    void addSample(const QByteArray &pickle);
    bool hasSamples() const { return !m_samples.isEmpty(); }
    QByteArray make();

private:
    int below(qsizetype end) { return m_random.bounded(int(end)); }
    template <typename T>
    const T &oneOf(const QList<T> &list)
    {
        return list[below(list.size())];
    }
    void mutate(QByteArrayList *opcodes);
    void mutateBytes(QByteArray *pickle);
    QByteArray gameOfNames();
    QByteArray gameOfObjects();
    QByteArray piece();
    QByteArray text(const QByteArray &text);
    QByteArray memo();

    QRandomGenerator m_random;
    QList<QByteArrayList> m_samples;
};

#endif
