// SPDX-License-Identifier: MIT
// Data in a pickle: numbers, texts and bytes.
#include "picklescanner.h"

#include <QtCore/qendian.h>

#include <algorithm>
#include <cstring>

namespace Pyvent::Internal {

namespace {

constexpr quint32 mostDigits = 4300; // of an int in decimal, as in Python 3.11: reading them takes quadratic time

template <typename T>
bool allBytes(QByteArrayView text, T isGood)
{
    return std::all_of(text.begin(), text.end(), isGood);
}

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

// Whether as many hexadecimal digits follow as an escape has by its letter, and no more than a character's number; -1 where there
// is no such escape.
bool hasGoodEscapes(QByteArrayView text, int (*digitsOf)(char))
{
    for (qsizetype at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', at)) {
        if (++at == text.size())
            return true;
        const int digits = digitsOf(text[at++]);
        const QByteArrayView number = text.sliced(at, qMin<qsizetype>(qMax(0, digits), text.size() - at));
        if (number.size() != digits
            || !allBytes(number, [](char c) { return isDigit(c) || (c && std::strchr("abcdefABCDEF", c)); })
            || (digits == 8 && number.first(3) != "000" && number.first(4) != "0010"))
            return false;
        at += digits;
    }
    return true;
}

} // namespace

// Data of a length that stands before it.
bool PickleScanner::runData(Op op)
{
    switch (op) {
    case Op::BinUnicode:
        return readCounted(Tag::Text, 4);
    case Op::BinUnicode8:
        return readCounted(Tag::Text, 8);
    case Op::ShortBinBytes:
        return readCounted(Tag::Bytes, 1);
    case Op::BinBytes:
        return readCounted(Tag::Bytes, 4);
    case Op::BinBytes8:
        return readCounted(Tag::Bytes, 8);
    case Op::ByteArray8:
        return readCounted(Tag::ByteArray, 8);
    case Op::ShortBinString:
        return readCounted(Tag::String, 1);
    case Op::BinString:
        return readCounted(Tag::String, 4);
    case Op::Long1:
        return readCounted(Tag::Long, 1);
    case Op::Long4:
        return readCounted(Tag::Long, 4);
    default:
        return runLine(op);
    }
}

bool PickleScanner::readCounted(Tag tag, int sizeBytes)
{
    if (m_end - m_next < sizeBytes)
        return pastEnd();
    const quint64 size = sizeBytes == 1 ? uchar(*m_next)
        : sizeBytes == 4                ? qFromLittleEndian<quint32>(m_next)
                                        : qFromLittleEndian<quint64>(m_next);
    m_next += sizeBytes;
    if (size > quint64(m_end - m_next))
        return malformed("a length is larger than what is left");
    const char *data = m_next;
    m_next += size;
    return tag == Tag::Long ? pushLong(data, qsizetype(size)) : pushView(tag, data, size);
}

bool PickleScanner::pushView(Tag tag, const char *data, quint64 size)
{
    Slot slot{.tag = tag, .size = quint16(qMin<quint64>(size, unknownSize)), .value = quint32(data - m_begin)};
    if (tag == Tag::Bytes && size == 1 && *data == 'b')
        slot.flags = Slot::IsLetterB;
    return push(slot);
}

bool PickleScanner::pushLong(const char *data, qsizetype size)
{
    qint32 value = size > 0 && data[size - 1] < 0 ? -1 : 0;
    for (qsizetype i = qMin<qsizetype>(size, 4) - 1; size <= 4 && i >= 0; --i)
        value = qint32(quint32(value) << 8 | uchar(data[i]));
    if (size <= 4)
        return push({.tag = Tag::Int, .value = quint32(value)});
    return push({.tag = Tag::Long, .size = quint16(qMin<qsizetype>(1 + size / 8, unknownSize))});
}

// Data up to the end of the line. What Python reads only by a quirk, such as a number with underscores, nobody writes.
bool PickleScanner::runLine(Op op)
{
    switch (op) {
    case Op::Int:
        return readInt(false);
    case Op::Long:
        return readInt(true);
    case Op::Float:
        return readFloat();
    case Op::String:
        return readQuoted();
    case Op::Unicode:
        return readUnicode();
    default:
        return runContainer(op);
    }
}

bool PickleScanner::readLine(QByteArrayView *line)
{
    const void *found = m_next == m_end ? nullptr : std::memchr(m_next, '\n', size_t(m_end - m_next));
    if (!found)
        return pastEnd();
    const char *end = static_cast<const char *>(found);
    *line = QByteArrayView(m_next, end - m_next);
    m_next = end + 1;
    return true;
}

bool PickleScanner::readInt(bool isLong)
{
    QByteArrayView line;
    if (!readLine(&line))
        return false;
    if (!isLong && (line == "00" || line == "01")) // how protocols 0 and 1 spell False and True
        return pushTag(line == "01" ? Tag::True : Tag::False);
    if (isLong && line.endsWith('L'))
        line.chop(1);
    const QByteArrayView digits = line.startsWith('-') ? line.sliced(1) : line;
    if (digits.isEmpty() || !allBytes(digits, isDigit) || (digits.front() == '0' && line.size() > 1))
        return malformed("an int is not a number");
    if (digits.size() > mostDigits)
        return refuse(Reason::TooLarge, "an int has too many digits");
    if (line.size() > 9)
        return push({.tag = Tag::Long, .size = quint16(1 + line.size() / 16)});
    qint32 value = 0;
    for (const char digit : digits)
        value = value * 10 + (digit - '0');
    return push({.tag = Tag::Int, .value = quint32(line.startsWith('-') ? -value : value)});
}

bool PickleScanner::readFloat()
{
    QByteArrayView line;
    if (!readLine(&line))
        return false;
    const bool isGood = line.size() > 0 && line.size() < 256
        && allBytes(line, [](char c) { return isDigit(c) || (c && std::strchr("+-.eEinfa", c)); });
    bool isNumber = false;
    QByteArray::fromRawData(line.data(), line.size()).toDouble(&isNumber);
    return isGood && isNumber ? pushTag(Tag::Float) : malformed("a float is not a number");
}

bool PickleScanner::readQuoted()
{
    QByteArrayView line;
    if (!readLine(&line))
        return false;
    if (line.size() < 2 || (line.front() != '\'' && line.front() != '"') || line.back() != line.front())
        return malformed("a str is not in quotes");
    line = line.sliced(1, line.size() - 2);
    qsizetype backslashes = 0;
    while (backslashes < line.size() && line[line.size() - 1 - backslashes] == '\\')
        ++backslashes;
    // Of others CPython may warn, and open the program's source to show the line. Python 2 wrote these only.
    const auto digitsOf = [](char c) { return c == 'x' ? 2 : c && std::strchr("\\'\"nrt", c) ? 0 : -1; };
    if (backslashes % 2 || !hasGoodEscapes(line, digitsOf))
        return malformed("a str has a broken escape");
    return pushTag(Tag::String);
}

// Escapes and Latin-1 would have to be decoded, and no name on the list needs them.
bool PickleScanner::readUnicode()
{
    QByteArrayView line;
    if (!readLine(&line))
        return false;
    if (!hasGoodEscapes(line, [](char c) { return c == 'u' ? 4 : c == 'U' ? 8 : 0; }))
        return malformed("a str has a broken escape");
    const bool isKnown = allBytes(line, [](char c) { return c >= 0 && c != '\\'; });
    return push({.tag = Tag::Text,
                 .flags = quint8(isKnown ? 0 : Slot::Obscure),
                 .size = quint16(qMin<qsizetype>(line.size(), unknownSize)),
                 .value = quint32(line.data() - m_begin)});
}

bool PickleScanner::readIndex(quint32 *index)
{
    QByteArrayView line;
    if (!readLine(&line))
        return false;
    if (line.isEmpty() || line.size() > 9 || !allBytes(line, isDigit))
        return malformed("a memo index is not a number");
    *index = 0;
    for (const char digit : line)
        *index = *index * 10 + quint32(digit - '0');
    return true;
}

} // namespace Pyvent::Internal
