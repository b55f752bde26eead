// SPDX-License-Identifier: MIT
#include "dispatch/receivertable.h"

#include <QtCore/qstringconverter.h>

#include <algorithm>

namespace Pyvent::Internal {

namespace {

using Receivers = ReceiverTable::Receivers;

// A name's ends with a space, which no name has, so that it is not the prefix of others.
QByteArray prefixOf(const Receiver &receiver)
{
    if (!receiver.pattern().isGlob())
        return receiver.pattern().text().toUtf8() + ' ';
    const QByteArray prefix = receiver.pattern().prefix().toUtf8();
    // null means "none" to the caller, and everybody's prefix is empty
    return prefix.isNull() ? QByteArray("") : prefix;
}

std::shared_ptr<const Receivers> with(const std::shared_ptr<const Receivers> &receivers,
                                      std::shared_ptr<Receiver> receiver)
{
    auto copy = receivers ? std::make_shared<Receivers>(*receivers) : std::make_shared<Receivers>();
    copy->push_back(std::move(receiver));
    return copy;
}

} // namespace

QByteArray ReceiverTable::add(std::shared_ptr<Receiver> receiver)
{
    const QByteArray prefix = prefixOf(*receiver);
    m_elsewhere += receiver->isElsewhere();
    if (receiver->pattern().isGlob()) {
        m_globs = with(m_globs, std::move(receiver));
    } else {
        Entry &entry = m_names[receiver->pattern().text().toUtf8()];
        entry.name = receiver->pattern().text();
        entry.receivers = with(entry.receivers, std::move(receiver));
    }
    return ++m_prefixes[prefix] == 1 ? prefix : QByteArray();
}

bool ReceiverTable::release(const QByteArray &prefix)
{
    if (--m_prefixes[prefix] > 0)
        return false;
    m_prefixes.remove(prefix);
    return true;
}

std::shared_ptr<const Receivers> ReceiverTable::without(const std::shared_ptr<const Receivers> &receivers,
                                                        const std::function<bool(const Receiver &)> &unwanted,
                                                        Removal *removal)
{
    auto rest = std::make_shared<Receivers>();
    for (const std::shared_ptr<Receiver> &receiver : *receivers) {
        if (!unwanted(*receiver)) {
            rest->push_back(receiver);
            continue;
        }
        const QByteArray prefix = prefixOf(*receiver);
        if (release(prefix))
            removal->prefixes.append(prefix);
        m_elsewhere -= receiver->isElsewhere();
        removal->receivers.push_back(receiver);
    }
    if (rest->size() == receivers->size())
        return receivers;
    return rest->empty() ? nullptr : rest;
}

ReceiverTable::Removal ReceiverTable::removeIf(const std::function<bool(const Receiver &)> &unwanted)
{
    m_last = nullptr;
    Removal removal;
    for (auto name = m_names.begin(); name != m_names.end();) {
        name->second.receivers = without(name->second.receivers, unwanted, &removal);
        name = name->second.receivers ? std::next(name) : m_names.erase(name);
    }
    if (m_globs)
        m_globs = without(m_globs, unwanted, &removal);
    return removal;
}

ReceiverTable::Removal ReceiverTable::removeIf(const PyventPattern &pattern,
                                               const std::function<bool(const Receiver &)> &unwanted)
{
    Removal removal;
    if (pattern.isGlob()) {
        const auto isUnwanted = [&](const Receiver &receiver) {
            return receiver.pattern() == pattern && unwanted(receiver);
        };
        if (m_globs)
            m_globs = without(m_globs, isUnwanted, &removal);
        return removal;
    }
    const auto entry = m_names.find(pattern.text().toUtf8());
    if (entry == m_names.end())
        return removal;
    entry->second.receivers = without(entry->second.receivers, unwanted, &removal);
    if (!entry->second.receivers) {
        m_last = nullptr;
        m_names.erase(entry);
    }
    return removal;
}

QStringList ReceiverTable::patterns() const
{
    QStringList patterns;
    for (const auto &[topic, entry] : m_names)
        patterns.append(entry.name);
    if (m_globs) {
        for (const std::shared_ptr<Receiver> &receiver : *m_globs)
            patterns.append(receiver->pattern().text());
    }
    patterns.sort();
    patterns.removeDuplicates();
    return patterns;
}

const ReceiverTable::Entry *ReceiverTable::find(QByteArrayView topic) const
{
    if (!m_last || m_last->first != topic) {
        const auto entry = m_names.find(topic);
        if (entry == m_names.end())
            return nullptr;
        m_last = &*entry;
    }
    return &m_last->second;
}

ReceiverTable::Match ReceiverTable::match(QByteArrayView topic) const
{
    Match match;
    if (const Entry *entry = find(topic)) {
        match.name = entry->name;
        match.exact = entry->receivers;
    }
    if (!m_globs)
        return match;
    if (match.name.isNull()) {
        QStringDecoder decode(QStringDecoder::Utf8,
                              QStringDecoder::Flag::Stateless | QStringDecoder::Flag::ConvertInitialBom);
        match.name = decode(topic);
        if (decode.hasError()) {
            match.isUtf8 = false;
            return match;
        }
    }
    const bool anyMatches = std::any_of(m_globs->begin(), m_globs->end(),
                                        [&](const auto &receiver) { return receiver->pattern().matches(match.name); });
    if (anyMatches)
        match.globs = m_globs;
    return match;
}

} // namespace Pyvent::Internal
