// SPDX-License-Identifier: MIT
#include "session/unreadableframes.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

using Problem = UnreadableFrames::Problem;
using Tell = UnreadableFrames::Tell;

class TestUnreadableFrames : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void tellsOfTheFirst_data()
    {
        QTest::addColumn<Problem>("problem");
        QTest::addColumn<QString>("name");
        QTest::addColumn<QUuid>("node");
        QTest::addColumn<Tell>("expected");
        const QUuid python;
        QTest::newRow("the same") << Problem::Payload << u"order"_s << python << Tell::Nothing;
        QTest::newRow("another name") << Problem::Payload << u"bill"_s << python << Tell::First;
        QTest::newRow("another problem") << Problem::Sender << u"order"_s << python << Tell::First;
        QTest::newRow("another node") << Problem::Payload << u"order"_s << QUuid::createUuid() << Tell::First;
        QTest::newRow("another one that is no name") << Problem::Name << u"b\x07"_s << python << Tell::Nothing;
    }
    void tellsOfTheFirst()
    {
        QFETCH(const Problem, problem);
        QFETCH(const QString, name);
        QFETCH(const QUuid, node);
        QFETCH(const Tell, expected);

        UnreadableFrames frames;
        QCOMPARE(frames.add(Problem::Payload, u"order"_s, QUuid()), Tell::First);
        QCOMPARE(frames.add(Problem::Name, u"a\x07"_s, QUuid()), Tell::First);
        QCOMPARE(frames.add(problem, name, node), expected);
        QCOMPARE(frames.add(problem, name, node), Tell::Nothing);
        QCOMPARE(frames.count(), 4u);
    }

    void countsByName()
    {
        UnreadableFrames frames;
        QVERIFY(frames.byName().isEmpty());
        for (int i = 0; i < 3; ++i)
            frames.add(Problem::Payload, u"order"_s, QUuid());
        frames.add(Problem::Trailer, u"order"_s, QUuid());
        frames.add(Problem::Sender, u"bill"_s, QUuid::createUuid());
        frames.add(Problem::Name, u"a\x07"_s, QUuid());
        frames.add(Problem::Name, u"b\x07"_s, QUuid());
        QCOMPARE(frames.byName(), (QMap<QString, quint64>({{u"order"_s, 4}, {u"bill"_s, 1}, {QString(), 2}})));
        QCOMPARE(frames.count(), 7u);
    }

    // Whoever makes up names, or nodes.
    void isBounded_data()
    {
        QTest::addColumn<bool>("newNames");
        QTest::newRow("new names") << true;
        QTest::newRow("new nodes") << false;
    }
    void isBounded()
    {
        QFETCH(const bool, newNames);

        constexpr int count = 5'000;
        UnreadableFrames frames;
        int first = 0;
        int last = 0;
        for (int i = 0; i < count; ++i) {
            const QString name = newNames ? QString::number(i) : u"order"_s;
            const Tell tell = frames.add(Problem::Payload, name, newNames ? QUuid() : QUuid::createUuid());
            QVERIFY(tell == Tell::Nothing || last == 0);
            first += tell == Tell::First;
            last += tell == Tell::Last;
        }
        QCOMPARE(first, UnreadableFrames::maximumTold - 1);
        QCOMPARE(last, 1);
        QCOMPARE(frames.count(), quint64(count));
        QCOMPARE(frames.byName().size(), newNames ? UnreadableFrames::maximumNames : 1);
        // What has a count keeps it.
        frames.add(Problem::Payload, newNames ? u"7"_s : u"order"_s, QUuid());
        QCOMPARE(frames.byName()[newNames ? u"7"_s : u"order"_s], newNames ? 2u : count + 1u);
    }
};

PYVENT_TEST(TestUnreadableFrames)

#include "tst_unreadableframes.moc"
