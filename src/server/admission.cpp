// SPDX-License-Identifier: MIT
#include "server/admission.h"

#include "security/users.h"

#include <unistd.h>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

bool Admission::isOthers(const OtherEnd &other)
{
    return other.user && *other.user != ::geteuid();
}

Admission::Answer Admission::ask(const OtherEnd &other, Clock::time_point now)
{
    if (!m_rule.allows(other, now))
        return other.user ? Answer::Stranger : Answer::Unknown;
    if (!isOthers(other))
        return Answer::Welcome;
    const auto known = m_connections.find(*other.user);
    const bool hasRoom = known == m_connections.end() || known->second < m_connectionsOfOther;
    return hasRoom ? Answer::Welcome : Answer::TooMany;
}

void Admission::entered(const OtherEnd &other)
{
    if (isOthers(other))
        ++m_connections[*other.user];
}

void Admission::left(const OtherEnd &other)
{
    if (isOthers(other) && --m_connections[*other.user] == 0)
        m_connections.erase(*other.user);
    if (!other.keyName.isEmpty() && --m_connectionsByKey[other.keyName] == 0)
        m_connectionsByKey.erase(other.keyName);
}

bool Admission::hasRoomForKey(const QString &name) const
{
    const auto known = m_connectionsByKey.find(name);
    return known == m_connectionsByKey.end() || known->second < m_connectionsOfOther;
}

QString Admission::describe(const OtherEnd &other)
{
    if (other.user)
        return u"the user %1"_s.arg(describeUser(*other.user));
    return other.isLocal ? u"a process of this machine"_s : u"another machine"_s;
}

QString Admission::describe(Answer answer, const OtherEnd &other) const
{
    switch (answer) {
    case Answer::Welcome:
        break;
    case Answer::Unknown:
        return u"its process has hung up already, and may have been anybody's"_s;
    case Answer::Stranger:
        return u"the user %1 may not be on this bus"_s.arg(describeUser(*other.user));
    case Answer::TooMany:
        return u"the user %1 has %2 already"_s.arg(describeUser(*other.user)).arg(m_connections.at(*other.user));
    }
    return {};
}

} // namespace Pyvent::Internal
