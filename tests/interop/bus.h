// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_BUS_H
#define PYVENT_TESTS_BUS_H

#include "peerprocess.h"

#include <memory>
#include <vector>

namespace PyventTests {

// A bus for one test: a port, and the peers that meet there.
class Bus
{
public:
    using Language = PeerProcess::Language;

    // Starts a peer. It does not know the port before join() or serve().
    PeerProcess &add(Language language, const QString &name);

    // Has the peer serve the bus; it must be the first one, because it may choose another port.
    bool serve(PeerProcess &peer, const QJsonObject &options = {});

    // Has the peer use the bus as a client that never serves, unless the options say otherwise.
    bool join(PeerProcess &peer, const QJsonObject &options = {});

    PortPair &ports() { return m_ports; }
    int port() const { return m_ports.port(); }

private:
    QJsonObject withDefaults(const PeerProcess &peer, const QJsonObject &options, bool server) const;

    PortPair m_ports;
    std::vector<std::unique_ptr<PeerProcess>> m_peers;
};

QString nameOf(PeerProcess::Language language);

} // namespace PyventTests

Q_DECLARE_METATYPE(PyventTests::PeerProcess::Language)

#endif
