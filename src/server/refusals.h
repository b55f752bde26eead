// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_REFUSALS_H
#define PYVENT_SERVER_REFUSALS_H

#include "wire/control.h"

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

    void add(const QUuid &node, QByteArrayView topic, Control::Refused::Reason reason, const QUuid &as,
             QByteArrayView text = {})
    {
        const bool isOneTooMany = qsizetype(m_refusals.size()) >= mostKinds;
        Control::Refused &refused = m_refusals[{
            node, isOneTooMany ? QByteArray() : topic.first(std::min(topic.size(), longestTopic)).toByteArray(),
            reason}];
        if (refused.count++ > 0)
            return;
        refused.node = node;
        refused.topic = isOneTooMany ? QByteArray() : topic.first(std::min(topic.size(), longestTopic)).toByteArray();
        refused.reason = reason;
        refused.as = as;
        refused.text = text.first(std::min(text.size(), longestTopic)).toByteArray();
        if (!node.isNull())
            m_first.push_back(refused);
    }

    // The first of each since they were taken, where it is known who has sent it.
    std::vector<Control::Refused> takeFirst() { return std::exchange(m_first, {}); }

    // For a sender that does not hear yet what is for it. The oldest ones of too many are forgotten.
    void keep(Control::Refused &&refused)
    {
        if (qsizetype(m_kept.size()) >= mostKinds)
            m_kept.pop_front();
        m_kept.push_back(std::move(refused));
    }
    std::vector<Control::Refused> takeKept(const QUuid &node)
    {
        std::vector<Control::Refused> taken;
        std::erase_if(m_kept, [&](Control::Refused &refused) {
            if (refused.node != node)
                return false;
            taken.push_back(std::move(refused));
            return true;
        });
        return taken;
    }
    bool hasKept() const { return !m_kept.empty(); }

    std::vector<Control::Refused> take()
    {
        std::vector<Control::Refused> taken;
        m_first.clear();
        for (auto &[key, refused] : std::exchange(m_refusals, {}))
            taken.push_back(std::move(refused));
        return taken;
    }

private:
    static constexpr qsizetype mostKinds = 100;
    static constexpr qsizetype longestTopic = 1000;

    std::vector<Control::Refused> m_first;
    std::deque<Control::Refused> m_kept;
    std::map<std::tuple<QUuid, QByteArray, Control::Refused::Reason>, Control::Refused> m_refusals;
};

} // namespace Pyvent::Internal

#endif
