// SPDX-License-Identifier: MIT
// The pickle machine: its input, stack, marks and memo.
#include "picklescanner.h"

#include <QtCore/qendian.h>

#include <cstring>
#include <limits>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

constexpr size_t keptScannerBytes = 64 * 1024;
constexpr quint32 mostOnStack = 4 << 20; // values, of 8 bytes
constexpr quint32 mostInMemo = 16 << 20;
constexpr int deepestTuple = 200; // CPython hashes tuples within tuples by recursion

} // namespace

PickleScanner::PickleScanner(const QByteArrayList &allowed)
    : m_allowed(allowed)
    , m_stack(mostOnStack)
    , m_memo(mostInMemo)
{
}

PickleScanner::Verdict PickleScanner::scan(QByteArrayView pickle)
{
    m_stack.clear(keptScannerBytes);
    m_marks.clear(keptScannerBytes);
    m_memo.clear(keptScannerBytes);
    m_memoCount = 0;
    m_fence = 0;
    m_nesters = 0;
    m_dictMentions = 0;
    m_protocol = 0;
    m_isStopped = false;
    if (Q_UNLIKELY(!m_verdict.isHarmless()))
        m_verdict = {};
    m_begin = m_next = m_opcode = pickle.data();
    m_end = m_last = m_begin + pickle.size();
    // A mention takes two bytes and may stand for many values, each of which a dict or set would hash.
    m_repetition = (qint64(1) << 20) + 16 * qint64(pickle.size());
    if (pickle.size() > std::numeric_limits<qint32>::max())
        refuse(Reason::TooLarge, "it has more than 2 GiB");
    else if (Q_LIKELY(run()))
        return {.offset = m_next - m_begin};
    return m_verdict;
}

bool PickleScanner::run()
{
    while (runFrame()) {
        if (m_isStopped)
            return true;
        m_end = m_last; // behind a frame
    }
    return false;
}

// The loop, with what events are mostly made of, up to STOP or to where the frame ends.
bool PickleScanner::runFrame()
{
    const char *p = m_next;
    const char *end = m_end;
    quint32 start;
    bool ok = true;
    while (Q_LIKELY(ok && p != end)) {
        m_opcode = p;
        const Op op = Op(uchar(*p++));
        switch (op) {
        case Op::ShortBinUnicode:
            if (Q_UNLIKELY(end - p <= (p == end ? 0 : qsizetype(uchar(*p)))))
                return pastEnd();
            ok = push({.tag = Tag::Text, .size = uchar(*p), .value = quint32(p + 1 - m_begin)});
            p += 1 + uchar(*p);
            continue;
        case Op::Memoize:
            ok = hasItems(1) && put(m_memoCount);
            continue;
        case Op::BinPut:
            if (Q_UNLIKELY(p == end))
                return pastEnd();
            ok = hasItems(1) && put(uchar(*p++));
            continue;
        case Op::BinGet:
            if (Q_UNLIKELY(p == end))
                return pastEnd();
            ok = get(uchar(*p++));
            continue;
        case Op::BinInt1:
            if (Q_UNLIKELY(p == end))
                return pastEnd();
            ok = push({.tag = Tag::Int, .value = uchar(*p++)});
            continue;
        case Op::BinInt2:
            if (Q_UNLIKELY(end - p < 2))
                return pastEnd();
            ok = push({.tag = Tag::Int, .value = qFromLittleEndian<quint16>(p)});
            p += 2;
            continue;
        case Op::BinInt:
            if (Q_UNLIKELY(end - p < 4))
                return pastEnd();
            ok = push({.tag = Tag::Int, .value = qFromLittleEndian<quint32>(p)});
            p += 4;
            continue;
        case Op::BinFloat:
            if (Q_UNLIKELY(end - p < 8))
                return pastEnd();
            ok = pushTag(Tag::Float);
            p += 8;
            continue;
        case Op::None:
            ok = pushTag(Tag::None);
            continue;
        case Op::NewTrue:
            ok = pushTag(Tag::True);
            continue;
        case Op::NewFalse:
            ok = pushTag(Tag::False);
            continue;
        case Op::EmptyDict:
            ok = push({.tag = Tag::Dict, .value = m_dictMentions});
            continue;
        case Op::EmptyList:
            ok = pushTag(Tag::List);
            continue;
        case Op::Mark:
            ok = pushMark();
            continue;
        case Op::SetItems:
        case Op::Appends:
            ok = popMark(&start) && putItems(start, op);
            continue;
        case Op::Frame:
            // Where CPython reads from a file, it drops the rest of a frame if an opcode goes beyond its end.
            if (Q_UNLIKELY(end - p < 8 || qFromLittleEndian<quint64>(p) > quint64(m_last - p - 8)))
                return pastEnd();
            if (Q_UNLIKELY(end != m_last && end != p + 8))
                return malformed("a frame begins within another one");
            end = m_end = p + 8 + qFromLittleEndian<quint64>(p);
            p += 8;
            continue;
        case Op::Proto:
            if (Q_UNLIKELY(p == end))
                return pastEnd();
            m_protocol = uchar(*p++); // the newest counts, as in CPython
            ok = m_protocol <= 5 || malformed("its protocol is not known");
            continue;
        case Op::Stop:
            m_next = p;
            m_isStopped = true;
            return hasItems(1);
        default:
            m_next = p;
            ok = runData(op);
            p = m_next;
        }
    }
    m_next = p;
    return ok && (end != m_last || pastEnd());
}

bool PickleScanner::refuse(Reason reason, const char *detail)
{
    if (m_verdict.isHarmless()) {
        m_verdict.reason = reason;
        m_verdict.detail = detail;
        m_verdict.offset = m_opcode - m_begin;
    }
    return false;
}

bool PickleScanner::refuse(Reason reason, int entry)
{
    if (m_verdict.isHarmless() && entry >= 0) {
        m_verdict.module = m_allowed.at(entry).module;
        m_verdict.name = m_allowed.at(entry).name;
    }
    return refuse(reason);
}

bool PickleScanner::runContainer(Op op)
{
    quint32 start = 0;
    switch (op) {
    case Op::Tuple1:
    case Op::Tuple2:
    case Op::Tuple3: {
        const quint32 count = quint32(op) - quint32(Op::Tuple1) + 1;
        return hasItems(count) && makeTuple(m_stack.size() - count);
    }
    case Op::EmptyTuple:
        return makeTuple(m_stack.size());
    case Op::Tuple:
        return popMark(&start) && makeTuple(start);
    case Op::List:
    case Op::Dict:
    case Op::FrozenSet:
        if (!popMark(&start))
            return false;
        if (op == Op::Dict && (m_stack.size() - start) % 2)
            return malformed("a dict has a key without a value");
        if (op == Op::Dict) {
            const quint8 flags = areBrief(start) ? 0 : Slot::Crowded;
            m_stack.truncate(start);
            return push({.tag = Tag::Dict, .flags = flags, .value = m_dictMentions});
        }
        m_stack.truncate(start);
        return pushTag(op == Op::List ? Tag::List : Tag::FrozenSet);
    case Op::EmptySet:
        return pushTag(Tag::Set);
    case Op::AddItems:
        return popMark(&start) && putItems(start, op);
    case Op::Append:
        return hasItems(2) && putItems(m_stack.size() - 1, Op::Appends);
    case Op::SetItem:
        return hasItems(3) && putItems(m_stack.size() - 2, Op::SetItems);
    case Op::Pop:
        return pop();
    case Op::PopMark:
        if (!popMark(&start))
            return false;
        m_stack.truncate(start);
        return true;
    case Op::Dup:
        return hasItems(1) && mention(m_stack.top());
    default:
        return runMemo(op);
    }
}

bool PickleScanner::pushMark()
{
    m_fence = m_stack.size();
    m_marks.push(m_fence);
    return m_marks.size() <= mostOnStack || refuse(Reason::TooLarge, "it has too many marks");
}

bool PickleScanner::popMark(quint32 *start)
{
    if (m_marks.isEmpty())
        return malformed("there is no mark");
    *start = m_marks.top();
    m_marks.truncate(m_marks.size() - 1);
    m_fence = m_marks.isEmpty() ? 0 : m_marks.top();
    return true;
}

bool PickleScanner::pop()
{
    quint32 start;
    if (!m_marks.isEmpty() && m_stack.size() == m_fence)
        return popMark(&start);
    if (!hasItems(1))
        return false;
    m_stack.truncate(m_stack.size() - 1);
    return true;
}

bool PickleScanner::makeTuple(quint32 start)
{
    quint64 weight = 1;
    int depth = 0;
    for (const Slot *item = m_stack.end() - (m_stack.size() - start); item != m_stack.end(); ++item) {
        weight += item->weight();
        depth = qMax(depth, item->depth());
    }
    if (depth >= deepestTuple)
        return refuse(Reason::TooLarge, "it has tuples nested too deeply");
    int entry = 0;
    int kind = 0;
    const Tag tag = tupleTag(start, &entry, &kind);
    m_stack.truncate(start);
    return push(
        {.tag = tag, .size = quint16(qMin<quint64>(weight, unknownSize)), .value = packed(entry, depth + 1, kind)});
}

// Puts what is on the stack from \a start on into the value below it. The methods that CPython calls for that are looked up in the
// object, so those of an object with a state may be anything.
bool PickleScanner::putItems(quint32 start, Op op)
{
    if (start == 0 || start <= m_fence)
        return malformed("the stack is empty");
    if (op == Op::SetItems && (m_stack.size() - start) % 2)
        return malformed("a dict has a key without a value");
    Slot &target = m_stack[start - 1];
    if (target.is(Tag::Dict) && !areBrief(start))
        target.flags |= Slot::Crowded;
    m_stack.truncate(start);
    switch (target.tag) {
    case Tag::Dict:
        return op == Op::SetItems || refuse(Reason::PutsItems);
    case Tag::List:
        return op == Op::Appends || refuse(Reason::PutsItems);
    case Tag::Set:
        return op == Op::AddItems || refuse(Reason::PutsItems);
    case Tag::Instance: {
        const PickleAllowed &entry = entryOf(target);
        const bool isTaken = entry.call == PickleCall::Unchecked
            || (op == Op::Appends && entry.can(PickleAllowed::TakesItems))
            || (op == Op::SetItems && entry.can(PickleAllowed::TakesPairs));
        return (isTaken && !(target.flags & (Slot::Shared | Slot::Built))) || refuse(Reason::PutsItems, target.entry());
    }
    default:
        return refuse(Reason::PutsItems);
    }
}

bool PickleScanner::runMemo(Op op)
{
    quint32 index = 0;
    switch (op) {
    case Op::LongBinPut:
    case Op::LongBinGet:
        if (m_end - m_next < 4)
            return pastEnd();
        index = qFromLittleEndian<quint32>(m_next);
        m_next += 4;
        break;
    case Op::Put:
    case Op::Get:
        if (!readIndex(&index))
            return false;
        break;
    default:
        return runObject(op);
    }
    return op == Op::LongBinGet || op == Op::Get ? get(index) : hasItems(1) && put(index);
}

bool PickleScanner::put(quint32 index)
{
    const Slot slot = m_stack.top();
    if (Q_LIKELY(index == m_memo.size())) {
        ++m_memoCount;
        return m_memo.push(slot) || refuse(Reason::TooLarge, "it puts too many values into its memo");
    }
    // CPython makes an array of twice the index. Picklers count up from 0 or 1.
    if (index >= 2 * m_memoCount + 256 || index >= mostInMemo)
        return refuse(Reason::TooLarge, "a memo index is far beyond the others");
    if (index >= m_memo.size())
        m_memo.resize(index + 1, Slot());
    m_memoCount += m_memo[index].is(Tag::Hole); // which MEMOIZE takes for its index
    m_memo[index] = slot;
    return true;
}

bool PickleScanner::get(quint32 index)
{
    if (index >= m_memo.size() || m_memo[index].is(Tag::Hole))
        return malformed("a memo entry was never put");
    return mention(m_memo[index]);
}

// Pushes a value that is somewhere else as well.
bool PickleScanner::mention(Slot slot)
{
    const quint32 weight = slot.weight();
    m_repetition -= weight;
    if (weight >= unknownSize || m_repetition < 0)
        return refuse(Reason::TooLarge, "it repeats large tuples or ints too often");
    slot.flags |= Slot::Shared;
    m_dictMentions += slot.is(Tag::Dict);
    return push(slot);
}

// Whether what is on the stack from \a start on are the names and ints of a UUID's state. In another the int could be a tuple that takes
// long to hash, as often as the UUID is mentioned.
bool PickleScanner::areBrief(quint32 start) const
{
    const quint32 count = m_stack.size() - start;
    if (count > 4)
        return false;
    for (const Slot *item = m_stack.end() - count; item != m_stack.end(); item += 2) {
        const bool isInt = item[1].is(Tag::Int) || item[1].is(Tag::None) || (item[1].is(Tag::Long) && item[1].size < 8);
        if (!item[0].is(Tag::Text) || !isInt)
            return false;
    }
    return true;
}

QString PickleScanner::Verdict::text() const
{
    QString what = name.isEmpty() ? u"an object"_s : QString::fromUtf8(module + '.' + name);
    for (QChar &c : what) { // it may go to a terminal
        if (!c.isPrint() && !c.isSurrogate())
            c = QChar::ReplacementCharacter;
    }
    switch (reason) {
    case Harmless:
        return {};
    case Malformed:
    case TooLarge:
        return QString::fromLatin1(detail);
    case Imports:
        return name.isEmpty() ? u"it would import by a name that it makes"_s : u"it would import %1"_s.arg(what);
    case Calls:
        return name.isEmpty() ? u"it calls what it does not name"_s : u"it calls %1"_s.arg(what);
    case CallsWith:
        return u"it calls %1 with arguments that Python does not pickle"_s.arg(what);
    case MakesObject:
        return u"it makes %1 in a way that Python does not pickle"_s.arg(what);
    case ChangesState:
        return u"it changes the state of %1"_s.arg(what);
    case PutsItems:
        return u"it puts items into %1"_s.arg(what);
    case PersistentId:
        return u"it has a persistent id"_s;
    case Extension:
        return u"it uses an extension code"_s;
    case Buffer:
        return u"it uses a buffer that is not in it"_s;
    }
    return {};
}

} // namespace Pyvent::Internal
