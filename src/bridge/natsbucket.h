// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_NATSBUCKET_H
#define PYVENT_BRIDGE_NATSBUCKET_H

#include "backoff.h"
#include "engine.h"
#include "natslink.h"

#include <QtCore/qhash.h>
#include <QtCore/qtimer.h>

namespace Pyvent::Bridge {

// The key-value bucket of last events and shared values at a NATS server: makes it, puts into it, and hears what it has and gets, by a consumer of its
// own that the server forgets when nobody hears it. It never waits: events must not wait for it.
class NatsBucket : public QObject
{
    Q_OBJECT

public:
    using Clock = std::chrono::steady_clock;

    NatsBucket(NatsLink *link, const QString &prefix, int clusterSize);

    // What the subjects of its keys begin with.
    static QByteArray subjectPrefix(const QString &prefix);

    // Begins, or begins anew.
    void open();

    // An event of the link's: Answered or Kept.
    void take(NatsLink::Event &&event);

    // What take() has gathered goes out.
    void flush();

    void put(const QList<Engine::Put> &puts);
    void takenStored();

Q_SIGNALS:
    void keepingChanged(Pyvent::Bridge::Engine::Keeping keeping);
    void stored(const QList<Pyvent::Bridge::Engine::Stored> &stored);
    void putDone(quint64 id, quint64 revision);
    void putRefused(quint64 id, Pyvent::Bridge::Engine::PutRefusal refusal, quint64 actual, const QString &why);
    void problem(const QString &kind, const QString &text);

private:
    enum class State : quint8 { Closed, Looking, Making, Subscribing, Hearing };
    struct UnderWay
    {
        quint64 id;
        Clock::time_point until;
    };

    void ask(State state, const QByteArray &subject, const QByteArray &body);
    void lookFor();
    void make(int replicas);
    void subscribe(const QJsonObject &settings);
    void answered(const QByteArray &json, int code);
    void putAnswered(quint64 number, const QByteArray &json, int code);
    void takeKept(NatsLink::Event &&event);
    void hasLoaded();
    void fail(const QString &text);
    void beginAgain();
    void process();
    void schedule();

    NatsLink *const m_link;
    const QByteArray m_name;
    const QByteArray m_stream;
    const QByteArray m_prefix; // of subjects
    const int m_clusterSize;
    State m_state = State::Closed;
    Engine::Keeping m_told = Engine::Keeping::Off;
    quint64 m_number = 0;   // of the last question, or put
    quint64 m_question = 0; // that is waited for
    int m_replicas = 1;
    Clock::time_point m_until; // an answer is waited for, or a sign of life; or when to try again
    BackOff m_backOff;
    QTimer m_timer;
    QHash<quint64, UnderWay> m_underWay; // by number
    quint64 m_place = 0;                 // of the last message that has come
    bool m_hasAllComeAtOnce = false;
    QList<Engine::Stored> m_gathered;
    int m_untaken = 0;        // that stored() has told
    QByteArrayList m_waiting; // consumers' replies, until they are taken
};

} // namespace Pyvent::Bridge

#endif
