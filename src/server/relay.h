// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_RELAY_H
#define PYVENT_SERVER_RELAY_H

#include <QtCore/qbytearray.h>

namespace Pyvent::Internal {

// Who gets what on a bus: each frame of a client's is published to all, and each message is acknowledged to the client. It knows
// frames, not values. Plain logic, without sockets and clock.
class Relay
{
public:
    // Where clients come in: it has their connections, and knows what each has subscribed to.
    class Door
    {
    public:
        virtual ~Door() = default;

        // Passes \a frame on to all clients that have subscribed to it. Its bytes are not looked at afterwards.
        virtual void publish(QByteArrayView frame) = 0;

        // Answers \a client, which is what the message came with.
        virtual void reply(QByteArrayView client, QByteArrayView text) = 0;
    };

    // Whether it \a takesBatches: PROTOCOL.md.
    explicit Relay(bool takesBatches)
        : m_takesBatches(takesBatches)
    {
    }

    // A message has come in by \a door. Returns how many frames were in it, at least 1.
    qsizetype receive(Door &door, QByteArrayView client, QByteArrayView delimiter, QByteArrayView message);

    // Tells Python's clients that this server ends.
    static void sayGoodbye(Door &door);

    // Whether a second client ever came. Every node sends something here when it joins, Python's too; a client that makes its
    // connection anew is another one.
    bool hadOtherClients() const { return m_hadOtherClients; }

private:
    qsizetype receiveBatch(Door &door, QByteArrayView client, QByteArrayView batch);
    void noteClient(QByteArrayView client);

    const bool m_takesBatches;
    QByteArray m_firstClient;
    bool m_hadOtherClients = false;
};

} // namespace Pyvent::Internal

#endif
