// SPDX-License-Identifier: MIT
#include "support/freeport.h"
#include "support/testprogram.h"

#include <PyventNode>

#include <QtCore/qloggingcategory.h>
#include <QtTest>

#include <memory>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

QStringList *said = nullptr; // what the library has logged as information

void note(QtMsgType type, const QMessageLogContext &context, const QString &text)
{
    if (said && type == QtInfoMsg && QByteArrayView(context.category).startsWith("pyvent."))
        said->append(text);
}

// The node that this is about, who else there is, and what else is wanted of it.
struct Scene
{
    const int port = PyventTests::freePort();
    PyventNode node{PyventOptions{.port = port}};
    QObject context;
    std::unique_ptr<PyventNode> other;
};

using Act = std::function<void(Scene &)>;

} // namespace

Q_DECLARE_METATYPE(Act)

// A node that served the bus to nobody says so at its end.
class tst_Unheard : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void saysSo_data()
    {
        QTest::addColumn<Act>("act");
        QTest::addColumn<QString>("expected"); // a part of the one line; empty: none
        const auto row = [](const char *tag, const QString &expected, const Act &act) {
            QTest::newRow(tag) << act << expected;
        };
        const auto sendThree = [](Scene &scene) {
            for (int i = 0; i < 3; ++i)
                scene.node.send("order");
        };
        const auto join = [](Scene &scene) {
            scene.other = std::make_unique<PyventNode>(PyventOptions{.port = scene.port, .server = false});
            QVERIFY(scene.other->waitForReady(20s));
        };
        row("nobody came", u"the event that"_s, [](Scene &scene) { QVERIFY(scene.node.send("order")); });
        row("nobody came, and it waited", u"the event that"_s, [](Scene &scene) {
            scene.node.send("order");
            QVERIFY(scene.node.flush(20s));
        });
        row("several events", u"3 events that"_s, sendThree);
        row("it is stopped before its end", u"3 events that"_s, [=](Scene &scene) {
            sendThree(scene);
            scene.node.stop();
        });
        row("it is stopped by halves", u"3 events that"_s, [=](Scene &scene) {
            sendThree(scene);
            scene.node.stop(PyventNode::Client);
            scene.node.stop(PyventNode::Server);
        });
        row("a handler of another name", u"3 events that"_s, [=](Scene &scene) {
            scene.node.on("bill", &scene.context, [] {});
            sendThree(scene);
        });
        row("its own handler hears some", u"the event that"_s, [=](Scene &scene) {
            scene.node.on("order", &scene.context, [] {});
            sendThree(scene);
            scene.node.send("bill");
        });
        row("it does not hear itself", u"3 events that"_s, [=](Scene &scene) {
            QVERIFY(scene.node.configure({.port = scene.port, .hearOwnEvents = false}));
            scene.node.on("order", &scene.context, [] {});
            sendThree(scene);
        });
        row("nothing was sent", QString(), [](Scene &scene) { QVERIFY(scene.node.waitForReady(20s)); });
        row("nothing was accepted", QString(), [](Scene &scene) { QVERIFY(!scene.node.send("a b")); });
        row("its own handler", QString(), [=](Scene &scene) {
            scene.node.on("order", &scene.context, [] {});
            sendThree(scene);
        });
        row("its own glob", QString(), [=](Scene &scene) {
            scene.node.on("ord*", &scene.context, [] {});
            sendThree(scene);
        });
        row("its own future", QString(), [](Scene &scene) {
            const auto next = scene.node.next("order");
            scene.node.send("order");
        });
        row("another node came before", QString(), [=](Scene &scene) {
            QVERIFY(scene.node.waitForReady(20s));
            join(scene);
            sendThree(scene);
        });
        row("another node came after", QString(), [=](Scene &scene) {
            sendThree(scene);
            QVERIFY(scene.node.flush(20s));
            join(scene);
        });
        row("another node came and went", QString(), [=](Scene &scene) {
            QVERIFY(scene.node.waitForReady(20s));
            join(scene);
            scene.other.reset();
            sendThree(scene);
        });
        row("another one serves", QString(), [=](Scene &scene) {
            scene.other = std::make_unique<PyventNode>(PyventOptions{.port = scene.port});
            QVERIFY(scene.other->startServer());
            sendThree(scene);
            QVERIFY(scene.node.flush(20s));
        });
        row("the category is off", QString(), [=](Scene &scene) {
            QLoggingCategory::setFilterRules(u"pyvent.node.unheard=false"_s);
            sendThree(scene);
        });
    }
    void saysSo()
    {
        QFETCH(const Act, act);
        QFETCH(const QString, expected);

        QLoggingCategory::setFilterRules(QString());
        QStringList lines;
        {
            Scene scene;
            said = &lines;
            const QtMessageHandler before = qInstallMessageHandler(note);
            const auto restore = qScopeGuard([before] {
                said = nullptr;
                qInstallMessageHandler(before);
            });
            act(scene);
            scene.node.stop();
        }
        QLoggingCategory::setFilterRules(QString());
        QCOMPARE(lines.size(), expected.isEmpty() ? 0 : 1);
        if (!expected.isEmpty())
            QVERIFY2(lines.first().contains(expected), qPrintable(lines.first()));
    }
};

PYVENT_TEST(tst_Unheard)

#include "tst_unheard.moc"
