// SPDX-License-Identifier: MIT
#include "natsengine.h"

#include <algorithm>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// What is not acknowledged comes again within acknowledgeWithin, and a little longer if the server is busy.
constexpr auto orderPatience = NatsStream::acknowledgeWithin + 2s;

// How long a server is kept without its stream: longer than a cluster takes for a new leader.
constexpr auto longestWait = 12s;

// A refusal that may mean that there is no stream, which is looked at no more often than that.
constexpr int nobodyTakesIt = 503;
constexpr auto lookAgainAfter = 1s;

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
    , m_lookRetry(this)
    , m_readRetry(this)
    , m_timer(this)
    , m_order(orderPatience)
{
    m_retry.setSingleShot(true);
    m_lookRetry.setSingleShot(true);
    m_readRetry.setSingleShot(true);
    m_timer.setSingleShot(true);
    connect(&m_retry, &QTimer::timeout, this, &NatsEngine::connectNow);
    connect(&m_lookRetry, &QTimer::timeout, this, &NatsEngine::lookAgain);
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
    m_maySay = m_mayHearSaid = true;
    hearSaid();
    if (m_stream->ensure(m_mayWait ? NatsStream::Asks::Once : NatsStream::Asks::Repeatedly)) {
        haveStream();
    } else if (m_mayWait && m_stream->mayPass() && !m_stream->isCutOff()) {
        m_waitsUntil = Clock::now() + longestWait;
        m_lookRetry.start(leaderPause);
    } else {
        Q_EMIT problem(u"stream"_s, m_stream->why());
        m_hasNoLeader = m_stream->mayPass();
        hangUp();
        return false;
    }
    m_backOff.reset();
    Q_EMIT up(m_options.scheme() + "://"_L1 + server.text(), m_identity);
    if (m_shallRead)
        beginReading();
    if (m_shallKeep)
        setKeeping(true);
    return true;
}

void NatsEngine::haveStream()
{
    for (const QString &note : m_stream->notes())
        Q_EMIT problem(note, note);
    if (std::exchange(m_identity, m_stream->identity()) != m_stream->identity())
        m_acknowledged = 0;                                        // of another stream
    m_acknowledged = std::min(m_acknowledged, m_stream->newest()); // one that has lost its end uses its numbers again
    m_hasStream = m_mayWait = true;
}

void NatsEngine::lookAgain()
{
    if (!m_link)
        return;
    const bool isThere = m_stream->ensure(NatsStream::Asks::Once);
    if (isThere && m_stream->identity() == m_identity) {
        haveStream();
        beginReading();
        return;
    }
    if (!isThere && m_stream->mayPass() && Clock::now() < m_waitsUntil) {
        m_lookRetry.start(leaderPause);
        return;
    }
    if (!isThere)
        Q_EMIT problem(u"stream"_s, m_stream->why());
    m_mayWait = false;
    m_hasNoLeader = isThere || m_stream->mayPass();
    hangUp();
    Q_EMIT down();
    retryLater();
}

// Somebody has removed it. It is as if this had begun to reach the server just now.
void NatsEngine::makeStreamAgain()
{
    Q_EMIT problem(u"stream"_s, m_stream->why() + u"; it is made again"_s);
    m_wasGone = true;
    m_hasNoLeader = false;
    hangUp();
    Q_EMIT down();
    retryLater();
}

void NatsEngine::retryLater()
{
    m_retry.start(m_hasNoLeader ? leaderPause : m_backOff.next());
}

void NatsEngine::hangUp()
{
    endReading();
    closeBucket();
    m_lookRetry.stop();
    m_hasStream = false;
    m_peekNext = 0;
    m_underWay.clear();
    m_stream.reset();
    m_link.reset();
}

void NatsEngine::setKeeping(bool on)
{
    m_shallKeep = on;
    if (!on) {
        closeBucket();
        return;
    }
    if (!m_link)
        return;
    if (!m_bucket) {
        m_bucket = std::make_unique<NatsBucket>(m_link.get(), m_options.prefix, m_link->clusterSize());
        connect(m_bucket.get(), &NatsBucket::keepingChanged, this, &Engine::keepingChanged);
        connect(m_bucket.get(), &NatsBucket::stored, this, &Engine::stored);
        connect(m_bucket.get(), &NatsBucket::putDone, this, &Engine::putDone);
        connect(m_bucket.get(), &NatsBucket::putRefused, this, &Engine::putRefused);
        connect(m_bucket.get(), &NatsBucket::problem, this, &Engine::problem);
    }
    m_bucket->open();
}

void NatsEngine::closeBucket()
{
    if (!m_bucket)
        return;
    m_bucket.reset();
    if (m_link)
        m_link->stopHearingKept();
    Q_EMIT keepingChanged(Keeping::Off);
}

void NatsEngine::put(const QList<Put> &puts)
{
    if (m_bucket)
        m_bucket->put(puts);
}

void NatsEngine::takenStored()
{
    if (m_bucket)
        m_bucket->takenStored();
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

void NatsEngine::say(const QList<Publication> &publications)
{
    for (const Publication &publication : publications) {
        if (!m_link || !m_maySay)
            return;
        const Envelope envelope = seal(publication.message, Dialect::Nats);
        if (envelope.payload.size() + headersSize(envelope) <= m_link->mostBytes())
            m_link->say(envelope);
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
    giveDirect();
    if (m_bucket)
        m_bucket->flush();
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
        if (event.number > m_order.next() && m_stream->isContiguous()) // it is held, until what is missing has come
            takeDirect(event.envelope);
        if (m_order.take(event.number, {std::move(event.envelope), event.reply, event.isOwn}, now)
            == StreamOrder<Arrived>::Verdict::Known)
            cameAgain(event.number, event.reply);
        break;
    case NatsLink::Event::Said:
        takeDirect(event.envelope);
        break;
    case NatsLink::Event::Status:
        takeStatus(event);
        break;
    case NatsLink::Event::Answered:
    case NatsLink::Event::Kept:
        if (m_bucket)
            m_bucket->take(std::move(event));
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
    // Who reads has found it out.
    const auto now = Clock::now();
    if (event.code != nobodyTakesIt || m_isReading || !m_hasStream || now < m_lookedAt + lookAgainAfter)
        return;
    m_lookedAt = now;
    if (m_stream->lookWhetherGone())
        makeStreamAgain();
}

bool NatsEngine::isAboutSaying(const QByteArray &text)
{
    const QByteArray lower = text.toLower();
    const QByteArray subject = m_link->saidSubject();
    if (!lower.contains("permissions violation") || !text.contains(QByteArrayView(subject).chopped(1)))
        return false;
    const bool isHearing = lower.contains("subscription");
    if (std::exchange(isHearing ? m_mayHearSaid : m_maySay, false))
        Q_EMIT problem(u"direct"_s,
                       u"this NATS user may not %1 '%2': events wait while the stream has no leader"_s.arg(
                           isHearing ? u"subscribe to"_s : u"publish to"_s, QString::fromUtf8(subject)));
    return true;
}

void NatsEngine::takeError(const QByteArray &text)
{
    if (isAboutSaying(text))
        return;
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

} // namespace Pyvent::Bridge
