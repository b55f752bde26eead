// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_EVENTADDRESS_H
#define PYVENT_BRIDGE_EVENTADDRESS_H

#include <QtCore/qbytearray.h>
#include <QtCore/qstring.h>

#include <optional>

// Events' names as the rest of a NATS subject or an MQTT topic behind a prefix, and back.
//
// A name stays as it is where the engine can carry it, so that subscribers who know nothing of this module find it: order-food,
// oven.temperature, küche. What it cannot carry is escaped as in a URL, %2A for '*', and so is '%' itself. In a subject that is '*', '>', white
// space, and a dot that would leave a token empty; in a topic it is '+', '#' and what the MQTT standard forbids. A name that would be too long,
// or of too many levels, is replaced by "%~" and its SHA-256, and travels beside it.

namespace Pyvent::Bridge {

enum class Dialect : quint8 { Nats, Mqtt };

struct EventAddress
{
    QByteArray text;        // in UTF-8
    bool hidesName = false; // the name cannot be read off it
};

// The longest text, in bytes: NATS takes 4096 for a whole line of its protocol.
constexpr qsizetype longestAddress = 1024;

// The most levels: tokens of a subject, levels of a topic. Mosquitto takes 200.
constexpr qsizetype mostLevels = 32;

// \a name is not empty.
EventAddress addressOf(QStringView name, Dialect dialect);

// The name that addressOf() has made \a address of; of any other address, what is likest to that: %XX that is none stays. Nothing where no
// name can be read off it.
std::optional<QString> nameFromAddress(QByteArrayView address);

// Text as a header's value: printable characters but '%', and no white space at its ends.
QByteArray escapeText(QStringView text);

// Nothing where it is no UTF-8.
std::optional<QString> unescapeText(QByteArrayView text);

} // namespace Pyvent::Bridge

#endif
