// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_KEPTENTRY_H
#define PYVENT_BRIDGE_KEPTENTRY_H

#include "envelope.h"
#include "message.h"

#include <compare>
#include <optional>

// The newest event of a name, as a key-value bucket has it: FORMAT.md, "The bucket".

namespace Pyvent::Bridge {

// Which event of a name it is. Of two, the greater one is the newest: by its stamp, where it writes a shared value, and else by its time. A name that was
// written as a value stays one.
struct KeptVersion
{
    quint64 stamp = 0;
    qint64 time = 0; // µs since 1970; of a value, 0
    QUuid node;
    quint64 number = 0; // of a value, 0

    explicit operator bool() const { return stamp > 0 || !node.isNull(); }
    friend bool operator==(const KeptVersion &, const KeptVersion &) = default;
    friend std::strong_ordering operator<=>(const KeptVersion &a, const KeptVersion &b);
};

struct Kept
{
    Message message;       // of a value, its node may be no node's, and has no number
    qsizetype leftOut = 0; // so many bytes its arguments have, which are too many to be kept

    KeptVersion version() const;
    qsizetype size() const { return message.size(); }
    friend bool operator==(const Kept &, const Kept &) = default;
};

// Whether it may be what it says at \a time, in µs since 1970: what is far ahead of that would hold for ever.
bool isPlausible(const Kept &kept, qint64 time);

// The name of the bucket that buses with \a prefix share. No two prefixes have the same.
QByteArray bucketOf(const QString &prefix);

// The key of an event's name. It is the name itself as far as a key may have its characters; others are =XX, and '=' is one of them. A name that would be
// too long is "==" and its SHA-256.
QByteArray keyOf(QStringView name);

// The name of such a key. Nothing where it is none, or hides its name.
std::optional<QString> nameOfKey(QByteArrayView key);

// The address of the envelope is the key.
Envelope sealKept(const Kept &kept);
std::optional<Kept> unsealKept(const Envelope &envelope, QString *why);

} // namespace Pyvent::Bridge

#endif
