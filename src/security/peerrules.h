// SPDX-License-Identifier: MIT
#ifndef PYVENT_SECURITY_PEERRULES_H
#define PYVENT_SECURITY_PEERRULES_H

#include "dispatch/topichash.h"
#include "security/rules.h"

#include <array>
#include <memory>
#include <vector>

namespace Pyvent::Internal {

// An event's name as it came, in UTF-8, for questions about it: made once for each frame, however many peers may hear it. The bytes must
// stay where they are.
class AskedName
{
public:
    explicit AskedName(QByteArrayView bytes)
        : m_bytes(bytes)
        , m_hash(bytes.size() <= longestRemembered ? TopicHash()(bytes) : 0)
    {
    }

    QByteArrayView bytes() const { return m_bytes; }
    bool isRemembered() const { return m_bytes.size() <= longestRemembered; }
    std::size_t hash() const { return m_hash; }

private:
    static constexpr qsizetype longestRemembered = 128;

    QByteArrayView m_bytes;
    std::size_t m_hash;
};

// What one peer may do, by the rules in force: what of them is for it, and its last answers. Peers of the same identity share one:
// PeerRulesPool. Names are the network's, so it keeps no more than 512 answers, for names of 128 bytes at most; it thinks anew about
// others. Not thread-safe.
//
// It is asked of events only. Topics that are not events' names (wire/topic.h), and what is no name at all, are refused.
class PeerRules
{
public:
    PeerRules(const std::shared_ptr<const Rules> &rules, const PeerIdentity &peer);
    Q_DISABLE_COPY_MOVE(PeerRules)

    const PeerIdentity &peer() const { return m_peer; }

    bool maySend(const AskedName &name) { return rightsFor(name).testFlag(Right::Send); }
    bool mayHear(const AskedName &name) { return rightsFor(name).testFlag(Right::Hear); }
    bool maySpeakForOthers(const AskedName &name) { return rightsFor(name).testFlag(Right::SpeakForOthers); }

    // Whether it may for any name, as far as a rule allows that which an earlier one might deny again.
    bool maySpeakForSome() const;

    Rights rightsFor(const AskedName &name)
    {
        if (!m_shelves.empty()) {
            for (const Answer &answer : m_shelves[name.hash() % mostShelves].answers) {
                if (answer.hash == name.hash() && answer.name == name.bytes())
                    return answer.rights;
            }
        }
        return decide(name);
    }

    // Why \a right is not there, for people: "line 3 of the rules denies it".
    QString whyNot(Right right, QByteArrayView name) const;

    // Other rules are in force.
    void setRules(const std::shared_ptr<const Rules> &rules);

private:
    struct Answer
    {
        std::size_t hash = 0;
        QByteArray name = {};
        Rights rights = {};
    };

    // Where a name's answer is, if it is there, by its hash. Few names that are in use share one; where more do, they take turns.
    struct Shelf
    {
        std::array<Answer, 4> answers = {};
        quint8 next = 0; // is replaced
    };
    static constexpr std::size_t mostShelves = 128;

    Rights decide(const AskedName &name);

    const PeerIdentity m_peer;
    std::shared_ptr<const Rules> m_rules;
    std::vector<const Rule *> m_ofPeer; // of m_rules
    std::vector<Shelf> m_shelves;       // none before the first answer
};

} // namespace Pyvent::Internal

#endif
