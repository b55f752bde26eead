// SPDX-License-Identifier: MIT
#include "session/unfinishedevents.h"

#include "support/testprogram.h"
#include "wire/frame.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace std::chrono_literals;

namespace {

const QUuid senderOfJobs = QUuid(2, 2, 0x8003, 4, 5, 6, 7, 8, 9, 10, 11);
constexpr SendQueue::ControlRoom muchRoom{1000, 10'000'000, true};

QByteArray jobOf(quint64 sequence, qsizetype size = 1)
{
    QByteArray frame = "job " + QByteArray(size, '}') + '.';
    appendTrailer({.nodeId = senderOfJobs, .sequence = sequence}, &frame);
    return frame;
}

Control::Unfinished saying(quint64 first, quint64 last, std::vector<Control::Range> ranges = {},
                           std::vector<Control::Range> finished = {})
{
    return {senderOfJobs, "group", "job", false, first, last, std::move(ranges), std::move(finished)};
}

} // namespace

class TestUnfinishedEvents : public QObject
{
    Q_OBJECT

    UnfinishedEvents events;
    UnfinishedEvents::Clock::time_point now{std::chrono::hours(1)};
    quint64 newest = 0;

    void send(quint64 count, qsizetype size = 1)
    {
        for (const quint64 last = newest + count; newest < last;) {
            ++newest;
            events.sent("job", newest, jobOf(newest, size));
        }
    }
    void hear(const Control::Unfinished &said, quint64 oldest = 1)
    {
        events.heard(said, oldest, newest, [oldest](const QByteArray &topic, quint64 sequence) {
            return topic == "job" && sequence >= oldest ? jobOf(sequence) : QByteArray();
        });
    }
    // The numbers of what is sent again; "-" for a group alone.
    QByteArray again(const SendQueue::ControlRoom &room = muchRoom)
    {
        QByteArray text;
        for (const QByteArray &frame : events.takeMessages(room, now)) {
            const auto message = Control::Message::of(frame);
            const auto said = Control::Again::read(message->payload);
            const Frame job = parseFrame(said->frame);
            text += (text.isEmpty() ? "" : " ")
                + (said->isEmpty() ? QByteArray("-") : QByteArray::number(job.trailer.sequence));
            if (said->group != "group" || job.topic != "job")
                text += "?";
        }
        return text;
    }

private Q_SLOTS:
    void init()
    {
        events = {};
        newest = 0;
    }

    void keepsWhatIsNotFinished()
    {
        send(5);
        QCOMPARE(events.count(), 0); // nobody shares it, as far as is known
        hear(saying(3, 4, {{3, 3}}));
        QCOMPARE(events.count(), 2); // 3, and 5, of which the server has not heard then
        send(2);
        QCOMPARE(events.count(), 4);
        events.sent("other", 1, jobOf(1));
        QCOMPARE(events.count(), 4);
        hear(saying(3, 6, {{4, 4}, {6, 6}}));
        QCOMPARE(events.count(), 2); // 6 and 7
        hear(saying(3, 7));
        QCOMPARE(events.count(), 0);
        QCOMPARE(events.bytes(), 0);
        QVERIFY(!events.isEmpty());
        send(1);
        QCOMPARE(events.count(), 1);
        auto over = saying(0, 0);
        over.isEnd = true;
        hear(over);
        QVERIFY(events.isEmpty());
        QCOMPARE(events.bytes(), 0);
    }

    // Of another server's, what is open may lie before what this one has had, and beyond.
    void takesRangesAsTheyCome()
    {
        hear(saying(1, 0));
        send(10);
        hear(saying(5, 8, {{3, 5}, {8, 9}}, {{1, 1}}));
        QCOMPARE(events.count(), 7); // 2, 3, 4, 5, 8, 9, 10
        hear(saying(0, 0, {{9, 10}}, {{2, 4}}));
        QCOMPARE(events.count(), 4);
        hear(saying(5, 10, {}, {}));
        QCOMPARE(events.count(), 0);
        hear(saying(9, 5, {{1, 2}, {7, 6}}, {{8, 2}})); // nonsense
        hear(saying(1, ~quint64(0), {{0, 0}}, {{0, ~quint64(0)}}));
        QCOMPARE(events.count(), 0);
        QCOMPARE(events.bytes(), 0);
    }

    // Half of a connection breaks when a group has just been made.
    void keepsWhatCameBeforeTheGroup()
    {
        send(5);
        hear(saying(4, 5, {{5, 5}}));
        QCOMPARE(events.count(), 1);
        hear(saying(4, 5, {{2, 3}, {5, 5}}));
        QCOMPARE(events.count(), 3);
        hear(saying(4, 5, {{3, 3}}, {{2, 2}}));
        QCOMPARE(events.count(), 1);
    }

    void findsOnlyWhatIsKept()
    {
        newest = 10;
        hear(saying(1, 10, {{1, 10}}), 8);
        QCOMPARE(events.count(), 3);
        init();
        hear(saying(1, ~quint64(0) - 1, {{1, ~quint64(0)}}), 1); // of a sender that has sent nothing
        QCOMPARE(events.count(), 0);
        hear(saying(0, 0, {{1, 2}})); // of another server's
        QCOMPARE(events.count(), 0);
    }

    void givesAnotherServerWhatIsNotFinished()
    {
        hear(saying(1, 0));
        send(4);
        QCOMPARE(again(), "");
        events.ready(now);
        QCOMPARE(events.deadline(), now);
        hear(saying(0, 0, {}, {{2, 2}}));
        QCOMPARE(again(), "1 3 4");
        QCOMPARE(again(), "");
        QCOMPARE(events.deadline(), now + 5s);
        now += 10s;
        QVERIFY(events.takeLeft(false, now).empty()); // it has been heard of
        events.lost();
        QCOMPARE(events.deadline(), UnfinishedEvents::Clock::time_point::max());
        events.ready(now);
        QCOMPARE(again(), "1 3 4");
        hear(saying(0, 0, {}, {{1, 4}}));
        QCOMPARE(events.count(), 0);
    }

    // What is sent next is to be shared, though no member is there yet.
    void tellsAnotherServerOfAGroup()
    {
        hear(saying(1, 0));
        events.ready(now);
        QCOMPARE(again(), "-");
        send(1);
        QCOMPARE(events.count(), 1);
        QCOMPARE(again(), "");
        hear(saying(1, 1));
        QCOMPARE(events.count(), 0);
        now += 10s;
        QVERIFY(events.takeLeft(false, now).empty());
        QVERIFY(!events.isEmpty());
        events.ready(now);
        QCOMPARE(again(), "-");
        now += 10s; // the server has said nothing of it, and nothing is lost
        QVERIFY(events.takeLeft(false, now).empty());
        QVERIFY(events.isEmpty());
    }

    // Python's says nothing.
    void saysWhatNoServerTakes()
    {
        hear(saying(1, 0));
        send(3);
        events.ready(now);
        QCOMPARE(again(), "1 2 3");
        QVERIFY(events.takeLeft(false, now + 4999ms).empty());
        const auto left = events.takeLeft(false, now + 5s);
        QCOMPARE(left.size(), std::size_t(1));
        QVERIFY(left[0].topic == "job" && left[0].group == "group" && left[0].count == 3);
        QVERIFY(events.isEmpty());
        QCOMPARE(events.bytes(), 0);
        QCOMPARE(events.deadline(), UnfinishedEvents::Clock::time_point::max());
    }

    // One of this module's may not have heard it, where half of the connection had broken.
    void triesAgainAtAServerOfOurs()
    {
        hear(saying(1, 0));
        send(2);
        events.ready(now);
        for (int i = 0; i < 3; ++i) {
            QCOMPARE(again(), "1 2");
            now += 5s;
            QCOMPARE(events.takeLeft(true, now).size(), std::size_t(i == 2));
        }
        QVERIFY(events.isEmpty());
    }

    // What a queue has no room for it drops.
    void sendsOnlyWhatThereIsRoomFor()
    {
        hear(saying(1, 0));
        send(5, 1000);
        events.ready(now);
        QCOMPARE(again({0, 100'000, false}), "");
        QCOMPARE(events.deadline(), now + 10ms);
        QCOMPARE(again(), ""); // it looks then
        now += 10ms;
        QCOMPARE(again({2, 100'000, false}), "1 2");
        QCOMPARE(events.deadline(), now);
        QCOMPARE(again({10, 1500, false}), "3");
        QCOMPARE(again({0, 0, true}), "4"); // alone, it may have any size
        now += 20s;
        QVERIFY(events.takeLeft(false, now).empty());
        QCOMPARE(again(), "5");
        QCOMPARE(events.deadline(), now + 5s);
    }

    void sendsSomeAtATime()
    {
        hear(saying(1, 0));
        send(10, 100'000);
        events.ready(now);
        QCOMPARE(again(), "1 2 3");
        QCOMPARE(events.deadline(), now);
        QCOMPARE(again(), "4 5 6");
        QCOMPARE(again(), "7 8 9");
        QCOMPARE(again(), "10");
    }

    void isBounded()
    {
        hear(saying(1, 0));
        send(70, 1024 * 1024);
        QVERIFY(events.bytes() <= UnfinishedEvents::mostBytes);
        QVERIFY(events.count() >= 60);
        // Of very many names, those of which all is finished make room.
        init();
        for (int i = 0; i < 3000; ++i) {
            auto said = saying(1, 0);
            said.topic = "job-" + QByteArray::number(i);
            events.heard(said, 1, 0, [](const QByteArray &, quint64) { return QByteArray(); });
        }
        events.sent("job-2999", 1, jobOf(1));
        QCOMPARE(events.count(), 1);
        events.ready(now);
        std::size_t count = 0;
        for (auto messages = events.takeMessages(muchRoom, now); !messages.empty();
             messages = events.takeMessages(muchRoom, now))
            count += messages.size();
        QVERIFY(count <= 1000);
        events.clear();
        QVERIFY(events.isEmpty());
        QCOMPARE(events.bytes(), 0);
    }
};

PYVENT_TEST(TestUnfinishedEvents)

#include "tst_unfinishedevents.moc"
