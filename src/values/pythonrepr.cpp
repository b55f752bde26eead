// SPDX-License-Identifier: MIT
#include "pythonrepr.h"

#include "pyventarray.h"
#include "pyventdatetime.h"
#include "pyventdict.h"
#include "pyventinteger.h"
#include "pyventobject.h"
#include "pyventset.h"
#include "pyventtimedelta.h"
#include "pyventtuple.h"

#include <QtCore/qdatetime.h>
#include <QtCore/qlocale.h>
#include <QtCore/quuid.h>

#include <cmath>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

constexpr int maximumDepth = 100;
thread_local int depth = 0; // the classes' toString() call each other through pythonRepr()

template <typename T>
bool reprAs(const QVariant &value, QString *text)
{
    if (value.metaType() != QMetaType::fromType<T>())
        return false;
    *text = static_cast<const T *>(value.constData())->toString();
    return true;
}

QString reprMap(const QVariantMap &map)
{
    QStringList entries;
    for (auto it = map.cbegin(); it != map.cend(); ++it)
        entries += pythonRepr(it.key()) + ": "_L1 + pythonRepr(it.value());
    return u'{' + entries.join(", "_L1) + u'}';
}

// As Python's str.isprintable().
bool isPrintable(uint code)
{
    if (code < 0x7f)
        return code >= ' ';
    return QChar::isPrint(code) && !QChar::isSpace(code);
}

// What does not print.
QString escaped(uint code)
{
    switch (code) {
    case '\n':
        return u"\\n"_s;
    case '\r':
        return u"\\r"_s;
    case '\t':
        return u"\\t"_s;
    default:
        break;
    }
    const QLatin1Char zero('0');
    if (code < 0x100)
        return u"\\x%1"_s.arg(code, 2, 16, zero);
    if (code < 0x10000)
        return u"\\u%1"_s.arg(code, 4, 16, zero);
    return u"\\U%1"_s.arg(code, 8, 16, zero);
}

QString reprOther(const QVariant &value)
{
    QString text;
    if (reprAs<PyventTuple>(value, &text) || reprAs<PyventSet>(value, &text) || reprAs<PyventDict>(value, &text)
        || reprAs<PyventInteger>(value, &text) || reprAs<PyventObject>(value, &text)
        || reprAs<PyventDateTime>(value, &text) || reprAs<PyventTime>(value, &text)
        || reprAs<PyventTimeDelta>(value, &text) || reprAs<PyventArray>(value, &text))
        return text;
    if (value.canConvert<QVariantList>() && !value.canConvert<QString>())
        return u'[' + pythonReprItems(value.toList()) + u']';
    if (value.canConvert<QVariantMap>())
        return reprMap(value.toMap());
    return value.toString();
}

QString reprValue(const QVariant &value)
{
    switch (value.typeId()) {
    case QMetaType::UnknownType:
    case QMetaType::Nullptr:
        return u"None"_s;
    case QMetaType::Bool:
        return value.toBool() ? u"True"_s : u"False"_s;
    case QMetaType::Double:
    case QMetaType::Float:
        return pythonRepr(value.toDouble());
    case QMetaType::QString:
    case QMetaType::QChar:
        return pythonRepr(value.toString());
    case QMetaType::QByteArray:
        return pythonRepr(value.toByteArray());
    case QMetaType::QVariantList:
    case QMetaType::QStringList:
        return u'[' + pythonReprItems(value.toList()) + u']';
    case QMetaType::QVariantMap:
    case QMetaType::QVariantHash:
        return reprMap(value.toMap());
    case QMetaType::QDate: {
        const QDate date = value.toDate();
        return u"datetime.date(%1, %2, %3)"_s.arg(date.year()).arg(date.month()).arg(date.day());
    }
    case QMetaType::QTime:
        return PyventTime(value.toTime()).toString();
    case QMetaType::QDateTime:
        return PyventDateTime(value.toDateTime()).toString();
    case QMetaType::QUuid:
        return u"UUID('%1')"_s.arg(value.toUuid().toString(QUuid::WithoutBraces));
    default:
        return reprOther(value);
    }
}

} // namespace

QString pythonRepr(const QVariant &value)
{
    if (depth >= maximumDepth)
        return u"..."_s;
    ++depth;
    const QString text = reprValue(value);
    --depth;
    return text;
}

QString pythonRepr(double value)
{
    if (std::isnan(value))
        return u"nan"_s;
    if (std::isinf(value))
        return value > 0 ? u"inf"_s : u"-inf"_s;
    // float.__repr__: the shortest digits that read back as the same number, an exponent outside of 1e-4 to
    // 1e16.
    const double size = std::abs(value);
    if (size != 0 && (size < 1e-4 || size >= 1e16)) {
        QString text = QString::number(value, 'e', QLocale::FloatingPointShortest);
        const qsizetype exponent = text.indexOf(u'e');
        if (text.size() - exponent == 3) // Python writes two digits at least
            text.insert(exponent + 2, u'0');
        return text;
    }
    QString text = QString::number(value, 'f', QLocale::FloatingPointShortest);
    if (std::signbit(value) && !text.startsWith(u'-'))
        text.prepend(u'-');
    return text.contains(u'.') ? text : text + ".0"_L1;
}

QString pythonRepr(const QString &text)
{
    const bool apostrophe = text.contains(u'\'') && !text.contains(u'"');
    const QChar quote = apostrophe ? u'"' : u'\'';
    QString result;
    result.reserve(text.size() + 2);
    result += quote;
    qsizetype begin = 0; // of what is not yet in the result, and needs no escape
    for (qsizetype i = 0; i < text.size(); ++i) {
        const qsizetype start = i;
        const QChar c = text.at(i);
        uint code = c.unicode();
        if (c.isHighSurrogate() && i + 1 < text.size() && text.at(i + 1).isLowSurrogate())
            code = QChar::surrogateToUcs4(c, text.at(++i));
        const bool isQuoted = c == quote || code == '\\';
        if (!isQuoted && isPrintable(code))
            continue;
        result += QStringView(text).sliced(begin, start - begin);
        result += isQuoted ? u'\\' + QString(c) : escaped(code);
        begin = i + 1;
    }
    result += QStringView(text).sliced(begin);
    result += quote;
    return result;
}

QString pythonRepr(const QByteArray &bytes)
{
    const bool apostrophe = bytes.contains('\'') && !bytes.contains('"');
    const char quote = apostrophe ? '"' : '\'';
    QString result;
    result.reserve(bytes.size() + 3);
    result += u'b';
    result += QLatin1Char(quote);
    for (const char byte : bytes) {
        const auto code = uchar(byte);
        if (byte == quote || byte == '\\')
            result += u'\\';
        if (code < ' ' || code >= 0x7f)
            result += escaped(code);
        else
            result += QLatin1Char(byte);
    }
    result += QLatin1Char(quote);
    return result;
}

QString pythonReprItems(const QVariantList &items)
{
    QString text;
    for (qsizetype i = 0; i < items.size(); ++i) {
        if (i > 0)
            text += ", "_L1;
        text += pythonRepr(items[i]);
    }
    return text;
}

} // namespace Pyvent::Internal
