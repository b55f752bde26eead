// SPDX-License-Identifier: MIT
#include <PyventNode>
#include <PyventNodeModel>

#include "support/freeport.h"
#include "support/testprogram.h"
#include "support/waituntil.h"

#include <QtTest>

#include <memory>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using PyventTests::waitUntil;

// nodeAppeared(), nodeVanished() and nodes(), and the model that shows them.
class tst_NodeModel : public QObject
{
    Q_OBJECT

private:
    PyventOptions options(const QString &id = {}) const
    {
        return {.port = m_port, .nodeId = id, .server = id == "server"_L1};
    }
    static QStringList idsIn(const PyventNodeModel &model)
    {
        QStringList ids;
        for (int row = 0; row < model.rowCount(); ++row)
            ids += model.index(row).data(PyventNodeModel::NodeIdRole).toString();
        return ids;
    }

    int m_port = 0;
    std::unique_ptr<PyventNode> m_server;

private Q_SLOTS:
    void init()
    {
        m_port = PyventTests::freePort();
        m_server = std::make_unique<PyventNode>(options(u"server"_s));
        QVERIFY(m_server->startServer());
        QVERIFY(m_server->waitForReady(20s));
    }
    void cleanup() { m_server.reset(); }

    void rowsComeAndGo()
    {
        PyventNode watcher(options(u"watcher"_s));
        PyventNodeModel model(&watcher);
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QSignalSpy counts(&model, &PyventNodeModel::countChanged);
        QVERIFY(waitUntil([&] { return idsIn(model) == QStringList{u"server"_s}; }));
        auto oven = std::make_unique<PyventNode>(options(u"oven"_s));
        oven->on("order-*", this, [] {});
        QVERIFY(oven->setAbout({{u"celsius"_s, 20}}));
        QVERIFY(waitUntil([&] { return idsIn(model) == QStringList({u"server"_s, u"oven"_s}); }));
        QCOMPARE(counts.count(), 2);

        const QModelIndex row = model.index(1);
        QCOMPARE(row.data(PyventNodeModel::UuidRole), oven->uuid().toString(QUuid::WithoutBraces));
        QCOMPARE(row.data(PyventNodeModel::ProgramRole), row.data());
        QCOMPARE(row.data(PyventNodeModel::HostRole), QSysInfo::machineHostName());
        QCOMPARE(row.data(PyventNodeModel::PidRole), QCoreApplication::applicationPid());
        QCOMPARE(row.data(PyventNodeModel::ServingRole), false);
        QCOMPARE(model.index(0).data(PyventNodeModel::ServingRole), true);
        QCOMPARE(row.data(PyventNodeModel::NamesRole), QStringList{u"order-*"_s});
        QCOMPARE(row.data(PyventNodeModel::WayRole), u"lane"_s);
        QCOMPARE(row.data(PyventNodeModel::KeyRole), QString());
        QCOMPARE(row.data(PyventNodeModel::AboutRole), (QVariantMap{{u"celsius"_s, 20}}));
        QVERIFY(row.data(PyventNodeModel::SinceRole).toDateTime().isValid());
        QCOMPARE(model.info(1).nodeId, u"oven"_s);
        QVERIFY(model.info(2).uuid.isNull() && model.info(-1).uuid.isNull());
        QVERIFY(!row.data(Qt::DecorationRole).isValid());

        QSignalSpy changes(&model, &PyventNodeModel::dataChanged);
        QVERIFY(oven->setAbout({{u"celsius"_s, 200}}));
        QVERIFY(waitUntil([&] { return row.data(PyventNodeModel::AboutRole).toMap()[u"celsius"_s] == 200; }));
        QVERIFY(changes.count() >= 1);
        oven->stop();
        QVERIFY(waitUntil([&] { return idsIn(model) == QStringList{u"server"_s}; }));
        oven->tryStart();
        QVERIFY(waitUntil([&] { return model.count() == 2; }));
        oven.reset();
        QVERIFY(waitUntil([&] { return model.count() == 1; }));
        watcher.stop();
        QVERIFY(waitUntil([&] { return model.count() == 0; }));
        watcher.tryStart();
        QVERIFY(waitUntil([&] { return model.count() == 1; }));
    }

    void anyNodeAtAnyTime()
    {
        PyventNodeModel model;
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QCOMPARE(model.node(), nullptr);
        auto watcher = std::make_unique<PyventNode>(options(u"watcher"_s));
        model.setNode(watcher.get());
        QVERIFY(waitUntil([&] { return model.count() == 1; }));
        model.setNode(m_server.get());
        QVERIFY(waitUntil([&] { return idsIn(model) == QStringList{u"watcher"_s}; }));
        PyventNodeModel other(m_server.get()); // which knows by then
        QCOMPARE(idsIn(other), QStringList{u"watcher"_s});
        model.setNode(nullptr);
        QCOMPARE(model.count(), 0);
        model.setNode(watcher.get());
        QVERIFY(waitUntil([&] { return model.count() == 1; }));
        watcher.reset();
        QCOMPARE(model.count(), 0);
        QCOMPARE(model.node(), nullptr);
        QVERIFY(waitUntil([&] { return other.count() == 0; }));
    }

    void watchesWhileSomebodyListens()
    {
        PyventNode watcher(options(u"watcher"_s));
        QVERIFY(watcher.nodes().isEmpty());
        QStringList told;
        const auto vanished = connect(
            &watcher, &PyventNode::nodeVanished, this, [&](const PyventNodeInfo &node, PyventNode::Reason reason) {
                told += u'-' + node.nodeId + (reason == PyventNode::Left ? u" left"_s : u" lost"_s);
            });
        QVERIFY(waitUntil([&] { return watcher.nodes().size() == 1; })); // it has started, and watches
        auto oven = std::make_unique<PyventNode>(options(u"oven"_s));
        QVERIFY(oven->tryStart());
        QVERIFY(waitUntil([&] { return watcher.nodes().size() == 2; }));
        oven.reset();
        QVERIFY(waitUntil([&] { return told == QStringList{u"-oven left"_s}; }));
        disconnect(vanished);
        QVERIFY(waitUntil([&] { return watcher.nodes().isEmpty(); }));
        connect(&watcher, &PyventNode::nodeAppeared, this,
                [&](const PyventNodeInfo &node) { told += u'+' + node.nodeId; });
        QVERIFY(waitUntil([&] { return told.last() == u"+server"_s; }));
    }

    // What cannot be sent cannot be sent later either; and there is no harm in the rest.
    void willsAreChecked()
    {
        PyventNode node(options(u"oven"_s));
        QVERIFY(!node.setWill(u"no name"_s));
        QCOMPARE(node.lastError().code, PyventError::InvalidName);
        QVERIFY(!node.setWill(u"off"_s, {{u"text"_s, QString(70'000, u'x')}}));
        QCOMPARE(node.lastError().code, PyventError::EventTooLarge);
        QCOMPARE(node.state(), PyventNode::Stopped);
        QVERIFY(node.setWill(u"off"_s, {{u"why"_s, u"lost"_s}}, {.sender = u"oven"_s}));
        QSignalSpy errors(&node, &PyventNode::errorOccurred);
        int heard = 0;
        m_server->on("off", {.sender = PyventSender::Any}, this, [&] { ++heard; });
        QVERIFY(m_server->waitForReady(20s));
        QVERIFY(node.send("on") && node.flush(20s));
        node.stop();
        QVERIFY(node.setWill(u"off"_s));
        QVERIFY(node.send("on") && node.flush(20s));
        node.clearWill();
        QVERIFY(node.send("off") && node.flush(20s));
        QVERIFY(waitUntil([&] { return heard == 1; }));
        QCOMPARE(errors.count(), 0);
    }
};

PYVENT_TEST(tst_NodeModel)

#include "tst_nodemodel.moc"
