// SPDX-License-Identifier: MIT
#include "node/recentevents.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

namespace {

std::shared_ptr<const PyventEvent> named(const QString &name)
{
    const auto event = std::make_shared<PyventEvent>();
    event->name = name;
    return event;
}

} // namespace

class TestRecentEvents : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void areForTwo();
    void onlySmallOnes();
    void areFoundByTheirBytes();
    void areNotMany();
    void goWithTheLastButOne();
};

void TestRecentEvents::areForTwo()
{
    const RecentEvents::User one;
    QVERIFY(!one.recentEvents("frame"));
    const RecentEvents::User other;
    QVERIFY(one.recentEvents("frame"));
    QCOMPARE(one.recentEvents("frame"), other.recentEvents("frame"));
}

void TestRecentEvents::onlySmallOnes()
{
    const RecentEvents::User one, other;
    QVERIFY(one.recentEvents(QByteArray(256, 'x')));
    QVERIFY(!one.recentEvents(QByteArray(257, 'x')));
}

void TestRecentEvents::areFoundByTheirBytes()
{
    const RecentEvents::User one, other;
    RecentEvents *recent = one.recentEvents("frame");
    const auto event = named(u"order"_s);
    recent->insert(7, "frame", event);
    QCOMPARE(recent->find(7, "frame"), event);
    QVERIFY(!recent->find(8, "frame"));
    for (const char *forged : {"Frame", "frame ", "fram", ""})
        QVERIFY(!recent->find(7, forged));
    recent->insert(7, "Frame", named(u"other"_s));
    QVERIFY(!recent->find(7, "frame"));
}

void TestRecentEvents::areNotMany()
{
    const RecentEvents::User one, other;
    RecentEvents *recent = one.recentEvents("frame");
    std::vector<std::weak_ptr<const PyventEvent>> events;
    for (quint64 key = 0; key < 5000; ++key) {
        const auto event = named(u"order"_s);
        events.push_back(event);
        recent->insert(key, "frame", event);
    }
    QCOMPARE(std::count_if(events.begin(), events.end(), [](const auto &event) { return !event.expired(); }), 1024);
}

void TestRecentEvents::goWithTheLastButOne()
{
    const RecentEvents::User one;
    std::weak_ptr<const PyventEvent> kept;
    {
        const RecentEvents::User other;
        const auto event = named(u"order"_s);
        kept = event;
        other.recentEvents("frame")->insert(7, "frame", event);
    }
    QVERIFY(kept.expired());
}

QTEST_GUILESS_MAIN(TestRecentEvents)

#include "tst_recentevents.moc"
