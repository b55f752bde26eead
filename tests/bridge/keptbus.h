// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_KEPTBUS_H
#define PYVENT_TESTS_KEPTBUS_H

#include "bridge/bridgeprogram.h"
#include "bridge/loopbackhttp.h"
#include "support/portpair.h"
#include "support/program.h"
#include "support/waituntil.h"

#include <PyventNode>
#include <PyventValue>

#include <memory>
#include <optional>

namespace PyventTests {

// A bus of processes, a relay and a bridge, any of which may be killed; and a node of the test's own, with a shared value.
class KeptBus
{
public:
    KeptBus(const QString &name, const QString &engine, const QStringList &options = {QStringLiteral("--values")})
        : m_name(name)
        , m_engine(engine)
        , m_options(options)
    {
    }

    int port() const { return m_ports.port(); }

    bool startRelay()
    {
        m_relay = std::make_unique<Program>(
            QStringList{QStringLiteral("serve"), QStringLiteral("--port"), QString::number(port())});
        return m_relay->complains(QStringLiteral("serving at"));
    }
    void killRelay() { m_relay->kill(); }

    void startBridge()
    {
        m_bridge = std::make_unique<BridgeProgram>(
            port(), m_engine,
            QStringList{QStringLiteral("--bus"), m_name, QStringLiteral("--metrics"), QStringLiteral("0")} + m_options);
    }
    void killBridge() { m_bridge->kill(); }
    BridgeProgram &bridge() { return *m_bridge; }

    // A node that has heard nothing.
    void startNode()
    {
        m_value.reset();
        m_node = std::make_unique<PyventNode>(PyventOptions{.port = port(), .server = false});
        m_value = std::make_unique<PyventValue<int>>(m_node.get(), QStringLiteral("oven"), -1);
        m_node->waitForReady();
    }
    void endNode()
    {
        m_value.reset();
        m_node.reset();
    }
    PyventNode &node() { return *m_node; }
    PyventValue<int> &value() { return *m_value; }

    bool start()
    {
        if (!startRelay())
            return false;
        startBridge();
        startNode();
        return isKept();
    }

    // A line of the bridge's metrics; nothing while it cannot say.
    std::optional<double> metric(const QByteArray &name)
    {
        static const QString at = QStringLiteral("metrics at http://127.0.0.1:");
        const QString errors = m_bridge->errors();
        const qsizetype found = errors.indexOf(at);
        if (found < 0 || !m_bridge->isRunning())
            return {};
        const QByteArray metrics =
            httpGet(errors.sliced(found + at.size()).section(QLatin1Char('/'), 0, 0).toInt(), "/metrics");
        for (const QByteArray &line : metrics.split('\n')) {
            if (line.startsWith("pyvent_bridge_" + name + '{'))
                return line.sliced(line.lastIndexOf(' ') + 1).toDouble();
        }
        return {};
    }
    bool reaches(const QByteArray &name, double least)
    {
        return waitUntil([&] { return metric(name).value_or(-1) >= least; }, patience, 50);
    }

    // The bridge knows the bucket, and it has all that it is to have.
    bool isKept()
    {
        return waitUntil([&] { return metric("kept_loaded") == 1 && metric("kept_waiting_events") == 0; }, patience,
                         50);
    }

    // Whether the node comes to know this.
    bool hears(int value)
    {
        return waitUntil([&] { return m_value->isKnown() && m_value->value() == value; });
    }

private:
    const QString m_name;
    const QString m_engine;
    const QStringList m_options;
    const PortPair m_ports;
    std::unique_ptr<Program> m_relay;
    std::unique_ptr<BridgeProgram> m_bridge;
    std::unique_ptr<PyventNode> m_node;
    std::unique_ptr<PyventValue<int>> m_value;
};

} // namespace PyventTests

#endif
