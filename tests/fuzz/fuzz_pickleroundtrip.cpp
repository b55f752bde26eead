// SPDX-License-Identifier: MIT
#include "pickle/picklereader.h"
#include "pickle/picklewriter.h"
#include "require.h"

#include <PyventDict>
#include <PyventObject>
#include <PyventSet>
#include <PyventTuple>

#include <algorithm>
#include <cmath>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

namespace {

constexpr PickleLimits limits{.depth = 50, .size = 1 << 20, .objects = 1 << 18, .expandedSize = 4 << 20};

bool isSame(const QVariant &left, const QVariant &right);

bool isSame(const QVariantList &left, const QVariantList &right)
{
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](const QVariant &one, const QVariant &other) { return isSame(one, other); });
}

bool isSame(const QVariantMap &left, const QVariantMap &right)
{
    return left.keys() == right.keys() && isSame(left.values(), right.values());
}

bool isSame(const PyventDict &left, const PyventDict &right)
{
    const QList<PyventDict::Pair> pairs = left.pairs();
    const QList<PyventDict::Pair> others = right.pairs();
    return std::equal(pairs.begin(), pairs.end(), others.begin(), others.end(), [](const auto &one, const auto &other) {
        return isSame(one.first, other.first) && isSame(one.second, other.second);
    });
}

bool isSame(const PyventObject &left, const PyventObject &right)
{
    if (left.isNull() || right.isNull())
        return left.isNull() == right.isNull();
    if (left.kind() != right.kind())
        return false;
    if (left.kind() == PyventObject::Global)
        return left.moduleName() == right.moduleName() && left.qualifiedName() == right.qualifiedName();
    return isSame(left.callable(), right.callable()) && isSame(left.arguments(), right.arguments())
        && isSame(left.keywordArguments(), right.keywordArguments()) && isSame(left.state(), right.state())
        && isSame(left.stateSetter(), right.stateSetter()) && isSame(left.listItems(), right.listItems())
        && isSame(left.dictItems(), right.dictItems());
}

template <typename T>
bool isSameOf(const QVariant &left, const QVariant &right)
{
    return isSame(left.value<T>(), right.value<T>());
}

// Of the same types, in the same order; and NaN is NaN.
bool isSame(const QVariant &left, const QVariant &right)
{
    const QMetaType type = left.metaType();
    if (type != right.metaType())
        return false;
    if (!type.isValid())
        return true;
    if (type == QMetaType::fromType<double>()) {
        const double one = left.toDouble();
        const double other = right.toDouble();
        return std::isnan(one) ? std::isnan(other) : one == other && std::signbit(one) == std::signbit(other);
    }
    if (type == QMetaType::fromType<QVariantList>())
        return isSameOf<QVariantList>(left, right);
    if (type == QMetaType::fromType<QVariantMap>())
        return isSameOf<QVariantMap>(left, right);
    if (type == QMetaType::fromType<PyventDict>())
        return isSameOf<PyventDict>(left, right);
    if (type == QMetaType::fromType<PyventObject>())
        return isSameOf<PyventObject>(left, right);
    if (type == QMetaType::fromType<PyventTuple>())
        return isSame(left.value<PyventTuple>().items(), right.value<PyventTuple>().items());
    if (type == QMetaType::fromType<PyventSet>())
        return left.value<PyventSet>().isFrozen() == right.value<PyventSet>().isFrozen()
            && isSame(left.value<PyventSet>().items(), right.value<PyventSet>().items());
    return left == right;
}

bool isOfALimit(const PickleError &error)
{
    return error.text.contains("limit"_L1) || error.text.contains("too many"_L1);
}

// \a value, written and then read by \a read, is the same one.
template <typename Value, typename Read>
void requireSameAgain(PickleReader &reader, const Value &value, Read read)
{
    QByteArray written;
    PickleError error;
    if (!writePickle(value, &written, &error, limits))
        return;
    Value again;
    const bool isRead = reader.read(written) && read(&again);
    require(isRead || isOfALimit(reader.error()), "what was written is not read");
    require(!isRead || isSame(value, again), "what was written and read again is another value");
}

} // namespace

// Whatever the bytes: what they stand for is still the same when it has been written and read again.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static PickleReader reader(limits);
    const QByteArrayView pickle(reinterpret_cast<const char *>(data), qsizetype(size));
    if (const QVariant value = reader.read(pickle) ? reader.toVariant() : QVariant(); value.isValid()) {
        requireSameAgain(reader, value, [](QVariant *again) {
            *again = reader.toVariant();
            return again->isValid();
        });
    }
    QVariantMap arguments;
    QVariant sender;
    if (reader.readArguments(pickle, &arguments, &sender)) {
        requireSameAgain(reader, arguments, [&](QVariantMap *again) { return reader.toArguments(again, &sender); });
    }
    return 0;
}
