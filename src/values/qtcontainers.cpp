// SPDX-License-Identifier: MIT
#include "qtcontainers.h"

#include <QtCore/qassociativeiterable.h>
#include <QtCore/qmetacontainer.h>
#include <QtCore/qsequentialiterable.h>

#include <algorithm>
#include <utility>

namespace Pyvent::Internal {

using PyventBinding::ValueReader;

namespace {

// An object of a type that is known by its meta-type only.
class Item
{
public:
    explicit Item(QMetaType type)
        : m_isVariant(type == QMetaType::fromType<QVariant>())
        , m_value(m_isVariant ? QVariant() : QVariant(type))
    {
    }

    void *data() { return m_isVariant ? &m_value : m_value.data(); }
    QVariant take() { return std::move(m_value); }

private:
    const bool m_isVariant; // a QVariant does not hold another one
    QVariant m_value;
};

// Calls \a use with an iterator to each element of \a container.
template <typename Use>
void forEach(const QMetaContainer &type, const void *container, Use use)
{
    void *const end = type.constEnd(container);
    void *const it = type.constBegin(container);
    for (; !type.compareConstIterator(it, end); type.advanceConstIterator(it, 1))
        use(it);
    type.destroyConstIterator(it);
    type.destroyConstIterator(end);
}

class SequenceConversion final : public QtConversion
{
public:
    SequenceConversion(QMetaType type, const QMetaSequence &sequence)
        : m_type(type)
        , m_sequence(sequence)
        , m_item(sequence.valueMetaType())
    {
    }

    QVariant toValue(const void *object) const override
    {
        QVariantList values;
        values.reserve(qMax(qsizetype(0), m_sequence.size(object)));
        forEach(m_sequence, object, [&](const void *it) {
            Item item(m_item);
            m_sequence.valueAtConstIterator(it, item.data());
            values.append(item.take());
        });
        return m_sequence.canAddValueAtEnd() ? QVariant(values) : PyventBinding::setOf(values);
    }

    bool fromValue(const QVariant &value, void *object, ValueReader &reader) const override
    {
        QVariantList items;
        if (!reader.items(value, m_type, &items))
            return false;
        m_sequence.clear(object);
        for (qsizetype i = 0; i < items.size(); ++i) {
            Item item(m_item);
            if (!reader.read(items.at(i), m_item, item.data()))
                return reader.failedAt(i);
            m_sequence.addValue(object, item.data());
        }
        return true;
    }

private:
    const QMetaType m_type;
    const QMetaSequence m_sequence;
    const QMetaType m_item;
};

class AssociationConversion final : public QtConversion
{
public:
    AssociationConversion(QMetaType type, const QMetaAssociation &association)
        : m_type(type)
        , m_association(association)
        , m_key(association.keyMetaType())
        , m_item(association.mappedMetaType())
    {
    }

    QVariant toValue(const void *object) const override
    {
        if (m_key == QMetaType::fromType<QString>())
            return toMap(object);
        QList<PyventDict::Pair> pairs;
        pairs.reserve(qMax(qsizetype(0), m_association.size(object)));
        forEach(m_association, object, [&](const void *it) {
            Item key(m_key);
            m_association.keyAtConstIterator(it, key.data());
            pairs.emplaceBack(PyventBinding::keyOf(key.take()), mappedAt(it));
        });
        return QVariant::fromValue(PyventDict(pairs));
    }

    bool fromValue(const QVariant &value, void *object, ValueReader &reader) const override
    {
        QList<PyventDict::Pair> pairs;
        if (!reader.pairs(value, m_type, &pairs))
            return false;
        m_association.clear(object);
        for (const auto &[name, argument] : std::as_const(pairs)) {
            Item key(m_key);
            Item item(m_item);
            if (!reader.read(name, m_key, key.data()))
                return reader.keyFailed(name);
            if (!reader.read(argument, m_item, item.data()))
                return reader.failedAt(name);
            if (m_association.containsKey(object, key.data()))
                return reader.isThereTwice(name, m_type);
            m_association.setMappedAtKey(object, key.data(), item.data());
        }
        return true;
    }

private:
    QVariant mappedAt(const void *iterator) const
    {
        Item item(m_item);
        m_association.mappedAtConstIterator(iterator, item.data());
        return item.take();
    }

    QVariantMap toMap(const void *object) const
    {
        QVariantMap map;
        forEach(m_association, object, [&](const void *it) {
            QString key;
            m_association.keyAtConstIterator(it, &key);
            map.insert(map.cend(), key, mappedAt(it)); // at its end: most maps come sorted
        });
        return map;
    }

    const QMetaType m_type;
    const QMetaAssociation m_association;
    const QMetaType m_key;
    const QMetaType m_item;
};

// Qt reads pairs and cannot write them, but where their second part lies follows from the two types.
class PairConversion final : public QtConversion
{
public:
    PairConversion(QMetaType type, QMetaType first, QMetaType second)
        : m_type(type)
        , m_first(first)
        , m_second(second)
    {
    }

    static qsizetype secondOffset(QMetaType first, QMetaType second)
    {
        return roundedUp(first.sizeOf(), second.alignOf());
    }

    // Whether the parts lie as they do in std::pair of two such types.
    static bool isLaidOutAsExpected(QMetaType type, QMetaType first, QMetaType second)
    {
        const qsizetype alignment = std::max(first.alignOf(), second.alignOf());
        return type.alignOf() == alignment
            && type.sizeOf() == roundedUp(secondOffset(first, second) + second.sizeOf(), alignment);
    }

    QVariant toValue(const void *object) const override
    {
        return QVariant::fromValue(PyventTuple({valueAt(m_first, object), valueAt(m_second, second(object))}));
    }

    bool fromValue(const QVariant &value, void *object, ValueReader &reader) const override
    {
        QVariantList items;
        if (!reader.items(value, m_type, 2, &items))
            return false;
        if (!reader.read(items.at(0), m_first, object))
            return reader.failedAt(0);
        return reader.read(items.at(1), m_second, const_cast<void *>(second(object))) || reader.failedAt(1);
    }

private:
    static qsizetype roundedUp(qsizetype size, qsizetype alignment)
    {
        return (size + alignment - 1) / alignment * alignment;
    }

    static QVariant valueAt(QMetaType type, const void *object)
    {
        return type == QMetaType::fromType<QVariant>() ? *static_cast<const QVariant *>(object)
                                                       : QVariant(type, object);
    }

    const void *second(const void *object) const
    {
        return static_cast<const char *>(object) + secondOffset(m_first, m_second);
    }

    const QMetaType m_type;
    const QMetaType m_first;
    const QMetaType m_second;
};

// What Qt's view of \a object tells of its container; invalid where there is none.
template <typename Container>
Container containerOf(QMetaType type, void *object)
{
    QIterable<Container> iterable(Container(), alignof(void *), static_cast<void *>(nullptr));
    if (QMetaType::view(type, object, QMetaType::fromType<QIterable<Container>>(), &iterable))
        return iterable.metaContainer();
    return Container();
}

// Qt has no view of its own types.
QMetaSequence sequenceOf(QMetaType type, void *object)
{
    switch (type.id()) {
    case QMetaType::QStringList:
        return QMetaSequence::fromContainer<QStringList>();
    case QMetaType::QByteArrayList:
        return QMetaSequence::fromContainer<QByteArrayList>();
    case QMetaType::QVariantList:
        return QMetaSequence::fromContainer<QVariantList>();
    default:
        return containerOf<QMetaSequence>(type, object);
    }
}

QMetaAssociation associationOf(QMetaType type, void *object)
{
    switch (type.id()) {
    case QMetaType::QVariantMap:
        return QMetaAssociation::fromContainer<QVariantMap>();
    case QMetaType::QVariantHash:
        return QMetaAssociation::fromContainer<QVariantHash>();
    default:
        return containerOf<QMetaAssociation>(type, object);
    }
}

} // namespace

std::unique_ptr<const QtConversion> makeQtConversion(QMetaType type)
{
    QVariant object(type);
    if (!object.isValid())
        return nullptr;
    if (const QMetaSequence sequence = sequenceOf(type, object.data()); sequence.valueMetaType().isValid()
        && sequence.hasConstIterator() && sequence.canAddValue() && sequence.canClear())
        return std::make_unique<SequenceConversion>(type, sequence);
    if (const QMetaAssociation association = associationOf(type, object.data()); association.mappedMetaType().isValid()
        && association.hasConstIterator() && association.canSetMappedAtKey() && association.canClear())
        return std::make_unique<AssociationConversion>(type, association);
    if (type.id() == QMetaType::QVariantPair)
        return std::make_unique<PairConversion>(type, QMetaType::fromType<QVariant>(), QMetaType::fromType<QVariant>());
    using Pair = QtMetaTypePrivate::QPairVariantInterfaceImpl;
    Pair pair;
    if (QMetaType::convert(type, object.constData(), QMetaType::fromType<Pair>(), &pair)
        && PairConversion::isLaidOutAsExpected(type, pair._metaType_first, pair._metaType_second))
        return std::make_unique<PairConversion>(type, pair._metaType_first, pair._metaType_second);
    return nullptr;
}

} // namespace Pyvent::Internal
