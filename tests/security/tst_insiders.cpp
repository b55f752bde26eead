// SPDX-License-Identifier: MIT
#include "insider.h"
#include "siege.h"
#include "support/testprogram.h"
#include "wire/control.h"
#include "wire/frame.h"

#include <QtCore/qcborarray.h>
#include <QtCore/qcborvalue.h>
#include <QtCore/qdatetime.h>
#include <QtTest/qtest.h>

#include <thread>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace std::chrono_literals;

namespace {

constexpr quint64 huge = quint64(1) << 62;

qint64 now()
{
    return QDateTime::currentMSecsSinceEpoch() * 1000;
}

// One is enough to end a stream for ever where it is believed; and those that are to come.
void forgeEvents(int port)
{
    Insider insider(port);
    if (!insider.learn())
        qFatal("nothing to forge");
    QByteArrayList frames{insider.forged(huge), insider.forged(huge + 1)};
    for (quint64 i = 1; i <= 5000; ++i)
        frames.append(insider.forged(insider.newest() + i));
    insider.sendAll(frames);
    for (int i = 0; i < 20; ++i) {
        insider.learn();
        insider.sendAll({insider.forged(huge + quint64(i)), insider.forged(insider.newest() + 1)});
        std::this_thread::sleep_for(20ms);
    }
}

// "answer" behind a forged announcement: 4.6e18 events would be told lost.
void forgeAnswers(int port)
{
    Insider insider(port);
    if (!insider.learn())
        qFatal("nothing to forge");
    QByteArrayList frames;
    for (const QUuid &node : insider.nodes()) {
        frames.append(
            Control::Heads{.node = insider.sender(), .heads = {{"honest", huge, now()}}, .asOf = now()}.toFrame(node));
        frames.append(Control::Answer{.node = insider.sender(), .topic = "honest", .first = huge}.toFrame(node));
        frames.append(
            Control::Answer{.node = insider.sender(), .topic = "honest", .first = huge, .isBase = true, .base = huge}
                .toFrame(node));
        frames.append(
            Control::Withheld{insider.sender(), "honest", {{insider.newest() + 1, insider.newest() + 100'000}}}.toFrame(
                node));
        frames.append(Control::Kept{insider.sender(), "honest", 1, huge, 1}.toFrame(node));
        frames.append(nodeTopic(node, Control::repair) + insider.forged(insider.newest() + 2));
        frames.append(nodeTopic(node, Control::replay) + insider.forged(insider.newest() + 3));
    }
    frames.append(
        Control::Heads{.node = insider.sender(), .heads = {{"honest", huge, now()}}, .asOf = now()}.toFrame());
    frames.append(commonTopic(Control::repair) + insider.forged(insider.newest() + 1));
    for (int i = 0; i < 200; ++i)
        insider.sendAll(frames);
}

// The server's own words.
void forgeRefusals(int port)
{
    Insider insider(port);
    if (!insider.learn())
        qFatal("nothing to forge");
    for (int i = 0; i < 1000; ++i)
        insider.send(Control::Refused{.node = insider.sender(), .topic = "honest", .count = 1}.toFrame());
}

// Questions that cost those who are asked.
void askForEver(int port)
{
    Insider insider(port);
    if (!insider.learn())
        qFatal("nobody to ask");
    const QUuid own = QUuid::createUuid();
    QByteArrayList frames;
    frames.append(Control::Announce{own, QByteArrayList(200, "honest")}.toFrame());
    frames.append(commonTopic(Control::announce));
    frames.append(Control::Past{.asker = own, .topic = "honest", .since = 1, .number = 1}.toFrame());
    frames.append(commonTopic(Control::who) + own.toByteArray(QUuid::WithoutBraces));
    for (const QUuid &node : insider.nodes())
        frames.append(Control::Ask{.asker = own, .topic = "honest", .missing = {{1, huge}}}.toFrame(node));
    frames = frames + frames + frames + frames;
    const auto until = std::chrono::steady_clock::now() + 3s;
    while (std::chrono::steady_clock::now() < until && insider.sendAll(frames)) { }
}

// A megabyte of CBOR, four times a second and faster.
void sayMuch(int port)
{
    Insider insider(port);
    if (!insider.learn())
        qFatal("nobody is there");
    const QUuid own = QUuid::createUuid();
    QCborArray deep;
    for (int i = 0; i < 500; ++i)
        deep = QCborArray{deep};
    QCborArray wide;
    for (int i = 0; i < 300'000; ++i)
        wide.append(QCborArray());
    const QByteArray first = QCborValue(own).toCbor();
    for (int i = 0; i < 20; ++i) {
        for (const QByteArrayView kind : {Control::heads, Control::announce, Control::past}) {
            insider.send(commonTopic(kind) + '\x82' + first + QCborValue(wide).toCbor());
            insider.send(commonTopic(kind) + '\x82' + first + QCborValue(deep).toCbor());
            insider.send(commonTopic(kind) + QByteArray(60'000, '\x81'));
        }
    }
}

// What is refused is told, which must not be more than it was.
void beRefusedForEver(int port)
{
    Insider insider(port);
    if (!insider.learn())
        qFatal("nothing to forge");
    QByteArrayList frames;
    for (quint64 i = 0; i < 1000; ++i)
        frames.append(insider.forged(i));
    for (int i = 0; i < 1000 && insider.sendAll(frames); ++i) { }
}

// Streams and nodes that are invented.
void inventNodes(int port)
{
    Insider insider(port);
    if (!insider.learn())
        qFatal("nobody is there");
    for (int i = 0; i < 200; ++i) {
        QByteArrayList frames;
        for (int j = 0; j < 100; ++j) {
            const QUuid invented = QUuid::createUuid();
            frames.append(
                Control::Heads{.node = invented, .heads = {{"honest", huge, now()}}, .asOf = now()}.toFrame());
        }
        if (!insider.sendAll(frames))
            break;
    }
}

// That honest nodes are gone, what they would have sent then, and ever more nodes and wills of one's own.
void forgePresence(int port)
{
    Insider insider(port);
    if (!insider.learn())
        qFatal("nobody is there");
    const auto willOf = [](const QUuid &node, qsizetype size) {
        QByteArray frame = "honest \x80\x02}" + QByteArray(size, 'N') + '.';
        appendTrailer({.nodeId = node, .sequence = 0, .time = now(), .flags = Trailer::Will}, &frame);
        return serverTopic(Control::will) + frame;
    };
    const auto hereOf = [](const QUuid &node) {
        return presenceTopic(Control::here) + "\xA2\x64uuid\x78\x24" + node.toByteArray(QUuid::WithoutBraces)
            + "\x62id\x79\xEA\x60" + QByteArray(60'000, 'x');
    };
    QByteArrayList frames;
    for (const QUuid &node : insider.nodes()) {
        frames.append(Control::Gone{node, Control::Gone::Left}.toFrame());
        frames.append(Control::Gone{node, Control::Gone::Lost}.toFrame());
        frames.append(hereOf(node));
        frames.append(willOf(node, 0));
        frames.append(Control::NoWill{node}.toFrame());
    }
    for (int i = 0; i < 100; ++i)
        insider.sendAll(frames);
    for (int i = 0; i < 1000; ++i) {
        const QUuid invented = QUuid::createUuid();
        if (!insider.sendAll({hereOf(invented), willOf(invented, 60'000), willOf(invented, 70'000)}))
            break;
    }
}

} // namespace

class TestInsiders : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void holds_data();
    void holds();
};

void TestInsiders::holds_data()
{
    QTest::addColumn<Attack>("attack");
    QTest::addColumn<int>("mebibytes"); // that the server may take meanwhile
    QTest::newRow("events in another's name") << &forgeEvents << 64;
    QTest::newRow("answers, heads, repairs and withheld messages in another's name") << &forgeAnswers << 64;
    QTest::newRow("the server's words") << &forgeRefusals << 64;
    QTest::newRow("questions for ever") << &askForEver << 300; // for the attacker, who does not read the answers
    QTest::newRow("messages that are too much") << &sayMuch << 64;
    QTest::newRow("a million events in another's name") << &beRefusedForEver << 64;
    QTest::newRow("nodes that are invented") << &inventNodes << 64;
    QTest::newRow("who is there, and wills")
        << &forgePresence << 96; // for the attacker, who does not read who is there
}

void TestInsiders::holds()
{
    QFETCH(const Attack, attack);
    QFETCH(const int, mebibytes);
    const QString why = whyNotWithstood(attack, mebibytes);
    QVERIFY2(why.isEmpty(), qPrintable(why));
}

PYVENT_TEST(TestInsiders)

#include "tst_insiders.moc"
