// SPDX-License-Identifier: MIT
// Questions, as QML asks them.
#include "pendingquestion.h"
#include "pyventqmlnode.h"

#include <QtQml/qjsengine.h>

#include <algorithm>
#include <cmath>

using namespace Pyvent::Qml;
using namespace Qt::StringLiterals;

PyventError PyventQmlNode::readQuestion(const QString &name, const QJSValue &args, const QJSValue &options,
                                        QVariantMap *arguments, PyventAskOptions *asked) const
{
    if (name.isNull())
        return {PyventError::InvalidName, u"the question's name is missing"_s, name};
    if (!options.isUndefined() && !options.isNull() && !options.isObject())
        return {PyventError::InvalidArgument, u"the options are not an object, as { timeout: 1000 } is"_s, name};
    if (options.hasProperty(u"timeout"_s)) {
        const QJSValue timeout = options.property(u"timeout"_s);
        if (!timeout.isNumber() || std::isnan(timeout.toNumber()))
            return {PyventError::InvalidArgument, u"the time-out is not a number of milliseconds"_s, name};
        constexpr double longest = 1e12; // which is more than a year, and more is none
        asked->timeout = std::chrono::milliseconds(qint64(std::clamp(timeout.toNumber(), 0.0, longest)));
    }
    if (options.hasProperty(u"sender"_s))
        asked->sender = options.property(u"sender"_s).toString();
    return check(name, args, asked->sender, arguments);
}

QJSValue PyventQmlNode::ask(const QString &function, const QString &name, const QJSValue &args, const QJSValue &options)
{
    QJSEngine *const engine = qjsEngine(this);
    if (!engine)
        return {};
    const bool asksAll = function == "askAll"_L1;
    QVariantMap arguments;
    PyventAskOptions asked;
    PyventError error = readQuestion(name, args, options, &arguments, &asked);
    auto *question =
        new PendingQuestion(this, engine, asksAll ? PendingQuestion::Wants::All : PendingQuestion::Wants::First);
    const QJSValue promise = question->promise();
    if (error) {
        question->giveUp({PyventAskError::NotSent, error.text});
        error.text.prepend(name.isNull() ? u"%1() asks nothing: "_s.arg(function)
                                         : u"%1(\"%2\") asks nothing: "_s.arg(function, name));
        tell(error);
    } else if (!m_node) {
        question->giveUp({PyventAskError::NotSent, u"the element is not on the bus"_s});
        warn(u"%1(\"%2\") asks nothing, because the element is not on the bus"_s.arg(function, name));
    } else {
        m_questions.push_back(question);
        question->start(asksAll ? m_node->askAll(name, arguments, asked) : m_node->ask(name, arguments, asked));
    }
    return promise;
}

void PyventQmlNode::removeQuestion(PendingQuestion *question)
{
    std::erase(m_questions, question);
}
