// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_ANSWERERS_H
#define PYVENT_SERVER_ANSWERERS_H

#include "wire/control.h"

#include <QtCore/qhash.h>
#include <QtCore/qset.h>

#include <map>
#include <optional>
#include <vector>

namespace Pyvent::Internal {

// Who answers which questions, by what clients have declared, and who is to be told of it: each node that asks questions of a name hears at
// once who answers these, and every change of that. Plain logic. Not thread-safe.
class Answerers
{
public:
    // A client of the relay's, of which nothing is known here but that it is one.
    using Client = const void *;

    // What the relay knows.
    class Bus
    {
    public:
        virtual ~Bus() = default;

        // Whether anyone has subscribed to this name, with a space behind it or without, of whom it is not known whether he answers, as of
        // Python's nodes.
        virtual bool hasStranger(const QByteArray &name) const = 0;

        // Whether the rules let this client hear events of this name, or send them.
        virtual bool mayAnswer(Client client, const QByteArray &name) const = 0;
        virtual bool mayAsk(Client client, const QByteArray &name) const = 0;

        virtual void tell(Client client, const QByteArray &frame) = 0;
    };

    // What a client may declare of each of the two kinds, and what all may that answer questions of many names. What is more is not looked
    // at: who asks knows less then, and what he knows is still true.
    struct Limits
    {
        qsizetype ofClient = 1000;
        qsizetype patterns = 1000;
        qsizetype atOnce = 64; // names whose askers are told before anything else goes on
    };

    explicit Answerers(Bus *bus)
        : Answerers(bus, Limits())
    {
    }
    Answerers(Bus *bus, const Limits &limits)
        : m_bus(bus)
        , m_limits(limits)
    {
    }
    Q_DISABLE_COPY_MOVE(Answerers)

    // \a client has subscribed to \a declaration, or does not any more; or it has left.
    void add(Client client, const Control::Declaration &declaration);
    void remove(Client client, const Control::Declaration &declaration);
    void left(Client client);

    // A stranger has subscribed to the name \a prefix, or does not any more; if that is empty, a client has become one or ceased to be one.
    void strangersChanged(QByteArrayView prefix);

    // Tells who is to be told, of no more names than \a most.
    void tell(qsizetype most);

    // Whether somebody is left to be told.
    bool hasChanges() const { return !m_changed.empty(); }

    // Nobody asks, and nobody has declared anything.
    bool isEmpty() const { return m_watches.empty() && m_clients.isEmpty(); }

private:
    struct Party
    {
        Client client;
        QUuid node;

        friend bool operator==(const Party &, const Party &) = default;
    };
    struct Known // of a name
    {
        std::vector<QUuid> nodes; // sorted
        bool hasOthers = false;

        friend bool operator==(const Known &, const Known &) = default;
    };
    struct Watch
    {
        std::vector<Party> told; // who knows what is known
        std::vector<Party> untold;
        std::optional<Known> known;
    };
    using Watches = std::map<QByteArray, Watch>;
    struct Pattern
    {
        QByteArray prefix;
        Party party;
    };
    struct Declared
    {
        std::vector<Control::Declaration> answering;
        std::vector<Control::Declaration> asking;
        bool hasMore = false;
    };

    void addAnswerer(Client client, const Control::Declaration &declaration);
    void removeAnswerer(Client client, const Control::Declaration &declaration);
    void removeAsker(Client client, const Control::Declaration &declaration);
    void changed(const QByteArray &name);
    void changedFrom(QByteArrayView prefix);
    Known find(const QByteArray &name) const;
    void tell(const QByteArray &name, Watch &watch);

    Bus *const m_bus;
    const Limits m_limits;
    Watches m_watches;                              // by the name that is asked for
    QHash<QByteArray, std::vector<Party>> m_ofName; // who answers it
    std::vector<Pattern> m_patterns;
    QHash<Client, Declared> m_clients;
    qsizetype m_clientsWithMore = 0; // than is kept
    QSet<QByteArray> m_changed;      // of the watches
};

} // namespace Pyvent::Internal

#endif
