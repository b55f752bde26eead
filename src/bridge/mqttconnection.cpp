// SPDX-License-Identifier: MIT
#include "mqttconnection.h"

#include "certificates.h"
#include "reachable.h"

#include <PyventSecurity>

#include <QtCore/qfile.h>

#include <cerrno>
#include <cstdlib>
#include <mutex>

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <poll.h>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto reachableWithin = 3s;
constexpr auto firstWordWithin = 5s; // of the broker
constexpr auto maintenanceEvery = 1s;
constexpr int mostUnderWay = 512; // in either direction
constexpr qsizetype mostAtOnce = 256;
constexpr qsizetype mostBytesAtOnce = qsizetype(4) << 20;
constexpr quint32 largestPacket = (64u << 20) + (1u << 20); // an event, and what goes with it

class Properties
{
public:
    Properties() = default;
    ~Properties() { mosquitto_property_free_all(&m_list); }
    Q_DISABLE_COPY_MOVE(Properties)

    mosquitto_property **list() { return &m_list; }
    const mosquitto_property *get() const { return m_list; }

private:
    mosquitto_property *m_list = nullptr;
};

void openLibrary()
{
    static std::once_flag once;
    std::call_once(once, [] { mosquitto_lib_init(); });
}

QByteArray takeText(char *text)
{
    const QByteArray bytes(text);
    std::free(text);
    return bytes;
}

Envelope envelopeOf(const mosquitto_message *message, const mosquitto_property *properties, const QByteArray &prefix)
{
    Envelope envelope;
    const QByteArrayView topic(message->topic);
    if (topic.startsWith(prefix))
        envelope.address = topic.sliced(prefix.size()).toByteArray();
    envelope.payload = QByteArray(static_cast<const char *>(message->payload), message->payloadlen);
    for (; properties; properties = mosquitto_property_next(properties)) {
        char *name = nullptr;
        char *value = nullptr;
        switch (mosquitto_property_identifier(properties)) {
        case MQTT_PROP_CONTENT_TYPE:
            if (mosquitto_property_read_string(properties, MQTT_PROP_CONTENT_TYPE, &value, false))
                envelope.contentType = takeText(value);
            break;
        case MQTT_PROP_USER_PROPERTY:
            if (mosquitto_property_read_string_pair(properties, MQTT_PROP_USER_PROPERTY, &name, &value, false)) {
                const QByteArray key = takeText(name);
                const QByteArray text = takeText(value);
                if (key.startsWith("Pyvent-"))
                    envelope.headers.emplaceBack(key, text);
            }
            break;
        default:
            break;
        }
    }
    return envelope;
}

} // namespace

// What the library calls while it reads or writes. What it tells is passed on afterwards, since that may end the connection.
struct MqttConnection::Callbacks
{
    static MqttConnection &of(void *connection) { return *static_cast<MqttConnection *>(connection); }

    static void connected(mosquitto *, void *connection, int reason, int flags, const mosquitto_property *)
    {
        MqttConnection &self = of(connection);
        if (reason != 0) {
            self.m_reason = reason;
            return;
        }
        self.m_happened.emplace_back([&self, hasSession = (flags & 1) != 0] {
            self.m_isConnected = true;
            self.m_patience.stop();
            Q_EMIT self.connected(hasSession);
        });
    }
    static void disconnected(mosquitto *, void *connection, int reason, const mosquitto_property *)
    {
        MqttConnection &self = of(connection);
        if (self.m_reason == 0)
            self.m_reason = reason;
    }
    static void published(mosquitto *, void *connection, int number, int reason, const mosquitto_property *)
    {
        MqttConnection &self = of(connection);
        self.m_happened.emplace_back([&self, number, reason] { Q_EMIT self.published(number, reason); });
    }
    static void received(mosquitto *, void *connection, const mosquitto_message *message,
                         const mosquitto_property *properties)
    {
        MqttConnection &self = of(connection);
        self.m_received += envelopeOf(message, properties, self.m_prefix);
    }
    static void subscribed(mosquitto *, void *connection, int, int count, const int *granted,
                           const mosquitto_property *)
    {
        MqttConnection &self = of(connection);
        const bool isAllowed = count > 0 && granted[0] < MQTT_RC_UNSPECIFIED;
        self.m_happened.emplace_back([&self, isAllowed] { Q_EMIT self.subscribed(isAllowed); });
    }
    static void logged(mosquitto *, void *connection, int level, const char *text)
    {
        if (level == MOSQ_LOG_ERR)
            of(connection).m_error = text;
    }
};

void MqttConnection::Closer::operator()(mosquitto *client) const
{
    mosquitto_destroy(client);
}

MqttConnection::MqttConnection(const EngineOptions &engine, const HostPort &server, const Options &options)
    : m_engine(engine)
    , m_server(server)
    , m_options(options)
    , m_prefix(engine.prefix.toUtf8() + '/')
    , m_maintenance(this)
    , m_patience(this)
{
    openLibrary();
    m_patience.setSingleShot(true);
    connect(&m_maintenance, &QTimer::timeout, this, &MqttConnection::doMaintenance);
    connect(&m_patience, &QTimer::timeout, this, [this] {
        m_error = "the broker says nothing";
        finish(MOSQ_ERR_CONN_LOST);
    });
}

MqttConnection::~MqttConnection()
{
    m_hasEnded = true;
    m_readable.reset();
    m_writable.reset();
    // A session that is kept is kept also by one who says goodbye.
    if (m_client && m_isConnected && !m_isHeld) {
        mosquitto_disconnect_v5(m_client.get(), 0, nullptr);
        mosquitto_loop_write(m_client.get(), 1);
    }
}

QString MqttConnection::start()
{
    QString why;
    if (!isReachable(m_server, reachableWithin, &why))
        return why;
    m_client.reset(mosquitto_new(m_options.clientId.constData(), !m_options.keepsSession, this));
    if (!m_client)
        return u"there is no memory for it"_s;
    if (const QString wrong = configure(); !wrong.isEmpty())
        return wrong;
    return connectNow();
}

QString MqttConnection::configure()
{
    mosquitto *const client = m_client.get();
    mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_int_option(client, MOSQ_OPT_RECEIVE_MAXIMUM, mostUnderWay);
    mosquitto_int_option(client, MOSQ_OPT_SEND_MAXIMUM, mostUnderWay);
    mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
    mosquitto_threaded_set(client, true); // so that it writes only when it is told to
    mosquitto_connect_v5_callback_set(client, &Callbacks::connected);
    mosquitto_disconnect_v5_callback_set(client, &Callbacks::disconnected);
    mosquitto_publish_v5_callback_set(client, &Callbacks::published);
    mosquitto_message_v5_callback_set(client, &Callbacks::received);
    mosquitto_subscribe_v5_callback_set(client, &Callbacks::subscribed);
    mosquitto_log_callback_set(client, &Callbacks::logged);

    QString why;
    if (!m_engine.user.isEmpty() || !m_engine.passwordFile.isEmpty()) {
        auto password =
            m_engine.passwordFile.isEmpty() ? QByteArray() : PyventSecurity::readSecret(m_engine.passwordFile, &why);
        if (!password)
            return why;
        const qsizetype end = password->indexOf('\n');
        const QByteArray line = password->left(end < 0 ? password->size() : end).trimmed();
        mosquitto_username_pw_set(client, m_engine.user.toUtf8().constData(),
                                  line.isEmpty() ? nullptr : line.constData());
    }
    if (!m_engine.isEncrypted)
        return {};
    const QString ca = m_engine.caFile.isEmpty() ? systemCertificates() : m_engine.caFile;
    const QByteArray certificate = QFile::encodeName(m_engine.certificateFile);
    const QByteArray key = QFile::encodeName(m_engine.keyFile);
    if (!certificate.isEmpty() && !isPrivateKey(m_engine.keyFile, &why))
        return why;
    if (mosquitto_tls_set(client, QFile::encodeName(ca).constData(), nullptr,
                          certificate.isEmpty() ? nullptr : certificate.constData(),
                          certificate.isEmpty() ? nullptr : key.constData(), nullptr)
        != MOSQ_ERR_SUCCESS)
        return u"the files of certificates cannot be read: %1 %2 %3"_s
            .arg(ca, m_engine.certificateFile, m_engine.keyFile)
            .simplified();
    return {};
}

QString MqttConnection::connectNow()
{
    Properties properties;
    if (m_options.keepsSession)
        mosquitto_property_add_int32(properties.list(), MQTT_PROP_SESSION_EXPIRY_INTERVAL,
                                     quint32(m_engine.keep.count()));
    mosquitto_property_add_int32(properties.list(), MQTT_PROP_MAXIMUM_PACKET_SIZE, largestPacket);
    const int result = mosquitto_connect_bind_v5(m_client.get(), m_server.host.toUtf8().constData(), m_server.port,
                                                 int(m_options.keepAlive.count()), nullptr, properties.get());
    const int fd = mosquitto_socket(m_client.get());
    if (result != MOSQ_ERR_SUCCESS || fd < 0)
        return endText(result);
    m_readable = std::make_unique<QSocketNotifier>(fd, QSocketNotifier::Read);
    m_writable = std::make_unique<QSocketNotifier>(fd, QSocketNotifier::Write);
    connect(m_readable.get(), &QSocketNotifier::activated, this, &MqttConnection::read);
    connect(m_writable.get(), &QSocketNotifier::activated, this, &MqttConnection::write);
    m_maintenance.start(maintenanceEvery);
    m_patience.start(firstWordWithin);
    return {};
}

void MqttConnection::read()
{
    const auto isReadable = [this] {
        pollfd waiting = {mosquitto_socket(m_client.get()), POLLIN, 0};
        return waiting.fd >= 0 && ::poll(&waiting, 1, 0) > 0;
    };
    write(); // acknowledgements first, which what comes now might hold back
    if (m_hasEnded || m_isHeld)
        return;
    qsizetype bytes = 0;
    int result = MOSQ_ERR_SUCCESS;
    for (qsizetype i = 0; i < mostAtOnce && bytes < mostBytesAtOnce && isReadable(); ++i) {
        const qsizetype before = m_received.size();
        result = mosquitto_loop_read(m_client.get(), 1);
        if (result == MOSQ_ERR_SUCCESS && mosquitto_socket(m_client.get()) < 0)
            result = MOSQ_ERR_CONN_LOST; // the broker has said goodbye
        if (result != MOSQ_ERR_SUCCESS)
            break;
        for (qsizetype k = before; k < m_received.size(); ++k)
            bytes += m_received[k].payload.size();
    }
    if (tellAll() && result != MOSQ_ERR_SUCCESS)
        finish(result);
    else if (!m_hasEnded)
        write();
}

void MqttConnection::write()
{
    if (m_hasEnded || !m_client)
        return;
    int result = MOSQ_ERR_SUCCESS;
    if (!m_isHeld && mosquitto_want_write(m_client.get()))
        result = mosquitto_loop_write(m_client.get(), 1);
    if (!tellAll())
        return;
    if (result != MOSQ_ERR_SUCCESS) {
        finish(result);
        return;
    }
    m_writable->setEnabled(!m_isHeld && mosquitto_want_write(m_client.get()));
}

void MqttConnection::doMaintenance()
{
    const int result = mosquitto_loop_misc(m_client.get());
    if (tellAll() && result != MOSQ_ERR_SUCCESS)
        finish(result);
    else
        write();
}

// Returns false if the connection has ended by what somebody did who was told.
bool MqttConnection::tellAll()
{
    const auto happened = std::exchange(m_happened, {});
    for (const Happening &tell : happened) {
        tell();
        if (m_hasEnded)
            return false;
    }
    if (!m_received.isEmpty())
        Q_EMIT received(std::exchange(m_received, {}));
    return !m_hasEnded;
}

void MqttConnection::finish(int result)
{
    if (std::exchange(m_hasEnded, true))
        return;
    m_readable.reset();
    m_writable.reset();
    m_maintenance.stop();
    m_patience.stop();
    Q_EMIT ended(endText(result), m_reason == MQTT_RC_SESSION_TAKEN_OVER);
}

QString MqttConnection::endText(int result) const
{
    if (m_reason >= MQTT_RC_UNSPECIFIED) {
        const bool isAboutWho = m_reason == MQTT_RC_NOT_AUTHORIZED || m_reason == MQTT_RC_BAD_USERNAME_OR_PASSWORD;
        return u"the broker says: %1"_s.arg(QString::fromUtf8(mosquitto_reason_string(m_reason)))
            + (isAboutWho ? u": look at --user and --password-file"_s : QString());
    }
    if (m_error.contains("certificate verify failed"))
        return u"its certificate is not of an authority in %1 (--ca), or it is for another host than '%2'"_s.arg(
            m_engine.caFile.isEmpty() ? systemCertificates() : m_engine.caFile, m_server.host);
    if (result == MOSQ_ERR_KEEPALIVE) // for which the library has no text
        return u"it does not answer any more"_s;
    const bool hasHungUp = result == MOSQ_ERR_ERRNO || (result == MOSQ_ERR_CONN_LOST && m_error.isEmpty());
    if (!m_isConnected && m_engine.isEncrypted && m_engine.certificateFile.isEmpty()
        && (hasHungUp || m_error.contains("certificate required")))
        return whyHungUp();
    QString text =
        QString::fromUtf8(result == MOSQ_ERR_ERRNO ? "the connection has ended" : mosquitto_strerror(result));
    if (text.endsWith(u'.'))
        text.chop(1);
    if (!m_error.isEmpty())
        text += u" (%1)"_s.arg(QString::fromUtf8(m_error).simplified());
    if (m_isConnected)
        return text;
    if (result == MOSQ_ERR_PROTOCOL)
        return text + u": what answers there speaks no MQTT 5"_s;
    if (m_engine.isEncrypted && result == MOSQ_ERR_TLS)
        return text + u"; it may have no TLS: the URL begins with mqtt:// then, not mqtts://"_s;
    if (!m_engine.isEncrypted && hasHungUp)
        return text + u"; it may ask for TLS: the URL begins with mqtts:// then, not mqtt://"_s;
    return text;
}

int MqttConnection::publish(const QByteArray &topic, const Envelope &envelope, QString *why)
{
    Properties properties;
    mosquitto_property_add_string(properties.list(), MQTT_PROP_CONTENT_TYPE, envelope.contentType.constData());
    for (const Envelope::Header &header : envelope.headers)
        mosquitto_property_add_string_pair(properties.list(), MQTT_PROP_USER_PROPERTY, header.first.constData(),
                                           header.second.constData());
    int number = -1;
    const int result = mosquitto_publish_v5(m_client.get(), &number, topic.constData(), int(envelope.payload.size()),
                                            envelope.payload.constData(), 1, false, properties.get());
    if (result == MOSQ_ERR_SUCCESS)
        return number;
    if (result == MOSQ_ERR_OVERSIZE_PACKET || result == MOSQ_ERR_PAYLOAD_SIZE)
        *why = u"it has %1 bytes, which is more than the broker takes"_s.arg(envelope.payload.size());
    else if (result == MOSQ_ERR_INVAL || result == MOSQ_ERR_MALFORMED_UTF8 || result == MOSQ_ERR_QOS_NOT_SUPPORTED)
        *why = QString::fromUtf8(mosquitto_strerror(result));
    return -1;
}

void MqttConnection::subscribe(const QByteArray &topic)
{
    // A message that a broker retains for those who come later is no event.
    mosquitto_subscribe_v5(m_client.get(), nullptr, topic.constData(), 1, MQTT_SUB_OPT_SEND_RETAIN_NEVER, nullptr);
    write();
}

void MqttConnection::setHeld(bool isHeld)
{
    m_isHeld = isHeld;
    if (m_hasEnded || !m_readable)
        return;
    m_readable->setEnabled(!isHeld);
    // In the next turn: this may be called while something is told.
    m_writable->setEnabled(!isHeld);
}

} // namespace Pyvent::Bridge
