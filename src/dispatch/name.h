// SPDX-License-Identifier: MIT
#ifndef PYVENT_DISPATCH_NAME_H
#define PYVENT_DISPATCH_NAME_H

#include <QtCore/qstring.h>

namespace Pyvent::Internal {

// Why \a name cannot be an event's name, for people; empty if it can.
QString whyNotAName(QStringView name);

// Why \a sender cannot be a sender; empty if it can.
QString whyNotASender(QStringView sender);

// Whether \a pattern has '*' or '?', and so stands for many names.
bool isGlob(QStringView pattern);

// Whether the whole \a name fits \a pattern, where '*' stands for any number of characters and '?' for one. Takes time
// in proportion to the product of the lengths at worst.
bool matchesGlob(QStringView pattern, QStringView name);

// What every name that fits \a pattern begins with, for subscribing to no more than needed.
QStringView globPrefix(QStringView pattern);

} // namespace Pyvent::Internal

#endif
