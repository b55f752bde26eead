// SPDX-License-Identifier: MIT
#include "eventfilter.h"

#include "pythontext.h"

#include <PyventPattern>

#include <QtCore/qlocale.h>

#include <algorithm>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;

namespace {

bool fitsPattern(const QString &text, const QString &pattern)
{
    if (pattern.startsWith(u'='))
        return text == QStringView(pattern).sliced(1);
    if (PyventPattern(pattern).isGlob())
        return PyventPattern(pattern.toCaseFolded()).matches(text.toCaseFolded());
    return text.contains(pattern, Qt::CaseInsensitive);
}

} // namespace

PatternList::PatternList(const QString &text)
{
    const QStringList patterns = text.simplified().split(u' ', Qt::SkipEmptyParts);
    for (const QString &pattern : patterns) {
        if (!pattern.startsWith(u'!'))
            m_wanted.append(pattern);
        else if (pattern.size() > 1)
            m_unwanted.append(pattern.sliced(1));
    }
}

bool PatternList::fits(const QString &text) const
{
    const auto fitsText = [&](const QString &pattern) { return fitsPattern(text, pattern); };
    return (m_wanted.isEmpty() || std::any_of(m_wanted.begin(), m_wanted.end(), fitsText))
        && std::none_of(m_unwanted.begin(), m_unwanted.end(), fitsText);
}

QString patternOnly(const QString &text)
{
    // Between patterns are spaces: a text that has some, which a log may have, becomes a glob.
    QString pattern = text;
    for (QChar &c : pattern) {
        if (c.isSpace())
            c = u'?';
    }
    return pattern == text ? u'=' + text : pattern;
}

QString patternWithout(const QString &patterns, const QString &text)
{
    const QString only = patternOnly(text);
    QStringList kept = patterns.simplified().split(u' ', Qt::SkipEmptyParts);
    kept.removeAll(only);
    if (const QString without = u'!' + only; !kept.contains(without))
        kept.append(without);
    return kept.join(u' ');
}

EventFilter::EventFilter(const FilterTexts &texts)
    : m_names(texts.name)
    , m_senders(texts.sender)
    , m_text(texts.text)
{
}

bool EventFilter::fits(const PatternList &patterns, const StringPool &pool, quint32 id, Answers *answers)
{
    if (patterns.isEmpty())
        return true;
    if (answers->generation != pool.generation()) {
        answers->known.clear();
        answers->generation = pool.generation();
    }
    if (answers->known.size() < pool.end())
        answers->known.resize(pool.end(), Answers::Unknown);
    Answers::Answer &answer = answers->known[id];
    if (answer == Answers::Unknown)
        answer = patterns.fits(pool.at(id)) ? Answers::Yes : Answers::No;
    return answer == Answers::Yes;
}

bool EventFilter::fits(const EventStore &store, Serial serial, qsizetype *work)
{
    if (!fits(m_names, store.names(), store.nameId(serial), &m_nameAnswers)
        || !fits(m_senders, store.senders(), store.senderId(serial), &m_senderAnswers))
        return false;
    if (m_text.isEmpty() || store.name(serial).contains(m_text, Qt::CaseInsensitive)
        || store.sender(serial).contains(m_text, Qt::CaseInsensitive))
        return true;

    const QByteArrayView json = store.arguments(serial);
    *work += json.size() + smallestWork;
    // What is too large to be decoded is searched as it is kept.
    const QString text = json.size() > EventStore::largeArguments ? QString::fromUtf8(json)
                                                                  : Text::pythonKeywords(store.decoded(serial));
    return text.contains(m_text, Qt::CaseInsensitive);
}

QString argumentSummary(const EventStore &store, Serial serial)
{
    const QByteArrayView json = store.arguments(serial);
    if (json.size() > EventStore::largeArguments)
        return u"(%1 of arguments: select the event to see them)"_s.arg(
            QLocale().formattedDataSize(store.size(serial)));
    constexpr qsizetype longest = 1000; // characters; the table shows fewer
    QString error;
    const QVariantMap arguments = store.decoded(serial, &error);
    if (!error.isEmpty())
        return u"(cannot be shown: %1)"_s.arg(error);
    const QString text = Text::pythonKeywords(arguments);
    return text.size() > longest ? text.first(longest) + u'…' : text;
}

} // namespace Pyvent::Inspector
