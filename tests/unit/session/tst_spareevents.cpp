// SPDX-License-Identifier: MIT
#include "session/spareevents.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

namespace {

std::shared_ptr<PyventEvent> ofCount(int count)
{
    const auto event = std::make_shared<PyventEvent>();
    event->args.insert(u"count"_s, count);
    return event;
}

} // namespace

class TestSpareEvents : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void areTakenOldestFirst();
    void areNobodyElses();
    void areNotMany();
};

void TestSpareEvents::areTakenOldestFirst()
{
    SpareEvents spare;
    QVERIFY(spare.take()->args.isEmpty()); // a new one
    for (int turn = 0; turn < 100; ++turn) {
        for (int i = 0; i < 3; ++i)
            spare.add(ofCount(i));
        for (int i = 0; i < 3; ++i)
            QCOMPARE(spare.take()->args.value(u"count"_s), QVariant(i));
        QVERIFY(spare.take()->args.isEmpty());
    }
}

void TestSpareEvents::areNobodyElses()
{
    SpareEvents spare;
    const auto shared = ofCount(1);
    spare.add(std::shared_ptr<const PyventEvent>(shared));
    QVERIFY(spare.take()->args.isEmpty());

    auto handled = ofCount(2);
    const QVariantMap users = handled->args;
    spare.add(std::move(handled));
    QVERIFY(spare.take()->args.isEmpty());
    QCOMPARE(users.value(u"count"_s), QVariant(2));
}

void TestSpareEvents::areNotMany()
{
    SpareEvents spare;
    std::vector<std::weak_ptr<PyventEvent>> events;
    for (int i = 0; i < 1000; ++i) {
        auto event = ofCount(i);
        events.push_back(event);
        spare.add(std::move(event));
    }
    QCOMPARE(std::count_if(events.begin(), events.end(), [](const auto &event) { return !event.expired(); }), 64);
}

PYVENT_TEST(TestSpareEvents)
#include "tst_spareevents.moc"
