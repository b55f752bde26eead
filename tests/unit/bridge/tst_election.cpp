// SPDX-License-Identifier: MIT
#include "bridgesamples.h"
#include "election.h"
#include "support/testprogram.h"

#include <QtTest>

using namespace Pyvent::Bridge;
using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

const QUuid low = QUuid::fromString(u"{00000000-0000-0000-0000-000000000001}"_s);
const QUuid high = QUuid::fromString(u"{00000000-0000-0000-0000-000000000002}"_s);

Election::Words plain(const QString &bus = u"b"_s)
{
    return {.link = u"nats:P"_s, .engine = u"nats://a:4222"_s, .bus = bus};
}

Election::Words up(qint64 since)
{
    Election::Words words = plain();
    words.isUp = true;
    words.since = since;
    return words;
}

} // namespace

class tst_Election : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void worksAlone();
    void leavesItToTheElder();
    void waitsForWhoHasMore();
    void breaksTies();
    void takesOver_data();
    void takesOver();
    void worksNotWithoutItsEngine();
    void asksOnlyItsOwnKind();
    void knowsClustersOfOnePrefix();
    void tellsOfDifferentNames();
    void wordsComeBack();
    void isNotFilled();
};

void tst_Election::worksAlone()
{
    Election election(low, plain());
    election.process(start);
    QVERIFY(!election.isActive());
    election.setUp(true, 100, start);
    QVERIFY2(!election.isActive(), "others may answer");
    QCOMPARE(election.deadline(), start + Election::settling);
    election.process(start + Election::settling);
    QVERIFY(election.isActive());
    QCOMPARE(election.deadline(), Election::Clock::time_point::max());
}

void tst_Election::leavesItToTheElder()
{
    Election election(low, plain());
    election.setUp(true, 200, start);
    QVERIFY2(election.heard(high, up(100), start), "a new one is answered");
    election.process(start + 1s);
    QVERIFY(!election.isActive());
    QVERIFY(election.standsBy());
    QCOMPARE(election.deadline(), start + Election::silence); // and until then there is nothing to do
    QCOMPARE(election.peers(), 1);
    QVERIFY2(!election.heard(high, up(100), start + 1s), "a known one is not");

    // Nor does a newcomer displace one that works.
    Election elder(high, plain());
    elder.setUp(true, 100, start);
    elder.process(start + 1s);
    elder.heard(low, up(200), start + 1s);
    QVERIFY(elder.isActive());
}

// The engine was away, and this one was started meanwhile.
void tst_Election::waitsForWhoHasMore()
{
    Election::Words elder = plain();
    elder.waiting = 7;
    elder.oldestAge = 60s;
    Election election(low, plain());
    election.setWaiting(1, 5s);
    election.setHearsFor(20s);
    election.setUp(true, 100, start);
    const auto settled = start + Election::settling;
    for (auto now = start; now < settled + Election::forElders; now += 1s) {
        election.heard(high, elder, now);
        QVERIFY(!election.isActive());
    }
    election.heard(high, elder, settled + Election::forElders); // it does not come
    QVERIFY(election.isActive());

    // One that has waited for no longer than this one has heard the bus has nothing that this one has not.
    Election other(low, plain());
    other.setWaiting(1, 5s);
    other.setHearsFor(61s);
    other.setUp(true, 100, start);
    other.heard(high, elder, settled);
    QVERIFY(other.isActive());
}

void tst_Election::breaksTies()
{
    Election one(low, plain());
    Election other(high, plain());
    one.setUp(true, 100, start);
    other.setUp(true, 100, start);
    one.heard(high, up(100), start);
    other.heard(low, up(100), start);
    one.process(start + 1s);
    other.process(start + 1s);
    QVERIFY(one.isActive());
    QVERIFY(!other.isActive());
}

void tst_Election::takesOver_data()
{
    QTest::addColumn<QString>("how");
    for (const char *how : {"silence", "vanished", "down"})
        QTest::newRow(how) << QString::fromLatin1(how);
}

void tst_Election::takesOver()
{
    QFETCH(QString, how);
    Election election(low, plain());
    election.setUp(true, 200, start);
    election.heard(high, up(100), start);
    election.process(start + 1s);
    QVERIFY(!election.isActive());
    if (how == "silence"_L1) {
        election.process(start + Election::silence - 1ms);
        QVERIFY(!election.isActive());
        election.process(start + Election::silence);
    } else if (how == "vanished"_L1) {
        election.vanished(high);
        election.process(start + 1s);
    } else {
        election.heard(high, plain(), start + 1s);
    }
    QVERIFY(election.isActive());
}

void tst_Election::worksNotWithoutItsEngine()
{
    Election election(low, plain());
    election.setUp(true, 100, start);
    election.process(start + 1s);
    QVERIFY(election.isActive());
    election.setUp(false, 200, start + 2s);
    QVERIFY(!election.isActive());
    election.setUp(true, 300, start + 3s);
    election.process(start + 4s);
    QVERIFY(election.isActive());
    QCOMPARE(election.words().since, 300);
}

void tst_Election::asksOnlyItsOwnKind()
{
    Election election(low, plain());
    election.setUp(true, 200, start);
    Election::Words other = up(100);
    other.link = u"mqtt:P"_s;
    election.heard(high, other, start);
    election.process(start + 1s);
    QVERIFY(election.isActive());
    QVERIFY(election.hasOtherLinks());
    QCOMPARE(election.peers(), 0);
    QVERIFY(election.takeProblems().isEmpty());
}

void tst_Election::knowsClustersOfOnePrefix()
{
    Election election(low, plain());
    election.setStore(u"1"_s);
    election.setUp(true, 200, start);
    Election::Words other = up(100);
    other.store = u"2"_s;
    election.heard(high, other, start);
    election.process(start + 1s);
    QVERIFY(election.isActive());
    QVERIFY(election.hasOtherLinks());
}

void tst_Election::tellsOfDifferentNames()
{
    Election election(low, plain());
    Election::Words other = up(100);
    other.bus = u"c"_s;
    election.heard(high, other, start);
    election.heard(high, other, start + 1s);
    const QStringList problems = election.takeProblems();
    QCOMPARE(problems.size(), 1);
    QVERIFY2(problems[0].contains(u"'c'"_s) && problems[0].contains(u"--bus"_s), qPrintable(problems[0]));
}

void tst_Election::wordsComeBack()
{
    Election::Words words = up(123);
    words.isActive = true;
    words.wantsAnswer = true;
    words.waiting = 7;
    words.oldestAge = 1500ms;
    words.hears = 61s;
    words.store = u"s"_s;
    QCOMPARE(Election::Words::fromMap(words.toMap()), words);
    QVERIFY(!Election::Words::fromMap({}));
    QVERIFY(!Election::Words::fromMap({{u"link"_s, 3}}));
    const auto odd = Election::Words::fromMap({{u"link"_s, QString(5000, u'x')}, {u"bus"_s, u"b"_s}, {u"age"_s, -5}});
    QVERIFY(odd);
    QCOMPARE(odd->oldestAge, 0ms);
    QVERIFY(odd->link.size() <= 1024);
}

void tst_Election::isNotFilled()
{
    Election election(low, plain());
    for (int i = 0; i < 5000; ++i)
        election.heard(QUuid::createUuid(), up(100), start);
    QVERIFY(election.peers() <= 1000);
    election.process(start + Election::silence);
    QCOMPARE(election.peers(), 0);
}

PYVENT_TEST(tst_Election)
#include "tst_election.moc"
