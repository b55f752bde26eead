// SPDX-License-Identifier: MIT
#include "bareengines.h"

#include "envelope.h"

#include <functional>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdexcept>
#include <utility>

// What a program does that uses the library alone, with QoS 1 and as many messages under way as the bridge has, in one thread.

namespace Pyvent::Benchmarks {

using namespace Qt::StringLiterals;

namespace {

constexpr int mostUnderWay = 512; // as the bridge has it
constexpr int networkTurn = 10;   // ms

void check(int code)
{
    if (code != MOSQ_ERR_SUCCESS)
        throw std::runtime_error(mosquitto_strerror(code));
}

class Client
{
public:
    explicit Client(const RoleOptions &options)
    {
        mosquitto_lib_init();
        m_mosquitto = mosquitto_new(nullptr, true, this);
        check(mosquitto_int_option(m_mosquitto, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5));
        check(mosquitto_int_option(m_mosquitto, MOSQ_OPT_RECEIVE_MAXIMUM, mostUnderWay));
        check(mosquitto_int_option(m_mosquitto, MOSQ_OPT_SEND_MAXIMUM, mostUnderWay));
        check(mosquitto_int_option(m_mosquitto, MOSQ_OPT_TCP_NODELAY, 1));
        mosquitto_connect_v5_callback_set(m_mosquitto,
                                          [](mosquitto *, void *self, int code, int, const mosquitto_property *) {
                                              of(self).m_isConnected = code == 0;
                                          });
        mosquitto_subscribe_v5_callback_set(m_mosquitto,
                                            [](mosquitto *, void *self, int, int, const int *,
                                               const mosquitto_property *) { of(self).m_isSubscribed = true; });
        mosquitto_publish_v5_callback_set(
            m_mosquitto, [](mosquitto *, void *self, int, int, const mosquitto_property *) { --of(self).m_underWay; });
        mosquitto_message_v5_callback_set(
            m_mosquitto,
            [](mosquitto *, void *self, const mosquitto_message *, const mosquitto_property *) { ++of(self).m_heard; });
        check(mosquitto_connect_bind_v5(m_mosquitto, "127.0.0.1", options.port, 60, nullptr, nullptr));
        turnUntil([this] { return m_isConnected; });
    }

    void publish(const QString &name, qint64 number)
    {
        turnUntil([this] { return m_underWay < mostUnderWay; });
        const Bridge::Envelope envelope = Bridge::seal(bareMessage(name, number), Bridge::Dialect::Mqtt);
        mosquitto_property *properties = nullptr;
        mosquitto_property_add_string(&properties, MQTT_PROP_CONTENT_TYPE, envelope.contentType.constData());
        for (const Bridge::Envelope::Header &header : envelope.headers)
            mosquitto_property_add_string_pair(&properties, MQTT_PROP_USER_PROPERTY, header.first.constData(),
                                               header.second.constData());
        check(mosquitto_publish_v5(m_mosquitto, nullptr, (enginePrefix.toUtf8() + '/' + envelope.address).constData(),
                                   int(envelope.payload.size()), envelope.payload.constData(), 1, false, properties));
        mosquitto_property_free_all(&properties);
        ++m_underWay;
    }
    void complete()
    {
        turnUntil([this] { return m_underWay == 0; });
    }

    void subscribe(const QString &name)
    {
        check(mosquitto_subscribe_v5(m_mosquitto, nullptr, (enginePrefix + u'/' + name).toUtf8().constData(), 1, 0,
                                     nullptr));
        turnUntil([this] { return m_isSubscribed; });
    }
    void waitFor(qint64 heard)
    {
        turnUntil([this, heard] { return m_heard >= heard; });
    }

private:
    static Client &of(void *self) { return *static_cast<Client *>(self); }
    void turnUntil(const std::function<bool()> &isDone)
    {
        while (!isDone())
            check(mosquitto_loop(m_mosquitto, networkTurn, 1));
    }

    mosquitto *m_mosquitto = nullptr; // until the process is killed
    bool m_isConnected = false;
    bool m_isSubscribed = false;
    int m_underWay = 0;
    qint64 m_heard = 0;
};

} // namespace

int bareMqttSender(const RoleOptions &options)
{
    Client client(options);
    say("started", nanoseconds());
    for (qint64 i = 1; i <= options.events; ++i)
        client.publish(orderName, i);
    client.complete();
    return rest();
}

int bareMqttReceiver(const RoleOptions &options)
{
    Client client(options);
    client.subscribe(u"#"_s);
    say("ready");
    client.waitFor(options.events);
    say("finished", nanoseconds());
    return rest();
}

int bareMqttPinger(const RoleOptions &options)
{
    Client client(options);
    client.subscribe(pongName);
    RoundTrips roundTrips(options.events);
    while (!roundTrips.isComplete()) {
        roundTrips.begin();
        client.publish(pingName, roundTrips.count() + 1);
        client.waitFor(roundTrips.count() + 1);
        roundTrips.end();
    }
    roundTrips.sayResult();
    return rest();
}

int bareMqttEcho(const RoleOptions &options)
{
    Client client(options);
    client.subscribe(pingName);
    say("ready");
    for (qint64 number = 1;; ++number) {
        client.waitFor(number);
        client.publish(pongName, number);
    }
}

} // namespace Pyvent::Benchmarks
