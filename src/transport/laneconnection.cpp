// SPDX-License-Identifier: MIT
#include "transport/laneconnection.h"

#include "transport/lanefolder.h"
#include "transport/reconnect.h"
#include "wire/frame.h"
#include "wire/lane.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

namespace Pyvent::Internal {

using namespace std::chrono_literals;

namespace {

// How often it is seen whether the server reads, and how long it may not: together less than the 3 s within which every node is to
// notice that a server hangs.
constexpr auto lookInterval = 1000ms;
constexpr auto readTimeout = 1750ms;

// What is larger is not copied to be written; and so much of the rest is written at once.
constexpr qsizetype copyLimit = 16 * 1024;
constexpr qsizetype gatheredBytes = 64 * 1024;

// What is read at once. A larger event gets a buffer of its size, and what is kept of that is this at most.
constexpr qsizetype usualBuffer = 64 * 1024;
constexpr qsizetype keptBuffer = 8 * 1024 * 1024;

// What may be on its way and not acknowledged: the server waits so with its acknowledgements for receivers that lag.
constexpr qsizetype sendWindow = qsizetype(16) * 1024 * 1024;

constexpr qsizetype maximumCommandSize = 8 * 1024;

// What the kernel may have under way, as far as it allows that.
constexpr int socketBuffer = 4 * 1024 * 1024;

// Who has made the lane at \a path, if it is one: in folders that others can make, a link could lead to any socket of the machine's.
std::optional<uid_t> ownerOfLane(const QByteArray &path)
{
    struct stat folder = {};
    struct stat socket = {};
    const bool isThere =
        ::lstat(path.first(path.lastIndexOf('/')).constData(), &folder) == 0 && ::lstat(path.constData(), &socket) == 0;
    if (!isThere || !S_ISDIR(folder.st_mode) || !S_ISSOCK(socket.st_mode) || folder.st_uid != socket.st_uid)
        return {};
    return socket.st_uid;
}

} // namespace

std::unique_ptr<LaneConnection> LaneConnection::connect(const QByteArray &path, AccessRule *rule,
                                                        qsizetype maximumFrameSize, SendQueue &queue, PollSet &pollSet,
                                                        Clock::time_point now, Failure *failure,
                                                        const QByteArray &secret)
{
    *failure = Failure::Absent;
    const auto address = laneAddress(path);
    const auto owner = ownerOfLane(path);
    if (!address || !owner)
        return nullptr;
    *failure = Failure::OtherUser;
    if (!rule->allows(*owner))
        return nullptr;
    FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.isOpen()) {
        *failure = Failure::NoResources;
        return nullptr;
    }
    if (::connect(socket.get(), reinterpret_cast<const sockaddr *>(&*address), sizeof *address) != 0) {
        // EAGAIN: many connect at once. That is no reason to look elsewhere, and there is nothing to wait for either.
        *failure = errno == ECONNREFUSED || errno == EAGAIN ? Failure::Refused : Failure::Absent;
        return nullptr;
    }
    if (otherEndOf(socket.get()).user != owner)
        return nullptr;
    *failure = Failure::None;
    return std::unique_ptr<LaneConnection>(
        new LaneConnection(std::move(socket), maximumFrameSize, queue, pollSet, now, secret));
}

LaneConnection::LaneConnection(FileDescriptor &&socket, qsizetype maximumFrameSize, SendQueue &queue, PollSet &pollSet,
                               Clock::time_point now, const QByteArray &secret)
    : m_maximumFrameSize(maximumFrameSize + repairOverhead)
    , m_queue(queue)
    , m_pollSet(pollSet)
    , m_socket(std::move(socket))
    , m_since(now)
    , m_lookAt(now + lookInterval)
{
    ::setsockopt(m_socket.get(), SOL_SOCKET, SO_SNDBUF, &socketBuffer, sizeof socketBuffer);
    m_pollSet.add(m_socket.get());
    stage(Lane::readyFrame(true, secret));
}

LaneConnection::~LaneConnection()
{
    end();
}

void LaneConnection::end()
{
    if (!m_socket.isOpen())
        return;
    m_pollSet.remove(m_socket.get());
    ::shutdown(m_socket.get(), SHUT_RDWR); // a child of fork() may have it, too
    m_socket = FileDescriptor();
    m_isUp = m_mayHaveMore = m_hasReceived = false;
    m_queue.connectionLost();
}

void LaneConnection::disconnect(Clock::time_point)
{
    end();
}

// Subscribing

quint64 LaneConnection::subscribe(const QByteArray &prefix)
{
    stage(Zmtp::commandFrame(Lane::subscribeCommand, prefix));
    return m_newest = ++m_subscriptions;
}

void LaneConnection::unsubscribe(const QByteArray &prefix)
{
    stage(Zmtp::commandFrame(Lane::cancelCommand, prefix));
    ++m_subscriptions;
}

Connection::State LaneConnection::state() const
{
    if (!m_isUp)
        return State::Connecting;
    return m_proven >= m_newest ? State::Ready : State::Subscribing;
}

Connection::Silence LaneConnection::silence(Clock::time_point now) const
{
    if (!m_refusal.isEmpty())
        return Silence::NotLetIn;
    if (m_isFull)
        return Silence::ServerFull;
    return m_wasUp || now < m_since + patience ? Silence::None : Silence::NotResponding;
}

// Sending

void LaneConnection::send(QByteArray &&frame, bool mayGather, SendQueue::Share *share)
{
    const qsizetype size = frame.size();
    m_queue.append(std::move(frame), share);
    if (!m_burst.mayWait(size, m_queue.unsent()) || !mayGather)
        flush();
}

void LaneConnection::sendControl(QByteArray &&frame, bool inOrder)
{
    if (inOrder ? m_queue.appendControl(std::move(frame)) : m_queue.putControl(std::move(frame)))
        flush();
}

void LaneConnection::stage(const QByteArray &bytes)
{
    gather(bytes.size(), gatheredBytes).append(bytes);
}

// Where the next \a bytes go; where that is a new part, it gets room for \a capacity.
QByteArray &LaneConnection::gather(qsizetype bytes, qsizetype capacity)
{
    std::deque<Part> &parts = m_output.parts;
    if (parts.empty() || parts.back().file.isOpen() || parts.back().bytes.size() + bytes > gatheredBytes)
        parts.emplace_back().bytes.reserve(capacity);
    return parts.back().bytes;
}

bool LaneConnection::mayStage() const
{
    if (!m_queue.hasUnsent())
        return false;
    const qsizetype inFlight = m_queue.bytesInFlight();
    return inFlight == 0 || inFlight + m_queue.unsentFrame(0).size() <= sendWindow;
}

// Takes from the queue what one system call may take.
void LaneConnection::stageEvents()
{
    for (qsizetype bytes = 0; mayStage() && bytes < gatheredBytes; m_queue.sent(1)) {
        const QByteArray &frame = m_queue.unsentFrame(0);
        bytes += frame.size();
        m_mayHurry = true;
        if (stageFile(frame))
            continue;
        const bool isLarge = frame.size() > copyLimit;
        QByteArray &part = gather(frame.size() + Zmtp::maximumHeaderSize,
                                  isLarge ? qsizetype(Zmtp::maximumHeaderSize) : gatheredBytes);
        const qsizetype before = part.size();
        part.resize(before + Zmtp::headerSize(frame.size()) + (isLarge ? 0 : frame.size()));
        char *const body = Zmtp::writeHeader(0, frame.size(), part.data() + before);
        if (isLarge)
            m_output.parts.push_back({frame});
        else
            std::copy(frame.begin(), frame.end(), body);
    }
}

// Returns false if the frame is not to go in a file, or there is none to have.
bool LaneConnection::stageFile(const QByteArray &frame)
{
    if (!m_files.areTaken || frame.size() < Lane::largeEvent)
        return false;
    char header[Zmtp::maximumHeaderSize];
    const QByteArrayView encoded(header, Zmtp::writeHeader(0, frame.size(), header));
    FileDescriptor file = m_files.pool.write(encoded, frame, Clock::now());
    const QByteArray command =
        file.isOpen() ? Lane::fileFrame(quint64(encoded.size() + frame.size())) : Lane::fileFrame();
    if (!file.isOpen())
        file = makeSealedFile(encoded, frame);
    if (!file.isOpen())
        return false;
    m_output.parts.push_back({command, std::move(file), frame});
    return true;
}

void LaneConnection::flush()
{
    if (!m_socket.isOpen() || m_output.isBlocked)
        return;
    do {
        if (!write())
            return;
        try {
            if (m_isUp)
                stageEvents();
        } catch (const std::bad_alloc &) { // a frame's header may be there without the rest
            return end();
        }
    } while (!m_output.parts.empty());
    if (m_awaits)
        hurry();
}

// Returns false if there is something left of the output.
bool LaneConnection::write()
{
    std::deque<Part> &parts = m_output.parts;
    while (!parts.empty()) {
        std::array<iovec, 16> vectors;
        std::size_t count = 0;
        Part *withFile = nullptr; // one with each call, so that it is there before its command is whole
        for (qsizetype begin = m_output.begin; !withFile && count < std::min(parts.size(), vectors.size()); begin = 0) {
            Part &part = parts[count];
            if (part.file.isOpen())
                withFile = &part;
            vectors[count++] = {const_cast<char *>(part.bytes.constData()) + begin,
                                std::size_t(part.bytes.size() - begin)};
        }
        const ssize_t written =
            sendWithFile(m_socket.get(), std::span(vectors).first(count), withFile ? withFile->file.get() : -1);
        if (written < 0) {
            if (errno == EINTR)
                continue;
            if (errno == ETOOMANYREFS && withFile) { // the kernel passes no more now
                const QByteArray frame = std::exchange(withFile->frame, {});
                *withFile = {Zmtp::frame(0, frame)};
                continue;
            }
            if (errno == EAGAIN) {
                m_output.isBlocked = true;
                m_pollSet.awaitWritable(m_socket.get(), true);
            }
            return false; // what is read next says that it has ended, if it has
        }
        if (std::exchange(m_wasBlocked, false))
            serverLives(); // it has made room
        m_hasUnread = true;
        m_output.begin += written;
        if (withFile)
            withFile->file = {};
        while (!parts.empty() && m_output.begin >= parts.front().bytes.size()) {
            m_output.begin -= parts.front().bytes.size();
            parts.pop_front();
        }
    }
    return true;
}

// Acknowledgements come when they can share the way with something. Somebody waits for them.
void LaneConnection::awaitAcknowledgements(bool await)
{
    m_awaits = await;
    if (await)
        hurry();
}

void LaneConnection::hurry()
{
    if (!m_isUp || m_queue.inFlight() == 0 || !std::exchange(m_mayHurry, false))
        return;
    stage(Zmtp::commandFrame(Lane::hurryCommand, {}));
    if (!m_output.isBlocked)
        write();
}

void LaneConnection::setLagging(bool lags)
{
    stage(Lane::lagFrame(lags));
    if (!m_output.isBlocked)
        write();
}

// Receiving

void LaneConnection::process(Clock::time_point now)
{
    if (!m_socket.isOpen())
        return;
    m_burst.halve();
    m_mayHaveMore = true;
    if ((m_wasBlocked = std::exchange(m_output.isBlocked, false)))
        m_pollSet.awaitWritable(m_socket.get(), false);
    if (!m_isUp && now >= m_since + attemptTimeout && !isReadable())
        return end();
    if (m_isUp && (now >= m_lookAt || (m_unreadSince && now >= *m_unreadSince + readTimeout)))
        lookWhetherServerReads(now);
    flush();
    if (m_hasUnread && !m_unreadSince)
        m_unreadSince = now;
}

// The server answers nothing for that: the kernel knows what it has not read. So an idle link is woken by its own time only.
void LaneConnection::lookWhetherServerReads(Clock::time_point now)
{
    int unread = 0;
    if (::ioctl(m_socket.get(), SIOCOUTQ, &unread) == 0 && unread == 0)
        serverLives();
    if (m_unreadSince && now >= *m_unreadSince + readTimeout) {
        if (!isReadable())
            return end();
        serverLives(); // and this process has not read
    }
    if (!m_unreadSince)
        stage(Zmtp::commandFrame(Lane::idleCommand, {}));
    m_files.pool.tidy(now);
    m_lookAt = now + lookInterval;
    if (!std::exchange(m_input.isLarge, false) && m_input.begin == m_input.end)
        m_input = {.skip = m_input.skip};
    if (!std::exchange(m_files.copy.isUsed, false))
        m_files.copy = {};
}

bool LaneConnection::isReadable() const
{
    pollfd it{m_socket.get(), POLLIN, 0};
    return ::poll(&it, 1, 0) == 1;
}

void LaneConnection::serverLives()
{
    m_hasUnread = false;
    m_unreadSince.reset();
}

bool LaneConnection::receive(QByteArrayView *frame)
{
    doneWithFile();
    while (m_socket.isOpen()) {
        Zmtp::Header header;
        QByteArrayView body;
        if (!take(&header, &body)) {
            if (!m_socket.isOpen() || !fill())
                break;
        } else if (header.flags & Zmtp::Header::Command) {
            if (!takeFile(&body)) {
                handleCommand(body);
                continue;
            }
            *frame = body;
            return m_hasReceived = true;
        } else {
            *frame = body;
            return m_hasReceived = true;
        }
    }
    return m_hasReceived = false;
}

// Takes the next whole frame out of the buffer. Returns false if there is none, or if what is there is none; then it has ended.
bool LaneConnection::take(Zmtp::Header *header, QByteArrayView *body)
{
    Input &input = m_input;
    const qsizetype skipped = std::min(input.skip, input.end - input.begin);
    input.begin += skipped;
    input.skip -= skipped;
    const QByteArrayView bytes(input.buffer.get() + input.begin, input.end - input.begin);
    const auto known = Zmtp::readHeader(bytes);
    if (!known)
        return false;
    const bool isCommand = known->flags & Zmtp::Header::Command;
    if (known->flags & ~Zmtp::Header::Known || known->flags & Zmtp::Header::More
        || known->bodySize > quint64(std::numeric_limits<int>::max()) + repairOverhead
        || (isCommand && known->bodySize > maximumCommandSize)) {
        end();
        return false;
    }
    const qsizetype size = known->size + qsizetype(known->bodySize);
    if (!isCommand && qsizetype(known->bodySize) > m_maximumFrameSize) {
        input.skip = size; // its sender is asked for it, and told that it is too large
        return take(header, body);
    }
    if (bytes.size() < size) {
        if (input.capacity < size) {
            std::unique_ptr<char[]> larger(new char[std::size_t(size)]);
            std::memcpy(larger.get(), bytes.data(), std::size_t(bytes.size()));
            input = {std::move(larger), size, 0, bytes.size(), 0, true};
        }
        input.isLarge = input.isLarge || size > usualBuffer;
        return false;
    }
    *header = *known;
    *body = bytes.sliced(known->size, qsizetype(known->bodySize));
    input.begin += size;
    return true;
}

// Reads into the buffer. Returns false if there is nothing now.
bool LaneConnection::fill()
{
    if (!m_mayHaveMore)
        return false;
    Input &input = m_input;
    const qsizetype have = input.end - input.begin;
    if (have == 0 && input.capacity > keptBuffer)
        input = {.skip = input.skip};
    if (!input.buffer)
        input = {std::unique_ptr<char[]>(new char[usualBuffer]), usualBuffer, 0, 0, input.skip, false};
    if (have == 0 || input.end == input.capacity || input.begin > input.capacity / 2) {
        std::memmove(input.buffer.get(), input.buffer.get() + input.begin, std::size_t(have));
        input.begin = 0;
        input.end = have;
    }
    const auto room = std::size_t(input.capacity - input.end);
    const ssize_t count = m_files.passed.receive(m_socket.get(), std::span(input.buffer.get() + input.end, room));
    if (count <= 0) {
        m_mayHaveMore = false;
        if (count == 0 || (errno != EAGAIN && errno != EINTR))
            end();
        return false;
    }
    serverLives();
    // What has a file is received apart from what follows.
    m_mayHaveMore = std::size_t(count) == room || m_files.passed.hasSome();
    input.end += count;
    return true;
}

// An event may be in a file. Returns false if \a body, that of a command, says something else; where the file cannot be had, its sender will be
// asked for the event.
bool LaneConnection::takeFile(QByteArrayView *body)
{
    const auto command = Zmtp::readCommand(*body);
    if (!m_isUp || !command || command->name != Lane::fileCommand)
        return false;
    m_files.hasOne = true;
    const auto size = Lane::readFile(command->data);
    const QByteArrayView encoded = bytesOfFile(m_files.passed.take(), size);
    if (size && *size > 0) // that was a copy, and its sender may write to it again
        doneWithFile();
    const auto header = Zmtp::readHeader(encoded);
    if (!header || header->flags & ~Zmtp::Header::Long || header->bodySize != quint64(encoded.size() - header->size)) {
        doneWithFile();
        return false;
    }
    *body = encoded.sliced(header->size);
    return true;
}

// All of a sealed \a file, or a copy of the first \a size bytes of a pooled one. Empty where that cannot be had.
QByteArrayView LaneConnection::bytesOfFile(const FileDescriptor &file, std::optional<quint64> size)
{
    const auto most = quint64(Zmtp::maximumHeaderSize + m_maximumFrameSize);
    if (!size || *size > most)
        return {};
    if (*size == 0) {
        m_files.mapping = FileMapping(file, qsizetype(most), true);
        return m_files.mapping.bytes();
    }
    if (!isPooledFile(file, qsizetype(*size)))
        return {};
    Files::Copy &copy = m_files.copy;
    if (copy.capacity < *size)
        copy = {std::unique_ptr<char[]>(new char[*size]), *size};
    copy.isUsed = true;
    const bool isWhole = copyFromPooledFile(file, 0, std::span(copy.buffer.get(), *size));
    return isWhole ? QByteArrayView(copy.buffer.get(), qsizetype(*size)) : QByteArrayView();
}

void LaneConnection::doneWithFile()
{
    if (!std::exchange(m_files.hasOne, false))
        return;
    m_files.mapping = {};
    stage(Lane::doneFrame(++m_files.done));
    if (!m_output.isBlocked)
        write();
}

void LaneConnection::handleCommand(QByteArrayView body)
{
    const auto command = Zmtp::readCommand(body);
    if (!command)
        return end();
    if (!m_isUp) {
        if (command->name == Lane::errorCommand)
            m_refusal = Lane::readError(command->data);
        m_isFull = command->name == Lane::fullCommand;
        if (command->name != Lane::readyCommand || !Lane::isReady(command->data))
            return end();
        m_isUp = m_wasUp = true;
        m_provesSenders = Lane::provesSenders(command->data);
        m_tellsWhoIsLost = Lane::tellsWhoIsLost(command->data);
        m_files.areTaken = Lane::takesFiles(command->data);
        flush();
    } else if (command->name == Lane::acknowledgeCommand) {
        acknowledged(command->data);
    }
}

void LaneConnection::acknowledged(QByteArrayView data)
{
    const auto taken = Lane::readAcknowledgement(data);
    if (!taken || taken->subscriptions > m_subscriptions)
        return end();
    for (; m_acknowledged < taken->events; ++m_acknowledged) {
        if (!m_queue.acknowledge())
            return end();
    }
    m_proven = taken->subscriptions;
    if (mayStage())
        flush();
}

Connection::Clock::time_point LaneConnection::deadline() const
{
    if (!m_socket.isOpen())
        return Clock::time_point(); // at once
    if (!m_isUp)
        return m_since + patience > Clock::now() ? m_since + patience : m_since + attemptTimeout;
    return m_unreadSince ? std::min(m_lookAt, *m_unreadSince + readTimeout) : m_lookAt;
}

} // namespace Pyvent::Internal
