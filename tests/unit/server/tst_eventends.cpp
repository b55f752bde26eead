// SPDX-License-Identifier: MIT
#include "server/eventends.h"

#include "support/testprogram.h"
#include "transport/filepool.h"
#include "wire/control.h"
#include "wire/frame.h"
#include "wire/zmtp.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;

namespace {

QByteArray frameOf(const QByteArray &topic, const QByteArray &sender = "pyvent", qsizetype payload = 300'000)
{
    QByteArray frame = topic + ' ' + QByteArray(payload, 'x') + '.';
    appendTrailer({.nodeId = QUuid::createUuid(), .sequence = 7, .time = 1, .sender = sender}, &frame);
    return Zmtp::frame(0, frame);
}

} // namespace

class TestEventEnds : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void haveNameAndTrailer();
    void areOfOneEvent_data();
    void areOfOneEvent();
    void arentKnown_data();
    void arentKnown();

private:
    std::optional<EventEnds> endsOf(const QByteArray &whole)
    {
        const FileDescriptor file = m_pool.write({}, whole, FilePool::Clock::now());
        return EventEnds::of(file, whole.size());
    }

    FilePool m_pool;
};

void TestEventEnds::haveNameAndTrailer()
{
    const QByteArray whole = frameOf("image");
    const auto ends = endsOf(whole);
    QVERIFY(ends);
    const auto header = Zmtp::readHeader(ends->frame());
    QVERIFY(header);
    const QByteArrayView body = QByteArrayView(ends->frame()).sliced(header->size);
    QCOMPARE(quint64(body.size()), header->bodySize);
    QVERIFY(body.size() < 10'000);
    const Frame frame = parseFrame(body);
    QCOMPARE(frame.topic, "image");
    QCOMPARE(frame.trailerState, TrailerState::Read);
    QCOMPARE(frame.trailer.sequence, 7U);
    QVERIFY(ends->areOf(whole));
    QVERIFY(EventEnds::isEvent(whole));

    const QUuid node = QUuid::createUuid();
    QVERIFY(endsOf(Zmtp::frame(0, nodeTopic(node, "repair") + ' ' + QByteArray(300'000, 'x'))));
}

void TestEventEnds::areOfOneEvent_data()
{
    QTest::addColumn<qsizetype>("changed");
    QTest::addColumn<bool>("isSame");
    QTest::newRow("the header") << qsizetype(5) << false;
    QTest::newRow("the name") << qsizetype(10) << false;
    QTest::newRow("the first bytes") << qsizetype(4000) << false;
    QTest::newRow("what is not looked at") << qsizetype(150'000) << true;
    QTest::newRow("the last bytes") << qsizetype(-4000) << false;
    QTest::newRow("the trailer") << qsizetype(-10) << false;
    QTest::newRow("the end") << qsizetype(-1) << false;
}

void TestEventEnds::areOfOneEvent()
{
    QFETCH(const qsizetype, changed);
    QFETCH(const bool, isSame);
    QByteArray whole = frameOf("image");
    const auto ends = endsOf(whole);
    QVERIFY(ends);
    char &byte = whole[changed < 0 ? whole.size() + changed : changed];
    byte = char(byte ^ 0x40);
    QCOMPARE(ends->areOf(whole), isSame);
    QVERIFY(!ends->areOf(whole.first(whole.size() - 1)));
    QVERIFY(!ends->areOf(QByteArrayView(whole).first(100)));
}

void TestEventEnds::arentKnown_data()
{
    QTest::addColumn<QByteArray>("whole");
    QTest::newRow("a name that is longer") << frameOf(QByteArray(5000, 'n'));
    QTest::newRow("a trailer that is longer") << frameOf("image", QByteArray(5000, 's'));
    QTest::newRow("no trailer") << Zmtp::frame(0, "image " + QByteArray(300'000, 'x'));
    QTest::newRow("no header") << QByteArray(300'000, '\xff');
    QTest::newRow("a command") << Zmtp::frame(Zmtp::Header::Command, QByteArray(300'000, 'x'));
    QTest::newRow("more than the frame") << frameOf("image") + "x";
    QTest::newRow("too small") << frameOf("image", "pyvent", 5000);
}

void TestEventEnds::arentKnown()
{
    QFETCH(const QByteArray, whole);
    QVERIFY(!endsOf(whole));
}

PYVENT_TEST(TestEventEnds)

#include "tst_eventends.moc"
