// SPDX-License-Identifier: MIT
#include <Pyvent>
#include <PyventValue>

#include "support/freeport.h"
#include "support/testprogram.h"
#include "support/waituntil.h"

#include <QtTest/qsignalspy.h>
#include <QtTest/qtest.h>

#include <optional>

using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// A node of another bus, whose end was long ago.
const QUuid elsewhere = QUuid::fromString("00000001-82cd-82b4-aa10-c997affa3f6e"_L1);
constexpr qint64 longAgo = 1'700'000'000'000'000;

PyventFrame pastFrame(const QString &name, const QVariantMap &arguments, quint64 stamp = 0)
{
    PyventFrame frame{.name = name,
                      .sender = u"pyvent.kitchen"_s,
                      .nodeId = elsewhere,
                      .sequence = 7,
                      .time = longAgo,
                      .stamp = stamp};
    frame.setArguments(arguments);
    return frame;
}

} // namespace

// What a bridge does that has stored what its bus had.
class TestNodeKeeping : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_port = freePort();
        m_server.emplace(PyventOptions{.port = m_port});
        QVERIFY(m_server->startServer());
        m_bridge.emplace(PyventOptions{.port = m_port, .server = false});
        QVERIFY(m_bridge->waitForReady());
    }
    void cleanup()
    {
        m_bridge.reset();
        m_server.reset();
    }

    void lateJoinersHearWhatWasKept()
    {
        QList<PyventEvent> heard;
        m_server->on(u"bell"_s, {.sender = PyventSender::Any}, &*m_server,
                     [&](const PyventEvent &event) { heard += event; });
        QVERIFY(m_server->waitForReady());
        QVERIFY(m_bridge->keep(pastFrame(u"bell"_s, {{u"n"_s, 5}})));
        PyventNode late(PyventOptions{.port = m_port, .server = false});
        std::optional<PyventEvent> last;
        QObject context;
        QVERIFY(waitUntil([&] { // the two come by connections of their own
            late.off(&context);
            late.on(u"bell"_s, {.sender = PyventSender::Any, .last = true}, &context,
                    [&](const PyventEvent &event) { last = event; });
            return waitUntil([&] { return last.has_value(); }, 200);
        }));
        QCOMPARE(last->args.value(u"n"_s).toInt(), 5);
        QCOMPARE(last->sender, u"pyvent.kitchen"_s);
        QCOMPARE(last->nodeId, elsewhere);
        QCOMPARE(last->sequence, 7u);
        QCOMPARE(last->time.toMSecsSinceEpoch() * 1000, longAgo);
        QVERIFY(last->replayed);
        QVERIFY(heard.isEmpty());
    }

    void holdersHaveTheWrite()
    {
        PyventValue<int> oven(&*m_server, u"oven"_s, 1);
        QVERIFY(m_server->waitForReady());
        const quint64 stamp = quint64(longAgo / 1000) << 16;
        QVERIFY(m_bridge->keep(pastFrame(u"oven"_s, {{u"value"_s, 180}}, stamp)));
        QVERIFY(waitUntil([&] { return oven.isKnown(); }));
        QCOMPARE(oven.value(), 180);
        QCOMPARE(oven.origin(), elsewhere);
        QCOMPARE(oven.time().toMSecsSinceEpoch() * 1000, longAgo);
        QVERIFY(oven.age() > 24h);
        oven = 5; // a later write
        QVERIFY(m_bridge->keep(pastFrame(u"oven"_s, {{u"value"_s, 190}}, stamp + 1)));
        QSignalSpy lasts(&*m_bridge, &PyventNode::lastEvent);
        QVERIFY(m_bridge->askLast(u"oven"_s));
        QVERIFY(waitUntil([&] { return lasts.size() == 1; }));
        const auto frame = lasts[0][1].value<PyventFrame>();
        QCOMPARE(frame.nodeId, m_server->uuid());
        QVERIFY(frame.stamp > stamp + 1);
        QCOMPARE(oven.value(), 5);
    }

    void allIsTold()
    {
        QSignalSpy kept(&*m_bridge, &PyventNode::keptEvents);
        QSignalSpy lasts(&*m_bridge, &PyventNode::lastEvent);
        QVERIFY(m_bridge->askLast(u"nothing"_s));
        QVERIFY(waitUntil([&] { return lasts.size() == 1; }));
        QCOMPARE(lasts[0][0].toString(), u"nothing"_s);
        QVERIFY(lasts[0][1].value<PyventFrame>().name.isEmpty());
        for (int i = 0; i < 300; ++i)
            m_server->send(u"sensor.%1"_s.arg(i), {{u"i"_s, i}});
        QVERIFY(m_server->flush(10s));
        QStringList names;
        quint64 next = 0;
        do {
            kept.clear();
            QVERIFY(m_bridge->askKept(next));
            QVERIFY(waitUntil([&] { return kept.size() == 1; }));
            for (const PyventFrame &frame : kept[0][0].value<QList<PyventFrame>>()) {
                QCOMPARE(frame.nodeId, m_server->uuid());
                names += frame.name;
            }
            next = kept[0][1].toULongLong();
        } while (next > 0);
        QCOMPARE(names.size(), 300);
        QCOMPARE(names.last(), u"sensor.299"_s);
    }

    void isRefused()
    {
        const PyventFrame good = pastFrame(u"bell"_s, {});
        QVERIFY(m_bridge->keep(good));
        PyventFrame bad = good;
        bad.name = u"__check"_s;
        QVERIFY(!m_bridge->keep(bad));
        bad = good;
        bad.nodeId = {};
        QVERIFY(!m_bridge->keep(bad));
        bad = good;
        bad.pickle = "no pickle";
        QVERIFY(!m_bridge->keep(bad));
        bad = good;
        bad.setArguments({{u"x"_s, QByteArray(100'000, 'x')}});
        QVERIFY(!m_bridge->keep(bad));
        PyventNode stopped(PyventOptions{.port = m_port, .server = false});
        QVERIFY(!stopped.keep(good) && !stopped.askKept() && !stopped.askLast(u"bell"_s));
    }

private:
    int m_port = 0;
    std::optional<PyventNode> m_server;
    std::optional<PyventNode> m_bridge;
};

PYVENT_TEST(TestNodeKeeping)

#include "tst_keeping.moc"
