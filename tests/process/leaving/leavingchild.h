// SPDX-License-Identifier: MIT
#ifndef PYVENT_LEAVING_LEAVINGCHILD_H
#define PYVENT_LEAVING_LEAVINGCHILD_H

#include "faultchild.h"
#include "support/waituntil.h"

#include <algorithm>
#include <numeric>

namespace PyventFaults {

inline const QString goodEnd = QStringLiteral("with exit code 0");

// A process that leaves the bus, and what it has said.
class LeavingChild
{
public:
    LeavingChild(const QString &program, const QStringList &arguments)
        : m_child(program, arguments, [this](const QByteArrayList &words) { m_lines.append(words.join(' ')); })
    {
    }

    bool waitForLine(const QByteArray &begin)
    {
        const auto fits = [&](const QByteArray &line) { return line.startsWith(begin); };
        return PyventTests::waitUntil([&] { return std::any_of(m_lines.cbegin(), m_lines.cend(), fits); });
    }

    // How it has ended; empty if it does not.
    QString waitForEnd() { return m_child.waitForEnd(PyventTests::patience) ? m_child.howItEnded() : QString(); }

    void tell(const QByteArray &command) { m_child.tell(command); }
    void signal(int number) { m_child.signal(number); }
    const QByteArrayList &lines() const { return m_lines; }

private:
    QByteArrayList m_lines;
    FaultChild m_child;
};

inline QList<int> countTo(int end)
{
    QList<int> numbers(end);
    std::iota(numbers.begin(), numbers.end(), 0);
    return numbers;
}

} // namespace PyventFaults

#endif
