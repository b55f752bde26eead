// SPDX-License-Identifier: MIT
#include "node/pyventnode_p.h"

#include "dispatch/fanout.h"
#include "dispatch/name.h"
#include "node/busendpoint.h"
#include "node/noderegistry.h"
#include "node/optionscheck.h"
#include "node/servererrors.h"
#include "transport/inheritedsockets.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qloggingcategory.h>
#include <QtCore/qsysinfo.h>
#include <QtCore/qthread.h>

#include <array>
#include <cerrno>
#include <random>

#include <unistd.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// Its own, because it is no error. Never deleted: the destructors of static objects may use a node.
const QLoggingCategory &unheard()
{
    static const auto *const category = new QLoggingCategory("pyvent.node.unheard");
    return *category;
}

// When a node that did not get what it needs tries again.
constexpr auto resourcesRetry = 500ms;

qint64 microsecondsSinceEpoch()
{
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

} // namespace

PyventNodePrivate::PyventNodePrivate(PyventNode *node, const PyventOptions &options)
    : m_session(m_uuid, microsecondsSinceEpoch, std::random_device()())
    , m_questions(&m_session(this->lock()))
    , m_waker(node)
{
    const Lock lock = this->lock();
    QString subject;
    PyventError &refusal = m_life(lock).refusal;
    if (const QString why = whyNotOptions(options, &subject); !why.isEmpty())
        refusal = {PyventError::InvalidOption, why, subject};
    apply(lock, refusal ? PyventOptions() : options);
    if (refusal)
        fail(lock, refusal);
    collectNews(lock);
}

PyventNodePrivate::~PyventNodePrivate() = default;

std::shared_ptr<PyventNodePrivate> PyventNodePrivate::replaceInChild(PyventNode *node)
{
    const std::shared_ptr<PyventNodePrivate> parents = node->d;
    // A handler may have forked, and returns to it.
    parents->m_group->forgetLock();
    parents->m_waker.nodeIsParents();
    const Life &life = parents->m_life.unguarded();
    if (life.isUsed)
        closeInheritedSockets(*life.endpoint);
    node->d = std::make_shared<PyventNodePrivate>(node, life.options);
    const Lock lock = node->d->lock();
    node->d->m_life(lock).refusal = {
        PyventError::UsedAfterFork,
        u"this node was made before fork() and belongs to process %1, not to this one, %2: make a node after fork()"_s
            .arg(::getppid())
            .arg(::getpid()),
        u"fork"_s};
    // Told with the first use. Nothing else is done here: another thread may have held any lock when the process forked.
    if (parents->m_session.unguarded().state() != Session::State::Stopped)
        node->d->notify(lock, [](PyventNode *own) { Q_EMIT own->stateChanged(PyventNode::Stopped); });
    if (parents->m_serving.unguarded().isServing())
        node->d->notify(lock, [](PyventNode *own) { Q_EMIT own->servingChanged(false); });
    return parents;
}

// Options

bool PyventNodePrivate::setOptions(const PyventOptions &options)
{
    const Lock lock = this->lock();
    QString subject;
    if (!checkProcess(lock))
        return false;
    if (m_life(lock).isUsed) {
        fail(lock,
             {PyventError::ConfiguredTooLate,
              u"the options cannot be changed any more, because the node has been used; configure it before its "
              "first use, or after stop()"_s,
              u"options"_s});
        return false;
    }
    if (const QString why = whyNotOptions(options, &subject); !why.isEmpty()) {
        fail(lock, {PyventError::InvalidOption, why, subject});
        return false;
    }
    const PyventOptions before = m_life(lock).options;
    apply(lock, options);
    m_life(lock).refusal = {};
    if (before.port != options.port)
        notify(lock, [port = options.port](PyventNode *node) { Q_EMIT node->portChanged(port); });
    if (before.address != options.address)
        notify(lock, [address = options.address](PyventNode *node) { Q_EMIT node->addressChanged(address); });
    if (before.nodeId != options.nodeId)
        notify(lock, [id = options.nodeId](PyventNode *node) { Q_EMIT node->nodeIdChanged(id); });
    if (before.server != options.server)
        notify(lock, [server = options.server](PyventNode *node) { Q_EMIT node->serverChanged(server); });
    return true;
}

void PyventNodePrivate::apply(const Lock &lock, const PyventOptions &options)
{
    m_life(lock).options = options;
    m_session(lock).configure(options);
}

// The node's life

bool PyventNodePrivate::mayBeUsed(const Lock &lock)
{
    const Life &life = m_life(lock);
    if (life.hasEnded) // and a destructor of the user's, which its end runs, uses it once more
        return false;
    if (life.refusal) // a node on the default port is not what was asked for
        fail(lock, life.refusal);
    return !life.refusal;
}

bool PyventNodePrivate::checkProcess(const Lock &lock)
{
    const PyventError &refusal = m_life(lock).refusal;
    if (refusal.code != PyventError::UsedAfterFork)
        return true;
    fail(lock, refusal);
    return false;
}

bool PyventNodePrivate::start(const Lock &lock)
{
    if (!mayBeUsed(lock))
        return false;
    Life &life = m_life(lock);
    m_serving(lock).allow(life.options.server);
    if (life.driver)
        return true;
    use(life);
    if (life.retryAt && Clock::now() < *life.retryAt) {
        m_session(lock).news().failAgain(resourcesError(u"since a moment ago"_s));
        return false;
    }
    NodeRegistry::starts();
    if (life.options.server)
        serve(lock, Serving::How::ByItself);
    if (!joinLink(lock))
        return false;
    scheduleTurn();
    if (m_waker.isNodeThread() && QThread::currentThread()->loopLevel() == 0)
        life.driver->driveAtOnce();
    return true;
}

// From now on the options stay as they are.
void PyventNodePrivate::use(Life &life)
{
    if (!std::exchange(life.isUsed, true))
        life.endpoint = endpointOf(life.options);
}

// False: the system does not give what that takes. It is tried again with the next use, and by the node's event loop.
bool PyventNodePrivate::joinLink(const Lock &lock)
{
    const Clock::time_point now = Clock::now();
    Life &life = m_life(lock);
    Session &session = m_session(lock);
    session.setInfo({.program = QString::fromLocal8Bit(program_invocation_short_name),
                     .host = QSysInfo::machineHostName(),
                     .pid = QCoreApplication::applicationPid(),
                     .serving = isServing(lock)});
    try {
        const auto driver = m_group->driver(lock, *life.endpoint, life.options.maximumEventSize);
        driver->join(lock, this, session, now);
        life.driver = driver;
        life.retryAt.reset();
    } catch (const std::exception &error) {
        const PyventError resources = resourcesError(QString::fromLocal8Bit(error.what()));
        if (std::exchange(life.retryAt, now + resourcesRetry))
            session.news().failAgain(resources);
        else
            session.news().fail(resources);
        session.awaitLink(true, now);
        scheduleTurn(); // which sets the timer
    }
    collectNews(lock);
    return life.driver != nullptr;
}

bool PyventNodePrivate::startServer(const Lock &lock)
{
    if (!mayBeUsed(lock))
        return false;
    const bool serves = serve(lock, Serving::How::ByHand);
    start(lock);
    return serves;
}

bool PyventNodePrivate::serve(const Lock &lock, Serving::How how)
{
    Serving &serving = m_serving(lock);
    if (serving.isServing())
        return true;
    Life &life = m_life(lock);
    use(life);
    PyventError error;
    if (serving.start(*life.endpoint, life.options, how, &error)) {
        m_session(lock).setServing(true);
        notify(lock, [](PyventNode *node) { Q_EMIT node->servingChanged(true); });
    }
    if (error)
        fail(lock, error);
    return serving.isServing();
}

void PyventNodePrivate::stop(PyventNode::Parts parts)
{
    // Destroyed without the lock, since that runs destructors and continuations of the user's.
    Session::Left left;
    std::vector<QPromise<void>> promises;
    if (parts & PyventNode::Client) {
        const Lock lock = this->lock();
        m_questions(lock).stopAsking();
        m_questions(lock).stopAnswering(Clock::now());
    }
    runDue();
    Lock lock = this->lock();
    const Clock::time_point deadline = Clock::now() + options(lock).linger;
    if (m_life(lock).refusal.code == PyventError::UsedAfterFork)
        m_session(lock).news().failAgain(m_life(lock).refusal); // and not told, because it is as if it had been done
    if (parts & PyventNode::Client) {
        stopClient(lock, deadline, &left);
        promises = m_notices(lock).takeReadyPromises();
    }
    if (parts & PyventNode::Server)
        stopServer(lock, deadline);
    m_life(lock).isUsed = m_life(lock).driver || isServing(lock);
    m_group->changed();
    lock.unlock();
    runDue();
}

void PyventNodePrivate::stopClient(Lock &lock, Clock::time_point deadline, Session::Left *left)
{
    Life &life = m_life(lock);
    const Session &session = m_session(lock);
    if (!life.driver && !life.retryAt)
        return;
    waitUntil(lock, deadline, [&] { return !life.driver || session.waiting().unacknowledged == 0; });
    const qsizetype events = session.waiting().unacknowledged;
    if (events > 0) {
        fail(lock,
             {PyventError::EventsNotDelivered,
              u"%1 events were not acknowledged by a server within the linger of %2 ms, and are given up"_s.arg(events)
                  .arg(life.options.linger.count()),
              QString::number(events)});
    }
    // Else the server would take it for lost.
    if (events == 0 && life.driver && m_session(lock).sayGone(Clock::now()))
        waitUntil(lock, deadline, [&] { return !life.driver || session.waiting().unacknowledged == 0; });
    // Before another node's event loop watches the same descriptor.
    if (m_waker.isNodeThread())
        m_waker.disarm();
    else
        scheduleTurn();
    leaveLink(lock, left);
}

void PyventNodePrivate::leaveLink(const Lock &lock, Session::Left *left)
{
    Life &life = m_life(lock);
    Session &session = m_session(lock);
    if (const auto driver = std::exchange(life.driver, nullptr)) {
        if (driver->link(lock).hadCompany()) // other nodes of this program's, which share the connection
            m_serving(lock).wasHeard();
        *left = driver->leave(lock, this, session, Clock::now());
    } else {
        *left = session.leave(Clock::now());
    }
    life.retryAt.reset();
    m_questions(lock).stopAsking();
    m_serving(lock).forgetComplaints();
    collectNews(lock);
    m_notices(lock).updateCounts(session);
}

void PyventNodePrivate::stopServer(Lock &lock, Clock::time_point deadline)
{
    if (!isServing(lock))
        return;
    const std::unique_ptr<Server> server = m_serving(lock).takeServer();
    servingEnds(lock);
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    lock.unlock();
    server->stop(std::max(rest, 0ms));
    lock.lock();
    const auto &driver = m_life(lock).driver;
    const QString text = m_serving(lock).takeUnheard(*server, driver && driver->link(lock).hadCompany());
    lock.unlock();
    if (!text.isEmpty())
        qCInfo(unheard).noquote() << text;
    lock.lock();
}

void PyventNodePrivate::servingEnds(const Lock &lock)
{
    m_session(lock).setServing(false);
    notify(lock, [](PyventNode *node) { Q_EMIT node->servingChanged(false); });
}

void PyventNodePrivate::nodeEnds()
{
    stop(PyventNode::Client | PyventNode::Server);
    {
        const Lock lock = this->lock();
        m_life(lock).hasEnded = true;
    }
    stop(PyventNode::Client | PyventNode::Server); // what another thread has begun in between
    m_waker.nodeEnds();
    ReceiverTable::Removal removal;
    decltype(Feeds::subscriptions) subscriptions;
    decltype(Feeds::sets) sets;
    std::deque<Notices::Notice> notices; // with promises of the user's
    {
        const Lock lock = this->lock();
        notices = m_notices(lock).takeAll();
        sets.swap(m_feeds(lock).sets);
        removal = m_session(lock).table().removeIf([](const Receiver &) { return true; });
        subscriptions.swap(m_feeds(lock).subscriptions);
    }
    removal.receivers.clear();
    for (const auto &[key, subscription] : subscriptions)
        delete subscription;
}

PyventNode::State PyventNodePrivate::state(const Lock &lock) const
{
    return publicState(m_session(lock).state());
}

// Sending

bool PyventNodePrivate::send(const Lock &lock, QAnyStringView name, const ArgumentList &arguments,
                             const QString &sender)
{
    Session &session = m_session(lock);
    if (!session.isJoined() && !mayName(lock, name)) // before the event has got a number
        return false;
    if (!start(lock)) // which may serve again, if it had stopped to
        return false;
    const bool sent = session.send(name, arguments, sender, Clock::now(), m_serving(lock).unheard());
    hasSent(lock);
    return sent;
}

bool PyventNodePrivate::mayName(const Lock &lock, QAnyStringView name)
{
    const QString text = name.toString();
    const QString why = whyNotAName(text);
    if (!why.isEmpty())
        fail(lock, {PyventError::InvalidName, why, text});
    return why.isEmpty();
}

void PyventNodePrivate::hasSent(const Lock &lock)
{
    if (m_turningThread.load(std::memory_order_relaxed) == QThread::currentThreadId())
        m_life(lock).driver->sentInTurn(lock, m_session(lock));
    else
        wantService(lock);
}

bool PyventNodePrivate::forward(const PyventFrame &frame)
{
    Lock lock = this->lock();
    const bool isTaken = (m_session(lock).isJoined() || mayName(lock, frame.name)) && start(lock)
        && m_session(lock).forward(frame, Clock::now(), m_serving(lock).unheard());
    if (m_life(lock).driver)
        hasSent(lock);
    if (hasNews(lock)) {
        lock.unlock();
        tell();
    }
    return isTaken;
}

bool PyventNodePrivate::setAbout(const QVariantMap &about)
{
    const Lock lock = this->lock();
    if (!m_session(lock).setAbout(about)) {
        fail(lock,
             {PyventError::InvalidArgument, u"what a node says of itself, setAbout(), may take 8 KiB at most"_s, {}});
        return false;
    }
    wantService(lock);
    return true;
}

void PyventNodePrivate::announce(const QUuid &node, bool asForwarder)
{
    const Lock lock = this->lock();
    m_session(lock).announce(node, asForwarder);
    if (m_life(lock).driver)
        wantService(lock);
}

void PyventNodePrivate::hearDescriptions()
{
    const Lock lock = this->lock();
    m_session(lock).hearDescriptions();
}

void PyventNodePrivate::watchNodes()
{
    const Lock lock = this->lock();
    m_session(lock).watch(Clock::now());
    wantService(lock);
    start(lock);
}

bool PyventNodePrivate::setWill(const QString &name, const QVariantMap &args, const QString &sender)
{
    const Lock lock = this->lock();
    const bool isSet = m_session(lock).setWill(name, args, sender, Clock::now());
    wantService(lock);
    return isSet;
}

void PyventNodePrivate::clearWill()
{
    const Lock lock = this->lock();
    m_session(lock).clearWill();
    wantService(lock);
}

// From when on the count is told to somebody.
void PyventNodePrivate::tellAcknowledged()
{
    const Lock lock = this->lock();
    m_notices(lock).tellAcknowledged();
}

bool PyventNodePrivate::sendAndTell(QAnyStringView name, const ArgumentList &arguments,
                                    const PyventSendOptions &options)
{
    Lock lock = this->lock();
    const bool sent = send(lock, name, arguments, options.sender);
    if (hasNews(lock)) {
        lock.unlock();
        tell();
    }
    return sent;
}

void PyventNodePrivate::dispatch(const QString &name, const QVariantMap &arguments, const QString &sender)
{
    const auto event = std::make_shared<PyventEvent>();
    event->name = name;
    event->args = arguments;
    event->nodeId = m_uuid;
    event->time = QDateTime::currentDateTimeUtc();
    const std::shared_ptr<PyventNodePrivate> self = shared_from_this();
    std::array<Fanout, 2> fanouts = [&] {
        const Lock lock = this->lock();
        event->sender = sender.isEmpty() ? m_session(lock).defaultSender() : sender;
        const ReceiverTable &table = m_session(lock).table();
        const QByteArray topic = name.toUtf8();
        return std::array{Fanout(event, table.match(topic)), Fanout(event, table.matchNewest(topic))};
    }();
    for (Fanout &fanout : fanouts) {
        while (node()) {
            const std::shared_ptr<Receiver> receiver = fanout.next();
            if (!receiver)
                break;
            if (receiver->hears() == Receiver::Hears::Arguments)
                deliver(*receiver, *event);
        }
    }
}
