// SPDX-License-Identifier: MIT
#include "asking/questions.h"

#include <algorithm>
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
    m_session->declare(presenceTopic(Control::gone)); // before anybody asks
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

quint64 Questions::begin(Answerer::Work &&work, Clock::time_point now)
{
    if (work.address.asker != m_session->uuid())
        m_waiting.begin(work.address.asker, work.name.toUtf8(), now);
    m_session->updateDeadline();
    return m_answerer.begin(std::move(work));
}

void Questions::end(quint64 number, const PyventAnswer &answer, Clock::time_point now)
{
    if (const auto work = m_answerer.end(number)) {
        m_waiting.end(work->address.asker);
        reply(work->address, answer, now);
    }
}

void Questions::askerHasGone(const QUuid &asker)
{
    for (Answerer::Cancel &canceled : m_answerer.askerHasGone(asker))
        cancel(std::move(canceled));
}

void Questions::cancel(Answerer::Cancel &&cancel)
{
    if (cancel)
        m_due.push_back(std::move(cancel));
}

void Questions::stopAnswering(Clock::time_point now)
{
    for (Answerer::Work &work : m_answerer.takeAll()) {
        reply(work.address,
              PyventAskError{PyventAskError::AnswererLost,
                             u"the node that was to answer '%1' has stopped"_s.arg(work.name)},
              now);
        cancel(std::move(work.cancel));
    }
    m_waiting.endAll();
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
    if (state == SessionState::Ready) {
        m_waiting.ready(now);
        if (m_replies)
            m_asker.ready(now);
    } else if (state == SessionState::Connecting || state == SessionState::Stopped) {
        m_waiting.lostServer();
        m_asker.lostServer();
    }
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
    if (message.kind == Control::Kind::Gone) {
        if (const auto gone = Control::Gone::read(message.payload); gone && m_waiting.isGone(gone->node))
            askerHasGone(gone->node);
        return;
    }
    const auto question = Control::Question::read(message.payload);
    if (!question)
        return;
    if (message.kind == Control::Kind::Cancel) {
        for (Answerer::Work &work : m_answerer.cancel(question->asker, question->number)) {
            m_waiting.end(work.address.asker);
            cancel(std::move(work.cancel));
        }
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
    const WaitingAskers::Due due = m_waiting.process(m_session->tellsWhoIsLost(), now);
    for (const WaitingAskers::Question &question : due.toAsk)
        m_session->askWhetherThere(question.asker, question.name);
    for (const QUuid &asker : due.gone) {
        if (m_waiting.isGone(asker))
            askerHasGone(asker);
    }
}

Questions::Clock::time_point Questions::deadline() const
{
    return hasDue() && !isSeenTo ? Clock::time_point() : std::min(m_asker.deadline(), m_waiting.deadline());
}

} // namespace Pyvent::Internal
