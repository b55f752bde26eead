// SPDX-License-Identifier: MIT
#ifndef PYVENT_WIRE_TOPIC_H
#define PYVENT_WIRE_TOPIC_H

#include <QtCore/qbytearrayview.h>

#include <cstring>

namespace Pyvent::Internal {

// Topics that begin with this are Python's own: every Python node is subscribed to all of them.
inline constexpr QByteArrayView pythonReservedPrefix = "__";

// What Python's server publishes when it stops, without a space and without a payload.
inline constexpr QByteArrayView serverDisconnectTopic = "__server_disconnect";

// Topics that begin with this byte are for nodes of this module. No name of a user's has it, because names have no
// control characters, and no Python node is subscribed to it. Not 0x00 or 0x01: libzmq 4.3 takes unsubscribing from a
// topic that begins with these for subscribing to the rest of it.
inline constexpr char controlPrefix = '\x02';

inline bool isControlTopic(QByteArrayView topic)
{
    return !topic.isEmpty() && topic.front() == controlPrefix;
}

// What a client's proof of its subscriptions begins with; its connection's UUID is next. PROTOCOL.md has all of it.
inline constexpr QByteArrayView proofPrefix = "\2proof/";
static_assert(proofPrefix[0] == controlPrefix);

inline bool isProofTopic(QByteArrayView frame)
{
    return isControlTopic(frame) && frame.startsWith(proofPrefix);
}

inline bool isReservedTopic(QByteArrayView topic)
{
    constexpr auto size = pythonReservedPrefix.size(); // startsWith() would be a call, for each event of a relay's
    return topic.size() >= size && std::memcmp(topic.data(), pythonReservedPrefix.data(), std::size_t(size)) == 0;
}

} // namespace Pyvent::Internal

#endif
