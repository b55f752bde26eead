// SPDX-License-Identifier: MIT
#ifndef PYVENT_CLI_REPORT_H
#define PYVENT_CLI_REPORT_H

#include <QtCore/qstring.h>

class PyventNode;

namespace Pyvent::Cli {

// Prints "pyvent: \a text" on stderr, on one line.
void report(const QString &text);

// Reports what goes wrong with \a node, as long as it lives.
void reportProblems(PyventNode *node);

// Reports that \a node, which gives up, has reached no server, and why, as far as that is known. \a what is what no server did,
// such as "answered". Whatever \a node tells from then on is not reported.
void reportNoServer(PyventNode *node, const QString &what);

// Whether the last that \a node told is that its server's host has no address.
bool isHostUnknown(const PyventNode &node);

// Reports how many events \a node could not read, if there are any, and of which names.
void reportUnreadable(const PyventNode &node);

// "127.0.0.1:52002"
QString whereaboutsOf(const PyventNode &node);

} // namespace Pyvent::Cli

#endif
