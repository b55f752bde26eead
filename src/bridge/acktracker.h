// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_ACKTRACKER_H
#define PYVENT_BRIDGE_ACKTRACKER_H

#include <QtCore/qglobal.h>

#include <algorithm>
#include <deque>
#include <optional>

namespace Pyvent::Bridge {

// What has come from an engine and is not done with yet, of which the engine is told only up to where all is. Plain logic.
class AckTracker
{
public:
    // Something has come; tokens grow. \a isCounted says that the engine has only so many under way at a time.
    void begin(quint64 token, bool isCounted = true)
    {
        m_open.push_back({.token = token, .before = m_counted, .isDone = false});
        m_counted += isCounted;
    }

    void done(quint64 token)
    {
        const auto found = find(token);
        if (found != m_open.end() && found->token == token)
            found->isDone = true;
    }

    // How many of those that count the engine is not told of as long as \a token is not done.
    quint64 heldUpBy(quint64 token)
    {
        const auto found = find(token);
        return found == m_open.end() ? 0 : m_counted - found->before;
    }

    // Up to which token all is done, if that has changed.
    std::optional<quint64> takeDone()
    {
        std::optional<quint64> last;
        while (!m_open.empty() && m_open.front().isDone) {
            last = m_open.front().token;
            m_open.pop_front();
        }
        return last;
    }

    // The engine forgets what it gave, and gives it again.
    void clear() { m_open.clear(); }

    std::size_t size() const { return m_open.size(); }

private:
    struct Entry
    {
        quint64 token;
        quint64 before; // how many that count
        bool isDone;
    };
    std::deque<Entry>::iterator find(quint64 token)
    {
        return std::lower_bound(m_open.begin(), m_open.end(), token,
                                [](const Entry &entry, quint64 wanted) { return entry.token < wanted; });
    }

    std::deque<Entry> m_open;
    quint64 m_counted = 0;
};

} // namespace Pyvent::Bridge

#endif
