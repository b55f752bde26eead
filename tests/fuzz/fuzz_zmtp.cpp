// SPDX-License-Identifier: MIT
#include "relayed.h"
#include "server/zmtppeer.h"

using namespace Pyvent::Internal;
using namespace PyventTests;

namespace {

Outcome run(ZmtpPeer::Purpose purpose, QByteArrayView bytes, qsizetype pieces)
{
    Outcome outcome;
    Relay relay(true, smallLimits());
    const qsizetype before = relay.waitingBytes();
    {
        ZmtpPeer hears(&relay, ZmtpPeer::Purpose::Events, 1 << 20);
        hears.receive(Zmtp::greeting() + Zmtp::readyFrame("SUB") + Zmtp::commandFrame("SUBSCRIBE", {}));
        ZmtpPeer tried(&relay, purpose, 1 << 16);
        outcome = tryPeer(&tried, &hears, bytes, pieces);
    }
    require(relay.clients() == 0 && relay.waitingBytes() == before, "something is kept");
    return outcome;
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
    requireWellFormed(whole);
    for (const qsizetype pieces : {1, 7})
        require(run(purpose, bytes, pieces) == whole, "in pieces it is another thing");
    return 0;
}
