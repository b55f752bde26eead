// SPDX-License-Identifier: MIT
#include "security/rulesfile.h"

#include "support/testprogram.h"

#include <QtCore/qfile.h>
#include <QtCore/qtemporarydir.h>
#include <QtTest/qtest.h>

#include <chrono>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

namespace {

bool write(const QString &path, const QByteArray &text)
{
    QFile file(path);
    return file.open(QIODevice::WriteOnly | QIODevice::Truncate) && file.write(text) == text.size()
        && ::fchmod(file.handle(), 0644) == 0;
}

// As if it had been written some time ago, so that it counts as whole.
bool age(const QString &path, int seconds)
{
    const timespec times[] = {{.tv_sec = ::time(nullptr) - seconds, .tv_nsec = 0},
                              {.tv_sec = ::time(nullptr) - seconds, .tv_nsec = 0}};
    return ::utimensat(AT_FDCWD, QFile::encodeName(path).constData(), times, 0) == 0;
}

bool writeOld(const QString &path, const QByteArray &text, int seconds = 10)
{
    return write(path, text) && age(path, seconds);
}

} // namespace

class TestRulesFile : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void readsAtTheStart();
    void refusesAtTheStart_data();
    void refusesAtTheStart();
    void refusesWhatOthersMayWrite_data();
    void refusesWhatOthersMayWrite();
    void refusesWhatIsOthers();
    void readsAgain();
    void readsWhatIsPutInItsPlace();
    void followsALink();
    void keepsTheRulesWhereItCannotRead_data();
    void keepsTheRulesWhereItCannotRead();
    void readsOnceItMay();
    void leavesHalfAFile();
    void tellsNothingOfAComment();

private:
    QString path() const { return m_folder->filePath(u"rules"_s); }

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestRulesFile::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
}

void TestRulesFile::readsAtTheStart()
{
    QVERIFY(write(path(), "allow anyone send x\n"));
    RulesFile file(path());
    QVERIFY(!file.rules());
    QString problem;
    QVERIFY2(file.read(&problem), qPrintable(problem));
    QCOMPARE(file.rules()->text(), QByteArray("allow anyone send x\n"));
    QVERIFY(!file.readIfChanged(&problem));
    QCOMPARE(problem, QString());
}

void TestRulesFile::refusesAtTheStart_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("problem");
    QTest::newRow("mistakes")
        << QByteArray("alow\n\nallow anyone sned x\n")
        << u"have mistakes: line 1, column 1: a rule begins with 'allow' or 'deny', not with 'alow'; "
           "line 3, column 14: 'sned' is no right"_s;
    QTest::newRow("empty") << QByteArray() << u"the file has no rule"_s;
    QTest::newRow("too large") << QByteArray(Rules::mostBytes + 1, '#') << u"more than 65536 bytes"_s;
}

void TestRulesFile::refusesAtTheStart()
{
    QFETCH(const QByteArray, text);
    QFETCH(const QString, problem);
    QVERIFY(write(path(), text));
    RulesFile file(path());
    QString said;
    QVERIFY(!file.read(&said));
    QVERIFY2(said.contains(problem), qPrintable(said));
    QVERIFY(said.contains(path()));
    QVERIFY(!file.rules());
}

void TestRulesFile::refusesWhatOthersMayWrite_data()
{
    QTest::addColumn<int>("mode");
    QTest::addColumn<int>("folderMode");
    QTest::addColumn<QString>("problem"); // empty if there is none
    const QString others = u"other users may write to "_s;
    QTest::newRow("usual") << 0644 << 0755 << QString();
    QTest::newRow("private") << 0600 << 0700 << QString();
    QTest::newRow("its group may write") << 0664 << 0755 << others + u"it: chmod go-w"_s;
    QTest::newRow("all may write") << 0646 << 0755 << others + u"it: chmod go-w"_s;
    QTest::newRow("the folder's group may write") << 0644 << 0775 << others + u"its folder"_s;
    QTest::newRow("all may write to the folder") << 0644 << 0777 << others + u"its folder"_s;
    QTest::newRow("a sticky folder, as /tmp") << 0644 << 01777 << QString();
}

void TestRulesFile::refusesWhatOthersMayWrite()
{
    QFETCH(const int, mode);
    QFETCH(const int, folderMode);
    QFETCH(const QString, problem);
    QVERIFY(write(path(), "allow anyone send x\n"));
    QCOMPARE(::chmod(QFile::encodeName(path()).constData(), mode_t(mode)), 0);
    QCOMPARE(::chmod(QFile::encodeName(m_folder->path()).constData(), mode_t(folderMode)), 0);
    RulesFile file(path());
    QString said;
    QCOMPARE(file.read(&said), problem.isEmpty());
    QVERIFY2(problem.isEmpty() ? said.isEmpty() : said.contains(problem), qPrintable(said));
}

void TestRulesFile::refusesWhatIsOthers()
{
    if (::geteuid() != 0)
        QSKIP("only root can give a file away");
    QVERIFY(write(path(), "allow anyone send x\n"));
    QCOMPARE(::chown(QFile::encodeName(path()).constData(), 12345, gid_t(-1)), 0);
    RulesFile file(path());
    QString said;
    QVERIFY(!file.read(&said));
    QVERIFY2(said.contains(u"it belongs to the user 12345: only the server's own user or root may own it"_s),
             qPrintable(said));
    QCOMPARE(::chown(QFile::encodeName(path()).constData(), 0, gid_t(-1)), 0);
    QVERIFY(file.read(&said));
    QCOMPARE(::chown(QFile::encodeName(m_folder->path()).constData(), 12345, gid_t(-1)), 0);
    QVERIFY(!file.read(&said));
    QVERIFY2(said.contains(u"its folder"_s), qPrintable(said));
}

void TestRulesFile::readsAgain()
{
    QVERIFY(writeOld(path(), "allow anyone send x\n", 30));
    RulesFile file(path());
    QString problem;
    QVERIFY(file.read(&problem));
    QVERIFY(writeOld(path(), "allow anyone send y\n", 20)); // of the same size
    QVERIFY(file.readIfChanged(&problem));
    QCOMPARE(problem, QString());
    QCOMPARE(file.rules()->text(), QByteArray("allow anyone send y\n"));
    QVERIFY(!file.readIfChanged(&problem));
}

// As editors write.
void TestRulesFile::readsWhatIsPutInItsPlace()
{
    QVERIFY(writeOld(path(), "allow anyone send x\n"));
    RulesFile file(path());
    QString problem;
    QVERIFY(file.read(&problem));
    const QString other = m_folder->filePath(u"rules.new"_s);
    QVERIFY(writeOld(other, "allow anyone send y\n")); // of the same size and time
    QCOMPARE(::rename(QFile::encodeName(other).constData(), QFile::encodeName(path()).constData()), 0);
    QVERIFY(file.readIfChanged(&problem));
    QCOMPARE(file.rules()->text(), QByteArray("allow anyone send y\n"));
}

void TestRulesFile::followsALink()
{
    QVERIFY(writeOld(m_folder->filePath(u"one"_s), "allow anyone send x\n"));
    QVERIFY(writeOld(m_folder->filePath(u"two"_s), "allow anyone send y\n"));
    QVERIFY(QFile::link(u"one"_s, path()));
    RulesFile file(path());
    QString problem;
    QVERIFY(file.read(&problem));
    QVERIFY(QFile::remove(path()));
    QVERIFY(QFile::link(u"two"_s, path()));
    QVERIFY(file.readIfChanged(&problem));
    QCOMPARE(file.rules()->text(), QByteArray("allow anyone send y\n"));
}

void TestRulesFile::keepsTheRulesWhereItCannotRead_data()
{
    QTest::addColumn<QString>("how");
    QTest::addColumn<QString>("problem");
    QTest::newRow("a mistake") << u"mistake"_s << u"line 1, column 1: a rule begins with"_s;
    QTest::newRow("emptied") << u"empty"_s << u"the file has no rule"_s;
    QTest::newRow("removed") << u"remove"_s << u"No such file"_s;
    QTest::newRow("others may write") << u"mode"_s << u"other users may write to it"_s;
    QTest::newRow("a folder") << u"folder"_s << u"it is no plain file"_s;
    QTest::newRow("a pipe, whose reader would wait") << u"pipe"_s << u"it is no plain file"_s;
}

void TestRulesFile::keepsTheRulesWhereItCannotRead()
{
    QFETCH(const QString, how);
    QFETCH(const QString, problem);
    const QByteArray name = QFile::encodeName(path());
    QVERIFY(writeOld(path(), "allow anyone send x\n", 30));
    RulesFile file(path());
    QString said;
    QVERIFY(file.read(&said));
    if (how == u"mistake"_s)
        QVERIFY(writeOld(path(), "alow anyone send x\n"));
    else if (how == u"empty"_s)
        QVERIFY(writeOld(path(), ""));
    else if (how == u"mode"_s)
        QCOMPARE(::chmod(name.constData(), 0666), 0);
    else
        QVERIFY(QFile::remove(path()));
    if (how == u"folder"_s)
        QCOMPARE(::mkdir(name.constData(), 0700), 0);
    else if (how == u"pipe"_s)
        QCOMPARE(::mkfifo(name.constData(), 0600), 0);
    if (how == u"folder"_s || how == u"pipe"_s)
        QVERIFY(age(path(), 10));

    QVERIFY(!file.readIfChanged(&said));
    QVERIFY2(said.contains(problem), qPrintable(said));
    QVERIFY2(said.endsWith(u"; the earlier rules stay in force"_s), qPrintable(said));
    QCOMPARE(file.rules()->text(), QByteArray("allow anyone send x\n"));
    QVERIFY(!file.readIfChanged(&said)); // it is said once
    QCOMPARE(said, QString());

    if (how == u"folder"_s)
        QCOMPARE(::rmdir(name.constData()), 0);
    QFile::remove(path());
    QVERIFY(writeOld(path(), "allow anyone send y\n"));
    QVERIFY(file.readIfChanged(&said));
    QCOMPARE(said, QString());
    QCOMPARE(file.rules()->text(), QByteArray("allow anyone send y\n"));
}

// Only who may write to its folder has changed, and not the file.
void TestRulesFile::readsOnceItMay()
{
    QVERIFY(writeOld(path(), "allow anyone send x\n"));
    RulesFile file(path());
    QString problem;
    QVERIFY(file.read(&problem));
    const QByteArray folder = QFile::encodeName(m_folder->path());
    QCOMPARE(::chmod(folder.constData(), 0777), 0);
    QVERIFY(writeOld(path(), "allow anyone send y\n", 5));
    QVERIFY(!file.readIfChanged(&problem));
    QVERIFY2(problem.contains(u"its folder"), qPrintable(problem));
    QVERIFY(!file.readIfChanged(&problem));
    QCOMPARE(problem, QString());
    QCOMPARE(::chmod(folder.constData(), 0755), 0);
    QVERIFY(file.readIfChanged(&problem));
    QCOMPARE(file.rules()->text(), QByteArray("allow anyone send y\n"));
}

// What has just been written may go on, and is read once it does not.
void TestRulesFile::leavesHalfAFile()
{
    QVERIFY(writeOld(path(), "allow anyone send x\n"));
    RulesFile file(path());
    QString problem;
    QVERIFY(file.read(&problem));
    const auto isFresh = [this] {
        struct stat status = {};
        return ::stat(QFile::encodeName(path()).constData(), &status) == 0
            && std::chrono::system_clock::now().time_since_epoch() < std::chrono::seconds(status.st_mtim.tv_sec)
                + std::chrono::nanoseconds(status.st_mtim.tv_nsec) + std::chrono::milliseconds(100);
    };
    QVERIFY(write(path(), "allow anyone send y z\n"));
    bool isRead = file.readIfChanged(&problem);
    QVERIFY(!isRead || !isFresh()); // unless this process was not let run meanwhile
    QCOMPARE(problem, QString());
    QTRY_VERIFY(isRead = isRead || file.readIfChanged(&problem));
    QCOMPARE(file.rules()->text(), QByteArray("allow anyone send y z\n"));
}

void TestRulesFile::tellsNothingOfAComment()
{
    QVERIFY(writeOld(path(), "allow anyone send x\n", 30));
    RulesFile file(path());
    QString problem;
    QVERIFY(file.read(&problem));
    const auto before = file.rules();
    QVERIFY(writeOld(path(), "allow anyone send x\n# what anyone sends\n", 20));
    QVERIFY(!file.readIfChanged(&problem));
    QCOMPARE(problem, QString());
    QCOMPARE(file.rules(), before);
}

PYVENT_TEST(TestRulesFile)

#include "tst_rulesfile.moc"
