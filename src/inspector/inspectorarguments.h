// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_INSPECTORARGUMENTS_H
#define PYVENT_INSPECTOR_INSPECTORARGUMENTS_H

#include <QtCore/qstringlist.h>

#include <optional>

namespace Pyvent::Inspector {

// What the program was started with.
struct InspectorArguments
{
    std::optional<int> port = {};
    std::optional<QString> address = {};
    QString keyFile = {}; // of this program's secret key, and the key of the server that it joins: as in PyventSecurity
    QString serverKey = {};
    QString log = {};
    QString output = {}; // to print instead of showing a window: help, the version, or what is wrong
    bool isMistake = false;

    // \a words are those behind the program's name.
    static InspectorArguments parse(const QStringList &words);
};

} // namespace Pyvent::Inspector

#endif
