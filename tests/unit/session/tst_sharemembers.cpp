// SPDX-License-Identifier: MIT
#include "session/sharemembers.h"

#include "support/testprogram.h"
#include "wire/frame.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

const QUuid memberNode = QUuid(1, 2, 0x8003, 4, 5, 6, 7, 8, 9, 10, 11);
const QUuid senderNode = QUuid(2, 2, 0x8003, 4, 5, 6, 7, 8, 9, 10, 11);
const ShareGroup jobs{"w", "job", {}};

std::shared_ptr<Receiver> receiver()
{
    return std::make_shared<FunctionReceiver>(
        PyventPattern(u"job"_s), PyventSender::Any, [] { return true; }, [](const PyventEvent &) {});
}

QByteArray jobFrame(quint64 sequence, const QByteArray &topic = "job")
{
    QByteArray frame = topic + " }.";
    if (sequence > 0)
        appendTrailer({.nodeId = senderNode, .sequence = sequence}, &frame);
    return frame;
}

quint64 idIn(const QByteArray &finished)
{
    const auto message = Control::Message::of(finished);
    const auto said = message ? Control::Finished::read(message->payload) : std::nullopt;
    return said && said->node == memberNode ? said->id : 0;
}

// "1: 7 works on 5, 8 has finished 6".
QByteArray textOf(const QByteArray &frame)
{
    const auto message = Control::Message::of(frame);
    const auto said = message ? Control::AtWork::read(message->payload) : std::nullopt;
    if (!said || said->node != memberNode)
        return "unreadable";
    QByteArray text = QByteArray::number(said->number) + ':';
    for (const auto &work : said->works)
        text += ' ' + QByteArray::number(work.id) + (work.isFinished ? " has finished " : " works on ")
            + QByteArray::number(work.sequence);
    return text;
}

QByteArrayList textsOf(const std::vector<QByteArray> &frames)
{
    QByteArrayList texts;
    for (const QByteArray &frame : frames)
        texts.append(textOf(frame));
    return texts;
}

} // namespace

class TestShareMembers : public QObject
{
    Q_OBJECT

    ShareMembers members{memberNode};
    ShareMembers::Clock::time_point now{std::chrono::hours(1)};

    std::shared_ptr<Receiver> give(quint32 member, quint64 id, quint64 sequence)
    {
        const QByteArray frame = jobFrame(sequence);
        return members.heard(Control::Share{member, id, false, frame});
    }

private Q_SLOTS:
    void init()
    {
        std::destroy_at(&members);
        std::construct_at(&members, memberNode);
    }

    void saysWhatItHasFinished()
    {
        QVERIFY(members.isEmpty());
        const quint32 number = members.newNumber();
        QVERIFY(members.newNumber() != number);
        const auto handler = receiver();
        const auto declared = Control::Member::read(members.add(number, handler, jobs));
        QVERIFY(declared && declared->node == memberNode && declared->number == number
                && declared->group == jobs.key());
        QCOMPARE(give(number, 7, 1), handler);
        QVERIFY(!give(99, 8, 1));
        QCOMPARE(members.begin(number), 7U);
        QVERIFY(!members.begin(number));
        QVERIFY(!members.begin(99));
        QVERIFY(members.end(number, 8).message.isEmpty());
        QVERIFY(members.end(99, 7).message.isEmpty());
        const auto ended = members.end(number, 7);
        QCOMPARE(idIn(ended.message), 7U);
        QVERIFY(ended.withdraw.isEmpty());
        QVERIFY(members.end(number, 7).message.isEmpty());
    }

    void takesPartUntilItHasFinished()
    {
        const auto handler = receiver();
        const QByteArray declaration = members.add(1, handler, jobs);
        give(1, 7, 1);
        members.begin(1);
        give(1, 8, 2); // the server would not
        QVERIFY(members.removed({handler}).isEmpty());
        QVERIFY(!give(1, 9, 3));
        QVERIFY(!members.begin(1)); // what it has not begun is another's
        const auto ended = members.end(1, 7);
        QCOMPARE(idIn(ended.message), 7U);
        QCOMPARE(ended.withdraw, declaration);
        QVERIFY(members.isEmpty());
        const auto other = receiver();
        const QByteArray another = members.add(2, other, jobs);
        give(2, 10, 4);
        QCOMPARE(members.removed({handler, other}), QByteArrayList{another});
        QVERIFY(!members.begin(2));
        QVERIFY(members.isEmpty());
    }

    // Each member says something, since a server whose connection has stood may not know that it is asked.
    void tellsANewServerWhatItHas()
    {
        members.add(1, receiver(), jobs);
        members.add(2, receiver(), jobs);
        QCOMPARE(textsOf(members.ready(true, now)), (QByteArrayList{"1:", "2:"}));
        give(1, 7, 5);
        give(1, 8, 6);
        members.begin(1);
        give(2, 9, 0);
        give(2, 10, 3);
        members.begin(2);
        members.begin(2);
        members.end(2, 10);
        members.lost();
        QCOMPARE(textsOf(members.ready(true, now)),
                 (QByteArrayList{"1: 7 works on 5 8 works on 6", "2: 9 works on 0 10 has finished 3"}));
        QVERIFY(members.heard(Control::Membership{memberNode, 1, true}).isEmpty());
        QCOMPARE(textsOf(members.ready(false, now)), (QByteArrayList{"2: 9 works on 0 10 has finished 3"}));
        members.heard(Control::Membership{memberNode, 2, true});
        QVERIFY(members.ready(false, now).empty());
        // Whose subscription is new at the server, though nothing was seen to be lost here.
        QCOMPARE(textsOf({members.heard(Control::Membership{memberNode, 1, true, true})}),
                 (QByteArrayList{"1: 7 works on 5 8 works on 6"}));
    }

    // However much it has, it can be read.
    void tellsOnlySoMuch()
    {
        members.add(1, receiver(), jobs);
        const QByteArray frame = jobFrame(1, QByteArray(3000, 'x'));
        for (quint64 id = 1; id <= 200; ++id)
            members.heard(Control::Share{1, id, false, frame});
        const auto said = members.ready(true, now);
        QCOMPARE(said.size(), std::size_t(1));
        const auto read = Control::AtWork::read(Control::Message::of(said.front())->payload);
        QVERIFY(read && read->works.size() > 10);
        init();
        members.add(1, receiver(), jobs);
        for (quint64 id = 1; id <= 200; ++id) {
            give(1, id, id);
            members.begin(1);
            members.end(1, id);
        }
        const auto done = members.ready(true, now);
        const auto readDone = Control::AtWork::read(Control::Message::of(done.front())->payload);
        QVERIFY(readDone && readDone->works.size() == 64 && readDone->works.back().id == 200);
    }

    void saysThatItIsNotKnown()
    {
        members.add(1, receiver(), jobs);
        QVERIFY(members.takeRefused(now).empty());
        QCOMPARE(members.deadline(), now + 1s);
        QVERIFY(members.takeRefused(now + 999ms).empty());
        const auto refused = members.takeRefused(now + 1s);
        QCOMPARE(refused.size(), std::size_t(1));
        QVERIFY(refused[0].pattern == u"job"_s && refused[0].group == "w" && !refused[0].isOneTooMany);
        QVERIFY(members.takeRefused(now + 1min).empty());
        QCOMPARE(members.deadline(), ShareMembers::Clock::time_point::max());
        // At the next server it is said again, or not.
        members.lost();
        QCOMPARE(members.deadline(), ShareMembers::Clock::time_point::max());
        members.ready(true, now);
        QCOMPARE(members.deadline(), now + 1s);
        members.heard(Control::Membership{memberNode, 1, true});
        members.heard(Control::Membership{memberNode, 99, true});
        QVERIFY(members.takeRefused(now + 1min).empty());
        QCOMPARE(members.deadline(), ShareMembers::Clock::time_point::max());
        members.lost();
        members.ready(true, now);
        members.heard(Control::Membership{memberNode, 1, false});
        QVERIFY(members.deadline() <= now);
        const auto tooMany = members.takeRefused(now);
        QVERIFY(tooMany.size() == 1 && tooMany[0].isOneTooMany);
        QVERIFY(members.takeRefused(now).empty());
    }

    void leavesWithNothing()
    {
        const auto handler = receiver();
        const QByteArray declaration = members.add(1, handler, jobs);
        members.add(2, receiver(), jobs);
        give(1, 7, 1);
        give(1, 8, 2);
        members.begin(1);
        give(2, 9, 3);
        members.begin(2);
        members.end(2, 9);
        members.removed({handler});                             // it still works
        QCOMPARE(members.leave(), QByteArrayList{declaration}); // nobody is to be given anything for it
        QCOMPARE(idIn(members.end(1, 7).message), 7U); // what it has said of it may come behind its joining again
        QVERIFY(members.end(1, 7).message.isEmpty());
        QVERIFY(!members.begin(1));
        QCOMPARE(textsOf(members.ready(true, now)), (QByteArrayList{"2:"}));
    }
};

PYVENT_TEST(TestShareMembers)

#include "tst_sharemembers.moc"
