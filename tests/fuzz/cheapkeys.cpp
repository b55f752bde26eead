// SPDX-License-Identifier: MIT
// Takes the place of libsodium's X25519 in a fuzz target: nine tenths of its time would go there, and what is to be found is in the handshake around
// it. A public key is as easily known from a secret one as the other way round, so this keeps nothing secret; two still agree on a key, and nobody else has
// it by chance. All that is sealed with it is sealed and opened by libsodium, as ever.
#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace {

using Key = std::array<unsigned char, crypto_box_PUBLICKEYBYTES>;
static_assert(crypto_box_SECRETKEYBYTES == crypto_box_PUBLICKEYBYTES);

Key publicOf(const unsigned char *secret)
{
    Key key;
    std::transform(secret, secret + key.size(), key.begin(), [](unsigned char byte) { return byte ^ 0x5a; });
    return key;
}

} // namespace

extern "C" {

int crypto_scalarmult_base(unsigned char *q, const unsigned char *n)
{
    const Key key = publicOf(n);
    std::memcpy(q, key.data(), key.size());
    return 0;
}

int crypto_box_keypair(unsigned char *pk, unsigned char *sk)
{
    randombytes_buf(sk, crypto_box_SECRETKEYBYTES);
    return crypto_scalarmult_base(pk, sk);
}

// Refuses a key of zeros, as the other one refuses those with which any secret gives the same.
int crypto_box_beforenm(unsigned char *k, const unsigned char *pk, const unsigned char *sk)
{
    Key own = publicOf(sk);
    Key other;
    std::memcpy(other.data(), pk, other.size());
    if (sodium_is_zero(pk, other.size()))
        return -1;
    if (other < own)
        std::swap(own, other);
    std::array<unsigned char, 2 * crypto_box_PUBLICKEYBYTES> both;
    std::copy(own.begin(), own.end(), both.begin());
    std::copy(other.begin(), other.end(), both.begin() + own.size());
    return crypto_generichash(k, crypto_box_BEFORENMBYTES, both.data(), both.size(), nullptr, 0);
}

int crypto_box_easy(unsigned char *c, const unsigned char *m, unsigned long long mlen, const unsigned char *n,
                    const unsigned char *pk, const unsigned char *sk)
{
    Key key;
    return crypto_box_beforenm(key.data(), pk, sk) != 0 ? -1 : crypto_box_easy_afternm(c, m, mlen, n, key.data());
}

int crypto_box_open_easy(unsigned char *m, const unsigned char *c, unsigned long long clen, const unsigned char *n,
                         const unsigned char *pk, const unsigned char *sk)
{
    Key key;
    return crypto_box_beforenm(key.data(), pk, sk) != 0 ? -1 : crypto_box_open_easy_afternm(m, c, clen, n, key.data());
}
}
