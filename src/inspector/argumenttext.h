// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_ARGUMENTTEXT_H
#define PYVENT_INSPECTOR_ARGUMENTTEXT_H

#include <QtCore/qstring.h>
#include <QtCore/qvariant.h>

#include <optional>

namespace Pyvent::Inspector {

// Keyword arguments as they are typed into the send panel: one a line, as the command line takes them,
//
//   food=sushi            text
//   pieces:=8             JSON, with "$type" for Python's other types
//   table:={"id": 3,
//           "seats": [1]} which goes on over lines that begin with white space
//   "a key"=text          a key that could be taken for something else is a JSON string

// What is wrong, and where in the text.
struct ArgumentMistake
{
    qsizetype position = 0;
    qsizetype length = 0;
    QString reason = {};
};

struct ParsedArguments
{
    QVariantMap arguments = {};
    std::optional<ArgumentMistake> mistake = {}; // the first one
};

ParsedArguments parseArguments(const QString &text);

// The text for \a arguments.
QString writeArguments(const QVariantMap &arguments);

} // namespace Pyvent::Inspector

#endif
