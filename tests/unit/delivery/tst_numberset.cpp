// SPDX-License-Identifier: MIT
#include "delivery/numberset.h"

#include "support/testprogram.h"

#include <QtTest/qtest.h>

#include <limits>
#include <random>
#include <set>

using namespace Pyvent::Internal;

namespace {

QByteArray textOf(const NumberSet &numbers)
{
    QByteArray text;
    for (const auto &[first, last] : numbers.ranges())
        text += (text.isEmpty() ? "" : " ") + QByteArray::number(first) + '-' + QByteArray::number(last);
    return text;
}

} // namespace

class TestNumberSet : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void joinsWhatFollows()
    {
        NumberSet numbers;
        QVERIFY(numbers.isEmpty());
        numbers.insert(5);
        numbers.insert(7);
        QCOMPARE(textOf(numbers), "5-5 7-7");
        numbers.insert(6);
        QCOMPARE(textOf(numbers), "5-7");
        numbers.insert(8);
        numbers.insert(4);
        QCOMPARE(textOf(numbers), "4-8");
        numbers.remove(6);
        QCOMPARE(textOf(numbers), "4-5 7-8");
        numbers.remove(6);
        numbers.remove(3);
        numbers.remove(9);
        numbers.remove(4);
        numbers.remove(8);
        QCOMPARE(textOf(numbers), "5-5 7-7");
        numbers.remove(5);
        numbers.remove(7);
        QVERIFY(numbers.isEmpty());
    }

    void hasTheSmallestAndTheLargestNumber()
    {
        constexpr quint64 largest = std::numeric_limits<quint64>::max();
        NumberSet numbers;
        numbers.insert(largest);
        numbers.insert(0);
        QVERIFY(numbers.contains(0) && numbers.contains(largest));
        QVERIFY(!numbers.contains(1) && !numbers.contains(largest - 1));
        numbers.insert(largest - 1);
        QCOMPARE(numbers.ranges().size(), std::size_t(2));
        numbers.remove(largest);
        numbers.remove(0);
        QCOMPARE(textOf(numbers), QByteArray::number(largest - 1) + '-' + QByteArray::number(largest - 1));
    }

    // It has what a set has, in as few ranges as there can be.
    void isAsASetIs()
    {
        std::minstd_rand random(1);
        for (int round = 0; round < 200; ++round) {
            NumberSet numbers;
            std::set<quint64> expected;
            for (int i = 0; i < 200; ++i) {
                const quint64 number = (random() >> 4) % 40;
                if ((random() >> 4) % 2 == 0) {
                    if (expected.insert(number).second)
                        numbers.insert(number);
                } else {
                    expected.erase(number);
                    numbers.remove(number);
                }
                QByteArray text;
                quint64 first = 0;
                for (auto each = expected.begin(); each != expected.end(); ++each) {
                    if (each == expected.begin() || *std::prev(each) + 1 != *each)
                        first = *each;
                    if (std::next(each) == expected.end() || *std::next(each) != *each + 1)
                        text +=
                            (text.isEmpty() ? "" : " ") + QByteArray::number(first) + '-' + QByteArray::number(*each);
                }
                QCOMPARE(textOf(numbers), text);
                for (quint64 each = 0; each < 41; ++each)
                    QCOMPARE(numbers.contains(each), expected.contains(each));
            }
        }
    }
};

PYVENT_TEST(TestNumberSet)

#include "tst_numberset.moc"
