// SPDX-License-Identifier: MIT
#include "presenceline.h"

#include "wire/control.h"
#include "wire/frame.h"
#include "wire/topic.h"
#include "wire/zmtp.h"

#include <algorithm>
#include <utility>

namespace PyventTests {

using namespace Pyvent::Internal;

namespace {

constexpr PresenceNetwork::Microseconds longestDelay = 3000;

// How often a server looks who is lost.
constexpr PresenceNetwork::Microseconds tellsLostEvery = 150'000;

// How long it takes until a server hears that a connection was cut, and until a client tries again.
constexpr PresenceNetwork::Microseconds longestSilence = 3'000'000;
constexpr PresenceNetwork::Microseconds retryAfter = 20'000;

} // namespace

PresenceNetwork::PresenceNetwork(quint32 seed)
    : m_random(seed)
{
}

PresenceNetwork::~PresenceNetwork() = default;

// Servers

int PresenceNetwork::startServer(bool isPython)
{
    Server &server = *m_servers.emplace_back(std::make_unique<Server>());
    if (!isPython) {
        server.relay = std::make_unique<Relay>(true, Relay::Limits());
        server.script = server.relay->add();
        server.relay->subscribe(server.script, "will ");
    }
    return int(m_servers.size()) - 1;
}

void PresenceNetwork::killServer(int index)
{
    Server &server = *m_servers[std::size_t(index)];
    server.isAlive = false;
    server.endedAt = m_now;
    server.tellsLostAt = never;
    for (const std::unique_ptr<Pipe> &pipe : m_pipes) {
        if (pipe->server == index && pipe->line)
            std::exchange(pipe->line, nullptr)->lost();
    }
    std::erase_if(m_pipes, [index](const std::unique_ptr<Pipe> &pipe) { return pipe->server == index; });
}

int PresenceNetwork::anyServer()
{
    std::vector<int> alive;
    for (int i = 0; i < int(m_servers.size()); ++i) {
        if (isAlive(i))
            alive.push_back(i);
    }
    return alive.empty() ? -1 : alive[std::size_t(below(Microseconds(alive.size())))];
}

int PresenceNetwork::servers() const
{
    return int(std::count_if(m_servers.begin(), m_servers.end(), [](const auto &server) { return server->isAlive; }));
}

int PresenceNetwork::wills(const QUuid &node) const
{
    int all = 0;
    for (int i = 0; i < int(m_servers.size()); ++i)
        all += willsAt(i, node);
    return all;
}

int PresenceNetwork::willsAt(int server, const QUuid &node) const
{
    const auto &wills = m_servers[std::size_t(server)]->wills;
    const auto found = wills.find(node);
    return found == wills.end() ? 0 : found->second;
}

// Connections

PresenceNetwork::Pipe *PresenceNetwork::connect(PresenceLine *line, int server)
{
    if (server < 0 || !isAlive(server))
        server = anyServer();
    if (server < 0)
        return nullptr;
    Pipe *const pipe = m_pipes.emplace_back(std::make_unique<Pipe>(Pipe{.server = server, .line = line})).get();
    if (Relay *const relay = m_servers[std::size_t(server)]->relay.get()) {
        pipe->client = relay->add();
        pipe->client->isLane = pipe->client->isOwners = true;
        pipe->client->speaker.setSecret(line->secret());
    }
    return pipe;
}

void PresenceNetwork::send(Pipe *pipe, char kind, const QByteArray &bytes)
{
    pipe->lastUp = std::max(pipe->lastUp, m_now + 1 + below(longestDelay));
    pipe->up.push_back({pipe->lastUp, kind, bytes});
}

void PresenceNetwork::push(Pipe *pipe, char kind, const QByteArray &bytes)
{
    if (!pipe->line)
        return;
    pipe->lastDown = std::max(pipe->lastDown, m_now + 1 + below(longestDelay));
    pipe->down.push_back({pipe->lastDown, kind, bytes});
}

void PresenceNetwork::hangUp(Pipe *pipe)
{
    pipe->line = nullptr;
    pipe->down.clear();
    send(pipe, 'x', {});
}

void PresenceNetwork::cut(Pipe *pipe)
{
    while (!pipe->up.empty() && happens(70))
        pipe->up.pop_back();
    pipe->line = nullptr;
    pipe->down.clear();
    pipe->lastUp = std::max(pipe->lastUp, m_now + (happens(50) ? below(longestDelay) : below(longestSilence)));
    pipe->up.push_back({pipe->lastUp, 'x', {}});
}

void PresenceNetwork::remove(Pipe *pipe)
{
    if (pipe->client) {
        Relay *const relay = m_servers[std::size_t(pipe->server)]->relay.get();
        relay->remove(pipe->client);
        while (relay->tidy()) { }
    }
    std::erase_if(m_pipes, [pipe](const std::unique_ptr<Pipe> &known) { return known.get() == pipe; });
}

// Time

PresenceNetwork::Microseconds PresenceNetwork::nextArrival() const
{
    Microseconds next = never;
    for (const auto &server : m_servers)
        next = std::min(next, server->tellsLostAt);
    for (const std::unique_ptr<Pipe> &pipe : m_pipes) {
        for (const auto *way : {&pipe->up, &pipe->down}) {
            if (!way->empty())
                next = std::min(next, way->front().due);
        }
    }
    return next;
}

void PresenceNetwork::arriveUntil(Microseconds time)
{
    for (;;) {
        const Microseconds next = nextArrival();
        if (next > time)
            break;
        m_now = std::max(m_now, next);
        for (const auto &server : m_servers) {
            if (server->tellsLostAt > m_now)
                continue;
            server->relay->tellLost();
            server->tellsLostAt = server->relay->hasLost() ? m_now + tellsLostEvery : never;
            drain(*server);
        }
        for (std::size_t i = 0; i < m_pipes.size(); ++i) {
            Pipe *const pipe = m_pipes[i].get();
            if (!pipe->down.empty() && pipe->down.front().due <= m_now) {
                const Pipe::Message message = std::move(pipe->down.front());
                pipe->down.pop_front();
                pipe->line->arrived(message);
            }
            if (!pipe->up.empty() && pipe->up.front().due <= m_now) {
                const Pipe::Message message = std::move(pipe->up.front());
                pipe->up.pop_front();
                arriveAtServer(pipe, message);
                break; // which may be gone
            }
        }
    }
    m_now = std::max(m_now, time);
}

void PresenceNetwork::arriveAtServer(Pipe *pipe, const Pipe::Message &message)
{
    Server &server = *m_servers[std::size_t(pipe->server)];
    Relay *const relay = server.relay.get();
    switch (message.kind) {
    case '+':
        if (relay)
            relay->subscribe(pipe->client, message.bytes);
        else
            pipe->prefixes.append(message.bytes);
        break;
    case '-':
        if (relay)
            relay->unsubscribe(pipe->client, message.bytes);
        else
            pipe->prefixes.removeOne(message.bytes);
        break;
    case 'h':
    case 'p':
        push(pipe, message.kind, message.bytes);
        break;
    case 'x':
        remove(pipe);
        break;
    default:
        if (relay) {
            const QByteArray encoded = Zmtp::frame(0, message.bytes);
            relay->passOn(pipe->client, {0, encoded, QByteArrayView(encoded).last(message.bytes.size()), {}});
        } else {
            for (const std::unique_ptr<Pipe> &other : m_pipes) {
                const auto isFor = [&](const QByteArray &prefix) { return message.bytes.startsWith(prefix); };
                if (other->server == pipe->server
                    && std::any_of(other->prefixes.cbegin(), other->prefixes.cend(), isFor))
                    push(other.get(), 'e', message.bytes);
            }
        }
        push(pipe, 'a', {});
    }
    if (!relay)
        return;
    if (relay->hasLost() && server.tellsLostAt == never)
        server.tellsLostAt = m_now + tellsLostEvery;
    drain(server);
}

void PresenceNetwork::drain(Server &server)
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
            std::find_if(m_pipes.begin(), m_pipes.end(), [client](const auto &pipe) { return pipe->client == client; });
        for (QByteArrayView rest = bytes; !rest.isEmpty();) {
            const auto header = Zmtp::readHeader(rest);
            const QByteArrayView body = rest.sliced(header->size, qsizetype(header->bodySize));
            rest = rest.sliced(header->size + body.size());
            if (client == server.script)
                ++server.wills[parseFrame(body).trailer.nodeId];
            else if (owner != m_pipes.end())
                push(owner->get(), 'e', body.toByteArray());
        }
    }
}

// A client's end

void PresenceLine::hangUp()
{
    if (m_pipe)
        m_network->hangUp(std::exchange(m_pipe, nullptr));
}

void PresenceLine::cut(PresenceNetwork::Microseconds retryAt, int server)
{
    if (m_pipe)
        m_network->cut(std::exchange(m_pipe, nullptr));
    lost();
    m_retryAt = retryAt;
    m_nextServer = server;
}

void PresenceLine::lost()
{
    m_pipe = nullptr;
    m_isUp = false;
    m_proven = 0;
    m_queue.connectionLost();
    m_isReadable = true;
    m_retryAt = m_network->now() + m_network->below(retryAfter);
    m_nextServer = -1;
}

void PresenceLine::arrived(const Pipe::Message &message)
{
    m_isReadable = true;
    if (message.kind == 'e')
        m_arrived.push_back(message.bytes);
    else if (message.kind == 'a')
        m_queue.acknowledge();
    else if (message.kind == 'h')
        m_isUp = true;
    else
        m_proven = message.bytes.toULongLong();
}

quint64 PresenceLine::subscribe(const QByteArray &prefix)
{
    m_prefixes.append(prefix);
    ++m_subscriptions;
    if (m_pipe) {
        m_network->send(m_pipe, '+', prefix);
        m_network->send(m_pipe, 'p', QByteArray::number(m_subscriptions));
    }
    return m_subscriptions;
}

void PresenceLine::unsubscribe(const QByteArray &prefix)
{
    m_prefixes.removeOne(prefix);
    if (m_pipe)
        m_network->send(m_pipe, '-', prefix);
}

void PresenceLine::send(QByteArray &&frame, bool, SendQueue::Share *share)
{
    m_queue.append(std::move(frame), share);
    sendQueued();
}

void PresenceLine::sendControl(QByteArray &&frame, bool inOrder)
{
    if (inOrder ? m_queue.appendControl(std::move(frame)) : m_queue.putControl(std::move(frame)))
        sendQueued();
}

void PresenceLine::sendQueued()
{
    while (m_pipe && m_queue.hasUnsent()) {
        m_network->send(m_pipe, 'e', m_queue.unsentFrame(0));
        m_queue.sent(1);
    }
}

void PresenceLine::process(Clock::time_point)
{
    m_isReadable = !m_arrived.empty();
    if (m_pipe || m_network->now() < m_retryAt)
        return;
    m_pipe = m_network->connect(this, std::exchange(m_nextServer, -1));
    if (!m_pipe) {
        m_retryAt = m_network->now() + retryAfter;
        return;
    }
    m_network->send(m_pipe, 'h', {});
    for (const QByteArray &prefix : std::as_const(m_prefixes))
        m_network->send(m_pipe, '+', prefix);
    m_network->send(m_pipe, 'p', QByteArray::number(m_subscriptions));
    sendQueued();
}

void PresenceLine::disconnect(Clock::time_point)
{
    cut(m_network->now());
}

bool PresenceLine::receive(QByteArrayView *frame)
{
    if (m_arrived.empty())
        return false;
    m_received = std::move(m_arrived.front());
    m_arrived.pop_front();
    m_isReadable = !m_arrived.empty();
    *frame = m_received;
    return true;
}

Connection::Clock::time_point PresenceLine::deadline() const
{
    return m_pipe ? Clock::time_point::max() : Clock::time_point(std::chrono::microseconds(m_retryAt));
}

Connection::State PresenceLine::state() const
{
    if (!m_isUp)
        return State::Connecting;
    return m_proven >= m_subscriptions ? State::Ready : State::Subscribing;
}

} // namespace PyventTests
