// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_KILLINGTURN_H
#define PYVENT_TESTS_KILLINGTURN_H

#include "bridge/joinedbus.h"
#include "bridge/killableservers.h"
#include "judge.h"

#include <QtCore/qelapsedtimer.h>
#include <QtCore/qhash.h>

#include <vector>

namespace PyventTests {

// Three buses that are joined, with a sender and a listener on each, while servers, bridges and relays are killed, one after the other. What was heard
// is compared with what was sent.
class KillingTurn : public QObject
{
    Q_OBJECT

public:
    struct Options
    {
        quint32 seed = 1;
        int rounds =
            0; // in which each server's kind, each bus's working bridge and each relay is killed; 0: three kills in all
        int rate = 100;        // events a second that each bus sends
        qint64 events = 6'000; // at least, all buses together
        bool isTalkative = false;
    };

    KillingTurn(KillableServers *servers, const Options &options);

    // Returns false if it could not be done to its end.
    bool run();

    const PyventFaults::Verdict &verdict() const { return m_verdict; }

    // The longest time in which a bus heard nothing of one of the others, in milliseconds.
    qint64 longestGap() const;

    // What came out, for people; and what was done when, and what all processes have said.
    QString report() const;
    QString log() const { return m_log.join(u'\n'); }

private:
    struct Node
    {
        QString label;
        bool isSender = false;
        std::unique_ptr<ChildProcess> process;
        bool isReady = false;
        bool isPaused = false;
    };
    struct Kind
    {
        int kills = 0;
        qint64 gap = 0;      // the longest, in milliseconds
        qint64 caughtUp = 0; // the longest time until all was heard that was sent before
    };
    using Condition = std::function<QString()>; // why it does not hold; empty if it does

    bool startAll();
    void startNode(bool isSender, int bus);
    void read(int id, const QByteArrayList &words);
    void heard(int listener, int sender);
    bool killAll();
    bool killServer(const QString &kind);
    bool killBridge(JoinedBus *bus);
    bool killRelay(JoinedBus *bus);
    void beginKill(const QString &kind, const QString &which);
    bool catchUp();
    bool areReady(bool hear);
    bool finish();
    bool waitFor(const QString &what, const Condition &whyNot, qint64 longer = 0);
    void log(const QString &text);
    bool trouble(const QString &text);

    KillableServers *const m_servers;
    const Options m_options;
    QRandomGenerator m_random;
    QElapsedTimer m_clock;
    QTemporaryDir m_folder;
    std::vector<std::unique_ptr<JoinedBus>> m_buses;
    std::map<int, Node> m_nodes;
    PyventFaults::Judge m_judge;
    PyventFaults::Verdict m_verdict;
    QHash<std::pair<int, int>, qint64> m_heardAt; // milliseconds, by listener and sender
    qint64 m_gaps[3] = {};                        // the longest at each bus
    QMap<QString, Kind> m_kinds;
    QString m_kind;
    qint64 m_sent = 0;
    qint64 m_seconds = 0;
    bool m_isFlowing = false;
    QMap<QString, int> m_errors;
    QStringList m_log;
};

} // namespace PyventTests

#endif
