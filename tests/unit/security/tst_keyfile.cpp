// SPDX-License-Identifier: MIT
#include "security/keyfile.h"

#include "pyventsecurity.h"
#include "support/testprogram.h"
#include "wire/z85.h"

#include <QtCore/qfile.h>
#include <QtCore/qfileinfo.h>
#include <QtCore/qtemporarydir.h>
#include <QtTest/qtest.h>

#include <sys/stat.h>
#include <unistd.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

namespace {

QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void replaceContent(const QString &path, const QByteArray &bytes)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
    file.write(bytes);
}

} // namespace

class TestKeyFile : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void makesAPair();
    void overwritesNothing();
    void refusesNames_data();
    void refusesNames();
    void refusesASecretThatOthersRead_data();
    void refusesASecretThatOthersRead();
    void refusesASecretOfAnotherUser();
    void refusesWhatIsNoKeyFile_data();
    void refusesWhatIsNoKeyFile();
    void readsPublicKeys();
    void refusesOtherPublicKeys_data();
    void refusesOtherPublicKeys();

private:
    QTemporaryDir m_folder;
    QString at(const QString &name) const { return m_folder.filePath(name); }
};

void TestKeyFile::makesAPair()
{
    QCOMPARE(PyventSecurity::makeKeys(at(u"kitchen"_s)), QString());
    QString why;
    const auto read = readKeyFile(at(u"kitchen.key"_s), &why);
    QVERIFY2(read, qPrintable(why));
    QCOMPARE(read->name, u"kitchen"_s);
    const QByteArray text = toZ85(read->pair.publicKey());
    QCOMPARE(contentOf(at(u"kitchen.pub"_s)), "kitchen = " + text + '\n');
    QCOMPARE(readPublicKey(at(u"kitchen.pub"_s), &why), read->pair.publicKey());
    struct stat status
    {
    };
    QCOMPARE(::stat(QFile::encodeName(at(u"kitchen.key"_s)).constData(), &status), 0);
    QCOMPARE(status.st_mode & 07777U, 0600U);
    QVERIFY(contentOf(at(u"kitchen.key"_s)).startsWith("# The secret key of kitchen"));

    QCOMPARE(makeKeyFiles(at(u"other"_s)), QString());
    QVERIFY(contentOf(at(u"other.pub"_s)).sliced(8) != text + '\n');
}

void TestKeyFile::overwritesNothing()
{
    QCOMPARE(makeKeyFiles(at(u"twice"_s)), QString());
    const QByteArray secret = contentOf(at(u"twice.key"_s));
    QVERIFY(makeKeyFiles(at(u"twice"_s)).contains(u"twice.pub already"_s));
    QVERIFY(QFile::remove(at(u"twice.pub"_s)));
    QVERIFY(makeKeyFiles(at(u"twice"_s)).contains(u"twice.key already"_s));
    QCOMPARE(contentOf(at(u"twice.key"_s)), secret);
    QVERIFY(!QFileInfo::exists(at(u"twice.pub"_s)));
    QVERIFY(makeKeyFiles(at(u"no/such/folder"_s)).contains(u"cannot be made"_s));
}

void TestKeyFile::refusesNames_data()
{
    QTest::addColumn<QString>("name");
    QTest::newRow("none") << u""_s;
    QTest::newRow("a space") << u"my kitchen"_s;
    QTest::newRow("an equals sign") << u"a=b"_s;
    QTest::newRow("a line") << u"a\nb"_s;
    QTest::newRow("a comment") << u"#a"_s;
    QTest::newRow("a letter that is not of ASCII") << u"k\u00fcche"_s;
    QTest::newRow("a long one") << QString(65, u'x');
}

void TestKeyFile::refusesNames()
{
    QFETCH(const QString, name);
    QVERIFY(!isKeyName(name));
    QVERIFY(makeKeyFiles(m_folder.path() + u'/' + name).contains(u"cannot be the name of a key"_s));
}

void TestKeyFile::refusesASecretThatOthersRead_data()
{
    QTest::addColumn<int>("mode");
    for (const int mode : {0640, 0604, 0644, 0620, 0660, 0601})
        QTest::addRow("mode %04o", unsigned(mode)) << mode;
}

void TestKeyFile::refusesASecretThatOthersRead()
{
    QFETCH(const int, mode);
    const QString path = at(u"mode%1"_s.arg(mode));
    QCOMPARE(makeKeyFiles(path), QString());
    const QString key = path + u".key"_s;
    QCOMPARE(::chmod(QFile::encodeName(key).constData(), mode_t(mode)), 0);
    QString why;
    QVERIFY(!readKeyFile(key, &why));
    QVERIFY2(why.contains(u"chmod 600 '%1'"_s.arg(key)), qPrintable(why));
    QCOMPARE(::chmod(QFile::encodeName(key).constData(), 0600), 0);
    QVERIFY(readKeyFile(key, &why));
    QCOMPARE(::chmod(QFile::encodeName(key).constData(), 0400), 0);
    QVERIFY(readKeyFile(key, &why));
}

void TestKeyFile::refusesASecretOfAnotherUser()
{
    if (::geteuid() != 0)
        QSKIP("Only root can give a file away");
    const QString key = at(u"given.key"_s);
    QCOMPARE(makeKeyFiles(at(u"given"_s)), QString());
    QCOMPARE(::chown(QFile::encodeName(key).constData(), 65534, 65534), 0);
    QString why;
    QVERIFY(!readKeyFile(key, &why));
    QVERIFY2(why.contains(u"chown 0 "_s) && why.contains(u"nobody (65534)"_s), qPrintable(why));
}

void TestKeyFile::refusesWhatIsNoKeyFile_data()
{
    QTest::addColumn<QByteArray>("bytes");
    const KeyPair pair = KeyPair::make();
    const QByteArray publicText = toZ85(pair.publicKey());
    const QByteArray secretText = toZ85(pair.secretKey().view());
    const QByteArray other = toZ85(KeyPair::make().publicKey());
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("nonsense") << QByteArray("\0\xFF=\n\n==", 7);
    QTest::newRow("no secret") << "name = a\npublic = " + publicText;
    QTest::newRow("no public key") << "name = a\nsecret = " + secretText;
    QTest::newRow("another public key") << "name = a\npublic = " + other + "\nsecret = " + secretText;
    QTest::newRow("a secret that is cut") << "name = a\npublic = " + publicText + "\nsecret = " + secretText.chopped(5);
    QTest::newRow("a secret of other characters")
        << "name = a\npublic = " + publicText + "\nsecret = " + QByteArray(40, '"');
    QTest::newRow("no name") << "public = " + publicText + "\nsecret = " + secretText;
}

void TestKeyFile::refusesWhatIsNoKeyFile()
{
    QFETCH(const QByteArray, bytes);
    const QString path = at(u"none.key"_s);
    replaceContent(path, bytes);
    QCOMPARE(::chmod(QFile::encodeName(path).constData(), 0600), 0);
    QString why;
    QVERIFY(!readKeyFile(path, &why));
    QVERIFY2(why.contains(u"damaged"_s), qPrintable(why));
    QVERIFY(!readKeyFile(m_folder.path(), &why));
    QVERIFY(why.contains(u"no plain file"_s));
    QVERIFY(!readKeyFile(at(u"missing"_s), &why));
    QVERIFY(why.contains(u"No such file"_s));
}

void TestKeyFile::readsPublicKeys()
{
    const QByteArray key = KeyPair::make().publicKey().toByteArray();
    const QByteArray text = toZ85(key);
    QString why;
    QCOMPARE(readPublicKey(QString::fromLatin1(text), &why), key);
    const QString path = at(u"public"_s);
    for (const QByteArray &bytes : {"a = " + text, "# a comment\n\n  a=" + text + "  \r\n"}) {
        replaceContent(path, bytes);
        QCOMPARE(readPublicKey(path, &why), key);
    }
}

void TestKeyFile::refusesOtherPublicKeys_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("why");
    const QByteArray text = toZ85(KeyPair::make().publicKey());
    QTest::newRow("empty") << QByteArray() << u"no public key"_s;
    QTest::newRow("two") << "a = " + text + "\nb = " + text << u"no public key"_s;
    QTest::newRow("one that is cut") << "a = " + text.chopped(1) << u"no public key"_s;
    QTest::newRow("a secret one") << "name = a\npublic = " + text + "\nsecret = " + text << u"is a secret key"_s;
}

void TestKeyFile::refusesOtherPublicKeys()
{
    QFETCH(const QByteArray, bytes);
    const QString path = at(u"public"_s);
    replaceContent(path, bytes);
    QFETCH(const QString, why);
    QString told;
    QVERIFY(readPublicKey(path, &told).isEmpty());
    QVERIFY2(told.contains(why), qPrintable(told));
}

PYVENT_TEST(TestKeyFile)

#include "tst_keyfile.moc"
