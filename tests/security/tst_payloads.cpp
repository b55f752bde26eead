// SPDX-License-Identifier: MIT
#include "peerprocess.h"
#include "support/portpair.h"
#include "support/program.h"
#include "support/rawconnection.h"
#include "support/testprogram.h"
#include "support/waituntil.h"
#include "wire/zmtp.h"

#include <PyventNode>
#include <PyventObject>

#include <QtCore/qfile.h>
#include <QtCore/qfileinfo.h>
#include <QtCore/qprocess.h>
#include <QtCore/qset.h>
#include <QtCore/qtemporarydir.h>
#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

struct Disguise
{
    QByteArray name;
    QByteArray pickle;
};

} // namespace

// Pickles that make Python run something are relayed to a Python node, which runs nothing.
class TestPayloads : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void pythonWouldRunThem();
    void pythonRunsNothing();
    void pythonRunsThemIfNobodyLooks();
    void theSenderIsTold();

private:
    QByteArray run(const QStringList &arguments, const QByteArray &input = {});
    void send(int port, const QByteArray &frame);

    QTemporaryDir m_folder;
    QString m_mark;
    QList<Disguise> m_disguises;
};

QByteArray TestPayloads::run(const QStringList &arguments, const QByteArray &input)
{
    QProcess python;
    python.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    python.start(u"" PYVENT_TEST_PYTHON ""_s, QStringList{u"-B"_s, u"" PYVENT_TEST_DISGUISES ""_s} + arguments);
    python.write(input);
    python.closeWriteChannel();
    return python.waitForFinished(60'000) && python.exitCode() == 0 ? python.readAllStandardOutput() : QByteArray();
}

void TestPayloads::initTestCase()
{
    if (const QString why = PeerProcess::whyNoPython(); !why.isEmpty())
        QSKIP(qPrintable(why));
    m_mark = m_folder.filePath(u"mark"_s);
    for (const QByteArray &line : run({m_mark}).split('\n')) {
        if (const qsizetype tab = line.indexOf('\t'); tab > 0)
            m_disguises.append({line.first(tab), QByteArray::fromHex(line.sliced(tab + 1))});
    }
    QVERIFY2(m_disguises.size() > 100, QByteArray::number(m_disguises.size()));
}

// Or the test would show nothing: all but those that need the receiver's help write to the file where nobody is in their way.
void TestPayloads::pythonWouldRunThem()
{
    QByteArray lines;
    for (const Disguise &disguise : m_disguises)
        lines += disguise.name + '\t' + disguise.pickle.toHex() + '\n';
    int ran = 0;
    for (const QByteArray &line : run({u"--load"_s, m_mark}, lines).split('\n'))
        ran += line.endsWith("\t1");
    QVERIFY2(ran > m_disguises.size() * 8 / 10, QByteArray::number(ran));
    QVERIFY(QFile::remove(m_mark));
}

void TestPayloads::send(int port, const QByteArray &frame)
{
    RawConnection client(port);
    client.greet("DEALER");
    client.send(Zmtp::frame(Zmtp::Header::More, {}) + Zmtp::frame(0, frame));
    waitUntil([&] { return client.takeBytes().endsWith('1'); }); // it is acknowledged: refused, and answered
}

void TestPayloads::pythonRunsNothing()
{
    PortPair ports;
    const Program server({u"serve"_s, u"--port"_s, QString::number(ports.port())});
    PeerProcess python(PeerProcess::Python, u"python"_s);
    python.start();
    QVERIFY(python.tell(u"configure"_s, {{u"port"_s, ports.port()}, {u"server"_s, false}}));
    QVERIFY(python.tell(u"on"_s, {{u"name"_s, u"order"_s}, {u"sender"_s, u"*any*"_s}}));
    QVERIFY(python.tell(u"on"_s,
                        {{u"name"_s, u"good"_s}, {u"sender"_s, u"*any*"_s}, {u"parameters"_s, QJsonArray{u"i"_s}}}));
    QVERIFY(python.tell(u"start"_s));
    QVERIFY(python.tell(u"ready"_s));

    PyventNode node(PyventOptions{.port = ports.port(), .server = false});
    QMap<QString, quint64> refused;
    connect(&node, &PyventNode::eventsRefused, this,
            [&](const QString &name, const QUuid &, quint64 count) { refused[name] += count; });
    node.tryStart();
    QVERIFY(waitUntil([&] { return node.state() == PyventNode::Ready; }));
    for (const Disguise &disguise : std::as_const(m_disguises))
        send(ports.port(), "order " + disguise.pickle);
    QVERIFY(node.send("good", {{u"i"_s, 1}}));
    QVERIFY(python.waitForHeard(1, u"good"_s)); // which is behind them
    QVERIFY(!QFile::exists(m_mark));
    QVERIFY2(python.heard(u"order"_s).isEmpty(), qPrintable(PeerProcess::everybodysLog()));
    QVERIFY(waitUntil([&] { return refused.value(u"order"_s) == quint64(m_disguises.size()); }));
}

// It is the server that keeps them away.
void TestPayloads::pythonRunsThemIfNobodyLooks()
{
    PortPair ports;
    const Program server({u"serve"_s, u"--payloads"_s, u"off"_s, u"--port"_s, QString::number(ports.port())});
    PeerProcess python(PeerProcess::Python, u"python"_s);
    python.start();
    QVERIFY(python.tell(u"configure"_s, {{u"port"_s, ports.port()}, {u"server"_s, false}}));
    QVERIFY(python.tell(u"on"_s, {{u"name"_s, u"order"_s}, {u"sender"_s, u"*any*"_s}}));
    QVERIFY(python.tell(u"start"_s));
    QVERIFY(python.tell(u"ready"_s));
    send(ports.port(), "order " + m_disguises.first().pickle);
    QVERIFY(waitUntil([&] { return QFile::exists(m_mark); }));
    QVERIFY(QFile::remove(m_mark));
}

void TestPayloads::theSenderIsTold()
{
    PortPair ports;
    const Program server({u"serve"_s, u"--python-name"_s, u"shop.Order"_s, u"--port"_s, QString::number(ports.port())});
    PeerProcess python(PeerProcess::Python, u"python"_s);
    python.start();
    QVERIFY(python.tell(u"configure"_s, {{u"port"_s, ports.port()}, {u"server"_s, false}}));
    QVERIFY(python.tell(u"on"_s, {{u"name"_s, u"order"_s}, {u"sender"_s, u"*any*"_s}}));
    QVERIFY(python.tell(u"start"_s));
    QVERIFY(python.tell(u"ready"_s));
    PyventNode node(PyventOptions{.port = ports.port(), .server = false});
    QList<PyventError> errors;
    connect(&node, &PyventNode::errorOccurred, this, [&](const PyventError &error) { errors.append(error); });
    int heard = 0;
    node.on("order", this, [&] { ++heard; });
    node.tryStart();
    QVERIFY(waitUntil([&] { return node.state() == PyventNode::Ready; }));
    const auto order = [](const QString &module, const QString &name) {
        return QVariantMap{{u"what"_s, QVariant::fromValue(PyventObject(module, name))}};
    };
    QVERIFY(node.send("order", order(u"shop"_s, u"Order"_s)));
    QVERIFY(waitUntil([&] { return heard == 1; }));
    QVERIFY(errors.isEmpty());
    QVERIFY(node.send("order", order(u"os"_s, u"system"_s)));
    QVERIFY(waitUntil([&] { return !errors.isEmpty(); }));
    QCOMPARE(errors.first().code, PyventError::EventRefused);
    QCOMPARE(errors.first().subject, u"order"_s);
    QVERIFY2(errors.first().text.contains(u"os.system"_s), qPrintable(errors.first().text));
    QVERIFY(waitUntil([&] { return heard == 2; })); // nodes of this module run nothing
}

PYVENT_TEST(TestPayloads)

#include "tst_payloads.moc"
