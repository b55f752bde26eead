// SPDX-License-Identifier: MIT
#include "security/rulesfile.h"

#include "oldfile.h"
#include "support/testprogram.h"

#include <QtCore/qtemporarydir.h>
#include <QtTest/qtest.h>

#include <memory>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class TestRulesFile : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void readsAtTheStart();
    void refusesAtTheStart_data();
    void refusesAtTheStart();
    void refusesWhatOthersMayWrite();
    void readsAgain();
    void keepsTheRulesWhereItCannotRead_data();
    void keepsTheRulesWhereItCannotRead();
    void tellsNothingOfAComment();

private:
    QString path() const { return m_folder->filePath(u"rules"_s); }

    std::unique_ptr<QTemporaryDir> m_folder;
    WatchedFile::Clock::time_point m_now;
    QString m_why;
};

void TestRulesFile::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_now = WatchedFile::Clock::now();
    m_why.clear();
}

void TestRulesFile::readsAtTheStart()
{
    QVERIFY(writeText(path(), "allow anyone send x\n"));
    auto file = RulesFile::read(path(), &m_why);
    QVERIFY2(file, qPrintable(m_why));
    QCOMPARE(file->path(), path());
    QCOMPARE(file->rules()->text(), QByteArray("allow anyone send x\n"));
    QCOMPARE(file->refresh(m_now, &m_why), FileChange::None);
    QCOMPARE(m_why, QString());
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
    QVERIFY(writeText(path(), text));
    QVERIFY(!RulesFile::read(path(), &m_why));
    QVERIFY2(m_why.contains(problem), qPrintable(m_why));
    QVERIFY(m_why.contains(path()));
}

void TestRulesFile::refusesWhatOthersMayWrite()
{
    QVERIFY(writeText(path(), "allow anyone send x\n"));
    QCOMPARE(::chmod(QFile::encodeName(path()).constData(), 0664), 0);
    QVERIFY(!RulesFile::read(path(), &m_why));
    QVERIFY2(m_why.contains(u"chmod go-w '%1'"_s.arg(path())), qPrintable(m_why));
    QCOMPARE(::chmod(QFile::encodeName(path()).constData(), 0644), 0);
    QCOMPARE(::chmod(QFile::encodeName(m_folder->path()).constData(), 0777), 0);
    QVERIFY(!RulesFile::read(path(), &m_why));
    QVERIFY2(m_why.contains(u"chmod go-w '%1'"_s.arg(m_folder->path())), qPrintable(m_why));
}

void TestRulesFile::readsAgain()
{
    QVERIFY(writeOld(path(), "allow anyone send x\n", 30));
    auto file = RulesFile::read(path(), &m_why);
    QVERIFY(file);
    QVERIFY(writeOld(path(), "allow anyone send y\n", 20));
    QCOMPARE(file->refresh(m_now, &m_why), FileChange::Changed);
    QCOMPARE(file->rules()->text(), QByteArray("allow anyone send y\n"));
    QCOMPARE(file->refresh(m_now += 1s, &m_why), FileChange::None);
}

void TestRulesFile::keepsTheRulesWhereItCannotRead_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("problem");
    QTest::newRow("a mistake") << QByteArray("alow anyone send x\n") << u"line 1, column 1: a rule begins with"_s;
    QTest::newRow("emptied") << QByteArray() << u"the file has no rule"_s;
}

void TestRulesFile::keepsTheRulesWhereItCannotRead()
{
    QFETCH(const QByteArray, text);
    QFETCH(const QString, problem);
    QVERIFY(writeOld(path(), "allow anyone send x\n", 30));
    auto file = RulesFile::read(path(), &m_why);
    QVERIFY(file);
    QVERIFY(writeOld(path(), text, 20));
    QCOMPARE(file->refresh(m_now, &m_why), FileChange::Unreadable);
    QVERIFY2(m_why.contains(problem), qPrintable(m_why));
    QCOMPARE(file->rules()->text(), QByteArray("allow anyone send x\n"));
    QCOMPARE(file->refresh(m_now += 1s, &m_why), FileChange::None); // it is said once
    QVERIFY(writeOld(path(), "allow anyone send y\n"));
    QCOMPARE(file->refresh(m_now += 1s, &m_why), FileChange::Changed);
    QCOMPARE(file->rules()->text(), QByteArray("allow anyone send y\n"));
}

void TestRulesFile::tellsNothingOfAComment()
{
    QVERIFY(writeOld(path(), "allow anyone send x\n", 30));
    auto file = RulesFile::read(path(), &m_why);
    QVERIFY(file);
    const auto before = file->rules();
    QVERIFY(writeOld(path(), "allow anyone send x\n# what anyone sends\n", 20));
    QCOMPARE(file->refresh(m_now, &m_why), FileChange::None);
    QCOMPARE(m_why, QString());
    QCOMPARE(file->rules(), before);
}

PYVENT_TEST(TestRulesFile)

#include "tst_rulesfile.moc"
