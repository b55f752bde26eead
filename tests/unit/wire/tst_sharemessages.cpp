// SPDX-License-Identifier: MIT
#include "wire/sharemessages.h"

#include "support/testprogram.h"
#include "wire/frame.h"
#include "wire/topic.h"

#include <QtTest/qtest.h>

#include <limits>

using namespace Pyvent::Internal;
using Control::Message;

namespace {

const QUuid someNode = QUuid(1, 2, 0x8003, 4, 5, 6, 7, 8, 9, 10, 11);
const QUuid otherNode = QUuid(2, 2, 0x8003, 4, 5, 6, 7, 8, 9, 10, 11);
constexpr quint64 largeId = std::numeric_limits<quint64>::max() >> 2;

QByteArray eventFrame()
{
    QByteArray frame = "job }.";
    appendTrailer({.nodeId = otherNode, .sequence = 3}, &frame);
    return frame;
}

// All that begins like \a bytes, and all that differs from them in one byte, is read without harm.
template <typename Read>
void readDamaged(const QByteArray &bytes, const Read &read)
{
    for (qsizetype size = 0; size < bytes.size(); ++size)
        (void)read(bytes.first(size));
    for (qsizetype at = 0; at < bytes.size(); ++at) {
        for (const char other : {'\0', '\xff', '\x80', '\x9f', '\x5b', '\x1b', '\x81'}) {
            QByteArray damaged = bytes;
            damaged[at] = other;
            (void)read(damaged);
        }
    }
}

} // namespace

class TestShareMessages : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void groupsAreKnownByTheirKeys()
    {
        const ShareGroup groups[] = {
            {"w", "job", {}}, {"w", "job", "boss"}, {"w", "job*", {}}, {"v", "job", {}}, {"w", "job", ""}};
        QSet<QByteArray> keys;
        for (const ShareGroup &group : groups) {
            const QByteArray key = group.key();
            keys.insert(key);
            const auto read = ShareGroup::read(key);
            QVERIFY(read);
            QCOMPARE(read->name, group.name);
            QCOMPARE(read->pattern, group.pattern);
            QCOMPARE(read->sender.isNull(), group.sender.isNull());
            QCOMPARE(read->sender, group.sender);
            readDamaged(key, ShareGroup::read);
            for (qsizetype size = 0; size < key.size(); ++size)
                QVERIFY(!ShareGroup::read(key.first(size)));
        }
        QCOMPARE(keys.size(), 5);
        QVERIFY(!ShareGroup::read(ShareGroup{"", "job", {}}.key()));
        QVERIFY(!ShareGroup::read(ShareGroup{QByteArray(256, 'x'), "job", {}}.key()));
        QVERIFY(ShareGroup::read(ShareGroup{QByteArray(255, 'x'), "job", {}}.key()));
        QVERIFY(!ShareGroup::read(ShareGroup{"w", QByteArray(4001, 'x'), {}}.key()));
    }

    void membersAreDeclared()
    {
        const Control::Member member{someNode, 0xFFFFFFFF, ShareGroup{"w", "job", {}}.key()};
        const QByteArray prefix = member.toPrefix();
        QVERIFY(prefix.startsWith("\2share/"));
        QVERIFY(isControlTopic(prefix));
        const auto read = Control::Member::read(prefix);
        QVERIFY(read);
        QCOMPARE(read->node, someNode);
        QCOMPARE(read->number, 0xFFFFFFFF);
        QCOMPARE(read->group, member.group);
        readDamaged(prefix, Control::Member::read);
        for (qsizetype size = 0; size < prefix.size(); ++size)
            QVERIFY(!Control::Member::read(prefix.first(size)));
        QVERIFY(!Control::Member::read("\2share/"));
        QVERIFY(!Control::Member::read("\2share/job"));
        QVERIFY(!Control::Member::read("\2value/" + prefix.sliced(7)));
    }

    void membersAreAnswered()
    {
        for (const bool isTaken : {true, false}) {
            const QByteArray frame = Control::Membership{someNode, 7, isTaken}.toFrame();
            const auto message = Message::of(frame);
            QVERIFY(message && message->kind == Control::Kind::Membership && message->isServers());
            QCOMPARE(message->node(), someNode);
            const auto read = Control::Membership::read(message->payload);
            QVERIFY(read && read->node == someNode && read->number == 7 && read->isTaken == isTaken);
            readDamaged(message->payload.toByteArray(), Control::Membership::read);
        }
    }

    void eventsAreGiven()
    {
        const QByteArray event = eventFrame();
        const QByteArray frame = Control::Share{7, largeId, true, {}}.beginning(someNode) + event;
        const auto message = Message::of(frame);
        QVERIFY(message && message->kind == Control::Kind::Share && message->isServers());
        QCOMPARE(message->node(), someNode);
        QCOMPARE(message->payload.size(), Control::Share::headSize + event.size());
        const auto read = Control::Share::read(message->payload);
        QVERIFY(read);
        QCOMPARE(read->member, 7U);
        QCOMPARE(read->id, largeId);
        QVERIFY(read->isRedelivered);
        QCOMPARE(read->frame, event);
        readDamaged(message->payload.toByteArray(), Control::Share::read);
        for (qsizetype size = 0; size <= Control::Share::headSize; ++size)
            QVERIFY(!Control::Share::read(message->payload.first(size)));
    }

    void membersSayWhatTheyHaveFinished()
    {
        const QByteArray frame = Control::Finished{someNode, largeId}.toFrame();
        QVERIFY(isForServer(frame));
        const auto message = Message::of(frame);
        QVERIFY(message && message->kind == Control::Kind::Server && !message->isServers());
        QCOMPARE(message->origin(), someNode);
        const auto read = Control::Finished::read(message->payload);
        QVERIFY(read && read->node == someNode && read->id == largeId);
        readDamaged(message->payload.toByteArray(), Control::Finished::read);
    }

    void membersSayWhatTheyWorkOn()
    {
        Control::AtWork said{someNode, 7, {}};
        for (int count = 0; count <= int(Control::AtWork::most); count += 50) {
            said.works.resize(std::size_t(count), {largeId, "job", otherNode, 5, count > 50});
            const QByteArray frame = said.toFrame();
            const auto message = Message::of(frame);
            QVERIFY(message && message->kind == Control::Kind::Server);
            const auto read = Control::AtWork::read(message->payload);
            QVERIFY(read && read->node == someNode && read->number == 7);
            QCOMPARE(int(read->works.size()), count);
            for (std::size_t i = 0; i < read->works.size(); ++i) {
                const auto &work = read->works[i];
                QVERIFY(work.id == largeId && work.topic == "job" && work.node == otherNode && work.sequence == 5
                        && work.isFinished == said.works[i].isFinished);
            }
        }
        said.works.resize(1);
        said.works[0].node = QUuid(); // of Python's
        QVERIFY(Control::AtWork::read(Message::of(said.toFrame())->payload));
        readDamaged(Message::of(said.toFrame())->payload.toByteArray(), Control::AtWork::read);
        said.works.resize(Control::AtWork::most + 1);
        QVERIFY(!Control::AtWork::read(Message::of(said.toFrame())->payload));
    }

    void sendersAreToldWhatIsNotFinished()
    {
        const Control::Unfinished said{someNode, "group", "job", false, 5, 9, {{5, 5}, {7, 8}}, {{1, 2}}};
        const auto frame = said.toFrame();
        const auto message = Message::of(frame);
        QVERIFY(message && message->kind == Control::Kind::Unfinished && message->isServers());
        QCOMPARE(message->node(), someNode);
        const auto read = Control::Unfinished::read(message->payload);
        QVERIFY(read && read->node == someNode && read->group == "group" && read->topic == "job" && !read->isEnd);
        QCOMPARE(read->first, 5U);
        QCOMPARE(read->last, 9U);
        QCOMPARE(read->ranges.size(), std::size_t(2));
        QVERIFY(read->ranges[1].first == 7 && read->ranges[1].last == 8);
        QCOMPARE(read->finished.size(), std::size_t(1));
        readDamaged(message->payload.toByteArray(), Control::Unfinished::read);

        // What it may have at most can be read.
        Control::Unfinished large{someNode, QByteArray(ShareGroup::longestKey, 'x'), QByteArray(10'000, 'x')};
        constexpr quint64 far = quint64(1) << 62;
        for (quint64 i = 0; i < Control::Unfinished::most; ++i) {
            large.ranges.push_back({far + 4 * i, far + 4 * i + 1});
            large.finished.push_back({far + 4 * i, far + 4 * i + 1});
        }
        const QByteArray largeFrame = large.toFrame();
        QVERIFY(Control::Unfinished::read(Message::of(largeFrame)->payload));
        large.ranges.push_back({1, 2});
        const QByteArray tooLarge = large.toFrame();
        QVERIFY(!Control::Unfinished::read(Message::of(tooLarge)->payload));
    }

    void eventsAreGivenAgain()
    {
        const QByteArray event = eventFrame();
        const QByteArray frame = Control::Again{"group", event}.toFrame();
        QVERIFY(isForServer(frame));
        const auto message = Message::of(frame);
        QVERIFY(message && message->kind == Control::Kind::Again && !message->isServers());
        QCOMPARE(message->origin(), otherNode);
        const auto read = Control::Again::read(message->payload);
        QVERIFY(read);
        QCOMPARE(read->group, "group");
        QCOMPARE(read->frame, event);
        QVERIFY(!read->isEmpty());
        readDamaged(message->payload.toByteArray(), Control::Again::read);
        readDamaged(frame, [](const QByteArray &damaged) {
            const auto again = Message::of(damaged);
            return again ? again->origin() : std::nullopt;
        });
        for (qsizetype size = 0; size <= 7; ++size)
            QVERIFY(!Control::Again::read(message->payload.first(size)));
    }

    // Without an event; one without a trailer is nobody's.
    void aGroupIsMadeKnown()
    {
        const QByteArray frame = Control::Again{"group", "job "}.toFrame();
        const auto message = Message::of(frame);
        const auto read = Control::Again::read(message->payload);
        QVERIFY(read && read->isEmpty());
        QCOMPARE(message->origin(), QUuid());
        for (const char *other : {"job }.", "job  ", "job"}) {
            const QByteArray bad = Control::Again{"group", other}.toFrame();
            QVERIFY(!Control::Again::read(Message::of(bad)->payload)->isEmpty());
            QVERIFY(!Message::of(bad)->origin());
        }
    }
};

PYVENT_TEST(TestShareMessages)

#include "tst_sharemessages.moc"
