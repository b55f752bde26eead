// SPDX-License-Identifier: MIT
#include "natsstream.h"

#include "natslink.h"
#include "natsoptions.h"

#include <QtCore/quuid.h>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr qint64 patience = 3000;        // milliseconds, for an answer
constexpr qint64 patienceWithPing = 500; // likewise

// What was asked while there was no leader is not answered by the next one, so it is asked again soon; and then once for longer, for servers that are far.
constexpr qint64 shortPatience = 500;
constexpr qint64 longPatience = 1500;
constexpr int shortAttempts = 6;
constexpr int mostMade = 3; // times

// What follows tells a stream from others of this name.
const QByteArray descriptionBegin = "Pyvent's events between buses, ";
constexpr int replicas = 3; // where there are so many servers
constexpr auto rememberIdsFor = 2min;

// For all of the past, and in it for the next message: where there is none, nobody says so.
constexpr auto timeForPast = 3s;
constexpr qint64 pauseInPast = 300; // milliseconds

template <auto destroy>
struct Deleter
{
    template <typename T>
    void operator()(T *object) const
    {
        destroy(object);
    }
};
using StreamInfo = std::unique_ptr<jsStreamInfo, Deleter<jsStreamInfo_Destroy>>;
using Subscription = std::unique_ptr<natsSubscription, Deleter<natsSubscription_Destroy>>;
using MetaData = std::unique_ptr<jsMsgMetaData, Deleter<jsMsgMetaData_Destroy>>;
using ConsumerInfo = std::unique_ptr<jsConsumerInfo, Deleter<jsConsumerInfo_Destroy>>;

qint64 nanoseconds(std::chrono::nanoseconds time)
{
    return time.count();
}

jsOptions waiting(qint64 time)
{
    jsOptions options;
    jsOptions_Init(&options);
    options.Wait = time;
    return options;
}

bool hasNoLeader(natsStatus status, jsErrCode code)
{
    return status == NATS_TIMEOUT || code == JSClusterNotAvailErr;
}

QByteArrayList subjectsOf(const jsStreamConfig &config)
{
    QByteArrayList subjects;
    for (int i = 0; i < config.SubjectsLen; ++i)
        subjects += config.Subjects[i];
    return subjects;
}

} // namespace

NatsStream::NatsStream(natsConnection *connection, const EngineOptions &options, int clusterSize)
    : m_connection(connection)
    , m_options(options)
    , m_clusterSize(clusterSize)
    // A stream's name has no dots.
    , m_name("PYVENT_" + options.prefix.toUtf8().replace('.', '~'))
    , m_subject(options.prefix.toUtf8() + ".>")
    , m_consumerName("pyvent-" + options.bus.toUtf8())
{
    jsOptions settings = waiting(patience);
    jsCtx *context = nullptr;
    natsConnection_JetStream(&context, connection, &settings);
    m_context.reset(context);
}

bool NatsStream::ensure(Asks asks)
{
    // Once more where it was made, or another bridge was quicker.
    for (int attempt = 0; attempt < mostMade; ++attempt) {
        const Found found = find(asks);
        if (found != Found::Missing)
            return found == Found::Good;
        const Made made = make();
        if (made == Made::No || (made == Made::Overlaps && attempt + 1 == mostMade))
            return false;
    }
    m_why = u"the stream %1 is made and removed again: something else manages it"_s.arg(QLatin1StringView(m_name));
    return false;
}

NatsStream::Found NatsStream::find(Asks asks)
{
    m_notes.clear();
    m_mayPass = false;
    jsStreamInfo *info = nullptr;
    jsErrCode code = jsErrCode(0);
    natsStatus status = NATS_TIMEOUT;
    for (int attempt = asks == Asks::Once ? shortAttempts : 0; attempt <= shortAttempts && hasNoLeader(status, code);
         ++attempt) {
        jsOptions options = waiting(m_unansweredLooks < shortAttempts ? shortPatience : longPatience);
        code = jsErrCode(0);
        status = js_GetStreamInfo(&info, m_context.get(), m_name.constData(), &options, &code);
        m_unansweredLooks = hasNoLeader(status, code) && m_unansweredLooks < shortAttempts ? m_unansweredLooks + 1 : 0;
    }
    const StreamInfo found(info);
    if (status == NATS_OK)
        return look(*found) ? Found::Good : Found::Unusable;
    // The library says of a stream that there is not only that it was not found.
    if (status == NATS_NOT_FOUND || code == JSStreamNotFoundErr)
        return Found::Missing;
    fail(u"the stream %1 cannot be had"_s.arg(QLatin1StringView(m_name)), status, code);
    return Found::Unusable;
}

NatsStream::Made NatsStream::make()
{
    jsStreamConfig config;
    jsStreamConfig_Init(&config);
    const char *subjects[] = {m_subject.constData()};
    config.Name = m_name.constData();
    const QByteArray description = descriptionBegin + QUuid::createUuid().toByteArray(QUuid::WithoutBraces);
    config.Description = description.constData();
    config.Subjects = subjects;
    config.SubjectsLen = 1;
    config.MaxAge = nanoseconds(m_options.keep);
    config.MaxBytes = m_options.keepBytes;
    config.Duplicates = nanoseconds(std::min<std::chrono::nanoseconds>(rememberIdsFor, m_options.keep));
    config.Replicas = m_clusterSize >= replicas ? replicas : 1;
    jsStreamInfo *info = nullptr;
    jsErrCode code = jsErrCode(0);
    natsStatus status = js_AddStream(&info, m_context.get(), &config, nullptr, &code);
    if (status != NATS_OK && code == JSStreamReplicasNotSupportedErr) { // servers that are no cluster
        config.Replicas = 1;
        status = js_AddStream(&info, m_context.get(), &config, nullptr, &code);
    }
    const StreamInfo made(info);
    if (status == NATS_OK || code == JSStreamNameExistErr)
        return Made::Yes;
    if (code == JSStreamSubjectOverlapErr) { // of the same one, perhaps, that another bridge makes now
        m_why = u"another stream has subjects of '%1': take another --prefix, or remove that stream"_s.arg(
            QLatin1StringView(m_subject));
        return Made::Overlaps;
    }
    fail(u"the stream %1 cannot be made"_s.arg(QLatin1StringView(m_name)), status, code);
    return Made::No;
}

bool NatsStream::look(const jsStreamInfo &stream)
{
    const jsStreamConfig &config = *stream.Config;
    const QString name = QString::fromLatin1(m_name);
    const auto refuse = [&](const QString &text) {
        m_why =
            u"the stream %1 is there with other settings: %2; remove it, or take another --prefix"_s.arg(name, text);
        return false;
    };
    const QByteArrayList subjects = subjectsOf(config);
    if (!subjects.contains(m_subject) && !subjects.contains(">"))
        return refuse(u"it does not take '%1'"_s.arg(QLatin1StringView(m_subject)));
    if (config.Retention != js_LimitsPolicy)
        return refuse(u"it drops what one of its readers has got"_s);
    if (config.NoAck)
        return refuse(u"it acknowledges nothing"_s);
    if (config.Sealed || config.Mirror)
        return refuse(u"it takes nothing"_s);
    m_isContiguous = subjects == QByteArrayList{m_subject};
    // Of all that is told of a stream, only its configuration is the same at each server of a cluster.
    const QByteArrayView description(config.Description);
    m_identity = description.startsWith(descriptionBegin)
        ? QString::fromUtf8(description.sliced(descriptionBegin.size()))
        : QString();
    m_oldest = stream.State.FirstSeq;
    m_newest = stream.State.LastSeq;
    if (config.Replicas < replicas && m_clusterSize >= replicas) {
        m_notes +=
            u"the stream %1 has %2 replica(s), and the cluster has %3 servers: with 'nats stream edit --replicas 3' it "
            "outlives one of them"_s.arg(name, QString::number(config.Replicas), QString::number(m_clusterSize));
    }
    if (config.Storage != js_FileStorage)
        m_notes += u"the stream %1 is in memory only: what waits in it ends with its servers"_s.arg(name);
    noteLimits(config);
    return true;
}

// Those with which a stream that was made by somebody else drops what waits for a bus, or refuses some of it.
void NatsStream::noteLimits(const jsStreamConfig &config)
{
    QStringList limits;
    const auto note = [&](bool isLimited, const QString &text, qint64 limit) {
        if (isLimited)
            limits += text.arg(limit);
    };
    note(config.MaxAge > 0 && config.MaxAge < nanoseconds(m_options.keep), u"it keeps messages for %1 s (max_age)"_s,
         config.MaxAge / nanoseconds(1s));
    note(config.MaxMsgs > 0, u"it keeps %1 messages (max_msgs)"_s, config.MaxMsgs);
    note(config.MaxMsgsPerSubject > 0, u"it keeps %1 of each name (max_msgs_per_subject)"_s, config.MaxMsgsPerSubject);
    note(config.MaxBytes > 0 && config.MaxBytes < m_options.keepBytes, u"it keeps %1 bytes (max_bytes)"_s,
         config.MaxBytes);
    note(config.MaxMsgSize > 0, u"it takes messages of %1 bytes at most (max_msg_size)"_s, config.MaxMsgSize);
    note(config.MaxConsumers > 0, u"it is for %1 buses at most (max_consumers)"_s, config.MaxConsumers);
    if (!limits.isEmpty())
        m_notes += u"the stream %1 is there with limits of its own, by which events get lost: %2"_s.arg(
            QString::fromLatin1(m_name), limits.join(u"; "_s));
}

// Returns false, and why, where it is gone, or cannot be looked at.
bool NatsStream::isAsBefore()
{
    const QString before = m_identity;
    const Found found = find(Asks::Once);
    m_isGone = found == Found::Missing || (found == Found::Good && m_identity != before);
    if (m_isGone)
        m_why = u"the stream %1 was removed, and what waited in it is lost"_s.arg(QLatin1StringView(m_name));
    return found == Found::Good && !m_isGone;
}

bool NatsStream::lookWhetherGone()
{
    isAsBefore();
    return m_isGone;
}

bool NatsStream::ensureConsumer(quint64 behind, Consumer *consumer)
{
    const QString name = QString::fromLatin1(m_consumerName);
    m_mayPass = false;
    // Not again and again: what is published waits meanwhile.
    jsOptions options = waiting(m_unanswered < shortAttempts ? shortPatience : longPatience);
    jsConsumerInfo *info = nullptr;
    jsErrCode code = jsErrCode(0);
    natsStatus status =
        js_GetConsumerInfo(&info, m_context.get(), m_name.constData(), m_consumerName.constData(), &options, &code);
    m_unanswered = hasNoLeader(status, code) && m_unanswered < shortAttempts ? m_unanswered + 1 : 0;
    if (status == NATS_NOT_FOUND
        || (status != NATS_OK && (code == JSConsumerNotFoundErr || code == JSStreamNotFoundErr))) {
        // It ends with its stream, and one for another stream does not begin at the same number.
        if (!isAsBefore())
            return false;
        jsConsumerConfig config;
        jsConsumerConfig_Init(&config);
        config.Durable = m_consumerName.constData();
        config.Description = "How far a bus of Pyvent's has read";
        config.AckPolicy = js_AckAll;
        config.AckWait = nanoseconds(acknowledgeWithin);
        config.MaxAckPending = mostUnacknowledged;
        config.DeliverPolicy = behind > 0 ? js_DeliverByStartSequence : js_DeliverNew;
        config.OptStartSeq = behind;
        if (!m_isContiguous)
            config.FilterSubject = m_subject.constData();
        status = js_AddConsumer(&info, m_context.get(), m_name.constData(), &config, nullptr, &code);
    }
    const ConsumerInfo found(info);
    if (status != NATS_OK)
        return fail(u"the consumer %1 cannot be had"_s.arg(name), status, code);
    if ((found->Config->DeliverSubject && *found->Config->DeliverSubject) || found->Config->AckPolicy == js_AckNone) {
        m_why = u"the consumer %1 is there with other settings: it is not asked for messages, or does not wait for "
                "acknowledgements; remove it, or take another --bus"_s.arg(name);
        return false;
    }
    // What was given out and not acknowledged comes again.
    consumer->next = (found->NumAckPending > 0 ? found->AckFloor.Stream : found->Delivered.Stream) + 1;
    consumer->givenUpTo = found->Delivered.Stream;
    consumer->gifts = found->Delivered.Consumer;
    return true;
}

natsStatus NatsStream::get(quint64 number, jsOptions *options, NatsMessage *message, jsErrCode *code) const
{
    natsMsg *found = nullptr;
    const natsStatus status = js_GetMsg(&found, m_context.get(), m_name.constData(), number, options, code);
    message->reset(found);
    return status;
}

// At the number, or at the time, whichever is later. Returns false if nobody answers.
bool NatsStream::beginAt(quint64 first, qint64 since, jsConsumerConfig *config) const
{
    NatsMessage message;
    jsOptions options = waiting(shortPatience);
    jsErrCode code = jsErrCode(0);
    const natsStatus status = get(first, &options, &message, &code);
    if (hasNoLeader(status, code))
        return false;
    if (message && natsMsg_GetTime(message.get()) >= since) {
        config->DeliverPolicy = js_DeliverByStartSequence;
        config->OptStartSeq = first;
    } else {
        config->DeliverPolicy = js_DeliverByStartTime;
        config->OptStartTime = since;
    }
    return true;
}

std::deque<NatsMessage> NatsStream::past(quint64 before, const Engine::Past &limits) const
{
    std::deque<NatsMessage> messages;
    if (before <= 1 || limits.events <= 0 || limits.age <= 0ms)
        return messages;
    using Wall = std::chrono::system_clock;
    const qint64 since = nanoseconds((Wall::now() - limits.age).time_since_epoch());
    jsSubOptions settings;
    jsSubOptions_Init(&settings);
    settings.Stream = m_name.constData();
    settings.Ordered = true;
    // All else waits meanwhile: so not for long, where there is no leader.
    if (!beginAt(before - std::min(quint64(limits.events), before - 1), since, &settings.Config))
        return messages;
    jsOptions options = waiting(longPatience);
    natsSubscription *made = nullptr;
    if (js_SubscribeSync(&made, m_context.get(), m_subject.constData(), &options, &settings, nullptr) != NATS_OK)
        return messages;
    const Subscription subscription(made);
    const auto until = std::chrono::steady_clock::now() + timeForPast;
    qsizetype bytes = 0;
    while (std::chrono::steady_clock::now() < until) {
        natsMsg *next = nullptr;
        if (natsSubscription_NextMsg(&next, subscription.get(), pauseInPast) != NATS_OK)
            break;
        NatsMessage message(next);
        jsMsgMetaData *found = nullptr;
        if (natsMsg_GetMetaData(&found, next) != NATS_OK)
            continue;
        const MetaData data(found);
        if (data->Sequence.Stream >= before)
            break;
        bytes += natsMsg_GetDataLength(next);
        messages.push_back(std::move(message));
        for (; bytes > limits.bytes && messages.size() > 1; messages.pop_front())
            bytes -= natsMsg_GetDataLength(messages.front().get());
        if (data->Sequence.Stream + 1 == before || data->NumPending == 0)
            break;
    }
    natsSubscription_Unsubscribe(subscription.get()); // also at the server
    return messages;
}

NatsStream::Fetched NatsStream::fetch(quint64 number, Envelope *envelope)
{
    jsOptions options = waiting(shortPatience);
    NatsMessage message;
    jsErrCode code = jsErrCode(0);
    const natsStatus status = get(number, &options, &message, &code);
    if (status == NATS_OK) {
        *envelope = NatsLink::envelopeIn(message.get(), m_options.prefix.toUtf8() + '.');
        return Fetched::Message;
    }
    return code == JSNoMessageFoundErr || status == NATS_NOT_FOUND ? Fetched::None : Fetched::NotNow;
}

// $JS.ACK.stream.consumer.deliveries.NUMBER.gift.time.pending
QByteArray NatsStream::giveBackSubject(const Consumer &consumer, quint64 number) const
{
    return "$JS.ACK." + m_name + '.' + m_consumerName + ".1." + QByteArray::number(number) + '.'
        + QByteArray::number(consumer.gifts) + ".0.0";
}

// What the server has said that this user may not do: it does not answer then.
QString NatsStream::deniedText() const
{
    const char *text = nullptr;
    natsConnection_GetLastError(m_connection, &text);
    const QString said = QString::fromUtf8(text).simplified();
    const bool isDenial = said.contains("permissions violation"_L1, Qt::CaseInsensitive)
        && (said.contains("$JS.API."_L1) || said.contains("_INBOX."_L1));
    return isDenial ? said : QString();
}

bool NatsStream::fail(const QString &what, natsStatus status, jsErrCode code)
{
    m_mayPass = hasNoLeader(status, code);
    QString reason = natsErrorText(status);
    m_isCutOff = status == NATS_CONNECTION_CLOSED || status == NATS_CONNECTION_DISCONNECTED;
    if (status == NATS_NO_RESPONDERS || code == JSNotEnabledErr || code == JSNotEnabledForAccountErr)
        reason = u"the server has no JetStream: start it with -js, or enable it for this user's account"_s;
    else if (const QString denied = deniedText(); status == NATS_TIMEOUT && !denied.isEmpty())
        reason = u"the server says: %1; a bridge's user has to be allowed to publish to '%2', '$JS.API.>' and "
                 "'$JS.ACK.>', and to subscribe to '_INBOX.>'; and to do both with 'PYVENT_DIRECT.%2'"_s.arg(
                     denied, QLatin1StringView(m_subject));
    else if (status == NATS_TIMEOUT) {
        m_isCutOff = natsConnection_FlushTimeout(m_connection, patienceWithPing) != NATS_OK;
        reason = m_isCutOff ? u"the server does not answer any more"_s
                            : u"too few servers of the cluster are there to decide (no answer)"_s;
    } else if (code == JSClusterNotAvailErr) {
        reason = u"too few servers of the cluster are there to decide (%1)"_s.arg(reason);
    }
    m_why = u"%1: %2"_s.arg(what, reason);
    return false;
}

} // namespace Pyvent::Bridge
