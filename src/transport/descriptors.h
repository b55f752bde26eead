// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_DESCRIPTORS_H
#define PYVENT_TRANSPORT_DESCRIPTORS_H

#include <QtCore/qstring.h>

#include <exception>
#include <system_error>

namespace Pyvent::Internal {

// How many file descriptors this takes at once, at most. tst_resources counts them.
inline constexpr int descriptorsOfServer =
    8; // what it waits with, three listening sockets, a lock, and two for its own node
inline constexpr int descriptorsOfLane = 4; // a socket, what waits for it, and one to ask the kernel with
inline constexpr int descriptorsOfTcp =
    18; // instead of the socket: a ZeroMQ context, two connections with their monitors
inline constexpr int descriptorsOfLink = 20; // with what waits for them
inline constexpr int descriptorsOfConnection = 4;

// The system's \a error, as errno has it, as an exception. \a what says what came to nothing, for people, where the error alone does not.
std::system_error systemError(int error);
std::system_error systemError(int error, const char *what);

// Throws std::system_error if this process may not open \a count more file descriptors now. ZeroMQ aborts the process where it
// gets none for a context, so who makes one asks before. Any thread may call this; another one may take them in between.
void requireDescriptors(int count);

// Whether requireDescriptors() would return.
bool hasDescriptors(int count);

// Whether \a error says that the system gave no descriptor, thread or memory.
bool isOutOfResources(const std::exception &error);

// "The process has 1,020 of the 1,024 file descriptors that it may have", for people.
QString describeDescriptors();

} // namespace Pyvent::Internal

#endif
