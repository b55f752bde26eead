// SPDX-License-Identifier: MIT
#include "support/curveclient.h"

#include <QtCore/qendian.h>

#include <cstring>

#include <sodium.h>

namespace PyventTests {

using namespace Pyvent::Internal;

namespace {

const unsigned char *unsignedBytes(QByteArrayView view)
{
    return reinterpret_cast<const unsigned char *>(view.data());
}

QByteArray nonceOf(QByteArrayView begin, quint64 number)
{
    QByteArray nonce = begin.toByteArray() + QByteArray(8, '\0');
    qToBigEndian(number, nonce.data() + begin.size());
    return nonce;
}

// By the functions of NaCl, and not by those that the server uses.
QByteArray box(QByteArrayView plain, QByteArrayView nonce, QByteArrayView key, const Secret &secret)
{
    QByteArray sealed(plain.size() + Curve::tagSize, '\0');
    const bool isSealed =
        ::crypto_box_easy(reinterpret_cast<unsigned char *>(sealed.data()), unsignedBytes(plain), quint64(plain.size()),
                          unsignedBytes(nonce), unsignedBytes(key), secret.data())
        == 0;
    return isSealed ? sealed : QByteArray();
}

std::optional<QByteArray> unbox(QByteArrayView sealed, QByteArrayView nonce, QByteArrayView key, const Secret &secret)
{
    QByteArray plain(sealed.size() - Curve::tagSize, '\0');
    const bool isOpen =
        ::crypto_box_open_easy(reinterpret_cast<unsigned char *>(plain.data()), unsignedBytes(sealed),
                               quint64(sealed.size()), unsignedBytes(nonce), unsignedBytes(key), secret.data())
        == 0;
    return isOpen ? std::optional(plain) : std::nullopt;
}

} // namespace

CurveClient::CurveClient(const KeyPair &own, QByteArrayView serverKey)
    : m_own(own)
    , m_serverKey(serverKey.toByteArray())
{
}

QByteArray CurveClient::hello()
{
    ++nonce;
    const QByteArray sealed = box(QByteArray(Curve::helloBoxedSize, '\0'), nonceOf(Curve::helloNonce, nonce),
                                  m_serverKey, m_shortTerm.secretKey());
    return Curve::helloBody({m_shortTerm.publicKey(), nonce, sealed});
}

bool CurveClient::takeWelcome(QByteArrayView body)
{
    const auto welcome = Curve::readWelcome(body);
    if (!welcome)
        return false;
    const auto plain = unbox(welcome->box, Curve::welcomeNonce.toByteArray() + welcome->nonce.toByteArray(),
                             m_serverKey, m_shortTerm.secretKey());
    if (!plain)
        return false;
    m_serverShortTerm = plain->first(Curve::keySize);
    m_cookie = plain->sliced(Curve::keySize);
    return true;
}

QByteArray CurveClient::initiate(QByteArrayView metadata)
{
    ++nonce;
    const QByteArray vouchNonce(Curve::longNonceSize, 'v');
    const QByteArray vouched =
        m_shortTerm.publicKey().toByteArray() + (vouchedServer.isEmpty() ? m_serverKey : vouchedServer);
    const QByteArray vouch = box(vouched, Curve::vouchNonce.toByteArray() + vouchNonce, m_serverShortTerm,
                                 (vouchedWith ? *vouchedWith : m_own).secretKey());
    const QByteArray plain = m_own.publicKey().toByteArray() + vouchNonce + vouch + metadata.toByteArray();
    const QByteArray sealed =
        box(plain, nonceOf(Curve::initiateNonce, nonce), m_serverShortTerm, m_shortTerm.secretKey());
    return Curve::initiateBody({m_cookie, nonce, sealed});
}

std::optional<QByteArray> CurveClient::openReady(QByteArrayView body)
{
    const auto ready = Curve::readReady(body);
    if (!ready)
        return {};
    m_received = ready->nonce;
    return unbox(ready->box, nonceOf(Curve::readyNonce, ready->nonce), m_serverShortTerm, m_shortTerm.secretKey());
}

QByteArray CurveClient::message(quint8 flags, QByteArrayView body)
{
    ++nonce;
    QByteArray head(Curve::messageHeadSize, '\0');
    Curve::writeMessageHead(nonce, head.data());
    return head
        + box(QByteArray(1, char(flags)) + body.toByteArray(), nonceOf(Curve::clientNonce, nonce), m_serverShortTerm,
              m_shortTerm.secretKey());
}

std::optional<QByteArray> CurveClient::openMessage(QByteArrayView body)
{
    const auto message = Curve::readMessage(body);
    if (!message || message->nonce <= m_received)
        return {};
    m_received = message->nonce;
    return unbox(message->box, nonceOf(Curve::serverNonce, message->nonce), m_serverShortTerm, m_shortTerm.secretKey());
}

} // namespace PyventTests
