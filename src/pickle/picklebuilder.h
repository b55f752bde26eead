// SPDX-License-Identifier: MIT
#ifndef PYVENT_PICKLEBUILDER_H
#define PYVENT_PICKLEBUILDER_H

#include "picklearena.h"
#include "picklelimits.h"
#include "pyventobject.h"
#include "textcache.h"

#include <QtCore/qvariant.h>

#include <vector>

class PyventTime;

namespace Pyvent::Internal {

// The second phase of reading: turns nodes into QVariants. Recursive, but no deeper than PickleLimits::depth.
//
// What the pickle mentions again is built once, and then shared as Qt's values are, so that the time and the memory it takes grow with
// the pickle. What is built counts against PickleLimits::expandedSizeFor(). What is mentioned again counts there as one value; and in
// full against PickleLimits::mentionedValuesFor() and mentionedContentFor(), since whoever prints, compares or writes the value goes
// through all of it.
class PickleBuilder
{
public:
    PickleBuilder(PickleArena &arena, const PickleLimits &limits);

    // Begins with a new pickle, whose bytes are \a pickle: offsets of errors count from there.
    void reset(QByteArrayView pickle);
    bool build(const Node &node, QVariant *value);
    bool buildArguments(const Node &node, QVariantMap *arguments, QVariant *sender);
    const PickleError &error() const { return m_error; }

    // Lets go of what was built, or whoever has the value would find it shared.
    void forgetShared() { m_shared.clear(); }

    TextCache &texts() { return m_texts; }

    // What was counted since reset() against PickleLimits::expandedSizeFor().
    qsizetype expandedSize() const { return m_limit - qMax<qsizetype>(0, m_budget); }

private:
    class Nesting;

    // What the first mention has become, and what a further one counts for.
    struct Shared
    {
        QVariant value;
        qsizetype valuesSize = 0;
        qsizetype contentSize = 0;
        int height = 0;
    };

    bool fail(const Node &node, const QString &text);
    bool tooDeep(const Node &node);
    bool tooLarge(const Node &node);
    bool spend(const Node &node, qsizetype bytes) { return Q_LIKELY((m_budget -= bytes) >= 0) || tooLarge(node); }
    bool spendContent(const Node &node, qsizetype bytes);
    bool spendObject(const Node &node);
    bool mention(const Node &node, const Shared &shared);

    bool buildAnew(const Node &node, QVariant *value);
    bool buildShared(const Node &node, quint16 share, QVariant *value);
    bool buildText(const Node &node, QString *text);
    bool buildSharedText(const Node &node, QString *text);
    bool buildMentionedText(const Node &node, QString *text);
    bool buildText8(const Node &node, QVariant *value);
    bool buildContainer(const Node &node, QVariant *value);
    bool buildItems(const ItemChain &chain, QVariantList *list);
    bool buildPairs(const ItemChain &chain, QList<PyventDict::Pair> *pairs);
    bool buildMap(const ItemChain &chain, QVariantMap *map, QVariant *sender = nullptr);
    bool hasTextKeys(const ItemChain &chain);
    bool isTextKey(const Node &key);

    bool buildObject(const Node &node, QVariant *value);
    bool buildInert(const Node &node, PyventObject *object);
    bool buildExtras(const ObjectExtras &extras, PyventObject *object);
    bool buildCallable(const Node &node, PyventObject *callable);

    // These set \a value, or leave it invalid if the object is not what its class writes; false only on
    // failure.
    bool buildKnown(const ObjectNode &object, QVariant *value);
    bool buildDateTime(const ObjectNode &object, QVariant *value);
    bool buildZone(const Node *zone, PyventTime *time);
    void buildUuid(const ObjectNode &object, QVariant *value);
    bool buildArray(const ObjectNode &object, QVariant *value);

    PickleArena &m_arena;
    const PickleLimits m_limits;
    QByteArrayView m_pickle;
    qsizetype m_limit = 0;
    qsizetype m_budget = 0;
    qsizetype m_valuesBudget = 0;  // of what is mentioned again
    qsizetype m_contentBudget = 0; // likewise
    qsizetype m_content = 0;       // counted at all mentions
    int m_depth = 0;
    int m_deepest = 0;
    std::vector<Shared> m_shared; // by PickleArena::shareOf()
    quint32 m_offset = 0;         // of the innermost container or object that is being built
    PickleError m_error;
    TextCache m_texts;
};

} // namespace Pyvent::Internal

#endif
