// SPDX-License-Identifier: MIT
#include "pyventqmlnode.h"

#include "declaredsignal.h"
#include "nodelink.h"
#include "pendingquestion.h"
#include "pendingwait.h"
#include "valuefromjs.h"

#include <PyventPattern>

#include <QtQml/qjsengine.h>

#include <algorithm>

using namespace Pyvent::Qml;
using namespace Qt::StringLiterals;

namespace {

// The name that a function was called with; null if none was given.
QString nameFrom(const QJSValue &name)
{
    if (name.isUndefined() || name.isNull())
        return QString();
    const QString text = name.toString();
    return text.isNull() ? u""_s : text;
}

const QMetaMethod &eventSignal()
{
    using Signal = void (PyventQmlNode::*)(const QString &, const QVariantMap &, const PyventQmlEvent &);
    static const QMetaMethod signal = QMetaMethod::fromSignal(static_cast<Signal>(&PyventQmlNode::event));
    return signal;
}

// Whether the program is wrong, and not the world.
bool isMistake(PyventError::Code code)
{
    switch (code) {
    case PyventError::InvalidName:
    case PyventError::InvalidArgument:
    case PyventError::InvalidHandler:
    case PyventError::InvalidOption:
    case PyventError::ConfiguredTooLate:
    case PyventError::EventTooLarge:
    case PyventError::UsedAfterFork:
        return true;
    default:
        return false;
    }
}

} // namespace

PyventQmlNode::PyventQmlNode(QObject *parent)
    : QObject(parent)
    , m_options()
    , m_will(QJSValue::NullValue)
    , m_data()
    , m_warnings(this)
    , m_node()
    , m_namesContext()
    , m_nodesContext()
    , m_links()
    , m_waits()
    , m_questions()
{
}

PyventQmlNode::~PyventQmlNode()
{
    for (PendingWait *wait : std::exchange(m_waits, {}))
        wait->giveUp(u"the element was destroyed"_s);
    for (PendingQuestion *question : std::exchange(m_questions, {}))
        question->giveUp({PyventAskError::Stopped, u"the element was destroyed"_s});
    for (NodeLink *link : std::exchange(m_links, {}))
        link->nodeEnds();
    if (m_node)
        m_node->disconnect(this);
}

// Options

template <typename T>
void PyventQmlNode::setOption(const char *name, T PyventOptions::*option, const T &value,
                              void (PyventQmlNode::*changed)())
{
    if (m_options.*option == value)
        return;
    if (m_node) {
        const QString property = QString::fromLatin1(name);
        tell({PyventError::ConfiguredTooLate,
              u"'%1' cannot be changed any more, because the node is on the bus: give it a value from the start, or "
              "change it while 'active' is false"_s.arg(property),
              property});
        return;
    }
    m_options.*option = value;
    Q_EMIT(this->*changed)();
    start(); // if it could not with the options before
}

template <typename T>
void PyventQmlNode::setSecurity(const char *name, T PyventSecurity::*option, const T &value,
                                void (PyventQmlNode::*changed)())
{
    PyventSecurity security = m_options.security;
    security.*option = value;
    setOption(name, &PyventOptions::security, security, changed);
}

void PyventQmlNode::setPort(int port)
{
    setOption("port", &PyventOptions::port, port, &PyventQmlNode::portChanged);
}

void PyventQmlNode::setAddress(const QString &address)
{
    setOption("address", &PyventOptions::address, address, &PyventQmlNode::addressChanged);
}

void PyventQmlNode::setNodeId(const QString &id)
{
    setOption("nodeId", &PyventOptions::nodeId, id, &PyventQmlNode::nodeIdChanged);
}

void PyventQmlNode::setServer(bool server)
{
    setOption("server", &PyventOptions::server, server, &PyventQmlNode::serverChanged);
}

void PyventQmlNode::setHearOwnEvents(bool hear)
{
    setOption("hearOwnEvents", &PyventOptions::hearOwnEvents, hear, &PyventQmlNode::hearOwnEventsChanged);
}

void PyventQmlNode::setKeyFile(const QString &path)
{
    setSecurity("keyFile", &PyventSecurity::keyFile, path, &PyventQmlNode::keyFileChanged);
}

void PyventQmlNode::setServerKey(const QString &keyOrPath)
{
    setSecurity("serverKey", &PyventSecurity::serverKey, keyOrPath, &PyventQmlNode::serverKeyChanged);
}

void PyventQmlNode::setAllowFile(const QString &path)
{
    setSecurity("allowFile", &PyventSecurity::allowFile, path, &PyventQmlNode::allowFileChanged);
}

void PyventQmlNode::setOpenToNetwork(bool open)
{
    setSecurity("openToNetwork", &PyventSecurity::openToNetwork,
                open ? PyventOpenToNetwork::Yes : PyventOpenToNetwork::No, &PyventQmlNode::openToNetworkChanged);
}

void PyventQmlNode::setLinger(int milliseconds)
{
    setOption("linger", &PyventOptions::linger, std::chrono::milliseconds(milliseconds), &PyventQmlNode::lingerChanged);
}

// The element's life

void PyventQmlNode::componentComplete()
{
    m_isComplete = true;
    start();
}

void PyventQmlNode::setActive(bool active)
{
    if (std::exchange(m_isActive, active) == active)
        return;
    const QPointer<PyventQmlNode> alive(this);
    Q_EMIT activeChanged();
    if (!alive || m_isActive != active)
        return;
    if (active)
        start();
    else
        stop(u"'active' is false"_s);
}

void PyventQmlNode::start()
{
    if (!m_isActive || !m_isComplete || m_node)
        return;
    auto node = std::make_unique<PyventNode>();
    connect(node.get(), &PyventNode::errorOccurred, this, &PyventQmlNode::tell);
    const QPointer<PyventQmlNode> alive(this);
    if (!node->configure(m_options) || !alive || !m_isActive)
        return;
    m_node = std::move(node);
    for (const auto links = m_links; NodeLink * link : links)
        link->nodeStarted(m_node.get());
    giveWill();
    hearDeclaredSignals();
    hearNames();
    watchNodes();
    if (!alive || !m_node)
        return;
    connect(m_node.get(), &PyventNode::stateChanged, this, &PyventQmlNode::updateState);
    connect(m_node.get(), &PyventNode::servingChanged, this, &PyventQmlNode::updateState);
    connect(m_node.get(), &PyventNode::sendQueueChanged, this, &PyventQmlNode::sendQueueChanged);
    connect(m_node.get(), &PyventNode::unacknowledgedChanged, this, &PyventQmlNode::unacknowledgedChanged);
    connect(m_node.get(), &PyventNode::unreadableFramesChanged, this, &PyventQmlNode::unreadableFramesChanged);
    connect(m_node.get(), &PyventNode::eventsLost, this,
            [this](const QString &name, const QUuid &nodeId, quint64 count) {
                Q_EMIT eventsLost(name, nodeId.toString(QUuid::WithoutBraces), double(count));
            });
    connect(m_node.get(), &PyventNode::eventsRefused, this,
            [this](const QString &name, const QUuid &nodeId, quint64 count, const QString &why) {
                Q_EMIT eventsRefused(name, nodeId.toString(QUuid::WithoutBraces), double(count), why);
            });
    m_node->tryStart();
    if (alive)
        updateState();
}

void PyventQmlNode::stop(const QString &why)
{
    if (!m_node)
        return;
    m_namesContext.reset();
    m_nodesContext.reset();
    for (NodeLink *link : m_links)
        link->nodeStopped();
    for (PendingWait *wait : std::exchange(m_waits, {}))
        wait->giveUp(why);
    for (PendingQuestion *question : std::exchange(m_questions, {}))
        question->giveUp({PyventAskError::Stopped, why});
    const std::unique_ptr<PyventNode> node = std::move(m_node);
    const QPointer<PyventQmlNode> alive(this);
    node->stop(); // tells of what could not be delivered
    if (alive)
        updateState();
    if (alive && node->unreadableFrames() > 0)
        Q_EMIT unreadableFramesChanged(); // the next node counts from 0
}

void PyventQmlNode::updateState()
{
    const State state = m_node ? State(m_node->state()) : Stopped;
    const bool isServing = m_node && m_node->isServer();
    const bool wasReady = isReady();
    const bool stateChanges = std::exchange(m_state, state) != state;
    const bool readyChanges = isReady() != wasReady;
    const bool servingChanges = std::exchange(m_isServing, isServing) != isServing;
    const QPointer<PyventQmlNode> alive(this);
    if (servingChanges)
        Q_EMIT servingChanged();
    if (alive && stateChanges)
        Q_EMIT stateChanged();
    if (alive && readyChanges)
        Q_EMIT readyChanged();
}

void PyventQmlNode::tell(const PyventError &error)
{
    if (isMistake(error.code))
        warn(error.text);
    Q_EMIT errorOccurred(PyventQmlError(error));
}

// Hearing

void PyventQmlNode::setNames(const QStringList &names)
{
    if (std::exchange(m_names, names) == names)
        return;
    hearNames();
    Q_EMIT namesChanged();
}

void PyventQmlNode::connectNotify(const QMetaMethod &signal)
{
    if (signal == eventSignal() && !m_namesContext)
        hearNames();
    if (isOfOthers(signal) && !m_nodesContext)
        watchNodes();
}

void PyventQmlNode::disconnectNotify(const QMetaMethod &signal)
{
    // Qt may hold locks of its own.
    if (!signal.isValid() || signal == eventSignal())
        QMetaObject::invokeMethod(this, &PyventQmlNode::hearNames, Qt::QueuedConnection);
    if (!signal.isValid() || isOfOthers(signal))
        QMetaObject::invokeMethod(this, &PyventQmlNode::watchNodes, Qt::QueuedConnection);
}

void PyventQmlNode::hearNames()
{
    m_namesContext.reset();
    if (!m_node || !isSignalConnected(eventSignal()))
        return;
    m_namesContext = std::make_unique<QObject>();
    QList<PyventPattern> before; // an event is told once, however many names it fits
    for (const PyventPattern pattern : std::as_const(m_names)) {
        if (const QString why = pattern.whyInvalid(); !why.isEmpty()) {
            warn(u"'names' has a name that is not allowed: "_s + why);
            continue;
        }
        m_node->on(pattern.text(), {.sender = PyventSender::Any}, m_namesContext.get(),
                   [this, before](const PyventEvent &arrived) {
                       const auto fits = [&](const PyventPattern &other) { return other.matches(arrived.name); };
                       if (std::any_of(before.cbegin(), before.cend(), fits))
                           return;
                       const PyventQmlEvent heard(arrived);
                       Q_EMIT event(arrived.name, heard.args(), heard);
                   });
        before.append(pattern);
    }
}

void PyventQmlNode::hearDeclaredSignals()
{
    for (const DeclaredSignal &signal : DeclaredSignal::of(this, staticMetaObject)) {
        for (const QString &name : signal.eventNames()) {
            if (!m_node)
                return;
            if (const QString why = PyventPattern(name).whyInvalid(); why.isEmpty())
                m_node->on(name, this, [this, signal](const PyventEvent &event) { callDeclared(signal, event); });
            else
                warn(u"the signal '%1' hears nothing: %2"_s.arg(signal.name(), why));
        }
    }
}

void PyventQmlNode::callDeclared(const DeclaredSignal &signal, const PyventEvent &event)
{
    const QString why = signal.emitFor(this, event, qjsEngine(this));
    if (why.isEmpty())
        return;
    warn(u"the signal '%1' was not emitted for the event '%2': %3"_s.arg(signal.name(), event.name, why));
    Q_EMIT handlerFailed(event.name, why);
}

void PyventQmlNode::addLink(NodeLink *link)
{
    m_links.push_back(link);
    if (m_node)
        link->nodeStarted(m_node.get());
}

void PyventQmlNode::removeLink(NodeLink *link)
{
    std::erase(m_links, link);
}

// Sending

PyventError PyventQmlNode::check(const QString &name, const QJSValue &args, const QString &sender,
                                 QVariantMap *arguments) const
{
    QString why = PyventPattern(name).whyInvalid();
    if (why.isEmpty() && !sender.isEmpty())
        why = PyventSender(sender).whyInvalid();
    if (!why.isEmpty())
        return {PyventError::InvalidName, why, name};
    ValueFromJs reader(qjsEngine(this));
    if (!reader.readArguments(args, arguments))
        return {PyventError::InvalidArgument, reader.problem(), name};
    return {};
}

bool PyventQmlNode::send(const QJSValue &name, const QJSValue &args, const QString &sender)
{
    const QString text = nameFrom(name);
    QVariantMap arguments;
    return read(u"send"_s, text, args, sender, &arguments) && m_node->send(text, arguments, {.sender = sender});
}

bool PyventQmlNode::dispatch(const QJSValue &name, const QJSValue &args, const QString &sender)
{
    const QString text = nameFrom(name);
    QVariantMap arguments;
    return read(u"dispatch"_s, text, args, sender, &arguments) && m_node->dispatch(text, arguments, sender);
}

// Reads what the function \a function was called with; warns, and returns false, where that cannot be sent.
bool PyventQmlNode::read(const QString &function, const QString &name, const QJSValue &args, const QString &sender,
                         QVariantMap *arguments)
{
    if (name.isNull()) {
        tell({PyventError::InvalidName, u"%1() does nothing: the event's name is missing"_s.arg(function), name});
        return false;
    }
    const QString call = u"%1(\"%2\") does nothing"_s.arg(function, name);
    if (!m_node) {
        warn(call + u", because the element is not on the bus"_s);
        return false;
    }
    if (PyventError error = check(name, args, sender, arguments)) {
        error.text.prepend(call + u": "_s);
        tell(error);
        return false;
    }
    return true;
}

QVariantMap PyventQmlNode::unreadableByName() const
{
    QVariantMap counts;
    const QMap<QString, quint64> byName = m_node ? m_node->unreadableByName() : QMap<QString, quint64>();
    for (auto name = byName.cbegin(); name != byName.cend(); ++name)
        counts.insert(name.key(), double(name.value()));
    return counts;
}

// Waiting

PyventError PyventQmlNode::read(const QString &name, const QJSValue &timeout, const QJSValue &options,
                                WaitRequest *request) const
{
    request->name = name;
    if (name.isNull())
        return {PyventError::InvalidName, u"the event's name is missing"_s, name};
    if (timeout.isUndefined())
        return {PyventError::InvalidArgument, u"the time-out in milliseconds is missing"_s, name};
    if (!timeout.isNumber())
        return {PyventError::InvalidArgument, u"the time-out is not a number of milliseconds"_s, name};
    request->timeout = timeout.toInt();
    const bool hasOptions = options.isObject() && !options.isCallable();
    request->callback = hasOptions ? options.property(u"callback"_s) : options;
    QString sender;
    if (hasOptions && options.hasProperty(u"sender"_s)) {
        sender = options.property(u"sender"_s).toString();
        request->sender = sender.isEmpty() ? PyventSender(PyventSender::Any) : PyventSender(sender);
    }
    if (const PyventError error = check(name, QJSValue(), sender, &request->args))
        return error;
    if (!hasOptions || !options.hasProperty(u"send"_s))
        return {};
    request->send = options.property(u"send"_s).toString();
    return check(request->send, options.property(u"args"_s), QString(), &request->args);
}

QJSValue PyventQmlNode::waitFor(const QJSValue &event, const QJSValue &timeout, const QJSValue &callback)
{
    const QString name = nameFrom(event);
    QJSEngine *const engine = qjsEngine(this);
    if (!engine)
        return {};
    WaitRequest request;
    PyventError error = read(name, timeout, callback, &request);
    auto *wait = new PendingWait(this, engine, request);
    const QJSValue promise = wait->promise();
    if (error) {
        wait->giveUp(error.text);
        error.text.prepend(
            (name.isNull() ? u"waitFor() hears nothing: "_s : u"waitFor(\"%1\") hears nothing: "_s.arg(name)));
        tell(error);
    } else if (!m_node) {
        wait->giveUp(u"the element is not on the bus"_s);
        warn(u"waitFor(\"%1\") hears nothing, because the element is not on the bus"_s.arg(name));
    } else {
        m_waits.push_back(wait);
        wait->start(m_node.get());
    }
    return promise;
}

void PyventQmlNode::removeWait(PendingWait *wait)
{
    std::erase(m_waits, wait);
}

QJSValue PyventQmlNode::ask(const QJSValue &name, const QJSValue &args, const QJSValue &options)
{
    return ask(u"ask"_s, nameFrom(name), args, options);
}

QJSValue PyventQmlNode::askAll(const QJSValue &name, const QJSValue &args, const QJSValue &options)
{
    return ask(u"askAll"_s, nameFrom(name), args, options);
}

// Children

QQmlListProperty<QObject> PyventQmlNode::data()
{
    using List = QQmlListProperty<QObject>;
    const auto items = [](List *list) -> QList<QPointer<QObject>> & {
        auto &data = static_cast<PyventQmlNode *>(list->object)->m_data;
        data.removeAll(nullptr); // those that have ended
        return data;
    };
    static const auto itemsOf = items;
    return List(
        this, nullptr, [](List *list, QObject *item) { itemsOf(list).append(item); },
        [](List *list) { return itemsOf(list).size(); },
        [](List *list, qsizetype index) { return itemsOf(list).value(index).data(); },
        [](List *list) { itemsOf(list).clear(); });
}
