// SPDX-License-Identifier: MIT
#ifndef PYVENTBINDING_H
#define PYVENTBINDING_H

#include "pyventconversion.h"
#include "pyventevent.h"
#include "pyventparameter.h"

#include <QtCore/qfuture.h>
#include <QtCore/qmetaobject.h>
#include <QtCore/qobject.h>

#include <functional>
#include <memory>
#include <tuple>

// How a function of the user's becomes a handler. Nothing here is meant to be called directly: see PyventNode::on().

// clang-format 14 does not know requires-expressions.
// clang-format off
namespace PyventBinding {

//! Runs a handler for an event. Returns nothing where it ran, else why it could not be called.
using Callback = std::function<QString(const PyventEvent &)>;

//! Has what it is given called once, in any thread, when work is done that goes on after its handler has returned.
using WhenDone = std::function<void(std::function<void()>)>;

//! The handler of \a event, which is running in this thread, has begun work that lasts longer: PyventFilter::share.
PYVENT_EXPORT void goesOn(const PyventEvent &event, WhenDone whenDone);

template <typename T>
inline constexpr bool isFuture = false;
template <typename T>
inline constexpr bool isFuture<QFuture<T>> = true;

template <typename T>
void goesOn(const PyventEvent &event, const QFuture<T> &future)
{
    goesOn(event, WhenDone([future](const std::function<void()> &done) {
               QFuture<T>(future).then([done](const QFuture<T> &) { done(); }).onCanceled([done] { done(); });
           }));
}

//! Calls a handler of \a event.
template <typename Call, typename... A>
void run(const PyventEvent &event, Call &call, A &&...arguments)
{
    if constexpr (isFuture<std::decay_t<decltype(call(std::forward<A>(arguments)...))>>)
        goesOn(event, call(std::forward<A>(arguments)...));
    else
        call(std::forward<A>(arguments)...);
}

//! Writes the argument for \a parameter into \a storage, a new object of the type \a type. On failure says why in \a why.
PYVENT_EXPORT bool bindArgument(const PyventEvent &event, const PyventParameter &parameter, QMetaType type,
                                void *storage, QString *why);

//! The same for a type that \a conversion looks into.
PYVENT_EXPORT bool bindArgument(const PyventEvent &event, const PyventParameter &parameter, QMetaType type,
                                const Conversion &conversion, void *storage, QString *why);

//! Writes the event's arguments into the properties of \a gadget that have their names.
PYVENT_EXPORT bool readGadget(const PyventEvent &event, const QMetaObject &type, void *gadget, QString *why);

//! The names of \a signal's first \a count parameters; an unnamed one is "arg1", "arg2", …
PYVENT_EXPORT QStringList argumentNames(const QMetaMethod &signal, qsizetype count);

template <typename... T>
struct TypeList
{
    static constexpr std::size_t size = sizeof...(T);
};

template <typename F>
struct Signature
{
    static_assert(requires { &F::operator(); },
                  "Pyvent: a handler must be a function, a member function of its context, or a lambda whose "
                  "parameters have types (no auto), so that arguments can be converted to them");
};
template <typename F>
    requires requires { &F::operator(); }
struct Signature<F> : Signature<decltype(&F::operator())>
{
};
template <typename R, typename... A>
struct Signature<R (*)(A...)>
{
    using Arguments = TypeList<std::decay_t<A>...>;
};
template <typename R, typename... A>
struct Signature<R (*)(A...) noexcept> : Signature<R (*)(A...)>
{
};
template <typename R, typename C, typename... A>
struct Signature<R (C::*)(A...)> : Signature<R (*)(A...)>
{
};
template <typename R, typename C, typename... A>
struct Signature<R (C::*)(A...) const> : Signature<R (*)(A...)>
{
};
template <typename R, typename C, typename... A>
struct Signature<R (C::*)(A...) noexcept> : Signature<R (*)(A...)>
{
};
template <typename R, typename C, typename... A>
struct Signature<R (C::*)(A...) const noexcept> : Signature<R (*)(A...)>
{
};

template <typename... T>
constexpr void checkTypes(TypeList<T...>)
{
    static_assert((true && ... && (sizeof(Heard<T>) > 0)));
}

template <typename F>
using ArgumentsOf = typename Signature<std::decay_t<F>>::Arguments;

template <typename F>
inline constexpr std::size_t arity = ArgumentsOf<F>::size;

template <typename F>
concept NotASlotName = !std::is_convertible_v<F, const char *> && !Gadget<std::decay_t<F>>;

//! Makes \a function callable without its context: a member function is bound to it. The result can be copied, also
//! where the function itself can only be moved.
template <typename Context, typename F>
auto bound(Context *context, F &&function)
{
    if constexpr (std::is_member_function_pointer_v<std::decay_t<F>>) {
        return [context, function](auto &&...arguments) -> decltype(auto) {
            return (const_cast<std::remove_const_t<Context> *>(context)->*function)(
                std::forward<decltype(arguments)>(arguments)...);
        };
    } else if constexpr (std::is_copy_constructible_v<std::decay_t<F>>) {
        return std::forward<F>(function);
    } else {
        return [shared = std::make_shared<std::decay_t<F>>(std::forward<F>(function))](auto &&...arguments) -> decltype(auto) {
            return (*shared)(std::forward<decltype(arguments)>(arguments)...);
        };
    }
}

//! A handler of nothing, of the arguments as a map, or of the whole event.
template <typename Context, typename F>
Callback plain(Context *context, F &&function)
{
    using Arguments = ArgumentsOf<F>;
    static_assert(std::is_same_v<Arguments, TypeList<>> || std::is_same_v<Arguments, TypeList<QVariantMap>>
                      || std::is_same_v<Arguments, TypeList<PyventEvent>>,
                  "Pyvent: a handler takes nothing, a QVariantMap or a PyventEvent; for keyword arguments give their "
                  "names first, on(name, {\"food\", {\"drink\", \"water\"}}, context, function), and for a Q_GADGET "
                  "its type, on<Order>(name, context, function)");
    return [call = bound(context, std::forward<F>(function))](const PyventEvent &event) mutable {
        if constexpr (std::is_same_v<Arguments, TypeList<QVariantMap>>)
            run(event, call, event.args);
        else if constexpr (std::is_same_v<Arguments, TypeList<PyventEvent>>)
            run(event, call, event);
        else
            run(event, call);
        return QString();
    };
}

template <typename T>
bool bindParameter(const PyventEvent &event, const PyventParameter &parameter, T *argument, QString *why)
{
    const QMetaType type = QMetaType::fromType<T>();
    if constexpr (Structured<T>)
        return bindArgument(event, parameter, type, conversion<T>, argument, why);
    else
        return bindArgument(event, parameter, type, argument, why);
}

template <typename... A, typename Call, std::size_t... I>
QString callWithKeywords(Call &call, const PyventParameters &parameters, const PyventEvent &event, TypeList<A...>,
                         std::index_sequence<I...>)
{
    std::tuple<A...> arguments;
    QString why;
    if (!(bindParameter(event, parameters[qsizetype(I)], &std::get<I>(arguments), &why) && ...))
        return why;
    run(event, call, std::get<I>(arguments)...);
    return QString();
}

//! A handler of keyword arguments.
template <typename Context, typename F>
Callback keywords(const PyventParameters &parameters, Context *context, F &&function)
{
    using Arguments = ArgumentsOf<F>;
    checkTypes(Arguments());
    return [parameters, call = bound(context, std::forward<F>(function))](const PyventEvent &event) mutable {
        return callWithKeywords(call, parameters, event, Arguments(), std::make_index_sequence<Arguments::size>());
    };
}

//! A handler of a Q_GADGET.
template <Gadget T, typename Context, typename F>
Callback gadget(Context *context, F &&function)
{
    checkTypes(TypeList<T>());
    static_assert(std::is_same_v<ArgumentsOf<F>, TypeList<T>>,
                  "Pyvent: a handler made with on<T>() takes one argument, a const T &");
    return [call = bound(context, std::forward<F>(function))](const PyventEvent &event) mutable {
        T value{};
        QString why;
        if (!readGadget(event, T::staticMetaObject, &value, &why))
            return why;
        run(event, call, std::as_const(value));
        return QString();
    };
}

//! The arguments of a signal as a map. An empty argument is the tag of a private signal, which has no value.
template <typename... A>
QVariantMap signalArguments([[maybe_unused]] const QStringList &names, const A &...arguments)
{
    QVariantMap map;
    [[maybe_unused]] qsizetype i = 0;
    [[maybe_unused]] const auto add = [&]<typename T>(const T &value) {
        if constexpr (!std::is_empty_v<T>) // QPrivateSignal, or what has nothing to send
            map.insert(names[i], pyvent::argument(value));
        ++i;
    };
    (add(arguments), ...);
    return map;
}

} // namespace PyventBinding
// clang-format on

#endif
