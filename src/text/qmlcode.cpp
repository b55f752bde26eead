// SPDX-License-Identifier: MIT
#include "codewriter.h"

#include "jsonwriter.h"
#include "pythontype.h"

#include <QtCore/qregularexpression.h>

#include <algorithm>
#include <cmath>

namespace Pyvent::Text {

using namespace Qt::StringLiterals;

namespace {

QString code(const QVariant &value);

// JSON's strings are JavaScript's, but for two line ends that older engines take for the end of the string.
QString string(const QString &text)
{
    QByteArray json;
    JsonWriter(&json).writeString(text);
    return QString::fromUtf8(json).replace(QChar(0x2028), u"\\u2028"_s).replace(QChar(0x2029), u"\\u2029"_s);
}

QString key(const QString &name)
{
    static const QRegularExpression identifier(u"\\A[A-Za-z_$][A-Za-z0-9_$]*\\z"_s);
    if (name == u"__proto__"_s) // as a plain key it would set the object's prototype
        return u"[\"__proto__\"]"_s;
    return identifier.match(name).hasMatch() ? name : string(name);
}

QString integer(qlonglong value)
{
    constexpr qlonglong largestExact = (1LL << 53) - 1;
    if (value > largestExact || value < -largestExact)
        throw CannotWrite{u"JavaScript cannot hold the integer %1 exactly"_s.arg(value)};
    return QString::number(value);
}

QString real(double value)
{
    if (std::isnan(value))
        return u"NaN"_s;
    if (std::isinf(value))
        return value > 0 ? u"Infinity"_s : u"-Infinity"_s;
    return QString::fromLatin1(JsonWriter::toJson(value));
}

QString bytes(const QByteArray &value)
{
    QStringList numbers;
    for (const char byte : value)
        numbers.append(QString::number(uchar(byte)));
    return u"new Uint8Array(["_s + numbers.join(u", "_s) + u"]).buffer"_s;
}

QString list(const QVariantList &items)
{
    QStringList texts;
    for (const QVariant &item : items)
        texts.append(code(item));
    return u'[' + texts.join(u", "_s) + u']';
}

QString object(const QVariantMap &map)
{
    QStringList texts;
    for (auto member = map.cbegin(); member != map.cend(); ++member)
        texts.append(key(member.key()) + u": "_s + code(member.value()));
    return u'{' + texts.join(u", "_s) + u'}';
}

QString code(const QVariant &value)
{
    switch (value.typeId()) {
    case QMetaType::UnknownType:
    case QMetaType::Nullptr:
        return u"null"_s;
    case QMetaType::Bool:
        return value.toBool() ? u"true"_s : u"false"_s;
    case QMetaType::Int:
    case QMetaType::UInt:
    case QMetaType::LongLong:
        return integer(value.toLongLong());
    case QMetaType::Float:
    case QMetaType::Double:
        return real(value.toDouble());
    case QMetaType::QString:
        return string(value.toString());
    case QMetaType::QByteArray:
        return bytes(value.toByteArray());
    case QMetaType::QStringList:
    case QMetaType::QVariantList:
        return list(value.toList());
    case QMetaType::QVariantMap:
        return object(value.toMap());
    default:
        throw CannotWrite{u"JavaScript has no value of Python's type '%1'"_s.arg(pythonType(value))};
    }
}

} // namespace

QString asQml(const PyventEvent &event)
{
    QString text = u"bus.send("_s + string(event.name);
    const bool hasSender = isNamedSender(event.sender);
    if (!event.args.isEmpty() || hasSender)
        text += u", "_s + object(event.args);
    if (hasSender)
        text += u", "_s + string(event.sender);
    return text + u')';
}

} // namespace Pyvent::Text
