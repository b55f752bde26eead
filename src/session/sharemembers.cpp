// SPDX-License-Identifier: MIT
#include "session/sharemembers.h"

#include "wire/frame.h"

#include <QtCore/qrandom.h>

#include <algorithm>
#include <utility>

namespace Pyvent::Internal {

using namespace std::chrono_literals;

namespace {

// How long a server may take to say that it knows a member.
constexpr auto patience = 1s;

constexpr std::size_t mostDone = 64;

// Of a message, for each event beside its name, in bytes; and once for the message.
constexpr qsizetype besideTheName = 100;

} // namespace

ShareMembers::ShareMembers(const QUuid &node)
    : m_node(node)
    , m_token(QRandomGenerator::system()->generate64() >> 2)
{
}

QByteArray ShareMembers::add(quint32 number, std::shared_ptr<Receiver> receiver, const ShareGroup &group)
{
    m_table.add(receiver);
    const QByteArray declaration = Control::Member{m_node, number, group.key(), m_token}.toPrefix();
    m_members.emplace(number, Member{std::move(receiver), group.name, declaration});
    return declaration;
}

QByteArrayList ShareMembers::removed(const ReceiverTable::Receivers &receivers)
{
    QByteArrayList withdrawn;
    for (auto entry = m_members.begin(); entry != m_members.end();) {
        Member &member = entry->second;
        const bool isOver = std::find(receivers.begin(), receivers.end(), member.receiver) != receivers.end();
        if (!isOver) {
            ++entry;
            continue;
        }
        member.receiver.reset(); // the caller has it, and destroys it under no lock
        member.waiting.clear();
        if (member.underWay.empty()) {
            withdrawn.append(member.declaration);
            entry = m_members.erase(entry);
        } else {
            ++entry;
        }
    }
    return withdrawn;
}

std::shared_ptr<Receiver> ShareMembers::heard(const Control::Share &share)
{
    const auto entry = m_members.find(share.member);
    if (entry == m_members.end() || !entry->second.receiver)
        return nullptr;
    const Frame event = parseFrame(share.frame);
    const bool isNumbered = event.trailerState == TrailerState::Read;
    entry->second.waiting.push_back({share.id, event.topic.toByteArray(), isNumbered ? event.trailer.nodeId : QUuid(),
                                     isNumbered ? event.trailer.sequence : 0});
    return entry->second.receiver;
}

std::optional<quint64> ShareMembers::begin(quint32 number)
{
    const auto entry = m_members.find(number);
    if (entry == m_members.end() || entry->second.waiting.empty())
        return {};
    Member &member = entry->second;
    member.underWay.push_back(std::move(member.waiting.front()));
    member.waiting.pop_front();
    return member.underWay.back().id;
}

ShareMembers::Ended ShareMembers::end(quint32 number, quint64 id)
{
    if (std::erase(m_left, id) > 0)
        return {Control::Finished{m_node, id}.toFrame(), {}};
    const auto entry = m_members.find(number);
    if (entry == m_members.end())
        return {};
    Member &member = entry->second;
    const auto hasId = [id](const Work &work) { return work.id == id; };
    const auto work = std::find_if(member.underWay.begin(), member.underWay.end(), hasId);
    if (work == member.underWay.end())
        return {};
    Ended ended{Control::Finished{m_node, id}.toFrame(), {}};
    m_done.push_back({number, std::move(*work)});
    if (m_done.size() > mostDone)
        m_done.pop_front();
    member.underWay.erase(work);
    if (!member.receiver && member.underWay.empty()) {
        ended.withdraw = member.declaration;
        m_members.erase(entry);
    }
    return ended;
}

QByteArrayList ShareMembers::declarations() const
{
    QByteArrayList declarations;
    for (const auto &[number, member] : m_members)
        declarations.append(member.declaration);
    return declarations;
}

QByteArray ShareMembers::heard(const Control::Membership &membership)
{
    const auto entry = m_members.find(membership.number);
    if (entry == m_members.end())
        return {};
    Member &member = entry->second;
    if (!membership.isAsked) {
        member.standing = membership.isTaken ? Standing::Known : Standing::OneTooMany;
        return {};
    }
    member.standing = Standing::Unknown;
    return whatItHas(membership.number, member);
}

QByteArray ShareMembers::whatItHas(quint32 number, const Member &member) const
{
    Control::AtWork said{m_node, number, {}, m_token};
    qsizetype bytes = 0;
    const auto add = [&](const Work &work, bool isFinished) {
        bytes += work.topic.size() + besideTheName;
        if (said.works.size() < Control::AtWork::most && bytes < Control::maximumSize)
            said.works.push_back({work.id, work.topic, work.sender, work.sequence, isFinished});
    };
    for (const Work &work : member.underWay)
        add(work, false);
    for (const Work &work : member.waiting)
        add(work, false);
    for (const Done &done : m_done) {
        if (done.number == number)
            add(done.work, true);
    }
    return said.toFrame();
}

// Each that is not known, also where it has nothing: the server may have asked it before this node knew that it was the server.
std::vector<QByteArray> ShareMembers::ready(bool isAnother, Clock::time_point now)
{
    std::vector<QByteArray> messages;
    for (auto &[number, member] : m_members) {
        if (member.standing == Standing::Unknown)
            member.giveUpAt = std::min(member.giveUpAt, now + patience);
        else if (!isAnother)
            continue;
        messages.push_back(whatItHas(number, member));
    }
    return messages;
}

void ShareMembers::lost()
{
    for (auto &[number, member] : m_members) {
        member.standing = Standing::Unknown;
        member.giveUpAt = Clock::time_point::max();
    }
}

QByteArrayList ShareMembers::leave()
{
    QByteArrayList withdrawn;
    lost();
    m_done.clear();
    for (auto entry = m_members.begin(); entry != m_members.end();) {
        entry->second.waiting.clear();
        for (const Work &work : std::exchange(entry->second.underWay, {}))
            m_left.push_back(work.id);
        if (entry->second.receiver) {
            ++entry;
        } else {
            withdrawn.append(entry->second.declaration);
            entry = m_members.erase(entry);
        }
    }
    while (m_left.size() > mostDone)
        m_left.pop_front();
    return withdrawn;
}

std::vector<ShareMembers::Refused> ShareMembers::takeRefused(Clock::time_point now)
{
    std::vector<Refused> refused;
    for (auto &[number, member] : m_members) {
        const bool isOneTooMany = member.standing == Standing::OneTooMany;
        if (member.standing == Standing::Unknown && member.giveUpAt == Clock::time_point::max())
            member.giveUpAt = now + patience;
        if (!isOneTooMany && (member.standing != Standing::Unknown || now < member.giveUpAt))
            continue;
        member.standing = Standing::Refused;
        if (member.receiver)
            refused.push_back({member.receiver->pattern().text(), member.group, isOneTooMany});
    }
    return refused;
}

ShareMembers::Clock::time_point ShareMembers::deadline() const
{
    auto earliest = Clock::time_point::max();
    for (const auto &[number, member] : m_members) {
        if (member.standing == Standing::OneTooMany)
            return {};
        if (member.standing == Standing::Unknown)
            earliest = std::min(earliest, member.giveUpAt);
    }
    return earliest;
}

} // namespace Pyvent::Internal
