// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SIMULATION_SCHEDULE_H
#define PYVENT_TESTS_SIMULATION_SCHEDULE_H

#include "network.h"

namespace PyventTests {

// What happens in a simulated bus: a list of steps, and the conditions under which they are taken. Both follow from a seed; a
// schedule with steps left out is one, too.
struct Schedule
{
    struct Step
    {
        enum Kind : quint8 {
            Send,       // the session sends \a value events of the topic
            Hear,       // the session hears the topic from now on
            HearPast,   // likewise, with the past
            HearAll,    // the session hears everything, by a glob
            KillNode,   // the process ends at once, and another one starts in its place
            KillRelay,  // the process that serves does, if another one than a node's serves
            CutSending, // a connection ends
            CutHearing,
            StandStill, // the process stands still for \a value milliseconds
            Leave       // the session leaves the bus, and joins it again after \a value milliseconds
        };
        Kind kind;
        int node;
        int topic;
        int value;
        Milliseconds wait; // before the step
    };

    quint32 seed = 0;
    int nodes = 0;
    int topics = 0;
    bool sharesLink = false;   // each process has two sessions on one connection
    bool takesBatches = false; // the relay does
    Weather weather;
    bool waits = false;    // senders wait for receivers that lag
    qsizetype kept = 0;    // how many events a sender keeps
    Milliseconds skew = 0; // the clocks differ by up to this
    std::vector<Step> steps;

    static Schedule fromSeed(quint32 seed);
    QByteArray toText() const;

    // Whether nothing in it ends, stands still, or is dropped.
    bool isCalm() const;

    // The same, but that processes may stand still.
    bool isCalmButSlow() const;

    // Whether the relay may drop something for who does not read fast enough.
    bool dropsEvents() const { return weather.capacity < 1000; }
};

// The schedule with as few steps as make \a fails true.
Schedule shrunk(Schedule schedule, const std::function<bool(const Schedule &)> &fails);

} // namespace PyventTests

#endif
