// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_BUSDRIVER_H
#define PYVENT_TESTS_BUSDRIVER_H

#include "rawserver.h"
#include "transport/busclient.h"
#include "wire/topic.h"

#include <QtCore/qdeadlinetimer.h>

#include <functional>

namespace PyventTests {

using Pyvent::Internal::BusClient;
using State = BusClient::State;
using Silence = BusClient::Silence;

inline QByteArrayList withoutProofs(const QByteArrayList &frames)
{
    QByteArrayList events;
    for (const QByteArray &frame : frames) {
        if (!isProofTopic(frame))
            events.append(frame);
    }
    return events;
}

// A client under test, driven as an event loop drives it.
class BusDriver
{
public:
    explicit BusDriver(int port, qsizetype maximumFrameSize = 1'000'000,
                       const QString &host = QStringLiteral("127.0.0.1"))
        : client({host, port}, id, maximumFrameSize, pollSet)
    {
    }

    // Drives the client, and the server by \a serverTurn, until \a condition holds. Returns false only after
    // a time that no test that passes takes.
    bool until(
        const std::function<bool()> &condition, const std::function<void()> &serverTurn = [] {})
    {
        const QDeadlineTimer deadline(60'000);
        while (!deadline.hasExpired()) {
            client.process(BusClient::Clock::now());
            zmq::message_t frame;
            while (client.receive(&frame))
                heard.append(bytes(frame));
            serverTurn();
            if (condition())
                return true;
            pollSet.wait(std::chrono::milliseconds(1)); // the server's sockets are not in the set
        }
        return false;
    }
    bool untilReady(RawServer &server)
    {
        return until([this] { return client.state() == State::Ready; }, [&server] { server.relay(); });
    }

    void send(const QByteArray &event, bool mayGather = false) { client.send(QByteArray(event), mayGather); }

    const QUuid id = QUuid::createUuid();
    Pyvent::Internal::PollSet pollSet;
    BusClient client;
    QByteArrayList heard;
};

} // namespace PyventTests

#endif
