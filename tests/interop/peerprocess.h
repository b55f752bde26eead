// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_PEERPROCESS_H
#define PYVENT_TESTS_PEERPROCESS_H

#include "support/childprocess.h"
#include "support/portpair.h"

#include <QtCore/qjsonarray.h>
#include <QtCore/qjsonobject.h>

#include <functional>
#include <optional>

namespace PyventTests {

// A node in a process of its own, Python's or this module's, and the lines that it is told and tells.
//
// Commands are JSON objects, {"do": verb, …}:
//
//   configure   port, id, server; Qt: hearOwnEvents, lane, linger; Python: replyTimeout in ms instead of its own
//   50,
//               highWaterMark instead of ZeroMQ's 1,000
//   start       as the first use does
//   serve       whether this node serves now
//   on          name, sender ("*any*" for any), label, parameters (["food", {"name": "drink", "default":
//   "water"}]); Python: kind, of peer.py's Handler
//   send        name, args, sender, count (that many events with the argument "i" = 0, 1, …); how
//   many were taken.
//               Python: expression instead of args, protocol
//   send_raw    frame in base64 (Python)
//   echo        name, reply: sends the arguments of each event \e name on as \e reply
//   check       name, expression: whether the last arguments of \e name are that (Python)
//   ready       every subscription made so far is active
//   wait_until_ready  the same without the event loop (Qt)
//   wait_for    name, timeout, sender, send, args: the event's args and sender, or null
//   stop        client, server
//   hold        name: holds the shared value, whose writes the handler "value" hears (Qt)
//   set         name, args: writes the argument "value" of them to it (Qt)
//   compare_and_set  name, args: "value", if it is "expected": true, false or "canceled" (Qt)
//   flush       timeout
//   watch       tells of nodes that appear and vanish (Qt)
//   will        name, args: to be sent when this node is lost; no_will: nothing is any more (Qt)
//   state       serving; Qt: state, uuid, unreadable; Python: receiving
//   block       blocks the event loop until the next command (Qt)
//   quit, exit-right-after-send (as send)
//
// Arguments are written as peervalues.py says. Each command is answered by {"done": verb, "n": number,
// "result": …} or
// {"error": code, "n": number, "text": …}. Unasked come {"heard": name, "handler": label, "args", "sender",
// "node", "seq"}, {"error": code, "text", "subject"}, {"state": …}, {"serving": …}, {"lost": name, "node",
// "count"},
// {"handlerFailed": name, "reason"}.
//
// What fails here says so at once, with everything that all peers have said so far.
class PeerProcess
{
public:
    enum Language { Python, Qt };

    // \a name is for messages.
    PeerProcess(Language language, const QString &name);
    ~PeerProcess(); // kills it
    Q_DISABLE_COPY_MOVE(PeerProcess)

    // Python's nodes need packages of Debian's. Empty if they are there, else what to install.
    static QString whyNoPython();

    Language language() const { return m_language; }
    bool isPython() const { return m_language == Python; }
    bool isQt() const { return m_language == Qt; }
    qint64 pid() const { return m_process.pid(); }

    // Does not wait. \a arguments: see peer.cpp.
    void start(const QStringList &arguments = {});

    // Does not wait for the answer.
    void post(const QString &verb, const QJsonObject &command = {});

    // Waits for the answer, and returns its result; nothing after a failure.
    std::optional<QJsonValue> request(const QString &verb, const QJsonObject &command = {});

    // The same, where the answer is only whether it worked: an answer of false or null has not.
    bool order(const QString &verb, const QJsonObject &command = {});
    bool tell(const QString &verb, const QJsonObject &command = {}) { return request(verb, command).has_value(); }

    // What it has said so far, and of that the events that it has heard.
    const QList<QJsonObject> &lines() const { return m_lines; }
    QList<QJsonObject> heard(const QString &name = {}, const QString &handler = {}) const;
    QList<QJsonObject> errors() const;
    void forget() { m_lines.clear(); }

    // Waits until a line fits, and until that many events of this name have been heard by this handler
    // (empty: any).
    bool waitForLine(const QString &what, const std::function<bool(const QJsonObject &)> &fits);
    bool waitForHeard(qsizetype count, const QString &name, const QString &handler = {});
    bool waitForState(const QString &state);

    // Waits for its end, and returns the exit code; nothing after a failure.
    std::optional<int> waitForExit();

    // Ends it at once, as a crash would.
    void kill();

    // Stops it where it is, as a debugger would, and lets it go on.
    void suspend();
    void resume();

    // For tests' messages: what all living peers have said.
    static QString everybodysLog();

private:
    bool waitFor(const QString &what, const std::function<bool()> &condition);
    void read();
    QString log() const;

    const Language m_language;
    const QString m_name;
    QByteArray m_transcript; // commands and lines, in order
    QList<QJsonObject> m_lines;
    QHash<int, QJsonObject> m_answers;
    int m_lastNumber = 0;
    ChildProcess m_process;
};

inline constexpr PeerProcess::Language languages[] = {PeerProcess::Python, PeerProcess::Qt};

} // namespace PyventTests

// QVERIFY that shows what the peers have said.
#define PEERS_VERIFY(condition) QVERIFY2(condition, qPrintable(PyventTests::PeerProcess::everybodysLog()))
#define PEERS_COMPARE(actual, expected) \
    do { \
        const auto &peersActual = actual; \
        const auto &peersExpected = expected; \
        if (!(peersActual == peersExpected)) \
            qWarning().noquote() << PyventTests::PeerProcess::everybodysLog(); \
        QCOMPARE(peersActual, peersExpected); \
    } while (false)

#endif
