// SPDX-License-Identifier: MIT
#include "session/recentevents.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

#include <optional>
#include <thread>

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
    void onlyPlainValues_data();
    void onlyPlainValues();
    void usersMayOutliveTheirThread();
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

// A few bytes of nested containers can be megabytes of values.
void TestRecentEvents::onlyPlainValues_data()
{
    QTest::addColumn<QVariantMap>("arguments");
    QTest::addColumn<bool>("isKept");
    QVariantMap some, many;
    for (int i = 0; i < 17; ++i) {
        many.insert(QString::number(i), i * 1.5);
        if (i < 16)
            some.insert(QString::number(i), u"text"_s);
    }
    QTest::newRow("none") << QVariantMap() << true;
    QTest::newRow("some") << some << true;
    QTest::newRow("too many") << many << false;
    QTest::newRow("a list") << QVariantMap{{u"a"_s, 1.5}, {u"b"_s, QVariantList()}} << false;
    QTest::newRow("a map") << QVariantMap{{u"a"_s, QVariantMap()}} << false;
    QTest::newRow("each kind") << QVariantMap{{u"a"_s, true},
                                              {u"b"_s, 1LL},
                                              {u"c"_s, QByteArray()},
                                              {u"d"_s, QVariant::fromValue(nullptr)}}
                               << true;
}

void TestRecentEvents::onlyPlainValues()
{
    QFETCH(const QVariantMap, arguments);
    QFETCH(const bool, isKept);
    const RecentEvents::User one, other;
    RecentEvents *recent = one.recentEvents("frame");
    const auto event = std::make_shared<PyventEvent>();
    event->args = arguments;
    recent->insert(7, "frame", event);
    QCOMPARE(recent->find(7, "frame") != nullptr, isKept);
}

// As static nodes do: they end after what the main thread destroys.
void TestRecentEvents::usersMayOutliveTheirThread()
{
    struct Users
    {
        ~Users()
        {
            *isRefused = !one->recentEvents("frame");
            other.reset();
            one.reset();
        }
        std::optional<RecentEvents::User> one, other;
        bool *isRefused;
    };
    bool isRefused = false;
    std::weak_ptr<const PyventEvent> kept;
    std::thread([&] {
        thread_local Users users; // made before what the thread keeps, so it ends later
        users.isRefused = &isRefused;
        users.one.emplace();
        users.other.emplace();
        const auto event = named(u"order"_s);
        kept = event;
        users.one->recentEvents("frame")->insert(7, "frame", event);
    }).join();
    QVERIFY(kept.expired());
    QVERIFY(isRefused);
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

PYVENT_TEST(TestRecentEvents)

#include "tst_recentevents.moc"
