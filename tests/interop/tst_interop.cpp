// SPDX-License-Identifier: MIT
#include "bus.h"
#include "support/testprogram.h"

#include <QtTest>

using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

// The handlers that every receiver of the matrix has, and whom they listen to.
const QList<std::pair<QString, QJsonValue>> handlers = {
    {u"default"_s, QJsonValue::Null},      {u"any"_s, u"*any*"_s},
    {u"manager"_s, u"customer-manager"_s}, {u"till-2"_s, u"customer-manager.till-2"_s},
    {u"till"_s, u"pyvent.till"_s},
};

QString describe(const QJsonObject &heard)
{
    return u"%1 heard %2 of %3"_s.arg(heard["handler"_L1].toString())
        .arg(heard["args"_L1]["number"_L1].toInt())
        .arg(heard["sender"_L1].toString());
}

// Events 1, 4 and 5 have no explicit sender, 2 and 3 have one. 4 is of another name.
QStringList expectedOfQt(const QString &defaultSender, bool isTill)
{
    QStringList expected;
    for (const QString &number : {u"1"_s, u"5"_s}) {
        expected.append(u"default heard %1 of %2"_s.arg(number, defaultSender));
        expected.append(u"any heard %1 of %2"_s.arg(number, defaultSender));
        if (isTill)
            expected.append(u"till heard %1 of %2"_s.arg(number, defaultSender));
    }
    expected.append(u"any heard 2 of customer-manager"_s);
    expected.append(u"manager heard 2 of customer-manager"_s);
    expected.append(u"any heard 3 of customer-manager.till-2"_s);
    expected.append(u"manager heard 3 of customer-manager.till-2"_s);
    expected.append(u"till-2 heard 3 of customer-manager.till-2"_s);
    return expected;
}

// Python compares senders by identity, so that explicit ones never match across processes, and puts the
// receiver's own id in the place of an absent one, which the default handlers do not listen to where there is
// an id.
QStringList expectedOfPython(const QString &receiverId)
{
    QStringList expected;
    for (const QString &number : {u"1"_s, u"5"_s}) {
        if (receiverId.isEmpty())
            expected.append(u"default heard %1 of pyvent"_s.arg(number));
        expected.append(u"any heard %1 of %2"_s.arg(number, receiverId.isEmpty() ? u"pyvent"_s : receiverId));
    }
    expected.append(u"any heard 2 of customer-manager"_s);
    expected.append(u"any heard 3 of customer-manager.till-2"_s);
    return expected;
}

} // namespace

// Nodes of Python and of this module in every mix of server, sender and receiver.
class tst_Interop : public QObject
{
    Q_OBJECT

private:
    static void addMixes()
    {
        QTest::addColumn<PeerProcess::Language>("serving");
        QTest::addColumn<PeerProcess::Language>("sending");
        QTest::addColumn<PeerProcess::Language>("receiving");
    }

    static QString mixName(PeerProcess::Language server, PeerProcess::Language sender, PeerProcess::Language receiver)
    {
        return u"server %1, sender %2, receiver %3"_s.arg(nameOf(server), nameOf(sender), nameOf(receiver));
    }

    static void addAllMixes()
    {
        addMixes();
        for (const auto server : languages) {
            for (const auto sender : languages) {
                for (const auto receiver : languages)
                    QTest::addRow("%s", qPrintable(mixName(server, sender, receiver))) << server << sender << receiver;
            }
        }
    }

private Q_SLOTS:
    void initTestCase()
    {
        if (const QString why = PeerProcess::whyNoPython(); !why.isEmpty())
            QSKIP(qPrintable(why));
    }

    void matrix_data()
    {
        addMixes();
        QTest::addColumn<QString>("senderId");
        QTest::addColumn<QString>("receiverId");
        for (const auto server : languages) {
            for (const auto sender : languages) {
                for (const auto receiver : languages) {
                    const QByteArray mix = mixName(server, sender, receiver).toUtf8();
                    const auto row = [&](const char *ids) -> QTestData & {
                        return QTest::addRow("%s, %s", mix.constData(), ids) << server << sender << receiver;
                    };
                    row("no ids") << QString() << QString();
                    row("sender has an id") << u"till"_s << QString();
                    row("receiver has an id") << QString() << u"kitchen"_s;
                    row("both have ids") << u"till"_s << u"kitchen"_s;
                }
            }
        }
    }

    void matrix()
    {
        QFETCH(const PeerProcess::Language, serving);
        QFETCH(const PeerProcess::Language, sending);
        QFETCH(const PeerProcess::Language, receiving);
        QFETCH(const QString, senderId);
        QFETCH(const QString, receiverId);

        Bus bus;
        PeerProcess &server = bus.add(serving, u"server"_s);
        PeerProcess &receiver = bus.add(receiving, u"receiver"_s);
        PeerProcess &sender = bus.add(sending, u"sender"_s);
        QVERIFY(bus.serve(server));
        const auto withId = [](const QString &id) {
            return id.isEmpty() ? QJsonObject() : QJsonObject({{u"id"_s, id}});
        };
        QVERIFY(bus.join(receiver, withId(receiverId)));
        QVERIFY(bus.join(sender, withId(senderId)));
        for (const auto &[label, from] : handlers)
            QVERIFY(receiver.tell(u"on"_s, {{u"name"_s, u"order"_s}, {u"sender"_s, from}, {u"label"_s, label}}));
        for (const QString &name : {u"order-food"_s, u"end"_s})
            QVERIFY(receiver.tell(u"on"_s, {{u"name"_s, name}, {u"sender"_s, u"*any*"_s}, {u"label"_s, name}}));
        QVERIFY(receiver.tell(u"ready"_s));

        const auto send = [&](const QString &name, int number, const QString &from = {}) {
            QJsonObject command{{u"name"_s, name}, {u"args"_s, QJsonObject({{u"number"_s, number}})}};
            if (!from.isEmpty())
                command.insert(u"sender"_s, from);
            return sender.order(u"send"_s, command);
        };
        QVERIFY(send(u"order"_s, 1));
        QVERIFY(send(u"order"_s, 2, u"customer-manager"_s));
        QVERIFY(send(u"order"_s, 3, u"customer-manager.till-2"_s));
        QVERIFY(send(u"order-food"_s, 4));
        QVERIFY(send(u"order"_s, 5));
        QVERIFY(send(u"orde"_s, 6));
        QVERIFY(send(u"end"_s, 7));
        QVERIFY(receiver.waitForHeard(1, u"end"_s));

        QStringList orders;
        for (const QJsonObject &heard : receiver.heard(u"order"_s))
            orders.append(describe(heard));
        const bool senderIsTill = sender.isQt() && !senderId.isEmpty();
        const QString defaultSender = senderIsTill ? u"pyvent."_s + senderId : u"pyvent"_s;
        QStringList expected =
            receiver.isQt() ? expectedOfQt(defaultSender, senderIsTill) : expectedOfPython(receiverId);
        orders.sort();
        expected.sort();
        PEERS_COMPARE(orders, expected);
        // The subscription to "order" brings order-food's bytes, too, but only its own handler hears them.
        PEERS_COMPARE(receiver.heard(u"order-food"_s).size(), 1);
        PEERS_COMPARE(receiver.heard(u"orde"_s).size(), 0);
        checkTrailers(receiver, sender);
        PEERS_COMPARE(receiver.errors().size(), 0);
    }

    // The trailer tells nodes of this module who has sent an event; Python's nodes hear the arguments and
    // nothing else.
    static void checkTrailers(const PeerProcess &receiver, PeerProcess &sender)
    {
        QString uuid;
        if (sender.isQt()) {
            const auto state = sender.request(u"state"_s);
            QVERIFY(state);
            uuid = (*state)["uuid"_L1].toString();
        }
        int lastSequence = 0;
        for (const QJsonObject &heard : receiver.heard(u"order"_s, u"any"_s)) {
            PEERS_COMPARE(heard["args"_L1].toObject().keys(), QStringList(u"number"_s));
            if (receiver.isPython()) {
                PEERS_COMPARE(heard["trailer"_L1].toInt() > 0, sender.isQt());
                continue;
            }
            PEERS_COMPARE(heard["node"_L1].toString(), uuid);
            lastSequence += sender.isQt();
            PEERS_COMPARE(heard["seq"_L1].toInt(), lastSequence);
        }
    }

    void keywordsHaveDefaultsAndUnknownOnesAreIgnored_data() { addAllMixes(); }
    void keywordsHaveDefaultsAndUnknownOnesAreIgnored()
    {
        QFETCH(const PeerProcess::Language, serving);
        QFETCH(const PeerProcess::Language, sending);
        QFETCH(const PeerProcess::Language, receiving);

        Bus bus;
        PeerProcess &server = bus.add(serving, u"server"_s);
        PeerProcess &receiver = bus.add(receiving, u"receiver"_s);
        PeerProcess &sender = bus.add(sending, u"sender"_s);
        QVERIFY(bus.serve(server));
        QVERIFY(bus.join(receiver));
        QVERIFY(bus.join(sender));
        const QJsonObject drink{{u"name"_s, u"drink"_s}, {u"default"_s, u"water"_s}};
        QVERIFY(receiver.tell(u"on"_s, {{u"name"_s, u"order"_s}, {u"parameters"_s, QJsonArray({u"food"_s, drink})}}));
        QVERIFY(receiver.tell(u"ready"_s));

        const QJsonObject little{{u"food"_s, u"sushi"_s}};
        const QJsonObject much{{u"food"_s, u"ramen"_s}, {u"drink"_s, u"sake"_s}, {u"table"_s, 4}};
        QVERIFY(sender.order(u"send"_s, {{u"name"_s, u"order"_s}, {u"args"_s, little}}));
        QVERIFY(sender.order(u"send"_s, {{u"name"_s, u"order"_s}, {u"args"_s, much}}));
        QVERIFY(receiver.waitForHeard(2, u"order"_s));
        const QList<QJsonObject> heard = receiver.heard(u"order"_s);
        PEERS_COMPARE(heard[0]["args"_L1].toObject(), QJsonObject({{u"food"_s, u"sushi"_s}, {u"drink"_s, u"water"_s}}));
        PEERS_COMPARE(heard[1]["args"_L1].toObject(), QJsonObject({{u"food"_s, u"ramen"_s}, {u"drink"_s, u"sake"_s}}));
    }

    void waitForSendsAndHearsTheAnswer_data() { addAllMixes(); }
    void waitForSendsAndHearsTheAnswer()
    {
        QFETCH(const PeerProcess::Language, serving);
        QFETCH(const PeerProcess::Language, sending);
        QFETCH(const PeerProcess::Language, receiving);

        Bus bus;
        PeerProcess &server = bus.add(serving, u"server"_s);
        PeerProcess &kitchen = bus.add(receiving, u"kitchen"_s);
        PeerProcess &waiter = bus.add(sending, u"waiter"_s);
        QVERIFY(bus.serve(server));
        QVERIFY(bus.join(kitchen));
        QVERIFY(bus.join(waiter));
        QVERIFY(kitchen.tell(u"echo"_s, {{u"name"_s, u"order"_s}, {u"reply"_s, u"food-ready"_s}}));
        QVERIFY(kitchen.tell(u"ready"_s));
        if (waiter.isPython()) { // its wait_for() may subscribe too late for the answer, so it has subscribed
                                 // before
            QVERIFY(waiter.tell(u"on"_s, {{u"name"_s, u"food-ready"_s}}));
            QVERIFY(waiter.tell(u"ready"_s));
        }
        const QJsonObject food{{u"food"_s, u"sushi"_s}};
        const auto answer = waiter.request(
            u"wait_for"_s,
            {{u"name"_s, u"food-ready"_s}, {u"timeout"_s, 20'000}, {u"send"_s, u"order"_s}, {u"args"_s, food}});
        PEERS_VERIFY(answer);
        PEERS_COMPARE((*answer)["args"_L1].toObject(), food);
        PEERS_COMPARE((*answer)["sender"_L1].toString(), u"pyvent"_s);
    }

    void pickleProtocols_data()
    {
        QTest::addColumn<PeerProcess::Language>("serving");
        QTest::addColumn<int>("protocol");
        for (const auto server : languages) {
            for (int protocol = 0; protocol <= 5; ++protocol)
                QTest::addRow("server %s, protocol %d", qPrintable(nameOf(server)), protocol) << server << protocol;
        }
    }
    void pickleProtocols()
    {
        QFETCH(const PeerProcess::Language, serving);
        QFETCH(const int, protocol);

        Bus bus;
        PeerProcess &server = bus.add(serving, u"server"_s);
        PeerProcess &receiver = bus.add(PeerProcess::Qt, u"receiver"_s);
        PeerProcess &sender = bus.add(PeerProcess::Python, u"sender"_s);
        QVERIFY(bus.serve(server));
        QVERIFY(bus.join(receiver));
        QVERIFY(bus.join(sender));
        QVERIFY(receiver.tell(u"on"_s, {{u"name"_s, u"order"_s}}));
        QVERIFY(receiver.tell(u"on"_s, {{u"name"_s, u"order"_s}, {u"sender"_s, u"till"_s}, {u"label"_s, u"till"_s}}));
        QVERIFY(receiver.tell(u"ready"_s));
        const QJsonObject args{
            {u"food"_s, u"寿司"_s}, {u"count"_s, -70000}, {u"paid"_s, false}, {u"note"_s, QJsonValue()}};
        QVERIFY(sender.order(u"send"_s, {{u"name"_s, u"order"_s}, {u"args"_s, args}, {u"protocol"_s, protocol}}));
        QVERIFY(sender.order(u"send"_s, {{u"name"_s, u"order"_s}, {u"args"_s, args}, {u"sender"_s, u"till"_s}}));
        QVERIFY(receiver.waitForHeard(1, u"order"_s, u"till"_s));
        const QList<QJsonObject> heard = receiver.heard(u"order"_s);
        PEERS_COMPARE(heard.size(), 2);
        PEERS_COMPARE(heard[0]["args"_L1].toObject(), args);
        PEERS_COMPARE(heard[0]["sender"_L1].toString(), u"pyvent"_s);
        PEERS_COMPARE(heard[1]["args"_L1].toObject(), args);
        PEERS_COMPARE(heard[1]["sender"_L1].toString(), u"till"_s);
    }

    // Which is why this module's nodes refuse some of these names.
    void argumentsThatEndPythonsReceivers_data()
    {
        QTest::addColumn<QString>("argument");
        QTest::addColumn<QString>("kind"); // of the handler
        QTest::addColumn<bool>("ends");
        QTest::addColumn<bool>("isRefused");
        const auto row = [](const char *argument, const char *kind, bool ends, bool isRefused) {
            QTest::addRow("%s, %s", argument, kind)
                << QString::fromLatin1(argument) << QString::fromLatin1(kind) << ends << isRefused;
        };
        row("food", "function", false, false);
        row("signal", "function", true, true);
        row("receiver", "function", true, true);
        row("self", "function", false, true);
        row("self", "method_without_kwargs", false, true);
        row("self", "method", true, true);
        row("self", "class_method", false, true);
        row("cls", "method", false, false);
        row("cls", "class_method", true, false);
    }
    void argumentsThatEndPythonsReceivers()
    {
        QFETCH(const QString, argument);
        QFETCH(const QString, kind);
        QFETCH(const bool, ends);
        QFETCH(const bool, isRefused);

        Bus bus;
        PeerProcess &server = bus.add(PeerProcess::Qt, u"server"_s);
        PeerProcess &receiver = bus.add(PeerProcess::Python, u"receiver"_s);
        PeerProcess &sender = bus.add(PeerProcess::Python, u"sender"_s);
        QVERIFY(bus.serve(server));
        QVERIFY(bus.join(receiver));
        QVERIFY(bus.join(sender));
        QVERIFY(receiver.tell(u"on"_s, {{u"name"_s, u"order"_s}, {u"kind"_s, kind}}));
        QVERIFY(receiver.tell(u"ready"_s));
        QByteArray frame("order \x80\x02}X\0\0\0\0", 14); // the pickle of {argument: 1}
        frame[10] = char(argument.size());
        frame += argument.toLatin1() + "K\x01s.";
        QVERIFY(sender.order(u"send_raw"_s, {{u"frame"_s, QString::fromLatin1(frame.toBase64())}}));
        const auto isReceiving = [&] {
            const auto state = receiver.request(u"state"_s);
            return state && (*state)["receiving"_L1].toBool();
        };
        if (ends) {
            PEERS_VERIFY(waitUntil([&] { return !isReceiving(); }));
            PEERS_COMPARE(receiver.heard(u"order"_s).size(), 0);
        } else {
            QVERIFY(receiver.waitForHeard(1, u"order"_s));
            PEERS_VERIFY(isReceiving());
        }
        const auto taken =
            server.request(u"send"_s, {{u"name"_s, u"other"_s}, {u"args"_s, QJsonObject{{argument, 1}}}});
        PEERS_VERIFY(taken);
        PEERS_COMPARE(taken->toInt(), isRefused ? 0 : 1);
    }

    void topicWithoutSpaceHasNoArguments_data()
    {
        QTest::addColumn<PeerProcess::Language>("serving");
        for (const auto server : languages)
            QTest::addRow("server %s", qPrintable(nameOf(server))) << server;
    }
    void topicWithoutSpaceHasNoArguments()
    {
        QFETCH(const PeerProcess::Language, serving);

        Bus bus;
        PeerProcess &server = bus.add(serving, u"server"_s);
        PeerProcess &python = bus.add(PeerProcess::Python, u"python"_s);
        PeerProcess &qt = bus.add(PeerProcess::Qt, u"qt"_s);
        QVERIFY(bus.serve(server));
        for (PeerProcess *peer : {&python, &qt}) {
            QVERIFY(bus.join(*peer));
            for (const QString &name : {u"order"_s, u"end"_s})
                QVERIFY(peer->tell(u"on"_s, {{u"name"_s, name}}));
            QVERIFY(peer->tell(u"ready"_s));
        }
        for (const QByteArray &frame : {QByteArray("order"), QByteArray("end")})
            QVERIFY(python.order(u"send_raw"_s, {{u"frame"_s, QString::fromLatin1(frame.toBase64())}}));
        for (PeerProcess *peer : {&python, &qt}) {
            QVERIFY(peer->waitForHeard(1, u"end"_s));
            const QList<QJsonObject> heard = peer->heard(u"order"_s);
            PEERS_COMPARE(heard.size(), 1);
            PEERS_COMPARE(heard[0]["args"_L1].toObject(), QJsonObject());
            PEERS_COMPARE(heard[0]["sender"_L1].toString(), u"pyvent"_s);
            PEERS_COMPARE(peer->errors().size(), 0);
        }
    }

    void nodesHearThemselves_data()
    {
        QTest::addColumn<PeerProcess::Language>("serving");
        QTest::addColumn<PeerProcess::Language>("hearing");
        for (const auto server : languages) {
            for (const auto peer : languages)
                QTest::addRow("server %s, node %s", qPrintable(nameOf(server)), qPrintable(nameOf(peer)))
                    << server << peer;
        }
    }
    void nodesHearThemselves()
    {
        QFETCH(const PeerProcess::Language, serving);
        QFETCH(const PeerProcess::Language, hearing);

        Bus bus;
        PeerProcess &server = bus.add(serving, u"server"_s);
        PeerProcess &peer = bus.add(hearing, u"peer"_s);
        QVERIFY(bus.serve(server));
        QVERIFY(bus.join(peer));
        QVERIFY(peer.tell(u"on"_s, {{u"name"_s, u"order"_s}}));
        QVERIFY(peer.tell(u"ready"_s));
        QVERIFY(peer.order(u"send"_s, {{u"name"_s, u"order"_s}, {u"args"_s, QJsonObject({{u"food"_s, u"sushi"_s}})}}));
        QVERIFY(peer.waitForHeard(1, u"order"_s));
    }
};

PYVENT_TEST(tst_Interop)

#include "tst_interop.moc"
