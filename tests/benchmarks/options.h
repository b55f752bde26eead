// SPDX-License-Identifier: MIT
#ifndef PYVENT_BENCHMARKS_OPTIONS_H
#define PYVENT_BENCHMARKS_OPTIONS_H

#include "role.h"

#include <QtCore/qstringlist.h>

namespace Pyvent::Benchmarks {

// The command line.
struct Options
{
    qint64 events = 0;
    qint64 pings = 0;
    int repeat = 0;
    std::chrono::seconds watch = {}; // how long an idle process or a window is looked at
    QStringList only;                // sections; empty: all
    QStringList peers;
    QStringList sides; // empty: all
    QString jsonFile;  // empty: none

    // What the program is told when it starts itself.
    QString role; // empty: it is the one that measures
    RoleOptions roleOptions;

    // Reads the command line of the application; ends the program, with a message, if it is wrong.
    static Options parse();
};

} // namespace Pyvent::Benchmarks

#endif
