// SPDX-License-Identifier: MIT
#include "pickle/picklereader.h"
#include "pickle/picklescanner.h"
#include "pyventdatetime.h"
#include "pyventdict.h"
#include "pyventobject.h"
#include "pyventset.h"
#include "pyventtuple.h"
#include "require.h"

#include <ctime>

using namespace Pyvent::Internal;

namespace {

// The reader's limits are not the scanner's: what is beyond these, or nested too deeply, is not looked at. The scanner does not decode
// texts either, on some of which CPython raises an exception.
constexpr PickleLimits readerLimits{.depth = 1000, .size = 4 << 20, .objects = 4 << 20, .expandedSize = 64 << 20};

bool isLimit(const QString &error)
{
    for (const char16_t *text : {u"too many", u"expands", u"scattered", u"nested", u"limit", u"too large",
                                 u"contains itself", u"beyond Latin-1"}) {
        if (error.contains(QStringView(text)))
            return true;
    }
    return false;
}

double processorSeconds()
{
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
}

// Says whether a value refers to nothing that is not on the list, by what the reader found.
class NamesInValue
{
public:
    explicit NamesInValue(const PickleAllowList &allowed)
        : m_allowed(allowed)
    {
    }

    void require(const QVariant &value)
    {
        const QMetaType type = value.metaType();
        if (type == QMetaType::fromType<QVariantList>()) {
            requireAll(value.toList());
        } else if (type == QMetaType::fromType<QVariantMap>()) {
            requireAll(value.toMap().values());
        } else if (type == QMetaType::fromType<PyventTuple>()) {
            requireAll(value.value<PyventTuple>().items());
        } else if (type == QMetaType::fromType<PyventSet>()) {
            requireAll(value.value<PyventSet>().items());
        } else if (type == QMetaType::fromType<PyventDict>()) {
            requirePairs(value.value<PyventDict>());
        } else if (type == QMetaType::fromType<PyventTime>()) {
            require(value.value<PyventTime>().timeZone());
        } else if (type == QMetaType::fromType<PyventDateTime>()) {
            require(value.value<PyventDateTime>().time().timeZone());
        } else if (type == QMetaType::fromType<PyventObject>()) {
            requireObject(value.value<PyventObject>());
        }
    }

private:
    void requireAll(const QVariantList &values)
    {
        for (const QVariant &value : values)
            require(value);
    }
    void requirePairs(const PyventDict &dict)
    {
        for (const PyventDict::Pair &pair : dict.pairs()) {
            require(pair.first);
            require(pair.second);
        }
    }
    void requireObject(const PyventObject &object)
    {
        if (object.isNull())
            return;
        if (object.kind() == PyventObject::Global) {
            const QByteArray module = object.moduleName().toUtf8();
            const QByteArray name = object.qualifiedName().toUtf8();
            if (m_allowed.find(module, name) >= 0)
                return;
            qCritical("%s.%s", module.constData(), name.constData());
            ::require(false, "the reader sees a name that the scanner did not see");
        }
        requireObject(object.callable());
        requireObject(object.stateSetter());
        requireAll(object.arguments());
        requireAll(object.keywordArguments().values());
        requireAll(object.listItems());
        requirePairs(object.dictItems());
        require(object.state());
    }

    const PickleAllowList &m_allowed;
};

} // namespace

// Whatever the bytes: a verdict in linear time; and what is harmless the reader reads, up to the same byte, and finds no other name in.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static PickleScanner scanner;
    static PickleReader reader(readerLimits);
    const QByteArrayView pickle(reinterpret_cast<const char *>(data), qsizetype(size));
    const double begin = processorSeconds();
    const PickleScanner::Verdict verdict = scanner.scan(pickle);
    const double time = processorSeconds() - begin;
    // A hundred times what it takes, for the processor has other things to do.
    require(time < 0.1 + 1e-6 * double(size), "the time is not linear");
    require(verdict.offset >= 0 && verdict.offset <= pickle.size(), "the place is beyond the pickle");
    require(verdict.isHarmless() == verdict.text().isEmpty(), "neither harmless nor a reason");
    if (!verdict.isHarmless())
        return 0;
    if (!reader.read(pickle)) {
        if (!isLimit(reader.error().text)) {
            qCritical("%s", qPrintable(reader.error().text));
            require(false, "the reader does not read what is harmless");
        }
        return 0;
    }
    require(reader.consumed() == verdict.offset, "the reader reads more, or less");
    NamesInValue(scanner.allowed()).require(reader.toVariant());
    return 0;
}
