// SPDX-License-Identifier: MIT
#include "require.h"
#include "server/zmtppeer.h"
#include "support/sendbuffers.h"

#include <algorithm>

using namespace Pyvent::Internal;
using PyventTests::takeBytes;

namespace {

struct Outcome
{
    bool goesOn = true;
    QByteArray why;
    QByteArray answers; // to who is tried
    QByteArray heard;   // by who hears all
};

Outcome run(ZmtpPeer::Purpose purpose, QByteArrayView bytes, qsizetype pieces)
{
    Outcome outcome;
    Relay relay(true, {.waitingBytes = 1 << 20, .allBytes = 4 << 20, .subscriptions = 50, .subscribedBytes = 1000});
    const qsizetype before = relay.waitingBytes();
    {
        ZmtpPeer hears(&relay, ZmtpPeer::Purpose::Events, 1 << 20);
        hears.receive(Zmtp::greeting() + Zmtp::readyFrame("SUB") + Zmtp::commandFrame("SUBSCRIBE", {}));
        takeBytes(&hears.client()->output);
        ZmtpPeer tried(&relay, purpose, 1 << 16);
        while (!bytes.isEmpty() && outcome.goesOn) {
            const QByteArrayView piece = bytes.first(std::min(pieces, bytes.size()));
            outcome.goesOn = tried.receive(piece);
            bytes = bytes.sliced(piece.size());
        }
        outcome.why = tried.whyClosed();
        outcome.answers = takeBytes(&tried.client()->output);
        outcome.heard = takeBytes(&hears.client()->output);
    }
    require(relay.clients() == 0 && relay.waitingBytes() == before, "something is kept");
    return outcome;
}

// What the relay passes on is frames.
void requireFrames(QByteArrayView bytes)
{
    while (!bytes.isEmpty()) {
        const auto header = Zmtp::readHeader(bytes);
        require(header && header->size + qsizetype(header->bodySize) <= bytes.size()
                    && (header->flags & ~Zmtp::Header::Long) == 0,
                "what is passed on is no frame");
        bytes = bytes.sliced(header->size + qsizetype(header->bodySize));
    }
}

} // namespace

// The first byte says at which port the others come.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const auto purpose = data[0] & 1 ? ZmtpPeer::Purpose::Requests : ZmtpPeer::Purpose::Events;
    const QByteArrayView bytes(reinterpret_cast<const char *>(data) + 1, qsizetype(size) - 1);
    const Outcome whole = run(purpose, bytes, std::max(bytes.size(), qsizetype(1)));
    requireFrames(whole.heard);
    require(whole.goesOn || !whole.why.isEmpty(), "a connection is closed, and nobody says why");
    for (const qsizetype pieces : {1, 7}) {
        const Outcome other = run(purpose, bytes, pieces);
        require(other.goesOn == whole.goesOn && other.why == whole.why && other.answers == whole.answers
                    && other.heard == whole.heard,
                "in pieces it is another thing");
    }
    return 0;
}
