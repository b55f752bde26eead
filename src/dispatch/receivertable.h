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
        QByteArrayList prefixes; // as add() returns them, that nobody needs any more
        Receivers receivers;
    };

    // Adds \a receiver under its pattern. Returns what to subscribe to, if that is new; null otherwise: a name and a space, or what
    // all names begin with that fit a glob.
    QByteArray add(std::shared_ptr<Receiver> receiver);

    // Removes what \a unwanted says.
    Removal removeIf(const std::function<bool(const Receiver &)> &unwanted);

    // Removes what \a unwanted says from what stands under \a pattern. Its cost does not depend on other names.
    Removal removeIf(const PyventPattern &pattern, const std::function<bool(const Receiver &)> &unwanted);

    // Who hears the topic \a topic, an event's name in UTF-8, whatever its sender. Nobody, if it is no valid UTF-8.
    Match match(QByteArrayView topic) const { return m_arguments.match(topic); }

    // The same of those that hear frames, who are not among the others.
    Match matchFrames(QByteArrayView topic) const { return m_frames.match(topic); }
    bool hearsFrames() const { return m_frames.count > 0; }

    // The same of those that hear only the newest events, arguments or frames, who are not among the others.
    Match matchNewest(QByteArrayView topic) const { return m_newest.match(topic); }
    bool hearsNewest() const { return m_newest.count > 0; }

    // Whether anyone hears the topic.
    bool hears(QByteArrayView topic) const
    {
        return match(topic) || (hearsFrames() && matchFrames(topic)) || (hearsNewest() && matchNewest(topic));
    }

    // Those that hear only the newest events.
    void forEachNewest(const std::function<void(Receiver &)> &function) const;

    // The names and globs that somebody listens to.
    QStringList patterns() const;

    // All prefixes that must be subscribed to.
    QByteArrayList prefixes() const { return m_prefixes.keys(); }

    bool isEmpty() const { return m_prefixes.isEmpty(); }

    // Whether there are receivers that hear all events in another thread than the node's.
    bool hasElsewhere() const { return m_elsewhere > 0; }

private:
    struct Entry
    {
        QString name;
        std::shared_ptr<const Receivers> receivers;
    };

    // Those that hear the same of an event.
    struct Shelf
    {
        const Entry *find(QByteArrayView topic) const;
        Match match(QByteArrayView topic) const;

        TopicMap<Entry> names; // by topic
        mutable const TopicMap<Entry>::value_type *last =
            nullptr; // that was looked up: mostly the next one is the same
        std::shared_ptr<const Receivers> globs;
        qsizetype count = 0;
    };

    Shelf &shelf(const Receiver &receiver)
    {
        if (receiver.newest())
            return m_newest;
        return receiver.hears() == Receiver::Hears::Arguments ? m_arguments : m_frames;
    }
    bool release(const QByteArray &prefix);
    std::shared_ptr<const Receivers> without(const std::shared_ptr<const Receivers> &receivers,
                                             const std::function<bool(const Receiver &)> &unwanted, Removal *removal);
    void removeIf(Shelf *from, const PyventPattern &pattern, const std::function<bool(const Receiver &)> &unwanted,
                  Removal *removal);

    Shelf m_arguments;
    Shelf m_frames;
    Shelf m_newest;
    QHash<QByteArray, qsizetype> m_prefixes; // how many receivers need each
    qsizetype m_elsewhere = 0;
};

} // namespace Pyvent::Internal

#endif
