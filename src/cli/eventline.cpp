// SPDX-License-Identifier: MIT
#include "eventline.h"

#include "jsonwriter.h"
#include "pythontext.h"

namespace Pyvent::Cli {

using namespace Qt::StringLiterals;

QByteArray eventAsJson(const PyventEvent &event)
{
    QByteArray line;
    line.reserve(256);
    JsonWriter writer(&line);
    line += R"({"name":)";
    writer.writeString(event.name);
    line += R"(,"sender":)";
    writer.writeString(event.sender);
    line += R"(,"args":)";
    writer.writeObject(event.args);
    line += R"(,"node":)";
    if (event.nodeId.isNull())
        line += "null";
    else
        writer.writeString(event.nodeId.toString(QUuid::WithoutBraces));
    line += R"(,"seq":)";
    line += event.sequence == 0 ? "null"_ba : QByteArray::number(event.sequence);
    line += R"(,"time":)";
    if (event.time.isValid())
        writer.writeString(event.time.toUTC().toString(Qt::ISODateWithMs));
    else
        line += "null";
    line += '}';
    return line;
}

QByteArray eventAsText(const PyventEvent &event)
{
    const QDateTime time = event.time.isValid() ? event.time.toLocalTime() : QDateTime::currentDateTime();
    const QString sender = event.sender.contains(u' ') ? pythonString(event.sender) : printable(event.sender);
    QByteArray line =
        time.toString(u"HH:mm:ss.zzz"_s).toUtf8() + "  " + printable(event.name).toUtf8() + "  " + sender.toUtf8();
    if (!event.args.isEmpty())
        line += "  " + argumentsAsText(event);
    return line;
}

QByteArray argumentsAsText(const PyventEvent &event)
{
    return pythonKeywords(event.args).toUtf8();
}

} // namespace Pyvent::Cli
