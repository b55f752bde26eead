// SPDX-License-Identifier: MIT
#include "server/sharing.h"

#include "wire/frame.h"

#include <algorithm>
#include <utility>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

// What an event that waits takes beside its bytes.
constexpr qsizetype overhead = 200;

// How many events are looked at for one that a free member may hear, where rules are between.
constexpr int mostLookedAt = 100;

std::vector<Control::Range> rangesOf(const NumberSet &numbers)
{
    std::vector<Control::Range> ranges;
    for (const auto &[first, last] : numbers.ranges()) {
        if (ranges.size() >= Control::Unfinished::most)
            break;
        ranges.push_back({first, last});
    }
    return ranges;
}

} // namespace

Sharing::Sharing(Bus *bus, quint64 firstId, const Limits &limits)
    : m_bus(bus)
    , m_limits(limits)
    , m_newest(firstId)
{
}

Sharing::~Sharing() = default;

QString Sharing::describe(const Group &group)
{
    return u"the group '%1', which shares it"_s.arg(QString::fromUtf8(group.name));
}

qsizetype Sharing::costOf(const Job &job)
{
    return job.frame.size() + overhead;
}

// Groups

Sharing::Group *Sharing::groupOf(const QByteArray &key)
{
    const auto group = m_groups.find(key);
    return group == m_groups.end() ? nullptr : group->second.get();
}

// Null where there are too many, or \a key is none.
Sharing::Group *Sharing::makeGroup(const QByteArray &key)
{
    if (Group *known = groupOf(key))
        return known;
    const auto read = ShareGroup::read(key);
    if (!read)
        return nullptr;
    const PyventPattern pattern(QString::fromUtf8(read->pattern));
    if (!pattern.isValid())
        return nullptr;
    makeRoomForGroup();
    if (qsizetype(m_groups.size()) >= m_limits.groups)
        return nullptr;
    auto group = std::make_unique<Group>();
    group->key = key;
    group->name = read->name;
    group->pattern = pattern;
    group->prefix = pattern.isGlob() ? pattern.prefix().toUtf8() : read->pattern;
    Group *const made = m_groups.emplace(key, std::move(group)).first->second.get();
    m_index.add(made->prefix, made);
    setEmpty(made, true);
    return made;
}

// Of those without members, the one that has been so for longest goes.
void Sharing::makeRoomForGroup()
{
    if (qsizetype(m_groups.size()) >= m_limits.groups && !m_empty.empty())
        forget(m_empty.front(), u"there are too many groups"_s);
}

void Sharing::setEmpty(Group *group, bool isEmpty)
{
    if (group->isEmpty == isEmpty)
        return;
    group->isEmpty = isEmpty;
    group->emptySince = Clock::time_point::max();
    m_isTouched = true;
    if (isEmpty)
        group->emptyPlace = m_empty.insert(m_empty.end(), group);
    else
        m_empty.erase(group->emptyPlace);
}

void Sharing::forget(Group *group, const QString &why)
{
    for (const auto &[place, held] : group->held)
        m_givings.erase(held.giving);
    for (const auto &[key, stream] : group->streams) {
        qint64 lost = 0;
        for (const auto &[first, last] : stream->open.ranges())
            lost += qint64(last - first + 1);
        if (lost > 0)
            m_bus->isLost(stream->node, stream->topic, lost, describe(*group) + u": "_s + why);
        if (!stream->node.isNull())
            m_bus->tellSender({.node = stream->node, .group = group->key, .topic = stream->topic, .isEnd = true});
        forget(stream.get());
    }
    std::erase_if(m_toTell, [group](const auto &entry) { return entry.first == group; });
    std::erase(m_blocked, group);
    setEmpty(group, false);
    m_holding.erase(group);
    m_index.remove(group->prefix, group);
    m_bytes -= group->bytes;
    const auto place = m_groups.find(group->key);
    m_groups.erase(place);
}

bool Sharing::hears(const Group &group, QByteArrayView topic) const
{
    return group.pattern.isGlob() ? group.pattern.matches(QString::fromUtf8(topic)) : group.prefix == topic;
}

// Members

void Sharing::add(Client client, const Control::Member &said)
{
    std::vector<Member *> &members = m_clients[client];
    const bool isOneTooMany = qsizetype(members.size()) >= m_limits.membersOfClient;
    Group *const group = isOneTooMany ? nullptr : makeGroup(said.group);
    if (group) {
        auto made = std::make_unique<Member>(Member{client, said.node, said.number, group, {}});
        Member *const member = made.get();
        member->token = said.token;
        member->came = ++m_newestMember;
        group->members.emplace(member, std::move(made));
        setEmpty(group, false);
        members.push_back(member);
        m_members.emplace(MemberKey(said.node, said.number, said.token, member->came), member);
    } else if (members.empty()) {
        m_clients.remove(client);
    }
    m_bus->tellMember(client, {said.node, said.number, bool(group), bool(group)});
}

void Sharing::remove(Client client, const Control::Member &said)
{
    const auto members = m_clients.find(client);
    if (members == m_clients.end())
        return;
    const auto found = std::find_if(members->begin(), members->end(), [&said](const Member *member) {
        return member->node == said.node && member->number == said.number && member->group->key == said.group;
    });
    if (found == members->end())
        return;
    Member *const member = *found;
    members->erase(found);
    if (members->empty())
        m_clients.erase(members);
    isGone(member);
}

void Sharing::left(Client client)
{
    for (Member *member : m_clients.take(client))
        isGone(member);
}

// What it has said last may still be on its way, by another connection than the one that has ended.
void Sharing::isGone(Member *member)
{
    Group *const group = member->group;
    for (const quint64 id : member->givings) {
        Giving &giving = m_givings.at(id);
        giving.member = nullptr;
        hold(group, std::exchange(giving.job, {giving.job.stream, giving.job.sequence, {}}), id, m_limits.lastWord);
    }
    if (member->isFree)
        group->free.erase(member->place);
    m_members.erase(MemberKey(member->node, member->number, member->token, member->came));
    group->members.erase(member);
    if (group->members.empty())
        setEmpty(group, true);
}

void Sharing::setFree(Member *member)
{
    if (member->isFree)
        return;
    member->place = member->group->free.insert(member->group->free.end(), member);
    member->isFree = true;
}

// Events

// Null where there are very many whose events are not finished.
Sharing::Stream *Sharing::streamOf(Group *group, const QUuid &node, QByteArrayView topic)
{
    const std::pair key(node, topic.toByteArray());
    if (const auto known = group->streams.find(key); known != group->streams.end())
        return known->second.get();
    if (qsizetype(group->streams.size()) >= m_limits.streams)
        forgetStreams(group);
    if (m_streams >= m_limits.allStreams && std::exchange(m_hasDone, false)) {
        for (const auto &[other, each] : m_groups)
            forgetStreams(each.get());
    }
    if (qsizetype(group->streams.size()) >= m_limits.streams || m_streams >= m_limits.allStreams)
        return nullptr;
    ++m_streams;
    auto stream = std::make_unique<Stream>();
    stream->node = node;
    stream->topic = key.second;
    if (!node.isNull())
        m_ofSender[node].emplace(stream.get(), group);
    return group->streams.emplace(key, std::move(stream)).first->second.get();
}

// Those of which all is finished. What comes once more of them is taken for something new.
void Sharing::forgetStreams(Group *group)
{
    std::erase_if(group->streams, [this](const auto &entry) {
        const bool isDone = entry.second->open.isEmpty() && !entry.second->isTouched;
        if (isDone)
            forget(entry.second.get());
        return isDone;
    });
}

void Sharing::forget(Stream *stream)
{
    --m_streams;
    if (const auto streams = m_ofSender.find(stream->node); streams != m_ofSender.end()) {
        streams->second.erase(stream);
        if (streams->second.empty())
            m_ofSender.erase(streams);
    }
    m_finished -= qsizetype(stream->finishedOthers.ranges().size());
}

// Of what another server has had. Where there are very many gaps between, it is not noted, and its sender keeps it.
void Sharing::noteFinished(Stream *stream, quint64 number)
{
    NumberSet &numbers = stream->finishedOthers;
    const std::size_t before = numbers.ranges().size();
    if (before >= Control::Unfinished::most || m_finished >= m_limits.allFinished || numbers.contains(number))
        return;
    numbers.insert(number);
    m_finished += qsizetype(numbers.ranges().size()) - qsizetype(before);
}

bool Sharing::hasRoom(const Group &group, qsizetype bytes) const
{
    return group.bytes + bytes <= m_limits.groupBytes && m_bytes + bytes <= m_limits.allBytes;
}

void Sharing::offer(QByteArrayView frame)
{
    const QByteArrayView topic = topicOf(frame);
    m_found.clear();
    m_index.forEach(topic, [&](Group *group) {
        const auto mayShare = [&](const auto &entry) { return m_bus->mayShare(entry.second->client, topic); };
        if (hears(*group, topic)
            && (group->members.empty() || std::any_of(group->members.begin(), group->members.end(), mayShare)))
            m_found.push_back(group);
    });
    if (m_found.empty())
        return;
    const QByteArray copy = frame.toByteArray();
    for (Group *group : m_found)
        offer(group, copy, copy);
}

void Sharing::offer(Group *group, QByteArrayView frame, const QByteArray &copy)
{
    const Frame event = parseFrame(frame);
    const bool isNumbered = hasNumber(event);
    Stream *const stream = streamOf(group, isNumbered ? event.trailer.nodeId : QUuid(), event.topic);
    Job job{stream, stream ? stream->last + 1 : 0, copy};
    if (isNumbered)
        job.sequence = event.trailer.sequence;
    if (stream && isNumbered) {
        touch(group, stream);
        if (takeForMember(group, stream, job.sequence, frame) || hasCome(*stream, job.sequence))
            return;
    }
    if (stream) {
        if (stream->last == 0)
            stream->first = job.sequence;
        stream->last = std::max(stream->last, job.sequence);
    }
    if (!stream || !hasRoom(*group, costOf(job))) {
        const quint64 bytes = quint64(group->bytes);
        m_bus->isLost(event.trailer.nodeId, event.topic, 1,
                      u"%1, is too far behind: %2 bytes wait for it"_s.arg(describe(*group)).arg(bytes));
        return;
    }
    put(group, std::move(job));
}

// Numbers of no node would be among those that are given here to what has none.
bool Sharing::hasNumber(const Frame &event)
{
    return event.trailerState == TrailerState::Read && event.trailer.sequence > 0 && !event.trailer.nodeId.isNull();
}

// It is not new.
bool Sharing::hasCome(const Stream &stream, quint64 number)
{
    return (number >= stream.first && number <= stream.last) || stream.open.contains(number)
        || stream.finishedOthers.contains(number);
}

void Sharing::put(Group *group, Job &&job)
{
    job.stream->open.insert(job.sequence);
    group->bytes += costOf(job);
    m_bytes += costOf(job);
    group->queue.push_back(std::move(job));
    distribute(group);
}

// Giving

void Sharing::distribute(Group *group)
{
    int looked = 0;
    for (auto job = group->queue.begin(); job != group->queue.end() && !group->free.empty() && looked < mostLookedAt;) {
        if (Member *member = freeMember(group, *job)) {
            Job taken = std::move(*job);
            job = group->queue.erase(job);
            give(group, member, std::move(taken));
        } else {
            ++job;
            ++looked;
        }
    }
}

Sharing::Member *Sharing::freeMember(Group *group, const Job &job)
{
    for (Member *member : group->free) {
        if (!m_bus->mayShare(member->client, job.stream->topic))
            continue;
        if (m_bus->hasRoomFor(member->client, job.frame.size()))
            return member;
        if (!std::exchange(group->isBlocked, true))
            m_blocked.push_back(group);
    }
    return nullptr;
}

void Sharing::give(Group *group, Member *member, Job &&job)
{
    while (m_givings.contains(++m_newest)) { } // by a member's word of a server before
    ++job.givings;
    const Control::Share share{member->number, m_newest, job.isRedelivered, {}};
    const Client client = member->client;
    const QUuid node = member->node;
    attach(member, share.id, std::move(job));
    Giving &giving = m_givings.at(share.id);
    try {
        m_bus->give(client, node, {share.member, share.id, share.isRedelivered, giving.job.frame});
    } catch (...) { // for want of memory: another one gets it, a little later
        std::erase(member->givings, share.id);
        setFree(member);
        giving.member = nullptr;
        hold(group, std::exchange(giving.job, {giving.job.stream, giving.job.sequence, {}}), share.id,
             m_limits.lastWord);
        throw;
    }
}

void Sharing::attach(Member *member, quint64 id, Job &&job)
{
    m_givings.insert_or_assign(id, Giving{member->group, member, member->node, std::move(job)});
    member->givings.push_back(id);
    if (std::exchange(member->isFree, false))
        member->group->free.erase(member->place);
}

void Sharing::finished(const Control::Finished &said)
{
    const auto found = m_givings.find(said.id);
    if (found == m_givings.end() || found->second.node != said.node)
        return;
    const Giving giving = std::move(found->second);
    m_givings.erase(found);
    const StreamPlace place(giving.job.stream, giving.job.sequence);
    giving.group->withoutFrame.erase(place);
    if (giving.member) {
        std::erase(giving.member->givings, said.id);
        if (giving.member->givings.empty())
            setFree(giving.member);
        isFinished(giving.group, giving.job);
    } else if (const auto held = giving.group->held.extract(place)) {
        isFinished(giving.group, held.mapped().job);
    }
    distribute(giving.group);
}

void Sharing::isFinished(Group *group, const Job &job)
{
    Stream *const stream = job.stream;
    group->bytes -= costOf(job);
    m_bytes -= costOf(job);
    stream->open.remove(job.sequence);
    m_hasDone = true;
    if (stream->node.isNull())
        return;
    if (job.sequence < stream->first || job.sequence > stream->last)
        noteFinished(stream, job.sequence);
    touch(group, stream);
}

// What is due

void Sharing::process(Clock::time_point now)
{
    for (Group *group : std::exchange(m_blocked, {})) {
        group->isBlocked = false;
        distribute(group);
    }
    if (m_isTouched || now >= m_dueAt) {
        m_isTouched = false;
        m_dueAt = Clock::time_point::max();
        for (auto group = m_holding.begin(); group != m_holding.end();)
            release(*group++, now);
        for (auto group = m_empty.rbegin(); group != m_empty.rend() && (*group)->emptySince > now; ++group)
            (*group)->emptySince = now;
        while (!m_empty.empty() && now >= m_empty.front()->emptySince + m_limits.empty)
            forget(m_empty.front(), u"it has had no member for %1 s"_s.arg(m_limits.empty.count() / 1000));
        if (!m_empty.empty())
            m_dueAt = std::min(m_dueAt, m_empty.front()->emptySince + m_limits.empty);
    }
    for (const auto &[group, stream] : std::exchange(m_toTell, {}))
        tell(group, stream);
}

void Sharing::touch(Group *group, Stream *stream)
{
    if (!stream->node.isNull() && !std::exchange(stream->isTouched, true))
        m_toTell.emplace_back(group, stream);
}

void Sharing::arrived(const QUuid &sender)
{
    const auto streams = m_ofSender.find(sender);
    if (streams == m_ofSender.end())
        return;
    for (const auto &[stream, group] : streams->second)
        touch(group, stream);
}

void Sharing::tell(Group *group, Stream *stream)
{
    stream->isTouched = false;
    m_hasDone = true;
    Control::Unfinished said{.node = stream->node,
                             .group = group->key,
                             .topic = stream->topic,
                             .first = stream->first,
                             .last = stream->last,
                             .finished = rangesOf(stream->finishedOthers)};
    for (const auto &[first, last] : stream->open.ranges()) {
        if (said.ranges.size() >= Control::Unfinished::most) {
            said.last = first - 1; // of what is behind, nothing is said
            break;
        }
        said.ranges.push_back({first, last});
    }
    m_bus->tellSender(said);
}

bool Sharing::isBehind(QByteArrayView topic) const
{
    constexpr qsizetype part = 2;
    const bool isAll = m_bytes > m_limits.allBytes / part;
    bool is = false;
    m_index.forEach(topic, [&](const Group *group) {
        is = is || ((isAll || group->bytes > m_limits.groupBytes / part) && hears(*group, topic));
    });
    return is;
}

bool Sharing::isBehind() const
{
    constexpr qsizetype part = 4;
    return m_bytes > m_limits.allBytes / part
        || std::any_of(m_groups.begin(), m_groups.end(),
                       [this](const auto &entry) { return entry.second->bytes > m_limits.groupBytes / part; });
}

} // namespace Pyvent::Internal
