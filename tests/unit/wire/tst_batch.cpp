// SPDX-License-Identifier: MIT
#include "support/testprogram.h"
#include "wire/batch.h"

#include <QtCore/qbytearraylist.h>
#include <QtTest/qtest.h>

using namespace Pyvent::Internal;

namespace {

QByteArray batchOf(const QByteArrayList &frames)
{
    QByteArray batch;
    for (const QByteArray &frame : frames) {
        const qsizetype before = batch.size();
        batch.resize(before + sizeInBatch(frame.size()));
        char *const end = writeToBatch(frame, batch.data() + before);
        Q_ASSERT(end == batch.data() + batch.size());
    }
    return batch;
}

} // namespace

class TestBatch : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void isReadAsWritten_data();
    void isReadAsWritten();
    void bytes();
    void isNoBatch_data();
    void isNoBatch();
};

void TestBatch::isReadAsWritten_data()
{
    QTest::addColumn<QByteArrayList>("frames");
    QTest::newRow("none") << QByteArrayList();
    QTest::newRow("one") << QByteArrayList{"order ."};
    QTest::newRow("an empty one") << QByteArrayList{""};
    QTest::newRow("some") << QByteArrayList{"order .", "", QByteArray(100'000, '\0'), "\xFF\xFF\xFF\xFF"};
    QTest::newRow("many") << QByteArrayList(10'000, "x");
}

void TestBatch::isReadAsWritten()
{
    QFETCH(const QByteArrayList, frames);
    const QByteArray batch = batchOf(frames);
    QVERIFY(isBatch(batch));
    QByteArrayView rest = batch;
    QByteArrayList read;
    for (QByteArrayView frame; takeFromBatch(&rest, &frame);)
        read.append(frame.toByteArray());
    QCOMPARE(read, frames);
    QVERIFY(rest.isEmpty());
}

void TestBatch::bytes()
{
    QCOMPARE(batchOf({"ab", QByteArray(258, 'c')}), QByteArray("\2\0\0\0ab\2\1\0\0", 10) + QByteArray(258, 'c'));
}

void TestBatch::isNoBatch_data()
{
    QTest::addColumn<QByteArray>("bytes");
    const QByteArray good = batchOf({"order .", "order ."});
    QTest::newRow("a byte less") << good.chopped(1);
    QTest::newRow("a byte more") << good + 'x';
    QTest::newRow("half a length") << good + QByteArray(3, '\0');
    QTest::newRow("a length and nothing else") << good + QByteArray("\1\0\0\0", 4);
    QTest::newRow("the largest length") << QByteArray(4, '\xFF') + good;
}

void TestBatch::isNoBatch()
{
    QFETCH(const QByteArray, bytes);
    QVERIFY(!isBatch(bytes));
}

PYVENT_TEST(TestBatch)

#include "tst_batch.moc"
