// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_ZMTPPEER_H
#define PYVENT_SERVER_ZMTPPEER_H

#include "security/curveserver.h"
#include "server/peer.h"

#include <optional>

namespace Pyvent::Internal {

// The server's end of a ZMTP connection.
class ZmtpPeer : public Peer
{
public:
    enum class Purpose : quint8 {
        Requests, // for a REQ or DEALER, which sends events
        Events    // for a SUB, which hears them
    };

    // How the other end may come in.
    struct Entry
    {
        bool isPlain = true;           // without a key
        const KeyPair *keys = nullptr; // by CURVE, with these of the server's, which outlive it; null: not so
        CurveServer::Judge judge = {};
    };

    // \a relay outlives it.
    // A message has two parts. What has more is no message of the bus, and is ignored up to \a maximumParts.
    ZmtpPeer(Relay *relay, Purpose purpose, qsizetype maximumFrameSize, qsizetype maximumParts, Entry entry);
    ZmtpPeer(Relay *relay, Purpose purpose, qsizetype maximumFrameSize, qsizetype maximumParts = 10'000)
        : ZmtpPeer(relay, purpose, maximumFrameSize, maximumParts, Entry())
    {
    }

    bool sends() const override { return m_purpose == Purpose::Requests; }
    bool hears() const override { return m_purpose == Purpose::Events; }
    bool receive(QByteArrayView bytes) override;
    bool receivedInPlace(qsizetype count) override;
    EncryptedOutput *encryption() override { return m_encryption ? &*m_encryption : nullptr; }
    QByteArrayView key() const override { return m_encryption ? QByteArrayView(m_curve->key()) : QByteArrayView(); }
    QString keyName() const override { return m_encryption ? m_curve->name() : QString(); }

protected:
    bool handle(const FrameReader::Frame &frame) override;

private:
    bool readGreeting(QByteArrayView *bytes);
    QByteArray endOfGreeting(Zmtp::Mechanism mechanism) const;
    QByteArrayView ownType() const { return m_purpose == Purpose::Requests ? "ROUTER" : "PUB"; }
    bool handlePlain(const FrameReader::Frame &frame);
    bool handleSealed(const FrameReader::Frame &frame);
    bool openLarge(FrameReader::Frame frame);
    bool openPart();
    bool handleOpened(FrameReader::Frame *plain, char *bytes, qsizetype size);
    bool handleHandshake(QByteArrayView body);
    bool mayBe(QByteArrayView properties);
    bool handleCommand(QByteArrayView body);
    bool handleReady(QByteArrayView data);
    bool handleRequest(const FrameReader::Frame &frame);
    bool handleSubscription(QByteArrayView body);
    bool subscribe(QByteArrayView prefix);
    bool unsubscribe(QByteArrayView prefix);

    const Purpose m_purpose;
    const qsizetype m_maximumParts;
    const qsizetype m_maximumFrameSize;
    const Entry m_entry;
    std::unique_ptr<CurveServer> m_curve; // where the other end asked for it
    std::optional<EncryptedOutput> m_encryption;
    std::optional<CurveServer::Opening> m_opening; // of a large frame of which a part has come
    QByteArray m_opened;                           // the frame under way, as it would have come without CURVE
    bool m_isGreeted = false;
    QByteArray m_greeting;  // what has come of it
    qsizetype m_parts = 0;  // of the message under way that have come
    QByteArray m_delimiter; // its first one
};

} // namespace Pyvent::Internal

#endif
