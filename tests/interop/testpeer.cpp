// SPDX-License-Identifier: MIT
#include "testpeer.h"

#include "peervalues.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qfuturewatcher.h>
#include <QtCore/qjsonarray.h>
#include <QtCore/qjsondocument.h>
#include <QtCore/qmetaobject.h>

#include <cstdio>

using namespace Qt::StringLiterals;

namespace PyventTests {

namespace {

void writeLine(const QJsonObject &line)
{
    const QByteArray bytes = QJsonDocument(line).toJson(QJsonDocument::Compact) + '\n';
    std::fwrite(bytes.constData(), 1, std::size_t(bytes.size()), stdout);
    std::fflush(stdout);
}

void writeDone(const QString &verb, const QJsonValue &number, const QJsonValue &result)
{
    writeLine({{u"done"_s, verb}, {u"n"_s, number}, {u"result"_s, result}});
}

template <typename Enum>
QString nameOf(Enum value)
{
    return QString::fromLatin1(QMetaEnum::fromType<Enum>().valueToKey(value));
}

QVariantMap decodeArguments(const QJsonValue &json)
{
    return decodeValue(json.toObject()).toMap();
}

PyventSender senderOf(const QJsonValue &json)
{
    if (!json.isString())
        return {};
    if (json.toString() == "*any*"_L1)
        return PyventSender::Any;
    return json.toString();
}

PyventParameter parameterOf(const QJsonValue &json)
{
    if (json.isString())
        return json.toString();
    return PyventParameter(json["name"_L1].toString(), decodeValue(json["default"_L1]));
}

} // namespace

TestPeer::TestPeer()
{
    connect(&m_reader, &CommandReader::commandRead, this, &TestPeer::run);
    connect(&m_reader, &CommandReader::finished, this, [] { QCoreApplication::quit(); });
    watchNode();
    writeLine({{u"state"_s, u"started"_s}});
}

void TestPeer::watchNode()
{
    connect(&m_node, &PyventNode::errorOccurred, this, [](const PyventError &error) {
        writeLine({{u"error"_s, nameOf(error.code)}, {u"text"_s, error.text}, {u"subject"_s, error.subject}});
    });
    connect(&m_node, &PyventNode::handlerFailed, this, [](const QString &name, const QString &reason) {
        writeLine({{u"handlerFailed"_s, name}, {u"reason"_s, reason}});
    });
    connect(&m_node, &PyventNode::eventsLost, this, [](const QString &name, const QUuid &node, quint64 count) {
        writeLine({{u"lost"_s, name}, {u"node"_s, node.toString(QUuid::WithoutBraces)}, {u"count"_s, qint64(count)}});
    });
    connect(&m_node, &PyventNode::stateChanged, this, [](PyventNode::State state) {
        writeLine({{u"state"_s, nameOf(state)}});
    });
    connect(&m_node, &PyventNode::servingChanged, this, [](bool serving) { writeLine({{u"serving"_s, serving}}); });
}

void TestPeer::watchOthers()
{
    const auto uuidOf = [](const PyventNodeInfo &node) { return node.uuid.toString(QUuid::WithoutBraces); };
    connect(&m_node, &PyventNode::nodeAppeared, this, [uuidOf](const PyventNodeInfo &node) {
        writeLine({{u"appeared"_s, uuidOf(node)},
                   {u"id"_s, node.nodeId},
                   {u"names"_s, QJsonArray::fromStringList(node.names)}});
    });
    connect(&m_node, &PyventNode::nodeVanished, this, [uuidOf](const PyventNodeInfo &node, PyventNode::Reason reason) {
        writeLine({{u"vanished"_s, uuidOf(node)}, {u"reason"_s, nameOf(reason)}});
    });
}

void TestPeer::run(const QJsonObject &command)
{
    const QString verb = command["do"_L1].toString();
    const QJsonValue number = command["n"_L1];
    QJsonValue result = QJsonValue::Null;
    if (verb == "configure"_L1) {
        configure(command);
    } else if (verb == "start"_L1) {
        result = m_node.tryStart();
    } else if (verb == "serve"_L1) {
        result = m_node.startServer();
    } else if (verb == "on"_L1) {
        on(command);
    } else if (verb == "send"_L1) {
        result = send(command);
    } else if (verb == "echo"_L1) {
        echo(command);
    } else if (verb == "ready"_L1) {
        answerWhenReady(number);
        return;
    } else if (verb == "wait_until_ready"_L1) {
        result = m_node.waitForReady(std::chrono::seconds(20));
    } else if (verb == "wait_for"_L1) {
        result = waitFor(command);
    } else if (verb == "stop"_L1) {
        stop(command);
    } else if (verb == "flush"_L1) {
        result = m_node.flush(std::chrono::milliseconds(command["timeout"_L1].toInteger(20'000)));
    } else if (verb == "hold"_L1) {
        hold(command["name"_L1].toString());
    } else if (verb == "set"_L1) {
        hold(command["name"_L1].toString());
        result =
            m_values[command["name"_L1].toString()]->setValue(decodeArguments(command["args"_L1]).value(u"value"_s));
    } else if (verb == "compare_and_set"_L1) {
        compareAndSet(command);
        return;
    } else if (verb == "state"_L1) {
        result = state();
    } else if (verb == "watch"_L1) {
        watchOthers();
    } else if (verb == "will"_L1) {
        result = m_node.setWill(command["name"_L1].toString(), decodeArguments(command["args"_L1]));
    } else if (verb == "no_will"_L1) {
        m_node.clearWill();
    } else if (verb == "block"_L1) {
        writeDone(verb, number, result);
        block();
        return;
    } else if (verb == "quit"_L1) {
        QCoreApplication::quit();
    } else if (verb == "exit-right-after-send"_L1) {
        send(command);
        QCoreApplication::quit();
        return;
    } else {
        writeLine({{u"error"_s, u"NoSuchCommand"_s}, {u"n"_s, number}, {u"text"_s, verb}});
        return;
    }
    writeDone(verb, number, result);
}

void TestPeer::configure(const QJsonObject &command)
{
    PyventOptions options = m_node.options();
    options.port = command["port"_L1].toInt(options.port);
    options.nodeId = command["id"_L1].toString(options.nodeId);
    options.server = command["server"_L1].toBool(options.server);
    options.lane = command["lane"_L1].toBool(options.lane);
    options.hearOwnEvents = command["hearOwnEvents"_L1].toBool(options.hearOwnEvents);
    options.linger = std::chrono::milliseconds(command["linger"_L1].toInteger(options.linger.count()));
    m_node.configure(options);
}

void TestPeer::on(const QJsonObject &command)
{
    const QString name = command["name"_L1].toString();
    const QString label = command["label"_L1].toString();
    PyventFilter filter;
    filter.sender = senderOf(command["sender"_L1]);
    filter.last = command["last"_L1].toBool();
    if (command.contains("parameters"_L1)) {
        onWithParameters(name, filter, label, command["parameters"_L1].toArray());
        return;
    }
    m_node.on(name, filter, this, [this, label](const PyventEvent &event) { writeHeard(label, event, event.args); });
}

void TestPeer::onWithParameters(const QString &name, const PyventFilter &filter, const QString &label,
                                const QJsonArray &parameters)
{
    // Two keywords and the event's own: enough to compare the languages' ways of calling.
    const PyventParameter first = parameterOf(parameters[0]);
    const PyventParameter second = parameterOf(parameters[1]);
    m_node.on(name, {first, second, {"sender"}}, filter, this,
              [=, this](const QVariant &a, const QVariant &b, const QString &sender) {
                  PyventEvent event;
                  event.name = name;
                  event.sender = sender;
                  writeHeard(label, event, {{first.name(), a}, {second.name(), b}});
              });
}

qint64 TestPeer::send(const QJsonObject &command)
{
    const QString name = command["name"_L1].toString();
    const PyventSendOptions options{.sender = command["sender"_L1].toString()};
    QVariantMap args = decodeArguments(command["args"_L1]);
    if (!command.contains("count"_L1))
        return m_node.send(name, args, options) ? 1 : 0;
    qint64 sent = 0;
    for (qint64 i = 0; i < command["count"_L1].toInteger(); ++i) {
        args.insert(u"i"_s, i);
        sent += m_node.send(name, args, options);
    }
    return sent;
}

void TestPeer::echo(const QJsonObject &command)
{
    const QString reply = command["reply"_L1].toString();
    PyventFilter filter;
    filter.sender = PyventSender::Any;
    m_node.on(command["name"_L1].toString(), filter, this,
              [this, reply](const QVariantMap &args) { m_node.send(reply, args); });
}

void TestPeer::answerWhenReady(const QJsonValue &number)
{
    auto *watcher = new QFutureWatcher<void>(this);
    connect(watcher, &QFutureWatcher<void>::finished, this, [watcher, number] {
        writeDone(u"ready"_s, number, !watcher->isCanceled());
        watcher->deleteLater();
    });
    watcher->setFuture(m_node.whenReady());
}

QJsonValue TestPeer::waitFor(const QJsonObject &command)
{
    PyventWaitOptions options;
    options.sender = senderOf(command["sender"_L1]);
    options.send = command["send"_L1].toString();
    options.args = decodeArguments(command["args"_L1]);
    const auto timeout = std::chrono::milliseconds(command["timeout"_L1].toInteger());
    const auto event = m_node.waitFor(command["name"_L1].toString(), timeout, options);
    if (!event)
        return QJsonValue::Null;
    return QJsonObject({{u"args"_s, encodeValue(event->args)}, {u"sender"_s, event->sender}});
}

void TestPeer::stop(const QJsonObject &command)
{
    PyventNode::Parts parts;
    parts.setFlag(PyventNode::Client, command["client"_L1].toBool(true));
    parts.setFlag(PyventNode::Server, command["server"_L1].toBool(true));
    m_node.stop(parts);
}

QJsonObject TestPeer::state() const
{
    return {{u"serving"_s, m_node.isServer()},
            {u"state"_s, nameOf(m_node.state())},
            {u"uuid"_s, m_node.uuid().toString(QUuid::WithoutBraces)},
            {u"unreadable"_s, qint64(m_node.unreadableFrames())}};
}

void TestPeer::block()
{
    // The next command ends it, without a turn of the event loop in between.
    if (const QJsonObject command = m_reader.waitForCommand(); command.isEmpty())
        QCoreApplication::quit();
    else
        run(command);
}

// Its writes are told as events that a handler "value" hears.
void TestPeer::hold(const QString &name)
{
    auto &value = m_values[name];
    if (value)
        return;
    value = std::make_unique<PyventValue<QVariant>>(&m_node, name);
    const auto tell = [this, held = value.get()] {
        PyventEvent event;
        event.name = held->name();
        event.sender = held->sender();
        event.nodeId = held->origin();
        writeHeard(u"value"_s, event, {{u"value"_s, held->value()}});
    };
    connect(value.get(), &PyventValueBase::changed, this, tell);
    if (value->isKnown())
        tell();
}

void TestPeer::compareAndSet(const QJsonObject &command)
{
    const QString name = command["name"_L1].toString();
    hold(name);
    const QVariantMap args = decodeArguments(command["args"_L1]);
    const auto finished = [number = command["n"_L1]](const QFuture<bool> &future) {
        const bool isAnswered = !future.isCanceled() && future.resultCount() > 0;
        writeDone(u"compare_and_set"_s, number, isAnswered ? QJsonValue(future.result()) : QJsonValue(u"canceled"_s));
    };
    const auto watcher = new QFutureWatcher<bool>(this);
    connect(watcher, &QFutureWatcher<bool>::finished, this, [watcher, finished] { finished(watcher->future()); });
    watcher->setFuture(
        m_values[name]->compareAndSet(args.value(u"expected"_s), args.value(u"value"_s),
                                      std::chrono::milliseconds(command["timeout"_L1].toInteger(20'000))));
}

void TestPeer::writeHeard(const QString &label, const PyventEvent &event, const QVariantMap &args) const
{
    const QJsonValue node =
        event.nodeId.isNull() ? QJsonValue(QJsonValue::Null) : event.nodeId.toString(QUuid::WithoutBraces);
    writeLine({{u"heard"_s, event.name},
               {u"handler"_s, label},
               {u"args"_s, encodeValue(args)},
               {u"sender"_s, event.sender},
               {u"node"_s, node},
               {u"seq"_s, qint64(event.sequence)}});
}

} // namespace PyventTests
