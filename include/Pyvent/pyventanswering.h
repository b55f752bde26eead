// SPDX-License-Identifier: MIT
#ifndef PYVENTANSWERING_H
#define PYVENTANSWERING_H

#include "pyventanswer.h"
#include "pyventbinding.h"

#include <QtCore/qfuture.h>

#include <functional>
#include <type_traits>
#include <utility>

// How a function of the user's answers questions. Nothing here is meant to be called directly: see PyventNode::answer().

// clang-format 14 does not know requires-expressions.
// clang-format off
namespace PyventBinding {

//! What a function has returned for a question: an answer, or work that will have one.
struct Outcome
{
    using Done = std::function<void(const PyventAnswer &)>;

    PyventAnswer answer;
    std::function<void(const Done &done)> whenDone; //!< Of work: has \c done called once, in any thread, maybe at once.
    std::function<void()> cancel;                   //!< Of work: nobody waits for it any more.
};

//! Runs a function for a question, and writes what it returns. Returns nothing where it ran, else why it could not be called.
using Answering = std::function<QString(const PyventEvent &, Outcome *)>;

//! The exception under way, for the asker. To be called in a catch block.
PYVENT_EXPORT PyventAnswer currentError();

//! What the asker is told of work that was given up.
PYVENT_EXPORT PyventAnswer givenUp();

//! The event without what makes it a question.
PYVENT_EXPORT PyventEvent withoutReplyTo(const PyventEvent &event);

template <typename T>
PyventAnswer resultOf(const QFuture<T> &finished)
{
    try {
        if constexpr (std::is_void_v<T>) {
            QFuture<T>(finished).waitForFinished(); // throws what the work has thrown
            return PyventAnswer();
        } else {
            if (finished.resultCount() == 0)
                QFuture<T>(finished).waitForFinished();
            return finished.resultCount() > 0 ? PyventAnswer(finished.resultAt(0)) : givenUp();
        }
    } catch (...) {
        return currentError();
    }
}

template <typename T>
void setOutcome(Outcome *outcome, const QFuture<T> &future)
{
    outcome->cancel = [future] { QFuture<T>(future).cancel(); };
    outcome->whenDone = [future](const Outcome::Done &done) {
        QFuture<T>(future)
            .then([done](const QFuture<T> &finished) { done(resultOf(finished)); })
            .onCanceled([done] { done(givenUp()); });
    };
}

template <typename T>
void setOutcome(Outcome *outcome, const T &value)
{
    outcome->answer = PyventAnswer(value);
}

//! Calls a function, and keeps what it returns; of one that returns nothing, None.
template <typename Call, typename... A>
void callForOutcome(Outcome *outcome, Call &call, A &&...arguments)
{
    if constexpr (std::is_void_v<decltype(call(std::forward<A>(arguments)...))>)
        call(std::forward<A>(arguments)...);
    else
        setOutcome(outcome, call(std::forward<A>(arguments)...));
}

//! A function of nothing, of the arguments as a map, or of the whole event.
template <typename Context, typename F>
Answering plainAnswering(Context *context, F &&function)
{
    using Arguments = ArgumentsOf<F>;
    static_assert(std::is_same_v<Arguments, TypeList<>> || std::is_same_v<Arguments, TypeList<QVariantMap>>
                      || std::is_same_v<Arguments, TypeList<PyventEvent>>,
                  "Pyvent: a function that answers takes nothing, a QVariantMap or a PyventEvent; for keyword arguments give "
                  "their names first, answer(name, {\"dish\", {\"size\", 1}}, context, function), and for a Q_GADGET its "
                  "type, answer<Order>(name, context, function)");
    return [call = bound(context, std::forward<F>(function))](const PyventEvent &event, Outcome *outcome) mutable {
        if constexpr (std::is_same_v<Arguments, TypeList<QVariantMap>>)
            callForOutcome(outcome, call, withoutReplyTo(event).args);
        else if constexpr (std::is_same_v<Arguments, TypeList<PyventEvent>>)
            callForOutcome(outcome, call, withoutReplyTo(event));
        else
            callForOutcome(outcome, call);
        return QString();
    };
}

template <typename... A, typename Call, std::size_t... I>
QString answerWithKeywords(Outcome *outcome, Call &call, const PyventParameters &parameters, const PyventEvent &event,
                           TypeList<A...>, std::index_sequence<I...>)
{
    std::tuple<A...> arguments;
    QString why;
    if (!(bindParameter(event, parameters[qsizetype(I)], &std::get<I>(arguments), &why) && ...))
        return why;
    callForOutcome(outcome, call, std::get<I>(arguments)...);
    return QString();
}

//! A function of keyword arguments.
template <typename Context, typename F>
Answering keywordsAnswering(const PyventParameters &parameters, Context *context, F &&function)
{
    using Arguments = ArgumentsOf<F>;
    checkTypes(Arguments());
    return [parameters, call = bound(context, std::forward<F>(function))](const PyventEvent &event,
                                                                          Outcome *outcome) mutable {
        return answerWithKeywords(outcome, call, parameters, event, Arguments(),
                                  std::make_index_sequence<Arguments::size>());
    };
}

//! A function of a Q_GADGET.
template <Gadget T, typename Context, typename F>
Answering gadgetAnswering(Context *context, F &&function)
{
    checkTypes(TypeList<T>());
    static_assert(std::is_same_v<ArgumentsOf<F>, TypeList<T>>,
                  "Pyvent: a function made to answer with answer<T>() takes one argument, a const T &");
    return [call = bound(context, std::forward<F>(function))](const PyventEvent &event, Outcome *outcome) mutable {
        T value{};
        QString why;
        if (!readGadget(event, T::staticMetaObject, &value, &why))
            return why;
        callForOutcome(outcome, call, std::as_const(value));
        return QString();
    };
}

} // namespace PyventBinding
// clang-format on

#endif
