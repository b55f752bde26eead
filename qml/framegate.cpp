// SPDX-License-Identifier: MIT
#include "framegate.h"

#include <QtCore/qmetaobject.h>

namespace Pyvent::Qml {

FrameGate::FrameGate(QObject *parent)
    : QAbstractAnimation(parent)
    , m_events()
    , m_places()
{
}

FrameGate::~FrameGate() = default;

void FrameGate::put(const PyventEvent &event)
{
    const auto place = m_places.constFind({event.name, event.nodeId});
    if (place == m_places.cend()) {
        m_places.insert({event.name, event.nodeId}, m_events.size());
        m_events.push_back(event);
    } else {
        PyventEvent &newest = m_events[*place];
        const quint64 skipped = newest.skipped + 1;
        newest = event;
        newest.skipped += skipped;
    }
    if (state() == Running)
        return;
    m_isStarting = true; // to start sets the time, which is no tick
    start();
    m_isStarting = false;
}

std::vector<PyventEvent> FrameGate::take()
{
    m_hasOpened = false;
    m_places.clear();
    return std::exchange(m_events, {});
}

void FrameGate::clear()
{
    m_places.clear();
    m_events.clear();
}

void FrameGate::updateCurrentTime(int)
{
    if (m_isStarting || m_hasOpened)
        return;
    if (m_events.empty()) {
        stop();
        return;
    }
    m_hasOpened = true;
    QMetaObject::invokeMethod(this, &FrameGate::opened, Qt::QueuedConnection);
}

} // namespace Pyvent::Qml
