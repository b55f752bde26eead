// SPDX-License-Identifier: MIT
#include "security/privatefile.h"

#include "oldfile.h"
#include "support/testprogram.h"

#include <QtCore/qdir.h>
#include <QtCore/qtemporarydir.h>
#include <QtTest/qtest.h>

#include <memory>

#include <unistd.h>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype mostRead = 1000;
constexpr uid_t otherUser = 12345;

} // namespace

class TestPrivateFile : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void readsWhatIsSafe_data();
    void readsWhatIsSafe();
    void refusesWhatIsStrangers_data();
    void refusesWhatIsStrangers();
    void looksAtBothEndsOfALink_data();
    void looksAtBothEndsOfALink();
    void readsPlainFilesOnly();
    void readsSoMuch();
    void knowsVersions();

private:
    QString at(const QString &name) const { return m_folder->filePath(name); }
    std::optional<QByteArray> read(Privacy privacy, const QString &path)
    {
        m_why.clear();
        return readPrivately(path, privacy, mostRead, &m_why);
    }
    static void setMode(const QString &path, mode_t mode)
    {
        QCOMPARE(::chmod(QFile::encodeName(path).constData(), mode), 0);
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_why;
};

void TestPrivateFile::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
}

void TestPrivateFile::readsWhatIsSafe_data()
{
    QTest::addColumn<Privacy>("privacy");
    QTest::addColumn<int>("mode");
    QTest::addColumn<int>("folderMode");
    QTest::addColumn<QString>("why"); // empty if it can be read
    const QString write = u"others can write to %1"_s;
    const QString secret = u"others can read the secret in %1"_s;
    const QString folder = u"others can replace %1, since they can write to its folder"_s;
    QTest::newRow("a usual file") << Privacy::Trusted << 0644 << 0755 << QString();
    QTest::newRow("a private file") << Privacy::Trusted << 0600 << 0700 << QString();
    QTest::newRow("its group may write") << Privacy::Trusted << 0664 << 0755 << write;
    QTest::newRow("all may write") << Privacy::Trusted << 0646 << 0755 << write;
    QTest::newRow("the folder's group may write") << Privacy::Trusted << 0644 << 0775 << folder;
    QTest::newRow("all may write to the folder") << Privacy::Trusted << 0644 << 0777 << folder;
    QTest::newRow("a sticky folder, as /tmp") << Privacy::Trusted << 0644 << 01777 << QString();
    QTest::newRow("a secret") << Privacy::Secret << 0600 << 0755 << QString();
    QTest::newRow("a secret that its group may read") << Privacy::Secret << 0640 << 0755 << secret;
    QTest::newRow("a secret in its group's folder") << Privacy::Secret << 0600 << 0775 << folder;
    QTest::newRow("a secret in everybody's folder") << Privacy::Secret << 0600 << 0777 << folder;
    QTest::newRow("a secret in a sticky folder") << Privacy::Secret << 0600 << 01777 << QString();
    QTest::newRow("anybody's") << Privacy::Public << 0666 << 0777 << QString();
}

void TestPrivateFile::readsWhatIsSafe()
{
    QFETCH(const Privacy, privacy);
    QFETCH(const int, mode);
    QFETCH(const int, folderMode);
    QFETCH(const QString, why);
    const QString path = at(u"file"_s);
    QVERIFY(writeText(path, "text"));
    setMode(path, mode_t(mode));
    setMode(m_folder->path(), mode_t(folderMode));
    const auto bytes = read(privacy, path);
    if (why.isEmpty()) {
        QVERIFY2(bytes, qPrintable(m_why));
        QCOMPARE(*bytes, QByteArray("text"));
    } else {
        QVERIFY(!bytes);
        QVERIFY2(m_why.startsWith(why.arg(path)) && m_why.contains(u"chmod "), qPrintable(m_why));
    }
}

void TestPrivateFile::refusesWhatIsStrangers_data()
{
    QTest::addColumn<Privacy>("privacy");
    QTest::newRow("trusted") << Privacy::Trusted;
    QTest::newRow("secret") << Privacy::Secret;
}

void TestPrivateFile::refusesWhatIsStrangers()
{
    if (::geteuid() != 0)
        QSKIP("Only root can give a file away");
    QFETCH(const Privacy, privacy);
    const QString path = at(u"file"_s);
    QVERIFY(writeText(path, "text"));
    setMode(path, 0600);
    QCOMPARE(::chown(QFile::encodeName(path).constData(), otherUser, gid_t(-1)), 0);
    QVERIFY(!read(privacy, path));
    QVERIFY2(m_why.contains(u"belongs to the user 12345"_s) && m_why.contains(u"chown 0 "_s), qPrintable(m_why));
    QVERIFY(read(Privacy::Public, path));
    QCOMPARE(::chown(QFile::encodeName(path).constData(), 0, gid_t(-1)), 0);
    QVERIFY2(read(privacy, path), qPrintable(m_why));

    // Whose folder it is, also a sticky one, can replace it.
    const QByteArray folder = QFile::encodeName(m_folder->path());
    QCOMPARE(::chown(folder.constData(), otherUser, gid_t(-1)), 0);
    for (const mode_t mode : {mode_t(0755), mode_t(01777)}) {
        setMode(m_folder->path(), mode);
        QVERIFY(!read(privacy, path));
        QVERIFY2(m_why.contains(u"in a folder of the user 12345"_s), qPrintable(m_why));
    }
    QCOMPARE(::chown(folder.constData(), 0, gid_t(-1)), 0);
}

void TestPrivateFile::looksAtBothEndsOfALink_data()
{
    QTest::addColumn<QString>("what"); // is others'
    QTest::addColumn<QString>("why");
    QTest::newRow("nothing") << QString() << QString();
    QTest::newRow("the link's folder") << u"links"_s << u"others can replace %1/links/file"_s;
    QTest::newRow("the file's folder") << u"files"_s << u"others can replace %1/files/file"_s;
    QTest::newRow("the file") << u"files/file"_s << u"others can write to %1/links/file"_s;
    QTest::newRow("the link") << u"links/file"_s << u"%1/links/file belongs to the user 12345"_s;
}

void TestPrivateFile::looksAtBothEndsOfALink()
{
    QFETCH(const QString, what);
    QFETCH(const QString, why);
    QVERIFY(QDir(m_folder->path()).mkdir(u"links"_s));
    QVERIFY(QDir(m_folder->path()).mkdir(u"files"_s));
    setMode(at(u"links"_s), 0755);
    setMode(at(u"files"_s), 0755);
    QVERIFY(writeText(at(u"files/file"_s), "text"));
    const QString link = at(u"links/file"_s);
    QVERIFY(QFile::link(u"../files/file"_s, link));
    if (what == u"links/file"_s) {
        if (::geteuid() != 0)
            QSKIP("Only root can give a link away");
        QCOMPARE(::lchown(QFile::encodeName(link).constData(), otherUser, gid_t(-1)), 0);
    } else if (!what.isEmpty()) {
        setMode(at(what), 0777);
    }
    const auto bytes = read(Privacy::Trusted, link);
    QCOMPARE(bytes.has_value(), why.isEmpty());
    if (!why.isEmpty())
        QVERIFY2(m_why.startsWith(why.arg(m_folder->path())), qPrintable(m_why));
}

void TestPrivateFile::readsPlainFilesOnly()
{
    const QString pipe = at(u"pipe"_s); // whose reader would wait
    QCOMPARE(::mkfifo(QFile::encodeName(pipe).constData(), 0600), 0);
    for (const QString &path : {m_folder->path(), pipe, u"/dev/zero"_s}) {
        QVERIFY(!read(Privacy::Public, path));
        QCOMPARE(m_why, path + u" is no plain file"_s);
    }
    QVERIFY(!read(Privacy::Trusted, at(u"none"_s)));
    QCOMPARE(m_why, at(u"none"_s) + u" cannot be read: No such file or directory"_s);
}

void TestPrivateFile::readsSoMuch()
{
    const QString path = at(u"file"_s);
    QVERIFY(writeText(path, QByteArray(mostRead, 'x')));
    QVERIFY2(read(Privacy::Trusted, path), qPrintable(m_why));
    QVERIFY(writeText(path, QByteArray(mostRead + 1, 'x')));
    QVERIFY(!read(Privacy::Trusted, path));
    QCOMPARE(m_why, path + u" has more than 1000 bytes"_s);
}

void TestPrivateFile::knowsVersions()
{
    const QString path = at(u"file"_s);
    QVERIFY(!versionOf(path));
    QVERIFY(writeOld(path, "text"));
    FileVersion version;
    QVERIFY(readPrivately(path, Privacy::Trusted, mostRead, &m_why, &version));
    QCOMPARE(versionOf(path), version);
    setMode(path, 0600); // who may read it is of it, too
    QTRY_VERIFY((setMode(path, 0600), versionOf(path) != version));
}

PYVENT_TEST(TestPrivateFile)

#include "tst_privatefile.moc"
