// SPDX-License-Identifier: MIT
#ifndef PYVENT_ASKING_SLOTANSWERING_H
#define PYVENT_ASKING_SLOTANSWERING_H

#include "pyventanswering.h"

namespace Pyvent::Internal {

// What answers with the slot or invokable method \a slot of \a object, as slotCallback() takes them. Returns an empty function, and says why,
// where it cannot be called so, or returns what is no answer.
PyventBinding::Answering slotAnswering(QObject *object, QByteArrayView slot, QString *why);

} // namespace Pyvent::Internal

#endif
