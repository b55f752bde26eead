// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_SENDHISTORY_H
#define PYVENT_INSPECTOR_SENDHISTORY_H

#include <QtCore/qlist.h>
#include <QtCore/qstring.h>

class QSettings;

namespace Pyvent::Inspector {

// What the send panel has in it.
struct Draft
{
    QString name = {};
    QString sender = {};
    QString arguments = {}; // as typed

    friend bool operator==(const Draft &, const Draft &) = default;
};

// What was sent, the newest first, each once; kept in the settings.
class SendHistory
{
public:
    static constexpr qsizetype longest = 50;
    static constexpr qsizetype largestDraft = 16 * 1024; // characters of arguments that the settings keep

    void load(QSettings *settings);
    void save(QSettings *settings) const;

    void add(const Draft &draft);
    void clear() { m_drafts.clear(); }
    const QList<Draft> &drafts() const { return m_drafts; }

private:
    QList<Draft> m_drafts;
};

} // namespace Pyvent::Inspector

#endif
