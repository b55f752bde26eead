// SPDX-License-Identifier: MIT
#include "network.h"

#include <algorithm>

namespace PyventTests {

Line *Network::open()
{
    return m_lines.emplace_back(std::make_unique<Line>()).get();
}

void Network::close(Line *line)
{
    std::erase_if(m_lines, [line](const std::unique_ptr<Line> &known) { return known.get() == line; });
}

void Network::killRelay()
{
    m_relay.reset();
    for (const std::unique_ptr<Line> &line : m_lines) {
        cutRequests(line.get());
        cutEvents(line.get());
    }
}

// What has arrived at the client is there; what is on its way is not.
void Network::cutRequests(Line *line)
{
    line->requestsUp = false;
    line->requests = line->replies = {};
    line->isReadable = true;
}

void Network::cutEvents(Line *line)
{
    line->eventsUp = false;
    line->events = line->subscriptions = {};
    line->subscribed.clear();
    line->isReadable = true;
}

void Network::connectRequests(Line *line)
{
    line->id = QByteArray::number(++m_connections);
    line->requestsUp = true;
}

void Network::connectEvents(Line *line)
{
    line->eventsUp = true;
}

void Network::sendRequest(Line *line, QByteArrayView delimiter, const QByteArray &bytes)
{
    if (line->requestsUp) // else the sender does not know yet
        push(&line->requests, {0, 0, delimiter.toByteArray(), bytes});
}

void Network::sendSubscription(Line *line, char kind, const QByteArray &prefix)
{
    if (line->eventsUp)
        push(&line->subscriptions, {0, kind, {}, prefix});
}

void Network::push(Line::Channel *channel, Line::Packet &&packet)
{
    const Milliseconds delay = 1 + Milliseconds(m_random() % quint32(m_weather.delay));
    packet.due = channel->lastDue = std::max(channel->lastDue, m_now + delay);
    channel->packets.push_back(std::move(packet));
}

void Network::publish(QByteArrayView frame)
{
    if (taken)
        taken(frame);
    for (const std::unique_ptr<Line> &line : m_lines) {
        const bool isSubscribed = line->eventsUp
            && std::any_of(line->subscribed.cbegin(), line->subscribed.cend(),
                           [&](const QByteArray &prefix) { return frame.startsWith(prefix); });
        if (!isSubscribed)
            continue;
        const int copies = int(m_random() % 100) < m_weather.doubledPercent ? 2 : 1;
        for (int i = 0; i < copies; ++i) {
            if (line->events.packets.size() + line->arrivedEvents.size() < m_weather.capacity)
                push(&line->events, {0, 0, {}, frame.toByteArray()});
        }
    }
}

void Network::reply(QByteArrayView client, QByteArrayView text)
{
    for (const std::unique_ptr<Line> &line : m_lines) {
        if (line->requestsUp && line->id == client)
            push(&line->replies, {0, 0, {}, text.toByteArray()});
    }
}

Milliseconds Network::nextTime() const
{
    Milliseconds next = never;
    for (const std::unique_ptr<Line> &line : m_lines) {
        for (const Line::Channel *channel : {&line->requests, &line->replies, &line->subscriptions, &line->events}) {
            if (!channel->packets.empty())
                next = std::min(next, channel->packets.front().due);
        }
    }
    return next;
}

void Network::passTo(Milliseconds time)
{
    m_now = std::max(m_now, time);
    for (bool hasArrived = true; hasArrived;) {
        hasArrived = false;
        for (const std::unique_ptr<Line> &line : m_lines)
            hasArrived = arrive(line.get()) || hasArrived;
    }
}

bool Network::arrive(Line *line)
{
    const auto take = [&](Line::Channel *channel, Line::Packet *packet) {
        if (channel->packets.empty() || channel->packets.front().due > m_now)
            return false;
        *packet = std::move(channel->packets.front());
        channel->packets.pop_front();
        return true;
    };
    bool hasArrived = false;
    Line::Packet packet;
    while (take(&line->subscriptions, &packet)) {
        hasArrived = true;
        if (packet.kind == '+')
            line->subscribed.append(packet.bytes);
        else
            line->subscribed.removeOne(packet.bytes);
    }
    while (take(&line->requests, &packet)) {
        hasArrived = true;
        m_relay->receive(*this, line->id, packet.delimiter, packet.bytes);
    }
    while (take(&line->replies, &packet)) {
        hasArrived = line->isReadable = true;
        line->arrivedReplies.push_back(std::move(packet.bytes));
    }
    while (take(&line->events, &packet)) {
        hasArrived = line->isReadable = true;
        line->arrivedEvents.push_back(std::move(packet.bytes));
    }
    return hasArrived;
}

} // namespace PyventTests
