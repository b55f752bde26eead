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

// "127.0.0.1:52002"
QString whereaboutsOf(const PyventNode &node);

} // namespace Pyvent::Cli

#endif
