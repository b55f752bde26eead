// SPDX-License-Identifier: MIT
#include "sampleframe.h"

#include "role.h"

#include <PyventNode>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.hpp>

namespace Pyvent::Benchmarks {

using namespace std::chrono_literals;

namespace {

// Binds a port of the loopback interface, 0 for any; returns the port, 0 if it is in use.
int bindPort(int fd, int port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(quint16(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    const bool isBound = ::bind(fd, reinterpret_cast<const sockaddr *>(&address), length) == 0
        && ::getsockname(fd, reinterpret_cast<sockaddr *>(&address), &length) == 0;
    return isBound ? ntohs(address.sin_port) : 0;
}

// The first of two neighbouring ports that were free a moment ago; 0 if there was only one.
int freePortPair()
{
    const int first = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int second = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int port = bindPort(first, 0);
    const bool isPair = port > 0 && port < 65535 && bindPort(second, port + 1) == port + 1;
    ::close(first);
    ::close(second);
    return isPair ? port : 0;
}

} // namespace

bool serveSomewhere(PyventNode *node)
{
    for (int i = 0; i < 100; ++i) {
        const int port = freePortPair();
        if (port == 0)
            continue;
        if (node->configure({.port = port}) && node->startServer())
            return true;
        node->stop(); // somebody was faster; options can be changed again
    }
    return false;
}

QByteArray sampleFrame(const QString &name, qint64 count)
{
    PyventNode node;
    if (!serveSomewhere(&node))
        return {};
    zmq::context_t context;
    zmq::socket_t events(context, zmq::socket_type::sub);
    events.set(zmq::sockopt::linger, 0);
    events.set(zmq::sockopt::rcvtimeo, 20);
    events.set(zmq::sockopt::subscribe, name.toStdString());
    events.connect("tcp://127.0.0.1:" + std::to_string(node.port() + 1));
    // The first events are missed, since a subscriber cannot know when its subscription is active.
    for (int i = 0; i < 250; ++i) {
        zmq::message_t frame;
        if (!node.send(name, sampleArguments(count)) || !node.flush(5s))
            break;
        if (events.recv(frame))
            return QByteArray(frame.data<char>(), qsizetype(frame.size()));
    }
    return {};
}

} // namespace Pyvent::Benchmarks
