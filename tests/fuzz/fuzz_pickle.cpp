// SPDX-License-Identifier: MIT
#include "pickle/picklereader.h"
#include "pickle/picklewriter.h"

#include <QtCore/qdebug.h>

#include <cstdlib>

using namespace Pyvent::Internal;

namespace {

void require(bool condition, const char *what)
{
    if (condition)
        return;
    qCritical("%s", what);
    std::abort();
}

// Small enough for many runs in a second; the code is the same.
constexpr PickleLimits limits{.depth = 50, .size = 1 << 20, .objects = 1 << 18, .expandedSize = 4 << 20};

} // namespace

// Whatever the bytes: a value or an error, and what was read can be written, and read again as the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static PickleReader reader(limits);
    const QByteArrayView pickle(reinterpret_cast<const char *>(data), qsizetype(size));
    if (!reader.read(pickle)) {
        require(reader.error().isError(), "an error without a text");
        require(reader.error().offset >= 0 && reader.error().offset <= pickle.size(), "an error without a place");
        return 0;
    }
    require(reader.consumed() > 0 && reader.consumed() <= pickle.size(), "more was read than there is");
    QVariantMap arguments;
    QVariant sender;
    reader.toArguments(&arguments, &sender);

    const QVariant value = reader.toVariant();
    require(value.isValid() != reader.error().isError(), "neither a value nor an error");
    require(value.isValid() || reader.error().offset >= 0, "an error without a place");
    QByteArray once;
    if (!value.isValid() || !writePickle(value, &once, nullptr, limits))
        return 0;
    (void)QDebug::toString(value);
    (void)value.toString();

    require(reader.read(once), "what was written is not read");
    const QVariant again = reader.toVariant();
    QByteArray twice;
    if (!again.isValid() || !writePickle(again, &twice, nullptr, limits)) // a limit, for objects grow a little
        return 0;
    require(once == twice, "what was read again is another value");
    return 0;
}
