// SPDX-License-Identifier: MIT
// Who comes in by the doors, with which key and which rules, and who has to go again. What passes through a connection is doors.cpp's.
#include "server/doors.h"

#include "transport/descriptors.h"
#include "wire/z85.h"

#include <algorithm>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// After which time connections are accepted again where the process had no descriptor for one.
constexpr auto acceptAgainAfter = 100ms;

// The kernel finds out of a machine that is gone, also where something waits to be written to it.
constexpr int keepaliveAfter = 10;   // seconds
constexpr int keepaliveInterval = 5; // seconds
constexpr int keepalives = 3;

// How long after its connection's end a node may have made a new one: between this and twice this.
constexpr auto tellsLostAfter = 150ms;

// A node of another machine sends something each second. One that is lost is known to be within 3 s: one second in which it may have
// been silent anyway is part of this, and what is looked for twice takes two of the intervals more.
constexpr auto silenceOfDistant = 1700ms;
constexpr auto looksForSilenceEvery = 350ms;

// What the kernel may have under way on a lane, as far as it allows that.
constexpr int socketBuffer = 4 * 1024 * 1024;

// How soon it is seen that a key was taken out of the file of those who may come in.
constexpr auto allowListInterval = 1s;

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
    added->peer->client()->isOwners = other.isLocal && (other.user == ::geteuid() || other.user == uid_t(0));
    added->writtenAt = added->heardAt = now;
    added->shakesHandsUntil = now + m_limits.handshake;
    added->events = EPOLLIN;
    control(EPOLL_CTL_ADD, added->socket.get(), added->events, added);
    m_connections.emplace(added->peer->client(), std::move(connection));
    m_admission.entered(added->other = other);
    m_distant += !other.isLocal;
    giveRules(added);
    m_nextHandshake = std::min(m_nextHandshake, added->shakesHandsUntil);
    write(added, now);
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

// Keys and rules

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
    m_relay->setRules(connection->peer->client(),
                      m_rules->find({.user = connection->other.user,
                                     .key = key.isEmpty() ? QByteArray() : toZ85(key),
                                     .keyName = connection->other.keyName}));
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

// Who has to go again

// Who has connected, and does not shake hands.
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

// Which nodes are lost, or not, since these have made new connections meanwhile.
void Doors::tellLost(Clock::time_point now)
{
    if (now < m_tellsLostAt && m_tellsLostAt != Clock::time_point::max())
        return;
    if (now >= m_tellsLostAt)
        m_relay->tellLost();
    m_tellsLostAt = m_relay->hasLost() ? now + tellsLostAfter : Clock::time_point::max();
}

// The kernel tells at once when a process of this machine ends, but much later when another machine is gone. A node there says something
// each second, since its connection that sends has heartbeats. Looked at only while somebody wants to know.
void Doors::closeDistantSilent(Clock::time_point now)
{
    if (m_distant == 0 || !m_relay->mustKnowWhoIsLost()) {
        m_looksForSilenceAt = Clock::time_point::max();
        return;
    }
    if (m_looksForSilenceAt == Clock::time_point::max())
        m_looksForSilenceAt = now + looksForSilenceEvery;
    if (now < m_looksForSilenceAt)
        return;
    m_looksForSilenceAt = now + looksForSilenceEvery;
    std::vector<Connection *> silent;
    for (const auto &[client, connection] : m_connections) {
        if (connection->other.isLocal || !connection->peer->sends() || !client->guest.isHere())
            continue;
        if (!(connection->events & EPOLLIN)) // it is this server that does not read
            connection->heardAt = now;
        // Twice, because what has come may not be read yet where the server itself stood still.
        const bool isSilent = now - connection->heardAt > silenceOfDistant;
        if (std::exchange(connection->isSilent, isSilent) && isSilent)
            silent.push_back(connection.get());
    }
    for (Connection *connection : silent)
        close(connection, "its machine has not answered for more than 2 s");
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

} // namespace Pyvent::Internal
