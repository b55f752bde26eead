// SPDX-License-Identifier: MIT
#ifndef PYVENT_QML_HANDLERERRORS_H
#define PYVENT_QML_HANDLERERRORS_H

#include <QtCore/qobject.h>
#include <QtCore/qstring.h>
#include <QtQml/qqmlerror.h>

#include <vector>

class QJSEngine;

namespace Pyvent::Qml {

// What the JavaScript handlers of a signal throw while that is emitted, as long as this lives. Qt tells nobody but by a warning of the
// engine, which comes at once. Warnings about others, as of a binding that a handler has changed, come while the handler runs, and so
// with more of JavaScript's functions on the stack.
class HandlerErrors
{
public:
    explicit HandlerErrors(QJSEngine *engine);
    ~HandlerErrors();
    Q_DISABLE_COPY_MOVE(HandlerErrors)

    // The first error's text, as a std::exception has it; empty if there is none. From where the signal was emitted.
    QString firstText() const;

private:
    struct Warning
    {
        qsizetype depth;
        QString text;
    };

    qsizetype depth() const; // of the stack
    void note(const QList<QQmlError> &errors);

    QJSEngine *const m_engine;
    std::vector<Warning> m_warnings;
    QMetaObject::Connection m_connection;
};

} // namespace Pyvent::Qml

#endif
