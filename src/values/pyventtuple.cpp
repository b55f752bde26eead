// SPDX-License-Identifier: MIT
#include "pyventtuple.h"

#include "pythonrepr.h"
#include "textitems.h"

#include <QtCore/qdebug.h>

using namespace Pyvent::Internal;

QStringList PyventTuple::toStringList(bool *ok) const
{
    return textsOf(m_items, ok);
}

QString PyventTuple::toString() const
{
    return u'(' + pythonReprItems(m_items) + QLatin1String(m_items.size() == 1 ? ",)" : ")");
}

QDebug operator<<(QDebug debug, const PyventTuple &value)
{
    const QDebugStateSaver saver(debug);
    return debug.noquote() << value.toString();
}
