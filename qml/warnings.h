// SPDX-License-Identifier: MIT
#ifndef PYVENT_QML_WARNINGS_H
#define PYVENT_QML_WARNINGS_H

#include <QtCore/qset.h>
#include <QtCore/qstring.h>
#include <QtQml/qqmlinfo.h>

namespace Pyvent::Qml {

// Says each thing about an element once, with the file and line where the element stands: a mistake that every event
// repeats is one line in the log.
class Warnings
{
public:
    explicit Warnings(const QObject *element)
        : m_element(element)
        , m_said()
    {
    }

    void warn(const QString &text)
    {
        constexpr qsizetype maximum = 1000; // what is said may have names from the bus in it
        if (m_said.size() >= maximum || m_said.contains(text))
            return;
        m_said.insert(text);
        qmlWarning(m_element).noquote() << text;
    }

private:
    const QObject *m_element;
    QSet<QString> m_said;
};

} // namespace Pyvent::Qml

#endif
