// SPDX-License-Identifier: MIT
#include "bridgesamples.h"
#include "envelope.h"
#include "support/schedules.h"
#include "support/testprogram.h"

#include <QtTest>

using namespace Pyvent::Bridge;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

const QUuid nodeC = QUuid::fromString(u"{12345678-9abc-def0-1234-56789abcdef0}"_s);

Envelope withHeaders(const QList<Envelope::Header> &headers, const QByteArray &type = "application/x-pyvent-pickle"_ba)
{
    return {.address = "x"_ba, .contentType = type, .headers = headers, .payload = "{}"_ba};
}

} // namespace

class tst_Envelope : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void comesBack_data();
    void comesBack();
    void comesBackAtRandom();
    void saysWhatItIs();
    void isNoEvent_data();
    void isNoEvent();
    void isAnotherPrograms();
    void doesNotBelieveAll();
    void goesByItsAddress();
};

void tst_Envelope::comesBack_data()
{
    QTest::addColumn<QString>("name");
    const QStringList names = awkwardNames();
    for (const QString &name : names)
        QTest::addRow("%s (%lld)", qPrintable(name.left(16)), qlonglong(name.size())) << name;
}

void tst_Envelope::comesBack()
{
    QFETCH(QString, name);
    const Message message{.name = name,
                          .sender = u"customer manager é"_s,
                          .node = nodeC,
                          .number = quint64(1) << 62,
                          .time = 1'700'000'000'000'001,
                          .bus = "harbour"_ba,
                          .format = Message::Format::Json,
                          .payload = QByteArray("\0\xff{}", 4),
                          .lost = 7,
                          .stamp = quint64(1) << 62};
    for (const Dialect dialect : {Dialect::Nats, Dialect::Mqtt}) {
        QString why;
        QCOMPARE(unseal(seal(message, dialect), &why), message);
        QVERIFY(why.isEmpty());
    }
}

void tst_Envelope::comesBackAtRandom()
{
    const Schedules schedules = schedulesFromEnvironment();
    for (int i = 0; i < schedules.count; ++i) {
        std::mt19937_64 random(schedules.seed + quint32(i));
        std::mt19937 names(schedules.seed + quint32(i));
        Message message{
            .name = randomName(&names), .node = QUuid::createUuid(), .number = 1 + (random() >> (1 + random() % 62))};
        if (random() % 2)
            message.sender = randomName(&names).left(255);
        if (!message.sender.isValidUtf16())
            message.sender.clear();
        message.time = qint64(random() >> 10);
        message.lost = random() % 3 ? 0 : random() % message.number;
        message.stamp = random() % 2 ? random() >> 1 : 0;
        message.bus = random() % 2 ? "b1"_ba : QByteArray();
        message.format = random() % 2 ? Message::Format::Json : Message::Format::Pickle;
        message.payload = QByteArray(qsizetype(random() % 64), char(random()));
        const auto dialect = random() % 2 ? Dialect::Nats : Dialect::Mqtt;
        QString why;
        const auto back = unseal(seal(message, dialect), &why);
        QVERIFY2(back == message, scheduleName(schedules.seed + quint32(i)) + qPrintable(' '_L1 + why));
    }
}

void tst_Envelope::saysWhatItIs()
{
    const Message message{
        .name = u"order-food"_s, .node = nodeC, .number = 3, .time = 5, .bus = "harbour"_ba, .payload = "}."_ba};
    const Envelope envelope = seal(message, Dialect::Nats);
    QCOMPARE(envelope.address, "order-food"_ba);
    QCOMPARE(envelope.contentType, "application/x-pyvent-pickle"_ba);
    QCOMPARE(envelope.header("Pyvent-Node"), "12345678-9abc-def0-1234-56789abcdef0"_ba);
    QCOMPARE(envelope.header("Pyvent-Number"), "3"_ba);
    QCOMPARE(envelope.header("Pyvent-Bus"), "harbour"_ba);
    QVERIFY(envelope.header("Pyvent-Sender").isNull());
    QVERIFY(envelope.header("Pyvent-Name").isNull());
    QVERIFY(envelope.header("Pyvent-Stamp").isNull());
    Message write = message;
    write.stamp = 117'964'800'000'000'001;
    QCOMPARE(seal(write, Dialect::Mqtt).header("Pyvent-Stamp"), "117964800000000001"_ba);
    QCOMPARE(idOf(message, Dialect::Nats), "12345678-9abc-def0-1234-56789abcdef0:order-food:3"_ba);
}

void tst_Envelope::isNoEvent_data()
{
    QTest::addColumn<Envelope>("envelope");
    QTest::addColumn<QString>("why");

    const Envelope::Header good{"Pyvent-Node"_ba, nodeC.toByteArray(QUuid::WithoutBraces)};
    const Envelope::Header number{"Pyvent-Number"_ba, "1"_ba};
    const auto row = [](const char *name, const Envelope &envelope, const QString &why) {
        QTest::newRow(name) << envelope << why;
    };
    row("no number", withHeaders({good}), u"its header Pyvent-Number is missing or wrong"_s);
    row("number 0", withHeaders({good, {"Pyvent-Number"_ba, "0"_ba}}), u"Pyvent-Number"_s);
    row("negative number", withHeaders({good, {"Pyvent-Number"_ba, "-1"_ba}}), u"Pyvent-Number"_s);
    row("too large a number", withHeaders({good, {"Pyvent-Number"_ba, "9223372036854775808"_ba}}), u"Pyvent-Number"_s);
    row("no UUID", withHeaders({{"Pyvent-Node"_ba, "me"_ba}, number}), u"Pyvent-Node"_s);
    row("empty UUID", withHeaders({{"Pyvent-Node"_ba, ""_ba}, number}), u"Pyvent-Node"_s);
    row("time", withHeaders({good, number, {"Pyvent-Time"_ba, "now"_ba}}), u"Pyvent-Time"_s);
    row("lost", withHeaders({good, number, {"Pyvent-Lost"_ba, "-5"_ba}}), u"Pyvent-Lost"_s);
    row("sender too long", withHeaders({good, number, {"Pyvent-Sender"_ba, QByteArray(256, 'x')}}), u"Pyvent-Sender"_s);
    row("sender no UTF-8", withHeaders({good, number, {"Pyvent-Sender"_ba, "%FF"_ba}}), u"Pyvent-Sender"_s);
    row("bus too long", withHeaders({good, number, {"Pyvent-Bus"_ba, QByteArray(65, 'x')}}), u"Pyvent-Bus"_s);
    row("name too long", withHeaders({good, number, {"Pyvent-Name"_ba, QByteArray(1025, 'x')}}), u"Pyvent-Name"_s);
    row("a stranger's pickle", withHeaders({}), u"a pickle without the header Pyvent-Node"_s);
    Envelope nameless = withHeaders({}, "application/json"_ba);
    nameless.address = "\xff"_ba;
    row("no name", nameless, u"no event's name"_s);
    Envelope hidden = withHeaders({good, number});
    hidden.address = addressOf(QString(1024, u'*'), Dialect::Nats).text;
    row("a hidden name without its header", hidden, u"no event's name"_s);
    hidden.headers.emplaceBack("Pyvent-Name"_ba, "another"_ba);
    row("a hidden name, and another one in its header", hidden, u"no event's name"_s);
}

void tst_Envelope::isNoEvent()
{
    QFETCH(Envelope, envelope);
    QFETCH(QString, why);
    QString found;
    QVERIFY(!unseal(envelope, &found));
    QVERIFY2(found.contains(why), qPrintable(found));
}

void tst_Envelope::isAnotherPrograms()
{
    QString why;
    Envelope envelope = withHeaders({}, QByteArray());
    envelope.address = "living room/lamp"_ba;
    envelope.payload = R"({"on":true})"_ba;
    const auto message = unseal(envelope, &why);
    QVERIFY2(message, qPrintable(why));
    QVERIFY(message->node.isNull());
    QCOMPARE(message->name, u"living-room/lamp"_s); // events' names have no spaces
    QCOMPARE(message->format, Message::Format::Json);
    QCOMPARE(message->payload, envelope.payload);
}

// What is lost before an event cannot be more than there was.
void tst_Envelope::doesNotBelieveAll()
{
    QString why;
    const auto message = unseal(withHeaders({{"Pyvent-Node"_ba, nodeC.toByteArray()},
                                             {"Pyvent-Number"_ba, "5"_ba},
                                             {"Pyvent-Lost"_ba, "9000000000000000000"_ba}}),
                                &why);
    QVERIFY2(message, qPrintable(why));
    QCOMPARE(message->lost, 4u);
}

// Who may publish to an address may not say that it is another one.
void tst_Envelope::goesByItsAddress()
{
    const QByteArray node = nodeC.toByteArray();
    for (const QByteArray &contentType : {"application/x-pyvent-pickle"_ba, "application/json"_ba}) {
        Envelope envelope = withHeaders(
            {{"Pyvent-Node"_ba, node}, {"Pyvent-Number"_ba, "1"_ba}, {"Pyvent-Name"_ba, "door.open"_ba}}, contentType);
        envelope.address = "lamp"_ba;
        QString why;
        const auto message = unseal(envelope, &why);
        QVERIFY2(message, qPrintable(why));
        QCOMPARE(message->name, u"lamp"_s);
        // Nor may who may publish anywhere but to this name's own address.
        envelope.address = "%~"_ba + QCryptographicHash::hash("door.open"_ba, QCryptographicHash::Sha256).toHex();
        QVERIFY(!unseal(envelope, &why));
    }
}

PYVENT_TEST(tst_Envelope)
#include "tst_envelope.moc"
