// SPDX-License-Identifier: MIT
#include "pyventqmlvalues.h"

#include "pyventqmlnode.h"
#include "valuetoqml.h"

using namespace Qt::StringLiterals;

namespace {

// With a switch, so that the compiler tells of a code that QML has no word for.
int codeOf(PyventError::Code code)
{
    switch (code) {
    case PyventError::NoError:
        return PyventQmlNode::NoError;
    case PyventError::InvalidName:
        return PyventQmlNode::InvalidName;
    case PyventError::InvalidArgument:
        return PyventQmlNode::InvalidArgument;
    case PyventError::InvalidHandler:
        return PyventQmlNode::InvalidHandler;
    case PyventError::InvalidOption:
        return PyventQmlNode::InvalidOption;
    case PyventError::ConfiguredTooLate:
        return PyventQmlNode::ConfiguredTooLate;
    case PyventError::EventTooLarge:
        return PyventQmlNode::EventTooLarge;
    case PyventError::QueueFull:
        return PyventQmlNode::QueueFull;
    case PyventError::PortTaken:
        return PyventQmlNode::PortTaken;
    case PyventError::CannotServe:
        return PyventQmlNode::CannotServe;
    case PyventError::ServerNotResponding:
        return PyventQmlNode::ServerNotResponding;
    case PyventError::UnreadableFrame:
        return PyventQmlNode::UnreadableFrame;
    case PyventError::EventsNotDelivered:
        return PyventQmlNode::EventsNotDelivered;
    case PyventError::UsedAfterFork:
        return PyventQmlNode::UsedAfterFork;
    case PyventError::OutOfResources:
        return PyventQmlNode::OutOfResources;
    case PyventError::NotAllowed:
        return PyventQmlNode::NotAllowed;
    case PyventError::EventRefused:
        return PyventQmlNode::EventRefused;
    case PyventError::ForwardingLoop:
        return PyventQmlNode::ForwardingLoop;
    case PyventError::OriginForgotten:
        return PyventQmlNode::OriginForgotten;
    case PyventError::NotSupported:
        return PyventQmlNode::NotSupported;
    }
    return int(code);
}

} // namespace

PyventQmlEvent::PyventQmlEvent(const PyventEvent &event)
    : m_name(event.name)
    , m_sender(event.sender)
    , m_args(Pyvent::Qml::valuesToQml(event.args))
    , m_node(nodeOf(event))
    , m_sequence(sequenceOf(event))
    , m_time(timeOf(event))
    , m_isReplayed(event.replayed)
    , m_skipped(double(event.skipped))
    , m_isRedelivered(event.redelivered)
{
}

QVariant PyventQmlEvent::nodeOf(const PyventEvent &event)
{
    return event.nodeId.isNull() ? QVariant::fromValue(nullptr) : QVariant(event.nodeId.toString(QUuid::WithoutBraces));
}

QVariant PyventQmlEvent::sequenceOf(const PyventEvent &event)
{
    return event.sequence == 0 ? QVariant::fromValue(nullptr) : QVariant(double(event.sequence));
}

QVariant PyventQmlEvent::timeOf(const PyventEvent &event)
{
    return event.time.isValid() ? QVariant(event.time) : QVariant::fromValue(nullptr);
}

QVariantMap Pyvent::Qml::nodeToQml(const PyventNodeInfo &node)
{
    return {
        {u"nodeId"_s, node.nodeId},   {u"uuid"_s, node.uuid.toString(QUuid::WithoutBraces)},
        {u"program"_s, node.program}, {u"host"_s, node.host},
        {u"pid"_s, double(node.pid)}, {u"serving"_s, node.serving},
        {u"names"_s, node.names},     {u"way"_s, node.way},
        {u"key"_s, node.key},         {u"about"_s, valuesToQml(node.about)},
    };
}

PyventQmlError::PyventQmlError(const PyventError &error)
    : m_code(codeOf(error.code))
    , m_text(error.text)
    , m_subject(error.subject)
{
}
