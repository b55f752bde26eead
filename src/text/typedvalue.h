// SPDX-License-Identifier: MIT
#ifndef PYVENT_TEXT_TYPEDVALUE_H
#define PYVENT_TEXT_TYPEDVALUE_H

#include <QtCore/qstring.h>
#include <QtCore/qvariant.h>

#include <optional>

namespace Pyvent::Text {

// What \a value holds, if that is of the very type T; nullptr otherwise.
template <typename T>
const T *as(const QVariant &value)
{
    return value.metaType() == QMetaType::fromType<T>() ? static_cast<const T *>(value.constData()) : nullptr;
}

// A value that JSON has no word for, as the object {"$type":type,"value":value}:
//
//   bytes, bytearray    base64
//   float               "nan", "inf" or "-inf"
//   int                 "0x1f…", if it has more than maximumDecimalDigits
//   tuple, set, frozenset, deque      an array; {"items":[…],"maxlen":N} for a deque that has a maximum
//   dict, OrderedDict, Counter   an array of [key, value]; a dict whose keys are all strings is an object without "$type"
//   defaultdict         {"factory":"list","pairs":[[key, value], …]}
//   datetime, date, time  ISO 8601, "2024-01-02T03:04:05.000006+01:00", with "[tzname=CET]" if the offset has a name;
//                       "[Europe/Berlin]" instead of an offset for a time zone of that name; and "[fold=1]" for the
//                       second pass of a repeated hour; where only Python knows the zone, {"iso":…,"tzinfo":…}
//   timezone, ZoneInfo  "+01:00", also with "[tzname=CET]"; "Europe/Berlin"
//   timedelta           [days, seconds, microseconds], what Python's timedelta takes
//   range               [start, stop, step]
//   UUID, Decimal, Fraction, PosixPath and the other paths      a string
//   complex             [real, imaginary]
//   float64, int32 …    a numpy scalar: a number
//   ndarray and other numpy scalars   {"dtype":"<f8","shape":[2,3],"data":base64}; "order":"F" if it is so
//   anything else       {"module":…,"name":…} with what made it: see objectvalue.h
struct TypedValue
{
    QString type;
    QVariant value;
};

// A value of a type that Python has no equal of gets its Qt name, and a string.
TypedValue toTyped(const QVariant &value);

// Whether an object of any class is made of JSON. A Python process that gets it calls whatever makes it: JSON from anywhere,
// passed on by a script, could run anything there.
enum class Objects { Refused, Made };

// The value that toTyped() made \a typed of. Returns an invalid one, and sets \a error, where there is none.
QVariant fromTyped(const TypedValue &typed, Objects objects, QString *error);

// The bytes that the string \a text spells in base64; nothing where it is none.
std::optional<QByteArray> bytesFromBase64(const QVariant &text);

} // namespace Pyvent::Text

Q_DECLARE_METATYPE(Pyvent::Text::TypedValue)

#endif
