// SPDX-License-Identifier: MIT
#ifndef PYVENT_PICKLESCANNER_H
#define PYVENT_PICKLESCANNER_H

#include "pickleallowlist.h"
#include "pickleopcode.h"
#include "podstack.h"

#include <QtCore/qbytearrayview.h>
#include <QtCore/qstring.h>

namespace Pyvent::Internal {

// Says whether CPython's unpickler would import, call or change anything beyond an allow list when it loads a pickle of the protocols
// 0 to 5. It interprets the opcodes as CPython's C unpickler does, with what it needs to know of each value in the value's place, in
// one pass without recursion, and in time and memory linear in the pickle's size. No value is built.
//
// It says "harmless" only if it is sure. So it refuses what CPython would raise an exception on before anything is called as well, and
// pickles that are well-formed but that nobody writes. What a harmless pickle makes CPython do is in proportion to its size too, but
// for dicts and sets whose ints are chosen to have equal hashes.
//
// A scanner is meant to be kept: it reuses its memory for the next pickle. Not thread-safe; one scanner per thread.
class PickleScanner
{
public:
    struct Verdict
    {
        enum Reason : quint8 {
            Harmless,
            Malformed, // Python would raise an exception when it gets there, at the latest
            TooLarge,  // beyond a limit of the scanner, or of Python
            Imports,
            Calls,        // something that is not on the list, or may not be called at all
            CallsWith,    // something that is on the list, with arguments that Python's own pickles do not have
            MakesObject,  // without calling the class, or with keywords
            ChangesState, // by BUILD
            PutsItems,    // into an object by its methods
            PersistentId,
            Extension,
            Buffer,
        };

        Reason reason = Harmless;
        qsizetype offset = 0;         // of the opcode that is not harmless; of what follows STOP where all are
        const char *detail = nullptr; // of Malformed and TooLarge: subject, verb
        QByteArray module = {};       // as in Python 3, where it is about a class or function, and it is known
        QByteArray name = {};

        bool isHarmless() const { return reason == Harmless; }
        // For people, without its place: "it would import os.system". Empty if harmless.
        QString text() const;
    };

    explicit PickleScanner(const QByteArrayList &allowed = PickleAllowList::standardNames());
    Q_DISABLE_COPY_MOVE(PickleScanner)

    // Scans up to the first STOP; what follows is ignored, as in pickle.loads().
    Verdict scan(QByteArrayView pickle);

    const PickleAllowList &allowed() const { return m_allowed; }

private:
    using Reason = Verdict::Reason;

    // What is known of a value.
    enum class Tag : quint8 {
        Hole, // in the memo
        None,
        True,
        False,
        Int,  // value: as qint32
        Long, // any other int; size: its weight
        Float,
        Text,   // value: offset of its bytes; size: how many, or unknownSize
        String, // of Python 2
        Bytes,
        ByteArray,
        List,
        Dict, // value: m_dictMentions when it was made
        Set,
        FrozenSet,
        // Tuples, by what they may be used for. size: the weight; value: entry, depth and kind
        EmptyTuple,
        Tuple,
        Arguments, // of the class or function of that entry
        State,     // of an object that this entry made
        Shape,     // of an array, with as many items as the size says
        DateUnit,  // of an array of dates
        DateType,
        Global,   // value: entry
        Instance, // value: entry and kind
    };
    struct Slot
    {
        enum Flag : quint8 {
            Shared = 1,    // this is not the only mention of it
            Built = 2,     // has its state
            IsLetterB = 4, // b'b'
            Obscure = 8,   // a text with other bytes than stand in the pickle, and no more of them
            Crowded = 16   // a dict with more than the state of a UUID
        };
        Tag tag = Tag::Hole;
        quint8 flags = 0;
        quint16 size = 0;
        quint32 value = 0;

        bool is(Tag other) const { return tag == other; }
        bool isTuple() const { return tag >= Tag::EmptyTuple && tag <= Tag::DateType; }
        int entry() const { return int(value & 0xfff); }
        int depth() const { return isTuple() ? int(value >> 12 & 0xff) : 0; }
        int kind() const { return int(value >> 20); }
        // How much work hashing it is.
        quint32 weight() const { return isTuple() || tag == Tag::Long || tag == Tag::Instance ? size : 1; }
    };
    static_assert(sizeof(Slot) == 8);
    static quint32 packed(int entry, int depth, int kind) { return quint32(entry | depth << 12 | kind << 20); }
    static constexpr quint16 unknownSize = 0xffff; // or more

    bool run();
    bool runFrame();
    bool runData(Op op);
    bool runLine(Op op);
    bool runContainer(Op op);
    bool runMemo(Op op);
    bool runObject(Op op);

    // These say false, so that a caller can return it.
    bool refuse(Reason reason, const char *detail = nullptr);
    bool refuse(Reason reason, int entry);
    bool malformed(const char *detail) { return refuse(Reason::Malformed, detail); }
    bool pastEnd() { return malformed("the pickle ends before its STOP"); }

    bool readLine(QByteArrayView *line);
    bool readCounted(Tag tag, int sizeBytes);
    bool readInt(bool isLong);
    bool readFloat();
    bool readQuoted();
    bool readUnicode();
    bool readIndex(quint32 *index);

    bool push(Slot slot)
    {
        return Q_LIKELY(m_stack.push(slot)) || refuse(Reason::TooLarge, "it has too many values on the stack");
    }
    bool pushTag(Tag tag) { return push({.tag = tag}); }
    bool pushView(Tag tag, const char *data, quint64 size);
    bool pushLong(const char *data, qsizetype size);
    bool pushMark();
    bool hasItems(quint32 count)
    {
        return Q_LIKELY(m_stack.size() - m_fence >= count) || malformed("the stack is empty");
    }
    bool popMark(quint32 *start);
    bool pop();
    bool put(quint32 index);
    bool get(quint32 index);
    bool mention(Slot slot);
    bool makeTuple(quint32 start);
    bool putItems(quint32 start, Op op);
    bool areBrief(quint32 start) const;

    // What the objects are made of: picklescanner_objects.cpp
    bool pushGlobal(QByteArrayView module, QByteArrayView name);
    bool stackGlobal();
    bool reduce();
    bool newObject(bool withKeywords);
    bool instantiate(Slot type, quint32 start);
    bool build();
    bool pushInstance(int entry, quint32 weight, int kind = 0);
    bool pushResult(int entry, const Slot &arguments);
    const PickleAllowed &entryOf(const Slot &slot) const { return m_allowed.at(slot.entry()); }

    // Whether tuples are what Python's own pickles have: picklescanner_tuples.cpp
    Tag tupleTag(quint32 start, int *entry, int *kind) const;
    bool isCall(PickleCall call, const Slot *items, quint32 count, int *kind) const;
    bool isArrayCall(PickleCall call, const Slot *items, quint32 count, int *kind) const;
    bool isState(const Slot &object, const Slot *items, quint32 count) const;
    bool isArrayState(const Slot *items, quint32 count) const;
    bool isTypeState(int kind, const Slot *items, quint32 count) const;
    bool isZone(const Slot &slot) const;
    bool isFactory(const Slot &slot) const;
    bool isClass(const Slot &slot, QByteArrayView module, QByteArrayView name) const;
    bool isArrayType(const Slot &slot) const;
    int arrayKind(const Slot &slot) const;
    QByteArrayView textOf(const Slot &slot) const;
    static bool isKnownText(const Slot &slot)
    {
        return slot.is(Tag::Text) && slot.size != unknownSize && !(slot.flags & Slot::Obscure);
    }
    bool isText(const Slot &slot, QByteArrayView text) const { return isKnownText(slot) && textOf(slot) == text; }

    const PickleAllowList m_allowed;
    const char *m_begin = nullptr;
    const char *m_next = nullptr;
    const char *m_end = nullptr; // of the frame, or of the pickle where there is none
    const char *m_last = nullptr;
    const char *m_opcode = nullptr;
    PodStack<Slot> m_stack;
    PodStack<quint32> m_marks;
    quint32 m_fence = 0; // the stack below the newest mark is out of reach, as in CPython
    PodStack<Slot> m_memo;
    quint32 m_memoCount = 0;
    qint64 m_repetition = 0;    // how much may still be mentioned again
    quint32 m_dictMentions = 0; // how often there was a second mention of a dict, which may put more into it
    int m_nesters = 0;          // objects that CPython frees by recursion
    int m_protocol = 0;
    bool m_isStopped = false;
    Verdict m_verdict;
};

} // namespace Pyvent::Internal

#endif
