// SPDX-License-Identifier: MIT
#ifndef PYVENT_DELIVERY_ASKERS_H
#define PYVENT_DELIVERY_ASKERS_H

#include <QtCore/qbytearray.h>
#include <QtCore/qset.h>
#include <QtCore/quuid.h>

#include <chrono>
#include <deque>

namespace Pyvent::Internal {

// Who has lately asked a sender for what: tells a receiver that has fallen behind from many that have lost the same server.
// Plain logic, without a clock. Not thread-safe.
class Askers
{
public:
    using Clock = std::chrono::steady_clock;

    // Takes a question for some of the events from \a first to \a last of \a topic. Returns whether it is one of many.
    bool note(const QUuid &asker, const QByteArray &topic, quint64 first, quint64 last, Clock::time_point now)
    {
        while (!m_lately.empty() && (now > m_lately.front().at + lately || m_lately.size() >= mostQuestions))
            m_lately.pop_front();
        m_lately.push_back({asker, topic, first, last, now});
        QSet<QUuid> askers;
        for (const Question &question : m_lately) {
            if (question.topic == topic && question.first <= last && first <= question.last)
                askers.insert(question.asker);
        }
        return askers.size() > few;
    }

private:
    static constexpr qsizetype few = 8;
    static constexpr std::chrono::milliseconds lately = std::chrono::milliseconds(1000);
    static constexpr std::size_t mostQuestions = 1000;

    struct Question
    {
        QUuid asker;
        QByteArray topic;
        quint64 first;
        quint64 last;
        Clock::time_point at;
    };
    std::deque<Question> m_lately; // oldest first
};

} // namespace Pyvent::Internal

#endif
