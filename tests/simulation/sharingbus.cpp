// SPDX-License-Identifier: MIT
#include "sharingbus.h"

#include "pickle/picklewriter.h"
#include "wire/frame.h"
#include "wire/topic.h"

#include <algorithm>

namespace PyventTests {

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

namespace {

constexpr int topics = 2;
constexpr Milliseconds restAfter = 30'000;

// What is sent while there is no relay may come again with the rest; and what is given by a connection that has broken, which its other end sees
// later. Neither takes longer.
constexpr Milliseconds longStart = 5000;

// A process that stands still for longer may say too late what it works on.
constexpr Milliseconds longStop = 500;

QString nameOf(int topic)
{
    return topic == 0 ? u"job"_s : u"job-a"_s;
}

struct Group
{
    QByteArray name;
    QString pattern;

    bool hears(int topic) const { return PyventPattern(pattern).matches(nameOf(topic)); }
    ShareGroup shared() const { return {name, pattern.toUtf8(), {}}; }
};

const std::vector<Group> &groups()
{
    static const std::vector<Group> all = {{"w", u"job"_s}, {"g", u"job*"_s}, {"w", u"job-a"_s}};
    return all;
}

QUuid uuidOf(int number, int kind)
{
    return QUuid(quint32(number) + 1, quint16(kind), 0x4000, 0x80, 0, 0, 0, 0, 0, 0, 1);
}

} // namespace

SharingBus::SharingBus(quint32 seed)
    : m_random(seed)
    , m_network(seed, {.delay = 1 + int(seed % 4), .capacity = 5000})
    , m_groups(1 + int(seed % groups().size()))
{
    m_random.discard(2);
    m_network.provesSenders = true;
    m_network.taken = [this](QByteArrayView frame) { relayed(frame); };
    m_network.startRelay(happens(50));
    m_script = m_network.open();
}

SharingBus::~SharingBus()
{
    for (const auto &process : m_processes)
        process->session.reset();
}

QByteArray SharingBus::run()
{
    for (int i = 2 + below(3); i > 0; --i)
        m_workers.push_back(start(true));
    for (int i = 1 + below(2); i > 0; --i)
        m_senders.push_back(start(false));
    passTo(m_network.now() + 100);
    for (int i = 10 + below(40); i > 0 && m_failure.isEmpty(); --i) {
        passTo(m_network.now() + (happens(70) ? below(20) : happens(80) ? below(300) : below(2000)));
        act();
    }
    heal();
    checkRest();
    if (m_failure.isEmpty())
        check();
    for (int topic = 0; topic < topics && m_failure.isEmpty(); ++topic)
        probe(topic);
    if (m_failure.isEmpty())
        check();
    return m_failure;
}

// What happens

void SharingBus::act()
{
    const int what = below(100);
    if (what < 42) {
        for (int i = 1 + below(6), topic = below(topics); i > 0; --i)
            send(anyOf(m_senders), topic);
    } else if (what < 50) {
        sendByScript(below(topics));
    } else if (what < 55) {
        cut(anyOf(m_senders));
    } else if (what < 58) {
        Process *&sender = m_senders[std::size_t(below(int(m_senders.size())))];
        kill(sender);
        sender = start(false);
    } else if (what < 64) {
        loseRelay(false);
    } else if (what < 68) {
        loseRelay(true);
    } else {
        actOn(m_workers[std::size_t(below(int(m_workers.size())))]);
    }
}

void SharingBus::actOn(Process *&worker)
{
    const int what = below(32);
    if (!worker->session) {
        worker = start(true);
    } else if (what < 8) {
        kill(worker);
        if (happens(70))
            worker = start(true);
    } else if (what < 15) {
        cut(worker);
    } else if (what < 25) {
        const int group = below(m_groups);
        if (worker->members[std::size_t(group)].receiver)
            takeNoPart(worker, group);
        else
            takePart(worker, group);
    } else if (what < 29) {
        if (worker->session->isJoined()) {
            disturb(worker);
            worker->session->leave(now());
            worker->joinsAt = m_network.now() + below(1500);
        }
    } else {
        disturb(worker);
        worker->standsUntil = std::max(worker->standsUntil, m_network.now() + below(3000));
        worker->disturbed.push_back(worker->standsUntil);
    }
}

SharingBus::Process *SharingBus::start(bool isWorker)
{
    Process *const process = m_processes.emplace_back(std::make_unique<Process>()).get();
    process->number = int(m_processes.size()) - 1;
    process->isSlow = isWorker && happens(30);
    const QUuid uuid = uuidOf(process->number, 1);
    process->link = std::make_unique<Link>([&](SendQueue &queue) {
        auto connection = std::make_unique<SimulatedConnection>(m_network, queue, uuidOf(process->number, 2));
        process->connection = connection.get();
        return connection;
    });
    process->session = std::make_unique<Session>(
        uuid, [this] { return m_network.now() * 1000; }, quint32(m_random()));
    process->session->configure({});
    process->session->join(process->link.get(), now());
    process->members.resize(std::size_t(m_groups));
    for (int group = 0; isWorker && group < m_groups; ++group) {
        if (group == 0 || happens(60))
            takePart(process, group);
    }
    service(process);
    return process;
}

void SharingBus::kill(Process *process)
{
    disturb(process);
    process->jobs.clear();
    process->session.reset();
    process->link.reset();
    process->connection = nullptr;
}

void SharingBus::takePart(Process *process, int group)
{
    Member &member = process->members[std::size_t(group)];
    const Group &of = groups()[std::size_t(group)];
    const quint32 number = process->session->members().newNumber();
    member.number = number;
    member.receiver = std::make_shared<FunctionReceiver>(
        PyventPattern(of.pattern), PyventSender::Any, [] { return true; },
        [=, this](const PyventEvent &event) { begin(process, group, number, event); });
    process->session->addMember(number, member.receiver, of.shared(), now());
}

// What it works on, it goes on with.
void SharingBus::takeNoPart(Process *process, int group)
{
    const Receiver *const receiver = process->members[std::size_t(group)].receiver.get();
    const ReceiverTable::Removal removal =
        process->session->members().table().removeIf([receiver](const Receiver &known) { return &known == receiver; });
    process->session->removedMembers(removal.receivers);
    process->members[std::size_t(group)].receiver.reset();
    disturb(process); // another server cannot hear of what a member has finished that has ended since
}

void SharingBus::cut(Process *process)
{
    if (!process->connection)
        return;
    disturb(process);
    const int which = below(4); // of the two connections, mostly both
    if (which != 0)
        m_network.cutRequests(process->connection->line());
    if (which != 1)
        m_network.cutEvents(process->connection->line());
}

// What its senders were not told that it had, the next one may take for new; and what they do not know that it shared, they do not give it.
void SharingBus::loseRelay(bool inOrder)
{
    if (!m_network.relay())
        return;
    for (Event &event : m_events) {
        const Process *const process = event.process < 0 ? nullptr : m_processes[std::size_t(event.process)].get();
        const Session *const session = process ? process->session.get() : nullptr;
        event.mayBeNew = event.mayBeNew || (session && event.index > session->acknowledged());
        for (int group = 0; group < m_groups; ++group) {
            const std::size_t at = std::size_t(group);
            const bool isKept = session && session->unfinished()
                && session->unfinished()->knows(nameOf(event.topic).toUtf8(), groups()[at].shared().key());
            event.isOwed[at] = event.isOwed[at] || (event.isAtRelay[at] && isKept);
            event.isAtRelay[at] = false;
        }
    }
    m_relayLost.push_back(m_network.now());
    if (inOrder)
        m_network.stopRelay();
    else
        m_network.killRelay();
    m_relayStartsAt = m_network.now() + 1 + below(300);
}

void SharingBus::send(Process *process, int topic)
{
    const int number = int(m_events.size());
    Event event{.topic = topic, .process = process->number, .index = ++process->accepted, .sent = m_network.now()};
    event.isAtRelay.resize(std::size_t(m_groups));
    event.works.resize(std::size_t(m_groups));
    for (int group = 0; group < m_groups; ++group) {
        const UnfinishedEvents *const unfinished = process->session->unfinished();
        event.isOwed.push_back(
            unfinished && unfinished->knows(nameOf(topic).toUtf8(), groups()[std::size_t(group)].shared().key()));
    }
    m_events.push_back(event);
    m_numbers[{process->session->uuid(), topic, ++process->sent[topic]}] = number;
    if (!process->session->send(nameOf(topic), {{u"n"_s, number}}, {}, now()))
        fail("an event was refused: " + process->session->news().lastError().text.toUtf8());
    service(process);
}

void SharingBus::sendByScript(int topic)
{
    if (!m_network.relay())
        return;
    const int number = int(m_events.size());
    Event event{.topic = topic, .sent = m_network.now()};
    event.isOwed.resize(std::size_t(m_groups));
    event.isAtRelay.resize(std::size_t(m_groups));
    event.works.resize(std::size_t(m_groups));
    m_events.push_back(event);
    QByteArray pickle;
    PickleError error;
    writeArguments(QVariantMap{{u"n"_s, number}}, {}, &pickle, &error);
    const QByteArray frame = nameOf(topic).toUtf8() + ' ' + pickle;
    m_scriptNumbers[frame] = number;
    if (!m_script->sender)
        m_network.connectRequests(m_script);
    m_script->arrivedReplies.clear();
    m_network.sendRequest(m_script, {}, frame);
}

// A relay takes an event.
void SharingBus::relayed(QByteArrayView bytes)
{
    if (isControlTopic(bytes))
        return;
    const Frame frame = parseFrame(bytes);
    int number = -1;
    if (frame.trailerState == TrailerState::Read)
        number = m_numbers.at({frame.trailer.nodeId, frame.topic == "job" ? 0 : 1, frame.trailer.sequence});
    else if (const auto found = m_scriptNumbers.find(bytes.toByteArray()); found != m_scriptNumbers.end())
        number = found->second;
    if (number < 0)
        return;
    Event &event = m_events[std::size_t(number)];
    for (int group = 0; group < m_groups; ++group) {
        const Group &of = groups()[std::size_t(group)];
        if (of.hears(event.topic) && m_network.relay()->sharing().has(of.shared().key()))
            event.isAtRelay[std::size_t(group)] = true;
    }
}

// Work

void SharingBus::begin(Process *process, int group, quint32 number, const PyventEvent &heard)
{
    const std::optional<quint64> id = process->session->beginWork(number);
    if (!id)
        return;
    const Milliseconds time = m_network.now();
    for (const Job &job : process->jobs) {
        const Milliseconds since = m_events[std::size_t(job.event)].sent;
        if (job.number == number && !wasDisturbed(process->number, since, time) && !wasRelayLost(since, time))
            fail(describe(job.event, group) + ": its member was given another one meanwhile");
    }
    const int event = heard.args.value(u"n"_s).toInt();
    auto &works = m_events[std::size_t(event)].works[std::size_t(group)];
    works.push_back({process->number, time, never, heard.redelivered});
    const Milliseconds length = m_workTime ? *m_workTime : happens(40) ? 0 : happens(70) ? below(50) : below(1500);
    process->jobs.push_back({time + length, number, *id, event, group, works.size() - 1});
    if (length == 0)
        return finishWhatIsDue(process);
    if (!process->isSlow)
        return;
    process->standsUntil = std::max(process->standsUntil, time + length);
    if (length > longStop) {
        disturb(process);
        process->disturbed.push_back(time + length);
    }
}

void SharingBus::finishWhatIsDue(Process *process)
{
    for (std::size_t i = 0; i < process->jobs.size();) {
        const Job job = process->jobs[i];
        if (job.end > m_network.now()) {
            ++i;
            continue;
        }
        process->jobs.erase(process->jobs.begin() + std::ptrdiff_t(i));
        m_events[std::size_t(job.event)].works[std::size_t(job.group)][job.work].end = m_network.now();
        process->session->endWork(job.number, job.id);
    }
}

void SharingBus::readNews(Process *process)
{
    while (const auto item = process->session->news().take()) {
        const auto *const error = std::get_if<PyventError>(&*item);
        if (error && error->code == PyventError::EventRefused)
            process->refused[error->subject == nameOf(0) ? 0 : 1] = m_network.now();
        else if (error)
            fail("process " + QByteArray::number(process->number) + " was told: " + error->text.toUtf8());
    }
}

// Time

void SharingBus::service(Process *process)
{
    if (!process->session || process->standsUntil > m_network.now())
        return;
    if (process->joinsAt <= m_network.now()) {
        process->joinsAt = never;
        process->session->join(process->link.get(), now());
    }
    finishWhatIsDue(process);
    process->link->receive(now());
    if (process->session->isJoined())
        process->link->process(*process->session->seat(), now());
    Inbox::Arrivals finished;
    while (process->standsUntil <= m_network.now()) {
        const auto turn = process->session->nextTurn(&finished);
        if (!turn)
            break;
        turn->receiver->deliver(*turn->event);
    }
    readNews(process);
}

Milliseconds SharingBus::nextTime(const Process &process) const
{
    if (!process.session)
        return never;
    Milliseconds next = process.link->mayBeReadable() || process.session->hasTurns()
        ? m_network.now()
        : std::min(millisecondsOf(process.link->deadline()), process.joinsAt);
    for (const Job &job : process.jobs)
        next = std::min(next, job.end);
    return std::max(next, process.standsUntil);
}

Milliseconds SharingBus::nextTime() const
{
    Milliseconds next = std::min(m_network.nextTime(), m_relayStartsAt);
    for (const auto &process : m_processes)
        next = std::min(next, nextTime(*process));
    return std::max(next, m_network.now());
}

void SharingBus::passTo(Milliseconds time)
{
    for (int turns = 0; m_failure.isEmpty(); ++turns) {
        const Milliseconds next = nextTime();
        if (next > time)
            break;
        if (turns > 1'000'000)
            return fail("it turns without end");
        m_network.passTo(next);
        if (m_relayStartsAt <= m_network.now()) {
            m_relayStartsAt = never;
            m_network.startRelay(happens(50));
        }
        for (std::size_t i = 0; i < m_processes.size(); ++i) {
            if (nextTime(*m_processes[i]) <= m_network.now())
                service(m_processes[i].get());
        }
    }
    m_network.passTo(time);
}

// Everybody is there, nothing breaks any more, and all that waits is done quickly.
void SharingBus::heal()
{
    m_workTime = 1;
    for (Process *&worker : m_workers) {
        if (!worker->session)
            worker = start(true);
        if (worker->joinsAt != never)
            worker->joinsAt = std::min(worker->joinsAt, m_network.now());
        for (int group = 0; group < m_groups; ++group) {
            if (!worker->members[std::size_t(group)].receiver)
                takePart(worker, group);
        }
    }
    passTo(m_network.now() + restAfter);
}

// The contract

bool SharingBus::wasDisturbed(int process, Milliseconds from, Milliseconds to) const
{
    return std::ranges::any_of(m_processes[std::size_t(process)]->disturbed,
                               [&](Milliseconds time) { return time >= from && time <= to; });
}

bool SharingBus::wasRelayLost(Milliseconds from, Milliseconds to) const
{
    return std::ranges::any_of(m_relayLost, [&](Milliseconds time) { return time >= from && time <= to; });
}

bool SharingBus::wasAnythingLost(Milliseconds from, Milliseconds to) const
{
    if (wasRelayLost(from, to))
        return true;
    return std::ranges::any_of(m_processes,
                               [&](const auto &process) { return wasDisturbed(process->number, from, to); });
}

void SharingBus::check()
{
    for (int number = 0; number < int(m_events.size()) && m_failure.isEmpty(); ++number) {
        for (int group = 0; group < m_groups; ++group) {
            if (groups()[std::size_t(group)].hears(m_events[std::size_t(number)].topic))
                checkWorks(number, group);
        }
    }
}

void SharingBus::checkWorks(int number, int group)
{
    const Event &event = m_events[std::size_t(number)];
    const std::vector<Work> &works = event.works[std::size_t(group)];
    const Process *const sender = event.process < 0 ? nullptr : m_processes[std::size_t(event.process)].get();
    const bool isFinished = std::ranges::any_of(works, [](const Work &work) { return work.end != never; });
    const bool isOwed = event.isAtRelay[std::size_t(group)] || event.isOwed[std::size_t(group)];
    if (!isFinished && isOwed && (!sender || sender->session)) {
        const auto refused = sender ? sender->refused.find(event.topic) : decltype(sender->refused.find(0))();
        const bool wasTold =
            sender ? refused != sender->refused.end() && refused->second >= event.sent : works.size() >= 5;
        if (!wasTold)
            return fail(describe(number, group) + ": nobody has finished it");
    }
    // Who was given it first may begin last.
    if (!event.mayBeNew && std::ranges::count(works, false, &Work::isRedelivered) > 1)
        return fail(describe(number, group) + ": it was redelivered, and nothing said so");
    for (const Work &work : works) {
        if (work.isRedelivered && !wasAnythingLost(event.sent - longStart, work.begin))
            return fail(describe(number, group) + ": it is said to be redelivered, though nothing was lost");
    }
    if (works.empty() || event.mayBeNew)
        return;
    const Milliseconds last = std::ranges::max(works, {}, &Work::begin).begin;
    const auto hasStood = [&](const Work &work) { return !wasDisturbed(work.worker, event.sent, last); };
    if (std::ranges::count_if(works, hasStood) > 1)
        return fail(describe(number, group) + ": it was redelivered, though its member was there");
}

// All is done, everybody knows that, and nothing is kept.
void SharingBus::checkRest()
{
    if (!m_failure.isEmpty())
        return;
    if (const qsizetype bytes = m_network.relay()->sharing().bytes(); bytes != 0)
        return fail("the relay has " + QByteArray::number(bytes) + " bytes at the end");
    for (const auto &process : m_processes) {
        if (!process->session)
            continue;
        if (!process->jobs.empty())
            return fail("it does not come to rest");
        const UnfinishedEvents *const unfinished = process->session->unfinished();
        if (unfinished && unfinished->count() != 0)
            return fail("process " + QByteArray::number(process->number) + " keeps "
                        + QByteArray::number(unfinished->count()) + " events at the end");
    }
}

// Whether every member is free: of so many events, each gets one.
void SharingBus::probe(int topic)
{
    constexpr Milliseconds time = 1000;
    m_workTime = time;
    for (Process *worker : m_workers)
        worker->isSlow = false;
    const std::size_t first = m_events.size();
    for (std::size_t i = 0; i < m_workers.size(); ++i)
        send(m_senders.front(), topic);
    passTo(m_network.now() + time / 2);
    for (int group = 0; group < m_groups && m_failure.isEmpty(); ++group) {
        std::vector<int> workers;
        for (std::size_t i = first; i < m_events.size(); ++i) {
            for (const Work &work : m_events[i].works[std::size_t(group)])
                workers.push_back(work.worker);
        }
        std::ranges::sort(workers);
        const bool isEach = workers.size() == m_workers.size() && std::ranges::adjacent_find(workers) == workers.end();
        if (groups()[std::size_t(group)].hears(topic) && !isEach)
            return fail("group " + QByteArray::number(group) + " has " + QByteArray::number(int(workers.size()))
                        + " works under way with " + QByteArray::number(int(m_workers.size())) + " members");
    }
    passTo(m_network.now() + restAfter);
    checkRest();
}

void SharingBus::fail(const QByteArray &what)
{
    if (m_failure.isEmpty())
        m_failure = "at " + QByteArray::number(m_network.now()) + ": " + what;
}

QByteArray SharingBus::describe(int number, int group) const
{
    const Event &event = m_events[std::size_t(number)];
    QByteArray text = "event " + QByteArray::number(number) + ", '" + nameOf(event.topic).toUtf8() + "', of process "
        + QByteArray::number(event.process) + ", sent at " + QByteArray::number(event.sent) + ", in group "
        + QByteArray::number(group) + (event.mayBeNew ? ", not acknowledged when a relay was lost" : "");
    for (const Work &work : event.works[std::size_t(group)]) {
        text += "; process " + QByteArray::number(work.worker) + " from " + QByteArray::number(work.begin) + " to "
            + (work.end == never ? QByteArray("never") : QByteArray::number(work.end))
            + (work.isRedelivered ? ", redelivered" : "") + ", disturbed at";
        for (const Milliseconds time : m_processes[std::size_t(work.worker)]->disturbed)
            text += ' ' + QByteArray::number(time);
    }
    text += "; relay lost at";
    for (const Milliseconds time : m_relayLost)
        text += ' ' + QByteArray::number(time);
    return text;
}

} // namespace PyventTests
