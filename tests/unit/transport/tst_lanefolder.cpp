// SPDX-License-Identifier: MIT
#include "transport/lanefolder.h"

#include "security/users.h"
#include "support/testprogram.h"

#include <QtCore/qdir.h>
#include <QtCore/qtemporarydir.h>
#include <QtTest/qtest.h>

#include <sys/stat.h>
#include <unistd.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

class TestLaneFolder : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void cleanup()
    {
        qunsetenv("XDG_RUNTIME_DIR");
        qunsetenv("TMPDIR");
    }
    void isTheUsersOwn();
    void whereOthersReachIt();
    void mendsItsMode();
};

void TestLaneFolder::isTheUsersOwn()
{
    const QTemporaryDir folder;
    const QByteArray path = folder.path().toLocal8Bit();
    qputenv("XDG_RUNTIME_DIR", path);
    QCOMPARE(laneFolder({}), path + "/pyvent");
    qputenv("XDG_RUNTIME_DIR", "relative");
    QVERIFY(laneFolder({}) != "relative/pyvent");
    qputenv("XDG_RUNTIME_DIR", path + "/missing");
    QVERIFY(laneFolder({}) != path + "/missing/pyvent");
    if (!QDir(u"/run/user/%1"_s.arg(::geteuid())).exists()) {
        qputenv("TMPDIR", path);
        QCOMPARE(laneFolder({}), path + "/pyvent-" + QByteArray::number(::geteuid()));
    }
}

void TestLaneFolder::whereOthersReachIt()
{
    const QByteArray own = "/tmp/pyvent-" + QByteArray::number(::geteuid()) + "-shared";
    QCOMPARE(laneFolder(PyventLocalAccess::everyone()), own);
    QCOMPARE(laneFolder(PyventLocalAccess::users({u"root"_s})), own);
    // A node looks for its own server first, and for root's services without being told to.
    const QByteArrayList folders = laneFolders({});
    QCOMPARE(folders.first(), laneFolder({}));
    QVERIFY(folders.contains(own));
    QVERIFY(folders.contains("/tmp/pyvent-0-shared"));
    const uid_t daemon = *userOf(u"daemon"_s);
    const QByteArray daemons = "/tmp/pyvent-" + QByteArray::number(daemon) + "-shared";
    QVERIFY(!folders.contains(daemons));
    QVERIFY(laneFolders(PyventLocalAccess::users({u"daemon"_s})).contains(daemons));
}

void TestLaneFolder::mendsItsMode()
{
    const QTemporaryDir folder;
    const QByteArray path = folder.path().toLocal8Bit() + "/pyvent";
    QVERIFY(::mkdir(path.constData(), 0777) == 0);
    QVERIFY(::chmod(path.constData(), 0777) == 0);
    QCOMPARE(prepareLaneFolder(path, false), QString());
    struct stat status
    {
    };
    QVERIFY(::stat(path.constData(), &status) == 0);
    QCOMPARE(status.st_mode & 0777, mode_t(0700));
    QCOMPARE(prepareLaneFolder(path, true), QString());
    QVERIFY(::stat(path.constData(), &status) == 0);
    QCOMPARE(status.st_mode & 0777, mode_t(0711));
}

PYVENT_TEST(TestLaneFolder)

#include "tst_lanefolder.moc"
