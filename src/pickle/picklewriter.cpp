// SPDX-License-Identifier: MIT
#include "picklewriter.h"

#include "pickleencoder.h"

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

bool writePickle(const QVariant &value, QByteArray *out, PickleError *error, const PickleLimits &limits)
{
    PickleEncoder encoder(out, limits);
    const bool ok = encoder.writeValue(value);
    if (error)
        *error = ok ? PickleError() : encoder.error(u"value"_s);
    return ok;
}

bool writeArguments(const ArgumentList &arguments, const QString &sender, QByteArray *out, PickleError *error,
                    const PickleLimits &limits)
{
    PickleEncoder encoder(out, limits);
    const bool ok = encoder.writeArguments(arguments, sender);
    if (error)
        *error = ok ? PickleError() : encoder.error(u"argument"_s);
    return ok;
}

} // namespace Pyvent::Internal
