// SPDX-License-Identifier: MIT
#include "server/relay.h"

#include "wire/batch.h"
#include "wire/frame.h"
#include "wire/topic.h"
#include "wire/zmtp.h"

#include <QtCore/qrandom.h>

#include <algorithm>

namespace Pyvent::Internal {

namespace {

// Where too much waits in all, who has less than this does not lose anything for it.
constexpr qsizetype fairShare = qsizetype(1024) * 1024;

// How much of the index is forgotten before events have their turn: that takes about a millisecond. Where there is very much, it is a
// part of it, so that it does not become more and more.
constexpr qsizetype tidiedAtOnce = 200'000;
constexpr qsizetype partTidiedAtOnce = 16;

// What every client may subscribe to, however much others have subscribed to: about 200 names.
constexpr qsizetype subscribedAnyway = 64 * 1024;

// What subscriptions take: each prefix is there twice, and something holds it.
constexpr qsizetype sizeInIndex(qsizetype prefixBytes, qsizetype count = 1)
{
    return 2 * prefixBytes + 200 * count;
}

constexpr qsizetype mostNodes = 1000;

// What those subscribe to who watch who is there.
const QByteArray &watched()
{
    static const QByteArray prefix = presencePrefix.toByteArray();
    return prefix;
}

// The node for which alone all is that begins with \a prefix; null: it is for others, too, or is not all that is for it.
QUuid nodeOf(QByteArrayView prefix)
{
    const QUuid node = nodeOfTopic(prefix);
    return !node.isNull() && prefix == nodePrefix(node) ? node : QUuid();
}

// Not one that another server may have begun with, whose members say what that has given them.
quint64 firstGiving()
{
    return QRandomGenerator::global()->generate64() >> 2;
}

// A part of what may wait in all, where that is little.
Sharing::Limits limitsOfSharing(const Relay::Limits &limits)
{
    Sharing::Limits sharing;
    sharing.groupBytes = std::min(sharing.groupBytes, limits.allBytes / 4);
    sharing.allBytes = std::min(sharing.allBytes, limits.allBytes / 2);
    return sharing;
}

// Behind the delimiter that a REQ or DEALER sent.
QByteArray replyOf(QByteArrayView text)
{
    return Zmtp::frame(Zmtp::Header::More, {}) + Zmtp::frame(0, text);
}

} // namespace

Relay::Relay(bool takesBatches, const Limits &limits)
    : m_takesBatches(takesBatches)
    , m_limits(limits)
    , m_acknowledgement(replyOf(acknowledgement), &m_bytes)
    , m_batchAcknowledgement(replyOf(batchAcknowledgement), &m_bytes)
    , m_sharing(this, firstGiving(), limitsOfSharing(limits))
{
    setWallClock([] {
        using namespace std::chrono;
        return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
    });
}

Relay::~Relay() = default;

// Clients

Relay::Client *Relay::add()
{
    m_leaving.reserve(m_leaving.size() + m_clients.size() + 1); // leaving takes no memory
    return m_clients.emplace_back(std::make_unique<Client>()).get();
}

void Relay::remove(Client *client)
{
    std::erase(m_touched, client);
    std::erase(m_held, client);
    for (Client *held : m_held)
        std::erase(held->m_waitsFor, client);
    std::erase_if(m_told, [client](const Told &told) { return told.client == client; });
    m_speaksFor.left(&client->speaker);
    m_attendance.left(&client->guest, [&](const QByteArray &will) {
        const QByteArrayView topic = topicOf(will);
        return !client->m_rules || client->m_rules->maySend(AskedName(topic));
    });
    m_watchers -= client->m_prefixes.contains(watched());
    client->output.clear();
    client->m_hasLeft = true;
    for (const QUuid &node : std::as_const(client->m_nodes))
        forgetNodeHere(node);
    countStranger(client);
    m_answerers.left(client);
    m_sharing.left(client);
    setRules(client, nullptr);
    m_leavingBytes += sizeInIndex(client->m_prefixBytes, client->m_prefixes.size());
    const auto place = std::find_if(m_clients.begin(), m_clients.end(),
                                    [client](const std::unique_ptr<Client> &known) { return known.get() == client; });
    m_leaving.push_back(std::move(*place));
    m_clients.erase(place);
}

bool Relay::tidy()
{
    for (qsizetype left = std::max(tidiedAtOnce, m_leavingBytes / partTidiedAtOnce); !m_leaving.empty();
         m_leaving.pop_back()) {
        Client *const client = m_leaving.back().get();
        QSet<QByteArray> &prefixes = client->m_prefixes;
        for (auto prefix = prefixes.cbegin(); prefix != prefixes.cend(); prefix = prefixes.erase(prefix)) {
            if (left <= 0)
                return true;
            const qsizetype size = sizeInIndex(prefix->size());
            m_index.remove(*prefix, client);
            countHolder(*prefix, false);
            m_subscribedBytes -= size;
            m_leavingBytes -= size;
            left -= size;
        }
    }
    return false;
}

bool Relay::subscribe(Client *client, QByteArrayView prefix)
{
    const QByteArray known = prefix.toByteArray();
    if (client->m_prefixes.contains(known))
        return true;
    const qsizetype size = sizeInIndex(known.size());
    const qsizetype sizeOfItsOwn = sizeInIndex(client->m_prefixBytes, client->m_prefixes.size()) + size;
    if (client->m_prefixes.size() >= m_limits.subscriptions
        || client->m_prefixBytes + known.size() > m_limits.subscribedBytes
        || (m_subscribedBytes + size > m_limits.allSubscribed && sizeOfItsOwn > subscribedAnyway))
        return false;
    client->m_prefixes.insert(known);
    try {
        m_index.add(known, client);
    } catch (...) {
        client->m_prefixes.remove(known);
        throw;
    }
    client->m_prefixBytes += known.size();
    m_subscribedBytes += size;
    m_watchers += known == watched();
    countHolder(known, true);
    countStranger(client);
    const QUuid node = nodeOf(known);
    if (!node.isNull() && client->m_nodes.size() < mostNodes) {
        client->m_nodes.append(node);
        ++m_nodesHere[node];
        countStranger(client);
    }
    noteSubscription(client, known, true);
    if (!node.isNull() && !m_sharing.isEmpty())
        m_sharing.arrived(node);
    if (!node.isNull() && m_refusals.hasKept()) {
        for (const Control::Refused &refused : m_refusals.takeKept(node))
            sendTo(client, refused.toFrame(node));
    }
    return true;
}

void Relay::unsubscribe(Client *client, QByteArrayView prefix)
{
    if (!client->m_prefixes.remove(prefix.toByteArray()))
        return;
    client->m_prefixBytes -= prefix.size();
    m_subscribedBytes -= sizeInIndex(prefix.size());
    m_watchers -= prefix == watched();
    if (const QUuid node = nodeOf(prefix); !node.isNull() && client->m_nodes.removeOne(node))
        forgetNodeHere(node);
    m_index.remove(prefix, client);
    countHolder(prefix, false);
    countStranger(client);
    noteSubscription(client, prefix.toByteArray(), false);
}

std::vector<Relay::Client *> Relay::takeTouched()
{
    for (Client *client : m_touched)
        client->m_isTouched = false;
    return std::exchange(m_touched, {});
}

void Relay::touch(Client *client)
{
    if (client->m_isTouched)
        return;
    m_touched.push_back(client);
    client->m_isTouched = true;
}

// Messages

// Keeps an event that was passed on, for those who come late; most are of the same name as the one before. Returns false if it is a write of a
// shared value: keepWrite().
inline bool Relay::keepLast(QByteArrayView body, qsizetype size)
{
    if (m_last.isOneMore(body) && size == body.size()) {
        m_noted = body;
        return true;
    }
    return keepFirst(body, size);
}

// Gives it to those that share it.
inline void Relay::share(Client *client, QByteArrayView body, const Block *whole)
{
    if (Q_UNLIKELY(!m_sharing.isEmpty()))
        shareOut(client, body, whole);
}

// Most are events of the node that the client has spoken for last, or of Python's nodes, which say nothing of whose they are.
inline bool Relay::admits(Client *client, QByteArrayView body)
{
    if (!client->m_rules && !isControlTopic(body) && !isReservedTopic(body)) {
        if (const QByteArrayView node = nodeBytesOf(body); node.isNull() || client->speaker.isLast(node))
            return true;
    }
    return judge(client, body);
}

// Passed on before it is acknowledged, so that an acknowledgement means something.
qsizetype Relay::receive(Client *client, QByteArrayView delimiter, const FrameReader::Frame &frame)
{
    speaks(client);
    if (!delimiter.isEmpty())
        return m_takesBatches && delimiter == batchMark ? receiveBatch(client, frame.body) : 0;
    passOn(client, frame);
    acknowledge(client, m_takesBatches && isProofTopic(frame.body) ? m_batchAcknowledgement : m_acknowledgement);
    return 1;
}

void Relay::passOn(Client *client, const FrameReader::Frame &frame)
{
    endRun();
    m_size = frame.block.isNull() ? 0 : frame.block.size();
    const bool isAdmitted = admits(client, frame.body);
    const qsizetype size = std::max(std::exchange(m_size, 0), frame.body.size());
    if (!isAdmitted)
        return publishInstead(client);
    findReceivers(frame.body, client, frame.block.isNull() ? nullptr : &frame.block);
    if (!m_receivers.empty())
        passOn(client, m_receivers, frame.block.isNull() ? Block(frame.encoded, &m_bytes) : frame.block, 1);
    share(client, frame.body, frame.block.isNull() ? nullptr : &frame.block);
    if (!keepLast(frame.body, size))
        keepWrite(client, frame.body, size);
    keepNoted();
}

Block Relay::block(FileMapping &&mapping, FileDescriptor &&file)
{
    if (m_files >= m_limits.files)
        file = FileDescriptor();
    Block block(std::move(mapping), std::move(file), &m_files);
    block.countIn(&m_bytes);
    return block;
}

Block Relay::copy(const FileDescriptor &file, qsizetype size)
{
    Block copy(size, &m_bytes);
    return copyFromPooledFile(file, 0, std::span(copy.data(), std::size_t(size))) ? copy : Block();
}

Block Relay::block(const EventEnds &ends, FileDescriptor &&file, qsizetype size)
{
    const bool isOneTooMany = m_files >= m_limits.files;
    Block block(ends, std::move(file), size, &m_files);
    block.countIn(&m_bytes);
    return isOneTooMany ? block.whole() : block;
}

void Relay::addToRun(Client *client, const FrameReader::Frame &frame)
{
    if (!admits(client, frame.body)) {
        endRun();
        return publishInstead(client);
    }
    findReceivers(frame.body, client);
    if (m_receivers != m_earlier || frame.encoded.begin() != m_run.end())
        endRun();
    std::swap(m_receivers, m_earlier);
    const char *const begin = m_run.isEmpty() ? frame.encoded.data() : m_run.data();
    m_run = QByteArrayView(begin, frame.encoded.end());
    ++m_framesInRun;
    m_runFrom = client;
    share(client, frame.body);
    if (!keepLast(frame.body, frame.body.size())) {
        endRun();
        keepWrite(client, frame.body, frame.body.size());
    }
}

void Relay::forgetRun() noexcept
{
    m_run = {};
    m_noted = {};
    m_framesInRun = 0;
    m_earlier.clear();
}

void Relay::endRun()
{
    const QByteArrayView run = std::exchange(m_run, {});
    const qsizetype frames = std::exchange(m_framesInRun, 0);
    if (!run.isEmpty() && !m_earlier.empty())
        passOn(m_runFrom, m_earlier, Block(run, &m_bytes), frames);
    keepNoted();
}

// Frames that have the same receivers, as most in a batch do, are one block.
qsizetype Relay::receiveBatch(Client *client, QByteArrayView batch)
{
    if (batch.size() > maximumBatchSize || !isBatch(batch))
        return 0;
    qsizetype frames = 0;
    std::vector<QByteArrayView> run;
    m_earlier.clear();
    const auto endRun = [&] {
        if (!run.empty() && !m_earlier.empty()) {
            qsizetype size = 0;
            for (const QByteArrayView body : run)
                size += Zmtp::headerSize(body.size()) + body.size();
            Block block(size, &m_bytes);
            char *to = block.data();
            for (const QByteArrayView body : run)
                to = std::copy(body.begin(), body.end(), Zmtp::writeHeader(0, body.size(), to));
            passOn(client, m_earlier, block, qsizetype(run.size()));
        }
        run.clear();
    };
    for (QByteArrayView body; takeFromBatch(&batch, &body);) {
        ++frames;
        if (isControlTopic(body)) // what the server answers is behind what has come before the question
            endRun();
        if (!admits(client, body)) {
            endRun();
            publishInstead(client);
            continue;
        }
        findReceivers(body, client);
        if (m_receivers != m_earlier)
            endRun();
        std::swap(m_receivers, m_earlier);
        run.push_back(body);
        share(client, body);
        if (!keepLast(body, body.size())) {
            endRun();
            keepWrite(client, body, body.size());
        }
    }
    endRun();
    keepNoted();
    acknowledge(client, m_acknowledgement);
    return frames;
}

void Relay::sayGoodbye()
{
    findReceivers(serverDisconnectTopic);
    passOn(nullptr, m_receivers, Block(Zmtp::frame(0, serverDisconnectTopic), &m_bytes), 1);
}

// Each once, whatever it has subscribed to.
void Relay::findReceivers(QByteArrayView body, Client *from, const Block *whole)
{
    m_receivers.clear();
    ++m_frames;
    m_index.forEach(body, [this](Client *client) {
        if (std::exchange(client->m_lastFrame, m_frames) != m_frames && !client->m_hasLeft)
            m_receivers.push_back(client);
    });
    if (hasRules())
        keepWhoMayHear(body);
    if (hasStrangers() && m_guard && from)
        keepNodes(body, from, whole);
}

void Relay::passOn(Client *from, const std::vector<Client *> &receivers, const Block &block, qsizetype frames)
{
    if (from && isHeld(from))
        from->m_sentMeanwhile += block.size();
    for (Client *client : receivers) {
        const qsizetype waiting = client->output.cost();
        const qsizetype all = waiting + block.size() + Block::overhead;
        // An event of any size is passed on to one for which nothing waits, as long as there is room in all.
        const bool isForAll = isFull() && all > fairShare;
        const bool isWaitedFor = from && isBehind(*client, all) && waitsFor(client, from, block);
        if (isForAll || (all > m_limits.waitingBytes && waiting > 0 && !isWaitedFor)) {
            m_wasFull = m_wasFull || isForAll;
            m_dropped += quint64(frames);
            client->m_dropped.add(block.bytes());
            continue;
        }
        client->output.append(block);
        touch(client);
    }
}

bool Relay::tellDropped(Client *client)
{
    if (client->m_dropped.isEmpty() || isFull() || client->output.cost() > m_limits.waitingBytes / 2)
        return false;
    for (const QByteArray &name : client->m_dropped.takeValues()) {
        if (const LastValues::Entry *value = m_last.find(name); value && value->version && !value->frame.isEmpty())
            sendTo(client, valueTopic(name) + value->frame);
    }
    for (Control::Heads &heads : client->m_dropped.take()) {
        for (const QUuid &node : std::as_const(client->m_nodes))
            sendTo(client, heads.toFrame(node));
        m_told.push_back({client, std::move(heads)});
    }
    return true;
}

void Relay::tellGone()
{
    for (const Told &told : std::exchange(m_told, {})) {
        if (isOnBus(told.heads.node))
            continue; // it answers by itself
        for (const QUuid &node : std::as_const(told.client->m_nodes)) {
            for (const Control::Heads::Head &head : told.heads.heads) {
                const Control::Answer answer{.node = told.heads.node, .topic = head.topic, .first = head.sequence + 1};
                sendTo(told.client, answer.toFrame(node));
            }
        }
    }
}

// Whether somebody hears what is asked of \a node: that one, or, where it is on another bus, a bridge that stands in for it.
bool Relay::isOnBus(const QUuid &node)
{
    const QByteArray asked = nodeTopic(node, Control::ask);
    findReceivers(asked);
    return std::any_of(m_receivers.begin(), m_receivers.end(), [&](const Client *client) {
        return client->m_nodes.contains(node) || client->m_prefixes.contains(asked);
    });
}

void Relay::sendTo(Client *client, const QByteArray &frame)
{
    client->output.append(Block(Zmtp::frame(0, frame), &m_bytes));
    touch(client);
}

void Relay::acknowledge(Client *client, const Block &reply)
{
    if (isHeld(client)) {
        std::vector<Withheld> &withheld = client->m_withheld;
        if (withheld.empty() || withheld.back().reply.data() != reply.data())
            withheld.push_back({reply, 0});
        ++withheld.back().count;
        return;
    }
    client->output.append(reply);
    touch(client);
}

} // namespace Pyvent::Internal
