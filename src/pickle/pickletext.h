// SPDX-License-Identifier: MIT
#ifndef PYVENT_PICKLETEXT_H
#define PYVENT_PICKLETEXT_H

#include <QtCore/qbytearrayview.h>
#include <QtCore/qstring.h>

namespace Pyvent::Internal {

bool isAscii(QByteArrayView bytes);

// Whether it is UTF-8 as Python's "surrogatepass" reads it: surrogates may be encoded one by one.
bool isUtf8(QByteArrayView bytes);

// Such UTF-8 as text; false if it is not.
bool decodeUtf8(QByteArrayView utf8, QString *text);

// The most bytes that encodeUtf8() writes.
constexpr qsizetype maximumUtf8Size(qsizetype utf16Size)
{
    return 3 * utf16Size;
}
// Writes \a text as UTF-8, lone surrogates one by one, and returns the end.
char *encodeUtf8(QStringView text, char *out);

// Latin-1 as UTF-8, at most twice as long; returns the end.
char *latin1ToUtf8(QByteArrayView latin1, char *out);
// UTF-8 back to Latin-1, no longer than it; nullptr if a character is beyond.
char *utf8ToLatin1(QByteArrayView utf8, char *out);

// Python's raw-unicode-escape (opcode UNICODE) as UTF-8 of at most twice its length; nullptr if an escape is
// broken.
char *decodeRawUnicodeEscape(QByteArrayView text, char *out);

// What stands between the quotes of Python 2's repr of a str (opcode STRING); no longer than it; nullptr if
// broken.
char *decodeStringEscape(QByteArrayView text, char *out);

} // namespace Pyvent::Internal

#endif
