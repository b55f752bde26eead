// SPDX-License-Identifier: MIT
#include "codewriter.h"

#include "pythontype.h"
#include "typedvalue.h"

#include <PyventArray>
#include <PyventDateTime>
#include <PyventDict>
#include <PyventInteger>
#include <PyventObject>
#include <PyventSender>
#include <PyventSet>
#include <PyventTime>
#include <PyventTimeDelta>
#include <PyventTuple>

#include <QtCore/quuid.h>

#include <cmath>
#include <limits>

namespace Pyvent::Text {

using namespace Qt::StringLiterals;

namespace {

QString code(const QVariant &value);

// Octal escapes: a hexadecimal one takes all digits that follow it.
void appendByte(QString *text, uchar byte)
{
    switch (byte) {
    case '\n':
        *text += u"\\n"_s;
        return;
    case '\r':
        *text += u"\\r"_s;
        return;
    case '\t':
        *text += u"\\t"_s;
        return;
    default:
        break;
    }
    if (byte == '"' || byte == '\\')
        *text += u'\\';
    if (byte >= 0x20 && byte < 0x7f)
        *text += QLatin1Char(char(byte));
    else
        *text += u'\\' + QString::number(byte, 8).rightJustified(3, u'0');
}

bool hasNoUtf8(const QString &text)
{
    return !text.isValidUtf16();
}

QString literal(const QString &text)
{
    QString result = u"\""_s;
    for (const char32_t character : text.toUcs4()) {
        if (character < 0x20 || character == '"' || character == '\\' || character == 0x7f)
            appendByte(&result, uchar(character));
        else
            result += QStringView(QChar::fromUcs4(character));
    }
    return result + u'"';
}

// A literal of UTF-16 units, one of which UTF-8 cannot spell. Each escape ends its literal, so that no digit joins it.
QString literal16(const QString &text)
{
    QString result;
    for (const QChar unit : text)
        result += u"u\"\\x%1\" "_s.arg(uint(unit.unicode()), 4, 16, QLatin1Char('0'));
    return result.trimmed();
}

// A literal that a QString and a QVariant can be made of as it is, or what makes a QString of any text.
QString string(const QString &text)
{
    if (hasNoUtf8(text))
        return u"QString::fromUtf16(%1, %2)"_s.arg(literal16(text)).arg(text.size());
    if (text.contains(QChar(u'\0')))
        return u"QString::fromUtf8(%1, %2)"_s.arg(literal(text)).arg(text.toUtf8().size());
    return literal(text);
}

QString bytes(const QByteArray &value)
{
    QString text;
    for (const char byte : value)
        appendByte(&text, uchar(byte));
    return value.isEmpty() ? u"QByteArray(\"\")"_s : u"QByteArray(\"%1\", %2)"_s.arg(text).arg(value.size());
}

QString number(qlonglong value)
{
    if (value == std::numeric_limits<qlonglong>::min())
        return u"(-9223372036854775807LL - 1)"_s;
    const bool isInt = value > std::numeric_limits<int>::min() && value <= std::numeric_limits<int>::max();
    return QString::number(value) + (isInt ? QString() : u"LL"_s);
}

QString number(double value)
{
    if (std::isnan(value))
        return u"qQNaN()"_s;
    if (std::isinf(value))
        return value > 0 ? u"qInf()"_s : u"-qInf()"_s;
    const QString text = QString::number(value, 'g', QLocale::FloatingPointShortest);
    return text.contains(u'.') || text.contains(u'e') ? text : text + u".0"_s;
}

// A list within a list must not become the list itself, which {…} with one item in it would.
QString item(const QVariant &value)
{
    return u"QVariant("_s + code(value) + u')';
}

QString list(const QVariantList &items)
{
    QStringList texts;
    for (const QVariant &value : items)
        texts.append(item(value));
    return texts.isEmpty() ? u"QVariantList()"_s : u"QVariantList{"_s + texts.join(u", "_s) + u'}';
}

QString pairs(const QVariantMap &map)
{
    QStringList texts;
    for (auto member = map.cbegin(); member != map.cend(); ++member)
        texts.append(u'{' + string(member.key()) + u", "_s + code(member.value()) + u'}');
    return u'{' + texts.join(u", "_s) + u'}';
}

QString variant(const QString &expression)
{
    return u"QVariant::fromValue("_s + expression + u')';
}

QString dict(const PyventDict &value)
{
    QStringList texts;
    for (const auto &[key, item_] : value.pairs())
        texts.append(u"PyventDict::Pair("_s + item(key) + u", "_s + item(item_) + u')');
    return u"PyventDict(QList<PyventDict::Pair>{"_s + texts.join(u", "_s) + u"})"_s;
}

QString integer(const PyventInteger &value)
{
    if (const QString text = value.toString(); !text.contains(u'x'))
        return u"PyventInteger::fromString(u\""_s + text + u"\")"_s;
    return u"PyventInteger::fromTwosComplement("_s + bytes(value.twosComplement()) + u')';
}

QString timeStatements(const PyventTime &time)
{
    QString text =
        u"PyventTime time(std::chrono::microseconds(%1), %2); "_s.arg(time.sinceMidnight().count()).arg(time.fold());
    if (const auto offset = time.utcOffset())
        text += u"time.setUtcOffset(std::chrono::microseconds(%1)); "_s.arg(offset->count());
    else if (time.timeZone().isValid())
        text += u"time.setTimeZone("_s + code(time.timeZone()) + u"); "_s;
    return text;
}

QString time(const PyventTime &value)
{
    return u"[] { "_s + timeStatements(value) + u"return QVariant::fromValue(time); }()"_s;
}

QString dateTime(const PyventDateTime &value)
{
    const QDate date = value.date();
    return u"[] { "_s + timeStatements(value.time())
        + u"return QVariant::fromValue(PyventDateTime(QDate(%1, %2, %3), time)); }()"_s.arg(date.year())
              .arg(date.month())
              .arg(date.day());
}

QString array(const PyventArray &value)
{
    const QString dtype = literal(value.dtype());
    const QString data = bytes(value.data());
    if (value.isScalar())
        return u"PyventArray::scalar("_s + dtype + u", "_s + data + u')';
    QStringList shape;
    for (const qsizetype length : value.shape())
        shape.append(QString::number(length));
    const QString order = value.order() == PyventArray::ColumnMajor ? u", PyventArray::ColumnMajor"_s : QString();
    return u"PyventArray("_s + dtype + u", QList<qsizetype>{"_s + shape.join(u", "_s) + u"}, "_s + data + order + u')';
}

QString objectExpression(const PyventObject &value)
{
    if (value.kind() == PyventObject::Global)
        return u"PyventObject("_s + string(value.moduleName()) + u", "_s + string(value.qualifiedName()) + u')';
    const bool isCall = value.kind() == PyventObject::Call;
    QString text = (isCall ? u"PyventObject::call("_s : u"PyventObject::create("_s) + objectExpression(value.callable())
        + u", "_s + list(value.arguments());
    if (!value.keywordArguments().isEmpty())
        text += u", QVariantMap"_s + pairs(value.keywordArguments());
    return text + u')';
}

QString object(const PyventObject &value)
{
    QString statements;
    if (value.state().isValid())
        statements += u"object.setState("_s + code(value.state()) + u"); "_s;
    if (!value.stateSetter().isNull())
        statements += u"object.setStateSetter("_s + objectExpression(value.stateSetter()) + u"); "_s;
    if (!value.listItems().isEmpty())
        statements += u"object.setListItems("_s + list(value.listItems()) + u"); "_s;
    if (value.dictItems().size() > 0)
        statements += u"object.setDictItems("_s + dict(value.dictItems()) + u"); "_s;
    if (statements.isEmpty())
        return variant(objectExpression(value));
    return u"[] { PyventObject object = "_s + objectExpression(value) + u"; "_s + statements
        + u"return QVariant::fromValue(object); }()"_s;
}

QString classCode(const QVariant &value)
{
    if (const auto *tuple = as<PyventTuple>(value))
        return variant(u"PyventTuple("_s + list(tuple->items()) + u')');
    if (const auto *set = as<PyventSet>(value)) {
        const QString kind = set->isFrozen() ? u", PyventSet::FrozenSet"_s : QString();
        return variant(u"PyventSet("_s + list(set->items()) + kind + u')');
    }
    if (const auto *pairList = as<PyventDict>(value))
        return variant(dict(*pairList));
    if (const auto *large = as<PyventInteger>(value))
        return variant(integer(*large));
    if (const auto *moment = as<PyventDateTime>(value))
        return dateTime(*moment);
    if (const auto *ofDay = as<PyventTime>(value))
        return time(*ofDay);
    if (const auto *delta = as<PyventTimeDelta>(value)) {
        return variant(
            u"PyventTimeDelta(%1, %2, %3)"_s.arg(delta->days()).arg(delta->seconds()).arg(delta->microseconds()));
    }
    if (const auto *elements = as<PyventArray>(value))
        return variant(array(*elements));
    if (const auto *made = as<PyventObject>(value))
        return object(*made);
    if (const auto *date = as<QDate>(value))
        return u"QDate(%1, %2, %3)"_s.arg(date->year()).arg(date->month()).arg(date->day());
    if (const auto *uuid = as<QUuid>(value))
        return u"QUuid(\""_s + uuid->toString(QUuid::WithoutBraces) + u"\")"_s;
    throw CannotWrite{u"a value of the type %1 cannot be written as C++"_s.arg(pythonType(value))};
}

QString code(const QVariant &value)
{
    switch (value.typeId()) {
    case QMetaType::UnknownType:
    case QMetaType::Nullptr:
        return u"QVariant()"_s;
    case QMetaType::Bool:
        return value.toBool() ? u"true"_s : u"false"_s;
    case QMetaType::Int:
    case QMetaType::LongLong:
        return number(value.toLongLong());
    case QMetaType::UInt:
    case QMetaType::ULongLong:
        return QString::number(value.toULongLong()) + u"ULL"_s;
    case QMetaType::Float:
    case QMetaType::Double:
        return number(value.toDouble());
    case QMetaType::QString:
        return string(value.toString());
    case QMetaType::QByteArray:
        return bytes(value.toByteArray());
    case QMetaType::QStringList:
    case QMetaType::QVariantList:
        return list(value.toList());
    case QMetaType::QVariantMap:
        return value.toMap().isEmpty() ? u"QVariantMap()"_s : u"QVariantMap"_s + pairs(value.toMap());
    default:
        return classCode(value);
    }
}

} // namespace

bool isNamedSender(const QString &sender)
{
    return !PyventSender().matches(sender);
}

QString asCpp(const PyventEvent &event)
{
    QString text = u"node.send("_s + string(event.name);
    const bool hasSender = isNamedSender(event.sender);
    if (!event.args.isEmpty() || hasSender)
        text += u", "_s + pairs(event.args);
    if (hasSender)
        text += u", {.sender = "_s + string(event.sender) + u'}';
    return text + u");"_s;
}

} // namespace Pyvent::Text
