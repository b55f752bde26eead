// SPDX-License-Identifier: MIT
#include "sampleframe.h"

#include "role.h"
#include "support/freeport.h"

#include <PyventNode>

#include <zmq.hpp>

namespace Pyvent::Benchmarks {

using namespace std::chrono_literals;

bool serveSomewhere(PyventNode *node)
{
    for (int i = 0; i < 100; ++i) {
        if (node->configure({.port = PyventTests::freePort()}) && node->startServer())
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
