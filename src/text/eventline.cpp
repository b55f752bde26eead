// SPDX-License-Identifier: MIT
#include "eventline.h"

#include "jsonreader.h"
#include "jsonwriter.h"
#include "pythontext.h"

#include <PyventSender>

namespace Pyvent::Text {

using namespace Qt::StringLiterals;

namespace {

// What is written before the parts of a line, and after each.
struct Style
{
    QStringView time;
    QStringView name;
    QStringView sender;
    QStringView mark;
    QStringView key;
    QStringView end;
};

constexpr Style plain = {};
// Of the 16 colours that every terminal has, and that its user has chosen, those that show on dark and on light.
constexpr Style coloured = {
    .time = u"\x1b[2m",    // faint
    .name = u"\x1b[1m",    // bold
    .sender = u"\x1b[32m", // green
    .mark = u"\x1b[33m",   // yellow
    .key = u"\x1b[36m",    // cyan
    .end = u"\x1b[0m",
};

QByteArray asText(const PyventEvent &event, const Style &style)
{
    const QDateTime time = event.time.isValid() ? event.time.toLocalTime() : QDateTime::currentDateTime();
    const QString sender = event.sender.contains(u' ') ? pythonString(event.sender) : printable(event.sender);
    const auto part = [&](QStringView colour, const QString &text) { return u"%1%2%3"_s.arg(colour, text, style.end); };
    QString line = part(style.time, time.toString(u"HH:mm:ss.zzz"_s)) + u"  "_s
        + part(style.name, printable(event.name)) + u"  "_s + part(style.sender, sender);
    if (event.redelivered)
        line += "  "_L1 + part(style.mark, u"(redelivered)"_s);
    if (!event.args.isEmpty())
        line += "  "_L1 + pythonKeywords(event.args, style.key, style.end);
    return line.toUtf8();
}

bool isString(const QVariant &value)
{
    return value.typeId() == QMetaType::QString;
}

bool isNone(const QVariant &value)
{
    return !value.isValid();
}

// Reads the members of a line into \a event; says what is wrong with the first one that cannot be.
QString readMembers(const QVariantMap &members, PyventEvent *event)
{
    const QVariant name = members.value(u"name"_s);
    if (!isString(name) || name.toString().isEmpty())
        return u"it has no \"name\", which must be a string"_s;
    event->name = name.toString();
    const QVariant sender = members.value(u"sender"_s);
    if (!isString(sender))
        return u"it has no \"sender\", which must be a string"_s;
    event->sender = sender.toString();
    const QVariant arguments = members.value(u"args"_s);
    if (arguments.typeId() != QMetaType::QVariantMap)
        return u"it has no \"args\", which must be an object"_s;
    event->args = arguments.toMap();

    if (const QVariant node = members.value(u"node"_s); !isNone(node)) {
        event->nodeId = isString(node) ? QUuid::fromString(node.toString()) : QUuid();
        if (event->nodeId.isNull())
            return u"its \"node\" is neither null nor a UUID"_s;
    }
    if (const QVariant sequence = members.value(u"seq"_s); !isNone(sequence)) {
        const bool isNumber = sequence.typeId() == QMetaType::LongLong || sequence.typeId() == QMetaType::ULongLong;
        if (!isNumber || (sequence.typeId() == QMetaType::LongLong && sequence.toLongLong() < 0))
            return u"its \"seq\" is neither null nor a number from 0 on"_s;
        event->sequence = sequence.toULongLong();
    }
    if (const QVariant time = members.value(u"time"_s); !isNone(time)) {
        event->time = isString(time) ? QDateTime::fromString(time.toString(), Qt::ISODateWithMs) : QDateTime();
        if (!event->time.isValid())
            return u"its \"time\" is neither null nor a time in ISO 8601"_s;
    }
    if (const QVariant redelivered = members.value(u"redelivered"_s); !isNone(redelivered)) {
        if (redelivered.typeId() != QMetaType::Bool)
            return u"its \"redelivered\" is neither true nor false"_s;
        event->redelivered = redelivered.toBool();
    }
    return {};
}

} // namespace

QByteArray eventAsJson(const PyventEvent &event)
{
    QByteArray arguments;
    arguments.reserve(256);
    JsonWriter(&arguments).writeObject(event.args);
    return eventAsJsonWith(event, arguments);
}

QByteArray eventAsJsonWith(const PyventEvent &event, QByteArrayView arguments)
{
    QByteArray line;
    line.reserve(256 + arguments.size());
    JsonWriter writer(&line);
    line += R"({"name":)";
    writer.writeString(event.name);
    line += R"(,"sender":)";
    writer.writeString(event.sender);
    line += R"(,"args":)";
    line += arguments;
    line += R"(,"node":)";
    if (event.nodeId.isNull())
        line += "null";
    else
        writer.writeString(event.nodeId.toString(QUuid::WithoutBraces));
    line += R"(,"seq":)";
    line += event.sequence == 0 ? "null"_ba : QByteArray::number(event.sequence);
    line += R"(,"time":)";
    // A time that is no time in ISO 8601, as any number may be one that a stranger sends, is none.
    if (const QString time = event.time.toUTC().toString(Qt::ISODateWithMs); !time.isEmpty())
        writer.writeString(time);
    else
        line += "null";
    if (event.redelivered)
        line += R"(,"redelivered":true)";
    line += '}';
    return line;
}

std::optional<PyventEvent> eventFromJson(QByteArrayView line, QString *error)
{
    const JsonReader::Result result = JsonReader::readEvent(QString::fromUtf8(line));
    if (!result.isValid()) {
        *error = u"%1 (character %2)"_s.arg(result.error).arg(result.errorOffset + 1);
        return std::nullopt;
    }
    if (result.value.typeId() != QMetaType::QVariantMap) {
        *error = u"it is no JSON object"_s;
        return std::nullopt;
    }
    PyventEvent event;
    *error = readMembers(result.value.toMap(), &event);
    return error->isEmpty() ? std::optional(event) : std::nullopt;
}

std::optional<PyventEvent> eventToSend(QByteArrayView line, QString *error)
{
    const auto refuse = [error](const QString &why) {
        *error = why;
        return std::nullopt;
    };
    const JsonReader::Result result = JsonReader::readEventToSend(QString::fromUtf8(line));
    if (!result.isValid())
        return refuse(u"its JSON is wrong at character %1: %2"_s.arg(result.errorOffset + 1).arg(result.error));
    const QVariantMap members = result.value.toMap();
    const QVariant name = members.value(u"name"_s);
    if (name.typeId() != QMetaType::QString)
        return refuse(u"it is no JSON object with a string \"name\""_s);
    const QVariant sender = members.value(u"sender"_s);
    if (sender.isValid() && sender.typeId() != QMetaType::QString)
        return refuse(u"its \"sender\" is not a string"_s);
    const QVariant arguments = members.value(u"args"_s, QVariantMap());
    if (arguments.typeId() != QMetaType::QVariantMap)
        return refuse(u"its \"args\" is not an object"_s);
    // No handler of Python's that listens to the default sender hears an event that names it.
    const bool isDefault = sender.toString() == PyventSender().name();
    return PyventEvent{
        .name = name.toString(), .sender = isDefault ? QString() : sender.toString(), .args = arguments.toMap()};
}

QByteArray eventAsText(const PyventEvent &event)
{
    return asText(event, plain);
}

QByteArray eventAsColouredText(const PyventEvent &event)
{
    return asText(event, coloured);
}

QByteArray argumentsAsText(const PyventEvent &event)
{
    return pythonKeywords(event.args).toUtf8();
}

} // namespace Pyvent::Text
