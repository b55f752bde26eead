// SPDX-License-Identifier: MIT
#include "natscredentials.h"

#include <QtCore/qlist.h>

#include <sodium.h>

#include <array>

namespace Pyvent::Bridge {

namespace {

// The first bits of a key say what it is (nkeys' README): a seed, and a user's.
constexpr quint8 seedPrefix = 18 << 3;
constexpr quint8 userPrefix = 20 << 3;

constexpr qsizetype seedSize = crypto_sign_SEEDBYTES;
constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"; // RFC 4648, base 32

quint16 crc16(QByteArrayView bytes)
{
    quint32 crc = 0;
    for (const char byte : bytes) {
        crc ^= quint32(quint8(byte)) << 8;
        for (int bit = 0; bit < 8; ++bit)
            crc = crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1;
    }
    return quint16(crc);
}

QByteArray toBase32(QByteArrayView bytes)
{
    QByteArray text;
    quint32 bits = 0;
    int count = 0;
    for (const char byte : bytes) {
        bits = bits << 8 | quint8(byte);
        for (count += 8; count >= 5; count -= 5)
            text += letters[bits >> (count - 5) & 31];
    }
    if (count > 0)
        text += letters[bits << (5 - count) & 31];
    return text;
}

QByteArray fromBase32(QByteArrayView text)
{
    QByteArray bytes;
    quint32 bits = 0;
    int count = 0;
    for (const char c : text) {
        const qsizetype value = c ? QByteArrayView(letters, 32).indexOf(c) : -1;
        if (value < 0)
            return {};
        bits = bits << 5 | quint32(value);
        count += 5;
        if (count >= 8) {
            count -= 8;
            bytes += char(bits >> count & 0xff);
        }
    }
    return bytes;
}

// Between the line that has \a begin and the next one of dashes.
QByteArray blockIn(QByteArrayView text, QByteArrayView begin)
{
    qsizetype start = text.indexOf(begin);
    if (start < 0)
        return {};
    start = text.indexOf('\n', start);
    const qsizetype end = start < 0 ? -1 : text.indexOf(QByteArrayView("---"), start);
    return end < 0 ? QByteArray() : text.sliced(start, end - start).toByteArray().trimmed();
}

} // namespace

QByteArray publicNkey(QByteArrayView seed)
{
    QByteArray raw = fromBase32(seed);
    const bool isSeed = raw.size() == 2 + seedSize + 2 && (quint8(raw[0]) & 0xf8) == seedPrefix
        && quint8((quint8(raw[0]) & 7) << 5 | quint8(raw[1]) >> 3) == userPrefix;
    QByteArray key;
    if (isSeed) {
        const quint16 crc = crc16(QByteArrayView(raw).chopped(2));
        const auto found = quint16(quint8(raw[raw.size() - 2]) | quint8(raw[raw.size() - 1]) << 8);
        std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> publicKey{};
        std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secretKey{};
        if (crc == found && sodium_init() >= 0
            && crypto_sign_seed_keypair(publicKey.data(), secretKey.data(),
                                        reinterpret_cast<const unsigned char *>(raw.constData()) + 2)
                == 0) {
            key += char(userPrefix);
            key.append(reinterpret_cast<const char *>(publicKey.data()), qsizetype(publicKey.size()));
            const quint16 check = crc16(key);
            key += char(check & 0xff);
            key += char(check >> 8);
        }
        sodium_memzero(secretKey.data(), secretKey.size());
    }
    sodium_memzero(raw.data(), std::size_t(raw.size()));
    return key.isEmpty() ? QByteArray() : toBase32(key);
}

QByteArray seedIn(QByteArrayView text)
{
    if (const QByteArray block = blockIn(text, "-BEGIN USER NKEY SEED-"); !block.isEmpty())
        return block;
    const QList<QByteArray> lines = text.toByteArray().split('\n');
    QByteArray seed;
    for (const QByteArray &line : lines) {
        const QByteArray trimmed = line.trimmed();
        if (trimmed.isEmpty() || trimmed.startsWith('#'))
            continue;
        if (!seed.isEmpty())
            return {};
        seed = trimmed;
    }
    return seed;
}

std::optional<NatsCredentials> credentialsIn(QByteArrayView text)
{
    NatsCredentials credentials{blockIn(text, "-BEGIN NATS USER JWT-"), blockIn(text, "-BEGIN USER NKEY SEED-")};
    if (credentials.token.isEmpty() || credentials.seed.isEmpty())
        return std::nullopt;
    return credentials;
}

} // namespace Pyvent::Bridge
