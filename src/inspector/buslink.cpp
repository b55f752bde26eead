// SPDX-License-Identifier: MIT
#include "buslink.h"

#include <QtCore/qscopedvaluerollback.h>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// How long a server may take to answer before it is said that there is none.
constexpr auto patience = 1s;

// How long leaving may take: the window stands still meanwhile.
constexpr auto linger = 300ms;

} // namespace

BusLink::BusLink(QObject *parent)
    : QObject(parent)
    , m_place()
    , m_keyFile()
    , m_serverKey()
    , m_search()
{
    m_patience.setSingleShot(true);
    m_patience.setInterval(patience);
    connect(&m_patience, &QTimer::timeout, this, [this] {
        m_isUnanswered = !m_isHostUnknown;
        Q_EMIT stateChanged();
    });
    connect(&m_search, &QFutureWatcherBase::finished, this, [this] {
        if (!m_search.isCanceled() && m_search.future().resultCount() > 0)
            Q_EMIT answered(m_search.result());
    });
}

BusLink::~BusLink()
{
    m_patience.stop();
    if (m_node)
        m_node->disconnect(this);
}

void BusLink::join(const Place &place)
{
    leave();
    m_place = place;
    m_node = std::make_unique<PyventNode>();
    PyventNode *const node = m_node.get();
    // The errors first: an option that cannot be is one.
    connect(node, &PyventNode::errorOccurred, this, [this](const PyventError &error) {
        m_gaveUp = m_gaveUp || error.code == PyventError::EventsNotDelivered;
        if (error.code == PyventError::ServerNotResponding && error.subject == m_place.address) {
            m_isHostUnknown = true;
            m_isUnanswered = false;
            Q_EMIT stateChanged();
        }
        if (!m_isSending)
            Q_EMIT wentWrong(error);
    });
    PyventOptions options;
    options.address = place.address;
    options.port = place.port;
    options.nodeId = u"inspector"_s;
    options.server = false;
    options.linger = linger;
    options.security.keyFile = m_keyFile;
    options.security.serverKey = m_serverKey;
    if (!node->configure(options)) {
        m_node.reset();
        Q_EMIT stateChanged();
        return;
    }
    connect(node, &PyventNode::eventsLost, this, &BusLink::lost);
    connect(node, &PyventNode::eventsRefused, this, &BusLink::refused);
    connect(node, &PyventNode::unreadableFramesChanged, this,
            [this, node](quint64 count) { Q_EMIT unreadable(count, node->unreadableByName()); });
    Q_EMIT unreadable(0, {});
    connect(node, &PyventNode::stateChanged, this, &BusLink::noteState);
    connect(node, &PyventNode::servingChanged, this, &BusLink::stateChanged);
    connect(node, &PyventNode::received, this, &BusLink::received);
    connect(node, &PyventNode::unacknowledgedChanged, this, &BusLink::undeliveredChanged);
    node->tryStart();
    noteState();
}

void BusLink::leave()
{
    if (!m_node)
        return;
    m_patience.stop();
    m_isUnanswered = m_isHostUnknown = false;
    // Only errors count from here on: events that are given up are not undelivered any more, for the node.
    disconnect(m_node.get(), &PyventNode::unacknowledgedChanged, this, nullptr);
    disconnect(m_node.get(), &PyventNode::stateChanged, this, nullptr);
    disconnect(m_node.get(), &PyventNode::servingChanged, this, nullptr);
    m_gaveUp = false;
    m_node->stop(); // tells what could not be delivered
    m_node.reset();
    Q_EMIT stateChanged();
}

bool BusLink::isReady() const
{
    return m_node && m_node->state() == PyventNode::Ready;
}

QUuid BusLink::uuid() const
{
    return m_node ? m_node->uuid() : QUuid();
}

bool BusLink::isServing() const
{
    return m_node && m_node->isServer();
}

void BusLink::setServing(bool serving)
{
    if (m_node && serving)
        m_node->startServer();
    else if (m_node)
        m_node->stop(PyventNode::Server);
    Q_EMIT stateChanged();
}

QString BusLink::send(const QString &name, const QVariantMap &arguments, const QString &sender)
{
    if (!m_node)
        return tr("It was not sent: this window is not on a bus. Connect first.");
    const QScopedValueRollback sending(m_isSending, true);
    return m_node->send(name, arguments, {.sender = sender}) ? QString() : m_node->lastError().text;
}

qsizetype BusLink::undelivered() const
{
    return m_node ? m_node->unacknowledged() : 0;
}

void BusLink::findNodes()
{
    if (isReady() && !m_search.isRunning())
        m_search.setFuture(m_node->findNodes());
}

void BusLink::noteState()
{
    const bool isConnecting = m_node && m_node->state() == PyventNode::Connecting;
    m_isUnanswered = false;
    m_isHostUnknown = m_isHostUnknown && isConnecting; // which the node may have told before its state
    if (isConnecting)
        m_patience.start();
    else
        m_patience.stop();
    Q_EMIT stateChanged();
}

QString BusLink::stateText() const
{
    const QString where = m_place.address + u':' + QString::number(m_place.port);
    if (!m_node)
        return tr("Not connected");
    switch (m_node->state()) {
    case PyventNode::Ready:
        return isServing() ? tr("Serving at %1, hearing everything").arg(where)
                           : tr("Connected to %1, hearing everything").arg(where);
    case PyventNode::Subscribing:
        return tr("A server answers at %1; subscribing…").arg(where);
    case PyventNode::Connecting:
        if (m_isHostUnknown)
            return tr("The host %1 has no address; trying…").arg(m_place.address);
        return m_isUnanswered
            ? tr("Nobody serves port %1 of %2; trying…").arg(QString::number(m_place.port), m_place.address)
            : tr("Connecting to %1…").arg(where);
    case PyventNode::Stopped:
        break;
    }
    return tr("Stopped");
}

Tone BusLink::stateTone() const
{
    if (!m_node)
        return Tone::Quiet;
    if (isReady())
        return Tone::Good;
    return m_isUnanswered || m_isHostUnknown ? Tone::Bad : Tone::Waiting;
}

} // namespace Pyvent::Inspector
