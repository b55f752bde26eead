// SPDX-License-Identifier: MIT
#ifndef PYVENT_QML_JSPROMISE_H
#define PYVENT_QML_JSPROMISE_H

#include <QtQml/qjsengine.h>
#include <QtQml/qjsvalue.h>

namespace Pyvent::Qml {

// A promise of JavaScript's, with what ends it.
struct JsPromise
{
    QJSValue promise;
    QJSValue resolve;
    QJSValue reject;

    static JsPromise make(QJSEngine *engine)
    {
        const QJSValue parts = engine->evaluate(QStringLiteral("(() => { const parts = {};"
                                                               " parts.promise = new Promise((resolve, reject) => {"
                                                               " parts.resolve = resolve; parts.reject = reject; });"
                                                               " return parts; })()"));
        return {parts.property(QStringLiteral("promise")), parts.property(QStringLiteral("resolve")),
                parts.property(QStringLiteral("reject"))};
    }
};

} // namespace Pyvent::Qml

#endif
