// SPDX-License-Identifier: MIT
// What comes of events whose member is gone, and of those that a server before had given to members: their senders give them again, and members
// say what they work on and have finished.
#include "server/sharing.h"

#include "wire/frame.h"

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

void Sharing::offerAgain(const Control::Again &again)
{
    const Frame event = parseFrame(again.frame);
    if (event.trailerState != TrailerState::Read || event.trailer.sequence == 0)
        return;
    Group *const group = makeGroup(again.group);
    Stream *const stream =
        group && hears(*group, event.topic) ? streamOf(group, event.trailer.nodeId, event.topic) : nullptr;
    if (!stream)
        return;
    const quint64 number = event.trailer.sequence;
    touch(group, stream);
    if (const auto giving = group->withoutFrame.find({stream, number}); giving != group->withoutFrame.end()) {
        Job &job = m_givings.at(giving->second).job;
        job.frame = again.frame.toByteArray();
        group->bytes += job.frame.size();
        m_bytes += job.frame.size();
        group->withoutFrame.erase(giving);
        return;
    }
    if ((number >= stream->first && number <= stream->last) || stream->open.contains(number)
        || stream->finishedOthers.contains(number))
        return;
    Job job{stream, number, again.frame.toByteArray()};
    if (!hasRoom(*group, costOf(job))) {
        stream->finishedOthers.insert(number);
        m_bus->isLost(stream->node, stream->topic, 1, u"%1, is too far behind"_s.arg(describe(*group)));
        return;
    }
    stream->open.insert(number);
    group->bytes += costOf(job);
    m_bytes += costOf(job);
    hold(group, std::move(job), 0, m_limits.atWork);
}

void Sharing::atWork(const Control::AtWork &said)
{
    const auto [begin, end] = m_members.equal_range({said.node, said.number});
    if (begin == end)
        return;
    Member *const member = begin->second;
    for (const Control::AtWork::Work &work : said.works) {
        if (!hears(*member->group, work.topic))
            continue;
        if (work.isFinished)
            wasFinished(member->group, work);
        else
            isAtWork(member, work);
    }
    m_bus->tellMember(member->client, {said.node, said.number, true});
    if (member->givings.empty())
        setFree(member);
    distribute(member->group);
}

void Sharing::wasFinished(Group *group, const Control::AtWork::Work &work)
{
    Stream *const stream = !work.node.isNull() && work.sequence > 0 ? streamOf(group, work.node, work.topic) : nullptr;
    if (!stream)
        return;
    touch(group, stream);
    if (const auto held = group->held.extract({stream, work.sequence})) {
        m_givings.erase(held.mapped().giving);
        isFinished(group, held.mapped().job);
    } else if (!stream->open.contains(work.sequence) && !stream->finishedOthers.contains(work.sequence)
               && (work.sequence < stream->first || work.sequence > stream->last)) {
        stream->finishedOthers.insert(work.sequence);
    }
}

void Sharing::isAtWork(Member *member, const Control::AtWork::Work &work)
{
    Group *const group = member->group;
    if (const auto known = m_givings.find(work.id); known != m_givings.end()) {
        const StreamPlace place(known->second.job.stream, known->second.job.sequence);
        if (known->second.member || known->second.node != member->node || known->second.group != group)
            return;
        if (auto held = group->held.extract(place))
            attach(member, work.id, std::move(held.mapped().job));
        return;
    }
    const bool isNumbered = !work.node.isNull() && work.sequence > 0;
    Stream *const stream = streamOf(group, isNumbered ? work.node : QUuid(), work.topic);
    if (!stream)
        return;
    Job job{stream, isNumbered ? work.sequence : ++stream->last, {}};
    job.givings = 1;
    const StreamPlace place(stream, job.sequence);
    if (auto held = group->held.extract(place)) {
        held.mapped().job.givings = 1;
        attach(member, work.id, std::move(held.mapped().job));
    } else if (!stream->open.contains(job.sequence)
               && (!isNumbered || job.sequence < stream->first || job.sequence > stream->last)) {
        if (!isNumbered && stream->first == 0)
            stream->first = job.sequence;
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
    m_isTouched = true;
}

// Nobody has said that he is at work on it, or has finished it.
void Sharing::release(Group *group, Clock::time_point now)
{
    std::vector<Job> due;
    for (auto entry = group->held.begin(); entry != group->held.end();) {
        Held &held = entry->second;
        if (std::exchange(held.isNew, false))
            held.until = now + held.patience;
        if (held.until > now) {
            m_dueAt = std::min(m_dueAt, held.until);
            ++entry;
            continue;
        }
        if (held.giving > 0)
            m_givings.erase(held.giving);
        due.push_back(std::move(held.job));
        entry = group->held.erase(entry);
    }
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
