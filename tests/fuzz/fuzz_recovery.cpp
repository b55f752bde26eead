// SPDX-License-Identifier: MIT
#include "hostilebus.h"
#include "hostilewindow.h"
#include "require.h"

#include <ctime>

using namespace PyventTests;

namespace {

// Of the processor's time: many times what the slowest conversation takes; a sanitizer takes its part of it.
constexpr std::clock_t patience = 30 * CLOCKS_PER_SEC;

} // namespace

// A hostile peer's whole conversation. The first byte says with whom, the others what: script.h.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    Script script(QByteArrayView(reinterpret_cast<const char *>(data) + 1, qsizetype(size) - 1));
    const std::clock_t start = std::clock();
    const bool areProven = data[0] & 1;
    if ((data[0] >> 3) % 4 == 3) { // it takes many times as long
        HostileBus(areProven).run(&script);
    } else {
        HostileWindow(
            {.areProven = areProven, .isForging = !areProven && data[0] & 2, .areTightLimits = bool(data[0] & 4)})
            .run(&script);
    }
    require(std::clock() - start < patience, "a conversation takes too long");
    return 0;
}
