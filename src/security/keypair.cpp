// SPDX-License-Identifier: MIT
#include "security/keypair.h"

#include <cerrno>
#include <cstring>
#include <system_error>

#include <sodium.h>

namespace Pyvent::Internal {

static_assert(Secret::size == crypto_box_SECRETKEYBYTES && Secret::size == crypto_box_PUBLICKEYBYTES
              && Secret::size == crypto_box_BEFORENMBYTES);

void prepareCrypto()
{
    static const bool isPrepared = ::sodium_init() >= 0;
    if (!isPrepared)
        throw std::system_error(EIO, std::generic_category(), "libsodium");
}

void Secret::wipe()
{
    ::sodium_memzero(m_bytes.data(), m_bytes.size());
}

KeyPair KeyPair::make()
{
    prepareCrypto();
    KeyPair pair;
    ::crypto_box_keypair(pair.m_public.data(), pair.m_secret.data());
    return pair;
}

std::optional<KeyPair> KeyPair::ofSecret(QByteArrayView secret)
{
    prepareCrypto();
    if (secret.size() != Secret::size)
        return {};
    KeyPair pair;
    std::memcpy(pair.m_secret.data(), secret.data(), Secret::size);
    if (::crypto_scalarmult_base(pair.m_public.data(), pair.m_secret.data()) != 0)
        return {};
    return pair;
}

std::optional<Secret> sharedSecret(QByteArrayView publicKey, const Secret &secret)
{
    Secret shared;
    if (publicKey.size() != Secret::size
        || ::crypto_box_beforenm(shared.data(), reinterpret_cast<const unsigned char *>(publicKey.data()),
                                 secret.data())
            != 0)
        return {};
    return shared;
}

} // namespace Pyvent::Internal
