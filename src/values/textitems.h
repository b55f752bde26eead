// SPDX-License-Identifier: MIT
#ifndef PYVENT_TEXTITEMS_H
#define PYVENT_TEXTITEMS_H

#include <QtCore/qstringlist.h>
#include <QtCore/qvariant.h>

#include <algorithm>

namespace Pyvent::Internal {

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
