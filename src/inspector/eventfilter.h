// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_EVENTFILTER_H
#define PYVENT_INSPECTOR_EVENTFILTER_H

#include "eventstore.h"

#include <QtCore/qstringlist.h>

#include <vector>

namespace Pyvent::Inspector {

// Patterns with spaces between them. One with '*' or '?' is a glob for the whole text, any other a part of it, in
// either case of letters, and one with "=" before it is the whole text; "!" before it excludes what fits. What fits one of them and none of the excluding ones fits.
class PatternList
{
public:
    PatternList() = default;
    explicit PatternList(const QString &text);

    bool isEmpty() const { return m_wanted.isEmpty() && m_unwanted.isEmpty(); }
    bool fits(const QString &text) const;

private:
    QStringList m_wanted;
    QStringList m_unwanted;
};

// What is typed into the filter's fields.
struct FilterTexts
{
    QString name = {};
    QString sender = {};
    QString text = {};

    friend bool operator==(const FilterTexts &, const FilterTexts &) = default;
};

// The pattern in a field that holds \a patterns, so that of all texts only \a text is shown, or that it is not.
QString patternOnly(const QString &text);
QString patternWithout(const QString &patterns, const QString &text);

// Which events are shown. The text is looked for in the name, the sender and the arguments as they are shown.
class EventFilter
{
public:
    EventFilter() = default;
    explicit EventFilter(const FilterTexts &texts);

    bool isEmpty() const { return m_names.isEmpty() && m_senders.isEmpty() && m_text.isEmpty(); }

    // Adds to \a work, in bytes of JSON, what had to be decoded.
    bool fits(const EventStore &store, Serial serial, qsizetype *work);

private:
    // A name's or a sender's answer, which is the same for all events that have it.
    struct Answers
    {
        enum Answer : quint8 { Unknown, Yes, No };
        std::vector<Answer> known = {};
        int generation = 0;
    };
    static bool fits(const PatternList &patterns, const StringPool &pool, quint32 id, Answers *answers);

    PatternList m_names;
    PatternList m_senders;
    QString m_text;
    Answers m_nameAnswers;
    Answers m_senderAnswers;
};

// The arguments on one line, as the table shows them: "drink='sake' food='sushi'". What is very large is not decoded
// for it, and said to be so.
QString argumentSummary(const EventStore &store, Serial serial);

// What decoding takes however little there is to decode, in bytes that could be decoded in that time.
constexpr qsizetype smallestWork = 100;

} // namespace Pyvent::Inspector

#endif
