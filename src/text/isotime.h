// SPDX-License-Identifier: MIT
#ifndef PYVENT_TEXT_ISOTIME_H
#define PYVENT_TEXT_ISOTIME_H

#include <PyventDateTime>
#include <PyventObject>
#include <PyventTime>

#include <QtCore/qstring.h>

#include <optional>

namespace Pyvent::Text {

// Python's dates and times in ISO 8601, with what that has no place for in brackets behind it, in the way of
// RFC 9557: a time zone's name, "[Europe/Berlin]", the name of a fixed offset, "+01:00[tzname=CET]", and "[fold=1]".
// Nothing where only Python knows the time zone.
std::optional<QString> toIso(const PyventDateTime &dateTime);
std::optional<QString> toIso(const PyventTime &time);

// Nothing where \a text is none. Seconds and what is behind them may be missing.
std::optional<PyventDateTime> dateTimeFromIso(QStringView text);
std::optional<PyventTime> timeFromIso(QStringView text);
QDate dateFromIso(QStringView text); // invalid where \a text is none

// Time zones by themselves: "+01:00", "+01:00[tzname=CET]" for a datetime.timezone, "Europe/Berlin" for a ZoneInfo.
// Nothing where \a zone is none, or \a text spells none.
std::optional<QString> offsetToIso(const PyventObject &zone);
std::optional<PyventObject> offsetFromIso(QStringView text);
std::optional<QString> zoneInfoKey(const PyventObject &zone);
std::optional<PyventObject> zoneInfoFromKey(const QString &key);

// The same time of day without its zone, and so without an offset: "03:00:00.000006[fold=1]".
QString toLocalIso(const PyventDateTime &dateTime);
QString toLocalIso(const PyventTime &time);

} // namespace Pyvent::Text

#endif
