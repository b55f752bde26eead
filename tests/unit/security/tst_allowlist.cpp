// SPDX-License-Identifier: MIT
#include "security/allowlist.h"

#include "oldfile.h"
#include "security/keypair.h"
#include "support/testprogram.h"
#include "wire/z85.h"

#include <QtCore/qfile.h>
#include <QtCore/qtemporarydir.h>
#include <QtTest/qtest.h>

#include <sys/stat.h>
#include <unistd.h>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

QByteArray lineOf(QByteArrayView name, QByteArrayView key)
{
    return name.toByteArray() + " = " + toZ85(key) + '\n';
}

} // namespace

class TestAllowList : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void knowsNames();
    void readsAgain();
    void keepsWhatItHad();
    void saysWhatIsWrong_data();
    void saysWhatIsWrong();
    void refusesFilesOfOthers();

private:
    void write(const QByteArray &bytes)
    {
        QFile file(m_path);
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        file.write(bytes);
        file.close();
        QCOMPARE(::chmod(QFile::encodeName(m_path).constData(), 0644), 0);
        QVERIFY(makeOld(m_path));
    }

    QTemporaryDir m_folder;
    const QString m_path = m_folder.filePath(u"allowed"_s);
    const QByteArray m_ada = KeyPair::make().publicKey().toByteArray();
    const QByteArray m_grace = KeyPair::make().publicKey().toByteArray();
};

void TestAllowList::knowsNames()
{
    write("# who may come in\n\n" + lineOf("ada", m_ada) + "  grace=" + toZ85(m_grace) + "\r\n" + lineOf("ada", m_ada));
    QString why;
    const auto list = AllowList::read(m_path, &why);
    QVERIFY2(list, qPrintable(why));
    QCOMPARE(list->size(), 2);
    QCOMPARE(list->nameOf(m_ada), u"ada"_s);
    QCOMPARE(list->nameOf(m_grace), u"grace"_s);
    QCOMPARE(list->nameOf(QByteArray(32, 'x')), QString());
    QCOMPARE(list->nameOf({}), QString());
    QCOMPARE(list->names(), QStringList({u"ada"_s, u"grace"_s}));
}

void TestAllowList::readsAgain()
{
    write(lineOf("ada", m_ada));
    QString why;
    auto list = AllowList::read(m_path, &why);
    QVERIFY(list);
    const WatchedFile::Clock::time_point now = WatchedFile::Clock::now();
    QCOMPARE(list->refresh(now, &why), FileChange::None);
    write(lineOf("grace", m_grace));
    QCOMPARE(list->refresh(now + 999ms, &why), FileChange::None); // not more often
    QCOMPARE(list->nameOf(m_ada), u"ada"_s);
    QCOMPARE(list->refresh(now + 1s, &why), FileChange::Changed);
    QCOMPARE(list->nameOf(m_ada), QString());
    QCOMPARE(list->nameOf(m_grace), u"grace"_s);
    QCOMPARE(list->refresh(now + 2s, &why), FileChange::None);
    write("# who may come in\n" + lineOf("grace", m_grace));
    QCOMPARE(list->refresh(now + 3s, &why), FileChange::None); // nobody else
}

void TestAllowList::keepsWhatItHad()
{
    write(lineOf("ada", m_ada));
    QString why;
    auto list = AllowList::read(m_path, &why);
    QVERIFY(list);
    WatchedFile::Clock::time_point now = WatchedFile::Clock::now();
    list->refresh(now, &why);
    write(lineOf("grace", m_grace) + "ada " + toZ85(m_ada).chopped(3));
    QCOMPARE(list->refresh(now += 1s, &why), FileChange::Unreadable);
    QVERIFY2(why.startsWith(m_path + u":2: "_s), qPrintable(why));
    QCOMPARE(list->nameOf(m_ada), u"ada"_s);
    QCOMPARE(list->nameOf(m_grace), QString());
    QCOMPARE(list->refresh(now += 1s, &why), FileChange::None); // it is told once
    QVERIFY(QFile::remove(m_path));
    QCOMPARE(list->refresh(now += 1s, &why), FileChange::Unreadable);
    QCOMPARE(list->nameOf(m_ada), u"ada"_s);
    QCOMPARE(list->refresh(now += 1s, &why), FileChange::None);
    write(lineOf("grace", m_grace));
    QCOMPARE(list->refresh(now += 1s, &why), FileChange::Changed);
    QCOMPARE(list->nameOf(m_ada), QString());
}

void TestAllowList::saysWhatIsWrong_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("why");
    QTest::newRow("no name") << toZ85(QByteArray(32, 'k')) << u":1: a line is 'name = public key'"_s;
    QTest::newRow("an empty name") << " = " + toZ85(m_ada) << u":1: a line is"_s;
    QTest::newRow("a bad name") << "\n" + lineOf("my ada", m_ada) << u":2: a name has letters"_s;
    QTest::newRow("a short key") << QByteArray("# x\n\nada = abc")
                                 << u":3: what stands behind 'ada =' is no public key"_s;
    QTest::newRow("two names") << lineOf("ada", m_ada) + lineOf("grace", m_ada)
                               << u":2: the key of 'grace' is that of 'ada'"_s;
    QTest::newRow("a secret key's file") << QByteArray("name = a\n") << u":1: what stands behind 'name ='"_s;
}

void TestAllowList::saysWhatIsWrong()
{
    QFETCH(const QByteArray, bytes);
    QFETCH(const QString, why);
    write(bytes);
    QString told;
    QVERIFY(!AllowList::read(m_path, &told));
    QVERIFY2(told.startsWith(m_path + why), qPrintable(told));
}

void TestAllowList::refusesFilesOfOthers()
{
    write(lineOf("ada", m_ada));
    QString why;
    for (const mode_t mode : {0664U, 0646U, 0666U}) {
        QCOMPARE(::chmod(QFile::encodeName(m_path).constData(), mode), 0);
        QVERIFY(!AllowList::read(m_path, &why));
        QVERIFY2(why.contains(u"chmod go-w '%1'"_s.arg(m_path)), qPrintable(why));
    }
    if (::geteuid() != 0)
        QSKIP("Only root can give a file away");
    QCOMPARE(::chmod(QFile::encodeName(m_path).constData(), 0644), 0);
    QCOMPARE(::chown(QFile::encodeName(m_path).constData(), 65534, 65534), 0);
    QVERIFY(!AllowList::read(m_path, &why));
    QVERIFY2(why.contains(u"chown 0 "_s), qPrintable(why));
    QVERIFY(QFile::remove(m_path));
}

PYVENT_TEST(TestAllowList)

#include "tst_allowlist.moc"
