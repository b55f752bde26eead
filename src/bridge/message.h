// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_MESSAGE_H
#define PYVENT_BRIDGE_MESSAGE_H

#include <QtCore/qbytearray.h>
#include <QtCore/qhash.h>
#include <QtCore/qmetatype.h>
#include <QtCore/qstring.h>
#include <QtCore/quuid.h>

namespace Pyvent::Bridge {

// The events of one name of one node, which are numbered together.
struct Stream
{
    QUuid node;
    QString name;

    friend bool operator==(const Stream &, const Stream &) = default;
    friend size_t qHash(const Stream &stream, size_t seed) { return qHashMulti(seed, stream.node, stream.name); }
};

// An event on its way between two buses.
struct Message
{
    enum class Format : quint8 { Pickle, Json };

    QString name;
    QString sender;     // in full; empty: the default one
    QUuid node;         // who sent it first. Null: no bridge has published it, but some other program
    quint64 number = 0; // of the node's events of this name, from 1 on
    qint64 time = 0;    // µs since 1970, by the node's clock
    QByteArray bus;     // the bus that it was published from
    Format format = Format::Pickle;
    QByteArray payload; // the arguments
    quint64 lost = 0;   // how many right before it in its stream were given up, so that nobody waits for them
    quint64 stamp = 0;  // of a write of a shared value: its place among these, by PyventFrame::stamp; 0: it has none

    Stream stream() const { return {node, name}; }

    // About what it takes in memory, for bounds.
    qsizetype size() const
    {
        return payload.size() + 2 * (name.size() + sender.size()) + bus.size() + qsizetype(sizeof(Message)) + overhead;
    }

    friend bool operator==(const Message &, const Message &) = default;

private:
    static constexpr qsizetype overhead = 128; // the headers of its texts, and its place in a queue
};

} // namespace Pyvent::Bridge

#endif
