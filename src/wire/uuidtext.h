// SPDX-License-Identifier: MIT
#ifndef PYVENT_WIRE_UUIDTEXT_H
#define PYVENT_WIRE_UUIDTEXT_H

#include <QtCore/qbytearrayview.h>
#include <QtCore/quuid.h>

namespace Pyvent::Internal {

// How many characters a UUID has without braces, as topics have it.
inline constexpr qsizetype uuidTextSize = 36;

// The one that \a text begins with; null if there is none.
inline QUuid readUuid(QByteArrayView text)
{
    return text.size() < uuidTextSize ? QUuid() : QUuid::fromString(QLatin1StringView(text.first(uuidTextSize)));
}

} // namespace Pyvent::Internal

#endif
