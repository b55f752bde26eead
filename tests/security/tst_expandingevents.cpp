// SPDX-License-Identifier: MIT
#include "honestpair.h"
#include "siege.h"
#include "support/expandingpickles.h"
#include "support/portpair.h"
#include "support/program.h"
#include "support/rawconnection.h"
#include "support/testprogram.h"
#include "support/waituntil.h"
#include "wire/zmtp.h"

#include <QtCore/qcoreapplication.h>
#include <QtTest/qtest.h>

#include <algorithm>
#include <stop_token>
#include <thread>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr int rounds = 10;

// Lists that take as much as they may.
QByteArray allowedPickle()
{
    return argumentsOf("](" + QByteArray(60'000, 'N') + "e");
}

// Events that cost whoever hears them, and not the server. Stays until it is told to stop, so that none of them is lost.
void sendExpandingEvents(const std::stop_token &stop, int port)
{
    RawConnection attacker(port);
    attacker.greet("DEALER");
    const auto send = [&](const QByteArray &pickle) {
        attacker.send(Zmtp::frame(Zmtp::Header::More, {}) + Zmtp::frame(0, "expanding " + pickle));
        attacker.isHungUp(); // which reads the acknowledgements
    };
    for (const QByteArray &pickle : expandingPickles())
        send(pickle);
    for (int i = 0; i < rounds; ++i) {
        std::this_thread::sleep_for(333ms);
        send(smallExpandingPickle());
        send(allowedPickle());
    }
    while (!stop.stop_requested() && !attacker.isHungUp())
        std::this_thread::sleep_for(10ms);
}

} // namespace

class TestExpandingEvents : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void costLittle();
};

// The honest pair is in this process, and so is all that is built of the attacker's events.
void TestExpandingEvents::costLittle()
{
    PortPair ports;
    Program server({u"serve"_s, u"--port"_s, QString::number(ports.port())});
    HonestPair pair(ports.port(), {.replayBytes = 4 * 1024 * 1024});
    pair.hearAlso(u"expanding"_s);
    QVERIFY(waitUntil([&] { return pair.isReady(); }));
    pair.start();
    QTest::qWait(2000); // until the sender keeps as much as it may
    const qint64 pid = QCoreApplication::applicationPid();
    const qint64 before = memoryOf(pid);
    const double peace = pair.latency();
    qint64 most = before;

    std::jthread attacker(&sendExpandingEvents, ports.port());
    const quint64 refused = quint64(expandingPickles().size()) + rounds;
    const bool isDone = waitUntil([&] {
        most = std::max(most, memoryOf(pid));
        return pair.heardAlso() == rounds && pair.unreadable() == refused;
    });
    QVERIFY2(isDone,
             qPrintable(u"%1 were heard, and %2 could not be read"_s.arg(pair.heardAlso()).arg(pair.unreadable())));
    attacker.request_stop();
    const bool isWell = pair.finish();
    qint64 after = 0;
    const bool isGivenBack = waitUntil([&] { return (after = memoryOf(pid)) - before < 16 * 1024; }, 10'000);
    const QString text =
        u"%1, and %2 before; this process had %3 MiB before, %4 meanwhile, %5 after"_s.arg(pair.describe())
            .arg(peace, 0, 'f', 1)
            .arg(before / 1024)
            .arg(most / 1024)
            .arg(after / 1024);
    qInfo().noquote() << text;
    QVERIFY2(isWell, qPrintable(text));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // which keep memory, and take long
    QVERIFY2(isGivenBack && most - before < 128 * 1024, qPrintable(text));
    QVERIFY2(pair.latency() < std::max(100.0, 3 * peace),
             qPrintable(text)); // on a busy machine, it is more in peace, too
#else
    Q_UNUSED(isGivenBack);
#endif
}

PYVENT_TEST(TestExpandingEvents)

#include "tst_expandingevents.moc"
