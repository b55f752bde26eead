// SPDX-License-Identifier: MIT
#include "natsengine.h"

#include <algorithm>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// Of messages that did not come, it is asked for so many; a consumer gives out no more at a time.
constexpr quint64 mostMissing = NatsStream::mostUnacknowledged;

// And what does not come then is fetched from the stream itself, some at a time.
constexpr auto fetchAfter = 500ms;
constexpr int mostFetched = 256;

// Bytes that were given and not acknowledged, at which no more is asked for; and messages, at which no more is taken of what comes directly.
constexpr qsizetype mostGivenBytes = qsizetype(64) << 20;
constexpr std::size_t mostGiven = 4096;

// Where the consumer gives nothing out, what the stream has is looked at for so long at a time, and again after a pause; after a longer one where the
// stream does not answer either, which takes time. One that has not read before begins so many messages before the stream's end.
constexpr auto peekTime = 200ms;
constexpr auto peekPause = 200ms;
constexpr auto peekLongPause = 1s;
constexpr quint64 mostPeekedBack = 1024;
} // namespace

// What stands before the number \a before. It may be missing, and then late joiners have less.
void NatsEngine::tellPast(quint64 before)
{
    QList<Arrival> arrivals;
    for (const NatsMessage &kept : m_stream->past(before, m_past)) {
        const Envelope envelope = NatsLink::envelopeIn(kept.get(), m_prefix);
        QString why;
        if (auto message = unseal(envelope, &why))
            arrivals += Arrival{.message = std::move(*message)};
    }
    if (!arrivals.isEmpty())
        Q_EMIT past(arrivals);
}

void NatsEngine::setReading(bool on)
{
    m_shallRead = on;
    if (on) {
        hearSaid();
        beginReading();
        return;
    }
    endReading();
    m_peekNext = 0;
    if (m_link)
        m_link->stopHearingSaid();
}

void NatsEngine::beginReading()
{
    if (!m_link || !m_shallRead || m_isReading || !m_hasStream)
        return;
    NatsStream::Consumer consumer;
    if (!m_stream->ensureConsumer(m_acknowledged > 0 || m_wasGone ? m_acknowledged + 1 : 0, &consumer)) {
        if (m_stream->isGone()) {
            makeStreamAgain();
            return;
        }
        if (!m_stream->isCutOff())
            Q_EMIT problem(u"stream"_s, m_stream->why());
        const bool mayPass = m_stream->mayPass();
        if (mayPass && !m_stream->isCutOff())
            peek();
        m_readRetry.start(mayPass ? leaderPause : m_backOff.next());
        return;
    }
    if (!m_link->startHearing()) // it is about to end
        return;
    if (consumer.next > m_acknowledged + 1) // else it has given all of that itself
        tellPast(consumer.next);
    m_isReading = true;
    m_wasGone = false;
    // A server that was killed may have forgotten the last acknowledgements.
    m_order.begin(std::max(consumer.next, m_acknowledged + 1), m_stream->isContiguous());
    m_askedFor = 0;
    m_fetchesOn = false;
    m_given.clear();
    m_givenBytes = 0;
    m_pull.begin(Clock::now());
    Q_EMIT readingChanged(Reading::On);
    // Otherwise what another one had, who was killed, would come after acknowledgeWithin only.
    for (quint64 number = consumer.next; number <= consumer.givenUpTo; ++number)
        m_link->giveBack(m_stream->giveBackSubject(consumer, number));
    askForMore();
    schedule();
}

void NatsEngine::endReading()
{
    m_readRetry.stop();
    m_timer.stop();
    if (m_link)
        m_link->stopHearing();
    if (std::exchange(m_isReading, false))
        Q_EMIT readingChanged(Reading::Off);
}

// What is missing comes only if it is asked for, however much waits for it here. The consumer gives out no more than mostUnacknowledged at a time.
bool NatsEngine::hasRoom() const
{
    return m_givenBytes < mostGivenBytes || m_order.held() > 0;
}

void NatsEngine::askForMore()
{
    const auto now = Clock::now();
    while (m_link && hasRoom() && m_pull.wantsMore(now)) {
        const QByteArray subject = "$JS.API.CONSUMER.MSG.NEXT." + m_stream->name() + '.' + m_stream->consumerName();
        m_link->request(subject, NatsPull::body(), m_pull.ask(now));
    }
}

// What a server had on its way here when it was killed, its consumer takes for given, and gives it out again after acknowledgeWithin only.
void NatsEngine::askForMissing()
{
    if (!m_link || m_order.held() == 0 || !m_stream->isContiguous())
        return;
    const auto &[number, arrived] = m_order.firstHeld();
    const quint64 first = std::max({m_order.next(), m_askedFor + 1, number - std::min<quint64>(number, mostMissing)});
    for (quint64 missing = first; missing < number; ++missing)
        m_link->giveBack(arrived.reply, missing);
    m_askedFor = std::max(m_askedFor, number - 1);
}

NatsEngine::Clock::time_point NatsEngine::fetchAt() const
{
    if (m_order.held() == 0 || !m_stream || !m_stream->isContiguous())
        return Clock::time_point::max();
    return m_fetchesOn ? m_fetchAgainAt : std::max(m_order.since() + fetchAfter, m_fetchAgainAt);
}

// A consumer that has a new leader may not know of what it has given out, nor of what was acknowledged: that does not come again.
void NatsEngine::fetchMissing()
{
    for (int i = 0; i < mostFetched && m_link && m_order.held() > 0; ++i) {
        const quint64 number = m_order.next();
        Envelope envelope;
        auto fetched = m_stream->fetch(number, &envelope);
        // A leader that has just begun may not have got there. What is held exists.
        Envelope held;
        if (fetched == NatsStream::Fetched::None
            && m_stream->fetch(m_order.firstHeld().first, &held) != NatsStream::Fetched::Message)
            fetched = NatsStream::Fetched::NotNow;
        const auto now = Clock::now();
        if (fetched == NatsStream::Fetched::NotNow) {
            m_fetchAgainAt = now + leaderPause;
            m_fetchesOn = false;
            return;
        }
        if (fetched == NatsStream::Fetched::Message)
            m_order.take(number, {std::move(envelope), {}}, now);
        else
            m_order.skip(number, now);
    }
    m_fetchesOn = m_order.held() > 0;
}

void NatsEngine::takeStatus(const NatsLink::Event &event)
{
    constexpr int heartbeat = 100;
    constexpr int conflict = 409;
    constexpr int nobody = 503;
    if (!m_isReading)
        return;
    if (event.code == nobody) {
        m_pull.refused(event.number, Clock::now());
        return;
    }
    if (event.code == conflict && event.text.contains("Leadership Change")) {
        m_pull.begin(Clock::now()); // nobody has the requests any more, but the new leader takes some
        return;
    }
    m_pull.heardOf(event.number, event.code != heartbeat, Clock::now());
    // "Consumer Deleted", "Consumer is push based": it is looked for again. Others end a request, and no more.
    if (event.code == conflict && event.text.contains("Consumer")) {
        endReading();
        m_readRetry.start(m_backOff.next());
    }
}

void NatsEngine::giveReady()
{
    QList<Arrival> arrivals;
    for (auto &[number, arrived] : m_order.takeReady()) {
        Arrival arrival{.token = ++m_token};
        m_given.push_back({m_token, number, arrived.envelope.payload.size(), arrived.reply});
        m_givenBytes += arrived.envelope.payload.size();
        QString why;
        if (arrived.isOwn)
            arrival.message.bus = m_options.bus.toUtf8();
        else if (auto message = unseal(arrived.envelope, &why))
            arrival.message = std::move(*message);
        else
            arrival.whyNot = u"message %1 of the stream, '%2', is no event: %3"_s.arg(
                QString::number(number), QString::fromUtf8(arrived.envelope.address), why);
        arrivals += std::move(arrival);
    }
    if (!arrivals.isEmpty())
        Q_EMIT received(arrivals);
}

// It was not acknowledged in time; or it was, and the consumer's leader has ended before it said so to the others.
void NatsEngine::cameAgain(quint64 number, const QByteArray &reply)
{
    const auto given = std::ranges::find(m_given, number, &Given::number);
    const auto first = std::ranges::find_if(m_given, [](const Given &each) { return each.number > 0; });
    if (given != m_given.end())
        given->reply = reply;
    else if (first == m_given.end() || number < first->number)
        m_link->acknowledge(reply);
}

void NatsEngine::acknowledge(quint64 token)
{
    QByteArray reply;
    while (!m_given.empty() && m_given.front().token <= token) {
        if (!m_given.front().reply.isEmpty()) // the consumer has given it out
            reply = m_given.front().reply;
        if (m_given.front().number > 0)
            m_acknowledged = m_given.front().number;
        m_givenBytes -= m_given.front().size;
        m_given.pop_front();
    }
    if (!m_link || !m_isReading)
        return;
    if (!reply.isEmpty())
        m_link->acknowledge(reply); // and all before
    askForMore();
    schedule();
}

void NatsEngine::process()
{
    const auto now = Clock::now();
    if (!m_isReading)
        return;
    if (fetchAt() <= now)
        fetchMissing();
    m_order.process(now);
    giveReady();
    // The consumer may have a new leader, which knows of no requests.
    m_pull.process(now);
    if (hasRoom() && m_pull.isLost(now)) {
        endReading();
        beginReading();
        return;
    }
    askForMore();
    if (peekAt() <= now)
        peek();
    schedule();
}

void NatsEngine::schedule()
{
    const auto pullDeadline = hasRoom() ? m_pull.deadline() : Clock::time_point::max();
    const auto deadline = std::min({pullDeadline, m_order.deadline(), fetchAt(), peekAt()});
    if (deadline == Clock::time_point::max())
        m_timer.stop();
    else
        m_timer.start(std::max(std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()), 0ms));
}

void NatsEngine::hearSaid()
{
    if (m_link && m_shallRead && m_mayHearSaid)
        m_link->startHearingSaid();
}

// What is no event, or some other program's, is told of when it comes in its turn.
void NatsEngine::takeDirect(const Envelope &envelope)
{
    QString why;
    auto message = unseal(envelope, &why);
    if (!m_shallRead || !message || message->node.isNull() || message->bus == m_options.bus.toUtf8()
        || m_given.size() >= mostGiven || m_givenBytes >= mostGivenBytes)
        return;
    m_given.push_back({++m_token, 0, envelope.payload.size(), {}});
    m_givenBytes += envelope.payload.size();
    m_direct += Arrival{.token = m_token, .message = std::move(*message), .isDirect = true};
}

void NatsEngine::giveDirect()
{
    if (const auto arrivals = std::exchange(m_direct, {}); !arrivals.isEmpty())
        Q_EMIT received(arrivals);
}

NatsEngine::Clock::time_point NatsEngine::peekAt() const
{
    const bool mayPeek = m_hasStream && m_stream->isContiguous() && hasRoom();
    return mayPeek ? std::max(m_pull.quietSince(), m_peekAt) : Clock::time_point::max();
}

// The consumer has no leader, it seems. All of this comes again by it.
void NatsEngine::peek()
{
    const auto now = Clock::now();
    if (!m_hasStream || !m_stream->isContiguous() || now < m_peekAt)
        return;
    if (m_isReading) {
        m_peekNext = std::max(m_peekNext, m_order.next());
    } else if (m_peekNext == 0) {
        if (!m_stream->refresh()) {
            m_peekAt = now + peekLongPause;
            return;
        }
        const quint64 end = m_stream->newest() + 1;
        m_peekNext = std::max({m_acknowledged + 1, m_stream->oldest(), end - std::min(end, mostPeekedBack)});
    }
    auto fetched = NatsStream::Fetched::Message;
    while (fetched == NatsStream::Fetched::Message && Clock::now() < now + peekTime && m_given.size() < mostGiven) {
        Envelope envelope;
        fetched = m_stream->fetch(m_peekNext, &envelope);
        if (fetched != NatsStream::Fetched::Message)
            break;
        ++m_peekNext;
        takeDirect(envelope);
    }
    giveDirect();
    m_peekAt = Clock::now();
    if (fetched == NatsStream::Fetched::None || m_given.size() >= mostGiven)
        m_peekAt += peekPause;
    else if (fetched == NatsStream::Fetched::NotNow)
        m_peekAt += peekLongPause;
}

} // namespace Pyvent::Bridge
