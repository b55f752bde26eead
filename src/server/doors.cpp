// SPDX-License-Identifier: MIT
#include "server/doors.h"

#include "transport/descriptors.h"
#include "wire/z85.h"

#include <algorithm>
#include <array>
#include <system_error>

#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
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

// After which time connections are accepted again where the process had no descriptor for one.
constexpr auto acceptAgainAfter = 100ms;

// The kernel finds out of a machine that is gone, also where something waits to be written to it.
constexpr int keepaliveAfter = 10;   // seconds
constexpr int keepaliveInterval = 5; // seconds
constexpr int keepalives = 3;

// What the kernel may have under way on a lane, as far as it allows that.
constexpr int socketBuffer = 4 * 1024 * 1024;

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

// How soon it is seen that a key was taken out of the file of those who may come in.
constexpr auto allowListInterval = 1s;

// So much memory may stay with the process when it is free.
constexpr qsizetype keptMemory = qsizetype(8) * 1024 * 1024;
constexpr auto giveBackAfter = 1s;

std::system_error systemError(int number)
{
    return std::system_error(number, std::generic_category());
}

qsizetype halfOfDescriptors()
{
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return qsizetype(std::min<rlim_t>(limit.rlim_cur, 1 << 16) / 2);
}

void setOption(int socket, int level, int option, int value)
{
    ::setsockopt(socket, level, option, &value, sizeof value);
}

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

// Listening

void Doors::listen(Listener &&listener)
{
    m_listeners.push_back(std::move(listener));
    control(EPOLL_CTL_ADD, m_listeners.back().socket, EPOLLIN, &m_listeners.back());
}

void Doors::openLane(std::unique_ptr<LaneListener> lane)
{
    m_lane = std::move(lane);
    listen({m_lane->socket(), Kind::Lane, {}});
}

void Doors::bind(const Endpoint &endpoint, Kind kind)
{
    const sockaddr_storage address =
        endpoint.address(kind == Kind::Requests ? Endpoint::Purpose::Requests : Endpoint::Purpose::Events);
    FileDescriptor socket(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.isOpen())
        throw systemError(errno == EAFNOSUPPORT ? EADDRNOTAVAIL : errno);
    setOption(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1); // connections that have ended do not keep the port
    if (address.ss_family == AF_INET6)
        setOption(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
    const socklen_t size = address.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr *>(&address), size) != 0
        || ::listen(socket.get(), SOMAXCONN) != 0)
        throw systemError(errno);
    const int fd = socket.get();
    listen({fd, kind, std::move(socket)});
}

// What is closed is first taken out of the epoll: a child of fork() may still have the socket, and then the epoll would go on to watch
// it. It is shut down, so that it ends all the same.
void Doors::stopListening(const Listener &listener)
{
    control(EPOLL_CTL_DEL, listener.socket, 0, nullptr);
    ::shutdown(listener.socket, SHUT_RDWR);
}

void Doors::unbind()
{
    for (const Listener &listener : m_listeners) {
        if (listener.kind != Kind::Lane)
            stopListening(listener);
    }
    std::erase_if(m_listeners, [](const Listener &listener) { return listener.kind != Kind::Lane; });
}

void Doors::stopListening()
{
    for (const Listener &listener : m_listeners)
        stopListening(listener);
    m_listeners.clear();
    m_lane.reset();
    m_listensAgainAt = Clock::time_point::max();
}

void Doors::watchListeners(bool watch)
{
    for (Listener &listener : m_listeners)
        control(EPOLL_CTL_MOD, listener.socket, watch ? quint32(EPOLLIN) : 0, &listener);
    m_listensAgainAt = watch ? Clock::time_point::max() : Clock::now() + acceptAgainAfter;
}

bool Doors::hasRoom() const
{
    return connections() < (m_limits.connections > 0 ? m_limits.connections : halfOfDescriptors());
}

void Doors::accept(const Listener &listener)
{
    const Clock::time_point now = Clock::now();
    FileDescriptor socket(::accept4(listener.socket, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket.isOpen()) {
        if (const int error = errno; error != EAGAIN && isOutOfResources(systemError(error))) {
            watchListeners(false);
            m_warnings.add(now, [error] {
                return u"A connection is not taken now: "_s + QString::fromLocal8Bit(systemError(error).what());
            });
        }
        return;
    }
    if (!hasRoom()) {
        m_warnings.add(now, [this] { return u"A connection is refused: there are %1 already"_s.arg(connections()); });
        return refuse(socket.get(), listener.kind, Lane::fullFrame());
    }
    const OtherEnd other = otherEndOf(socket.get());
    if (!mayEnter(socket.get(), listener.kind, other, now))
        return;
    if (listener.kind == Kind::Lane) {
        setOption(socket.get(), SOL_SOCKET, SO_SNDBUF, socketBuffer);
    } else {
        setOption(socket.get(), IPPROTO_TCP, TCP_NODELAY, 1);
        setOption(socket.get(), SOL_SOCKET, SO_KEEPALIVE, 1);
        setOption(socket.get(), IPPROTO_TCP, TCP_KEEPIDLE, keepaliveAfter);
        setOption(socket.get(), IPPROTO_TCP, TCP_KEEPINTVL, keepaliveInterval);
        setOption(socket.get(), IPPROTO_TCP, TCP_KEEPCNT, keepalives);
    }
    // Ending takes no memory.
    m_closed.reserve(m_closed.size() + m_connections.size() + 1);
    m_debtors.reserve(m_connections.size() + 1);
    auto connection = std::make_unique<Connection>(m_limits);
    Connection *const added = connection.get();
    added->socket = std::move(socket);
    added->peer = makePeer(listener.kind, other);
    added->writtenAt = now;
    added->shakesHandsUntil = now + m_limits.handshake;
    added->events = EPOLLIN;
    control(EPOLL_CTL_ADD, added->socket.get(), added->events, added);
    m_connections.emplace(added->peer->client(), std::move(connection));
    m_admission.entered(added->other = other);
    giveRules(added);
    m_nextHandshake = std::min(m_nextHandshake, added->shakesHandsUntil);
    write(added, now);
}

std::unique_ptr<Peer> Doors::makePeer(Kind kind, const OtherEnd &other)
{
    if (kind == Kind::Lane)
        return std::make_unique<LanePeer>(m_relay, m_maximumFrameSize, other.user == ::geteuid());
    ZmtpPeer::Entry entry{.isPlain = other.isLocal || m_network.isOpen};
    if (m_network.keys) {
        entry.keys = &m_network.keys->own;
        entry.judge = [this](QByteArrayView key) { return judge(key); };
    }
    const auto purpose = kind == Kind::Requests ? ZmtpPeer::Purpose::Requests : ZmtpPeer::Purpose::Events;
    return std::make_unique<ZmtpPeer>(m_relay, purpose, m_maximumFrameSize, m_limits.messageParts, std::move(entry));
}

// Keys

CurveServer::Verdict Doors::judge(QByteArrayView key)
{
    readAllowList(Clock::now());
    const QString name = m_network.keys->allowed.nameOf(key);
    if (name.isEmpty()) {
        return {.refusal = "400",
                .why = u"its key is not in %1. If you know whose it is, add the line: NAME = %2"_s.arg(
                    m_network.keys->allowed.path(), QLatin1StringView(toZ85(key)))};
    }
    if (!m_admission.hasRoomForKey(name)) {
        return {.refusal = "300",
                .why =
                    u"%1's key has as many connections already as the limit connectionsOfOtherUser says"_s.arg(name)};
    }
    return {.name = name};
}

// It may have shown a key with what has come.
void Doors::noteKey(Connection *connection, Clock::time_point now)
{
    if (!connection->other.keyName.isEmpty() || connection->peer->key().isEmpty())
        return;
    connection->other.keyName = connection->peer->keyName();
    m_admission.showedKey(connection->other.keyName);
    giveRules(connection);
    m_readsKeysAt = std::min(m_readsKeysAt, now + allowListInterval);
}

// By who is at its other end, as far as that is known.
void Doors::giveRules(Connection *connection)
{
    if (!m_rules)
        return;
    const QByteArrayView key = connection->peer->key();
    connection->peer->client()->rules = m_rules->find({.user = connection->other.user,
                                                       .key = key.isEmpty() ? QByteArray() : toZ85(key),
                                                       .keyName = connection->other.keyName});
}

void Doors::readRules(Clock::time_point now)
{
    QString told;
    m_rules->refresh(now, &told);
    if (!told.isEmpty())
        qCWarning(serverLog).noquote() << told;
}

void Doors::readAllowList(Clock::time_point now)
{
    QString why;
    switch (m_network.keys->allowed.refresh(now, &why)) {
    case FileChange::None:
        break;
    case FileChange::Changed:
        m_allowsOthers = true;
        break;
    case FileChange::Unreadable:
        qCWarning(serverLog).noquote() << "Who may come in stays as it was:" << why;
        break;
    }
}

// Whose key was taken out of the file, or has another name by now, is hung up on.
void Doors::closeThoseWithoutKey(Clock::time_point now)
{
    if (now >= m_readsKeysAt) {
        readAllowList(now);
        m_readsKeysAt = m_admission.keyHolders() > 0 ? now + allowListInterval : Clock::time_point::max();
    }
    if (!std::exchange(m_allowsOthers, false))
        return;
    std::vector<Connection *> strangers;
    for (const auto &[client, connection] : m_connections) {
        const QString &name = connection->other.keyName;
        if (!name.isEmpty() && m_network.keys->allowed.nameOf(connection->peer->key()) != name)
            strangers.push_back(connection.get());
    }
    for (Connection *connection : strangers)
        close(connection,
              u"the key of %1 is not in %2 any more"_s.arg(connection->other.keyName, m_network.keys->allowed.path()));
}

// Who is at the other end is known before a byte is read.
bool Doors::mayEnter(int socket, Kind kind, const OtherEnd &other, Clock::time_point now)
{
    const Admission::Answer answer = m_admission.ask(other, now);
    if (answer == Admission::Answer::Welcome)
        return true;
    m_warnings.add(now, [&] { return u"A connection is refused: "_s + m_admission.describe(answer, other); });
    if (answer == Admission::Answer::Stranger) // without the user's name, which may take long to be found
        refuse(socket, kind, Lane::errorFrame(u"the user %1 may not be on this bus"_s.arg(*other.user)));
    else if (answer == Admission::Answer::TooMany)
        refuse(socket, kind, Lane::fullFrame());
    return false;
}

// Says why, where the way has words for that.
void Doors::refuse(int socket, Kind kind, const QByteArray &why)
{
    if (kind == Kind::Lane)
        ::send(socket, why.constData(), std::size_t(why.size()), MSG_NOSIGNAL | MSG_DONTWAIT);
}

// Waiting

void Doors::watch(int fd)
{
    control(EPOLL_CTL_ADD, fd, EPOLLIN, nullptr);
}

Doors::Clock::time_point Doors::deadline() const
{
    return std::min({m_listensAgainAt, m_givesBackAt, m_nextHandshake, m_paysAt, m_readsAgainAt, m_readsKeysAt,
                     m_tellsRefusedAt, m_tellsGoneAt, m_givesUpAt});
}

qsizetype Doors::wait(Clock::time_point until)
{
    const bool isBusy = m_relay->tidy() || m_relay->hasTouched();
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
    m_relay->tellSenders();
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
    closeThoseWithoutKey(now);
    m_closed.clear();
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

void Doors::stopReading()
{
    m_readsMessages = false;
    m_relay->giveUpThoseThatStandStill(true);
    m_relay->releaseHeld();
    for (const auto &[client, connection] : m_connections) {
        connection->peer->client()->output.lendAny(); // it is not read any more when one is given back
        if (connection->peer->debt() != Peer::Debt::None)
            m_relay->touch(connection->peer->client());
        update(connection.get());
    }
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
    const int socket = connection->socket.get();
    control(EPOLL_CTL_DEL, socket, 0, nullptr);
    ::shutdown(socket, SHUT_RDWR);
    // What was not read would make the kernel throw away what is still to be sent.
    for (int i = 0; i < 16 && ::recv(socket, m_buffer.get(), readAtOnce, MSG_DONTWAIT) > 0; ++i) { }
    m_closed.push_back(std::move(m_connections.extract(connection->peer->client()).mapped()));
}

void Doors::closeSilent(Clock::time_point now)
{
    if (now < m_nextHandshake)
        return;
    m_nextHandshake = Clock::time_point::max();
    std::vector<Connection *> silent;
    for (const auto &[client, connection] : m_connections) {
        if (connection->peer->isEstablished())
            continue;
        if (connection->shakesHandsUntil <= now)
            silent.push_back(connection.get());
        else
            m_nextHandshake = std::min(m_nextHandshake, connection->shakesHandsUntil);
    }
    for (Connection *connection : silent)
        close(connection, "it has connected, and does not say what it is");
}

// Where all is full: who does not read at all, and who began a large frame longest ago and does not end it.
void Doors::makeRoom(Clock::time_point now)
{
    if (m_relay->hasTooManyParts()) {
        Connection *oldest = nullptr;
        for (const auto &[client, connection] : m_connections) {
            if (!connection->peer->room().empty() && (!oldest || connection->frameSince < oldest->frameSince))
                oldest = connection.get();
        }
        if (oldest)
            close(oldest, "its large frame has begun before too many others, and does not end");
    }
    if (m_relay->takeWasFull()) {
        Connection *largest = nullptr;
        for (const auto &[client, connection] : m_connections) {
            const qsizetype cost = client->output.cost();
            if (now - connection->writtenAt > m_limits.receiverTimeout
                && (!largest || cost > largest->peer->client()->output.cost()))
                largest = connection.get();
        }
        if (largest && !largest->peer->client()->output.isEmpty()) {
            // Else the kernel would keep what it has for it, and the other end would never hear of the end behind that.
            const linger atOnce{1, 0};
            ::setsockopt(largest->socket.get(), SOL_SOCKET, SO_LINGER, &atOnce, sizeof atOnce);
            close(largest, "it does not read, and there is no room for what waits");
        }
    }
}

bool Doors::hasEvents() const
{
    return std::any_of(m_connections.begin(), m_connections.end(), [](const auto &known) {
        const Peer &peer = *known.second->peer;
        return peer.hears() && (!peer.client()->output.isEmpty() || mayWrite(*known.second));
    });
}

} // namespace Pyvent::Internal
