// SPDX-License-Identifier: MIT
#ifndef PYVENTSTALENESS_H
#define PYVENTSTALENESS_H

#include "pyventevent.h"

#include <QtCore/qbasictimer.h>
#include <QtCore/qobject.h>

#include <chrono>
#include <optional>

/*!
    When something was heard last, and whether that is too long ago to be believed: what greys out a gauge. PyventSubscription
    has one; make your own for what a handler hears.
    \code
    auto *staleness = new PyventStaleness(gauge);
    staleness->setStaleAfter(2s);
    connect(staleness, &PyventStaleness::staleChanged, gauge, [=] { gauge->setDisabled(staleness->isStale()); });
    node.on("oven.temperature", gauge, [=](const PyventEvent &event) { staleness->heard(event); });
    \endcode

    While events come, its timer wakes the thread once in staleAfter() at most, and while none comes, not at all. All functions
    are for its own thread.
*/
class PYVENT_EXPORT PyventStaleness : public QObject
{
    Q_OBJECT
    Q_PROPERTY(std::chrono::milliseconds staleAfter READ staleAfter WRITE setStaleAfter NOTIFY staleAfterChanged)
    Q_PROPERTY(bool stale READ isStale NOTIFY staleChanged)
    Q_PROPERTY(QDateTime lastHeard READ lastHeard)

public:
    explicit PyventStaleness(QObject *parent = nullptr);
    ~PyventStaleness() override;

    /*! The age from which on it is stale. 0, the default, and less: it never is. */
    std::chrono::milliseconds staleAfter() const { return m_staleAfter; }
    void setStaleAfter(std::chrono::milliseconds age);

    /*! Whether nothing was heard for staleAfter(), or nothing yet: there is nothing to show then. */
    bool isStale() const { return m_isStale; }

    /*! How long ago something was heard; -1 ms before that. */
    std::chrono::milliseconds age() const;

    /*! When something was heard last, in UTC; invalid before that. */
    QDateTime lastHeard() const;

    /*! Something was heard just now. */
    void heard();

    /*! The event \a event was heard. One of the past, PyventEvent::replayed, is as old as its sender's clock says; a Python node's, whose
        age nobody knows, does not count. */
    void heard(const PyventEvent &event);

    /*! What was heard so far does not count any more. */
    void forget();

Q_SIGNALS:
    void staleChanged(bool stale);
    void staleAfterChanged();

protected:
    void timerEvent(QTimerEvent *event) override;

private:
    using Clock = std::chrono::steady_clock;

    void heardAt(Clock::time_point time);
    void look();

    std::chrono::milliseconds m_staleAfter = std::chrono::milliseconds(0);
    std::optional<Clock::time_point> m_heardAt;
    bool m_isStale = false;
    QBasicTimer m_timer; // while it is not stale, but may become so
};

#endif
