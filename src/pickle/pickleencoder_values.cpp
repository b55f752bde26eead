// SPDX-License-Identifier: MIT
// How values beyond plain data are written: Python's classes, Qt's types, containers and gadgets.
#include "pickleencoder.h"

#include "pyventarray.h"
#include "pyventdatetime.h"
#include "pyventinteger.h"
#include "pyventset.h"
#include "pyventtimedelta.h"
#include "pyventtuple.h"
#include "values/qtvalues.h"
#include "values/typeregistry.h"

#include <QtCore/qmetaobject.h>
#include <QtCore/quuid.h>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

struct GlobalName
{
    const char *module;
    const char *name;
};

constexpr GlobalName globalNames[] = {
    {"datetime", "datetime"},
    {"datetime", "date"},
    {"datetime", "time"},
    {"datetime", "timedelta"},
    {"datetime", "timezone"},
    {"uuid", "UUID"},
    {"numpy", "ndarray"},
    {"numpy", "dtype"},
    // Numpy 2 renamed its module but keeps these two for pickles of either version.
    {"numpy.core.multiarray", "_reconstruct"},
    {"numpy.core.multiarray", "scalar"},
};

template <typename T>
const T &as(const QVariant &value)
{
    return *static_cast<const T *>(value.constData());
}

} // namespace

bool PickleEncoder::writePyvent(const QVariant &value, bool *known)
{
    const QMetaType type = value.metaType();
    *known = true;
    if (type == QMetaType::fromType<PyventTuple>())
        return writeTuple(as<PyventTuple>(value).items());
    if (type == QMetaType::fromType<PyventDict>())
        return writePairs(as<PyventDict>(value).pairs());
    if (type == QMetaType::fromType<PyventSet>())
        return writeSet(as<PyventSet>(value));
    if (type == QMetaType::fromType<PyventDateTime>())
        return writeDateTime(as<PyventDateTime>(value));
    if (type == QMetaType::fromType<PyventTime>())
        return writeTime(as<PyventTime>(value));
    if (type == QMetaType::fromType<PyventTimeDelta>())
        return writeTimeDelta(as<PyventTimeDelta>(value));
    if (type == QMetaType::fromType<PyventInteger>())
        return writeInteger(as<PyventInteger>(value));
    if (type == QMetaType::fromType<PyventObject>())
        return writeObject(as<PyventObject>(value));
    if (type == QMetaType::fromType<PyventArray>())
        return writeArray(as<PyventArray>(value));
    *known = false;
    return true;
}

bool PickleEncoder::writeOther(const QVariant &value)
{
    const QMetaType type = value.metaType();
    if (type.flags() & (QMetaType::IsPointer | QMetaType::PointerToQObject | QMetaType::PointerToGadget))
        return unsendable(value);
    if (isQtValue(type)) {
        const QVariantMap map = describeQtValue(value);
        return map.isEmpty() ? unsendable(value) : writeMap(map);
    }
    bool known;
    if (!writePyvent(value, &known))
        return false;
    if (known)
        return true;
    if (type.flags() & QMetaType::IsEnumeration)
        return writeEnum(value);
    if (type.flags() & QMetaType::IsGadget)
        return writeGadget(value);
    return writeParts(value);
}

bool PickleEncoder::writeEnum(const QVariant &value)
{
    const QMetaType type = value.metaType();
    const bool isUnsigned = type.flags() & QMetaType::IsUnsignedEnumeration;
    switch (type.sizeOf()) {
    case 1:
        return writeInt(isUnsigned ? as<quint8>(value) : as<qint8>(value));
    case 2:
        return writeInt(isUnsigned ? as<quint16>(value) : as<qint16>(value));
    case 4:
        return writeInt(isUnsigned ? qint64(as<quint32>(value)) : as<qint32>(value));
    case 8:
        return isUnsigned ? writeUInt(as<quint64>(value)) : writeInt(as<qint64>(value));
    default:
        return unsendable(value);
    }
}

bool PickleEncoder::writeGadget(const QVariant &value)
{
    const QMetaObject *meta = value.metaType().metaObject();
    if (!meta || meta->propertyCount() == 0)
        return unsendable(value);
    const Nesting nesting(this);
    if (!nesting.isOk() || !writeOp(Op::EmptyDict) || !writeOp(Op::Mark))
        return false;
    for (int i = 0; i < meta->propertyCount(); ++i) {
        const QMetaProperty property = meta->property(i);
        if (property.isReadable()
            && !writeEntry(QString::fromUtf8(property.name()), property.readOnGadget(value.constData())))
            return false;
    }
    return writeOp(Op::SetItems);
}

// What is looked into by a conversion: containers, pairs, durations, and what pyvent::registerType() made known.
bool PickleEncoder::writeParts(const QVariant &value)
{
    const QMetaType type = value.metaType();
    const PyventBinding::Conversion *conversion = conversionFor(type);
    if (!conversion)
        return unsendable(value);
    const QVariant parts = conversion->toValue(value.constData());
    if (parts.metaType() == type)
        return fail(u"is a %1 that is not UTF-8; send bytes as a QByteArray"_s.arg(readableName(type)));
    return write(parts);
}

bool PickleEncoder::writeGlobal(Global global)
{
    qint32 &memo = m_globals[size_t(global)];
    if (memo >= 0)
        return writeMemo(quint32(memo));
    memo = qint32(m_memoCount++);
    const GlobalName &name = globalNames[size_t(global)];
    return writeLatin1(name.module) && writeLatin1(name.name) && writeOp(Op::StackGlobal) && writeOp(Op::Memoize);
}

bool PickleEncoder::writeGlobal(const QString &module, const QString &name)
{
    const auto key = std::pair(module, name);
    const auto found = m_otherGlobals.constFind(key);
    if (found != m_otherGlobals.cend())
        return writeMemo(*found);
    m_otherGlobals.insert(key, m_memoCount++);
    return writeText(module) && writeText(name) && writeOp(Op::StackGlobal) && writeOp(Op::Memoize);
}

bool PickleEncoder::writeMemo(quint32 index)
{
    if (!m_out.reserve(5))
        return tooLarge();
    if (index <= 0xff) {
        m_out.put(Op::BinGet);
        m_out.put(char(index));
    } else {
        m_out.put(Op::LongBinGet);
        m_out.putLittleEndian(index);
    }
    return true;
}

bool PickleEncoder::writeDate(QDate date)
{
    if (!date.isValid())
        return writeOp(Op::None);
    if (date.year() < 1 || date.year() > 9999)
        return fail(u"is a date in the year %1, which Python cannot hold"_s.arg(date.year()));
    const char bytes[4] = {char(date.year() >> 8), char(date.year()), char(date.month()), char(date.day())};
    return writeGlobal(Global::Date) && writeBytes({bytes, 4}) && writeOp(Op::Tuple1) && writeOp(Op::Reduce);
}

bool PickleEncoder::writeTime(const PyventTime &time)
{
    if (!time.isValid())
        return fail(u"is not a time of day"_s);
    const int micro = time.microsecond();
    const char bytes[6] = {char(time.hour() | (time.fold() ? 0x80 : 0)),
                           char(time.minute()),
                           char(time.second()),
                           char(micro >> 16),
                           char(micro >> 8),
                           char(micro)};
    return writeGlobal(Global::Time) && writeBytes({bytes, 6}) && writeZone(time.timeZone()) && writeOp(Op::Reduce);
}

bool PickleEncoder::writeDateTime(const PyventDateTime &dateTime)
{
    if (!dateTime.isValid())
        return fail(u"is a date and time that Python cannot hold"_s);
    const QDate date = dateTime.date();
    const PyventTime &time = dateTime.time();
    const int micro = time.microsecond();
    const char bytes[10] = {char(date.year() >> 8),
                            char(date.year()),
                            char(date.month() | (time.fold() ? 0x80 : 0)),
                            char(date.day()),
                            char(time.hour()),
                            char(time.minute()),
                            char(time.second()),
                            char(micro >> 16),
                            char(micro >> 8),
                            char(micro)};
    return writeGlobal(Global::DateTime) && writeBytes({bytes, 10}) && writeZone(time.timeZone())
        && writeOp(Op::Reduce);
}

// Closes the tuple of a datetime's or time's arguments: the zone is the second one, if there is one.
bool PickleEncoder::writeZone(const QVariant &zone)
{
    if (!zone.isValid())
        return writeOp(Op::Tuple1);
    if (zone.metaType() != QMetaType::fromType<PyventTimeDelta>())
        return write(zone) && writeOp(Op::Tuple2);
    return writeGlobal(Global::TimeZone) && writeTimeDelta(as<PyventTimeDelta>(zone)) && writeOp(Op::Tuple1)
        && writeOp(Op::Reduce) && writeOp(Op::Tuple2);
}

bool PickleEncoder::writeTimeDelta(const PyventTimeDelta &delta)
{
    if (!delta.isValid())
        return fail(u"is a duration of more than a thousand million days, which Python cannot hold"_s);
    return writeGlobal(Global::TimeDelta) && writeInt(delta.days()) && writeInt(delta.seconds())
        && writeInt(delta.microseconds()) && writeOp(Op::Tuple3) && writeOp(Op::Reduce);
}

bool PickleEncoder::writeUuid(const QUuid &uuid)
{
    QByteArray number = uuid.toRfc4122();
    std::reverse(number.begin(), number.end());
    number.append('\0'); // positive
    return writeGlobal(Global::Uuid) && writeOp(Op::EmptyTuple) && writeOp(Op::NewObj) && writeOp(Op::EmptyDict)
        && writeLatin1("int") && writeInteger(PyventInteger::fromTwosComplement(number)) && writeOp(Op::SetItem)
        && writeOp(Op::Build);
}

bool PickleEncoder::writeSet(const PyventSet &set)
{
    if (!set.isFrozen())
        return writeList(set.items(), Op::EmptySet, Op::AddItems);
    const Nesting nesting(this);
    return nesting.isOk() && writeOp(Op::Mark) && writeItems(set.items()) && writeOp(Op::FrozenSet);
}

bool PickleEncoder::writeDtype(const QString &dtype)
{
    const QStringView code = QStringView(dtype).sliced(1);
    const qsizetype size = PyventArray::itemSize(dtype);
    const bool isText = code.startsWith(u'U');
    const bool isFlexible = isText || code.startsWith(u'S');
    return writeGlobal(Global::NumpyDtype) && writeText(code) && writeOp(Op::NewFalse) && writeOp(Op::NewTrue)
        && writeOp(Op::Tuple3) && writeOp(Op::Reduce) && writeOp(Op::Mark) && writeInt(3)
        && writeText(QStringView(dtype).first(1)) && writeOp(Op::None) && writeOp(Op::None) && writeOp(Op::None)
        && writeInt(isFlexible ? size : -1) && writeInt(isFlexible ? (isText ? 4 : 1) : -1)
        && writeInt(isText ? 8 : 0) // numpy's flag NPY_NEEDS_INIT
        && writeOp(Op::Tuple) && writeOp(Op::Build);
}

bool PickleEncoder::writeArray(const PyventArray &array)
{
    if (!array.isValid())
        return fail(u"is an array whose data does not fit its shape and type"_s);
    if (array.isScalar())
        return writeGlobal(Global::NumpyScalar) && writeDtype(array.dtype()) && writeBytes(array.data())
            && writeOp(Op::Tuple2) && writeOp(Op::Reduce);
    bool ok = writeGlobal(Global::NumpyReconstruct) && writeGlobal(Global::NdArray) && writeInt(0)
        && writeOp(Op::Tuple1) && writeBytes("b") && writeOp(Op::Tuple3) && writeOp(Op::Reduce);
    ok = ok && writeOp(Op::Mark) && writeInt(1) && writeOp(Op::Mark);
    for (const qsizetype size : array.shape())
        ok = ok && writeInt(size);
    return ok && writeOp(Op::Tuple) && writeDtype(array.dtype())
        && writeOp(array.order() == PyventArray::ColumnMajor ? Op::NewTrue : Op::NewFalse) && writeBytes(array.data())
        && writeOp(Op::Tuple) && writeOp(Op::Build);
}

// In the order of Pickler.save_reduce(): create, list items, dict items, state.
bool PickleEncoder::writeObject(const PyventObject &object)
{
    if (object.isNull())
        return fail(u"is a null PyventObject"_s);
    if (object.kind() == PyventObject::Global)
        return writeGlobal(object.moduleName(), object.qualifiedName());
    const Nesting nesting(this);
    const QVariantMap keywords = object.keywordArguments();
    bool ok = nesting.isOk() && writeObject(object.callable()) && writeTuple(object.arguments());
    if (object.kind() == PyventObject::Call)
        ok = ok && writeOp(Op::Reduce);
    else if (keywords.isEmpty())
        ok = ok && writeOp(Op::NewObj);
    else
        ok = ok && writeMap(keywords) && writeOp(Op::NewObjEx);
    const QVariantList items = object.listItems();
    if (!items.isEmpty())
        ok = ok && writeOp(Op::Mark) && writeItems(items) && writeOp(Op::Appends);
    const PyventDict pairs = object.dictItems();
    if (pairs.size() > 0) {
        ok = ok && writeOp(Op::Mark);
        for (const PyventDict::Pair &pair : pairs.pairs())
            ok = ok && write(pair.first) && write(pair.second);
        ok = ok && writeOp(Op::SetItems);
    }
    if (!ok || !object.state().isValid())
        return ok;
    if (object.stateSetter().isNull())
        return write(object.state()) && writeOp(Op::Build);
    // setter(object, state), whose result is dropped: the object must be named a second time.
    const quint32 memo = m_memoCount++;
    return writeOp(Op::Memoize) && writeObject(object.stateSetter()) && writeMemo(memo) && write(object.state())
        && writeOp(Op::Tuple2) && writeOp(Op::Reduce) && writeOp(Op::Pop);
}

} // namespace Pyvent::Internal
