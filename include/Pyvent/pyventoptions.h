// SPDX-License-Identifier: MIT
#ifndef PYVENTOPTIONS_H
#define PYVENTOPTIONS_H

#include "pyventglobal.h"
#include "pyventlocalaccess.h"
#include "pyventsecurity.h"
#include "pyventserverlimits.h"

#include <QtCore/qstring.h>

#include <chrono>

/*! What a node does where receivers lag behind what it sends. See PyventOptions::whenReceiversLag. */
enum class PyventReceiversLag {
    Drop, /*!< It sends on. Receivers that are too far behind lose the newest, are told, and ask for it. */
    Wait  /*!< It waits for them: nothing is lost for a receiver that still reads. */
};

/*!
    The options of a node, for PyventNode's constructor, or for PyventNode::configure() before the first use:
    \code
    PyventNode node(PyventOptions{.port = 50020, .nodeId = QStringLiteral("kitchen"), .server = false});
    \endcode
    All nodes of one bus, Python's included, have the same address and port.
*/
struct PyventOptions
{
    /*! The port that events are sent to, 1 to 65534. Events are heard from port + 1. Python's default is the same. */
    int port = 52002;

    /*! The IP address or the name of the server's host. A server started here binds this very address, so with the
        default, other machines cannot reach it. "0.0.0.0" serves all interfaces, which takes keys (security). */
    QString address = QStringLiteral("127.0.0.1");

    /*! Names this node in the sender of its events, which becomes "pyvent.{nodeId}". Empty: the sender is "pyvent". */
    QString nodeId = {};

    /*! Whether this node may become the server, if there is none and the address is this machine's. */
    bool server = true;

    /*! Whether this node hears its own events, as Python's nodes do. */
    bool hearOwnEvents = true;

    /*! The time that stop() and the node's end may take to deliver the accepted events. 0: none. Default: 1 s. */
    std::chrono::milliseconds linger = std::chrono::seconds(1);

    /*! The size in bytes of the largest event, with its name and arguments. send() refuses a larger one, and a server
        started here cuts the connection of a client that sends one. Default: 64 MiB. */
    qsizetype maximumEventSize = qsizetype(64) * 1024 * 1024;

    /*! The size in bytes that the arguments of an event may expand to here, as it is estimated: about half of the memory that they
        take. An event that expands to more, or to more than 16 times its size and more than 1 MiB, is not heard, and counts as an
        unreadable one; but three times its size is always allowed. Default: 64 MiB. */
    qsizetype maximumExpandedSize = qsizetype(64) * 1024 * 1024;

    /*! The number of events that may wait for the server's acknowledgement before send() returns false. Default: 100,000. */
    qsizetype sendQueueEvents = 100'000;

    /*! The number of bytes that may wait for the server's acknowledgement before send() returns false. An empty queue
        takes any event. Default: 64 MiB. */
    qsizetype sendQueueBytes = qsizetype(64) * 1024 * 1024;

    /*! What this node does where receivers lag behind what it sends. With PyventReceiversLag::Wait, the server acknowledges its events only as
        fast as the slowest receiver takes them: sendQueue() grows, and send() returns false when the send queue is full. A
        receiver that takes nothing for PyventServerLimits::receiverTimeout is not waited for until it goes on. Python's server knows
        nothing of this. Default: PyventReceiversLag::Drop. */
    PyventReceiversLag whenReceiversLag = PyventReceiversLag::Drop;

    /*! The number of its newest events that this node keeps, to send them again to nodes that missed them and to late
        joiners, as far as replayBytes and replayAge allow. 0: none. Default: 100,000. */
    qsizetype replayEvents = 100'000;

    /*! The number of bytes of its newest events that this node keeps. Default: 64 MiB. */
    qsizetype replayBytes = qsizetype(64) * 1024 * 1024;

    /*! The time for which this node keeps an event after sending it. Default: 60 s. */
    std::chrono::milliseconds replayAge = std::chrono::seconds(60);

    /*! Which users of this machine may be at the other end: who may join a server started here, and whose server this node joins.
        Default: the user of the process. */
    PyventLocalAccess localAccess = {};

    /*! Whether nodes of this module on this machine may reach each other by a Unix socket, "the lane", which is faster than TCP. Nodes
        that use it and nodes that do not are on one bus. Also off if the environment has PYVENT_LANE=0. */
    bool lane = true;

    /*! The keys by which nodes on other machines join. Default: none, and a server binds loopback addresses only. */
    PyventSecurity security = {};

    /*! What the connections to a server that is started here may cost it. */
    PyventServerLimits serverLimits = {};
};

#endif
