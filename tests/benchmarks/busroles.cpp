// SPDX-License-Identifier: MIT
#include "busroles.h"

#include "sampleframe.h"

#include <PyventNode>

#include <QtCore/qcoreapplication.h>
#include <QtCore/qloggingcategory.h>
#include <QtCore/qtimer.h>

namespace Pyvent::Benchmarks {

using namespace Qt::StringLiterals;

namespace {

// How many events a sender sends per turn of its event loop.
constexpr int sendBatch = 100;

// How far a sender may be ahead of the receiver, which says after each so many events how far it is. What counts is what
// arrives, and a receiver that is too far behind has the publisher drop events, which are then sent again.
constexpr qint64 maximumLead = 20'000;
constexpr qint64 progressStep = 5'000;

PyventOptions clientOptions(const RoleOptions &options)
{
    return {.port = options.port, .server = false};
}

// Ends the event loop, with the exit code of a failure.
void fail(const QString &why)
{
    QCoreApplication::exit(sayFailed(why));
}

void failOnLoss(PyventNode *node)
{
    QObject::connect(node, &PyventNode::eventsLost, node, [](const QString &name, const QUuid &, quint64 count) {
        fail(u"%1 events of '%2' were lost"_s.arg(count).arg(name));
    });
}

qint64 countOf(const QVariantMap &arguments)
{
    return arguments.size() == 3 ? arguments.value(u"count"_s, -1).toLongLong() : -1;
}

} // namespace

int busServer(const RoleOptions &)
{
    PyventNode node;
    if (!serveSomewhere(&node))
        return sayFailed(node.lastError().text);
    say("ready", node.port());
    return QCoreApplication::exec();
}

int busSender(const RoleOptions &options)
{
    // A full queue is expected here, and how fast a terminal shows that is not what is measured.
    QLoggingCategory::setFilterRules(u"pyvent.node.warning=false"_s);
    PyventNode node(clientOptions(options));
    QTimer timer;
    qint64 sent = 0;
    qint64 heard = 0;
    node.on(progressName, &node, [&](const QVariantMap &arguments) { heard = countOf(arguments); });
    QObject::connect(&timer, &QTimer::timeout, &node, [&] {
        for (int i = 0; i < sendBatch && sent < options.events && sent < heard + maximumLead; ++i) {
            if (!node.send(orderName, sampleArguments(sent))) {
                if (node.lastError().code != PyventError::QueueFull)
                    fail(node.lastError().text);
                return; // the queue is full: again at the next turn
            }
            ++sent;
        }
        if (sent == options.events && node.send(endName))
            timer.stop();
    });
    node.whenReady().then(&node, [&] {
        say("started", nanoseconds());
        timer.start(0);
    });
    return QCoreApplication::exec();
}

int busReceiver(const RoleOptions &options)
{
    PyventNode node(clientOptions(options));
    failOnLoss(&node);
    qint64 heard = 0;
    qint64 finishedAt = 0;
    node.on(orderName, &node, [&](const QVariantMap &arguments) {
        if (const qint64 count = countOf(arguments); count != heard)
            return fail(u"event %1 of the bus came as number %2"_s.arg(count).arg(heard));
        if (++heard == options.events)
            finishedAt = nanoseconds();
        if (heard % progressStep == 0 && !node.send(progressName, sampleArguments(heard)))
            fail(node.lastError().text);
    });
    node.on(endName, &node, [&] {
        if (heard != options.events)
            return fail(u"of %1 events on the bus %2 were heard"_s.arg(options.events).arg(heard));
        say("finished", finishedAt);
        QCoreApplication::quit();
    });
    node.whenReady().then(&node, [] { say("ready"); });
    return QCoreApplication::exec();
}

int busPinger(const RoleOptions &options)
{
    PyventNode node(clientOptions(options));
    failOnLoss(&node);
    RoundTrips roundTrips(options.events);
    const auto ping = [&] {
        roundTrips.begin();
        if (!node.send(pingName, sampleArguments(roundTrips.count())))
            fail(node.lastError().text);
    };
    node.on(pongName, &node, [&](const QVariantMap &arguments) {
        roundTrips.end();
        if (const qint64 count = countOf(arguments); count != roundTrips.count() - 1)
            return fail(u"ping %1 was answered by pong %2"_s.arg(roundTrips.count() - 1).arg(count));
        if (!roundTrips.isComplete())
            return ping();
        roundTrips.sayResult();
        QCoreApplication::quit();
    });
    node.whenReady().then(&node, ping);
    return QCoreApplication::exec();
}

int busEcho(const RoleOptions &options)
{
    PyventNode node(clientOptions(options));
    failOnLoss(&node);
    node.on(pingName, &node, [&](const QVariantMap &arguments) {
        if (!node.send(pongName, arguments))
            fail(node.lastError().text);
    });
    node.whenReady().then(&node, [] { say("ready"); });
    return QCoreApplication::exec();
}

} // namespace Pyvent::Benchmarks
