// SPDX-License-Identifier: MIT
// In the place of jsonarguments.cpp: simulated bridges carry pickles, and are not linked with what reads others.
#include "jsonarguments.h"

namespace Pyvent::Bridge {

std::optional<QByteArray> argumentsToJson(const QVariantMap &)
{
    return {};
}

std::optional<QVariantMap> argumentsFromJson(QByteArrayView, QString *)
{
    return {};
}

} // namespace Pyvent::Bridge
