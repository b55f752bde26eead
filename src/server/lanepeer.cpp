// SPDX-License-Identifier: MIT
#include "server/lanepeer.h"

#include <QtCore/qscopeguard.h>

namespace Pyvent::Internal {

namespace {

// So many events are acknowledged at once, because they keep the sender's memory; fewer wait for something to share the way.
constexpr quint64 manyEvents = 256;
constexpr qsizetype manyBytes = qsizetype(64) * 1024;

} // namespace

LanePeer::LanePeer(Relay *relay, qsizetype maximumFrameSize, bool takesFiles)
    : Peer(relay, FrameReader::maximumCommandSize)
    , m_maximumFrameSize(maximumFrameSize)
    , m_takesFiles(takesFiles)
{
    client()->acknowledgeNow = [this] {
        if (due() != m_told)
            acknowledge();
    };
}

bool LanePeer::receive(QByteArrayView bytes)
{
    // Whatever happens, the run is not used any more when the bytes are gone.
    const auto forget = qScopeGuard([this] {
        relay()->forgetRun();
        m_bytes = {};
    });
    m_bytes = bytes;
    const bool goesOn = Peer::receive(bytes);
    relay()->endRun();
    if (goesOn && m_files.areTooMany())
        return close("it sends files, and does not say what they are");
    return goesOn;
}

bool LanePeer::handle(const FrameReader::Frame &frame)
{
    if (frame.hasMore())
        return close("it sends a message in parts");
    return frame.isCommand() ? handleCommand(frame.body) : handleMessage(frame);
}

bool LanePeer::handleMessage(const FrameReader::Frame &frame)
{
    if (!isEstablished())
        return close("it sends messages before it has said what it is");
    const bool stays = frame.encoded.begin() >= m_bytes.begin() && frame.encoded.end() <= m_bytes.end();
    if (stays && frame.block.isNull())
        relay()->addToRun(client(), frame);
    else
        relay()->passOn(client(), frame);
    took(frame.encoded.size());
    return true;
}

void LanePeer::took(qsizetype bytes)
{
    ++m_taken.events;
    countEvents(1);
    m_untoldBytes += bytes;
}

// An event's frame, as it would have come without the file.
bool LanePeer::handleFile(QByteArrayView data)
{
    FileDescriptor file = m_files.take();
    if (!file.isOpen())
        return close("it announces a file that is not there, or that there is no descriptor for");
    const auto most = quint64(Zmtp::maximumHeaderSize + m_maximumFrameSize);
    const auto size = Lane::readFile(data);
    if (!size || *size > most)
        return close("it sends a file that is not sealed, too large, or no event");
    return *size == 0 ? handleSealedFile(std::move(file)) : handlePooledFile(std::move(file), qsizetype(*size));
}

bool LanePeer::handleSealedFile(FileDescriptor file)
{
    FileMapping mapping(file, Zmtp::maximumHeaderSize + m_maximumFrameSize, false);
    const QByteArrayView encoded = mapping.bytes();
    const auto header = Zmtp::readHeader(encoded);
    if (encoded.size() < Lane::largeEvent || !header || header->flags & ~Zmtp::Header::Long
        || header->bodySize != quint64(encoded.size() - header->size))
        return close("it sends a file that is not sealed, too large, or no event");
    tookFile(encoded, encoded.size(), relay()->block(std::move(mapping), std::move(file)));
    return true;
}

bool LanePeer::handlePooledFile(FileDescriptor file, qsizetype size)
{
    if (size < Lane::largeEvent || !isPooledFile(file, size))
        return close("it sends a file that others can change, or too small");
    if (const auto ends = EventEnds::of(file, size)) {
        tookFile(ends->frame(), size, relay()->block(*ends, std::move(file), size));
        return true;
    }
    const Block copy = relay()->copy(file, size); // its name may be longer than is looked at
    if (!EventEnds::isEvent(copy.bytes()))
        return close("it sends a file that is no event");
    tookFile(copy.bytes(), size, copy);
    return true;
}

// What is looked at of the event is \a encoded. The block is null where there is nothing to pass on.
void LanePeer::tookFile(QByteArrayView encoded, qsizetype size, Block block)
{
    const Zmtp::Header header = *Zmtp::readHeader(encoded);
    if (!block.isNull())
        relay()->passOn(client(), {header.flags, encoded, encoded.sliced(header.size), std::move(block)});
    countInFile(size);
    took(size);
}

bool LanePeer::handleCommand(QByteArrayView body)
{
    const auto command = Zmtp::readCommand(body);
    if (!command)
        return close("it sends a command without a name");
    if (!isEstablished()) {
        if (command->name != Lane::readyCommand || !Lane::isReady(command->data))
            return close("it does not say what it is, or speaks another version of the lane");
        send(Lane::serverReadyFrame(m_takesFiles));
        client()->speaker.setSecret(Lane::secretOf(command->data));
        client()->isLane = true;
        if (m_takesFiles && Lane::takesFiles(command->data))
            client()->output.setTakesFiles();
        relay()->speaks(client());
        establish(m_maximumFrameSize);
        return true;
    }
    if (command->name == Lane::subscribeCommand) {
        if (!relay()->subscribe(client(), command->data))
            return close("it has subscribed to more than the server remembers");
        ++m_taken.subscriptions;
        countChange();
    } else if (command->name == Lane::cancelCommand) {
        relay()->unsubscribe(client(), command->data);
        ++m_taken.subscriptions;
        countChange();
    } else if (command->name == Lane::fileCommand) {
        return handleFile(command->data);
    } else if (command->name == Lane::doneCommand) {
        const auto files = Lane::readDone(command->data);
        if (!files || !client()->output.haveDone(*files))
            return close("it has done with files that it has not had");
        relay()->touch(client());
    } else if (command->name == Lane::lagCommand) {
        const auto lags = Lane::readLag(command->data);
        if (!lags)
            return close("it says of its lag what nobody understands");
        relay()->setLags(client(), *lags);
    } else if (command->name == Lane::hurryCommand) {
        m_isInHurry = true;
    }
    return true; // what is not known may be ignored
}

// What may be acknowledged: no events while their sender waits for a receiver.
Lane::Acknowledgement LanePeer::due() const
{
    return relay()->isHeld(client()) ? Lane::Acknowledgement{m_told.events, m_taken.subscriptions} : m_taken;
}

Peer::Debt LanePeer::debt() const
{
    // One at a time: who does not read gets no more of them.
    const Lane::Acknowledgement taken = due();
    if (taken == m_told || client()->output.written() < m_tellsUpTo)
        return Debt::None;
    const bool isMuch = taken.events - m_told.events >= manyEvents || m_untoldBytes >= manyBytes;
    return isMuch || m_isInHurry || taken.subscriptions != m_told.subscriptions ? Debt::Now : Debt::Soon;
}

void LanePeer::settle()
{
    if (debt() != Debt::None)
        acknowledge();
}

void LanePeer::acknowledge()
{
    m_told = due();
    send(Lane::acknowledgementFrame(m_told));
    if (m_told == m_taken) {
        m_untoldBytes = 0;
        m_isInHurry = false;
    }
    m_tellsUpTo = client()->output.appended();
}

} // namespace Pyvent::Internal
