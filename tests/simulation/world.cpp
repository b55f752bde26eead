// SPDX-License-Identifier: MIT
#include "world.h"

#include "wire/frame.h"
#include "wire/topic.h"

#include <algorithm>
#include <functional>

namespace PyventTests {

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// More than any schedule takes to come to rest: senders that do not answer are given up after a minute.
constexpr Milliseconds longest = 600'000;

// How many events late joiners ask for.
constexpr quint64 pastEvents = 5;

QString nameOf(int topic)
{
    return topic == 0 ? u"order"_s : u"order-food"_s;
}

int topicNamed(const QString &name)
{
    return name == nameOf(0) ? 0 : 1;
}

bool isInOrder(const std::vector<quint64> &numbers)
{
    return std::is_sorted(numbers.begin(), numbers.end(), std::less_equal<>());
}

QUuid uuidOf(int number, int kind)
{
    return QUuid(quint32(number) + 1, quint16(kind), 0x4000, 0x80, 0, 0, 0, 0, 0, 0, 1);
}

} // namespace

World::World(const Schedule &schedule)
    : m_schedule(schedule)
    , m_random(schedule.seed)
    , m_network(schedule.seed, schedule.weather)
    , m_processes(std::size_t(schedule.nodes))
{
    m_random.discard(2);
    m_network.taken = [this](QByteArrayView frame) { relayed(frame); };
    for (int i = 0; i < schedule.nodes; ++i)
        startProcess(i);
}

World::~World()
{
    for (int i = 0; i < m_schedule.nodes; ++i)
        endProcess(i);
}

QByteArray World::run()
{
    for (const Schedule::Step &step : m_schedule.steps) {
        passTo(m_network.now() + step.wait);
        if (!m_failure.isEmpty())
            return m_failure;
        take(step);
    }
    m_isQuiet = true;
    m_network.clear();
    for (const auto &node : m_nodes) {
        if (node->joinsAt != never)
            node->joinsAt = std::min(node->joinsAt, m_network.now());
    }
    rest();
    if (m_failure.isEmpty())
        check();
    if (m_failure.isEmpty() && !m_schedule.dropsEvents()) // an answer that is dropped is not sent again
        checkPresence();
    return m_failure;
}

// Until nothing is left to do.
void World::rest()
{
    const Milliseconds end = m_network.now() + longest;
    for (Milliseconds next = nextTime(); next != never && m_failure.isEmpty(); next = nextTime()) {
        if (next > end)
            m_failure = "it does not come to rest";
        else
            passTo(next);
    }
}

void World::take(const Schedule::Step &step)
{
    Process &process = m_processes[std::size_t(step.node % m_schedule.nodes)];
    Node *const node = process.nodes[std::size_t(step.node / m_schedule.nodes) % process.nodes.size()];
    switch (step.kind) {
    case Schedule::Step::Send:
        return send(node, step.topic, step.value);
    case Schedule::Step::Hear:
        return hear(&process, node, step.topic, false);
    case Schedule::Step::HearPast:
        return hear(&process, node, step.topic, true);
    case Schedule::Step::HearAll:
        return hear(&process, node, -1, false);
    case Schedule::Step::KillNode:
        endProcess(step.node % m_schedule.nodes);
        return startProcess(step.node % m_schedule.nodes);
    case Schedule::Step::KillRelay:
        return killRelay();
    case Schedule::Step::CutSending:
        return m_network.cutRequests(process.connection->line());
    case Schedule::Step::CutHearing:
        return m_network.cutEvents(process.connection->line());
    case Schedule::Step::StandStill:
        process.standsUntil = m_network.now() + step.value;
        return;
    case Schedule::Step::Leave:
        return leave(node, step.value);
    }
}

// Processes

void World::startProcess(int index)
{
    Process &process = m_processes[std::size_t(index)];
    const int first = int(m_nodes.size());
    process.link = std::make_unique<Link>([&](SendQueue &queue) {
        auto connection = std::make_unique<SimulatedConnection>(m_network, queue, uuidOf(first, 2));
        process.connection = connection.get();
        return connection;
    });
    process.standsUntil = 0;
    const int skew = int(m_schedule.skew);
    const Milliseconds offset = skew > 0 ? below(2 * skew) - skew : 0;
    for (int i = 0; i < (m_schedule.sharesLink ? 2 : 1); ++i) {
        Node *const node = m_nodes.emplace_back(std::make_unique<Node>()).get();
        node->number = first + i;
        node->uuid = uuidOf(node->number, 1);
        node->sent.resize(std::size_t(m_schedule.topics));
        node->relayed.resize(std::size_t(m_schedule.topics));
        node->session = std::make_unique<Session>(
            node->uuid, [this, offset] { return (m_network.now() + offset) * 1000; }, quint32(m_random()));
        node->session->configure(
            {.whenReceiversLag = m_schedule.waits ? PyventReceiversLag::Wait : PyventReceiversLag::Drop,
             .replayEvents = m_schedule.kept});
        process.nodes.push_back(node);
        join(&process, node);
    }
    service(&process);
}

void World::endProcess(int index)
{
    if (m_server == index)
        killRelay();
    Process &process = m_processes[std::size_t(index)];
    for (Node *node : process.nodes)
        node->session.reset();
    process.nodes.clear();
    process.link.reset();
}

void World::leave(Node *node, Milliseconds duration)
{
    if (!node->session->isJoined())
        return;
    readNews(node);
    node->session->leave(now());
    node->joinsAt = m_network.now() + duration;
    // Both count from when it joins. What it hears then is not what it would have heard.
    node->accepted.clear();
    node->acknowledged = 0;
    readNews(node);
    node->lost.clear();
    for (const auto &handler : node->handlers) {
        for (const auto &[stream, numbers] : handler->heard) {
            if (!isInOrder(numbers))
                fail(*node, stream, handler.get(), "doubled or out of order");
        }
        handler->heard.clear();
        handler->readySince = never;
    }
}

void World::join(Process *process, Node *node)
{
    node->joinsAt = never;
    node->session->join(process->link.get(), now());
}

void World::killRelay()
{
    m_server = -1;
    m_network.killRelay();
}

// What the user does

void World::send(Node *node, int topic, int count)
{
    if (!node->session->isJoined())
        return;
    for (int i = 0; i < count; ++i) {
        if (!node->session->send(nameOf(topic), {{u"n"_s, i}}, {}, now())) {
            m_failure = "an event was refused: " + node->session->news().lastError().text.toUtf8();
            return;
        }
        std::vector<Milliseconds> &sent = node->sent[std::size_t(topic)];
        sent.push_back(m_network.now());
        node->accepted.emplace_back(topic, sent.size());
    }
}

void World::hear(Process *process, Node *node, int topic, bool past)
{
    for (const auto &known : node->handlers) {
        if (known->topic == topic && known->hearsPast == past)
            return;
    }
    Handler *const handler =
        node->handlers.emplace_back(std::make_unique<Handler>(Handler{topic, past, m_network.now()})).get();
    PyventReplay replay;
    if (past)
        replay.last = pastEvents;
    node->session->add(std::make_shared<FunctionReceiver>(
                           topic < 0 ? u"*"_s : nameOf(topic), PyventSender::Any, [] { return true; },
                           [this, handler](const PyventEvent &event) { heard(handler, event); }),
                       replay, now());
    if (node->session->state() == Session::State::Ready) // as far as it knows
        handler->readySince = m_network.now();
    service(process);
}

void World::heard(Handler *handler, const PyventEvent &event)
{
    handler->heard[{nodeOf(event.nodeId)->number, topicNamed(event.name)}].push_back(event.sequence);
}

// A relay has taken an event: from now on it may be acknowledged.
void World::relayed(QByteArrayView frame)
{
    if (isControlTopic(frame)) // a repair has an event in it
        return;
    const Frame parsed = parseFrame(frame);
    if (parsed.trailerState != TrailerState::Read)
        return;
    Node *const sender = nodeOf(parsed.trailer.nodeId);
    if (!sender)
        return;
    quint64 &newest = sender->relayed[std::size_t(topicNamed(QString::fromUtf8(parsed.topic)))];
    newest = std::max(newest, parsed.trailer.sequence);
}

// Time

Milliseconds World::nextTime() const
{
    Milliseconds next = m_network.nextTime();
    for (const Process &process : m_processes) {
        const Milliseconds due =
            process.link->mayBeReadable() ? m_network.now() : millisecondsOf(process.link->deadline());
        next = std::min(next, std::max(due, process.standsUntil));
        for (const Node *node : process.nodes)
            next = std::min(next, std::max(node->joinsAt, process.standsUntil));
    }
    return std::max(next, m_network.now());
}

void World::passTo(Milliseconds time)
{
    for (int turns = 0; m_failure.isEmpty(); ++turns) {
        const Milliseconds next = nextTime();
        if (next > time)
            break;
        if (turns > 1'000'000) {
            m_failure = "it turns without end";
            return;
        }
        m_network.passTo(next);
        for (Process &process : m_processes) {
            const bool isDue = process.link->mayBeReadable() || process.link->deadline() <= now();
            if (process.standsUntil > m_network.now())
                continue;
            bool joins = false;
            for (Node *node : process.nodes) {
                if (node->joinsAt <= m_network.now()) {
                    join(&process, node);
                    joins = true;
                }
            }
            if (isDue || joins)
                service(&process);
        }
    }
    m_network.passTo(time);
}

void World::service(Process *process)
{
    process->link->receive(now());
    if (process->link->takeRefusal() && !m_network.hasRelay() && m_isQuiet + below(2) > 0) {
        m_server = int(process - m_processes.data());
        m_network.startRelay(m_schedule.takesBatches);
    }
    for (Node *node : process->nodes) {
        if (node->session->isJoined())
            process->link->process(*node->session->seat(), now());
        deliver(node);
        readNews(node);
    }
}

void World::deliver(Node *node)
{
    Inbox::Arrivals finished;
    while (const auto turn = node->session->nextTurn(&finished))
        turn->receiver->deliver(*turn->event);
}

void World::readNews(Node *node)
{
    while (const auto item = node->session->news().take()) {
        if (const auto *error = std::get_if<PyventError>(&*item))
            m_failure = "an error: " + error->text.toUtf8();
        if (const auto *search = std::get_if<Presence::Finished>(&*item)) {
            m_found.emplace();
            for (const PyventNodeInfo &found : search->nodes)
                m_found->insert(found.uuid);
        }
    }
    if (node->session->state() == Session::State::Ready) {
        for (const auto &handler : node->handlers)
            handler->readySince = std::min(handler->readySince, m_network.now());
    }
    const auto losses = node->session->news().losses.take();
    for (auto loss = losses.cbegin(); loss != losses.cend(); ++loss) {
        if (const Node *const sender = nodeOf(loss.key().second))
            node->lost[{sender->number, topicNamed(loss.key().first)}] += loss.value();
    }
    for (; node->acknowledged < node->session->acknowledged(); ++node->acknowledged) {
        const auto [topic, number] = node->accepted[std::size_t(node->acknowledged)];
        if (node->relayed[std::size_t(topic)] < number)
            return fail(*node, {node->number, topic}, nullptr, "acknowledged before a relay had it");
    }
}

// The contract

World::Node *World::nodeOf(const QUuid &uuid) const
{
    const auto found =
        std::find_if(m_nodes.begin(), m_nodes.end(), [&](const auto &node) { return node->uuid == uuid; });
    return found == m_nodes.end() ? nullptr : found->get();
}

bool World::keepsAll(const Node &sender) const
{
    qsizetype count = 0;
    for (const std::vector<Milliseconds> &sent : sender.sent)
        count += qsizetype(sent.size());
    return m_schedule.kept >= count;
}

std::vector<quint64> World::numbersHeard(const Handler &handler, Stream stream)
{
    const auto found = handler.heard.find(stream);
    return found == handler.heard.end() ? std::vector<quint64>() : found->second;
}

quint64 World::numberLost(const Node &receiver, Stream stream)
{
    const auto found = receiver.lost.find(stream);
    return found == receiver.lost.end() ? 0 : found->second;
}

void World::fail(const Node &receiver, Stream stream, const Handler *handler, const char *what)
{
    const Node &sender = *m_nodes[std::size_t(stream.first)];
    QByteArray text = QByteArray(what) + ": node " + QByteArray::number(receiver.number) + ", of node "
        + QByteArray::number(sender.number) + (sender.session ? "" : ", which has ended") + ", topic "
        + nameOf(stream.second).toUtf8();
    if (handler) {
        text += ", ready since " + QByteArray::number(handler->readySince)
            + (handler->hearsPast ? ", with the past" : "") + ", heard";
        for (const quint64 number : numbersHeard(*handler, stream))
            text += ' ' + QByteArray::number(number);
        text += " and was told of " + QByteArray::number(numberLost(receiver, stream)) + " lost; sent at";
        for (const Milliseconds time : sender.sent[std::size_t(stream.second)])
            text += ' ' + QByteArray::number(time);
    }
    if (m_failure.isEmpty())
        m_failure = text;
}

void World::check()
{
    for (const Process &process : m_processes) {
        for (const Node *node : process.nodes) {
            if (node->session->state() != Session::State::Ready || node->session->waiting().unacknowledged > 0)
                return fail(*node, {node->number, 0}, nullptr,
                            node->session->state() != Session::State::Ready ? "not ready at the end"
                                                                            : "not all sent at the end");
            for (const auto &handler : node->handlers) {
                for (const auto &sender : m_nodes) {
                    for (int topic = 0; topic < m_schedule.topics; ++topic) {
                        if (handler->topic < 0 || handler->topic == topic)
                            check(*node, *handler, {sender->number, topic});
                    }
                }
            }
        }
    }
}

void World::check(const Node &receiver, const Handler &handler, Stream stream)
{
    const Node &sender = *m_nodes[std::size_t(stream.first)];
    const std::vector<quint64> heard = numbersHeard(handler, stream);
    if (!isInOrder(heard))
        return fail(receiver, stream, &handler, "doubled or out of order");
    const std::vector<Milliseconds> &sent = sender.sent[std::size_t(stream.second)];
    const quint64 head = sent.size();
    const quint64 lost = numberLost(receiver, stream);
    const quint64 inside = heard.empty() ? 0 : heard.back() + 1 - heard.front() - quint64(heard.size());
    if (handler.hearsPast) // what it misses of the past is nobody's loss
        return checkPast(receiver, handler, stream);
    if (inside > lost)
        return fail(receiver, stream, &handler, "a gap that was not told");
    if (!sender.session) // what it sent last may be gone with it, without a trace
        return;
    if (heard.empty() ? false : heard.back() + lost < head)
        return fail(receiver, stream, &handler, "the end is missing, and was not told");
    if (m_schedule.skew > 0)
        return; // where the clocks differ, the beginning is not exact
    // What was sent in the very millisecond may be told as lost, and need not.
    const auto begin = sent.begin();
    const auto mayBeOwed = std::lower_bound(begin, sent.end(), handler.readySince);
    const auto isOwed = std::upper_bound(begin, sent.end(), handler.readySince);
    checkLosses(receiver, handler, stream, quint64(mayBeOwed - begin) + 1, quint64(isOwed - begin) + 1);
}

// Whoever hears the past hears what follows it without a gap; and where nothing disturbs it, all since it has asked, and as many as
// it asked for.
void World::checkPast(const Node &receiver, const Handler &handler, Stream stream)
{
    const Node &sender = *m_nodes[std::size_t(stream.first)];
    const std::vector<Milliseconds> &sent = sender.sent[std::size_t(stream.second)];
    if (!sender.session || m_schedule.skew > 0 || !keepsAll(sender))
        return;
    const std::vector<quint64> heard = numbersHeard(handler, stream);
    const quint64 begin = heard.empty() ? sent.size() + 1 : heard.front();
    if (sent.size() + 1 - begin > heard.size())
        fail(receiver, stream, &handler, "a gap after the past");
    if (begin > quint64(std::upper_bound(sent.begin(), sent.end(), handler.readySince) - sent.begin()) + 1)
        fail(receiver, stream, &handler, "not all that follows the past");
    if (!m_schedule.isCalm())
        return;
    const auto since = std::lower_bound(sent.begin(), sent.end(), handler.addedAt);
    if (begin > quint64(since - sent.begin()) + 1 || heard.size() < std::min<std::size_t>(pastEvents, sent.size()))
        fail(receiver, stream, &handler, "not all of the past");
}

// Everybody is found.
void World::checkPresence()
{
    m_found.reset();
    m_processes.front().nodes.front()->session->find(now() + 10s);
    service(&m_processes.front());
    rest();
    std::set<QUuid> present;
    for (const Process &process : m_processes) {
        for (const Node *node : process.nodes)
            present.insert(node->uuid);
    }
    if (m_failure.isEmpty() && m_found != present)
        m_failure = "not everybody was found";
}

void World::checkLosses(const Node &receiver, const Handler &handler, Stream stream, quint64 mayBeOwedFrom,
                        quint64 owedFrom)
{
    const quint64 head = m_nodes[std::size_t(stream.first)]->sent[std::size_t(stream.second)].size();
    const std::vector<quint64> heard = numbersHeard(handler, stream);
    const quint64 lost = numberLost(receiver, stream);
    const bool isKept = keepsAll(*m_nodes[std::size_t(stream.first)]);
    if (isKept && lost > 0)
        return fail(receiver, stream, &handler, "told of a loss although the sender has it");
    const auto first = std::find_if(receiver.handlers.begin(), receiver.handlers.end(), [&](const auto &other) {
        return other->topic < 0 || other->topic == stream.second;
    });
    const bool isEarliest = first->get() == &handler;
    if (!isEarliest && !isKept)
        return;                 // what is told may be older than this handler
    if (mayBeOwedFrom > head) { // nothing was owed; and if one was heard all the same, what follows it counts
        const quint64 after = heard.empty() ? 0 : head + 1 - heard.front() - quint64(heard.size());
        if (lost > after)
            fail(receiver, stream, &handler, "told of a loss where nothing was owed");
        return;
    }
    const quint64 begin = heard.empty() ? head + 1 : heard.front();
    const quint64 missing = head + 1 - begin - quint64(heard.size());
    const quint64 missingBefore = begin > owedFrom ? begin - owedFrom : 0;
    if (isKept && missing + missingBefore > 0)
        return fail(receiver, stream, &handler, "not all that it was owed");
    if (m_schedule.waits && m_schedule.isCalmButSlow() && missing + missingBefore > 0)
        return fail(receiver, stream, &handler, "lost, although its sender waits");
    // Where the stream began before the receiver was ready and the sender does not know any more what it sent then, one event is
    // counted for all that are missing before the first.
    const quint64 least = missing + (owedFrom == 1 ? missingBefore : quint64(missingBefore > 0));
    const quint64 most = missing + (begin > mayBeOwedFrom ? begin - mayBeOwedFrom : 0);
    if (lost < least || lost > most)
        fail(receiver, stream, &handler, "what was lost was not told exactly");
}

} // namespace PyventTests
