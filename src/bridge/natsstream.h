// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_NATSSTREAM_H
#define PYVENT_BRIDGE_NATSSTREAM_H

#include "engine.h"
#include "engineoptions.h"
#include "envelope.h"

#include <QtCore/qstringlist.h>

#include <deque>
#include <memory>

#include <nats/nats.h>

namespace Pyvent::Bridge {

struct JetStreamDeleter
{
    void operator()(jsCtx *context) const { jsCtx_Destroy(context); }
};
using JetStream = std::unique_ptr<jsCtx, JetStreamDeleter>;

struct NatsMessageDeleter
{
    void operator()(natsMsg *message) const { natsMsg_Destroy(message); }
};
using NatsMessage = std::unique_ptr<natsMsg, NatsMessageDeleter>;

// The stream that all buses of a prefix share, and in it the consumer that remembers how far one bus has read. Each function waits for the server, some
// seconds at most.
class NatsStream
{
public:
    static constexpr std::chrono::seconds acknowledgeWithin{3}; // or it comes again
    static constexpr int mostUnacknowledged = 1024;

    struct Consumer
    {
        quint64 next = 0;      // the number in the stream that comes next
        quint64 givenUpTo = 0; // that number, of what was given out; from next on it is not acknowledged
        quint64 gifts = 0;     // how many were given out
    };

    NatsStream(natsConnection *connection, const EngineOptions &options, int clusterSize);

    // Makes the stream, or looks at the one that there is. Returns false, and why() for people, where it cannot be had, or not be used. Where nobody
    // answers, that is asked for some seconds, or only once.
    enum class Asks { Once, Repeatedly };
    bool ensure(Asks asks);

    // Makes this bus's consumer, where the stream is not isGone(), which begins with what comes from now on, or finds out how far it is. \a behind: where it has to begin if it has
    // vanished since; 0: with what comes.
    bool ensureConsumer(quint64 behind, Consumer *consumer);

    // Whether it is there no more, though it was, or another one is in its place. In that, all is new.
    bool isGone() const { return m_isGone; }
    bool lookWhetherGone();

    // What it keeps before the number \a before, the oldest one first. Fewer, where the server takes too long.
    std::deque<NatsMessage> past(quint64 before, const Engine::Past &limits) const;

    // Looks at it again. Returns false if nobody answers.
    bool refresh() { return find(Asks::Once) == Found::Good; }

    // Gets the message of this number out of the stream, whoever has read it. Waits for half a second at most.
    enum class Fetched { Message, None, NotNow };
    Fetched fetch(quint64 number, Envelope *envelope);

    const QString &why() const { return m_why; }

    // Whether that may be since a leader has ended and there is no other one yet.
    bool mayPass() const { return m_mayPass; }

    // Whether that is because the connection has ended, or does so soon: its end tells of it.
    bool isCutOff() const { return m_isCutOff; }

    // What is unlike what this would have made, for people.
    const QStringList &notes() const { return m_notes; }

    const QByteArray &name() const { return m_name; }
    const QByteArray &consumerName() const { return m_consumerName; }

    // Where to give a message back that \a consumer has given out to somebody who is not there any more, so that it comes again at once. The subject is
    // the one by which that would have done so.
    QByteArray giveBackSubject(const Consumer &consumer, quint64 number) const;

    // Tells the stream from one of the same name in another cluster, or that was made later. Empty where no bridge has made it.
    const QString &identity() const { return m_identity; }

    // The numbers of its oldest message and its newest one, as it was looked at.
    quint64 oldest() const { return m_oldest; }
    quint64 newest() const { return m_newest; }

    // Whether the stream has nothing but this prefix, so that no number is missing.
    bool isContiguous() const { return m_isContiguous; }

private:
    natsStatus get(quint64 number, jsOptions *options, NatsMessage *message, jsErrCode *code) const;
    bool beginAt(quint64 first, qint64 since, jsConsumerConfig *config) const;
    enum class Found : quint8 { Good, Missing, Unusable };
    Found find(Asks asks);
    bool isAsBefore();
    enum class Made : quint8 { Yes, No, Overlaps };
    Made make();
    bool look(const jsStreamInfo &stream);
    void noteLimits(const jsStreamConfig &config);
    bool fail(const QString &what, natsStatus status, jsErrCode code);
    QString deniedText() const;

    natsConnection *const m_connection;
    const EngineOptions m_options;
    const int m_clusterSize;
    JetStream m_context;
    QByteArray m_name;
    QByteArray m_subject;
    QByteArray m_consumerName;
    QString m_identity;
    QString m_why;
    bool m_mayPass = false;
    int m_unansweredLooks = 0; // how often nothing was heard of the stream
    int m_unanswered = 0;      // and of the consumer
    bool m_isCutOff = false;
    bool m_isGone = false;
    QStringList m_notes;
    quint64 m_oldest = 0;
    quint64 m_newest = 0;
    bool m_isContiguous = true;
};

} // namespace Pyvent::Bridge

#endif
