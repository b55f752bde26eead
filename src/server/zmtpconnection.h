// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_ZMTPCONNECTION_H
#define PYVENT_SERVER_ZMTPCONNECTION_H

#include "server/framereader.h"
#include "server/relay.h"

namespace Pyvent::Internal {

// The server's end of a ZMTP connection: the greeting, the handshake, commands, and what they and messages mean to the relay. It takes
// bytes, and puts its own into the client's output. Plain logic, without sockets and clock. Not thread-safe.
class ZmtpConnection
{
public:
    enum class Purpose : quint8 {
        Requests, // for a REQ or DEALER, which sends events
        Events    // for a SUB, which hears them
    };

    // Both outlive it.
    ZmtpConnection(Relay *relay, Purpose purpose, qsizetype maximumFrameSize);
    Q_DISABLE_COPY_MOVE(ZmtpConnection)

    Purpose purpose() const { return m_purpose; }
    Relay::Client *client() const { return m_client.get(); }

    // Whether both ends have said what they are.
    bool isEstablished() const { return m_state == State::Established; }

    // Bytes have come. Returns false if the connection is to be closed, and whyClosed() says why; what is in the output may still be
    // written.
    bool receive(QByteArrayView bytes);

    // Where the next bytes may be put instead; then receivedInPlace() is to be called.
    std::span<char> room() { return m_reader.room(); }
    bool receivedInPlace(qsizetype count);

    const char *whyClosed() const { return m_whyClosed; }

private:
    struct Remove
    {
        void operator()(Relay::Client *client) const { relay->remove(client); }
        Relay *relay;
    };
    enum class State : quint8 { Greeting, Handshake, Established };

    bool readGreeting(QByteArrayView *bytes);
    bool check(FrameReader::Result result);
    bool handle(const FrameReader::Frame &frame);
    bool handleCommand(QByteArrayView body);
    bool handleReady(QByteArrayView data);
    bool handleRequest(const FrameReader::Frame &frame);
    bool handleSubscription(QByteArrayView body);
    bool subscribe(QByteArrayView prefix);
    void send(const QByteArray &encoded);
    bool close(const char *why);

    Relay *const m_relay;
    const Purpose m_purpose;
    const std::unique_ptr<Relay::Client, Remove> m_client;
    const qsizetype m_maximumFrameSize;
    FrameReader m_reader;
    const FrameReader::Function m_handle = [this](const FrameReader::Frame &frame) { return handle(frame); };
    State m_state = State::Greeting;
    QByteArray m_greeting;  // what has come of it
    qsizetype m_parts = 0;  // of the message under way that have come
    QByteArray m_delimiter; // its first one
    const char *m_whyClosed = "";
};

} // namespace Pyvent::Internal

#endif
