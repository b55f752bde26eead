// SPDX-License-Identifier: MIT
#include "relayed.h"
#include "server/zmtppeer.h"
#include "support/curveclient.h"

using namespace Pyvent::Internal;
using namespace PyventTests;

namespace {

// What a script of a client's does next, and what it has for that.
enum Move : quint8 {
    Raw,      // bytes
    Greeting, // of CURVE
    Hello,
    Initiate, // with these properties
    Message,  // sealed: flags, and a body
    Command,  // a body that is not sealed
    Frame,    // likewise, no command
    Again,    // what was sent last
    Change,   // the next one has another byte: where, and which bits
    Skip,     // so many nonces
    Moves
};

// The rest of a script: moves of one byte each, a length of one byte, and so many bytes.
class Script
{
public:
    explicit Script(QByteArrayView bytes)
        : m_rest(bytes)
    {
    }

    bool next(Move *move, QByteArrayView *bytes)
    {
        if (m_rest.size() < 2)
            return false;
        *move = Move(quint8(m_rest[0]) % Moves);
        const qsizetype size = std::min<qsizetype>(quint8(m_rest[1]), m_rest.size() - 2);
        *bytes = m_rest.sliced(2, size);
        m_rest = m_rest.sliced(2 + size);
        return true;
    }

private:
    QByteArrayView m_rest;
};

const KeyPair &ownKeys()
{
    static const KeyPair keys = KeyPair::make();
    return keys;
}

// A peer, and a client that says what a script tells.
class Talk
{
public:
    Talk(Relay *relay, ZmtpPeer::Purpose purpose, bool isPlain, const CurveClient &client)
        : peer(relay, purpose, 1 << 16, 100,
               {.isPlain = isPlain,
                .keys = &ownKeys(),
                .judge =
                    [](QByteArrayView key) {
                        return key == ownKeys().publicKey() ? CurveServer::Verdict{.name = QStringLiteral("ada")}
                                                            : CurveServer::Verdict{.refusal = "400"};
                    }})
        , m_client(client)
    {
    }

    bool say(Move move, QByteArrayView bytes, qsizetype pieces)
    {
        QByteArray next;
        switch (move) {
        case Raw:
            next = bytes.toByteArray();
            break;
        case Greeting:
            next = Zmtp::greeting(Zmtp::Mechanism::Curve);
            break;
        case Hello:
            next = Zmtp::frame(Zmtp::Header::Command, m_client.hello());
            break;
        case Initiate:
            next = Zmtp::frame(Zmtp::Header::Command, m_client.initiate(bytes));
            break;
        case Message:
            next = Zmtp::frame(
                0, m_client.message(bytes.isEmpty() ? 0 : quint8(bytes[0]), bytes.isEmpty() ? bytes : bytes.sliced(1)));
            break;
        case Command:
            next = Zmtp::frame(Zmtp::Header::Command, bytes);
            break;
        case Frame:
            next = Zmtp::frame(0, bytes);
            break;
        case Again:
            next = m_last;
            break;
        case Change:
            m_change = bytes.toByteArray();
            return true;
        case Skip:
            m_client.nonce += quint64(bytes.size());
            return true;
        case Moves:
            break;
        }
        if (m_change.size() >= 2 && !next.isEmpty()) {
            char &byte = next.data()[quint8(m_change[0]) % next.size()];
            byte = char(byte ^ m_change[1]);
        }
        m_change.clear();
        m_last = next;
        bool goesOn = true;
        for (QByteArrayView rest = next; !rest.isEmpty() && goesOn;) {
            const QByteArrayView piece = rest.first(std::min(pieces, rest.size()));
            goesOn = peer.receive(piece);
            rest = rest.sliced(piece.size());
        }
        hear();
        return goesOn;
    }

    ZmtpPeer peer;

private:
    // What the client needs of the server's answers.
    void hear()
    {
        SendBuffer &output = peer.client()->output;
        if (EncryptedOutput *const encryption = peer.encryption()) {
            for (QByteArrayView next; !(next = encryption->next(&output)).isEmpty();)
                encryption->wrote(next.size());
            require(output.isEmpty(), "what is to be written stays");
            return;
        }
        m_received += takeBytes(&output);
        const qsizetype at = m_received.indexOf("\7WELCOME");
        if (at >= 0)
            m_client.takeWelcome(
                QByteArrayView(m_received).sliced(at, std::min<qsizetype>(168, m_received.size() - at)));
    }

    CurveClient m_client;
    QByteArray m_last;
    QByteArray m_change;
    QByteArray m_received;
};

// Apart from random numbers.
struct End
{
    bool goesOn = true;
    bool isEstablished = false;
    quint64 events = 0;
    quint64 changes = 0;
    QString why;
    QByteArray heard;

    friend bool operator==(const End &, const End &) = default;
};

End tell(quint8 how, QByteArrayView bytes, qsizetype pieces, const CurveClient &client)
{
    End end;
    Relay relay(true, smallLimits());
    const qsizetype before = relay.waitingBytes();
    {
        ZmtpPeer hears(&relay, ZmtpPeer::Purpose::Events, 1 << 20);
        hears.receive(Zmtp::greeting() + Zmtp::readyFrame("SUB") + Zmtp::commandFrame("SUBSCRIBE", {}));
        takeBytes(&hears.client()->output);
        Talk talk(&relay, how & 1 ? ZmtpPeer::Purpose::Requests : ZmtpPeer::Purpose::Events, how & 2, client);
        Script script(bytes);
        Move move{};
        for (QByteArrayView part; end.goesOn && script.next(&move, &part);)
            end.goesOn = talk.say(move, part, pieces);
        end.isEstablished = talk.peer.isEstablished();
        end.events = talk.peer.events();
        end.changes = talk.peer.changes();
        end.why = talk.peer.describeClosed();
        end.heard = takeBytes(&hears.client()->output);
    }
    require(relay.clients() == 0 && relay.waitingBytes() == before && relay.partBytes() == 0, "something is kept");
    return end;
}

} // namespace

// The first byte says at which port the others come, and whether a key is needed.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const QByteArrayView bytes(reinterpret_cast<const char *>(data) + 1, qsizetype(size) - 1);
    const CurveClient client(ownKeys(),
                             ownKeys().publicKey()); // one: what it says may be an event, as it is, by the plain door
    const End whole = tell(data[0], bytes, 1 << 20, client);
    require(whole.goesOn || !whole.why.isEmpty() || whole.events == 0, "a connection is closed, and nobody says why");
    require(tell(data[0], bytes, 7, client) == whole, "in pieces it is another thing");
    return 0;
}
