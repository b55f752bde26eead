// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_LANECONNECTION_H
#define PYVENT_TRANSPORT_LANECONNECTION_H

#include "security/accessrule.h"
#include "transport/burst.h"
#include "transport/connection.h"
#include "transport/filedescriptor.h"
#include "transport/filepool.h"
#include "transport/sealedfile.h"
#include "wire/zmtp.h"

#include <deque>
#include <memory>
#include <optional>

namespace Pyvent::Internal {

// The way by a lane: one Unix socket, by which a link sends and hears. It is connected when it is made, and does not come back when it
// has ended. PROTOCOL.md says what goes over it.
class LaneConnection : public Connection
{
public:
    enum class Failure : quint8 {
        None,
        Absent,     // there is no such socket
        Refused,    // whoever had it has gone
        OtherUser,  // and that user is not to be on this bus
        NoResources // this process may open no more file descriptors
    };

    // Connects to the server that has the socket at \a path, if \a rule allows its user. Returns null, and says why, if that fails.
    static std::unique_ptr<LaneConnection> connect(const QByteArray &path, AccessRule *rule, qsizetype maximumFrameSize,
                                                   SendQueue &queue, PollSet &pollSet, Clock::time_point now,
                                                   Failure *failure, const QByteArray &secret = {});
    ~LaneConnection() override;

    // Counts SUBSCRIBEs and CANCELs.
    quint64 subscribe(const QByteArray &prefix) override;
    void unsubscribe(const QByteArray &prefix) override;
    void send(QByteArray &&frame, bool mayGather, SendQueue::Share *share) override;
    void sendControl(QByteArray &&frame, bool inOrder) override;
    void process(Clock::time_point now) override;
    void disconnect(Clock::time_point now) override;
    bool receive(QByteArrayView *frame) override;
    void awaitAcknowledgements(bool await) override;
    void setLagging(bool lags) override;
    bool mayBeReadable() const override { return m_mayHaveMore || m_hasReceived; }
    Clock::time_point deadline() const override;
    State state() const override;
    Way way() const override { return Way::Lane; }
    bool provesSenders() const override { return m_provesSenders; }
    bool tellsWhoIsLost() const override { return m_tellsWhoIsLost; }
    quint64 proven() const override { return m_isUp ? m_proven : 0; }
    bool isSending() const override { return m_isUp; }
    Silence silence(Clock::time_point now) const override;
    bool takeRefusal() override { return false; }

    bool hasEnded() const { return !m_socket.isOpen(); }

    // Whether the server was there, and not only for a moment.
    bool wasGood(Clock::time_point now) const { return m_wasUp && (m_acknowledged > 0 || now >= m_since + goodAfter); }

    // What the server said that does not let this process in; empty if it does.
    const QString &refusal() const { return m_refusal; }

private:
    LaneConnection(FileDescriptor &&socket, qsizetype maximumFrameSize, SendQueue &queue, PollSet &pollSet,
                   Clock::time_point now, const QByteArray &secret);

    void end();
    void stage(const QByteArray &bytes);
    QByteArray &gather(qsizetype bytes, qsizetype capacity);
    bool mayStage() const;
    void stageEvents();
    bool stageFile(const QByteArray &frame);
    void flush();
    bool write();
    void hurry();
    bool fill();
    bool take(Zmtp::Header *header, QByteArrayView *body);
    bool takeFile(QByteArrayView *body);
    QByteArrayView bytesOfFile(const FileDescriptor &file, std::optional<quint64> size);
    void doneWithFile();
    void handleCommand(QByteArrayView body);
    void acknowledged(QByteArrayView data);
    void lookWhetherServerReads(Clock::time_point now);
    bool isReadable() const;
    void serverLives();

    static constexpr std::chrono::seconds goodAfter{1};

    struct Input
    {
        std::unique_ptr<char[]> buffer;
        qsizetype capacity = 0;
        qsizetype begin = 0;
        qsizetype end = 0;    // of what was read, and not taken
        qsizetype skip = 0;   // bytes of an event that is too large
        bool isLarge = false; // a large buffer was needed lately
    };
    struct Part
    {
        QByteArray bytes;
        FileDescriptor file = {}; // goes with them, if it is open
        QByteArray frame = {};    // that the file has, with its header
    };
    struct Output
    {
        std::deque<Part> parts; // large events are parts of their own; the rest is gathered
        qsizetype begin = 0;    // how much of the first one is written
        bool isBlocked = false; // the kernel takes no more, and will say when it does
    };
    struct Files
    {
        bool areTaken = false; // by the server
        PassedFiles passed;
        bool hasOne = false; // was received last, and is in use
        FileMapping mapping; // of it, or a copy, where it is a pooled one
        struct Copy
        {
            std::unique_ptr<char[]> buffer;
            quint64 capacity = 0;
            bool isUsed = false; // lately
        };
        Copy copy;
        quint64 done = 0;
        FilePool pool;
    };

    const qsizetype m_maximumFrameSize;
    SendQueue &m_queue;
    PollSet &m_pollSet;
    FileDescriptor m_socket;
    Input m_input;
    Output m_output;
    Files m_files;
    bool m_isUp = false;
    bool m_provesSenders = false;  // the server
    bool m_tellsWhoIsLost = false; // likewise
    bool m_wasUp = false;
    bool m_wasBlocked = false;  // and what is written next shows that the server reads
    bool m_mayHaveMore = true;  // the socket
    bool m_hasReceived = false; // something, and may have more of what was read
    bool m_awaits = false;      // acknowledgements
    bool m_mayHurry = false;    // events were sent since the server was told to
    Burst m_burst;
    quint64 m_subscriptions = 0; // SUBSCRIBEs and CANCELs so far
    quint64 m_newest = 0;        // the number of the newest SUBSCRIBE
    quint64 m_proven = 0;
    quint64 m_acknowledged = 0; // events
    QString m_refusal;
    bool m_isFull = false; // the server
    const Clock::time_point m_since;
    Clock::time_point m_lookAt;
    bool m_hasUnread = false; // something was written that the server may not have read
    std::optional<Clock::time_point> m_unreadSince;
};

} // namespace Pyvent::Internal

#endif
