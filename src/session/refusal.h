// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_REFUSAL_H
#define PYVENT_SESSION_REFUSAL_H

#include "wire/control.h"

#include <QtCore/qstring.h>

namespace Pyvent::Internal {

// For people: why the server has not passed on what \a refused is about.
QString whyRefused(const Control::Refused &refused);

// The same, where it is about what was forwarded; \a subject is for whom a rule has to be.
QString whyNotForwarded(const Control::Refused &refused, const QString &subject);

} // namespace Pyvent::Internal

#endif
