// SPDX-License-Identifier: MIT
#include "keptentry.h"

#include <QtCore/qcryptographichash.h>
#include <QtCore/qstringconverter.h>

#include <algorithm>
#include <cstring>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;

namespace {

constexpr QByteArrayView hiddenKeyMark = "==";
constexpr QByteArrayView reservedBegin = "_kv";

constexpr QByteArrayView leftOutHeader = "Pyvent-Left-Out";
constexpr QByteArrayView keptNumberHeader = "Pyvent-Number";

// Nobody's clock is so far ahead: as shared values have it.
constexpr qint64 farthestAhead = qint64(366) * 24 * 3600 * 1'000'000;
constexpr int counterBits = 16; // of a stamp, below its milliseconds

int compareBytes(const QUuid &a, const QUuid &b)
{
    const QByteArray left = a.toRfc4122();
    const QByteArray right = b.toRfc4122();
    return std::memcmp(left.constData(), right.constData(), std::size_t(left.size()));
}

bool isLetterOrDigit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Of a key, dots separate tokens, and no token is empty.
bool isPlain(QByteArrayView utf8, qsizetype at, const QByteArray &key)
{
    const char c = utf8[at];
    if (c == '.')
        return !key.isEmpty() && !key.endsWith('.') && at + 1 < utf8.size();
    if (c == '_' && at == 0)
        return !utf8.startsWith(reservedBegin);
    return isLetterOrDigit(c) || c == '-' || c == '_' || c == '/';
}

QByteArray escapedKey(QByteArrayView utf8)
{
    QByteArray key;
    key.reserve(utf8.size() + 16);
    for (qsizetype i = 0; i < utf8.size(); ++i) {
        if (isPlain(utf8, i, key))
            key += utf8[i];
        else
            key += '=' + QByteArray(1, utf8[i]).toHex().toUpper();
    }
    return key;
}

std::optional<QByteArray> unescapedKey(QByteArrayView key)
{
    QByteArray utf8;
    for (qsizetype i = 0; i < key.size(); ++i) {
        if (key[i] != '=') {
            utf8 += key[i];
            continue;
        }
        bool isNumber = false;
        const QByteArray digits = key.sliced(i).first(std::min<qsizetype>(3, key.size() - i)).sliced(1).toByteArray();
        const uint byte = digits.toUInt(&isNumber, 16);
        if (digits.size() != 2 || !isNumber)
            return {};
        utf8 += char(byte);
        i += 2;
    }
    return utf8;
}

} // namespace

std::strong_ordering operator<=>(const KeptVersion &a, const KeptVersion &b)
{
    if (a.stamp != b.stamp)
        return a.stamp <=> b.stamp;
    if (a.time != b.time)
        return a.time <=> b.time;
    if (const int order = compareBytes(a.node, b.node); order != 0)
        return order <=> 0;
    return a.number <=> b.number;
}

KeptVersion Kept::version() const
{
    if (message.stamp > 0)
        return {.stamp = message.stamp, .node = message.node};
    return {.time = message.time, .node = message.node, .number = message.number};
}

bool isPlausible(const Kept &kept, qint64 time)
{
    const qint64 latest = std::max<qint64>(time, 0) + farthestAhead;
    return kept.message.stamp > 0 ? kept.message.stamp <= quint64(latest / 1000) << counterBits
                                  : kept.message.time <= latest;
}

// A bucket's name has no dots. '_' stands for itself only if it is doubled.
QByteArray bucketOf(const QString &prefix)
{
    return "pyvent-" + prefix.toUtf8().replace("_", "__").replace(".", "_-");
}

QByteArray keyOf(QStringView name)
{
    const QByteArray utf8 = name.toUtf8();
    QByteArray key = escapedKey(utf8);
    if (key.size() <= longestAddress && key.count('.') < mostLevels)
        return key;
    return hiddenKeyMark.toByteArray() + QCryptographicHash::hash(utf8, QCryptographicHash::Sha256).toHex();
}

std::optional<QString> nameOfKey(QByteArrayView key)
{
    const auto utf8 = key.startsWith(hiddenKeyMark) ? std::nullopt : unescapedKey(key);
    if (!utf8)
        return {};
    QStringDecoder decoder(QStringDecoder::Utf8,
                           QStringDecoder::Flag::Stateless | QStringDecoder::Flag::ConvertInitialBom);
    const QString name = decoder.decode(*utf8);
    return !name.isEmpty() && keyOf(name) == key ? std::optional(name) : std::nullopt;
}

Envelope sealKept(const Kept &kept)
{
    Envelope envelope = seal(kept.message, Dialect::Nats);
    const QByteArray key = keyOf(kept.message.name);
    if (key.startsWith(hiddenKeyMark) && envelope.header("Pyvent-Name").isNull())
        envelope.headers.emplaceBack("Pyvent-Name"_ba, escapeText(kept.message.name));
    if (kept.leftOut > 0)
        envelope.headers.emplaceBack(leftOutHeader.toByteArray(), QByteArray::number(kept.leftOut));
    envelope.address = key;
    return envelope;
}

// It is an event's but for its address, and its number where it writes a value.
std::optional<Kept> unsealKept(const Envelope &envelope, QString *why)
{
    const auto refuse = [why](const QString &text) {
        *why = text;
        return std::nullopt;
    };
    const bool isHidden = envelope.address.startsWith(hiddenKeyMark);
    const auto name = isHidden ? unescapeText(envelope.header("Pyvent-Name")) : nameOfKey(envelope.address);
    if (!name || name->isEmpty() || keyOf(*name) != envelope.address)
        return refuse(u"no event's name can be read off its key"_s);
    Envelope event = envelope;
    event.address = addressOf(*name, Dialect::Nats).text;
    if (addressOf(*name, Dialect::Nats).hidesName && !isHidden)
        event.headers.emplaceBack("Pyvent-Name"_ba, escapeText(*name));
    const bool hasNoNumber = envelope.header("Pyvent-Stamp").size() > 0 && envelope.header(keptNumberHeader) == "0";
    for (Envelope::Header &header : event.headers) {
        if (header.first == keptNumberHeader && hasNoNumber)
            header.second = "1"_ba;
    }
    const auto message = unseal(event, why);
    if (!message)
        return std::nullopt;
    if (message->node.isNull())
        return refuse(u"no bridge has put it there"_s);
    if (message->name != *name)
        return refuse(u"its key is another name's"_s);
    Kept kept{.message = *message};
    if (hasNoNumber)
        kept.message.number = 0;
    kept.message.lost = 0;
    if (const QByteArray text = envelope.header(leftOutHeader); !text.isNull()) {
        bool isNumber = false;
        kept.leftOut = qsizetype(text.toLongLong(&isNumber));
        if (!isNumber || kept.leftOut <= 0)
            return refuse(u"its header %1 is wrong"_s.arg(QLatin1StringView(leftOutHeader)));
        kept.message.payload.clear();
    }
    return kept;
}

} // namespace Pyvent::Bridge
