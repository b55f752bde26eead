// SPDX-License-Identifier: MIT
#include "hostileframes.h"

#include <QtCore/qendian.h>

#include <limits>

namespace PyventTests {

namespace {

using Outcome = HostileFrame::Outcome;

template <typename T>
QByteArray littleEndian(T value)
{
    QByteArray bytes(sizeof(T), Qt::Uninitialized);
    qToLittleEndian(value, bytes.data());
    return bytes;
}

QByteArray order(const QByteArray &pickle)
{
    return "order " + pickle;
}

// {"value": value}
QByteArray dictOf(const QByteArray &value)
{
    return "\x80\x02}" + text("value") + value + "s.";
}

QByteArray repeated(const QByteArray &part, int times)
{
    return part.repeated(times);
}

// A list of ten references to a list of ten references to … that has one item: 10 to the power of the levels.
QByteArray laughs(int levels)
{
    QByteArray value = text("ha") + QByteArray("q\0", 2);
    for (int level = 0; level < levels; ++level) {
        const QByteArray reference = 'h' + QByteArray(1, char(level));
        value += "0](" + repeated(reference, 10) + "eq" + char(level + 1); // POP: the memo has it
    }
    return value;
}

} // namespace

QByteArray text(const QByteArray &text)
{
    return 'X' + littleEndian(quint32(text.size())) + text;
}

QByteArray goodPickle(int number)
{
    return "\x80\x02}" + text("number") + 'K' + char(number) + "s.";
}

QList<HostileFrame> commandFrames(const QByteArray &marker)
{
    const QByteArray touch = "touch " + marker;
    const QByteArray quoted = "S'" + touch + "'\n";
    const QByteArray code = "S'__import__(\"os\").system(\"" + touch + "\")'\n";
    const QByteArray shortText = "\x8c" + QByteArray(1, char(touch.size())) + touch;
    const QByteArray system = "cos\nsystem\n(" + quoted + "tR";
    return {
        {"os.system, protocol 0", order(system + '.'), Outcome::Refused},
        {"posix.system", order("cposix\nsystem\n(" + quoted + "tR."), Outcome::Refused},
        {"eval of Python 2", order("c__builtin__\neval\n(" + code + "tR."), Outcome::Refused},
        {"exec", order("cbuiltins\nexec\n(" + code + "tR."), Outcome::Refused},
        {"os.system, protocol 4", order("\x80\x04\x8c\x02os\x8c\x06system\x93" + shortText + "\x85R."),
         Outcome::Refused},
        {"INST", order("(" + quoted + "ios\nsystem\n."), Outcome::Refused},
        {"OBJ", order("(cos\nsystem\n" + quoted + "o."), Outcome::Refused},
        {"NEWOBJ",
         order("\x80\x02"
               "csubprocess\nPopen\n("
               + quoted + "t\x81."),
         Outcome::Refused},
        {"NEWOBJ_EX",
         order("\x80\x04"
               "csubprocess\nPopen\n("
               + quoted + "t}" + text("shell") + "\x88s\x92."),
         Outcome::Refused},
        {"subprocess.Popen", order("csubprocess\nPopen\n((lS'touch'\naS'" + marker + "'\natR."), Outcome::Refused},
        {"BUILD with a __setstate__ of its own",
         order("c__main__\nThing\n)R(dS'__setstate__'\ncos\nsystem\nsb" + quoted + "b."), Outcome::Refused},
        {"a global behind a memo", order("cos\nsystem\np0\n0g0\n(" + quoted + "tR."), Outcome::Refused},
        {"a call before the dict", order(system + '0' + "}."), Outcome::Heard},
        {"a dotted global",
         order("\x80\x04\x8c\x08"
               "builtins\x8c\x0d__import__.os\x93"
               + shortText + "\x85R."),
         Outcome::Refused},
        {"extension code", order("\x80\x02\x82\x01" + quoted + "\x85R."), Outcome::Refused},
        {"persistent id", order("Pos.system\n."), Outcome::Refused},
        {"as an argument's name", order("}" + system + "I1\ns."), Outcome::Refused},
        {"as the sender", order("}S'sender'\n" + system + "s."), Outcome::Refused},
        {"as an argument", order("}S'value'\n" + system + "s."), Outcome::Heard},
        {"in a list in an argument", order("}S'value'\n(l" + system + "as."), Outcome::Heard},
        {"behind the pickle", order("}." + system + '.'), Outcome::Heard},
    };
}

QList<HostileFrame> brokenPickles()
{
    return {
        {"no bytes", order(""), Outcome::Refused},
        {"only STOP", order("."), Outcome::Refused},
        {"None", order("N."), Outcome::Refused},
        {"a list", order("]."), Outcome::Refused},
        {"int keys", order("}K\x01K\x02s."), Outcome::Refused},
        {"text that is no pickle", order("GET / HTTP/1.1\r\n"), Outcome::Refused},
        {"zeros", order(QByteArray(1000, '\0')), Outcome::Refused},
        {"an unknown opcode", order("\x80\x02\xff."), Outcome::Refused},
        {"protocol 6", order("\x80\x06}."), Outcome::Refused},
        {"no STOP", order("}"), Outcome::Refused},
        {"SETITEM on an empty stack", order("s."), Outcome::Refused},
        {"POP on an empty stack", order("0."), Outcome::Refused},
        {"SETITEMS without a mark", order("}K\x01K\x02u."), Outcome::Refused},
        {"an odd number of SETITEMS", order("}(" + text("a") + "u."), Outcome::Refused},
        {"APPEND to a dict",
         order("}K\x01"
               "a."),
         Outcome::Refused},
        {"a memo that was never put", order("h\x05."), Outcome::Refused},
        {"a memo put at 4294967295", order("\x80\x02}r\xff\xff\xff\xff."), Outcome::HeardOrRefused},
        {"text of 2**63 bytes", order(dictOf("\x8d" + littleEndian(quint64(1) << 63) + "abc")), Outcome::Refused},
        {"text of 2**32-1 bytes",
         order(dictOf("X\xff\xff\xff\xff"
                      "abc")),
         Outcome::Refused},
        {"bytes of 2**31 bytes", order(dictOf("B" + littleEndian(quint32(1) << 31) + "abc")), Outcome::Refused},
        {"an int of -1 bytes",
         order(dictOf("\x8b\xff\xff\xff\xff"
                      "abc")),
         Outcome::Refused},
        {"a frame of 2**64-1 bytes", order("\x80\x04\x95" + littleEndian(~quint64(0)) + "}."), Outcome::Refused},
        {"text that is no UTF-8", order(dictOf(text("\xff\xfe"))), Outcome::Refused},
        {"an int of words", order(dictOf("Iseven\n")), Outcome::Refused},
        {"a float of words", order(dictOf("Fseven\n")), Outcome::Refused},
        {"an unfinished quotation", order(dictOf("S'abc\n")), Outcome::Refused},
        {"a list in itself",
         order(dictOf("]q\x01h\x01"
                      "a")),
         Outcome::Refused},
        {"a dict in itself", order("}q\x01" + text("value") + "h\x01s."), Outcome::Refused},
        {"a thousand million laughs", order(dictOf(laughs(9))), Outcome::Refused},
        {"laughs without end", order(dictOf(laughs(200))), Outcome::Refused},
        {"100,000 lists in lists", order(dictOf(repeated("]", 100'000) + repeated("a", 99'999))), Outcome::Refused},
        {"100,000 tuples in tuples", order(dictOf(")" + repeated("\x85", 100'000))), Outcome::Refused},
        {"a million marks", order(repeated("(", 1'000'000) + '.'), Outcome::Refused},
        {"a million DUPs", order('}' + repeated("2", 1'000'000) + '.'), Outcome::HeardOrRefused},
        {"the sender is an int", order("}" + text("sender") + "K\x01s."), Outcome::Refused},
        {"the sender is None", order("}" + text("sender") + "Ns."), Outcome::Refused},
    };
}

QList<HostileFrame> brokenTopics()
{
    const QByteArray pickle = goodPickle(13);
    return {
        {"an empty frame", "", Outcome::Refused},
        {"a space", " ", Outcome::Refused},
        {"a space and a pickle", ' ' + pickle, Outcome::Refused},
        {"two spaces", "  ", Outcome::Refused},
        {"a bell",
         "or\x07"
         "der "
             + pickle,
         Outcome::Refused},
        {"a newline", "order\n " + pickle, Outcome::Refused},
        {"a NUL", QByteArray("ord\0er ", 7) + pickle, Outcome::Refused},
        {"a delete", "order\x7f " + pickle, Outcome::Refused},
        {"a C1 control character", "order\xc2\x85 " + pickle, Outcome::Refused},
        {"2,000 characters", QByteArray(2000, 'x') + ' ' + pickle, Outcome::Refused},
        {"a megabyte without a space", QByteArray(1 << 20, 'x'), Outcome::Refused},
        {"no UTF-8", "\xff\xfe " + pickle, Outcome::Refused},
        {"half of a character", "caf\xc3 " + pickle, Outcome::Refused},
        {"half of a surrogate pair", "\xed\xa0\x80 " + pickle, Outcome::Refused},
        {"a spelling that is too long", "\xc0\xaf " + pickle, Outcome::Refused},
        {"Python's __check", "__check " + pickle, Outcome::Ignored},
        {"Python's __connect", "__connect " + pickle, Outcome::Ignored},
        {"Python's __server_disconnect", "__server_disconnect", Outcome::Ignored},
        {"Python's, broken", "__check \xff\xff", Outcome::Ignored},
        {"a proof of nobody", "\x02proof/0/1 ", Outcome::Ignored},
        {"an unknown control topic", "\x02nonsense " + pickle, Outcome::Ignored},
        {"the control prefix alone", "\x02", Outcome::Ignored},
    };
}

QByteArray trailer(const TrailerFields &fields)
{
    const int senderLength = fields.senderLength >= 0 ? fields.senderLength : int(fields.sender.size());
    const int trailerLength = fields.trailerLength >= 0 ? fields.trailerLength : 40 + int(fields.sender.size());
    return fields.sender + fields.node.toRfc4122() + littleEndian(fields.sequence) + littleEndian(fields.time)
        + littleEndian(quint16(0)) + littleEndian(quint16(senderLength)) + littleEndian(quint16(trailerLength))
        + char(fields.version) + '\xf5';
}

QList<HostileFrame> brokenTrailers()
{
    const QByteArray good = order(goodPickle(13));
    const auto with = [&](TrailerFields fields) {
        fields.node = QUuid::createUuid();
        return good + trailer(fields);
    };
    return {
        {"version 0", with({.version = 0}), Outcome::HeardAndReported},
        {"version 2", with({.version = 2}), Outcome::HeardAndReported},
        {"version 255", with({.version = 255}), Outcome::HeardAndReported},
        {"a length of 0", with({.trailerLength = 0}), Outcome::HeardAndReported},
        {"a length of 39", with({.trailerLength = 39}), Outcome::HeardAndReported},
        {"a length of 41 without a byte for it", with({.trailerLength = 41}), Outcome::HeardAndReported},
        {"a length beyond the frame", with({.trailerLength = 65535}), Outcome::HeardAndReported},
        {"a sender beyond the trailer", with({.senderLength = 1}), Outcome::HeardAndReported},
        {"a sender of 65,535 bytes", with({.senderLength = 65535}), Outcome::HeardAndReported},
        {"only the end mark", good + '\xf5', Outcome::HeardAndReported},
        {"39 bytes", good + QByteArray(38, '\x01') + '\xf5', Outcome::HeardAndReported},
        {"40 bytes of 0xF5", good + QByteArray(40, '\xf5'), Outcome::HeardAndReported},
        {"a trailer and no pickle", "order " + trailer({}), Outcome::Refused},
        {"a trailer around a broken pickle", order("}s." + trailer({})), Outcome::Refused},
        {"a sender that is no UTF-8", with({.sender = "\xff\xfe"}), Outcome::HeardMaybeReported},
        {"the earliest time", with({.time = std::numeric_limits<qint64>::min()}), Outcome::Heard},
        {"the latest time", with({.time = std::numeric_limits<qint64>::max()}), Outcome::Heard},
        {"sequence 0", with({.sequence = 0}), Outcome::Heard},
        {"the last sequence", with({.sequence = ~quint64(0)}), Outcome::Ignored}, // no stream comes that far
        {"no node", good + trailer({}), Outcome::Heard},
        {"a later minor revision",
         good + QByteArray("new part") + trailer({.node = QUuid::createUuid(), .trailerLength = 48}), Outcome::Heard},
    };
}

} // namespace PyventTests
