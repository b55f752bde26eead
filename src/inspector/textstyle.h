// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_TEXTSTYLE_H
#define PYVENT_INSPECTOR_TEXTSTYLE_H

#include <QtCore/qstring.h>
#include <QtGui/qcolor.h>
#include <QtGui/qfont.h>
#include <QtGui/qpalette.h>

namespace Pyvent::Inspector {

// For values, times and numbers, which stand below each other: as large as the application's font, also when that changes.
const QFont &monospaced();

enum class Tone { Good, Waiting, Bad, Quiet };

// Colours that can be told apart, and read, on the background of \a palette, light or dark.
bool isDark(const QPalette &palette);
QColor toneColor(Tone tone, const QPalette &palette);
QColor nameColor(int index, const QPalette &palette); // one of nameColorCount, for names in the plot
constexpr int nameColorCount = 8;

// A tool tip that is \a text and nothing else: what others send could be taken for HTML.
QString plainToolTip(const QString &text);

// A mixture, which is \a part of \a over and the rest \a under.
QColor mixed(const QColor &over, const QColor &under, double part);

} // namespace Pyvent::Inspector

#endif
