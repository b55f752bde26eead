// SPDX-License-Identifier: MIT
#include "wire/lane.h"

#include "support/testprogram.h"
#include "wire/zmtp.h"

#include <QtTest/qtest.h>

#include <limits>

using namespace Pyvent::Internal;

namespace {

// A view of the frame.
Zmtp::Command commandOf(const QByteArray &frame)
{
    const auto header = Zmtp::readHeader(frame);
    return Zmtp::readCommand(QByteArrayView(frame).sliced(header->size)).value();
}

} // namespace

class TestLane : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void ready();
    void acknowledgements_data();
    void acknowledgements();
    void tooShortToBeAnAcknowledgement();
    void errors();
};

void TestLane::ready()
{
    const QByteArray frame = Lane::readyFrame();
    QCOMPARE(frame.toHex(),
             QByteArray("0417055245414459"
                        "0b507976656e742d4c616e65"
                        "00000001"
                        "31"));
    const Zmtp::Command command = commandOf(frame);
    QVERIFY(command.name == Lane::readyCommand);
    QVERIFY(Lane::isReady(command.data));
    QVERIFY(Lane::isReady(Zmtp::property("Later", "x") + Zmtp::property("pyvent-lane", "1")));
    QVERIFY(!Lane::isReady(Zmtp::property("Pyvent-Lane", "2")));
    QVERIFY(!Lane::isReady({}));
    QVERIFY(!Lane::isReady("no properties"));
}

void TestLane::acknowledgements_data()
{
    QTest::addColumn<quint64>("events");
    QTest::addColumn<quint64>("subscriptions");
    constexpr quint64 most = std::numeric_limits<quint64>::max();
    QTest::newRow("nothing") << quint64(0) << quint64(0);
    QTest::newRow("some") << quint64(258) << quint64(3);
    QTest::newRow("the most") << most << most;
}

void TestLane::acknowledgements()
{
    QFETCH(const quint64, events);
    QFETCH(const quint64, subscriptions);
    const QByteArray frame = Lane::acknowledgementFrame({events, subscriptions});
    const Zmtp::Command command = commandOf(frame);
    QVERIFY(command.name == Lane::acknowledgeCommand);
    const auto read = Lane::readAcknowledgement(command.data);
    QVERIFY(read);
    QCOMPARE(read->events, events);
    QCOMPARE(read->subscriptions, subscriptions);
}

void TestLane::tooShortToBeAnAcknowledgement()
{
    QVERIFY(!Lane::readAcknowledgement({}));
    QVERIFY(!Lane::readAcknowledgement(QByteArray(15, 'x')));
    QVERIFY(Lane::readAcknowledgement(QByteArray(17, 'x'))); // of a version to come
}

void TestLane::errors()
{
    const QString why = QStringLiteral("the user ada (1001) may not 🍣");
    const QByteArray frame = Lane::errorFrame(why);
    const Zmtp::Command command = commandOf(frame);
    QVERIFY(command.name == Lane::errorCommand);
    QCOMPARE(Lane::readError(command.data), why);
    const QByteArray longest = Lane::errorFrame(QString(100'000, QChar(0x20AC)));
    QVERIFY(commandOf(longest).data.size() <= 1000);
    QVERIFY(Lane::readError(QByteArray(100'000, 'x')).size() <= 1000);
}

PYVENT_TEST(TestLane)

#include "tst_lane.moc"
