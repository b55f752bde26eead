// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_EXPANDINGPICKLES_H
#define PYVENT_TESTS_EXPANDINGPICKLES_H

#include <QtCore/qbytearray.h>
#include <QtCore/qlist.h>

#include <utility>

// Pickles that are small, and of which a reader that builds every mention makes very much.

namespace PyventTests {

// Lists of as many mentions of another list of … to the depth of \a levels, with \a leaf inside: width^levels leaves. \a open and
// \a close are the opcodes around the items, and \a before stands before each of them. Nothing is left on the stack but the last.
inline QByteArray laughingValue(int width, int levels, const QByteArray &leaf, const QByteArray &open = "](",
                                const QByteArray &close = "e", const QByteArray &before = {})
{
    QByteArray value = leaf + QByteArray("q\0", 2);
    for (int level = 0; level < levels; ++level) {
        const QByteArray mention = before + 'h' + char(level);
        value += '0' + open + mention.repeated(width) + close + 'q' + char(level + 1);
    }
    return value;
}

// An event's arguments, {"value": value}.
inline QByteArray argumentsOf(const QByteArray &value)
{
    return "\x80\x04}\x8c\x05value" + value + "s.";
}

inline QByteArray ofSize(QByteArray pickle, qsizetype size)
{
    return pickle + QByteArray(qMax<qsizetype>(0, size - pickle.size()), 'x'); // behind STOP, where nothing is read
}

// 24 pickles, 29 KB in all. What they stand for, with a copy for each mention, takes some 200 MiB for each.
inline QList<QByteArray> expandingPickles()
{
    const QByteArray text = "\x8c\xfa" + QByteArray(250, 't');
    const QByteArray bytes = "C\xfa" + QByteArray(250, 'b');
    const QByteArray object = "cm\nC\n)\x81";
    QList<QByteArray> pickles;
    for (const auto &[width, levels] : {std::pair(13, 6), std::pair(23, 5), std::pair(51, 4), std::pair(2, 20)}) {
        pickles.append(argumentsOf(laughingValue(width, levels, "N")));
        pickles.append(argumentsOf(laughingValue(width, levels, "N", "(", "t")));
        pickles.append(argumentsOf(laughingValue(width, levels, "K\x01", "(", "\x91")));
    }
    for (const QByteArray &leaf : {text, bytes, object, QByteArray("N")}) {
        pickles.append(argumentsOf(laughingValue(24, 4, leaf)));
        pickles.append(argumentsOf(laughingValue(24, 4, leaf, "}(", "u", "K\x01")));
        pickles.append(argumentsOf(laughingValue(24, 4, leaf, "(", "d", "\x8c\x01k")));
    }
    for (QByteArray &pickle : pickles)
        pickle = ofSize(pickle, 29 * 1024 / 24);
    return pickles;
}

// 258 bytes that take a reader who builds each mention a fifth of a second.
inline QByteArray smallExpandingPickle()
{
    return ofSize(argumentsOf(laughingValue(13, 6, "N")), 258);
}

} // namespace PyventTests

#endif
