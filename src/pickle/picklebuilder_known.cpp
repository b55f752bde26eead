// SPDX-License-Identifier: MIT
// Classes of Python's standard library and numpy whose objects become values with a class of their own here.
#include "picklebuilder.h"

#include "pyventarray.h"
#include "pyventdatetime.h"
#include "pyventtimedelta.h"

#include <QtCore/quuid.h>

#include <algorithm>

namespace Pyvent::Internal {

namespace {

bool isBytes(const Node &node)
{
    return node.tag == Node::Bytes || node.tag == Node::Text8;
}

bool integer(const Node &node, qint64 *value)
{
    *value = node.integer;
    return node.tag == Node::Int;
}

int byteAt(const Node &node, quint32 index)
{
    return uchar(node.data[index]);
}

// The six last bytes that datetime and time put into their state: hour, minute, second, microsecond in three.
bool timeOfDay(const Node &bytes, quint32 at, int fold, PyventTime *time)
{
    const int hour = byteAt(bytes, at) & 0x7f;
    const int minute = byteAt(bytes, at + 1);
    const int second = byteAt(bytes, at + 2);
    const int micro = byteAt(bytes, at + 3) << 16 | byteAt(bytes, at + 4) << 8 | byteAt(bytes, at + 5);
    if (hour > 23 || minute > 59 || second > 59 || micro > 999999)
        return false;
    *time = PyventTime(std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second)
                           + std::chrono::microseconds(micro),
                       fold);
    return true;
}

QVariant timeDelta(const Node *items, quint32 count)
{
    qint64 parts[3];
    if (count != 3 || !integer(items[0], &parts[0]) || !integer(items[1], &parts[1]) || !integer(items[2], &parts[2]))
        return {};
    for (const qint64 part : parts) {
        if (part < -999999999 || part > 999999999) // what Python writes, and safe to add up
            return {};
    }
    const PyventTimeDelta delta(parts[0], parts[1], parts[2]);
    return delta.isValid() ? QVariant::fromValue(delta) : QVariant();
}

QVariant date(const Node &bytes)
{
    const QDate date(byteAt(bytes, 0) << 8 | byteAt(bytes, 1), byteAt(bytes, 2), byteAt(bytes, 3));
    return date.isValid() && date.year() >= 1 && date.year() <= 9999 ? QVariant(date) : QVariant();
}

// numpy.dtype('f8', False, True) with the state (3, '<', None, None, None, -1, -1, 0), as "<f8"; empty if it
// is more.
QString dtypeOf(const PickleArena &arena, const Node &node)
{
    if (node.tag != Node::Object)
        return {};
    const ObjectNode &object = arena.objects[node.index];
    const ObjectExtras &extras = arena.extras[object.extras];
    if (object.form != ObjectNode::Call || object.callable.known != Known::NumpyDtype || object.extras == 0
        || extras.state.tag != Node::Tuple)
        return {};
    quint32 count;
    const Node *arguments = arena.tupleItems(object.arguments, &count);
    quint32 stateCount;
    const Node *state = arena.tupleItems(extras.state, &stateCount);
    if (count < 1 || !arguments[0].isText() || stateCount != 8 || !state[1].isText())
        return {};
    const bool plain = std::all_of(state + 2, state + 5, [](const Node &part) { return part.tag == Node::None; });
    const QByteArrayView order = state[1].view();
    if (!plain || order.size() != 1 || arguments[0].size > 16)
        return {};
    char byteOrder = order.front();
    if (byteOrder == '=')
        byteOrder = '<';
    const QString dtype = QLatin1Char(byteOrder) + QString::fromLatin1(arguments[0].view());
    return PyventArray::itemSize(dtype) > 0 ? dtype : QString();
}

bool shapeOf(const PickleArena &arena, const Node &node, QList<qsizetype> *shape)
{
    if (node.tag != Node::Tuple)
        return false;
    quint32 count;
    const Node *items = arena.tupleItems(node, &count);
    if (count > 64) // numpy's own limit
        return false;
    for (quint32 i = 0; i < count; ++i) {
        qint64 size;
        if (!integer(items[i], &size) || size < 0)
            return false;
        shape->append(size);
    }
    return true;
}

} // namespace

bool PickleBuilder::buildKnown(const ObjectNode &object, QVariant *value)
{
    quint32 count;
    const Node *items = m_arena.tupleItems(object.arguments, &count);
    const bool plain = object.form == ObjectNode::Call && object.extras == 0;
    switch (object.callable.known) {
    case Known::DateTime:
    case Known::Time:
        return !plain || buildDateTime(object, value);
    case Known::Date:
        if (plain && count == 1 && isBytes(items[0]) && items[0].size == 4)
            *value = date(items[0]);
        return true;
    case Known::TimeDelta:
        if (plain)
            *value = timeDelta(items, count);
        return true;
    case Known::Uuid:
        buildUuid(object, value);
        return true;
    case Known::NumpyReconstruct:
    case Known::NumpyScalar:
    case Known::NumpyFromBuffer:
        return object.form != ObjectNode::Call || buildArray(object, value);
    default:
        return true;
    }
}

bool PickleBuilder::buildDateTime(const ObjectNode &object, QVariant *value)
{
    quint32 count;
    const Node *items = m_arena.tupleItems(object.arguments, &count);
    const bool withDate = object.callable.known == Known::DateTime;
    if (count < 1 || count > 2 || !isBytes(items[0]) || items[0].size != (withDate ? 10u : 6u))
        return true;
    const Node &bytes = items[0];
    PyventTime time;
    // Protocol 4 and later put the fold into the top bit of the month or hour, which are otherwise free.
    if (!timeOfDay(bytes, withDate ? 4 : 0, byteAt(bytes, withDate ? 2 : 0) >> 7, &time))
        return true;
    const QDate day =
        withDate ? QDate(byteAt(bytes, 0) << 8 | byteAt(bytes, 1), byteAt(bytes, 2) & 0x7f, byteAt(bytes, 3)) : QDate();
    if (withDate && !PyventDateTime(day, time).isValid())
        return true;
    if (!buildZone(count == 2 ? &items[1] : nullptr, &time))
        return false;
    if (withDate)
        *value = QVariant::fromValue(PyventDateTime(day, time));
    else
        *value = QVariant::fromValue(time);
    return true;
}

bool PickleBuilder::buildZone(const Node *zone, PyventTime *time)
{
    if (!zone || zone->tag == Node::None)
        return true;
    QVariant value;
    if (!build(*zone, &value))
        return false;
    if (zone->tag == Node::Object) {
        const ObjectNode &object = m_arena.objects[zone->index];
        quint32 count;
        m_arena.tupleItems(object.arguments, &count);
        if (object.form == ObjectNode::Call && object.callable.known == Known::TimeZone && count == 1
            && object.extras == 0) {
            const QVariant offset = value.value<PyventObject>().arguments().constFirst();
            if (offset.metaType() == QMetaType::fromType<PyventTimeDelta>())
                value = offset;
        }
    }
    time->setTimeZone(value);
    return true;
}

void PickleBuilder::buildUuid(const ObjectNode &object, QVariant *value)
{
    quint32 count;
    m_arena.tupleItems(object.arguments, &count);
    const ObjectExtras &extras = m_arena.extras[object.extras];
    if (object.form != ObjectNode::New || count != 0 || extras.state.tag != Node::Dict || extras.listItems.count
        || extras.dictItems.count || extras.keywords.tag != Node::Empty || extras.stateSetter.tag != Node::Empty)
        return;
    const ItemChain &state = m_arena.containers[extras.state.index].items;
    constexpr quint32 most = 16; // who has more is no UUID of Python's, and many may name the same one
    if (state.count > most)
        return;
    Node number{};
    const bool isNumber = m_arena.forEachPair(state, [&](const Node &key, const Node &item) {
        number = item; // the last one counts, as in Python's dict
        return key.isText() && key.view() == "int";
    });
    if (state.count == 0 || !isNumber)
        return;
    QByteArray bytes(16, '\0');
    if (number.tag == Node::UInt || (number.tag == Node::Int && number.integer >= 0)) {
        for (int i = 0; i < 8; ++i)
            bytes[15 - i] = char(quint64(number.integer) >> (8 * i));
    } else if (number.tag == Node::Long && number.size <= 17 && number.data[number.size - 1] >= 0
               && (number.size < 17 || number.data[16] == 0)) {
        for (int i = 0; i < int(qMin(number.size, 16u)); ++i)
            bytes[15 - i] = number.data[i];
    } else {
        return;
    }
    *value = QVariant(QUuid::fromRfc4122(bytes));
}

bool PickleBuilder::buildArray(const ObjectNode &object, QVariant *value)
{
    quint32 count;
    const Node *items = m_arena.tupleItems(object.arguments, &count);
    const ObjectExtras &extras = m_arena.extras[object.extras];
    const Node *dtype = nullptr;
    const Node *shape = nullptr;
    const Node *bytes = nullptr;
    PyventArray::Order order = PyventArray::RowMajor;
    if (object.callable.known == Known::NumpyScalar) {
        if (count == 2 && object.extras == 0) {
            dtype = &items[0];
            bytes = &items[1];
        }
    } else if (object.callable.known == Known::NumpyFromBuffer) {
        if (count == 4 && object.extras == 0 && items[3].isText()
            && (items[3].view() == "C" || items[3].view() == "F")) {
            bytes = &items[0];
            dtype = &items[1];
            shape = &items[2];
            order = items[3].view() == "F" ? PyventArray::ColumnMajor : PyventArray::RowMajor;
        }
    } else if (count == 3 && items[0].tag == Node::Global && items[0].known == Known::NdArray
               && extras.state.tag == Node::Tuple && !extras.listItems.count && !extras.dictItems.count) {
        quint32 stateCount;
        const Node *state = m_arena.tupleItems(extras.state, &stateCount);
        if (stateCount == 5) {
            shape = &state[1];
            dtype = &state[2];
            order = state[3].tag == Node::True ? PyventArray::ColumnMajor : PyventArray::RowMajor;
            bytes = &state[4];
        }
    }
    if (!bytes || (!isBytes(*bytes) && bytes->tag != Node::ByteArray))
        return true;
    const QString dtypeName = dtypeOf(m_arena, *dtype);
    QList<qsizetype> sizes;
    if (dtypeName.isEmpty() || (shape && !shapeOf(m_arena, *shape, &sizes)))
        return true;
    if (!spend(*bytes, qsizetype(bytes->size)))
        return false;
    const QByteArray data(bytes->data, qsizetype(bytes->size));
    const PyventArray array = shape ? PyventArray(dtypeName, sizes, data, order) : PyventArray::scalar(dtypeName, data);
    if (array.isValid())
        *value = QVariant::fromValue(array);
    return true;
}

} // namespace Pyvent::Internal
