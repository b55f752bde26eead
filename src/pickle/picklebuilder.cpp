// SPDX-License-Identifier: MIT
#include "picklebuilder.h"

#include "pickletext.h"
#include "pyventinteger.h"
#include "pyventset.h"
#include "pyventtuple.h"
#include "values/qtvalues.h"
#include "valueslot.h"

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

// What a value costs of PickleLimits::expandedSize besides its bytes: about what it takes in memory.
constexpr qsizetype valueCost = 32;
constexpr qsizetype textCost = 24;
constexpr qsizetype containerCost = 48;
constexpr qsizetype mapNodeCost = 64;
constexpr qsizetype objectCost = 192;

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
    m_budget = m_limits.expandedSize;
    m_depth = 0;
    m_offset = 0;
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
    return fail(node, u"the pickle expands beyond the limit of %1 bytes"_s.arg(m_limits.expandedSize));
}

// \a value is invalid before.
bool PickleBuilder::build(const Node &node, QVariant *value)
{
    if (!spend(node, valueCost))
        return false;
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
        if (!spend(node, textCost + qsizetype(node.size)))
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
        if (!spend(node, textCost + qsizetype(node.size)))
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
    if (!spend(node, textCost + 2 * qsizetype(node.size)))
        return false;
    return Q_LIKELY(decodeUtf8(node.view(), text)) || fail(node, u"a str is not UTF-8"_s);
}

// The same for texts that are likely to come again: keys, and values at keys.
bool PickleBuilder::buildSharedText(const Node &node, QString *text)
{
    if (!spend(node, textCost + 2 * qsizetype(node.size)))
        return false;
    return Q_LIKELY(m_texts.decode(node.view(), text)) || fail(node, u"a str is not UTF-8"_s);
}

bool PickleBuilder::buildText8(const Node &node, QVariant *value)
{
    if (!spend(node, textCost + 2 * qsizetype(node.size)))
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
    if (!spend(node, containerCost))
        return false;
    ContainerNode &container = m_arena.containers[node.index];
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

bool PickleBuilder::hasTextKeys(const ItemChain &chain) const
{
    return m_arena.forEachPair(chain, [](const Node &key, const Node &) {
        return key.tag == Node::Text || (key.tag == Node::Text8 && isUtf8(key.view()));
    });
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
        if (value.tag != Node::Text)
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

bool PickleBuilder::buildObject(const Node &node, QVariant *value)
{
    if (!spend(node, objectCost))
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
    if (node.tag != Node::Global && node.tag != Node::Object)
        return fail(node, u"a value that is not a class or function is called"_s);
    return spend(node, objectCost) && buildInert(node, callable);
}

bool PickleBuilder::buildInert(const Node &node, PyventObject *object)
{
    if (node.tag == Node::ByteArray) {
        if (!spend(node, textCost + qsizetype(node.size)))
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
