// SPDX-License-Identifier: MIT
#include "oracle.h"
#include "randomvalue.h"

#include "pickle/picklescanner.h"
#include "pickle/picklewriter.h"
#include "support/testprogram.h"

#include <PyventArray>
#include <PyventDateTime>
#include <PyventInteger>
#include <PyventObject>
#include <PyventSet>
#include <PyventTimeDelta>
#include <PyventTuple>

#include <QtCore/qendian.h>
#include <QtCore/quuid.h>
#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

using Reason = PickleScanner::Verdict::Reason;
Q_DECLARE_METATYPE(PickleScanner::Verdict::Reason)

// What the scanner says, of pickles that CPython makes and loads, and of those that attackers make. What CPython does with random ones
// that it calls harmless: tst_picklescanneroracle.cpp.
class tst_PickleScanner : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void harmlessValues_data();
    void harmlessValues();
    void harmfulValues_data();
    void harmfulValues();
    void valuesOfThisLibrary_data();
    void valuesOfThisLibrary();
    void harmless_data();
    void harmless();
    void refused_data();
    void refused();
    void prefixesAreCut();
    void disguisesInEveryProtocol_data();
    void disguisesInEveryProtocol();
    void usersNames_data();
    void usersNames();
    void listOfNothing();
    void namesInTheList();
    void stopsAtItsStop();
    void limitsEndLinearly_data();
    void limitsEndLinearly();

private:
    void addRowsOf(const QByteArray &answer);

    Oracle m_oracle;
    PickleScanner m_scanner;
    bool m_hasNumpy = false;
};

namespace {

// A pickle, whatever bytes it has.
template <size_t Size>
QByteArray rawPickle(const char (&bytes)[Size])
{
    return QByteArray(bytes, qsizetype(Size) - 1);
}

QByteArray shortText(const QByteArray &text)
{
    return '\x8c' + QByteArray(1, char(text.size())) + text;
}

QByteArray verdictText(const PickleScanner::Verdict &verdict)
{
    return QByteArray::number(verdict.offset) + ": " + verdict.text().toUtf8();
}

} // namespace

void tst_PickleScanner::initTestCase()
{
    QVERIFY2(m_oracle.start(SCANNER_ORACLE), qPrintable(m_oracle.errorText()));
    QCOMPARE(m_oracle.ask("l" + PickleAllowList::standardNames().join('\n')), ""_ba);
    m_hasNumpy = m_oracle.ask("scnumpy\nndarray\n.").isEmpty();
    if (!m_hasNumpy)
        qInfo("Python has no numpy: the rows of arrays are left out, and those of this library are not loaded.");
}

void tst_PickleScanner::addRowsOf(const QByteArray &answer)
{
    QTest::addColumn<QByteArray>("pickle");

    qsizetype at = 0;
    while (at < answer.size()) {
        const qsizetype end = answer.indexOf('\n', at);
        const qsizetype size = qFromLittleEndian<quint32>(answer.constData() + end + 1);
        QTest::addRow("%s", answer.mid(at, end - at).constData()) << answer.mid(end + 5, size);
        at = end + 5 + size;
    }
    QVERIFY(at > 0);
}

void tst_PickleScanner::harmlessValues_data()
{
    addRowsOf(m_oracle.ask("v"));
}

void tst_PickleScanner::harmlessValues()
{
    QFETCH(QByteArray, pickle);
    const PickleScanner::Verdict verdict = m_scanner.scan(pickle);
    QVERIFY2(verdict.isHarmless(), verdictText(verdict) + '\n' + pickle.left(2000).toHex());
    QCOMPARE(verdict.offset, pickle.size());
    QCOMPARE(m_oracle.ask("s" + pickle), ""_ba);
}

void tst_PickleScanner::harmfulValues_data()
{
    addRowsOf(m_oracle.ask("h"));
}

void tst_PickleScanner::harmfulValues()
{
    QFETCH(QByteArray, pickle);
    const PickleScanner::Verdict verdict = m_scanner.scan(pickle);
    QVERIFY(!verdict.isHarmless());
    QVERIFY2(verdict.reason != Reason::Malformed && verdict.reason != Reason::TooLarge, verdictText(verdict));
    QVERIFY(verdict.text().contains(QString::fromUtf8(verdict.module + '.' + verdict.name)) || verdict.name.isEmpty());
    QVERIFY(!verdict.name.isEmpty() || verdict.text().endsWith(u"an object"));
}

void tst_PickleScanner::valuesOfThisLibrary_data()
{
    QTest::addColumn<QVariant>("value");

    const PyventTimeDelta hour(0, 3600, 0);
    const QDate date(2024, 2, 29);
    const PyventTime time(std::chrono::hours(3), 1);
    PyventTime zoned = time;
    zoned.setTimeZone(QVariant::fromValue(hour));
    QTest::newRow("plain") << QVariant(QVariantMap{{u"a"_s, 1}, {u"b"_s, QVariantList{1.5, u"x"_s, QByteArray("y")}}});
    QTest::newRow("date") << QVariant(date);
    QTest::newRow("time") << QVariant::fromValue(zoned);
    QTest::newRow("datetime") << QVariant::fromValue(PyventDateTime(date, time));
    QTest::newRow("datetime with a zone") << QVariant::fromValue(PyventDateTime(date, zoned));
    QTest::newRow("timedelta") << QVariant::fromValue(hour);
    QTest::newRow("uuid") << QVariant(QUuid::createUuid());
    QTest::newRow("null uuid") << QVariant(QUuid());
    QTest::newRow("int") << QVariant::fromValue(PyventInteger::fromString(QString(300, u'7')));
    QTest::newRow("set") << QVariant::fromValue(PyventSet(QVariantList{1, u"x"_s}));
    QTest::newRow("tuple") << QVariant::fromValue(PyventTuple(QVariantList{1, u"x"_s, 1, 1}));
    for (const QString &dtype :
         {u"|b1"_s, u"|u1"_s, u"<i2"_s, u">i8"_s, u"<f2"_s, u"<f8"_s, u"<c8"_s, u"<c16"_s, u"<U3"_s, u"|S4"_s}) {
        const QByteArray bytes(2 * PyventArray::itemSize(dtype), '\0');
        QTest::addRow("array %s", qPrintable(dtype)) << QVariant::fromValue(PyventArray(dtype, {1, 2, 1}, bytes));
        QTest::addRow("scalar %s", qPrintable(dtype))
            << QVariant::fromValue(PyventArray::scalar(dtype, bytes.first(bytes.size() / 2)));
    }
}

void tst_PickleScanner::valuesOfThisLibrary()
{
    QFETCH(QVariant, value);
    QByteArray pickle;
    PickleError error;
    QVERIFY2(writePickle(QVariantList{value, value, QVariantMap{{u"x"_s, value}}}, &pickle, &error),
             qPrintable(error.text));
    const PickleScanner::Verdict verdict = m_scanner.scan(pickle);
    QVERIFY2(verdict.isHarmless(), verdictText(verdict));
    if (m_hasNumpy)
        QCOMPARE(m_oracle.ask("s" + pickle), ""_ba);
}

// What is unusual, but what the scanner understands.
void tst_PickleScanner::harmless_data()
{
    QTest::addColumn<QByteArray>("pickle");

    QTest::newRow("nothing") << rawPickle("N.");
    QTest::newRow("more on the stack") << rawPickle("NNN.");
    QTest::newRow("popped marks") << rawPickle("N((00.");
    QTest::newRow("mark popped with what is above") << rawPickle("N(NN1.");
    QTest::newRow("memo overwritten") << rawPickle("\x8c\x02os\x94\x8c\x0b"
                                                   "collectionsq\x00"
                                                   "h\x00\x8c\x05"
                                                   "deque\x93.");
    QTest::newRow("sparse memo") << rawPickle("\x80\x02Nq\xffN\x94h\x01h\xff.");
    QTest::newRow("name in the memo, by LONG_BINPUT") << rawPickle("\x8c\x0b"
                                                                   "collectionsr\x80\x00\x00\x00\x8c\x05"
                                                                   "dequej\x80\x00\x00\x00\x8c\x05"
                                                                   "deque\x93.");
    QTest::newRow("frames") << rawPickle(
        "\x80\x04\x95\x01\0\0\0\0\0\0\0N\x95\0\0\0\0\0\0\0\0NN\x95\x01\0\0\0\0\0\0\0.");
    QTest::newRow("STOP within a frame") << rawPickle("\x80\x04\x95\x03\0\0\0\0\0\0\0N.N");
    QTest::newRow("a frame that ends in a frame") << rawPickle("\x95\x0a\0\0\0\0\0\0\0N\x95\x01\0\0\0\0\0\0\0..");
    QTest::newRow("the protocol changes") << rawPickle("\x80\x04\x80\x02"
                                                       "c__builtin__\nset\n.");
    QTest::newRow("names of Python 2") << rawPickle("\x80\x02"
                                                    "c__builtin__\nxrange\n(K\x01K\x02K\x03tR.");
    QTest::newRow("exceptions of Python 2") << rawPickle("cexceptions\nStandardError\n(I1\ntR.");
    QTest::newRow("OrderedDict of Python 2") << rawPickle("ccollections\nOrderedDict\n((lp0\n(lp1\nI1\naI2\naatR.");
    QTest::newRow("protocol 0 names") << rawPickle("Vcollections\nVdeque\n\x93.");
    QTest::newRow("no items for a list") << rawPickle("](e.");
    QTest::newRow("text of 8 bytes' length") << rawPickle("\x8d\x01\0\0\0\0\0\0\0x.");
    QTest::newRow("texts of Python 2") << rawPickle("(S'it\\'s'\nU\x01xT\x01\0\0\0xl.");
    QTest::newRow("escapes") << rawPickle("(Vx\\\\u00\\U0010ffff\\\nS'\\\\x\\'\\x41'\nl.");
    QTest::newRow("int of no bytes") << rawPickle("\x8a\x00.");
}

void tst_PickleScanner::harmless()
{
    QFETCH(QByteArray, pickle);
    const PickleScanner::Verdict verdict = m_scanner.scan(pickle);
    QVERIFY2(verdict.isHarmless(), verdictText(verdict));
    QVERIFY(verdict.text().isEmpty());
    QCOMPARE(m_oracle.ask("s" + pickle), ""_ba);
}

void tst_PickleScanner::refused_data()
{
    QTest::addColumn<QByteArray>("pickle");
    QTest::addColumn<Reason>("reason");
    QTest::addColumn<qsizetype>("offset");
    QTest::addColumn<QString>("text");

    const auto row = [](const char *name, const QByteArray &pickle, Reason reason, qsizetype offset,
                        const QString &text) { QTest::newRow(name) << pickle << reason << offset << text; };
    row("GLOBAL", "cos\nsystem\n)R.", Reason::Imports, 0, u"it would import os.system"_s);
    row("dropped at once", "Ncos\nsystem\n0.", Reason::Imports, 1, u"it would import os.system"_s);
    row("carriage return", "cbuiltins\r\nset\n.", Reason::Imports, 0, u"it would import builtins\uFFFD.set"_s);
    row("cut name", "cbuiltins\nsetter\n.", Reason::Imports, 0, u"it would import builtins.setter"_s);
    row("dots",
        rawPickle("\x80\x04\x8c\x08"
                  "builtins\x8c\x0c"
                  "set.__init__\x93."),
        Reason::Imports, 26, u"it would import builtins.set.__init__"_s);
    row("dots in the module", "cbuiltins.set\n__init__\n.", Reason::Imports, 0,
        u"it would import builtins.set.__init__"_s);
    row("method of a class, in protocol 0", "c__builtin__\ngetattr\n(c__builtin__\nset\nVpop\ntR.", Reason::Imports, 0,
        u"it would import builtins.getattr"_s);
    row("name of Python 2", "c__builtin__\neval\n.", Reason::Imports, 0, u"it would import builtins.eval"_s);
    row("name of Python 2 in Python 3",
        "\x80\x03"
        "c__builtin__\nset\n.",
        Reason::Imports, 2, u"it would import __builtin__.set"_s);
    row("name that Python 3 moves off the list", "citertools\nimap\n.", Reason::Imports, 0,
        u"it would import builtins.map"_s);
    row("memo overwritten",
        rawPickle("\x8c\x0b"
                  "collectionsq\x00\x8c\x02osq\x00h\x00\x8c\x05"
                  "deque\x93."),
        Reason::Imports, 30, u"it would import os.deque"_s);
    row("MEMOIZE overwrites",
        rawPickle("\x8c\x0b"
                  "collectionsq\x01\x8c\x02os\x94h\x01\x8c\x05"
                  "deque\x93."),
        Reason::Imports, 29, u"it would import os.deque"_s);
    row("MEMOIZE counts entries, not puts",
        rawPickle("\x8c\x0b"
                  "collectionsq\x00q\x00\x8c\x02os\x94h\x01\x8c\x05"
                  "deque\x93."),
        Reason::Imports, 31, u"it would import os.deque"_s);
    row("name of bytes that are not what they are read as", "V\\u006fs\nVsystem\n\x93.", Reason::Imports, 17,
        u"it would import by a name that it makes"_s);
    row("Latin-1 that would be UTF-8", "Vm\xc3\xa4\nVx\n\x93.", Reason::Imports, 8,
        u"it would import by a name that it makes"_s);
    row("name of Python 2's str", rawPickle("U\x02osU\x06system\x93."), Reason::Imports, 12,
        u"it would import by a name that it makes"_s);
    row("name from a call", rawPickle("c_codecs\nencode\n(Vos\nVlatin1\ntRVsystem\n\x93."), Reason::Imports, 39,
        u"it would import by a name that it makes"_s);
    row("INST", "(S'x'\nios\nsystem\n.", Reason::Imports, 6, u"it would import os.system"_s);
    row("INST of what is allowed", "(I1\nibuiltins\nbytearray\n.", Reason::MakesObject, 4,
        u"it makes builtins.bytearray in a way that Python does not pickle"_s);
    row("OBJ", "(cos\nsystem\nS'x'\no.", Reason::Imports, 1, u"it would import os.system"_s);
    row("OBJ of what is allowed", "(cbuiltins\nbytearray\nI1\no.", Reason::MakesObject, 24,
        u"it makes builtins.bytearray in a way that Python does not pickle"_s);
    row("OBJ of an object", "(ccollections\ndeque\n)Ro.", Reason::MakesObject, 22,
        u"it makes an object in a way that Python does not pickle"_s);
    row("NEWOBJ with arguments", rawPickle("cuuid\nUUID\nN\x85\x81."), Reason::MakesObject, 13,
        u"it makes uuid.UUID in a way that Python does not pickle"_s);
    row("NEWOBJ of another", rawPickle("cbuiltins\nbytearray\n)\x81."), Reason::MakesObject, 21,
        u"it makes builtins.bytearray in a way that Python does not pickle"_s);
    row("NEWOBJ_EX", rawPickle("cuuid\nUUID\n)}\x92."), Reason::MakesObject, 13,
        u"it makes uuid.UUID in a way that Python does not pickle"_s);
    row("call of an object", "ccollections\ndeque\n)R)R.", Reason::Calls, 22, u"it calls what it does not name"_s);
    row("call of a text", rawPickle("\x8c\x01x)R."), Reason::Calls, 4, u"it calls what it does not name"_s);
    row("call of what is only a value", "cbuiltins\nint\n(Vx\ntR.", Reason::Calls, 19, u"it calls builtins.int"_s);
    row("arguments from the memo, of another",
        rawPickle("cbuiltins\nset\n(]t\x94"
                  "0cbuiltins\nbytearray\nh\x00R."),
        Reason::CallsWith, -1, u"it calls builtins.bytearray with arguments that Python does not pickle"_s);
    row("bytearray of a size", rawPickle("cbuiltins\nbytearray\nJ\0\0\0\x7f\x85R."), Reason::CallsWith, 26,
        u"it calls builtins.bytearray with arguments that Python does not pickle"_s);
    row("another codec", "c_codecs\nencode\n(Vx\nVzlib\ntR.", Reason::CallsWith, 27,
        u"it calls _codecs.encode with arguments that Python does not pickle"_s);
    row("another codec's name, decoded", "c_codecs\nencode\n(Vx\nV\\u007alib\ntR.", Reason::CallsWith, 32,
        u"it calls _codecs.encode with arguments that Python does not pickle"_s);
    row("state of a class", "ccollections\nOrderedDict\n}b.", Reason::ChangesState, 26,
        u"it changes the state of an object"_s);
    row("state of a list", "]}b.", Reason::ChangesState, 2, u"it changes the state of an object"_s);
    row("state of what has none", "ccollections\nOrderedDict\n)R}b.", Reason::ChangesState, 28,
        u"it changes the state of collections.OrderedDict"_s);
    row("slots",
        rawPickle("cuuid\nUUID\n)\x81N}\x86"
                  "b."),
        Reason::ChangesState, 16, u"it changes the state of uuid.UUID"_s);
    row("state twice", rawPickle("cuuid\nUUID\n)\x81}b}b."), Reason::ChangesState, 16,
        u"it changes the state of uuid.UUID"_s);
    row("nested state",
        rawPickle("cuuid\nUUID\n)\x81}Vint\ncuuid\nUUID\n)\x81N}\x86"
                  "bsb."),
        Reason::ChangesState, -1, u"it changes the state of uuid.UUID"_s);
    row("state that is no int", rawPickle("cuuid\nUUID\n)\x81}Vint\n)sb."), Reason::ChangesState, 21,
        u"it changes the state of uuid.UUID"_s);
    row("state that is no int, by DICT", rawPickle("cuuid\nUUID\n)\x81(Vint\n)db."), Reason::ChangesState, 21,
        u"it changes the state of uuid.UUID"_s);
    row("state that is no int, by the memo", rawPickle("cuuid\nUUID\n)\x81}q\x00h\x00Vint\n)s0b."),
        Reason::ChangesState, 26, u"it changes the state of uuid.UUID"_s);
    row("state that is no int, by DUP", rawPickle("cuuid\nUUID\n)\x81}2Vint\n)s0b."), Reason::ChangesState, 23,
        u"it changes the state of uuid.UUID"_s);
    row("state that is mentioned before",
        rawPickle("}q\x00"
                  "cuuid\nUUID\n)\x81h\x00"
                  "b."),
        Reason::ChangesState, 18, u"it changes the state of uuid.UUID"_s);
    row("copyreg.__newobj__", "ccopy_reg\n__newobj__\n(cuuid\nUUID\ntR.", Reason::Imports, 0,
        u"it would import copyreg.__newobj__"_s);
    row("copyreg.add_extension", "ccopyreg\nadd_extension\n.", Reason::Imports, 0,
        u"it would import copyreg.add_extension"_s);
    row("_reconstructor of another", "ccopyreg\n_reconstructor\n(ccollections\nOrderedDict\ncbuiltins\nobject\nNtR.",
        Reason::CallsWith, -1, u"it calls copyreg._reconstructor with arguments that Python does not pickle"_s);
    row("_reconstructor with a base", "ccopyreg\n_reconstructor\n(cuuid\nUUID\ncbuiltins\nlist\n(ltR.",
        Reason::CallsWith, -1, u"it calls copyreg._reconstructor with arguments that Python does not pickle"_s);
    row("EXT1", rawPickle("\x82\x01."), Reason::Extension, 0, u"it uses an extension code"_s);
    row("EXT2", rawPickle("\x83\x2c\x01."), Reason::Extension, 0, u"it uses an extension code"_s);
    row("EXT4", rawPickle("\x84\x70\x11\x01\x00."), Reason::Extension, 0, u"it uses an extension code"_s);
    row("PERSID", "Px\n.", Reason::PersistentId, 0, u"it has a persistent id"_s);
    row("BINPERSID", rawPickle("K\x01Q."), Reason::PersistentId, 2, u"it has a persistent id"_s);
    row("NEXT_BUFFER", "\x97.", Reason::Buffer, 0, u"it uses a buffer that is not in it"_s);
    row("READONLY_BUFFER", rawPickle("C\x01x\x98."), Reason::Buffer, 3, u"it uses a buffer that is not in it"_s);
    row("items for a class", "cbuiltins\nset\nNa.", Reason::PutsItems, 15, u"it puts items into an object"_s);
    row("pairs for a list", rawPickle("]K\x00Ns."), Reason::PutsItems, 4, u"it puts items into an object"_s);
    row("items for a dict", "}Na.", Reason::PutsItems, 2, u"it puts items into an object"_s);
    row("items added to an OrderedDict", rawPickle("ccollections\nOrderedDict\n)R(N\x90."), Reason::PutsItems, -1,
        u"it puts items into collections.OrderedDict"_s);
    row("array of objects", "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntVO\ntR.", Reason::CallsWith,
        -1, u"it calls numpy.core.multiarray._reconstruct with arguments that Python does not pickle"_s);
    for (const char *type : {"O8", "V8", "O", "U0", "S0", "U99999999", "f3", "=f8", "i4,f8", "object"}) {
        row(type,
            rawPickle("cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nV") + type
                + rawPickle("\n\x89\x88\x87RC\x08xxxxxxxx\x86R."),
            Reason::CallsWith, -1, u"it calls numpy.dtype with arguments that Python does not pickle"_s);
    }
    row("factory that is none", rawPickle("ccollections\ndefaultdict\nc_codecs\nencode\n\x85R."), Reason::CallsWith, 42,
        u"it calls collections.defaultdict with arguments that Python does not pickle"_s);
    row("factory that is a value", rawPickle("ccollections\ndefaultdict\nVx\n\x85R."), Reason::CallsWith, 29,
        u"it calls collections.defaultdict with arguments that Python does not pickle"_s);
    row("list shared by two sets", rawPickle("cbuiltins\nset\n]q\x00\x85R0cbuiltins\nset\nh\x00\x85R."),
        Reason::CallsWith, -1, u"it calls builtins.set with arguments that Python does not pickle"_s);

    const auto malformed = [row](const char *name, const QByteArray &pickle, qsizetype offset, const QString &text) {
        row(name, pickle, Reason::Malformed, offset, text);
    };
    malformed("empty", "", 0, u"the pickle ends before its STOP"_s);
    malformed("no STOP", "N", 0, u"the pickle ends before its STOP"_s);
    malformed("no value", ".", 0, u"the stack is empty"_s);
    malformed("a mark on top", "N(.", 2, u"the stack is empty"_s);
    malformed("no opcode", rawPickle("\xff."), 0, u"there is a byte that is not an opcode"_s);
    malformed("protocol 6", rawPickle("\x80\x06N."), 0, u"its protocol is not known"_s);
    malformed("FRAME of more", rawPickle("\x95\x03\0\0\0\0\0\0\0N."), 0, u"the pickle ends before its STOP"_s);
    malformed("name without an end", "cos\nsystem", 0, u"the pickle ends before its STOP"_s);
    malformed("text of more", rawPickle("X\x05\0\0\0abc."), 0, u"a length is larger than what is left"_s);
    malformed("no mark", "t.", 0, u"there is no mark"_s);
    malformed("memo entry", rawPickle("h\x01."), 0, u"a memo entry was never put"_s);
    malformed("hole in the memo", rawPickle("Nq\x01h\x00."), 3, u"a memo entry was never put"_s);
    malformed("beyond the mark", "N(\x85.", 2, u"the stack is empty"_s);
    malformed("index with a quirk", "Np1_0\n.", 1, u"a memo index is not a number"_s);
    malformed("index with a NUL", rawPickle("Np1\0x\n."), 1, u"a memo index is not a number"_s);
    malformed("int with a quirk", "I0x10\n.", 0, u"an int is not a number"_s);
    malformed("octal", "I010\n.", 0, u"an int is not a number"_s);
    malformed("float", "Fx\n.", 0, u"a float is not a number"_s);
    malformed("quotes", "S'x\n.", 0, u"a str is not in quotes"_s);
    malformed("escape", "V\\u00g0\n.", 0, u"a str has a broken escape"_s);
    malformed("escape beyond Unicode", "V\\U00110000\n.", 0, u"a str has a broken escape"_s);
    malformed("cut escape", "Vx\\u00\n.", 0, u"a str has a broken escape"_s);
    malformed("escape in quotes", "S'\\x0'\n.", 0, u"a str has a broken escape"_s);
    malformed("escape that CPython warns of", "S'\\z'\n.", 0,
              u"a str has a broken escape"_s); // and opens a file to do so
    malformed("octal escape", "S'\\400'\n.", 0, u"a str has a broken escape"_s);
    malformed("escaped quote", "S'x\\'\n.", 0, u"a str has a broken escape"_s);
    malformed("odd", "(Nd.", 2, u"a dict has a key without a value"_s);
    malformed("arguments", rawPickle("cbuiltins\nset\nNR."), 15, u"the arguments of a call are not a tuple"_s);
    // CPython would read "system" from a file: it drops what is left of a frame.
    malformed("FRAME that cuts a name", rawPickle("\x80\x04\x95\x02\0\0\0\0\0\0\0cbuiltins\nset\n."), 11,
              u"the pickle ends before its STOP"_s);
    malformed("FRAME that cuts a text", rawPickle("\x80\x04\x95\x03\0\0\0\0\0\0\0\x8c\x02os."), 11,
              u"the pickle ends before its STOP"_s);
    malformed("FRAME within a frame", rawPickle("\x95\x0b\0\0\0\0\0\0\0N\x95\x01\0\0\0\0\0\0\0N.."), 10,
              u"a frame begins within another one"_s);
    malformed("cut FRAME", rawPickle("\x95\x00\0\0\0\0\0\0"), 0, u"the pickle ends before its STOP"_s);
}

void tst_PickleScanner::refused()
{
    QFETCH(QByteArray, pickle);
    QFETCH(Reason, reason);
    QFETCH(qsizetype, offset);
    QFETCH(QString, text);
    const PickleScanner::Verdict verdict = m_scanner.scan(pickle);
    QCOMPARE(verdict.text(), text);
    QCOMPARE(verdict.reason, reason);
    if (offset >= 0)
        QCOMPARE(verdict.offset, offset);
    QVERIFY(!verdict.isHarmless());
}

void tst_PickleScanner::prefixesAreCut()
{
    const QByteArray pickle =
        rawPickle("\x80\x04\x95\x00\0\0\0\0\0\0\0}\x94(\x8c\x01x\x94K\x01M\x01\x01J\x01\0\0\0G\0\0\0\0\0\0\0\0"
                  "X\x01\0\0\0xB\x01\0\0\0xC\x01xI1\nL1L\nF1\nS'x'\nVx\nccollections\ndeque\n)RNaj\0\0\0\0"
                  "p1\nr\x02\0\0\0q\x03h\x03g1\n\x8a\x01\x01\x8b\x01\0\0\0\x01Nu.");
    QVERIFY2(m_scanner.scan(pickle).isHarmless(), verdictText(m_scanner.scan(pickle)));
    for (qsizetype size = 0; size < pickle.size(); ++size) {
        const PickleScanner::Verdict verdict = m_scanner.scan(QByteArray(pickle.first(size)));
        QCOMPARE(verdict.reason, Reason::Malformed);
        QVERIFY(verdict.offset <= size);
    }
}

// The ways to a name and to a call, around os.system.
void tst_PickleScanner::disguisesInEveryProtocol_data()
{
    QTest::addColumn<QByteArray>("pickle");

    const QByteArray module = shortText("os");
    const QByteArray name = shortText("system");
    const QByteArray argument = shortText("true") + '\x85';
    const QByteArray good = shortText("builtins");
    const std::pair<const char *, QByteArray> globals[] = {
        {"GLOBAL", "cos\nsystem\n"},
        {"STACK_GLOBAL", module + name + '\x93'},
        {"texts of protocol 0", "Vos\nVsystem\n\x93"},
        {"texts of protocol 1", rawPickle("X\x02\0\0\0osX\x06\0\0\0system\x93")},
        {"texts of 8 bytes' length", rawPickle("\x8d\x02\0\0\0\0\0\0\0os\x8d\x06\0\0\0\0\0\0\0system\x93")},
        {"memo",
         module + rawPickle("q\x05") + name
             + rawPickle("q\x06"
                         "00h\x05h\x06\x93")},
        {"memo by text", module + "p7\n0" + good + "p8\n0g7\n" + name + '\x93'},
        {"memo overwritten",
         good
             + rawPickle("q\x09"
                         "0")
             + module
             + rawPickle("q\x09"
                         "0h\x09")
             + name + '\x93'},
        {"memo overwritten by LONG_BINPUT",
         good
             + rawPickle("q\x09"
                         "0")
             + module
             + rawPickle("r\x09\0\0\0"
                         "0h\x09")
             + name + '\x93'},
        {"memo overwritten by MEMOIZE",
         good
             + rawPickle("q\x01"
                         "0")
             + module
             + rawPickle("\x94"
                         "0h\x01")
             + name + '\x93'},
        {"DUP and POP", module + "20" + name + "N0" + '\x93'},
        {"popped mark", module + name + "(NNN1" + '\x93'},
        {"popped marks", module + "((00" + name + '\x93'},
        {"mark on its own", module + name + "(0\x93"},
    };
    for (int protocol = 0; protocol <= 5; ++protocol) {
        const QByteArray begin = protocol < 2 ? QByteArray() : '\x80' + QByteArray(1, char(protocol));
        for (const auto &[way, global] : globals) {
            const auto row = [begin, protocol, way = way](const char *use, const QByteArray &pickle) {
                QTest::addRow("%s, %s, protocol %d", way, use, protocol) << begin + pickle + '.';
            };
            row("named", global);
            row("REDUCE", global + argument + 'R');
            row("NEWOBJ", global + argument + '\x81');
            row("NEWOBJ_EX", global + argument + '}' + '\x92');
            row("OBJ", '(' + global + shortText("true") + 'o');
            row("argument", "ccollections\ndefaultdict\n" + global + "\x85R");
            row("state", "cuuid\nUUID\n)\x81}Vint\n" + global + "sb");
            row("key", '}' + global + "Ns");
            row("item", "](" + global + 'e');
            row("in a frozenset", '(' + global + '\x91');
            row("dropped", 'N' + global + '0');
            row("dropped in a mark", "N(" + global + '1');
            row("behind a frame", rawPickle("\x95\x01\0\0\0\0\0\0\0N") + global);
        }
    }
}

void tst_PickleScanner::disguisesInEveryProtocol()
{
    QFETCH(QByteArray, pickle);
    const PickleScanner::Verdict verdict = m_scanner.scan(pickle);
    QCOMPARE(verdict.reason, Reason::Imports);
    QCOMPARE(verdict.text(), u"it would import os.system"_s);
    QVERIFY(m_oracle.ask("s" + pickle).startsWith("find_class('os', 'system')")); // CPython would, indeed
}

// What a user put on the list may do anything, but only as itself.
void tst_PickleScanner::usersNames_data()
{
    QTest::addColumn<QByteArray>("pickle");
    QTest::addColumn<Reason>("reason");

    QTest::newRow("value") << rawPickle("cshop\nOrder\n.") << Reason::Harmless;
    QTest::newRow("module with a dot") << rawPickle("cshop.hall\nTable\n.") << Reason::Harmless;
    QTest::newRow("call") << rawPickle("cshop\nOrder\n(K\x01]}tR.") << Reason::Harmless;
    QTest::newRow("NEWOBJ and BUILD") << rawPickle("cshop\nOrder\n)\x81(Na}Va\nNsb.") << Reason::PutsItems;
    QTest::newRow("items and state") << rawPickle("cshop\nOrder\n)\x81Na(NNu}Va\nNsb.") << Reason::Harmless;
    QTest::newRow("slots") << rawPickle("cshop\nOrder\n)\x81N}\x86"
                                        "b.")
                           << Reason::Harmless;
    QTest::newRow("NEWOBJ_EX") << rawPickle("cshop\nOrder\n)}\x92.") << Reason::Harmless;
    QTest::newRow("INST") << rawPickle("(ishop\nOrder\n.") << Reason::Harmless;
    QTest::newRow("OBJ") << rawPickle("(cshop\nOrder\nNo.") << Reason::Harmless;
    QTest::newRow("factory") << rawPickle("ccollections\ndefaultdict\ncshop\nOrder\n\x85R.") << Reason::Harmless;
    QTest::newRow("class within it") << rawPickle("\x80\x04\x8c\x04shop\x8c\x0bOrder.Inner\x93.") << Reason::Imports;
    QTest::newRow("another name") << rawPickle("cshop\norder\n.") << Reason::Imports;
    QTest::newRow("another module") << rawPickle("cshop.hall\nOrder\n.") << Reason::Imports;
    QTest::newRow("moved by Python 3") << rawPickle("cUserDict\nUserDict\n.") << Reason::Imports;
    QTest::newRow("not moved by protocol 3") << rawPickle("\x80\x03"
                                                          "cUserDict\nUserDict\n.")
                                             << Reason::Harmless;
    QTest::newRow("call of an object") << rawPickle("cshop\nOrder\n)R)R.") << Reason::Calls;
    // A state could make anything its method "extend", which would then be called with any arguments.
    QTest::newRow("items after the state")
        << rawPickle("cshop\nOrder\n)\x81}Vextend\ncbuiltins\nbytearray\nsbNa.") << Reason::PutsItems;
    QTest::newRow("items after the state, from the memo")
        << rawPickle("cshop\nOrder\n)\x81q\x00}bh\x00Na.") << Reason::PutsItems;
    QTest::newRow("state of another mention")
        << rawPickle("cshop\nOrder\n)\x81q\x00h\x00}b0Na.") << Reason::ChangesState;
    QTest::newRow("state of a second mention") << rawPickle("cshop\nOrder\n)\x81"
                                                            "2}b0Na.")
                                               << Reason::ChangesState;
    QTest::newRow("state of the class") << rawPickle("cshop\nOrder\n}b.") << Reason::ChangesState;
    QTest::newRow("a standard name keeps its checks")
        << rawPickle("cbuiltins\nbytearray\nK\x01\x85R.") << Reason::CallsWith;
}

void tst_PickleScanner::usersNames()
{
    QFETCH(QByteArray, pickle);
    QFETCH(Reason, reason);
    PickleScanner scanner(
        PickleAllowList::standardNames()
        + QByteArrayList{"shop.Order", "shop.hall.Table", "UserDict.UserDict", "shop.Order", "builtins.bytearray"});
    if (QTest::currentDataTag() == "NEWOBJ and BUILD"_ba)
        reason = Reason::Malformed; // an odd number of items: not this one's business
    const PickleScanner::Verdict verdict = scanner.scan(pickle);
    QVERIFY2(verdict.reason == reason, verdictText(verdict));
}

void tst_PickleScanner::listOfNothing()
{
    PickleScanner scanner(QByteArrayList{"os", ".system", "os.", "", "."});
    QVERIFY(scanner.scan(rawPickle("}Vx\nK\x01s.")).isHarmless());
    for (const QByteArray &pickle :
         {"cos\nsystem\n."_ba, "cbuiltins\nset\n."_ba, "cos\n\n."_ba, "c\nsystem\n."_ba, "c\n\n."_ba})
        QCOMPARE(scanner.scan(pickle).reason, Reason::Imports);
}

void tst_PickleScanner::namesInTheList()
{
    const QByteArrayList names = PickleAllowList::standardNames();
    QCOMPARE(QSet<QByteArray>(names.begin(), names.end()).size(), names.size());
    for (const QByteArray &name : names) {
        const qsizetype dot = name.lastIndexOf('.');
        const int index = m_scanner.allowed().find(name.first(dot), name.sliced(dot + 1));
        QVERIFY(index >= 0);
        QVERIFY(m_scanner.allowed().at(index).call != PickleCall::Unchecked);
        QVERIFY(m_scanner
                    .scan("\x80\x03"
                          "c"
                          + name.first(dot) + '\n' + name.sliced(dot + 1) + "\n.")
                    .isHarmless());
        QVERIFY(m_scanner.allowed().find(name, ""_ba) < 0);
    }
}

void tst_PickleScanner::stopsAtItsStop()
{
    const PickleScanner::Verdict verdict = m_scanner.scan("N.cos\nsystem\n)R.");
    QVERIFY(verdict.isHarmless());
    QCOMPARE(verdict.offset, 2);
}

void tst_PickleScanner::limitsEndLinearly_data()
{
    QTest::addColumn<QByteArray>("pickle");
    QTest::addColumn<bool>("isHarmless");

    constexpr int many = 1'000'000;
    const auto times = [](int count, const QByteArray &part) { return part.repeated(count); };
    QTest::newRow("lists within lists") << times(many, "]") + times(many - 1, "a") + '.' << true;
    QTest::newRow("values on the stack") << times(5 * many, "N") + '.' << false;
    QTest::newRow("marks") << 'N' + times(5 * many, "(") + '.' << false;
    QTest::newRow("tuple of a million") << '(' + times(many, "N") + "t." << true;
    QTest::newRow("tuples within tuples") << ')' + times(199, "\x85") + '.' << true;
    QTest::newRow("tuples too deep to hash") << ')' + times(200, "\x85") + '.' << false; // CPython crashes of more
    QTest::newRow("tuple doubled") << ')' + times(15, "2\x86") + '.' << true;
    QTest::newRow("tuple doubled, which takes for ever to hash") << ')' + times(60, "2\x86") + '.' << false;
    QTest::newRow("large tuple as many keys")
        << "}(" + times(60000, "N") + "tq" + rawPickle("\x00") + "0(" + times(many, rawPickle("h\x00N")) + "u."
        << false;
    QTest::newRow("large int as many keys") << rawPickle("}\x8b\x00\x00\x10\x00") + QByteArray(1 << 20, '\x01')
            + rawPickle("q\x00"
                        "0(")
            + times(many, rawPickle("h\x00N"))
            + "u." << false;
    QTest::newRow("deques") << times(10'000, "ccollections\ndeque\n)R") + '.' << true;
    QTest::newRow("deques that crash CPython when it frees them")
        << times(20'000, "ccollections\ndeque\n)R") + times(19'999, "a") + '.' << false;
    QTest::newRow("defaultdicts likewise")
        << times(20'000, "ccollections\ndefaultdict\n)RK\x01") + 'N' + times(20'000, "s") + '.' << false;
    QTest::newRow("memo index") << rawPickle("Nr\xff\x00\x00\x00.") << true;
    QTest::newRow("memo index that takes 64 GiB") << rawPickle("Nr\xff\xff\xff\xff.") << false;
    QTest::newRow("memo index in digits") << rawPickle("Np99999999\n.") << false;
    QTest::newRow("memo entries") << 'N' + times(many, "\x94") + '.' << true;
    QTest::newRow("memo that grows by holes")
        << 'N' + times(200, rawPickle("\x94")) + rawPickle("r\x00\x02\0\0r\x00\x04\0\0.") << false;
    QTest::newRow("digits") << 'L' + times(4300, "7") + "L\n." << true;
    QTest::newRow("digits that take long") << 'L' + times(4301, "7") + "L\n." << false;
    QTest::newRow("copies of a text") << rawPickle("X\x00\x00\x10\x00") + QByteArray(1 << 20, 'x') + rawPickle("q\x00")
            + times(100, rawPickle("c_codecs\nencode\nh\x00Vlatin1\n\x86R"))
            + '.' << false;
    QTest::newRow("copies by shared arguments")
        << rawPickle("c_codecs\nencode\nX\x00\x00\x10\x00") + QByteArray(1 << 20, 'x')
            + rawPickle("Vlatin1\n\x86q\x00R") + times(100, rawPickle("c_codecs\nencode\nh\x00R")) + '.'
        << false;
}

void tst_PickleScanner::limitsEndLinearly()
{
    QFETCH(QByteArray, pickle);
    QFETCH(bool, isHarmless);
    const PickleScanner::Verdict verdict = m_scanner.scan(pickle);
    QVERIFY2(verdict.isHarmless() == isHarmless, verdictText(verdict));
    QVERIFY2(isHarmless || verdict.reason == Reason::TooLarge || verdict.reason == Reason::CallsWith,
             verdictText(verdict));
    if (isHarmless)
        QCOMPARE(m_oracle.ask("s" + pickle), ""_ba);
}

PYVENT_TEST(tst_PickleScanner)
#include "tst_picklescanner.moc"
