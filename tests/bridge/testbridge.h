// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_TESTBRIDGE_H
#define PYVENT_TESTS_TESTBRIDGE_H

#include "bridge.h"
#include "bridge/engineprobe.h"
#include "bridge/serverprocess.h"
#include "bridge/testbus.h"
#include "enginefactory.h"

#include <QtTest/qtest.h>

#include <algorithm>

namespace PyventTests {

// A bridge on a bus of a test's, and what it has said.
class TestBridge
{
public:
    TestBridge(TestBus *bus, const Pyvent::Bridge::BridgeOptions &options)
        : m_end(bus)
        , m_bridge(std::make_unique<Pyvent::Bridge::Bridge>(&m_end, make(options), options))
    {
        using Pyvent::Bridge::Bridge;
        QObject::connect(m_bridge.get(), &Bridge::problem, &m_end, [this](const QString &line) { problems += line; });
        QObject::connect(m_bridge.get(), &Bridge::notice, &m_end, [this](const QString &line) { notices += line; });
        QObject::connect(m_bridge.get(), &Bridge::finished, &m_end, [this] { m_isFinished = true; });
        const QString why = m_bridge->start();
        if (!why.isEmpty())
            qFatal("%s", qPrintable(why));
    }

    // Ends as a process does that is killed.
    ~TestBridge() { m_end.kill(); }

    Pyvent::Bridge::BridgeStatus status() const { return m_bridge->status(); }
    bool isWorking() const
    {
        const auto now = status();
        return now.isActive && now.isReading;
    }
    bool waitUntilWorking() const
    {
        return waitUntil([this] { return isWorking(); });
    }
    bool hasSaid(const QString &text) const
    {
        return waitUntil([&] {
            return std::ranges::any_of(problems + notices, [&](const QString &line) { return line.contains(text); });
        });
    }
    bool stop()
    {
        m_bridge->stop();
        return waitUntil([this] { return m_isFinished; });
    }

    TestBusEnd &end() { return m_end; }

    QStringList problems;
    QStringList notices;

private:
    static std::unique_ptr<Pyvent::Bridge::Engine> make(const Pyvent::Bridge::BridgeOptions &options)
    {
        QString why;
        auto engine = Pyvent::Bridge::makeEngine(options.engine, &why);
        if (!engine)
            qFatal("%s", qPrintable(why));
        return engine;
    }

    TestBusEnd m_end;
    std::unique_ptr<Pyvent::Bridge::Bridge> m_bridge;
    bool m_isFinished = false;
};

inline Pyvent::Bridge::BridgeOptions bridgeOptions(Pyvent::Bridge::Dialect dialect, int port, const QString &bus)
{
    return {.engine = engineOptions(dialect, port, bus)};
}

inline constexpr bool isBuiltWith(Pyvent::Bridge::Dialect dialect)
{
#ifdef PYVENT_HAS_NATS
    constexpr bool hasNats = true;
#else
    constexpr bool hasNats = false;
#endif
#ifdef PYVENT_HAS_MQTT
    constexpr bool hasMqtt = true;
#else
    constexpr bool hasMqtt = false;
#endif
    return dialect == Pyvent::Bridge::Dialect::Nats ? hasNats : hasMqtt;
}

// A server of either kind; null if it is not installed, or the bridge is built without its engine.
inline std::unique_ptr<ServerProcess> makeServer(Pyvent::Bridge::Dialect dialect)
{
    if (!isBuiltWith(dialect))
        return nullptr;
    if (dialect == Pyvent::Bridge::Dialect::Nats)
        return natsServerProgram().isEmpty() ? nullptr : std::make_unique<NatsServer>();
    return mosquittoProgram().isEmpty() ? nullptr : std::unique_ptr<ServerProcess>(new MosquittoBroker);
}

// For a test that is run with each of the engines that this is built with.
inline void bothEngines()
{
    QTest::addColumn<Pyvent::Bridge::Dialect>("dialect");
    if (isBuiltWith(Pyvent::Bridge::Dialect::Nats))
        QTest::newRow("NATS") << Pyvent::Bridge::Dialect::Nats;
    if (isBuiltWith(Pyvent::Bridge::Dialect::Mqtt))
        QTest::newRow("MQTT") << Pyvent::Bridge::Dialect::Mqtt;
}

inline QByteArray whyNoServer(Pyvent::Bridge::Dialect dialect)
{
    if (!isBuiltWith(dialect))
        return "The bridge is built without this engine";
    return dialect == Pyvent::Bridge::Dialect::Nats ? whySkipped("nats-server", "nats-server")
                                                    : whySkipped("mosquitto", "mosquitto");
}

} // namespace PyventTests

#define START_SERVER_OF(server, dialect) \
    const auto server = PyventTests::makeServer(dialect); \
    if (!server) \
        QSKIP(PyventTests::whyNoServer(dialect)); \
    QVERIFY2(server->start(), qPrintable(server->log()))

#define START_SERVER(server) \
    QFETCH(Pyvent::Bridge::Dialect, dialect); \
    START_SERVER_OF(server, dialect)

#endif
