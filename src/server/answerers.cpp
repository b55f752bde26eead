// SPDX-License-Identifier: MIT
#include "server/answerers.h"

#include <algorithm>
#include <utility>

namespace Pyvent::Internal {

namespace {

bool isSame(const Control::Declaration &one, const Control::Declaration &other)
{
    return one.name == other.name && one.isPrefix == other.isPrefix && one.node == other.node;
}

} // namespace

void Answerers::add(Client client, const Control::Declaration &declaration)
{
    Declared &declared = m_clients[client];
    const bool isAnswering = declaration.kind == Control::Declaration::Answering;
    std::vector<Control::Declaration> &list = isAnswering ? declared.answering : declared.asking;
    const bool isOneTooMany = qsizetype(list.size()) >= m_limits.ofClient
        || (declaration.isPrefix && qsizetype(m_patterns.size()) >= m_limits.patterns);
    if (isOneTooMany) {
        if (isAnswering && !std::exchange(declared.hasMore, true) && ++m_clientsWithMore == 1)
            changedFrom({});
        return tell(m_limits.atOnce);
    }
    list.push_back(declaration);
    if (isAnswering)
        return addAnswerer(client, declaration);
    m_watches[declaration.name].untold.push_back({client, declaration.node});
    m_changed.insert(declaration.name);
    tell(m_limits.atOnce);
}

void Answerers::addAnswerer(Client client, const Control::Declaration &declaration)
{
    const Party party{client, declaration.node};
    if (declaration.isPrefix) {
        m_patterns.push_back({declaration.name, party});
        changedFrom(declaration.name);
    } else {
        m_ofName[declaration.name].push_back(party);
        changed(declaration.name);
    }
    tell(m_limits.atOnce);
}

void Answerers::remove(Client client, const Control::Declaration &declaration)
{
    const auto declared = m_clients.find(client);
    if (declared == m_clients.end())
        return;
    const bool isAnswering = declaration.kind == Control::Declaration::Answering;
    auto &list = isAnswering ? declared->answering : declared->asking;
    const auto place = std::find_if(list.begin(), list.end(),
                                    [&](const Control::Declaration &known) { return isSame(known, declaration); });
    if (place == list.end())
        return;
    list.erase(place);
    if (isAnswering)
        removeAnswerer(client, declaration);
    else
        removeAsker(client, declaration);
    if (declared->answering.empty() && declared->asking.empty() && !declared->hasMore)
        m_clients.erase(declared);
    tell(m_limits.atOnce);
}

void Answerers::removeAnswerer(Client client, const Control::Declaration &declaration)
{
    const Party party{client, declaration.node};
    if (declaration.isPrefix) {
        const auto place = std::find_if(m_patterns.begin(), m_patterns.end(), [&](const Pattern &pattern) {
            return pattern.party == party && pattern.prefix == declaration.name;
        });
        if (place == m_patterns.end())
            return;
        m_patterns.erase(place);
        return changedFrom(declaration.name);
    }
    const auto ofName = m_ofName.find(declaration.name);
    if (ofName == m_ofName.end())
        return;
    std::erase(*ofName, party);
    if (ofName->empty())
        m_ofName.erase(ofName);
    changed(declaration.name);
}

void Answerers::removeAsker(Client client, const Control::Declaration &declaration)
{
    const auto place = m_watches.find(declaration.name);
    if (place == m_watches.end())
        return;
    const Party party{client, declaration.node};
    std::erase(place->second.told, party);
    std::erase(place->second.untold, party);
    if (!place->second.told.empty() || !place->second.untold.empty())
        return;
    m_watches.erase(place);
    m_changed.remove(declaration.name);
}

void Answerers::left(Client client)
{
    const auto declared = m_clients.find(client);
    if (declared == m_clients.end())
        return;
    const Declared all = std::move(*declared);
    m_clients.erase(declared);
    for (const Control::Declaration &asking : all.asking)
        removeAsker(client, asking);
    for (const Control::Declaration &answering : all.answering)
        removeAnswerer(client, answering);
    if (all.hasMore && --m_clientsWithMore == 0)
        changedFrom({});
    tell(m_limits.atOnce);
}

void Answerers::strangersChanged(QByteArrayView prefix)
{
    if (m_watches.empty())
        return;
    if (prefix.isEmpty())
        changedFrom({});
    else
        changed((prefix.endsWith(' ') ? prefix.chopped(1) : prefix).toByteArray());
    tell(m_limits.atOnce);
}

void Answerers::changed(const QByteArray &name)
{
    if (m_watches.contains(name))
        m_changed.insert(name);
}

void Answerers::changedFrom(QByteArrayView prefix)
{
    const QByteArray first = prefix.toByteArray();
    for (auto watch = m_watches.lower_bound(first); watch != m_watches.end() && watch->first.startsWith(first); ++watch)
        m_changed.insert(watch->first);
}

void Answerers::tell(qsizetype most)
{
    for (; most > 0 && !m_changed.isEmpty(); --most) {
        const QByteArray name = *m_changed.cbegin();
        m_changed.erase(m_changed.cbegin());
        if (const auto watch = m_watches.find(name); watch != m_watches.end())
            tell(name, watch->second);
    }
}

void Answerers::tell(const QByteArray &name, Watch &watch)
{
    Known known = find(name);
    const auto tellThose = [&](const std::vector<Party> &askers) {
        for (const Party &asker : askers) {
            if (m_bus->mayAsk(asker.client, name))
                m_bus->tell(asker.client, Control::Answerers{asker.node, name, known.nodes, known.hasOthers}.toFrame());
        }
    };
    if (watch.known != known)
        tellThose(watch.told);
    tellThose(watch.untold);
    watch.told.insert(watch.told.end(), watch.untold.begin(), watch.untold.end());
    watch.untold.clear();
    watch.known = std::move(known);
}

Answerers::Known Answerers::find(const QByteArray &name) const
{
    Known known{.nodes = {}, .hasOthers = m_clientsWithMore > 0 || m_bus->hasStranger(name)};
    const auto add = [&](const Party &party) {
        if (!m_bus->mayAnswer(party.client, name))
            return;
        if (party.node.isNull() || qsizetype(known.nodes.size()) >= Control::Answerers::most)
            known.hasOthers = true;
        else
            known.nodes.push_back(party.node);
    };
    if (const auto ofName = m_ofName.find(name); ofName != m_ofName.end())
        std::for_each(ofName->begin(), ofName->end(), add);
    for (const Pattern &pattern : m_patterns) {
        if (name.startsWith(pattern.prefix))
            add(pattern.party);
    }
    std::sort(known.nodes.begin(), known.nodes.end());
    known.nodes.erase(std::unique(known.nodes.begin(), known.nodes.end()), known.nodes.end());
    return known;
}

} // namespace Pyvent::Internal
