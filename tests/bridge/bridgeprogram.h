// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_BRIDGEPROGRAM_H
#define PYVENT_TESTS_BRIDGEPROGRAM_H

#include "engineoptions.h"
#include "support/program.h"

#include <csignal>

namespace PyventTests {

inline const QString bridgeProgram = QStringLiteral(PYVENT_BRIDGE_PROGRAM);

inline QString engineUrl(Pyvent::Bridge::Dialect dialect, int port)
{
    return (dialect == Pyvent::Bridge::Dialect::Nats ? QStringLiteral("nats://127.0.0.1:%1")
                                                     : QStringLiteral("mqtt://127.0.0.1:%1"))
        .arg(port);
}

// The program pyvent-bridge, run as a person runs it, and what it says to them.
class BridgeProgram : public Program
{
public:
    explicit BridgeProgram(const QStringList &arguments)
        : Program(bridgeProgram, arguments)
    {
    }
    // Joins the bus at \a port to \a engine.
    BridgeProgram(int port, const QString &engine, const QStringList &more = {})
        : BridgeProgram(argumentsFor(port, engine) + more)
    {
    }

    static QStringList argumentsFor(int port, const QString &engine)
    {
        return {engine,
                QStringLiteral("--prefix"),
                QStringLiteral("house"),
                QStringLiteral("--port"),
                QString::number(port),
                QStringLiteral("--no-server")};
    }

    bool reachesTheEngine() { return complains(QStringLiteral("pyvent: at ")); }

    // The lines that it has said, but for those of where it is and what it does.
    static QStringList problemsIn(const QString &errors)
    {
        QStringList lines = errors.split(u'\n');
        lines.removeLast(); // which has no end yet
        lines.removeIf([](const QString &line) {
            return line.startsWith(QStringLiteral("pyvent: at ")) || line.startsWith(QStringLiteral("pyvent: joins "))
                || line.startsWith(QStringLiteral("pyvent: stands by"));
        });
        return lines;
    }
    QStringList problems() const { return problemsIn(errors()); }

    // Ends it as a person or systemd does.
    int endsWith()
    {
        sendSignal(SIGTERM);
        return exitCode();
    }
};

} // namespace PyventTests

#endif
