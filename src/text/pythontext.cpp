// SPDX-License-Identifier: MIT
#include "pythontext.h"

#include "pythonprinter.h"
#include "typedvalue.h"

#include <PyventArray>
#include <PyventDateTime>
#include <PyventInteger>
#include <PyventObject>
#include <PyventTime>
#include <PyventTimeDelta>

#include <QtCore/qdebug.h>

#include <algorithm>

namespace Pyvent::Text {

using namespace Qt::StringLiterals;

namespace {

template <typename Class>
bool printsItself(const QVariant &value, QString *text)
{
    const auto *object = as<Class>(value);
    if (object)
        *text = object->toString();
    return object != nullptr;
}

// A value of a class, which may be one of Qt's own.
QString objectText(const QVariant &value)
{
    QString text;
    if (printsItself<PyventInteger>(value, &text) || printsItself<PyventDateTime>(value, &text)
        || printsItself<PyventTime>(value, &text) || printsItself<PyventTimeDelta>(value, &text)
        || printsItself<PyventArray>(value, &text) || printsItself<PyventObject>(value, &text))
        return text;
    text = qtText(value);
    const QString type = QString::fromLatin1(value.metaType().name());
    return text.startsWith(type + u'(') ? text : type + u'(' + pythonString(text) + u')';
}

class TextPrinter final : public PythonPrinter
{
protected:
    QString printItem(const QVariant &value) override
    {
        if (isPlain(value))
            return plainText(value);
        if (const auto *typed = as<TypedValue>(value))
            return u'<' + printable(typed->type) + u' ' + print(typed->value) + u'>';
        return printable(objectText(value));
    }
};

bool isIdentifier(const QString &name)
{
    const auto isLetter = [](QChar c) { return c == u'_' || c.isLetter(); };
    const auto isPart = [&](QChar c) { return isLetter(c) || c.isDigit(); };
    return !name.isEmpty() && isLetter(name[0]) && std::all_of(name.begin(), name.end(), isPart);
}

// What repr() escapes although it prints.
bool isEscapedMark(QChar c)
{
    return c == u'\\' || c == u'\'';
}

} // namespace

QString pythonText(const QVariant &value)
{
    return TextPrinter().print(value);
}

QString pythonKeywords(const QVariantMap &arguments, QStringView beforeName, QStringView afterName)
{
    QStringList texts;
    for (auto argument = arguments.cbegin(); argument != arguments.cend(); ++argument) {
        const QString &name = argument.key();
        const QString word = isIdentifier(name) ? name : pythonString(name);
        texts.append(u"%1%2%3="_s.arg(beforeName, word, afterName) + pythonText(argument.value()));
    }
    return texts.join(u' ');
}

QString pythonString(QStringView text)
{
    return plainText(text.toString());
}

QString printable(QStringView text)
{
    QString result;
    result.reserve(text.size());
    for (qsizetype begin = 0; begin < text.size();) {
        if (isEscapedMark(text[begin])) {
            result += text[begin++];
            continue;
        }
        const auto end = std::find_if(text.begin() + begin, text.end(), isEscapedMark);
        const QStringView part = text.sliced(begin, end - text.begin() - begin);
        const QString quoted = pythonString(part);
        result += QStringView(quoted).sliced(1, quoted.size() - 2);
        begin += part.size();
    }
    return result;
}

QString qtText(const QVariant &value)
{
    if (value.canConvert<QString>())
        return value.toString();
    QString text;
    QDebug debug(&text);
    value.metaType().debugStream(debug.nospace(), value.constData());
    return text.trimmed();
}

} // namespace Pyvent::Text
