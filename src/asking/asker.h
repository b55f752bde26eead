// SPDX-License-Identifier: MIT
#ifndef PYVENT_ASKING_ASKER_H
#define PYVENT_ASKING_ASKER_H

#include "pyventanswer.h"
#include "pyventevent.h"
#include "session/news.h"
#include "wire/control.h"

#include <QtCore/qfuture.h>
#include <QtCore/qlist.h>
#include <QtCore/qpromise.h>
#include <QtCore/qset.h>

#include <array>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace Pyvent::Internal {

// A future that has ended with \a answer.
QFuture<PyventAnswer> endedFuture(const PyventAnswer &answer);

// A node's questions that are under way. Each ends once: with an answer, an error, or because whoever has asked does not want to know any
// more. Where the server says who answers, it is known at once when nobody does, or nobody does any more. Plain logic, without sockets
// and a clock. Not thread-safe.
class Asker
{
public:
    using Clock = std::chrono::steady_clock;
    using Promise = QPromise<PyventAnswer>;

    // The way to the bus.
    class Bus
    {
    public:
        virtual ~Bus() = default;

        // Sends a question. Returns how many events were sent with it; 0, and says why, where it is refused.
        virtual quint64 send(const QString &name, const QVariantMap &args, const QString &sender, QString *why) = 0;
        virtual quint64 acknowledged() const = 0; // of these
        virtual void hurryAcknowledgements() = 0;

        // Whether acknowledgements come in one row with what the server tells, so that what it told before is known.
        virtual bool isInOrder() const = 0;

        virtual void sendControl(QByteArray frame) = 0;
        virtual void declare(const QByteArray &prefix) = 0;
        virtual void withdraw(const QByteArray &prefix) = 0;
    };

    enum class Wants : quint8 { First, All };

    struct Request
    {
        QString name;
        QVariantMap args;
        QString sender;
        std::chrono::milliseconds timeout{};
        Wants wants = Wants::First;
    };

    // A question that has ended: its promise is to be finished by the caller, since that runs user code.
    struct Ended
    {
        Promise promise;
        std::optional<PyventAnswer> answer;

        void finish();
    };

    Asker(Bus *bus, const QUuid &node);
    Q_DISABLE_COPY_MOVE(Asker)

    // What all answers' names begin with.
    const QString &prefix() const { return m_prefix; }

    // It goes out at once, or as soon as answers would be heard: ready().
    QFuture<PyventAnswer> ask(Request &&request, Clock::time_point now);

    // What comes.
    void heard(const PyventEvent &event);
    void heard(const Control::Answerers &answerers);
    void wasRefused(const QByteArray &topic, const QString &why);

    // There is a server, and answers are heard; or there is none any more.
    void ready(Clock::time_point now);
    void lostServer();

    void process(Clock::time_point now);
    Clock::time_point deadline() const;

    // Ends all.
    void stop(const QString &why);

    bool hasEnded() const { return !m_ended.empty(); }
    Ended takeEnded();

    qsizetype underWay() const { return qsizetype(m_questions.size()); }

private:
    // Who answers questions of a name, as far as that is known.
    struct Watch
    {
        QByteArray name;
        bool isKnown = false;
        bool isToBeJudged = false; // somebody may wait for nobody
        QList<QUuid> nodes;
        bool hasOthers = false;
        qsizetype questions = 0;
        quint64 lastUse = 0;

        bool isEmpty() const { return nodes.isEmpty() && !hasOthers; }
    };
    using Watches = std::map<QByteArray, Watch>;

    struct Question
    {
        Promise promise;
        Clock::time_point deadline;
        std::chrono::milliseconds timeout;
        QByteArray name;
        Watch *watch = nullptr;
        std::unique_ptr<Request> request; // while it has not gone out
        quint64 accepted = 0;             // events, with it
        Wants wants;
        bool hadAnswerers = false;
        // Who had it when the server had passed it on, and may still answer. Until that is looked at, they are the watch's.
        bool isPassedOn = false;
        std::optional<Clock::time_point> acknowledgedAt;
        QList<QUuid> nodes;
        bool hasOthers = false;
        QList<QUuid> answered;
    };
    using Questions = std::unordered_map<quint64, Question>;

    // A question that somebody has answered.
    struct Recent
    {
        quint64 number = 0;
        QByteArray name;
    };

    struct Due
    {
        Clock::time_point at;
        quint64 number;

        friend bool operator<(const Due &one, const Due &other) { return one.at > other.at; } // the earliest on top
    };

    void send(quint64 number, Question &question);
    Watch *watchFor(const QByteArray &name);
    bool makeRoomForWatch();
    void end(Questions::iterator question, std::optional<PyventAnswer> answer);
    void fail(Questions::iterator question, PyventAskError::Kind kind, const QString &text);
    void cancel(const Question &question, quint64 number);
    void expire(Clock::time_point now);
    void lookForCanceled(Clock::time_point now);
    void passedOn(Question &question) const;
    void forgetAnswerers();
    void judge(Clock::time_point now);
    bool judge(Questions::iterator question, Clock::time_point now);
    bool isOver(const Question &question) const;
    void tidyDue();

    Bus *const m_bus;
    const QUuid m_node;
    const QString m_prefix;
    quint64 m_newest = 0;
    quint64 m_uses = 0;
    Questions m_questions;
    std::vector<quint64> m_unsent; // numbers
    Watches m_watches;
    std::deque<Ended> m_ended;
    std::vector<Due> m_due; // a heap; some are of questions that have ended
    std::array<Recent, 1024> m_recent;
    bool m_isReady = false;
    bool m_lostServer = false;
    bool m_mustJudge = false;
    quint64 m_acknowledged = 0; // when this was last processed
    Clock::time_point m_judgesFrom;
    Clock::time_point m_looksAt = Clock::time_point::max(); // whether one was canceled
    Clock::time_point m_lastAsked;
    Clock::time_point m_judgesAgainAt = Clock::time_point::max();
};

} // namespace Pyvent::Internal

#endif
