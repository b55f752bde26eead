// SPDX-License-Identifier: MIT
#include "spelling.h"

namespace Pyvent::Qml {

namespace {

// A word begins at an upper-case letter, but of a row of them only at the first one and at the last one that a
// lower-case letter follows: "playMP3File" is play, MP3 and File.
bool beginsWord(QStringView text, qsizetype i)
{
    if (i == 0 || !text[i].isUpper())
        return false;
    const bool isBeforeLower = i + 1 < text.size() && text[i + 1].isLower();
    return !text[i - 1].isUpper() || isBeforeLower;
}

QStringList words(const QString &identifier)
{
    QStringList words;
    for (const QString &part : identifier.split(u'_', Qt::SkipEmptyParts)) {
        qsizetype begin = 0;
        for (qsizetype i = 0; i <= part.size(); ++i) {
            if (i < part.size() && !beginsWord(part, i))
                continue;
            words.append(part.sliced(begin, i - begin).toLower());
            begin = i;
        }
    }
    return words;
}

QString camelCase(const QStringList &words)
{
    QString text;
    for (QString word : words) {
        if (!text.isEmpty())
            word[0] = word[0].toUpper();
        text += word;
    }
    return text;
}

} // namespace

QStringList spellings(const QString &identifier)
{
    const QStringList words = Qml::words(identifier);
    QStringList spellings{identifier};
    for (const QString &spelling : {words.join(u'-'), words.join(u'_'), camelCase(words)}) {
        if (!spelling.isEmpty() && !spellings.contains(spelling))
            spellings.append(spelling);
    }
    return spellings;
}

} // namespace Pyvent::Qml
