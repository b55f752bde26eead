// SPDX-License-Identifier: MIT
// What a session does for what it forwards, and what the server says of that.
#include "session/session.h"

#include "session/refusal.h"

#include <unistd.h>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

// More than a server gathers before it tells all.
constexpr qsizetype mostToldRefused = 200;

} // namespace

void Session::configureForwards()
{
    m_forwards->configure(m_options.maximumEventSize,
                          m_options.whenReceiversLag == PyventReceiversLag::Wait ? Trailer::Waits : 0,
                          {m_options.replayEvents, m_options.replayBytes, m_options.replayAge});
}

Forwards &Session::forwards()
{
    if (!m_forwards) {
        m_forwards = std::make_unique<Forwards>(m_uuid);
        configureForwards();
        m_recovery.setForwards(m_forwards.get());
        m_reception.decoder().setForwards(m_forwards.get());
    }
    return *m_forwards;
}

// Hears what is for those who are not here, asks whether they are, and tells for whom there was no room.
void Session::standIn(Clock::time_point now)
{
    if (!m_link)
        return;
    for (const Forwards::Change &change : m_forwards->takeChanges()) {
        for (const QByteArray &topic : Forwards::prefixes(change.origin)) {
            if (change.begins)
                m_link->subscribeToControl(m_seat, topic);
            else
                m_link->unsubscribe(m_seat, topic);
        }
    }
    for (QByteArray &question : m_forwards->takeQuestions())
        m_link->sendControl(std::move(question));
    if (const auto error = m_forwards->takeForgotten(now))
        m_news.fail(*error);
}

// Nobody stands in for a node with what these are: it is here.
void Session::noteOrigin(const Control::Message &message, Clock::time_point now)
{
    switch (message.kind) {
    case Control::Kind::Who:
    case Control::Kind::Here:
    case Control::Kind::Forwarder:
    case Control::Kind::Announce:
    case Control::Kind::Past:
    case Control::Kind::Ask:
    case Control::Kind::Recall:
        if (const auto node = message.origin())
            m_forwards->isHere(*node, now);
        break;
    default:
        break;
    }
}

// The server's word for what it does not pass on: at once to who has sent it, and later to all, for the people who look at the bus.
void Session::heardRefused(const Control::Refused &refused, bool isForAll, Clock::time_point now)
{
    const QString name = QString::fromUtf8(refused.topic);
    const bool isForward = m_forwards && m_link && m_forwards->hasTopic(refused.topic) && m_link->hasNode(refused.node)
        && (refused.reason == Control::Refused::Impersonation || refused.reason == Control::Refused::NotPermitted);
    if (isForward || refused.node == m_uuid) {
        if (m_part)
            m_part->wasRefused(refused.topic, whyRefused(refused));
        const std::pair<QByteArray, int> what(refused.topic, refused.reason);
        const bool isTold = m_toldRefused.contains(what);
        if (isForward && !isTold) {
            const QString keyName = m_link->keyName();
            const QString subject = keyName.isEmpty() ? u"user %1"_s.arg(::geteuid()) : u"key "_s + keyName;
            const PyventError error{PyventError::EventRefused, whyNotForwarded(refused, subject), name};
            m_forwards->wereRefused(refused.topic, error, now);
            m_news.fail(error);
        } else if (!isTold) {
            m_news.fail({PyventError::EventRefused, whyRefused(refused), name});
        }
        if (isForAll)
            m_toldRefused.remove(what);
        else if (m_toldRefused.size() < mostToldRefused)
            m_toldRefused.insert(what);
    }
    if (isForAll)
        m_news.add(News::Refusal{name, refused.node, refused.count, whyRefused(refused)});
}

} // namespace Pyvent::Internal
