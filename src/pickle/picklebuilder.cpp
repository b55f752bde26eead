// SPDX-License-Identifier: MIT
#include "picklebuilder.h"

#include "pickletext.h"
#include "pyventinteger.h"
#include "pyventset.h"
#include "pyventtuple.h"
#include "values/qtvalues.h"
#include "valueslot.h"

#include <utility>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

// What a value costs of PickleLimits::expandedSizeFor() besides its content: a half to a third of what it takes in memory, so that
// what Python writes costs no more than 16 for each byte. The shortest are None and the like, of one byte; what is mentioned again,
// of two; [None], (None,) and an entry of a dict, of three; an object, of five.
constexpr qsizetype valueCost = 16;
constexpr qsizetype textCost = 16;
constexpr qsizetype containerCost = 16;
constexpr qsizetype mapNodeCost = 32;
constexpr qsizetype objectCost = 64;

} // namespace

// One level of nesting, and the mark on the container or object that it is being built.
class PickleBuilder::Nesting
{
public:
    template <typename T>
    Nesting(PickleBuilder *builder, T *part)
        : m_builder(builder)
        , m_isOpen(&part->open)
        , m_outerOffset(builder->m_offset)
    {
        ++m_builder->m_depth;
        m_builder->m_deepest = qMax(m_builder->m_deepest, m_builder->m_depth);
        m_builder->m_offset = part->offset;
        *m_isOpen = true;
    }
    ~Nesting()
    {
        --m_builder->m_depth;
        m_builder->m_offset = m_outerOffset;
        *m_isOpen = false;
    }
    Q_DISABLE_COPY_MOVE(Nesting)

private:
    PickleBuilder *m_builder;
    bool *m_isOpen;
    quint32 m_outerOffset;
};

PickleBuilder::PickleBuilder(PickleArena &arena, const PickleLimits &limits)
    : m_arena(arena)
    , m_limits(limits)
{
}

void PickleBuilder::reset(QByteArrayView pickle)
{
    m_pickle = pickle;
    m_limit = m_budget = m_limits.expandedSizeFor(pickle.size());
    m_valuesBudget = m_limits.mentionedValuesFor(pickle.size());
    m_contentBudget = m_limits.mentionedContentFor(pickle.size());
    m_content = 0;
    m_depth = 0;
    m_deepest = 0;
    m_offset = 0;
    m_shared.resize(m_arena.shares() == 0 ? 0 : m_arena.shares() + 1u);
    if (m_error.isError())
        m_error = {};
}

bool PickleBuilder::fail(const Node &node, const QString &text)
{
    if (m_error.isError())
        return false;
    m_error.text = text;
    m_error.offset = m_offset; // of what the value is in, unless the value knows better
    if (node.tag >= Node::Global) {
        m_error.offset = m_arena.objects[node.index].offset;
    } else if (node.tag >= Node::List) {
        m_error.offset = m_arena.containers[node.index].offset;
    } else if (node.tag >= Node::Text || node.tag == Node::Long) {
        const qsizetype offset = node.data - m_pickle.data();
        if (offset >= 0 && offset <= m_pickle.size())
            m_error.offset = offset;
    }
    return false;
}

bool PickleBuilder::tooDeep(const Node &node)
{
    return fail(node, u"the pickle nests deeper than the limit of %1"_s.arg(m_limits.depth));
}

bool PickleBuilder::tooLarge(const Node &node)
{
    const qsizetype limit = m_valuesBudget < 0 ? m_limits.mentionedValuesFor(m_pickle.size())
        : m_contentBudget < 0                  ? m_limits.mentionedContentFor(m_pickle.size())
                                               : m_limit;
    return fail(node, u"the pickle expands beyond the limit of %1 bytes"_s.arg(limit));
}

bool PickleBuilder::spendContent(const Node &node, qsizetype bytes)
{
    m_content += textCost + bytes;
    return spend(node, textCost + bytes);
}

// A further mention of what \a shared is.
bool PickleBuilder::mention(const Node &node, const Shared &shared)
{
    m_content += shared.contentSize;
    m_contentBudget -= shared.contentSize;
    m_valuesBudget -= shared.valuesSize;
    m_deepest = qMax(m_deepest, m_depth + shared.height);
    if (m_valuesBudget < 0 || m_contentBudget < 0)
        return tooLarge(node);
    return m_deepest <= m_limits.depth || tooDeep(node);
}

// \a value is invalid before.
bool PickleBuilder::build(const Node &node, QVariant *value)
{
    if (!spend(node, valueCost))
        return false;
    const quint16 share = m_arena.shareOf(node);
    return share == 0 ? buildAnew(node, value) : buildShared(node, share, value);
}

bool PickleBuilder::buildShared(const Node &node, quint16 share, QVariant *value)
{
    Shared &shared = m_shared[share];
    if (shared.value.isValid()) {
        if (!mention(node, shared))
            return false;
        setValue(value, shared.value);
        return true;
    }
    const qsizetype budgets = m_budget + m_valuesBudget + m_contentBudget;
    const qsizetype content = m_content;
    const int deepest = std::exchange(m_deepest, m_depth);
    if (!buildAnew(node, value)) // which may meet this node again, if it contains itself
        return false;
    shared.contentSize = m_content - content;
    shared.valuesSize = budgets - (m_budget + m_valuesBudget + m_contentBudget) - shared.contentSize;
    shared.height = m_deepest - m_depth;
    shared.value = *value;
    m_deepest = qMax(deepest, m_deepest);
    return true;
}

bool PickleBuilder::buildAnew(const Node &node, QVariant *value)
{
    switch (node.tag) {
    case Node::None:
        *value = QVariant::fromValue(nullptr);
        return true;
    case Node::False:
    case Node::True:
        setValue(value, node.tag == Node::True);
        return true;
    case Node::Int:
        setValue(value, qlonglong(node.integer));
        return true;
    case Node::UInt:
        setValue(value, qulonglong(node.integer));
        return true;
    case Node::Long:
        if (!spendContent(node, qsizetype(node.size)))
            return false;
        *value = QVariant::fromValue(PyventInteger::fromTwosComplement(node.view()));
        return true;
    case Node::Float:
        setValue(value, node.real);
        return true;
    case Node::Text:
        setValue(value, QString());
        return buildText(node, contentOf<QString>(value));
    case Node::Text8:
        return buildText8(node, value);
    case Node::Bytes:
        if (!spendContent(node, qsizetype(node.size)))
            return false;
        setValue(value, QByteArray(node.data, qsizetype(node.size)));
        return true;
    case Node::Empty:
        return fail(node, u"there is no value"_s);
    case Node::ByteArray:
    case Node::Global:
    case Node::Object:
        return buildObject(node, value);
    default:
        return buildContainer(node, value);
    }
}

Q_ALWAYS_INLINE bool PickleBuilder::buildText(const Node &node, QString *text)
{
    if (!spendContent(node, qsizetype(node.size)))
        return false;
    return Q_LIKELY(decodeUtf8(node.view(), text)) || fail(node, u"a str is not UTF-8"_s);
}

// The same for texts that are likely to come again: keys, and values at keys.
bool PickleBuilder::buildSharedText(const Node &node, QString *text)
{
    if (node.share != 0)
        return buildMentionedText(node, text);
    if (!spendContent(node, qsizetype(node.size)))
        return false;
    return Q_LIKELY(m_texts.decode(node.view(), text)) || fail(node, u"a str is not UTF-8"_s);
}

bool PickleBuilder::buildMentionedText(const Node &node, QString *text)
{
    QVariant value;
    if (!buildShared(node, node.share, &value))
        return false;
    if (value.metaType() != QMetaType::fromType<QString>())
        return fail(node, u"a str is not UTF-8"_s);
    *text = *contentOf<QString>(&value);
    return true;
}

bool PickleBuilder::buildText8(const Node &node, QVariant *value)
{
    if (!spendContent(node, qsizetype(node.size)))
        return false;
    // Python 2's str is text or bytes, and only the sender knows which.
    QString text;
    if (decodeUtf8(node.view(), &text))
        *value = QVariant(text);
    else
        *value = QVariant(QByteArray(node.data, qsizetype(node.size)));
    return true;
}

bool PickleBuilder::buildContainer(const Node &node, QVariant *value)
{
    ContainerNode &container = m_arena.containers[node.index];
    if (container.items.count > 0 && !spend(node, containerCost)) // an empty one has nothing beside the value
        return false;
    if (container.open)
        return fail(node, u"the pickle has a container that contains itself"_s);
    if (m_depth >= m_limits.depth)
        return tooDeep(node);
    const Nesting nesting(this, &container);
    if (node.tag == Node::Dict && hasTextKeys(container.items)) {
        setValue(value, QVariantMap());
        QVariantMap *map = contentOf<QVariantMap>(value);
        if (!buildMap(container.items, map))
            return false;
        restoreQtValue(*map, value);
        return true;
    }
    if (node.tag == Node::Dict) {
        QList<PyventDict::Pair> pairs;
        if (!buildPairs(container.items, &pairs))
            return false;
        *value = QVariant::fromValue(PyventDict(std::move(pairs)));
        return true;
    }
    if (node.tag == Node::List) {
        setValue(value, QVariantList());
        return buildItems(container.items, contentOf<QVariantList>(value));
    }
    QVariantList list;
    if (!buildItems(container.items, &list))
        return false;
    if (node.tag == Node::Tuple)
        *value = QVariant::fromValue(PyventTuple(std::move(list)));
    else
        *value = QVariant::fromValue(
            PyventSet(std::move(list), node.tag == Node::Set ? PyventSet::Set : PyventSet::FrozenSet));
    return true;
}

bool PickleBuilder::buildItems(const ItemChain &chain, QVariantList *list)
{
    if (chain.count == 0)
        return true;
    if (qsizetype(chain.count) > m_budget / valueCost) // the same list may be named many times
        return spend({}, m_budget + 1);
    list->resize(qsizetype(chain.count));
    QVariant *next = list->data();
    return m_arena.forEach(chain, [&](const Node &item) { return build(item, next++); });
}

bool PickleBuilder::buildPairs(const ItemChain &chain, QList<PyventDict::Pair> *pairs)
{
    return m_arena.forEachPair(chain, [&](const Node &key, const Node &value) {
        PyventDict::Pair &pair = pairs->emplaceBack();
        return build(key, &pair.first) && build(value, &pair.second);
    });
}

bool PickleBuilder::hasTextKeys(const ItemChain &chain)
{
    return m_arena.forEachPair(chain, [this](const Node &key, const Node &) { return isTextKey(key); });
}

// A long one is not looked through again at each mention.
bool PickleBuilder::isTextKey(const Node &key)
{
    if (key.tag != Node::Text8 || key.share == 0)
        return key.tag == Node::Text || (key.tag == Node::Text8 && isUtf8(key.view()));
    QVariant value;
    return buildShared(key, key.share, &value) && value.metaType() == QMetaType::fromType<QString>();
}

// The value of the key "sender" goes to \a sender, if that is given.
bool PickleBuilder::buildMap(const ItemChain &chain, QVariantMap *map, QVariant *sender)
{
    std::map<QString, QVariant> entries; // QMap looks a key up twice to insert it
    const bool ok = m_arena.forEachPair(chain, [&](const Node &keyNode, const Node &value) {
        if (sender && keyNode.size == 6 && keyNode.view() == "sender") {
            sender->clear();
            return build(value, sender);
        }
        QString key;
        if (!spend(keyNode, mapNodeCost) || !buildSharedText(keyNode, &key))
            return false;
        QVariant *slot = valueSlot(&entries, std::move(key));
        if (value.tag != Node::Text || value.share != 0)
            return build(value, slot);
        setValue(slot, QString());
        return spend(value, valueCost) && buildSharedText(value, contentOf<QString>(slot));
    });
    if (ok && !entries.empty())
        *map = QVariantMap(std::move(entries));
    return ok;
}

bool PickleBuilder::buildArguments(const Node &node, QVariantMap *arguments, QVariant *sender)
{
    arguments->clear();
    if (sender->isValid())
        sender->clear();
    if (node.tag != Node::Dict || !hasTextKeys(m_arena.containers[node.index].items))
        return fail(node, u"the arguments of an event are not a dict with str keys"_s);
    ContainerNode &container = m_arena.containers[node.index];
    const Nesting nesting(this, &container);
    const bool ok = buildMap(container.items, arguments, sender);
    if (!ok)
        sender->clear();
    return ok;
}

// Of a class that is named again, as each object's is, only its name is gone through.
bool PickleBuilder::spendObject(const Node &node)
{
    return node.tag == Node::Global ? spendContent(node, objectCost) : spend(node, objectCost);
}

bool PickleBuilder::buildObject(const Node &node, QVariant *value)
{
    if (!spendObject(node))
        return false;
    if (node.tag == Node::Object) {
        const ObjectNode &object = m_arena.objects[node.index];
        if (object.callable.tag == Node::Global && object.callable.known != Known::None) {
            if (object.open || m_depth >= m_limits.depth)
                return object.open ? fail(node, u"the pickle has an object that contains itself"_s) : tooDeep(node);
            const Nesting nesting(this, &m_arena.objects[node.index]);
            QVariant known;
            if (!buildKnown(object, &known))
                return false;
            if (known.isValid()) {
                *value = std::move(known);
                return true;
            }
        }
    }
    PyventObject object;
    if (!buildInert(node, &object))
        return false;
    *value = QVariant::fromValue(object);
    return true;
}

bool PickleBuilder::buildCallable(const Node &node, PyventObject *callable)
{
    if (!node.isObject())
        return fail(node, u"a value that is not a class or function is called"_s);
    const quint16 share = node.tag == Node::Global ? m_arena.shareOf(node) : 0;
    if (share == 0)
        return spendObject(node) && buildInert(node, callable);
    QVariant value;
    if (!buildShared(node, share, &value))
        return false;
    *callable = *contentOf<PyventObject>(&value);
    return true;
}

bool PickleBuilder::buildInert(const Node &node, PyventObject *object)
{
    if (node.tag == Node::ByteArray) {
        if (!spendContent(node, qsizetype(node.size)))
            return false;
        *object = PyventObject::call(PyventObject(u"builtins"_s, u"bytearray"_s),
                                     {QByteArray(node.data, qsizetype(node.size))});
        return true;
    }
    ObjectNode &source = m_arena.objects[node.index];
    if (source.form == ObjectNode::Global) {
        QString module;
        QString name;
        if (!buildSharedText(source.callable, &module) || !buildSharedText(source.arguments, &name))
            return false;
        *object = PyventObject(module, name);
        return true;
    }
    if (source.open)
        return fail(node, u"the pickle has an object that contains itself"_s);
    if (m_depth >= m_limits.depth)
        return tooDeep(node);
    const Nesting nesting(this, &source);
    PyventObject callable;
    QVariantList arguments;
    if (!buildCallable(source.callable, &callable)
        || !buildItems(m_arena.containers[source.arguments.index].items, &arguments))
        return false;
    if (source.form == ObjectNode::Call) {
        *object = PyventObject::call(callable, arguments);
    } else {
        QVariantMap keywords;
        const Node &node2 = m_arena.extras[source.extras].keywords;
        if (node2.tag == Node::Dict) {
            const ItemChain &chain = m_arena.containers[node2.index].items;
            if (!hasTextKeys(chain))
                return fail(node2, u"the keyword arguments of an object are not named by str"_s);
            if (!buildMap(chain, &keywords))
                return false;
        }
        *object = PyventObject::create(callable, arguments, keywords);
    }
    return source.extras == 0 || buildExtras(m_arena.extras[source.extras], object);
}

bool PickleBuilder::buildExtras(const ObjectExtras &extras, PyventObject *object)
{
    if (extras.listItems.count) {
        QVariantList items;
        if (!buildItems(extras.listItems, &items))
            return false;
        object->setListItems(items);
    }
    if (extras.dictItems.count) {
        QList<PyventDict::Pair> pairs;
        if (!buildPairs(extras.dictItems, &pairs))
            return false;
        const PyventDict items(std::move(pairs));
        object->setDictItems(items);
    }
    if (extras.state.tag != Node::Empty) {
        QVariant state;
        if (!build(extras.state, &state))
            return false;
        object->setState(state);
    }
    if (extras.stateSetter.tag != Node::Empty) {
        PyventObject setter;
        if (!buildCallable(extras.stateSetter, &setter))
            return false;
        object->setStateSetter(setter);
    }
    return true;
}

} // namespace Pyvent::Internal
