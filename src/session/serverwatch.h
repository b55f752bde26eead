// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_SERVERWATCH_H
#define PYVENT_SESSION_SERVERWATCH_H

#include "transport/connection.h"

#include <QtCore/qbytearray.h>
#include <QtCore/quuid.h>

#include <chrono>
#include <optional>

namespace Pyvent::Internal {

// Whether the server does what a server does. One that is no server, or a hostile one, may prove subscriptions and still pass on nothing,
// acknowledge nothing, or hang up as soon as it is reached. So a link sends itself a word now and then while there is something to be passed
// on, and looks whether that comes, whether its own events do, and whether acknowledgements go on. It costs nothing where nothing is
// sent. Plain logic, without a clock. Not thread-safe.
class ServerWatch
{
public:
    using Clock = std::chrono::steady_clock;
    using Silence = Connection::Silence;

    // What the link has to say of itself, each time that it has read what has come.
    struct Sight
    {
        bool isUp = false;    // the connection,
        bool isReady = false; // and its subscriptions
        quint64 accepted = 0; // events, and how many of them are acknowledged
        quint64 acknowledged = 0;
        bool isOwed = false;   // acknowledgements that nothing lets the server put off
        bool isHeld = false;   // or such as receivers that lag do
        bool isOneWay = false; // what comes is in one row with acknowledgements, which are behind it
    };

    // Returns what is wrong with the server; None if nothing is known to be.
    Silence look(const Sight &sight, Clock::time_point now);

    // The word that is to be sent now, behind nothing that waits, for \a node, which has subscribed to what is for it alone; null: none.
    QByteArray takeEcho(const QUuid &node, Clock::time_point now);

    // None can be sent now, since something waits before it.
    void postponeEcho(Clock::time_point now);

    // Something has come: a control message, and an event, where nodeBytesOf() says from whom.
    void heardControl();
    void heardEvent(QByteArrayView frame)
    {
        m_hasServed = m_hasHeard = true;
        if (m_echo.wait.until || m_own.isAwaited)
            passedOn(frame);
    }

    // Whether it wants to know of an event that is sent now and should come back; and of whom one is.
    bool wantsOwnEvent(Clock::time_point now) const { return m_isReady && !m_own.isAwaited && now >= m_own.again; }
    void sentOwnEvent(QByteArrayView node, quint64 accepted, Clock::time_point now);

    Clock::time_point deadline() const;

private:
    // A thing that is to happen within a time. Where this process stood still, it has a little more, since what came may wait to be read.
    struct Wait
    {
        std::optional<Clock::time_point> until;
        bool isLast = false;

        void begin(Clock::time_point time);
        void end() { until.reset(); }
        bool isOver(Clock::time_point now);
    };

    void reset();
    void passedOn(QByteArrayView frame);
    void echoed();

    bool m_isUp = false;
    bool m_isReady = false;
    bool m_hasServed = false; // this connection
    bool m_hasHeard = false;  // anything since the last look
    Clock::time_point m_since;
    int m_vain = 0; // connections in a row that came to nothing
    quint64 m_acknowledged = 0;
    Wait m_acknowledgement;
    struct
    {
        quint64 number = 0;
        QByteArray frame;        // on its way
        quint64 accepted = 0;    // when it was last sent
        bool isWanted = true;    // something may be passed on
        int attempts = 0;        // that have come to nothing
        Clock::time_point again; // when the next may go
        Wait wait;
    } m_echo;
    struct
    {
        bool isAwaited = false;
        QByteArray node;
        quint64 accepted = 0; // it is acknowledged when so many are
        Clock::time_point again;
        Wait wait;
    } m_own;
};

} // namespace Pyvent::Internal

#endif
