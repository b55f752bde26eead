// SPDX-License-Identifier: MIT
#ifndef PYVENT_TEXTCACHE_H
#define PYVENT_TEXTCACHE_H

#include "pickletext.h"

#include <QtCore/qendian.h>

#include <array>

namespace Pyvent::Internal {

// Short texts that were read lately. The same few come with every event: names of arguments, units, states. Sharing them
// saves an allocation each. Of fixed size, so a peer that sends ever new texts only makes it useless.
class TextCache
{
public:
    // As decodeUtf8().
    bool decode(QByteArrayView utf8, QString *text)
    {
        if (utf8.size() > longest || utf8.isEmpty())
            return decodeUtf8(utf8, text);
        const Content content(utf8);
        const quint64 hash = content.hash();
        Entry &entry = m_entries[hash % slots];
        if (entry.content == content) {
            entry.rival = 0;
            *text = entry.text;
            return true;
        }
        if (!decodeUtf8(utf8, text))
            return false;
        // Who comes twice while the other does not come takes its place: texts that never come again cost no more than this.
        if (entry.rival == hash || entry.content.size == 0) {
            entry.content = content;
            entry.text = *text;
        }
        entry.rival = hash;
        return true;
    }

private:
    static constexpr qsizetype longest = 24;
    static constexpr size_t slots = 128;

    // All bytes of a short text, as words that may overlap: compared faster than bytes whose number is not known.
    struct Content
    {
        Content() = default;
        explicit Content(QByteArrayView bytes)
            : size(bytes.size())
        {
            const char *begin = bytes.data();
            const char *end = begin + size;
            if (size >= 8) {
                words[0] = qFromUnaligned<quint64>(begin);
                words[1] = qFromUnaligned<quint64>(end - 8);
                if (size > 16)
                    words[2] = qFromUnaligned<quint64>(begin + 8);
            } else if (size >= 4) {
                words[0] = qFromUnaligned<quint32>(begin);
                words[1] = qFromUnaligned<quint32>(end - 4);
            } else if (size > 0) {
                words[0] = uchar(*begin);
                words[1] = uchar(begin[size / 2]);
                words[2] = uchar(end[-1]);
            }
        }
        bool operator==(const Content &) const = default;
        // Its lower bits depend on all bytes.
        quint64 hash() const
        {
            const quint64 mixed = (words[0] * Q_UINT64_C(0x9e3779b97f4a7c15))
                ^ (words[1] * Q_UINT64_C(0xc2b2ae3d27d4eb4f))
                ^ ((words[2] + quint64(size)) * Q_UINT64_C(0x165667b19e3779f9));
            return mixed ^ mixed >> 32 ^ mixed >> 57;
        }

        std::array<quint64, 3> words = {};
        qsizetype size = 0;
    };

    struct Entry
    {
        Content content;
        QString text;
        quint64 rival = 0; // the hash of who came last and is not here
    };

    std::array<Entry, slots> m_entries;
};

} // namespace Pyvent::Internal

#endif
