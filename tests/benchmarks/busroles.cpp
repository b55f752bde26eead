// SPDX-License-Identifier: MIT
#include "busroles.h"

#include "sampleframe.h"

#include <PyventNode>

#include <QtCore/qcoreapplication.h>
#include <QtCore/qloggingcategory.h>
#include <QtCore/qtimer.h>

#include <memory>
#include <vector>

namespace Pyvent::Benchmarks {

using namespace Qt::StringLiterals;

namespace {

// How many events a sender sends per turn of its event loop.
constexpr int sendBatch = 100;

PyventOptions clientOptions(const RoleOptions &options)
{
    return {.port = options.port, .server = false, .lane = options.lane};
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

// As users write it.
bool sendSample(PyventNode *node, qint64 count, const QByteArray &payload)
{
    if (!payload.isEmpty())
        return node->send(orderName, sampleArguments(count, payload));
    return node->send(orderName, {{u"food"_s, u"sushi"_s}, {u"drink"_s, u"sake"_s}, {u"count"_s, count}});
}

// The nodes of a process that hears, once all of them have heard everything.
class Receivers
{
public:
    explicit Receivers(const RoleOptions &options)
        : m_options(options)
        , m_nodes(std::size_t(options.nodes))
    {
        for (Receiver &receiver : m_nodes)
            connect(receiver);
    }

private:
    struct Receiver
    {
        std::unique_ptr<PyventNode> node;
        qint64 heard = 0;
    };

    void connect(Receiver &receiver)
    {
        receiver.node = std::make_unique<PyventNode>(clientOptions(m_options));
        PyventNode *node = receiver.node.get();
        failOnLoss(node);
        node->on(orderName, node, [this, &receiver](const QVariantMap &arguments) {
            if (const qint64 count = countOf(arguments, m_options.payload); count != receiver.heard)
                return fail(u"event %1 of the bus came as number %2"_s.arg(count).arg(receiver.heard));
            if (++receiver.heard == m_options.events)
                m_finishedAt = nanoseconds();
            if (receiver.heard % progressStep(m_options) == 0
                && !receiver.node->send(progressName, sampleArguments(receiver.heard)))
                fail(receiver.node->lastError().text);
        });
        node->on(endName, node, [this, &receiver] {
            if (receiver.heard != m_options.events)
                return fail(u"of %1 events on the bus %2 were heard"_s.arg(m_options.events).arg(receiver.heard));
            if (++m_over == m_options.nodes)
                say("finished", m_finishedAt);
        });
        for (int i = 0; i < m_options.handlers; ++i)
            node->on(otherName(i), node, [] { fail(u"an event was heard that nobody sent"_s); });
        node->whenReady().then(node, [this] {
            if (++m_ready == m_options.nodes)
                say("ready");
        });
    }

    const RoleOptions m_options;
    std::vector<Receiver> m_nodes;
    int m_ready = 0;
    int m_over = 0;
    qint64 m_finishedAt = 0;
};

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
    const QByteArray payload(options.payload, '\0');
    QTimer timer;
    timer.setTimerType(Qt::PreciseTimer);
    qint64 sent = 0;
    qint64 heard = 0;
    qint64 startedAt = 0;
    const auto sendMore = [&] {
        // Where the receiver or the queue sets the pace, looking again at once would only take the processor from them.
        const bool isAhead = sent >= heard + maximumLead(options);
        timer.setInterval(options.rate > 0 || isAhead ? 1 : 0);
        const qint64 until = options.rate > 0 ? due(options, startedAt) : std::min(options.events, sent + sendBatch);
        for (; sent < std::min(until, heard + maximumLead(options)); ++sent) {
            if (sendSample(&node, sent, payload))
                continue;
            if (node.lastError().code != PyventError::QueueFull)
                fail(node.lastError().text);
            timer.setInterval(1); // the queue is full: again when there is room
            return;
        }
        if (sent == options.events && node.send(endName))
            timer.stop();
    };
    QObject::connect(&timer, &QTimer::timeout, &node, sendMore);
    node.on(progressName, &node, [&](const QVariantMap &arguments) {
        heard = countOf(arguments);
        if (timer.isActive()) // a timer's millisecond is long where events are large
            sendMore();
    });
    node.whenReady().then(&node, [&] {
        startedAt = nanoseconds();
        say("started", startedAt);
        timer.start();
    });
    return QCoreApplication::exec();
}

int busReceiver(const RoleOptions &options)
{
    const Receivers receivers(options);
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

int busListener(const RoleOptions &options)
{
    PyventNode node(clientOptions(options));
    bool hasHeard = false;
    node.on(orderName, &node, [&] {
        if (!std::exchange(hasHeard, true))
            say("first", nanoseconds());
    });
    return QCoreApplication::exec();
}

int busIdler(const RoleOptions &options)
{
    std::vector<std::unique_ptr<PyventNode>> nodes;
    int ready = 0;
    for (int i = 0; i < options.nodes; ++i) {
        nodes.push_back(std::make_unique<PyventNode>(clientOptions(options)));
        PyventNode *node = nodes.back().get();
        node->on(pingName, node, [] { fail(u"an event was heard that nobody sent"_s); });
        node->whenReady().then(node, [&] {
            if (++ready == options.nodes)
                say("ready");
        });
    }
    return QCoreApplication::exec();
}

// One that may take over: it sends an event each millisecond, and says when it hears one again after it has lost the server.
int busHeir(const RoleOptions &options)
{
    PyventNode node(PyventOptions{.port = options.port, .lane = options.lane});
    bool hasLost = false;
    QTimer timer;
    timer.setTimerType(Qt::PreciseTimer);
    QObject::connect(&timer, &QTimer::timeout, &node, [&] {
        if (!node.send(orderName))
            fail(node.lastError().text);
    });
    QObject::connect(&node, &PyventNode::stateChanged, &node,
                     [&](PyventNode::State state) { hasLost = hasLost || state != PyventNode::State::Ready; });
    node.on(orderName, &node, [&] {
        if (node.state() == PyventNode::State::Ready && std::exchange(hasLost, false))
            say("resumed", nanoseconds());
    });
    node.whenReady().then(&node, [&] {
        hasLost = false;
        say("ready");
        timer.start(1);
    });
    return QCoreApplication::exec();
}

} // namespace Pyvent::Benchmarks
