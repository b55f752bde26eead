// SPDX-License-Identifier: MIT
#include "node/serving.h"

#include "node/servererrors.h"
#include "security/socketowner.h"

#include <utility>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

// What has the port may be something else by then.
constexpr auto looksAgainAfter = std::chrono::seconds(5);

// Whether something listens there that is no server. Who is not seen may be one.
bool isHeldByAStranger(const Endpoint &endpoint, Endpoint::Purpose purpose)
{
    const auto owner = endpoint.listener(purpose);
    const SocketHolder holder = owner ? holderOf(*owner) : SocketHolder();
    return !holder.text.isEmpty() && !holder.mayBeAServer;
}

} // namespace

bool Serving::start(const Endpoint &endpoint, const PyventOptions &options, How how, PyventError *error)
{
    if (m_server)
        return true;
    Server::Failure failure;
    QString text;
    const auto ports = how == How::WithoutPorts ? Server::Ports::Wanted : Server::Ports::Needed;
    m_server = Server::start(endpoint, options.maximumEventSize, options.serverLimits, ports, &failure, &text);
    m_portInUse = failure == Server::Failure::PortInUse || failure == Server::Failure::OtherFolder;
    m_eventsPortInUse = failure == Server::Failure::EventsPortInUse;
    if (m_server) {
        if (!m_server->hasPorts())
            *error = withoutPortsError(endpoint, options);
        return true;
    }
    // The first port is free, so there is no server that could have the bus.
    if (m_eventsPortInUse && how == How::ByItself && !endpoint.lanes().isEmpty()
        && isHeldByAStranger(endpoint, Endpoint::Purpose::Events))
        return start(endpoint, options, How::WithoutPorts, error);
    // It stays so, and is told once.
    if (failure == Server::Failure::NotThisMachine || failure == Server::Failure::NeedsKeys)
        m_mayServe = false;
    // That somebody else serves, or that the server is elsewhere, is an error only to whom asked for one here; and that there
    // is nothing to serve with is told when there is nothing to connect with, either.
    const bool isExpected = failure == Server::Failure::PortInUse || failure == Server::Failure::NotThisMachine
        || failure == Server::Failure::NoResources;
    if (how == How::ByHand || (!isExpected && !m_complainedOfServing)) {
        m_complainedOfServing = true;
        *error = servingError(failure, options, text);
    }
    return false;
}

bool Serving::mayServeWithoutPorts(Connection::Silence silence, const Endpoint &endpoint, Clock::time_point now)
{
    const bool isOthers = silence == Connection::Silence::OtherUser;
    if (!m_mayServe || m_server || !(m_portInUse || (isOthers && m_eventsPortInUse)) || endpoint.lanes().isEmpty()
        || now < m_looksAgainAt || (!isOthers && silence != Connection::Silence::NotResponding))
        return false;
    m_looksAgainAt = now + looksAgainAfter;
    return isOthers || isHeldByAStranger(endpoint, Endpoint::Purpose::Requests);
}

bool Serving::dropYielded()
{
    if (!m_server || !m_server->hasYielded())
        return false;
    m_server.reset();
    return true;
}

std::unique_ptr<Server> Serving::takeServer()
{
    m_mayServe = false;
    return std::move(m_server);
}

PyventError Serving::explain(Connection::Silence silence, const PyventOptions &options)
{
    const bool isToldOtherwise = m_server && !m_server->hasPorts();
    if (m_complainedOfSilence || silence == Connection::Silence::None || isToldOtherwise)
        return {};
    // Where this node tries to serve, what is known of the port is new.
    const bool portInUse = m_portInUse && (m_mayServe || silence == Connection::Silence::NotResponding);
    PyventError error = silenceError(silence, portInUse, options);
    m_complainedOfSilence = bool(error);
    return error;
}

QString Serving::takeUnheard(const Server &server, bool hadCompany)
{
    const quint64 events = std::exchange(m_unheard, 0);
    if (events == 0 || server.hadOtherClients() || hadCompany)
        return {};
    return u"Nobody heard %1 that this node sent: it served the bus itself, and no other node came. "
           "Start the receivers first, or set PyventOptions::server to false, so that it waits for "
           "a server."_s.arg(events == 1 ? u"the event"_s : u"%1 events"_s.arg(events));
}

} // namespace Pyvent::Internal
