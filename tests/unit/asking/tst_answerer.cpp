// SPDX-License-Identifier: MIT
#include "asking/answerer.h"

#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

class TestAnswerer : public QObject
{
    Q_OBJECT

private:
    const QUuid m_asker = QUuid::createUuid();

    ReplyAddress address(quint64 number) const { return {u"reply"_s, number, m_asker}; }

private Q_SLOTS:
    void workEndsOnce()
    {
        Answerer answerer;
        const quint64 number = answerer.begin({address(1), u"x"_s, {}});
        const quint64 other = answerer.begin({address(1), u"x"_s, {}});
        QVERIFY(number != other);
        const auto work = answerer.end(number);
        QVERIFY(work && work->name == u"x"_s && work->address.number == 1);
        QVERIFY(!answerer.end(number));
        QVERIFY(answerer.end(other));
        QVERIFY(answerer.isEmpty());
    }

    void whatIsCanceledHasNoAnswer()
    {
        Answerer answerer;
        QList<int> canceled;
        const quint64 one = answerer.begin({address(1), u"x"_s, [&] { canceled += 1; }});
        const quint64 two = answerer.begin({address(2), u"x"_s, [&] { canceled += 2; }});
        answerer.begin({address(1), u"x"_s, [&] { canceled += 3; }}); // another function of the same name
        QVERIFY(answerer.cancel(QUuid::createUuid(), 1).empty());
        for (const Answerer::Work &work : answerer.cancel(m_asker, 1))
            work.cancel();
        QCOMPARE(canceled, (QList<int>{1, 3}));
        QVERIFY(!answerer.end(one));
        QVERIFY(answerer.end(two));
    }

    // It ends with an answer all the same, which the asker gets if he comes back.
    void whoHasGoneHasItsWorkCanceledOnce()
    {
        Answerer answerer;
        QList<int> canceled;
        const quint64 one = answerer.begin({address(1), u"x"_s, [&] { canceled += 1; }});
        answerer.begin({address(2), u"y"_s, [&] { canceled += 2; }});
        const quint64 others = answerer.begin({{u"reply"_s, 1, QUuid::createUuid()}, u"x"_s, [&] { canceled += 3; }});
        for (const Answerer::Cancel &cancel : answerer.askerHasGone(m_asker))
            cancel();
        QCOMPARE(canceled, (QList<int>{1, 2}));
        QVERIFY(answerer.askerHasGone(m_asker).empty());
        QVERIFY(answerer.end(one));
        const auto ended = answerer.cancel(m_asker, 2);
        QVERIFY(ended.size() == 1 && !ended.front().cancel);
        QVERIFY(answerer.end(others));
        QVERIFY(answerer.isEmpty());
    }

    // It may wait for its turn when its asker has enough.
    void whatIsCanceledBeforeIsKnown()
    {
        Answerer answerer;
        QVERIFY(answerer.cancel(m_asker, 1).empty());
        QVERIFY(answerer.isCanceled(address(1)));
        QVERIFY(!answerer.isCanceled(address(2)));
        QVERIFY(!answerer.isCanceled({u"reply"_s, {}, m_asker}));
        for (quint64 number = 100; number < 2000; ++number) // not for ever
            answerer.cancel(m_asker, number);
        QVERIFY(!answerer.isCanceled(address(1)));
        QVERIFY(answerer.isCanceled(address(1999)));
    }

    void allEnd()
    {
        Answerer answerer;
        const quint64 number = answerer.begin({address(1), u"x"_s, {}});
        answerer.begin({address(2), u"y"_s, {}});
        QCOMPARE(answerer.takeAll().size(), std::size_t(2));
        QVERIFY(answerer.isEmpty());
        QVERIFY(!answerer.end(number));
    }
};

PYVENT_TEST(TestAnswerer)
#include "tst_answerer.moc"
