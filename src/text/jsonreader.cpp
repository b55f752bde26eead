// SPDX-License-Identifier: MIT
#include "jsonreader.h"

#include "decimal.h"

#include <cmath>

namespace Pyvent::Text {

using namespace Qt::StringLiterals;

namespace {

bool isDigit(QChar c)
{
    return c >= u'0' && c <= u'9';
}

int hexDigit(QChar c)
{
    if (isDigit(c))
        return c.unicode() - u'0';
    const char16_t lower = c.unicode() | 0x20;
    return lower >= u'a' && lower <= u'f' ? lower - u'a' + 10 : -1;
}

} // namespace

JsonReader::Result JsonReader::read(QStringView text)
{
    return JsonReader(text).readAll();
}

JsonReader::Result JsonReader::readArguments(QStringView text)
{
    return readHeard(text, 1);
}

JsonReader::Result JsonReader::readEvent(QStringView text)
{
    return readHeard(text, 2);
}

JsonReader::Result JsonReader::readEventToSend(QStringView text)
{
    JsonReader reader(text);
    reader.m_plainLevels = 2;
    reader.m_objects = Objects::Made;
    return reader.readAll();
}

JsonReader::Result JsonReader::readStrangersArguments(QStringView text)
{
    JsonReader reader(text);
    reader.m_plainLevels = 1;
    return reader.readAll();
}

JsonReader::Result JsonReader::readHeard(QStringView text, int plainLevels)
{
    JsonReader reader(text);
    reader.m_plainLevels = plainLevels;
    reader.m_keepsUnknown = true;
    return reader.readAll();
}

JsonReader::Result JsonReader::readAll()
{
    const QVariant value = readValue();
    skipSpace();
    if (!hasFailed() && !isAtEnd())
        fail(u"there is more after the value"_s, m_position);
    if (hasFailed())
        return {QVariant(), m_error, m_errorOffset};
    return {value};
}

QVariant JsonReader::fail(const QString &error, qsizetype position)
{
    if (!hasFailed()) { // the first one is the cause of the others
        m_error = error;
        m_errorOffset = position;
    }
    return QVariant();
}

QVariant JsonReader::failHere(const QString &expected)
{
    if (isAtEnd())
        return fail(u"it ends where %1 should be"_s.arg(expected), m_position);
    return fail(u"%1 should be here"_s.arg(expected), m_position);
}

void JsonReader::skipSpace()
{
    while (isAt(u' ') || isAt(u'\t') || isAt(u'\n') || isAt(u'\r'))
        ++m_position;
}

bool JsonReader::skip(char16_t c)
{
    skipSpace();
    if (!isAt(c))
        return false;
    ++m_position;
    return true;
}

QVariant JsonReader::readValue()
{
    skipSpace();
    if (isAtEnd())
        return failHere(u"a value"_s);
    if (m_depth >= maximumDepth)
        return fail(u"it is nested deeper than %1 levels"_s.arg(maximumDepth), m_position);
    switch (m_text[m_position].unicode()) {
    case u'{':
        return readObject();
    case u'[':
        return readArray();
    case u'"':
        return readString();
    case u't':
        return readWord(u"true", true);
    case u'f':
        return readWord(u"false", false);
    case u'n':
        return readWord(u"null", QVariant());
    default:
        break;
    }
    if (isAt(u'-') || isDigit(m_text[m_position]))
        return readNumber();
    return failHere(u"a value (a string has double quotes)"_s);
}

QVariant JsonReader::readWord(QStringView word, const QVariant &value)
{
    if (!m_text.sliced(m_position).startsWith(word))
        return failHere(u"a value (a string has double quotes)"_s);
    m_position += word.size();
    return value;
}

bool JsonReader::skipDigits()
{
    const qsizetype start = m_position;
    while (!isAtEnd() && isDigit(m_text[m_position]))
        ++m_position;
    if (m_position == start)
        failHere(u"a digit"_s);
    return m_position > start;
}

QVariant JsonReader::readNumber()
{
    const qsizetype start = m_position;
    if (isAt(u'-'))
        ++m_position;
    const bool beginsWithZero = isAt(u'0');
    const qsizetype digits = m_position;
    if (!skipDigits())
        return QVariant();
    if (beginsWithZero && m_position > digits + 1)
        return fail(u"a number cannot begin with 0"_s, digits);

    bool isInteger = true;
    if (isAt(u'.')) {
        isInteger = false;
        ++m_position;
        if (!skipDigits())
            return QVariant();
    }
    if (isAt(u'e') || isAt(u'E')) {
        isInteger = false;
        ++m_position;
        if (isAt(u'+') || isAt(u'-'))
            ++m_position;
        if (!skipDigits())
            return QVariant();
    }
    if (!isInteger)
        return readFloat(start);
    const QStringView integer = m_text.sliced(start, m_position - start);
    if (const QString why = whyTooLong(integer); !why.isEmpty())
        return fail(why, start);
    return mayConvert(integer.size(), start) ? integerFromText(integer) : QVariant();
}

// Each takes time in proportion to the square of its length, and all of them no more than the longest one does twice.
bool JsonReader::mayConvert(qsizetype digits, qsizetype position)
{
    constexpr quint64 longest = quint64(maximumDecimalDigits + 1); // with its sign
    constexpr qsizetype few = 100;
    if (digits > few)
        m_conversions += quint64(digits) * quint64(digits);
    if (m_conversions <= 2 * longest * longest)
        return true;
    fail(u"there are too many long integers in it: these are written in hexadecimal, "
         "{\"$type\":\"int\",\"value\":\"0x…\"}"_s,
         position);
    return false;
}

QVariant JsonReader::readFloat(qsizetype start)
{
    // Too small a number is 0, as in Python; it is no overflow, though toDouble() says "not ok" to both.
    const double number = m_text.sliced(start, m_position - start).toDouble();
    if (std::isinf(number))
        return fail(u"the number is too large for a float"_s, start);
    return number;
}

QVariant JsonReader::readArray()
{
    QVariantList list;
    ++m_position;
    if (skip(u']'))
        return list;
    ++m_depth;
    do {
        list.append(readValue());
        if (hasFailed())
            return QVariant();
    } while (skip(u','));
    --m_depth;
    if (!skip(u']'))
        return failHere(u"',' or ']'"_s);
    return list;
}

QVariant JsonReader::readObject()
{
    const qsizetype start = m_position++;
    QVariantMap object;
    if (skip(u'}'))
        return object;
    ++m_depth;
    do {
        skipSpace();
        const qsizetype keyStart = m_position;
        if (!isAt(u'"'))
            return failHere(u"a key in double quotes"_s);
        const QString key = readString();
        if (hasFailed())
            return QVariant();
        if (object.contains(key))
            return fail(u"this key comes twice in one object"_s, keyStart);
        if (!skip(u':'))
            return failHere(u"':'"_s);
        object.insert(key, readValue());
        if (hasFailed())
            return QVariant();
    } while (skip(u','));
    --m_depth;
    if (!skip(u'}'))
        return failHere(u"',' or '}'"_s);
    return m_depth >= m_plainLevels && object.contains(u"$type"_s) ? readTyped(object, start) : object;
}

QVariant JsonReader::readTyped(const QVariantMap &object, qsizetype start)
{
    const QVariant type = object.value(u"$type"_s);
    if (object.size() != 2 || !object.contains(u"value"_s) || type.typeId() != QMetaType::QString) {
        return fail(uR"(an object with "$type" has a string there, and a "value", and nothing else)"_s, start);
    }
    const TypedValue typed{type.toString(), object.value(u"value"_s)};
    QString error;
    const QString text = typed.type == u"int"_s || typed.type == u"Fraction"_s ? typed.value.toString() : QString();
    const qsizetype digits = typed.type == u"int"_s ? text.size() : (text.size() + 1) / 2; // of two integers
    const bool isHexadecimal = text.startsWith(u"0x"_s) || text.startsWith(u"-0x"_s);      // which takes no time
    if (!isHexadecimal && digits <= maximumDecimalDigits + 1 && !mayConvert(digits, start))
        return QVariant();
    const QVariant value = fromTyped(typed, m_objects, &error);
    if (error.isEmpty())
        return value;
    return m_keepsUnknown ? QVariant::fromValue(typed) : fail(error, start);
}

QString JsonReader::readString()
{
    const qsizetype start = m_position++;
    QString string;
    for (;;) {
        const qsizetype run = m_position;
        while (!isAtEnd() && m_text[m_position] != u'"' && m_text[m_position] != u'\\' && m_text[m_position] >= u' ')
            ++m_position;
        string += m_text.sliced(run, m_position - run);
        if (isAtEnd()) {
            fail(u"the string that begins here has no end"_s, start);
            return QString();
        }
        if (m_text[m_position] == u'"') {
            ++m_position;
            return string.isNull() ? u""_s : string; // null is for None
        }
        if (m_text[m_position] != u'\\') {
            fail(u"a control character in a string must be escaped"_s, m_position);
            return QString();
        }
        if (!readEscape(&string))
            return QString();
    }
}

bool JsonReader::readEscape(QString *string)
{
    const qsizetype start = m_position++;
    const char16_t letter = isAtEnd() ? u'\0' : m_text[m_position].unicode();
    constexpr QStringView letters = u"\"\\/bfnrt";
    constexpr QStringView meanings = u"\"\\/\b\f\n\r\t";
    if (const qsizetype index = letters.indexOf(QChar(letter)); letter != 0 && index >= 0) {
        *string += meanings[index];
        ++m_position;
        return true;
    }
    int unit = 0;
    bool isValid = letter == u'u' && m_text.size() - m_position > 4;
    for (int i = 1; isValid && i <= 4; ++i) {
        const int digit = hexDigit(m_text[m_position + i]);
        unit = unit * 16 + digit;
        isValid = digit >= 0;
    }
    if (!isValid) {
        fail(uR"(an escape is one of \" \\ \/ \b \f \n \r \t, or \u with four hexadecimal digits)"_s, start);
        return false;
    }
    *string += QChar(ushort(unit)); // halves of surrogate pairs too: Python's strings have them
    m_position += 5;
    return true;
}

} // namespace Pyvent::Text
