// SPDX-License-Identifier: MIT
#include "eventline.h"
#include "jsonreader.h"
#include "jsonwriter.h"
#include "pythontext.h"
#include "require.h"

#include <ctime>

using namespace Pyvent::Text;

namespace {

// Of the processor's time: many times what the slowest text takes; a sanitizer takes its part of it.
constexpr std::clock_t patience = 10 * CLOCKS_PER_SEC;

using Read = JsonReader::Result (*)(QStringView text);
using ReadEvent = std::optional<PyventEvent> (*)(QByteArrayView line, QString *error);

// For a terminal: no line ends, and nothing that it would obey.
void requirePrintable(const QString &text)
{
    for (const QChar c : text)
        require(c >= u' ' && (c < u'\x7f' || c >= u'\xa0'), "what is shown has control characters");
}

// A value or an error; and what is written of the value is read as the same.
void tryText(QStringView text, Read read)
{
    const JsonReader::Result result = read(text);
    if (!result.isValid()) {
        require(result.errorOffset >= 0 && result.errorOffset <= text.size(), "an error without a place");
        return;
    }
    const QByteArray once = JsonWriter::toJson(result.value);
    requirePrintable(QString::fromUtf8(once));
    requirePrintable(pythonText(result.value));
    // What is heard is an object whose "$type" is a key like any other, and as such it is written.
    const bool isObject = read != JsonReader::read && result.value.typeId() == QMetaType::QVariantMap;
    if (isObject)
        return;
    const JsonReader::Result again = JsonReader::read(QString::fromUtf8(once));
    if (read == JsonReader::read) {
        require(again.isValid(), "what is written is not read");
        require(JsonWriter::toJson(again.value) == once, "what is written is read as another value");
    }
}

void tryArguments(QStringView text)
{
    const JsonReader::Result result = JsonReader::readArguments(text);
    if (!result.isValid() || result.value.typeId() != QMetaType::QVariantMap)
        return;
    QByteArray once;
    JsonWriter(&once).writeObject(result.value.toMap());
    const JsonReader::Result again = JsonReader::readArguments(QString::fromUtf8(once));
    require(again.isValid() && again.value.typeId() == QMetaType::QVariantMap, "written arguments are not read");
    QByteArray twice;
    JsonWriter(&twice).writeObject(again.value.toMap());
    require(once == twice, "written arguments are read as other ones");
}

// A line is an event, or somebody says why it is none; and what is written of the event is read as the same.
void tryLine(QByteArrayView line, ReadEvent read)
{
    QString error;
    const auto event = read(line, &error);
    if (!event) {
        require(!error.isEmpty(), "a line is no event, and nobody says why");
        return;
    }
    requirePrintable(QString::fromUtf8(eventAsText(*event)));
    requirePrintable(QString::fromUtf8(argumentsAsText(*event)));
    (void)eventAsColouredText(*event);
    const QByteArray once = eventAsJson(*event);
    requirePrintable(QString::fromUtf8(once));
    const auto again = read(once, &error);
    require(bool(again), "a written line is no event");
    require(eventAsJson(*again) == once, "a written line is read as another event");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const QByteArrayView bytes(reinterpret_cast<const char *>(data), qsizetype(size));
    const QString text = QString::fromUtf8(bytes);
    const std::clock_t start = std::clock();
    for (const Read read : {JsonReader::read, JsonReader::readArguments, JsonReader::readEvent})
        tryText(text, read);
    tryArguments(text);
    tryLine(bytes, eventFromJson);
    tryLine(bytes, eventToSend);
    require(std::clock() - start < patience, "a text takes too long");
    return 0;
}
