// SPDX-License-Identifier: MIT
#ifndef PYVENT_SECURITY_CURVESERVER_H
#define PYVENT_SECURITY_CURVESERVER_H

#include "security/keypair.h"
#include "wire/curve.h"

#include <QtCore/qstring.h>

#include <functional>
#include <memory>
#include <span>

namespace Pyvent::Internal {

// What both ends of a connection have after their handshake: the secret for its boxes, and the number of the last box each way.
struct CurveSession
{
    Secret secret;
    quint64 sent = 0;
    quint64 received = 0;
};

// Seals or opens a box in pieces, for one that is too large to be made at once: XSalsa20 and Poly1305, as crypto_box_easy_afternm() and
// crypto_box_open_easy_afternm() do.
class BoxStream
{
public:
    // The first piece is this much longer than a multiple of blockSize, and all others but the last are multiples.
    static constexpr qsizetype firstSize = 32;
    static constexpr qsizetype blockSize = 64;

    BoxStream(const Secret &secret, QByteArrayView nonceBegin, quint64 nonce);
    ~BoxStream();
    Q_DISABLE_COPY_MOVE(BoxStream)

    // Encrypts \a size bytes at \a bytes, in place, or decrypts them. What was decrypted means nothing before the tag is known to be right.
    void seal(char *bytes, qsizetype size) { go(bytes, size, false); }
    void open(char *bytes, qsizetype size) { go(bytes, size, true); }

    // After the last one.
    std::array<char, Curve::tagSize> tag();

    // Begins anew, for the same bytes.
    void rewind();

private:
    void go(char *bytes, qsizetype size, bool opens);

    struct State;
    const std::unique_ptr<State> m_state;
};

// The server's side of CURVE (RFC 26), for one connection: its handshake, and the boxes that come after that. Plain logic, without sockets
// and clock. Not thread-safe.
//
// The cookie is made with a key of the connection's own, which goes with the handshake: so what was sent on another connection opens
// nothing here.
class CurveServer
{
public:
    // Who has a client's key, and what to answer if that is nobody who comes in: three digits, and the reason for people.
    struct Verdict
    {
        QString name;
        QByteArray refusal = {};
        QString why = {};
    };
    using Judge = std::function<Verdict(QByteArrayView key)>;

    // \a own outlives it.
    CurveServer(const KeyPair *own, Judge judge);
    ~CurveServer();
    Q_DISABLE_COPY_MOVE(CurveServer)

    enum class Step : quint8 {
        GoesOn,     // answer() is to be written
        Introduced, // and metadata() says of the client what it is; the answer is ready()
        Refused     // whyRefused() says why; answer() is to be written if it is not empty
    };

    // A command has come, with this body.
    Step handle(QByteArrayView body);
    const QByteArray &answer() const { return m_answer; }
    const QString &whyRefused() const { return m_why; }

    // The client's properties, for as long as the command is there that had them.
    QByteArrayView metadata() const { return m_metadata; }

    // The client's lasting key, and the name that it has here.
    const QByteArray &key() const { return m_key; }
    const QString &name() const { return m_name; }

    // The READY that ends the handshake, with the server's own properties.
    QByteArray ready(QByteArrayView metadata);

    // Opens a MESSAGE that comes in pieces: what is in its box is decrypted where it stands. \a body is what has come of it so far, from its
    // beginning, and has it all in the end. Returns false if it is none, or one that has come before.
    class Opening
    {
    public:
        explicit Opening(CurveServer *server)
            : m_server(server)
        {
        }
        bool goOn(std::span<char> body) { return advance(body, false); }
        bool end(std::span<char> body) { return advance(body, true); }

    private:
        bool advance(std::span<char> body, bool isAll);

        CurveServer *const m_server;
        quint64 m_nonce = 0;
        std::optional<BoxStream> m_box;
        qsizetype m_done = 0; // bytes in the box
    };

    // Opens a MESSAGE's body: writes openedSize() bytes at \a to, the message's flags first. Returns false if it is none, or one that has come
    // before.
    bool open(QByteArrayView body, char *to);
    static qsizetype openedSize(QByteArrayView body) { return body.size() - Curve::messageHeadSize - Curve::tagSize; }

    // Of what is to be sealed after READY.
    CurveSession *session() { return &m_session; }

private:
    Step handleHello(QByteArrayView body);
    Step handleInitiate(QByteArrayView body);
    Step refuse(const char *why, QByteArrayView code = {});
    QByteArray connectionKeys() const;
    void forgetHandshake();

    enum class State : quint8 { AwaitsHello, AwaitsInitiate, Introduced, Established, Refused };

    const KeyPair *const m_own;
    const Judge m_judge;
    State m_state = State::AwaitsHello;
    CurveSession m_session;
    Secret m_cookieKey;
    QByteArray m_clientKey; // the short-term one
    std::optional<KeyPair> m_shortTerm;
    QByteArray m_opened; // of INITIATE
    QByteArrayView m_metadata;
    QByteArray m_key;
    QString m_name;
    QByteArray m_answer;
    QString m_why;
};

} // namespace Pyvent::Internal

#endif
