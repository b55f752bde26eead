// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_RELAYED_H
#define PYVENT_TESTS_RELAYED_H

#include "require.h"
#include "server/peer.h"
#include "support/sendbuffers.h"

#include <algorithm>

namespace PyventTests {

// What comes of bytes that one connection of a server's has said.
struct Outcome
{
    bool goesOn = true;
    QByteArray why;
    QByteArray answers; // to who is tried
    QByteArray heard;   // by who hears all

    friend bool operator==(const Outcome &, const Outcome &) = default;
};

inline Pyvent::Internal::Relay::Limits smallLimits()
{
    return {.waitingBytes = 1 << 20, .allBytes = 4 << 20, .subscriptions = 50, .subscribedBytes = 1000};
}

// Says \a bytes in \a pieces of a size to a peer while another one hears all, which the test has made and had say what it is.
inline Outcome tryPeer(Pyvent::Internal::Peer *tried, Pyvent::Internal::Peer *hears, QByteArrayView bytes,
                       qsizetype pieces)
{
    hears->settle();
    takeBytes(&hears->client()->output);
    Outcome outcome;
    while (!bytes.isEmpty() && outcome.goesOn) {
        const QByteArrayView piece = bytes.first(std::min(pieces, bytes.size()));
        outcome.goesOn = tried->receive(piece);
        bytes = bytes.sliced(piece.size());
    }
    tried->settle();
    outcome.why = tried->whyClosed();
    outcome.answers = takeBytes(&tried->client()->output);
    outcome.heard = takeBytes(&hears->client()->output);
    return outcome;
}

// What holds whatever was said: what the relay passes on is frames, and who is closed is told why.
inline void requireWellFormed(const Outcome &outcome)
{
    using namespace Pyvent::Internal;
    for (QByteArrayView bytes = outcome.heard; !bytes.isEmpty();) {
        const auto header = Zmtp::readHeader(bytes);
        require(header && header->size + qsizetype(header->bodySize) <= bytes.size()
                    && (header->flags & ~Zmtp::Header::Long) == 0,
                "what is passed on is no frame");
        bytes = bytes.sliced(header->size + qsizetype(header->bodySize));
    }
    require(outcome.goesOn || !outcome.why.isEmpty(), "a connection is closed, and nobody says why");
}

} // namespace PyventTests

#endif
