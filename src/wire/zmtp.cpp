// SPDX-License-Identifier: MIT
#include "wire/zmtp.h"

#include <QtCore/qendian.h>
#include <QtCore/quuid.h>

#include <algorithm>
#include <cstring>

namespace Pyvent::Internal::Zmtp {

namespace {

constexpr QByteArrayView nullMechanism("NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
constexpr QByteArrayView curveMechanism("CURVE\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
constexpr qsizetype signatureEnd = 9;
constexpr qsizetype majorVersion = 10;
constexpr qsizetype mechanism = 12;
constexpr qsizetype asServer = 32;
constexpr quint8 major = 3;
constexpr char minor = 1;

constexpr QByteArrayView identityMark = "pyvent:";

} // namespace

QByteArray greeting(Mechanism which)
{
    QByteArray bytes(greetingSize, '\0');
    bytes[0] = '\xFF';
    bytes[signatureEnd] = '\x7F';
    bytes[majorVersion] = char(major);
    bytes[majorVersion + 1] = minor;
    const QByteArrayView name = which == Mechanism::Null ? nullMechanism : curveMechanism;
    std::memcpy(bytes.data() + mechanism, name.data(), std::size_t(name.size()));
    bytes[asServer] = which == Mechanism::CurveServer;
    return bytes;
}

Greeting readGreeting(QByteArrayView bytes)
{
    if (!bytes.isEmpty() && bytes[0] != '\xFF')
        return Greeting::NoZmtp;
    if (bytes.size() > signatureEnd && !(bytes[signatureEnd] & 1))
        return Greeting::NoZmtp;
    if (bytes.size() > majorVersion && quint8(bytes[majorVersion]) < major)
        return Greeting::OldVersion;
    if (bytes.size() < greetingSize)
        return Greeting::Incomplete;
    const QByteArrayView name = bytes.sliced(mechanism, nullMechanism.size());
    if (name == nullMechanism)
        return Greeting::Null;
    return name == curveMechanism ? Greeting::Curve : Greeting::OtherMechanism;
}

std::optional<Header> readHeader(QByteArrayView bytes)
{
    if (bytes.size() < headerSize(0))
        return {};
    const auto flags = quint8(bytes[0]);
    if (!(flags & Header::Long))
        return Header{flags, quint8(bytes[1]), headerSize(0)};
    if (bytes.size() < maximumHeaderSize)
        return {};
    return Header{flags, qFromBigEndian<quint64>(bytes.data() + 1), maximumHeaderSize};
}

char *writeHeader(quint8 flags, qsizetype bodySize, char *to)
{
    if (headerSize(bodySize) == maximumHeaderSize) {
        *to++ = char(flags | Header::Long);
        qToBigEndian(quint64(bodySize), to);
        return to + sizeof(quint64);
    }
    *to++ = char(flags);
    *to++ = char(bodySize);
    return to;
}

QByteArray frame(quint8 flags, QByteArrayView body)
{
    QByteArray bytes(headerSize(body.size()) + body.size(), Qt::Uninitialized);
    char *const to = writeHeader(flags, body.size(), bytes.data());
    std::copy(body.begin(), body.end(), to);
    return bytes;
}

std::optional<Command> readCommand(QByteArrayView body)
{
    if (body.isEmpty() || body[0] == 0 || body.size() < 1 + quint8(body[0]))
        return {};
    return Command{body.sliced(1, quint8(body[0])), body.sliced(1 + quint8(body[0]))};
}

QByteArray commandFrame(QByteArrayView name, QByteArrayView data)
{
    QByteArray body(1, char(name.size()));
    body.append(name);
    body.append(data);
    return frame(Header::Command, body);
}

QByteArray property(QByteArrayView name, QByteArrayView value)
{
    char size[sizeof(quint32)];
    qToBigEndian(quint32(value.size()), size);
    QByteArray bytes(1, char(name.size()));
    bytes.append(name);
    bytes.append(size, sizeof size);
    bytes.append(value);
    return bytes;
}

QByteArray properties(QByteArrayView socketType)
{
    return property("Socket-Type", socketType) + property("Identity", {}) + property(provesSenders, "1")
        + property(tellsWhoIsLost, "1");
}

QByteArray readyFrame(QByteArrayView socketType)
{
    return commandFrame("READY", properties(socketType));
}

QByteArray identity(QByteArrayView secret)
{
    return identityMark.toByteArray() + QUuid::createUuid().toRfc4122() + secret.toByteArray();
}

QByteArrayView secretOf(QByteArrayView identity)
{
    const qsizetype before = identityMark.size() + 16;
    return identity.startsWith(identityMark) && identity.size() > before ? identity.sliced(before) : QByteArrayView();
}

QByteArrayView readProperty(QByteArrayView data, QByteArrayView property)
{
    QByteArrayView found;
    while (!data.isEmpty()) {
        const qsizetype nameSize = quint8(data[0]);
        if (data.size() < 1 + nameSize + qsizetype(sizeof(quint32)))
            return {};
        const QByteArrayView name = data.sliced(1, nameSize);
        const qsizetype size = qFromBigEndian<quint32>(data.data() + 1 + nameSize);
        data = data.sliced(1 + nameSize + qsizetype(sizeof(quint32)));
        if (data.size() < size)
            return {};
        if (found.isNull() && name.compare(property, Qt::CaseInsensitive) == 0)
            found = data.first(size);
        data = data.sliced(size);
    }
    return found;
}

} // namespace Pyvent::Internal::Zmtp
