// SPDX-License-Identifier: MIT
#include "transport/filepool.h"

#include "support/testprogram.h"
#include "transport/sealedfile.h"

#include <QtCore/qscopeguard.h>
#include <QtTest/qtest.h>

#include <array>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Pyvent::Internal;
using namespace std::chrono_literals;

namespace {

constexpr qsizetype fileSize = 300'000;

QByteArray contents(char fill, qsizetype bytes = fileSize)
{
    return QByteArray(bytes, fill);
}

ino_t inodeOf(const FileDescriptor &file)
{
    struct stat status = {};
    return ::fstat(file.get(), &status) == 0 ? status.st_ino : 0;
}

QByteArray bytesOf(const FileDescriptor &file, qsizetype bytes)
{
    QByteArray copy(bytes, Qt::Uninitialized);
    const bool isWhole = copyFromPooledFile(file, 0, std::span(copy.data(), std::size_t(bytes)));
    return isWhole ? copy : QByteArray("it is not there");
}

} // namespace

class TestFilePool : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void writesAgainToWhatNobodyHas();
    void seesWhoHasOne_data();
    void seesWhoHasOne();
    void nobodyElseWrites();
    void hasAFewFiles();
    void eventsOfAboutTheSameSizeShareAFile();
    void makesRoomForOtherSizes();
    void makesNoneThatMayNotBe();
    void givesBackWhatIsNotUsed();
    void tellsAPooledFileFromOthers();

private:
    const FilePool::Clock::time_point m_now = FilePool::Clock::now();
};

void TestFilePool::writesAgainToWhatNobodyHas()
{
    FilePool pool;
    FileDescriptor first = pool.write("head", contents('a'), m_now);
    QVERIFY(first.isOpen());
    QVERIFY(isPooledFile(first, fileSize + 4));
    QCOMPARE(bytesOf(first, fileSize + 4), "head" + contents('a'));
    const FileDescriptor second = pool.write("HEAD", contents('b'), m_now);
    QCOMPARE(pool.files(), 2);
    QVERIFY(inodeOf(second) != inodeOf(first));
    QCOMPARE(bytesOf(first, fileSize + 4), "head" + contents('a'));

    const ino_t inode = inodeOf(first);
    first = FileDescriptor();
    const FileDescriptor third = pool.write("", contents('c'), m_now);
    QCOMPARE(pool.files(), 2);
    QCOMPARE(inodeOf(third), inode);
    QCOMPARE(bytesOf(third, fileSize), contents('c'));
    QCOMPARE(bytesOf(second, fileSize + 4), "HEAD" + contents('b'));
}

void TestFilePool::seesWhoHasOne_data()
{
    QTest::addColumn<QByteArray>("how");
    for (const char *how : {"duplicated", "mapped", "on its way", "opened anew"})
        QTest::newRow(how) << QByteArray(how);
}

void TestFilePool::seesWhoHasOne()
{
    QFETCH(const QByteArray, how);
    FilePool pool;
    FileDescriptor file = pool.write("", contents('a'), m_now);
    const ino_t inode = inodeOf(file);
    std::array<int, 2> sockets{-1, -1};
    QCOMPARE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets.data()), 0);
    const FileDescriptor one(sockets[0]);
    FileDescriptor other(sockets[1]);
    FileDescriptor held;
    void *mapping = nullptr;
    if (how == "duplicated") {
        held = FileDescriptor(::dup(file.get()));
    } else if (how == "mapped") {
        mapping = ::mmap(nullptr, std::size_t(fileSize), PROT_READ, MAP_SHARED, file.get(), 0);
        QVERIFY(mapping != MAP_FAILED);
    } else if (how == "on its way") {
        char byte = 'x';
        const iovec vector{&byte, 1};
        QCOMPARE(sendWithFile(one.get(), std::span(&vector, 1), file.get()), 1);
    } else {
        held = FileDescriptor(::open(("/proc/self/fd/" + QByteArray::number(file.get())).constData(), O_RDONLY));
    }
    file = FileDescriptor();
    QVERIFY(inodeOf(pool.write("", contents('b'), m_now)) != inode);

    held = FileDescriptor();
    if (mapping)
        QCOMPARE(::munmap(mapping, std::size_t(fileSize)), 0);
    other = FileDescriptor(); // and what was on its way there
    std::vector<FileDescriptor> two;
    two.push_back(pool.write("", contents('c'), m_now));
    two.push_back(pool.write("", contents('d'), m_now));
    QCOMPARE(pool.files(), 2);
    QVERIFY(inodeOf(two[0]) == inode || inodeOf(two[1]) == inode);
}

void TestFilePool::nobodyElseWrites()
{
    FilePool pool;
    const FileDescriptor file = pool.write("", contents('a'), m_now);
    QCOMPARE(::pwrite(file.get(), "x", 1, 0), -1);
    const FileDescriptor anew(
        ::open(("/proc/self/fd/" + QByteArray::number(file.get())).constData(), O_RDWR | O_CLOEXEC));
    QCOMPARE(::pwrite(anew.get(), "x", 1, 0), -1);
    QCOMPARE(::ftruncate(anew.get(), 1), -1);
    QCOMPARE(::ftruncate(anew.get(), 2 * fileSize), -1);
    QVERIFY(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, anew.get(), 0) == MAP_FAILED);
    QCOMPARE(bytesOf(file, fileSize), contents('a'));
}

void TestFilePool::hasAFewFiles()
{
    FilePool pool;
    std::vector<FileDescriptor> files;
    for (std::size_t i = 0; i < FilePool::mostFiles; ++i) {
        files.push_back(pool.write("", contents('a'), m_now));
        QVERIFY(files.back().isOpen());
    }
    QVERIFY(!pool.write("", contents('b'), m_now).isOpen());
    files.erase(files.begin());
    QVERIFY(pool.write("", contents('b'), m_now).isOpen());
    QCOMPARE(pool.files(), FilePool::mostFiles);

    FilePool another;
    QVERIFY(!another.write("", contents('x', FilePool::mostBytes + 1), m_now).isOpen());
    const FileDescriptor large = another.write("", contents('x', FilePool::mostBytes / 2 + 1), m_now);
    QVERIFY(large.isOpen());
    QVERIFY(!another.write("", contents('x', FilePool::mostBytes / 2 + 1), m_now).isOpen());
}

void TestFilePool::eventsOfAboutTheSameSizeShareAFile()
{
    FilePool pool;
    const ino_t inode = inodeOf(pool.write("", contents('a', 1'000'000), m_now));
    QCOMPARE(inodeOf(pool.write("", contents('b', 1'010'000), m_now)), inode);
    QCOMPARE(inodeOf(pool.write("", contents('c', 900'000), m_now)), inode);
    QVERIFY(inodeOf(pool.write("", contents('d', 2'000'000), m_now)) != inode);
    QVERIFY(inodeOf(pool.write("", contents('e', 10'000), m_now)) != inode); // it would keep far more than it needs
}

void TestFilePool::makesRoomForOtherSizes()
{
    FilePool pool;
    std::vector<FileDescriptor> files;
    for (std::size_t i = 0; i < FilePool::mostFiles; ++i)
        files.push_back(pool.write("", contents('a'), m_now));
    QVERIFY(!pool.write("", contents('b', 10 * fileSize), m_now).isOpen());
    files.pop_back();
    QVERIFY(pool.write("", contents('b', 10 * fileSize), m_now).isOpen());
    files.clear();
    QVERIFY(pool.write("", contents('c', FilePool::mostBytes), m_now).isOpen());
    QCOMPARE(pool.files(), 1);
}

void TestFilePool::makesNoneThatMayNotBe()
{
    rlimit before = {};
    QCOMPARE(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const rlimit small = {fileSize + 1, before.rlim_max};
    QCOMPARE(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const auto restored = qScopeGuard([&] { ::setrlimit(RLIMIT_FSIZE, &before); });
    FilePool pool;
    QVERIFY(!pool.write("", contents('a'), m_now).isOpen()); // it would have some more, and the process a signal
    QVERIFY(makeSealedFile("", contents('a')).isOpen());
    QVERIFY(!makeSealedFile("head", contents('a')).isOpen());
}

void TestFilePool::givesBackWhatIsNotUsed()
{
    FilePool pool;
    const FileDescriptor first = pool.write("", contents('a'), m_now);
    const FileDescriptor second = pool.write("", contents('b'), m_now + 500ms);
    pool.tidy(m_now + 900ms);
    QCOMPARE(pool.files(), 2);
    pool.tidy(m_now + 1100ms);
    QCOMPARE(pool.files(), 1);
    pool.tidy(m_now + 10s);
    QCOMPARE(pool.files(), 0);
    QCOMPARE(bytesOf(first, fileSize), contents('a')); // whoever has it still does
    for (int i = 0; i < 5; ++i) {                      // and all of the room is there again
        pool.tidy(m_now + i * 10s);
        QVERIFY(pool.write("", contents('c', FilePool::mostBytes), m_now + i * 10s).isOpen());
    }
}

void TestFilePool::tellsAPooledFileFromOthers()
{
    FilePool pool;
    const FileDescriptor pooled = pool.write("", contents('a'), m_now);
    QVERIFY(isPooledFile(pooled, fileSize));
    QVERIFY(!isPooledFile(pooled, 10 * fileSize));
    QVERIFY(!isPooledFile(makeSealedFile("", contents('a')), fileSize));
    QVERIFY(!isPooledFile(FileDescriptor(), 0));
    QVERIFY(!isPooledFile(FileDescriptor(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)), 0));
    std::array<int, 2> pipe{-1, -1};
    QCOMPARE(::pipe(pipe.data()), 0);
    const FileDescriptor out(pipe[0]);
    const FileDescriptor in(pipe[1]);
    QVERIFY(!isPooledFile(out, 0));
    const FileDescriptor open(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    QCOMPARE(::ftruncate(open.get(), fileSize), 0);
    QVERIFY(!isPooledFile(open, fileSize));
}

PYVENT_TEST(TestFilePool)

#include "tst_filepool.moc"
