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

} // namespace Pyvent::Internal
