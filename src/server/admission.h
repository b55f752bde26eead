// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_ADMISSION_H
#define PYVENT_SERVER_ADMISSION_H

#include "security/accessrule.h"

#include <QtCore/qstring.h>

#include <map>

namespace Pyvent::Internal {

// Which users come in, and how many connections each has who is not the own one, as each has who came in by a key. Plain logic. Not
// thread-safe.
class Admission
{
public:
    using Clock = std::chrono::steady_clock;

    Admission(const PyventLocalAccess &access, qsizetype connectionsOfOther)
        : m_rule(access)
        , m_connectionsOfOther(connectionsOfOther)
    {
    }

    enum class Answer : quint8 {
        Welcome,
        Unknown, // it has hung up already, and nobody knows who it was
        Stranger,
        TooMany
    };
    Answer ask(const OtherEnd &other, Clock::time_point now);

    // It has come in, and has left.
    void entered(const OtherEnd &other);
    void left(const OtherEnd &other);

    // The same of who has come in already, and has shown a key that has this name. Who leaves does so with it.
    bool hasRoomForKey(const QString &name) const;
    void showedKey(const QString &name) { ++m_connectionsByKey[name]; }
    qsizetype keyHolders() const { return qsizetype(m_connectionsByKey.size()); }

    // For people: why it does not come in.
    QString describe(Answer answer, const OtherEnd &other) const;

    // For people: who is at the other end.
    static QString describe(const OtherEnd &other);

private:
    static bool isOthers(const OtherEnd &other);

    AccessRule m_rule;
    const qsizetype m_connectionsOfOther;
    std::map<uid_t, qsizetype> m_connections;
    std::map<QString, qsizetype> m_connectionsByKey;
};

} // namespace Pyvent::Internal

#endif
