// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_RAWBUS_H
#define PYVENT_TESTS_RAWBUS_H

#include "support/freeport.h"

#include <QtCore/qbytearraylist.h>

#include <zmq.hpp>

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

// Guests who do not keep to the protocol, with ZeroMQ and below it.

namespace PyventTests {

// Sends whatever it is told to, as a client's DEALER.
class RawClient
{
public:
    explicit RawClient(int port);

    // One frame behind the delimiter, as the protocol has it.
    void send(const QByteArray &frame) { sendParts({QByteArray(), frame}); }

    // Any parts, without a delimiter of their own.
    void sendParts(const QByteArrayList &parts);

    // How many acknowledgements have come so far.
    int acknowledgements();

private:
    zmq::context_t m_context;
    zmq::socket_t m_socket;
    int m_acknowledgements = 0;
};

// A server that relays as it should, and says what it is told to besides.
class RawServer
{
public:
    enum Manner { Relaying, Mute };

    // A mute one takes everything and neither publishes nor answers it.
    explicit RawServer(int port, Manner manner = Relaying);
    ~RawServer();
    Q_DISABLE_COPY_MOVE(RawServer)

    // Publishes a message of these parts.
    void publish(const QByteArrayList &parts);

    // What every client gets for its next messages instead of the acknowledgement, one each.
    void setReplies(const QList<QByteArrayList> &replies);
    bool hasReplied();

    // Is called with each event, in the server's thread, and says whether it is published. To be set before the first one.
    void setFilter(const std::function<bool(const QByteArray &frame)> &filter);

private:
    void run(int port);
    void relay(zmq::socket_t &requests, zmq::socket_t &events);

    const Manner m_manner;
    std::mutex m_mutex;
    QList<QByteArrayList> m_toPublish;
    QList<QByteArrayList> m_replies;
    std::function<bool(const QByteArray &)> m_filter;
    std::atomic<bool> m_isEnding = false;
    std::thread m_thread;
};

// A program of another kind that has taken a port.
class ForeignListener
{
public:
    enum Manner { Silent, Http };

    ForeignListener(int port, Manner manner);
    ~ForeignListener();
    Q_DISABLE_COPY_MOVE(ForeignListener)

    bool isListening() const { return m_socket.isBound(); }
    int connections() const { return m_connections; }

private:
    void run();

    BoundSocket m_socket;
    const Manner m_manner;
    std::atomic<int> m_connections = 0;
    int m_end[2] = {-1, -1}; // a pipe whose other side is closed at the end
    std::thread m_thread;
};

// Connects and writes the bytes. Returns the connection, which the caller closes, or -1.
int sendBytes(int port, const QByteArray &bytes);

// Connects from the port \a from to the port \a to. Returns the connection, or -1.
int connectFrom(int from, int to);

// Ends a connection at once, so that the kernel keeps nothing of it.
void resetConnection(int connection);

// Connects and shakes hands as a socket of the type \a socketType does: what is written from then on are its messages.
// Returns the connection, which the caller closes, or -1.
int shakeHands(int port, const QByteArray &socketType);

// Writes the bytes, as far as the other side takes them.
void writeBytes(int connection, const QByteArray &bytes);

// Reads until \a bytes have come, \a timeout milliseconds at most; returns whether they have.
bool readUntil(int connection, const QByteArray &bytes, int timeout = 5000);

// What ZeroMQ's own protocol, ZMTP 3.0 (https://rfc.zeromq.org/spec/23), has first, then, and for a message
// of one frame.
QByteArray zmtpGreeting();
QByteArray zmtpReady(const QByteArray &socketType);
QByteArray zmtpMessage(const QByteArray &frame);

} // namespace PyventTests

#endif
