// SPDX-License-Identifier: MIT
#ifndef PYVENT_TEXT_EVENTLINE_H
#define PYVENT_TEXT_EVENTLINE_H

#include <PyventEvent>

#include <QtCore/qbytearray.h>

#include <optional>

namespace Pyvent::Text {

// An event as one line in UTF-8, without the line's end.

// {"name":…,"sender":…,"args":{…},"node":…,"seq":…,"time":…}, and "redelivered":true where it is.
QByteArray eventAsJson(const PyventEvent &event);

// The same, with \a arguments, a JSON object, for the event's own.
QByteArray eventAsJsonWith(const PyventEvent &event, QByteArrayView arguments);

// The event that eventAsJson() made \a line of, to be looked at. Nothing where the line is no event; \a error then says why.
std::optional<PyventEvent> eventFromJson(QByteArrayView line, QString *error);

// The same, as far as it can be sent again: name, sender and arguments. The latter two may be missing in the line, and the
// sender is empty if it is the default one. Objects of any class are made, so the line must be one that the user trusts.
std::optional<PyventEvent> eventToSend(QByteArrayView line, QString *error);

// "12:34:56.789  order-food  pyvent  drink='sake' food='sushi'", in local time; with "(redelivered)" before the arguments where it is.
QByteArray eventAsText(const PyventEvent &event);

// The same with a terminal's colours.
QByteArray eventAsColouredText(const PyventEvent &event);

// "drink='sake' food='sushi'"
QByteArray argumentsAsText(const PyventEvent &event);

} // namespace Pyvent::Text

#endif
