// SPDX-License-Identifier: MIT
// Who hears what, and what is subscribed to for that.
#include "session/session.h"

#include "session/lastjoiner.h"

namespace Pyvent::Internal {

void Session::add(std::shared_ptr<Receiver> receiver, const PyventReplay &replay, Clock::time_point now, bool last)
{
    if (receiver->hears() == Receiver::Hears::Frames)
        forwards(); // who is heard to be here is known then
    if (!replay.isNone()) {
        const auto joiner = std::make_shared<LateJoiner>(std::move(receiver));
        m_catchUps.add(*joiner, replay.last, replay.since);
        receiver = joiner;
        if (m_seat)
            m_seat->isTouched = true;
    }
    if (last) {
        m_lastWanted.insert(receiver->pattern().text().toUtf8());
        receiver = std::make_shared<LastJoiner>(std::move(receiver));
    }
    const QByteArray prefix = table().add(std::move(receiver));
    if (!m_link)
        return;
    const bool isNew = !prefix.isNull();
    if (isNew) {
        subscribe(prefix);
        hasChanged();
    }
    updateState(now);              // a shared value may have been subscribed to before
    if (m_state == State::Ready) { // another session of this link has subscribed to it before
        if (isNew)
            m_recovery.ready(m_wallClock(), now);
        valuesAreReady(now);
    }
    m_seat->isTouched = true;
}

void Session::subscribe(const QByteArray &prefix)
{
    m_recovery.received().listen(prefix);
    m_link->subscribe(m_seat, prefix);
}

void Session::removed(const ReceiverTable::Removal &removal)
{
    for (const std::shared_ptr<Receiver> &receiver : removal.receivers)
        m_reception.pacer().remove(*receiver);
    if (!m_link)
        return;
    for (const QByteArray &prefix : removal.prefixes) {
        m_link->unsubscribe(m_seat, prefix);
        m_recovery.received().ignore(prefix);
    }
    hasChanged();
    for (const std::shared_ptr<Receiver> &receiver : removal.receivers) {
        const PyventPattern &pattern = receiver->pattern();
        const QByteArray name = pattern.text().toUtf8();
        if (pattern.isGlob()) {
            m_recovery.received().forgetIf(pattern.prefix().toUtf8(),
                                           [this](const QByteArray &topic) { return !table().hears(topic); });
        } else if (!table().hears(name)) {
            m_recovery.received().forget(name);
        }
    }
}

} // namespace Pyvent::Internal
