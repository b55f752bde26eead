// SPDX-License-Identifier: MIT
#include "wire/valuemessages.h"

#include "support/testprogram.h"
#include "wire/control.h"
#include "wire/frame.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;

namespace {

const QUuid asker = QUuid::fromString(QLatin1String("00112233-4455-6677-8899-aabbccddeeff"));
const QUuid writer = QUuid::fromString(QLatin1String("10112233-4455-6677-8899-aabbccddeeff"));
const ValueVersion someVersion{quint64(0x0123'4567'89AB'CDEF), writer};

} // namespace

class TestValueMessages : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void areReadAsTheyWereWritten()
    {
        const auto message = [](const QByteArray &frame) { return Control::Message::of(frame); };
        QByteArray frame = Control::ValueHeld{asker, someVersion}.toFrame("oven");
        QVERIFY(frame.startsWith("\2value/oven "));
        QCOMPARE(message(frame)->kind, Control::Kind::Value);
        QCOMPARE(message(frame)->origin(), asker);
        QCOMPARE(valueNameOf(frame), QByteArrayView("oven"));
        QVERIFY(!isValueWrite(message(frame)->payload));
        QCOMPARE(Control::ValueHeld::read(message(frame)->payload)->version, someVersion);

        frame = Control::ValueAtServer{asker, "oven", someVersion}.toFrame();
        QCOMPARE(message(frame)->kind, Control::Kind::ValueAtServer);
        QVERIFY(message(frame)->isServers());
        QCOMPARE(message(frame)->node(), asker);
        QCOMPARE(Control::ValueAtServer::read(message(frame)->payload)->name, QByteArray("oven"));
        QCOMPARE(Control::ValueAtServer::read(message(frame)->payload)->version, someVersion);

        frame = Control::SetValue{asker, 7, someVersion, "frame"}.toFrame();
        QCOMPARE(message(frame)->kind, Control::Kind::Server);
        QCOMPARE(message(frame)->origin(), asker);
        const auto set = Control::SetValue::read(message(frame)->payload);
        QCOMPARE(set->number, 7ULL);
        QCOMPARE(set->expected, someVersion);
        QCOMPARE(set->frame, QByteArray("frame"));

        frame = Control::ValueIsSet{asker, 7, Control::ValueIsSet::IsAnother, someVersion}.toFrame();
        QCOMPARE(message(frame)->kind, Control::Kind::ValueIsSet);
        QCOMPARE(Control::ValueIsSet::read(message(frame)->payload)->outcome, Control::ValueIsSet::IsAnother);

        frame = Control::AskLast{asker, "bell"}.toFrame();
        QCOMPARE(Control::AskLast::read(message(frame)->payload)->name, QByteArray("bell"));
        frame = Control::LastEvent{asker, "bell", "bell 1."}.toFrame();
        QCOMPARE(message(frame)->kind, Control::Kind::LastEvent);
        QCOMPARE(Control::LastEvent::read(message(frame)->payload)->frame, QByteArray("bell 1."));

        frame = Control::KeepPast{asker, "bell 1."}.toFrame();
        QCOMPARE(message(frame)->kind, Control::Kind::Server);
        QCOMPARE(message(frame)->origin(), asker);
        QCOMPARE(Control::KeepPast::read(message(frame)->payload)->frame, QByteArray("bell 1."));
        frame = Control::AskKept{asker, 7}.toFrame();
        QCOMPARE(message(frame)->kind, Control::Kind::Server);
        QCOMPARE(Control::AskKept::read(message(frame)->payload)->after, 7ULL);
        frame = Control::KeptEvents{asker, 7, 9, {"bell 1.", "door 2."}}.toFrame();
        QCOMPARE(message(frame)->kind, Control::Kind::KeptEvents);
        QVERIFY(message(frame)->isServers());
        QCOMPARE(message(frame)->node(), asker);
        const auto kept = Control::KeptEvents::read(message(frame)->payload);
        QCOMPARE(kept->after, 7ULL);
        QCOMPARE(kept->next, 9ULL);
        QCOMPARE(kept->frames, (std::vector<QByteArray>{"bell 1.", "door 2."}));
        QVERIFY(Control::KeptEvents::read(message(Control::KeptEvents{asker}.toFrame())->payload)->frames.empty());
    }

    void aWriteIsAnEventsFrame()
    {
        const QByteArray frame = valueTopic("oven") + "oven }.";
        QVERIFY(isValueWrite(Control::Message::of(frame)->payload));
        QCOMPARE(Control::Message::of(frame)->origin(), QUuid());
        QVERIFY(!isValueWrite({}));
    }

    // What comes from the network may be anything.
    void nothingElseIsRead()
    {
        const QByteArray good =
            Control::SetValue{asker, 7, someVersion, "frame"}.toFrame().sliced(Control::SetValue::topic.size());
        for (qsizetype i = 0; i < good.size(); ++i)
            QVERIFY(!Control::SetValue::read(good.first(i)));
        for (qsizetype i = 0; i < good.size(); ++i) {
            for (const char byte : {'\0', '\x7F', '\xFF', '\x9F'}) {
                QByteArray bad = good;
                bad[i] = byte;
                Control::SetValue::read(bad); // does not crash
                Control::ValueHeld::read(bad);
                Control::ValueAtServer::read(bad);
                Control::ValueIsSet::read(bad);
                Control::AskLast::read(bad);
                Control::LastEvent::read(bad);
                Control::KeepPast::read(bad);
                Control::AskKept::read(bad);
                Control::KeptEvents::read(bad);
            }
        }
        QVERIFY(!Control::LastEvent::read(good + QByteArray(Control::maximumSize, 'x')));
    }

    void stampsAreInTheTrailer()
    {
        QByteArray frame = "oven }.";
        appendTrailer({.nodeId = writer,
                       .sequence = 3,
                       .time = 4,
                       .previous = 5,
                       .flags = Trailer::Value,
                       .sender = "me",
                       .stamp = 6},
                      &frame);
        const Trailer read = parseFrame(frame).trailer;
        QCOMPARE(read.stamp, 6ULL);
        QCOMPARE(read.previous, 5);
        QCOMPARE(read.sender, QByteArrayView("me"));
        QVERIFY(endsWithFlag(Trailer::Value, frame));
        // One whose trailer has no room for it.
        QByteArray without = "oven }.";
        appendTrailer({.nodeId = writer, .previous = 5, .sender = "me"}, &without);
        setFlag(Trailer::Value, &without);
        QCOMPARE(parseFrame(without).trailerState, TrailerState::Read);
        QCOMPARE(parseFrame(without).trailer.stamp, 0ULL);
        QCOMPARE(parseFrame(without).trailer.previous, 5);
    }

    void versionsAreInOrder()
    {
        const QUuid low(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        const QUuid high(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
        QVERIFY((ValueVersion{1, high} < ValueVersion{2, low}));
        QVERIFY((ValueVersion{2, low} < ValueVersion{2, high}));
        QVERIFY((ValueVersion{2, low} == ValueVersion{2, low}));
        QVERIFY(!ValueVersion());
        QVERIFY(isNobody(nobodysWriter("x")));
        QVERIFY(nobodysWriter("x") != nobodysWriter("y"));
        QVERIFY(!isNobody(QUuid::createUuid()));
    }
};

PYVENT_TEST(TestValueMessages)

#include "tst_valuemessages.moc"
