// SPDX-License-Identifier: MIT
#ifndef PYVENT_ASKING_ANSWERER_H
#define PYVENT_ASKING_ANSWERER_H

#include "asking/replyaddress.h"

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace Pyvent::Internal {

// The questions that a node works on. Plain logic. Not thread-safe.
class Answerer
{
public:
    // Has the work stop, as far as it looks whether it is to. Runs user code.
    using Cancel = std::function<void()>;

    struct Work
    {
        ReplyAddress address;
        QString name;  // of the question
        Cancel cancel; // empty when it was called
    };

    // Work begins. Returns the number by which it ends.
    quint64 begin(Work &&work);

    // It is done. Nothing where nobody waits for it any more.
    std::optional<Work> end(quint64 number);

    // Nobody waits for the answer to \a asker's question \a number any more. Returns the work for that, which has ended, and is to be canceled.
    std::vector<Work> cancel(const QUuid &asker, quint64 number);

    // \a asker has gone. Returns what is to be called for that. The work still ends with an answer: he may come back, and wait for it.
    std::vector<Cancel> askerHasGone(const QUuid &asker);

    // Whether nobody has waited for that any more before there was work.
    bool isCanceled(const ReplyAddress &address) const;

    // All work, which has ended with that.
    std::vector<Work> takeAll();

    bool isEmpty() const { return m_work.empty(); }

private:
    // How many questions are remembered whose asker has changed his mind before the question had its turn.
    static constexpr std::size_t mostCanceled = 1000;

    quint64 m_newest = 0;
    std::map<quint64, Work> m_work;
    std::deque<std::pair<QUuid, quint64>> m_canceled;
};

} // namespace Pyvent::Internal

#endif
