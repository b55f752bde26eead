// SPDX-License-Identifier: MIT
#ifndef PYVENTOPTIONS_H
#define PYVENTOPTIONS_H

#include "pyventglobal.h"

#include <QtCore/qstring.h>

#include <chrono>

/*!
    How a node reaches the bus. Given to PyventNode's constructor or to PyventNode::configure() before first use:
    \code
    PyventNode node(PyventOptions{.port = 50020, .nodeId = QStringLiteral("kitchen"), .server = false});
    \endcode
    Every node of one bus, Python's included, has the same address and port.
*/
struct PyventOptions
{
    /*! The port that events are sent to, 1 to 65534. Events are heard from port + 1. Python's default is the same. */
    int port = 52002;

    /*! Where the server is: an IP address or a host's name. A server started here binds this very address, so with
        the default nobody outside this machine can reach it. "0.0.0.0" serves all interfaces. */
    QString address = QStringLiteral("127.0.0.1");

    /*! Names this node in the sender of its events, which becomes "pyvent.{nodeId}". Empty: just "pyvent". */
    QString nodeId = {};

    /*! Whether this node may become the server, when there is none and the address is this machine's. */
    bool server = true;

    /*! Whether this node hears the events that it sends itself, as Python's nodes do. */
    bool hearOwnEvents = true;

    /*! How long stop(), and the node's end, may take to deliver what send() has accepted. 0: not at all. */
    std::chrono::milliseconds linger = std::chrono::seconds(1);

    /*! The largest event in bytes, name and arguments included. Larger ones are refused by send(), and a server
        started here cuts the connection of whoever sends one. Default: 64 MiB. */
    qsizetype maximumEventSize = qsizetype(64) * 1024 * 1024;

    /*! How many events may wait for the server's acknowledgement before send() returns false. Default: 100,000. */
    qsizetype sendQueueEvents = 100'000;

    /*! How many bytes may wait for the server's acknowledgement before send() returns false. Default: 64 MiB. An event
        is always taken by an empty queue. */
    qsizetype sendQueueBytes = qsizetype(64) * 1024 * 1024;

    /*! How many of its newest events this node keeps, to send them again to nodes that missed them and to late joiners,
        as far as replayBytes and replayAge allow. 0: none. Default: 100,000. */
    qsizetype replayEvents = 100'000;

    /*! How many bytes of its newest events this node keeps. Default: 64 MiB. */
    qsizetype replayBytes = qsizetype(64) * 1024 * 1024;

    /*! For how long this node keeps an event after it was sent. Default: 60 s. */
    std::chrono::milliseconds replayAge = std::chrono::seconds(60);
};

#endif
