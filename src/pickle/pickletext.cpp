// SPDX-License-Identifier: MIT
#include "pickletext.h"

#include <QtCore/qendian.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>

#ifdef Q_PROCESSOR_X86_64
#    include <emmintrin.h>
#endif

namespace Pyvent::Internal {

namespace {

using uchar = unsigned char;

constexpr quint64 highBits = Q_UINT64_C(0x8080808080808080);  // of eight bytes
constexpr quint64 otherBits = Q_UINT64_C(0xff80ff80ff80ff80); // the bits that no ASCII unit has, of four

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

// False if these 32 bytes are not ASCII. What a compiler makes of a loop is slower than these.
Q_ALWAYS_INLINE bool widen32Ascii(const uchar *from, char16_t *to)
{
#ifdef Q_PROCESSOR_X86_64
    const __m128i *bytes = reinterpret_cast<const __m128i *>(from);
    __m128i *units = reinterpret_cast<__m128i *>(to);
    const __m128i first = _mm_loadu_si128(bytes);
    const __m128i second = _mm_loadu_si128(bytes + 1);
    if (_mm_movemask_epi8(_mm_or_si128(first, second)))
        return false;
    _mm_storeu_si128(units, _mm_unpacklo_epi8(first, _mm_setzero_si128()));
    _mm_storeu_si128(units + 1, _mm_unpackhi_epi8(first, _mm_setzero_si128()));
    _mm_storeu_si128(units + 2, _mm_unpacklo_epi8(second, _mm_setzero_si128()));
    _mm_storeu_si128(units + 3, _mm_unpackhi_epi8(second, _mm_setzero_si128()));
#else
    quint64 others = 0;
    for (int i = 0; i < 4; ++i)
        others |= qFromUnaligned<quint64>(from + 8 * i) & highBits;
    if (others)
        return false;
    widen<32>(from, to);
#endif
    return true;
}

// Copies what is ASCII up to the first byte that is not, and moves \a out on. Writes beyond what it copied, but not beyond
// \a outEnd.
Q_ALWAYS_INLINE const uchar *widenAscii(const uchar *p, const uchar *end, char16_t **out, const char16_t *outEnd)
{
    char16_t *q = *out;
    while (end - p >= 8 && outEnd - q >= 8) {
        widen<8>(p, q);
        const quint64 others = qFromLittleEndian<quint64>(p) & highBits;
        p += std::countr_zero(others) / 8;
        q += std::countr_zero(others) / 8;
        if (others)
            break;
        while (end - p >= 32 && widen32Ascii(p, q)) {
            // Each round fills a cache line from the second one on: halves of two take a third longer where text is large.
            const qsizetype step = end - p < 256 ? 32 : 32 - qsizetype(quintptr(q) % 64 / sizeof(char16_t));
            p += step;
            q += step;
        }
    }
    while (p != end && *p < 0x80)
        *q++ = *p++;
    *out = q;
    return p;
}

// False if these 32 units are not ASCII.
Q_ALWAYS_INLINE bool narrow32Ascii(const char16_t *from, char *to)
{
#ifdef Q_PROCESSOR_X86_64
    const __m128i *units = reinterpret_cast<const __m128i *>(from);
    __m128i *bytes = reinterpret_cast<__m128i *>(to);
    const __m128i first = _mm_loadu_si128(units);
    const __m128i second = _mm_loadu_si128(units + 1);
    const __m128i third = _mm_loadu_si128(units + 2);
    const __m128i fourth = _mm_loadu_si128(units + 3);
    const __m128i all = _mm_or_si128(_mm_or_si128(first, second), _mm_or_si128(third, fourth));
    const __m128i others = _mm_and_si128(all, _mm_set1_epi16(short(0xff80)));
    if (_mm_movemask_epi8(_mm_cmpeq_epi16(others, _mm_setzero_si128())) != 0xffff)
        return false;
    _mm_storeu_si128(bytes, _mm_packus_epi16(first, second));
    _mm_storeu_si128(bytes + 1, _mm_packus_epi16(third, fourth));
#else
    quint64 others = 0;
    for (int i = 0; i < 8; ++i)
        others |= qFromUnaligned<quint64>(from + 4 * i) & otherBits;
    if (others)
        return false;
    narrow<32>(from, to);
#endif
    return true;
}

// As long as there are 32 of them. Not inline: what it needs in registers slowed down the short runs between umlauts.
Q_NEVER_INLINE const char16_t *narrowLongAscii(const char16_t *p, const char16_t *end, char **out)
{
    for (; end - p >= 32 && narrow32Ascii(p, *out); p += 32)
        *out += 32;
    return p;
}

// widenAscii() the other way round.
Q_ALWAYS_INLINE const char16_t *narrowAscii(const char16_t *p, const char16_t *end, char **out)
{
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

// Decodes blocks of ASCII with some characters of two bytes among it, as much of Europe writes, up to one that has others in it,
// or more, or too few bytes behind it, and moves \a out on. Where the characters are is known of a whole block at once, so that
// none waits for the one before it. Writes beyond what it decoded, but not beyond one unit for each byte.
Q_ALWAYS_INLINE const uchar *decodeSomeTwos(const uchar *p, const uchar *end, char16_t **out)
{
#ifdef Q_PROCESSOR_X86_64
    constexpr int step = 16;
    constexpr int some = 16; // where there are more, each costs less by itself
    char16_t *q = *out;
    while (end - p >= 64 + step) {
        quint64 leads = 0;
        quint64 continuations = 0;
        quint64 all = 0; // that are not ASCII
        for (int i = 0; i < 4; ++i) {
            const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(p) + i);
            const auto add = [i](quint64 *bits, __m128i found) {
                *bits |= quint64(quint32(_mm_movemask_epi8(found))) << 16 * i;
            };
            // Bytes are signed here: -128 is 0x80.
            add(&all, bytes);
            add(&continuations, _mm_cmplt_epi8(bytes, _mm_set1_epi8(char(0xc0))));
            add(&leads,
                _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8(char(0xc1))),
                              _mm_cmplt_epi8(bytes, _mm_set1_epi8(char(0xe0)))));
        }
        if (continuations != leads << 1 || all != (leads | continuations) || std::popcount(leads) > some)
            break;
        const uchar *block = p;
        const bool isCut = leads >> 63; // the last character belongs to the next block
        if (isCut)
            leads &= ~(Q_UINT64_C(1) << 63);
        const auto widenUpTo = [&](const uchar *to) {
            const qsizetype size = to - p;
            qsizetype done = 0;
            do {
                widen<step>(p + done, q + done);
                done += step;
            } while (Q_UNLIKELY(done < size));
            p = to;
            q += size;
        };
        for (; leads; leads &= leads - 1) {
            const uchar *lead = block + std::countr_zero(leads);
            widenUpTo(lead);
            *q++ = char16_t((lead[0] & 0x1f) << 6 | (lead[1] & 0x3f));
            p = lead + 2;
        }
        widenUpTo(block + (isCut ? 63 : 64));
    }
    *out = q;
#else
    Q_UNUSED(end)
    Q_UNUSED(out)
#endif
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
    QString result(utf8.size(), Qt::Uninitialized); // no byte makes more than one unit
    char16_t *const units = reinterpret_cast<char16_t *>(result.data());
    char16_t *out = units;
    p = widenAscii(p, end, &out, units + utf8.size());
    if (Q_UNLIKELY(p != end)) {
        qsizetype pause = 0; // where blocks do not pay, they are tried ever more seldom
        const uchar *nextTry = p;
        while (p != end) {
            if (p >= nextTry) {
                const uchar *before = p;
                p = decodeSomeTwos(p, end, &out);
                pause = p == before ? std::min<qsizetype>(2 * pause + 64, 4096) : 64;
                nextTry = end - p > pause ? p + pause : end;
            }
            while (p != end && *p >= 0x80) {
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
            }
            p = widenAscii(p, end, &out, units + utf8.size());
        }
        const qsizetype size = out - units;
        if (utf8.size() - size > 32 + size / 3) // or it would keep up to three times the memory that it needs
            result = QString(reinterpret_cast<const QChar *>(units), size);
        else
            result.resize(size);
    }
    *text = std::move(result);
    return true;
}

char *encodeUtf8(QStringView text, char *out)
{
    const char16_t *p = text.utf16();
    const char16_t *end = p + text.size();
    if (text.size() >= 32) // most texts of an event are shorter, and a call costs them more than it saves
        p = narrowLongAscii(p, end, &out);
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
