// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_FUZZ_HOSTILEWINDOW_H
#define PYVENT_TESTS_FUZZ_HOSTILEWINDOW_H

#include "delivery/catchup.h"
#include "delivery/receivewindow.h"
#include "delivery/transmitwindow.h"
#include "script.h"

#include <map>

namespace PyventTests {

// A receive window, and a late joiner, between an honest sender and a hostile peer, who says what a script says. Checks after each
// step that what is kept is within its limits, that no more is told lost than can have been sent, and that the honest sender is heard as
// if it were alone.
class HostileWindow
{
public:
    struct Kind
    {
        bool areProven;      // senders
        bool isForging;      // the hostile peer speaks for the honest sender, too; only where they are not proven
        bool areTightLimits; // streams may be forgotten
    };

    explicit HostileWindow(const Kind &kind);

    void run(Script *script);

private:
    using Window = Pyvent::Internal::ReceiveWindow;
    using Clock = Window::Clock;
    using Milliseconds = std::chrono::milliseconds;
    using Stream = std::pair<QUuid, QByteArray>;

    // What may be told lost of a stream: what can have been sent since it was heard, each time that it was.
    struct Allowance
    {
        quint64 before = 0; // until it was heard last
        quint64 lost = 0;
        quint64 last = 0;  // the number that was used last
        quint64 known = 0; // the largest that it may have come to
    };

    Clock::time_point now() const { return Clock::time_point(m_now + std::chrono::hours(1)); }
    qint64 wallTime() const { return std::chrono::microseconds(m_now + std::chrono::hours(1000)).count(); }
    quint64 sent() const;

    void step(Script *script);
    void say(Script *script, const QUuid &node, const QByteArray &topic);
    void sayToJoiner(Script *script, const QUuid &node);
    void sayRange(Script *script, const Stream &stream, std::vector<Window::Range> *ranges);
    void invent(Script *script);
    void sendHonest(bool isLost);
    void resendHonest(quint64 sequence);
    void process();
    void answer(const Window::Request &request);
    void answerJoiner(const Pyvent::Internal::CatchUp::Request &request);
    void pass(Milliseconds time);
    void settle();
    void takeAll();
    void hear(QByteArrayView frame);
    void hearJoined(QByteArrayView frame);
    void requireLimits();
    void finish();
    void comeBack();

    const Kind m_kind;
    const Pyvent::Internal::ReceiveLimits m_limits;
    Window m_window;
    Pyvent::Internal::CatchUp m_joiner;
    Pyvent::Internal::TransmitWindow<QByteArray> m_sent;
    Milliseconds m_now{0};
    bool m_isPaused = false;
    bool m_hasJoined = false;
    quint64 m_head = 0;       // of the honest sender
    quint64 m_heard = 0;      // of it
    quint64 m_joined = 0;     // of it, by the late joiner
    bool m_mayForget = false; // the joiner may have been told something of the honest sender's
    std::map<Stream, Allowance> m_streams;
};

} // namespace PyventTests

#endif
