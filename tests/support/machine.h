// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_MACHINE_H
#define PYVENT_TESTS_MACHINE_H

#include "support/program.h"

#include <unistd.h>

namespace PyventTests {

// A machine: a namespace of the network, which is this test's own. Only root makes them.
class Machine
{
public:
    explicit Machine(const QString &name)
        : m_name(name + u'-' + QString::number(::getpid()))
    {
        m_isThere = run({QStringLiteral("netns"), QStringLiteral("add"), m_name})
            && here({QStringLiteral("link"), QStringLiteral("set"), QStringLiteral("lo"), QStringLiteral("up")});
    }
    ~Machine() { run({QStringLiteral("netns"), QStringLiteral("del"), m_name}); }
    Q_DISABLE_COPY_MOVE(Machine)

    bool isThere() const { return m_isThere; }
    const QString &name() const { return m_name; }

    // Where a cable is plugged in.
    struct Plug
    {
        const Machine &machine;
        QString cable;
        QString address;
    };
    static bool connect(const Plug &one, const Plug &other)
    {
        return run({QStringLiteral("link"), QStringLiteral("add"), one.cable, QStringLiteral("netns"),
                    one.machine.name(), QStringLiteral("type"), QStringLiteral("veth"), QStringLiteral("peer"),
                    QStringLiteral("name"), other.cable, QStringLiteral("netns"), other.machine.name()})
            && one.machine.take(one) && other.machine.take(other);
    }

    // Pulls the plug, or puts it in again. The machine at the other end sees no carrier, and keeps its address.
    bool setPlugged(const QString &cable, bool isIn) const
    {
        return here({QStringLiteral("link"), QStringLiteral("set"), cable,
                     isIn ? QStringLiteral("up") : QStringLiteral("down")});
    }

    // What to give 'ip' for \a program to run there.
    QStringList words(const QString &program, const QStringList &arguments) const
    {
        return QStringList{QStringLiteral("netns"), QStringLiteral("exec"), m_name, program} + arguments;
    }

private:
    static bool run(const QStringList &words)
    {
        Program ip(QStringLiteral("ip"), words);
        return ip.exitCode() == 0;
    }
    bool here(const QStringList &words) const { return run(QStringList{QStringLiteral("-n"), m_name} + words); }
    bool take(const Plug &plug) const
    {
        return here({QStringLiteral("address"), QStringLiteral("add"), plug.address + QStringLiteral("/24"),
                     QStringLiteral("dev"), plug.cable})
            && setPlugged(plug.cable, true);
    }

    const QString m_name;
    bool m_isThere = false;
};

} // namespace PyventTests

#endif
