// SPDX-License-Identifier: MIT
// For LeakSanitizer, in programs that fork. A child has none of its parent's other threads, whose stacks were all that led to
// some of the memory that it has a copy of. It would be told that this is lost; the parent is checked as ever.
#include <unistd.h>

namespace {

const pid_t parent = ::getpid();

} // namespace

extern "C" int __lsan_is_turned_off(); // LeakSanitizer's name for it; nobody else calls it
// Visible, for the sanitizer's library is where it is called from.
extern "C" __attribute__((visibility("default"))) int __lsan_is_turned_off()
{
    return ::getpid() != parent;
}
