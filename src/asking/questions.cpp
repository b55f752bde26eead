// SPDX-License-Identifier: MIT
#include "asking/questions.h"

#include <utility>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

// Hears answers as soon as they come, whatever waits for the node's thread: that may wait for the answer itself.
class Questions::ReplyReceiver : public Receiver
{
public:
    explicit ReplyReceiver(Asker *asker)
        : Receiver(asker->prefix() + u'*', PyventSender::Any)
        , m_asker(asker)
    {
    }

    bool isWanted() const override { return m_asker; }
    void end() override { m_asker = nullptr; }
    bool isElsewhere() const override { return true; }
    bool post(const PyventEvent &event, QString *) override
    {
        if (m_asker)
            m_asker->heard(event);
        return true;
    }
    void deliver(const PyventEvent &) override { } // of PyventNode::dispatch(), which is not the bus

private:
    Asker *m_asker;
};

Questions::Questions(Session *session)
    : m_session(session)
    , m_asker(this, session->uuid())
{
    m_session->setPart(this);
}

Questions::~Questions() = default;

// Asking

QFuture<PyventAnswer> Questions::ask(Asker::Request &&request, Clock::time_point now)
{
    m_now = now;
    if (!m_replies) {
        m_replies = std::make_shared<ReplyReceiver>(&m_asker);
        m_session->add(m_replies, {}, now);
    }
    return m_asker.ask(std::move(request), now);
}

quint64 Questions::send(const QString &name, const QVariantMap &args, const QString &sender, QString *why)
{
    if (m_session->isJoined() && m_session->send(name, args, sender, m_now))
        return m_session->accepted();
    *why = m_session->news().lastError().text;
    return 0;
}

// Answering

// A pattern's beginning stands for it.
void Questions::declare(const Receiver *receiver, const QUuid &node)
{
    const PyventPattern &pattern = receiver->pattern();
    const QByteArray declaration =
        Control::Declaration{Control::Declaration::Answering,
                             (pattern.isGlob() ? pattern.prefix() : pattern.text()).toUtf8(), pattern.isGlob(), node}
            .toPrefix();
    m_declared.insert(receiver, declaration);
    if (++m_declarations[declaration] == 1)
        m_session->declare(declaration);
}

void Questions::answers(const Receiver *receiver)
{
    declare(receiver, m_session->uuid());
}

void Questions::passesOn(const Receiver *receiver)
{
    declare(receiver, QUuid());
}

void Questions::removed(const Receiver *receiver)
{
    const QByteArray declaration = m_declared.take(receiver);
    const auto needed = m_declarations.find(declaration);
    if (needed == m_declarations.end() || --*needed > 0)
        return;
    m_declarations.erase(needed);
    m_session->withdraw(declaration);
}

void Questions::reply(const ReplyAddress &address, const PyventAnswer &answer, Clock::time_point now)
{
    static const QString value = u"value"_s;
    static const QString error = u"error"_s;
    static const QString question = u"question"_s;
    static const QString lost = u"lost"_s;
    if (!m_session->isJoined())
        return;
    const QVariant text = answer.error().text;
    const QVariant number = address.number.value_or(0);
    const QVariant isLost = true;
    ArgumentList arguments;
    if (answer)
        arguments.add(value, answer.value());
    else
        arguments.add(error, text);
    if (address.number)
        arguments.add(question, number);
    if (answer.error().kind == PyventAskError::AnswererLost)
        arguments.add(lost, isLost);
    if (m_session->send(address.name, arguments, {}, now) || !answer)
        return;
    const QString why = m_session->news().lastError().text;
    reply(address, PyventAskError{PyventAskError::Refused, u"the answer cannot be sent: "_s + why}, now);
}

void Questions::end(quint64 number, const PyventAnswer &answer, Clock::time_point now)
{
    if (const auto work = m_answerer.end(number))
        reply(work->address, answer, now);
}

void Questions::stopAnswering(Clock::time_point now)
{
    for (Answerer::Work &work : m_answerer.takeAll()) {
        reply(work.address,
              PyventAskError{PyventAskError::AnswererLost,
                             u"the node that was to answer '%1' has stopped"_s.arg(work.name)},
              now);
        m_due.push_back(std::move(work.cancel));
    }
}

void Questions::stopAsking()
{
    m_asker.stop(u"the node has stopped"_s);
}

Questions::Due Questions::takeDue()
{
    if (m_asker.hasEnded()) {
        const auto ended = std::make_shared<Asker::Ended>(m_asker.takeEnded());
        return [ended] { ended->finish(); };
    }
    if (m_due.empty())
        return {};
    Due due = std::move(m_due.front());
    m_due.pop_front();
    return due;
}

// SessionPart

void Questions::stateChanged(SessionState state, Clock::time_point now)
{
    m_now = now;
    if (state == SessionState::Ready && m_replies)
        m_asker.ready(now);
    else if (state == SessionState::Connecting || state == SessionState::Stopped)
        m_asker.lostServer();
}

void Questions::heard(const Control::Message &message, Clock::time_point now)
{
    m_now = now;
    if (message.kind == Control::Kind::Answerers) {
        const auto answerers = Control::Answerers::read(message.payload);
        if (answerers && m_session->provesSenders()) // else anybody could have said so
            m_asker.heard(*answerers);
        return;
    }
    const auto question = Control::Question::read(message.payload);
    if (!question)
        return;
    if (message.kind == Control::Kind::Cancel) {
        for (Answerer::Cancel &cancel : m_answerer.cancel(question->asker, question->number))
            m_due.push_back(std::move(cancel));
    } else {
        m_session->news().add(
            News::HandlerFailed{QString::fromUtf8(question->name),
                                u"the answer came too late: another one had answered the question before"_s});
    }
}

void Questions::wasRefused(const QByteArray &topic, const QString &why)
{
    m_asker.wasRefused(topic, why);
}

void Questions::process(Clock::time_point now)
{
    m_now = now;
    m_asker.process(now);
}

Questions::Clock::time_point Questions::deadline() const
{
    return hasDue() && !isSeenTo ? Clock::time_point() : m_asker.deadline();
}

} // namespace Pyvent::Internal
