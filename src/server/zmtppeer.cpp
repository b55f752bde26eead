// SPDX-License-Identifier: MIT
#include "server/zmtppeer.h"

#include "wire/batch.h"

#include <algorithm>

namespace Pyvent::Internal {

namespace {

// A PING's context, which comes back in the PONG.
constexpr qsizetype maximumContextSize = 16;

// Where more waits to be written, no PONG is added: for whoever sends PINGs for ever and does not read.
constexpr qsizetype maximumAnswers = 64 * 1024;

constexpr auto notSealed = "it sends what is not sealed for this connection, or was sent before";

} // namespace

ZmtpPeer::ZmtpPeer(Relay *relay, Purpose purpose, qsizetype maximumFrameSize, qsizetype maximumParts, Entry entry)
    : Peer(relay, purpose == Purpose::Requests ? maximumFrameSize : FrameReader::maximumCommandSize)
    , m_purpose(purpose)
    , m_maximumParts(maximumParts)
    , m_maximumFrameSize(purpose == Purpose::Requests ? maximumFrameSize : FrameReader::maximumCommandSize)
    , m_entry(std::move(entry))
{
    // Where there is a choice, the other end has it.
    send(m_entry.keys ? Zmtp::greeting().first(Zmtp::greetingBeginSize) : Zmtp::greeting());
}

// What was not sent yet of a greeting that agrees with the other end's.
QByteArray ZmtpPeer::endOfGreeting(Zmtp::Mechanism mechanism) const
{
    return m_entry.keys ? Zmtp::greeting(mechanism).sliced(Zmtp::greetingBeginSize) : QByteArray();
}

bool ZmtpPeer::receive(QByteArrayView bytes)
{
    if (!m_isGreeted && !readGreeting(&bytes))
        return false;
    return Peer::receive(bytes) && openPart();
}

bool ZmtpPeer::receivedInPlace(qsizetype count)
{
    return Peer::receivedInPlace(count) && openPart();
}

bool ZmtpPeer::readGreeting(QByteArrayView *bytes)
{
    const qsizetype count = std::min(Zmtp::greetingSize - m_greeting.size(), bytes->size());
    m_greeting.append(bytes->first(count));
    *bytes = bytes->sliced(count);
    switch (Zmtp::readGreeting(m_greeting)) {
    case Zmtp::Greeting::Incomplete:
        return true;
    case Zmtp::Greeting::Null:
        if (!m_entry.isPlain) {
            if (m_entry.keys) // which tells the other end what is asked for
                send(endOfGreeting(Zmtp::Mechanism::CurveServer));
            return close("it comes from another machine, and has no key");
        }
        m_greeting.clear();
        m_isGreeted = true;
        send(endOfGreeting(Zmtp::Mechanism::Null) + Zmtp::readyFrame(ownType()));
        return true;
    case Zmtp::Greeting::Curve:
        if (!m_entry.keys)
            return close("it asks for the secure door, and the server has no keys");
        m_greeting.clear();
        m_isGreeted = true;
        m_curve = std::make_unique<CurveServer>(m_entry.keys, m_entry.judge);
        send(endOfGreeting(Zmtp::Mechanism::CurveServer));
        return true;
    case Zmtp::Greeting::NoZmtp:
        return close("it does not speak ZeroMQ");
    case Zmtp::Greeting::OldVersion:
        return close("it speaks a version of ZeroMQ's protocol from before 3.0");
    case Zmtp::Greeting::OtherMechanism:
        return close("it asks for a security mechanism that the server does not have");
    }
    return false;
}

bool ZmtpPeer::handle(const FrameReader::Frame &frame)
{
    return m_curve ? handleSealed(frame) : handlePlain(frame);
}

bool ZmtpPeer::handleHandshake(QByteArrayView body)
{
    const CurveServer::Step step = m_curve->handle(body);
    if (step == CurveServer::Step::Introduced) {
        if (!mayBe(m_curve->metadata()))
            return false;
        send(Zmtp::frame(Zmtp::Header::Command,
                         m_curve->ready(Zmtp::properties(ownType())
                                        + Zmtp::property(Zmtp::keyNameProperty, m_curve->name().toUtf8()))));
        m_encryption.emplace(client()->output, m_curve->session());
        establish(m_maximumFrameSize + Curve::messageOverhead);
        return true;
    }
    if (!m_curve->answer().isEmpty())
        send(Zmtp::frame(Zmtp::Header::Command, m_curve->answer()));
    return step == CurveServer::Step::GoesOn || close("", m_curve->whyRefused());
}

// Opens a frame, and handles what is in it.
bool ZmtpPeer::handleSealed(const FrameReader::Frame &frame)
{
    if (frame.hasMore())
        return close("it sends a command in parts");
    if (!m_encryption) {
        return frame.isCommand() ? handleHandshake(frame.body)
                                 : close("it sends messages before it has said what it is");
    }
    const qsizetype size = CurveServer::openedSize(frame.body) - 1; // without the flags, in whose place the header ends
    if (size < 0)
        return close(notSealed);
    if (!frame.block.isNull())
        return openLarge(frame);
    const qsizetype headerSize = Zmtp::headerSize(size);
    m_opened.resize(headerSize + size);
    if (!m_curve->open(frame.body, m_opened.data() + headerSize - 1))
        return close(notSealed);
    FrameReader::Frame plain{};
    return handleOpened(&plain, m_opened.data(), size);
}

// It is opened where it is, and most of it was when it came.
bool ZmtpPeer::openLarge(FrameReader::Frame frame)
{
    if (!m_opening)
        m_opening.emplace(m_curve.get());
    const qsizetype size = CurveServer::openedSize(frame.body) - 1;
    const qsizetype front = frame.encoded.size() - size - Zmtp::headerSize(size);
    const qsizetype outerHeader = frame.encoded.size() - frame.body.size();
    const bool isOpen = m_opening->end(std::span(frame.block.data() + outerHeader, std::size_t(frame.body.size())));
    m_opening.reset();
    if (!isOpen)
        return close(notSealed);
    FrameReader::Frame plain{};
    plain.block = std::move(frame.block);
    plain.block.dropFront(front); // of which nobody but this makes use any more
    return handleOpened(&plain, plain.block.data(), size);
}

bool ZmtpPeer::openPart()
{
    const std::span<char> part = this->part();
    if (!m_encryption || part.empty())
        return true;
    const auto header = std::size_t(Zmtp::maximumHeaderSize);
    if (!m_opening)
        m_opening.emplace(m_curve.get());
    return part.size() < header || m_opening->goOn(part.subspan(header)) || close(notSealed);
}

// What was opened, of \a size bytes, stands at \a bytes behind the room for a header, whose last byte are its flags.
bool ZmtpPeer::handleOpened(FrameReader::Frame *plain, char *bytes, qsizetype size)
{
    const qsizetype headerSize = Zmtp::headerSize(size);
    const auto flags = quint8(bytes[headerSize - 1]);
    if (flags & ~(Curve::More | Curve::Command))
        return close("it sends what is no ZMTP");
    plain->flags =
        quint8((flags & Curve::More ? Zmtp::Header::More : 0) | (flags & Curve::Command ? Zmtp::Header::Command : 0));
    if (plain->isCommand() && size > FrameReader::maximumCommandSize)
        return close("it sends more in one frame than the server takes");
    Zmtp::writeHeader(plain->flags, size, bytes);
    plain->encoded = QByteArrayView(bytes, headerSize + size);
    plain->body = plain->encoded.sliced(headerSize);
    return handlePlain(*plain);
}

bool ZmtpPeer::handlePlain(const FrameReader::Frame &frame)
{
    if (frame.isCommand())
        return frame.hasMore() ? close("it sends a command in parts") : handleCommand(frame.body);
    if (!isEstablished())
        return close("it sends messages before it has said what it is");
    if (m_purpose == Purpose::Requests)
        return handleRequest(frame);
    return frame.hasMore() ? close("it sends messages where it is to hear") : handleSubscription(frame.body);
}

bool ZmtpPeer::handleCommand(QByteArrayView body)
{
    const auto command = Zmtp::readCommand(body);
    if (!command)
        return close("it sends a command without a name");
    if (!isEstablished())
        return command->name == "READY" ? handleReady(command->data) : close("it does not say what it is");
    if (command->name == "PING") { // a time to live, and a context
        if (command->data.size() < 2 || command->data.size() > 2 + maximumContextSize)
            return close("it sends a PING that is none");
        if (client()->output.bytes() > maximumAnswers)
            return true; // what waits tells it as well that the server is there
        send(Zmtp::commandFrame("PONG", command->data.sliced(2)));
        return true;
    }
    if (m_purpose == Purpose::Events && command->name == "SUBSCRIBE")
        return subscribe(command->data);
    if (m_purpose == Purpose::Events && command->name == "CANCEL")
        return unsubscribe(command->data);
    return true; // what is not known may be ignored
}

bool ZmtpPeer::handleReady(QByteArrayView data)
{
    if (!mayBe(data))
        return false;
    establish(m_maximumFrameSize);
    return true;
}

// Whether the other end is what belongs to this door, as its \a properties say.
bool ZmtpPeer::mayBe(QByteArrayView properties)
{
    const QByteArrayView type = Zmtp::readProperty(properties, "Socket-Type");
    const bool fits =
        m_purpose == Purpose::Requests ? type == "REQ" || type == "DEALER" : type == "SUB" || type == "XSUB";
    if (!fits) {
        QByteArray reason = "Invalid socket type";
        send(Zmtp::commandFrame("ERROR", char(reason.size()) + reason));
        return close("it is another socket than the server can talk to at this port");
    }
    client()->speaker.setSecret(Zmtp::secretOf(Zmtp::readProperty(properties, "Identity")));
    return true;
}

// A message is a delimiter and an event, or a mark and a batch. Others are ignored.
bool ZmtpPeer::handleRequest(const FrameReader::Frame &frame)
{
    const qsizetype part = m_parts++;
    const bool isLast = !frame.hasMore();
    if (isLast)
        m_parts = 0;
    else if (m_parts > m_maximumParts)
        return close("it sends a message of ever more parts");
    if (part == 0)
        m_delimiter = frame.body.first(std::min(frame.body.size(), batchMark.size() + 1)).toByteArray();
    else if (part == 1 && isLast)
        countEvents(relay()->receive(client(), m_delimiter, frame));
    return true;
}

// As ZMTP 3.0 has it.
bool ZmtpPeer::handleSubscription(QByteArrayView body)
{
    if (body.isEmpty() || quint8(body.front()) > 1)
        return close("it sends messages where it is to hear");
    if (body.front() == 1)
        return subscribe(body.sliced(1));
    return unsubscribe(body.sliced(1));
}

bool ZmtpPeer::unsubscribe(QByteArrayView prefix)
{
    countChange();
    relay()->unsubscribe(client(), prefix);
    return true;
}

bool ZmtpPeer::subscribe(QByteArrayView prefix)
{
    countChange();
    return relay()->subscribe(client(), prefix) || close("it has subscribed to more than the server remembers");
}

} // namespace Pyvent::Internal
