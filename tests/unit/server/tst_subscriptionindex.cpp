// SPDX-License-Identifier: MIT
#include "server/subscriptionindex.h"

#include "support/testprogram.h"

#include <QtTest/qtest.h>

#include <map>
#include <random>
#include <set>

using namespace Pyvent::Internal;

namespace {

using Index = SubscriptionIndex<int>;

std::multiset<int> found(const Index &index, QByteArrayView frame)
{
    std::multiset<int> numbers;
    index.forEach(frame, [&](const int *subscriber) { numbers.insert(*subscriber); });
    return numbers;
}

} // namespace

class TestSubscriptionIndex : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void findsWhatAFrameBeginsWith();
    void isAsAListWouldBe();
    void prefixesOfPrefixes();
};

void TestSubscriptionIndex::findsWhatAFrameBeginsWith()
{
    Index index;
    int subscribers[] = {0, 1, 2, 3, 4};
    index.add("order", &subscribers[0]);
    index.add("order ", &subscribers[1]);
    index.add("ordinary", &subscribers[2]); // which splits an edge
    index.add("", &subscribers[3]);
    index.add("\xFFx", &subscribers[4]); // the bytes are not signed
    QCOMPARE(found(index, "order x"), (std::multiset<int>{0, 1, 3}));
    QCOMPARE(found(index, "orders"), (std::multiset<int>{0, 3}));
    QCOMPARE(found(index, "ord"), (std::multiset<int>{3}));
    QCOMPARE(found(index, "ordinary"), (std::multiset<int>{2, 3}));
    QCOMPARE(found(index, "\xFFx"), (std::multiset<int>{3, 4}));
    QCOMPARE(found(index, ""), (std::multiset<int>{3}));
    index.remove("order", &subscribers[0]);
    QCOMPARE(found(index, "order x"), (std::multiset<int>{1, 3}));
    index.remove("", &subscribers[3]);
    index.remove("order ", &subscribers[1]);
    index.remove("ordinary", &subscribers[2]);
    index.remove("\xFFx", &subscribers[4]);
    QVERIFY(index.isEmpty());
}

// Random subscriptions of few letters, so that they begin with one another.
void TestSubscriptionIndex::isAsAListWouldBe()
{
    const auto seed = quint32(qEnvironmentVariableIntValue("PYVENT_SEED"));
    std::minstd_rand random(seed ? seed : std::random_device()());
    const auto word = [&] {
        QByteArray text;
        for (auto i = random() % 7; i > 0; --i)
            text.append("ab\xFF"[random() % 3]);
        return text;
    };
    std::array<int, 5> subscribers{0, 1, 2, 3, 4};
    for (int round = 0; round < 200; ++round) {
        Index index;
        std::set<std::pair<QByteArray, int>> list;
        for (int step = 0; step < 200; ++step) {
            const std::pair<QByteArray, int> one(word(), int(random() % subscribers.size()));
            if (list.insert(one).second) {
                index.add(one.first, &subscribers[std::size_t(one.second)]);
            } else {
                list.erase(one);
                index.remove(one.first, &subscribers[std::size_t(one.second)]);
            }
            const QByteArray frame = word() + word();
            std::multiset<int> expected;
            for (const auto &[prefix, subscriber] : list) {
                if (frame.startsWith(prefix))
                    expected.insert(subscriber);
            }
            QCOMPARE(found(index, frame), expected);
        }
        for (const auto &[prefix, subscriber] : list)
            index.remove(prefix, &subscribers[std::size_t(subscriber)]);
        QVERIFY(index.isEmpty());
    }
}

// As deep as can be: nothing recurses.
void TestSubscriptionIndex::prefixesOfPrefixes()
{
    int subscriber = 7;
    const QByteArray longest(8000, 'x');
    Index index;
    for (qsizetype size = 0; size <= longest.size(); ++size)
        index.add(longest.first(size), &subscriber);
    QCOMPARE(found(index, longest).size(), std::size_t(longest.size() + 1));
    for (qsizetype size = 0; size <= longest.size(); size += 2)
        index.remove(longest.first(size), &subscriber);
    QCOMPARE(found(index, longest).size(), std::size_t(longest.size() / 2));
} // and the rest ends with it

PYVENT_TEST(TestSubscriptionIndex)

#include "tst_subscriptionindex.moc"
