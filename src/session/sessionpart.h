// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_SESSIONPART_H
#define PYVENT_SESSION_SESSIONPART_H

#include "session/news.h"
#include "wire/control.h"

#include <chrono>

namespace Pyvent::Internal {

// What stands on top of a session, and takes part in what happens to it. Called by the session, under whatever guards that.
class SessionPart
{
public:
    using Clock = std::chrono::steady_clock;

    virtual ~SessionPart() = default;

    virtual void stateChanged(SessionState state, Clock::time_point now) = 0;

    // A control message of a kind that the session itself does nothing with, or that says that a node has gone.
    virtual void heard(const Control::Message &message, Clock::time_point now) = 0;

    // \a node, or who stands in for it, has answered a question about its events.
    virtual void isThere(const QUuid &node) = 0;

    // The server has not passed on what this node has sent of \a topic; \a why is for people.
    virtual void wasRefused(const QByteArray &topic, const QString &why) = 0;

    // Something has come, or deadline() has.
    virtual void process(Clock::time_point now) = 0;
    virtual Clock::time_point deadline() const = 0;
};

} // namespace Pyvent::Internal

#endif
