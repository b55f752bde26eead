// SPDX-License-Identifier: MIT
#include "natslink.h"

#include "natsbucket.h"
#include "natsoptions.h"

#include <QtCore/qjsondocument.h>
#include <QtCore/qjsonobject.h>
#include <QtCore/quuid.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;

namespace {

const QByteArray acknowledgementsPart = ".a.";
const QByteArray messagesPart = ".m.";
const QByteArray answersPart = ".k.";
const QByteArray keptPart = ".v.";

constexpr qint64 stopPatience = 500; // milliseconds
constexpr int noResponders = 503;

// Where what is said past the stream goes: it is no part of the stream's own subject.
const QByteArray saidPart = "PYVENT_DIRECT.";

// Bytes that were said and have not been taken; with their headers, a message counts a little more than it has.
constexpr qsizetype mostSaidBytes = qsizetype(16) << 20;
constexpr qsizetype saidOverhead = 1024;

qsizetype saidSize(const Envelope &envelope)
{
    return envelope.payload.size() + saidOverhead;
}

QByteArrayView viewOf(const char *text)
{
    return text ? QByteArrayView(text) : QByteArrayView();
}

// What is behind the last dot.
quint64 numberBehind(const char *subject)
{
    const QByteArrayView text = viewOf(subject);
    return text.sliced(text.lastIndexOf('.') + 1).toULongLong();
}

QByteArray headerOf(natsMsg *message, const char *name)
{
    const char *value = nullptr;
    return natsMsgHeader_Get(message, name, &value) == NATS_OK ? QByteArray(value) : QByteArray();
}

struct Place
{
    qsizetype begin = 0;
    qsizetype size = 0;
};

// Where the number in the stream is in the subject that acknowledges a message: $JS.ACK.stream.consumer.delivered.NUMBER.…, or, from servers to
// come, with a domain and an account before the stream. Its size is 0 if it is nowhere.
Place placeOfNumber(QByteArrayView reply)
{
    constexpr qsizetype fewestDots = 8;
    const qsizetype dots = std::ranges::count(reply, '.');
    if (dots < fewestDots || !reply.startsWith("$JS.ACK."))
        return {};
    qsizetype begin = 0;
    for (int part = dots == fewestDots ? 5 : 7; part > 0; --part)
        begin = reply.indexOf('.', begin) + 1;
    return {begin, reply.indexOf('.', begin) - begin};
}

quint64 streamNumberIn(QByteArrayView reply)
{
    const Place place = placeOfNumber(reply);
    return reply.sliced(place.begin, place.size).toULongLong();
}

// The number so many parts behind that.
quint64 numberIn(QByteArrayView reply, int parts)
{
    qsizetype begin = placeOfNumber(reply).begin;
    for (; parts > 0 && begin > 0; --parts)
        begin = reply.indexOf('.', begin) + 1;
    if (begin == 0)
        return 0;
    const qsizetype end = reply.indexOf('.', begin);
    return reply.sliced(begin, (end < 0 ? reply.size() : end) - begin).toULongLong();
}

NatsLink::Event acknowledgementIn(natsMsg *message)
{
    NatsLink::Event event{.kind = NatsLink::Event::Refused, .number = numberBehind(natsMsg_GetSubject(message))};
    if (natsMsg_IsNoResponders(message)) {
        event.code = noResponders;
        event.text = "nothing takes messages for the stream: it has no leader, or is gone";
        return event;
    }
    const QByteArray json(natsMsg_GetData(message), natsMsg_GetDataLength(message));
    if (!json.contains("\"error\"") && json.contains("\"stream\"")) {
        event.kind = NatsLink::Event::Acknowledged;
        return event;
    }
    const QJsonObject error = QJsonDocument::fromJson(json).object()["error"_L1].toObject();
    event.code = error["code"_L1].toInt(503);
    event.text = error["description"_L1].toString(u"its answer cannot be read"_s).toUtf8();
    return event;
}

NatsLink::Event messageIn(natsMsg *message, const QByteArray &prefix, const QByteArray &bus)
{
    const QByteArray status = headerOf(message, "Status");
    const QByteArrayView reply = viewOf(natsMsg_GetReply(message));
    if (!status.isEmpty() && !reply.startsWith("$JS.ACK."))
        return {.kind = NatsLink::Event::Status,
                .number = numberBehind(natsMsg_GetSubject(message)),
                .code = status.toInt(),
                .text = headerOf(message, "Description")};
    NatsLink::Event event{
        .kind = NatsLink::Event::Arrived, .number = streamNumberIn(reply), .reply = reply.toByteArray()};
    // Whoever sends much gets it all back, and needs nothing of it but the number.
    event.isOwn = headerOf(message, "Pyvent-Bus") == bus;
    if (!event.isOwn)
        event.envelope = NatsLink::envelopeIn(message, prefix);
    return event;
}

NatsLink::Event keptIn(natsMsg *message, const QByteArray &prefix)
{
    NatsLink::Event event{.kind = NatsLink::Event::Kept, .reply = viewOf(natsMsg_GetReply(message)).toByteArray()};
    const QByteArray status = headerOf(message, "Status");
    if (!status.isEmpty() && !event.reply.startsWith("$JS.ACK.")) {
        event.code = status.toInt();
        event.text = headerOf(message, "Description");
        if (event.reply.isEmpty()) // with a heartbeat, the consumer may say that it waits
            event.reply = headerOf(message, "Nats-Consumer-Stalled");
        return event;
    }
    event.number = streamNumberIn(event.reply);
    event.place = numberIn(event.reply, 1);
    event.pending = numberIn(event.reply, 3);
    event.text = headerOf(message, "KV-Operation");
    event.envelope = NatsLink::envelopeIn(message, prefix);
    return event;
}

} // namespace

// What the library's threads and the link's owner have in common. Each callback that the library has holds it, until the library says that it calls it no
// more.
struct NatsLink::Shared
{
    std::mutex mutex; // guards the first four
    std::vector<Event> events;
    qsizetype saidBytes = 0; // of events
    QObject *receiver = nullptr;
    bool isWoken = false;

    void (*wake)(QObject *) = nullptr;
    QByteArray prefix = {};
    QByteArray saidPrefix = {};
    QByteArray bus = {};
    QByteArray bucketPrefix = {};

    using Pointer = std::shared_ptr<Shared>;

    void add(Event &&event)
    {
        const std::lock_guard lock(mutex);
        if (!receiver)
            return;
        if (event.kind == Event::Said) {
            if (saidBytes + saidSize(event.envelope) > mostSaidBytes)
                return;
            saidBytes += saidSize(event.envelope);
        }
        events.push_back(std::move(event));
        if (!std::exchange(isWoken, true))
            wake(receiver);
    }

    static Shared &of(void *closure) { return **static_cast<Pointer *>(closure); }
    static void forget(void *closure) { delete static_cast<Pointer *>(closure); }

    static void acknowledged(natsConnection *, natsSubscription *, natsMsg *message, void *closure)
    {
        of(closure).add(acknowledgementIn(message));
        natsMsg_Destroy(message);
    }
    static void arrived(natsConnection *, natsSubscription *, natsMsg *message, void *closure)
    {
        of(closure).add(messageIn(message, of(closure).prefix, of(closure).bus));
        natsMsg_Destroy(message);
    }
    static void said(natsConnection *, natsSubscription *, natsMsg *message, void *closure)
    {
        if (headerOf(message, "Pyvent-Bus") != of(closure).bus)
            of(closure).add({.kind = Event::Said, .envelope = NatsLink::envelopeIn(message, of(closure).saidPrefix)});
        natsMsg_Destroy(message);
    }
    static void answered(natsConnection *, natsSubscription *, natsMsg *message, void *closure)
    {
        of(closure).add({.kind = Event::Answered,
                         .number = numberBehind(natsMsg_GetSubject(message)),
                         .code = natsMsg_IsNoResponders(message) ? noResponders : 0,
                         .text = QByteArray(natsMsg_GetData(message), natsMsg_GetDataLength(message))});
        natsMsg_Destroy(message);
    }
    static void kept(natsConnection *, natsSubscription *, natsMsg *message, void *closure)
    {
        of(closure).add(keptIn(message, of(closure).bucketPrefix));
        natsMsg_Destroy(message);
    }
    static void failed(natsConnection *connection, natsSubscription *, natsStatus status, void *closure)
    {
        const char *text = nullptr;
        natsConnection_GetLastError(connection, &text);
        const QByteArrayView found = viewOf(text);
        of(closure).add({.kind = Event::Error,
                         .text = found.isEmpty() ? QByteArray(natsStatus_GetText(status)) : found.toByteArray()});
    }
    // The last of a connection's callbacks.
    static void closed(natsConnection *connection, void *closure)
    {
        const char *text = nullptr;
        natsConnection_GetLastError(connection, &text);
        of(closure).add({.kind = Event::Closed, .text = viewOf(text).toByteArray()});
        forget(closure);
    }
};

NatsLink::NatsLink()
    : m_shared(std::make_shared<Shared>())
    , m_inbox("_INBOX.pyvent-" + QUuid::createUuid().toByteArray(QUuid::Id128))
{
}

std::unique_ptr<NatsLink> NatsLink::open(const EngineOptions &options, const HostPort &server, QObject *receiver,
                                         void (*wake)(QObject *receiver), QString *why)
{
    std::unique_ptr<NatsLink> link(new NatsLink);
    link->m_prefix = options.prefix.toUtf8() + '.';
    link->m_saidPrefix = saidPart + link->m_prefix;
    link->m_shared->prefix = link->m_prefix;
    link->m_shared->saidPrefix = link->m_saidPrefix;
    link->m_shared->bus = options.bus.toUtf8();
    link->m_shared->bucketPrefix = NatsBucket::subjectPrefix(options.prefix);
    link->m_shared->receiver = receiver;
    link->m_shared->wake = wake;
    if (!link->connect(options, server, why))
        return {};
    if (!link->subscribe(&link->m_acknowledgements, link->m_inbox + acknowledgementsPart + '*',
                         &Shared::acknowledged)) {
        *why = natsErrorText(NATS_ERR);
        return {};
    }
    return link;
}

bool NatsLink::connect(const EngineOptions &options, const HostPort &server, QString *why)
{
    const NatsOptionsPointer natsOptions = makeNatsOptions(options, server, why);
    if (!natsOptions)
        return false;
    auto *const closure = new Shared::Pointer(m_shared);
    natsOptions_SetErrorHandler(natsOptions.get(), &Shared::failed, closure);
    natsOptions_SetClosedCB(natsOptions.get(), &Shared::closed, closure);
    const natsStatus status = natsConnection_Connect(&m_connection, natsOptions.get());
    if (status == NATS_OK)
        return true;
    Shared::forget(closure); // what never was a connection is not closed
    *why = whyNotConnected(status, options, server);
    return false;
}

bool NatsLink::subscribe(natsSubscription **subscription, const QByteArray &subject, natsMsgHandler handler)
{
    auto *const closure = new Shared::Pointer(m_shared);
    if (natsConnection_Subscribe(subscription, m_connection, subject.constData(), handler, closure) != NATS_OK) {
        Shared::forget(closure);
        return false;
    }
    // What comes is bounded by what is asked for; and of what is said, when it is taken.
    natsSubscription_SetPendingLimits(*subscription, -1, -1);
    return natsSubscription_SetOnCompleteCB(*subscription, &Shared::forget, closure) == NATS_OK;
}

bool NatsLink::startHearing()
{
    stopHearing();
    return subscribe(&m_messages, m_inbox + messagesPart + QByteArray::number(++m_hearing) + ".*", &Shared::arrived);
}

void NatsLink::stopHearing()
{
    if (!m_messages)
        return;
    natsSubscription_Destroy(std::exchange(m_messages, nullptr));
    natsConnection_FlushTimeout(m_connection, stopPatience); // now the server knows
}

QByteArray NatsLink::startHearingKept()
{
    stopHearingKept();
    if (!m_answers && !subscribe(&m_answers, m_inbox + answersPart + '*', &Shared::answered))
        return {};
    const QByteArray subject = m_inbox + keptPart + QByteArray::number(++m_hearingKept);
    return subscribe(&m_kept, subject, &Shared::kept) ? subject : QByteArray();
}

void NatsLink::stopHearingKept()
{
    natsSubscription_Destroy(std::exchange(m_kept, nullptr));
}

bool NatsLink::startHearingSaid()
{
    return m_said || subscribe(&m_said, saidSubject(), &Shared::said);
}

void NatsLink::stopHearingSaid()
{
    natsSubscription_Destroy(std::exchange(m_said, nullptr));
}

Envelope NatsLink::envelopeIn(natsMsg *message, const QByteArray &prefix)
{
    Envelope envelope;
    const QByteArrayView subject = viewOf(natsMsg_GetSubject(message));
    if (subject.startsWith(prefix))
        envelope.address = subject.sliced(prefix.size()).toByteArray();
    envelope.payload = QByteArray(natsMsg_GetData(message), natsMsg_GetDataLength(message));
    const char **keys = nullptr;
    int count = 0;
    if (natsMsgHeader_Keys(message, &keys, &count) != NATS_OK)
        return envelope;
    for (int i = 0; i < count; ++i) {
        if (qstrcmp(keys[i], "Content-Type") == 0)
            envelope.contentType = headerOf(message, keys[i]);
        else if (qstrncmp(keys[i], "Pyvent-", 7) == 0)
            envelope.headers.emplaceBack(keys[i], headerOf(message, keys[i]));
    }
    std::free(static_cast<void *>(keys));
    return envelope;
}

NatsLink::~NatsLink()
{
    {
        const std::lock_guard lock(m_shared->mutex);
        m_shared->receiver = nullptr;
        m_shared->events.clear();
    }
    natsSubscription_Destroy(m_acknowledgements);
    natsSubscription_Destroy(m_answers);
    stopHearingKept();
    stopHearingSaid();
    stopHearing();
    natsConnection_Destroy(m_connection);
}

std::vector<NatsLink::Event> NatsLink::takeEvents()
{
    const std::lock_guard lock(m_shared->mutex);
    m_shared->isWoken = false;
    m_shared->saidBytes = 0;
    return std::exchange(m_shared->events, {});
}

bool NatsLink::publish(const QByteArray &subject, const Envelope &envelope, const QByteArray &id, quint64 number)
{
    return send(subject, m_inbox + acknowledgementsPart + QByteArray::number(number), envelope, {"Nats-Msg-Id", id});
}

bool NatsLink::say(const Envelope &envelope)
{
    return send(m_saidPrefix + envelope.address, {}, envelope);
}

bool NatsLink::ask(const QByteArray &subject, const QByteArray &body, quint64 number)
{
    const QByteArray reply = m_inbox + answersPart + QByteArray::number(number);
    return natsConnection_PublishRequest(m_connection, subject.constData(), reply.constData(), body.constData(),
                                         int(body.size()))
        == NATS_OK;
}

bool NatsLink::put(const QByteArray &subject, const Envelope &envelope, quint64 revision, quint64 number)
{
    return send(subject, m_inbox + answersPart + QByteArray::number(number), envelope,
                {"Nats-Expected-Last-Subject-Sequence", QByteArray::number(revision)});
}

bool NatsLink::goOn(const QByteArray &reply)
{
    return natsConnection_PublishString(m_connection, reply.constData(), "") == NATS_OK;
}

bool NatsLink::send(const QByteArray &subject, const QByteArray &reply, const Envelope &envelope, const Header &first)
{
    natsMsg *message = nullptr;
    if (natsMsg_Create(&message, subject.constData(), reply.isEmpty() ? nullptr : reply.constData(),
                       envelope.payload.constData(), int(envelope.payload.size()))
        != NATS_OK)
        return false;
    bool isGood = (!first.first || natsMsgHeader_Set(message, first.first, first.second.constData()) == NATS_OK)
        && natsMsgHeader_Set(message, "Content-Type", envelope.contentType.constData()) == NATS_OK;
    for (const Envelope::Header &header : envelope.headers)
        isGood = isGood && natsMsgHeader_Set(message, header.first.constData(), header.second.constData()) == NATS_OK;
    isGood = isGood && natsConnection_PublishMsg(m_connection, message) == NATS_OK;
    natsMsg_Destroy(message);
    return isGood;
}

bool NatsLink::request(const QByteArray &subject, const QByteArray &body, quint64 number)
{
    const QByteArray reply = m_inbox + messagesPart + QByteArray::number(m_hearing) + '.' + QByteArray::number(number);
    return natsConnection_PublishRequest(m_connection, subject.constData(), reply.constData(), body.constData(),
                                         int(body.size()))
        == NATS_OK;
}

bool NatsLink::acknowledge(const QByteArray &reply)
{
    return natsConnection_PublishString(m_connection, reply.constData(), "+ACK") == NATS_OK;
}

bool NatsLink::giveBack(const QByteArray &reply)
{
    return natsConnection_PublishString(m_connection, reply.constData(), "-NAK") == NATS_OK;
}

bool NatsLink::giveBack(const QByteArray &reply, quint64 number)
{
    const Place place = placeOfNumber(reply);
    return place.size > 0 && giveBack(QByteArray(reply).replace(place.begin, place.size, QByteArray::number(number)));
}

qint64 NatsLink::mostBytes() const
{
    return natsConnection_GetMaxPayload(m_connection);
}

QList<HostPort> NatsLink::discovered() const
{
    char **urls = nullptr;
    int count = 0;
    QList<HostPort> servers;
    if (natsConnection_GetDiscoveredServers(m_connection, &urls, &count) != NATS_OK)
        return servers;
    for (int i = 0; i < count; ++i) {
        EngineOptions read;
        if (readUrls(QString::fromUtf8(urls[i]), &read).isEmpty())
            servers += read.servers;
        std::free(urls[i]);
    }
    std::free(static_cast<void *>(urls));
    return servers;
}

int NatsLink::clusterSize() const
{
    char **urls = nullptr;
    int count = 0;
    if (natsConnection_GetServers(m_connection, &urls, &count) != NATS_OK)
        return 1;
    for (int i = 0; i < count; ++i)
        std::free(urls[i]);
    std::free(static_cast<void *>(urls));
    return count;
}

} // namespace Pyvent::Bridge
