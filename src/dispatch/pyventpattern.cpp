// SPDX-License-Identifier: MIT
#include "pyventpattern.h"

#include "dispatch/name.h"

using namespace Qt::StringLiterals;

bool PyventPattern::isGlob() const noexcept
{
    return m_text.contains(u'*') || m_text.contains(u'?');
}

QString PyventPattern::whyInvalid() const
{
    return Pyvent::Internal::whyNotAName(m_text);
}

bool PyventPattern::matches(QStringView name) const noexcept
{
    // '?' stands for a character, which may take two UTF-16 units.
    const auto unitsAt = [name](qsizetype n) {
        return name[n].isHighSurrogate() && n + 1 < name.size() && name[n + 1].isLowSurrogate() ? 2 : 1;
    };
    const QStringView pattern = m_text;
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

QString PyventPattern::prefix() const
{
    qsizetype length = 0;
    while (length < m_text.size() && m_text[length] != u'*' && m_text[length] != u'?')
        ++length;
    // Half of a surrogate pair has no UTF-8 of its own to be a prefix.
    if (length > 0 && m_text[length - 1].isHighSurrogate())
        --length;
    return m_text.first(length);
}
