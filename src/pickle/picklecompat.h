// SPDX-License-Identifier: MIT
#ifndef PYVENT_PICKLECOMPAT_H
#define PYVENT_PICKLECOMPAT_H

#include <string_view>

namespace Pyvent::Internal {

// Turns Python 2's name of a module and of a class or function in it into Python 3's, in place. Protocols 0
// to 2 use the old names whoever wrote them: Python 3 writes range as __builtin__.xrange there.
void renameFromPython2(std::string_view *module, std::string_view *name);

// The module that has in every version of Python what one version has in \a module. The paths of Python 3.13 come from
// pathlib._local, which no other version has.
std::string_view commonModule(std::string_view module);

} // namespace Pyvent::Internal

#endif
