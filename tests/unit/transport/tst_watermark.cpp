// SPDX-License-Identifier: MIT
#include "transport/watermark.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;

namespace {

void add(WaterMark *mark, std::size_t size, int count)
{
    for (int i = 0; i < count; ++i)
        mark->add(size);
}

} // namespace

class TestWaterMark : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void manySmallOnes();
    void fewLargeOnes_data();
    void fewLargeOnes();
    void neverHoldsMuchMore();
    void oneLargeOneAmongMany();
    void changesRarely();
};

void TestWaterMark::manySmallOnes()
{
    WaterMark mark;
    QCOMPARE(mark.mark(), WaterMark::most);
    add(&mark, 200, 1000);
    QCOMPARE(mark.mark(), WaterMark::most);
}

void TestWaterMark::fewLargeOnes_data()
{
    QTest::addColumn<std::size_t>("size");
    for (const int kilobytes : {4, 64, 1024, 4096, 65536})
        QTest::addRow("%d KiB", kilobytes) << std::size_t(kilobytes) * 1024;
}

void TestWaterMark::fewLargeOnes()
{
    QFETCH(const std::size_t, size);
    WaterMark mark;
    add(&mark, size, 1000);
    QVERIFY(mark.mark() >= WaterMark::fewest);
    QVERIFY2(double(mark.mark()) * double(size) <= WaterMark::bytes, qPrintable(QString::number(mark.mark())));
    add(&mark, 100, 10'000);
    QCOMPARE(mark.mark(), WaterMark::most); // it comes back
}

// A queue that takes messages for as long as the mark lets it, from the first large one on.
void TestWaterMark::neverHoldsMuchMore()
{
    for (const std::size_t size : {10'000, 1'000'000, 16'000'000}) {
        WaterMark mark;
        add(&mark, 100, 1000);
        double held = 0;
        int count = 0;
        for (; count < mark.mark(); ++count) {
            held += double(size);
            mark.add(size);
        }
        QVERIFY2(held < 4 * WaterMark::bytes, qPrintable(QStringLiteral("%1 of %2 bytes").arg(count).arg(size)));
    }
}

void TestWaterMark::oneLargeOneAmongMany()
{
    WaterMark mark;
    add(&mark, 100, 1000);
    mark.add(1024 * 1024);
    QVERIFY2(mark.mark() >= 10'000, qPrintable(QString::number(mark.mark())));
}

void TestWaterMark::changesRarely()
{
    WaterMark mark;
    int changes = 0;
    for (int i = 0; i < 100'000; ++i)
        changes += mark.add(std::size_t(3'000 + i % 500));
    QVERIFY2(changes < 10, qPrintable(QString::number(changes)));
}

QTEST_GUILESS_MAIN(TestWaterMark)

#include "tst_watermark.moc"
