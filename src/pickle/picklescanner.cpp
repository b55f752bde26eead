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
constexpr int deepestTuple = 200;    // CPython hashes tuples within tuples by recursion
constexpr quint32 mostDigits = 4300; // of an int in decimal, as in Python 3.11: reading them takes quadratic time

template <typename T>
bool allOf(QByteArrayView text, T isGood)
{
    return std::all_of(text.begin(), text.end(), isGood);
}

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

// Whether as many hexadecimal digits follow as an escape has by its letter, and no more than a character's number; -1 where there
// is no such escape.
bool hasGoodEscapes(QByteArrayView text, int (*digitsOf)(char))
{
    for (qsizetype at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', at)) {
        if (++at == text.size())
            return true;
        const int digits = digitsOf(text[at++]);
        const QByteArrayView number = text.sliced(at, qMin<qsizetype>(qMax(0, digits), text.size() - at));
        if (number.size() != digits
            || !allOf(number, [](char c) { return isDigit(c) || (c && std::strchr("abcdefABCDEF", c)); })
            || (digits == 8 && number.first(3) != "000" && number.first(4) != "0010"))
            return false;
        at += digits;
    }
    return true;
}

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
            ok = pushTag(Tag::Dict);
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

// Data of a length that stands before it.
bool PickleScanner::runData(Op op)
{
    switch (op) {
    case Op::BinUnicode:
        return readCounted(Tag::Text, 4);
    case Op::BinUnicode8:
        return readCounted(Tag::Text, 8);
    case Op::ShortBinBytes:
        return readCounted(Tag::Bytes, 1);
    case Op::BinBytes:
        return readCounted(Tag::Bytes, 4);
    case Op::BinBytes8:
        return readCounted(Tag::Bytes, 8);
    case Op::ByteArray8:
        return readCounted(Tag::ByteArray, 8);
    case Op::ShortBinString:
        return readCounted(Tag::String, 1);
    case Op::BinString:
        return readCounted(Tag::String, 4);
    case Op::Long1:
        return readCounted(Tag::Long, 1);
    case Op::Long4:
        return readCounted(Tag::Long, 4);
    default:
        return runLine(op);
    }
}

bool PickleScanner::readCounted(Tag tag, int sizeBytes)
{
    if (m_end - m_next < sizeBytes)
        return pastEnd();
    const quint64 size = sizeBytes == 1 ? uchar(*m_next)
        : sizeBytes == 4                ? qFromLittleEndian<quint32>(m_next)
                                        : qFromLittleEndian<quint64>(m_next);
    m_next += sizeBytes;
    if (size > quint64(m_end - m_next))
        return malformed("a length is larger than what is left");
    const char *data = m_next;
    m_next += size;
    return tag == Tag::Long ? pushLong(data, qsizetype(size)) : pushView(tag, data, size);
}

bool PickleScanner::pushView(Tag tag, const char *data, quint64 size)
{
    Slot slot{.tag = tag, .size = quint16(qMin<quint64>(size, unknownSize)), .value = quint32(data - m_begin)};
    if (tag == Tag::Bytes && size == 1 && *data == 'b')
        slot.flags = Slot::IsLetterB;
    return push(slot);
}

bool PickleScanner::pushLong(const char *data, qsizetype size)
{
    qint32 value = size > 0 && data[size - 1] < 0 ? -1 : 0;
    for (qsizetype i = qMin<qsizetype>(size, 4) - 1; size <= 4 && i >= 0; --i)
        value = qint32(quint32(value) << 8 | uchar(data[i]));
    if (size <= 4)
        return push({.tag = Tag::Int, .value = quint32(value)});
    return push({.tag = Tag::Long, .size = quint16(qMin<qsizetype>(1 + size / 8, unknownSize))});
}

// Data up to the end of the line. What Python reads only by a quirk, such as a number with underscores, nobody writes.
bool PickleScanner::runLine(Op op)
{
    switch (op) {
    case Op::Int:
        return readInt(false);
    case Op::Long:
        return readInt(true);
    case Op::Float:
        return readFloat();
    case Op::String:
        return readQuoted();
    case Op::Unicode:
        return readUnicode();
    default:
        return runContainer(op);
    }
}

bool PickleScanner::readLine(QByteArrayView *line)
{
    const void *found = m_next == m_end ? nullptr : std::memchr(m_next, '\n', size_t(m_end - m_next));
    if (!found)
        return pastEnd();
    const char *end = static_cast<const char *>(found);
    *line = QByteArrayView(m_next, end - m_next);
    m_next = end + 1;
    return true;
}

bool PickleScanner::readInt(bool isLong)
{
    QByteArrayView line;
    if (!readLine(&line))
        return false;
    if (!isLong && (line == "00" || line == "01")) // how protocols 0 and 1 spell False and True
        return pushTag(line == "01" ? Tag::True : Tag::False);
    if (isLong && line.endsWith('L'))
        line.chop(1);
    const QByteArrayView digits = line.startsWith('-') ? line.sliced(1) : line;
    if (digits.isEmpty() || !allOf(digits, isDigit) || (digits.front() == '0' && line.size() > 1))
        return malformed("an int is not a number");
    if (digits.size() > mostDigits)
        return refuse(Reason::TooLarge, "an int has too many digits");
    if (line.size() > 9)
        return push({.tag = Tag::Long, .size = quint16(1 + line.size() / 16)});
    qint32 value = 0;
    for (const char digit : digits)
        value = value * 10 + (digit - '0');
    return push({.tag = Tag::Int, .value = quint32(line.startsWith('-') ? -value : value)});
}

bool PickleScanner::readFloat()
{
    QByteArrayView line;
    if (!readLine(&line))
        return false;
    const bool isGood = line.size() > 0 && line.size() < 256
        && allOf(line, [](char c) { return isDigit(c) || (c && std::strchr("+-.eEinfa", c)); });
    bool isNumber = false;
    QByteArray::fromRawData(line.data(), line.size()).toDouble(&isNumber);
    return isGood && isNumber ? pushTag(Tag::Float) : malformed("a float is not a number");
}

bool PickleScanner::readQuoted()
{
    QByteArrayView line;
    if (!readLine(&line))
        return false;
    if (line.size() < 2 || (line.front() != '\'' && line.front() != '"') || line.back() != line.front())
        return malformed("a str is not in quotes");
    line = line.sliced(1, line.size() - 2);
    qsizetype backslashes = 0;
    while (backslashes < line.size() && line[line.size() - 1 - backslashes] == '\\')
        ++backslashes;
    // Of others CPython may warn, and open the program's source to show the line. Python 2 wrote these only.
    const auto digitsOf = [](char c) { return c == 'x' ? 2 : c && std::strchr("\\'\"nrt", c) ? 0 : -1; };
    if (backslashes % 2 || !hasGoodEscapes(line, digitsOf))
        return malformed("a str has a broken escape");
    return pushTag(Tag::String);
}

// Escapes and Latin-1 would have to be decoded, and no name on the list needs them.
bool PickleScanner::readUnicode()
{
    QByteArrayView line;
    if (!readLine(&line))
        return false;
    if (!hasGoodEscapes(line, [](char c) { return c == 'u' ? 4 : c == 'U' ? 8 : 0; }))
        return malformed("a str has a broken escape");
    const bool isKnown = allOf(line, [](char c) { return c >= 0 && c != '\\'; });
    return push({.tag = Tag::Text,
                 .flags = quint8(isKnown ? 0 : Slot::Obscure),
                 .size = quint16(qMin<qsizetype>(line.size(), unknownSize)),
                 .value = quint32(line.data() - m_begin)});
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
        m_stack.truncate(start);
        return pushTag(op == Op::List ? Tag::List : op == Op::Dict ? Tag::Dict : Tag::FrozenSet);
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
    const Slot target = m_stack[start - 1];
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

bool PickleScanner::readIndex(quint32 *index)
{
    QByteArrayView line;
    if (!readLine(&line))
        return false;
    if (line.isEmpty() || line.size() > 9 || !allOf(line, isDigit))
        return malformed("a memo index is not a number");
    *index = 0;
    for (const char digit : line)
        *index = *index * 10 + quint32(digit - '0');
    return true;
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
    return push(slot);
}

QString PickleScanner::Verdict::text() const
{
    const QString what =
        name.isEmpty() ? u"an object"_s : QString::fromUtf8(module) + QLatin1Char('.') + QString::fromUtf8(name);
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
