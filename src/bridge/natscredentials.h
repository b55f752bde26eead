// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_NATSCREDENTIALS_H
#define PYVENT_BRIDGE_NATSCREDENTIALS_H

#include <QtCore/qbytearray.h>
#include <QtCore/qstring.h>

#include <optional>

// What NATS calls an nkey: an Ed25519 key as text, of which the secret one is the seed, "SU…", and the public one "U…".

namespace Pyvent::Bridge {

// The public key to \a seed, a user's; empty if that is no seed.
QByteArray publicNkey(QByteArrayView seed);

// The seed in \a text, the content of a file that has nothing else, but comments; empty if there is none.
QByteArray seedIn(QByteArrayView text);

// What a file of credentials has, as "nsc" makes them: a token (JWT) that says who one is, and the seed that proves it.
struct NatsCredentials
{
    QByteArray token;
    QByteArray seed;
};
std::optional<NatsCredentials> credentialsIn(QByteArrayView text);

} // namespace Pyvent::Bridge

#endif
