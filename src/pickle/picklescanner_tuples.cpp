// SPDX-License-Identifier: MIT
// Whether arguments and states are those that Python's own pickles have. A tuple cannot be changed any more, so it is looked at when it
// is made: above the class or function that it is for, or the object.
#include "picklescanner.h"

#include <algorithm>

namespace Pyvent::Internal {

namespace {

bool isDecimalNumber(QByteArrayView text)
{
    return !text.isEmpty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace

// Empty if it is not known.
QByteArrayView PickleScanner::textOf(const Slot &slot) const
{
    return isKnownText(slot) ? QByteArrayView(m_begin + slot.value, qsizetype(slot.size)) : QByteArrayView();
}

PickleScanner::Tag PickleScanner::tupleTag(quint32 start, int *entry, int *kind) const
{
    const quint32 count = m_stack.size() - start;
    if (count == 0)
        return Tag::EmptyTuple;
    const Slot *items = m_stack.end() - count;
    if (start > 0) {
        const Slot &below = m_stack[start - 1];
        *entry = below.entry();
        if (below.is(Tag::Global) && isCall(entryOf(below).call, items, count, kind))
            return Tag::Arguments;
        *kind = 0;
        if (below.is(Tag::Instance) && entryOf(below).can(PickleAllowed::TakesTuple) && isState(below, items, count)) {
            *kind = below.kind();
            return Tag::State;
        }
        *entry = 0;
    }
    // An array's sizes. That they are not too many and not too large together, numpy sees.
    const auto isSize = [](const Slot &item) { return item.is(Tag::Int) && qint32(item.value) >= 0; };
    quint64 product = 1;
    for (quint32 i = 0; count <= 64 && i < count && isSize(items[i]) && product <= 0x7fffffff; ++i) {
        product *= qMax<quint64>(items[i].value, 1);
        if (i + 1 == count && product <= 0x7fffffff) {
            *kind = product == 1; // one item, or none
            return Tag::Shape;
        }
    }
    // datetime64's unit: its name, and so many of them
    if (count == 4 && items[0].is(Tag::Bytes) && items[0].size <= 8 && isSize(items[1]) && items[1].value > 0
        && items[2].is(Tag::Int) && items[2].value == 1 && items[3].is(Tag::Int) && items[3].value == 1)
        return Tag::DateUnit;
    if (count == 2 && items[0].is(Tag::Dict) && items[1].is(Tag::DateUnit))
        return Tag::DateType;
    return Tag::Tuple;
}

// All that is copied must be mentioned once, or short.
bool PickleScanner::isCall(PickleCall call, const Slot *items, quint32 count, int *kind) const
{
    const auto isBrief = [](const Slot &slot) { return !(slot.flags & Slot::Shared) || slot.size <= 255; };
    const auto isCopyable = [isBrief](const Slot &slot, Tag tag) { return slot.is(tag) && isBrief(slot); };
    const auto isInt = [](const Slot &slot) { return slot.is(Tag::Int) || (slot.is(Tag::Long) && slot.size <= 512); };
    const auto isReal = [](const Slot &slot) { return slot.is(Tag::Float) || slot.is(Tag::Int); };
    const auto isOwnList = [](const Slot &slot) { return slot.is(Tag::List) && !(slot.flags & Slot::Shared); };
    const auto all = [items, count](auto isGood) { return std::all_of(items, items + count, isGood); };
    switch (call) {
    case PickleCall::Nothing:
    case PickleCall::EmptyBytes:
        return count == 0;
    case PickleCall::Encode:
        if (count != 2 || !isCopyable(items[0], Tag::Text) || !isText(items[1], "latin1"))
            return false;
        *kind = isText(items[0], "b") ? 257 : qMin<int>(items[0].size, 256);
        return true;
    case PickleCall::ByteArray:
        return count == 0 || (count == 1 && isCopyable(items[0], Tag::Bytes))
            || (count == 2 && isCopyable(items[0], Tag::Text) && isText(items[1], "latin-1"));
    case PickleCall::SetOfList:
        return count == 0 || (count == 1 && isOwnList(items[0]));
    case PickleCall::Complex:
        return count == 2 && all(isReal);
    case PickleCall::Range:
        return count == 3 && all(isInt);
    case PickleCall::Slice:
        return count == 3 && all([isInt](const Slot &slot) { return slot.is(Tag::None) || isInt(slot); });
    case PickleCall::OrderedDict:
        return count == 0 || (count == 1 && isOwnList(items[0]));
    case PickleCall::DefaultDict:
        return count == 0 || (count == 1 && isFactory(items[0]));
    case PickleCall::Deque: // its items and its maximal size
        return count == 0
            || (count == 2 && (items[0].is(Tag::EmptyTuple) || isOwnList(items[0]))
                && (items[1].is(Tag::None) || items[1].is(Tag::Int)));
    case PickleCall::Counter:
        return count == 0 || (count == 1 && items[0].is(Tag::Dict) && !(items[0].flags & Slot::Shared));
    case PickleCall::DateTime:
        return (count == 1 || (count == 2 && isZone(items[1]))) && items[0].is(Tag::Bytes);
    case PickleCall::Date:
        return count == 1 && items[0].is(Tag::Bytes);
    case PickleCall::Time:
        return (count == 1 || (count == 2 && isZone(items[1]))) && items[0].is(Tag::Bytes);
    case PickleCall::TimeDelta:
        return count == 3 && all(isInt);
    case PickleCall::TimeZone:
        return count > 0 && items[0].is(Tag::Instance) && entryOf(items[0]).call == PickleCall::TimeDelta
            && (count == 1 || (count == 2 && items[1].is(Tag::Text)));
    case PickleCall::Decimal:
        return count == 1 && isCopyable(items[0], Tag::Text) && items[0].size <= 4096;
    case PickleCall::Fraction: {
        if (count == 2)
            return all(isInt);
        const QByteArrayView text = count == 1 ? textOf(items[0]) : QByteArrayView();
        const qsizetype sign = text.startsWith('-');
        const qsizetype slash = text.indexOf('/');
        return text.size() <= 4096
            && isDecimalNumber(slash < 0 ? text.sliced(sign) : text.first(slash).sliced(qMin(sign, slash)))
            && (slash < 0 || isDecimalNumber(text.sliced(slash + 1)));
    }
    case PickleCall::Path:
        return all([isCopyable](const Slot &slot) { return isCopyable(slot, Tag::Text); });
    case PickleCall::Address:
        return count == 1 && (isInt(items[0]) || (items[0].is(Tag::Text) && items[0].size <= 255));
    case PickleCall::Reconstructor:
        if (count != 3 || !items[0].is(Tag::Global) || !entryOf(items[0]).can(PickleAllowed::MadeByNew)
            || !isClass(items[1], "builtins", "object") || !items[2].is(Tag::None))
            return false;
        *kind = items[0].entry();
        return true;
    default:
        return isArrayCall(call, items, count, kind);
    }
}

bool PickleScanner::isArrayCall(PickleCall call, const Slot *items, quint32 count, int *kind) const
{
    const auto isData = [](const Slot &slot) {
        return (slot.is(Tag::Bytes) || slot.is(Tag::ByteArray)) && (!(slot.flags & Slot::Shared) || slot.size <= 255);
    };
    const auto isShape = [](const Slot &slot) { return slot.is(Tag::Shape) || slot.is(Tag::EmptyTuple); };
    const auto isFlag = [](const Slot &slot, bool flag) {
        return slot.is(flag ? Tag::True : Tag::False) || (slot.is(Tag::Int) && slot.value == quint32(flag));
    };
    switch (call) {
    case PickleCall::ArrayReconstruct: // an array of no items, which gets its state then
        return count == 3 && isClass(items[0], "numpy", "ndarray") && items[1].is(Tag::Shape) && items[1].kind() == 1
            && (items[2].flags & Slot::IsLetterB || isText(items[2], "b"));
    case PickleCall::ArrayScalar:
        return count == 2 && isArrayType(items[0]) && items[1].is(Tag::Bytes) && isData(items[1]);
    case PickleCall::ArrayFromBuffer:
        return (count == 4 || (count == 5 && items[4].is(Tag::None))) && isData(items[0]) && isArrayType(items[1])
            && isShape(items[2]) && (isText(items[3], "C") || isText(items[3], "F"));
    case PickleCall::ArrayType: // the type's name; not aligned; a copy, so that its state changes no other
        *kind = count == 3 && isFlag(items[1], false) && isFlag(items[2], true) ? arrayKind(items[0]) : 0;
        return *kind != 0;
    default:
        return false;
    }
}

// 1 for numbers, 'S' and 'U' for bytes and texts, 'M' for times; 0 for what is none of these.
int PickleScanner::arrayKind(const Slot &slot) const
{
    const QByteArrayView name = textOf(slot);
    for (const char *number :
         {"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "f16", "c8", "c16", "c32"}) {
        if (name == number)
            return 1;
    }
    if (name == "M8" || name == "m8")
        return 'M';
    if (name.size() < 2 || name.size() > 8 || !isDecimalNumber(name.sliced(1)) || name[1] == '0')
        return 0;
    return name.front() == 'S' || name.front() == 'U' ? name.front() : 0;
}

bool PickleScanner::isArrayType(const Slot &slot) const
{
    return slot.is(Tag::Instance) && entryOf(slot).call == PickleCall::ArrayType;
}

bool PickleScanner::isState(const Slot &object, const Slot *items, quint32 count) const
{
    return isArrayType(object) ? isTypeState(object.kind(), items, count) : isArrayState(items, count);
}

// Version, shape, type, whether column-major, data
bool PickleScanner::isArrayState(const Slot *items, quint32 count) const
{
    return count == 5 && items[0].is(Tag::Int) && items[0].value == 1
        && (items[1].is(Tag::Shape) || items[1].is(Tag::EmptyTuple)) && isArrayType(items[2])
        && (items[3].is(Tag::True) || items[3].is(Tag::False) || items[3].is(Tag::Int)) && items[4].is(Tag::Bytes)
        && (!(items[4].flags & Slot::Shared) || items[4].size <= 255);
}

// Version, byte order, of parts: none, none, none; the size of an item and its alignment where the type does not say it; numpy's flags,
// by which an item could be said to hold a reference to an object; of times: their unit
bool PickleScanner::isTypeState(int kind, const Slot *items, quint32 count) const
{
    const auto isInt = [items](quint32 index, qint32 value) {
        return items[index].is(Tag::Int) && qint32(items[index].value) == value;
    };
    const bool isTime = kind == 'M';
    const auto isOrder = [this](const Slot &slot) {
        return isText(slot, "<") || isText(slot, ">") || isText(slot, "|") || isText(slot, "=");
    };
    if (count != (isTime ? 9 : 8) || !isInt(0, isTime ? 4 : 3) || !isOrder(items[1])
        || !std::all_of(items + 2, items + 5, [](const Slot &slot) { return slot.is(Tag::None); }))
        return false;
    const qint32 size = qint32(items[5].value);
    switch (kind) {
    case 'S':
        return items[5].is(Tag::Int) && size > 0 && size < 40'000'000 && isInt(6, 1) && isInt(7, 0);
    case 'U':
        return items[5].is(Tag::Int) && size > 0 && size < 40'000'000 && size % 4 == 0 && isInt(6, 4) && isInt(7, 8);
    case 'M':
        return isInt(5, -1) && isInt(6, -1) && isInt(7, 0) && items[8].is(Tag::DateType);
    default:
        return isInt(5, -1) && isInt(6, -1) && isInt(7, 0);
    }
}

bool PickleScanner::isZone(const Slot &slot) const
{
    return slot.is(Tag::Instance)
        && (entryOf(slot).call == PickleCall::TimeZone || entryOf(slot).call == PickleCall::Unchecked);
}

bool PickleScanner::isFactory(const Slot &slot) const
{
    return slot.is(Tag::None)
        || (slot.is(Tag::Global)
            && (entryOf(slot).can(PickleAllowed::Factory) || entryOf(slot).call == PickleCall::Unchecked));
}

bool PickleScanner::isClass(const Slot &slot, QByteArrayView module, QByteArrayView name) const
{
    return slot.is(Tag::Global) && entryOf(slot).module == module && entryOf(slot).name == name;
}

} // namespace Pyvent::Internal
