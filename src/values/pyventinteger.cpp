// SPDX-License-Identifier: MIT
#include "pyventinteger.h"

#include <QtCore/qdebug.h>
#include <QtCore/qendian.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

using namespace Qt::StringLiterals;

namespace {

using Limbs = std::vector<quint32>; // of the absolute value, lowest first, without leading zeros

constexpr quint32 chunk = 1000000000; // what fits into a limb of nine decimal digits
constexpr int chunkDigits = 9;

Limbs magnitude(const QByteArray &bytes)
{
    const bool negative = !bytes.isEmpty() && (bytes.back() & 0x80);
    Limbs limbs(size_t(bytes.size() + 3) / 4, negative ? 0xffffffffu : 0u);
    for (qsizetype i = 0; i < bytes.size(); ++i) {
        quint32 &limb = limbs[size_t(i / 4)];
        const int shift = int(i % 4) * 8;
        limb = (limb & ~(0xffu << shift)) | quint32(uchar(bytes[i])) << shift;
    }
    if (negative) {
        quint64 carry = 1;
        for (quint32 &limb : limbs) {
            carry += ~limb;
            limb = quint32(carry);
            carry >>= 32;
        }
        if (carry)
            limbs.push_back(quint32(carry));
    }
    while (!limbs.empty() && limbs.back() == 0)
        limbs.pop_back();
    return limbs;
}

QByteArray twosComplementOf(const Limbs &limbs, bool negative)
{
    QByteArray bytes(qsizetype(limbs.size() * 4 + 1), '\0');
    quint64 carry = negative ? 1 : 0;
    for (size_t i = 0; i < limbs.size(); ++i) {
        carry += negative ? quint32(~limbs[i]) : limbs[i];
        qToLittleEndian(quint32(carry), bytes.data() + i * 4);
        carry >>= 32;
    }
    if (negative && !carry)
        bytes.back() = '\xff';
    return bytes;
}

void multiplyAdd(Limbs *limbs, quint32 factor, quint32 summand)
{
    quint64 carry = summand;
    for (quint32 &limb : *limbs) {
        carry += quint64(limb) * factor;
        limb = quint32(carry);
        carry >>= 32;
    }
    if (carry)
        limbs->push_back(quint32(carry));
}

quint32 divideByChunk(Limbs *limbs)
{
    quint64 rest = 0;
    for (size_t i = limbs->size(); i-- > 0;) {
        rest = rest << 32 | (*limbs)[i];
        (*limbs)[i] = quint32(rest / chunk);
        rest %= chunk;
    }
    while (!limbs->empty() && limbs->back() == 0)
        limbs->pop_back();
    return quint32(rest);
}

bool parseDecimal(QStringView digits, Limbs *limbs)
{
    for (qsizetype i = 0; i < digits.size();) {
        const qsizetype count = (digits.size() - i) % chunkDigits ? (digits.size() - i) % chunkDigits : chunkDigits;
        quint32 value = 0;
        for (qsizetype k = 0; k < count; ++k) {
            const int digit = digits[i + k].unicode() - '0';
            if (digit < 0 || digit > 9)
                return false;
            value = value * 10 + quint32(digit);
        }
        multiplyAdd(limbs, chunk, value);
        i += count;
    }
    return !digits.isEmpty();
}

bool parseHexadecimal(QStringView digits, Limbs *limbs)
{
    limbs->assign(size_t(digits.size() + 7) / 8, 0);
    for (qsizetype i = 0; i < digits.size(); ++i) {
        const char16_t c = digits[digits.size() - 1 - i].unicode();
        const char16_t lower = c | 0x20;
        const int digit = c >= '0' && c <= '9' ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
        if (digit < 0)
            return false;
        (*limbs)[size_t(i / 8)] |= quint32(digit) << (i % 8 * 4);
    }
    return !digits.isEmpty();
}

QString hexadecimal(const Limbs &limbs)
{
    QString text = u"0x"_s + QString::number(limbs.back(), 16);
    for (size_t i = limbs.size() - 1; i-- > 0;)
        text += QString::number(limbs[i], 16).rightJustified(8, u'0');
    return text;
}

} // namespace

PyventInteger::PyventInteger(qint64 value)
    : PyventInteger(fromTwosComplement({reinterpret_cast<const char *>(&(value = qToLittleEndian(value))), 8}))
{
}

PyventInteger::PyventInteger(quint64 value)
{
    char bytes[9] = {};
    qToLittleEndian(value, bytes);
    *this = fromTwosComplement({bytes, 9});
}

PyventInteger PyventInteger::fromTwosComplement(QByteArrayView bytes)
{
    qsizetype size = bytes.size();
    while (size > 1 && (bytes[size - 1] == 0 || bytes[size - 1] == char(-1))
           && (bytes[size - 1] ^ bytes[size - 2]) >= 0)
        --size;
    if (size == 1 && bytes[0] == 0)
        size = 0;
    PyventInteger result;
    result.m_bytes = QByteArray(bytes.data(), size);
    return result;
}

PyventInteger PyventInteger::fromString(QStringView text, bool *ok)
{
    QStringView digits = text.trimmed();
    const bool negative = digits.startsWith(u'-');
    if (negative || digits.startsWith(u'+'))
        digits = digits.sliced(1);
    Limbs limbs;
    const bool valid = digits.startsWith("0x"_L1, Qt::CaseInsensitive)
        ? parseHexadecimal(digits.sliced(2), &limbs)
        : digits.size() <= MaximumDigits && parseDecimal(digits, &limbs);
    if (ok)
        *ok = valid;
    return valid ? fromTwosComplement(twosComplementOf(limbs, negative)) : PyventInteger();
}

QString PyventInteger::toString() const
{
    Limbs limbs = magnitude(m_bytes);
    const QString sign = isNegative() ? u"-"_s : QString();
    if (limbs.empty())
        return u"0"_s;
    constexpr double bitsPerDigit = 3.3219280948873626;
    const double bits = 32 * double(limbs.size()) - std::countl_zero(limbs.back());
    if (bits / bitsPerDigit > MaximumDigits + 1)
        return sign + hexadecimal(limbs);
    const Limbs number = limbs;
    QStringList chunks;
    while (!limbs.empty())
        chunks.prepend(QString::number(divideByChunk(&limbs)).rightJustified(chunkDigits, u'0'));
    QString text = chunks.join(QString());
    qsizetype zeros = 0;
    while (text.at(zeros) == u'0')
        ++zeros;
    if (text.size() - zeros > MaximumDigits)
        return sign + hexadecimal(number);
    return sign + text.sliced(zeros);
}

double PyventInteger::toDouble(bool *ok) const
{
    const Limbs limbs = magnitude(m_bytes);
    const size_t count = limbs.size();
    // The top 64 bits decide, with all lower ones as one sticky bit, so that the conversion rounds only once.
    quint64 top = 0;
    qint64 exponent = 0;
    bool sticky = false;
    if (count <= 2) {
        top = (count > 1 ? quint64(limbs[1]) << 32 : 0) | (count > 0 ? limbs[0] : 0);
    } else {
        const int shift = std::countl_zero(limbs[count - 1]);
        const quint64 high = quint64(limbs[count - 1]) << 32 | limbs[count - 2];
        const quint64 low = limbs[count - 3];
        top = shift ? high << shift | low >> (32 - shift) : high;
        exponent = (qint64(count) - 2) * 32 - shift;
        sticky = shift ? quint32(low << shift) != 0 : low != 0;
        for (size_t i = 0; i + 3 < count && !sticky; ++i)
            sticky = limbs[i] != 0;
    }
    const double value = exponent > 1100 ? std::numeric_limits<double>::infinity()
                                         : std::ldexp(double(top | quint64(sticky)), int(exponent));
    if (ok)
        *ok = std::isfinite(value);
    return isNegative() ? -value : value;
}

qlonglong PyventInteger::toLongLong(bool *ok) const
{
    const bool fits = m_bytes.size() <= 8;
    if (ok)
        *ok = fits;
    quint64 value = isNegative() ? ~quint64(0) : 0;
    for (qsizetype i = fits ? m_bytes.size() : 0; i-- > 0;)
        value = value << 8 | uchar(m_bytes[i]);
    return fits ? qlonglong(value) : 0;
}

int PyventInteger::toInt(bool *ok) const
{
    bool fits = false;
    const qlonglong value = toLongLong(&fits);
    fits = fits && value == int(value);
    if (ok)
        *ok = fits;
    return fits ? int(value) : 0;
}

qulonglong PyventInteger::toULongLong(bool *ok) const
{
    const bool fits = !isNegative() && (m_bytes.size() <= 8 || (m_bytes.size() == 9 && m_bytes[8] == 0));
    if (ok)
        *ok = fits;
    quint64 value = 0;
    for (qsizetype i = fits ? qMin<qsizetype>(m_bytes.size(), 8) : 0; i-- > 0;)
        value = value << 8 | uchar(m_bytes[i]);
    return value;
}

QDebug operator<<(QDebug debug, const PyventInteger &value)
{
    const QDebugStateSaver saver(debug);
    return debug.noquote() << value.toString();
}
