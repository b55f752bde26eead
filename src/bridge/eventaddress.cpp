// SPDX-License-Identifier: MIT
#include "eventaddress.h"

#include <QtCore/qcryptographichash.h>
#include <QtCore/qstringconverter.h>

namespace Pyvent::Bridge {

namespace {

constexpr QByteArrayView hiddenMark = "%~";

int hexValue(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

void appendEscaped(QByteArray *text, QByteArrayView bytes)
{
    constexpr char digits[] = "0123456789ABCDEF";
    for (const char c : bytes) {
        *text += '%';
        *text += digits[quint8(c) >> 4];
        *text += digits[quint8(c) & 15];
    }
}

// Of the characters that are bytes: all others are Unicode's above U+007F, whose bytes are.
bool isPlainByte(char c, Dialect dialect)
{
    if (quint8(c) <= 0x20 || c == 0x7f || c == '%')
        return c == ' ' && dialect == Dialect::Mqtt; // topics may have spaces
    return dialect == Dialect::Nats ? c != '*' && c != '>' : c != '+' && c != '#';
}

// Whether MQTT allows it in a topic: brokers hang up on the others (MQTT 5, 1.5.4).
bool isAllowedInTopic(char32_t c)
{
    const bool isControl = c >= 0x80 && c <= 0x9f;
    const bool isNoncharacter = (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe;
    return !isControl && !isNoncharacter;
}

char separatorOf(Dialect dialect)
{
    return dialect == Dialect::Nats ? '.' : '/';
}

// How many bytes the character at \a at has; \a at is the first one.
qsizetype lengthOf(QByteArrayView utf8, qsizetype at)
{
    const auto first = quint8(utf8[at]);
    const qsizetype length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    return std::min(length, utf8.size() - at);
}

char32_t characterAt(QByteArrayView utf8, qsizetype at, qsizetype length)
{
    char32_t c = length == 1 ? quint8(utf8[at]) : quint8(utf8[at]) & (0x7f >> length);
    for (qsizetype i = 1; i < length; ++i)
        c = c << 6 | (quint8(utf8[at + i]) & 0x3f);
    return c;
}

QByteArray escapeName(QByteArrayView utf8, Dialect dialect)
{
    QByteArray text;
    text.reserve(utf8.size() + 16);
    for (qsizetype i = 0; i < utf8.size();) {
        const qsizetype length = lengthOf(utf8, i);
        const QByteArrayView bytes = utf8.sliced(i, length);
        i += length;
        bool isPlain = true;
        if (length == 1 && bytes[0] == '.' && dialect == Dialect::Nats)
            isPlain = !text.isEmpty() && !text.endsWith('.') && i < utf8.size(); // no token is empty
        else if (length == 1)
            isPlain = isPlainByte(bytes[0], dialect);
        else if (dialect == Dialect::Mqtt)
            isPlain = isAllowedInTopic(characterAt(bytes, 0, length));
        if (isPlain)
            text += bytes;
        else
            appendEscaped(&text, bytes);
    }
    return text;
}

// Reads %XX; what only looks like it stays.
QByteArray unescape(QByteArrayView text)
{
    QByteArray bytes;
    bytes.reserve(text.size());
    for (qsizetype i = 0; i < text.size(); ++i) {
        const int high = text[i] == '%' && i + 2 < text.size() ? hexValue(text[i + 1]) : -1;
        const int low = high >= 0 ? hexValue(text[i + 2]) : -1;
        if (low < 0) {
            bytes += text[i];
            continue;
        }
        bytes += char(high << 4 | low);
        i += 2;
    }
    return bytes;
}

std::optional<QString> fromUtf8(QByteArrayView bytes)
{
    QStringDecoder decoder(QStringDecoder::Utf8,
                           QStringDecoder::Flag::Stateless | QStringDecoder::Flag::ConvertInitialBom);
    const QString text = decoder.decode(bytes);
    return decoder.hasError() ? std::nullopt : std::optional(text);
}

} // namespace

EventAddress addressOf(QStringView name, Dialect dialect)
{
    const QByteArray utf8 = name.toUtf8();
    QByteArray text = escapeName(utf8, dialect);
    if (text.size() <= longestAddress && text.count(separatorOf(dialect)) < mostLevels)
        return {text};
    return {hiddenMark.toByteArray() + QCryptographicHash::hash(utf8, QCryptographicHash::Sha256).toHex(), true};
}

std::optional<QString> nameFromAddress(QByteArrayView address)
{
    if (address.isEmpty() || address.startsWith(hiddenMark))
        return std::nullopt;
    return fromUtf8(unescape(address));
}

QByteArray escapeText(QStringView text)
{
    const QByteArray utf8 = text.toUtf8();
    QByteArray escaped;
    escaped.reserve(utf8.size());
    for (qsizetype i = 0; i < utf8.size();) {
        const qsizetype length = lengthOf(utf8, i);
        const QByteArrayView bytes = QByteArrayView(utf8).sliced(i, length);
        const bool isAtEnd = i == 0 || i + length == utf8.size();
        i += length;
        const bool isPlain = length == 1
            ? (bytes[0] > ' ' && bytes[0] < 0x7f && bytes[0] != '%') || (bytes[0] == ' ' && !isAtEnd)
            : isAllowedInTopic(characterAt(bytes, 0, length));
        if (isPlain)
            escaped += bytes;
        else
            appendEscaped(&escaped, bytes);
    }
    return escaped;
}

std::optional<QString> unescapeText(QByteArrayView text)
{
    return fromUtf8(unescape(text));
}

} // namespace Pyvent::Bridge
