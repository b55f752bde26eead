// SPDX-License-Identifier: MIT
#ifndef PYVENT_PICKLEBUILDER_H
#define PYVENT_PICKLEBUILDER_H

#include "picklearena.h"
#include "picklelimits.h"
#include "pyventobject.h"
#include "textcache.h"

#include <QtCore/qvariant.h>

class PyventTime;

namespace Pyvent::Internal {

// The second phase of reading: turns nodes into QVariants. Recursive, but no deeper than PickleLimits::depth,
// and what it builds is counted against PickleLimits::expandedSize, because what the nodes share is built for
// every mention.
class PickleBuilder
{
public:
    PickleBuilder(PickleArena &arena, const PickleLimits &limits);

    // Begins with a new pickle, whose bytes are \a pickle: offsets of errors count from there.
    void reset(QByteArrayView pickle);
    bool build(const Node &node, QVariant *value);
    bool buildArguments(const Node &node, QVariantMap *arguments, QVariant *sender);
    const PickleError &error() const { return m_error; }
    TextCache &texts() { return m_texts; }

private:
    class Nesting;

    bool fail(const Node &node, const QString &text);
    bool tooDeep(const Node &node);
    bool tooLarge(const Node &node);
    bool spend(const Node &node, qsizetype bytes) { return Q_LIKELY((m_budget -= bytes) >= 0) || tooLarge(node); }

    bool buildText(const Node &node, QString *text);
    bool buildSharedText(const Node &node, QString *text);
    bool buildText8(const Node &node, QVariant *value);
    bool buildContainer(const Node &node, QVariant *value);
    bool buildItems(const ItemChain &chain, QVariantList *list);
    bool buildPairs(const ItemChain &chain, QList<PyventDict::Pair> *pairs);
    bool buildMap(const ItemChain &chain, QVariantMap *map, QVariant *sender = nullptr);
    bool hasTextKeys(const ItemChain &chain) const;

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
    qsizetype m_budget = 0;
    int m_depth = 0;
    quint32 m_offset = 0; // of the innermost container or object that is being built
    PickleError m_error;
    TextCache m_texts;
};

} // namespace Pyvent::Internal

#endif
