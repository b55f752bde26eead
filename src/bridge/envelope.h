// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_ENVELOPE_H
#define PYVENT_BRIDGE_ENVELOPE_H

#include "eventaddress.h"
#include "message.h"

#include <QtCore/qlist.h>

#include <utility>

namespace Pyvent::Bridge {

// A message as an engine carries it: the address behind the prefix, headers (NATS) or user properties (MQTT), and bytes. FORMAT.md
// describes it.
struct Envelope
{
    using Header = std::pair<QByteArray, QByteArray>;

    QByteArray address;
    QByteArray contentType;
    QList<Header> headers;
    QByteArray payload;

    // The first one of this name; null if there is none.
    QByteArray header(QByteArrayView name) const;
};

// \a message has a node and a number.
Envelope seal(const Message &message, Dialect dialect);

// What is in \a envelope, whoever has sent it; its payload has not been looked at. Nothing where it is no event: \a why says why, for people.
// A null Message::node says that no bridge has sent it.
std::optional<Message> unseal(const Envelope &envelope, QString *why);

// What tells \a message from all others: an engine that is given two messages with the same one keeps the first.
QByteArray idOf(const Message &message, Dialect dialect);

} // namespace Pyvent::Bridge

#endif
