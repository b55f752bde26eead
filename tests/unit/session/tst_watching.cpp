// SPDX-License-Identifier: MIT
// Whole sessions that watch who is there, say that they are, and have a will.
#include "support/testprogram.h"
#include "unit/session/sessionbus.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

QUuid number(quint32 i)
{
    return {i, 0, 0x4000, 0x80, 0, 0, 0, 0, 0, 0, 1};
}

// What \a node was told: "+1", "-1 left", "-1 lost", "!" and the code of an error, "=1" where a node was described.
QStringList takeNews(BusNode *node)
{
    QStringList told;
    while (const auto item = node->session.news().take()) {
        if (const auto *appeared = std::get_if<Roster::Appeared>(&*item))
            told += u'+' + QString::number(appeared->node.uuid.data1);
        else if (const auto *vanished = std::get_if<Roster::Vanished>(&*item))
            told += u'-' + QString::number(vanished->node.uuid.data1)
                + (vanished->reason == Control::Gone::Left ? u" left"_s : u" lost"_s);
        else if (const auto *described = std::get_if<News::Described>(&*item))
            told += u'=' + QString::number(described->node.uuid.data1);
        else if (const auto *error = std::get_if<PyventError>(&*item))
            told += u'!' + QString::number(error->code);
    }
    return told;
}

// An event of the node number 1.
QByteArray eventOf(quint64 sequence, qint64 time, quint16 flags = 0)
{
    QByteArray frame = QByteArray("oven \x80\x04}.", 9);
    appendTrailer({.nodeId = number(1), .sequence = sequence, .time = time, .previous = time - 1, .flags = flags},
                  &frame);
    return frame;
}

} // namespace

class TestWatching : public QObject
{
    Q_OBJECT

private:
    BusTime m_time;
    std::unique_ptr<SessionBus> m_bus;

    void pass(std::chrono::milliseconds duration) { PyventTests::pass({m_bus.get()}, duration); }
    void settle() { PyventTests::settle({m_bus.get()}); }
    qsizetype count(QByteArrayView beginning) const
    {
        return std::count_if(m_bus->passedOn.begin(), m_bus->passedOn.end(),
                             [&](const QByteArray &frame) { return frame.startsWith(beginning); });
    }
    QByteArray lastOf(QByteArrayView beginning) const
    {
        const auto last = std::find_if(m_bus->passedOn.rbegin(), m_bus->passedOn.rend(),
                                       [&](const QByteArray &frame) { return frame.startsWith(beginning); });
        return last == m_bus->passedOn.rend() ? QByteArray() : *last;
    }
    BusNode *addWatcher(quint32 id)
    {
        BusNode *const watcher = m_bus->add(number(id));
        watcher->session.watch(m_time.now());
        return watcher;
    }

private Q_SLOTS:
    void init()
    {
        m_time = {};
        m_bus = std::make_unique<SessionBus>(&m_time);
    }

    void isToldOfOthers()
    {
        BusNode *const oven = m_bus->add(number(1));
        pass(1s);
        BusNode *const watcher = addWatcher(2);
        pass(1s);
        QCOMPARE(takeNews(watcher), QStringList{u"+1"_s}); // which was there before
        m_bus->add(number(3));
        pass(1s);
        QCOMPARE(takeNews(watcher), QStringList{u"+3"_s});
        QCOMPARE(takeNews(oven), QStringList()); // which does not watch
        QVERIFY(oven->session.sayGone(m_time.now()));
        QVERIFY(!oven->session.sayGone(m_time.now())); // twice
        settle();
        QCOMPARE(takeNews(watcher), QStringList{u"-1 left"_s});
        m_bus->take(Control::Gone{number(3), Control::Gone::Lost}.toFrame());
        settle();
        QCOMPARE(takeNews(watcher), QStringList{u"-3 lost"_s});
        QVERIFY(watcher->session.others().isEmpty());
        watcher->session.unwatch();
        m_bus->add(number(4));
        pass(1s);
        QCOMPARE(takeNews(watcher), QStringList());
    }

    // Who is asked after it has said so would be there again.
    void whoHasLeftAnswersNobody()
    {
        BusNode *const oven = m_bus->add(number(1));
        BusNode *const watcher = addWatcher(2);
        pass(100ms);
        QVERIFY(oven->session.sayGone(m_time.now()));
        (void)watcher->session.find(m_time.now() + 1s);
        oven->hear(u"order"_s); // nor says what has changed
        pass(5s);
        QCOMPARE(takeNews(watcher).last(), u"-1 left"_s);
        QVERIFY(watcher->session.others().isEmpty());
    }

    void isToldBeforeANodeIsDescribed()
    {
        BusNode *const watcher = addWatcher(2);
        watcher->session.hearDescriptions();
        m_bus->add(number(1));
        pass(500ms);
        QCOMPARE(takeNews(watcher).first(2), (QStringList{u"+1"_s, u"=1"_s}));
    }

    // A node that says something else of itself each moment wakes those who watch once a second.
    void saysWhatHasChangedOnceASecond()
    {
        BusNode *const oven = m_bus->add(number(1));
        pass(100ms);
        QCOMPARE(count(presenceTopic(Control::here)), 1);
        pass(10s);
        QCOMPARE(count(presenceTopic(Control::here)), 1);
        oven->hear(u"order"_s);
        settle();
        QCOMPARE(count(presenceTopic(Control::here)), 2); // at once, since it was quiet before
        for (int i = 0; i < 100; ++i) {
            QVERIFY(oven->session.setAbout({{u"i"_s, i}}));
            oven->session.setServing(i % 2);
            pass(20ms);
        }
        pass(2s);
        QVERIFY(count(presenceTopic(Control::here)) <= 5);
        QVERIFY(lastOf(presenceTopic(Control::here)).contains("\x61i\x18\x63")); // 99
        const qsizetype before = count(presenceTopic(Control::here));
        oven->session.setServing(false);
        oven->session.setServing(true); // nothing has
        pass(2s);
        QCOMPARE(count(presenceTopic(Control::here)), before);
    }

    void saysThatItIsHereToEachServer()
    {
        BusNode *const oven = m_bus->add(number(1));
        pass(100ms);
        for (int i = 0; i < 2; ++i) {
            oven->line->isUp = false;
            pass(100ms);
            oven->line->isUp = true;
            pass(100ms);
        }
        QCOMPARE(count(presenceTopic(Control::here)), 3);
    }

    // The server was killed, and a node with it.
    void missesWhoWasLostWithTheServer()
    {
        BusNode *const oven = m_bus->add(number(1));
        m_bus->add(number(3));
        BusNode *const watcher = addWatcher(2);
        pass(1s);
        QCOMPARE(takeNews(watcher).size(), 2);
        for (const auto &node : m_bus->nodes())
            node->line->isUp = false;
        pass(1s);
        m_bus->remove(oven);
        for (const auto &node : m_bus->nodes())
            node->line->isUp = true;
        pass(1900ms);
        QCOMPARE(takeNews(watcher), QStringList());
        pass(200ms);
        QCOMPARE(takeNews(watcher), QStringList{u"-1 lost"_s});
        QCOMPARE(watcher->session.others().size(), 1);
    }

    void asksAgainAndAgainWhereTheServerDoesNotTell()
    {
        BusNode *const oven = m_bus->add(number(1));
        BusNode *const watcher = m_bus->add(number(2));
        watcher->line->tells = false;
        watcher->session.watch(m_time.now());
        pass(10s);
        QCOMPARE(takeNews(watcher), QStringList{u"+1"_s});
        QVERIFY(m_bus->messages(Control::Kind::Who) >= 10);
        m_bus->remove(oven);
        pass(2600ms);
        QCOMPARE(takeNews(watcher), QStringList{u"-1 lost"_s});
    }

    void forgetsWhomItKnowsWhenItLeaves()
    {
        m_bus->add(number(1));
        BusNode *const watcher = addWatcher(2);
        pass(1s);
        QCOMPARE(takeNews(watcher), QStringList{u"+1"_s});
        (void)watcher->session.leave(m_time.now());
        QVERIFY(watcher->session.others().isEmpty());
        QCOMPARE(takeNews(watcher), QStringList());
        watcher->session.join(&watcher->link, m_time.now());
        pass(1s);
        QCOMPARE(takeNews(watcher), QStringList{u"+1"_s});
    }

    // Also what is told of others after that, and of that one.
    void isGoneBehindWhatItHasSent()
    {
        BusNode *const oven = m_bus->add(number(1));
        BusNode *const watcher = addWatcher(2);
        watcher->hear(u"oven"_s);
        pass(1s);
        QCOMPARE(takeNews(watcher), QStringList{u"+1"_s});
        watcher->isTurning = false;
        QVERIFY(oven->send(u"oven"_s) && oven->send(u"oven"_s));
        settle();
        m_bus->remove(oven);
        m_bus->take(Control::Gone{number(1), Control::Gone::Lost}.toFrame());
        m_bus->add(number(3));
        pass(100ms);
        QCOMPARE(watcher->session.others().size(), 1);
        QCOMPARE(takeNews(watcher), QStringList());
        Inbox::Arrivals finished;
        for (int i = 0; i < 2; ++i) {
            const auto turn = watcher->session.nextTurn(&finished);
            QVERIFY(turn && turn->event);
            QCOMPARE(takeNews(watcher), QStringList());
        }
        QVERIFY(!watcher->session.nextTurn(&finished));
        QCOMPARE(takeNews(watcher), (QStringList{u"-1 lost"_s, u"+3"_s}));
        // Where nothing waits it is told at once.
        m_bus->take(Control::Gone{number(3), Control::Gone::Left}.toFrame());
        settle();
        QCOMPARE(takeNews(watcher), QStringList{u"-3 left"_s});
    }

    // Wills

    void givesItsWillToEachServer()
    {
        BusNode *const oven = m_bus->add(number(1));
        QVERIFY(oven->session.setWill(u"oven"_s, {{u"on"_s, false}}, {}, m_time.now()));
        pass(100ms);
        QCOMPARE(count(serverTopic(Control::will)), 1);
        oven->line->isUp = false;
        pass(100ms);
        oven->line->isUp = true;
        pass(100ms);
        QCOMPARE(count(serverTopic(Control::will)), 2);
        QVERIFY(oven->session.setWill(u"door"_s, {}, {}, m_time.now())); // in the place of the first
        pass(5s);
        QCOMPARE(count(serverTopic(Control::will)), 3);
        const QByteArray last = lastOf(serverTopic(Control::will));
        const Frame frame = parseFrame(QByteArrayView(last).sliced(serverTopic(Control::will).size()));
        QCOMPARE(frame.topic, QByteArrayView("door"));
        QCOMPARE(frame.trailer.sequence, quint64(0));
        QCOMPARE(frame.trailer.flags, quint16(Trailer::Will));
        oven->session.clearWill();
        oven->session.clearWill();
        QCOMPARE(count(serverTopic(Control::noWill)), 1);
        oven->line->isUp = false;
        pass(100ms);
        oven->line->isUp = true;
        pass(5s);
        QCOMPARE(count(serverTopic(Control::will)), 3);
        QCOMPARE(takeNews(oven), QStringList());
    }

    void tellsWhereNobodyKeepsIt()
    {
        BusNode *const oven = m_bus->add(number(1));
        oven->line->tells = false;
        QVERIFY(oven->session.setWill(u"oven"_s, {}, {}, m_time.now()));
        pass(10s);
        QCOMPARE(takeNews(oven), QStringList{u'!' + QString::number(PyventError::NotSupported)}); // once
        QCOMPARE(count(serverTopic(Control::will)), 0);
        oven->line->isUp = false;
        pass(100ms);
        oven->line->isUp = oven->line->tells = true; // another server
        pass(10s);
        QCOMPARE(takeNews(oven), QStringList());
        QCOMPARE(count(serverTopic(Control::will)), 1);
    }

    // While it waits for the server's word that it has left, it is not to be called again and again.
    void hasNothingToDoWhenItHasLeft()
    {
        BusNode *const oven = m_bus->add(number(1));
        oven->line->tells = false;
        QVERIFY(oven->session.setWill(u"oven"_s, {}, {}, m_time.now()));
        pass(100ms);
        QVERIFY(oven->session.sayGone(m_time.now()));
        pass(3s);
        QVERIFY(oven->session.deadline() > m_time.now());
        QCOMPARE(takeNews(oven), QStringList());
    }

    // What the server takes is known a moment after the node is Ready.
    void waitsUntilItIsKnownWhetherItIsKept()
    {
        BusNode *const oven = m_bus->add(number(1));
        oven->line->tells = false;
        QVERIFY(oven->session.setWill(u"oven"_s, {}, {}, m_time.now()));
        pass(500ms);
        oven->line->tells = true;
        pass(10s);
        QCOMPARE(takeNews(oven), QStringList());
        QCOMPARE(count(serverTopic(Control::will)), 1);
    }

    void refusesWhatCannotBeAWill()
    {
        BusNode *const oven = m_bus->add(number(1));
        QVERIFY(!oven->session.setWill(u"no name"_s, {}, {}, m_time.now()));
        QVERIFY(!oven->session.setWill(u"oven"_s, {{u"self"_s, 1}}, {}, m_time.now()));
        QVERIFY(!oven->session.setWill(u"oven"_s, {}, u"no\nsender"_s, m_time.now()));
        QVERIFY(!oven->session.setWill(u"oven"_s, {{u"text"_s, QString(70'000, u'x')}}, {}, m_time.now()));
        QCOMPARE(takeNews(oven),
                 (QStringList{u'!' + QString::number(PyventError::InvalidName),
                              u'!' + QString::number(PyventError::InvalidArgument),
                              u'!' + QString::number(PyventError::InvalidName),
                              u'!' + QString::number(PyventError::EventTooLarge)}));
        pass(10s);
        QCOMPARE(count(serverTopic(Control::will)), 0);
    }

    void aWillIsHeardBehindWhatIsMissing()
    {
        BusNode *const receiver = m_bus->add(number(2));
        receiver->hear(u"oven"_s);
        pass(1s);
        const qint64 time = m_time.wallTime();
        m_bus->take(eventOf(1, time));
        m_bus->take(eventOf(3, time + 2)); // before which one is missing
        m_bus->take(eventOf(0, time, Trailer::Will));
        settle();
        const auto numbers = [&] {
            QList<quint64> heard;
            for (const PyventEvent &event : std::as_const(receiver->heard))
                heard += event.sequence;
            return heard;
        };
        QCOMPARE(numbers(), QList<quint64>{1});
        m_bus->take(nodeTopic(number(2), Control::repair) + eventOf(2, time + 1, Trailer::Retransmitted));
        settle();
        QCOMPARE(numbers(), (QList<quint64>{1, 2, 3, 0}));
        QCOMPARE(receiver->heard.last().nodeId, number(1));
        m_bus->take(eventOf(4, time + 3)); // it is there again, and has used up no number
        settle();
        QCOMPARE(numbers(), (QList<quint64>{1, 2, 3, 0, 4}));
    }

    // It goes to other buses as what has no number does.
    void aWillIsNobodysFrame()
    {
        BusNode *const receiver = m_bus->add(number(2));
        QList<PyventFrame> frames;
        receiver->onFrame(u"*"_s, [&](const PyventFrame &frame) { frames.append(frame); });
        pass(1s);
        m_bus->take(eventOf(1, m_time.wallTime()));
        m_bus->take(eventOf(0, m_time.wallTime(), Trailer::Will));
        settle();
        QCOMPARE(frames.size(), 2);
        QCOMPARE(frames[0].nodeId, number(1));
        QVERIFY(frames[1].nodeId.isNull());
    }
};

PYVENT_TEST(TestWatching)

#include "tst_watching.moc"
