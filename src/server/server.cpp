// SPDX-License-Identifier: MIT
#include "server/server.h"

#include "security/keyfile.h"
#include "security/socketowner.h"
#include "server/serverlog.h"
#include "transport/backgroundthread.h"
#include "transport/descriptors.h"
#include "wire/batch.h"
#include "wire/frame.h"

#include <algorithm>
#include <system_error>

#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

namespace Pyvent::Internal {

using Clock = std::chrono::steady_clock;

namespace {

// How often it is seen whether the ports are free, where the server has none.
constexpr auto portsInterval = std::chrono::seconds(1);

// Where the machine has little memory, events may still take so much.
constexpr qsizetype smallestMemory = qsizetype(16) * 1024 * 1024;

constexpr rlim_t wantedDescriptors = 65536;

qsizetype allowedDescriptors()
{
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return qsizetype(std::min(limit.rlim_max, wantedDescriptors));
}

Relay::Limits relayLimits(const PyventServerLimits &limits)
{
    qsizetype all = limits.waitingBytesInAll;
    if (all == 0) {
        const qsizetype memory = qsizetype(::sysconf(_SC_PHYS_PAGES)) * qsizetype(::sysconf(_SC_PAGESIZE));
        all = std::min(Relay::Limits().allBytes, std::max(memory / 8, smallestMemory));
    }
    return {.waitingBytes = limits.waitingBytes,
            .allBytes = all,
            .subscriptions = limits.subscriptions,
            .subscribedBytes = limits.subscriptionBytes,
            .files = std::min(Relay::Limits().files, allowedDescriptors() / 8)};
}

// A server needs one descriptor for each connection. The hard limit is the system's word.
void raiseLimitOfDescriptors()
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wantedDescriptors)
        return;
    limit.rlim_cur = std::min<rlim_t>(wantedDescriptors, limit.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

} // namespace

Server::Server(const Endpoint &endpoint, qsizetype maximumFrameSize, const PyventServerLimits &limits)
    : m_endpoint(endpoint)
    , m_relay(maximumFrameSize >= maximumBatchSize, relayLimits(limits))
    , m_doors(&m_relay, maximumFrameSize + repairOverhead, limits, endpoint.access())
    , m_stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
{
    if (!m_stop.isOpen())
        throw systemError(errno);
    m_doors.watch(m_stop.get());
}

std::unique_ptr<Server> Server::start(const Endpoint &endpoint, qsizetype maximumFrameSize,
                                      const PyventServerLimits &limits, Ports ports, Failure *failure,
                                      QString *errorText)
{
    *failure = Failure::None;
    if (endpoint.isName()) {
        *failure = Failure::NotThisMachine;
        return nullptr;
    }
    try {
        requireDescriptors(descriptorsOfServer);
        // Before anything is taken that says who serves.
        if (!isOfThisMachine(endpoint.address(Endpoint::Purpose::Requests))) {
            *failure = Failure::NotThisMachine;
            return nullptr;
        }
        raiseLimitOfDescriptors();
        std::unique_ptr<Server> server(new Server(endpoint, maximumFrameSize, limits));
        if (!server->takeLane(failure) || !server->readKeys(failure, errorText))
            return nullptr;
        if (ports == Ports::Wanted && server->m_hasLane) { // after the lane: whoever has that has this, too
            server->m_claim = claimBus(endpoint.lanes().front());
            if (!server->m_claim.isOpen()) {
                *failure = Failure::OtherFolder;
                return nullptr;
            }
        }
        const bool mayLackPorts = server->m_claim.isOpen();
        try {
            server->bind(failure);
        } catch (const std::system_error &) {
            const bool isTaken = *failure == Failure::PortInUse || *failure == Failure::EventsPortInUse;
            if (!mayLackPorts || !isTaken)
                throw;
            *failure = Failure::None;
        }
        server->m_thread = startBackgroundThread("pyvent-server", [of = server.get()] { of->run(); });
        return server;
    } catch (const std::exception &error) {
        *errorText = QString::fromLocal8Bit(error.what());
        if (*failure == Failure::None)
            *failure = isOutOfResources(error) ? Failure::NoResources : Failure::Other;
    }
    return nullptr;
}

// Returns false if another process has it. Where there can be none, the port decides who serves.
bool Server::takeLane(Failure *failure)
{
    if (m_endpoint.lanes().isEmpty())
        return true;
    LaneListener::Failure laneFailure;
    QString why;
    auto lane = LaneListener::listen(m_endpoint.lanes().front(), m_endpoint.lock(),
                                     m_endpoint.access().kind() != PyventLocalAccess::OwnUser, &laneFailure, &why);
    if (laneFailure == LaneListener::Failure::Taken) {
        *failure = Failure::PortInUse;
        return false;
    }
    if (lane) {
        m_doors.openLane(std::move(lane));
        m_hasLane = true;
    } else {
        qCInfo(serverLog).noquote() << "There is no local socket, only TCP:" << why;
    }
    return true;
}

// By what other machines come in. Returns false if they cannot come in as it is said, or if nothing is said, and they could.
bool Server::readKeys(Failure *failure, QString *errorText)
{
    const PyventSecurity &security = m_endpoint.security();
    NetworkEntry entry{.isOpen = security.openToNetwork == PyventOpenToNetwork::Yes};
    if (!security.allowFile.isEmpty()) {
        auto own = readKeyFile(security.keyFile, errorText);
        auto allowed = own ? AllowList::read(security.allowFile, errorText) : std::nullopt;
        if (!allowed) {
            *failure = Failure::BadFile;
            return false;
        }
        entry.keys = {own->pair, std::move(*allowed)};
    }
    if (m_endpoint.isForOthers()) {
        if (!entry.keys && !entry.isOpen) {
            // Who serves here already, by whatever keys, does.
            *failure = ownerOfListener(m_endpoint.address(Endpoint::Purpose::Requests)) ? Failure::PortInUse
                                                                                        : Failure::NeedsKeys;
            return false;
        }
        if (entry.isOpen)
            qCWarning(serverLog).noquote()
                << "Anybody who reaches this machine can read and send the events of this bus: "
                   "PyventOptions::security opens it to the network";
    }
    m_doors.setNetworkEntry(std::move(entry));
    if (!security.rulesFile.isEmpty()) {
        auto rules = DoorRules::read(security.rulesFile, errorText);
        if (!rules) {
            *failure = Failure::BadFile;
            return false;
        }
        m_doors.setRules(std::move(rules));
    }
    m_relay.setPayloadGuard(PayloadGuard::of(security.payloads));
    return true;
}

// Throws std::system_error, and says which of the ports it is, or both, that cannot be had.
void Server::bind(Failure *failure)
{
    bool hasPort = false;
    try {
        m_doors.bindRequests(m_endpoint);
        hasPort = true;
        m_doors.bindEvents(m_endpoint);
        m_hasPorts = true;
        m_claim = FileDescriptor();
    } catch (const std::system_error &error) {
        m_doors.unbind();
        const int number = error.code().value();
        if (number == EADDRINUSE)
            *failure = hasPort ? Failure::EventsPortInUse : Failure::PortInUse;
        else if (number == EADDRNOTAVAIL || number == ENODEV)
            *failure = Failure::NotThisMachine;
        throw;
    }
}

Server::~Server()
{
    stop(std::chrono::milliseconds(0));
}

void Server::stop(std::chrono::milliseconds linger)
{
    if (!m_thread.joinable())
        return;
    m_linger = linger.count();
    ::eventfd_write(m_stop.get(), 1);
    m_thread.join();
}

void Server::run()
{
    Clock::time_point triesPortsAt = m_hasPorts ? Clock::time_point::max() : Clock::now() + portsInterval;
    while (m_linger < 0 && !m_yields) {
        try {
            m_doors.wait(triesPortsAt);
            if (Clock::now() >= triesPortsAt)
                triesPortsAt = tryPorts() ? Clock::time_point::max() : Clock::now() + portsInterval;
        } catch (const std::exception &error) {
            qCWarning(serverLog) << "The server goes on after" << error.what();
        }
        m_hadOtherClients.store(m_relay.hadOtherClients(), std::memory_order_relaxed);
    }
    sayGoodbye(std::chrono::milliseconds(std::max<qint64>(m_linger, 0)));
}

bool Server::tryPorts()
{
    Failure failure;
    try {
        bind(&failure);
        qCInfo(serverLog) << "The server has its ports now";
    } catch (const std::system_error &) { // later, then
        m_yields = m_yields || isServersPort();
    }
    return m_hasPorts;
}

// Whether what has the port now may be a server whose bus this one's nodes are to join: a Python node's, or one of a node without a lane.
bool Server::isServersPort()
{
    const auto owner = m_endpoint.listener(Endpoint::Purpose::Requests);
    if (!owner || owner->inode == std::exchange(m_portHolder, owner->inode))
        return false;
    return AccessRule(m_endpoint.access()).allows(owner->user) && holderOf(*owner).mayBeAServer;
}

void Server::sayGoodbye(std::chrono::milliseconds linger)
{
    const Clock::time_point begin = Clock::now();
    try {
        eventfd_t value = 0;
        ::eventfd_read(m_stop.get(), &value);
        m_doors.stopListening();
        // What has arrived, but not for ever what goes on arriving.
        while (m_doors.wait(Clock::now()) > 0 && Clock::now() < begin + linger / 2) { }
        m_hadOtherClients.store(m_relay.hadOtherClients(), std::memory_order_relaxed);
        m_doors.stopReading();
        m_relay.tellLost(true);
        m_relay.sayGoodbye();
        m_doors.wait(Clock::now()); // which writes it
        while (m_doors.hasEvents() && Clock::now() < begin + linger)
            m_doors.wait(begin + linger);
        m_doors.closeAll();
    } catch (const std::exception &error) {
        qCWarning(serverLog) << "The server ends with" << error.what();
    }
}

} // namespace Pyvent::Internal
