// SPDX-License-Identifier: MIT
#ifndef PYVENT_CLI_NEARESTWORD_H
#define PYVENT_CLI_NEARESTWORD_H

#include <QtCore/qstringlist.h>

namespace Pyvent::Cli {

// The one of \a words that whoever wrote \a word has probably meant: it begins with that, or differs in few letters, missed,
// doubled, swapped or mistaken ones. Empty if none is near.
QString nearestWord(const QString &word, const QStringList &words);

} // namespace Pyvent::Cli

#endif
