// SPDX-License-Identifier: MIT
#include "security/peerrules.h"

#include "dispatch/name.h"

#include <algorithm>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype longestName = qsizetype(3) * 1024; // 1,024 UTF-16 units make no more bytes

// Nothing if it is no event's name.
std::optional<QString> readName(QByteArrayView bytes)
{
    // What a reader leaves out would have it compared as another name.
    constexpr QByteArrayView byteOrderMark = "\xef\xbb\xbf";
    if (bytes.size() > longestName || bytes.startsWith(byteOrderMark) || !bytes.isValidUtf8())
        return {};
    const QString name = QString::fromUtf8(bytes);
    return whyNotAName(name).isEmpty() ? std::optional(name) : std::nullopt;
}

} // namespace

PeerRules::PeerRules(const std::shared_ptr<const Rules> &rules, const PeerIdentity &peer)
    : m_peer(peer)
    , m_rules()
    , m_ofPeer()
    , m_shelves()
{
    setRules(rules);
}

void PeerRules::setRules(const std::shared_ptr<const Rules> &rules)
{
    m_rules = rules;
    m_shelves.clear();
    m_ofPeer.clear();
    for (const Rule &rule : m_rules->all()) {
        if (rule.subject.matches(m_peer))
            m_ofPeer.push_back(&rule);
    }
}

bool PeerRules::maySpeakForSome() const
{
    return std::any_of(m_ofPeer.begin(), m_ofPeer.end(),
                       [](const Rule *rule) { return rule->allows && rule->rights & Right::SpeakForOthers; });
}

Rights PeerRules::decide(const AskedName &name)
{
    Rights rights;
    if (const auto text = readName(name.bytes())) {
        Rights open = allRights;
        for (const Rule *rule : m_ofPeer) {
            if (!(rule->rights & open) || !rule->fits(*text))
                continue;
            if (rule->allows)
                rights |= rule->rights & open;
            open &= ~rule->rights;
            if (!open)
                break;
        }
    }
    if (name.isRemembered()) {
        if (m_shelves.empty())
            m_shelves.resize(mostShelves);
        Shelf &shelf = m_shelves[name.hash() % mostShelves];
        shelf.answers[shelf.next] = {name.hash(), name.bytes().toByteArray(), rights};
        shelf.next = quint8((shelf.next + 1) % shelf.answers.size());
    }
    return rights;
}

QString PeerRules::whyNot(Right right, QByteArrayView name) const
{
    const auto text = readName(name);
    if (!text)
        return u"it is no event's name"_s;
    for (const Rule *rule : m_ofPeer) {
        if (rule->rights.testFlag(right) && rule->fits(*text))
            return rule->allows ? QString() : u"line %1 of the rules denies it"_s.arg(rule->line);
    }
    return u"no rule allows it"_s;
}

} // namespace Pyvent::Internal
