// SPDX-License-Identifier: MIT
#include "siege.h"

#include "honestpair.h"
#include "support/portpair.h"
#include "support/program.h"
#include "support/waituntil.h"

#include <QtCore/qdir.h>
#include <QtCore/qfile.h>
#include <QtTest/qtest.h>

#include <atomic>
#include <csignal>
#include <limits>
#include <thread>

namespace PyventTests {

using namespace Qt::StringLiterals;

qint64 memoryOf(qint64 pid)
{
    QFile file(u"/proc/%1/status"_s.arg(pid));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    const QByteArray status = file.readAll();
    const qsizetype at = status.indexOf("VmRSS:");
    return status.sliced(at + 6, status.indexOf("kB", at) - at - 6).trimmed().toLongLong();
}

namespace {

qsizetype descriptorsOf(qint64 pid)
{
    return QDir(u"/proc/%1/fd"_s.arg(pid)).entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot).size();
}

} // namespace

QString whyNotWithstood(Attack attack, int mebibytes)
{
    return whyNotWithstood(attack, mebibytes, {}, {}, std::numeric_limits<double>::infinity());
}

QString whyNotWithstood(Attack attack, int mebibytes, const QStringList &arguments, const PyventOptions &pairOptions,
                        double milliseconds)
{
    PortPair ports;
    Program server(QStringList{u"serve"_s, u"--port"_s, QString::number(ports.port())} + arguments);
    HonestPair pair(ports.port(), pairOptions);
    if (!waitUntil([&] { return pair.isReady(); }))
        return u"there is no bus"_s;
    pair.start();
    QTest::qWait(200); // of a bus in peace, for its memory
    const qint64 before = memoryOf(server.pid());
    const qsizetype descriptors = descriptorsOf(server.pid());

    std::atomic<bool> isOver = false;
    std::jthread attacker([&, port = ports.port()] {
        attack(port);
        isOver = true;
    });
    qint64 most = before;
    const bool hasEnded = waitUntil([&] {
        most = std::max(most, memoryOf(server.pid()));
        return bool(isOver);
    });
    if (!hasEnded) {
        server.sendSignal(SIGKILL); // or the attack would not end
        return u"the attack did not come to an end"_s;
    }
    attacker.join();
    if (!server.isRunning())
        return u"the server has ended"_s;
    const bool isWell = pair.finish();
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    constexpr bool keepsMemory = true;
#else
    constexpr bool keepsMemory = false;
#endif
    qint64 after = 0;
    const bool isGivenBack = waitUntil(
        [&] {
            after = memoryOf(server.pid());
            return (keepsMemory || after - before < 16 * 1024) && descriptorsOf(server.pid()) <= descriptors;
        },
        10'000);
    const QString text =
        u"%1; the server had %2 MiB before, %3 meanwhile, %4 after; %5 file descriptors, and %6 after"_s
            .arg(pair.describe())
            .arg(before / 1024)
            .arg(most / 1024)
            .arg(after / 1024)
            .arg(descriptors)
            .arg(descriptorsOf(server.pid()));
    qInfo().noquote() << text;
    const bool isPrompt = keepsMemory || pair.latency() < milliseconds;
    return isWell && isPrompt && isGivenBack && (keepsMemory || most - before < mebibytes * 1024)
        ? QString()
        : text + u"; the server said: "_s + server.errors();
}

} // namespace PyventTests
