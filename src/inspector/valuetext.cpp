// SPDX-License-Identifier: MIT
#include "valuetext.h"

#include "pythontext.h"

#include <algorithm>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype bytesOfLine = 16;

// "00000010  48 65 6c 6c 6f 2c 20 77  6f 72 6c 64 21           Hello, world!"
QString hexLine(QByteArrayView bytes, qsizetype offset)
{
    QString line = u"%1 "_s.arg(qlonglong(offset), 8, 16, QChar(u'0'));
    QString characters;
    for (qsizetype i = 0; i < bytesOfLine; ++i) {
        if (i % 8 == 0)
            line += u' ';
        if (i >= bytes.size()) {
            line += u"   "_s;
            continue;
        }
        const auto byte = uchar(bytes[i]);
        line += u"%1 "_s.arg(uint(byte), 2, 16, QChar(u'0'));
        characters += byte >= 0x20 && byte < 0x7f ? QChar(char16_t(byte)) : QChar(u'·');
    }
    return line + u' ' + characters;
}

ValueText hexText(const QByteArray &bytes, qsizetype most)
{
    const qsizetype charactersOfLine = hexLine(bytes.first(std::min(bytesOfLine, bytes.size())), 0).size() + 1;
    const qsizetype shown = std::min(bytes.size(), std::max<qsizetype>(1, most / charactersOfLine) * bytesOfLine);
    ValueText result;
    result.isWhole = shown == bytes.size();
    for (qsizetype offset = 0; offset < shown; offset += bytesOfLine) {
        const qsizetype size = std::min(bytesOfLine, shown - offset);
        result.text += hexLine(QByteArrayView(bytes).sliced(offset, size), offset) + u'\n';
    }
    result.text.chop(1);
    return result;
}

} // namespace

ValueText textOf(const QVariant &value, qsizetype most)
{
    if (value.typeId() == QMetaType::QByteArray)
        return hexText(value.toByteArray(), most);
    QString text = value.typeId() == QMetaType::QString ? value.toString() : Text::pythonText(value);
    ValueText result;
    result.isWhole = text.size() <= most;
    if (!result.isWhole)
        text.truncate(text[most - 1].isHighSurrogate() ? most - 1 : most);
    result.text.reserve(text.size());
    for (qsizetype begin = 0; begin < text.size();) {
        const qsizetype end = text.indexOf(u'\n', begin);
        const qsizetype size = (end < 0 ? text.size() : end + 1) - begin;
        qsizetype piece = std::min(size, longestShownLine);
        if (piece < size && text[begin + piece - 1].isHighSurrogate())
            --piece;
        result.text += QStringView(text).sliced(begin, piece);
        // A line that is longer by nothing but its end is not broken.
        if (piece < size && text[begin + piece] != u'\n') {
            result.text += u'\n';
            result.isBroken = true;
        }
        begin += piece;
    }
    return result;
}

} // namespace Pyvent::Inspector
