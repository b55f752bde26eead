// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_REFUSALS_H
#define PYVENT_SERVER_REFUSALS_H

#include "wire/control.h"

#include <QtCore/qstring.h>

#include <deque>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

namespace Pyvent::Internal {

// What was not passed on because it may not be, and is not told yet: a word for all that is alike. Who has sent it is told of the first
// one at once, and everybody some time later how many there were.
class Refusals
{
public:
    bool isEmpty() const { return m_refusals.empty(); }

    // \a text is for people, in UTF-8; \a count is of events.
    void add(const QUuid &node, QByteArrayView topic, Control::Refused::Reason reason, const QUuid &as,
             QByteArrayView text, quint64 count = 1);

    // The first of each since they were taken, where it is known who has sent it.
    std::vector<Control::Refused> takeFirst() { return std::exchange(m_first, {}); }

    // For a sender that does not hear yet what is for it. The oldest ones of too many are forgotten.
    void keep(Control::Refused &&refused);
    std::vector<Control::Refused> takeKept(const QUuid &node);
    bool hasKept() const { return !m_kept.empty(); }

    std::vector<Control::Refused> take();

    // For people: why the last one was refused, of those that were ever added.
    QString lastRefusal() const;

private:
    std::vector<Control::Refused> m_first;
    std::deque<Control::Refused> m_kept;
    std::map<std::tuple<QUuid, QByteArray, Control::Refused::Reason>, Control::Refused> m_refusals;
    Control::Refused m_last;
};

} // namespace Pyvent::Internal

#endif
