// SPDX-License-Identifier: MIT
// The pickle machine's opcodes for numbers, text and containers.
#include "pickleparser.h"

#include "pickletext.h"
#include "pyventinteger.h"

#include <QtCore/qendian.h>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

bool PickleParser::runNumber(Op op)
{
    Node node;
    node.tag = Node::Int;
    QByteArrayView line;
    qsizetype size;
    switch (op) {
    case Op::Long1:
    case Op::Long4: {
        if (!readSize(op == Op::Long1 ? 1 : 4, &size))
            return false;
        const char *data = m_next;
        m_next += size;
        return pushLong(data, size);
    }
    case Op::Int:
        if (!readLine(&line))
            return false;
        if (line == "01" || line == "00") { // how protocols 0 and 1 spell True and False
            node.tag = line == "01" ? Node::True : Node::False;
            return push(node);
        }
        return pushLongText(line);
    case Op::Long:
        if (!readLine(&line))
            return false;
        return pushLongText(line.endsWith('L') ? line.chopped(1) : line);
    case Op::Float: {
        if (!readLine(&line))
            return false;
        bool ok;
        node.tag = Node::Float;
        node.real = QByteArray::fromRawData(line.data(), line.size()).toDouble(&ok);
        return ok ? push(node) : fail("a float is not a number");
    }
    default:
        return runContainer(op);
    }
}

bool PickleParser::pushLong(const char *data, qsizetype size)
{
    // Sign bytes beyond the first are allowed, so the shortest form decides which type holds it.
    while (size > 1 && (data[size - 1] == 0 || data[size - 1] == -1) && (data[size - 1] ^ data[size - 2]) >= 0)
        --size;
    Node node;
    if (size <= 8) {
        quint64 value = size > 0 && data[size - 1] < 0 ? ~quint64(0) : 0;
        for (qsizetype i = size - 1; i >= 0; --i)
            value = value << 8 | uchar(data[i]);
        node.tag = Node::Int;
        node.integer = qint64(value);
        return push(node);
    }
    if (size == 9 && data[8] == 0) {
        node.tag = Node::UInt;
        node.integer = qint64(qFromLittleEndian<quint64>(data));
        return push(node);
    }
    return pushView(Node::Long, data, size);
}

bool PickleParser::pushLongText(QByteArrayView digits)
{
    bool ok = false;
    Node node;
    node.tag = Node::Int;
    if (digits.size() < 20) {
        node.integer = QByteArray::fromRawData(digits.data(), digits.size()).toLongLong(&ok);
        if (ok)
            return push(node);
    }
    const PyventInteger value = PyventInteger::fromString(QString::fromLatin1(digits), &ok);
    if (!ok)
        return fail("an int is not a number, or too long");
    const QByteArray bytes = value.twosComplement();
    if (!mayCopy(bytes.size()))
        return false;
    char *copy = m_arena.allocateSide(bytes.size());
    std::memcpy(copy, bytes.constData(), size_t(bytes.size()));
    return pushLong(copy, bytes.size());
}

bool PickleParser::readProtocol()
{
    if (!has(1))
        return fail("the pickle ends within its protocol number");
    m_protocol = uchar(*m_next++);
    return m_protocol <= 5 || fail(u"protocol %1 is not known"_s.arg(m_protocol));
}

bool PickleParser::runText(Op op)
{
    QByteArrayView line;
    switch (op) {
    case Op::BinUnicode8:
        return readView(Node::Text, 8);
    case Op::BinBytes:
        return readView(Node::Bytes, 4);
    case Op::BinBytes8:
        return readView(Node::Bytes, 8);
    case Op::ByteArray8:
        return readView(Node::ByteArray, 8);
    case Op::ShortBinString:
        return readView(Node::Text8, 1);
    case Op::BinString:
        return readView(Node::Text8, 4);
    case Op::Unicode: {
        if (!readLine(&line))
            return false;
        char *text = m_arena.allocateSide(2 * line.size());
        const char *end = decodeRawUnicodeEscape(line, text);
        return end ? pushView(Node::Text, text, end - text) : fail("a str has a broken escape");
    }
    case Op::String: {
        if (!readLine(&line))
            return false;
        while (line.endsWith(' ') || line.endsWith('\r'))
            line.chop(1);
        if (line.size() < 2 || (line.front() != '\'' && line.front() != '"') || line.back() != line.front())
            return fail("a str is not in quotes");
        char *text = m_arena.allocateSide(line.size());
        const char *end = decodeStringEscape(line.sliced(1, line.size() - 2), text);
        return end ? pushView(Node::Text8, text, end - text) : fail("a str has a broken escape");
    }
    default:
        return runObject(op);
    }
}

bool PickleParser::runContainer(Op op)
{
    quint32 start = 0;
    switch (op) {
    case Op::EmptyTuple:
        return pushContainer(Node::Tuple, m_stack.size());
    case Op::Tuple:
        return popMark(&start) && pushContainer(Node::Tuple, start);
    case Op::List:
        return popMark(&start) && pushContainer(Node::List, start);
    case Op::Dict:
        if (!popMark(&start))
            return false;
        if ((m_stack.size() - start) % 2)
            return fail("a dict has a key without a value");
        return pushContainer(Node::Dict, start);
    case Op::EmptySet:
        return pushContainer(Node::Set, m_stack.size());
    case Op::FrozenSet:
        return popMark(&start) && pushContainer(Node::FrozenSet, start);
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
        if (!hasItems(1))
            return false;
        m_arena.share(&m_stack.top());
        return push(m_stack.top());
    default:
        return runMemo(op);
    }
}

ItemChain *PickleParser::chainFor(const Node &target, Op op)
{
    const bool pairs = op == Op::SetItems;
    const Node::Tag plain = pairs ? Node::Dict : op == Op::AddItems ? Node::Set : Node::List;
    if (target.tag == plain)
        return &m_arena.containers[target.index].items;
    if (target.tag == Node::Object && op != Op::AddItems) {
        ObjectExtras &extras = m_arena.extrasOf(target.index);
        return pairs ? &extras.dictItems : &extras.listItems;
    }
    fail("items are put into a value that takes none");
    return nullptr;
}

// Puts what is on the stack from \a start on into the value below it.
bool PickleParser::putItems(quint32 start, Op op)
{
    if (start == 0 || start <= m_fence)
        return fail("the stack is empty");
    const quint32 count = m_stack.size() - start;
    if (op == Op::SetItems && count % 2)
        return fail("a dict has a key without a value");
    const Node &target = m_stack[start - 1];
    if (count == 0 && target.tag == Node::Object) // which is no other object for it
        return true;
    ItemChain *chain = chainFor(target, op);
    if (!chain)
        return false;
    m_arena.append(*chain, &m_stack[0] + start, count);
    m_stack.truncate(start);
    return m_arena.total() <= m_objectLimit || fail("the pickle makes too many values");
}

} // namespace Pyvent::Internal
