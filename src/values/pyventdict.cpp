// SPDX-License-Identifier: MIT
#include "pyventdict.h"

#include "pythonrepr.h"
#include "unorderedequal.h"

#include <QtCore/qdebug.h>

#include <algorithm>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

QVariant PyventDict::value(const QVariant &key, const QVariant &fallback) const
{
    const auto found =
        std::find_if(m_pairs.crbegin(), m_pairs.crend(), [&](const Pair &pair) { return pair.first == key; });
    return found == m_pairs.crend() ? fallback : found->second;
}

QVariantMap PyventDict::toMap() const
{
    QVariantMap map;
    for (const Pair &pair : m_pairs) {
        const bool isText = pair.first.metaType() == QMetaType::fromType<QString>();
        map.insert(isText ? pair.first.toString() : pythonRepr(pair.first), pair.second);
    }
    return map;
}

QString PyventDict::toString() const
{
    QStringList entries;
    entries.reserve(m_pairs.size());
    for (const Pair &pair : m_pairs)
        entries += pythonRepr(pair.first) + ": "_L1 + pythonRepr(pair.second);
    return u'{' + entries.join(", "_L1) + u'}';
}

bool operator==(const PyventDict &left, const PyventDict &right)
{
    return unorderedEqual(left.m_pairs, right.m_pairs,
                          [](const PyventDict::Pair &pair) { return pythonRepr(pair.first); });
}

QDebug operator<<(QDebug debug, const PyventDict &value)
{
    const QDebugStateSaver saver(debug);
    return debug.noquote() << value.toString();
}
