// SPDX-License-Identifier: MIT
#include "natsengine.h"

#include <algorithm>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// What is not acknowledged comes again within acknowledgeWithin, and a little longer if the server is busy.
constexpr auto orderPatience = NatsStream::acknowledgeWithin + 2s;

// Where the cluster is without a leader: it takes some seconds for another one, and the longer it then takes to be noticed, the longer events wait.
constexpr auto leaderPause = 100ms;

// Of messages that did not come, it is asked for so many; a consumer gives out no more at a time.
constexpr quint64 mostMissing = NatsStream::mostUnacknowledged;

// And what does not come then is fetched from the stream itself, some at a time.
constexpr auto fetchAfter = 500ms;
constexpr int mostFetched = 256;

// Bytes that were given and not acknowledged, at which no more is asked for.
constexpr qsizetype mostGivenBytes = qsizetype(64) << 20;

// NATS' own headers, and ours, count for the largest message.
qsizetype headersSize(const Envelope &envelope)
{
    qsizetype size = 256;
    for (const Envelope::Header &header : envelope.headers)
        size += header.first.size() + header.second.size() + 4;
    return size;
}

} // namespace

NatsEngine::NatsEngine(const EngineOptions &options)
    : m_options(options)
    , m_prefix(options.prefix.toUtf8() + '.')
    , m_retry(this)
    , m_readRetry(this)
    , m_timer(this)
    , m_order(orderPatience)
{
    m_retry.setSingleShot(true);
    m_readRetry.setSingleShot(true);
    m_timer.setSingleShot(true);
    connect(&m_retry, &QTimer::timeout, this, &NatsEngine::connectNow);
    connect(&m_readRetry, &QTimer::timeout, this, &NatsEngine::beginReading);
    connect(&m_timer, &QTimer::timeout, this, &NatsEngine::process);
}

NatsEngine::~NatsEngine() = default;

void NatsEngine::start()
{
    m_isStarted = true;
    connectNow();
}

void NatsEngine::stop()
{
    m_isStarted = false;
    m_retry.stop();
    hangUp();
}

// The one before comes last: it has just hung up.
QList<HostPort> NatsEngine::serversToTry() const
{
    QList<HostPort> servers = m_options.servers;
    for (const HostPort &server : m_discovered) {
        if (!servers.contains(server))
            servers += server;
    }
    std::shuffle(servers.begin(), servers.end(), *QRandomGenerator::global());
    std::stable_partition(servers.begin(), servers.end(), [this](const HostPort &server) { return server != m_last; });
    return servers;
}

void NatsEngine::connectNow()
{
    if (!m_isStarted || m_link)
        return;
    const QList<HostPort> servers = serversToTry();
    m_hasNoLeader = false;
    if (std::ranges::none_of(servers, [this](const HostPort &server) { return tryServer(server); }))
        retryLater();
}

bool NatsEngine::tryServer(const HostPort &server)
{
    QString why;
    m_last = server;
    const auto wake = [](QObject *engine) {
        QMetaObject::invokeMethod(
            engine, [engine] { static_cast<NatsEngine *>(engine)->takeEvents(); }, Qt::QueuedConnection);
    };
    m_link = NatsLink::open(m_options, server, this, wake, &why);
    if (!m_link) {
        Q_EMIT problem(u"connection"_s, u"the NATS server at %1 cannot be used: %2"_s.arg(server.text(), why));
        return false;
    }
    m_discovered = m_link->discovered();
    m_stream = std::make_unique<NatsStream>(m_link->connection(), m_options, m_link->clusterSize());
    if (!m_stream->ensure()) {
        Q_EMIT problem(u"stream"_s, m_stream->why());
        m_hasNoLeader = m_stream->mayPass();
        hangUp();
        return false;
    }
    for (const QString &note : m_stream->notes())
        Q_EMIT problem(note, note);
    if (std::exchange(m_identity, m_stream->identity()) != m_stream->identity())
        m_acknowledged = 0;                                        // of another stream
    m_acknowledged = std::min(m_acknowledged, m_stream->newest()); // one that has lost its end uses its numbers again
    m_backOff.reset();
    Q_EMIT up(m_options.scheme() + "://"_L1 + server.text(), m_stream->identity());
    if (m_shallRead)
        beginReading();
    return true;
}

void NatsEngine::retryLater()
{
    m_retry.start(m_hasNoLeader ? leaderPause : m_backOff.next());
}

void NatsEngine::hangUp()
{
    endReading();
    m_underWay.clear();
    m_stream.reset();
    m_link.reset();
}

void NatsEngine::linkClosed(const QByteArray &text)
{
    Q_EMIT problem(u"connection"_s,
                   u"the connection to the NATS server at %1 has ended%2"_s.arg(
                       m_last.text(), text.isEmpty() ? QString() : u": "_s + QString::fromUtf8(text).simplified()));
    hangUp();
    Q_EMIT down();
    m_retry.start(0ms);
}

void NatsEngine::publish(const QList<Publication> &publications)
{
    for (const Publication &publication : publications) {
        if (!m_link) // all of it is given again
            return;
        const Envelope envelope = seal(publication.message, Dialect::Nats);
        if (envelope.payload.size() + headersSize(envelope) > m_link->mostBytes()) {
            Q_EMIT refused(publication.id, Refusal::Never,
                           u"it has %1 bytes, and the server takes %2 (max_payload)"_s.arg(
                               QString::number(envelope.payload.size()), QString::number(m_link->mostBytes())));
            continue;
        }
        const QByteArray subject = m_prefix + envelope.address;
        m_underWay.insert(publication.id, subject);
        m_link->publish(subject, envelope, idOf(publication.message, Dialect::Nats), publication.id);
    }
}

void NatsEngine::takeEvents()
{
    if (!m_link)
        return;
    QList<quint64> acknowledged;
    const NatsLink *const link = m_link.get();
    for (NatsLink::Event &event : m_link->takeEvents()) {
        if (event.kind == NatsLink::Event::Acknowledged) {
            m_underWay.remove(event.number);
            acknowledged += event.number;
        } else {
            take(std::move(event));
        }
        if (m_link.get() != link)
            break;
    }
    if (!acknowledged.isEmpty())
        Q_EMIT published(acknowledged);
    if (m_isReading) {
        giveReady();
        askForMissing();
        askForMore();
        schedule();
    }
}

void NatsEngine::take(NatsLink::Event &&event)
{
    const auto now = Clock::now();
    switch (event.kind) {
    case NatsLink::Event::Acknowledged:
        break;
    case NatsLink::Event::Refused:
        takeRefusal(event);
        break;
    case NatsLink::Event::Arrived:
        if (!m_isReading)
            break;
        m_pull.arrived(now);
        if (m_order.take(event.number, {std::move(event.envelope), event.reply, event.isOwn}, now)
            == StreamOrder<Arrived>::Verdict::Known)
            cameAgain(event.number, event.reply);
        break;
    case NatsLink::Event::Status:
        takeStatus(event);
        break;
    case NatsLink::Event::Error:
        takeError(event.text);
        break;
    case NatsLink::Event::Closed:
        linkClosed(event.text);
        break;
    }
}

void NatsEngine::takeRefusal(const NatsLink::Event &event)
{
    m_underWay.remove(event.number);
    // 4xx is about the message itself: too large for the stream, a header that it does not take.
    const Refusal refusal = event.code >= 400 && event.code < 500 ? Refusal::Never : Refusal::NotNow;
    Q_EMIT refused(event.number, refusal, QString::fromUtf8(event.text));
}

void NatsEngine::takeError(const QByteArray &text)
{
    // Permissions Violation for Publish to "P.name"
    constexpr QByteArrayView denied = "permissions violation for publish to \"";
    const qsizetype found = text.toLower().indexOf(denied);
    if (found < 0) {
        Q_EMIT problem(u"server"_s, u"the NATS server says: %1"_s.arg(QString::fromUtf8(text).simplified()));
        return;
    }
    const qsizetype begin = found + denied.size();
    const qsizetype end = text.indexOf('"', begin);
    const QByteArray subject = text.sliced(begin, (end < 0 ? text.size() : end) - begin);
    const QList<quint64> ids = m_underWay.keys(subject);
    // What a function has waited for, its end has told of; and the same message may have been published twice.
    const bool isTold = subject == m_denied || (subject.startsWith("$JS.API.") && !subject.contains(".MSG.NEXT."));
    m_denied = subject;
    if (ids.isEmpty() && isTold)
        return;
    if (ids.isEmpty()) {
        Q_EMIT problem(u"permission"_s, u"this NATS user may not publish to '%1'"_s.arg(QString::fromUtf8(subject)));
        return;
    }
    for (const quint64 id : ids) {
        m_underWay.remove(id);
        Q_EMIT refused(id, Refusal::Never, u"this NATS user may not publish to '%1'"_s.arg(QString::fromUtf8(subject)));
    }
}

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
    if (on)
        beginReading();
    else
        endReading();
}

void NatsEngine::beginReading()
{
    if (!m_link || !m_shallRead || m_isReading)
        return;
    NatsStream::Consumer consumer;
    if (!m_stream->ensureConsumer(m_acknowledged > 0 ? m_acknowledged + 1 : 0, &consumer)) {
        if (!m_stream->isCutOff())
            Q_EMIT problem(u"stream"_s, m_stream->why());
        m_readRetry.start(m_stream->mayPass() ? leaderPause : m_backOff.next());
        return;
    }
    if (!m_link->startHearing()) // it is about to end
        return;
    if (consumer.next > m_acknowledged + 1) // else it has given all of that itself
        tellPast(consumer.next);
    m_isReading = true;
    // A server that was killed may have forgotten the last acknowledgements.
    m_order.begin(std::max(consumer.next, m_acknowledged + 1), m_stream->isContiguous());
    m_askedFor = 0;
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
    return std::max(m_order.since() + fetchAfter, m_fetchAgainAt);
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
            return;
        }
        if (fetched == NatsStream::Fetched::Message)
            m_order.take(number, {std::move(envelope), {}}, now);
        else
            m_order.skip(number, now);
    }
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
    if (given != m_given.end())
        given->reply = reply;
    else if (m_given.empty() || number < m_given.front().number)
        m_link->acknowledge(reply);
}

void NatsEngine::acknowledge(quint64 token)
{
    QByteArray reply;
    while (!m_given.empty() && m_given.front().token <= token) {
        if (!m_given.front().reply.isEmpty()) // the consumer has given it out
            reply = m_given.front().reply;
        m_acknowledged = m_given.front().number;
        m_givenBytes -= m_given.front().size;
        m_given.pop_front();
    }
    if (reply.isEmpty() || !m_link || !m_isReading)
        return;
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
    schedule();
}

void NatsEngine::schedule()
{
    const auto pullDeadline = hasRoom() ? m_pull.deadline() : Clock::time_point::max();
    const auto deadline = std::min({pullDeadline, m_order.deadline(), fetchAt()});
    if (deadline == Clock::time_point::max())
        m_timer.stop();
    else
        m_timer.start(std::max(std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()), 0ms));
}

} // namespace Pyvent::Bridge
