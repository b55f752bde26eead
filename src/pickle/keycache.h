// SPDX-License-Identifier: MIT
#ifndef PYVENT_KEYCACHE_H
#define PYVENT_KEYCACHE_H

#include <QtCore/qbytearrayview.h>
#include <QtCore/qstring.h>

#include <array>
#include <cstring>

namespace Pyvent::Internal {

// The argument names seen last. The same few names come with every event; sharing them saves an allocation
// each. Small and of fixed size, so a peer that sends ever new names only makes it useless.
class KeyCache
{
public:
    // The text of \a ascii if it was seen lately; else null.
    const QString *find(QByteArrayView ascii) const
    {
        if (ascii.isEmpty() || ascii.size() > maximumSize)
            return nullptr;
        const Entry &entry = m_entries[slot(ascii)];
        if (entry.size != ascii.size() || std::memcmp(entry.bytes, ascii.data(), size_t(ascii.size())) != 0)
            return nullptr;
        return &entry.text;
    }
    void insert(QByteArrayView ascii, const QString &text)
    {
        if (ascii.isEmpty() || ascii.size() > maximumSize)
            return;
        Entry &entry = m_entries[slot(ascii)];
        entry.size = ascii.size();
        std::memcpy(entry.bytes, ascii.data(), size_t(ascii.size()));
        entry.text = text;
    }

private:
    static constexpr qsizetype maximumSize = 24;
    static constexpr size_t slots = 128;

    struct Entry
    {
        QString text;
        qsizetype size = 0;
        char bytes[maximumSize];
    };

    static size_t slot(QByteArrayView ascii)
    {
        const size_t size = size_t(ascii.size());
        const auto byte = [&](size_t index) { return size_t(static_cast<unsigned char>(ascii.data()[index])); };
        return (size * 5 + byte(0) * 31 + byte(size / 2) * 17 + byte(size - 1)) % slots;
    }

    std::array<Entry, slots> m_entries;
};

} // namespace Pyvent::Internal

#endif
