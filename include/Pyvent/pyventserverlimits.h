// SPDX-License-Identifier: MIT
#ifndef PYVENTSERVERLIMITS_H
#define PYVENTSERVERLIMITS_H

#include "pyventglobal.h"

#include <chrono>

/*!
    What the connections to a server may cost it. See PyventOptions::serverLimits. Each limit says what it is there against; where one
    is exceeded, that connection suffers, and the log's category pyvent.server tells.
*/
struct PyventServerLimits
{
    /*! The number of connections: many that fill the process. 0, the default: half of the file descriptors that the process may have;
        the server raises the soft limit of these as far as the system allows. What is more is hung up on. */
    qsizetype connections = 0;

    /*! The number of connections of each user of this machine who is not the server's own, and of each key that nodes on
        other machines join by. Default: 64. */
    qsizetype connectionsOfOtherUser = 64;

    /*! The time for which a connection may say nothing of what it is. Default: 2 s. */
    std::chrono::milliseconds handshake = std::chrono::seconds(2);

    /*! The number of parts of a message: one without end. Default: 10,000. */
    qsizetype messageParts = 10'000;

    /*! The number of subscriptions of a connection, and their bytes. Defaults: 200,000, and 16 MiB. */
    qsizetype subscriptions = 200'000;
    qsizetype subscriptionBytes = qsizetype(16) * 1024 * 1024;

    /*! The number of subscriptions that a connection may make or end within a second, above subscriptions, all of which it may make at
        once. It waits for the rest. 0: any number. Default: 100,000. */
    qsizetype subscriptionChangesPerSecond = 100'000;

    /*! The number of bytes that may wait for a receiver that does not read, whatever the number of events; what is more is not passed on
        to it, and it is told. Default: 256 MiB. */
    qsizetype waitingBytes = qsizetype(256) * 1024 * 1024;

    /*! The number of bytes that may wait for all receivers, where an event counts once. 0, the default: 512 MiB, or an eighth of the
        machine's memory where that is less. */
    qsizetype waitingBytesInAll = 0;

    /*! The time for which a receiver may take nothing: then senders that wait for receivers (PyventOptions::whenReceiversLag) do not wait
        for it any more, and where waitingBytesInAll wait, the one for which most of it does is hung up on. Default: 5 s. */
    std::chrono::milliseconds receiverTimeout = std::chrono::seconds(5);

    /*! The number of events, and of bytes, that a connection may send within a second, with those of one second at once. Its server does
        not read on until it may; so its sendQueue grows. 0, the default: any number. */
    qsizetype eventsPerSecond = 0;
    qsizetype bytesPerSecond = 0;

    /*! The number of messages that a connection's nodes may send other nodes within a second beside events: questions, answers and
        announcements, with those of one second at once. Those for all nodes count four times. It waits for the rest. 0: any number.
        Default: 20,000. */
    qsizetype controlMessagesPerSecond = 20'000;

    friend bool operator==(const PyventServerLimits &, const PyventServerLimits &) = default;
};

#endif
