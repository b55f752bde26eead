// SPDX-License-Identifier: MIT
#include "valuefromjs.h"

#include <PyventDict>
#include <PyventSet>

#include <QtCore/qdatetime.h>
#include <QtQml/qjsengine.h>

#include <cmath>

namespace Pyvent::Qml {

using namespace Qt::StringLiterals;

namespace {

// An object that contains itself would never end. The library's own limit is 200 as well.
constexpr qsizetype maximumDepth = 200;

// One element that is far off makes an array that long. The library reads no more values than these from one event.
constexpr qsizetype maximumLength = qsizetype(4) << 20;

// A Number is a double: beyond, it stands for more than one whole number.
constexpr double maximumExactInteger = 0x1p53;

QVariant numberFromJs(double number)
{
    const bool isWhole = std::trunc(number) == number && std::abs(number) <= maximumExactInteger;
    const bool isMinusZero = number == 0 && std::signbit(number);
    return isWhole && !isMinusZero ? QVariant(qlonglong(number)) : QVariant(number);
}

QVariant dateFromJs(const QDateTime &date)
{
    // A Date is a moment; a local time would arrive as a datetime without a time zone.
    return date.isValid() ? QVariant(date.toUTC()) : QVariant::fromValue(nullptr);
}

} // namespace

class ValueFromJs::Place
{
public:
    Place(ValueFromJs *reader, const QString &text)
        : m_reader(reader)
    {
        m_reader->m_path.append(text);
    }
    Place(ValueFromJs *reader, qsizetype index)
        : Place(reader, u'[' + QString::number(index) + u']')
    {
    }
    ~Place() { m_reader->m_path.removeLast(); }
    Q_DISABLE_COPY_MOVE(Place)

    bool isTooDeep() const { return m_reader->m_path.size() > maximumDepth; }

private:
    ValueFromJs *m_reader;
};

ValueFromJs::ValueFromJs(QJSEngine *engine)
    : m_engine(engine)
    , m_objectPrototype(engine->globalObject().property(u"Object"_s).property(u"prototype"_s))
    , m_path()
    , m_problem()
{
}

bool ValueFromJs::readArguments(const QJSValue &value, QVariantMap *arguments)
{
    if (value.isUndefined() || value.isNull())
        return true;
    QVariant result;
    if (value.isObject() && !read(value, &result))
        return false;
    if (result.metaType().id() != QMetaType::QVariantMap) {
        m_problem = u"the arguments are not an object, as { food: \"sushi\" } is"_s;
        return false;
    }
    *arguments = result.toMap();
    return true;
}

bool ValueFromJs::refuse(const QString &what)
{
    QString path;
    // One that contains itself has a long way to the same thing.
    for (const QString &part : m_path.first(std::min<qsizetype>(m_path.size(), 8)))
        path += part.startsWith(u'[') || path.isEmpty() ? part : u'.' + part;
    m_problem = path.isEmpty() ? u"the arguments are "_s + what : u"the argument %1 is %2"_s.arg(path, what);
    return false;
}

bool ValueFromJs::read(const QJSValue &value, QVariant *result)
{
    if (value.isUndefined() || value.isNull())
        *result = QVariant::fromValue(nullptr);
    else if (value.isBool())
        *result = value.toBool();
    else if (value.isNumber())
        *result = numberFromJs(value.toNumber());
    else if (value.isString())
        *result = value.toString();
    else if (value.isCallable())
        return refuse(u"a function"_s);
    else if (value.isError())
        return refuse(u"an Error (%1)"_s.arg(value.property(u"message"_s).toString()));
    else if (value.isRegExp())
        return refuse(u"a regular expression"_s);
    else if (value.isQObject())
        return refuse(u"an object of QML, whose properties must be named one by one"_s);
    else if (value.isObject())
        return readObject(value, result);
    else
        return refuse(u"of a type that cannot be sent (a symbol?)"_s);
    return true;
}

bool ValueFromJs::readObject(const QJSValue &object, QVariant *result)
{
    // A Date, an ArrayBuffer, or one of Qt's values, such as a colour.
    const QVariant value = object.toVariant(QJSValue::RetainJSObjects);
    if (value.metaType() != QMetaType::fromType<QJSValue>())
        return readVariant(value, result);
    if (object.isArray()) {
        QVariantList list;
        const bool ok = readArray(object, &list);
        *result = list;
        return ok;
    }
    const QString kind = kindOf(object);
    if (kind == "Set"_L1)
        return readSet(object, result);
    if (kind == "Map"_L1)
        return readMap(object, result);
    if (kind.endsWith("Array"_L1))
        return readTypedArray(object, kind, result);
    if (kind != "Object"_L1)
        return refuse(u"a %1, which cannot be sent"_s.arg(kind));
    QVariantMap map;
    const bool ok = readProperties(object, &map);
    *result = map;
    return ok;
}

bool ValueFromJs::readVariant(const QVariant &value, QVariant *result)
{
    *result = value;
    switch (value.metaType().id()) {
    case QMetaType::UnknownType:
        *result = QVariant::fromValue(nullptr);
        return true;
    case QMetaType::QDateTime:
        *result = dateFromJs(value.toDateTime());
        return true;
    case QMetaType::Double:
        *result = numberFromJs(value.toDouble());
        return true;
    case QMetaType::QVariantList: {
        QVariantList list = value.toList();
        for (qsizetype i = 0; i < list.size(); ++i) {
            const Place place(this, i);
            if (!readVariant(QVariant(list.at(i)), &list[i]))
                return false;
        }
        *result = list;
        return true;
    }
    case QMetaType::QVariantMap: {
        QVariantMap map = value.toMap();
        for (auto it = map.begin(); it != map.end(); ++it) {
            const Place place(this, it.key());
            if (!readVariant(QVariant(it.value()), &it.value()))
                return false;
        }
        *result = map;
        return true;
    }
    default:
        break;
    }
    if (value.metaType() == QMetaType::fromType<QJSValue>())
        return read(value.value<QJSValue>(), result);
    if (value.metaType().flags() & QMetaType::PointerToQObject)
        return refuse(u"an object of QML, whose properties must be named one by one"_s);
    return true;
}

bool ValueFromJs::readProperties(const QJSValue &object, QVariantMap *result)
{
    // Only JavaScript itself tells that a getter has thrown.
    const QJSValue entries = m_engine->globalObject().property(u"Object"_s).property(u"entries"_s).call({object});
    if (entries.isError())
        return refuse(u"an object that cannot be read (%1)"_s.arg(entries.toString()));
    const quint32 count = entries.property(u"length"_s).toUInt();
    for (quint32 i = 0; i < count; ++i) {
        const QString name = entries.property(i).property(0).toString();
        const QJSValue property = entries.property(i).property(1);
        const Place place(this, name);
        if (place.isTooDeep())
            return refuse(u"nested more than %1 levels deep, or contains itself"_s.arg(maximumDepth));
        if (property.isUndefined()) // left out, as JSON.stringify() does
            continue;
        QVariant value;
        if (!read(property, &value))
            return false;
        result->insert(name, value);
    }
    return true;
}

bool ValueFromJs::readArray(const QJSValue &array, QVariantList *result)
{
    const qsizetype length = qsizetype(array.property(u"length"_s).toUInt());
    if (length > maximumLength)
        return refuse(u"an array of %1 elements, and no more than %2 are sent"_s.arg(length).arg(maximumLength));
    for (qsizetype i = 0; i < length; ++i) {
        const Place place(this, i);
        if (place.isTooDeep())
            return refuse(u"nested more than %1 levels deep, or contains itself"_s.arg(maximumDepth));
        QVariant value;
        if (!read(array.property(quint32(i)), &value))
            return false;
        result->append(value);
    }
    return true;
}

bool ValueFromJs::readSet(const QJSValue &set, QVariant *result)
{
    QVariantList items;
    if (!readArray(arrayFrom(set), &items))
        return false;
    *result = QVariant::fromValue(PyventSet(items));
    return true;
}

bool ValueFromJs::readMap(const QJSValue &map, QVariant *result)
{
    QVariantList entries;
    if (!readArray(arrayFrom(map), &entries))
        return false;
    QList<PyventDict::Pair> pairs;
    for (const QVariant &entry : std::as_const(entries))
        pairs.emplaceBack(entry.toList().value(0), entry.toList().value(1));
    *result = QVariant::fromValue(PyventDict(pairs));
    return true;
}

// Bytes are bytes; numbers of other widths are a list of numbers.
bool ValueFromJs::readTypedArray(const QJSValue &array, const QString &kind, QVariant *result)
{
    if (kind.startsWith("Uint8"_L1)) {
        const QByteArray buffer = array.property(u"buffer"_s).toVariant().toByteArray();
        *result = buffer.mid(array.property(u"byteOffset"_s).toInt(), array.property(u"byteLength"_s).toInt());
        return true;
    }
    QVariantList list;
    const bool ok = readArray(array, &list);
    *result = list;
    return ok;
}

// "Object", "Set", "Promise": what Object.prototype.toString() calls it.
QString ValueFromJs::kindOf(const QJSValue &object) const
{
    if (object.prototype().strictlyEquals(m_objectPrototype))
        return u"Object"_s;
    const QString text = m_objectPrototype.property(u"toString"_s).callWithInstance(object).toString();
    return text.startsWith("[object "_L1) ? text.sliced(8).chopped(1) : u"Object"_s; // of "[object Set]"
}

QJSValue ValueFromJs::arrayFrom(const QJSValue &iterable) const
{
    return m_engine->globalObject().property(u"Array"_s).property(u"from"_s).call({iterable});
}

} // namespace Pyvent::Qml
