// SPDX-License-Identifier: MIT
#include "pickle/picklereader.h"
#include "pickle/picklewriter.h"
#include "pyventconversion.h"
#include "require.h"
#include "support/valuecount.h"

#include <QtCore/qcborvalue.h>
#include <QtCore/qjsonobject.h>

#include <ctime>
#include <map>
#include <utility>
#include <vector>

using namespace Pyvent::Internal;

namespace {

// Small enough for many runs in a second; the code is the same.
constexpr PickleLimits limits{.depth = 50, .size = 1 << 20, .objects = 1 << 18, .expandedSize = 4 << 20};

// The short way to the arguments gives what the long one gives.
void requireSameArguments(PickleReader &reader, QByteArrayView pickle)
{
    static QVariantMap earlier; // arguments, which are the next ones' to be written to
    QVariantMap quick = std::exchange(earlier, {});
    QVariantMap thorough;
    QVariant quickSender;
    QVariant thoroughSender;
    const bool isRead = reader.readArguments(pickle, &quick, &quickSender);
    const PickleError error = reader.error();
    require(isRead == (reader.read(pickle) && reader.toArguments(&thorough, &thoroughSender)),
            "one way reads what the other one does not");
    require(error.text == reader.error().text && error.offset == reader.error().offset, "the errors differ");
    if (!isRead) // then they may be anything
        return;
    QByteArray quickPickle;
    QByteArray thoroughPickle; // written, so that NaN is NaN
    const bool isWritten = writePickle(QVariantList{quick, quickSender}, &quickPickle, nullptr, limits);
    require(isWritten == writePickle(QVariantList{thorough, thoroughSender}, &thoroughPickle, nullptr, limits)
                && quickPickle == thoroughPickle,
            "the arguments differ");
    earlier = std::move(quick);
}

template <typename... T>
void requireTypes(const QVariant &value)
{
    const auto readAs = [&value]<typename Type>(Type object) {
        PyventBinding::ValueReader reader;
        if (reader.read(value, &object)) {
            QByteArray pickle;
            (void)writePickle(pyvent::argument(object), &pickle, nullptr, limits);
        } else {
            require(reader.error(QStringLiteral("x")).size() > 20, "a value does not convert, and nobody says why");
        }
    };
    (readAs(T{}), ...);
}

// What was read, or refused, has cost no more than its size allows.
class Cost
{
public:
    explicit Cost(QByteArrayView pickle)
        : m_size(pickle.size())
    {
    }

    void requireBounded(const PickleReader &reader, const QVariant &value) const
    {
        constexpr qsizetype ofAValue = 16;
        constexpr double mostSeconds = 0.2; // of the processor's time; a hundred times as much as it should take
        const qsizetype limit = limits.expandedSizeFor(m_size);
        require(reader.expandedSize() <= limit, "a pickle counts for more than it may");
        require(PyventTests::countValues(value) <= (limit + limits.mentionedValuesFor(m_size)) / ofAValue + 1,
                "a pickle has more values than it may");
        require(double(std::clock() - m_begin) / CLOCKS_PER_SEC < mostSeconds, "a pickle takes long to read");
    }

private:
    const qsizetype m_size;
    const std::clock_t m_begin = std::clock();
};

// Whatever the value: it becomes an object of a type, or there is a reason.
void requireTypes(const QVariant &value)
{
    using namespace std::chrono;
    requireTypes<bool, short, float, QString, std::string, QStringList, QList<double>, std::vector<QVariantMap>>(value);
    requireTypes<QMap<QString, int>, std::map<int, std::optional<QString>>, QSet<QString>>(value);
    requireTypes<std::pair<QString, QVariant>, std::tuple<int, QDateTime, QUuid>, std::complex<double>>(value);
    requireTypes<nanoseconds, std::vector<hours>, duration<double>, Qt::Orientation, Qt::Alignment>(value);
    requireTypes<QJsonValue, QJsonObject, QCborValue, PyventDict, PyventTimeDelta>(value);
}

} // namespace

// Whatever the bytes: a value or an error, and what was read can be written, and read again as the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static PickleReader reader(limits);
    const QByteArrayView pickle(reinterpret_cast<const char *>(data), qsizetype(size));
    requireSameArguments(reader, pickle);
    const Cost cost(pickle);
    if (!reader.read(pickle)) {
        cost.requireBounded(reader, {});
        require(reader.error().isError(), "an error without a text");
        require(reader.error().offset >= 0 && reader.error().offset <= pickle.size(), "an error without a place");
        return 0;
    }
    require(reader.consumed() > 0 && reader.consumed() <= pickle.size(), "more was read than there is");
    QVariantMap arguments;
    QVariant sender;
    reader.toArguments(&arguments, &sender);

    const QVariant value = reader.toVariant();
    cost.requireBounded(reader, value);
    require(value.isValid() != reader.error().isError(), "neither a value nor an error");
    require(value.isValid() || reader.error().offset >= 0, "an error without a place");
    if (value.isValid())
        requireTypes(value);
    QByteArray once;
    if (!value.isValid() || !writePickle(value, &once, nullptr, limits))
        return 0;
    (void)QDebug::toString(value);
    (void)value.toString();

    if (!reader.read(once)) { // what was mentioned again, and is now written each time, may be too much
        require(reader.error().text.contains(QStringLiteral("too many values")), "what was written is not read");
        return 0;
    }
    const QVariant again = reader.toVariant();
    QByteArray twice;
    if (!again.isValid() || !writePickle(again, &twice, nullptr, limits)) // a limit, for objects grow a little
        return 0;
    require(once == twice, "what was read again is another value");
    return 0;
}
