// SPDX-License-Identifier: MIT
#include "keyvalue.h"

#include "command.h"
#include "jsonreader.h"

namespace Pyvent::Cli {

using namespace Pyvent::Text;
using namespace Qt::StringLiterals;

namespace {

QVariant toValue(const QString &key, QStringView json)
{
    const JsonReader::Result result = JsonReader::read(json);
    if (!result.isValid()) {
        throw UsageError{u"the JSON of '%1' is wrong at character %2: %3"_s.arg(
            key, QString::number(result.errorOffset + 1), result.error)};
    }
    return result.value;
}

} // namespace

QVariantMap toArguments(const QStringList &words)
{
    QVariantMap arguments;
    for (const QString &word : words) {
        const qsizetype equals = word.indexOf(u'=');
        if (equals < 0)
            throw UsageError{u"'%1' is not an argument; write KEY=TEXT or KEY:=JSON"_s.arg(word)};
        const bool isJson = equals > 0 && word[equals - 1] == u':';
        const QString key = word.first(isJson ? equals - 1 : equals);
        if (key.isEmpty())
            throw UsageError{u"'%1' has no key before the '='"_s.arg(word)};
        if (arguments.contains(key))
            throw UsageError{u"the argument '%1' is given twice"_s.arg(key)};
        const QStringView text = QStringView(word).sliced(equals + 1);
        arguments.insert(key, isJson ? toValue(key, text) : QVariant(text.toString()));
    }
    return arguments;
}

} // namespace Pyvent::Cli
