// SPDX-License-Identifier: MIT
// Enums and flags, from numbers, names, and the members of Python's enums.
#include "valuereader_p.h"

#include "pyventobject.h"

#include <QtCore/qmetaobject.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

// As C++ and Python would spell the same name: ExtraLarge and EXTRA_LARGE.
QString folded(QStringView name)
{
    return name.toString().remove(u'_').toLower();
}

// The value called \a name. A name that nothing has exactly may be in Python's spelling, if only one value is meant.
std::optional<int> namedValue(const QMetaEnum &names, QStringView name)
{
    const qsizetype scope = std::max(name.lastIndexOf(u':'), name.lastIndexOf(u'.'));
    const QStringView key = name.sliced(scope + 1).trimmed();
    bool isKnown = false;
    const int exact = names.keyToValue(key.toUtf8().constData(), &isKnown);
    if (isKnown)
        return exact;
    std::optional<int> found;
    for (int i = 0; i < names.keyCount(); ++i) {
        if (folded(QString::fromUtf8(names.key(i))) != folded(key))
            continue;
        if (found && *found != names.value(i))
            return std::nullopt;
        found = names.value(i);
    }
    return found;
}

std::optional<int> flagsOf(const QMetaEnum &names, QStringView text)
{
    int flags = 0;
    for (const QStringView name : text.split(u'|', Qt::SkipEmptyParts)) {
        const std::optional<int> flag = namedValue(names, name);
        if (!flag)
            return std::nullopt;
        flags |= *flag;
    }
    return flags;
}

// Whether an enum has a name for the value that it has. Qt keeps the values as int, so nothing is known of larger ones.
bool hasValue(const QMetaEnum &names, QMetaType type, const void *object)
{
    const bool isUnsigned = type.flags() & QMetaType::IsUnsignedEnumeration;
    int value = 0;
    switch (type.sizeOf()) {
    case 1:
        value = isUnsigned ? *static_cast<const quint8 *>(object) : *static_cast<const qint8 *>(object);
        break;
    case 2:
        value = isUnsigned ? *static_cast<const quint16 *>(object) : *static_cast<const qint16 *>(object);
        break;
    case 4:
        value = *static_cast<const int *>(object);
        break;
    default:
        return true;
    }
    for (int i = 0; i < names.keyCount(); ++i) {
        if (names.value(i) == value)
            return true;
    }
    return false;
}

QString listOf(const QMetaEnum &names)
{
    constexpr int most = 12;
    QStringList keys;
    for (int i = 0; i < std::min(names.keyCount(), most); ++i)
        keys.append(QString::fromUtf8(names.key(i)));
    if (names.keyCount() > most)
        keys.append(u"…"_s);
    return keys.join(", "_L1);
}

// The two sides of Python's a | b, which is how some of its releases send combined flags.
bool isCombination(const PyventObject &object)
{
    return object.kind() == PyventObject::Call && object.isA("_operator"_L1, "or_"_L1)
        && object.arguments().size() == 2;
}

template <typename T>
void storeAs(int value, void *object)
{
    *static_cast<T *>(object) = T(value);
}

void store(int value, QMetaType type, void *object)
{
    const bool isUnsigned = type.flags() & QMetaType::IsUnsignedEnumeration;
    switch (type.sizeOf()) {
    case 1:
        return storeAs<qint8>(value, object);
    case 2:
        return storeAs<qint16>(value, object);
    case 4:
        return storeAs<qint32>(value, object);
    default:
        // Qt keeps the values as int.
        return isUnsigned ? storeAs<quint64>(int(quint32(value)), object) : storeAs<qint64>(value, object);
    }
}

} // namespace

QMetaEnum enumeratorOf(QMetaType type)
{
    const QMetaObject *owner = type.metaObject();
    if (!owner)
        return QMetaEnum();
    QByteArrayView name(type.name());
    const bool isFlag = name.startsWith("QFlags<");
    if (isFlag)
        name = name.sliced(7).chopped(1); // QFlags<Kitchen::Extra>
    name = name.sliced(name.lastIndexOf(':') + 1);
    for (int i = 0; i < owner->enumeratorCount(); ++i) {
        const QMetaEnum names = owner->enumerator(i);
        if (name == QByteArrayView(names.enumName()) && (names.isFlag() || !isFlag))
            return names;
    }
    return QMetaEnum();
}

} // namespace Pyvent::Internal

namespace PyventBinding {

using namespace Pyvent::Internal;

bool ValueReader::readEnum(const QVariant &value, QMetaType type, const QMetaEnum &names, void *object)
{
    if (isNone(value))
        return doesNotConvert(value, type);
    if (value.metaType() == type) {
        std::memcpy(object, value.constData(), size_t(type.sizeOf()));
        return true;
    }
    if (const auto *member = as<PyventObject>(value))
        return readMember(*member, type, names, object);
    if (value.typeId() == QMetaType::QString && names.isValid()) {
        const QString text = value.toString();
        if (const std::optional<int> found = names.isFlag() ? flagsOf(names, text) : namedValue(names, text)) {
            store(*found, type, object);
            return true;
        }
    }
    const bool isUnsigned = type.flags() & QMetaType::IsUnsignedEnumeration;
    const Stored stored = storeInteger(value, type.sizeOf(), !isUnsigned, object);
    if (stored == Stored::IsNoNumber && !names.isValid())
        return doesNotConvert(value, type);
    const bool isKnown = stored == Stored::Yes && (!names.isValid() || names.isFlag() || hasValue(names, type, object));
    return isKnown || isNoneOf(value, type, names);
}

// A member of Python's Enum says its name, or else what it is made from.
bool ValueReader::readMember(const PyventObject &member, QMetaType type, const QMetaEnum &names, void *object)
{
    if (const QString name = member.memberName(); !name.isEmpty())
        return readEnum(name, type, names, object);
    if (isCombination(member)) {
        const QVariantList sides = member.arguments();
        quint64 left = 0;
        quint64 right = 0;
        if (!readEnum(sides.at(0), type, names, &left) || !readEnum(sides.at(1), type, names, &right))
            return false;
        left |= right;
        std::memcpy(object, &left, size_t(type.sizeOf()));
        return true;
    }
    bool isMade = false;
    if (const qlonglong number = member.toLongLong(&isMade); isMade)
        return readEnum(number, type, names, object);
    if (const QString text = member.toText(&isMade); isMade)
        return readEnum(text, type, names, object);
    return doesNotConvert(QVariant::fromValue(member), type);
}

bool ValueReader::isNoneOf(const QVariant &value, QMetaType type, const QMetaEnum &names)
{
    if (!isNumber(value) && value.typeId() != QMetaType::QString)
        return doesNotConvert(value, type);
    if (!names.isValid())
        return doesNotFit(value, type);
    return fail(u"is %1, which is none of %2::%3: %4"_s.arg(quoted(value), QString::fromLatin1(names.scope()),
                                                            QString::fromLatin1(names.name()), listOf(names)));
}

} // namespace PyventBinding
