// SPDX-License-Identifier: MIT
#include "transport/sealedfile.h"

#include "support/testprogram.h"

#include <QtCore/qtemporaryfile.h>
#include <QtTest/qtest.h>

#include <array>
#include <memory>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype most = 1'000'000;
constexpr unsigned sealable = MFD_CLOEXEC | MFD_ALLOW_SEALING;

FileDescriptor memoryFile(unsigned flags, int seals, qsizetype size = 4096)
{
    FileDescriptor file(::memfd_create("test", flags));
    if (!file.isOpen() || ::ftruncate(file.get(), size) != 0 || (seals && ::fcntl(file.get(), F_ADD_SEALS, seals) != 0))
        return {};
    return file;
}

struct Pair
{
    Pair()
    {
        int both[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, both) != 0)
            qFatal("no sockets");
        one = FileDescriptor(both[0]);
        other = FileDescriptor(both[1]);
    }
    ssize_t send(QByteArrayView bytes, int file = -1)
    {
        const iovec vector{const_cast<char *>(bytes.data()), std::size_t(bytes.size())};
        return sendWithFile(one.get(), std::span(&vector, 1), file);
    }

    FileDescriptor one;
    FileDescriptor other;
};

} // namespace

class TestSealedFile : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void hasWhatWasWritten();
    void cannotBeChanged();
    void whatIsNotMapped();
    void isPassedInOrder();
    void anEmptyPlaceWhereThereIsNoDescriptor();
};

void TestSealedFile::hasWhatWasWritten()
{
    const QByteArray body(300'000, 'x');
    const FileDescriptor file = makeSealedFile("head", body);
    QVERIFY(file.isOpen());
    for (const bool readsAll : {false, true}) {
        FileMapping mapping(file, 300'004, readsAll);
        QVERIFY(mapping.bytes() == "head" + body);
        const FileMapping moved = std::move(mapping);
        QVERIFY(moved.bytes().startsWith("head"));
    }
    QVERIFY(FileMapping(file, 300'003, true).isNull());
}

void TestSealedFile::cannotBeChanged()
{
    const FileDescriptor file = makeSealedFile("head", "body");
    QCOMPARE(::pwrite(file.get(), "x", 1, 0), -1);
    QCOMPARE(::ftruncate(file.get(), 0), -1);
    QCOMPARE(::ftruncate(file.get(), 100), -1);
    QVERIFY(::mmap(nullptr, 8, PROT_WRITE, MAP_SHARED, file.get(), 0) == MAP_FAILED);
    QCOMPARE(::fcntl(file.get(), F_ADD_SEALS, F_SEAL_FUTURE_WRITE), -1);
}

void TestSealedFile::whatIsNotMapped()
{
    QTemporaryFile onDisk;
    QVERIFY(onDisk.open());
    QVERIFY(onDisk.resize(4096));
    std::array<int, 2> pipe{};
    QCOMPARE(::pipe(pipe.data()), 0);
    const FileDescriptor reads(pipe[0]);
    const FileDescriptor writes(pipe[1]);
    const Pair sockets;
    constexpr int all = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    std::vector<std::pair<const char *, FileDescriptor>> files;
    files.emplace_back("none", FileDescriptor());
    files.emplace_back("a file", FileDescriptor(::dup(onDisk.handle())));
    files.emplace_back("a device", FileDescriptor(::open("/dev/zero", O_RDONLY | O_CLOEXEC)));
    files.emplace_back("a pipe", FileDescriptor(::dup(reads.get())));
    files.emplace_back("a socket", FileDescriptor(::dup(sockets.one.get())));
    files.emplace_back("without seals", memoryFile(sealable, 0));
    files.emplace_back("it can be made shorter", memoryFile(sealable, all & ~F_SEAL_SHRINK));
    files.emplace_back("it can be written", memoryFile(sealable, all & ~F_SEAL_WRITE));
    files.emplace_back("it is empty", memoryFile(sealable, all, 0));
    files.emplace_back("it is large", memoryFile(sealable, all, most + 1));
    files.emplace_back("of huge pages", memoryFile(sealable | MFD_HUGETLB, all, 2 << 20));
    for (const auto &[what, file] : files)
        QVERIFY2(FileMapping(file, most, false).isNull(), what);
    QVERIFY(!FileMapping(memoryFile(sealable, all), most, true).isNull());
}

void TestSealedFile::isPassedInOrder()
{
    Pair pair;
    const QByteArrayList bodies{"one", "two", "three"};
    QByteArray sent;
    for (const QByteArray &body : bodies) {
        const FileDescriptor file = makeSealedFile({}, body);
        const QByteArray bytes = "for " + body + "; ";
        QCOMPARE(pair.send(bytes, file.get()), bytes.size());
        sent += bytes;
    }
    QCOMPARE(pair.send("end"), 3);
    PassedFiles files;
    QByteArray received;
    for (std::array<char, 100> room;;) {
        const ssize_t count = files.receive(pair.other.get(), room);
        if (count <= 0)
            break;
        received.append(room.data(), count);
    }
    QCOMPARE(received, sent + "end");
    QVERIFY(!files.areTooMany());
    for (const QByteArray &body : bodies) {
        QVERIFY(files.hasSome());
        const FileDescriptor file = files.take();
        QVERIFY(::fcntl(file.get(), F_GETFD) & FD_CLOEXEC);
        QVERIFY(FileMapping(file, most, false).bytes() == body);
    }
    QVERIFY(!files.hasSome());
    QVERIFY(!files.take().isOpen());
    const FileDescriptor file = makeSealedFile({}, "x");
    for (int i = 0; i < 17; ++i) {
        pair.send("x", file.get());
        std::array<char, 1> room;
        QCOMPARE(files.receive(pair.other.get(), room), 1);
    }
    QVERIFY(files.areTooMany());
}

void TestSealedFile::anEmptyPlaceWhereThereIsNoDescriptor()
{
    Pair pair;
    const FileDescriptor first = makeSealedFile({}, "first");
    const FileDescriptor second = makeSealedFile({}, "second");
    pair.send("1", first.get());
    pair.send("2", second.get());
    rlimit before{};
    QCOMPARE(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const int next = ::dup(0);
    ::close(next);
    const rlimit limit{rlim_t(next), before.rlim_max};
    PassedFiles files;
    std::array<char, 1> room;
    QCOMPARE(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    const ssize_t received = files.receive(pair.other.get(), room);
    QCOMPARE(::setrlimit(RLIMIT_NOFILE, &before), 0);
    QCOMPARE(received, 1);
    QCOMPARE(files.receive(pair.other.get(), room), 1);
    QVERIFY(!files.take().isOpen());
    QVERIFY(FileMapping(files.take(), most, false).bytes() == "second");
}

PYVENT_TEST(TestSealedFile)

#include "tst_sealedfile.moc"
