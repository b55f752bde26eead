// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_RAWSERVER_H
#define PYVENT_TESTS_RAWSERVER_H

#include "wire/batch.h"
#include "wire/topic.h"

#include <QtCore/qbytearraylist.h>

#include <zmq.hpp>

#include <deque>
#include <memory>
#include <vector>

// What a test needs to play the server's part by hand, message for message.

namespace PyventTests {

using Pyvent::Internal::isProofTopic;

inline std::string loopback(int port)
{
    return "tcp://127.0.0.1:" + std::to_string(port);
}

inline QByteArray bytes(const zmq::message_t &frame)
{
    return QByteArray(frame.data<char>(), qsizetype(frame.size()));
}

inline zmq::message_t message(const QByteArray &text)
{
    return zmq::message_t(text.constData(), std::size_t(text.size()));
}

// All frames of the next message, without waiting; none if there is no message.
inline QByteArrayList receiveFrames(zmq::socket_t &socket)
{
    QByteArrayList frames;
    zmq::message_t frame;
    if (!socket.recv(frame, zmq::recv_flags::dontwait))
        return frames;
    frames.append(bytes(frame));
    while (frame.more() && socket.recv(frame, zmq::recv_flags::dontwait))
        frames.append(bytes(frame));
    return frames;
}

// Binds where another socket may be about to end.
inline void bind(zmq::socket_t &socket, int port)
{
    for (int attempt = 0;; ++attempt) {
        try {
            socket.bind(loopback(port));
            return;
        } catch (const zmq::error_t &error) {
            if (error.num() != EADDRINUSE || attempt == 10'000)
                throw;
            zmq_poll(nullptr, 0, 1);
        }
    }
}

// A server that does only what the test says. Its publisher is an XPUB, which tells of each subscription.
class RawServer
{
public:
    explicit RawServer(int port, zmq::socket_type type = zmq::socket_type::router)
        : m_port(port)
        , m_type(type)
    {
        openRequests();
        openEvents();
    }

    void openRequests()
    {
        m_requests = std::make_unique<zmq::socket_t>(m_context, m_type);
        m_requests->set(zmq::sockopt::linger, 0);
        m_requests->set(zmq::sockopt::sndhwm, 0);
        m_requests->set(zmq::sockopt::rcvhwm, 0);
        bind(*m_requests, m_port);
    }
    void openEvents()
    {
        m_events = std::make_unique<zmq::socket_t>(m_context, zmq::socket_type::xpub);
        m_events->set(zmq::sockopt::linger, 0);
        m_events->set(zmq::sockopt::rcvhwm, 0);
        m_events->set(zmq::sockopt::sndhwm, 0);
        bind(*m_events, m_port + 1);
    }
    // What was sent is delivered first, if \a linger milliseconds suffice.
    void closeRequests(int linger = 0)
    {
        m_requests->set(zmq::sockopt::linger, linger);
        m_requests.reset();
    }
    void closeEvents() { m_events.reset(); }

    zmq::socket_t *requests() { return m_requests.get(); }

    // Takes what has arrived. Messages wait in requests until they are answered.
    void take()
    {
        while (m_requests) {
            const QByteArrayList frames = receiveFrames(*m_requests);
            if (frames.isEmpty())
                break;
            taken.push_back(frames);
        }
        while (m_events) {
            const QByteArrayList frames = receiveFrames(*m_events);
            if (frames.isEmpty())
                break;
            subscriptions.append(frames.constFirst());
        }
    }

    // The same for a test that counts events. On a machine that stands still for seconds the connection is made anew and
    // proven again: what the earlier one brought is dropped, and proofs before the first event are answered.
    void takeEvents()
    {
        take();
        while (!taken.empty()) {
            const bool isOfThisConnection = taken.front().constFirst() == taken.back().constFirst();
            if (isOfThisConnection && !isProofTopic(taken.front().constLast()))
                break;
            if (isOfThisConnection)
                answer();
            else
                taken.pop_front();
        }
    }

    // Answers the oldest message that was taken, to its sender's latest connection.
    void answer(const QByteArrayList &reply = {"1"})
    {
        const QByteArrayList frames = taken.front();
        taken.pop_front();
        m_requests->send(message(frames[0]), zmq::send_flags::sndmore);
        const QByteArray delimiter = frames[1] == Pyvent::Internal::batchMark ? QByteArray() : frames[1];
        m_requests->send(message(delimiter), reply.isEmpty() ? zmq::send_flags::none : zmq::send_flags::sndmore);
        for (qsizetype i = 0; i < reply.size(); ++i)
            m_requests->send(message(reply[i]),
                             i + 1 < reply.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
    }
    void publish(const QByteArray &frame) { m_events->send(message(frame), zmq::send_flags::none); }

    // What a real server does; one that takes batches where takesBatches is set.
    void relay()
    {
        take();
        while (!taken.empty()) {
            const QByteArrayList frames = framesOf(taken.front());
            for (const QByteArray &frame : frames) {
                relayed.append(frame);
                publish(frame);
            }
            answer({takesBatches && isProofTopic(frames.constFirst()) ? "1 batch" : "1"});
        }
    }

    // The frames that a message brought, which are several where it is a batch.
    static QByteArrayList framesOf(const QByteArrayList &message)
    {
        if (message[1] != Pyvent::Internal::batchMark)
            return {message.constLast()};
        QByteArrayList frames;
        QByteArrayView batch = message.constLast();
        for (QByteArrayView frame; Pyvent::Internal::takeFromBatch(&batch, &frame);)
            frames.append(frame.toByteArray());
        return frames;
    }

    bool takesBatches = false;

    std::deque<QByteArrayList> taken; // each one the peer, the delimiter, the message
    QByteArrayList relayed;
    QByteArrayList subscriptions; // each one 0x01 or 0x00 and the topic

private:
    int m_port;
    zmq::socket_type m_type;
    zmq::context_t m_context;
    std::unique_ptr<zmq::socket_t> m_requests;
    std::unique_ptr<zmq::socket_t> m_events;
};

} // namespace PyventTests

#endif
