// SPDX-License-Identifier: MIT
#ifndef PYVENT_DISPATCH_RECEIVERTABLE_H
#define PYVENT_DISPATCH_RECEIVERTABLE_H

#include "dispatch/receiver.h"
#include "dispatch/topichash.h"

#include <QtCore/qbytearray.h>
#include <QtCore/qhash.h>

#include <functional>
#include <memory>
#include <vector>

namespace Pyvent::Internal {

// Who hears what. An event's cost does not depend on how many names there are, only on how many globs.
// Not thread-safe; what match() returns may be used without the table, while others change it.
class ReceiverTable
{
public:
    using Receivers = std::vector<std::shared_ptr<Receiver>>;

    // The receivers of one event's name, as they are when match() is called.
    struct Match
    {
        QString name;
        std::shared_ptr<const Receivers> exact; // in the order of registration; null if there are none
        std::shared_ptr<const Receivers> globs; // all globs, matching or not; null if none matches
        bool isUtf8 = true;                     // looked at only if there are globs

        explicit operator bool() const { return exact || globs; }
    };

    // What a removal leaves to be done. The receivers are the caller's to destroy, since that runs destructors of the
    // user's, which may do anything.
    struct Removal
    {
        QByteArrayList prefixes; // that nobody needs any more
        Receivers receivers;
    };

    // Adds \a receiver under its pattern. Returns the topic prefix to subscribe to, if it is a new one; null otherwise.
    QByteArray add(std::shared_ptr<Receiver> receiver);

    // Removes what \a unwanted says.
    Removal removeIf(const std::function<bool(const Receiver &)> &unwanted);

    // Removes what \a unwanted says from what stands under \a pattern. Its cost does not depend on other names.
    Removal removeIf(const PyventPattern &pattern, const std::function<bool(const Receiver &)> &unwanted);

    // Who hears the topic \a topic, an event's name in UTF-8, whatever its sender. Nobody, if it is no valid UTF-8.
    Match match(QByteArrayView topic) const;

    // The names and globs that somebody listens to.
    QStringList patterns() const;

    // All prefixes that must be subscribed to.
    QByteArrayList prefixes() const { return m_prefixes.keys(); }

    bool isEmpty() const { return m_prefixes.isEmpty(); }

private:
    struct Entry
    {
        QString name;
        std::shared_ptr<const Receivers> receivers;
    };

    bool release(const QByteArray &prefix);
    std::shared_ptr<const Receivers> without(const std::shared_ptr<const Receivers> &receivers,
                                             const std::function<bool(const Receiver &)> &unwanted, Removal *removal);

    TopicMap<Entry> m_names; // by topic
    std::shared_ptr<const Receivers> m_globs;
    QHash<QByteArray, qsizetype> m_prefixes; // how many receivers need each
};

// One event on its way through its receivers. Whoever calls next() goes on where the last call stopped: so a handler that
// opens a nested event loop does not let later events overtake this one at the receivers after it.
class Delivery
{
public:
    enum class To : quint8 { All, NodeThread, Elsewhere };

    // For the receivers of \a match, made when the event arrived: one that comes later hears only what arrives later.
    Delivery(std::shared_ptr<const PyventEvent> event, ReceiverTable::Match match, To to = To::All)
        : m_event(std::move(event))
        , m_match(std::move(match))
        , m_to(to)
    {
    }

    const std::shared_ptr<const PyventEvent> &event() const { return m_event; }

    // The next receiver that hears the event, in order: those of its name, then the globs. Null when all have.
    std::shared_ptr<Receiver> next();

    // Whether next() has nothing more.
    bool isOver() { return !find(); }

private:
    const std::shared_ptr<Receiver> *find();

    std::shared_ptr<const PyventEvent> m_event; // never null
    ReceiverTable::Match m_match;
    To m_to;
    std::size_t m_position = 0; // in exact, then in globs
};

} // namespace Pyvent::Internal

#endif
