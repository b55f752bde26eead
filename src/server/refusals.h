// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_REFUSALS_H
#define PYVENT_SERVER_REFUSALS_H

#include "wire/control.h"

#include <map>
#include <tuple>
#include <utility>
#include <vector>

namespace Pyvent::Internal {

// What was not passed on because it may not be, and is not told yet: a word for all that is alike.
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
    }

    std::vector<Control::Refused> take()
    {
        std::vector<Control::Refused> taken;
        for (auto &[key, refused] : std::exchange(m_refusals, {}))
            taken.push_back(std::move(refused));
        return taken;
    }

private:
    static constexpr qsizetype mostKinds = 100;
    static constexpr qsizetype longestTopic = 1000;

    std::map<std::tuple<QUuid, QByteArray, Control::Refused::Reason>, Control::Refused> m_refusals;
};

} // namespace Pyvent::Internal

#endif
