// SPDX-License-Identifier: MIT
#ifndef PYVENT_CLI_GLOB_H
#define PYVENT_CLI_GLOB_H

#include <QtCore/qstringview.h>

namespace Pyvent::Cli {

// Whether the whole \a name fits \a glob, where '*' stands for any number of characters and '?' for one.
bool fitsGlob(QStringView name, QStringView glob);

} // namespace Pyvent::Cli

#endif
