// SPDX-License-Identifier: MIT
// What a session does for groups that share events: as a member of one, and as the sender of what one shares.
#include "session/session.h"

#include "wire/frame.h"

#include <algorithm>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

ShareMembers &Session::members()
{
    if (!m_members)
        m_members = std::make_unique<ShareMembers>(m_uuid);
    return *m_members;
}

void Session::addMember(quint32 number, std::shared_ptr<Receiver> receiver, const ShareGroup &group,
                        Clock::time_point now)
{
    const QByteArray declaration = members().add(number, std::move(receiver), group);
    hasChanged();
    if (!m_link)
        return;
    m_link->subscribe(m_seat, declaration);
    updateState(now);
}

void Session::removedMembers(const ReceiverTable::Receivers &receivers)
{
    if (receivers.empty() || !m_members)
        return;
    for (const QByteArray &declaration : m_members->removed(receivers)) {
        if (m_link)
            m_link->unsubscribe(m_seat, declaration);
    }
    hasChanged();
}

std::optional<quint64> Session::beginWork(quint32 member)
{
    return m_members ? m_members->begin(member) : std::nullopt;
}

void Session::endWork(quint32 member, quint64 id)
{
    if (!m_members)
        return;
    ShareMembers::Ended ended = m_members->end(member, id);
    if (!ended.message.isEmpty() && m_link)
        m_link->sendControl(std::move(ended.message), true);
    if (!ended.withdraw.isEmpty() && m_link)
        m_link->unsubscribe(m_seat, ended.withdraw);
}

void Session::heardShare(const Control::Share &share)
{
    const std::shared_ptr<Receiver> receiver = m_members ? m_members->heard(share) : nullptr;
    if (receiver && !m_reception.heardShare(receiver, share.frame, share.isRedelivered)) {
        if (const auto id = m_members->begin(share.member)) // it cannot be read, or is of another sender
            endWork(share.member, *id);
    }
}

// A server's word: another program's would have this node do others' work, or forget its own.
void Session::heardOfShares(const Control::Message &message)
{
    if (!m_link->provesSenders())
        return;
    switch (message.kind) {
    case Control::Kind::Share:
        if (const auto share = Control::Share::read(message.payload))
            heardShare(*share);
        break;
    case Control::Kind::Membership:
        if (const auto membership = Control::Membership::read(message.payload); membership && m_members) {
            if (QByteArray answer = m_members->heard(*membership); !answer.isEmpty())
                m_link->sendControl(std::move(answer), true);
        }
        break;
    default:
        if (const auto unfinished = Control::Unfinished::read(message.payload))
            heardUnfinished(*unfinished);
        break;
    }
}

void Session::heardUnfinished(const Control::Unfinished &said)
{
    TransmitWindow<QByteArray> &sent = m_recovery.sent();
    if (!m_unfinished)
        m_unfinished = std::make_unique<UnfinishedEvents>();
    m_unfinished->heard(said, sent.first(said.topic), sent.next(said.topic).sequence - 1,
                        [&sent](const QByteArray &topic, quint64 sequence) {
                            const QByteArray *const frame = sent.find(topic, sequence);
                            return frame ? *frame : QByteArray();
                        });
}

// It may be that the server ends before a group has finished it.
void Session::keepUnfinished(const QByteArray &bytes)
{
    const Frame frame = parseFrame(bytes);
    m_unfinished->sent(frame.topic.toByteArray(), frame.trailer.sequence, bytes);
}

void Session::sharesAreReady(bool isAnother, Clock::time_point now)
{
    if (m_members) {
        for (QByteArray &message : m_members->ready(isAnother, now))
            m_link->sendControl(std::move(message), true);
    }
    if (m_unfinished && isAnother)
        m_unfinished->ready(now);
}

void Session::sharesAreLost()
{
    if (m_members)
        m_members->lost();
    if (m_unfinished)
        m_unfinished->lost();
}

void Session::processShares(Clock::time_point now)
{
    if (m_state != State::Ready)
        return;
    if (m_members) {
        for (const ShareMembers::Refused &refused : m_members->takeRefused(now))
            m_news.fail(refused.isOneTooMany ? tooManyMembers(refused) : sharesNothing(refused));
    }
    if (!m_unfinished)
        return;
    for (QByteArray &message : m_unfinished->takeMessages(m_link->controlRoom(), now))
        m_link->sendControl(std::move(message), true);
    for (const UnfinishedEvents::Left &left : m_unfinished->takeLeft(m_link->provesSenders(), now)) {
        const QString name = QString::fromUtf8(left.topic);
        const auto group = ShareGroup::read(left.group);
        m_news.fail(
            {PyventError::NotSupported,
             u"%1 events '%2' may not be finished: the group '%3' shared them, the server that gave them to its "
             "members has ended, and the one of now is Python's, or of an earlier version of this module, and "
             "cannot share events"_s.arg(left.count)
                 .arg(name, group ? QString::fromUtf8(group->name) : QString()),
             name});
    }
}

PyventError Session::sharesNothing(const ShareMembers::Refused &refused)
{
    return {PyventError::NotSupported,
            u"the handler of '%1' hears nothing: the group '%2' cannot share events, because the server of this bus is "
            "Python's, or of an earlier version of this module, and gives each event to all. Have a program of this "
            "module serve, such as 'pyvent serve'"_s.arg(refused.pattern, QString::fromUtf8(refused.group)),
            refused.pattern};
}

PyventError Session::tooManyMembers(const ShareMembers::Refused &refused)
{
    return {PyventError::OutOfResources,
            u"the handler of '%1' hears nothing: the server has too many members of groups, of this program or in all, "
            "to take one more of the group '%2'"_s.arg(refused.pattern, QString::fromUtf8(refused.group)),
            refused.pattern};
}

Session::Clock::time_point Session::sharesDeadline() const
{
    if (m_state != State::Ready)
        return Clock::time_point::max();
    return std::min(m_members ? m_members->deadline() : Clock::time_point::max(),
                    m_unfinished ? m_unfinished->deadline() : Clock::time_point::max());
}

} // namespace Pyvent::Internal
