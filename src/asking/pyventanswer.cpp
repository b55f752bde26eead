// SPDX-License-Identifier: MIT
#include "pyventanswer.h"

#include <QtCore/qdebug.h>

PyventRefusal::PyventRefusal(const QString &text)
    : m_text(text)
    , m_bytes(text.toLocal8Bit())
{
}

PyventRefusal::~PyventRefusal() = default;

PyventAnswer PyventAnswer::from(const QUuid &nodeId, const QString &sender) const
{
    PyventAnswer answer = *this;
    answer.m_nodeId = nodeId;
    answer.m_sender = sender;
    return answer;
}

QDebug operator<<(QDebug debug, const PyventAskError &error)
{
    const QDebugStateSaver saver(debug);
    return debug.nospace() << "PyventAskError(" << error.kind << ", " << error.text << ')';
}

QDebug operator<<(QDebug debug, const PyventAnswer &answer)
{
    const QDebugStateSaver saver(debug);
    if (answer.error())
        return debug.nospace() << "PyventAnswer(" << answer.error() << ')';
    return debug.nospace() << "PyventAnswer(" << answer.value() << ')';
}
