// SPDX-License-Identifier: MIT
#include "bareengines.h"

#include "envelope.h"
#include "natsoptions.h"

#include <stdexcept>
#include <unistd.h>

// What a program does that uses the library alone: it publishes the bytes that a bridge does, with as many under way, and pulls.

namespace Pyvent::Benchmarks {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 mostUnderWay = 512; // as the bridge's outbox has it
constexpr int batch = 256;           // as the bridge's pull has it
constexpr qint64 fetchPatience = 20'000;
constexpr qint64 completePatience = 60'000;

void check(natsStatus status)
{
    if (status != NATS_OK)
        throw std::runtime_error(Bridge::natsErrorText(status).toStdString());
}

// A connection as the bridge makes it.
class Client
{
public:
    explicit Client(const RoleOptions &options)
    {
        QString why;
        const auto settings = Bridge::makeNatsOptions({.prefix = enginePrefix}, {u"127.0.0.1"_s, options.port}, &why);
        if (!settings)
            throw std::runtime_error(why.toStdString());
        check(natsConnection_Connect(&m_connection, settings.get()));
        jsOptions js;
        check(jsOptions_Init(&js));
        js.PublishAsync.MaxPending = mostUnderWay;
        check(natsConnection_JetStream(&m_context, m_connection, &js));
    }

    void publish(const QString &name, qint64 number)
    {
        const Bridge::Message event = bareMessage(name, number);
        const Bridge::Envelope envelope = Bridge::seal(event, Bridge::Dialect::Nats);
        natsMsg *message = nullptr;
        check(natsMsg_Create(&message, (enginePrefix.toUtf8() + '.' + envelope.address).constData(), nullptr,
                             envelope.payload.constData(), int(envelope.payload.size())));
        check(natsMsgHeader_Set(message, "Nats-Msg-Id", Bridge::idOf(event, Bridge::Dialect::Nats).constData()));
        check(natsMsgHeader_Set(message, "Content-Type", envelope.contentType.constData()));
        for (const Bridge::Envelope::Header &header : envelope.headers)
            check(natsMsgHeader_Set(message, header.first.constData(), header.second.constData()));
        check(js_PublishMsgAsync(m_context, &message, nullptr));
    }
    void complete()
    {
        jsPubOptions options;
        check(jsPubOptions_Init(&options));
        options.MaxWait = completePatience;
        check(js_PublishAsyncComplete(m_context, &options));
    }

    void subscribe(const QString &name)
    {
        const QByteArray subject = enginePrefix.toUtf8() + '.' + name.toUtf8();
        const QByteArray durable = "bare-" + QByteArray::number(::getpid()); // each process is a reader of its own
        jsSubOptions options;
        check(jsSubOptions_Init(&options));
        options.Config.AckPolicy = js_AckAll;
        options.Config.DeliverPolicy = js_DeliverNew;
        options.Config.MaxAckPending = 10 * batch;
        jsErrCode code = jsErrCode(0);
        check(js_PullSubscribe(&m_subscription, m_context, subject.constData(), durable.constData(), nullptr, &options,
                               &code));
    }
    // Returns how many came, up to \a most.
    int fetch(qint64 most)
    {
        natsMsgList list{};
        jsErrCode code = jsErrCode(0);
        check(natsSubscription_Fetch(&list, m_subscription, int(std::min<qint64>(most, batch)), fetchPatience, &code));
        const int count = list.Count;
        if (count > 0)
            check(natsMsg_Ack(list.Msgs[count - 1], nullptr));
        natsMsgList_Destroy(&list);
        return count;
    }

private:
    natsConnection *m_connection = nullptr; // until the process is killed
    jsCtx *m_context = nullptr;
    natsSubscription *m_subscription = nullptr;
};

} // namespace

int bareNatsSender(const RoleOptions &options)
{
    Client client(options);
    say("started", nanoseconds());
    for (qint64 i = 1; i <= options.events; ++i)
        client.publish(orderName, i);
    client.complete();
    return rest();
}

int bareNatsReceiver(const RoleOptions &options)
{
    Client client(options);
    client.subscribe(u">"_s);
    say("ready");
    for (qint64 heard = 0; heard < options.events;)
        heard += client.fetch(options.events - heard);
    say("finished", nanoseconds());
    return rest();
}

int bareNatsPinger(const RoleOptions &options)
{
    Client client(options);
    client.subscribe(pongName);
    RoundTrips roundTrips(options.events);
    while (!roundTrips.isComplete()) {
        roundTrips.begin();
        client.publish(pingName, roundTrips.count() + 1);
        client.fetch(1);
        roundTrips.end();
    }
    roundTrips.sayResult();
    return rest();
}

int bareNatsEcho(const RoleOptions &options)
{
    Client client(options);
    client.subscribe(pingName);
    say("ready");
    for (qint64 number = 1;; ++number) {
        client.fetch(1);
        client.publish(pongName, number);
    }
}

void makeNatsStream(int port, const QString &store, int replicas)
{
    const QByteArray url = "nats://127.0.0.1:" + QByteArray::number(port);
    natsConnection *connection = nullptr;
    check(natsConnection_ConnectTo(&connection, url.constData()));
    jsCtx *context = nullptr;
    check(natsConnection_JetStream(&context, connection, nullptr));
    const QByteArray name = "PYVENT_" + enginePrefix.toUtf8();
    jsErrCode code = jsErrCode(0);
    js_DeleteStream(context, name.constData(), nullptr, &code);
    const QByteArray subject = enginePrefix.toUtf8() + ".>";
    const char *subjects[] = {subject.constData()};
    jsStreamConfig config;
    check(jsStreamConfig_Init(&config));
    config.Name = name.constData();
    config.Subjects = subjects;
    config.SubjectsLen = 1;
    config.Replicas = replicas;
    config.Storage = store == "memory"_L1 ? js_MemoryStorage : js_FileStorage;
    config.Duplicates = 120ll * 1'000'000'000;
    // A cluster that has just begun elects who decides.
    natsStatus status = NATS_ERR;
    for (int i = 0; i < 30 && status != NATS_OK; ++i) {
        status = js_AddStream(nullptr, context, &config, nullptr, &code);
        if (status != NATS_OK)
            nats_Sleep(1000);
    }
    check(status);
    jsCtx_Destroy(context);
    natsConnection_Destroy(connection);
}

} // namespace Pyvent::Benchmarks
