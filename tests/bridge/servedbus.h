// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SERVEDBUS_H
#define PYVENT_TESTS_SERVEDBUS_H

#include "support/freeport.h"
#include "support/waituntil.h"

#include <PyventNode>

#include <QtCore/qelapsedtimer.h>

#include <algorithm>
#include <memory>

namespace PyventTests {

// A bus of a test's own: a node of this process serves it, sends on it, and notes what others send.
class ServedBus
{
public:
    // Where \a otherServer serves, the node only joins.
    explicit ServedBus(int otherServer = 0)
    {
        do {
            m_node = std::make_unique<PyventNode>(PyventOptions{.port = otherServer > 0 ? otherServer : freePort(),
                                                                .server = otherServer == 0,
                                                                .hearOwnEvents = false});
        } while (otherServer == 0 && !m_node->startServer()); // somebody was quicker
        m_node->on(QStringLiteral("*"), {.sender = PyventSender::Any}, m_node.get(),
                   [this](const PyventEvent &event) { m_heard += event; });
        m_node->waitForReady();
    }

    PyventNode &node() { return *m_node; }
    int port() const { return m_node->port(); }

    const QList<PyventEvent> &heard() const { return m_heard; }
    qsizetype count(const QString &name) const
    {
        return std::ranges::count_if(m_heard, [&](const PyventEvent &event) { return event.name == name; });
    }
    bool hears(const QString &name, qsizetype times = 1) const
    {
        return waitUntil([&] { return count(name) >= times; });
    }

private:
    std::unique_ptr<PyventNode> m_node;
    QList<PyventEvent> m_heard;
};

// Whether events cross from one bus to another one. A bus that was never at the engine before misses those from before its bridge reads, so
// it is tried until one arrives.
inline bool crosses(ServedBus *from, ServedBus *to)
{
    constexpr int pause = 50; // milliseconds
    static int attempts = 0;
    const QString name = QStringLiteral("probe-%1").arg(++attempts);
    QElapsedTimer lately;
    return waitUntil([&] {
        if (to->count(name) > 0)
            return true;
        if (!lately.isValid() || lately.hasExpired(pause)) {
            from->node().send(name);
            lately.start();
        }
        return false;
    });
}

} // namespace PyventTests

#endif
