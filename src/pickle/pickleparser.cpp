// SPDX-License-Identifier: MIT
#include "pickleparser.h"

#include "pickletext.h"

#include <QtCore/qendian.h>

#include <bit>
#include <limits>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

constexpr size_t keptStackBytes = 64 * 1024;
constexpr qsizetype mostObjects = qsizetype(1) << 28;

Node plainNode(Node::Tag tag)
{
    Node node;
    node.tag = tag;
    return node;
}

Node integerNode(qint64 value)
{
    Node node;
    node.tag = Node::Int;
    node.integer = value;
    return node;
}

Node realNode(double value)
{
    Node node;
    node.tag = Node::Float;
    node.real = value;
    return node;
}

} // namespace

PickleParser::PickleParser(PickleArena &arena, const PickleLimits &limits)
    : m_arena(arena)
    , m_limits(limits)
    , m_sizeLimit(qMin<qsizetype>(limits.size, std::numeric_limits<qint32>::max()))
    , m_objectLimit(quint32(qBound<qsizetype>(1, limits.objects, mostObjects)))
    , m_stack(m_objectLimit)
{
}

Node PickleParser::parse(QByteArrayView pickle)
{
    m_arena.clear();
    m_stack.clear(keptStackBytes);
    m_marks.clear(keptStackBytes);
    m_memo.clear(keptStackBytes);
    m_scattered.clear();
    m_memoCount = 0;
    m_fence = 0;
    m_protocol = 0;
    m_consumed = 0;
    m_error = {};
    m_begin = m_next = m_opcode = pickle.data();
    m_end = m_begin + qMin(pickle.size(), m_sizeLimit);
    m_objectLimit = quint32(qBound<qsizetype>(1, m_limits.objectsFor(m_end - m_begin), mostObjects));
    // In protocol 0, bytes are a line that becomes text of up to twice its size, of which bytes are then made.
    m_copyLimit = qMax(m_limits.expandedSizeFor(m_end - m_begin), 4 * (m_end - m_begin));
    m_scanned = 0;
    if (!run()) {
        if (m_end - m_begin < pickle.size() && m_next == m_end)
            m_error.text = u"the pickle is larger than the limit of %1 bytes"_s.arg(m_sizeLimit);
        return {};
    }
    m_consumed = m_next - m_begin;
    return m_stack.top();
}

// The loop, with what events are mostly made of. The place in the pickle is a local variable here, because every opcode
// waits for the one before to move it.
bool PickleParser::run()
{
    const char *p = m_next;
    const char *const end = m_end;
    quint32 start;
    bool ok = true;
    while (Q_LIKELY(ok && p != end)) {
        m_opcode = p;
        const Op op = Op(uchar(*p++));
        switch (op) {
        case Op::ShortBinUnicode:
            if (Q_UNLIKELY(end - p <= (p == end ? 0 : qsizetype(uchar(*p)))))
                break;
            ok = pushView(Node::Text, p + 1, uchar(*p));
            p += 1 + uchar(*p);
            continue;
        case Op::BinUnicode:
            if (Q_UNLIKELY(end - p < 4 || end - p - 4 < qsizetype(qFromLittleEndian<quint32>(p))))
                break;
            ok = pushView(Node::Text, p + 4, qFromLittleEndian<quint32>(p));
            p += 4 + qFromLittleEndian<quint32>(p);
            continue;
        case Op::Memoize:
            ok = hasItems(1) && putMemo(m_memoCount, m_stack.top());
            continue;
        case Op::BinPut:
            if (Q_UNLIKELY(p == end))
                break;
            ok = hasItems(1) && putMemo(uchar(*p++), m_stack.top());
            continue;
        case Op::BinGet:
            if (Q_UNLIKELY(p == end))
                break;
            ok = getMemo(uchar(*p++));
            continue;
        case Op::BinInt1:
            if (Q_UNLIKELY(p == end))
                break;
            ok = push(integerNode(uchar(*p++)));
            continue;
        case Op::BinInt2:
            if (Q_UNLIKELY(end - p < 2))
                break;
            ok = push(integerNode(qFromLittleEndian<quint16>(p)));
            p += 2;
            continue;
        case Op::BinInt:
            if (Q_UNLIKELY(end - p < 4))
                break;
            ok = push(integerNode(qFromLittleEndian<qint32>(p)));
            p += 4;
            continue;
        case Op::BinFloat:
            if (Q_UNLIKELY(end - p < 8))
                break;
            ok = push(realNode(std::bit_cast<double>(qFromBigEndian<quint64>(p))));
            p += 8;
            continue;
        case Op::None:
            ok = push(plainNode(Node::None));
            continue;
        case Op::NewTrue:
            ok = push(plainNode(Node::True));
            continue;
        case Op::NewFalse:
            ok = push(plainNode(Node::False));
            continue;
        case Op::EmptyDict:
            ok = pushContainer(Node::Dict, m_stack.size());
            continue;
        case Op::EmptyList:
            ok = pushContainer(Node::List, m_stack.size());
            continue;
        case Op::Mark:
            ok = pushMark();
            continue;
        case Op::SetItems:
            ok = popMark(&start) && putItems(start, op);
            continue;
        case Op::Appends:
            ok = popMark(&start) && putItems(start, op);
            continue;
        case Op::Frame: // a hint for reading from files: only what it claims is checked
            if (Q_UNLIKELY(end - p < 8 || qFromLittleEndian<quint64>(p) > quint64(end - p - 8)))
                break;
            p += 8;
            continue;
        case Op::Stop:
            m_next = p;
            return m_stack.size() > m_fence || fail("STOP finds no value");
        default:
            break;
        }
        m_next = p;
        ok = runCommon(op);
        p = m_next;
    }
    if (!ok)
        return false;
    m_next = m_opcode = end;
    return fail("the pickle ends before its STOP");
}

// The other opcodes of plain data, and those of run() where the pickle ends within them.
bool PickleParser::runCommon(Op op)
{
    switch (op) {
    case Op::Tuple1:
    case Op::Tuple2:
    case Op::Tuple3: {
        const quint32 count = quint32(op) - quint32(Op::Tuple1) + 1;
        return hasItems(count) && pushContainer(Node::Tuple, m_stack.size() - count);
    }
    case Op::ShortBinBytes:
        return readView(Node::Bytes, 1);
    case Op::ShortBinUnicode:
        return readView(Node::Text, 1);
    case Op::BinUnicode:
        return readView(Node::Text, 4);
    case Op::Frame: {
        qsizetype size;
        return readSize(8, &size);
    }
    case Op::Proto:
        return readProtocol();
    case Op::BinPut:
    case Op::BinGet:
        return fail("the pickle ends within a memo index");
    case Op::BinInt1:
    case Op::BinInt2:
    case Op::BinInt:
    case Op::BinFloat:
        return fail("the pickle ends within a number");
    default:
        return runNumber(op);
    }
}

bool PickleParser::fail(const char *text)
{
    return fail(QString::fromLatin1(text));
}

bool PickleParser::fail(const QString &text)
{
    if (!m_error.isError()) {
        m_error.offset = offset();
        m_error.text = text;
    }
    return false;
}

bool PickleParser::readLine(QByteArrayView *line)
{
    const void *found = m_next == m_end ? nullptr : std::memchr(m_next, '\n', size_t(m_end - m_next));
    if (!found) {
        m_next = m_end;
        return fail("the pickle ends within a line");
    }
    const char *end = static_cast<const char *>(found);
    *line = QByteArrayView(m_next, end - m_next);
    m_next = end + 1;
    return true;
}

bool PickleParser::readSize(int bytes, qsizetype *size)
{
    if (!has(bytes)) {
        m_next = m_end;
        return fail("the pickle ends within a length");
    }
    quint64 value;
    switch (bytes) {
    case 1:
        value = uchar(*m_next);
        break;
    case 4:
        value = qFromLittleEndian<quint32>(m_next);
        break;
    default:
        value = qFromLittleEndian<quint64>(m_next);
        break;
    }
    m_next += bytes;
    if (value > quint64(m_end - m_next)) {
        const qsizetype left = m_end - m_next;
        m_next = m_end;
        return fail(u"a length of %1 bytes is claimed where %2 are left"_s.arg(value).arg(left));
    }
    *size = qsizetype(value);
    return true;
}

bool PickleParser::readView(Node::Tag tag, int sizeBytes)
{
    qsizetype size;
    if (!readSize(sizeBytes, &size))
        return false;
    const char *data = m_next;
    m_next += size;
    return pushView(tag, data, size);
}

bool PickleParser::pushView(Node::Tag tag, const char *data, qsizetype size)
{
    Node node;
    node.tag = tag;
    node.size = quint32(size);
    node.data = data;
    return push(node);
}

bool PickleParser::pushContainer(Node::Tag tag, quint32 itemsFrom)
{
    if (m_arena.total() > m_objectLimit)
        return fail("the pickle makes too many values");
    m_arena.containers.push({.offset = offset()});
    if (itemsFrom < m_stack.size())
        m_arena.append(m_arena.containers.top().items, &m_stack[itemsFrom], m_stack.size() - itemsFrom);
    m_stack.truncate(itemsFrom);
    Node node;
    node.tag = tag;
    node.integer = 0;
    node.index = m_arena.containers.size() - 1;
    return push(node);
}

bool PickleParser::pushMark()
{
    m_fence = m_stack.size();
    m_marks.push(m_fence);
    return m_marks.size() <= m_objectLimit || fail("there are too many marks");
}

bool PickleParser::hasItems(quint32 count)
{
    return Q_LIKELY(m_stack.size() >= m_fence && m_stack.size() - m_fence >= count) || fail("the stack is empty");
}

bool PickleParser::popMark(quint32 *start)
{
    if (m_marks.isEmpty())
        return fail("there is no mark");
    *start = m_marks.top();
    m_marks.truncate(m_marks.size() - 1);
    m_fence = m_marks.isEmpty() ? 0 : m_marks.top();
    return true;
}

bool PickleParser::pop()
{
    if (!m_marks.isEmpty() && m_stack.size() == m_fence) {
        quint32 start;
        return popMark(&start);
    }
    if (!hasItems(1))
        return false;
    const Node dropped = m_stack.top();
    m_stack.truncate(m_stack.size() - 1);
    if (dropped.tag != Node::Object || m_stack.size() == m_fence)
        return true;
    // Pickler.save_reduce() writes a state setter as the call setter(object, state), and drops the result.
    const Node target = m_stack.top();
    const ObjectNode &call = m_arena.objects[dropped.index];
    if (target.tag != Node::Object || call.form != ObjectNode::Call || call.arguments.tag != Node::Tuple)
        return true;
    quint32 count;
    const Node *arguments = m_arena.tupleItems(call.arguments, &count);
    if (count != 2 || arguments[0].tag != Node::Object || arguments[0].index != target.index)
        return true;
    const Node state = arguments[1];
    const Node setter = call.callable;
    ObjectExtras &extras = m_arena.extrasOf(target.index);
    if (extras.state.tag != Node::Empty)
        return fail("an object gets its state twice");
    extras.state = state;
    extras.stateSetter = setter;
    return true;
}

bool PickleParser::putMemo(qint64 index, const Node &node)
{
    constexpr qint64 gap = 64;
    constexpr qsizetype mostScattered = 65536;
    if (m_memo.size() > m_objectLimit)
        return fail("the pickle makes too many values");
    if (Q_LIKELY(index == m_memo.size())) {
        m_memo.push(node);
        ++m_memoCount;
        return true;
    }
    // Picklers count up from 0 or 1. Large indices must not make an array that is large for so few entries.
    if (index < 2 * qint64(m_memoCount) + gap) {
        if (index >= m_memo.size())
            m_memo.resize(quint32(index) + 1, Node());
        m_memoCount += m_memo[quint32(index)].tag == Node::Empty;
        m_memo[quint32(index)] = node;
        return true;
    }
    if (m_scattered.size() >= mostScattered)
        return fail("the memo is too scattered");
    m_memoCount += !m_scattered.contains(quint32(index));
    m_scattered.insert(quint32(index), node);
    return true;
}

bool PickleParser::getMemo(qint64 index)
{
    Node *node = nullptr;
    if (index < m_memo.size() && m_memo[quint32(index)].tag != Node::Empty)
        node = &m_memo[quint32(index)];
    else if (const auto found = m_scattered.find(quint32(index)); found != m_scattered.end())
        node = &*found;
    if (Q_LIKELY(node)) {
        m_arena.share(node);
        return push(*node);
    }
    return fail(u"memo entry %1 was never put"_s.arg(index));
}

bool PickleParser::runMemo(Op op)
{
    qint64 index = 0;
    switch (op) {
    case Op::BinPut:
    case Op::BinGet:
        if (!has(1))
            return fail("the pickle ends within a memo index");
        index = uchar(*m_next++);
        break;
    case Op::LongBinPut:
    case Op::LongBinGet:
        if (!has(4))
            return fail("the pickle ends within a memo index");
        index = qFromLittleEndian<quint32>(m_next);
        m_next += 4;
        break;
    case Op::Put:
    case Op::Get:
        if (!readMemoIndex(&index))
            return false;
        break;
    default:
        return runText(op);
    }
    if (op == Op::BinGet || op == Op::LongBinGet || op == Op::Get)
        return getMemo(index);
    return hasItems(1) && putMemo(index, m_stack.top());
}

bool PickleParser::readMemoIndex(qint64 *index)
{
    QByteArrayView line;
    if (!readLine(&line))
        return false;
    bool ok = false;
    *index = line.size() <= 10 ? QByteArray::fromRawData(line.data(), line.size()).toLongLong(&ok) : 0;
    if (!ok || *index < 0 || *index > std::numeric_limits<quint32>::max())
        return fail("a memo index is not a number");
    return true;
}

} // namespace Pyvent::Internal
