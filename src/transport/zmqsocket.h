// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_ZMQSOCKET_H
#define PYVENT_TRANSPORT_ZMQSOCKET_H

#include "security/accessrule.h"
#include "transport/pollset.h"

#include <QtCore/qbytearrayview.h>

#include <zmq.hpp>

#include <string>

namespace Pyvent::Internal {

inline QByteArrayView bytesOf(const zmq::message_t &frame)
{
    return {frame.data<char>(), qsizetype(frame.size())};
}

// A ZeroMQ socket and the monitor of its connection, in a poll set: the monitor always, the socket while it is watched.
//
// A ZeroMQ descriptor is edge-triggered: it becomes readable when something has changed, not while there is something
// to read, and almost every call may take that news from it. Looking in vain costs a system call. So this remembers whether
// there may be something: at first, after each call that may have taken the news, and when PollSet::look() has found the
// descriptor readable; until receive() has said that there is no more. Whoever drives it calls look() first, reads to the
// end, and does not wait while mayBeReadable().
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

    // Why a handshake came to nothing, as far as the server said, or can be seen.
    enum class Refusal : quint8 {
        None,
        KeyNotLetIn,    // the server does not let this key in
        KeyHasTooMany,  // it has as many connections as it may
        OtherServerKey, // the server has another key than this one expects
        OtherMechanism  // one of both has no keys
    };

    ZmqSocket(zmq::context_t &context, zmq::socket_type type, PollSet &pollSet);
    ~ZmqSocket();
    Q_DISABLE_COPY_MOVE(ZmqSocket)

    template <typename Option, typename Value>
    void set(Option option, const Value &value)
    {
        m_mayHaveMessages = true;
        m_socket.set(option, value);
    }
    void connect(const std::string &endpoint);

    // Ends what is left of the connection to \a endpoint, with what it brought and nobody has read, and makes it anew.
    void reconnect(const std::string &endpoint);

    // Sends without waiting; returns false if there is no room now.
    bool send(zmq::message_t &&frame, bool more = false);

    // Receives a message of one frame without waiting; returns false if there is none. A message of more frames is
    // dropped, except that an empty first frame, the delimiter, is taken off where \a skipDelimiter is set.
    bool receive(zmq::message_t *frame, bool skipDelimiter = false);

    // Whether what arrives makes the poll set readable, as it does at first. Where it does not, receive() looks each time.
    void setWatched(bool watched);
    bool isWatched() const { return m_isWatched; }

    // Whether there may be something to receive.
    bool mayBeReadable() const { return m_mayHaveMessages; }

    // Whether there is something to receive now.
    bool isReadable();

    // Whether \a rule does not allow who is at the other end of its connection. ZeroMQ may have closed that in between, and its
    // descriptor may be another one's by now: then the connection has ended as well.
    bool isStrangers(AccessRule *rule) const { return !rule->allows(otherEndOf(m_connectedFd)); }

    // The next change of the connection, without waiting.
    Connection nextConnectionChange();

    // Of the last handshake.
    Refusal refusal() const { return m_refusal; }

private:
    PollSet &m_pollSet;
    zmq::socket_t m_socket;
    zmq::socket_t m_monitor;
    bool m_isWatched = false;
    bool m_mayHaveMessages = true;
    bool m_mayHaveChanges = true;
    bool m_attemptEnded = false; // and the monitor has said how
    Refusal m_refusal = Refusal::None;
    int m_connectedFd = -1; // ZeroMQ's own
};

} // namespace Pyvent::Internal

#endif
