// SPDX-License-Identifier: MIT
#include "mqttengine.h"

#include <QtCore/quuid.h>

#include <mqtt_protocol.h>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// A broker that has died without a word is found out within twice that.
constexpr auto writerKeepAlive = 5s;

// One that reads says nothing while the bus does not take what it has read.
constexpr auto readerKeepAlive = 60s;

// What a bus asks the others with, and no event's name is: PREFIX/%~again. It does so some times, since these may be connecting anew as well.
const QByteArray againAddress = "%~again";
constexpr std::chrono::milliseconds askAgainAfter[] = {0ms, 2s, 4s};

// Some brokers, as Mosquitto 2.0, do not say that another client has taken a session over, but only hang up. Two that take it from each other do so at
// once.
constexpr auto shortReading = 2s;
constexpr int mostShortReadings = 3;

// A connection cannot be destroyed by what it tells.
void dispose(std::unique_ptr<MqttConnection> *connection)
{
    if (!*connection)
        return;
    (*connection)->disconnect();
    connection->release()->deleteLater();
}

QString reasonText(int reason)
{
    switch (reason) {
    case MQTT_RC_NOT_AUTHORIZED:
        return u"this MQTT user may not publish to its topic"_s;
    case MQTT_RC_QUOTA_EXCEEDED:
        return u"the broker takes no more now: its quota is exceeded"_s;
    default:
        return u"the broker's reason is 0x%1"_s.arg(reason, 0, 16);
    }
}

} // namespace

MqttEngine::MqttEngine(const EngineOptions &options)
    : m_options(options)
    , m_prefix(options.prefix.toUtf8() + '/')
    , m_retry(this)
    , m_readRetry(this)
    , m_askAgain(this)
    , m_flush(this)
{
    for (QTimer *timer : {&m_retry, &m_readRetry, &m_askAgain, &m_flush})
        timer->setSingleShot(true);
    connect(&m_retry, &QTimer::timeout, this, &MqttEngine::connectNow);
    connect(&m_readRetry, &QTimer::timeout, this, [this] {
        if (const QString why = std::exchange(m_whyNotReading, {}); !why.isEmpty())
            Q_EMIT problem(u"session"_s, why);
        beginReading();
    });
    connect(&m_askAgain, &QTimer::timeout, this, &MqttEngine::askAgain);
    connect(&m_flush, &QTimer::timeout, this, &MqttEngine::flushPublished);
}

MqttEngine::~MqttEngine() = default;

void MqttEngine::start()
{
    m_isStarted = true;
    connectNow();
}

void MqttEngine::stop()
{
    m_isStarted = false;
    m_retry.stop();
    endReading();
    m_underWay.clear();
    dispose(&m_writer);
    m_isUp = false;
}

void MqttEngine::connectNow()
{
    if (!m_isStarted || m_writer)
        return;
    m_server = m_options.servers[m_nextServer++ % m_options.servers.size()];
    m_writer = std::make_unique<MqttConnection>(
        m_options, m_server,
        MqttConnection::Options{.clientId = "pyvent-" + QUuid::createUuid().toByteArray(QUuid::Id128),
                                .keepAlive = writerKeepAlive});
    connect(m_writer.get(), &MqttConnection::connected, this, [this] {
        m_backOff.reset();
        m_isUp = true;
        Q_EMIT up(m_options.scheme() + "://"_L1 + m_server.text(), QString());
        beginReading();
    });
    connect(m_writer.get(), &MqttConnection::published, this, &MqttEngine::tellPublished);
    connect(m_writer.get(), &MqttConnection::ended, this, &MqttEngine::writerEnded);
    if (const QString why = m_writer->start(); !why.isEmpty())
        writerEnded(why);
}

void MqttEngine::writerEnded(const QString &why)
{
    Q_EMIT problem(u"connection"_s, u"the MQTT broker at %1 cannot be used: %2"_s.arg(m_server.text(), why));
    endReading();
    flushPublished();
    m_underWay.clear();
    dispose(&m_writer);
    if (std::exchange(m_isUp, false))
        Q_EMIT down();
    m_retry.start(m_backOff.next());
}

void MqttEngine::publish(const QList<Publication> &publications)
{
    for (const Publication &publication : publications) {
        if (!m_isUp) // all of it is given again
            return;
        const Envelope envelope = seal(publication.message, Dialect::Mqtt);
        QString why;
        const int number = m_writer->publish(m_prefix + envelope.address, envelope, &why);
        if (number >= 0)
            m_underWay.insert(number, publication.id);
        else if (!why.isEmpty())
            Q_EMIT refused(publication.id, Refusal::Never, why);
    }
    if (m_isUp)
        m_writer->setHeld(false); // writes in the next turn
}

void MqttEngine::tellPublished(int number, int reason)
{
    const auto found = m_underWay.constFind(number);
    if (found == m_underWay.constEnd())
        return;
    const quint64 id = *found;
    m_underWay.erase(found);
    if (reason < MQTT_RC_UNSPECIFIED) {
        m_published += id;
        if (!m_flush.isActive())
            m_flush.start(0ms);
        return;
    }
    flushPublished();
    const bool mayPass =
        reason == MQTT_RC_QUOTA_EXCEEDED || reason == MQTT_RC_UNSPECIFIED || reason == MQTT_RC_IMPLEMENTATION_SPECIFIC;
    Q_EMIT refused(id, mayPass ? Refusal::NotNow : Refusal::Never, reasonText(reason));
}

void MqttEngine::flushPublished()
{
    if (!m_published.isEmpty())
        Q_EMIT published(std::exchange(m_published, {}));
}

void MqttEngine::setReading(bool on)
{
    m_shallRead = on;
    if (on)
        beginReading();
    else
        endReading();
}

void MqttEngine::beginReading()
{
    if (!m_isUp || !m_shallRead || m_reader)
        return;
    // Brokers need not take ids of more than 23 characters; all that are used here do.
    const QByteArray clientId = "pyvent-" + m_options.bus.toUtf8() + '-' + m_options.prefix.toUtf8();
    m_reader = std::make_unique<MqttConnection>(
        m_options, m_server,
        MqttConnection::Options{.clientId = clientId, .keepsSession = true, .keepAlive = readerKeepAlive});
    connect(m_reader.get(), &MqttConnection::connected, this, &MqttEngine::readerConnected);
    connect(m_reader.get(), &MqttConnection::received, this, &MqttEngine::take);
    connect(m_reader.get(), &MqttConnection::ended, this, &MqttEngine::readerEnded);
    connect(m_reader.get(), &MqttConnection::subscribed, this, [this](bool isAllowed) {
        tellReading();
        m_asked = 0;
        if (m_hasMissedSome && isAllowed)
            askAgain();
        if (!isAllowed)
            Q_EMIT problem(u"permission"_s,
                           u"this MQTT user may not subscribe to '%1#'"_s.arg(QString::fromUtf8(m_prefix)));
    });
    if (const QString why = m_reader->start(); !why.isEmpty())
        readerEnded(why, false);
}

void MqttEngine::readerConnected(bool hasSession)
{
    m_readBackOff.reset();
    m_hasMissedSome = m_hadSession && !hasSession;
    if (m_hasMissedSome) {
        Q_EMIT missedSome();
        Q_EMIT problem(u"session"_s,
                       u"the MQTT broker at %1 has forgotten what waited for the bus '%2'; the others are asked for "
                       u"what is not older than "
                       "half a minute"_s.arg(m_server.text(), m_options.bus));
    }
    m_hadSession = true;
    m_readingFor.start();
    if (hasSession) // its messages may come at once
        tellReading();
    m_reader->subscribe(m_prefix + '#');
}

void MqttEngine::askAgain()
{
    if (!m_isUp || !m_isReading)
        return;
    QString why;
    m_writer->publish(m_prefix + againAddress,
                      {.address = {}, .contentType = "text/plain"_ba, .headers = {}, .payload = m_options.bus.toUtf8()},
                      &why);
    m_writer->setHeld(false); // writes in the next turn
    if (++m_asked < qsizetype(std::size(askAgainAfter)))
        m_askAgain.start(askAgainAfter[m_asked]);
}

void MqttEngine::tellReading()
{
    if (!std::exchange(m_isReading, true))
        Q_EMIT readingChanged(Reading::On);
}

void MqttEngine::readerEnded(const QString &why, bool isTakenOver)
{
    dispose(&m_reader);
    if (std::exchange(m_isReading, false))
        m_shortReadings =
            m_readingFor.hasExpired(std::chrono::milliseconds(shortReading).count()) ? 0 : m_shortReadings + 1;
    if (isTakenOver || m_shortReadings >= mostShortReadings) {
        m_shortReadings = 0;
        m_shallRead = false;
        Q_EMIT readingChanged(Reading::Elsewhere);
        return;
    }
    Q_EMIT readingChanged(Reading::Off);
    // It is told a little later: where the broker is gone, so is the other connection, which tells of that.
    m_whyNotReading = u"the bus's session at the MQTT broker %1 has ended: %2"_s.arg(m_server.text(), why);
    if (m_isUp && m_shallRead)
        m_readRetry.start(m_readBackOff.next());
}

void MqttEngine::endReading()
{
    m_readRetry.stop();
    m_whyNotReading.clear();
    m_askAgain.stop();
    dispose(&m_reader);
    if (std::exchange(m_isReading, false))
        Q_EMIT readingChanged(Reading::Off);
}

void MqttEngine::take(const QList<Envelope> &envelopes)
{
    tellReading();
    m_reader->setHeld(true);
    QList<Arrival> arrivals;
    for (const Envelope &envelope : envelopes) {
        if (envelope.address == againAddress) {
            if (envelope.payload != m_options.bus.toUtf8())
                Q_EMIT askedAgain();
            continue;
        }
        Arrival arrival{.token = ++m_token};
        QString why;
        if (auto message = unseal(envelope, &why))
            arrival.message = std::move(*message);
        else
            arrival.whyNot = u"the message at the topic '%1%2' is no event: %3"_s.arg(
                QString::fromUtf8(m_prefix), QString::fromUtf8(envelope.address), why);
        arrivals += std::move(arrival);
    }
    if (arrivals.isEmpty())
        m_reader->setHeld(false);
    else
        Q_EMIT received(arrivals);
}

void MqttEngine::acknowledge(quint64 token)
{
    if (m_reader && token >= m_token)
        m_reader->setHeld(false); // what was held back are the acknowledgements
}

} // namespace Pyvent::Bridge
