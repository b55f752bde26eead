// SPDX-License-Identifier: MIT
#include "server/sendbuffer.h"

#include "support/sendbuffers.h"
#include "support/testprogram.h"
#include "wire/lane.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using PyventTests::takeBytes;

namespace {

constexpr qsizetype fileSize = 300'000;

struct Accounts
{
    qsizetype bytes = 0;
    qsizetype files = 0;
};

Block fileBlock(Accounts *accounts, char fill = 'x')
{
    FileDescriptor file = makeSealedFile({}, QByteArray(fileSize, fill));
    FileMapping mapping(file, fileSize, false);
    Block block(std::move(mapping), std::move(file), &accounts->files);
    block.countIn(&accounts->bytes);
    return block;
}

} // namespace

class TestSendBuffer : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void inOrderAndInParts();
    void filesGoAsSuchWhereTheyAreTaken();
    void aFewFilesAtATime();
    void asBytesWhereTheKernelPassesNoMore();
    void aCommandThatIsWrittenInParts();
};

void TestSendBuffer::inOrderAndInParts()
{
    Accounts accounts;
    {
        SendBuffer buffer;
        buffer.append(Block("hello ", &accounts.bytes));
        buffer.append(Block("world", &accounts.bytes));
        QCOMPARE(buffer.bytes(), 11);
        QCOMPARE(buffer.cost(), accounts.bytes);
        std::array<iovec, 8> vectors;
        QCOMPARE(buffer.fill(vectors).count, std::size_t(2));
        buffer.wrote(8);
        QCOMPARE(buffer.bytes(), 3);
        QCOMPARE(buffer.written(), 8U);
        QCOMPARE(buffer.appended(), 11U);
        QCOMPARE(takeBytes(&buffer), "rld");
        QVERIFY(buffer.isEmpty());
        buffer.append(Block("more", &accounts.bytes));
        buffer.clear();
        QVERIFY(buffer.isEmpty());
    }
    QCOMPARE(accounts.bytes, 0);
}

void TestSendBuffer::filesGoAsSuchWhereTheyAreTaken()
{
    Accounts accounts;
    {
        SendBuffer takes;
        takes.setTakesFiles();
        SendBuffer takesNone;
        {
            const Block block = fileBlock(&accounts);
            for (SendBuffer *buffer : {&takes, &takesNone}) {
                buffer->append(Block("before", &accounts.bytes));
                buffer->append(block);
                buffer->append(Block("after", &accounts.bytes));
                QVERIFY(buffer->cost() > fileSize);
            }
        }
        QCOMPARE(accounts.files, 1);
        int files = 0;
        QCOMPARE(takeBytes(&takesNone, &files), "before" + QByteArray(fileSize, 'x') + "after");
        QCOMPARE(files, 0);
        QCOMPARE(takeBytes(&takes, &files), "before" + Lane::fileFrame() + "after");
        QCOMPARE(files, 1);
        QVERIFY(takes.isEmpty());
        QCOMPARE(takes.cost(), fileSize); // the other end has it
        QCOMPARE(accounts.files, 1);
        QVERIFY(takes.haveDone(1));
        QCOMPARE(takes.cost(), 0);
        QCOMPARE(accounts.files, 0);
        QVERIFY(!takes.haveDone(2));
        QVERIFY(!takes.haveDone(0));
        QVERIFY(takes.haveDone(1));
    }
    QCOMPARE(accounts.bytes, 0);
}

void TestSendBuffer::aFewFilesAtATime()
{
    Accounts accounts;
    SendBuffer buffer;
    buffer.setTakesFiles();
    for (int i = 0; i < 20; ++i)
        buffer.append(fileBlock(&accounts));
    buffer.append(Block("end", &accounts.bytes));
    int files = 0;
    QCOMPARE(takeBytes(&buffer, &files), Lane::fileFrame().repeated(16));
    QCOMPARE(files, 16);
    QVERIFY(!buffer.isEmpty());
    QVERIFY(!buffer.mayWrite());
    QCOMPARE(accounts.files, 20);
    QVERIFY(buffer.haveDone(3));
    QVERIFY(buffer.mayWrite());
    QCOMPARE(takeBytes(&buffer), Lane::fileFrame().repeated(3));
    buffer.lendAny();
    QCOMPARE(takeBytes(&buffer), Lane::fileFrame() + "end");
    buffer.clear();
    QCOMPARE(accounts.files, 0);
    QCOMPARE(accounts.bytes, 0);
}

void TestSendBuffer::asBytesWhereTheKernelPassesNoMore()
{
    Accounts accounts;
    SendBuffer buffer;
    buffer.setTakesFiles();
    buffer.append(Block("before", &accounts.bytes));
    buffer.append(fileBlock(&accounts, 'a'));
    buffer.append(fileBlock(&accounts, 'b'));
    std::array<iovec, 8> vectors;
    QVERIFY(buffer.fill(vectors).file >= 0);
    buffer.passAsBytes();
    int files = 0;
    QCOMPARE(takeBytes(&buffer, &files), "before" + QByteArray(fileSize, 'a') + Lane::fileFrame());
    QCOMPARE(files, 1);
    QCOMPARE(buffer.bytes(), 0);
    QVERIFY(buffer.haveDone(1));
    QCOMPARE(accounts.bytes, 0);
}

void TestSendBuffer::aCommandThatIsWrittenInParts()
{
    Accounts accounts;
    SendBuffer buffer;
    buffer.setTakesFiles();
    buffer.append(Block("before", &accounts.bytes));
    buffer.append(fileBlock(&accounts));
    std::array<iovec, 8> vectors;
    const SendBuffer::Next next = buffer.fill(vectors);
    QVERIFY(next.file >= 0);
    buffer.wrote(2, next.file); // the file has gone ahead
    int files = 0;
    QCOMPARE(takeBytes(&buffer, &files), "fore" + Lane::fileFrame());
    QCOMPARE(files, 0);
    QVERIFY(buffer.haveDone(1));
}

PYVENT_TEST(TestSendBuffer)

#include "tst_sendbuffer.moc"
