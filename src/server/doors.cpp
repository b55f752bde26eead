// SPDX-License-Identifier: MIT
#include "server/doors.h"

#include "transport/descriptors.h"

#include <algorithm>
#include <array>

#include <malloc.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// What one connection may have read and written before the others have their turn, and how long reading takes at most before what was
// read is written.
constexpr std::size_t readAtOnce = 64 * 1024;
constexpr qsizetype writtenAtOnce = 1024 * 1024;
constexpr auto readingTime = 5ms;

// How long sealing may take for all connections of a key before those of others have their turn.
constexpr auto sealingTime = 3ms;

// How many parts of the output one system call takes.
constexpr std::size_t partsAtOnce = 512;

// Where so much waits for a sender, nothing more is read from it: acknowledgements that it does not read.
constexpr qsizetype unreadAcknowledgements = 1024 * 1024;

// What no turn takes.
constexpr auto slowTurn = 100ms;

// How long what is owed to a node may wait for something to share its way.
constexpr auto paysAfter = 20ms;

// A message to all nodes makes each of them do something.
constexpr quint64 costOfCommonMessage = 4;

// How long what was refused is gathered before all are told.
constexpr auto tellsRefusedAfter = 100ms;

// A sender that is not on the bus so long after it is needed does not come back, but as another one.
constexpr auto goneAfter = 5s;

// So much memory may stay with the process when it is free.
constexpr qsizetype keptMemory = qsizetype(8) * 1024 * 1024;
constexpr auto giveBackAfter = 1s;

} // namespace

Doors::Doors(Relay *relay, qsizetype maximumFrameSize, const PyventServerLimits &limits,
             const PyventLocalAccess &access)
    : m_relay(relay)
    , m_maximumFrameSize(maximumFrameSize)
    , m_limits(limits)
    , m_admission(access, limits.connectionsOfOtherUser)
    , m_epoll(::epoll_create1(EPOLL_CLOEXEC))
    , m_buffer(new char[readAtOnce])
{
    if (!m_epoll.isOpen())
        throw systemError(errno);
}

Doors::~Doors()
{
    closeAll();
}

void Doors::closeAll()
{
    stopListening();
    while (!m_connections.empty())
        close(m_connections.begin()->second.get(), "");
    m_closed.clear();
}

void Doors::control(int operation, int fd, quint32 events, void *of)
{
    epoll_event event{};
    event.events = events;
    event.data.ptr = of;
    if (::epoll_ctl(m_epoll.get(), operation, fd, &event) != 0 && operation == EPOLL_CTL_ADD)
        throw systemError(errno);
}

// Waiting

void Doors::watch(int fd)
{
    control(EPOLL_CTL_ADD, fd, EPOLLIN, nullptr);
}

Doors::Clock::time_point Doors::deadline() const
{
    return std::min({m_listensAgainAt, m_givesBackAt, m_nextHandshake, m_paysAt, m_readsAgainAt, m_readsKeysAt,
                     m_tellsRefusedAt, m_tellsGoneAt, m_tellsLostAt, m_looksForSilenceAt, m_givesUpAt,
                     m_relay->sharingDeadline()});
}

qsizetype Doors::wait(Clock::time_point until)
{
    const bool isBusy = m_relay->tidy() || m_relay->hasTouched() || m_relay->hasChangedAnswerers();
    const Clock::time_point due = isBusy ? Clock::time_point() : std::min(until, deadline());
    int timeout = -1;
    if (due != Clock::time_point::max()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - Clock::now()).count();
        timeout = int(std::clamp<qint64>(left, 0, 60'000));
    }
    std::array<epoll_event, 256> events;
    const int count = ::epoll_wait(m_epoll.get(), events.data(), int(events.size()), timeout);
    const Clock::time_point begin = Clock::now();
    m_bytesRead = 0;
    Clock::time_point now = begin;
    if (m_rules && count > 0)
        readRules(now);
    m_timeOfKeys.clear();
    ++m_turns;
    for (int i = 0; i < count; ++i) {
        // What is left is there again in the next turn, which begins with others.
        const epoll_event &event = events[(std::size_t(i) + m_turns) % std::size_t(count)];
        handle(event.data.ptr, event.events, now, now < begin + readingTime);
        now = Clock::now();
    }
    payDebts(now);
    readAgain(now);
    m_relay->processSharing(now);
    if (m_relay->hasRefused())
        m_tellsRefusedAt = std::min(m_tellsRefusedAt, now + tellsRefusedAfter);
    m_relay->tellSenders();
    m_relay->tellAnswerers();
    if (now >= m_tellsRefusedAt) {
        m_tellsRefusedAt = Clock::time_point::max();
        m_relay->tellRefused();
    }
    if (now >= m_tellsGoneAt) {
        m_tellsGoneAt = Clock::time_point::max();
        m_relay->tellGone();
    }
    writeTouched(now);
    now = Clock::now();
    if (m_listensAgainAt <= now)
        watchListeners(true);
    makeRoom(now);
    closeSilent(now);
    closeDistantSilent(now);
    closeThoseWithoutKey(now);
    m_closed.clear();
    tellLost(now);
    giveBackMemory(now);
    if (m_warnings.isDue(now)) {
        if (const quint64 unsafe = m_relay->takeUnsafe())
            m_warnings.add(now, [unsafe] {
                return u"%1 events were passed on to Python's nodes that are not harmless to them"_s.arg(unsafe);
            });
        if (const quint64 dropped = m_relay->takeDropped())
            m_warnings.add(now, [dropped] {
                return u"%1 events were not passed on to receivers that read too slowly"_s.arg(dropped);
            });
    }
    if (now - begin > slowTurn) {
        m_warnings.add(now, [&] {
            return u"The server was busy for %1 ms with %2 connections at once; %3 bytes wait"_s
                .arg(std::chrono::duration_cast<std::chrono::milliseconds>(now - begin).count())
                .arg(count)
                .arg(m_relay->waitingBytes());
        });
    }
    return m_bytesRead;
}

void Doors::writeTouched(Clock::time_point now)
{
    if (now >= m_givesUpAt) {
        m_relay->giveUpThoseThatStandStill();
        m_givesUpAt = now + m_limits.receiverTimeout / 2;
    }
    do { // what is written may be what others wait for
        for (const Relay::Client *client : m_relay->takeTouched()) {
            if (const auto found = m_connections.find(client); found != m_connections.end())
                write(found->second.get(), now);
        }
    } while (m_relay->releaseHeld());
    if (!m_relay->hasHeld())
        m_givesUpAt = Clock::time_point::max();
    else if (m_givesUpAt == Clock::time_point::max())
        m_givesUpAt = now + m_limits.receiverTimeout / 2;
}

// \a of is a listener or a connection; null is the caller's own.
void Doors::handle(void *of, quint32 events, Clock::time_point now, bool mayRead)
{
    if (!of)
        return;
    const auto listener =
        std::find_if(m_listeners.begin(), m_listeners.end(), [of](const Listener &known) { return &known == of; });
    if (listener != m_listeners.end())
        return accept(*listener);
    auto *const connection = static_cast<Connection *>(of);
    if (events & EPOLLOUT)
        write(connection, now);
    if (mayRead && events & (EPOLLIN | EPOLLERR | EPOLLHUP))
        m_bytesRead += read(connection, now);
}

// What receivers that did not read have had, when they are gone. The C library would keep it.
void Doors::giveBackMemory(Clock::time_point now)
{
    const qsizetype memory = m_relay->memory();
    m_mostMemory = std::max(m_mostMemory, memory);
    if (m_mostMemory < keptMemory || memory > m_mostMemory / 8) {
        m_givesBackAt = Clock::time_point::max();
        return;
    }
    if (m_givesBackAt == Clock::time_point::max())
        m_givesBackAt = now + giveBackAfter; // by then it is more
    if (now < m_givesBackAt)
        return;
    m_givesBackAt = Clock::time_point::max();
    m_mostMemory = memory;
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
}

// Connections

// What a sender may not say yet is not to be read: whoever is in debt for long seems to stand still to it, and comes anew. Within a
// large frame there are no further events.
std::size_t Doors::mostToRead(bool isWithinFrame) const
{
    constexpr qsizetype smallEvent = 64;
    qsizetype most = readAtOnce;
    if (m_limits.eventsPerSecond > 0 && !isWithinFrame)
        most = std::min(most, std::max(m_limits.eventsPerSecond / 4, qsizetype(1)) * smallEvent);
    if (m_limits.bytesPerSecond > 0)
        most = std::min(most, std::max(m_limits.bytesPerSecond / 4, smallEvent));
    return std::size_t(most);
}

// Returns how many bytes have come.
qsizetype Doors::read(Connection *connection, Clock::time_point now)
{
    if (connection->isClosed)
        return 0;
    try {
        std::span<char> room = connection->peer->room();
        const bool isInPlace = !room.empty();
        if (!isInPlace)
            room = std::span(m_buffer.get(), readAtOnce);
        room = room.first(std::min(room.size(), mostToRead(isInPlace)));
        PassedFiles *const files = connection->peer->files();
        const ssize_t count = files ? files->receive(connection->socket.get(), room)
                                    : ::recv(connection->socket.get(), room.data(), room.size(), 0);
        if (count <= 0) {
            if (count == 0 || (errno != EAGAIN && errno != EINTR))
                close(connection, "");
            return 0;
        }
        connection->heardAt = now;
        const Received before(*connection->peer);
        const bool goesOn = isInPlace ? connection->peer->receivedInPlace(count)
                                      : connection->peer->receive(QByteArrayView(room.data(), count));
        warnOfRefused(*connection, before, now);
        if (!goesOn) {
            write(connection, now);
            close(connection, connection->peer->describeClosed());
            return count;
        }
        noteKey(connection, now);
        if (!isInPlace)
            connection->frameSince = now;
        charge(connection, before, count, now);
        if (mayWrite(*connection))
            update(connection);
        noteDebt(connection, now);
        return count;
    } catch (const std::bad_alloc &) {
        close(connection, "there is no memory for what it sends");
    }
    return 0;
}

bool Doors::mayWrite(const Connection &connection)
{
    EncryptedOutput *const encryption = connection.peer->encryption();
    return connection.peer->client()->output.mayWrite() || (encryption && !encryption->isEmpty());
}

// Returns false if it has failed.
bool Doors::writeSealed(Connection *connection, EncryptedOutput *encryption, Clock::time_point now)
{
    SendBuffer &output = connection->peer->client()->output;
    Clock::duration &ofKey = m_timeOfKeys[connection->other.keyName];
    const Clock::time_point begin = Clock::now() - ofKey;
    for (qsizetype written = 0; written < writtenAtOnce && ofKey < sealingTime; ofKey = Clock::now() - begin) {
        const QByteArrayView next = encryption->next(&output);
        if (next.isEmpty()) {
            if (encryption->goesThrough())
                continue;
            break;
        }
        const ssize_t count = ::send(connection->socket.get(), next.data(), std::size_t(next.size()), MSG_NOSIGNAL);
        if (count >= 0) {
            encryption->wrote(count);
            written += count;
            connection->writtenAt = now;
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

void Doors::write(Connection *connection, Clock::time_point now)
{
    if (connection->isClosed)
        return;
    connection->peer->settle();
    SendBuffer &output = connection->peer->client()->output;
    if (EncryptedOutput *const encryption = connection->peer->encryption()) {
        if (!writeSealed(connection, encryption, now))
            return close(connection, "");
        return wrote(connection, now);
    }
    for (qsizetype written = 0; output.mayWrite() && written < writtenAtOnce;) {
        std::array<iovec, partsAtOnce> parts;
        const SendBuffer::Next next = output.fill(parts);
        const ssize_t count = sendWithFile(connection->socket.get(), std::span(parts).first(next.count), next.file);
        if (count >= 0) {
            output.wrote(count, next.file);
            written += count;
            connection->writtenAt = now;
        } else if (errno == ETOOMANYREFS && next.file >= 0) {
            try {
                output.passAsBytes();
            } catch (const std::bad_alloc &) {
                return close(connection, "there is no memory for what it is to have");
            }
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            return close(connection, "");
        }
    }
    wrote(connection, now);
}

void Doors::wrote(Connection *connection, Clock::time_point now)
{
    if (connection->peer->client()->output.isEmpty())
        noteDebt(connection, now); // which the output had no room for
    if (m_relay->tellDropped(connection->peer->client()))
        m_tellsGoneAt = std::min(m_tellsGoneAt, now + goneAfter);
    update(connection);
}

Doors::Received::Received(const Peer &peer)
    : events(peer.events())
    , changes(peer.changes())
    , bytesInFiles(peer.bytesInFiles())
    , control(peer.client()->nodeMessages() + costOfCommonMessage * peer.client()->commonMessages())
    , refused(peer.client()->refused())
{
}

void Doors::warnOfRefused(const Connection &connection, const Received &before, Clock::time_point now)
{
    const quint64 refused = connection.peer->client()->refused() - before.refused;
    if (refused == 0)
        return;
    m_tellsRefusedAt = std::min(m_tellsRefusedAt, now + tellsRefusedAfter);
    m_warnings.add(now, [&] {
        return u"%1 messages of a connection of %2 are not passed on: %3"_s.arg(refused).arg(
            Admission::describe(connection.other), m_relay->lastRefusal());
    });
}

// It may have had more than it may within a second: then nothing more is read from it until it may.
void Doors::charge(Connection *connection, const Received &before, qsizetype bytes, Clock::time_point now)
{
    const Received after(*connection->peer);
    const Clock::time_point again =
        std::max({connection->eventsSent.take(after.events - before.events, now),
                  connection->bytesSent.take(quint64(bytes) + after.bytesInFiles - before.bytesInFiles, now),
                  connection->control.take(after.control - before.control, now),
                  connection->changes.take(after.changes - before.changes, now)});
    if (again <= now)
        return;
    connection->readsAgainAt = again;
    m_readsAgainAt = std::min(m_readsAgainAt, again);
    update(connection);
}

void Doors::readAgain(Clock::time_point now)
{
    if (now < m_readsAgainAt)
        return;
    m_readsAgainAt = Clock::time_point::max();
    for (const auto &[client, connection] : m_connections) {
        if (!connection->readsAgainAt)
            continue;
        if (*connection->readsAgainAt > now) {
            m_readsAgainAt = std::min(m_readsAgainAt, *connection->readsAgainAt);
            continue;
        }
        connection->readsAgainAt.reset();
        update(connection.get());
    }
}

void Doors::noteDebt(Connection *connection, Clock::time_point now)
{
    switch (connection->peer->debt()) {
    case Peer::Debt::None:
        break;
    case Peer::Debt::Now:
        m_relay->touch(connection->peer->client());
        break;
    case Peer::Debt::Soon:
        if (!std::exchange(connection->owes, true)) {
            m_debtors.push_back(connection);
            m_paysAt = std::min(m_paysAt, now + paysAfter);
        }
        break;
    }
}

// What is to be watched for.
void Doors::update(Connection *connection)
{
    if (connection->isClosed)
        return;
    const SendBuffer &output = connection->peer->client()->output;
    const Peer &peer = *connection->peer;
    const bool readsOn =
        peer.hears() ? m_readsMessages || !peer.sends() : m_readsMessages && output.bytes() < unreadAcknowledgements;
    const quint32 events =
        (readsOn && !connection->readsAgainAt ? quint32(EPOLLIN) : 0) | (mayWrite(*connection) ? quint32(EPOLLOUT) : 0);
    if (std::exchange(connection->events, events) != events)
        control(EPOLL_CTL_MOD, connection->socket.get(), events, connection);
}

// What can wait has waited for long enough.
void Doors::payDebts(Clock::time_point now)
{
    if (now < m_paysAt)
        return;
    m_paysAt = Clock::time_point::max();
    for (Connection *connection : m_debtors)
        connection->owes = false;
    for (Connection *connection : m_debtors) {
        if (connection->peer->debt() != Peer::Debt::None)
            m_relay->touch(connection->peer->client());
    }
    m_debtors.clear();
}

void Doors::close(Connection *connection, const QString &why)
{
    if (std::exchange(connection->isClosed, true))
        return;
    if (!why.isEmpty())
        m_warnings.add(Clock::now(), [&] {
            const QString from = connection->other.isLocal ? QString() : addressOfOtherEnd(connection->socket.get());
            return (from.isEmpty() ? u"A connection is closed: "_s : u"A connection from %1 is closed: "_s.arg(from))
                + why;
        });
    if (connection->owes)
        std::erase(m_debtors, connection);
    m_admission.left(connection->other);
    m_distant -= !connection->other.isLocal;
    const int socket = connection->socket.get();
    control(EPOLL_CTL_DEL, socket, 0, nullptr);
    ::shutdown(socket, SHUT_RDWR);
    // What was not read would make the kernel throw away what is still to be sent.
    for (int i = 0; i < 16 && ::recv(socket, m_buffer.get(), readAtOnce, MSG_DONTWAIT) > 0; ++i) { }
    m_closed.push_back(std::move(m_connections.extract(connection->peer->client()).mapped()));
}

bool Doors::hasEvents() const
{
    return std::any_of(m_connections.begin(), m_connections.end(), [](const auto &known) {
        const Peer &peer = *known.second->peer;
        return peer.hears() && (!peer.client()->output.isEmpty() || mayWrite(*known.second));
    });
}

} // namespace Pyvent::Internal
