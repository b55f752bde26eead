// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_ENGINETHREAD_H
#define PYVENT_BRIDGE_ENGINETHREAD_H

#include "engine.h"

#include <QtCore/qthread.h>

#include <memory>

namespace Pyvent::Bridge {

// An engine in a thread of its own, and what it says in this one. Messages cross by the event loops' queues, which the outbox's window and the
// engine's own bound.
class EngineThread : public QObject
{
    Q_OBJECT

public:
    explicit EngineThread(std::unique_ptr<Engine> engine);

    // Waits for the engine, which may be waiting for a host that does not answer: some seconds at most. Then it is left alone until the process ends.
    ~EngineThread() override;

    void start();
    void stop();
    void setPast(const Engine::Past &past);
    void setReading(bool on);
    void publish(const QList<Engine::Publication> &publications);
    void say(const QList<Engine::Publication> &publications);
    void acknowledge(quint64 token);
    void setKeeping(bool on);
    void put(const QList<Engine::Put> &puts);
    void takenStored();

    std::chrono::milliseconds forgetsFor() const { return m_forgetsFor; }

    // Whether an engine was left alone.
    static bool hasLeftSome();

Q_SIGNALS:
    void up(const QString &where, const QString &store);
    void down();
    void readingChanged(Pyvent::Bridge::Engine::Reading reading);
    void published(const QList<quint64> &ids);
    void refused(quint64 id, Pyvent::Bridge::Engine::Refusal refusal, const QString &why);
    void received(const QList<Pyvent::Bridge::Engine::Arrival> &arrivals);
    void past(const QList<Pyvent::Bridge::Engine::Arrival> &arrivals);
    void keepingChanged(Pyvent::Bridge::Engine::Keeping keeping);
    void stored(const QList<Pyvent::Bridge::Engine::Stored> &stored);
    void putDone(quint64 id, quint64 revision);
    void putRefused(quint64 id, Pyvent::Bridge::Engine::PutRefusal refusal, quint64 actual, const QString &why);
    void askedAgain();
    void missedSome();
    void problem(const QString &kind, const QString &text);

private:
    template <typename Function>
    void call(Function &&function)
    {
        QMetaObject::invokeMethod(m_engine, std::forward<Function>(function), Qt::QueuedConnection);
    }

    QThread *const m_thread;
    Engine *const m_engine; // deleted by its thread
    const std::chrono::milliseconds m_forgetsFor;
};

} // namespace Pyvent::Bridge

#endif
