// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_NEWS_H
#define PYVENT_SESSION_NEWS_H

#include "delivery/losscounter.h"
#include "pyventerror.h"
#include "pyventframe.h"
#include "session/presence.h"
#include "session/roster.h"

#include <deque>
#include <optional>
#include <utility>
#include <variant>

namespace Pyvent::Internal {

enum class SessionState : quint8 { Stopped, Connecting, Subscribing, Ready };

// What has happened to a session and is to be told, in order; and what is only counted until it is.
class News
{
public:
    struct HandlerFailed
    {
        QString name;
        QString reason;
    };
    // The server has not passed on what a node has sent: any node.
    struct Refusal
    {
        QString name;
        QUuid node;
        quint64 count;
        QString why;
    };
    // A node has said what it is.
    struct Described
    {
        PyventNodeInfo node;
    };
    // What the server keeps, and the place to ask for next; 0: that was all.
    struct Kept
    {
        QList<PyventFrame> frames;
        quint64 next;
    };
    // The last event of a name that it has; without a name: none.
    struct Last
    {
        QString name;
        PyventFrame frame;
    };
    using Item = std::variant<SessionState, PyventError, HandlerFailed, Presence::Finished, Refusal, Described,
                              Roster::Appeared, Roster::Vanished, Kept, Last>;

    // What may wait while nobody asks. What is more is not told.
    static constexpr std::size_t maximumItems = 10'000;

    bool isEmpty() const { return m_items.empty(); }
    void add(Item &&item)
    {
        if (m_items.size() < maximumItems)
            m_items.push_back(std::move(item));
    }
    void fail(const PyventError &error)
    {
        failAgain(error);
        add(PyventError(error));
    }

    // As fail(), for an error like one that was told.
    void failAgain(const PyventError &error) { m_lastError = error; }
    const PyventError &lastError() const { return m_lastError; }

    // The oldest of what was not taken yet.
    std::optional<Item> take()
    {
        if (m_items.empty())
            return {};
        std::optional<Item> item(std::move(m_items.front()));
        m_items.pop_front();
        return item;
    }

    LossCounter losses;

private:
    std::deque<Item> m_items;
    PyventError m_lastError;
};

} // namespace Pyvent::Internal

#endif
