// SPDX-License-Identifier: MIT
#include "wire/curve.h"

#include <QtCore/qendian.h>

#include <algorithm>

namespace Pyvent::Internal::Curve {

namespace {

constexpr QByteArrayView helloName("\5HELLO");
constexpr QByteArrayView version("\1\0", 2);
constexpr qsizetype paddingSize = 72; // so that the answer is smaller, and nobody is flooded with answers
constexpr QByteArrayView welcomeName("\7WELCOME");
constexpr QByteArrayView initiateName("\10INITIATE");
constexpr QByteArrayView readyName("\5READY");
constexpr QByteArrayView messageName("\7MESSAGE");
constexpr QByteArrayView errorName("\5ERROR");

static_assert(messageHeadSize == messageName.size() + shortNonceSize);

// Takes what a body is made of from its beginning. The body is known to be long enough.
class Parts
{
public:
    explicit Parts(QByteArrayView body)
        : m_rest(body)
    {
    }

    QByteArrayView take(qsizetype size)
    {
        const QByteArrayView part = m_rest.first(size);
        m_rest = m_rest.sliced(size);
        return part;
    }
    quint64 takeNumber() { return qFromBigEndian<quint64>(take(shortNonceSize).data()); }
    QByteArrayView rest() const { return m_rest; }

private:
    QByteArrayView m_rest;
};

QByteArray number(quint64 value)
{
    QByteArray bytes(qsizetype(sizeof value), Qt::Uninitialized);
    qToBigEndian(value, bytes.data());
    return bytes;
}

QByteArray joined(std::initializer_list<QByteArrayView> parts)
{
    QByteArray all;
    for (const QByteArrayView part : parts)
        all.append(part);
    return all;
}

std::optional<Sealed> readSealed(QByteArrayView body, QByteArrayView name, qsizetype least)
{
    if (!body.startsWith(name) || body.size() < name.size() + shortNonceSize + tagSize + least)
        return {};
    Parts parts(body.sliced(name.size()));
    const quint64 nonce = parts.takeNumber();
    return Sealed{nonce, parts.rest()};
}

} // namespace

std::optional<Hello> readHello(QByteArrayView body)
{
    constexpr qsizetype size =
        helloName.size() + version.size() + paddingSize + keySize + shortNonceSize + helloBoxedSize + tagSize;
    if (body.size() != size || !body.startsWith(helloName))
        return {};
    Parts parts(body.sliced(helloName.size()));
    if (parts.take(version.size()) != version)
        return {};
    const QByteArrayView padding = parts.take(paddingSize);
    if (std::any_of(padding.begin(), padding.end(), [](char c) { return c != 0; }))
        return {};
    const QByteArrayView key = parts.take(keySize);
    const quint64 nonce = parts.takeNumber();
    return Hello{key, nonce, parts.rest()};
}

QByteArray helloBody(const Hello &hello)
{
    return joined({helloName, version, QByteArray(paddingSize, '\0'), hello.key, number(hello.nonce), hello.box});
}

std::optional<Welcome> readWelcome(QByteArrayView body)
{
    if (body.size() != welcomeName.size() + longNonceSize + welcomeBoxedSize + tagSize || !body.startsWith(welcomeName))
        return {};
    Parts parts(body.sliced(welcomeName.size()));
    const QByteArrayView nonce = parts.take(longNonceSize);
    return Welcome{nonce, parts.rest()};
}

QByteArray welcomeBody(const Welcome &welcome)
{
    return joined({welcomeName, welcome.nonce, welcome.box});
}

std::optional<Initiate> readInitiate(QByteArrayView body)
{
    constexpr qsizetype least = initiateName.size() + cookieSize + shortNonceSize + keySize + vouchSize + tagSize;
    if (body.size() < least || !body.startsWith(initiateName))
        return {};
    Parts parts(body.sliced(initiateName.size()));
    const QByteArrayView cookie = parts.take(cookieSize);
    const quint64 nonce = parts.takeNumber();
    return Initiate{cookie, nonce, parts.rest()};
}

QByteArray initiateBody(const Initiate &initiate)
{
    return joined({initiateName, initiate.cookie, number(initiate.nonce), initiate.box});
}

std::optional<Introduction> readIntroduction(QByteArrayView boxed)
{
    if (boxed.size() < keySize + vouchSize)
        return {};
    Parts parts(boxed);
    Introduction introduction;
    introduction.key = parts.take(keySize);
    introduction.nonce = parts.take(longNonceSize);
    introduction.vouch = parts.take(vouchSize - longNonceSize);
    introduction.metadata = parts.rest();
    return introduction;
}

std::optional<Sealed> readReady(QByteArrayView body)
{
    return readSealed(body, readyName, 0);
}

QByteArray readyBody(const Sealed &ready)
{
    return joined({readyName, number(ready.nonce), ready.box});
}

std::optional<Sealed> readMessage(QByteArrayView body)
{
    return readSealed(body, messageName, 1);
}

char *writeMessageHead(quint64 nonce, char *to)
{
    to = std::copy(messageName.begin(), messageName.end(), to);
    qToBigEndian(nonce, to);
    return to + shortNonceSize;
}

QByteArray errorBody(QByteArrayView reason)
{
    return joined({errorName, QByteArray(1, char(reason.size())), reason});
}

} // namespace Pyvent::Internal::Curve
