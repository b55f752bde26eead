// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_CONNECTIONDRIVER_H
#define PYVENT_TESTS_CONNECTIONDRIVER_H

#include "rawserver.h"
#include "transport/zmqconnection.h"
#include "wire/topic.h"

#include <QtCore/qdeadlinetimer.h>

#include <functional>

namespace PyventTests {

using Pyvent::Internal::Connection;
using Pyvent::Internal::Endpoint;
using State = Connection::State;
using Silence = Connection::Silence;

inline QByteArrayList withoutProofs(const QByteArrayList &frames)
{
    QByteArrayList events;
    for (const QByteArray &frame : frames) {
        if (!isProofTopic(frame))
            events.append(frame);
    }
    return events;
}

// A connection under test, driven as an event loop drives it.
class ConnectionDriver
{
public:
    explicit ConnectionDriver(int port, qsizetype maximumFrameSize = 1'000'000,
                              const QString &host = QStringLiteral("127.0.0.1"))
        : connection(Endpoint::tcp(host, port), maximumFrameSize, queue, pollSet)
    {
    }

    // Drives the connection, and the server by \a serverTurn, until \a condition holds. Returns false only after
    // a time that no test that passes takes.
    bool until(
        const std::function<bool()> &condition, const std::function<void()> &serverTurn = [] {})
    {
        const QDeadlineTimer deadline(240'000);
        while (!deadline.hasExpired()) {
            connection.process(Connection::Clock::now());
            QByteArrayView frame;
            while (connection.receive(&frame))
                heard.append(frame.toByteArray());
            serverTurn();
            if (condition())
                return true;
            pollSet.wait(std::chrono::milliseconds(1)); // the server's sockets are not in the set
        }
        return false;
    }
    // And no proof is under way any more, which may have been sent twice.
    bool untilReady(RawServer &server)
    {
        return until([this] { return connection.state() == State::Ready && !queue.hasProof(); },
                     [&server] { server.relay(); });
    }

    void send(const QByteArray &event, bool mayGather = false)
    {
        connection.send(QByteArray(event), mayGather, nullptr);
    }

    Pyvent::Internal::PollSet pollSet;
    Pyvent::Internal::SendQueue queue;
    Pyvent::Internal::ZmqConnection connection;
    QByteArrayList heard;
};

} // namespace PyventTests

#endif
