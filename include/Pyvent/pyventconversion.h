// SPDX-License-Identifier: MIT
#ifndef PYVENTCONVERSION_H
#define PYVENTCONVERSION_H

#include "pyventdict.h"
#include "pyventtimedelta.h"
#include "pyventtuple.h"

#include <QtCore/qflags.h>
#include <QtCore/qmetaobject.h>
#include <QtCore/qvariant.h>

#include <chrono>
#include <cmath>
#include <complex>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

struct PyventEvent;
class PyventObject;
class QCborValue;
class QModelIndex;
class QPersistentModelIndex;

// How the values of events become C++ objects, and C++ objects values. Of this file, only the namespace pyvent at its end
// is meant to be used directly; the README's section "Values" says what becomes what.

// clang-format 14 does not know requires-expressions.
// clang-format off
namespace PyventBinding {

// Kinds of types

//! A type with Q_GADGET: its properties are the keywords.
template <typename T>
concept Gadget = requires {
    T::staticMetaObject;
    typename T::QtGadgetHelper;
} && !std::is_same_v<T, PyventEvent> && !std::is_base_of_v<QObject, T>;

//! Qt's own values. The pointers and indexes among its types mean nothing in another process.
template <typename T>
concept BuiltIn = bool(QMetaTypeId2<T>::IsBuiltIn) && !std::is_void_v<T> && !std::is_pointer_v<T>
    && !std::is_same_v<T, QModelIndex> && !std::is_same_v<T, QPersistentModelIndex>;

template <typename T>
inline constexpr bool isFlags = false;
template <typename T>
inline constexpr bool isFlags<QFlags<T>> = true;

template <typename T>
inline constexpr bool isDuration = false;
template <typename Rep, typename Period>
inline constexpr bool isDuration<std::chrono::duration<Rep, Period>> = std::is_arithmetic_v<Rep>;

template <typename T>
inline constexpr bool isOptional = false;
template <typename T>
inline constexpr bool isOptional<std::optional<T>> = true;

//! std::array, std::pair, std::tuple: as many parts as the type says.
template <typename T>
concept TupleLike = requires { std::tuple_size<T>::value; };

template <typename T>
concept MapLike = requires(T container, typename T::key_type key, typename T::mapped_type item) {
    container[key] = item;
    container.begin();
} && !requires(T container) { container.uniqueKeys(); }; // a dict has each key once, and a QMultiHash has not

template <typename T>
concept SetLike = std::is_same_v<typename T::key_type, typename T::value_type>
    && requires(T container, typename T::value_type item) { container.insert(item); container.begin(); };

template <typename T>
concept SequenceLike = requires(T container, typename T::value_type item) { container.push_back(item); container.begin(); }
    && !requires { typename T::traits_type; }; // std::u16string is no list

//! What Qt's meta-type system cannot look into by itself, or not without a registration.
template <typename T>
concept Structured = !BuiltIn<T> && !Gadget<T>
    && (std::is_same_v<T, std::string> || std::is_same_v<T, std::complex<double>> || isDuration<T> || isOptional<T>
        || TupleLike<T> || MapLike<T> || SetLike<T> || SequenceLike<T>);

template <typename T>
constexpr bool isConvertible();

template <typename T, std::size_t... I>
constexpr bool arePartsConvertible(std::index_sequence<I...>)
{
    return (isConvertible<std::tuple_element_t<I, T>>() && ...);
}

//! Whether a value of an event can become a T, and a T one. A type that is none of these kinds, but known to Qt by
//! Q_DECLARE_METATYPE, may have converters that are registered when the program runs.
template <typename T>
constexpr bool isConvertible()
{
    if constexpr (BuiltIn<T> || std::is_enum_v<T> || isFlags<T>)
        return true;
    else if constexpr (Gadget<T>)
        return std::is_default_constructible_v<T> && std::is_copy_constructible_v<T>;
    else if constexpr (!Structured<T>)
        return !std::is_pointer_v<T> && bool(QMetaTypeId2<T>::Defined);
    else if constexpr (TupleLike<T>)
        return arePartsConvertible<T>(std::make_index_sequence<std::tuple_size_v<T>>());
    else if constexpr (MapLike<T>)
        return isConvertible<typename T::key_type>() && isConvertible<typename T::mapped_type>();
    else if constexpr (isOptional<T> || SetLike<T> || SequenceLike<T>)
        return isConvertible<typename T::value_type>();
    else
        return true;
}

//! Stops the compiler at a type that no value of an event becomes.
template <typename T>
struct Heard
{
    static_assert(isConvertible<T>(),
                  "Pyvent: no argument of an event converts to this type. Take numbers, text, bytes, dates, durations, "
                  "enums, a class with Q_GADGET and a default constructor, or lists, sets, maps, pairs, tuples and optionals "
                  "of these; a QVariant takes everything");
};

//! Stops the compiler at a type that cannot be sent.
template <typename T>
struct Sent
{
    static_assert(isConvertible<T>(),
                  "Pyvent: a value of this type cannot be sent. Send its data: numbers, text, bytes, dates, durations, "
                  "enums, a class with Q_GADGET, or lists, sets, maps, pairs, tuples and optionals of these");
};

// Reading

class Conversion;
template <typename T>
struct ConversionOf;

//! Looks into objects of a type T as ConversionOf says.
template <Structured T>
inline constexpr ConversionOf<T> conversion{};

//! Writes values of events into C++ objects, element by element, and remembers where one does not fit. An object that was
//! not written to the end is left in parts.
class PYVENT_EXPORT ValueReader
{
public:
    //! Writes \a value into \a object, which is of the type \a type. Returns false, once for all, where it does not fit.
    bool read(const QVariant &value, QMetaType type, void *object);
    //! The same for a type that \a conversion looks into.
    bool read(const QVariant &value, QMetaType type, const Conversion &conversion, void *object);
    template <typename T>
    bool read(const QVariant &value, T *object);

    //! Writes those of \a arguments into \a gadget that are called like its properties.
    bool readProperties(const QVariantMap &arguments, const QMetaObject &type, void *gadget);

    //! What is in a list, tuple, set, array or the like. \a type is what they are wanted for.
    bool items(const QVariant &value, QMetaType type, QVariantList *items);
    //! The same where exactly \a count are wanted.
    bool items(const QVariant &value, QMetaType type, qsizetype count, QVariantList *items);
    //! What is in a dict or the like.
    bool pairs(const QVariant &value, QMetaType type, QList<PyventDict::Pair> *pairs);
    //! A timedelta; a number counts as seconds.
    bool duration(const QVariant &value, QMetaType type, PyventTimeDelta *duration);

    // What went wrong. All of these return false.
    bool doesNotConvert(const QVariant &value, QMetaType type);
    bool doesNotFit(const QVariant &value, QMetaType type);
    bool isThereTwice(const QVariant &key, QMetaType type);
    bool keyFailed(const QVariant &key);
    bool failedAt(qsizetype index);
    bool failedAt(const QVariant &key);

    //! Why the argument \a name could not be read, with the place in it.
    QString error(const QString &name) const;
    //! The same where the place begins with the argument's name.
    QString error() const { return error(QString()); }

private:
    bool fail(const QString &reason);
    bool readNumber(const QVariant &value, QMetaType type, void *object);
    bool readBool(const QVariant &value, bool *object);
    bool readReal(const QVariant &value, QMetaType type, void *object);
    bool readText(const QVariant &value, QMetaType type, void *object);
    bool readCharacter(const QVariant &value, QMetaType type, void *object);
    bool readJson(const QVariant &value, QMetaType type, void *object);
    bool readCbor(const QVariant &value, QMetaType type, bool isJson, QCborValue *cbor);
    bool readCborArray(const QVariantList &items, QMetaType type, bool isJson, QCborValue *cbor);
    bool readCborMap(const QList<PyventDict::Pair> &entries, QMetaType type, bool isJson, QCborValue *cbor);
    bool readClass(const QVariant &value, QMetaType type, void *object);
    bool readValueClass(const QVariant &value, QMetaType type, void *object);
    bool readGadget(const QVariant &value, QMetaType type, void *gadget);
    bool readProperty(const QVariant &value, const QMetaProperty &property, void *gadget);
    bool readEnum(const QVariant &value, QMetaType type, const QMetaEnum &names, void *object);
    bool readMember(const PyventObject &member, QMetaType type, const QMetaEnum &names, void *object);
    bool isNoneOf(const QVariant &value, QMetaType type, const QMetaEnum &names);
    bool readPlain(const QVariant &value, QMetaType type, void *object);

    QString m_place; // built from the inside out, while the failure unwinds
    QString m_reason;
};

//! Looks into the objects of one type, for those who know it only by its meta-type.
class PYVENT_EXPORT Conversion
{
public:
    //! What an event carries for \a object. It may have parts that are to be converted in their turn.
    virtual QVariant toValue(const void *object) const = 0;
    //! Writes \a value into \a object.
    virtual bool fromValue(const QVariant &value, void *object, ValueReader &reader) const = 0;
    //! Whether an argument may be missing; the object then stays as it was made.
    virtual bool mayBeMissing() const { return false; }

protected:
    ~Conversion() = default; // nobody deletes one
};

//! The properties of \a gadget as keyword arguments.
PYVENT_EXPORT QVariantMap gadgetArguments(const QMetaObject &type, const void *gadget);

//! Makes the values of \a type known to those who know only its meta-type: as a gadget's property, a slot's parameter, and
//! within a QVariant. \a conversion must live as long as the process. The first one of a type counts.
PYVENT_EXPORT void addConversion(QMetaType type, const Conversion &conversion);

//! A set that Python can make, or, where an item is none that Python takes into a set, a list.
PYVENT_EXPORT QVariant setOf(const QVariantList &items);
//! \a key as Python takes it for a dict's key: a tuple instead of a list.
PYVENT_EXPORT QVariant keyOf(const QVariant &key);

template <typename T>
bool ValueReader::read(const QVariant &value, T *object)
{
    const QMetaType type = QMetaType::fromType<T>();
    if constexpr (Structured<T>) {
        return read(value, type, conversion<T>, object);
    } else {
        return read(value, type, static_cast<void *>(object));
    }
}

//! Whether \a value is Python's None.
inline bool isNone(const QVariant &value)
{
    return !value.isValid() || value.metaType() == QMetaType::fromType<std::nullptr_t>();
}

//! What an event carries for \a object.
template <typename T>
QVariant valueOf(const T &object)
{
    if constexpr (std::is_same_v<T, QVariant>)
        return object;
    else if constexpr (Structured<T>)
        return conversion<T>.toValue(&object);
    else
        return QVariant::fromValue(object);
}

// Text, complex numbers and durations

template <>
struct PYVENT_EXPORT ConversionOf<std::string> final : Conversion
{
    QVariant toValue(const void *object) const override;
    bool fromValue(const QVariant &value, void *object, ValueReader &reader) const override;
};

template <>
struct PYVENT_EXPORT ConversionOf<std::complex<double>> final : Conversion
{
    QVariant toValue(const void *object) const override;
    bool fromValue(const QVariant &value, void *object, ValueReader &reader) const override;
};

template <typename Rep, typename Period>
struct ConversionOf<std::chrono::duration<Rep, Period>> final : Conversion
{
    using Duration = std::chrono::duration<Rep, Period>;

    QVariant toValue(const void *object) const override
    {
        using namespace std::chrono;
        const Duration value = *static_cast<const Duration *>(object);
        // Beyond what Python holds the other units could overflow; and nan is beyond, too.
        constexpr std::chrono::duration<double> most = 2 * PyventTimeDelta::maximumDays * hours(24);
        if (!(std::chrono::duration<double>(value) < most && std::chrono::duration<double>(value) > -most))
            return QVariant::fromValue(PyventTimeDelta(2 * PyventTimeDelta::maximumDays, 0, 0));
        const seconds whole = floor<seconds>(value);
        microseconds rest;
        if constexpr (std::is_floating_point_v<Rep>)
            rest = round<microseconds>(value - whole);
        else
            rest = duration_cast<microseconds>(value - whole);
        return QVariant::fromValue(PyventTimeDelta(0, whole.count(), rest.count()));
    }

    bool fromValue(const QVariant &value, void *object, ValueReader &reader) const override
    {
        const QMetaType type = QMetaType::fromType<Duration>();
        PyventTimeDelta delta;
        if (!reader.duration(value, type, &delta))
            return false;
        const auto units = [](qint64 count, qint64 perSecond) {
            return static_cast<long double>(count) * Period::den / (static_cast<long double>(Period::num) * perSecond);
        };
        constexpr qint64 secondsPerDay = 86'400;
        const long double count =
            units(delta.days() * secondsPerDay + delta.seconds(), 1) + units(delta.microseconds(), 1'000'000);
        if constexpr (std::is_floating_point_v<Rep>) {
            *static_cast<Duration *>(object) = Duration(Rep(count));
        } else {
            const long double whole = std::floor(count);
            using Limits = std::numeric_limits<Rep>;
            if (whole < static_cast<long double>(Limits::min()) || whole >= std::ldexp(1.0L, Limits::digits))
                return reader.doesNotFit(value, type);
            *static_cast<Duration *>(object) = Duration(Rep(whole));
        }
        return true;
    }
};

// Containers

template <typename T>
    requires Structured<T> && isOptional<T>
struct ConversionOf<T> final : Conversion
{
    QVariant toValue(const void *object) const override
    {
        const T &optional = *static_cast<const T *>(object);
        return optional ? valueOf(*optional) : QVariant();
    }

    bool fromValue(const QVariant &value, void *object, ValueReader &reader) const override
    {
        T &optional = *static_cast<T *>(object);
        if (isNone(value)) {
            optional.reset();
            return true;
        }
        return reader.read(value, &optional.emplace());
    }

    bool mayBeMissing() const override { return true; }
};

template <typename T>
    requires Structured<T> && TupleLike<T>
struct ConversionOf<T> final : Conversion
{
    static constexpr std::size_t size = std::tuple_size_v<T>;

    QVariant toValue(const void *object) const override
    {
        return std::apply([](const auto &...parts) {
            const QVariantList values{valueOf(parts)...};
            if constexpr (requires { typename T::value_type; }) // std::array
                return QVariant(values);
            else
                return QVariant::fromValue(PyventTuple(values));
        }, *static_cast<const T *>(object));
    }

    bool fromValue(const QVariant &value, void *object, ValueReader &reader) const override
    {
        QVariantList items;
        return reader.items(value, QMetaType::fromType<T>(), size, &items)
            && readParts(items, *static_cast<T *>(object), reader, std::make_index_sequence<size>());
    }

private:
    template <std::size_t... I>
    static bool readParts(const QVariantList &items, T &parts, ValueReader &reader, std::index_sequence<I...>)
    {
        return ((reader.read(items.at(I), &std::get<I>(parts)) || reader.failedAt(qsizetype(I))) && ...);
    }
};

template <typename T>
    requires Structured<T> && MapLike<T>
struct ConversionOf<T> final : Conversion
{
    using Key = typename T::key_type;
    using Item = typename T::mapped_type;

    QVariant toValue(const void *object) const override
    {
        const T &container = *static_cast<const T *>(object);
        constexpr bool isText = std::is_same_v<Key, QString>;
        std::conditional_t<isText, QVariantMap, QList<PyventDict::Pair>> values;
        for (auto it = container.begin(); it != container.end(); ++it) {
            const auto &[key, item] = entry(it);
            if constexpr (isText)
                values.insert(key, valueOf(item));
            else
                values.emplaceBack(keyOf(valueOf(key)), valueOf(item));
        }
        if constexpr (isText)
            return values;
        else
            return QVariant::fromValue(PyventDict(values));
    }

    bool fromValue(const QVariant &value, void *object, ValueReader &reader) const override
    {
        const QMetaType type = QMetaType::fromType<T>();
        QList<PyventDict::Pair> pairs;
        if (!reader.pairs(value, type, &pairs))
            return false;
        T container;
        for (const auto &[name, argument] : std::as_const(pairs)) {
            Key key{};
            Item item{};
            if (!reader.read(name, &key))
                return reader.keyFailed(name);
            if (!reader.read(argument, &item))
                return reader.failedAt(name);
            const auto size = container.size();
            container[std::move(key)] = std::move(item);
            if (container.size() == size)
                return reader.isThereTwice(name, type);
        }
        *static_cast<T *>(object) = std::move(container);
        return true;
    }

private:
    template <typename Iterator>
    static std::pair<const Key &, const Item &> entry(const Iterator &it)
    {
        if constexpr (requires { it.key(); })
            return {it.key(), it.value()}; // Qt's
        else
            return {it->first, it->second};
    }
};

template <typename T>
    requires Structured<T> && (SetLike<T> || SequenceLike<T>) && (!MapLike<T>) && (!TupleLike<T>)
struct ConversionOf<T> final : Conversion
{
    using Item = typename T::value_type;

    QVariant toValue(const void *object) const override
    {
        const T &container = *static_cast<const T *>(object);
        QVariantList values;
        values.reserve(qsizetype(container.size()));
        for (const Item &item : container)
            values.append(valueOf(item));
        if constexpr (SetLike<T>)
            return setOf(values);
        else
            return values;
    }

    bool fromValue(const QVariant &value, void *object, ValueReader &reader) const override
    {
        QVariantList items;
        if (!reader.items(value, QMetaType::fromType<T>(), &items))
            return false;
        T container;
        if constexpr (requires { container.reserve(0); })
            container.reserve(typename T::size_type(items.size()));
        for (qsizetype i = 0; i < items.size(); ++i) {
            Item item{};
            if (!reader.read(items.at(i), &item))
                return reader.failedAt(i);
            if constexpr (SetLike<T>)
                container.insert(std::move(item));
            else
                container.push_back(std::move(item));
        }
        *static_cast<T *>(object) = std::move(container);
        return true;
    }
};

//! Makes T known to those who know only its meta-type, and the types of its parts.
template <typename T>
void registerConversion()
{
    if constexpr (Structured<T>) {
        if constexpr (TupleLike<T>) {
            []<std::size_t... I>(std::index_sequence<I...>) {
                (registerConversion<std::tuple_element_t<I, T>>(), ...);
            }(std::make_index_sequence<std::tuple_size_v<T>>());
        } else if constexpr (MapLike<T>) {
            registerConversion<typename T::key_type>();
            registerConversion<typename T::mapped_type>();
        } else if constexpr (requires { typename T::value_type; }) {
            registerConversion<typename T::value_type>();
        }
        addConversion(QMetaType::fromType<T>(), conversion<T>);
    }
}

} // namespace PyventBinding

namespace pyvent {

/*!
    Makes the type T known where only Qt's meta-type system knows it: as the type of a gadget's property, of a slot's
    parameter, and of what a QVariant holds. Once for each type, before its first use there; a second call does nothing.

    Qt's containers, std::vector, std::list, std::map and std::pair of types that Qt knows need no such call, nor do
    std::string, std::optional of plain types, and the usual std::chrono durations. What does: std::tuple, std::array,
    std::set, std::deque, std::unordered_map, std::optional of a class of yours, and containers of these.
    \code
    pyvent::registerType<std::optional<Point>>();
    \endcode
    The parameters of lambdas and functions that on() takes, and what argument() takes, never need it. May be called from
    any thread.
*/
template <typename T>
void registerType()
{
    static_assert(sizeof(PyventBinding::Heard<T>) > 0);
    PyventBinding::registerConversion<T>();
}

/*!
    \a value as an argument to send, for the types that QVariant has no constructor for:
    \code
    node.send("plot", {{"title", "Temperature"}, {"points", pyvent::argument(points)}}); // a std::vector<Point>
    \endcode
    A type that cannot be sent does not compile. May be called from any thread.
*/
template <typename T>
QVariant argument(const T &value)
{
    static_assert(sizeof(PyventBinding::Sent<T>) > 0);
    return PyventBinding::valueOf(value);
}

} // namespace pyvent
// clang-format on

#endif
