// SPDX-License-Identifier: MIT
// Who is there: what this node says of itself, whom it asks for and watches, and what is to be sent when it is lost.
#include "session/session.h"

#include "wire/control.h"
#include "wire/topic.h"

#include <algorithm>
#include <utility>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// To single nodes, while there is no server.
constexpr qsizetype mostAnnouncements = 1000;

// How often what has changed of this node is said.
constexpr auto saysHereEvery = 1s;

// What the server takes of a will, and how long after its connection it may take to be known whether it takes any.
constexpr qsizetype mostWillBytes = qsizetype(64) * 1024;
constexpr auto willPatience = 1s;

} // namespace

bool Session::setAbout(const QVariantMap &about)
{
    if (!Presence::fits(about))
        return false;
    m_about = about;
    hasChanged();
    return true;
}

void Session::announce(const QUuid &node, bool asForwarder)
{
    m_announcement.asForwarder = asForwarder;
    if (node.isNull())
        m_announcement.isWanted = m_announcement.isDue = true;
    else if (m_announcement.to.size() < mostAnnouncements)
        m_announcement.to.insert(node);
    if (m_seat)
        m_seat->isTouched = true;
}

QFuture<QList<PyventNodeInfo>> Session::find(Clock::time_point end)
{
    m_seat->isTouched = true;
    return m_presence.find(end);
}

PyventNodeInfo Session::info() const
{
    PyventNodeInfo info = m_info;
    info.uuid = m_uuid;
    info.nodeId = m_options.nodeId;
    info.about = m_about;
    info.names = m_reception.table().patterns();
    if (m_members && !m_members->isEmpty()) {
        info.names += m_members->table().patterns();
        info.names.sort();
        info.names.removeDuplicates();
    }
    switch (m_link->way()) {
    case Connection::Way::None:
        break;
    case Connection::Way::Lane:
        info.way = u"lane"_s;
        break;
    case Connection::Way::Tcp:
        info.way = u"tcp"_s;
        info.key = m_link->keyName();
        break;
    }
    return info;
}

// Of itself

void Session::hasChanged()
{
    m_here.mayDiffer = true;
    if (m_seat)
        m_seat->isTouched = true;
}

// It will be there by another connection, and maybe by another server, which knows nothing of it.
void Session::isNotThere()
{
    m_here.isDue = true;
    m_callsRoll = m_roster.isWatching();
    m_roster.disconnected();
    if (m_will) {
        m_will->isRegistered = m_will->isGivenUp = false;
        m_will->giveUpAt.reset();
    }
}

void Session::sayHere(Clock::time_point now)
{
    if (m_here.hasLeft || !(m_here.isDue || (m_here.mayDiffer && now >= m_here.sayAgainAt)))
        return;
    QByteArray said = Presence::toWatchers(info());
    m_here.mayDiffer = false;
    if (!std::exchange(m_here.isDue, false) && said == m_here.said)
        return;
    m_here.said = said;
    m_here.sayAgainAt = now + saysHereEvery;
    m_link->sendControl(std::move(said));
}

bool Session::sayGone(Clock::time_point now)
{
    if (!m_link || m_here.said.isEmpty() || m_here.isDue || m_state == State::Connecting
        || std::exchange(m_here.hasLeft, true))
        return false;
    m_link->send(m_seat, Control::Gone{m_uuid, Control::Gone::Left}.toFrame(), now);
    return true;
}

void Session::heardWho(QByteArrayView question, Clock::time_point now)
{
    if (m_here.hasLeft)
        return;
    if (QByteArray answer = m_presence.answer(question, now, [this] { return info(); }); !answer.isEmpty())
        m_link->sendControl(std::move(answer));
}

// Its will

bool Session::setWill(const QString &name, const QVariantMap &args, const QString &sender, Clock::time_point now)
{
    QByteArray frame;
    const PyventError error =
        m_encoder.encodeWill(name, ArgumentList(args), sender, mostWillBytes, m_wallClock(), &frame);
    if (error.code == PyventError::QueueFull) {
        m_news.fail(
            {PyventError::EventTooLarge,
             u"'%1' is not set as a will: it takes more than 64 KiB, which is all that the server keeps"_s.arg(name),
             name});
        return false;
    }
    if (error) {
        m_news.fail(error);
        return false;
    }
    m_will = {.name = name, .args = args, .sender = sender, .giveUpAt = {}};
    if (m_link && m_state == State::Ready)
        registerWill(now);
    if (m_seat)
        m_seat->isTouched = true;
    return true;
}

void Session::clearWill()
{
    if (m_will && m_will->isRegistered && m_link)
        m_link->sendControl(Control::NoWill{m_uuid}.toFrame(), true);
    m_will.reset();
}

void Session::registerWill(Clock::time_point now)
{
    if (!m_will || m_will->isRegistered || m_will->isGivenUp || m_here.hasLeft)
        return;
    if (m_link->tellsWhoIsLost()) {
        QByteArray frame;
        m_will->isRegistered = true;
        m_will->giveUpAt.reset();
        const PyventError error = m_encoder.encodeWill(m_will->name, ArgumentList(m_will->args), m_will->sender,
                                                       mostWillBytes, m_wallClock(), &frame);
        if (error)
            m_news.fail(error);
        else
            m_link->sendControl(serverTopic(Control::will) + frame, true);
    } else if (!m_will->giveUpAt) {
        m_will->giveUpAt = now + willPatience;
    } else if (now >= *m_will->giveUpAt) {
        m_will->isGivenUp = true;
        m_will->giveUpAt.reset();
        m_news.fail(
            {PyventError::NotSupported,
             u"nobody will send '%1' when this node is lost: the server of this bus is Python's, or of an earlier "
             u"version of "
             "this module, and does not know wills. Have a program of this module serve, such as 'pyvent serve'"_s.arg(
                 m_will->name),
             m_will->name});
    }
}

// Others

void Session::watch(Clock::time_point now)
{
    if (m_roster.isWatching())
        return;
    m_roster.watch();
    m_callsRoll = true;
    if (!m_link)
        return;
    m_link->subscribe(m_seat, presencePrefix.toByteArray());
    updateState(now);
    if (m_state == State::Ready && std::exchange(m_callsRoll, false)) // another session of this link watches, too
        m_roster.ready(m_link->tellsWhoIsLost(), now);
    m_seat->isTouched = true;
}

void Session::unwatch()
{
    if (!m_roster.isWatching())
        return;
    m_roster.unwatch();
    m_following.clear();
    if (m_link)
        m_link->unsubscribe(m_seat, presencePrefix.toByteArray());
}

void Session::heardHere(QByteArrayView answer, bool isForwarder, Clock::time_point now)
{
    auto node = m_presence.heard(answer, m_roster.isWatching());
    if (!node || node->uuid == m_uuid)
        return;
    m_roster.isHere(*node, answer.size(), now);
    node->forwarder = isForwarder;
    if (m_presence.wantsAll()) {
        tellOthers(); // that it has appeared, before
        tellInOrder(News::Described{*node}, false);
    }
}

void Session::watchOthers(Clock::time_point now)
{
    if (m_state == State::Ready) {
        sayHere(now);
        registerWill(now);
        if (m_roster.isWatching() && m_link->tellsWhoIsLost())
            m_roster.serverTells(now);
        if (m_roster.process(now))
            m_link->sendControl(m_presence.question());
    }
    tellOthers();
}

void Session::tellOthers()
{
    for (Roster::Change &change : m_roster.takeChanges()) {
        if (auto *appeared = std::get_if<Roster::Appeared>(&change))
            tellInOrder(std::move(*appeared), false);
        else if (auto *vanished = std::get_if<Roster::Vanished>(&change))
            tellInOrder(std::move(*vanished), true);
        else
            m_news.fail({PyventError::OutOfResources,
                         u"there are more nodes on the bus than this one tells of, %1 or 32 MiB of what they say"_s.arg(
                             Roster::mostNodes),
                         {}});
    }
}

// What is told of a node is in order; and that it is gone comes behind the handlers of what it has sent, and of its will.
void Session::tellInOrder(News::Item &&item, bool isBehindEvents)
{
    const Inbox &inbox = m_reception.inbox();
    if (m_following.empty() && (!isBehindEvents || inbox.isEmpty()))
        m_news.add(std::move(item));
    else if (m_following.size() < News::maximumItems)
        m_following.push_back({std::move(item), isBehindEvents ? inbox.arrived() : 0});
}

void Session::tellWhatFollows()
{
    const Inbox &inbox = m_reception.inbox();
    while (!m_following.empty() && (inbox.isEmpty() || m_following.front().behind <= inbox.finished())) {
        m_news.add(std::move(m_following.front().item));
        m_following.pop_front();
    }
}

Session::Clock::time_point Session::presenceDeadline() const
{
    Clock::time_point earliest = m_presence.deadline();
    if (m_state != State::Ready)
        return earliest;
    earliest = std::min(earliest, m_roster.deadline());
    if (m_here.hasLeft) // and says nothing more
        return earliest;
    if (m_here.mayDiffer)
        earliest = std::min(earliest, m_here.sayAgainAt);
    if (m_will && m_will->giveUpAt)
        earliest = std::min(earliest, *m_will->giveUpAt);
    return earliest;
}

void Session::searchOthers(Clock::time_point now)
{
    if (m_state == State::Ready && m_presence.mustAsk())
        m_link->sendControl(m_presence.question());
    if (m_state == State::Ready) {
        const QByteArrayView kind = m_announcement.asForwarder ? Control::forwarder : Control::here;
        if (std::exchange(m_announcement.isDue, false))
            m_link->sendControl(Presence::toAll(info(), kind));
        for (const QUuid &node : std::exchange(m_announcement.to, {}))
            m_link->sendControl(Presence::toOne(node, info(), kind));
    }
    if (QByteArray answer = m_presence.answerToAll(now, [this] { return info(); }); !answer.isEmpty() && m_link)
        m_link->sendControl(std::move(answer));
    for (Presence::Finished &finished : m_presence.takeFinished(now))
        m_news.add(std::move(finished));
}

} // namespace Pyvent::Internal
