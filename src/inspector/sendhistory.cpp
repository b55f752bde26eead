// SPDX-License-Identifier: MIT
#include "sendhistory.h"

#include <QtCore/qsettings.h>

#include <algorithm>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;

void SendHistory::add(const Draft &draft)
{
    m_drafts.removeOne(draft);
    m_drafts.prepend(draft);
    m_drafts.resize(std::min(longest, m_drafts.size()));
}

void SendHistory::load(QSettings *settings)
{
    m_drafts.clear();
    const int size = settings->beginReadArray(u"history"_s);
    for (int i = 0; i < size && m_drafts.size() < longest; ++i) {
        settings->setArrayIndex(i);
        const Draft draft{settings->value(u"name"_s).toString(), settings->value(u"sender"_s).toString(),
                          settings->value(u"arguments"_s).toString()};
        if (!draft.name.isEmpty())
            m_drafts.append(draft);
    }
    settings->endArray();
}

void SendHistory::save(QSettings *settings) const
{
    settings->remove(u"history"_s);
    settings->beginWriteArray(u"history"_s);
    int i = 0;
    for (const Draft &draft : m_drafts) {
        if (draft.arguments.size() > largestDraft)
            continue;
        settings->setArrayIndex(i++);
        settings->setValue(u"name"_s, draft.name);
        settings->setValue(u"sender"_s, draft.sender);
        settings->setValue(u"arguments"_s, draft.arguments);
    }
    settings->endArray();
}

} // namespace Pyvent::Inspector
