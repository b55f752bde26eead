// SPDX-License-Identifier: MIT
#ifndef PYVENT_NODE_SERVING_H
#define PYVENT_NODE_SERVING_H

#include "pyventerror.h"
#include "pyventoptions.h"
#include "server/server.h"
#include "transport/connection.h"

#include <memory>

namespace Pyvent::Internal {

// A node's part in who serves: its server, if it has won the port, and what it has seen of others that have. Not thread-safe.
class Serving
{
public:
    using Clock = std::chrono::steady_clock;

    // Whether the node may serve by itself, when nobody else does.
    void allow(bool allow) { m_mayServe = allow; }
    bool isAllowed() const { return m_mayServe; }

    bool isServing() const { return m_server != nullptr; }

    enum class How : quint8 {
        ByHand, // as the user asked
        ByItself,
        WithoutPorts // which something else has
    };

    // Tries to serve. Returns whether it does now; \a error is what is to be told of that, if anything.
    bool start(const Endpoint &endpoint, const PyventOptions &options, How how, PyventError *error);

    // Whether those on the lane may have their bus although something else has the port, as \a silence and what has it say. A server
    // that hangs is no such thing: with another one beside it, a bus would be two.
    bool mayServeWithoutPorts(Connection::Silence silence, const Endpoint &endpoint, Clock::time_point now);

    // Forgets a server that has ended by itself, because another one has the ports. Returns whether it had.
    bool dropYielded();

    // Gives the server up, for the caller to stop it, which takes a while.
    std::unique_ptr<Server> takeServer();

    // Where nobody answers, what that means, together with what this node has seen of the port.
    PyventError explain(Connection::Silence silence, const PyventOptions &options);

    // The node is Ready, or has left: what was told may be told again.
    void forgetComplaints() { m_complainedOfSilence = m_complainedOfServing = false; }

    // Where to count what is sent and nobody hears: nullptr if others may.
    quint64 *unheard() { return m_server && !m_server->hadOtherClients() ? &m_unheard : nullptr; }

    // Others were on the bus all the time.
    void wasHeard() { m_unheard = 0; }

    // A program that is started before those who are to hear it serves nobody, and all seems well to it. Returns what to say of
    // that at the end of \a server, whose link \a hadCompany of other nodes; empty if there is nothing.
    QString takeUnheard(const Server &server, bool hadCompany);

private:
    std::unique_ptr<Server> m_server;
    bool m_mayServe = false;
    bool m_portInUse = false;         // the last attempt to serve found somebody there,
    bool m_eventsPortInUse = false;   // or at the other one, while that was free
    Clock::time_point m_looksAgainAt; // at what has the port
    bool m_complainedOfServing = false;
    bool m_complainedOfSilence = false;
    quint64 m_unheard = 0; // events that nobody can have heard, unless other clients come to the server
};

} // namespace Pyvent::Internal

#endif
