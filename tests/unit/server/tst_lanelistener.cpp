// SPDX-License-Identifier: MIT
#include "server/lanelistener.h"

#include "support/rawconnection.h"
#include "support/testprogram.h"

#include <QtCore/qfile.h>
#include <QtCore/qtemporarydir.h>
#include <QtTest/qtest.h>

#include <csignal>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

using Failure = LaneListener::Failure;

struct Attempt
{
    explicit Attempt(const QByteArray &path, bool forOthers = false)
        : listener(LaneListener::listen(path, path + ".lock", forOthers, &failure, &text))
    {
    }

    Failure failure;
    QString text;
    std::unique_ptr<LaneListener> listener;
};

// A process that tries to have the lane, says whether it has, and stays until it is told to end.
class OtherProcess
{
public:
    explicit OtherProcess(const QByteArray &path)
    {
        int says[2];
        int ends[2];
        if (::pipe(says) != 0 || ::pipe(ends) != 0)
            qFatal("no pipe");
        m_pid = ::fork();
        if (m_pid == 0) {
            ::close(ends[1]);
            const Attempt attempt(path);
            const char has = attempt.listener ? 'y' : 'n';
            (void)!::write(says[1], &has, 1);
            char byte;
            (void)!::read(ends[0], &byte, 1);
            ::_exit(0);
        }
        ::close(says[1]);
        ::close(ends[0]);
        m_ends = ends[1];
        char has = 0;
        (void)!::read(says[0], &has, 1);
        ::close(says[0]);
        hasLane = has == 'y';
    }
    ~OtherProcess() { kill(); }

    void kill()
    {
        if (m_pid <= 0)
            return;
        ::kill(m_pid, SIGKILL);
        ::waitpid(m_pid, nullptr, 0);
        ::close(m_ends);
        m_pid = 0;
    }

    bool hasLane = false;

private:
    pid_t m_pid = 0;
    int m_ends = -1;
};

mode_t modeOf(const QByteArray &path)
{
    struct stat status
    {
    };
    return ::lstat(path.constData(), &status) == 0 ? status.st_mode & 0777 : 0;
}

} // namespace

class TestLaneListener : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_path = m_folder->path().toLocal8Bit() + "/pyvent/127.0.0.1-52002";
    }
    void listensUntilItEnds();
    void oneOfThisProcess();
    void oneOfAllProcesses();
    void aChildOfForkDoesNotKeepIt();
    void forOthers();
    void whoseLockFileWasRemoved();
    void removesWhatOthersHaveLeft();
    void whereThereCanBeNone_data();
    void whereThereCanBeNone();
    void aFolderOfAnotherUser();

private:
    std::unique_ptr<QTemporaryDir> m_folder;
    QByteArray m_path;
};

void TestLaneListener::listensUntilItEnds()
{
    {
        const Attempt attempt(m_path);
        QVERIFY2(attempt.listener, qPrintable(attempt.text));
        QCOMPARE(attempt.failure, Failure::None);
        QVERIFY(RawConnection(m_path).isConnected());
        QCOMPARE(modeOf(m_path), 0600);
        QCOMPARE(modeOf(m_path.first(m_path.lastIndexOf('/'))), 0700);
    }
    QVERIFY(!RawConnection(m_path).isConnected());
    QVERIFY(!QFile::exists(QString::fromLocal8Bit(m_path)));
    QVERIFY(!QFile::exists(QString::fromLocal8Bit(m_path) + u".lock"_s));
}

void TestLaneListener::oneOfThisProcess()
{
    auto first = std::make_unique<Attempt>(m_path);
    QVERIFY(first->listener);
    QCOMPARE(Attempt(m_path).failure, Failure::Taken);
    QVERIFY(Attempt(m_path + "-other").listener);
    QVERIFY(RawConnection(m_path).isConnected());
    first.reset();
    QVERIFY(Attempt(m_path).listener);
}

void TestLaneListener::oneOfAllProcesses()
{
    OtherProcess other(m_path);
    QVERIFY(other.hasLane);
    for (int i = 0; i < 3; ++i)
        QCOMPARE(Attempt(m_path).failure, Failure::Taken);
    QVERIFY(RawConnection(m_path).isConnected());
    other.kill(); // and its socket stays there, which nobody listens at
    QVERIFY(QFile::exists(QString::fromLocal8Bit(m_path)));
    QVERIFY(!RawConnection(m_path).isConnected());
    const Attempt attempt(m_path);
    QVERIFY2(attempt.listener, qPrintable(attempt.text));
    QVERIFY(RawConnection(m_path).isConnected());
    QVERIFY(!OtherProcess(m_path).hasLane);
}

void TestLaneListener::aChildOfForkDoesNotKeepIt()
{
    auto mine = std::make_unique<Attempt>(m_path);
    QVERIFY(mine->listener);
    OtherProcess child(m_path + "-other"); // which has what this process had when it forked
    QVERIFY(child.hasLane);
    mine.reset();
    QVERIFY(OtherProcess(m_path).hasLane);
}

void TestLaneListener::forOthers()
{
    const Attempt attempt(m_path, true);
    QVERIFY2(attempt.listener, qPrintable(attempt.text));
    QCOMPARE(modeOf(m_path), 0666);
    QCOMPARE(modeOf(m_path.first(m_path.lastIndexOf('/'))), 0711);
    QCOMPARE(modeOf(m_path + ".lock"), 0600);
}

// As what tidies /tmp may do.
void TestLaneListener::whoseLockFileWasRemoved()
{
    auto first = std::make_unique<OtherProcess>(m_path);
    QVERIFY(first->hasLane);
    QVERIFY(::unlink((m_path + ".lock").constData()) == 0);
    QCOMPARE(Attempt(m_path).failure, Failure::Taken);
    QVERIFY(RawConnection(m_path).isConnected());
    QVERIFY(::unlink(m_path.constData()) == 0);
    auto second = std::make_unique<Attempt>(m_path);
    QVERIFY(second->listener);
    first.reset();
    QVERIFY(RawConnection(m_path).isConnected());
}

void TestLaneListener::removesWhatOthersHaveLeft()
{
    const Attempt mine(m_path + "-mine");
    QVERIFY(mine.listener);
    const OtherProcess lives(m_path + "-lives");
    QVERIFY(lives.hasLane);
    auto killed = std::make_unique<OtherProcess>(m_path + "-killed");
    QVERIFY(killed->hasLane);
    killed.reset();
    const auto exists = [this](const char *name) { return QFile::exists(QString::fromLocal8Bit(m_path + name)); };
    QVERIFY(exists("-killed") && exists("-killed.lock"));
    const Attempt another(m_path);
    QVERIFY(another.listener);
    QVERIFY(!exists("-killed") && !exists("-killed.lock"));
    QVERIFY(RawConnection(m_path + "-lives").isConnected());
    QCOMPARE(Attempt(m_path + "-lives").failure, Failure::Taken);
    QVERIFY(RawConnection(m_path + "-mine").isConnected());
    QVERIFY(!OtherProcess(m_path + "-mine").hasLane); // the lock is still there
}

void TestLaneListener::whereThereCanBeNone_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QString>("text");
    QTest::newRow("no folder above it") << QByteArray("/a/b/lane") << u"cannot be made: No such file"_s;
    QTest::newRow("a file in its place") << QByteArray("/file/lane") << u"is no folder"_s;
    QTest::newRow("a link in its place") << QByteArray("/link/lane") << u"is no folder"_s;
    QTest::newRow("a name that is too long") << QByteArray("/long/" + QByteArray(200, 'x')) << u"too long"_s;
    QTest::newRow("a lock that is a link") << QByteArray("/linked/lane") << u"symbolic links"_s;
}

void TestLaneListener::whereThereCanBeNone()
{
    QFETCH(const QByteArray, name);
    QFETCH(const QString, text);
    const QByteArray folder = m_folder->path().toLocal8Bit();
    QFile file(m_folder->filePath(u"file"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QVERIFY(::symlink("/tmp", (folder + "/link").constData()) == 0);
    QVERIFY(::mkdir((folder + "/linked").constData(), 0700) == 0);
    QVERIFY(::symlink("/tmp/elsewhere", (folder + "/linked/lane.lock").constData()) == 0);
    const Attempt attempt(folder + name);
    QVERIFY(!attempt.listener);
    QCOMPARE(attempt.failure, Failure::Unusable);
    QVERIFY2(attempt.text.contains(text), qPrintable(attempt.text));
}

void TestLaneListener::aFolderOfAnotherUser()
{
    if (::geteuid() != 0)
        QSKIP("only root can make a folder another user's");
    const QByteArray folder = m_path.first(m_path.lastIndexOf('/'));
    QVERIFY(::mkdir(folder.constData(), 0777) == 0);
    QVERIFY(::chown(folder.constData(), 65534, 65534) == 0);
    const Attempt attempt(m_path);
    QVERIFY(!attempt.listener);
    QVERIFY2(attempt.text.contains(u"belongs to the user"_s), qPrintable(attempt.text));
}

PYVENT_TEST(TestLaneListener)

#include "tst_lanelistener.moc"
