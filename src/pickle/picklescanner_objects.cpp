// SPDX-License-Identifier: MIT
// What a pickle names, calls and changes.
#include "picklescanner.h"

#include "picklecompat.h"

namespace Pyvent::Internal {

namespace {

constexpr int mostNesters = 10'000;

} // namespace

bool PickleScanner::runObject(Op op)
{
    quint32 start = 0;
    QByteArrayView module;
    QByteArrayView name;
    switch (op) {
    case Op::Global:
        return readLine(&module) && readLine(&name) && pushGlobal(module, name);
    case Op::StackGlobal:
        return stackGlobal();
    case Op::Reduce:
        return reduce();
    case Op::NewObj:
        return newObject(false);
    case Op::NewObjEx:
        return newObject(true);
    case Op::Build:
        return build();
    case Op::Inst: {
        if (!popMark(&start) || !readLine(&module) || !readLine(&name) || !pushGlobal(module, name))
            return false;
        return instantiate(m_stack.top(), start);
    }
    case Op::Obj:
        if (!popMark(&start))
            return false;
        if (start >= m_stack.size())
            return malformed("the stack is empty");
        return instantiate(m_stack[start], start);
    case Op::PersId:
    case Op::BinPersId:
        return refuse(Reason::PersistentId);
    case Op::Ext1:
    case Op::Ext2:
    case Op::Ext4:
        return refuse(Reason::Extension);
    case Op::NextBuffer:
    case Op::ReadOnlyBuffer:
        return refuse(Reason::Buffer);
    default:
        return malformed("there is a byte that is not an opcode");
    }
}

bool PickleScanner::pushGlobal(QByteArrayView module, QByteArrayView name)
{
    if (m_protocol < 3) {
        std::string_view newModule(module.data(), size_t(module.size()));
        std::string_view newName(name.data(), size_t(name.size()));
        renameFromPython2(&newModule, &newName);
        module = newModule;
        name = newName;
    }
    const int entry = m_allowed.find(module, name);
    if (Q_LIKELY(entry >= 0))
        return push({.tag = Tag::Global, .value = packed(entry, 0, 0)});
    constexpr qsizetype most = 200; // what people read
    m_verdict.module = module.first(qMin(module.size(), most)).toByteArray();
    m_verdict.name = name.first(qMin(name.size(), most)).toByteArray();
    return refuse(Reason::Imports);
}

bool PickleScanner::stackGlobal()
{
    if (!hasItems(2))
        return false;
    const Slot name = m_stack.top();
    const Slot module = m_stack[m_stack.size() - 2];
    m_stack.truncate(m_stack.size() - 2);
    if (!isKnownText(module) || !isKnownText(name))
        return refuse(Reason::Imports);
    return pushGlobal(textOf(module), textOf(name));
}

bool PickleScanner::reduce()
{
    if (!hasItems(2))
        return false;
    const Slot arguments = m_stack.top();
    const Slot callable = m_stack[m_stack.size() - 2];
    if (!callable.is(Tag::Global))
        return refuse(Reason::Calls);
    if (!arguments.isTuple())
        return malformed("the arguments of a call are not a tuple");
    m_stack.truncate(m_stack.size() - 2);
    const PickleAllowed &entry = entryOf(callable);
    bool isGood = false;
    switch (entry.call) {
    case PickleCall::Never:
        return refuse(Reason::Calls, callable.entry());
    case PickleCall::Unchecked:
    case PickleCall::Any:
        isGood = true;
        break;
    default: {
        // Those that came from the memo could be copied again and again.
        int kind = 0;
        isGood = (arguments.is(Tag::EmptyTuple) && isCall(entry.call, nullptr, 0, &kind))
            || (arguments.is(Tag::Arguments) && arguments.entry() == callable.entry()
                && !(arguments.flags & Slot::Shared));
    }
    }
    return isGood ? pushResult(callable.entry(), arguments) : refuse(Reason::CallsWith, callable.entry());
}

bool PickleScanner::pushResult(int entry, const Slot &arguments)
{
    switch (m_allowed.at(entry).call) {
    case PickleCall::Encode: // kind: the bytes' size, or 256; 257: b'b'
        return push({.tag = Tag::Bytes,
                     .flags = quint8(arguments.kind() == 257 ? Slot::IsLetterB : 0),
                     .size = quint16(arguments.kind() == 256       ? unknownSize
                                         : arguments.kind() == 257 ? 1
                                                                   : arguments.kind())});
    case PickleCall::EmptyBytes:
        return pushTag(Tag::Bytes);
    case PickleCall::ByteArray:
        return pushTag(Tag::ByteArray);
    case PickleCall::SetOfList:
        return pushTag(m_allowed.at(entry).name == "set" ? Tag::Set : Tag::FrozenSet);
    case PickleCall::Reconstructor: // kind: the class
        return pushInstance(arguments.kind(), 1);
    default:
        return pushInstance(entry, arguments.weight(), arguments.kind());
    }
}

bool PickleScanner::pushInstance(int entry, quint32 weight, int kind)
{
    if (m_allowed.at(entry).can(PickleAllowed::EndsRecursive) && ++m_nesters > mostNesters)
        return refuse(Reason::TooLarge, "it has too many deques and defaultdicts");
    return push({.tag = Tag::Instance, .size = quint16(weight), .value = packed(entry, 0, kind)});
}

bool PickleScanner::newObject(bool withKeywords)
{
    const quint32 count = withKeywords ? 3 : 2;
    if (!hasItems(count))
        return false;
    const Slot *top = m_stack.end() - count;
    const Slot type = top[0];
    const Slot arguments = top[1];
    const Slot keywords = withKeywords ? top[2] : Slot{.tag = Tag::Dict};
    if (!type.is(Tag::Global))
        return refuse(Reason::MakesObject);
    if (!arguments.isTuple() || !keywords.is(Tag::Dict))
        return malformed("the arguments of a new object are not a tuple and a dict");
    m_stack.truncate(m_stack.size() - count);
    const PickleAllowed &entry = entryOf(type);
    const bool isGood = entry.call == PickleCall::Unchecked
        || (!withKeywords && entry.can(PickleAllowed::MadeByNew) && arguments.is(Tag::EmptyTuple));
    return isGood ? pushInstance(type.entry(), arguments.weight()) : refuse(Reason::MakesObject, type.entry());
}

// How Python 2 made objects of classes that Python 3 does not have.
bool PickleScanner::instantiate(Slot type, quint32 start)
{
    if (!type.is(Tag::Global))
        return refuse(Reason::MakesObject);
    m_stack.truncate(start);
    return entryOf(type).call == PickleCall::Unchecked ? pushInstance(type.entry(), 1)
                                                       : refuse(Reason::MakesObject, type.entry());
}

// Of an object that nothing else mentions yet, or the memo only: one that has a state already may have any methods and attributes,
// if a user put its class on the list.
bool PickleScanner::build()
{
    if (!hasItems(2))
        return false;
    const Slot state = m_stack.top();
    m_stack.truncate(m_stack.size() - 1);
    Slot &target = m_stack.top();
    if (!target.is(Tag::Instance))
        return refuse(Reason::ChangesState);
    const PickleAllowed &entry = entryOf(target);
    // The dict has what it got here, if there is no other mention of it.
    const bool isOwnDict =
        state.is(Tag::Dict) && !(state.flags & (Slot::Shared | Slot::Crowded)) && state.value == m_dictMentions;
    const bool isGood = entry.call == PickleCall::Unchecked || (entry.can(PickleAllowed::TakesDict) && isOwnDict)
        || (state.is(Tag::State) && state.entry() == target.entry() && state.kind() == target.kind()
            && !(state.flags & Slot::Shared));
    if (!isGood || target.flags & (Slot::Shared | Slot::Built))
        return refuse(Reason::ChangesState, target.entry());
    target.flags |= Slot::Built;
    return true;
}

} // namespace Pyvent::Internal
