// SPDX-License-Identifier: MIT
#include "pickleallowlist.h"

namespace Pyvent::Internal {

PickleAllowList::PickleAllowList(const QByteArrayList &names)
{
    qsizetype count;
    const PickleStandardName *standard = pickleStandardNames(&count);
    const QByteArrayList known = standardNames();
    m_buckets.fill(-1, 512);
    for (const QByteArray &name : names) {
        const qsizetype dot = name.lastIndexOf('.');
        if (dot <= 0 || dot + 1 == name.size() || m_entries.size() == most)
            continue;
        PickleAllowed entry{.module = name.first(dot), .name = name.sliced(dot + 1)};
        if (find(entry.module, entry.name) >= 0)
            continue;
        const qsizetype index = known.indexOf(name);
        if (index >= 0) {
            entry.call = standard[index].call;
            entry.abilities = standard[index].abilities;
        }
        qint16 &bucket = m_buckets[hash(entry.module, entry.name) % quint32(m_buckets.size())];
        m_next.append(bucket);
        bucket = qint16(m_entries.size());
        m_entries.append(entry);
    }
}

QByteArrayList PickleAllowList::standardNames()
{
    qsizetype count;
    const PickleStandardName *standard = pickleStandardNames(&count);
    QByteArrayList names;
    for (qsizetype i = 0; i < count; ++i)
        names.append(QByteArray(standard[i].module) + '.' + standard[i].name);
    return names;
}

int PickleAllowList::find(QByteArrayView module, QByteArrayView name) const
{
    int index = m_buckets[hash(module, name) % quint32(m_buckets.size())];
    while (index >= 0 && (m_entries[index].name != name || m_entries[index].module != module))
        index = m_next[index];
    return index;
}

// Of the ends, where names differ most; the whole of a name may be as long as the pickle.
quint32 PickleAllowList::hash(QByteArrayView module, QByteArrayView name)
{
    quint32 value = quint32(module.size() * 31 + name.size());
    for (const QByteArrayView part : {module, name}) {
        for (const char byte : part.last(qMin<qsizetype>(part.size(), 8)))
            value = value * 33 + uchar(byte);
    }
    return value;
}

} // namespace Pyvent::Internal
