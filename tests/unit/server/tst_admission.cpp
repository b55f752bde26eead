// SPDX-License-Identifier: MIT
#include "server/admission.h"

#include "support/testprogram.h"

#include <QtTest/qtest.h>

#include <unistd.h>

using namespace Pyvent::Internal;
using Answer = Admission::Answer;

class TestAdmission : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void whoComesIn_data();
    void whoComesIn();
    void soManyOfAnotherUser();
    void soManyOfAKey();
};

void TestAdmission::whoComesIn_data()
{
    QTest::addColumn<PyventLocalAccess>("access");
    QTest::addColumn<Answer>("own");
    QTest::addColumn<Answer>("other");
    QTest::addColumn<Answer>("unknown");
    QTest::addColumn<Answer>("elsewhere");
    QTest::newRow("own user") << PyventLocalAccess() << Answer::Welcome << Answer::Stranger << Answer::Unknown
                              << Answer::Welcome;
    QTest::newRow("everyone") << PyventLocalAccess::everyone() << Answer::Welcome << Answer::Welcome << Answer::Welcome
                              << Answer::Welcome;
}

void TestAdmission::whoComesIn()
{
    QFETCH(const PyventLocalAccess, access);
    QFETCH(const Answer, own);
    QFETCH(const Answer, other);
    QFETCH(const Answer, unknown);
    QFETCH(const Answer, elsewhere);
    if (!knowsOwners())
        QSKIP("this kernel does not say whose a socket is");
    Admission admission(access, 10);
    const auto now = Admission::Clock::now();
    const uid_t stranger = ::geteuid() + 12345;
    QCOMPARE(admission.ask({true, ::geteuid()}, now), own);
    QCOMPARE(admission.ask({true, stranger}, now), other);
    QCOMPARE(admission.ask({true, {}}, now), unknown);
    QCOMPARE(admission.ask({false, {}}, now), elsewhere);
    QVERIFY(admission.describe(Answer::Stranger, {true, stranger}).contains(QString::number(stranger)));
    QVERIFY(!admission.describe(Answer::Unknown, {true, {}}).isEmpty());
}

void TestAdmission::soManyOfAnotherUser()
{
    Admission admission(PyventLocalAccess::everyone(), 2);
    const auto now = Admission::Clock::now();
    const OtherEnd other{true, ::geteuid() + 1};
    const OtherEnd another{true, ::geteuid() + 2};
    const OtherEnd own{true, ::geteuid()};
    for (const OtherEnd &end : {other, other, own, own, own, OtherEnd{false, {}}}) {
        QCOMPARE(admission.ask(end, now), Answer::Welcome);
        admission.entered(end);
    }
    QCOMPARE(admission.ask(other, now), Answer::TooMany);
    QVERIFY(admission.describe(Answer::TooMany, other).contains(QStringLiteral("has 2 already")));
    QCOMPARE(admission.ask(another, now), Answer::Welcome);
    QCOMPARE(admission.ask(own, now), Answer::Welcome);
    admission.left(other);
    QCOMPARE(admission.ask(other, now), Answer::Welcome);
}

// From wherever it is used.
void TestAdmission::soManyOfAKey()
{
    Admission admission({}, 2);
    const QString ada = QStringLiteral("ada");
    const OtherEnd elsewhere{.isLocal = false, .user = {}, .keyName = ada};
    const OtherEnd here{.isLocal = true, .user = ::geteuid(), .keyName = ada};
    for (const OtherEnd &end : {elsewhere, here}) {
        QVERIFY(admission.hasRoomForKey(ada));
        admission.entered({.isLocal = end.isLocal, .user = end.user});
        admission.showedKey(ada);
    }
    QVERIFY(!admission.hasRoomForKey(ada));
    QVERIFY(admission.hasRoomForKey(QStringLiteral("grace")));
    QCOMPARE(admission.keyHolders(), 1);
    admission.left({.isLocal = false, .user = {}}); // who has shown none
    QVERIFY(!admission.hasRoomForKey(ada));
    admission.left(elsewhere);
    QVERIFY(admission.hasRoomForKey(ada));
    admission.left(here);
    QCOMPARE(admission.keyHolders(), 0);
}

PYVENT_TEST(TestAdmission)

#include "tst_admission.moc"
