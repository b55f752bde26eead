// SPDX-License-Identifier: MIT
// Two machines, and a cable between them that is pulled: no connection ends by that.
#include "support/freeport.h"
#include "support/lateness.h"
#include "support/machine.h"
#include "support/testprogram.h"

#include <QtTest>

#include <chrono>
#include <csignal>

#include <unistd.h>

using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

const QString kitchenAddress = u"10.213.18.1"_s;
const QString hallAddress = u"10.213.18.2"_s;

} // namespace

class tst_Machines : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (::geteuid() != 0)
            QSKIP("Two machines are made by root only");
        m_kitchen = std::make_unique<Machine>(u"pyvent-kitchen"_s);
        m_hall = std::make_unique<Machine>(u"pyvent-hall"_s);
        if (!m_kitchen->isThere() || !m_hall->isThere())
            QSKIP("There is no 'ip netns', or it may not make two machines here");
        QVERIFY(Machine::connect({*m_kitchen, u"pvk"_s, kitchenAddress}, {*m_hall, u"pvh"_s, hallAddress}));
    }
    void cleanupTestCase()
    {
        m_hall.reset();
        m_kitchen.reset();
    }

    void aMachineThatIsCutOffIsLost_data()
    {
        QTest::addColumn<bool>("hasKeys");
        QTest::newRow("open to the network") << false;
        QTest::newRow("with keys") << true;
    }
    void aMachineThatIsCutOffIsLost()
    {
        QFETCH(const bool, hasKeys);
        const QTemporaryDir folder;
        const auto at = [&](const QString &name) { return folder.filePath(name); };
        const QString port = QString::number(freePort());
        QStringList serve{u"serve"_s, u"--port"_s, port, u"--address"_s, u"0.0.0.0"_s};
        QStringList there{u"--port"_s, port, u"--address"_s, kitchenAddress, u"--no-server"_s};
        if (hasKeys) {
            for (const QString &name : {u"server"_s, u"hall"_s}) {
                Program keygen({u"keygen"_s, at(name)});
                QCOMPARE(keygen.exitCode(), 0);
            }
            QVERIFY(QFile::copy(at(u"hall.pub"_s), at(u"allowed"_s)));
            serve += {u"--keys"_s, at(u"server.key"_s), u"--allow"_s, at(u"allowed"_s)};
            there += {u"--key"_s, at(u"hall.key"_s), u"--server-key"_s, at(u"server.pub"_s)};
        } else {
            serve += u"--open-to-network"_s;
        }
        Program server(u"ip"_s, m_kitchen->words(pyvent, serve));
        QVERIFY2(server.complains(u"serving at"_s), qPrintable(server.errors()));
        Program watcher(u"ip"_s, m_kitchen->words(pyvent, {u"nodes"_s, u"--watch"_s, u"--json"_s, u"--port"_s, port}));
        QVERIFY2(watcher.complains(u"watching who is at"_s), qPrintable(watcher.errors()));
        Program node(u"ip"_s, m_hall->words(pyvent, QStringList{u"listen"_s, u"--id"_s, u"hall"_s} + there));
        QVERIFY2(node.complains(u"listening to"_s), qPrintable(node.errors()));
        // "here", "left" and "lost", of the node in the hall
        const auto changes = [&] {
            QStringList told;
            for (const QByteArray &line : watcher.lines()) {
                const QJsonObject change = QJsonDocument::fromJson(line).object();
                if (change["id"_L1].toString() == u"hall"_s)
                    told += change["change"_L1].toString();
            }
            return told;
        };
        QStringList expected{u"here"_s};
        QVERIFY2(waitUntil([&] { return changes() == expected; }), qPrintable(watcher.output()));

        Lateness lateness;
        const auto cut = std::chrono::steady_clock::now();
        QVERIFY(m_hall->setPlugged(u"pvh"_s, false));
        expected += u"lost"_s;
        QVERIFY2(waitUntil([&] { return changes() == expected; }), qPrintable(watcher.output()));
        const auto took = std::chrono::steady_clock::now() - cut;
        qInfo().noquote() << u"known after %1 ms"_s.arg(took / 1ms);
        QVERIFY2(took < 3s + 20 * lateness.take(), qPrintable(QString::number(took / 1ms)));
        QVERIFY(m_hall->setPlugged(u"pvh"_s, true));
        expected += u"here"_s;
        QVERIFY2(waitUntil([&] { return changes() == expected; }), qPrintable(watcher.output()));
        node.sendSignal(SIGTERM);
        expected += u"left"_s;
        QVERIFY2(waitUntil([&] { return changes() == expected; }), qPrintable(watcher.output()));
    }

private:
    static inline const QString pyvent = QStringLiteral(PYVENT_PROGRAM);

    std::unique_ptr<Machine> m_kitchen;
    std::unique_ptr<Machine> m_hall;
};

PYVENT_TEST(tst_Machines)

#include "tst_machines.moc"
