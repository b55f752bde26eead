// SPDX-License-Identifier: MIT
// Who else is on the bus, and what others hear when this element's node is lost.
#include "pyventqmlnode.h"

using namespace Pyvent::Qml;
using namespace Qt::StringLiterals;

namespace {

const QMetaMethod &appearedSignal()
{
    static const QMetaMethod signal = QMetaMethod::fromSignal(&PyventQmlNode::nodeAppeared);
    return signal;
}

const QMetaMethod &vanishedSignal()
{
    static const QMetaMethod signal = QMetaMethod::fromSignal(&PyventQmlNode::nodeVanished);
    return signal;
}

} // namespace

bool PyventQmlNode::isOfOthers(const QMetaMethod &signal)
{
    return signal == appearedSignal() || signal == vanishedSignal();
}

// While somebody wants to know.
void PyventQmlNode::watchNodes()
{
    const bool isWanted = m_node && (isSignalConnected(appearedSignal()) || isSignalConnected(vanishedSignal()));
    if (isWanted == bool(m_nodesContext))
        return;
    m_nodesContext.reset();
    if (!isWanted)
        return;
    m_nodesContext = std::make_unique<QObject>();
    connect(m_node.get(), &PyventNode::nodeAppeared, m_nodesContext.get(),
            [this](const PyventNodeInfo &node) { Q_EMIT nodeAppeared(nodeToQml(node)); });
    connect(m_node.get(), &PyventNode::nodeVanished, m_nodesContext.get(),
            [this](const PyventNodeInfo &node, PyventNode::Reason reason) {
                Q_EMIT nodeVanished(nodeToQml(node), Reason(reason));
            });
}

void PyventQmlNode::setWill(const QJSValue &will)
{
    if (m_will.strictlyEquals(will))
        return;
    m_will = will;
    giveWill();
    Q_EMIT willChanged();
}

void PyventQmlNode::giveWill()
{
    if (!m_node)
        return;
    m_node->clearWill();
    if (m_will.isNull() || m_will.isUndefined())
        return;
    const QJSValue named = m_will.property(u"name"_s);
    const QString name = named.isString() ? named.toString() : QString();
    const QJSValue sender = m_will.property(u"sender"_s);
    const QString senderName = sender.isString() ? sender.toString() : QString();
    QVariantMap args;
    PyventError error = name.isNull()
        ? PyventError{PyventError::InvalidName, u"it is an object with a 'name', and maybe 'args' and 'sender'"_s, name}
        : check(name, m_will.property(u"args"_s), senderName, &args);
    if (error) {
        error.text.prepend(u"'will' is not what it may be: "_s);
        tell(error);
    } else {
        m_node->setWill(name, args, {.sender = senderName});
    }
}
