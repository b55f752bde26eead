// SPDX-License-Identifier: MIT
#include "jsonarguments.h"

#include "jsonreader.h"
#include "jsonwriter.h"

#include <QtCore/qstringconverter.h>

namespace Pyvent::Bridge {

using namespace Pyvent::Text;
using namespace Qt::StringLiterals;

std::optional<QByteArray> argumentsToJson(const QVariantMap &arguments)
{
    QByteArray json;
    json.reserve(256);
    JsonWriter(&json).writeObject(arguments);
    if (json.contains(R"("$type")") && !JsonReader::readStrangersArguments(QString::fromUtf8(json)).isValid())
        return std::nullopt;
    return json;
}

std::optional<QVariantMap> argumentsFromJson(QByteArrayView json, QString *why)
{
    QStringDecoder decoder(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
    const QString text = decoder.decode(json);
    if (decoder.hasError()) {
        *why = u"its content is no UTF-8, and so no JSON"_s;
        return std::nullopt;
    }
    const JsonReader::Result result = JsonReader::readStrangersArguments(text);
    if (!result.isValid()) {
        *why = u"its content is no JSON that an event can be made of: %1 (character %2)"_s.arg(result.error)
                   .arg(result.errorOffset + 1);
        return std::nullopt;
    }
    if (result.value.typeId() == QMetaType::QVariantMap)
        return result.value.toMap();
    return QVariantMap{{u"value"_s, result.value}};
}

} // namespace Pyvent::Bridge
