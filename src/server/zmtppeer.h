// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_ZMTPPEER_H
#define PYVENT_SERVER_ZMTPPEER_H

#include "server/peer.h"

namespace Pyvent::Internal {

// The server's end of a ZMTP connection.
class ZmtpPeer : public Peer
{
public:
    enum class Purpose : quint8 {
        Requests, // for a REQ or DEALER, which sends events
        Events    // for a SUB, which hears them
    };

    // \a relay outlives it.
    // A message has two parts. What has more is no message of the bus, and is ignored up to \a maximumParts.
    ZmtpPeer(Relay *relay, Purpose purpose, qsizetype maximumFrameSize, qsizetype maximumParts = 10'000);

    bool sends() const override { return m_purpose == Purpose::Requests; }
    bool hears() const override { return m_purpose == Purpose::Events; }
    bool receive(QByteArrayView bytes) override;

protected:
    bool handle(const FrameReader::Frame &frame) override;

private:
    bool readGreeting(QByteArrayView *bytes);
    bool handleCommand(QByteArrayView body);
    bool handleReady(QByteArrayView data);
    bool handleRequest(const FrameReader::Frame &frame);
    bool handleSubscription(QByteArrayView body);
    bool subscribe(QByteArrayView prefix);
    bool unsubscribe(QByteArrayView prefix);

    const Purpose m_purpose;
    const qsizetype m_maximumParts;
    const qsizetype m_maximumFrameSize;
    bool m_isGreeted = false;
    QByteArray m_greeting;  // what has come of it
    qsizetype m_parts = 0;  // of the message under way that have come
    QByteArray m_delimiter; // its first one
};

} // namespace Pyvent::Internal

#endif
