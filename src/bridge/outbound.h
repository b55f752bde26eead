// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_OUTBOUND_H
#define PYVENT_BRIDGE_OUTBOUND_H

#include "busend.h"
#include "inbound.h"
#include "outbox.h"
#include "unstamped.h"

#include <functional>

namespace Pyvent::Bridge {

// The way from the bus to the outbox: what is heard, and is to go out, as a message.
class Outbound : public QObject
{
    Q_OBJECT

public:
    struct Options
    {
        QByteArray bus;
        bool asJson = false;
        std::function<Outbox::Clock::time_point()> clock = Outbox::Clock::now; // as Inbound's
    };

    struct Counters
    {
        quint64 heard = 0;
        quint64 returned = 0;   // it had come by the same engine
        quint64 leftToPeer = 0; // Python's nodes' events, which the active bridge carries
        quint64 unreadable = 0; // what JSON was to be made of
    };

    // What is heard goes to \a outbox; \a inbound knows what came by the engine, and hears what another bridge has forwarded. The nodes of this bus are noted in \a ownNodes.
    Outbound(BusEnd *bus, Outbox *outbox, Inbound *inbound, RecentSet<QUuid> *ownNodes, const Options &options);

    // Whether this bridge works, and whether what was forwarded here may be by way of another engine.
    void setRole(bool isActive, bool hasOtherLinks);

    // A write of this name that has a stamp has come by the engine.
    void isValue(const QString &name) { m_unstamped.isValue(name); }

    // What has waited for its stamp goes out in time.
    void process(Outbox::Clock::time_point now);
    Outbox::Clock::time_point deadline() const { return m_unstamped.deadline(); }

    const Counters &counters() const { return m_counters; }

Q_SIGNALS:
    void appended();

    // An event goes out, or would if this bridge were the one that works, with what its node says of it.
    void passes(const Pyvent::Bridge::Message &message);
    void problem(const QString &kind, const QString &text);

private:
    void hear(const BusEvent &event);
    void askServer();
    void take(const BusEvent &event);
    bool isToGo(const BusEvent &event);
    bool readArguments(const BusEvent &event, Message *message);

    BusEnd *const m_bus;
    Outbox *const m_outbox;
    Inbound *const m_inbound;
    RecentSet<QUuid> *const m_ownNodes;
    const Options m_options;
    Voice m_voice;
    Unstamped m_unstamped;
    bool m_isActive = false;
    bool m_hasOtherLinks = false;
    Counters m_counters;
};

} // namespace Pyvent::Bridge

#endif
