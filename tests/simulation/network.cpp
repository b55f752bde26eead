// SPDX-License-Identifier: MIT
#include "network.h"

#include "wire/batch.h"
#include "wire/zmtp.h"

#include <algorithm>
#include <array>
#include <utility>

namespace PyventTests {

using namespace Pyvent::Internal;

namespace {

// About what an event of a schedule takes in the relay.
constexpr qsizetype bytesOfAnEvent = 200;

// Twice as long as any process stands still, so that nobody is given up.
constexpr Milliseconds givesUpEvery = 2500;

// The first message of \a output, without what comes before its last part.
QByteArray takeMessage(SendBuffer *output)
{
    std::array<iovec, 1> first; // a block has whole messages
    output->fill(first);
    QByteArrayView rest(static_cast<const char *>(first[0].iov_base), qsizetype(first[0].iov_len));
    for (qsizetype size = 0;;) {
        const auto header = Zmtp::readHeader(rest);
        const QByteArrayView body = rest.sliced(header->size, qsizetype(header->bodySize));
        size += header->size + body.size();
        rest = rest.sliced(header->size + body.size());
        if (header->flags & Zmtp::Header::More)
            continue;
        QByteArray message = body.toByteArray();
        output->wrote(size);
        return message;
    }
}

} // namespace

Line *Network::open()
{
    return m_lines.emplace_back(std::make_unique<Line>()).get();
}

void Network::close(Line *line)
{
    cutRequests(line);
    cutEvents(line);
    std::erase_if(m_lines, [line](const std::unique_ptr<Line> &known) { return known.get() == line; });
}

void Network::startRelay(bool takesBatches)
{
    m_relay = std::make_unique<Relay>(takesBatches,
                                      Relay::Limits{.waitingBytes = qsizetype(m_weather.capacity) * bytesOfAnEvent});
}

void Network::killRelay()
{
    for (const std::unique_ptr<Line> &line : m_lines) {
        cutRequests(line.get());
        cutEvents(line.get());
    }
    m_relay.reset();
    m_givesUpAt = never;
}

void Network::stopRelay()
{
    for (const std::unique_ptr<Line> &line : m_lines) {
        send(line.get());
        for (Line::Packet &reply : line->replies.packets)
            line->arrivedReplies.push_back(std::move(reply.bytes));
        for (Line::Packet &event : line->events.packets)
            line->arrivedEvents.push_back(std::move(event.bytes));
    }
    killRelay();
}

// What has arrived at the client is there; what is on its way is not.
void Network::cutRequests(Line *line)
{
    if (line->sender)
        m_relay->remove(std::exchange(line->sender, nullptr));
    line->requests = line->replies = {};
    line->isReadable = true;
}

void Network::cutEvents(Line *line)
{
    if (line->receiver)
        m_relay->remove(std::exchange(line->receiver, nullptr));
    line->events = line->subscriptions = {};
    line->isReadable = true;
}

void Network::connectRequests(Line *line)
{
    line->sender = m_relay->add();
    line->sender->isOwners = true; // all processes are of one user
}

void Network::connectEvents(Line *line)
{
    line->receiver = m_relay->add();
    line->receiver->isOwners = true;
}

void Network::sendRequest(Line *line, QByteArrayView delimiter, const QByteArray &bytes)
{
    if (line->sender) // else the sender does not know yet
        push(&line->requests, {0, 0, delimiter.toByteArray(), bytes});
}

void Network::sendSubscription(Line *line, char kind, const QByteArray &prefix)
{
    if (line->receiver)
        push(&line->subscriptions, {0, kind, {}, prefix});
}

void Network::push(Line::Channel *channel, Line::Packet &&packet)
{
    const Milliseconds delay = 1 + Milliseconds(m_random() % quint32(m_weather.delay));
    packet.due = channel->lastDue = std::max(channel->lastDue, m_now + delay);
    channel->packets.push_back(std::move(packet));
}

void Network::receive(Line *line, const Line::Packet &packet)
{
    const QByteArray encoded = Zmtp::frame(0, packet.bytes);
    const QByteArrayView body = QByteArrayView(encoded).last(packet.bytes.size());
    if (packet.delimiter.isEmpty())
        taken(packet.bytes);
    QByteArrayView batch = packet.delimiter == batchMark ? packet.bytes : QByteArrayView();
    for (QByteArrayView frame; takeFromBatch(&batch, &frame);)
        taken(frame);
    m_relay->receive(line->sender, packet.delimiter, {0, encoded, body, {}});
    for (const std::unique_ptr<Line> &known : m_lines)
        send(known.get());
}

bool Network::hasRoom(const Line &line) const
{
    return line.events.packets.size() + line.arrivedEvents.size() < m_weather.capacity;
}

// What the relay has for the client, as far as the connection takes it.
void Network::send(Line *line)
{
    while (line->sender && !line->sender->output.isEmpty())
        push(&line->replies, {0, 0, {}, takeMessage(&line->sender->output)});
    while (line->receiver && !line->receiver->output.isEmpty() && hasRoom(*line)) {
        const QByteArray frame = takeMessage(&line->receiver->output);
        const int copies = int(m_random() % 100) < m_weather.doubledPercent ? 2 : 1;
        for (int i = 0; i < copies; ++i)
            push(&line->events, {0, 0, {}, frame});
    }
}

Milliseconds Network::nextTime() const
{
    Milliseconds next = m_givesUpAt;
    if (m_relay)
        next = std::min(next, std::max(millisecondsOf(m_relay->sharingDeadline()), m_now));
    for (const std::unique_ptr<Line> &line : m_lines) {
        for (const Line::Channel *channel : {&line->requests, &line->replies, &line->subscriptions, &line->events}) {
            if (!channel->packets.empty())
                next = std::min(next, channel->packets.front().due);
        }
        if (line->receiver && !line->receiver->output.isEmpty() && hasRoom(*line))
            next = m_now;
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
        for (const std::unique_ptr<Line> &line : m_lines)
            send(line.get());
        releaseHeld();
        processSharing();
    }
}

void Network::processSharing()
{
    if (!m_relay || m_relay->sharing().isEmpty())
        return;
    m_relay->processSharing(at(m_now));
    m_relay->tellSenders();
    m_relay->tellRefused();
    for (const std::unique_ptr<Line> &line : m_lines)
        send(line.get());
}

// As the server does in each of its turns.
void Network::releaseHeld()
{
    if (!m_relay)
        return;
    if (m_now >= m_givesUpAt) {
        m_relay->giveUpThoseThatStandStill();
        m_givesUpAt = m_now + givesUpEvery;
    }
    while (m_relay->releaseHeld()) {
        for (const std::unique_ptr<Line> &line : m_lines)
            send(line.get());
    }
    if (!m_relay->hasHeld())
        m_givesUpAt = never;
    else if (m_givesUpAt == never)
        m_givesUpAt = m_now + givesUpEvery;
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
            m_relay->subscribe(line->receiver, packet.bytes);
        else
            m_relay->unsubscribe(line->receiver, packet.bytes);
    }
    while (take(&line->requests, &packet)) {
        hasArrived = true;
        receive(line, packet);
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
