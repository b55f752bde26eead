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

// Who takes events where it hears has none put there.
bool isElsewhere(const Receiver &receiver)
{
    return receiver.isElsewhere() && !receiver.newest();
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
    m_elsewhere += isElsewhere(*receiver);
    Shelf &on = shelf(*receiver);
    ++on.count;
    if (receiver->pattern().isGlob()) {
        on.globs = with(on.globs, std::move(receiver));
    } else {
        Entry &entry = on.names[receiver->pattern().text().toUtf8()];
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
        m_elsewhere -= isElsewhere(*receiver);
        --shelf(*receiver).count;
        removal->receivers.push_back(receiver);
    }
    if (rest->size() == receivers->size())
        return receivers;
    return rest->empty() ? nullptr : rest;
}

ReceiverTable::Removal ReceiverTable::removeIf(const std::function<bool(const Receiver &)> &unwanted)
{
    Removal removal;
    for (Shelf *from : {&m_arguments, &m_frames, &m_newest}) {
        from->last = nullptr;
        for (auto name = from->names.begin(); name != from->names.end();) {
            name->second.receivers = without(name->second.receivers, unwanted, &removal);
            name = name->second.receivers ? std::next(name) : from->names.erase(name);
        }
        if (from->globs)
            from->globs = without(from->globs, unwanted, &removal);
    }
    return removal;
}

ReceiverTable::Removal ReceiverTable::removeIf(const PyventPattern &pattern,
                                               const std::function<bool(const Receiver &)> &unwanted)
{
    Removal removal;
    for (Shelf *from : {&m_arguments, &m_frames, &m_newest})
        removeIf(from, pattern, unwanted, &removal);
    return removal;
}

void ReceiverTable::removeIf(Shelf *from, const PyventPattern &pattern,
                             const std::function<bool(const Receiver &)> &unwanted, Removal *removal)
{
    if (pattern.isGlob()) {
        const auto isUnwanted = [&](const Receiver &receiver) {
            return receiver.pattern() == pattern && unwanted(receiver);
        };
        if (from->globs)
            from->globs = without(from->globs, isUnwanted, removal);
        return;
    }
    const auto entry = from->names.find(pattern.text().toUtf8());
    if (entry == from->names.end())
        return;
    entry->second.receivers = without(entry->second.receivers, unwanted, removal);
    if (!entry->second.receivers) {
        from->last = nullptr;
        from->names.erase(entry);
    }
}

void ReceiverTable::forEachNewest(const std::function<void(Receiver &)> &function) const
{
    const auto all = [&function](const std::shared_ptr<const Receivers> &receivers) {
        for (std::size_t i = 0; receivers && i < receivers->size(); ++i)
            function(*(*receivers)[i]);
    };
    for (const auto &[topic, entry] : m_newest.names)
        all(entry.receivers);
    all(m_newest.globs);
}

QStringList ReceiverTable::patterns() const
{
    QStringList patterns;
    for (const Shelf *on : {&m_arguments, &m_frames, &m_newest}) {
        for (const auto &[topic, entry] : on->names)
            patterns.append(entry.name);
        if (!on->globs)
            continue;
        for (const std::shared_ptr<Receiver> &receiver : *on->globs)
            patterns.append(receiver->pattern().text());
    }
    patterns.sort();
    patterns.removeDuplicates();
    return patterns;
}

const ReceiverTable::Entry *ReceiverTable::Shelf::find(QByteArrayView topic) const
{
    if (!last || last->first != topic) {
        const auto entry = names.find(topic);
        if (entry == names.end())
            return nullptr;
        last = &*entry;
    }
    return &last->second;
}

ReceiverTable::Match ReceiverTable::Shelf::match(QByteArrayView topic) const
{
    Match match;
    if (const Entry *entry = find(topic)) {
        match.name = entry->name;
        match.exact = entry->receivers;
    }
    if (!globs)
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
    const bool anyMatches = std::any_of(globs->begin(), globs->end(),
                                        [&](const auto &receiver) { return receiver->pattern().matches(match.name); });
    if (anyMatches)
        match.globs = globs;
    return match;
}

} // namespace Pyvent::Internal
