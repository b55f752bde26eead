// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_ZMQSOCKET_H
#define PYVENT_TRANSPORT_ZMQSOCKET_H

#include "transport/pollset.h"

#include <zmq.hpp>

#include <string>

namespace Pyvent::Internal {

// A ZeroMQ socket and the monitor of its connection, both in a poll set for as long as they live.
//
// A ZeroMQ descriptor is edge-triggered: it becomes readable when something has changed, not while there is something
// to read. So whoever is woken by it must read until receive() and nextConnectionChange() say there is no more, must look
// again after sending, and must have looked once before waiting: a pipe that was never read to its end wakes nobody.
class ZmqSocket
{
public:
    // What the monitor says of the connection.
    enum class Connection {
        None,       // nothing new
        Connected,  // TCP is connected; the peer has not said yet that it speaks ZeroMQ
        Ready,      // the ZeroMQ handshake is done
        Refused,    // nobody listens there
        Unresolved, // the host's name has no address
        Lost        // the connection ended, or the handshake failed
    };

    ZmqSocket(zmq::context_t &context, zmq::socket_type type, PollSet &pollSet);
    ~ZmqSocket();
    Q_DISABLE_COPY_MOVE(ZmqSocket)

    template <typename Option, typename Value>
    void set(Option option, const Value &value)
    {
        m_socket.set(option, value);
    }
    void connect(const std::string &endpoint) { m_socket.connect(endpoint); }

    // Ends what is left of the connection to \a endpoint, with what it brought and nobody has read, and makes it anew.
    void reconnect(const std::string &endpoint);

    // Sends without waiting; returns false if there is no room now.
    bool send(zmq::message_t &&frame, bool more = false);

    // Receives a message of one frame without waiting; returns false if there is none. A message of more frames is
    // dropped, except that an empty first frame, the delimiter, is taken off where \a skipDelimiter is set.
    bool receive(zmq::message_t *frame, bool skipDelimiter = false);

    // Whether there is something to receive now.
    bool isReadable() const { return m_socket.get(zmq::sockopt::events) & ZMQ_POLLIN; }

    // The next change of the connection, without waiting.
    Connection nextConnectionChange();

private:
    PollSet &m_pollSet;
    zmq::socket_t m_socket;
    zmq::socket_t m_monitor;
    bool m_attemptEnded = false; // and the monitor has said how
};

} // namespace Pyvent::Internal

#endif
