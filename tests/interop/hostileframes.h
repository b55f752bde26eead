// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_HOSTILEFRAMES_H
#define PYVENT_TESTS_HOSTILEFRAMES_H

#include <QtCore/qbytearray.h>
#include <QtCore/qlist.h>
#include <QtCore/quuid.h>

// Frames that no Pyvent node sends.

namespace PyventTests {

struct HostileFrame
{
    enum Outcome {
        Ignored, // without a word
        Refused, // with an UnreadableFrame
        Heard,   // as a Python node's, without a word
        HeardAndReported,
        HeardOrRefused, // both are right
        HeardMaybeReported
    };

    const char *what;
    QByteArray frame;
    Outcome outcome;
};

// A pickle of {"number": number}, number being 0 to 255, in protocol 2.
QByteArray goodPickle(int number);

// A pickle's string.
QByteArray text(const QByteArray &text);

// Pickles that run "touch marker" where a pickle is executed.
QList<HostileFrame> commandFrames(const QByteArray &marker);

// Pickles that cost more than they look, or are none.
QList<HostileFrame> brokenPickles();

// Frames whose topic is no event's name.
QList<HostileFrame> brokenTopics();

// Frames with trailers that lie or that are of another time.
QList<HostileFrame> brokenTrailers();

struct TrailerFields
{
    QUuid node;
    quint64 sequence = 1;
    qint64 time = 0;
    int version = 1;
    QByteArray sender;
    int senderLength = -1;  // what the trailer says; -1: the truth
    int trailerLength = -1; // likewise
};

// A trailer as wire/PROTOCOL.md has it.
QByteArray trailer(const TrailerFields &fields);

} // namespace PyventTests

#endif
