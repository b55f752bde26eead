// SPDX-License-Identifier: MIT
#include "wire/z85.h"

#include <QtCore/qendian.h>

#include <limits>

namespace Pyvent::Internal {

namespace {

constexpr QByteArrayView
    digits("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#");
constexpr qsizetype bytesOfGroup = 4;
constexpr qsizetype digitsOfGroup = 5;
constexpr quint32 base = 85;

} // namespace

QByteArray toZ85(QByteArrayView bytes)
{
    QByteArray text(bytes.size() / bytesOfGroup * digitsOfGroup, Qt::Uninitialized);
    char *to = text.data();
    for (; bytes.size() >= bytesOfGroup; bytes = bytes.sliced(bytesOfGroup), to += digitsOfGroup) {
        auto value = qFromBigEndian<quint32>(bytes.data());
        for (qsizetype i = digitsOfGroup - 1; i >= 0; --i, value /= base)
            to[i] = digits[qsizetype(value % base)];
    }
    return text;
}

QByteArray fromZ85(QByteArrayView text)
{
    if (text.size() % digitsOfGroup != 0)
        return {};
    QByteArray bytes(text.size() / digitsOfGroup * bytesOfGroup, Qt::Uninitialized);
    char *to = bytes.data();
    for (; !text.isEmpty(); text = text.sliced(digitsOfGroup), to += bytesOfGroup) {
        quint64 value = 0;
        for (const char c : text.first(digitsOfGroup)) {
            const qsizetype digit = digits.indexOf(c);
            if (digit < 0)
                return {};
            value = value * base + quint64(digit);
        }
        if (value > std::numeric_limits<quint32>::max())
            return {};
        qToBigEndian(quint32(value), to);
    }
    return bytes;
}

} // namespace Pyvent::Internal
