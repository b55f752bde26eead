// SPDX-License-Identifier: MIT
#include "pythontext.h"

#include "typedvalue.h"

#include <PyventArray>
#include <PyventDateTime>
#include <PyventDict>
#include <PyventInteger>
#include <PyventObject>
#include <PyventSet>
#include <PyventTime>
#include <PyventTimeDelta>
#include <PyventTuple>

#include <QtCore/qdebug.h>
#include <QtCore/quuid.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace Pyvent::Cli {

using namespace Qt::StringLiterals;

namespace {

// As Python's str.isprintable().
bool isPrintable(char32_t character)
{
    if (character < 0x7f)
        return character >= 0x20;
    switch (QChar::category(character)) {
    case QChar::Other_Control:
    case QChar::Other_Format:
    case QChar::Other_Surrogate:
    case QChar::Other_PrivateUse:
    case QChar::Other_NotAssigned:
    case QChar::Separator_Line:
    case QChar::Separator_Paragraph:
    case QChar::Separator_Space:
        return false;
    default:
        return true;
    }
}

QString escape(char32_t character)
{
    const auto hex = [=](int digits) { return QString::number(uint(character), 16).rightJustified(digits, u'0'); };
    switch (character) {
    case '\n':
        return u"\\n"_s;
    case '\r':
        return u"\\r"_s;
    case '\t':
        return u"\\t"_s;
    default:
        break;
    }
    if (character <= 0xff)
        return u"\\x"_s + hex(2);
    return character <= 0xffff ? u"\\u"_s + hex(4) : u"\\U"_s + hex(8);
}

// Puts a backslash before each of \a quoted.
QString escaped(QStringView text, QStringView quoted)
{
    QString result;
    result.reserve(text.size());
    for (qsizetype i = 0; i < text.size(); ++i) {
        char32_t character = text[i].unicode();
        if (text[i].isHighSurrogate() && i + 1 < text.size() && text[i + 1].isLowSurrogate()) {
            character = QChar::surrogateToUcs4(text[i], text[i + 1]);
            ++i;
        }
        if (!isPrintable(character)) {
            result += escape(character);
            continue;
        }
        if (character < 0x80 && quoted.contains(QChar(char16_t(character))))
            result += u'\\';
        result += QStringView(QChar::fromUcs4(character));
    }
    return result;
}

QString bytesText(const QByteArray &bytes)
{
    const char quote = bytes.contains('\'') && !bytes.contains('"') ? '"' : '\'';
    QString text = u"b"_s + QLatin1Char(quote);
    for (const char byte : bytes) {
        const uchar code = uchar(byte);
        if (code < 0x20 || code >= 0x7f) {
            text += escape(code);
            continue;
        }
        if (byte == '\\' || byte == quote)
            text += u'\\';
        text += QLatin1Char(byte);
    }
    return text + QLatin1Char(quote);
}

QString floatText(double value)
{
    if (std::isnan(value))
        return u"nan"_s;
    if (std::isinf(value))
        return value > 0 ? u"inf"_s : u"-inf"_s;
    return QString::fromLatin1(pythonFloat(value));
}

QString listed(const QVariantList &items)
{
    QStringList texts;
    texts.reserve(items.size());
    for (const QVariant &item : items)
        texts.append(pythonText(item));
    return texts.join(u", "_s);
}

QString setText(const PyventSet &set)
{
    if (set.size() == 0)
        return set.pythonType() + "()"_L1;
    const QString items = u'{' + listed(set.items()) + u'}';
    return set.isFrozen() ? u"frozenset("_s + items + u')' : items;
}

QString dictText(const PyventDict &dict)
{
    QStringList texts;
    for (const auto &[key, value] : dict.pairs())
        texts.append(pythonText(key) + ": "_L1 + pythonText(value));
    return u'{' + texts.join(u", "_s) + u'}';
}

QString mapText(const QVariantMap &map)
{
    QStringList texts;
    for (auto member = map.cbegin(); member != map.cend(); ++member)
        texts.append(pythonString(member.key()) + ": "_L1 + pythonText(member.value()));
    return u'{' + texts.join(u", "_s) + u'}';
}

// The classes that print themselves.
QString objectText(const QVariant &value)
{
    if (const auto *integer = as<PyventInteger>(value))
        return integer->toString();
    if (const auto *dateTime = as<PyventDateTime>(value))
        return dateTime->toString();
    if (const auto *time = as<PyventTime>(value))
        return time->toString();
    if (const auto *delta = as<PyventTimeDelta>(value))
        return delta->toString();
    if (const auto *array = as<PyventArray>(value))
        return array->toString();
    if (const auto *object = as<PyventObject>(value))
        return object->toString();
    if (const auto *uuid = as<QUuid>(value))
        return u"UUID('"_s + uuid->toString(QUuid::WithoutBraces) + "')"_L1;
    if (const auto *date = as<QDate>(value))
        return u"datetime.date(%1, %2, %3)"_s.arg(date->year()).arg(date->month()).arg(date->day());
    if (const auto *time = as<QTime>(value))
        return PyventTime(*time).toString();
    if (const auto *dateTime = as<QDateTime>(value))
        return PyventDateTime(*dateTime).toString();
    const QString text = qtText(value);
    const QString type = QString::fromLatin1(value.metaType().name());
    return text.startsWith(type + u'(') ? text : type + u'(' + pythonString(text) + u')';
}

bool isIdentifier(const QString &name)
{
    const auto isLetter = [](QChar c) { return c == u'_' || c.isLetter(); };
    const auto isPart = [&](QChar c) { return isLetter(c) || c.isDigit(); };
    return !name.isEmpty() && isLetter(name[0]) && std::all_of(name.begin(), name.end(), isPart);
}

} // namespace

QString pythonText(const QVariant &value)
{
    if (const auto *tuple = as<PyventTuple>(value))
        return u'(' + listed(tuple->items()) + (tuple->size() == 1 ? u",)"_s : u")"_s);
    if (const auto *set = as<PyventSet>(value))
        return setText(*set);
    if (const auto *dict = as<PyventDict>(value))
        return dictText(*dict);
    if (const auto *typed = as<TypedValue>(value))
        return u'<' + printable(typed->type) + u' ' + pythonText(typed->value) + u'>';
    switch (value.typeId()) {
    case QMetaType::UnknownType:
    case QMetaType::Nullptr:
        return u"None"_s;
    case QMetaType::Bool:
        return value.toBool() ? u"True"_s : u"False"_s;
    case QMetaType::Int:
    case QMetaType::UInt:
    case QMetaType::LongLong:
    case QMetaType::ULongLong:
        return value.toString();
    case QMetaType::Float:
    case QMetaType::Double:
        return floatText(value.toDouble());
    case QMetaType::QString:
        return pythonString(value.toString());
    case QMetaType::QByteArray:
        return bytesText(value.toByteArray());
    case QMetaType::QStringList:
    case QMetaType::QVariantList:
        return u'[' + listed(value.toList()) + u']';
    case QMetaType::QVariantMap:
        return mapText(value.toMap());
    default:
        return printable(objectText(value));
    }
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
    const QChar quote = text.contains(u'\'') && !text.contains(u'"') ? u'"' : u'\'';
    const QChar quoted[] = {u'\\', quote};
    return quote + escaped(text, QStringView(quoted, 2)) + quote;
}

QString printable(QStringView text)
{
    return escaped(text, {});
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

QByteArray pythonFloat(double value)
{
    constexpr double smallest = 1e-4; // of what Python writes without an exponent
    constexpr double largest = 1e16;
    const double magnitude = std::abs(value);
    const bool isPlain = value == 0 || (magnitude >= smallest && magnitude < largest);
    char text[64];
    const auto end = std::to_chars(std::begin(text), std::end(text), value,
                                   isPlain ? std::chars_format::fixed : std::chars_format::scientific);
    QByteArray result(text, end.ptr - text);
    if (isPlain && !result.contains('.'))
        result += ".0";
    return result;
}

} // namespace Pyvent::Cli
