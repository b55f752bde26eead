// SPDX-License-Identifier: MIT
#ifndef PYVENT_DISPATCH_SLOTCALLBACK_H
#define PYVENT_DISPATCH_SLOTCALLBACK_H

#include "pyventbinding.h"

namespace Pyvent::Internal {

// A callback that calls the slot or invokable method \a slot of \a object, a name or a signature. Its parameters' names
// are the keywords. Returns an empty function, and says why, where there is no such method or it cannot be called with
// keywords. The callback is to be called in the object's thread, while the object lives.
PyventBinding::Callback slotCallback(QObject *object, QByteArrayView slot, QString *why);

// The same with what the method returns, which is of the type \a returns; void, or one that is not known to Qt, leaves it as it is.
using SlotFunction = std::function<QString(const PyventEvent &, QVariant *result)>;
SlotFunction slotFunction(QObject *object, QByteArrayView slot, QMetaType *returns, QString *why);

} // namespace Pyvent::Internal

#endif
