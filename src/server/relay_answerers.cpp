// SPDX-License-Identifier: MIT
// What a relay tells of who answers questions: as soon as that changes, so that the acknowledgement of a question comes behind it.
#include "server/relay.h"

#include "wire/topic.h"

namespace Pyvent::Internal {

namespace {

// Of how many names it tells in a turn, where very much has changed at once.
constexpr qsizetype toldAtOnce = 500;

} // namespace

void Relay::noteSubscription(Client *client, const QByteArray &prefix, bool isThere)
{
    if (!isControlTopic(prefix)) {
        if (client->m_isStranger && !prefix.isEmpty())
            m_answerers.strangersChanged(prefix);
        return;
    }
    if (const auto member = Control::Member::read(prefix)) {
        if (isThere)
            m_sharing.add(client, *member);
        else
            m_sharing.remove(client, *member);
        return;
    }
    const auto declaration = Control::Declaration::read(prefix);
    if (!declaration)
        return;
    if (isThere)
        m_answerers.add(client, *declaration);
    else
        m_answerers.remove(client, *declaration);
}

void Relay::tellAnswerers()
{
    if (m_answerers.hasChanges())
        m_answerers.tell(toldAtOnce);
}

// Python's nodes subscribe to each name that they listen to, or to that and the space behind it. Who subscribes to less, as to all that there
// is, looks on; or else it has to declare that it answers.
bool Relay::hasStranger(const QByteArray &name) const
{
    if (!hasStrangers())
        return false;
    const QByteArray exact = name + ' ';
    bool has = false;
    m_index.forEach(exact, [&](const Client *client) {
        has =
            has || (client->m_isStranger && (client->m_prefixes.contains(name) || client->m_prefixes.contains(exact)));
    });
    return has;
}

bool Relay::mayAnswer(Answerers::Client client, const QByteArray &name) const
{
    const auto &rules = static_cast<const Client *>(client)->m_rules;
    return !rules || rules->mayHear(AskedName(name));
}

bool Relay::mayAsk(Answerers::Client client, const QByteArray &name) const
{
    const auto &rules = static_cast<const Client *>(client)->m_rules;
    return !rules || rules->maySend(AskedName(name));
}

// What an answerer has said last comes before the word that it is gone; and which of the asker's questions were passed on before that.
void Relay::tell(Answerers::Client client, const QByteArray &frame)
{
    endRun();
    auto *const asker = static_cast<Client *>(const_cast<void *>(client));
    if (isFull() || asker->output.cost() > m_limits.waitingBytes)
        return; // one that does not read knows less
    if (asker->acknowledgeNow)
        asker->acknowledgeNow();
    sendTo(asker, frame);
}

} // namespace Pyvent::Internal
