// SPDX-License-Identifier: MIT
#ifndef PYVENT_CLI_ISOTIME_H
#define PYVENT_CLI_ISOTIME_H

#include <PyventDateTime>
#include <PyventTime>

#include <QtCore/qstring.h>

#include <optional>

namespace Pyvent::Cli {

// Python's dates and times in ISO 8601, with what that has no place for in brackets behind it, in the way of
// RFC 9557: a time zone's name, "[Europe/Berlin]", and "[fold=1]". Nothing where there is a time zone that
// has no name here.
std::optional<QString> toIso(const PyventDateTime &dateTime);
std::optional<QString> toIso(const PyventTime &time);

// Nothing where \a text is none. Seconds and what is behind them may be missing.
std::optional<PyventDateTime> dateTimeFromIso(QStringView text);
std::optional<PyventTime> timeFromIso(QStringView text);
QDate dateFromIso(QStringView text); // invalid where \a text is none

} // namespace Pyvent::Cli

#endif
