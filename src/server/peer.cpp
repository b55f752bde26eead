// SPDX-License-Identifier: MIT
#include "server/peer.h"

#include <algorithm>

namespace Pyvent::Internal {

Peer::Peer(Relay *relay, qsizetype maximumBodySize)
    : m_relay(relay)
    , m_client(relay->add(), Remove{relay})
    , m_reader(std::min(maximumBodySize, FrameReader::maximumCommandSize), relay->accounts())
{
}

Peer::~Peer() = default;

void Peer::establish(qsizetype maximumBodySize)
{
    m_isEstablished = true;
    m_reader.setMaximumBodySize(maximumBodySize);
}

bool Peer::close(const char *why, const QString &details)
{
    m_whyClosed = why;
    m_details = details;
    return false;
}

void Peer::send(const QByteArray &encoded)
{
    m_client->output.append(Block(encoded, m_relay->accounts().blocks));
}

bool Peer::receive(QByteArrayView bytes)
{
    return check(m_reader.read(bytes, m_handle));
}

bool Peer::receivedInPlace(qsizetype count)
{
    return check(m_reader.readInPlace(count, m_handle));
}

bool Peer::check(FrameReader::Result result)
{
    switch (result) {
    case FrameReader::Result::More:
        return true;
    case FrameReader::Result::Stopped:
        return false;
    case FrameReader::Result::Reserved:
        return close("it sends what is no ZMTP");
    case FrameReader::Result::TooLarge:
        return close("it sends more in one frame than the server takes");
    }
    return false;
}

} // namespace Pyvent::Internal
