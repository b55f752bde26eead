// SPDX-License-Identifier: MIT
#include "valuebus.h"

#include "pickle/picklewriter.h"
#include "wire/topic.h"
#include "wire/zmtp.h"

#include <algorithm>
#include <limits>

namespace PyventTests {

using namespace Pyvent::Internal;

namespace {

constexpr QByteArrayView name = "oven.temperature";
constexpr int writers = 10;
constexpr qint64 never = std::numeric_limits<qint64>::max();
constexpr qint64 epoch = 1'800'000'000'000'000; // what a right clock says at first
constexpr qint64 hour = qint64(3600) * 1'000'000;

// What stands for subscribing, and for the proof that it is active.
const QByteArray subscription = "subscription";
const QByteArray proof = "proof";

QUuid uuidOf(std::mt19937 &random)
{
    return QUuid(quint32(random()), ushort(random()), 0x4000 | (random() & 0xFFF), 0x80, uchar(random()),
                 uchar(random()), uchar(random()), uchar(random()), uchar(random()), uchar(random()), uchar(random()));
}

} // namespace

ValueBus::Microseconds ValueBus::Way::next() const
{
    return messages.empty() ? never : messages.front().first;
}

ValueBus::ValueBus(quint32 seed)
    : m_random(seed)
{
}

ValueBus::~ValueBus() = default;

QByteArray ValueBus::run()
{
    startServer();
    for (int i = 0; i < writers; ++i) {
        Node &node = *m_nodes.emplace_back(std::make_unique<Node>());
        node.clockIsAhead = below(20 * hour) - 10 * hour;
        startNode(node);
    }
    const Microseconds actions = 10 + below(30);
    for (Microseconds i = 0; i < actions && m_failure.isEmpty(); ++i) {
        const Microseconds pause = happens(60) ? below(2000) : below(happens(50) ? 100'000 : 1'500'000);
        const Microseconds until = m_now + pause;
        while (step(until)) { }
        m_now = until;
        act();
    }
    rest();
    check("after all was joined again");

    // Somebody who comes late, when those have left that wrote.
    if (m_servers[std::size_t(anyServer())]->relay && happens(30)) {
        for (const auto &node : m_nodes)
            disconnect(*node), node->connectsAt = never;
    }
    Node &late = *m_nodes.emplace_back(std::make_unique<Node>());
    startNode(late);
    rest();
    check("with one who came late");
    for (const auto &node : m_nodes)
        node->connectsAt = std::min(node->connectsAt, m_now);
    rest();

    // Two at once, by clocks that disagree.
    const int last = anyServer();
    write(*m_nodes[std::size_t(below(writers))]);
    if (happens(50))
        write(*m_nodes[std::size_t(below(writers))]);
    if (happens(30))
        writeByScript(last);
    rest();
    check("after the last writes");
    const Server &server = *m_servers[std::size_t(last)];
    if (server.relay && m_failure.isEmpty() && server.scriptHeard != m_nodes.front()->holder->write().pickle)
        m_failure = "Python's node has heard another value last";

    // And one after the other.
    Node &writer = *m_nodes[std::size_t(below(writers))];
    const QByteArray written = write(writer);
    rest();
    check("after one more write");
    if (m_failure.isEmpty() && m_nodes.front()->holder->write().pickle != written)
        m_failure = "the last write does not hold";
    return m_failure;
}

void ValueBus::act()
{
    Node &node = *m_nodes[std::size_t(below(writers))];
    const Microseconds what = below(100);
    if (what < 45) {
        write(node);
    } else if (what < 58) {
        writeByScript(anyServer());
    } else if (what < 66) {
        compareAndSet(node);
    } else if (what < 74) { // it is killed, and another one starts
        disconnect(node);
        startNode(node);
    } else if (what < 82) {
        disconnect(node);
        node.connectsAt = m_now + below(2'000'000);
    } else if (what < 89) { // the server is killed, and another one takes over
        endServer(anyServer());
        if (anyServer() < 0)
            startServer();
    } else if (what < 94) { // the bus is divided
        const int other = startServer();
        for (const auto &one : m_nodes) {
            if (happens(50)) {
                disconnect(*one);
                one->connectsTo = other;
            }
        }
    } else if (what < 97) { // and joined again
        const int one = anyServer();
        if (const int other = anyServer(); other != one)
            endServer(one);
    } else {
        node.clockIsAhead = below(20 * hour) - 10 * hour;
    }
}

void ValueBus::startNode(Node &node)
{
    node.values.reset();
    node.uuid = uuidOf(m_random);
    node.values = std::make_unique<SharedValues>(
        node.uuid, [this, &node] { return epoch + m_now + node.clockIsAhead; }, quint32(m_random()));
    node.holder = node.values->hold(name.toByteArray());
    node.unacknowledged.clear();
    node.asked.clear();
    node.connectsAt = m_now + below(50'000);
}

QByteArray ValueBus::nextPickle()
{
    QByteArray pickle;
    PickleError error;
    writeArguments(QVariantMap{{QStringLiteral("value"), ++m_values}}, {}, &pickle, &error);
    return pickle;
}

QByteArray ValueBus::write(Node &node)
{
    const Microseconds time = epoch + m_now + node.clockIsAhead;
    const SharedValues::Write write{{node.values->nextStamp(), node.uuid}, nextPickle(), {}, time};
    const QByteArray frame = SharedValues::toFrame(name, write);
    node.values->wrote(frame, at(m_now));
    node.unacknowledged.push_back(frame);
    if (node.server >= 0)
        sendUp(node, frame);
    return write.pickle;
}

void ValueBus::writeByScript(int index)
{
    if (index < 0)
        return;
    Server &server = *m_servers[std::size_t(index)];
    const QByteArray frame = name.toByteArray() + ' ' + nextPickle();
    if (server.isPython) {
        for (const auto &node : m_nodes) {
            if (node->server == index && server.subscribed.contains(int(&node - m_nodes.data())))
                node->down.messages.emplace_back(node->down.last = std::max(node->down.last, m_now + below(3000)),
                                                 frame);
        }
        return;
    }
    const QByteArray encoded = Zmtp::frame(0, frame);
    server.relay->passOn(server.script, {0, encoded, QByteArrayView(encoded).last(frame.size()), {}});
    drain(server);
}

void ValueBus::compareAndSet(Node &node)
{
    const SharedValues::Write write{{node.values->nextStamp(), node.uuid}, nextPickle(), {}, epoch + m_now};
    const ValueVersion expected = node.holder->write().version;
    const quint64 number = node.values->ask(name.toByteArray(), expected, SharedValues::toFrame(name, write),
                                            at(m_now + 5'000'000), at(m_now));
    node.asked.emplace_back(number, expected.stamp);
}

int ValueBus::startServer()
{
    Server &server = *m_servers.emplace_back(std::make_unique<Server>());
    server.isPython = happens(20);
    server.clockIsAhead = below(20 * hour) - 10 * hour;
    if (!server.isPython) {
        server.relay = std::make_unique<Relay>(true, Relay::Limits());
        server.relay->setWallClock([this, &server] { return epoch + m_now + server.clockIsAhead; });
        server.script = server.relay->add();
        server.relay->subscribe(server.script, name);
    }
    return int(m_servers.size()) - 1;
}

void ValueBus::endServer(int server)
{
    if (server < 0)
        return;
    m_servers[std::size_t(server)]->isAlive = false;
    for (const auto &node : m_nodes) {
        if (node->server == server) {
            disconnect(*node);
            node->connectsAt = m_now + below(300'000);
        }
    }
}

int ValueBus::anyServer()
{
    std::vector<int> alive;
    for (int i = 0; i < int(m_servers.size()); ++i) {
        if (m_servers[std::size_t(i)]->isAlive)
            alive.push_back(i);
    }
    return alive.empty() ? -1 : alive[std::size_t(below(Microseconds(alive.size())))];
}

void ValueBus::connect(Node &node)
{
    int server = std::exchange(node.connectsTo, -1);
    if (server < 0 || !m_servers[std::size_t(server)]->isAlive)
        server = anyServer();
    node.connectsAt = never;
    node.server = server;
    if (const auto &relay = m_servers[std::size_t(server)]->relay)
        node.client = relay->add();
    sendUp(node, subscription);
    for (const QByteArray &frame : node.unacknowledged)
        sendUp(node, frame);
    sendUp(node, proof);
}

// What is on its way is lost.
void ValueBus::disconnect(Node &node)
{
    if (node.server >= 0) {
        Server &server = *m_servers[std::size_t(node.server)];
        if (server.relay)
            server.relay->remove(node.client);
        while (server.relay && server.relay->tidy()) { }
        const auto place =
            std::find_if(m_nodes.begin(), m_nodes.end(), [&](const auto &one) { return one.get() == &node; });
        server.subscribed.erase(int(place - m_nodes.begin()));
    }
    node.server = -1;
    node.client = nullptr;
    node.up = {};
    node.down = {};
    node.connectsAt = m_now + below(100'000);
    if (std::exchange(node.isReady, false))
        node.values->lost(at(m_now));
    process(node);
}

void ValueBus::sendUp(Node &node, const QByteArray &message)
{
    node.up.last = std::max(node.up.last, m_now + below(3000));
    node.up.messages.emplace_back(node.up.last, message);
}

void ValueBus::arriveAtServer(Node &node, const QByteArray &message)
{
    Server &server = *m_servers[std::size_t(node.server)];
    const auto place =
        std::find_if(m_nodes.begin(), m_nodes.end(), [&](const auto &one) { return one.get() == &node; });
    const int index = int(place - m_nodes.begin());
    if (message == subscription) {
        server.subscribed.insert(index);
        if (server.relay) {
            server.relay->subscribe(node.client, QByteArray(name.toByteArray() + ' '));
            server.relay->subscribe(node.client, valueTopic(name));
            server.relay->subscribe(node.client, nodePrefix(node.uuid));
        }
        return;
    }
    if (message == proof) {
        node.down.messages.emplace_back(node.down.last = std::max(node.down.last, m_now + below(3000)), proof);
        return;
    }
    // The acknowledgement may be lost, and then it is sent again.
    if (!node.unacknowledged.empty() && node.unacknowledged.front() == message && happens(90))
        node.unacknowledged.pop_front();
    if (server.isPython) {
        if (message.startsWith(serverPrefix.toByteArray()))
            return;
        for (std::size_t i = 0; i < m_nodes.size(); ++i) {
            Node &other = *m_nodes[i];
            if (other.server == node.server && server.subscribed.contains(int(i)))
                other.down.messages.emplace_back(other.down.last = std::max(other.down.last, m_now + below(3000)),
                                                 message);
        }
        return;
    }
    const QByteArray encoded = Zmtp::frame(0, message);
    server.relay->passOn(node.client, {0, encoded, QByteArrayView(encoded).last(message.size()), {}});
    drain(server);
}

void ValueBus::drain(Server &server)
{
    for (Relay::Client *client : server.relay->takeTouched()) {
        QByteArray bytes;
        iovec vectors[64];
        while (client->output.bytes() > 0) {
            const auto next = client->output.fill(vectors);
            qsizetype size = 0;
            for (std::size_t i = 0; i < next.count; ++i) {
                bytes.append(static_cast<const char *>(vectors[i].iov_base), qsizetype(vectors[i].iov_len));
                size += qsizetype(vectors[i].iov_len);
            }
            client->output.wrote(size);
        }
        const auto owner =
            std::find_if(m_nodes.begin(), m_nodes.end(), [client](const auto &node) { return node->client == client; });
        for (QByteArrayView rest = bytes; !rest.isEmpty();) {
            const auto header = Zmtp::readHeader(rest);
            const QByteArrayView body = rest.sliced(header->size, qsizetype(header->bodySize));
            rest = rest.sliced(header->size + body.size());
            if (client == server.script)
                server.scriptHeard = parseFrame(body).payload.toByteArray();
            else if (owner != m_nodes.end())
                (*owner)->down.messages.emplace_back(
                    (*owner)->down.last = std::max((*owner)->down.last, m_now + below(3000)), body.toByteArray());
        }
    }
}

void ValueBus::arriveAtNode(Node &node, const QByteArray &message)
{
    if (message == proof) {
        node.isReady = true;
        node.values->ready(at(m_now));
    } else if (isControlTopic(message)) {
        if (const auto control = Control::Message::of(message))
            node.values->receive(*control, at(m_now));
    } else {
        node.values->heard(name, SharedValues::writeOf(parseFrame(message)), at(m_now));
    }
}

void ValueBus::process(Node &node)
{
    for (const QByteArray &message : node.values->takeOutgoing(at(m_now))) {
        if (node.server >= 0)
            sendUp(node, message);
    }
    for (const SharedValues::Answer &answer : node.values->takeAnswers()) {
        const auto asked = std::find_if(node.asked.begin(), node.asked.end(),
                                        [&](const auto &one) { return one.first == answer.number; });
        if (answer.result == SharedValues::Answer::Done && node.server >= 0
            && !m_servers[std::size_t(node.server)]->replaced.insert(asked->second).second)
            m_failure = "two have replaced the same write at one server";
        node.asked.erase(asked);
    }
}

// What is next, until then. Returns false if there is nothing.
bool ValueBus::step(Microseconds until)
{
    Microseconds next = never;
    Node *who = nullptr;
    for (const auto &node : m_nodes) {
        const auto deadline = node->values->deadline();
        const Microseconds due = deadline == Clock::time_point::max()
            ? never
            : std::chrono::duration_cast<std::chrono::microseconds>(deadline.time_since_epoch()).count();
        const Microseconds connects = node->server < 0 && anyServer() >= 0 ? node->connectsAt : never;
        const Microseconds mine = std::min({due, connects, node->up.next(), node->down.next()});
        if (mine < next) {
            next = mine;
            who = node.get();
        }
    }
    if (!who || next > until)
        return false;
    m_now = std::max(m_now, next);
    if (who->server < 0 && who->connectsAt <= m_now)
        connect(*who);
    if (who->up.next() <= m_now) {
        const QByteArray message = std::move(who->up.messages.front().second);
        who->up.messages.pop_front();
        arriveAtServer(*who, message);
    }
    if (who->down.next() <= m_now) {
        const QByteArray message = std::move(who->down.messages.front().second);
        who->down.messages.pop_front();
        arriveAtNode(*who, message);
    }
    process(*who);
    return true;
}

// All are on one bus, and nothing is left to do.
void ValueBus::rest()
{
    for (int one = anyServer(), other = anyServer(); one >= 0; one = anyServer()) {
        int alive = 0;
        for (const auto &server : m_servers)
            alive += server->isAlive;
        if (alive == 1)
            break;
        other = anyServer();
        if (other != one)
            endServer(one);
    }
    const Microseconds end = m_now + 60'000'000;
    while (step(end)) { }
    for (const auto &node : m_nodes) {
        if (m_failure.isEmpty() && node->values->deadline() != Clock::time_point::max())
            m_failure = "it does not come to rest";
    }
}

void ValueBus::check(const char *when)
{
    if (!m_failure.isEmpty())
        return;
    const auto isSame = [&](const auto &node) {
        const auto &write = node->holder->write();
        const auto &first = m_nodes.back()->holder->write();
        return node->server < 0 || (write.version == first.version && write.pickle == first.pickle);
    };
    if (!std::all_of(m_nodes.begin(), m_nodes.end(), isSame)) {
        m_failure = QByteArray("not all have the same value ") + when + ':';
        for (const auto &node : m_nodes) {
            m_failure += ' ' + QByteArray::number(node->holder->write().version.stamp >> 16) + '.'
                + QByteArray::number(node->holder->write().version.stamp & 0xFFFF);
        }
    }
}

} // namespace PyventTests
