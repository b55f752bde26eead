// SPDX-License-Identifier: MIT
#include "security/watchedfile.h"

#include "oldfile.h"
#include "support/testprogram.h"

#include <QtCore/qtemporarydir.h>
#include <QtTest/qtest.h>

#include <memory>
#include <utility>

#include <unistd.h>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class TestWatchedFile : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void readsAgain();
    void looksOnceASecond();
    void readsWhatIsPutInItsPlace();
    void followsALink();
    void keepsWhatItHad_data();
    void keepsWhatItHad();
    void readsOnceItMay();
    void leavesHalfAFile();
    void tellsAnotherProblem();

private:
    QString path() const { return m_folder->filePath(u"file"_s); }

    // Reads the file at the start.
    bool read() { return m_file->read(m_take, &m_why); }

    // A second after the last time.
    FileChange refresh()
    {
        m_why.clear();
        return m_file->refresh(m_now += 1s, m_take, &m_why);
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<WatchedFile> m_file;
    WatchedFile::Clock::time_point m_now;
    QByteArray m_text; // was taken
    QString m_why;

    // Texts that begin with "bad" are.
    const WatchedFile::Take m_take = [this](const QByteArray &bytes, QString *why) {
        if (bytes.startsWith("bad")) {
            *why = QString::fromUtf8(bytes);
            return FileChange::Unreadable;
        }
        return std::exchange(m_text, bytes) == bytes ? FileChange::None : FileChange::Changed;
    };
};

void TestWatchedFile::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_file = std::make_unique<WatchedFile>(path(), 1000);
    m_now = WatchedFile::Clock::now();
    m_text.clear();
}

void TestWatchedFile::readsAgain()
{
    QVERIFY(writeOld(path(), "one", 30));
    QVERIFY2(read(), qPrintable(m_why));
    QCOMPARE(m_text, QByteArray("one"));
    QCOMPARE(refresh(), FileChange::None);
    QVERIFY(writeOld(path(), "two", 20)); // of the same size
    QCOMPARE(refresh(), FileChange::Changed);
    QCOMPARE(m_text, QByteArray("two"));
    QCOMPARE(refresh(), FileChange::None);
    QVERIFY(writeOld(path(), "two", 10));
    QCOMPARE(refresh(), FileChange::None); // the same again
}

void TestWatchedFile::looksOnceASecond()
{
    QVERIFY(writeOld(path(), "one", 30));
    QVERIFY(read());
    QCOMPARE(refresh(), FileChange::None);
    QVERIFY(writeOld(path(), "two", 20));
    QCOMPARE(m_file->refresh(m_now + 999ms, m_take, &m_why), FileChange::None);
    QCOMPARE(m_file->refresh(m_now + 1s, m_take, &m_why), FileChange::Changed);
}

// As editors write.
void TestWatchedFile::readsWhatIsPutInItsPlace()
{
    QVERIFY(writeOld(path(), "one"));
    QVERIFY(read());
    const QString other = path() + u".new"_s;
    QVERIFY(writeOld(other, "two")); // of the same size and time
    QCOMPARE(::rename(QFile::encodeName(other).constData(), QFile::encodeName(path()).constData()), 0);
    QCOMPARE(refresh(), FileChange::Changed);
    QCOMPARE(m_text, QByteArray("two"));
}

void TestWatchedFile::followsALink()
{
    QVERIFY(writeOld(m_folder->filePath(u"one"_s), "one"));
    QVERIFY(writeOld(m_folder->filePath(u"two"_s), "two"));
    QVERIFY(QFile::link(u"one"_s, path()));
    QVERIFY2(read(), qPrintable(m_why));
    QVERIFY(QFile::remove(path()));
    QVERIFY(QFile::link(u"two"_s, path()));
    QCOMPARE(refresh(), FileChange::Changed);
    QCOMPARE(m_text, QByteArray("two"));
}

void TestWatchedFile::keepsWhatItHad_data()
{
    QTest::addColumn<QString>("how");
    QTest::addColumn<QString>("why");
    QTest::newRow("a mistake") << u"bad"_s << u"bad"_s;
    QTest::newRow("too large") << u"large"_s << u"has more than"_s;
    QTest::newRow("removed") << u"remove"_s << u"No such file"_s;
    QTest::newRow("others may write") << u"mode"_s << u"others can write"_s;
    QTest::newRow("a folder") << u"folder"_s << u"is no plain file"_s;
    QTest::newRow("a pipe, whose reader would wait") << u"pipe"_s << u"is no plain file"_s;
}

void TestWatchedFile::keepsWhatItHad()
{
    QFETCH(const QString, how);
    QFETCH(const QString, why);
    const QByteArray name = QFile::encodeName(path());
    QVERIFY(writeOld(path(), "one", 30));
    QVERIFY(read());
    if (how == u"bad"_s)
        QVERIFY(writeOld(path(), "bad"));
    else if (how == u"large"_s)
        QVERIFY(writeOld(path(), QByteArray(1001, 'x')));
    else if (how == u"mode"_s)
        QCOMPARE(::chmod(name.constData(), 0666), 0);
    else
        QVERIFY(QFile::remove(path()));
    if (how == u"folder"_s)
        QCOMPARE(::mkdir(name.constData(), 0700), 0);
    else if (how == u"pipe"_s)
        QCOMPARE(::mkfifo(name.constData(), 0600), 0);
    if (how == u"folder"_s || how == u"pipe"_s)
        QVERIFY(makeOld(path()));

    QCOMPARE(refresh(), FileChange::Unreadable);
    QVERIFY2(m_why.contains(why), qPrintable(m_why));
    QCOMPARE(m_text, QByteArray("one"));
    QCOMPARE(refresh(), FileChange::None); // it is told once
    QCOMPARE(m_why, QString());

    if (how == u"folder"_s)
        QCOMPARE(::rmdir(name.constData()), 0);
    QFile::remove(path());
    QVERIFY(writeOld(path(), "two"));
    QCOMPARE(refresh(), FileChange::Changed);
    QCOMPARE(m_text, QByteArray("two"));
}

// Only who may write to its folder has changed, and not the file.
void TestWatchedFile::readsOnceItMay()
{
    QVERIFY(writeOld(path(), "one"));
    QVERIFY(read());
    const QByteArray folder = QFile::encodeName(m_folder->path());
    QCOMPARE(::chmod(folder.constData(), 0777), 0);
    QVERIFY(writeOld(path(), "two", 5));
    QCOMPARE(refresh(), FileChange::Unreadable);
    QVERIFY2(m_why.contains(u"its folder"), qPrintable(m_why));
    QCOMPARE(refresh(), FileChange::None);
    QCOMPARE(::chmod(folder.constData(), 0755), 0);
    QCOMPARE(refresh(), FileChange::Changed);
    QCOMPARE(m_text, QByteArray("two"));
}

// What has just been written may go on, and is read once it does not.
void TestWatchedFile::leavesHalfAFile()
{
    QVERIFY(writeOld(path(), "one"));
    QVERIFY(read());
    const auto isFresh = [this] {
        const auto version = versionOf(path());
        return version && std::chrono::system_clock::now().time_since_epoch() < version->modified + 100ms;
    };
    QVERIFY(writeText(path(), "two and more"));
    FileChange change = refresh();
    QVERIFY(change == FileChange::None || !isFresh()); // unless this process was not let run meanwhile
    QTRY_VERIFY(change == FileChange::Changed || (change = refresh()) == FileChange::Changed);
    QCOMPARE(m_text, QByteArray("two and more"));
}

void TestWatchedFile::tellsAnotherProblem()
{
    QVERIFY(writeOld(path(), "one", 40));
    QVERIFY(read());
    QVERIFY(writeOld(path(), "bad one", 30));
    QCOMPARE(refresh(), FileChange::Unreadable);
    QVERIFY(writeOld(path(), "bad two", 20));
    QCOMPARE(refresh(), FileChange::Unreadable);
    QCOMPARE(m_why, u"bad two"_s);
    QVERIFY(writeOld(path(), "one", 10));
    QCOMPARE(refresh(), FileChange::None); // which it had all the time
    QVERIFY(writeOld(path(), "bad two", 5));
    QCOMPARE(refresh(), FileChange::Unreadable); // the same again is told again
}

PYVENT_TEST(TestWatchedFile)

#include "tst_watchedfile.moc"
