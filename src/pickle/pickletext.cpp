// SPDX-License-Identifier: MIT
#include "pickletext.h"

#include <QtCore/qendian.h>

#include <bit>
#include <cstring>
#include <string_view>

namespace Pyvent::Internal {

namespace {

using uchar = unsigned char;

constexpr quint64 highBits = Q_UINT64_C(0x8080808080808080); // of eight bytes

const uchar *skipAscii(const uchar *p, const uchar *end)
{
    while (end - p >= 8 && !(qFromUnaligned<quint64>(p) & highBits))
        p += 8;
    while (p != end && *p < 0x80)
        ++p;
    return p;
}

// These two are loops over blocks of a fixed size because that is what compilers turn into vector instructions.
template <int size>
void widen(const uchar *from, char16_t *to)
{
    uchar narrow[size];
    char16_t wide[size];
    std::memcpy(narrow, from, sizeof narrow);
    for (int i = 0; i < size; ++i)
        wide[i] = narrow[i];
    std::memcpy(to, wide, sizeof wide);
}

template <int size>
void narrow(const char16_t *from, char *to)
{
    char16_t wide[size];
    char narrow[size];
    std::memcpy(wide, from, sizeof wide);
    for (int i = 0; i < size; ++i)
        narrow[i] = char(wide[i]);
    std::memcpy(to, narrow, sizeof narrow);
}

// The UTF-16 units of UTF-8: one for each byte that begins a character, two where that begins four bytes.
qsizetype utf16Size(const uchar *p, const uchar *end)
{
    constexpr int block = 64;
    const auto unitsOf = [](uchar c) { return uchar(uchar((c & 0xc0) != 0x80) + uchar(c >= 0xf0)); };
    qsizetype units = 0;
    for (; end - p >= block; p += block) {
        uchar sum = 0;
        for (int i = 0; i < block; ++i)
            sum = uchar(sum + unitsOf(p[i]));
        units += sum;
    }
    for (; p != end; ++p)
        units += unitsOf(*p);
    return units;
}

// Copies what is ASCII up to the first byte that is not, and moves \a out on. Writes beyond what it copied, but not beyond
// \a outEnd.
Q_ALWAYS_INLINE const uchar *widenAscii(const uchar *p, const uchar *end, char16_t **out, const char16_t *outEnd)
{
    char16_t *q = *out;
    for (; end - p >= 16; p += 16, q += 16) {
        if ((qFromUnaligned<quint64>(p) | qFromUnaligned<quint64>(p + 8)) & highBits)
            break;
        widen<16>(p, q);
    }
    while (end - p >= 8 && outEnd - q >= 8) {
        widen<8>(p, q);
        const quint64 others = qFromLittleEndian<quint64>(p) & highBits;
        p += std::countr_zero(others) / 8;
        q += std::countr_zero(others) / 8;
        if (others)
            break;
    }
    while (p != end && *p < 0x80)
        *q++ = *p++;
    *out = q;
    return p;
}

// The same the other way round.
Q_ALWAYS_INLINE const char16_t *narrowAscii(const char16_t *p, const char16_t *end, char **out)
{
    constexpr quint64 otherBits = Q_UINT64_C(0xff80ff80ff80ff80); // the bits that no ASCII unit has
    char *q = *out;
    for (; end - p >= 8; p += 8, q += 8) {
        if ((qFromUnaligned<quint64>(p) | qFromUnaligned<quint64>(p + 4)) & otherBits)
            break;
        narrow<8>(p, q);
    }
    while (p != end && *p < 0x80)
        *q++ = char(*p++);
    *out = q;
    return p;
}

bool isContinuation(uchar c)
{
    return (c & 0xc0) == 0x80;
}

// Decodes characters of three bytes, as long as there are others and bytes behind them, and moves \a out on. All three are
// looked at in one word.
Q_ALWAYS_INLINE const uchar *decodeThrees(const uchar *p, const uchar *end, char16_t **out)
{
    char16_t *q = *out;
    for (; end - p >= 4; p += 3) {
        const quint32 word = qFromLittleEndian<quint32>(p);
        if ((word & 0xc0c0f0) != 0x8080e0 || !(word & 0x200f)) // the latter: two bytes would do
            break;
        *q++ = char16_t((word & 0x0f) << 12 | (word >> 2 & 0xfc0) | (word >> 16 & 0x3f));
    }
    *out = q;
    return p;
}

// One character of two or more bytes; advances \a p; returns 0 (which takes one byte only) if it is broken.
Q_ALWAYS_INLINE char32_t decodeMultiByte(const uchar *&p, const uchar *end)
{
    const uchar lead = *p;
    const auto left = end - p;
    if (lead >= 0xc2 && lead < 0xe0) {
        if (left < 2 || !isContinuation(p[1]))
            return 0;
        const char32_t c = char32_t((lead & 0x1f) << 6 | (p[1] & 0x3f));
        p += 2;
        return c;
    }
    if (lead >= 0xe0 && lead < 0xf0) {
        if (left < 3 || !isContinuation(p[1]) || !isContinuation(p[2]) || (lead == 0xe0 && p[1] < 0xa0))
            return 0;
        const char32_t c = char32_t((lead & 0x0f) << 12 | (p[1] & 0x3f) << 6 | (p[2] & 0x3f));
        p += 3;
        return c;
    }
    if (lead >= 0xf0 && lead < 0xf5) {
        if (left < 4 || !isContinuation(p[1]) || !isContinuation(p[2]) || !isContinuation(p[3])
            || (lead == 0xf0 && p[1] < 0x90) || (lead == 0xf4 && p[1] > 0x8f))
            return 0;
        const char32_t c = char32_t((lead & 0x07) << 18 | (p[1] & 0x3f) << 12 | (p[2] & 0x3f) << 6 | (p[3] & 0x3f));
        p += 4;
        return c;
    }
    return 0;
}

const uchar *begin(QByteArrayView bytes)
{
    return reinterpret_cast<const uchar *>(bytes.data());
}

Q_ALWAYS_INLINE char *putUtf8(char32_t c, char *out)
{
    if (c < 0x80) {
        *out++ = char(c);
    } else if (c < 0x800) {
        *out++ = char(0xc0 | c >> 6);
        *out++ = char(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *out++ = char(0xe0 | c >> 12);
        *out++ = char(0x80 | (c >> 6 & 0x3f));
        *out++ = char(0x80 | (c & 0x3f));
    } else {
        *out++ = char(0xf0 | c >> 18);
        *out++ = char(0x80 | (c >> 12 & 0x3f));
        *out++ = char(0x80 | (c >> 6 & 0x3f));
        *out++ = char(0x80 | (c & 0x3f));
    }
    return out;
}

int hexDigit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

// \a count hexadecimal digits; -1 if they are not all there.
qint64 hexNumber(const char *p, const char *end, int count)
{
    if (end - p < count)
        return -1;
    qint64 value = 0;
    for (int i = 0; i < count; ++i) {
        const int digit = hexDigit(p[i]);
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

} // namespace

bool isAscii(QByteArrayView bytes)
{
    const uchar *end = begin(bytes) + bytes.size();
    return skipAscii(begin(bytes), end) == end;
}

bool isUtf8(QByteArrayView bytes)
{
    const uchar *p = begin(bytes);
    const uchar *end = p + bytes.size();
    while ((p = skipAscii(p, end)) != end) {
        if (decodeMultiByte(p, end) == 0)
            return false;
    }
    return true;
}

bool decodeUtf8(QByteArrayView utf8, QString *text)
{
    const uchar *p = begin(utf8);
    const uchar *end = p + utf8.size();
    QString result(utf8.size(), Qt::Uninitialized);
    char16_t *out = reinterpret_cast<char16_t *>(result.data());
    p = widenAscii(p, end, &out, out + utf8.size());
    if (Q_UNLIKELY(p != end)) {
        // Counted first: text of three bytes a character would otherwise keep three times the memory that it needs.
        const qsizetype ascii = p - begin(utf8);
        const qsizetype units = ascii + utf16Size(p, end);
        QString exact(units, Qt::Uninitialized);
        out = reinterpret_cast<char16_t *>(exact.data());
        const char16_t *outEnd = out + units;
        std::memcpy(out, result.constData(), size_t(ascii) * sizeof(char16_t));
        out += ascii;
        while (p != end) {
            do { // what is right takes as many units as were counted
                const char32_t c = decodeMultiByte(p, end);
                if (c == 0)
                    return false;
                if (c >= 0x10000) {
                    *out++ = QChar::highSurrogate(c);
                    *out++ = QChar::lowSurrogate(c);
                } else {
                    *out++ = char16_t(c);
                    if (c >= 0x800) // more of its kind follow, mostly
                        p = decodeThrees(p, end, &out);
                }
            } while (p != end && *p >= 0x80);
            p = widenAscii(p, end, &out, outEnd);
        }
        result = std::move(exact);
    }
    *text = std::move(result);
    return true;
}

char *encodeUtf8(QStringView text, char *out)
{
    const char16_t *p = text.utf16();
    const char16_t *end = p + text.size();
    while ((p = narrowAscii(p, end, &out)) != end) {
        do {
            char32_t c = *p++;
            if (QChar::isHighSurrogate(c) && p != end && QChar::isLowSurrogate(*p))
                c = QChar::surrogateToUcs4(char16_t(c), *p++);
            out = putUtf8(c, out);
        } while (p != end && *p >= 0x80);
    }
    return out;
}

char *latin1ToUtf8(QByteArrayView latin1, char *out)
{
    for (const char c : latin1)
        out = putUtf8(uchar(c), out);
    return out;
}

char *utf8ToLatin1(QByteArrayView utf8, char *out)
{
    const uchar *p = begin(utf8);
    const uchar *end = p + utf8.size();
    while (p != end) {
        if (*p < 0x80) {
            *out++ = char(*p++);
            continue;
        }
        const char32_t c = decodeMultiByte(p, end);
        if (c == 0 || c > 0xff)
            return nullptr;
        *out++ = char(c);
    }
    return out;
}

char *decodeRawUnicodeEscape(QByteArrayView text, char *out)
{
    const char *p = text.data();
    const char *end = p + text.size();
    while (p != end) {
        if (*p != '\\' || end - p < 2) {
            out = putUtf8(uchar(*p++), out);
            continue;
        }
        const int digits = p[1] == 'u' ? 4 : p[1] == 'U' ? 8 : 0;
        if (digits == 0) {
            // Only u and U are escapes; a backslash takes its follower along, so "\\u" is no escape.
            out = putUtf8(uchar(p[0]), out);
            out = putUtf8(uchar(p[1]), out);
            p += 2;
            continue;
        }
        const qint64 c = hexNumber(p + 2, end, digits);
        if (c < 0 || c > 0x10ffff)
            return nullptr;
        out = putUtf8(char32_t(c), out);
        p += 2 + digits;
    }
    return out;
}

char *decodeStringEscape(QByteArrayView text, char *out)
{
    static constexpr char Escapes[] = "\\\\''\"\"a\ab\bf\fn\nr\rt\tv\v";
    const char *p = text.data();
    const char *end = p + text.size();
    while (p != end) {
        if (*p != '\\') {
            *out++ = *p++;
            continue;
        }
        if (++p == end)
            return nullptr;
        const char c = *p++;
        if (c == 'x') {
            const qint64 value = hexNumber(p, end, 2);
            if (value < 0)
                return nullptr;
            *out++ = char(value);
            p += 2;
            continue;
        }
        if (c >= '0' && c <= '7') {
            int value = c - '0';
            for (int i = 0; i < 2 && p != end && *p >= '0' && *p <= '7'; ++i)
                value = value * 8 + (*p++ - '0');
            *out++ = char(value);
            continue;
        }
        bool known = false;
        for (const char *escape = Escapes; *escape; escape += 2) {
            if (escape[0] == c) {
                *out++ = escape[1];
                known = true;
                break;
            }
        }
        if (!known) { // as Python: an unknown escape stands for itself
            *out++ = '\\';
            *out++ = c;
        }
    }
    return out;
}

} // namespace Pyvent::Internal
