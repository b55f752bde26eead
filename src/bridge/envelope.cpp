// SPDX-License-Identifier: MIT
#include "envelope.h"

#include <algorithm>
#include <initializer_list>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;

namespace {

constexpr QByteArrayView nodeHeader = "Pyvent-Node";
constexpr QByteArrayView numberHeader = "Pyvent-Number";
constexpr QByteArrayView timeHeader = "Pyvent-Time";
constexpr QByteArrayView senderHeader = "Pyvent-Sender";
constexpr QByteArrayView busHeader = "Pyvent-Bus";
constexpr QByteArrayView lostHeader = "Pyvent-Lost";
constexpr QByteArrayView nameHeader = "Pyvent-Name";
constexpr QByteArrayView stampHeader = "Pyvent-Stamp";

constexpr QByteArrayView pickleType = "application/x-pyvent-pickle";
constexpr QByteArrayView jsonType = "application/json";

constexpr qsizetype longestSender = 255;   // characters, as PyventNode::send() takes them
constexpr qsizetype longestName = 1024;    // likewise
constexpr qsizetype longestBusHeader = 64; // bytes

// A header that is there and cannot be read.
struct BadHeader
{
    QByteArrayView name;
};

std::optional<qint64> numberIn(const Envelope &envelope, QByteArrayView name, qint64 least)
{
    const QByteArray text = envelope.header(name);
    if (text.isNull())
        return std::nullopt;
    bool isNumber = false;
    const qint64 number = text.toLongLong(&isNumber);
    if (!isNumber || number < least)
        throw BadHeader{name};
    return number;
}

std::optional<QString> textIn(const Envelope &envelope, QByteArrayView name, qsizetype longest)
{
    const QByteArray bytes = envelope.header(name);
    if (bytes.isNull())
        return std::nullopt;
    const auto text = unescapeText(bytes);
    if (!text || text->isEmpty() || text->size() > longest)
        throw BadHeader{name};
    return text;
}

void readIdentity(const Envelope &envelope, Message *message)
{
    const QByteArray node = envelope.header(nodeHeader);
    if (node.isNull())
        return; // some other program's
    message->node = QUuid::fromString(QLatin1StringView(node));
    if (message->node.isNull())
        throw BadHeader{nodeHeader};
    const auto number = numberIn(envelope, numberHeader, 1);
    if (!number)
        throw BadHeader{numberHeader};
    message->number = quint64(*number);
    message->time = numberIn(envelope, timeHeader, 0).value_or(0);
    message->stamp = quint64(numberIn(envelope, stampHeader, 1).value_or(0));
    message->lost = std::min(quint64(numberIn(envelope, lostHeader, 0).value_or(0)), message->number - 1);
    message->bus = envelope.header(busHeader);
    if (message->bus.size() > longestBusHeader)
        throw BadHeader{busHeader};
}

bool isHidden(const QString &name, const QByteArray &address)
{
    return std::ranges::any_of(std::initializer_list{Dialect::Nats, Dialect::Mqtt}, [&](Dialect dialect) {
        const EventAddress own = addressOf(name, dialect);
        return own.hidesName && own.text == address;
    });
}

// Other programs have spaces in topics, and events have none in their names.
QString toEventName(QString text)
{
    for (QChar &c : text) {
        if (c.isSpace() || c.category() == QChar::Other_Control)
            c = u'-';
    }
    return text;
}

} // namespace

QByteArray Envelope::header(QByteArrayView name) const
{
    for (const Header &header : headers) {
        if (header.first == name)
            return header.second.isNull() ? ""_ba : header.second;
    }
    return {};
}

Envelope seal(const Message &message, Dialect dialect)
{
    const EventAddress address = addressOf(message.name, dialect);
    Envelope envelope{.address = address.text,
                      .contentType = (message.format == Message::Format::Json ? jsonType : pickleType).toByteArray(),
                      .headers = {},
                      .payload = message.payload};
    const auto add = [&](QByteArrayView name, const QByteArray &value) {
        envelope.headers.emplaceBack(name.toByteArray(), value);
    };
    add(nodeHeader, message.node.toByteArray(QUuid::WithoutBraces));
    add(numberHeader, QByteArray::number(message.number));
    add(timeHeader, QByteArray::number(message.time));
    if (!message.sender.isEmpty())
        add(senderHeader, escapeText(message.sender));
    if (!message.bus.isEmpty())
        add(busHeader, message.bus);
    if (message.lost > 0)
        add(lostHeader, QByteArray::number(message.lost));
    if (message.stamp > 0)
        add(stampHeader, QByteArray::number(message.stamp));
    if (address.hidesName)
        add(nameHeader, escapeText(message.name));
    return envelope;
}

std::optional<Message> unseal(const Envelope &envelope, QString *why)
{
    const auto refuse = [why](const QString &text) {
        *why = text;
        return std::nullopt;
    };
    Message message;
    try {
        readIdentity(envelope, &message);
        message.sender = textIn(envelope, senderHeader, longestSender).value_or(QString());
        // Who may publish where is for the engine to say, so no header says anything else about an address that has the name.
        const auto name = textIn(envelope, nameHeader, longestName);
        if (name && isHidden(*name, envelope.address))
            message.name = *name;
        else if (const auto read = nameFromAddress(envelope.address); read && read->size() <= longestName)
            message.name = *read;
        else
            return refuse(u"no event's name can be read off its address"_s);
    } catch (const BadHeader &bad) {
        return refuse(u"its header %1 is missing or wrong"_s.arg(QLatin1StringView(bad.name)));
    }
    if (message.node.isNull())
        message.name = toEventName(message.name);
    message.payload = envelope.payload;
    message.format = envelope.contentType == pickleType ? Message::Format::Pickle : Message::Format::Json;
    if (message.node.isNull() && message.format == Message::Format::Pickle)
        return refuse(u"it is a pickle without the header %1"_s.arg(QLatin1StringView(nodeHeader)));
    return message;
}

QByteArray idOf(const Message &message, Dialect dialect)
{
    return message.node.toByteArray(QUuid::WithoutBraces) + ':' + addressOf(message.name, dialect).text + ':'
        + QByteArray::number(message.number);
}

} // namespace Pyvent::Bridge
