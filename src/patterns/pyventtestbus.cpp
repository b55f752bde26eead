// SPDX-License-Identifier: MIT
#include "pyventtestbus.h"

#include "patterns/testports.h"
#include "pyventpattern.h"
#include "values/pythonrepr.h"

#include <QtCore/qabstracteventdispatcher.h>
#include <QtCore/qcoreapplication.h>
#include <QtCore/qdeadlinetimer.h>
#include <QtCore/qeventloop.h>
#include <QtCore/qthread.h>
#include <QtCore/qtimer.h>

#include <algorithm>
#include <deque>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t mostHeard = 100'000;

bool hasArguments(const PyventEvent &event, const QVariantMap &args)
{
    for (auto argument = args.cbegin(); argument != args.cend(); ++argument) {
        const auto found = event.args.constFind(argument.key());
        if (found == event.args.cend() || *found != *argument)
            return false;
    }
    return true;
}

// "food='sushi', table=7", and no longer than a line.
QString textOf(const QVariantMap &args)
{
    constexpr qsizetype longest = 200;
    QStringList texts;
    for (auto argument = args.cbegin(); argument != args.cend(); ++argument)
        texts.append(argument.key() + u'=' + pythonRepr(*argument));
    const QString text = texts.join(u", "_s);
    return text.size() <= longest ? text : text.first(longest) + u"…"_s;
}

QString textOf(const PyventEvent &event)
{
    const QString sender = event.sender == "pyvent"_L1 ? QString() : u" of "_s + event.sender;
    return u"%1(%2)%3"_s.arg(event.name, textOf(event.args), sender);
}

} // namespace

class PyventTestBusPrivate
{
public:
    struct Heard
    {
        PyventEvent event;
        bool isTaken = false; // waitFor() has returned it
    };

    QString came(const PyventPattern &pattern, const QVariantMap &args) const;

    PyventOptions options;
    TestPorts ports;
    std::unique_ptr<PyventNode> node;
    std::deque<Heard> heard;
    QString error;
};

PyventTestBus::PyventTestBus(QObject *parent)
    : PyventTestBus(PyventOptions(), parent)
{
}

PyventTestBus::PyventTestBus(const PyventOptions &options, QObject *parent)
    : QObject(parent)
    , d(std::make_unique<PyventTestBusPrivate>())
{
    constexpr int attempts = 20; // others may have the ports
    d->options = options;
    d->options.address = u"127.0.0.1"_s;
    d->options.security = {};
    d->options.server = false;
    for (int i = 0; i < attempts; ++i) {
        d->node.reset();
        if (!d->ports.take()) {
            d->error = u"the system gives no ports"_s;
            return;
        }
        d->options.port = d->ports.port();
        PyventOptions own = d->options;
        own.hearOwnEvents = false;
        own.linger = 0ms;
        d->node = std::make_unique<PyventNode>(own);
        if (startServer() || d->node->lastError().code != PyventError::PortTaken)
            break;
    }
    connect(d->node.get(), &PyventNode::received, this, [this](const PyventEvent &event) {
        if (d->heard.size() >= mostHeard)
            d->heard.pop_front();
        d->heard.push_back({event, false});
        Q_EMIT eventHeard(event);
    });
    connect(d->node.get(), &PyventNode::servingChanged, this, &PyventTestBus::servingChanged);
    d->node->waitForReady();
}

PyventTestBus::~PyventTestBus()
{
    if (d->node)
        d->node->disconnect(this);
}

bool PyventTestBus::isValid() const
{
    return d->node && d->ports.port() > 0 && d->error.isEmpty();
}

QString PyventTestBus::errorText() const
{
    return d->error;
}

int PyventTestBus::port() const
{
    return d->ports.port();
}

PyventOptions PyventTestBus::options(const QString &nodeId) const
{
    PyventOptions options = d->options;
    options.nodeId = nodeId;
    return options;
}

QProcessEnvironment PyventTestBus::environment() const
{
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"PYVENT_PORT"_s, QString::number(port()));
    environment.insert(u"PYVENT_ADDRESS"_s, d->options.address);
    return environment;
}

PyventNode *PyventTestBus::node() const
{
    return d->node.get();
}

bool PyventTestBus::send(QAnyStringView name, const QVariantMap &args, const PyventSendOptions &options,
                         std::chrono::milliseconds timeout)
{
    if (!d->node)
        d->error = u"the bus has no node"_s;
    else if (!d->node->send(name, args, options))
        d->error = d->node->lastError().text;
    else if (!d->node->flush(timeout))
        d->error = u"'%1' was sent, and no server has it after %2 ms"_s.arg(name.toString()).arg(timeout.count());
    else
        return true;
    return false;
}

// What was heard

QList<PyventEvent> PyventTestBus::heard(QAnyStringView name, const QVariantMap &args) const
{
    const PyventPattern pattern(name);
    QList<PyventEvent> found;
    for (const auto &heard : d->heard) {
        if (pattern.matches(heard.event.name) && hasArguments(heard.event, args))
            found.append(heard.event);
    }
    return found;
}

void PyventTestBus::clear()
{
    d->heard.clear();
}

// Of the name that was waited for, with arguments; of others, how many.
QString PyventTestBusPrivate::came(const PyventPattern &pattern, const QVariantMap &args) const
{
    constexpr int most = 10;
    QStringList texts;
    QMap<QString, int> others;
    for (auto entry = heard.rbegin(); entry != heard.rend(); ++entry) {
        const PyventEvent &event = entry->event;
        const bool fits = pattern.matches(event.name);
        if (!fits || texts.size() >= most)
            ++others[event.name];
        else if (hasArguments(event, args))
            texts.prepend(textOf(event) + u" (which an earlier wait has returned)"_s);
        else
            texts.prepend(textOf(event));
    }
    for (auto other = others.cbegin(); other != others.cend() && texts.size() < 2 * most; ++other)
        texts.append(other.value() == 1 ? other.key() + u" (once)"_s
                                        : u"%1 (%2 times)"_s.arg(other.key()).arg(other.value()));
    return texts.isEmpty() ? u"Nothing came"_s : u"What came: "_s + texts.join(u"; "_s);
}

QString PyventTestBus::whatCameInstead(QAnyStringView name, const QVariantMap &args) const
{
    const QString with = args.isEmpty() ? QString() : u" with "_s + textOf(args);
    const QString server = isServing() ? QString() : u" The bus's server does not run."_s;
    return u"'%1'%2 did not come. %3.%4"_s.arg(name.toString(), with, d->came(PyventPattern(name), args), server);
}

// Waiting

bool PyventTestBus::waitUntil(const std::function<bool()> &condition, std::chrono::milliseconds timeout)
{
    const QDeadlineTimer deadline(timeout);
    QTimer lookAgain; // for what comes true without an event in this thread
    lookAgain.start(10ms);
    QEventLoop loop;
    while (!condition()) {
        if (deadline.hasExpired())
            return false;
        loop.processEvents(QEventLoop::WaitForMoreEvents);
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    }
    return true;
}

PyventTestBus::Found PyventTestBus::waitFor(QAnyStringView name, const QVariantMap &args,
                                            std::chrono::milliseconds timeout)
{
    const PyventPattern pattern(name);
    Found found;
    found.m_isFound = waitUntil(
        [&] {
            const auto fits = [&](const PyventTestBusPrivate::Heard &heard) {
                return !heard.isTaken && pattern.matches(heard.event.name) && hasArguments(heard.event, args);
            };
            const auto event = std::find_if(d->heard.begin(), d->heard.end(), fits);
            if (event == d->heard.end())
                return false;
            event->isTaken = true;
            found.m_event = event->event;
            return true;
        },
        timeout);
    if (!found.m_isFound)
        found.m_why = whatCameInstead(name, args).toUtf8();
    return found;
}

PyventTestBus::Found PyventTestBus::waitFor(QAnyStringView name, std::chrono::milliseconds timeout)
{
    return waitFor(name, QVariantMap(), timeout);
}

bool PyventTestBus::waitForListener(QAnyStringView name, std::chrono::milliseconds timeout)
{
    const QString text = name.toString();
    const auto listens = [&](const PyventNodeInfo &node) {
        return node.uuid != d->node->uuid()
            && std::any_of(node.names.begin(), node.names.end(), [&](const QString &pattern) {
                   return pattern == text || PyventPattern(pattern).matches(text);
               });
    };
    const QDeadlineTimer deadline(timeout);
    do {
        const auto nodes = d->node->findNodes(std::min<std::chrono::milliseconds>(100ms, timeout));
        waitUntil([&] { return nodes.isFinished(); }, timeout);
        const QList<PyventNodeInfo> found =
            nodes.isFinished() && nodes.resultCount() > 0 ? nodes.result() : QList<PyventNodeInfo>();
        if (std::any_of(found.begin(), found.end(), listens))
            return true;
    } while (!deadline.hasExpired());
    d->error = u"no node listens to '%1' after %2 ms"_s.arg(text).arg(timeout.count());
    return false;
}

// The server

bool PyventTestBus::isServing() const
{
    return d->node && d->node->isServer();
}

void PyventTestBus::killServer()
{
    if (d->node)
        d->node->stop(PyventNode::Server);
}

bool PyventTestBus::startServer()
{
    const bool serves = d->node && d->node->startServer();
    d->error = serves ? QString() : d->node ? d->node->lastError().text : u"the bus has no node"_s;
    return serves;
}

bool PyventTestBus::restartServer()
{
    killServer();
    return startServer();
}
