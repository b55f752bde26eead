// SPDX-License-Identifier: MIT
#ifndef PYVENT_PICKLEPARSER_H
#define PYVENT_PICKLEPARSER_H

#include "picklearena.h"
#include "picklelimits.h"
#include "pickleopcode.h"

#include <QtCore/qhash.h>

#include <string_view>

namespace Pyvent::Internal {

// The first phase of reading: the pickle machine with its stack, marks and memo, which turns opcodes into
// nodes. Nothing is recursive here, and what a length claims is compared with what is there before anything
// is allocated.
class PickleParser
{
public:
    PickleParser(PickleArena &arena, const PickleLimits &limits);

    // Returns the value that STOP leaves, or an Empty node with error() set.
    Node parse(QByteArrayView pickle);
    qsizetype consumed() const { return m_consumed; }
    const PickleError &error() const { return m_error; }

private:
    // The opcodes of most events are handled in run(); all others by the first of these that knows them.
    bool run();
    bool runCommon(Op op);
    bool runText(Op op);
    bool runNumber(Op op);
    bool runMemo(Op op);
    bool runContainer(Op op);
    bool runObject(Op op);
    bool refuse(Op op);

    bool fail(const char *text);
    bool fail(const QString &text);
    quint32 offset() const { return quint32(m_opcode - m_begin); }

    // Input
    bool has(qsizetype count) const { return m_end - m_next >= count; }
    bool readLine(QByteArrayView *line);
    bool readProtocol();
    bool readSize(int bytes, qsizetype *size);
    bool readView(Node::Tag tag, int sizeBytes);

    // Stack
    bool push(Node node) { return Q_LIKELY(m_stack.push(node)) || fail("the pickle makes too many values"); }
    bool pushView(Node::Tag tag, const char *data, qsizetype size);
    bool pushLong(const char *data, qsizetype size);
    bool pushLongText(QByteArrayView digits);
    bool pushContainer(Node::Tag tag, quint32 itemsFrom);
    bool pushMark();
    bool hasItems(quint32 count);
    bool popMark(quint32 *start);
    bool pop();

    bool putMemo(qint64 index, const Node &node);
    bool getMemo(qint64 index);
    bool readMemoIndex(qint64 *index);

    bool putItems(quint32 start, Op op);
    ItemChain *chainFor(const Node &target, Op op);

    bool pushGlobal(QByteArrayView module, QByteArrayView name);
    bool pushObject(ObjectNode::Form form, const Node &callable, const Node &arguments, const Node &keywords = {});
    bool makeTuple(const Node *items, quint32 count, Node *tuple);
    bool reduce();
    bool reduceKnown(const Node &callable, const Node &arguments, bool *done);
    bool nameMethod(Node *callable);
    bool reduceAttribute(const Node &owner, const Node &name);
    bool decodeLatin1(const Node &text, Node::Tag tag);
    bool mayCopy(qsizetype bytes);
    bool mayScan(QByteArrayView text);
    bool newObject(bool withKeywords);
    bool instantiate(const Node &callable, quint32 argumentsFrom, quint32 start);
    bool build();

    PickleArena &m_arena;
    const PickleLimits m_limits;
    const qsizetype m_sizeLimit;
    quint32 m_objectLimit;
    qsizetype m_copyLimit = 0;
    qsizetype m_scanned = 0;

    const char *m_begin = nullptr;
    const char *m_next = nullptr;
    const char *m_end = nullptr;
    const char *m_opcode = nullptr;
    PodStack<Node> m_stack;
    PodStack<quint32> m_marks;
    quint32 m_fence = 0; // the stack below the newest mark is out of reach, as in CPython
    PodStack<Node> m_memo;
    QHash<quint32, Node> m_scattered; // memo entries far beyond the others
    quint32 m_memoCount = 0;
    int m_protocol = 0;
    qsizetype m_consumed = 0;
    PickleError m_error;
};

// Which class or function with a reduction of its own this is, by its Python 3 name.
Known knownGlobal(std::string_view module, std::string_view name);

} // namespace Pyvent::Internal

#endif
