// SPDX-License-Identifier: MIT
#include "node/notices.h"

#include "pyventnode.h"

#include <memory>
#include <utility>

namespace Pyvent::Internal {

namespace {

// What may wait while the node's thread is stuck.
constexpr qsizetype maximumNotices = News::maximumItems;

} // namespace

PyventNode::State publicState(Session::State state)
{
    switch (state) {
    case Session::State::Stopped:
        break;
    case Session::State::Connecting:
        return PyventNode::Connecting;
    case Session::State::Subscribing:
        return PyventNode::Subscribing;
    case Session::State::Ready:
        return PyventNode::Ready;
    }
    return PyventNode::Stopped;
}

void Notices::add(Notice notice)
{
    if (qsizetype(m_notices.size()) < maximumNotices)
        m_notices.push_back(std::move(notice));
}

Notices::Notice Notices::take()
{
    if (m_notices.empty())
        return {};
    Notice notice = std::move(m_notices.front());
    m_notices.pop_front();
    return notice;
}

void Notices::stateChanged(Session::State state)
{
    if (state == Session::State::Ready && !m_readyPromises.empty()) {
        add([promises = std::make_shared<std::vector<QPromise<void>>>(takeReadyPromises())](PyventNode *) {
            for (QPromise<void> &promise : *promises)
                promise.finish();
        });
    }
    add([state = publicState(state)](PyventNode *node) {
        // Whoever has subscribed since then would be told that this is active, too.
        if (state != PyventNode::Ready || node->state() != PyventNode::Subscribing)
            Q_EMIT node->stateChanged(state);
    });
}

bool Notices::handlerFailed(const QString &name, const QString &reason)
{
    add([name, reason](PyventNode *node) { Q_EMIT node->handlerFailed(name, reason); });
    if (m_failedNames.size() >= maximumNotices || m_failedNames.contains(name))
        return false;
    m_failedNames.insert(name);
    return true;
}

bool Notices::hasNewCounts(const Session &session) const
{
    return session.waiting() != m_toldWaiting || session.unreadable().count() != m_toldUnreadable
        || (m_tellsAcknowledged && session.acknowledged() != m_toldAcknowledged);
}

void Notices::updateCounts(const Session &session)
{
    const Session::Waiting now = session.waiting();
    const Session::Waiting before = std::exchange(m_toldWaiting, now);
    if (now.unsent != before.unsent)
        add([events = now.unsent](PyventNode *node) { Q_EMIT node->sendQueueChanged(events); });
    if (now.unacknowledged != before.unacknowledged)
        add([events = now.unacknowledged](PyventNode *node) { Q_EMIT node->unacknowledgedChanged(events); });
    if (m_tellsAcknowledged) {
        const quint64 acknowledged = session.acknowledged();
        if (std::exchange(m_toldAcknowledged, acknowledged) != acknowledged)
            add([acknowledged](PyventNode *node) { Q_EMIT node->acknowledgedChanged(acknowledged); });
    }
    const quint64 unreadable = session.unreadable().count();
    if (std::exchange(m_toldUnreadable, unreadable) != unreadable)
        add([unreadable](PyventNode *node) { Q_EMIT node->unreadableFramesChanged(unreadable); });
}

} // namespace Pyvent::Internal
