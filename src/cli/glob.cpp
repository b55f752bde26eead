// SPDX-License-Identifier: MIT
#include "glob.h"

namespace Pyvent::Cli {

bool fitsGlob(QStringView name, QStringView glob)
{
    qsizetype n = 0;
    qsizetype g = 0;
    qsizetype lastStar = -1;
    qsizetype resumeAt = 0; // where in the name to go on if what follows the last star does not fit
    while (n < name.size()) {
        if (g < glob.size() && glob[g] == u'*') {
            lastStar = g++;
            resumeAt = n;
        } else if (g < glob.size() && (glob[g] == u'?' || glob[g] == name[n])) {
            ++g;
            ++n;
        } else if (lastStar >= 0) {
            g = lastStar + 1;
            n = ++resumeAt;
        } else {
            return false;
        }
    }
    while (g < glob.size() && glob[g] == u'*')
        ++g;
    return g == glob.size();
}

} // namespace Pyvent::Cli
