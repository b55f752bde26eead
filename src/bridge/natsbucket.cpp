// SPDX-License-Identifier: MIT
#include "natsbucket.h"

#include "bucketsettings.h"

#include <QtCore/qjsondocument.h>
#include <QtCore/qregularexpression.h>

#include <algorithm>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto bucketAnswerWithin = 3s;
constexpr auto putWithin = 5s;
constexpr auto heartbeat = 2s;
constexpr auto silence = 7s; // no more heartbeats: the consumer is gone
constexpr auto consumerLasts = 10s;
constexpr int bucketReplicas = 3; // where there are so many servers

// What servers say, besides a code that is HTTP's.
constexpr int nobody = 503;
constexpr int streamNotFound = 10059;
constexpr int nameInUse = 10058;
constexpr int noReplicas = 10074;
constexpr int wrongRevision = 10071;
constexpr int notEnabled = 10076;
constexpr int notEnabledForAccount = 10039;

// Messages are given on when so many have come.
constexpr qsizetype mostGathered = 256;

struct Answer
{
    QJsonObject content;
    int code = 0; // 0: it is no error
    int detail = 0;
    QString text;
};

Answer readAnswer(const QByteArray &json, int code)
{
    if (code != 0)
        return {{}, code, 0, u"nobody answers"_s};
    const QJsonDocument document = QJsonDocument::fromJson(json);
    if (!document.isObject())
        return {{}, nobody, 0, u"its answer cannot be read"_s};
    Answer answer{document.object(), 0, 0, {}};
    if (answer.content.contains("error"_L1)) {
        const QJsonObject error = answer.content["error"_L1].toObject();
        answer.code = error["code"_L1].toInt(nobody);
        answer.detail = error["err_code"_L1].toInt();
        answer.text = error["description"_L1].toString().left(200).simplified();
    }
    return answer;
}

qint64 inNanoseconds(std::chrono::nanoseconds time)
{
    return time.count();
}

QByteArray toJson(const QJsonObject &object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

} // namespace

QByteArray NatsBucket::subjectPrefix(const QString &prefix)
{
    return "$KV." + bucketOf(prefix) + '.';
}

NatsBucket::NatsBucket(NatsLink *link, const QString &prefix, int clusterSize)
    : m_link(link)
    , m_name(bucketOf(prefix))
    , m_stream("KV_" + m_name)
    , m_prefix(subjectPrefix(prefix))
    , m_clusterSize(clusterSize)
    , m_timer(this)
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &NatsBucket::process);
}

// The bucket

void NatsBucket::open()
{
    m_link->stopHearingKept();
    if (std::exchange(m_told, Engine::Keeping::Off) != Engine::Keeping::Off)
        Q_EMIT keepingChanged(m_told);
    lookFor();
}

void NatsBucket::ask(State state, const QByteArray &subject, const QByteArray &body)
{
    m_state = state;
    m_question = ++m_number;
    m_until = Clock::now() + bucketAnswerWithin;
    m_link->ask(subject, body, m_question);
    schedule();
}

void NatsBucket::lookFor()
{
    // Answers are heard from now on.
    if (m_link->startHearingKept().isEmpty())
        return; // it ends
    ask(State::Looking, "$JS.API.STREAM.INFO." + m_stream, {});
}

void NatsBucket::make(int count)
{
    m_replicas = count;
    ask(State::Making, "$JS.API.STREAM.CREATE." + m_stream, toJson(bucketSettings(m_name, count)));
}

void NatsBucket::subscribe(const QJsonObject &settings)
{
    QStringList notes;
    if (const QString why = whyNotABucket(m_name, settings, &notes); !why.isEmpty()) {
        fail(why);
        return;
    }
    for (const QString &note : std::as_const(notes))
        Q_EMIT problem(note, note);
    const QByteArray subject = m_link->startHearingKept();
    if (subject.isEmpty())
        return;
    m_place = 0;
    m_hasAllComeAtOnce = false;
    m_gathered.clear();
    m_waiting.clear();
    m_untaken = 0;
    const QJsonObject consumer{
        {u"deliver_subject"_s, QString::fromUtf8(subject)},
        {u"deliver_policy"_s, u"last_per_subject"_s},
        {u"filter_subject"_s, QString::fromUtf8(m_prefix + '>')},
        {u"ack_policy"_s, u"none"_s},
        {u"replay_policy"_s, u"instant"_s},
        {u"flow_control"_s, true},
        {u"idle_heartbeat"_s, inNanoseconds(heartbeat)},
        {u"inactive_threshold"_s, inNanoseconds(consumerLasts)},
        {u"mem_storage"_s, true},
        {u"num_replicas"_s, 1},
    };
    ask(State::Subscribing, "$JS.API.CONSUMER.CREATE." + m_stream,
        toJson({{u"stream_name"_s, QString::fromUtf8(m_stream)}, {u"config"_s, consumer}}));
}

void NatsBucket::answered(const QByteArray &json, int code)
{
    const Answer answer = readAnswer(json, code);
    const QString name = QString::fromUtf8(m_name);
    if (m_state == State::Looking && answer.detail == streamNotFound) {
        make(m_clusterSize >= bucketReplicas ? bucketReplicas : 1);
    } else if (m_state == State::Making && answer.detail == noReplicas && m_replicas > 1) { // no cluster
        make(1);
    } else if (m_state == State::Making && answer.detail == nameInUse) { // another bridge was quicker
        lookFor();
    } else if (answer.detail == notEnabled || answer.detail == notEnabledForAccount
               || (answer.code == nobody && answer.detail == 0 && m_state == State::Looking)) {
        fail(u"the bucket %1 cannot be had: the server has no JetStream for this user's account"_s.arg(name));
    } else if (answer.code != 0) {
        fail(u"the bucket %1 cannot be had: %2"_s.arg(name, answer.text));
    } else if (m_state == State::Looking || m_state == State::Making) {
        subscribe(answer.content["config"_L1].toObject());
    } else if (m_state == State::Subscribing) {
        m_state = State::Hearing;
        m_backOff.reset();
        m_until = Clock::now() + silence;
        m_told = Engine::Keeping::Open;
        Q_EMIT keepingChanged(m_told);
        if (m_hasAllComeAtOnce || answer.content["num_pending"_L1].toInteger() == 0)
            hasLoaded();
        schedule();
    }
}

void NatsBucket::hasLoaded()
{
    flush();
    if (std::exchange(m_told, Engine::Keeping::Loaded) != Engine::Keeping::Loaded)
        Q_EMIT keepingChanged(m_told);
}

void NatsBucket::fail(const QString &text)
{
    Q_EMIT problem(u"bucket"_s, text + u"; shared values and last events are not kept"_s);
    beginAgain();
}

// A little later.
void NatsBucket::beginAgain()
{
    if (std::exchange(m_told, Engine::Keeping::Off) != Engine::Keeping::Off)
        Q_EMIT keepingChanged(m_told);
    m_link->stopHearingKept();
    m_state = State::Closed;
    m_until = Clock::now() + m_backOff.next();
    schedule();
}

// What comes

void NatsBucket::take(NatsLink::Event &&event)
{
    if (event.kind == NatsLink::Event::Kept) {
        takeKept(std::move(event));
    } else if (event.number == m_question && m_state != State::Closed && m_state != State::Hearing) {
        m_question = 0;
        answered(event.text, event.code);
    } else {
        putAnswered(event.number, event.text, event.code);
    }
}

void NatsBucket::takeKept(NatsLink::Event &&event)
{
    if (m_state != State::Hearing && m_state != State::Subscribing) // of an earlier consumer
        return;
    m_until = Clock::now() + (m_state == State::Hearing ? silence : std::chrono::seconds(bucketAnswerWithin));
    if (event.code != 0) {
        if (!event.reply.isEmpty())
            m_waiting += event.reply;
        if (event.code >= 400)
            beginAgain();
        return;
    }
    if (event.place != m_place + 1) {
        if (m_place > 0)
            beginAgain();
        return; // else it is of an earlier consumer
    }
    m_place = event.place;
    Engine::Stored stored{.revision = event.number};
    if (event.text.isEmpty()) {
        stored.kept = unsealKept(event.envelope, &stored.whyNot);
        if (!stored.kept)
            stored.whyNot = u"the bucket's key '%1' is no event: %2"_s.arg(
                QString::fromUtf8(event.envelope.address).left(100), stored.whyNot);
    }
    stored.name = stored.kept ? stored.kept->message.name : nameOfKey(event.envelope.address).value_or(QString());
    m_gathered += std::move(stored);
    if (m_gathered.size() >= mostGathered)
        flush();
    // It may come before the answer to who has asked for it.
    if (event.pending == 0 && m_state == State::Hearing)
        hasLoaded();
    m_hasAllComeAtOnce = event.pending == 0;
}

void NatsBucket::flush()
{
    if (!m_gathered.isEmpty() && m_state == State::Hearing) {
        ++m_untaken;
        Q_EMIT stored(std::exchange(m_gathered, {}));
    }
    if (m_untaken > 0)
        return;
    for (const QByteArray &reply : std::exchange(m_waiting, {}))
        m_link->goOn(reply);
}

// The consumer sends no more than what is bounded by this.
void NatsBucket::takenStored()
{
    m_untaken = std::max(m_untaken - 1, 0);
    flush();
}

// What goes

void NatsBucket::put(const QList<Engine::Put> &puts)
{
    for (const Engine::Put &put : puts) {
        const Envelope envelope = sealKept(put.kept);
        if (m_state != State::Hearing || envelope.payload.size() > m_link->mostBytes()) {
            const bool isTooLarge = m_state == State::Hearing;
            Q_EMIT putRefused(put.id, isTooLarge ? Engine::PutRefusal::Never : Engine::PutRefusal::NotNow, 0,
                              isTooLarge ? u"the server takes %1 bytes (max_payload)"_s.arg(m_link->mostBytes())
                                         : QString());
            continue;
        }
        m_underWay.insert(++m_number, {put.id, Clock::now() + putWithin});
        m_link->put(m_prefix + envelope.address, envelope, put.revision, m_number);
    }
    schedule();
}

void NatsBucket::putAnswered(quint64 number, const QByteArray &json, int code)
{
    const auto found = m_underWay.constFind(number);
    if (found == m_underWay.cend())
        return;
    const quint64 id = found->id;
    m_underWay.erase(found);
    const Answer answer = readAnswer(json, code);
    if (answer.code == 0) {
        Q_EMIT putDone(id, quint64(answer.content["seq"_L1].toInteger()));
    } else if (answer.detail == wrongRevision) {
        static const QRegularExpression revision(u": (\\d+)\\s*$"_s);
        Q_EMIT putRefused(id, Engine::PutRefusal::Conflict, revision.match(answer.text).captured(1).toULongLong(),
                          answer.text);
    } else {
        const bool isNever = answer.code >= 400 && answer.code < 500;
        Q_EMIT putRefused(id, isNever ? Engine::PutRefusal::Never : Engine::PutRefusal::NotNow, 0, answer.text);
        if (code == nobody && m_state == State::Hearing) // the bucket may be gone
            open();
    }
}

void NatsBucket::process()
{
    const auto now = Clock::now();
    QList<quint64> lost;
    for (auto put = m_underWay.begin(); put != m_underWay.end();) {
        if (put->until > now) {
            ++put;
            continue;
        }
        lost += put->id;
        put = m_underWay.erase(put);
    }
    for (const quint64 id : std::as_const(lost))
        Q_EMIT putRefused(id, Engine::PutRefusal::NotNow, 0, u"nobody answers"_s);
    if (m_until <= now) {
        switch (m_state) {
        case State::Closed:
            lookFor();
            break;
        case State::Looking:
        case State::Making:
        case State::Subscribing:
            fail(u"the bucket %1 cannot be had: there is no answer. A bridge's user has to be allowed to publish to "
                 "'$JS.API.>', '$JS.FC.>' and '%2>', and to subscribe to '_INBOX.>'"_s.arg(
                     QLatin1StringView(m_name), QLatin1StringView(m_prefix)));
            break;
        case State::Hearing:
            open();
            break;
        }
    }
    schedule();
}

void NatsBucket::schedule()
{
    auto deadline = m_until;
    for (const UnderWay &put : std::as_const(m_underWay))
        deadline = std::min(deadline, put.until);
    m_timer.start(std::max(std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()), 0ms));
}

} // namespace Pyvent::Bridge
