// SPDX-License-Identifier: MIT
#include "support/childprocess.h"
#include "support/freeport.h"
#include "support/testprogram.h"

#include <PyventNode>

#include <QtCore/qrandom.h>
#include <QtTest>

#include <csignal>
#include <map>

using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// Why no Python node can be started, for people.
QString whyNoPython()
{
    ChildProcess python(QStringLiteral(SHARING_PYTHON), {u"-c"_s, u"import zmq, pydispatch"_s},
                        ChildProcess::Errors::Kept);
    return python.exitCode() == 0 ? QString()
                                  : u"Python's zmq or pydispatch is missing (Debian: python3-zmq python3-pydispatch)"_s;
}

// What all workers have said.
class Ledger
{
public:
    void add(const QByteArrayList &lines)
    {
        for (const QByteArray &line : lines) {
            const int number = line.mid(line.indexOf(' ') + 1).toInt();
            m_had[number] += line.startsWith("had ");
            m_again[number] += line.startsWith("again ");
            m_did[number] += line.startsWith("did ");
            if (line.startsWith("error "))
                m_errors.append(line);
        }
    }

    int done() const
    {
        return int(std::count_if(m_did.begin(), m_did.end(), [](const auto &entry) { return entry.second > 0; }));
    }
    const QByteArrayList &errors() const { return m_errors; }

    // Those that more than one has finished.
    int doneTwice() const
    {
        return int(std::count_if(m_did.begin(), m_did.end(), [](const auto &entry) { return entry.second > 1; }));
    }

    // What is wrong with the first \a count, for people; empty if nothing is: each was finished, and given as a new one no more than once.
    QString complaint(int count) const
    {
        const auto of = [](const std::map<int, int> &counts, int number) {
            const auto found = counts.find(number);
            return found == counts.end() ? 0 : found->second;
        };
        for (int i = 0; i < count; ++i) {
            if (of(m_did, i) == 0 || of(m_had, i) > 1)
                return u"%1 was given %2 times, %3 times as redelivered, and finished %4 times"_s.arg(i)
                    .arg(of(m_had, i))
                    .arg(of(m_again, i))
                    .arg(of(m_did, i));
        }
        return {};
    }

private:
    std::map<int, int> m_had;
    std::map<int, int> m_again;
    std::map<int, int> m_did;
    QByteArrayList m_errors;
};

} // namespace

// Events that a group of processes shares: members, senders and servers are killed at each step, and Python's nodes take part.
class tst_SharingUnderFire : public QObject
{
    Q_OBJECT

private:
    using Process = std::unique_ptr<ChildProcess>;

    Process start(const QString &role, const QStringList &arguments = {}) const
    {
        auto process = std::make_unique<ChildProcess>(QStringLiteral(PYVENT_WORKER),
                                                      QStringList{role, QString::number(m_port), m_way} + arguments);
        return process->printsLine("ready") ? std::move(process) : nullptr;
    }
    Process serve() const { return start(u"serve"_s); }
    Process work(int milliseconds, bool mayServe = false, int most = 0) const
    {
        return start(u"work"_s,
                     {QString::number(milliseconds), mayServe ? u"server"_s : u"client"_s, QString::number(most)});
    }
    Process startPython(const QString &role, int count = 0) const
    {
        qputenv("PYTHONPATH", SHARING_PYTHON_PATH);
        auto process = std::make_unique<ChildProcess>(
            QStringLiteral(SHARING_PYTHON),
            QStringList{QStringLiteral(PYTHON_SENDER), role, QString::number(m_port), QString::number(count)});
        return process->printsLine("ready") ? std::move(process) : nullptr;
    }
    PyventOptions options(bool server = false) const
    {
        return {.port = m_port, .server = server, .lane = m_way == u"lane"_s};
    }
    static void addWays()
    {
        QTest::addColumn<QString>("way");
        QTest::newRow("lane") << u"lane"_s;
        QTest::newRow("tcp") << u"tcp"_s;
    }

    int m_port = 0;
    QString m_way = u"lane"_s;

private Q_SLOTS:
    void init()
    {
        m_port = freePort();
        m_way = u"lane"_s;
    }

    // It works, or has not read it yet, when it is killed.
    void aMemberIsKilled_data()
    {
        QTest::addColumn<QString>("way");
        QTest::addColumn<QString>("step");
        for (const QString &way : {u"lane"_s, u"tcp"_s}) {
            for (const QString &step : {u"before it reads"_s, u"while it works"_s})
                QTest::addRow("%s, %s", qPrintable(way), qPrintable(step)) << way << step;
        }
    }
    void aMemberIsKilled()
    {
        QFETCH(const QString, way);
        QFETCH(const QString, step);
        m_way = way;
        const Process server = serve();
        const Process member = work(-1);
        QVERIFY(server && member);
        PyventNode sender(options());
        QVERIFY(sender.waitForReady(20s));
        const bool reads = step == u"while it works"_s;
        if (!reads)
            member->sendSignal(SIGSTOP);
        QVERIFY(sender.send("job", {{u"n"_s, 1}}));
        QVERIFY(sender.flush(20s));
        if (reads)
            QVERIFY(member->printsLine("had 1"));
        const Process other = work(0);
        QVERIFY(other);
        QVERIFY(sender.send("job", {{u"n"_s, 2}}));
        QVERIFY(other->printsLine("did 2"));
        QVERIFY(!other->hasLine("again"));
        member->kill();
        QVERIFY(other->printsLine("again 1"));
        QVERIFY(other->printsLine("did 1"));
    }

    // One that ends after it has finished has finished, whatever comes first at the server.
    void aMemberEndsRightAfterItsWork_data() { addWays(); }
    void aMemberEndsRightAfterItsWork()
    {
        QFETCH(const QString, way);
        m_way = way;
        const Process server = serve();
        QVERIFY(server);
        Ledger ledger;
        PyventNode sender(options());
        QVERIFY(sender.waitForReady(20s));
        constexpr int count = 20;
        std::vector<Process> members;
        for (int i = 0; i < 2; ++i) {
            members.push_back(work(5, false, 2));
            QVERIFY(members.back());
        }
        for (int i = 0; i < count; ++i)
            QVERIFY(sender.send("job", {{u"n"_s, i}}));
        const auto hasChanged = [&] {
            for (const Process &member : members)
                ledger.add(member->takeLines());
            return ledger.done() == count || std::any_of(members.begin(), members.end(), [](const Process &member) {
                       return !member->isRunning();
                   });
        };
        while (ledger.done() < count) {
            QVERIFY2(waitUntil(hasChanged), qPrintable(ledger.complaint(count)));
            for (Process &member : members) {
                if (member->isRunning())
                    continue;
                ledger.add(member->takeLines());
                member = work(5, false, 2);
                QVERIFY(member);
            }
        }
        QCOMPARE(ledger.complaint(count), QString());
        QCOMPARE(ledger.doneTwice(), 0);
    }

    // Each is finished, whoever is killed; and once, unless a member was killed with it.
    void allIsFinished_data()
    {
        QTest::addColumn<QString>("way");
        QTest::addColumn<bool>("killsMembers");
        QTest::addColumn<bool>("killsServers");
        for (const QString &way : {u"lane"_s, u"tcp"_s}) {
            QTest::addRow("%s, nobody is killed", qPrintable(way)) << way << false << false;
            QTest::addRow("%s, members are killed", qPrintable(way)) << way << true << false;
            QTest::addRow("%s, servers are killed", qPrintable(way)) << way << false << true;
            QTest::addRow("%s, both are killed", qPrintable(way)) << way << true << true;
        }
    }
    void allIsFinished()
    {
        QFETCH(const QString, way);
        QFETCH(const bool, killsMembers);
        QFETCH(const bool, killsServers);
        m_way = way;
        const quint32 seed = qEnvironmentVariableIsSet("PYVENT_SEED") ? qEnvironmentVariableIntValue("PYVENT_SEED")
                                                                      : QRandomGenerator::global()->generate();
        qInfo("seed %u", seed);
        QRandomGenerator random(seed);
        constexpr int count = 600;
        Process server = serve();
        QVERIFY(server);
        std::vector<Process> members;
        for (int i = 0; i < 3; ++i) {
            members.push_back(work(int(random.bounded(1, 10))));
            QVERIFY(members.back());
        }
        const Process sender = start(u"send"_s, {QString::number(count), u"client"_s});
        QVERIFY(sender);
        Ledger ledger;
        const auto read = [&] {
            for (const Process &member : members)
                ledger.add(member->takeLines());
            return ledger.done() == count;
        };
        for (int kills = 0; kills < 8 && !read() && (killsMembers || killsServers); ++kills) {
            QTest::qWait(int(random.bounded(150)));
            if (killsServers && (!killsMembers || random.bounded(2))) {
                server->kill();
                server = serve();
                QVERIFY(server);
            } else {
                Process &victim = members[random.bounded(3u)];
                victim->kill();
                ledger.add(victim->takeLines());
                victim = work(int(random.bounded(1, 10)));
                QVERIFY(victim);
            }
        }
        QVERIFY2(waitUntil(read, 60'000), qPrintable(ledger.complaint(count)));
        QCOMPARE(ledger.complaint(count), QString());
        QCOMPARE(ledger.errors(), QByteArrayList());
        QVERIFY(!sender->hasLine("error"));
        if (!killsMembers)
            QCOMPARE(ledger.doneTwice(), 0);
        qInfo("%d were finished twice", ledger.doneTwice());
    }

    // Its events wait at the server.
    void theSenderIsKilled()
    {
        const Process server = serve();
        const Process member = work(5);
        QVERIFY(server && member);
        constexpr int count = 100;
        const Process sender = start(u"send"_s, {QString::number(count), u"client"_s});
        QVERIFY(sender);
        PyventNode probe(options());
        QVERIFY(member->printsLine("did 1"));
        QTest::qWait(100);
        sender->kill();
        Ledger ledger;
        QVERIFY(waitUntil([&] {
            ledger.add(member->takeLines());
            return ledger.done() == count;
        }));
        QCOMPARE(ledger.complaint(count), QString());
    }

    // One event ends all that work on it. It is given up, and its sender is told.
    void anEventThatEndsItsMembersIsGivenUp()
    {
        const Process server = serve();
        QVERIFY(server);
        PyventNode sender(options());
        QVERIFY(sender.waitForReady(20s));
        QList<PyventError> errors;
        connect(&sender, &PyventNode::errorOccurred, this, [&](const PyventError &error) { errors.append(error); });
        for (int i = 0; i < 5; ++i) {
            const Process member = work(-1);
            QVERIFY(member);
            if (i == 0)
                QVERIFY(sender.send("job", {{u"n"_s, 13}}));
            QVERIFY(member->printsLine(i == 0 ? "had 13" : "again 13"));
            QVERIFY(errors.isEmpty());
            member->kill();
        }
        QVERIFY(waitUntil([&] { return !errors.isEmpty(); }));
        QCOMPARE(errors.first().code, PyventError::EventRefused);
        QVERIFY2(errors.first().text.contains(u"'workers'") && errors.first().text.contains(u"5 members"),
                 qPrintable(errors.first().text));
        const Process member = work(0);
        QVERIFY(member);
        QVERIFY(sender.send("job", {{u"n"_s, 14}}));
        QVERIFY(member->printsLine("did 14"));
        QVERIFY(!member->hasLine("again"));
    }

    void pythonSends()
    {
        if (const QString why = whyNoPython(); !why.isEmpty())
            QSKIP(qPrintable(why));
        const Process server = serve();
        const Process one = work(1);
        const Process killed = work(-1);
        QVERIFY(server && one && killed);
        constexpr int count = 50;
        const Process python = startPython(u"send"_s, count);
        QVERIFY(python);
        QVERIFY(killed->printsLine("had"));
        killed->kill();
        Ledger ledger;
        ledger.add(killed->takeLines());
        QVERIFY(waitUntil([&] {
            ledger.add(one->takeLines());
            return ledger.done() == count;
        }));
        QCOMPARE(ledger.complaint(count), QString());
        QCOMPARE(ledger.doneTwice(), 0);
    }

    // It gives each event to all, so whoever shares hears nothing there, and says so; and is a member again where the next server can.
    void pythonServes()
    {
        if (const QString why = whyNoPython(); !why.isEmpty())
            QSKIP(qPrintable(why));
        m_way = u"tcp"_s;
        const Process python = startPython(u"serve"_s);
        QVERIFY(python);
        const Process member = work(0);
        QVERIFY(member);
        QVERIFY(member->printsLine("error NotSupported"));
        QVERIFY2(member->output().contains(u"the group 'workers' cannot share events"_s), qPrintable(member->output()));
        PyventNode sender(options());
        QVERIFY(sender.waitForReady(20s));
        QVERIFY(sender.send("job", {{u"n"_s, 1}}));
        QVERIFY(sender.flush(20s));
        python->kill();
        const Process server = serve();
        QVERIFY(server);
        // It may take a moment until the member is there, too.
        int n = 100;
        QVERIFY(waitUntil([&] {
            sender.send("job", {{u"n"_s, ++n}});
            return member->hasLine("did");
        }));
        QVERIFY(!member->hasLine("had 1\n"));
    }
};

PYVENT_TEST(tst_SharingUnderFire)
#include "tst_sharing.moc"
