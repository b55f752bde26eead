// SPDX-License-Identifier: MIT
#ifndef PYVENT_TEXT_PYTHONTEXT_H
#define PYVENT_TEXT_PYTHONTEXT_H

#include <QtCore/qstring.h>
#include <QtCore/qvariant.h>

namespace Pyvent::Text {

// \a value as Python's repr() writes it, always on one line and without anything that a terminal would obey.
QString pythonText(const QVariant &value);

// "food='sushi' drink='sake'", each name between \a beforeName and \a afterName.
QString pythonKeywords(const QVariantMap &arguments, QStringView beforeName = {}, QStringView afterName = {});

// A string with its quotes.
QString pythonString(QStringView text);

// \a text with what does not print (line ends, a terminal's escape sequences, marks that turn the direction
// of writing) escaped as in Python's strings.
QString printable(QStringView text);

// A value of Qt's own that has no equal in Python: as a string, if it converts to one, or as qDebug() shows
// it.
QString qtText(const QVariant &value);

} // namespace Pyvent::Text

#endif
