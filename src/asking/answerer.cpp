// SPDX-License-Identifier: MIT
#include "asking/answerer.h"

#include <algorithm>
#include <utility>

namespace Pyvent::Internal {

quint64 Answerer::begin(Work &&work)
{
    m_work.emplace(++m_newest, std::move(work));
    return m_newest;
}

std::optional<Answerer::Work> Answerer::end(quint64 number)
{
    auto work = m_work.extract(number);
    return work ? std::optional(std::move(work.mapped())) : std::nullopt;
}

std::vector<Answerer::Work> Answerer::cancel(const QUuid &asker, quint64 number)
{
    std::vector<Work> canceled;
    for (auto work = m_work.begin(); work != m_work.end();) {
        const ReplyAddress &address = work->second.address;
        if (address.asker == asker && address.number == number) {
            canceled.push_back(std::move(work->second));
            work = m_work.erase(work);
        } else {
            ++work;
        }
    }
    if (canceled.empty()) {
        m_canceled.emplace_back(asker, number);
        if (m_canceled.size() > mostCanceled)
            m_canceled.pop_front();
    }
    return canceled;
}

std::vector<Answerer::Cancel> Answerer::askerHasGone(const QUuid &asker)
{
    std::vector<Cancel> canceled;
    for (auto &[number, work] : m_work) {
        if (work.address.asker == asker && work.cancel)
            canceled.push_back(std::exchange(work.cancel, {}));
    }
    return canceled;
}

bool Answerer::isCanceled(const ReplyAddress &address) const
{
    return address.number && !m_canceled.empty()
        && std::find(m_canceled.begin(), m_canceled.end(), std::pair(address.asker, *address.number))
        != m_canceled.end();
}

std::vector<Answerer::Work> Answerer::takeAll()
{
    std::vector<Work> all;
    for (auto &[number, work] : m_work)
        all.push_back(std::move(work));
    m_work.clear();
    return all;
}

} // namespace Pyvent::Internal
