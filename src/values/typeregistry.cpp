// SPDX-License-Identifier: MIT
#include "typeregistry.h"

#include "pyventarray.h"
#include "pyventdatetime.h"
#include "pyventinteger.h"
#include "pyventobject.h"
#include "pyventset.h"
#include "qtcontainers.h"

#include <QtCore/qdatetime.h>
#include <QtCore/qhash.h>
#include <QtCore/qreadwritelock.h>
#include <QtCore/qurl.h>
#include <QtCore/quuid.h>

#include <algorithm>
#include <list>
#include <map>
#include <vector>

namespace PyventBinding {

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

namespace {

template <typename... T>
void addKnown(QHash<int, const Conversion *> *conversions)
{
    static_assert((Structured<T> && ...));
    (conversions->insert(QMetaType::fromType<T>().id(), &conversion<T>), ...);
}

template <typename... T>
void addOptional(QHash<int, const Conversion *> *conversions)
{
    addKnown<std::optional<T>...>(conversions);
}

// What a gadget may have for a property without a registration, although Qt cannot look into it.
void addKnownTypes(QHash<int, const Conversion *> *conversions)
{
    using std::string;
    using namespace std::chrono;
    using FloatSeconds = duration<double>;
    addKnown<string, std::complex<double>>(conversions);
    addKnown<nanoseconds, microseconds, milliseconds, seconds, minutes, hours, FloatSeconds>(conversions);
    addKnown<QList<string>, std::vector<string>, std::list<string>>(conversions);
    addKnown<std::map<string, QVariant>, std::map<string, string>, std::map<string, QString>, std::map<string, int>,
             std::map<string, double>, std::map<string, bool>>(conversions);
    addKnown<QMap<QString, string>, QHash<QString, string>, std::map<QString, string>>(conversions);
    addOptional<bool, int, uint, qlonglong, qulonglong, float, double, QString, string, QByteArray, QStringList,
                QVariantList, QVariantMap, QDate, QTime, QDateTime, QUuid, QUrl>(conversions);
    addOptional<nanoseconds, microseconds, milliseconds, seconds, minutes, hours, FloatSeconds>(conversions);
}

struct Registry
{
    Registry() { addKnownTypes(&conversions); }

    QReadWriteLock lock;
    QHash<int, const Conversion *> conversions; // by the meta-type's id
};

// Never destroyed: what runs after main() may still send.
Registry &registry()
{
    static Registry *const registry = new Registry;
    return *registry;
}

template <typename... T>
bool isOneOf(QMetaType type)
{
    return ((type == QMetaType::fromType<T>()) || ...);
}

bool isValueClass(QMetaType type)
{
    return isOneOf<PyventTuple, PyventDict, PyventSet, PyventDateTime, PyventTime, PyventTimeDelta, PyventInteger,
                   PyventArray, PyventObject>(type);
}

template <typename... T>
bool hasConverterFrom(QMetaType type)
{
    return (QMetaType::hasRegisteredConverterFunction(QMetaType::fromType<T>(), type) || ...);
}

// Whether somebody registered a converter from a type that arguments arrive in.
bool hasRegisteredConverter(QMetaType type)
{
    return hasConverterFrom<bool, qlonglong, qulonglong, double, QString, QByteArray, QVariantList, QVariantMap, QDate,
                            QUuid, PyventTuple, PyventDict, PyventSet, PyventDateTime, PyventTime, PyventTimeDelta,
                            PyventInteger, PyventArray, PyventObject>(type);
}

// As Python wants an item of a set or a key of a dict: a list becomes a tuple. False where it takes none such.
bool makeHashable(QVariant *value);

bool makeHashable(QVariantList *items)
{
    return std::all_of(items->begin(), items->end(), [](QVariant &item) { return makeHashable(&item); });
}

bool makeHashable(QVariant *value)
{
    const QMetaType type = value->metaType();
    if (type.id() == QMetaType::QVariantMap || type.id() == QMetaType::QVariantHash
        || type.flags() & QMetaType::IsGadget || type == QMetaType::fromType<PyventDict>())
        return false;
    const bool isTuple = type == QMetaType::fromType<PyventTuple>();
    const bool isSet = type == QMetaType::fromType<PyventSet>();
    if (isTuple || isSet || type.id() == QMetaType::QVariantList || type.id() == QMetaType::QStringList) {
        QVariantList items = isTuple ? value->value<PyventTuple>().items()
            : isSet                  ? value->value<PyventSet>().items()
                                     : value->toList();
        if (!makeHashable(&items))
            return false;
        *value = isSet ? QVariant::fromValue(PyventSet(items, PyventSet::FrozenSet))
                       : QVariant::fromValue(PyventTuple(items));
        return true;
    }
    if (const Conversion *conversion = conversionFor(type)) {
        const QVariant plain = conversion->toValue(value->constData());
        if (plain.metaType() == type)
            return true;
        *value = plain;
        return makeHashable(value);
    }
    return true;
}

} // namespace

void addConversion(QMetaType type, const Conversion &conversion)
{
    Registry &known = registry();
    const int id = type.id();
    const QWriteLocker locker(&known.lock);
    if (!known.conversions.contains(id))
        known.conversions.insert(id, &conversion);
}

QVariant setOf(const QVariantList &items)
{
    QVariantList hashable = items;
    if (makeHashable(&hashable))
        return QVariant::fromValue(PyventSet(hashable));
    return items;
}

QVariant keyOf(const QVariant &key)
{
    QVariant hashable = key;
    return makeHashable(&hashable) ? hashable : key;
}

} // namespace PyventBinding

namespace Pyvent::Internal {

using namespace PyventBinding;
using namespace Qt::StringLiterals;

namespace {

template <typename T>
QString nameByQt()
{
    return QString::fromLatin1(QMetaType::fromType<T>().name());
}

} // namespace

const Conversion *conversionFor(QMetaType type)
{
    if (!type.isValid())
        return nullptr;
    const int id = type.id();
    Registry &known = registry();
    {
        const QReadLocker locker(&known.lock);
        if (const auto found = known.conversions.constFind(id); found != known.conversions.cend())
            return *found;
    }
    // Not under the lock: it makes an object of the type, which is user code.
    std::unique_ptr<const QtConversion> made = makeQtConversion(type);
    if (!made)
        return nullptr;
    const QWriteLocker locker(&known.lock);
    const Conversion *&entry = known.conversions[id];
    if (!entry) // by another thread, meanwhile
        entry = made.release();
    return entry;
}

bool isReadable(QMetaType type)
{
    if (!type.isValid() || type.flags() & QMetaType::IsPointer)
        return false;
    if (type.id() < QMetaType::User)
        return type.id() != QMetaType::QModelIndex && type.id() != QMetaType::QPersistentModelIndex;
    return type.flags() & (QMetaType::IsEnumeration | QMetaType::IsGadget) || isValueClass(type) || conversionFor(type)
        || hasRegisteredConverter(type);
}

QString readableName(QMetaType type)
{
    if (!type.isValid() || type == QMetaType::fromType<std::nullptr_t>())
        return u"None"_s;
    using namespace std::chrono;
    static const std::pair<QString, QString> names[] = {
        {nameByQt<std::string>(), u"std::string"_s},
        {nameByQt<nanoseconds>(), u"std::chrono::nanoseconds"_s},
        {nameByQt<microseconds>(), u"std::chrono::microseconds"_s},
        {nameByQt<milliseconds>(), u"std::chrono::milliseconds"_s},
        {nameByQt<minutes>(), u"std::chrono::minutes"_s},
        {nameByQt<hours>(), u"std::chrono::hours"_s},
        {nameByQt<seconds>(), u"std::chrono::seconds"_s},
    };
    QString name = QString::fromLatin1(type.name());
    for (const auto &[byQt, readable] : names)
        name.replace(byQt, readable);
    return name;
}

QString registrationAdvice(QMetaType type)
{
    const QString name = readableName(type);
    const bool isKnown =
        type.flags() & (QMetaType::IsPointer | QMetaType::IsEnumeration | QMetaType::IsGadget) || conversionFor(type);
    if (isKnown || !name.contains(u'<'))
        return QString();
    return u"pyvent::registerType<%1>(), called once, makes it known"_s.arg(name);
}

} // namespace Pyvent::Internal
