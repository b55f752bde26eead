// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_ENGINE_H
#define PYVENT_BRIDGE_ENGINE_H

#include "keptentry.h"
#include "message.h"

#include <QtCore/qlist.h>
#include <QtCore/qobject.h>

#include <chrono>
#include <optional>

namespace Pyvent::Bridge {

// A way to carry messages from bus to bus: a NATS cluster, an MQTT broker. It works in a thread of its own (EngineThread), where it may wait for
// what its library does. It tries to reach its server for as long as it runs.
class Engine : public QObject
{
    Q_OBJECT

public:
    // A message that has come, or why what has come is none. Tokens grow.
    struct Arrival
    {
        quint64 token = 0;
        Message message = {};
        QString whyNot = {};
        bool isDirect =
            false; // it has come past the engine's store, of which it may come again, later; it need not come, nor in order
    };

    // A message to carry. The number is the caller's.
    struct Publication
    {
        quint64 id = 0;
        Message message = {};
    };

    enum class Refusal {
        NotNow, // as while a cluster has no leader: the same one may be taken later
        Never
    };

    enum class Reading {
        Off,
        On,
        Elsewhere // another bridge reads in this bus's name now
    };

    // How much of the past to tell by past(), each time before messages come.
    struct Past
    {
        qsizetype events = 0; // the newest ones, so many at most,
        qsizetype bytes = 0;  // and no more than that, but for one
        std::chrono::milliseconds age{};
    };

    // The last event of a name, as the bucket has it at a revision of its own; or why there is nothing that can be read, and then the name, if that can
    // be known. Without a reason, it was removed.
    struct Stored
    {
        quint64 revision = 0;
        std::optional<Kept> kept = {};
        QString name = {};
        QString whyNot = {};
    };
    struct Put
    {
        quint64 id = 0;
        Kept kept = {};
        quint64 revision = 0; // that it replaces; 0: there is none
    };
    enum class Keeping {
        Off,
        Open,  // the bucket is there, and what it has comes now
        Loaded // and has come
    };
    enum class PutRefusal {
        Conflict, // the revision is another one by now
        NotNow,
        Never
    };

    using QObject::QObject;

    // For how long what it has acknowledged may still get lost, when its server is killed. 0: no longer.
    virtual std::chrono::milliseconds forgetsFor() const = 0;

public Q_SLOTS:
    virtual void start() = 0;

    // Hangs up. What is on its way may be carried or not.
    virtual void stop() = 0;

    // As long as this is not called, nothing is told of the past.
    virtual void setPast(const Pyvent::Bridge::Engine::Past &past) { Q_UNUSED(past) }

    // Whether messages are to come; they go on behind the last acknowledged one, whoever has read that for this bus.
    virtual void setReading(bool on) = 0;

    // Carries messages in this order; what is not carried before the connection ends is forgotten. The caller waits for published() before it
    // gives more than it wants to have waiting here.
    virtual void publish(const QList<Pyvent::Bridge::Engine::Publication> &publications) = 0;

    // Says messages to whoever reads now, past a store that takes nothing now. They may get lost, and are published as well, before or later.
    virtual void say(const QList<Pyvent::Bridge::Engine::Publication> &publications) { Q_UNUSED(publications) }

    // Messages up to \a token are done with, and do not come again.
    virtual void acknowledge(quint64 token) = 0;

    // Whether last events are to be kept in a bucket, and to be told from its beginning; where they are already, from there again.
    virtual void setKeeping(bool on) { Q_UNUSED(on) }
    virtual void put(const QList<Pyvent::Bridge::Engine::Put> &puts) { Q_UNUSED(puts) }

    // What one stored() has told is done with: more may come.
    virtual void takenStored() { }

Q_SIGNALS:
    // It reaches its server: at \a where, for people, with a store that \a store tells from others, if that can be known. It does not any more.
    void up(const QString &where, const QString &store);
    void down();
    void readingChanged(Pyvent::Bridge::Engine::Reading reading);

    // These are carried: they cannot get lost any more, but for forgetsFor().
    void published(const QList<quint64> &ids);
    void refused(quint64 id, Pyvent::Bridge::Engine::Refusal refusal, const QString &why);

    // No more than a few thousand come, or 64 MiB and one, before the first is acknowledged.
    void received(const QList<Pyvent::Bridge::Engine::Arrival> &arrivals);

    // These are acknowledged already, and do not come again: for late joiners. Tokens are 0. Where an engine keeps nothing, it tells nothing.
    void past(const QList<Pyvent::Bridge::Engine::Arrival> &arrivals);

    void keepingChanged(Pyvent::Bridge::Engine::Keeping keeping);
    void stored(const QList<Pyvent::Bridge::Engine::Stored> &stored);
    void putDone(quint64 id, quint64 revision);
    // With a conflict, the revision is \a actual; 0: there is none.
    void putRefused(quint64 id, Pyvent::Bridge::Engine::PutRefusal refusal, quint64 actual, const QString &why);

    // Another bus has missed something that its engine has forgotten: what this one has published lately is to be published again.
    void askedAgain();

    // The engine has forgotten some messages for this bus, which others are asked to publish again.
    void missedSome();

    // Something is wrong, for people, in one line. \a kind is the same for lines of one kind.
    void problem(const QString &kind, const QString &text);
};

} // namespace Pyvent::Bridge

#endif
