// SPDX-License-Identifier: MIT
#include "support/childprocess.h"
#include "support/portpair.h"
#include "support/testprogram.h"

#include <PyventNode>

#include <QtTest>

#include <memory>
#include <vector>

using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

const QString starvedProgram = QStringLiteral(PYVENT_STARVED);

// What a node with nothing to share takes in all, the server included: as the README says.
constexpr int descriptorsOfNode = 33;

} // namespace

// Processes that are short of file descriptors or of memory: nothing throws or aborts, they say what is missing, and go on when
// it is there.
class tst_Resources : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void fewDescriptors_data()
    {
        QTest::addColumn<bool>("serves");
        QTest::addColumn<bool>("lane");
        QTest::addColumn<int>("needed"); // at least
        QTest::newRow("serves") << true << true << 5;
        QTest::newRow("serves by TCP") << true << false << 10;
        QTest::newRow("joins") << false << true << 2;
        QTest::newRow("joins by TCP") << false << false << 10;
    }
    void fewDescriptors()
    {
#if defined(__SANITIZE_ADDRESS__)
        QSKIP("UndefinedBehaviorSanitizer looks at memory through a pipe, and takes objects for broken where there is "
              "none");
#endif
        QFETCH(const bool, serves);
        QFETCH(const bool, lane);
        QFETCH(const int, needed);

        qputenv("PYVENT_LANE", lane ? "1" : "0");
        const auto restore = qScopeGuard([] { qunsetenv("PYVENT_LANE"); });
        const PortPair ports;
        PyventNode server({.port = ports.port(), .nodeId = {}});
        if (!serves)
            QVERIFY(server.startServer());
        // One after the other where each serves; some at a time would be faster, and each would hear the others.
        int refused = 0;
        for (int left = 0; left <= descriptorsOfNode; ++left) {
            ChildProcess child(starvedProgram,
                               {u"descriptors"_s, QString::number(left), QString::number(ports.port()),
                                serves ? u"serve"_s : u"join"_s});
            QVERIFY(waitUntil([&] { return child.hasLine("sent") || child.hasLine("refused"); }));
            const QByteArray what = "with " + QByteArray::number(left) + " left: " + child.lines().join("\n");
            QVERIFY2(!child.hasLine("no handler"), what);
            if (child.hasLine("refused")) {
                ++refused;
                QVERIFY2(waitUntil([&] { return child.hasLine("last OutOfResources"); }), what);
                QVERIFY2(waitUntil([&] { return child.hasLine("error OutOfResources"); }), what);
                QVERIFY2(child.lines().join("\n").contains("of the 256 file descriptors"), child.lines().join("\n"));
            } else if (left == descriptorsOfNode) {
                QVERIFY2(!child.hasLine("error OutOfResources"), what);
            }
            child.writeLine("");
            QVERIFY2(child.printsLine("ready"), child.lines().join("\n"));
            QVERIFY(child.printsLine("ready"));
            QCOMPARE(child.exitCode(), 0);
        }
        qInfo("a node that finds fewer than %d file descriptors free is refused", refused);
        QVERIFY2(refused > needed, qPrintable(QString::number(refused)));
        QVERIFY(refused < descriptorsOfNode);
    }

    void aProgramWithSixteenDescriptors()
    {
        const PortPair ports;
        ChildProcess child(u"/bin/sh"_s,
                           {u"-c"_s, u"ulimit -n 16; exec \"$0\" send x --port \"$1\" 2>&1"_s,
                            QStringLiteral(PYVENT_CLI), QString::number(ports.port())});
        QCOMPARE(child.exitCode(), 1);
        QVERIFY2(child.lines().join("\n").contains("file descriptors"), child.lines().join("\n"));
    }

    void aThousandNodes()
    {
        const PortPair ports;
        ChildProcess child(starvedProgram, {u"crowd"_s, u"1000"_s, QString::number(ports.port())});
        QVERIFY2(child.printsLine("heard by all"), child.lines().join("\n"));
        QCOMPARE(child.exitCode(), 0);
        QVERIFY2(child.hasLine("one"), child.lines().join("\n"));
        QVERIFY2(!child.hasLine("error"), child.lines().join("\n"));
        for (const QByteArray &line : child.lines()) {
            if (line.startsWith("descriptors ")) {
                qInfo("1,000 nodes, one of which serves, have %s file descriptors", line.sliced(12).constData());
                QVERIFY(line.sliced(12).toInt() <= descriptorsOfNode);
            }
        }
    }

    void anEventThatExpands()
    {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        QSKIP("a sanitizer needs more address space than the test leaves");
#endif
        const PortPair ports;
        PyventNode sender({.port = ports.port(), .nodeId = {}});
        QVERIFY(sender.startServer());
        ChildProcess child(starvedProgram, {u"memory"_s, QString::number(96 << 20), QString::number(ports.port())});
        QVERIFY(child.printsLine("ready"));
        // Some bytes each in the pickle, and a QVariant each in the list.
        const QVariantList large(3'500'000, QVariant(true));
        for (int i = 0; i < 3; ++i) {
            QVERIFY(sender.send("large", {{u"values"_s, large}}));
            QVERIFY(sender.send("small", {{u"i"_s, i}}));
        }
        QVERIFY2(waitUntil([&] {
                     sender.flush(0ms);
                     return child.lines().count("small") == 3;
                 }),
                 child.lines().join("\n"));
        QVERIFY(sender.send("end"));
        QVERIFY2(!child.hasLine("large"), child.lines().join("\n"));
        QVERIFY2(child.hasLine("error EventTooLarge"), child.lines().join("\n"));
        QCOMPARE(child.exitCode(), 0);
        int lost = 0; // told together or one by one
        for (const QByteArray &line : child.lines()) {
            if (line.startsWith("lost large "))
                lost += line.sliced(11).toInt();
        }
        QVERIFY2(lost == 3, child.lines().join("\n"));
    }
};

PYVENT_TEST(tst_Resources)

#include "tst_resources.moc"
