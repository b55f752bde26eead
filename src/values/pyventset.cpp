// SPDX-License-Identifier: MIT
#include "pyventset.h"

#include "pythonrepr.h"
#include "textitems.h"
#include "unorderedequal.h"

#include <QtCore/qdebug.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

QStringList PyventSet::toStringList(bool *ok) const
{
    return textsOf(m_items, ok);
}

QString PyventSet::toString() const
{
    if (m_items.isEmpty())
        return isFrozen() ? u"frozenset()"_s : u"set()"_s;
    const QString items = u'{' + pythonReprItems(m_items) + u'}';
    return isFrozen() ? u"frozenset(%1)"_s.arg(items) : items;
}

bool operator==(const PyventSet &left, const PyventSet &right)
{
    return left.m_kind == right.m_kind
        && unorderedEqual(left.m_items, right.m_items, [](const QVariant &item) { return pythonRepr(item); });
}

QDebug operator<<(QDebug debug, const PyventSet &value)
{
    const QDebugStateSaver saver(debug);
    return debug.noquote() << value.toString();
}
