// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_NATSLINK_H
#define PYVENT_BRIDGE_NATSLINK_H

#include "engineoptions.h"
#include "envelope.h"

#include <QtCore/qobject.h>

#include <memory>
#include <vector>

#include <nats/nats.h>

namespace Pyvent::Bridge {

// One connection to one NATS server, from when it is made until it ends. The library's threads tell what happens; events() gives it to the thread
// that owns the link, after \a wake was called in that.
class NatsLink
{
public:
    struct Event
    {
        enum Kind {
            Acknowledged, // a message that was published: number
            Refused,      // likewise: number, code, text
            Arrived,  // a message: envelope, but of isOwn, which this bus has published; reply, number in the stream
            Said,     // a message of another bus past the stream: envelope
            Answered, // what was asked of the bucket: number, text, or else code
            Kept, // of the bucket: envelope, text (what was done with the key), number in it, how many are to come; or code, text, reply of the consumer
            Status, // of the request: number, code, text
            Error,  // text
            Closed
        };

        Kind kind;
        quint64 number = 0;
        int code = 0;
        QByteArray text = {};
        Envelope envelope = {};
        QByteArray reply = {};
        bool isOwn = false;
        quint64 place = 0;   // of what the consumer has sent
        quint64 pending = 0; // behind it
    };

    // Connects: waits some seconds at most. Null, and \a why for people, where that does not succeed.
    static std::unique_ptr<NatsLink> open(const EngineOptions &options, const HostPort &server, QObject *receiver,
                                          void (*wake)(QObject *receiver), QString *why);
    ~NatsLink();
    Q_DISABLE_COPY_MOVE(NatsLink)

    std::vector<Event> takeEvents();

    // Publishes a message, which Acknowledged or Refused will name by \a number. Returns false if that cannot be.
    bool publish(const QByteArray &subject, const Envelope &envelope, const QByteArray &id, quint64 number);

    // Hears messages that are asked for from now on; or no more, so that the consumer gives them to others. Returns false if that cannot be.
    bool startHearing();
    void stopHearing();

    // Says a message to all that hear what is said now. Nobody acknowledges it.
    bool say(const Envelope &envelope);

    // Hears what is said from now on. What is not taken soon enough is dropped.
    bool startHearingSaid();
    void stopHearingSaid();

    // All that is said, as a subject: of it the server tells if this user may not say it, or hear it.
    QByteArray saidSubject() const { return m_saidPrefix + '>'; }

    // Asks a consumer for messages, of which Status will tell by \a number.
    bool request(const QByteArray &subject, const QByteArray &body, quint64 number);

    bool acknowledge(const QByteArray &reply);

    // Gives a message back that the consumer has given out, so that it comes again at once; likewise the one with that number, where \a reply is another
    // one's of the same consumer.
    bool giveBack(const QByteArray &reply);
    bool giveBack(const QByteArray &reply, quint64 number);

    // Hears what a consumer sends to the subject that is returned, and answers to ask() and put(); and no more, until the next time. Empty if that cannot be.
    QByteArray startHearingKept();
    void stopHearingKept();

    // Asks something of the server, or puts a message in place of the one that has the number \a revision: Answered will tell by \a number.
    bool ask(const QByteArray &subject, const QByteArray &body, quint64 number);
    bool put(const QByteArray &subject, const Envelope &envelope, quint64 revision, quint64 number);

    // Lets the consumer go on: \a reply is of a message that has asked for that.
    bool goOn(const QByteArray &reply);

    // \a message of the stream, without the \a prefix that its subject has.
    static Envelope envelopeIn(natsMsg *message, const QByteArray &prefix);

    natsConnection *connection() const { return m_connection; }
    qint64 mostBytes() const; // of a message

    // The servers that this one knows of, itself included.
    QList<HostPort> discovered() const;
    int clusterSize() const;

private:
    struct Shared;

    NatsLink();
    bool connect(const EngineOptions &options, const HostPort &server, QString *why);
    bool subscribe(natsSubscription **subscription, const QByteArray &subject, natsMsgHandler handler);
    using Header = std::pair<const char *, QByteArray>;
    bool send(const QByteArray &subject, const QByteArray &reply, const Envelope &envelope, const Header &first = {});

    std::shared_ptr<Shared> m_shared;
    natsConnection *m_connection = nullptr;
    natsSubscription *m_acknowledgements = nullptr;
    natsSubscription *m_messages = nullptr;
    natsSubscription *m_said = nullptr;
    natsSubscription *m_answers = nullptr;
    natsSubscription *m_kept = nullptr;
    int m_hearingKept = 0; // each has a subject of its own
    QByteArray m_inbox;
    int m_hearing = 0; // each has an inbox of its own
    QByteArray m_prefix;
    QByteArray m_saidPrefix;
};

} // namespace Pyvent::Bridge

#endif
