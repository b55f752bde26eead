// SPDX-License-Identifier: MIT
#include "dispatch/name.h"

#include <QtCore/qstringconverter.h>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype maximumNameLength = 1024;
constexpr qsizetype maximumSenderLength = 255; // at most 1,020 bytes of UTF-8, which a trailer has room for

bool isControl(QChar c)
{
    return c.category() == QChar::Other_Control;
}

QString codePoint(QChar c)
{
    return u"U+"_s + QString::number(c.unicode(), 16).toUpper().rightJustified(4, u'0');
}

} // namespace

QString whyNotAName(QStringView name)
{
    if (name.isEmpty())
        return u"an event's name cannot be empty"_s;
    if (name.size() > maximumNameLength)
        return u"an event's name has at most %1 characters, this one has %2"_s.arg(maximumNameLength).arg(name.size());
    if (name.startsWith("__"_L1))
        return u"the event's name '%1' begins with '__', which Python's nodes keep for themselves"_s.arg(name);
    for (qsizetype i = 0; i < name.size(); ++i) {
        if (name[i] == u' ')
            return u"the event's name '%1' has a space at position %2; a space ends the name on the wire"_s.arg(
                name, QString::number(i));
        if (isControl(name[i])) {
            return u"the event's name has the control character %1 at position %2"_s.arg(codePoint(name[i])).arg(i);
        }
    }
    if (!name.isValidUtf16())
        return u"the event's name has half of a surrogate pair, which UTF-8 cannot spell"_s;
    return {};
}

QString whyNotASender(QStringView sender)
{
    if (sender.isEmpty())
        return u"a sender cannot be empty"_s;
    if (sender.size() > maximumSenderLength) {
        return u"a sender has at most %1 characters, this one has %2"_s.arg(maximumSenderLength).arg(sender.size());
    }
    for (qsizetype i = 0; i < sender.size(); ++i) {
        if (isControl(sender[i])) {
            return u"the sender has the control character %1 at position %2"_s.arg(codePoint(sender[i])).arg(i);
        }
    }
    if (!sender.isValidUtf16())
        return u"the sender has half of a surrogate pair, which UTF-8 cannot spell"_s;
    return {};
}

bool isGlob(QStringView pattern)
{
    return pattern.contains(u'*') || pattern.contains(u'?');
}

bool matchesGlob(QStringView pattern, QStringView name)
{
    // '?' stands for a character, which may take two UTF-16 units.
    const auto unitsAt = [name](qsizetype n) {
        return name[n].isHighSurrogate() && n + 1 < name.size() && name[n + 1].isLowSurrogate() ? 2 : 1;
    };
    qsizetype p = 0;
    qsizetype n = 0;
    qsizetype star = -1;    // the last '*' that was passed
    qsizetype resumeAt = 0; // where in the name to go on if what follows that '*' does not fit
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == u'*') {
            star = p++;
            resumeAt = n;
        } else if (p < pattern.size() && pattern[p] == u'?') {
            ++p;
            n += unitsAt(n);
        } else if (p < pattern.size() && pattern[p] == name[n]) {
            ++p;
            ++n;
        } else if (star >= 0) {
            p = star + 1;
            resumeAt += unitsAt(resumeAt);
            n = resumeAt;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == u'*')
        ++p;
    return p == pattern.size();
}

QStringView globPrefix(QStringView pattern)
{
    qsizetype length = 0;
    while (length < pattern.size() && pattern[length] != u'*' && pattern[length] != u'?')
        ++length;
    // Half of a surrogate pair has no UTF-8 of its own to be a prefix.
    if (length > 0 && pattern[length - 1].isHighSurrogate())
        --length;
    return pattern.first(length);
}

} // namespace Pyvent::Internal
