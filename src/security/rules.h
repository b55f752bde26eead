// SPDX-License-Identifier: MIT
#ifndef PYVENT_SECURITY_RULES_H
#define PYVENT_SECURITY_RULES_H

#include "pyventpattern.h"

#include <QtCore/qbytearray.h>
#include <QtCore/qflags.h>
#include <QtCore/qlist.h>
#include <QtCore/qstring.h>

#include <optional>
#include <vector>

#include <sys/types.h>

namespace Pyvent::Internal {

// What may be done with an event.
enum class Right : quint8 {
    Send = 1,
    Hear = 2,
    SpeakForOthers = 4 // send it in another node's name, as a bridge does
};
Q_DECLARE_FLAGS(Rights, Right)
Q_DECLARE_OPERATORS_FOR_FLAGS(Rights)

inline constexpr Rights allRights = Rights(Right::Send) | Right::Hear | Right::SpeakForOthers;

// "send, hear", as a file of rules has it.
QString rightsText(Rights rights);

// Who is at the other end of a connection, as rules know it: both, one or none of these.
struct PeerIdentity
{
    std::optional<uid_t> user = {}; // of this machine, by the kernel
    QByteArray key = {};            // a CURVE client's public key, in Z85
    QString keyName = {};           // that the list of allowed keys has for it

    friend bool operator==(const PeerIdentity &, const PeerIdentity &) = default;
};

// Whom a rule is for.
struct RuleSubject
{
    enum Kind : quint8 {
        Anyone, // also who has neither a user nor a key
        AnyUser,
        User,
        AnyKey,
        KeyName,
        PublicKey
    };
    Kind kind = Anyone;
    QString name = {};              // of a single one, as it was written
    std::optional<uid_t> user = {}; // of User, if this machine knows it

    bool matches(const PeerIdentity &peer) const;

    // As a file of rules has it.
    QString text() const;

    friend bool operator==(const RuleSubject &, const RuleSubject &) = default;
};

// A line of the file.
struct Rule
{
    bool allows = false;
    RuleSubject subject = {};
    Rights rights = {};
    QList<PyventPattern> names = {};
    int line = 0;

    bool fits(QStringView name) const;

    // As a file of rules has it, without its end.
    QString text() const;

    friend bool operator==(const Rule &, const Rule &) = default;
};

// Who may send and hear what, as RULES.md describes it. For each right, the first rule decides that is for this peer, for this right and
// for this name. What no rule decides is refused. A value.
class Rules
{
public:
    // Reading, checking and asking takes no longer than these let it.
    static constexpr qsizetype mostBytes = qsizetype(64) * 1024;
    static constexpr qsizetype mostRules = 1000;

    Rules() = default;
    explicit Rules(std::vector<Rule> all)
        : m_all(std::move(all))
    {
    }

    const std::vector<Rule> &all() const { return m_all; }

    // The file again, without its comments.
    QByteArray text() const;

    friend bool operator==(const Rules &, const Rules &) = default;

private:
    std::vector<Rule> m_all;
};

} // namespace Pyvent::Internal

#endif
