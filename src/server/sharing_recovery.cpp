// SPDX-License-Identifier: MIT
// What comes of events whose member is gone, and of those that a server before had given to members: their senders give them again, and members
// say what they work on and have finished.
#include "server/sharing.h"

#include "wire/frame.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

// Without an event, it says only that there is a group, before the server has heard of that from a member.
void Sharing::offerAgain(const Control::Again &again)
{
    const Frame event = parseFrame(again.frame);
    Group *const group = makeGroup(again.group);
    Stream *const stream = group && hasNumber(event) && hears(*group, event.topic)
        ? streamOf(group, event.trailer.nodeId, event.topic)
        : nullptr;
    if (!stream)
        return;
    const quint64 number = event.trailer.sequence;
    touch(group, stream);
    if (takeForMember(group, stream, number, again.frame) || hasCome(*stream, number))
        return;
    Job job{stream, number, again.frame.toByteArray()};
    if (!hasRoom(*group, costOf(job))) {
        noteFinished(stream, number);
        m_bus->isLost(stream->node, stream->topic, 1, u"%1, is too far behind"_s.arg(describe(*group)));
        return;
    }
    stream->open.insert(number);
    group->bytes += costOf(job);
    m_bytes += costOf(job);
    hold(group, std::move(job), 0, m_limits.atWork);
}

// A member has had it of another server; here it is, for the next one where that is lost.
bool Sharing::takeForMember(Group *group, Stream *stream, quint64 number, QByteArrayView frame)
{
    const auto entry = group->withoutFrame.find({stream, number});
    if (entry == group->withoutFrame.end())
        return false;
    if (!hasRoom(*group, frame.size()))
        return true;
    const auto held = group->held.find({stream, number});
    Job &job = held != group->held.end() ? held->second.job : m_givings.at(entry->second).job;
    job.frame = frame.toByteArray();
    group->bytes += frame.size();
    m_bytes += frame.size();
    group->withoutFrame.erase(entry);
    return true;
}

// Whose connection is new, the server answers that it knows it, too.
void Sharing::atWork(const Control::AtWork &said)
{
    Member *const member = newest(said);
    if (!member)
        return;
    for (const Control::AtWork::Work &work : said.works) {
        if (!hears(*member->group, work.topic) || !m_bus->mayShare(member->client, work.topic))
            continue;
        if (work.isFinished)
            wasFinished(member, work);
        else
            isAtWork(member, work);
    }
    m_bus->tellMember(member->client, {said.node, said.number, true});
    if (member->givings.empty())
        setFree(member);
    distribute(member->group);
}

// By its newest connection.
Sharing::Member *Sharing::newest(const Control::AtWork &said) const
{
    const auto next = m_members.upper_bound({said.node, said.number, said.token, std::numeric_limits<quint64>::max()});
    if (next == m_members.begin())
        return nullptr;
    const auto &[key, member] = *std::prev(next);
    return member->node == said.node && member->number == said.number && member->token == said.token ? member : nullptr;
}

void Sharing::wasFinished(Member *member, const Control::AtWork::Work &work)
{
    if (m_givings.contains(work.id))
        return finished({member->node, work.id});
    Group *const group = member->group;
    Stream *const stream = !work.node.isNull() && work.sequence > 0 ? streamOf(group, work.node, work.topic) : nullptr;
    if (!stream)
        return;
    touch(group, stream);
    const StreamPlace place(stream, work.sequence);
    if (const auto held = group->held.extract(place)) {
        m_givings.erase(held.mapped().giving);
        group->withoutFrame.erase(place);
        isFinished(group, held.mapped().job);
    } else if (!hasCome(*stream, work.sequence)) {
        noteFinished(stream, work.sequence);
    }
}

// A giving of this server's, whose member was lost, or is about to be known to be: its node is there again by another connection.
void Sharing::takeOver(Member *member, quint64 id)
{
    Giving &giving = m_givings.at(id);
    Member *const before = giving.member;
    if (giving.node != member->node || giving.group != member->group || before == member
        || (before && before->number != member->number))
        return;
    if (before) {
        std::erase(before->givings, id);
        attach(member, id, std::exchange(giving.job, {}));
    } else if (auto held = member->group->held.extract({giving.job.stream, giving.job.sequence})) {
        attach(member, id, std::move(held.mapped().job));
    }
}

void Sharing::isAtWork(Member *member, const Control::AtWork::Work &work)
{
    if (work.id == 0 || member->givings.size() >= Control::AtWork::most)
        return;
    if (m_givings.contains(work.id))
        return takeOver(member, work.id);
    Group *const group = member->group;
    const bool isNumbered = !work.node.isNull() && work.sequence > 0;
    Stream *const stream = streamOf(group, isNumbered ? work.node : QUuid(), work.topic);
    if (!stream)
        return;
    Job job{stream, isNumbered ? work.sequence : stream->last + 1, {}};
    job.givings = 1;
    const StreamPlace place(stream, job.sequence);
    if (auto held = group->held.extract(place)) {
        m_givings.erase(held.mapped().giving);
        if (const auto entry = group->withoutFrame.find(place); entry != group->withoutFrame.end())
            entry->second = work.id;
        held.mapped().job.givings = std::max(held.mapped().job.givings, 1);
        attach(member, work.id, std::move(held.mapped().job));
    } else if (!hasCome(*stream, job.sequence) && hasRoom(*group, costOf(job))) {
        if (!isNumbered) {
            stream->first = 1;
            stream->last = job.sequence;
        }
        stream->open.insert(job.sequence);
        group->bytes += costOf(job);
        m_bytes += costOf(job);
        group->withoutFrame.emplace(place, work.id);
        attach(member, work.id, std::move(job));
    }
}

void Sharing::hold(Group *group, Job &&job, quint64 giving, std::chrono::milliseconds patience)
{
    const StreamPlace place(job.stream, job.sequence);
    group->held.insert_or_assign(place, Held{.job = std::move(job), .giving = giving, .patience = patience});
    group->newlyHeld.push_back(place);
    m_holding.insert(group);
    m_isTouched = true;
}

std::vector<Sharing::Job> Sharing::takeDue(Group *group, Clock::time_point now)
{
    std::vector<Job> due;
    group->dueAt = Clock::time_point::max();
    for (auto entry = group->held.begin(); entry != group->held.end();) {
        Held &held = entry->second;
        if (held.until > now) {
            group->dueAt = std::min(group->dueAt, held.until);
            ++entry;
            continue;
        }
        if (held.giving > 0)
            m_givings.erase(held.giving);
        due.push_back(std::move(held.job));
        entry = group->held.erase(entry);
    }
    return due;
}

// Nobody has said that he is at work on it, or has finished it.
void Sharing::release(Group *group, Clock::time_point now)
{
    for (const StreamPlace &place : std::exchange(group->newlyHeld, {})) {
        const auto entry = group->held.find(place);
        if (entry == group->held.end() || !std::exchange(entry->second.isNew, false))
            continue;
        entry->second.until = now + entry->second.patience;
        group->dueAt = std::min(group->dueAt, entry->second.until);
    }
    std::vector<Job> due;
    if (now >= group->dueAt)
        due = takeDue(group, now);
    if (group->held.empty())
        m_holding.erase(group);
    else
        m_dueAt = std::min(m_dueAt, group->dueAt);
    for (auto job = due.rbegin(); job != due.rend(); ++job) {
        job->isRedelivered = true;
        const Stream &stream = *job->stream;
        if (job->frame.isNull()) {
            group->withoutFrame.erase({job->stream, job->sequence});
            m_bus->isLost(
                stream.node, stream.topic, 1,
                u"of %1, the member that worked on it was lost, and the server before"_s.arg(describe(*group)));
            isFinished(group, *job);
        } else if (job->givings >= m_limits.givings) {
            m_bus->isLost(
                stream.node, stream.topic, 1,
                u"of %1, %2 members were lost while they worked on it"_s.arg(describe(*group)).arg(job->givings));
            isFinished(group, *job);
        } else {
            group->queue.push_front(std::move(*job));
        }
    }
    if (!due.empty())
        distribute(group);
}

} // namespace Pyvent::Internal
