// SPDX-License-Identifier: MIT
#ifndef PYVENT_ASKING_QUESTIONS_H
#define PYVENT_ASKING_QUESTIONS_H

#include "asking/answerer.h"
#include "asking/asker.h"
#include "asking/waitingaskers.h"
#include "session/session.h"
#include "session/sessionpart.h"

#include <QtCore/qhash.h>

#include <deque>

namespace Pyvent::Internal {

// What a session asks and answers. Like the session, it is not thread-safe.
class Questions : public SessionPart, private Asker::Bus
{
public:
    // What is to be done under no lock, since it runs user code.
    using Due = std::function<void()>;

    explicit Questions(Session *session);
    ~Questions() override;

    // Asking

    // The session must have joined a link, or be about to. Returns nothing where there is no memory for it.
    QFuture<PyventAnswer> ask(Asker::Request &&request, Clock::time_point now);

    // Answering

    // Questions that fit \a receiver's pattern are answered from now on, until it was removed().
    void answers(const Receiver *receiver);
    void passesOn(const Receiver *receiver); // to others, who may answer
    void removed(const Receiver *receiver);

    // Whether the question's asker has changed his mind already.
    bool isCanceled(const ReplyAddress &address) const { return m_answerer.isCanceled(address); }

    // Sends an answer. Where it cannot be sent, the asker hears why.
    void reply(const ReplyAddress &address, const PyventAnswer &answer, Clock::time_point now);

    quint64 begin(Answerer::Work &&work, Clock::time_point now);
    void end(quint64 number, const PyventAnswer &answer, Clock::time_point now);

    // Ends all questions: those of others before the session leaves, so that they can still hear it.
    void stopAnswering(Clock::time_point now);
    void stopAsking();

    // What is due to be run under no lock; empty if nothing is. Somebody sees to it, if isSeenTo.
    bool hasDue() const { return m_asker.hasEnded() || !m_due.empty(); }
    Due takeDue();
    bool isSeenTo = false;

    // SessionPart
    void stateChanged(SessionState state, Clock::time_point now) override;
    void heard(const Control::Message &message, Clock::time_point now) override;
    void isThere(const QUuid &node) override { m_waiting.isHere(node); }
    void wasRefused(const QByteArray &topic, const QString &why) override;
    void process(Clock::time_point now) override;
    Clock::time_point deadline() const override;

private:
    class ReplyReceiver;

    void declare(const Receiver *receiver, const QUuid &node);
    void askerHasGone(const QUuid &asker);
    void cancel(Answerer::Cancel &&cancel);

    quint64 send(const QString &name, const QVariantMap &args, const QString &sender, QString *why) override;
    quint64 acknowledged() const override { return m_session->acknowledged(); }
    void hurryAcknowledgements() override { m_session->hurryAcknowledgements(); }
    bool isInOrder() const override { return m_session->way() == Connection::Way::Lane; }
    void sendControl(QByteArray frame) override { m_session->sendControl(std::move(frame)); }
    void declare(const QByteArray &prefix) override { m_session->declare(prefix); }
    void withdraw(const QByteArray &prefix) override { m_session->withdraw(prefix); }

    Session *const m_session;
    Asker m_asker;
    Answerer m_answerer;
    WaitingAskers m_waiting;
    std::shared_ptr<ReplyReceiver> m_replies; // once something was asked
    QHash<const Receiver *, QByteArray> m_declared;
    QHash<QByteArray, int> m_declarations; // how many receivers need each
    std::deque<Due> m_due;
    Clock::time_point m_now; // of the call that has something sent
};

} // namespace Pyvent::Internal

#endif
