// SPDX-License-Identifier: MIT
#include "asking/asker.h"

#include "asking/replyaddress.h"

#include <algorithm>
#include <utility>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr qsizetype mostQuestions = 100'000; // under way
constexpr std::size_t mostWatches = 500;     // names that are asked for; the server keeps some more for each connection

// When there is another server, how long those who answered take to be there again, too.
constexpr auto grace = 1500ms;

// By TCP, an acknowledgement may come before what the server has told earlier.
constexpr auto disorder = 50ms;

// How soon it is seen that somebody has canceled a future: nobody is told of that. Of questions that take long, later.
constexpr auto soonestLook = 50ms;
constexpr auto latestLook = 500ms;

constexpr auto longestTimeout = std::chrono::milliseconds(24h * 365);

// Beyond this, all nodes are told at once that nobody waits any more.
constexpr qsizetype toldOneByOne = 16;

quint64 numberIn(const PyventEvent &event, qsizetype prefixSize)
{
    if (event.name.size() > prefixSize + 1 && event.name[prefixSize] == u'.')
        return QStringView(event.name).sliced(prefixSize + 1).toULongLong();
    return event.name.size() == prefixSize ? event.args.value(u"question"_s).toULongLong() : 0;
}

// What a Python node has sent without "value" has the whole as its value.
PyventAnswer answerOf(const PyventEvent &event)
{
    PyventAnswer answer;
    const auto value = event.args.constFind(u"value"_s);
    if (value != event.args.cend()) {
        answer = PyventAnswer(*value);
    } else if (const auto error = event.args.constFind(u"error"_s); error != event.args.cend()) {
        const bool isLost = event.args.value(u"lost"_s).toBool();
        answer = PyventAskError{isLost ? PyventAskError::AnswererLost : PyventAskError::Refused, error->toString()};
    } else {
        QVariantMap rest = event.args;
        rest.remove(u"question"_s);
        if (!rest.isEmpty())
            answer = PyventAnswer(rest);
    }
    return answer.from(event.nodeId, event.sender);
}

} // namespace

QFuture<PyventAnswer> endedFuture(const PyventAnswer &answer)
{
    Asker::Promise promise;
    promise.start();
    promise.addResult(answer);
    promise.finish();
    return promise.future();
}

void Asker::Ended::finish()
{
    if (answer)
        promise.addResult(*std::move(answer));
    promise.finish();
}

Asker::Asker(Bus *bus, const QUuid &node)
    : m_bus(bus)
    , m_node(node)
    , m_prefix(ReplyAddress::newPrefix())
{
}

// Asking

QFuture<PyventAnswer> Asker::ask(Request &&request, Clock::time_point now)
{
    const quint64 number = ++m_newest;
    const auto place = m_questions.emplace(number, Question()).first;
    Question &question = place->second;
    question.promise.start();
    const QFuture<PyventAnswer> future = question.promise.future();
    question.timeout = std::clamp<std::chrono::milliseconds>(request.timeout, 0ms, longestTimeout);
    question.deadline = now + question.timeout;
    question.wants = request.wants;
    question.name = request.name.toUtf8();
    if (underWay() > mostQuestions) {
        fail(place, PyventAskError::NotSent,
             u"'%1' was not asked: %2 questions are under way"_s.arg(request.name).arg(mostQuestions));
        return future;
    }
    if (question.timeout == 0ms) {
        fail(place, PyventAskError::TimedOut,
             u"'%1' had no time for an answer: give a time-out of more than 0"_s.arg(request.name));
        return future;
    }
    question.request = std::make_unique<Request>(std::move(request));
    m_lastAsked = now;
    m_looksAt = std::min(m_looksAt, now + soonestLook);
    m_due.push_back({question.deadline, number});
    std::push_heap(m_due.begin(), m_due.end());
    if (m_isReady)
        send(number, question);
    else
        m_unsent.push_back(number);
    return future;
}

void Asker::send(quint64 number, Question &question)
{
    const std::unique_ptr<Request> request = std::move(question.request);
    question.watch = watchFor(question.name);
    if (question.watch)
        ++question.watch->questions;
    request->args.insert(replyToArgument, ReplyAddress::text(m_prefix, number));
    QString why;
    question.accepted = m_bus->send(request->name, request->args, request->sender, &why);
    if (question.accepted == 0)
        return fail(m_questions.find(number), PyventAskError::NotSent, why);
    Watch *const watch = question.watch;
    if (!watch || (watch->isKnown && !watch->isEmpty() && question.wants == Wants::First))
        return;
    if (watch->isKnown)
        watch->isToBeJudged = m_mustJudge = true;
    if (watch->isKnown || watch->questions == 1) // who tells nothing is not to be hurried for ever
        m_bus->hurryAcknowledgements();
}

// Null where too many others are asked for: then it is not known who answers.
Asker::Watch *Asker::watchFor(const QByteArray &name)
{
    auto watch = m_watches.find(name);
    if (watch == m_watches.end()) {
        if (m_watches.size() >= mostWatches && !makeRoomForWatch())
            return nullptr;
        watch = m_watches.emplace(name, Watch{.name = name, .nodes = {}}).first;
        m_bus->declare(Control::Declaration{Control::Declaration::Asking, name, false, m_node}.toPrefix());
    }
    watch->second.lastUse = ++m_uses;
    return &watch->second;
}

bool Asker::makeRoomForWatch()
{
    auto oldest = m_watches.end();
    for (auto watch = m_watches.begin(); watch != m_watches.end(); ++watch) {
        if (watch->second.questions == 0
            && (oldest == m_watches.end() || watch->second.lastUse < oldest->second.lastUse))
            oldest = watch;
    }
    if (oldest == m_watches.end())
        return false;
    m_bus->withdraw(Control::Declaration{Control::Declaration::Asking, oldest->first, false, m_node}.toPrefix());
    m_watches.erase(oldest);
    return true;
}

// What comes

void Asker::heard(const PyventEvent &event)
{
    const quint64 number = numberIn(event, m_prefix.size());
    const auto place = m_questions.find(number);
    if (place == m_questions.end()) {
        const Recent &recent = m_recent[number % m_recent.size()];
        if (number != 0 && recent.number == number && !event.nodeId.isNull())
            m_bus->sendControl(Control::Question{m_node, number, recent.name}.toFrame(event.nodeId, Control::late));
        return;
    }
    Question &question = place->second;
    PyventAnswer answer = answerOf(event);
    if (question.wants == Wants::First) {
        // Where somebody else may still answer, it is as if the one who stops had never answered such questions.
        if (answer.error().kind == PyventAskError::AnswererLost) {
            question.answered.append(event.nodeId);
            if (question.watch)
                question.watch->isToBeJudged = m_mustJudge = true;
            const QList<QUuid> &nodes = question.isPassedOn || !question.watch ? question.nodes : question.watch->nodes;
            const bool hasOthers = !question.watch || !question.watch->isKnown || question.watch->hasOthers;
            if (hasOthers || std::any_of(nodes.begin(), nodes.end(), [&](const QUuid &node) {
                    return !question.answered.contains(node);
                }))
                return;
        } else {
            m_recent[number % m_recent.size()] = {number, question.name};
        }
        return end(place, std::move(answer));
    }
    if (answer.error().kind != PyventAskError::AnswererLost)
        question.promise.addResult(std::move(answer));
    if (!question.answered.contains(event.nodeId))
        question.answered.append(event.nodeId);
    if (question.isPassedOn && isOver(question))
        end(place, {});
}

void Asker::heard(const Control::Answerers &answerers)
{
    const auto place = m_watches.find(answerers.name);
    if (answerers.asker != m_node || place == m_watches.end())
        return;
    Watch &watch = place->second;
    // What was passed on before had those who answered until now. Where acknowledgements do not come in one row with this, that is known
    // less well; and where there were none, it may have been passed on later than it seems.
    const quint64 acknowledged = m_bus->isInOrder() ? m_bus->acknowledged() : m_acknowledged;
    if (watch.isKnown && watch.questions > 0 && (!watch.isEmpty() || m_bus->isInOrder())) {
        for (auto &[number, question] : m_questions) {
            if (question.watch == &watch && question.accepted != 0 && question.accepted <= acknowledged)
                passedOn(question);
        }
    }
    watch.isKnown = true;
    watch.nodes = QList<QUuid>(answerers.nodes.begin(), answerers.nodes.end());
    watch.hasOthers = answerers.hasOthers;
    watch.isToBeJudged = watch.questions > 0;
    m_mustJudge = m_mustJudge || watch.isToBeJudged;
}

void Asker::wasRefused(const QByteArray &topic, const QString &why)
{
    for (auto question = m_questions.begin(); question != m_questions.end();) {
        const auto next = std::next(question);
        if (question->second.name == topic && question->second.accepted != 0)
            fail(question, PyventAskError::NotSent, why);
        question = next;
    }
}

// The server

void Asker::ready(Clock::time_point now)
{
    m_isReady = true;
    if (std::exchange(m_lostServer, false))
        m_judgesFrom = m_judgesAgainAt = now + grace;
    for (const quint64 number : std::exchange(m_unsent, {})) {
        if (const auto question = m_questions.find(number); question != m_questions.end())
            send(number, question->second);
    }
}

// Who had a question may still answer it, by the next server.
void Asker::lostServer()
{
    m_lostServer = m_lostServer || m_isReady;
    m_isReady = false;
    for (auto &[number, question] : m_questions) {
        if (question.watch && question.watch->isKnown && question.accepted != 0
            && question.accepted <= m_bus->acknowledged())
            passedOn(question);
    }
    forgetAnswerers();
}

void Asker::forgetAnswerers()
{
    for (auto &[name, watch] : m_watches) {
        watch.isKnown = watch.isToBeJudged = watch.hasOthers = false;
        watch.nodes.clear();
    }
    m_mustJudge = false;
    m_judgesAgainAt = Clock::time_point::max();
}

void Asker::passedOn(Question &question) const
{
    if (std::exchange(question.isPassedOn, true))
        return;
    question.nodes = question.watch->nodes;
    question.hasOthers = question.watch->hasOthers;
    question.hadAnswerers = !question.watch->isEmpty();
}

// Time

void Asker::process(Clock::time_point now)
{
    m_acknowledged = m_bus->acknowledged();
    expire(now);
    lookForCanceled(now);
    if (m_isReady && now >= m_judgesFrom && (m_mustJudge || now >= m_judgesAgainAt))
        judge(now);
}

Asker::Clock::time_point Asker::deadline() const
{
    const Clock::time_point earliest = std::min(m_looksAt, m_judgesAgainAt);
    return m_due.empty() ? earliest : std::min(earliest, m_due.front().at);
}

void Asker::expire(Clock::time_point now)
{
    while (!m_due.empty() && m_due.front().at <= now) {
        std::pop_heap(m_due.begin(), m_due.end());
        const quint64 number = m_due.back().number;
        m_due.pop_back();
        const auto place = m_questions.find(number);
        if (place == m_questions.end())
            continue;
        const Question &question = place->second;
        cancel(question, number);
        if (question.wants == Wants::All && question.accepted != 0) {
            end(place, {});
        } else {
            const QString text = question.accepted != 0 ? u"nobody has answered '%1' within %2 ms"_s
                                                        : u"'%1' was not asked: no server was reached within %2 ms"_s;
            fail(place, PyventAskError::TimedOut,
                 text.arg(QString::fromUtf8(question.name)).arg(question.timeout.count()));
        }
    }
    if (m_due.size() > 2 * m_questions.size() + 64)
        tidyDue();
}

void Asker::tidyDue()
{
    std::erase_if(m_due, [this](const Due &due) { return !m_questions.contains(due.number); });
    std::make_heap(m_due.begin(), m_due.end());
}

void Asker::lookForCanceled(Clock::time_point now)
{
    if (now < m_looksAt)
        return;
    for (auto question = m_questions.begin(); question != m_questions.end();) {
        const auto next = std::next(question);
        if (question->second.promise.isCanceled()) {
            cancel(question->second, question->first);
            end(question, {});
        }
        question = next;
    }
    const auto interval = std::clamp<Clock::duration>((now - m_lastAsked) / 10, soonestLook, latestLook);
    m_looksAt = m_questions.empty() ? Clock::time_point::max() : now + interval;
}

// Tells those who may still work on it that nobody waits for that any more.
void Asker::cancel(const Question &question, quint64 number)
{
    if (question.accepted == 0)
        return;
    const Control::Question said{m_node, number, question.name};
    const bool isKnown = question.isPassedOn || (question.watch && question.watch->isKnown);
    const QList<QUuid> nodes = question.isPassedOn ? question.nodes : isKnown ? question.watch->nodes : QList<QUuid>();
    if (!isKnown || nodes.size() > toldOneByOne)
        return m_bus->sendControl(said.toFrame(Control::cancel));
    for (const QUuid &node : nodes) {
        if (!question.answered.contains(node))
            m_bus->sendControl(said.toFrame(node, Control::cancel));
    }
}

// Judging

void Asker::judge(Clock::time_point now)
{
    m_mustJudge = false;
    m_judgesAgainAt = Clock::time_point::max();
    QSet<const Watch *> unsure;
    for (auto question = m_questions.begin(); question != m_questions.end();) {
        const auto next = std::next(question);
        const Watch *const watch = question->second.watch;
        if (watch && watch->isToBeJudged && watch->isKnown && !judge(question, now))
            unsure.insert(watch);
        question = next;
    }
    for (auto &[name, watch] : m_watches) {
        watch.isToBeJudged = unsure.contains(&watch);
        m_mustJudge = m_mustJudge || watch.isToBeJudged;
    }
}

// Returns false if it is to be judged again.
bool Asker::judge(Questions::iterator place, Clock::time_point now)
{
    Question &question = place->second;
    const Watch &watch = *question.watch;
    if (!question.isPassedOn) {
        if (question.accepted > m_acknowledged)
            return false;
        if (!question.acknowledgedAt)
            question.acknowledgedAt = now;
        if (const auto sure = *question.acknowledgedAt + disorder;
            !m_bus->isInOrder() && watch.isEmpty() && now < sure) {
            m_judgesAgainAt = std::min(m_judgesAgainAt, sure);
            return false;
        }
        passedOn(question);
    }
    question.nodes.removeIf([&](const QUuid &node) { return !watch.nodes.contains(node); });
    question.hasOthers = question.hasOthers && watch.hasOthers;
    if (!isOver(question))
        return true;
    const QString name = QString::fromUtf8(question.name);
    if (question.wants == Wants::All)
        end(place, {});
    else if (question.hadAnswerers)
        fail(place, PyventAskError::AnswererLost, u"who was to answer '%1' is not there any more"_s.arg(name));
    else
        fail(place, PyventAskError::NobodyAnswers, u"nobody answers '%1'"_s.arg(name));
    return true;
}

// Whether nobody is left who may answer.
bool Asker::isOver(const Question &question) const
{
    return !question.hasOthers && std::all_of(question.nodes.begin(), question.nodes.end(), [&](const QUuid &node) {
        return question.answered.contains(node);
    });
}

// Ending

void Asker::end(Questions::iterator place, std::optional<PyventAnswer> answer)
{
    Question &question = place->second;
    if (question.watch)
        --question.watch->questions;
    m_ended.push_back({std::move(question.promise), std::move(answer)});
    m_questions.erase(place);
    if (m_questions.empty())
        m_due.clear();
}

void Asker::fail(Questions::iterator place, PyventAskError::Kind kind, const QString &text)
{
    end(place, PyventAnswer(PyventAskError{kind, text}));
}

void Asker::stop(const QString &why)
{
    while (!m_questions.empty())
        fail(m_questions.begin(), PyventAskError::Stopped, why);
    m_unsent.clear();
    m_due.clear();
    m_looksAt = Clock::time_point::max();
    m_isReady = m_lostServer = false;
    m_judgesFrom = {};
    forgetAnswerers();
}

Asker::Ended Asker::takeEnded()
{
    Ended ended = std::move(m_ended.front());
    m_ended.pop_front();
    return ended;
}

} // namespace Pyvent::Internal
