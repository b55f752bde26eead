// SPDX-License-Identifier: MIT
#include "security/keyfile.h"
#include "siege.h"
#include "support/freeport.h"
#include "support/secureconnection.h"
#include "support/testprogram.h"
#include "transport/filedescriptor.h"
#include "wire/z85.h"

#include <QtCore/qfile.h>
#include <QtCore/qtemporarydir.h>
#include <QtTest/qtest.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include <sched.h>
#include <unistd.h>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// The keys of a bus, in files: of the server, of an honest pair, and of somebody who may come in as well, and means ill.
class Keys
{
public:
    Keys()
    {
        for (const char *name : {"server", "honest", "mallory"}) {
            const QString why = makeKeyFiles(at(QString::fromLatin1(name)));
            if (!why.isEmpty())
                qFatal("%s", qPrintable(why));
        }
        allow(true);
    }

    QString at(const QString &name) const { return m_folder.filePath(name); }
    KeyPair pairOf(const QString &name) const
    {
        QString why;
        return readKeyFile(at(name + u".key"_s), &why)->pair;
    }

    // Whether mallory may come in. The file is replaced at once, as an editor does.
    void allow(bool mallory) const
    {
        const QString next = at(u"next"_s);
        QFile file(next);
        if (file.open(QIODevice::WriteOnly | QIODevice::Truncate)) {
            for (const QString &name : QStringList{u"honest"_s} + (mallory ? QStringList{u"mallory"_s} : QStringList()))
                file.write(name.toLatin1() + " = " + toZ85(pairOf(name).publicKey()) + '\n');
        }
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
        file.close();
        std::rename(QFile::encodeName(next).constData(), QFile::encodeName(at(u"allowed"_s)).constData());
    }

    // Makes a file of rules.
    QString rules() const
    {
        QFile file(at(u"rules"_s));
        if (file.open(QIODevice::WriteOnly | QIODevice::Truncate))
            file.write("allow key honest anything\nallow key mallory send, hear flood\n");
        return file.fileName();
    }

    const QByteArray serverKey() const { return pairOf(u"server"_s).publicKey().toByteArray(); }

private:
    const QTemporaryDir m_folder;
};

const Keys &keys()
{
    static const Keys keys;
    return keys;
}

SecureConnection secure(int port, const QString &name = u"mallory"_s)
{
    return SecureConnection(port, keys().pairOf(name), keys().serverKey());
}

void connectAndTalkNonsense(int port)
{
    std::minstd_rand random(1);
    const QByteArray greeting = Zmtp::greeting(Zmtp::Mechanism::Curve);
    for (int i = 0; i < 6000; ++i) {
        QByteArray nonsense(qsizetype(random() % 300), '\0');
        for (char &byte : nonsense)
            byte = char(random() >> 8);
        const QByteArray key(Curve::keySize, char('a' + i % 26));
        RawConnection attacker(port + i % 2);
        if (i % 4 == 0)
            attacker.send(nonsense);
        else if (i % 4 == 1)
            attacker.send(greeting + nonsense);
        else if (i % 4 == 2)
            attacker.send(greeting
                          + Zmtp::frame(Zmtp::Header::Command, Curve::helloBody({key, 1, QByteArray(80, 'x')})));
        else
            attacker.send(greeting + Zmtp::frame(Zmtp::Header::Command, "\5HELLO" + nonsense));
    }
}

void sayHelloAndTalkNonsense(int port)
{
    for (int i = 0; i < 1000; ++i) {
        SecureConnection attacker = secure(port + i % 2);
        if (!attacker.sayHello())
            continue;
        QByteArray initiate = attacker.client().initiate(Zmtp::properties(i % 2 ? "SUB" : "DEALER"));
        char &byte = initiate.data()[9 + i % (initiate.size() - 9)];
        byte = char(byte ^ 1);
        attacker.raw().send(Zmtp::frame(Zmtp::Header::Command, initiate));
    }
}

void stopHalfWay(int port)
{
    std::vector<SecureConnection> idle;
    for (int i = 0; i < 1500; ++i) {
        idle.push_back(secure(port + i % 2));
        idle.back().sayHello();
    }
    for (SecureConnection &attacker : idle) { // until the server has had enough
        while (!attacker.raw().isHungUp())
            std::this_thread::sleep_for(10ms);
    }
}

void knowAnotherServer(int port)
{
    const KeyPair other = KeyPair::make();
    for (int i = 0; i < 1500; ++i) {
        if (SecureConnection(port + i % 2, keys().pairOf(u"mallory"_s), other.publicKey()).sayHello())
            qFatal("a server with another key answers");
    }
}

void comeWithStrangeKeys(int port)
{
    for (int i = 0; i < 1500; ++i) {
        SecureConnection attacker(port + i % 2, KeyPair::make(), keys().serverKey());
        if (attacker.shakeHands(i % 2 ? "SUB" : "DEALER"))
            qFatal("a stranger's key is let in");
    }
}

// Likewise by whoever has heard an honest client's handshake, and knows its public key.
void vouchForOthers(int port)
{
    for (int i = 0; i < 500; ++i) {
        SecureConnection attacker = secure(port + i % 2, u"honest"_s);
        attacker.client().vouchedWith = KeyPair::make();
        if (attacker.shakeHands(i % 2 ? "SUB" : "DEALER"))
            qFatal("whoever has no secret key is let in");
    }
}

void replayHandshakes(int port)
{
    SecureConnection honest = secure(port);
    if (!honest.shakeHands("DEALER"))
        return;
    for (int i = 0; i < 10; ++i)
        honest.sendEvent("replayed x.");
    const QByteArray recorded = honest.sent();
    for (int i = 0; i < 1000; ++i) {
        RawConnection replays(port);
        replays.send(recorded);
        if (i % 100 == 0) { // all of it is read, and refused
            while (!replays.isHungUp())
                std::this_thread::sleep_for(1ms);
        }
    }
    // And within the connection that it was heard on.
    honest.raw().send(recorded.sliced(recorded.size() - 200));
    while (!honest.raw().isHungUp())
        std::this_thread::sleep_for(1ms);
}

void floodUntilRevoked(int port)
{
    for (int round = 0; round < 3; ++round) {
        std::optional<SecureConnection> sends;
        for (int i = 0; i < 500 && !(sends.emplace(secure(port)).shakeHands("DEALER")); ++i) // until the list is read
            std::this_thread::sleep_for(20ms);
        SecureConnection hears = secure(port + 1);
        if (!hears.shakeHands("SUB") || !hears.subscribe(""))
            qFatal("a key on the list is not let in");
        keys().allow(false);
        const auto since = std::chrono::steady_clock::now();
        while (sends->sendEvent("flood N." + QByteArray(1000, 'x')) && !sends->raw().isHungUp()) {
            hears.raw().isHungUp(); // which reads
            if (std::chrono::steady_clock::now() - since > 20s)
                qFatal("a key that was taken away is still let in");
        }
        while (!hears.raw().isHungUp())
            std::this_thread::sleep_for(1ms);
        for (int i = 0; i < 200; ++i) {
            if (secure(port + i % 2).shakeHands(i % 2 ? "SUB" : "DEALER"))
                qFatal("a key that was taken away is let in again");
        }
        keys().allow(true);
    }
}

void sendWhatIsNotSealed(int port)
{
    const QByteArray plain = Zmtp::frame(Zmtp::Header::More, {}) + Zmtp::frame(0, "attack x.");
    const QByteArray zeros = Zmtp::frame(0, "\7MESSAGE" + QByteArray(60, '\0'));
    for (int i = 0; i < 300; ++i) {
        SecureConnection attacker = secure(port);
        if (!attacker.shakeHands("DEALER"))
            continue;
        const QByteArray once = Zmtp::frame(0, attacker.client().message(Curve::More, {}));
        attacker.raw().send(i % 3 == 0 ? plain : i % 3 == 1 ? zeros : once + once);
        while (!attacker.raw().isHungUp())
            std::this_thread::sleep_for(1ms);
    }
}

void hangUpAmidSealedPings(int port)
{
    for (int i = 0; i < 50; ++i) {
        SecureConnection attacker = secure(port);
        if (!attacker.shakeHands("DEALER"))
            continue;
        QByteArray flood;
        for (int j = 0; j < 2000; ++j) {
            flood += Zmtp::frame(0, attacker.client().message(Curve::More, {}));
            flood += Zmtp::frame(0, attacker.client().message(0, "x"));
            if (j % 50 == 0)
                flood += Zmtp::frame(0, attacker.client().message(Curve::Command, QByteArray("\4PING\0\x1e", 7)));
        }
        attacker.raw().send(flood);
        attacker.raw().reset();
    }
}

void announceAndHoldSealed(int port)
{
    std::vector<SecureConnection> attackers;
    for (int i = 0; i < 50; ++i) {
        attackers.push_back(secure(port));
        attackers.back().shakeHands("DEALER");
        QByteArray header(Zmtp::maximumHeaderSize, '\0');
        Zmtp::writeHeader(0, 60'000'000, header.data());
        attackers.back().raw().send(header + "\7MESSAGE" + QByteArray(100, 'x'));
    }
    std::this_thread::sleep_for(2s);
}

void neverRead(int port)
{
    std::vector<SecureConnection> deaf;
    for (int i = 0; i < 20; ++i) {
        deaf.push_back(secure(port + 1));
        if (!deaf.back().shakeHands("SUB") || !deaf.back().subscribe("flood"))
            qFatal("a key on the list is not let in");
    }
    SecureConnection sender = secure(port);
    sender.shakeHands("DEALER");
    const QByteArray event = "flood N." + QByteArray(1'000'000, 'x');
    for (int i = 0; i < 600 && sender.sendEvent(event); ++i)
        sender.raw().isHungUp(); // which reads the acknowledgements
}

// Sealing these takes the server most of its time, and it has others to serve.
void sendLargeEventsToMany(int port)
{
    std::vector<SecureConnection> hears;
    for (int i = 0; i < 30; ++i) {
        hears.push_back(secure(port + 1));
        if (!hears.back().shakeHands("SUB") || !hears.back().subscribe("flood"))
            qFatal("a key on the list is not let in");
    }
    SecureConnection sender = secure(port);
    sender.shakeHands("DEALER");
    for (int i = 0; i < 3; ++i) {
        sender.sendEvent("flood " + QByteArray(50'000'000, 'x'));
        for (const auto end = std::chrono::steady_clock::now() + 1500ms; std::chrono::steady_clock::now() < end;) {
            for (SecureConnection &each : hears)
                each.raw().isHungUp(); // which reads
        }
    }
}

void subscribeAndHangUp(int port)
{
    for (int i = 0; i < 10; ++i) {
        SecureConnection attacker = secure(port + 1);
        if (!attacker.shakeHands("SUB"))
            continue;
        for (int j = 0; j < 5000; ++j)
            attacker.subscribe(QByteArray::number(i * 1'000'000 + j, 36));
    }
}

// The rules let mallory send and hear 'flood', and nothing else.
void doWhatRulesForbid(int port)
{
    SecureConnection sends = secure(port);
    SecureConnection hears = secure(port + 1);
    if (!sends.shakeHands("DEALER") || !hears.shakeHands("SUB") || !hears.subscribe(""))
        qFatal("a key on the list is not let in");
    for (int round = 0; round < 30; ++round) {
        for (int i = 0; i < 100; ++i) {
            sends.sendEvent(i % 2 ? "honest }." : "secret }."); // the pair's, and nobody's
            sends.raw().isHungUp();                             // which reads
        }
        if (!sends.sendEvent("flood }."))
            qFatal("whoever has said what he may not is sent away");
        for (QByteArray heard; !heard.startsWith("flood ");) {
            const auto next = hears.receive();
            if (!next)
                qFatal("what a rule allows is not heard");
            heard = next->sliced(1);
            if (heard.startsWith("honest ") || heard.startsWith("secret "))
                qFatal("what no rule allows is heard");
        }
    }
}

bool run(const QString &command)
{
    return std::system(qPrintable(command + u" 2>/dev/null"_s)) == 0;
}

// Another machine is another namespace of the network, with a cable between.
void comeFromAnotherMachineWithoutAKey(int port)
{
    const pid_t server = ::getpid();
    if (::unshare(CLONE_NEWNET) != 0 || !run(u"ip link add pvn1 type veth peer name pvn0 netns %1"_s.arg(server))
        || !run(u"ip addr add 10.213.7.2/24 dev pvn1 && ip link set pvn1 up"_s)
        || !run(u"nsenter -t %1 -n sh -c 'ip addr add 10.213.7.1/24 dev pvn0 && ip link set pvn0 up'"_s.arg(server)))
        qFatal("there is no other machine");
    int refused = 0;
    for (int i = 0; i < 1000; ++i) {
        const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const sockaddr_in address = socketAddress(port + i % 2, 0x0AD50701);
        if (::connect(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
            qFatal("there is no way to the server");
        const QByteArray greeting = Zmtp::greeting() + Zmtp::readyFrame(i % 2 ? "SUB" : "DEALER")
            + (i % 2 ? Zmtp::commandFrame("SUBSCRIBE", {})
                     : Zmtp::frame(Zmtp::Header::More, {}) + Zmtp::frame(0, "attack x."));
        (void)::send(socket.get(), greeting.constData(), std::size_t(greeting.size()), MSG_NOSIGNAL);
        QByteArray answer;
        char bytes[1000];
        for (ssize_t count; (count = ::recv(socket.get(), bytes, sizeof bytes, 0)) > 0;)
            answer.append(bytes, count);
        refused += Zmtp::greeting(Zmtp::Mechanism::CurveServer).startsWith(answer); // nothing but its greeting
    }
    if (refused != 1000)
        qFatal("a server talks to whoever has no key");
}

} // namespace

class TestSecureDoor : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void holds_data();
    void holds();

private:
    bool m_hasNamespaces = false;
};

// The whole test runs in a network of its own, where that may be, so that another machine can be made.
void TestSecureDoor::initTestCase()
{
    m_hasNamespaces = ::unshare(CLONE_NEWNET) == 0 && run(u"ip link set lo up"_s) && run(u"nsenter -h >/dev/null"_s);
}

void TestSecureDoor::holds_data()
{
    QTest::addColumn<Attack>("attack");
    QTest::addColumn<int>("mebibytes"); // that the server may take meanwhile
    QTest::newRow("nonsense") << &connectAndTalkNonsense << 32;
    QTest::newRow("nonsense in the midst of a handshake") << &sayHelloAndTalkNonsense << 32;
    QTest::newRow("handshakes that stop half way") << &stopHalfWay << 32;
    QTest::newRow("a wrong server key") << &knowAnotherServer << 32;
    QTest::newRow("a wrong client key") << &comeWithStrangeKeys << 32;
    QTest::newRow("an honest client's public key, without the secret one") << &vouchForOthers << 32;
    QTest::newRow("no key, from another machine") << &comeFromAnotherMachineWithoutAKey << 32;
    QTest::newRow("a replayed handshake") << &replayHandshakes << 32;
    QTest::newRow("a key that is revoked while it is connected") << &floodUntilRevoked << 64;
    QTest::newRow("messages that are not sealed") << &sendWhatIsNotSealed << 32;
    QTest::newRow("hanging up amid PINGs") << &hangUpAmidSealedPings << 32;
    QTest::newRow("large frames that are announced and do not come") << &announceAndHoldSealed << 32;
    QTest::newRow("many subscriptions again and again") << &subscribeAndHangUp << 64;
    QTest::newRow("very large events to many receivers") << &sendLargeEventsToMany << 600;
    QTest::newRow("receivers that never read") << &neverRead << 600;
    QTest::newRow("a rule that forbids") << &doWhatRulesForbid << 32;
}

void TestSecureDoor::holds()
{
    QFETCH(const Attack, attack);
    QFETCH(const int, mebibytes);
    if (attack == &comeFromAnotherMachineWithoutAKey && !m_hasNamespaces)
        QSKIP("Another machine takes root, ip and nsenter");
    keys().allow(true);
    const PyventOptions pair{
        .lane = false, .security = {.keyFile = keys().at(u"honest.key"_s), .serverKey = keys().at(u"server.pub"_s)}};
    QStringList arguments{u"--address"_s, u"0.0.0.0"_s,           u"--keys"_s, keys().at(u"server.key"_s),
                          u"--allow"_s,   keys().at(u"allowed"_s)};
    if (attack == &doWhatRulesForbid)
        arguments += {u"--rules"_s, keys().rules()};
    const QString why = whyNotWithstood(attack, mebibytes, arguments, pair, 100);
    QVERIFY2(why.isEmpty(), qPrintable(why));
}

PYVENT_TEST(TestSecureDoor)

#include "tst_securedoor.moc"
