// SPDX-License-Identifier: MIT
#ifndef PYVENT_CLI_KEYVALUE_H
#define PYVENT_CLI_KEYVALUE_H

#include <QtCore/qstringlist.h>
#include <QtCore/qvariant.h>

namespace Pyvent::Cli {

// The keyword arguments that \a words name, "key=text" or "key:=json" each. Throws a UsageError.
QVariantMap toArguments(const QStringList &words);

} // namespace Pyvent::Cli

#endif
