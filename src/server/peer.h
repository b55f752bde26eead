// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_PEER_H
#define PYVENT_SERVER_PEER_H

#include "server/encryptedoutput.h"
#include "server/framereader.h"
#include "server/relay.h"

#include <memory>

namespace Pyvent::Internal {

// The server's end of a connection: the handshake, commands, and what they and messages mean to the relay. It takes bytes, and puts its
// own into the client's output. Plain logic, without sockets and clock. Not thread-safe.
class Peer
{
public:
    // What the other end waits for, though nothing else is to be written to it.
    enum class Debt : quint8 {
        None,
        Soon, // it can wait for something to share the way
        Now
    };

    Q_DISABLE_COPY_MOVE(Peer)
    virtual ~Peer();

    Relay::Client *client() const { return m_client.get(); }

    // Whether both ends have said what they are.
    bool isEstablished() const { return m_isEstablished; }

    // Whether the other end sends events, and whether it hears them.
    virtual bool sends() const = 0;
    virtual bool hears() const = 0;

    // Bytes have come. Returns false if the connection is to be closed, and whyClosed() says why; what is in the output may still be
    // written.
    virtual bool receive(QByteArrayView bytes);

    // Where the next bytes may be put instead; then receivedInPlace() is to be called.
    std::span<char> room() { return m_reader.room(); }
    virtual bool receivedInPlace(qsizetype count);

    // Where the files go that come with the bytes; null where none may come.
    virtual PassedFiles *files() { return nullptr; }

    const char *whyClosed() const { return m_whyClosed; }

    // The same for people, with what they need to know of it.
    QString describeClosed() const { return QLatin1StringView(m_whyClosed) + m_details; }

    // What seals its output, once that is agreed; null where it goes as it is.
    virtual EncryptedOutput *encryption() { return nullptr; }

    // The public key of whoever came in by one, and the name that this has here; null, and empty, if nobody did.
    virtual QByteArrayView key() const { return {}; }
    virtual QString keyName() const { return {}; }

    // What it has sent and changed so far: events, and subscriptions.
    quint64 events() const { return m_events; }
    quint64 changes() const { return m_changes; }

    // How many bytes came in files, beside those that were received.
    quint64 bytesInFiles() const { return m_bytesInFiles; }

    virtual Debt debt() const { return Debt::None; }

    // What is owed is added to the output, which is about to be written.
    virtual void settle() { }

protected:
    Peer(Relay *relay, qsizetype maximumBodySize); // until it is established
    void establish(qsizetype maximumBodySize);
    Relay *relay() const { return m_relay; }
    void send(const QByteArray &encoded);
    bool close(const char *why, const QString &details = {});
    void countEvents(qsizetype count) { m_events += quint64(count); }
    void countChange() { ++m_changes; }
    void countInFile(qsizetype bytes) { m_bytesInFiles += quint64(bytes); }

    // What has come of a large frame.
    std::span<char> part() { return m_reader.part(); }

    // A frame has come. Returns false if the connection is to be closed.
    virtual bool handle(const FrameReader::Frame &frame) = 0;

private:
    struct Remove
    {
        void operator()(Relay::Client *client) const { relay->remove(client); }
        Relay *relay;
    };

    bool check(FrameReader::Result result);

    Relay *const m_relay;
    const std::unique_ptr<Relay::Client, Remove> m_client;
    FrameReader m_reader;
    const FrameReader::Function m_handle = [this](const FrameReader::Frame &frame) { return handle(frame); };
    bool m_isEstablished = false;
    quint64 m_events = 0;
    quint64 m_changes = 0;
    quint64 m_bytesInFiles = 0;
    const char *m_whyClosed = "";
    QString m_details;
};

} // namespace Pyvent::Internal

#endif
