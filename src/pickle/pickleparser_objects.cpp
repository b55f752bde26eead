// SPDX-License-Identifier: MIT
// The pickle machine's opcodes for classes and objects. Nothing is called: what a call would make is written
// down.
#include "pickleparser.h"

#include "picklecompat.h"
#include "pickletext.h"

#include <utility>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

struct KnownName
{
    std::string_view module;
    std::string_view name;
    Known known;
};

constexpr KnownName knownNames[] = {
    {"_codecs", "encode", Known::CodecsEncode},
    {"builtins", "getattr", Known::GetAttr},
    {"builtins", "bytes", Known::Bytes},
    {"builtins", "bytearray", Known::ByteArray},
    {"builtins", "set", Known::Set},
    {"builtins", "frozenset", Known::FrozenSet},
    {"builtins", "object", Known::Object},
    {"copyreg", "_reconstructor", Known::Reconstructor},
    {"copyreg", "__newobj__", Known::NewObj},
    {"copyreg", "__newobj_ex__", Known::NewObjEx},
    {"datetime", "datetime", Known::DateTime},
    {"datetime", "date", Known::Date},
    {"datetime", "time", Known::Time},
    {"datetime", "timedelta", Known::TimeDelta},
    {"datetime", "timezone", Known::TimeZone},
    {"uuid", "UUID", Known::Uuid},
    {"numpy", "ndarray", Known::NdArray},
    {"numpy", "dtype", Known::NumpyDtype},
    {"numpy.core.multiarray", "_reconstruct", Known::NumpyReconstruct},
    {"numpy.core.multiarray", "scalar", Known::NumpyScalar},
    {"numpy.core.numeric", "_frombuffer", Known::NumpyFromBuffer},
    {"numpy._core.multiarray", "_reconstruct", Known::NumpyReconstruct},
    {"numpy._core.multiarray", "scalar", Known::NumpyScalar},
    {"numpy._core.numeric", "_frombuffer", Known::NumpyFromBuffer},
};

std::string_view toStd(QByteArrayView view)
{
    return {view.data(), size_t(view.size())};
}

Node textNode(std::string_view text)
{
    Node node;
    node.tag = Node::Text;
    node.size = quint32(text.size());
    node.data = text.data();
    return node;
}

bool isLatin1Name(QByteArrayView name)
{
    return name == "latin1" || name == "latin-1" || name == "iso-8859-1";
}

// Only such a name can be joined to that of its class with a dot.
bool isAttributeName(QByteArrayView name)
{
    return !name.isEmpty() && !name.contains('.') && isUtf8(name);
}

} // namespace

Known knownGlobal(std::string_view module, std::string_view name)
{
    for (const KnownName &entry : knownNames) {
        if (entry.name == name && entry.module == module)
            return entry.known;
    }
    return Known::None;
}

bool PickleParser::runObject(Op op)
{
    quint32 start = 0;
    QByteArrayView module;
    QByteArrayView name;
    switch (op) {
    case Op::Global:
        return readLine(&module) && readLine(&name) && pushGlobal(module, name);
    case Op::StackGlobal: {
        if (!hasItems(2))
            return false;
        const Node second = m_stack.top();
        const Node first = m_stack[m_stack.size() - 2];
        if (!first.isText() || !second.isText())
            return fail("a global's name is not a str");
        m_stack.truncate(m_stack.size() - 2);
        return pushGlobal(first.view(), second.view());
    }
    case Op::Reduce:
        return reduce();
    case Op::NewObj:
        return newObject(false);
    case Op::NewObjEx:
        return newObject(true);
    case Op::Build:
        return build();
    case Op::Inst: {
        if (!readLine(&module) || !readLine(&name) || !popMark(&start) || !pushGlobal(module, name))
            return false;
        const Node callable = m_stack.top();
        m_stack.truncate(m_stack.size() - 1);
        return instantiate(callable, start, start);
    }
    case Op::Obj:
        if (!popMark(&start))
            return false;
        if (start >= m_stack.size())
            return fail("the stack is empty");
        return instantiate(m_stack[start], start + 1, start);
    default:
        return refuse(op);
    }
}

bool PickleParser::refuse(Op op)
{
    switch (op) {
    case Op::PersId:
    case Op::BinPersId:
        return fail("the pickle refers to an object outside of it (a persistent id)");
    case Op::Ext1:
    case Op::Ext2:
    case Op::Ext4:
        return fail("the pickle uses the sender's private extension codes");
    case Op::NextBuffer:
    case Op::ReadOnlyBuffer:
        return fail("the pickle refers to a buffer that was not sent with it");
    default:
        return fail(u"0x%1 is not an opcode: this is not a pickle"_s.arg(uint(op), 2, 16, QLatin1Char('0')));
    }
}

bool PickleParser::pushGlobal(QByteArrayView module, QByteArrayView name)
{
    if (m_arena.total() > m_objectLimit)
        return fail("the pickle makes too many values");
    std::string_view moduleName = toStd(module);
    std::string_view globalName = toStd(name);
    if (m_protocol < 3)
        renameFromPython2(&moduleName, &globalName);
    moduleName = commonModule(moduleName);
    ObjectNode object;
    object.offset = offset();
    object.callable = textNode(moduleName);
    object.arguments = textNode(globalName);
    Node node;
    node.tag = Node::Global;
    node.known = knownGlobal(moduleName, globalName);
    node.index = m_arena.objects.size();
    m_arena.objects.push(object);
    return push(node);
}

bool PickleParser::pushObject(ObjectNode::Form form, const Node &callable, const Node &arguments, const Node &keywords)
{
    if (m_arena.total() > m_objectLimit)
        return fail("the pickle makes too many values");
    ObjectNode object;
    object.form = form;
    object.offset = offset();
    object.callable = callable;
    object.arguments = arguments;
    Node node;
    node.tag = Node::Object;
    node.index = m_arena.objects.size();
    m_arena.objects.push(object);
    if (keywords.tag != Node::Empty)
        m_arena.extrasOf(node.index).keywords = keywords;
    return push(node);
}

bool PickleParser::makeTuple(const Node *items, quint32 count, Node *tuple)
{
    const quint32 start = m_stack.size();
    for (quint32 i = 0; i < count; ++i) {
        if (!push(items[i]))
            return false;
    }
    if (!pushContainer(Node::Tuple, start))
        return false;
    *tuple = m_stack.top();
    m_stack.truncate(start);
    return true;
}

bool PickleParser::reduce()
{
    if (!hasItems(2))
        return false;
    const Node arguments = m_stack.top();
    Node callable = m_stack[m_stack.size() - 2];
    if (arguments.tag != Node::Tuple)
        return fail("the arguments of a call are not a tuple");
    if (callable.tag != Node::Global && callable.tag != Node::Object)
        return fail("a value that is not a class or function is called");
    m_stack.truncate(m_stack.size() - 2);
    if (callable.tag == Node::Object && !nameMethod(&callable))
        return false;
    bool done = false;
    if (callable.known != Known::None && !reduceKnown(callable, arguments, &done))
        return false;
    return done || pushObject(ObjectNode::Call, callable, arguments);
}

// Calls that stand for a value that pickle has a shorter form for in a later protocol, or for another opcode.
bool PickleParser::reduceKnown(const Node &callable, const Node &arguments, bool *done)
{
    quint32 count;
    const Node *items = m_arena.tupleItems(arguments, &count);
    const auto is = [&](quint32 index, Node::Tag tag) { return index < count && items[index].tag == tag; };
    // Text is encoded; a str of Python 2 is read as such where it is UTF-8, as everywhere else.
    const auto isEncoded = [&] {
        return count == 2 && (is(0, Node::Text) || (is(0, Node::Text8) && isUtf8(items[0].view()))) && items[1].isText()
            && isLatin1Name(items[1].view());
    };
    *done = true;
    if (is(0, Node::Text8) && !mayScan(items[0].view()))
        return false;
    switch (callable.known) {
    case Known::CodecsEncode:
        if (isEncoded())
            return decodeLatin1(items[0], Node::Bytes);
        break;
    case Known::Bytes:
        if (count == 0)
            return pushView(Node::Bytes, m_begin, 0);
        break;
    case Known::ByteArray:
        if (count == 0)
            return pushView(Node::ByteArray, m_begin, 0);
        if (count == 1 && (is(0, Node::Bytes) || is(0, Node::Text8)))
            return pushView(Node::ByteArray, items[0].data, items[0].size);
        if (isEncoded())
            return decodeLatin1(items[0], Node::ByteArray);
        break;
    case Known::Set:
    case Known::FrozenSet:
        if (count == 0 || (count == 1 && (is(0, Node::List) || is(0, Node::Tuple)))) {
            // A copy, as in Python: the list may be appended to afterwards.
            const ItemChain chain = count ? m_arena.containers[items[0].index].items : ItemChain();
            const quint32 start = m_stack.size();
            if (chain.count > m_objectLimit || m_arena.total() > m_objectLimit - chain.count)
                return fail("the pickle makes too many values");
            return m_arena.forEach(chain, [this](const Node &item) { return push(item); })
                && pushContainer(callable.known == Known::Set ? Node::Set : Node::FrozenSet, start);
        }
        break;
    case Known::GetAttr:
        if (m_protocol >= 4 || count != 2 || !is(0, Node::Global) || !items[1].isText())
            break;
        if (!mayScan(items[1].view()))
            return false;
        if (isAttributeName(items[1].view()))
            return reduceAttribute(items[0], items[1]);
        break;
    case Known::Reconstructor:
        // object.__new__(UUID): how protocols 0 and 1 make one. Other classes may have a __new__() that is
        // not called then.
        if (count == 3 && is(0, Node::Global) && items[0].known == Known::Uuid && is(1, Node::Global)
            && items[1].known == Known::Object && is(2, Node::None)) {
            const Node type = items[0];
            Node none;
            return makeTuple(nullptr, 0, &none) && pushObject(ObjectNode::New, type, none);
        }
        break;
    case Known::NewObj:
        if (count > 0 && (is(0, Node::Global) || is(0, Node::Object))) {
            const Node type = items[0];
            Node rest;
            return makeTuple(items + 1, count - 1, &rest) && pushObject(ObjectNode::New, type, rest);
        }
        break;
    case Known::NewObjEx:
        if (count == 3 && (is(0, Node::Global) || is(0, Node::Object)) && is(1, Node::Tuple) && is(2, Node::Dict))
            return pushObject(ObjectNode::New, Node(items[0]), Node(items[1]), Node(items[2]));
        break;
    default:
        break;
    }
    *done = false;
    return true;
}

// What is called after getattr(class, 'name') got it is a method of the class, and goes by its name.
bool PickleParser::nameMethod(Node *callable)
{
    const ObjectNode object = m_arena.objects[callable->index];
    if (object.form != ObjectNode::Call || object.callable.known != Known::GetAttr)
        return true;
    quint32 count;
    const Node *items = m_arena.tupleItems(object.arguments, &count);
    if (count != 2 || items[0].tag != Node::Global || !items[1].isText())
        return true;
    if (!mayScan(items[1].view()))
        return false;
    if (!isAttributeName(items[1].view()))
        return true;
    if (!reduceAttribute(items[0], items[1]))
        return false;
    *callable = m_stack.top();
    m_stack.truncate(m_stack.size() - 1);
    return true;
}

// getattr(Outer, 'Inner') is how protocols below 4 name a class within a class; later ones say Outer.Inner, and what they
// get so is a method, or the member of an Enum, where Python sends it by its name.
bool PickleParser::reduceAttribute(const Node &owner, const Node &name)
{
    const ObjectNode outer = m_arena.objects[owner.index];
    const qsizetype size = qsizetype(outer.arguments.size) + 1 + qsizetype(name.size);
    if (!mayCopy(size))
        return false;
    char *path = m_arena.allocateSide(size);
    std::memcpy(path, outer.arguments.data, outer.arguments.size);
    path[outer.arguments.size] = '.';
    if (name.size)
        std::memcpy(path + outer.arguments.size + 1, name.data, name.size);
    const int protocol = std::exchange(m_protocol, 4); // the owner's name is Python 3's already
    const bool ok = pushGlobal(outer.callable.view(), QByteArrayView(path, size));
    m_protocol = protocol;
    return ok;
}

// What a pickle has once it may have copied or looked through many times, by calls of a few bytes each.
bool PickleParser::mayCopy(qsizetype bytes)
{
    return m_arena.sideSize() + bytes <= m_copyLimit
        || fail(u"the pickle expands beyond the limit of %1 bytes"_s.arg(m_copyLimit));
}

bool PickleParser::mayScan(QByteArrayView text)
{
    m_scanned += text.size();
    return m_scanned <= m_copyLimit || fail(u"the pickle expands beyond the limit of %1 bytes"_s.arg(m_copyLimit));
}

bool PickleParser::decodeLatin1(const Node &text, Node::Tag tag)
{
    if (!mayCopy(qsizetype(text.size)))
        return false;
    char *bytes = m_arena.allocateSide(text.size);
    const char *end = utf8ToLatin1(text.view(), bytes);
    return end ? pushView(tag, bytes, end - bytes) : fail("bytes have a character beyond Latin-1");
}

bool PickleParser::newObject(bool withKeywords)
{
    const quint32 count = withKeywords ? 3 : 2;
    if (!hasItems(count))
        return false;
    const Node *top = m_stack.end() - count;
    const Node type = top[0];
    const Node arguments = top[1];
    const Node keywords = withKeywords ? top[2] : Node();
    if (type.tag != Node::Global && type.tag != Node::Object)
        return fail("a value that is not a class is instantiated");
    if (arguments.tag != Node::Tuple || (withKeywords && keywords.tag != Node::Dict))
        return fail("the arguments of a new object are not a tuple and a dict");
    m_stack.truncate(m_stack.size() - count);
    return pushObject(ObjectNode::New, type, arguments, keywords);
}

bool PickleParser::instantiate(const Node &callable, quint32 argumentsFrom, quint32 start)
{
    const Node type = callable;
    if (type.tag != Node::Global && type.tag != Node::Object)
        return fail("a value that is not a class is instantiated");
    // As CPython: without arguments the class is not called, its __new__ is.
    const ObjectNode::Form form = argumentsFrom == m_stack.size() ? ObjectNode::New : ObjectNode::Call;
    if (!pushContainer(Node::Tuple, argumentsFrom))
        return false;
    const Node arguments = m_stack.top();
    m_stack.truncate(start);
    return pushObject(form, type, arguments);
}

bool PickleParser::build()
{
    if (!hasItems(2))
        return false;
    const Node state = m_stack.top();
    const Node target = m_stack[m_stack.size() - 2];
    m_stack.truncate(m_stack.size() - 1);
    if (target.tag != Node::Object)
        return fail("a state is given to a value that takes none");
    ObjectExtras &extras = m_arena.extrasOf(target.index);
    if (extras.state.tag != Node::Empty)
        return fail("an object gets its state twice");
    extras.state = state;
    return true;
}

} // namespace Pyvent::Internal
