// SPDX-License-Identifier: MIT
#include "security/rules.h"

#include <QtCore/qstringlist.h>

#include <algorithm>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

// \a word so that it is read as one word, and not as the beginning of a comment.
QString quoted(const QString &word, bool always = false)
{
    const bool isPlain = !always && !word.isEmpty() && !word.contains(u' ') && !word.contains(u'\t')
        && !word.startsWith(u'#') && !word.startsWith(u'"');
    if (isPlain)
        return word;
    QString text = word;
    return u'"' + text.replace(u'\\', u"\\\\"_s).replace(u'"', u"\\\""_s) + u'"';
}

// What is taken for a mistake unless it is quoted.
bool looksLikeAMistake(const QString &name, bool isFirst)
{
    return name.endsWith(u',')
        || (isFirst
            && (name.startsWith(u',') || name == "send"_L1 || name == "hear"_L1 || name == "speak-for-others"_L1
                || name == "anything"_L1));
}

} // namespace

QString rightsText(Rights rights)
{
    QStringList words;
    if (rights & Right::Send)
        words += u"send"_s;
    if (rights & Right::Hear)
        words += u"hear"_s;
    if (rights & Right::SpeakForOthers)
        words += u"speak-for-others"_s;
    return words.join(u", "_s);
}

bool RuleSubject::matches(const PeerIdentity &peer) const
{
    switch (kind) {
    case Anyone:
        return true;
    case AnyUser:
        return peer.user.has_value();
    case User:
        return user && peer.user == user;
    case AnyKey:
        return !peer.key.isEmpty() || !peer.keyName.isEmpty();
    case KeyName:
        return peer.keyName == name;
    case PublicKey:
        return QLatin1StringView(peer.key) == name;
    }
    return false;
}

QString RuleSubject::text() const
{
    switch (kind) {
    case Anyone:
        return u"anyone"_s;
    case AnyUser:
        return u"user *"_s;
    case User:
        return u"user "_s + quoted(name);
    case AnyKey:
        return u"key *"_s;
    case KeyName:
    case PublicKey:
        break;
    }
    return u"key "_s + quoted(name);
}

bool Rule::fits(QStringView name) const
{
    return std::any_of(names.begin(), names.end(), [name](const PyventPattern &each) { return each.matches(name); });
}

QString Rule::text() const
{
    QString words = (allows ? u"allow "_s : u"deny "_s) + subject.text() + u' ' + rightsText(rights);
    for (qsizetype i = 0; i < names.size(); ++i)
        words += u' ' + quoted(names[i].text(), looksLikeAMistake(names[i].text(), i == 0));
    return words;
}

QByteArray Rules::text() const
{
    QByteArray lines;
    for (const Rule &rule : m_all)
        lines += rule.text().toUtf8() + '\n';
    return lines;
}

} // namespace Pyvent::Internal
