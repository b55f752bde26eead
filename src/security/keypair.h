// SPDX-License-Identifier: MIT
#ifndef PYVENT_SECURITY_KEYPAIR_H
#define PYVENT_SECURITY_KEYPAIR_H

#include <QtCore/qbytearrayview.h>

#include <array>
#include <optional>

namespace Pyvent::Internal {

// libsodium's functions are ready. Throws std::system_error where the system gives no random numbers.
void prepareCrypto();

// 32 bytes that are wiped when they go.
class Secret
{
public:
    Secret() = default;
    Secret(const Secret &) = default;
    Secret &operator=(const Secret &) = default;
    ~Secret() { wipe(); }

    void wipe();

    unsigned char *data() { return m_bytes.data(); }
    const unsigned char *data() const { return m_bytes.data(); }
    QByteArrayView view() const { return {reinterpret_cast<const char *>(m_bytes.data()), qsizetype(m_bytes.size())}; }

    static constexpr qsizetype size = 32;

private:
    std::array<unsigned char, size> m_bytes{};
};

// A public key and the secret one that belongs to it (Curve25519).
class KeyPair
{
public:
    // A new one.
    static KeyPair make();

    // Nothing if that is no secret key.
    static std::optional<KeyPair> ofSecret(QByteArrayView secret);

    QByteArrayView publicKey() const
    {
        return {reinterpret_cast<const char *>(m_public.data()), qsizetype(m_public.size())};
    }
    const Secret &secretKey() const { return m_secret; }

    void wipe() { m_secret.wipe(); }

private:
    KeyPair() = default;

    std::array<unsigned char, Secret::size> m_public{};
    Secret m_secret;
};

// What the holder of \a secret shares with the one of \a publicKey, for boxes between the two. Nothing if that is no public key.
std::optional<Secret> sharedSecret(QByteArrayView publicKey, const Secret &secret);

} // namespace Pyvent::Internal

#endif
