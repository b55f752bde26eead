// SPDX-License-Identifier: MIT
#include "siege.h"
#include "support/rawconnection.h"
#include "support/rewrittenfile.h"
#include "support/testprogram.h"
#include "transport/lanefolder.h"
#include "transport/sealedfile.h"
#include "wire/frame.h"
#include "wire/lane.h"
#include "wire/zmtp.h"

#include <QtCore/quuid.h>
#include <QtTest/qtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <random>
#include <span>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mman.h>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace std::chrono_literals;

namespace {

// A connection by the lane that does what it likes.
class RawLane : public RawConnection
{
public:
    explicit RawLane(int port, bool greets = true)
        : RawConnection(laneFolder({}) + "/127.0.0.1-" + QByteArray::number(port))
    {
        if (greets)
            send(Lane::readyFrame(true));
    }

    // Sends \a bytes with \a file. Returns false if the server has hung up.
    bool sendFile(int file, QByteArrayView bytes = Lane::fileFrame())
    {
        const iovec vector{const_cast<char *>(bytes.data()), std::size_t(bytes.size())};
        while (sendWithFile(fd(), std::span(&vector, 1), file) < 0) {
            if (errno != EAGAIN && errno != EINTR && errno != ETOOMANYREFS)
                return false;
            std::this_thread::sleep_for(1ms);
        }
        return true;
    }
    bool subscribe(QByteArrayView prefix) { return send(Zmtp::commandFrame(Lane::subscribeCommand, prefix)); }
};

QByteArray event(QByteArrayView body)
{
    return Zmtp::frame(0, body);
}

FileDescriptor fileOf(const QByteArray &body)
{
    const QByteArray encoded = event(body);
    return makeSealedFile(encoded.first(encoded.size() - body.size()), body);
}

void connectAndSayNothing(int port)
{
    std::vector<RawLane> idle;
    for (int i = 0; i < 1500; ++i)
        idle.emplace_back(port, false);
    for (RawLane &attacker : idle) { // until the server has had enough
        while (!attacker.isHungUp())
            std::this_thread::sleep_for(10ms);
    }
}

void talkNonsense(int port)
{
    std::minstd_rand random(1);
    for (int i = 0; i < 5000; ++i) {
        RawLane attacker(port, i % 2);
        QByteArray nonsense(qsizetype(random() % 300), '\0');
        for (char &byte : nonsense)
            byte = char(random() >> 8);
        attacker.send(nonsense);
    }
}

void sendAndNeverRead(int port)
{
    const QByteArray flood = event("x").repeated(10'000);
    RawLane attacker(port);
    for (int i = 0; i < 500 && attacker.send(flood); ++i) { }
}

void changeSubscriptionsForEver(int port)
{
    QByteArray changes;
    for (int i = 0; i < 5000; ++i) {
        const QByteArray prefix = "change " + QByteArray::number(i);
        changes += Zmtp::commandFrame(Lane::subscribeCommand, prefix) + Zmtp::commandFrame(Lane::cancelCommand, prefix);
    }
    RawLane attacker(port);
    for (int i = 0; i < 200 && attacker.send(changes); ++i) { }
}

void sendHalfFrames(int port)
{
    std::vector<RawLane> attackers;
    const QByteArray frame = event(QByteArray(60'000'000, 'x'));
    for (int i = 0; i < 40; ++i) {
        attackers.emplace_back(port);
        attackers.back().send(QByteArrayView(frame).first(20'000'000));
    }
}

void subscribeAndNeverRead(int port)
{
    std::vector<RawLane> deaf;
    for (int i = 0; i < 3; ++i)
        deaf.emplace_back(port).subscribe("flood");
    RawLane sender(port);
    const QByteArray flood = event("flood " + QByteArray(100'000, 'x'));
    for (int i = 0; i < 10'000 && sender.send(flood); ++i)
        sender.isHungUp(); // which reads the acknowledgements
}

// Files to receivers that read, and never say that they have done with one.
void neverGiveFilesBack(int port)
{
    std::vector<RawLane> deaf;
    for (int i = 0; i < 3; ++i)
        deaf.emplace_back(port).subscribe("flood");
    RawLane sender(port);
    for (int i = 0; i < 1000; ++i) {
        if (!sender.sendFile(fileOf("flood " + QByteArray(1'000'000, 'x')).get()))
            break;
        sender.isHungUp();
        for (RawLane &each : deaf)
            each.isHungUp();
    }
}

// What is no sealed file of an event, and what could block, or fail to be read.
void sendOtherFiles(int port)
{
    const auto memoryFile = [](unsigned flags, int seals, off_t size) {
        FileDescriptor file(::memfd_create("attack", MFD_CLOEXEC | MFD_ALLOW_SEALING | flags));
        if (::ftruncate(file.get(), size) == 0)
            ::fcntl(file.get(), F_ADD_SEALS, seals);
        return file;
    };
    constexpr int all = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    const FileDescriptor unsealed = memoryFile(0, 0, 1 << 20);
    const FileDescriptor maySeal = memoryFile(0, all & ~F_SEAL_SHRINK, 1 << 20);
    const FileDescriptor sparse = memoryFile(0, all, off_t(1) << 40);
    const FileDescriptor huge = memoryFile(MFD_HUGETLB, all, 2 << 20);
    const FileDescriptor zeros = memoryFile(0, all, 1 << 20);
    const FileDescriptor folder(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const FileDescriptor device(::open("/dev/zero", O_RDWR | O_CLOEXEC));
    const FileDescriptor path(::open("/", O_PATH | O_CLOEXEC));
    const FileDescriptor tcp(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const linger longTime{1, 3600};
    ::setsockopt(tcp.get(), SOL_SOCKET, SO_LINGER, &longTime, sizeof longTime);
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return;
    const FileDescriptor reads(ends[0]);
    const FileDescriptor writes(ends[1]);
    for (int i = 0; i < 300; ++i) {
        for (const FileDescriptor *file :
             {&unsealed, &maySeal, &sparse, &huge, &zeros, &folder, &device, &path, &tcp, &reads, &writes}) {
            RawLane attacker(port);
            if (file->isOpen())
                attacker.sendFile(file->get());
        }
        RawLane early(port, false);
        early.sendFile(zeros.get(), "x");
        RawLane ofItself(port);
        ofItself.sendFile(ofItself.fd()); // its own connection
        RawLane done(port);
        done.send(Lane::doneFrame(quint64(i)));
    }
}

// Files that nothing speaks of.
void sendFilesOnly(int port)
{
    const FileDescriptor file = fileOf("x" + QByteArray(1'000'000, 'x'));
    for (int i = 0; i < 50; ++i) {
        RawLane attacker(port);
        for (int j = 0; j < 200; ++j) {
            if (!attacker.sendFile(file.get(), Zmtp::commandFrame(Lane::idleCommand, {})))
                break;
        }
    }
}

// Large events that take no memory of the sender's.
void sendSparseFiles(int port)
{
    const QByteArray head = event("flood " + QByteArray(60'000'000, '\0')).first(Zmtp::maximumHeaderSize + 6);
    FileDescriptor file(::memfd_create("attack", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (::write(file.get(), head.constData(), std::size_t(head.size())) < 0
        || ::ftruncate(file.get(), Zmtp::maximumHeaderSize + 60'000'006) != 0
        || ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
        return;
    RawLane deaf(port);
    deaf.subscribe("flood");
    RawLane sender(port);
    for (int i = 0; i < 2000; ++i) {
        if (!sender.sendFile(file.get()))
            break;
        sender.isHungUp();
    }
}

// Files that become other events, and none, while the server and receivers look at them.
void changeFilesMeanwhile(int port)
{
    QByteArray body = "flood " + QByteArray(300'000, 'x') + '.';
    appendTrailer({.nodeId = QUuid::createUuid(), .sequence = 1, .flags = Trailer::Waits}, &body);
    const QByteArray good = event(body);
    const RewrittenFile file(good);
    const std::span<char> memory = file.memory();
    std::atomic<bool> ends = false;
    std::thread changes([&] {
        std::minstd_rand random(1);
        while (!ends) {
            const std::size_t change = random() % 100;
            memory[random() % 2 ? change : memory.size() - 1 - change] = char(random());
            if (random() % 4 == 0)
                std::ranges::copy(good, memory.begin());
        }
    });
    std::vector<RawLane> hear;
    for (const bool takesFiles : {false, true}) {
        RawLane &each = hear.emplace_back(port, false);
        each.send(Lane::readyFrame(takesFiles));
        each.subscribe("");
    }
    for (int i = 0; i < 3000; ++i) {
        RawLane sender(port);
        for (int j = 0; j < 10 && sender.sendFile(file.file().get(), Lane::fileFrame(memory.size())); ++j) {
            if (sender.isHungUp())
                break;
            for (RawLane &each : hear)
                each.isHungUp();
        }
    }
    ends = true;
    changes.join();
}

// A receiver that always lags, and a sender that waits for it, and sends all the same.
void sendThoughItWaits(int port)
{
    RawLane lags(port);
    lags.subscribe("flood");
    lags.send(Lane::lagFrame(true));
    QByteArray body = "flood " + QByteArray(10'000, 'x') + '.';
    appendTrailer({.nodeId = QUuid::createUuid(), .sequence = 1, .flags = Trailer::Waits}, &body);
    RawLane sender(port);
    for (int i = 0; i < 100'000 && sender.send(event(body)); ++i) { }
}

} // namespace

class TestLaneDoor : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void holds_data();
    void holds();
};

void TestLaneDoor::holds_data()
{
    QTest::addColumn<Attack>("attack");
    QTest::addColumn<int>("mebibytes"); // that the server may take meanwhile
    QTest::newRow("connections that say nothing") << &connectAndSayNothing << 32;
    QTest::newRow("nonsense") << &talkNonsense << 32;
    QTest::newRow("acknowledgements that are not read") << &sendAndNeverRead << 32;
    QTest::newRow("subscriptions that change for ever") << &changeSubscriptionsForEver << 32;
    QTest::newRow("halves of large frames") << &sendHalfFrames << 600;
    QTest::newRow("receivers that never read") << &subscribeAndNeverRead << 600;
    QTest::newRow("files that are never given back") << &neverGiveFilesBack << 600;
    QTest::newRow("files that are none of an event") << &sendOtherFiles << 32;
    QTest::newRow("files that nothing speaks of") << &sendFilesOnly << 32;
    QTest::newRow("files that take no memory of the sender's") << &sendSparseFiles << 32;
    QTest::newRow("files that change while they are read") << &changeFilesMeanwhile << 600;
    QTest::newRow("a sender that says it waits, and does not") << &sendThoughItWaits << 600;
}

void TestLaneDoor::holds()
{
    QFETCH(const Attack, attack);
    QFETCH(const int, mebibytes);
    const QString why = whyNotWithstood(attack, mebibytes);
    QVERIFY2(why.isEmpty(), qPrintable(why));
}

PYVENT_TEST(TestLaneDoor)

#include "tst_lanedoor.moc"
