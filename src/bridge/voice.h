// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_VOICE_H
#define PYVENT_BRIDGE_VOICE_H

#include "message.h"

namespace Pyvent::Bridge {

// Gives events an identity that have none: a Python node's, and other programs' of an engine.
class Voice
{
public:
    // Gives \a message the identity that comes next in its name. Only with used() is that taken, so that there is no gap where the event
    // goes nowhere.
    void identify(Message *message)
    {
        const bool isFull = m_numbers.size() >= mostNames || m_nameBytes + bytesOf(message->name) > mostNameBytes;
        if (isFull && !m_numbers.contains(message->name)) {
            // Numbers are not to be used twice, so it goes on as somebody else.
            m_node = QUuid::createUuid();
            m_numbers.clear();
            m_nameBytes = 0;
        }
        message->node = m_node;
        message->number = m_numbers.value(message->name) + 1;
    }
    void used(const Message &message)
    {
        quint64 &number = m_numbers[message.name];
        if (number == 0)
            m_nameBytes += bytesOf(message.name);
        number = message.number;
    }

    const QUuid &node() const { return m_node; }

private:
    static constexpr qsizetype mostNames = 100'000;
    static constexpr qsizetype mostNameBytes = qsizetype(16) << 20;
    static qsizetype bytesOf(const QString &name) { return name.size() * qsizetype(sizeof(QChar)); }

    QUuid m_node = QUuid::createUuid();
    QHash<QString, quint64> m_numbers;
    qsizetype m_nameBytes = 0;
};

} // namespace Pyvent::Bridge

#endif
