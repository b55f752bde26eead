// SPDX-License-Identifier: MIT
#ifndef PYVENT_VALUECONVERSIONS_H
#define PYVENT_VALUECONVERSIONS_H

#include <QtCore/qmetatype.h>
#include <QtCore/qstringlist.h>
#include <QtCore/qvariant.h>

#include <algorithm>

namespace Pyvent::Internal {

// Registers what QVariant can convert \c From to, given as its member functions. Each value class does so in
// its own source file, from a static variable: whoever uses the class links that file, be it from the room or
// the library.
template <typename From, typename... To>
bool registerConversions(To (From::*...functions)(bool *) const)
{
    return (QMetaType::registerConverter<From, To>(functions) && ...);
}

template <typename From, typename... To>
bool registerConversions(To (From::*...functions)() const)
{
    return (QMetaType::registerConverter<From, To>(functions) && ...);
}

// All items, if they are text.
inline QStringList textsOf(const QVariantList &items, bool *ok)
{
    const bool areTexts = std::all_of(items.begin(), items.end(),
                                      [](const QVariant &item) { return item.typeId() == QMetaType::QString; });
    if (ok)
        *ok = areTexts;
    return areTexts ? QVariant(items).toStringList() : QStringList();
}

} // namespace Pyvent::Internal

#endif
