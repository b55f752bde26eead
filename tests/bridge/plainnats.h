// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_PLAINNATS_H
#define PYVENT_TESTS_PLAINNATS_H

#include "envelope.h"

#include <nats/nats.h>

namespace PyventTests {

// A plain client of the library, as other programs are.
class PlainNats
{
public:
    explicit PlainNats(int port)
    {
        const QByteArray url = "nats://127.0.0.1:" + QByteArray::number(port);
        if (natsConnection_ConnectTo(&m_connection, url.constData()) != NATS_OK)
            qFatal("no connection");
        natsConnection_JetStream(&m_context, m_connection, nullptr);
    }
    ~PlainNats()
    {
        jsCtx_Destroy(m_context);
        natsConnection_Destroy(m_connection);
    }
    Q_DISABLE_COPY_MOVE(PlainNats)

    void publish(const char *subject, const QByteArray &content,
                 const QList<Pyvent::Bridge::Envelope::Header> &headers = {})
    {
        natsMsg *message = nullptr;
        natsMsg_Create(&message, subject, nullptr, content.constData(), int(content.size()));
        for (const Pyvent::Bridge::Envelope::Header &header : headers)
            natsMsgHeader_Set(message, header.first.constData(), header.second.constData());
        natsConnection_PublishMsg(m_connection, message);
        natsMsg_Destroy(message);
        natsConnection_Flush(m_connection);
    }
    bool addStream(const char *name, const char *subject, jsRetentionPolicy retention = js_LimitsPolicy)
    {
        jsStreamConfig config;
        jsStreamConfig_Init(&config);
        config.Name = name;
        config.Subjects = &subject;
        config.SubjectsLen = 1;
        config.Retention = retention;
        return js_AddStream(nullptr, m_context, &config, nullptr, nullptr) == NATS_OK;
    }
    // One with all limits that there are.
    bool addLimitedStream(const char *name, const char *subject)
    {
        jsStreamConfig config;
        jsStreamConfig_Init(&config);
        config.Name = name;
        config.Subjects = &subject;
        config.SubjectsLen = 1;
        config.MaxAge = 1'000'000'000;
        config.Duplicates = config.MaxAge;
        config.MaxMsgs = 300;
        config.MaxMsgsPerSubject = 100;
        config.MaxBytes = 1'000'000;
        config.MaxMsgSize = 5'000;
        config.MaxConsumers = 10;
        return js_AddStream(nullptr, m_context, &config, nullptr, nullptr) == NATS_OK;
    }
    // The content of the last message of \a subject; null if there is none.
    QByteArray lastOf(const char *stream, const char *subject)
    {
        natsMsg *message = nullptr;
        if (js_GetLastMsg(&message, m_context, stream, subject, nullptr, nullptr) != NATS_OK)
            return {};
        const int size = natsMsg_GetDataLength(message);
        const QByteArray content = size > 0 ? QByteArray(natsMsg_GetData(message), size) : QByteArray("");
        natsMsg_Destroy(message);
        return content;
    }
    bool removeStream(const char *name) { return js_DeleteStream(m_context, name, nullptr, nullptr) == NATS_OK; }
    bool removeConsumer(const char *stream, const char *name)
    {
        return js_DeleteConsumer(m_context, stream, name, nullptr, nullptr) == NATS_OK;
    }
    bool addConsumer(const char *stream, const char *name, std::chrono::nanoseconds acknowledgeWithin)
    {
        jsConsumerConfig config;
        jsConsumerConfig_Init(&config);
        config.Durable = name;
        config.AckPolicy = js_AckAll;
        config.AckWait = acknowledgeWithin.count();
        return js_AddConsumer(nullptr, m_context, stream, &config, nullptr, nullptr) == NATS_OK;
    }
    // "replicas subjects seconds"
    QByteArray describe(const char *name)
    {
        jsStreamInfo *info = nullptr;
        if (js_GetStreamInfo(&info, m_context, name, nullptr, nullptr) != NATS_OK)
            return {};
        const QByteArray text = QByteArray::number(qint64(info->Config->Replicas)) + ' ' + info->Config->Subjects[0]
            + ' ' + QByteArray::number(qint64(info->Config->MaxAge / 1'000'000'000));
        jsStreamInfo_Destroy(info);
        return text;
    }

private:
    natsConnection *m_connection = nullptr;
    jsCtx *m_context = nullptr;
};

} // namespace PyventTests

#endif
