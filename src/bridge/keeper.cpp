// SPDX-License-Identifier: MIT
#include "keeper.h"

#include <algorithm>
#include <utility>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// Of a name that is sent often, the newest event is kept some times a second; a value is set by people, mostly, and at once.
constexpr auto plainDelay = 100ms;
constexpr auto plainPause = 250ms;
constexpr auto valuePause = 20ms;

constexpr auto putAgainAfter = 500ms;
constexpr auto awaitedFor = 2s;
constexpr auto rereadAfter = 30s;

// A server that keeps last events answers within a round trip. Python's does not, and one of an earlier version neither.
constexpr auto lastWithin = 1s;
constexpr auto lookAgain = 1s;

constexpr qsizetype frameOverhead = 256; // of an event's frame, beside its arguments and texts
constexpr qsizetype mostComplaints = 100;
constexpr int mostSkipped = 1000;

// A write has an argument of this name.
bool mayBeWrite(const Message &message)
{
    return message.payload.contains("value");
}

} // namespace

bool Keeper::isAmong(const QList<PyventPattern> &names, const QString &name) const
{
    return std::ranges::any_of(names, [&](const PyventPattern &pattern) { return pattern.matches(name); });
}

bool Keeper::isValue(const QString &name) const
{
    const auto entry = m_entries.constFind(name);
    return entry != m_entries.cend() && (entry->stored.stamp > 0 || entry->onBus.stamp > 0);
}

void Keeper::complain(const QString &problem)
{
    if (m_told.contains(problem) || m_told.size() >= mostComplaints)
        return;
    m_told.insert(problem);
    m_problems += problem;
}

// Names

// Null for a name that is neither kept nor given.
Keeper::Entry *Keeper::entryOf(const QString &name)
{
    if (const auto known = m_entries.find(name); known != m_entries.end()) {
        m_uses.splice(m_uses.end(), m_uses, known->use);
        return &*known;
    }
    if (!isAmong(m_options.in, name) && !isAmong(m_options.out, name))
        return nullptr;
    const qsizetype bytes = name.size() * qsizetype(sizeof(QChar));
    while (!m_entries.isEmpty()
           && (m_entries.size() >= m_options.limits.names || m_nameBytes + bytes > m_options.limits.nameBytes)) {
        const qsizetype before = m_entries.size();
        forgetOldest();
        if (m_entries.size() == before)
            return nullptr;
    }
    Entry &entry = m_entries[name];
    entry.use = m_uses.insert(m_uses.end(), name);
    m_nameBytes += bytes;
    return &entry;
}

// But for those of which something waits.
void Keeper::forgetOldest()
{
    auto oldest = m_uses.begin();
    for (int i = 0; i < mostSkipped && oldest != m_uses.end(); ++i, ++oldest) {
        const Entry &entry = m_entries[*oldest];
        if (entry.waiting || entry.underWay > 0 || entry.isAsked)
            continue;
        complain(u"there are more than %1 names: of those that it was longest ago that something came of, the last "
                 "events are not looked after any more"_s.arg(m_entries.size()));
        m_nameBytes -= oldest->size() * qsizetype(sizeof(QChar));
        m_entries.remove(*oldest);
        m_uses.erase(oldest);
        return;
    }
}

// The bus

void Keeper::heard(const Message &message, qint64 wallTime, Clock::time_point now)
{
    Entry *const entry = entryOf(message.name);
    if (!entry)
        return;
    if (message.stamp == 0 && isToAsk(*entry, message, now)) {
        entry->unstamped = message;
        ask(message.name, *entry, now);
    } else {
        note(message.name, *entry, message, wallTime, now);
    }
}

void Keeper::keptByServer(const Message &message, qint64 wallTime, Clock::time_point now)
{
    if (message.node.isNull()) // a Python node's: when it was sent, nobody knows
        return;
    if (Entry *const entry = entryOf(message.name))
        note(message.name, *entry, message, wallTime, now);
}

void Keeper::arrived(const Message &message, Clock::time_point now)
{
    Entry *const entry = entryOf(message.name);
    if (!entry)
        return;
    if (message.stamp == 0 && isToAsk(*entry, message, now))
        ask(message.name, *entry, now);
    else
        entry->onBus = std::max(entry->onBus, Kept{message}.version());
}

// Whether the server may have given the event a stamp. Where it has not, it does not soon.
bool Keeper::isToAsk(Entry &entry, const Message &message, Clock::time_point now)
{
    if (entry.stored.stamp > 0 || entry.onBus.stamp > 0 || entry.unstamped)
        return true;
    if (!mayBeWrite(message) || now < entry.lookAgainAt)
        return false;
    entry.lookAgainAt = now + lookAgain;
    return true;
}

void Keeper::note(const QString &name, Entry &entry, const Message &message, qint64 wallTime, Clock::time_point now)
{
    Kept kept{message};
    kept.message.time =
        std::min(message.time, wallTime); // else one whose clock is ahead would be the newest until then
    if (!isPlausible(kept, wallTime))
        return;
    const KeptVersion version = kept.version();
    entry.onBus = std::max(entry.onBus, version);
    const auto underWay = m_underWay.constFind(entry.underWay);
    const bool isKnown = version <= entry.stored || (entry.waiting && version <= entry.waiting->version())
        || (underWay != m_underWay.cend() && version <= underWay->kept.version());
    if (isKnown || !isAmong(m_options.out, name))
        return;
    const qsizetype size = kept.message.payload.size() + name.toUtf8().size() + frameOverhead;
    if (size > m_options.limits.bytes) {
        ++m_counters.tooLarge;
        complain(u"the last event of '%1' has %2 bytes, and is not kept: it may have %3"_s.arg(
            name, QString::number(kept.message.payload.size()),
            QString::number(m_options.limits.bytes - frameOverhead)));
        kept.leftOut = kept.message.payload.size();
        kept.message.payload.clear();
    }
    const qsizetype before = entry.waiting ? entry.waiting->size() : 0;
    if (m_waitingBytes - before + kept.size() > m_options.limits.waitingBytes) {
        ++m_counters.dropped;
        complain(
            u"too many last events wait for the engine: %1 bytes of them; others are not kept"_s.arg(m_waitingBytes));
        return;
    }
    wait(entry, std::move(kept));
    schedule(name, entry, std::max(entry.notBefore, version.stamp > 0 ? now : now + plainDelay));
}

void Keeper::wait(Entry &entry, std::optional<Kept> &&kept)
{
    if (entry.waiting)
        m_waitingBytes -= entry.waiting->size();
    entry.waiting = std::move(kept);
    if (entry.waiting)
        m_waitingBytes += entry.waiting->size();
}

// At the earliest of the times that it was scheduled for.
void Keeper::schedule(const QString &name, Entry &entry, Clock::time_point at)
{
    if (entry.dueAt <= at)
        return;
    if (entry.dueAt != never)
        m_due.erase({entry.dueAt, name});
    entry.dueAt = at;
    m_due.insert({at, name});
}

void Keeper::drop(const QString &name, Entry &entry)
{
    wait(entry, {});
    if (entry.dueAt != never)
        m_due.erase({entry.dueAt, name});
    entry.dueAt = never;
    entry.awaited = 0;
}

// The server's word about writes that have no stamp

void Keeper::ask(const QString &name, Entry &entry, Clock::time_point now)
{
    if (std::exchange(entry.isAsked, true)) {
        entry.isToAsk = true;
        return;
    }
    entry.toldBy = now + lastWithin;
    m_questions.insert({entry.toldBy, name});
    m_toAsk += name;
}

void Keeper::told(const QString &name, const std::optional<Message> &last, qint64 wallTime, Clock::time_point now)
{
    const auto found = m_entries.find(name);
    if (found == m_entries.end() || !found->isAsked)
        return;
    Entry &entry = *found;
    m_questions.erase({entry.toldBy, name});
    entry.isAsked = false;
    const auto unstamped = std::exchange(entry.unstamped, {});
    if (last && !last->node.isNull())
        note(name, entry, *last, wallTime, now);
    else if (unstamped)
        note(name, entry, *unstamped, wallTime, now);
    if (std::exchange(entry.isToAsk, false))
        ask(name, entry, now);
}

QStringList Keeper::takeQuestions(qint64 wallTime, Clock::time_point now)
{
    while (!m_questions.empty() && m_questions.begin()->first <= now) {
        const QString name = m_questions.begin()->second;
        told(name, {}, wallTime, now);
    }
    return std::exchange(m_toAsk, {});
}

void Keeper::busIsNew()
{
    m_gifts.clear();
    for (Entry &entry : m_entries)
        entry.onBus = {};
}

// The bucket

void Keeper::opened()
{
    closed();
    for (auto entry = m_entries.begin(); entry != m_entries.end(); ++entry) {
        entry->stored = {};
        entry->revision = 0;
        entry->awaited = 0;
        if (entry->waiting)
            schedule(entry.key(), *entry, entry->notBefore);
    }
    m_isOpen = true;
}

void Keeper::closed()
{
    m_isOpen = m_isLoaded = false;
    const QList<quint64> ids = m_underWay.keys();
    for (const quint64 id : ids)
        takeBack(id, Clock::time_point());
}

void Keeper::stored(const Kept &kept, quint64 revision, qint64 wallTime, Clock::time_point now)
{
    const QString &name = kept.message.name;
    Entry *const entry = entryOf(name);
    if (!entry || revision < entry->revision)
        return;
    const bool isTrue = isPlausible(kept, wallTime);
    entry->revision = revision;
    entry->stored = isTrue ? kept.version() : KeptVersion();
    settle(name, *entry, now);
    // It was forgotten there, and another bus has put an older one since.
    if (entry->stored < entry->onBus && !entry->waiting && entry->underWay == 0 && isAmong(m_options.out, name))
        ask(name, *entry, now);
    if (!isTrue || kept.leftOut > 0 || entry->stored <= entry->onBus || !isAmong(m_options.in, name))
        return;
    entry->onBus = entry->stored;
    m_gifts.push_back(kept);
}

void Keeper::storedNothing(const QString &name, quint64 revision, bool isUnreadable, Clock::time_point now)
{
    m_counters.unreadable += isUnreadable;
    Entry *const entry = name.isEmpty() ? nullptr : entryOf(name);
    if (!entry || revision < entry->revision)
        return;
    entry->revision = revision;
    entry->stored = {};
    settle(name, *entry, now);
}

void Keeper::settle(const QString &name, Entry &entry, Clock::time_point now)
{
    if (entry.revision >= entry.awaited)
        entry.awaited = 0;
    if (!entry.waiting)
        return;
    if (entry.waiting->version() <= entry.stored)
        drop(name, entry);
    else if (entry.awaited == 0)
        schedule(name, entry, std::max(now, entry.notBefore));
}

std::optional<Kept> Keeper::takeGift()
{
    if (m_gifts.empty())
        return {};
    std::optional<Kept> gift(std::move(m_gifts.front()));
    m_gifts.pop_front();
    return gift;
}

QList<Keeper::Put> Keeper::takePuts(Clock::time_point now)
{
    QList<Put> puts;
    while (m_isLoaded && hasRoomUnderWay() && !m_due.empty() && m_due.begin()->first <= now) {
        const QString name = m_due.begin()->second;
        m_due.erase(m_due.begin());
        Entry &entry = m_entries[name];
        entry.dueAt = never;
        if (!entry.waiting || entry.underWay > 0) // what is under way ends, and then this has its turn
            continue;
        if (entry.waiting->version() <= entry.stored) {
            drop(name, entry);
            continue;
        }
        if (entry.awaited > 0) {
            if (now >= m_againNotBefore) {
                m_againNotBefore = now + rereadAfter;
                m_wantsAgain = true;
            }
            schedule(name, entry, now + awaitedFor);
            continue;
        }
        Kept kept = std::move(*entry.waiting);
        m_waitingBytes -= kept.size();
        entry.waiting.reset();
        entry.underWay = ++m_lastId;
        m_underWayBytes += kept.size();
        m_underWay.insert(m_lastId, {name, kept});
        puts += Put{m_lastId, std::move(kept), entry.revision};
    }
    return puts;
}

// How a put has ended

Keeper::Entry *Keeper::end(quint64 id, UnderWay *ended)
{
    const auto found = m_underWay.find(id);
    if (found == m_underWay.end())
        return nullptr;
    *ended = std::move(*found);
    m_underWay.erase(found);
    m_underWayBytes -= ended->kept.size();
    Entry &entry = m_entries[ended->name];
    entry.underWay = 0;
    return &entry;
}

// It waits again, unless there is a newer one.
Keeper::Entry *Keeper::takeBack(quint64 id, Clock::time_point at)
{
    UnderWay ended;
    Entry *const entry = end(id, &ended);
    if (!entry)
        return nullptr;
    if (!entry->waiting)
        wait(*entry, std::move(ended.kept));
    schedule(ended.name, *entry, at);
    return entry;
}

void Keeper::putIsDone(quint64 id, quint64 revision, Clock::time_point now)
{
    UnderWay ended;
    Entry *const entry = end(id, &ended);
    if (!entry)
        return;
    ++m_counters.put;
    if (revision > entry->revision) {
        entry->revision = revision;
        entry->stored = ended.kept.version();
    }
    entry->notBefore = now + (ended.kept.message.stamp > 0 ? valuePause : plainPause);
    if (!entry->waiting && entry->stored < ended.kept.version()) // it was forgotten at once, and an older one was put
        wait(*entry, std::move(ended.kept));
    settle(ended.name, *entry, now);
}

void Keeper::putHasConflict(quint64 id, quint64 actual, Clock::time_point now)
{
    ++m_counters.conflicts;
    const auto found = m_underWay.constFind(id);
    if (found == m_underWay.cend())
        return;
    const QString name = found->name;
    Entry &entry = m_entries[name];
    if (actual == 0) { // it was forgotten there, to make room
        entry.revision = 0;
        entry.stored = {};
    }
    // What has it is on its way here, or has come already.
    entry.awaited = actual > 0 && actual != entry.revision ? actual : 0;
    takeBack(id, entry.awaited > 0 ? now + awaitedFor : now);
    settle(name, entry, now);
}

QString Keeper::putIsRefused(quint64 id, bool mayPass, Clock::time_point now)
{
    if (mayPass) {
        takeBack(id, now + putAgainAfter);
        return {};
    }
    UnderWay ended;
    Entry *const entry = end(id, &ended);
    if (!entry)
        return {};
    ++m_counters.refused;
    settle(ended.name, *entry, now);
    return ended.name;
}

Keeper::Clock::time_point Keeper::deadline() const
{
    const bool mayPut = m_isLoaded && hasRoomUnderWay() && !m_due.empty();
    return std::min(mayPut ? m_due.begin()->first : never, m_questions.empty() ? never : m_questions.begin()->first);
}

} // namespace Pyvent::Bridge
