// SPDX-License-Identifier: MIT
#include "nodelink.h"

#include "pyventqmlnode.h"

#include <PyventPattern>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace Pyvent::Qml {

NodeLink::NodeLink(QObject *owner, const QString &pattern, const QString &sender)
    : QObject()
    , m_owner(owner)
    , m_warnings(owner)
    , m_running()
    , m_pattern(pattern)
    , m_sender(sender)
    , m_replay()
    , m_answer()
    , m_share()
    , m_context()
{
}

NodeLink::~NodeLink()
{
    if (m_node)
        m_node->removeLink(this);
}

void NodeLink::setNode(PyventQmlNode *node)
{
    m_nodeWasSet = true;
    changeNode(node);
}

void NodeLink::changeNode(PyventQmlNode *node)
{
    if (m_node == node)
        return;
    if (m_node)
        m_node->removeLink(this);
    nodeStopped();
    m_node = node;
    if (m_node)
        m_node->addLink(this);
    Q_EMIT changed();
    Q_EMIT nodeChanged();
}

void NodeLink::setPattern(const QString &pattern)
{
    if (std::exchange(m_pattern, pattern) == pattern)
        return;
    Q_EMIT changed();
    subscribe();
}

void NodeLink::setSender(const QString &sender)
{
    if (std::exchange(m_sender, sender) == sender)
        return;
    Q_EMIT changed();
    subscribe();
}

void NodeLink::setReplay(const PyventReplay &replay)
{
    m_replay = replay;
    subscribe();
}

void NodeLink::setPace(bool latest, std::chrono::milliseconds atMostEvery)
{
    m_isLatest = latest;
    m_atMostEvery = atMostEvery;
    subscribe();
}

void NodeLink::setHearsLast(bool hears)
{
    if (std::exchange(m_hearsLast, hears) != hears)
        subscribe();
}

void NodeLink::setShare(const QString &group)
{
    if (std::exchange(m_share, group) != group)
        subscribe();
}

void NodeLink::setEnabled(bool enabled)
{
    if (std::exchange(m_isEnabled, enabled) != enabled)
        subscribe();
}

void NodeLink::complete()
{
    m_isComplete = true;
    if (m_nodeWasSet || findNode()) {
        subscribe();
        return;
    }
    // An Instantiator or a Loader takes its objects as children only when they are complete.
    QMetaObject::invokeMethod(this, &NodeLink::findNodeLater, Qt::QueuedConnection);
}

bool NodeLink::findNode()
{
    for (QObject *ancestor = m_owner->parent(); ancestor; ancestor = ancestor->parent()) {
        if (auto *node = qobject_cast<PyventQmlNode *>(ancestor)) {
            changeNode(node);
            return true;
        }
    }
    return false;
}

void NodeLink::findNodeLater()
{
    if (m_nodeWasSet || findNode())
        return;
    warn(u"has no node, and so hears nothing: put it inside a Pyvent element, or set its property 'node' to one"_s);
}

void NodeLink::nodeStarted(PyventNode *node)
{
    setRunning(node);
    subscribe();
}

void NodeLink::nodeStopped()
{
    setRunning(nullptr);
    m_context.reset();
}

void NodeLink::setRunning(PyventNode *node)
{
    if (m_running == node)
        return;
    m_running = node;
    Q_EMIT runningChanged(node);
}

void NodeLink::nodeEnds()
{
    nodeStopped();
    m_node = nullptr;
    Q_EMIT nodeChanged();
}

void NodeLink::subscribe()
{
    m_context.reset();
    // A name that is still empty is one whose binding has nothing to say yet.
    if (!m_isComplete || !m_running || !m_isEnabled || m_pattern.isEmpty())
        return;
    if (const QString why = whyItHearsNothing(); !why.isEmpty()) {
        warn(u"hears nothing: "_s + why);
        return;
    }
    m_context = std::make_unique<QObject>();
    const PyventFilter filter{.sender = m_sender.isEmpty() ? PyventSender(PyventSender::Any) : PyventSender(m_sender),
                              .replay = m_replay,
                              .latest = m_isLatest,
                              .atMostEvery = m_atMostEvery,
                              .last = m_hearsLast && m_replay.isNone(),
                              .share = m_share};
    if (m_answer) {
        m_running->answer(m_pattern, filter, m_context.get(),
                          [this](const PyventEvent &event) { return m_answer(event); });
        return;
    }
    m_running->on(m_pattern, filter, m_context.get(), [this](const PyventEvent &event) { Q_EMIT heard(event); });
}

// For people; empty if it may hear.
QString NodeLink::whyItHearsNothing() const
{
    if (const QString why = PyventPattern(m_pattern).whyInvalid(); !why.isEmpty())
        return why;
    if (const QString why = m_sender.isEmpty() ? QString() : PyventSender(m_sender).whyInvalid(); !why.isEmpty())
        return why;
    if (!m_share.isEmpty())
        return whyNotShared();
    const bool isGlob = PyventPattern(m_pattern).isGlob();
    if (isGlob && !m_replay.isNone())
        return u"'%1' has no past to replay, because it stands for many names; give it one name, or leave out "
               "'replayLast' and 'replaySeconds'"_s.arg(m_pattern);
    if (isGlob && m_hearsLast)
        return u"'%1' has no last event, because it stands for many names"_s.arg(m_pattern);
    return {};
}

// The node would say so, too, but not of which element.
QString NodeLink::whyNotShared() const
{
    const auto isControl = [](QChar character) { return character.category() == QChar::Other_Control; };
    if (m_share.toUtf8().size() > 255 || std::any_of(m_share.cbegin(), m_share.cend(), isControl))
        return u"'share' is the name of a group, which has up to 255 bytes of UTF-8, and no control characters"_s;
    if (m_replay.isNone() && !m_hearsLast && !m_isLatest && m_atMostEvery <= std::chrono::milliseconds(0))
        return {};
    return u"'share' goes without 'replayLast', 'replaySeconds', 'last', 'latest' and 'atMostEvery', because each of "
           u"the "
           "group '%1' takes all that it is given, and nothing else"_s.arg(m_share);
}

} // namespace Pyvent::Qml
