// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_BUSEND_H
#define PYVENT_BRIDGE_BUSEND_H

#include <PyventPattern>

#include <QtCore/qlist.h>
#include <QtCore/qobject.h>
#include <QtCore/quuid.h>
#include <QtCore/qvariant.h>

#include <optional>

namespace Pyvent::Bridge {

// An event on a bus, with its arguments as they travel.
struct BusEvent
{
    QString name;
    QString sender;           // in full; empty: the default one
    QByteArray pickle;        // of the arguments
    QUuid node;               // null: a Python node's, which has no number
    quint64 number = 0;       // of the node's events of this name
    qint64 time = 0;          // µs since 1970
    bool isForwarded = false; // it came to this bus by a bridge
    bool isPast = false;      // it is kept for late joiners, and not sent
    quint64 stamp = 0;        // it is a write of a shared value, and has this place among these; 0: it has none

    friend bool operator==(const BusEvent &, const BusEvent &) = default;
};

// A bridge's end on its bus. Tests have one of their own.
class BusEnd : public QObject
{
    Q_OBJECT

public:
    enum class Outcome {
        Taken,    // it is on its way: accepted() counts it when the server has it
        Known,    // it was forwarded before, by this bridge or another one
        FromHere, // its node is on this bus itself: it has gone round in a loop
        NoRoom,   // not now: acceptedChanged() tells when to try again
        Refused   // never: why() says why
    };

    using QObject::QObject;

    // Tells this end from all others on the bus.
    virtual QUuid id() const = 0;

    // From now on heard() tells of the events of these names, each once, in the order of its stream. What this end forwards is not heard.
    virtual void hear(const QList<PyventPattern> &names) = 0;
    virtual void stopHearing() = 0;

    // Sends \a event in the name of its node.
    virtual Outcome forward(const BusEvent &event) = 0;

    // The kind of problems about what the bus's server refuses.
    static QString refusedKind() { return QStringLiteral("refused"); }

    // Why forward() has refused the last one, for people.
    virtual QString why() const = 0;

    // How many of the events that were Taken the bus's server has. It takes them in their order.
    virtual quint64 accepted() const = 0;

    // What people are told who look at the bus, as long as nothing else is said.
    virtual void describe(const QVariantMap &words) = 0;

    // Says what describe() has said last to \a bridge, or where that is null to all on the bus, for announced(). It does not have to arrive.
    virtual void announce(const QUuid &bridge) = 0;

    // Has the bus's server keep \a event as the last one of its name, or as the write of a shared value, for those who come late. Nobody hears it.
    enum class Keeps {
        Yes, // or it has a later one
        NotNow,
        Never // why() says why
    };
    virtual Keeps keep(const BusEvent &event)
    {
        Q_UNUSED(event)
        return Keeps::Yes;
    }

    // Asks the server for some of what it keeps so, for keptEvents(); and for the last event of a name, for lastEvent(), with what tells \a asker from
    // others. There need not be an answer. The last one returns false where that is known.
    virtual void askKept(quint64 after) { Q_UNUSED(after) }
    virtual bool askLast(const QString &name, const QObject *asker)
    {
        Q_UNUSED(name)
        Q_UNUSED(asker)
        return false;
    }

    // The arguments of a pickle, and the sender that it names, if it does. Nothing where it cannot be read: \a why says why.
    virtual std::optional<QVariantMap> arguments(const QByteArray &pickle, QString *sender, QString *why) const = 0;

    // The pickle that a node sends for these arguments and this sender.
    virtual std::optional<QByteArray> pickle(const QVariantMap &arguments, const QString &sender,
                                             QString *why) const = 0;

Q_SIGNALS:
    void heard(const Pyvent::Bridge::BusEvent &event);

    // It hears all that is sent from now on, as hear() wants it.
    void hearing();
    void acceptedChanged();

    // It is on the bus: for the first time, or since it has lost its server. That may be another one now.
    void joined();

    // The server's answers. \a next is the place to ask for next; 0: that was all. Where it has no last event, \a event has no name.
    void keptEvents(const QList<Pyvent::Bridge::BusEvent> &events, quint64 next);
    void lastEvent(const QString &name, const QObject *asker, const Pyvent::Bridge::BusEvent &event);

    // Another bridge has said this; it is gone from the bus.
    void announced(const QUuid &bridge, const QVariantMap &words);
    void vanished(const QUuid &bridge);

    // This end has not heard so many events of the stream, which are not kept any more.
    void lost(const QString &name, const QUuid &node, quint64 count);

    // Something is wrong at the bus, for people. \a kind is the same for lines of one kind.
    void problem(const QString &kind, const QString &text);
};

} // namespace Pyvent::Bridge

#endif
