// SPDX-License-Identifier: MIT
#include <PyventNode>
#include <PyventTestBus>

#include <QtTest>

using namespace std::chrono_literals;

// What is tested: it cooks what is ordered, and tells how long that takes.
class Kitchen : public QObject
{
public:
    explicit Kitchen(const PyventOptions &options)
        : node(options)
    {
        node.on("order-food", {"food"}, this, [this](const QString &food) {
            node.send("food-ready", {{"food", food}, {"minutes", 12}});
        });
    }

    PyventNode node;
};

class TestKitchen : public QObject
{
    Q_OBJECT

private slots:
    void cooksWhatIsOrdered()
    {
        PyventTestBus bus;
        Kitchen kitchen(bus.options());
        QVERIFY(kitchen.node.waitForReady());

        bus.send("order-food", {{"food", "sushi"}});
        bus.send("order-food", {{"food", "ramen"}});

        const auto ready = bus.waitFor("food-ready", {{"food", "ramen"}});
        QVERIFY2(ready, ready.why());
        QCOMPARE(ready->args["minutes"].toInt(), 12);
        QCOMPARE(bus.heard("food-*").size(), 2);
    }

    void losesNothingWhileTheServerIsAway()
    {
        PyventTestBus bus;
        Kitchen kitchen(bus.options());
        QVERIFY(kitchen.node.waitForReady());

        bus.killServer();
        kitchen.node.send("closing", {{"hour", 22}});
        QVERIFY(bus.startServer());

        const auto closing = bus.waitFor("closing", {{"hour", 22}}, 20s);
        QVERIFY2(closing, closing.why());
    }

    void servesAPythonScript()
    {
        if (QStandardPaths::findExecutable("python3").isEmpty())
            QSKIP("Python is not installed");
        PyventTestBus bus;
        Kitchen kitchen(bus.options());
        QVERIFY(kitchen.node.waitForReady());

        QProcess guest;
        guest.setProcessEnvironment(bus.environment()); // has PYVENT_PORT
        guest.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        guest.start("python3", {QFINDTESTDATA("guest.py")});

        const auto thanks = bus.waitFor("thanks", {{"food", "sushi"}}, 20s);
        QVERIFY2(thanks, thanks.why());
        guest.kill();
        guest.waitForFinished();
    }
};

QTEST_GUILESS_MAIN(TestKitchen)
#include "tst_kitchen.moc"
