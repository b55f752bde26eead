// SPDX-License-Identifier: MIT
#include <PyventNode>

#include "support/freeport.h"
#include "support/testprogram.h"

#include <QtCore/qfile.h>
#include <QtCore/qtemporarydir.h>
#include <QtTest/qsignalspy.h>
#include <QtTest/qtest.h>

#include <unistd.h>

using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

// Buses by the secure door: the nodes of one process, by TCP.
class TestNodeSecurity : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init() { m_port = freePort(); }
    void sendsAndHears();
    void carriesTheLargestEvent();
    void servesAllDoorsAtOnce();
    void refusesToServeOthersWithoutKeys();
    void servesOthersWhereItIsOpen();
    void tellsWhatIsWrong_data();
    void tellsWhatIsWrong();
    void refusesOptions_data();
    void refusesOptions();
    void comesBackWhenItIsLetInAgain();
    void doesNotServeOthersInPlaceWithoutKeys();
    void takesOverWithTheSameKeys();
    void doesNotConnectWithoutItsKeys();

private:
    QString at(const QString &name) const { return m_folder.filePath(name); }
    PyventOptions serverOptions() const
    {
        return {.port = m_port,
                .address = u"0.0.0.0"_s,
                .security = {.keyFile = at(u"server.key"_s), .allowFile = at(u"allowed"_s)}};
    }
    PyventOptions clientOptions(const QString &name = u"client"_s) const
    {
        return {.port = m_port,
                .server = false,
                .lane = false,
                .security = {.keyFile = at(name + u".key"_s), .serverKey = at(u"server.pub"_s)}};
    }
    void allow(const QStringList &names) const
    {
        QFile file(at(u"allowed"_s));
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        for (const QString &name : names) {
            QFile key(at(name + u".pub"_s));
            QVERIFY(key.open(QIODevice::ReadOnly));
            file.write(key.readAll());
        }
        file.close();
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
    }
    static PyventError firstError(PyventNode *node)
    {
        QSignalSpy errors(node, &PyventNode::errorOccurred);
        if (!node->tryStart() || (errors.isEmpty() && !errors.wait(20'000)))
            return {};
        return errors.first().first().value<PyventError>();
    }

    const QTemporaryDir m_folder;
    int m_port = 0;
};

void TestNodeSecurity::initTestCase()
{
    for (const char *name : {"server", "client", "other"})
        QCOMPARE(PyventSecurity::makeKeys(at(QString::fromLatin1(name))), QString());
    allow({u"client"_s});
}

void TestNodeSecurity::sendsAndHears()
{
    PyventNode server(serverOptions());
    QVERIFY(server.startServer());
    PyventNode hears(clientOptions());
    PyventNode sends(clientOptions());
    QStringList heard;
    hears.on("order", {u"food"_s}, this, [&](const QString &food) { heard.append(food); });
    QVERIFY(hears.waitForReady(20s));
    for (int i = 0; i < 1000; ++i)
        QVERIFY(sends.send("order", {{u"food"_s, u"sushi %1"_s.arg(i)}}));
    QVERIFY(sends.flush(20s));
    QTRY_COMPARE(heard.size(), 1000);
    QCOMPARE(heard.last(), u"sushi 999"_s);

    const auto nodes = hears.findNodes(500ms);
    QTRY_VERIFY(nodes.isFinished());
    qsizetype byKey = 0;
    for (const PyventNodeInfo &info : nodes.result())
        byKey += info.key == u"client"_s && info.way == u"tcp"_s;
    QCOMPARE(byKey, 2);
}

void TestNodeSecurity::carriesTheLargestEvent()
{
    PyventOptions options = serverOptions();
    options.maximumEventSize = 1'000'000;
    PyventNode server(options);
    QVERIFY(server.startServer());
    options = clientOptions();
    options.maximumEventSize = 1'000'000;
    PyventNode node(options);
    QByteArray heard;
    node.on("large", {u"bytes"_s}, this, [&](const QByteArray &bytes) { heard = bytes; });
    QVERIFY(node.waitForReady(20s));
    const QByteArray largest(999'900, 'x');
    QVERIFY(node.send("large", {{u"bytes"_s, largest}}));
    QTRY_VERIFY(heard == largest);
    QVERIFY(!node.send("large", {{u"bytes"_s, QByteArray(1'000'000, 'x')}}));
}

void TestNodeSecurity::servesAllDoorsAtOnce()
{
    PyventNode server(serverOptions());
    QVERIFY(server.startServer());
    PyventNode byKey(clientOptions());
    PyventNode byLane({.port = m_port, .server = false});
    PyventNode byTcp({.port = m_port, .server = false, .lane = false});
    QSet<QString> heard;
    for (PyventNode *node : {&byKey, &byLane, &byTcp, &server}) {
        node->on("order", {u"from"_s}, this,
                 [&, node](const QString &from) { heard.insert(u"%1 %2"_s.arg(quintptr(node)).arg(from)); });
        QVERIFY(node->waitForReady(20s));
    }
    QVERIFY(byKey.send("order", {{u"from"_s, u"key"_s}}));
    QVERIFY(byLane.send("order", {{u"from"_s, u"lane"_s}}));
    QVERIFY(byTcp.send("order", {{u"from"_s, u"tcp"_s}}));
    QTRY_COMPARE(heard.size(), 12);
}

void TestNodeSecurity::refusesToServeOthersWithoutKeys()
{
    PyventNode node({.port = m_port, .address = u"0.0.0.0"_s});
    QSignalSpy errors(&node, &PyventNode::errorOccurred);
    QVERIFY(!node.startServer());
    QVERIFY(!node.isServer());
    QTRY_VERIFY(!errors.isEmpty());
    const auto error = errors.first().first().value<PyventError>();
    QCOMPARE(error.code, PyventError::CannotServe);
    QVERIFY2(error.text.contains(u"pyvent keygen"_s) && error.text.contains(u"openToNetwork"_s),
             qPrintable(error.text));
    // By itself it does not, either, and says so once.
    PyventNode byItself({.port = m_port, .address = u"0.0.0.0"_s});
    QCOMPARE(firstError(&byItself).code, PyventError::CannotServe);
    QVERIFY(!byItself.isServer());
}

void TestNodeSecurity::servesOthersWhereItIsOpen()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"^Anybody who reaches this machine can read and send"_s));
    PyventNode node({.port = m_port, .address = u"0.0.0.0"_s, .security = {.openToNetwork = PyventOpenToNetwork::Yes}});
    QVERIFY(node.startServer());
    QVERIFY(node.waitForReady(20s));
}

void TestNodeSecurity::tellsWhatIsWrong_data()
{
    QTest::addColumn<PyventOptions>("server");
    QTest::addColumn<PyventOptions>("client");
    QTest::addColumn<QString>("what");
    PyventOptions lost = clientOptions();
    lost.security.serverKey = at(u"other.pub"_s);
    QTest::newRow("a key that is not on the list")
        << serverOptions() << clientOptions(u"other"_s) << u"does not let this node's key in: add the line 'other = "_s;
    QTest::newRow("another server's key")
        << serverOptions() << lost << u"does not have the secret key to the public one"_s;
    QTest::newRow("a server without keys")
        << PyventOptions{} << clientOptions() << u"has no keys, and this node joins"_s;
}

void TestNodeSecurity::tellsWhatIsWrong()
{
    QFETCH(PyventOptions, server);
    QFETCH(PyventOptions, client);
    QFETCH(const QString, what);
    server.port = client.port = m_port;
    PyventNode serves(server);
    QVERIFY(serves.startServer());
    PyventNode node(client);
    const PyventError error = firstError(&node);
    QCOMPARE(error.code, PyventError::NotAllowed);
    QVERIFY2(error.text.contains(what), qPrintable(error.text));
    QVERIFY(node.state() != PyventNode::Ready);
}

void TestNodeSecurity::refusesOptions_data()
{
    QTest::addColumn<PyventSecurity>("security");
    QTest::addColumn<QString>("why");
    QFile open(at(u"open.key"_s));
    QVERIFY(QFile::copy(at(u"other.key"_s), open.fileName()));
    QVERIFY(open.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ReadGroup));
    QFile bad(at(u"bad"_s));
    QVERIFY(bad.open(QIODevice::WriteOnly));
    bad.write("\nnonsense\n");
    bad.close();
    bad.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
    const QString key = at(u"other.key"_s);
    QTest::newRow("a missing key") << PyventSecurity{.keyFile = at(u"missing"_s)} << u"No such file"_s;
    QTest::newRow("a key that others read") << PyventSecurity{.keyFile = open.fileName()} << u"chmod 600"_s;
    QTest::newRow("a server's key alone") << PyventSecurity{.serverKey = at(u"server.pub"_s)} << u"keyFile"_s;
    QTest::newRow("a list alone") << PyventSecurity{.allowFile = at(u"allowed"_s)} << u"keyFile"_s;
    QTest::newRow("a bad list") << PyventSecurity{.keyFile = key, .allowFile = bad.fileName()} << u"bad:2: "_s;
    QTest::newRow("a bad server's key") << PyventSecurity{.keyFile = key, .serverKey = u"nonsense"_s} << u"nonsense"_s;
    QTest::newRow("a secret server's key") << PyventSecurity{.keyFile = key, .serverKey = key} << u"is a secret key"_s;
}

void TestNodeSecurity::refusesOptions()
{
    QFETCH(const PyventSecurity, security);
    QFETCH(const QString, why);
    PyventNode node;
    QSignalSpy errors(&node, &PyventNode::errorOccurred);
    QVERIFY(!node.configure({.port = m_port, .security = security}));
    QTRY_COMPARE(errors.size(), 1);
    const auto error = errors.first().first().value<PyventError>();
    QCOMPARE(error.code, PyventError::InvalidOption);
    QCOMPARE(error.subject, u"security"_s);
    QVERIFY2(error.text.contains(why), qPrintable(error.text));
}

void TestNodeSecurity::comesBackWhenItIsLetInAgain()
{
    PyventNode server(serverOptions());
    QVERIFY(server.startServer());
    PyventNode node(clientOptions());
    int heard = 0;
    node.on("order", this, [&] { ++heard; });
    QVERIFY(node.waitForReady(20s));
    QSignalSpy errors(&node, &PyventNode::errorOccurred);
    allow({u"other"_s});
    QTRY_VERIFY_WITH_TIMEOUT(!errors.isEmpty(), 20'000);
    QVERIFY(node.state() != PyventNode::Ready);
    QCOMPARE(errors.first().first().value<PyventError>().code, PyventError::NotAllowed);
    QVERIFY(node.send("order")); // which waits
    allow({u"client"_s});
    QTRY_COMPARE_WITH_TIMEOUT(heard, 1, 20'000);
    QTRY_COMPARE(node.state(), PyventNode::Ready); // the event may come before the proof of its subscription
}

// Where a server with keys is gone, a node that has none joins whoever serves next, but does not serve.
void TestNodeSecurity::doesNotServeOthersInPlaceWithoutKeys()
{
    auto server = std::make_unique<PyventNode>(serverOptions());
    QVERIFY(server->startServer());
    PyventNode node({.port = m_port, .address = u"0.0.0.0"_s});
    QSignalSpy errors(&node, &PyventNode::errorOccurred);
    QVERIFY(node.waitForReady(20s));
    QVERIFY(errors.isEmpty()); // as long as somebody else serves
    server.reset();
    QTRY_VERIFY_WITH_TIMEOUT(!errors.isEmpty(), 20'000);
    QCOMPARE(errors.first().first().value<PyventError>().code, PyventError::CannotServe);
    QVERIFY(!node.isServer());
    PyventNode next(serverOptions());
    QVERIFY(next.startServer());
    QVERIFY(node.waitForReady(20s));
}

void TestNodeSecurity::takesOverWithTheSameKeys()
{
    auto server = std::make_unique<PyventNode>(serverOptions());
    QVERIFY(server->startServer());
    PyventNode next(serverOptions());
    PyventNode client(clientOptions());
    int heard = 0;
    client.on("order", this, [&] { ++heard; });
    QVERIFY(next.waitForReady(20s));
    QVERIFY(client.waitForReady(20s));
    server.reset();
    QTRY_VERIFY_WITH_TIMEOUT(next.isServer(), 20'000);
    QVERIFY(client.send("order"));
    QTRY_COMPARE_WITH_TIMEOUT(heard, 1, 20'000);
}

void TestNodeSecurity::doesNotConnectWithoutItsKeys()
{
    for (const char *end : {".key", ".pub"}) {
        const QString suffix = QString::fromLatin1(end);
        QFile::remove(at(u"moved"_s + suffix));
        QVERIFY(QFile::copy(at(u"client"_s + suffix), at(u"moved"_s + suffix)));
    }
    PyventNode node(clientOptions(u"moved"_s));
    QVERIFY(QFile::remove(at(u"moved.key"_s)));
    PyventNode server(serverOptions());
    QVERIFY(server.startServer());
    const PyventError error = firstError(&node);
    QCOMPARE(error.code, PyventError::NotAllowed);
    QVERIFY2(error.text.contains(u"moved.key cannot be read"_s), qPrintable(error.text));
    QVERIFY(QFile::copy(at(u"client.key"_s), at(u"moved.key"_s)));
    QVERIFY(node.waitForReady(20s));
}

PYVENT_TEST(TestNodeSecurity)

#include "tst_security.moc"
