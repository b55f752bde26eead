// SPDX-License-Identifier: MIT
#include "decimal.h"

#include <algorithm>
#include <vector>

namespace Pyvent::Text {

using namespace Qt::StringLiterals;

namespace {

using Words = std::vector<quint32>; // a magnitude, lowest first

constexpr quint32 chunk = 1'000'000'000; // what is converted at once, and its digits
constexpr int chunkDigits = 9;
constexpr qsizetype maximumBytes = maximumDecimalDigits * 4152 / 10'000 - 1; // log2(10) / 8 bytes a digit, rounded down

Words magnitude(const QByteArray &twosComplement, bool isNegative)
{
    Words words(size_t(twosComplement.size() + 3) / 4 + 1, isNegative ? ~quint32(0) : 0);
    for (qsizetype i = 0; i < twosComplement.size(); ++i) {
        quint32 &word = words[size_t(i) / 4];
        const int shift = int(i % 4) * 8;
        word = (word & ~(quint32(0xff) << shift)) | (quint32(uchar(twosComplement[i])) << shift);
    }
    if (isNegative) {
        quint64 carry = 1;
        for (quint32 &word : words) {
            carry += quint64(quint32(~word));
            word = quint32(carry);
            carry >>= 32;
        }
    }
    return words;
}

// Divides by chunk and returns the remainder.
quint32 divide(Words &words)
{
    quint64 remainder = 0;
    for (auto word = words.rbegin(); word != words.rend(); ++word) {
        remainder = (remainder << 32) | *word;
        *word = quint32(remainder / chunk);
        remainder %= chunk;
    }
    while (!words.empty() && words.back() == 0)
        words.pop_back();
    return quint32(remainder);
}

void multiplyAndAdd(Words &words, quint32 factor, quint32 summand)
{
    quint64 carry = summand;
    for (quint32 &word : words) {
        carry += quint64(word) * factor;
        word = quint32(carry);
        carry >>= 32;
    }
    if (carry > 0)
        words.push_back(quint32(carry));
}

} // namespace

QByteArray toDecimal(const PyventInteger &integer)
{
    const QByteArray bytes = integer.twosComplement();
    if (bytes.size() > maximumBytes)
        return {};
    Words words = magnitude(bytes, integer.isNegative());
    QByteArray reversed;
    do {
        quint32 digits = divide(words);
        for (int i = 0; i < chunkDigits; ++i, digits /= 10)
            reversed += char('0' + digits % 10);
    } while (!words.empty());
    while (reversed.size() > 1 && reversed.endsWith('0'))
        reversed.chop(1);
    if (integer.isNegative())
        reversed += '-';
    std::reverse(reversed.begin(), reversed.end());
    return reversed;
}

PyventInteger fromDecimal(QStringView digits)
{
    const bool isNegative = digits.startsWith(u'-');
    if (isNegative)
        digits = digits.sliced(1);
    Words words;
    while (!digits.isEmpty()) {
        const qsizetype length = std::min(digits.size(), qsizetype(chunkDigits));
        quint32 value = 0;
        quint32 factor = 1;
        for (const QChar digit : digits.first(length)) {
            value = value * 10 + quint32(digit.unicode() - u'0');
            factor *= 10;
        }
        multiplyAndAdd(words, factor, value);
        digits = digits.sliced(length);
    }

    words.push_back(0); // the sign
    quint64 carry = isNegative ? 1 : 0;
    QByteArray bytes;
    for (quint32 word : words) {
        if (isNegative) {
            carry += quint64(quint32(~word));
            word = quint32(carry);
            carry >>= 32;
        }
        for (int shift = 0; shift < 32; shift += 8)
            bytes += char(word >> shift);
    }
    return PyventInteger::fromTwosComplement(bytes); // which drops what it does not need
}

QString whyTooLong(QStringView text)
{
    const qsizetype digits = text.size() - (text.startsWith(u'-') ? 1 : 0);
    if (digits <= maximumDecimalDigits || text.contains(u'x')) // hexadecimal ones take no time
        return {};
    return u"the integer has %1 digits, and %2 are read: longer ones are written in hexadecimal, "
           "{\"$type\":\"int\",\"value\":\"0x…\"}"_s.arg(QString::number(digits),
                                                         QString::number(maximumDecimalDigits));
}

QVariant integerFromText(QStringView text)
{
    if (!whyTooLong(text).isEmpty())
        return QVariant();
    bool fits = false;
    if (const qlonglong number = text.toLongLong(&fits, 10); fits)
        return number;
    if (const qulonglong number = text.toULongLong(&fits, 10); fits)
        return number;
    const QStringView digits = text.startsWith(u'-') ? text.sliced(1) : text;
    const auto isDigit = [](QChar c) { return c >= u'0' && c <= u'9'; };
    if (!digits.isEmpty() && std::all_of(digits.begin(), digits.end(), isDigit))
        return QVariant::fromValue(fromDecimal(text));
    if (!digits.startsWith(u"0x"))
        return QVariant();
    const PyventInteger number = PyventInteger::fromString(text, &fits);
    if (!fits)
        return QVariant();
    if (const qlonglong small = number.toLongLong(&fits); fits)
        return small;
    if (const qulonglong small = number.toULongLong(&fits); fits)
        return small;
    return QVariant::fromValue(number);
}

} // namespace Pyvent::Text
