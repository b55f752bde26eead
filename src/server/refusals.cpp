// SPDX-License-Identifier: MIT
#include "server/refusals.h"

#include <algorithm>
#include <utility>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

constexpr std::size_t mostKinds = 100;
constexpr qsizetype longestText = 1000;
constexpr qsizetype longestNameInLog = 200;

QByteArray beginningOf(QByteArrayView bytes, qsizetype longest)
{
    return bytes.first(std::min(bytes.size(), longest)).toByteArray();
}

} // namespace

void Refusals::add(const QUuid &node, QByteArrayView topic, Control::Refused::Reason reason, const QUuid &as,
                   QByteArrayView text, quint64 count)
{
    m_last = {.node = node,
              .topic = beginningOf(topic, longestText),
              .reason = reason,
              .as = as,
              .text = beginningOf(text, longestText)};
    Control::Refused kind = m_last;
    if (m_refusals.size() >= mostKinds)
        kind.topic.clear();
    Control::Refused &refused = m_refusals.try_emplace({node, kind.topic, reason}, kind).first->second;
    refused.count += count;
    if (refused.count == count && !node.isNull())
        m_first.push_back(refused);
}

void Refusals::keep(Control::Refused &&refused)
{
    if (m_kept.size() >= mostKinds)
        m_kept.pop_front();
    m_kept.push_back(std::move(refused));
}

std::vector<Control::Refused> Refusals::takeKept(const QUuid &node)
{
    std::vector<Control::Refused> taken;
    for (auto kept = m_kept.begin(); kept != m_kept.end();) {
        if (kept->node != node) {
            ++kept;
            continue;
        }
        taken.push_back(std::move(*kept));
        kept = m_kept.erase(kept);
    }
    return taken;
}

std::vector<Control::Refused> Refusals::take()
{
    std::vector<Control::Refused> taken;
    m_first.clear();
    for (auto &[key, refused] : std::exchange(m_refusals, {}))
        taken.push_back(std::move(refused));
    return taken;
}

QString Refusals::lastRefusal() const
{
    if (m_last.reason == Control::Refused::Impersonation)
        return u"they speak for nodes of others, or for the server"_s;
    return u"'%1': %2"_s.arg(QString::fromUtf8(beginningOf(m_last.topic, longestNameInLog)),
                             QString::fromUtf8(m_last.text));
}

} // namespace Pyvent::Internal
