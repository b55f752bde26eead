// SPDX-License-Identifier: MIT
#include "server/answerers.h"

#include "support/testprogram.h"

#include <QtCore/qrandom.h>
#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using Control::Declaration;

namespace {

QUuid node(quint32 number)
{
    return QUuid(number + 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}

// What clients are told, each in a line: client, name, nodes by number, "+" for others.
class Told : public Answerers::Bus
{
public:
    bool hasStranger(const QByteArray &name) const override { return strangers.contains(name); }
    bool mayAnswer(Answerers::Client client, const QByteArray &) const override { return client != deaf; }
    bool mayAsk(Answerers::Client client, const QByteArray &) const override { return client != mute; }
    void tell(Answerers::Client client, const QByteArray &frame) override
    {
        const auto message = Control::Message::of(frame);
        const auto said = Control::Answerers::read(message->payload);
        QByteArray line = names.value(client) + ' ' + said->name + ':';
        for (const QUuid &each : said->nodes)
            line += ' ' + QByteArray::number(each.data1 - 1);
        lines.append(line + (said->hasOthers ? " +" : ""));
    }
    QByteArrayList take() { return std::exchange(lines, {}); }

    QSet<QByteArray> strangers;
    Answerers::Client deaf = nullptr;
    Answerers::Client mute = nullptr;
    QHash<Answerers::Client, QByteArray> names;
    QByteArrayList lines;
};

Declaration answering(const QByteArray &name, quint32 number, bool isPrefix = false)
{
    return {Declaration::Answering, name, isPrefix, node(number)};
}

Declaration asking(const QByteArray &name, quint32 number)
{
    return {Declaration::Asking, name, false, node(number)};
}

struct Clients
{
    Clients() { told.names = {{&a, "a"}, {&b, "b"}, {&c, "c"}}; }

    char a = 0;
    char b = 0;
    char c = 0;
    Told told;
    Answerers answerers{&told, {.ofClient = 5, .patterns = 3, .atOnce = 2}};
};

} // namespace

class TestAnswerers : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    // Who asks is told at once, and of each change.
    void tellsWhoAnswers()
    {
        Clients bus;
        bus.answerers.add(&bus.a, asking("x", 1));
        QCOMPARE(bus.told.take(), (QByteArrayList{"a x:"}));
        bus.answerers.add(&bus.b, answering("x", 2));
        QCOMPARE(bus.told.take(), (QByteArrayList{"a x: 2"}));
        bus.answerers.add(&bus.b, answering("y", 2));
        QCOMPARE(bus.told.take(), (QByteArrayList{}));
        bus.answerers.add(&bus.c, asking("x", 3));
        QCOMPARE(bus.told.take(), (QByteArrayList{"c x: 2"}));
        bus.answerers.add(&bus.c, answering("x", 1));
        QCOMPARE(bus.told.take(), (QByteArrayList{"a x: 1 2", "c x: 1 2"}));
        bus.answerers.remove(&bus.c, asking("x", 3));
        bus.answerers.left(&bus.b);
        QCOMPARE(bus.told.take(), (QByteArrayList{"a x: 1"}));
        bus.answerers.remove(&bus.c, answering("x", 1));
        QCOMPARE(bus.told.take(), (QByteArrayList{"a x:"}));
        bus.answerers.left(&bus.a);
        bus.answerers.left(&bus.c);
        QVERIFY(bus.answerers.isEmpty());
        QVERIFY(bus.told.take().isEmpty());
    }

    void patternsAnswer()
    {
        Clients bus;
        bus.answerers.add(&bus.a, asking("order-x", 1));
        bus.answerers.add(&bus.a, asking("other", 1));
        bus.told.take();
        bus.answerers.add(&bus.b, answering("order-", 2, true));
        QCOMPARE(bus.told.take(), (QByteArrayList{"a order-x: 2"}));
        bus.answerers.add(&bus.b, answering("order-x", 2)); // it is there already
        QCOMPARE(bus.told.take(), (QByteArrayList{}));
        bus.answerers.remove(&bus.b, answering("order-", 2, true));
        QCOMPARE(bus.told.take(), (QByteArrayList{}));
        bus.answerers.add(&bus.c, {Declaration::Answering, "order", true, QUuid()}); // passes it on
        QCOMPARE(bus.told.take(), (QByteArrayList{"a order-x: 2 +"}));
    }

    void strangersMayAnswer()
    {
        Clients bus;
        bus.answerers.add(&bus.a, asking("x", 1));
        bus.answerers.add(&bus.a, asking("xy", 1));
        bus.told.take();
        bus.told.strangers = {"x", "xy"};
        bus.answerers.strangersChanged("x ");
        QCOMPARE(bus.told.take(), (QByteArrayList{"a x: +"}));
        bus.answerers.strangersChanged("x"); // no other name
        QCOMPARE(bus.told.take(), (QByteArrayList{}));
        bus.answerers.strangersChanged("xy");
        QCOMPARE(bus.told.take(), (QByteArrayList{"a xy: +"}));
        bus.told.strangers.clear();
        bus.answerers.strangersChanged({});
        QByteArrayList told = bus.told.take();
        std::sort(told.begin(), told.end());
        QCOMPARE(told, (QByteArrayList{"a x:", "a xy:"}));
    }

    void whoMayNotIsNotCounted()
    {
        Clients bus;
        bus.told.mute = &bus.a;
        bus.told.deaf = &bus.b;
        bus.answerers.add(&bus.a, asking("x", 1));
        bus.answerers.add(&bus.c, asking("x", 3));
        bus.answerers.add(&bus.b, answering("x", 2));
        QCOMPARE(bus.told.take(), (QByteArrayList{"c x:"}));
    }

    // What is more than is kept may answer all the same.
    void boundsWhatAClientDeclares()
    {
        Clients bus;
        bus.answerers.add(&bus.a, asking("x", 1));
        for (quint32 i = 0; i < 6; ++i)
            bus.answerers.add(&bus.b, answering(QByteArray::number(i), 2));
        QCOMPARE(bus.told.take(), (QByteArrayList{"a x:", "a x: +"}));
        bus.answerers.left(&bus.b);
        QCOMPARE(bus.told.take(), (QByteArrayList{"a x:"}));
        for (quint32 i = 0; i < 4; ++i)
            bus.answerers.add(&bus.c, answering(QByteArray::number(i), 2, true));
        QCOMPARE(bus.told.take(), (QByteArrayList{"a x: +"}));
        for (quint32 i = 0; i < 6; ++i)
            bus.answerers.add(&bus.b, asking(QByteArray::number(i), 2));
        QCOMPARE(bus.told.take().size(), 5);
    }

    // Names whose askers are told before anything else goes on are few; the others are told when there is time.
    void tellsOfManyNamesLater()
    {
        Clients bus;
        for (quint32 i = 0; i < 5; ++i)
            bus.answerers.add(&bus.a, asking("x" + QByteArray::number(i), 1));
        bus.told.take();
        bus.answerers.add(&bus.b, answering("x", 2, true));
        QCOMPARE(bus.told.take().size(), 2);
        QVERIFY(bus.answerers.hasChanges());
        bus.answerers.tell(2);
        QCOMPARE(bus.told.take().size(), 2);
        bus.answerers.tell(2);
        QCOMPARE(bus.told.take().size(), 1);
        QVERIFY(!bus.answerers.hasChanges());
        // What was taken back meanwhile is not told.
        bus.answerers.remove(&bus.b, answering("x", 2, true));
        bus.answerers.add(&bus.b, answering("x", 2, true));
        bus.answerers.tell(100);
        QVERIFY(bus.told.take().size() < 10);
    }

    void manyAnswererAreNotAllNamed()
    {
        Clients bus;
        std::vector<std::unique_ptr<char>> many;
        for (quint32 i = 0; i < 201; ++i) {
            many.push_back(std::make_unique<char>());
            bus.answerers.add(many.back().get(), answering("x", i));
        }
        bus.answerers.add(&bus.a, asking("x", 1));
        const QByteArrayList told = bus.told.take();
        QCOMPARE(told.size(), 1);
        QVERIFY(told.first().endsWith(" +"));
        QCOMPARE(told.first().count(' '), 202);
    }

    // Whatever clients declare and take back, what they know in the end is what is there.
    void randomDeclarations()
    {
        const quint32 seed = QRandomGenerator::global()->generate();
        QRandomGenerator random(seed);
        Clients bus;
        QMap<QPair<Answerers::Client, QByteArray>, QSet<quint32>> there; // answering
        const std::array<Answerers::Client, 3> clients{&bus.a, &bus.b, &bus.c};
        const QByteArrayList names{"x", "xy", "z"};
        QMap<QByteArray, QByteArray> known; // of client a
        const auto note = [&] {
            for (const QByteArray &line : bus.told.take()) {
                if (line.startsWith("a "))
                    known[line.mid(2, line.indexOf(':') - 2)] = line.mid(line.indexOf(':') + 1);
            }
        };
        for (const QByteArray &name : names)
            bus.answerers.add(&bus.a, asking(name, 9));
        note();
        for (int i = 0; i < 2000; ++i) {
            const auto client = clients[random.bounded(2u) + 1];
            const quint32 number = client == &bus.b ? 1 : 2;
            const QByteArray name = names[qsizetype(random.bounded(3u))];
            QSet<quint32> &numbers = there[{client, name}];
            switch (random.bounded(4)) {
            case 0:
            case 1:
                if (!numbers.contains(number)) {
                    numbers.insert(number);
                    bus.answerers.add(client, answering(name, number));
                }
                break;
            case 2:
                if (numbers.remove(number))
                    bus.answerers.remove(client, answering(name, number));
                break;
            default:
                if (random.bounded(10) > 0)
                    break;
                for (const QByteArray &each : names)
                    there[{client, each}].clear();
                bus.answerers.left(client);
            }
            bus.answerers.tell(100);
            note();
            for (const QByteArray &each : names) {
                QByteArray expected;
                for (quint32 n = 1; n <= 2; ++n) {
                    if (there[{clients[n], each}].contains(n))
                        expected += ' ' + QByteArray::number(n);
                }
                QVERIFY2(known[each] == expected, qPrintable(QStringLiteral("seed %1").arg(seed)));
            }
        }
    }
};

PYVENT_TEST(TestAnswerers)
#include "tst_answerers.moc"
