// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_PLAINMQTT_H
#define PYVENT_TESTS_PLAINMQTT_H

#include "support/waituntil.h"

#include <QtCore/qbytearraylist.h>

#include <atomic>
#include <mutex>

#include <mosquitto.h>

namespace PyventTests {

// A plain client of libmosquitto, as mosquitto_pub and mosquitto_sub are: MQTT 3.1.1, and nothing known of Pyvent.
class PlainMqttClient
{
public:
    explicit PlainMqttClient(int port)
    {
        static const int initialized = mosquitto_lib_init();
        Q_UNUSED(initialized);
        m_client = mosquitto_new(nullptr, true, this);
        mosquitto_connect_callback_set(m_client, [](mosquitto *, void *self, int) { of(self).m_connected = true; });
        mosquitto_publish_callback_set(m_client, [](mosquitto *, void *self, int) { ++of(self).m_published; });
        mosquitto_subscribe_callback_set(
            m_client, [](mosquitto *, void *self, int, int, const int *) { of(self).m_subscribed = true; });
        mosquitto_message_callback_set(m_client, [](mosquitto *, void *self, const mosquitto_message *message) {
            const std::lock_guard lock(of(self).m_mutex);
            of(self).m_received += QByteArray(message->topic) + ' '
                + QByteArray(static_cast<const char *>(message->payload), message->payloadlen);
        });
        if (mosquitto_connect(m_client, "127.0.0.1", port, 60) != MOSQ_ERR_SUCCESS
            || mosquitto_loop_start(m_client) != MOSQ_ERR_SUCCESS || !waitUntil([this] { return m_connected.load(); }))
            qFatal("no connection");
    }
    ~PlainMqttClient()
    {
        mosquitto_disconnect(m_client);
        mosquitto_loop_stop(m_client, false);
        mosquitto_destroy(m_client);
    }
    Q_DISABLE_COPY_MOVE(PlainMqttClient)

    // Returns when the broker has it.
    bool publish(const QByteArray &topic, const QByteArray &content)
    {
        const int before = m_published;
        return mosquitto_publish(m_client, nullptr, topic.constData(), int(content.size()), content.constData(), 1,
                                 false)
            == MOSQ_ERR_SUCCESS
            && waitUntil([&] { return m_published > before; });
    }
    bool subscribe(const QByteArray &topic)
    {
        return mosquitto_subscribe(m_client, nullptr, topic.constData(), 1) == MOSQ_ERR_SUCCESS
            && waitUntil([&] { return m_subscribed.load(); });
    }

    // "topic content"
    QByteArrayList received() const
    {
        const std::lock_guard lock(m_mutex);
        return m_received;
    }

private:
    static PlainMqttClient &of(void *self) { return *static_cast<PlainMqttClient *>(self); }

    mosquitto *m_client = nullptr;
    std::atomic<bool> m_connected = false;
    std::atomic<bool> m_subscribed = false;
    std::atomic<int> m_published = 0;
    mutable std::mutex m_mutex; // guards the next one
    QByteArrayList m_received;
};

} // namespace PyventTests

#endif
