// SPDX-License-Identifier: MIT
#include "picklemutator.h"

#include <QtCore/qendian.h>

using namespace Qt::StringLiterals;

namespace {

qsizetype lineLength(QByteArrayView rest, int lines)
{
    qsizetype at = 0;
    for (; lines > 0; --lines) {
        const qsizetype end = rest.sliced(at).indexOf('\n');
        if (end < 0)
            return rest.size();
        at += end + 1;
    }
    return at;
}

qsizetype countedLength(QByteArrayView rest, int bytes)
{
    if (rest.size() < bytes)
        return rest.size();
    const quint64 size = bytes == 1 ? uchar(rest[0])
        : bytes == 4                ? qFromLittleEndian<quint32>(rest.data())
                                    : qFromLittleEndian<quint64>(rest.data());
    return bytes + qsizetype(qMin<quint64>(size, quint64(rest.size() - bytes)));
}

qsizetype argumentLength(char opcode, QByteArrayView rest)
{
    switch (uchar(opcode)) {
    case 'c':
    case 'i':
        return lineLength(rest, 2);
    case 'F':
    case 'I':
    case 'L':
    case 'S':
    case 'V':
    case 'P':
    case 'p':
    case 'g':
        return lineLength(rest, 1);
    case 'K':
    case 'q':
    case 'h':
    case 0x80:
    case 0x82:
        return 1;
    case 'M':
    case 0x83:
        return 2;
    case 'J':
    case 'r':
    case 'j':
    case 0x84:
        return 4;
    case 'G':
    case 0x95:
        return 8;
    case 'U':
    case 'C':
    case 0x8a:
    case 0x8c:
        return countedLength(rest, 1);
    case 'T':
    case 'X':
    case 'B':
    case 0x8b:
        return countedLength(rest, 4);
    case 0x8d:
    case 0x8e:
    case 0x96:
        return countedLength(rest, 8);
    default:
        return 0;
    }
}

const QByteArrayList &words()
{
    static const QByteArrayList list{"os",
                                     "system",
                                     "posix",
                                     "builtins",
                                     "__builtin__",
                                     "eval",
                                     "getattr",
                                     "copyreg",
                                     "copy_reg",
                                     "_reconstructor",
                                     "object",
                                     "collections",
                                     "OrderedDict",
                                     "deque",
                                     "defaultdict",
                                     "Counter",
                                     "datetime",
                                     "date",
                                     "timezone",
                                     "timedelta",
                                     "uuid",
                                     "UUID",
                                     "int",
                                     "set",
                                     "frozenset",
                                     "bytearray",
                                     "bytes",
                                     "range",
                                     "xrange",
                                     "slice",
                                     "complex",
                                     "_codecs",
                                     "encode",
                                     "latin1",
                                     "latin-1",
                                     "zlib",
                                     "decimal",
                                     "Decimal",
                                     "1e999999999",
                                     "1/3",
                                     "fractions",
                                     "Fraction",
                                     "pathlib",
                                     "PurePosixPath",
                                     "ipaddress",
                                     "ip_address",
                                     "numpy",
                                     "ndarray",
                                     "dtype",
                                     "f8",
                                     "O8",
                                     "U3",
                                     "V8",
                                     "M8",
                                     "numpy.core.multiarray",
                                     "_reconstruct",
                                     "scalar",
                                     "numpy.core.numeric",
                                     "_frombuffer",
                                     "exceptions",
                                     "ValueError",
                                     "set.__init__",
                                     "<",
                                     "b",
                                     "C",
                                     "extend",
                                     "__class__",
                                     "__setstate__",
                                     "",
                                     "list",
                                     "str"};
    return list;
}

} // namespace

QByteArrayList PickleMutator::opcodesOf(const QByteArray &pickle)
{
    QByteArrayList opcodes;
    for (qsizetype at = 0; at < pickle.size();) {
        const QByteArrayView rest = QByteArrayView(pickle).sliced(at + 1);
        const qsizetype size = 1 + qMin(argumentLength(pickle[at], rest), rest.size());
        opcodes.append(pickle.mid(at, size));
        at += size;
    }
    return opcodes;
}

void PickleMutator::addSample(const QByteArray &pickle)
{
    m_samples.append(opcodesOf(pickle));
}

QByteArray PickleMutator::make()
{
    switch (below(4)) {
    case 0:
        return gameOfNames();
    case 1:
        return gameOfObjects();
    default:
        break;
    }
    QByteArrayList opcodes = oneOf(m_samples);
    for (int changes = 1 + below(6); changes > 0 && !opcodes.isEmpty(); --changes)
        mutate(&opcodes);
    QByteArray pickle = opcodes.join();
    if (below(8) == 0)
        mutateBytes(&pickle);
    // Frames are of the size that they were.
    return below(4) ? pickle.replace('\x95', "") : pickle;
}

void PickleMutator::mutate(QByteArrayList *opcodes)
{
    const int at = below(opcodes->size());
    const int count = 1 + below(below(4) ? 3 : 20);
    switch (below(9)) {
    case 0:
        opcodes->remove(at, qMin<qsizetype>(count, opcodes->size() - at));
        break;
    case 1:
        opcodes->insert(at, piece());
        break;
    case 2: {
        const QByteArrayList part = opcodes->mid(at, count);
        const int to = below(opcodes->size());
        for (qsizetype i = 0; i < part.size(); ++i)
            opcodes->insert(to + i, part[i]);
        break;
    }
    case 3: {
        const QByteArrayList &other = oneOf(m_samples);
        const QByteArrayList part = other.mid(below(other.size()), count);
        for (qsizetype i = 0; i < part.size(); ++i)
            opcodes->insert(at + i, part[i]);
        break;
    }
    case 4:
        opcodes->swapItemsAt(at, below(opcodes->size()));
        break;
    case 5:
        opcodes->insert(at, memo());
        break;
    case 6: // another text in a text's place
        for (int i = at; i < opcodes->size(); ++i) {
            if (QByteArrayView("VX\x8c").contains((*opcodes)[i].front())) {
                (*opcodes)[i] = text(oneOf(words()));
                break;
            }
        }
        break;
    case 7:
        (*opcodes)[at] = piece();
        break;
    default:
        if (opcodes->size() > at + 1)
            opcodes->swapItemsAt(at, at + 1);
    }
}

// Texts that go through the memo and the stack until two of them name something. Most names are on the list.
QByteArray PickleMutator::gameOfNames()
{
    static const QByteArrayList good{"collections", "collections", "collections", "deque", "OrderedDict"};
    static const QByteArrayList bad{"os", "builtins", "__builtin__", "system", "set"};
    const auto word = [this] { return text(below(6) ? oneOf(good) : oneOf(bad)); };
    const auto index = [this] { return QByteArray(1, char(below(4))); };
    QByteArray pickle = below(2) ? "\x80\x04"_ba : ""_ba;
    for (int i = 0; i < 4; ++i) // every index has something, so that most of what follows is valid
        pickle += below(4) ? word() + "\x94"_ba : word() + 'q' + index();
    for (int steps = 1 + below(8); steps > 0; --steps) {
        switch (below(12)) {
        case 0:
        case 1:
        case 2:
            pickle += 'h' + index() + 'q' + index();
            break;
        case 3:
        case 4:
            pickle += word() + 'r' + index() + QByteArray(3, '\0') + '0';
            break;
        case 5:
            pickle += "\x94";
            break;
        case 6:
            pickle += '(' + word() + '1';
            break;
        case 7:
            pickle += "2(0";
            break;
        case 8:
            pickle += 'p' + QByteArray::number(below(8)) + '\n';
            break;
        case 9:
            pickle += '\x80' + QByteArray(1, char(below(6)));
            break;
        case 10:
            if (below(4) == 0)
                pickle += '\x95' + QByteArray(1, char(below(30))) + QByteArray(7, '\0');
            break;
        default:
            pickle += '0';
        }
    }
    const auto name = [&] { return below(2) ? 'h' + index() : word(); };
    for (int names = 1 + below(2); names > 0; --names)
        pickle += name() + name() + '\x93';
    return pickle + (below(2) ? ")R." : ".");
}

// A class, its arguments, and what is done to what comes out, from several pools: most of it is what pickles have.
QByteArray PickleMutator::gameOfObjects()
{
    static const QByteArrayList callables{"cbuiltins\nbytearray\n",
                                          "cbuiltins\nset\n",
                                          "c_codecs\nencode\n",
                                          "cfractions\nFraction\n",
                                          "ccollections\ndeque\n",
                                          "cuuid\nUUID\n",
                                          "ccollections\nCounter\n",
                                          "ccollections\ndefaultdict\n",
                                          "cdecimal\nDecimal\n",
                                          "cbuiltins\nobject\n",
                                          "cdatetime\ndatetime\n",
                                          "cdatetime\ntimezone\n",
                                          "cbuiltins\nValueError\n",
                                          "cbuiltins\nrange\n",
                                          "cpathlib\nPurePosixPath\n",
                                          "ccopyreg\n_reconstructor\n",
                                          "cnumpy\ndtype\n",
                                          "cnumpy\nndarray\n",
                                          "cnumpy.core.multiarray\n_reconstruct\n",
                                          "cnumpy.core.multiarray\nscalar\n",
                                          "cnumpy.core.numeric\n_frombuffer\n",
                                          "cos\ngetcwd\n",
                                          "cbuiltins\nint\n"};
    static const QByteArrayList arguments{")",
                                          "Vx\n\x85",
                                          "Vx\nVlatin1\n\x86",
                                          "Vx\nVzlib\n\x86",
                                          "C\x02xy\x85",
                                          "J\xff\xff\xff\x7f\x85",
                                          "V1/3\n\x85",
                                          "V1e999999999\n\x85",
                                          "](K\x01K\x02e\x85",
                                          "cbuiltins\nlist\n\x85",
                                          "cos\ngetcwd\n\x85",
                                          "}\x85",
                                          "(I1\nI2\nI3\nt",
                                          "Vf8\n\x89\x88\x87",
                                          "VO8\n\x89\x88\x87",
                                          "VS8\n\x89\x88\x87",
                                          "cnumpy\nndarray\nI0\n\x85"
                                          "C\x01"
                                          "b\x87",
                                          "cnumpy\nndarray\nJ\xff\xff\xff\x7f\x85"
                                          "C\x01"
                                          "b\x87",
                                          ")N\x86"};
    static const QByteArrayList actions{"}b",
                                        "N}\x86"
                                        "b",
                                        "Na",
                                        "(NNe",
                                        "NNs",
                                        "(NNu",
                                        "(N\x90",
                                        "}Vint\nK\x05sb",
                                        "}Vint\n)sb",
                                        "]a",
                                        ")R",
                                        "o",
                                        "(K\x03V|\nNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb",
                                        "(K\x03V<\nNNNK\x08K\x01K\x00tb",
                                        "(K\x03V<\nNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x3ftb",
                                        "2",
                                        "0",
                                        ""};
    QByteArray pickle = below(3) ? "\x80\x04"_ba : ""_ba;
    for (int objects = 1 + below(3); objects > 0; --objects) {
        pickle += (below(12) ? ""_ba : "("_ba) + oneOf(callables) + oneOf(arguments);
        pickle += below(8) ? "R"_ba : below(2) ? "\x81"_ba : "o"_ba;
        for (int count = below(4); count > 0; --count)
            pickle += below(5) ? oneOf(actions) : below(2) ? memo() : piece();
    }
    return pickle + '.';
}

QByteArray PickleMutator::text(const QByteArray &text)
{
    QByteArray size(4, '\0');
    qToLittleEndian(quint32(text.size()), size.data());
    switch (below(8)) {
    case 0:
        return 'V' + text + '\n';
    case 1:
        return 'X' + size + text;
    case 2:
        return '\x8d' + size + QByteArray(4, '\0') + text;
    case 3:
        return 'U' + size.first(1) + text;
    case 4:
        return 'C' + size.first(1) + text;
    default:
        return '\x8c' + size.first(1) + text;
    }
}

QByteArray PickleMutator::memo()
{
    const QByteArray index(1, char(below(4) ? below(8) : below(256)));
    switch (below(6)) {
    case 0:
        return 'q' + index;
    case 1:
        return 'r' + index + QByteArray(3, '\0');
    case 2:
        return 'p' + QByteArray::number(int(uchar(index[0]))) + '\n';
    case 3:
        return 'g' + QByteArray::number(int(uchar(index[0]))) + '\n';
    case 4:
        return "\x94";
    default:
        return 'h' + index;
    }
}

QByteArray PickleMutator::piece()
{
    static constexpr char plain[] =
        "N])}(0122tldseau.bbRRRo\x81\x81\x85\x85\x86\x87\x88\x89\x8f\x90\x91\x92\x93\x93\x94\x97\x98Q";
    switch (below(8)) {
    case 0:
        return text(oneOf(words()));
    case 1:
        return 'c' + oneOf(words()) + '\n' + oneOf(words()) + '\n';
    case 2:
        return text(oneOf(words())) + text(oneOf(words())) + '\x93';
    case 3:
        return memo();
    case 4: {
        static const QByteArrayList apart{"\x82\x01", "\x83\x2c\x01", "\x84\x01"_ba + QByteArray(3, '\0'),
                                          "Px\n",     "K\x01Q",       "\x97"};
        if (below(8) == 0)
            return oneOf(apart);
        return below(2) ? 'K' + QByteArray(1, char(below(10))) : 'J' + QByteArray(4, char(below(256)));
    }
    case 5:
        return '\x80' + QByteArray(1, char(below(6)));
    case 6: {
        const QByteArrayList &sample = oneOf(m_samples);
        return sample[below(sample.size())];
    }
    default:
        return QByteArray(1, plain[below(sizeof plain - 1)]);
    }
}

void PickleMutator::mutateBytes(QByteArray *pickle)
{
    if (pickle->isEmpty())
        return;
    const int at = below(pickle->size());
    if (below(2))
        (*pickle)[at] = char(below(256));
    else
        pickle->remove(at, 1 + below(4));
}
