// SPDX-License-Identifier: MIT
#ifndef PYVENT_PATHTEXT_H
#define PYVENT_PATHTEXT_H

#include <QtCore/qstringlist.h>

namespace Pyvent::Internal {

// What Python's str() makes of PurePosixPath(*parts) and of PureWindowsPath(*parts). Python 3.11 pickles "/tmp/x" as the
// parts "/", "tmp", "x", Python 3.13 as it was given.
QString posixPathText(const QStringList &parts);
QString windowsPathText(const QStringList &parts);

} // namespace Pyvent::Internal

#endif
