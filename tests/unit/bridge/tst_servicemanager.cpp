// SPDX-License-Identifier: MIT
#include "servicemanager.h"
#include "support/notifysocket.h"
#include "support/testprogram.h"
#include "support/waituntil.h"

#include <QtTest>

#include <unistd.h>

using namespace Pyvent::Bridge;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

// One that the environment names.
class NamedNotifySocket : public NotifySocket
{
public:
    explicit NamedNotifySocket(const QByteArray &name)
        : NotifySocket(name)
    {
        qputenv("NOTIFY_SOCKET", name);
    }
};

} // namespace

class tst_ServiceManager : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void cleanup();
    void tells_data();
    void tells();
    void saysThatItLives();
    void isWatchedItself();
    void tellsNobody_data();
    void tellsNobody();
};

void tst_ServiceManager::cleanup()
{
    for (const char *name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
        qunsetenv(name);
}

void tst_ServiceManager::tells_data()
{
    QTest::addColumn<bool>("isAbstract");
    QTest::newRow("a path") << false;
    QTest::newRow("an abstract name") << true;
}

void tst_ServiceManager::tells()
{
    QFETCH(bool, isAbstract);
    QTemporaryDir folder;
    NamedNotifySocket socket(isAbstract ? "@pyvent-test-" + QByteArray::number(::getpid())
                                        : folder.filePath(u"notify"_s).toUtf8());
    ServiceManager manager;
    QVERIFY(manager.isPresent());
    QVERIFY2(!qEnvironmentVariableIsSet("NOTIFY_SOCKET"), "its children are somebody else");
    manager.ready();
    manager.setStatus(u"joins a bus\nand more"_s);
    manager.setStatus(u"joins a bus\nand more"_s);
    manager.stopping();
    QCOMPARE(socket.take(), (QByteArrayList{"READY=1", "STATUS=joins a bus and more", "STOPPING=1"}));
}

void tst_ServiceManager::saysThatItLives()
{
    QTemporaryDir folder;
    NamedNotifySocket socket(folder.filePath(u"notify"_s).toUtf8());
    qputenv("WATCHDOG_USEC", "20000");
    qputenv("WATCHDOG_PID", QByteArray::number(::getpid()));
    ServiceManager manager;
    QVERIFY(socket.take().isEmpty());
    manager.startWatchdog();
    qsizetype count = 0;
    QVERIFY(waitUntil([&] { return (count += socket.take().count("WATCHDOG=1")) >= 3; }));
}

void tst_ServiceManager::isWatchedItself()
{
    QTemporaryDir folder;
    NamedNotifySocket socket(folder.filePath(u"notify"_s).toUtf8());
    qputenv("WATCHDOG_USEC", "1000");
    qputenv("WATCHDOG_PID", QByteArray::number(::getppid())); // another process is
    ServiceManager manager;
    manager.startWatchdog();
    QTimer timer;
    QSignalSpy later(&timer, &QTimer::timeout);
    timer.start(5);
    QVERIFY(waitUntil([&] { return later.size() >= 5; }));
    QVERIFY(socket.take().isEmpty());
}

void tst_ServiceManager::tellsNobody_data()
{
    QTest::addColumn<QByteArray>("socket");
    QTest::newRow("none") << QByteArray();
    QTest::newRow("empty") << ""_ba;
    QTest::newRow("too long") << QByteArray(200, '/');
    QTest::newRow("no path") << "relative"_ba;
    QTest::newRow("nothing there") << "/nonexistent/notify"_ba;
}

void tst_ServiceManager::tellsNobody()
{
    QFETCH(QByteArray, socket);
    if (!socket.isNull())
        qputenv("NOTIFY_SOCKET", socket);
    ServiceManager manager;
    manager.ready();
    manager.setStatus(u"x"_s);
    QCOMPARE(manager.isPresent(), !socket.isEmpty());
}

PYVENT_TEST(tst_ServiceManager)
#include "tst_servicemanager.moc"
