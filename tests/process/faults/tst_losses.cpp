// SPDX-License-Identifier: MIT
#include "proxy.h"
#include "support/numbers.h"
#include "support/portpair.h"
#include "support/testprogram.h"
#include "support/waituntil.h"

#include <PyventNode>

#include <QtTest>

using namespace PyventFaults;
using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

// What is lost for good is told, and exactly: a receiver is cut off for longer than its sender keeps what it sends.
class tst_Losses : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void areTold_data()
    {
        QTest::addColumn<QString>("pattern");
        QTest::addColumn<int>("before"); // sent before the receiver was Ready
        QTest::addColumn<int>("heard");  // and then before it was cut off
        QTest::newRow("of a stream that begins meanwhile") << u"x"_s << 0 << 0;
        QTest::newRow("of one that began before") << u"x"_s << 3 << 0;
        QTest::newRow("of one that began before, to a glob") << u"x*"_s << 3 << 0;
        QTest::newRow("of one that was heard") << u"x"_s << 3 << 2;
    }
    void areTold()
    {
        QFETCH(const QString, pattern);
        QFETCH(const int, before);
        QFETCH(const int, heard);

        const PortPair ports;
        const PortPair detour;
        Proxy sending(detour.port(), ports.port());
        Proxy hearing(detour.port() + 1, ports.port() + 1);
        QVERIFY(sending.isListening() && hearing.isListening());
        const auto setCutOff = [&](bool on) {
            for (Proxy *proxy : {&sending, &hearing}) {
                proxy->setRefusing(on);
                if (on)
                    proxy->reset();
            }
        };

        PyventNode sender({.port = ports.port()});
        QVERIFY(sender.startServer());
        int sent = 0;
        const auto send = [&](int count, const QByteArray &load = {}) {
            for (int i = 0; i < count; ++i) {
                if (!sender.send("x", {{u"n"_s, ++sent}, {u"load"_s, load}}) || !sender.flush(10s))
                    return false;
            }
            return true;
        };
        QVERIFY(send(before));

        PyventNode receiver({.port = detour.port(), .server = false});
        QList<int> numbers;
        quint64 lost = 0;
        bool isMarked = false;
        receiver.on(pattern, {"n"}, this, [&](int n) { numbers.append(n); });
        receiver.on("mark", this, [&] { isMarked = true; });
        connect(&receiver, &PyventNode::eventsLost, this, [&](const QString &name, const QUuid &, quint64 count) {
            QCOMPARE(name, u"x"_s);
            lost += count;
        });
        QVERIFY(waitUntil([&] { return receiver.state() == PyventNode::Ready; }));
        // What becomes Ready asks each sender for its streams. This is a question after that one, and the mark is behind both
        // answers.
        QFuture<QList<PyventNodeInfo>> nodes;
        do {
            nodes = receiver.findNodes(200ms);
            QVERIFY(waitUntil([&] { return nodes.isFinished(); }));
        } while (nodes.result().size() < 2);
        QVERIFY(sender.send("mark"));
        QVERIFY(waitUntil([&] { return isMarked; }));
        QVERIFY(send(heard));
        QVERIFY(waitUntil([&] { return numbers.size() == heard; }));

        setCutOff(true);
        QVERIFY(waitUntil([&] { return receiver.state() == PyventNode::Connecting; }));
        constexpr int missed = 90;
        QVERIFY(send(missed, QByteArray(1024 * 1024, 'x'))); // 64 MiB of them are kept
        setCutOff(false);
        QVERIFY(waitUntil([&] { return receiver.state() == PyventNode::Ready; }));
        QVERIFY(send(1));
        QVERIFY(waitUntil([&] { return !numbers.isEmpty() && numbers.last() == sent; }));

        QVERIFY2(lost > 20 && lost < 40, QByteArray::number(lost));
        const int last = before + heard;
        QCOMPARE(numbers, numbersFromTo(before + 1, last) + numbersFromTo(last + int(lost) + 1, sent));
    }
};

PYVENT_TEST(tst_Losses)

#include "tst_losses.moc"
