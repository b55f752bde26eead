// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_VALUETEXT_H
#define PYVENT_INSPECTOR_VALUETEXT_H

#include <QtCore/qstring.h>
#include <QtCore/qvariant.h>

namespace Pyvent::Inspector {

// A value to be read: text as it is, with its own lines; bytes as a table of hexadecimal numbers; anything else as Python
// writes it.
struct ValueText
{
    QString text = {};
    bool isWhole = true;   // else it is the beginning: more would take too long to show
    bool isBroken = false; // a line was broken: laying out a very long one would take minutes
};

// What a window shows of one value, in characters.
constexpr qsizetype mostCharacters = 1'000'000;
constexpr qsizetype longestShownLine = 2'000;

ValueText textOf(const QVariant &value, qsizetype most = mostCharacters);

} // namespace Pyvent::Inspector

#endif
