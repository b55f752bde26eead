// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_STRINGPOOL_H
#define PYVENT_INSPECTOR_STRINGPOOL_H

#include <QtCore/qhash.h>
#include <QtCore/qlist.h>
#include <QtCore/qstring.h>

namespace Pyvent::Inspector {

// Texts that come again and again, each kept once under a number, for as long as it is in use.
class StringPool
{
public:
    // The number of \a text, which is in use once more.
    quint32 add(const QString &text);
    void release(quint32 id);

    const QString &at(quint32 id) const { return m_slots.at(id).text; }

    // One more than the largest number so far.
    quint32 end() const { return quint32(m_slots.size()); }

    // Changes when a number gets a new meaning.
    int generation() const { return m_generation; }

private:
    struct Slot
    {
        QString text;
        qsizetype uses = 0;
    };
    QList<Slot> m_slots;
    QList<quint32> m_free;
    QHash<QString, quint32> m_ids;
    int m_generation = 0;
};

} // namespace Pyvent::Inspector

#endif
