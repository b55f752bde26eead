// SPDX-License-Identifier: MIT
#include "jsonwriter.h"

#include "decimal.h"
#include "typedvalue.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <string_view>
#include <utility>

namespace Pyvent::Text {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype longestEscape = 6; // \uXXXX; UTF-8 takes 3 bytes at most for a code unit

// '"', '\\', control characters, and those that some terminals take for control characters.
bool needsEscape(char16_t unit)
{
    return unit < 0x20 || unit == u'"' || unit == u'\\' || (unit >= 0x7f && unit < 0xa0);
}

char *appendEscape(char16_t unit, char *out)
{
    constexpr std::string_view special = "\"\\\b\f\n\r\t";
    constexpr std::string_view letters = "\"\\bfnrt";
    *out++ = '\\';
    if (const auto index = unit < 0x80 ? special.find(char(unit)) : special.npos; index != special.npos) {
        *out++ = letters[index];
        return out;
    }
    *out++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4)
        *out++ = "0123456789abcdef"[(unit >> shift) & 0xf];
    return out;
}

// Writes the code unit, or the pair of them, at \a in, and moves both ahead.
void appendCharacter(const QChar *&in, const QChar *end, char *&out)
{
    const char16_t unit = (in++)->unicode();
    if (needsEscape(unit)) {
        out = appendEscape(unit, out);
    } else if (unit < 0x80) {
        *out++ = char(unit);
    } else if (unit < 0x800) {
        *out++ = char(0xc0 | (unit >> 6));
        *out++ = char(0x80 | (unit & 0x3f));
    } else if (!QChar::isSurrogate(unit)) {
        *out++ = char(0xe0 | (unit >> 12));
        *out++ = char(0x80 | ((unit >> 6) & 0x3f));
        *out++ = char(0x80 | (unit & 0x3f));
    } else if (QChar::isHighSurrogate(unit) && in != end && in->isLowSurrogate()) {
        const char32_t character = QChar::surrogateToUcs4(unit, (in++)->unicode());
        *out++ = char(0xf0 | (character >> 18));
        *out++ = char(0x80 | ((character >> 12) & 0x3f));
        *out++ = char(0x80 | ((character >> 6) & 0x3f));
        *out++ = char(0x80 | (character & 0x3f));
    } else {
        out = appendEscape(unit, out); // half a pair, which UTF-8 cannot spell
    }
}

} // namespace

QByteArray JsonWriter::toJson(const QVariant &value)
{
    QByteArray json;
    JsonWriter(&json).write(value);
    return json;
}

void JsonWriter::write(const QVariant &value)
{
    switch (value.typeId()) {
    case QMetaType::UnknownType:
    case QMetaType::Nullptr:
        m_output += "null";
        break;
    case QMetaType::Bool:
        m_output += value.toBool() ? "true" : "false";
        break;
    case QMetaType::Char:
    case QMetaType::SChar:
    case QMetaType::UChar:
    case QMetaType::Short:
    case QMetaType::UShort:
    case QMetaType::Int:
    case QMetaType::UInt:
    case QMetaType::Long:
    case QMetaType::LongLong:
        m_output += QByteArray::number(value.toLongLong());
        break;
    case QMetaType::ULong:
    case QMetaType::ULongLong:
        m_output += QByteArray::number(value.toULongLong());
        break;
    case QMetaType::Float:
    case QMetaType::Double:
        writeFloat(value.toDouble());
        break;
    case QMetaType::QChar:
    case QMetaType::QString:
        writeString(value.toString());
        break;
    case QMetaType::QByteArray:
        writeBytes(*static_cast<const QByteArray *>(value.constData()));
        break;
    case QMetaType::QStringList:
    case QMetaType::QVariantList:
        writeList(value.toList());
        break;
    case QMetaType::QVariantMap:
        if (const auto &map = *static_cast<const QVariantMap *>(value.constData()); !map.contains(u"$type"_s)) {
            writeObject(map);
            break;
        }
        [[fallthrough]];
    default:
        writeTyped(value);
    }
}

void JsonWriter::writeString(QStringView text)
{
    m_output += '"';
    constexpr qsizetype atOnce = 4096;
    const QChar *in = text.begin();
    while (in != text.end()) {
        const QChar *end = in + std::min(atOnce, qsizetype(text.end() - in));
        if (end != text.end() && end[-1].isHighSurrogate())
            ++end; // a pair stays together
        const qsizetype size = m_output.size();
        m_output.resize(size + (end - in) * longestEscape);
        char *const begin = m_output.data();
        char *out = begin + size;
        while (in != end)
            appendCharacter(in, end, out);
        m_output.truncate(out - begin);
    }
    m_output += '"';
}

void JsonWriter::writeObject(const QVariantMap &object)
{
    m_output += '{';
    bool isFirst = true;
    for (auto member = object.cbegin(); member != object.cend(); ++member) {
        if (!std::exchange(isFirst, false))
            m_output += ',';
        writeString(member.key());
        m_output += ':';
        write(member.value());
    }
    m_output += '}';
}

// The shortest digits that read back as the same float, with an exponent where Python's json module writes one, too.
void JsonWriter::writeFloat(double number)
{
    if (!std::isfinite(number)) {
        m_output += R"({"$type":"float","value":")";
        m_output += std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf";
        m_output += R"("})";
        return;
    }
    constexpr double smallest = 1e-4; // of what has no exponent
    constexpr double largest = 1e16;
    const double magnitude = std::abs(number);
    const bool isPlain = number == 0 || (magnitude >= smallest && magnitude < largest);
    char text[64];
    const auto end = std::to_chars(std::begin(text), std::end(text), number,
                                   isPlain ? std::chars_format::fixed : std::chars_format::scientific);
    const QByteArrayView digits(text, end.ptr - text);
    m_output += digits;
    if (isPlain && !digits.contains('.'))
        m_output += ".0";
}

void JsonWriter::writeBytes(const QByteArray &bytes)
{
    m_output += R"({"$type":"bytes","value":")";
    m_output += bytes.toBase64();
    m_output += R"("})";
}

void JsonWriter::writeList(const QVariantList &list)
{
    m_output += '[';
    bool isFirst = true;
    for (const QVariant &item : list) {
        if (!std::exchange(isFirst, false))
            m_output += ',';
        write(item);
    }
    m_output += ']';
}

void JsonWriter::writeTyped(const QVariant &value)
{
    if (value.metaType() == QMetaType::fromType<PyventInteger>()) {
        if (const QByteArray digits = toDecimal(value.value<PyventInteger>()); !digits.isEmpty()) {
            m_output += digits;
            return;
        }
    }
    const TypedValue typed = toTyped(value);
    m_output += R"({"$type":)";
    writeString(typed.type);
    m_output += R"(,"value":)";
    write(typed.value);
    m_output += '}';
}

} // namespace Pyvent::Text
