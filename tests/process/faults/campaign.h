// SPDX-License-Identifier: MIT
#ifndef PYVENT_FAULTS_CAMPAIGN_H
#define PYVENT_FAULTS_CAMPAIGN_H

#include "judge.h"
#include "proxy.h"
#include "support/childprocess.h"
#include "support/portpair.h"

#include <QtCore/qelapsedtimer.h>
#include <QtCore/qrandom.h>

#include <memory>
#include <vector>

namespace PyventFaults {

// How the nodes reach the server: all by the lane, all by TCP, or some by the one and some by the other.
enum class Way : quint8 { Lane, Tcp, Mixed };

struct CampaignOptions
{
    Way way = Way::Lane;
    quint32 seed = 1;
    int rounds = 10;
    int senders = 2;
    int receivers = 3;
    int names = 3;
    int rate = 1000; // events a second, all senders together
    QStringList kinds;
    int shortestHold = 300; // how long a fault lasts, in milliseconds
    int longestHold = 3000;
    int settle = 30; // seconds until all must have been heard
    bool keepGoing = false;
    bool pythonFirst = false; // a Python peer is the first server
};

// What came out, besides the judge's verdict.
struct CampaignResult
{
    Verdict verdict;
    QList<qint64> takeOvers;   // microseconds from a server's end until another process serves
    QMap<QString, int> rounds; // by kind of fault
    QMap<QString, int> errors; // what the nodes reported, by code
    QMap<QString, int> ways;   // how many nodes were on which, before the first fault
    QMap<QString, int> waysAtTheEnd;
    QStringList troubles; // what made the run invalid or incomplete
};

// Processes under load, and faults in a row that the seed decides.
class Campaign
{
public:
    explicit Campaign(const CampaignOptions &options);
    ~Campaign();
    Q_DISABLE_COPY_MOVE(Campaign)

    static QStringList kinds();
    CampaignResult run();

private:
    enum class Role { Server, Sender, Receiver };
    struct Node
    {
        Role role = Role::Receiver;
        int index = 0;
        int id = 0;
        QString label;
        bool isPython = false;
        bool serving = false;
        bool hasLane = false; // it may take the lane
        QByteArray way;       // that it has told last
        qint64 servingSince = 0;
        QByteArray state;
        std::unique_ptr<PyventTests::ChildProcess> child;
    };

    Node *start(Role role, int index);
    void startPythonServer();
    void launch(Node *node, const QString &program, const QStringList &arguments);
    void read(int id, const QByteArrayList &words);
    Node *find(int id);
    Node *server();
    QList<Node *> all(Role role);
    Node *any(Role role);
    QString notReady();
    bool waitForAll(const QString &after);
    bool usesLane(Role role, int index) const;
    bool makeProxies();
    QMap<QString, int> askForWays();

    void round(const QString &kind);
    void hold();
    void kill(Node *node);
    void freeze(Node *node);
    void restart(Node *node);
    void restartAll();
    void disturb(const QString &kind);
    void finish();

    void log(const QString &text);
    void trouble(const QString &text);

    CampaignOptions m_options;
    QRandomGenerator m_random;
    QElapsedTimer m_clock;
    PyventTests::PortPair m_ports;
    PyventTests::PortPair m_proxyPorts;
    std::unique_ptr<Proxy> m_requestProxy; // these two unless all take the lane
    std::unique_ptr<Proxy> m_eventProxy;
    std::unique_ptr<Proxy> m_laneProxy; // unless all take TCP
    Judge m_judge;
    CampaignResult m_result;
    std::vector<std::unique_ptr<Node>> m_nodes;
    QMap<std::pair<Role, int>, int> m_generations;
    int m_lastId = 0;
    bool m_underLoad = false;
    qint64 m_serverEnded = 0; // when; 0: one serves
};

} // namespace PyventFaults

#endif
