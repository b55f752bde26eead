// SPDX-License-Identifier: MIT
#include "bridgesamples.h"
#include "inbound.h"
#include "support/testprogram.h"

#include <QtTest>

using namespace Pyvent::Bridge;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

// A bus whose server has what is forwarded when it is told to, or at once.
class PlainBus : public BusEnd
{
    Q_OBJECT

public:
    QUuid id() const override { return {}; }
    void hear(const QList<PyventPattern> &) override { }
    void stopHearing() override { }
    Outcome forward(const BusEvent &event) override
    {
        numbers += event.number;
        if (acceptsAtOnce)
            accept(1);
        return Outcome::Taken;
    }
    QString why() const override { return {}; }
    quint64 accepted() const override { return m_accepted; }
    void describe(const QVariantMap &) override { }
    void announce(const QUuid &) override { }
    std::optional<QVariantMap> arguments(const QByteArray &, QString *, QString *) const override { return {}; }
    std::optional<QByteArray> pickle(const QVariantMap &, const QString &, QString *) const override { return {}; }

    void accept(quint64 count)
    {
        m_accepted += count;
        Q_EMIT acceptedChanged();
    }

    QList<quint64> numbers;
    bool acceptsAtOnce = false;

private:
    quint64 m_accepted = 0;
};

const QUuid farNode = QUuid::createUuid();

Engine::Arrival arrivalOf(quint64 token, quint64 number, bool isDirect = false, const QUuid &node = farNode)
{
    return {.token = token,
            .message = {.name = u"x"_s, .node = node, .number = number, .bus = "elsewhere"},
            .whyNot = {},
            .isDirect = isDirect};
}

struct InboundFixture
{
    InboundFixture()
        : inbound(&bus, &own,
                  {.bus = "here", .names = {PyventPattern(u"*"_s)}, .foreignSender = {}, .clock = [] { return start; }})
    {
        QObject::connect(&inbound, &Inbound::acknowledge, &bus, [this](quint64 token) { acknowledged = token; });
    }

    PlainBus bus;
    RecentSet<QUuid> own{100};
    Inbound inbound;
    quint64 acknowledged = 0;
};

} // namespace

class tst_Inbound : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void acknowledgesWhatTheServerHas();
    void acknowledgesWhatTheServerHasAtOnce();
    void forwardsWhatComesDirectly();
    void waitsNotForWhatHoldsUpTheEngine();
    void speaksForManyNames();
};

void tst_Inbound::acknowledgesWhatTheServerHas()
{
    InboundFixture fixture;
    fixture.inbound.take({arrivalOf(1, 1), arrivalOf(2, 2)});
    QCOMPARE(fixture.acknowledged, 0u);
    fixture.inbound.take({arrivalOf(3, 2)}); // a double, of what the server may lack
    fixture.bus.accept(1);
    QCOMPARE(fixture.acknowledged, 1u);
    fixture.bus.accept(1);
    QCOMPARE(fixture.acknowledged, 3u);
    QCOMPARE(fixture.inbound.waiting(), 0);
}

// The bus tells of it before forward() has returned.
void tst_Inbound::acknowledgesWhatTheServerHasAtOnce()
{
    InboundFixture fixture;
    fixture.bus.acceptsAtOnce = true;
    fixture.inbound.take({arrivalOf(1, 1)});
    fixture.bus.acceptsAtOnce = false;
    fixture.inbound.take({arrivalOf(2, 1), arrivalOf(3, 1)});
    QCOMPARE(fixture.acknowledged, 3u);
    fixture.inbound.take({arrivalOf(4, 2)});
    QCOMPARE(fixture.acknowledged, 3u);
    fixture.bus.accept(1);
    QCOMPARE(fixture.acknowledged, 4u);
}

void tst_Inbound::forwardsWhatComesDirectly()
{
    InboundFixture fixture;
    const QUuid neighbour = QUuid::createUuid();
    fixture.own.insert(neighbour);
    fixture.inbound.take({arrivalOf(1, 1, true), arrivalOf(2, 3, true), arrivalOf(3, 1, true, neighbour)});
    QCOMPARE(fixture.bus.numbers, QList<quint64>{1});
    fixture.bus.accept(1);
    QCOMPARE(fixture.acknowledged, 3u);
    // The engine's own copies: one is a double, and the next one fills in.
    fixture.inbound.take({arrivalOf(4, 1), arrivalOf(5, 2), arrivalOf(6, 3)});
    QCOMPARE(fixture.bus.numbers, (QList<quint64>{1, 2, 3}));
    QCOMPARE(fixture.acknowledged, 4u);
    fixture.bus.accept(2);
    QCOMPARE(fixture.acknowledged, 6u);
    QCOMPARE(fixture.inbound.counters().direct, 1u);
    QCOMPARE(fixture.inbound.counters().doubled, 2u);
    // What has not been heard to its end comes again, by the engine.
    fixture.inbound.take({arrivalOf(7, 4, true)});
    fixture.inbound.restart();
    fixture.bus.accept(1);
    fixture.inbound.take({arrivalOf(8, 4), arrivalOf(9, 5)});
    QCOMPARE(fixture.bus.numbers, (QList<quint64>{1, 2, 3, 4, 5}));
    QCOMPARE(fixture.acknowledged, 8u);
    fixture.bus.accept(1);
    QCOMPARE(fixture.acknowledged, 9u);
    QCOMPARE(fixture.inbound.counters().looped, 0u);
}

// An engine gives no more than some that are not acknowledged, so what is waited for must not keep too many from that.
void tst_Inbound::waitsNotForWhatHoldsUpTheEngine()
{
    InboundFixture fixture;
    fixture.bus.acceptsAtOnce = true;
    quint64 token = 0;
    fixture.inbound.take({arrivalOf(++token, 1)});
    // Of others meanwhile, and some that come directly, which the engine does not count.
    const QUuid other = QUuid::createUuid();
    for (quint64 number = 3; token < 5000; number += 2) {
        fixture.inbound.take({arrivalOf(++token, number)});
        fixture.inbound.take({arrivalOf(++token, number / 2, false, other)});
        fixture.inbound.take({arrivalOf(++token, number / 2, true, other)});
    }
    QVERIFY(fixture.inbound.waiting() <= 1200);
    QVERIFY2(fixture.inbound.waiting() >= 1000, "it waits as long as it can");
    QVERIFY(fixture.acknowledged > 3800);
    QVERIFY(fixture.inbound.counters().lost > 1000);
}

// It forgets names, and so goes on as somebody else.
void tst_Inbound::speaksForManyNames()
{
    Voice voice;
    const auto say = [&voice](int i) {
        Message message{.name = QString(1000, u'n') + QString::number(i)};
        voice.identify(&message);
        voice.used(message);
        return message;
    };
    const Message first = say(0);
    QCOMPARE(first.number, 1u);
    QCOMPARE(say(0).number, 2u);
    QCOMPARE(voice.node(), first.node);
    for (int i = 0; i < 9000; ++i) // 18 MB
        say(i);
    QVERIFY(voice.node() != first.node);
    QCOMPARE(say(0).number, 1u);
    const QUuid second = voice.node();
    QCOMPARE(say(0).number, 2u);
    QCOMPARE(voice.node(), second);
}

PYVENT_TEST(tst_Inbound)
#include "tst_inbound.moc"
