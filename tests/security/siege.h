// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SECURITY_SIEGE_H
#define PYVENT_TESTS_SECURITY_SIEGE_H

#include <PyventOptions>

#include <QtCore/qmetatype.h>
#include <QtCore/qstring.h>
#include <QtCore/qstringlist.h>

namespace PyventTests {

// Something that a process does to the server at \a port; in a thread of its own.
using Attack = void (*)(int port);

// Attacks a server that is the program "pyvent", in a process of its own, with an honest pair of nodes beside. Returns what is not as it
// has to be, for people; empty if all is: the pair loses nothing, the server takes \a mebibytes more at most, and gives back what it has
// taken, its file descriptors too.
QString whyNotWithstood(Attack attack, int mebibytes);

// The same of a server that is started with these \a arguments as well, and a pair that joins as \a pair says. An event takes less
// than \a milliseconds for 99 % of them.
QString whyNotWithstood(Attack attack, int mebibytes, const QStringList &arguments, const PyventOptions &pair,
                        double milliseconds);

// A process's memory, in KiB.
qint64 memoryOf(qint64 pid);

} // namespace PyventTests

Q_DECLARE_METATYPE(PyventTests::Attack)

#endif
