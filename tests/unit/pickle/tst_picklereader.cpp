// SPDX-License-Identifier: MIT
#include "pickle/picklereader.h"
#include "pickle/picklewriter.h"
#include "support/cputimer.h"
#include "support/testprogram.h"

#include <PyventDict>
#include <PyventInteger>
#include <PyventObject>
#include <PyventSet>
#include <PyventTuple>

#include <QtCore/qdir.h>
#include <QtCore/qendian.h>
#include <QtCore/quuid.h>
#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class tst_PickleReader : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void opcodes_data();
    void opcodes();
    void sharedList();
    void arguments();
    void argumentsTheShortWay_data();
    void argumentsTheShortWay();
    void argumentsInPlace();
    void argumentsMustBeDict_data();
    void argumentsMustBeDict();
    void trailingBytes();
    void keptMemory();
    void errors_data();
    void errors();
    void truncations_data();
    void truncations();
    void systemCommands_data();
    void systemCommands();
    void billionLaughs();
    void recursive_data();
    void recursive();
    void deepNesting_data();
    void deepNesting();
    void limits();
    void reuse();
};

namespace {

template <typename T>
QVariant wrap(const T &value)
{
    return QVariant::fromValue(value);
}

// A string literal's bytes, the zero ones included.
template <size_t Size>
QByteArray raw(const char (&bytes)[Size])
{
    return QByteArray(bytes, Size - 1);
}

PyventObject global(const QString &module, const QString &name)
{
    return PyventObject(module, name);
}

// Keeps the pickle for as long as its values can be asked for.
class KeepingReader : public PickleReader
{
public:
    using PickleReader::PickleReader;

    bool read(const QByteArray &pickle)
    {
        m_pickle = pickle;
        return PickleReader::read(m_pickle);
    }

private:
    QByteArray m_pickle;
};

QByteArray readAll(const QByteArray &pickle, QVariant *value)
{
    PickleReader reader;
    if (!reader.read(pickle))
        return "read: " + reader.error().text.toUtf8();
    *value = reader.toVariant();
    return reader.error().text.toUtf8();
}

} // namespace

void tst_PickleReader::opcodes_data()
{
    QTest::addColumn<QByteArray>("pickle");
    QTest::addColumn<QVariant>("value");
    const QVariant none = wrap(nullptr);

    QTest::newRow("None") << raw("N.") << none;
    QTest::newRow("INT") << raw("I42\n.") << QVariant(42LL);
    QTest::newRow("INT negative") << raw("I-7\n.") << QVariant(-7LL);
    QTest::newRow("INT True") << raw("I01\n.") << QVariant(true);
    QTest::newRow("INT False") << raw("I00\n.") << QVariant(false);
    QTest::newRow("LONG") << raw("L-9223372036854775808L\n.") << QVariant(std::numeric_limits<qlonglong>::min());
    QTest::newRow("LONG of 64 bits") << raw("L18446744073709551615L\n.") << QVariant(~0ULL);
    QTest::newRow("LONG without L") << raw("L5\n.") << QVariant(5LL);
    QTest::newRow("LONG1 empty") << raw("\x8a\0.") << QVariant(0LL);
    QTest::newRow("LONG1 -1") << raw("\x8a\x01\xff.") << QVariant(-1LL);
    QTest::newRow("LONG1 255") << raw("\x8a\x02\xff\0.") << QVariant(255LL);
    QTest::newRow("LONG1 of superfluous bytes") << raw("\x8a\x0c\x01\0\0\0\0\0\0\0\0\0\0\0.") << QVariant(1LL);
    QTest::newRow("LONG1 2^63") << raw("\x8a\x09\0\0\0\0\0\0\0\x80\0.") << QVariant(0x8000000000000000ULL);
    QTest::newRow("LONG1 2^64") << raw("\x8a\x09\0\0\0\0\0\0\0\0\x01.")
                                << wrap(PyventInteger::fromString(u"18446744073709551616"));
    QTest::newRow("LONG1 -2^63-1") << raw("\x8a\x09\xff\xff\xff\xff\xff\xff\xff\x7f\xff.")
                                   << wrap(PyventInteger::fromString(u"-9223372036854775809"));
    QTest::newRow("LONG4") << raw("\x8b\x02\0\0\0\0\x01.") << QVariant(256LL);
    QTest::newRow("BININT") << raw("J\xfe\xff\xff\xff.") << QVariant(-2LL);
    QTest::newRow("BININT1") << raw("K\xff.") << QVariant(255LL);
    QTest::newRow("BININT2") << raw("M\xff\xff.") << QVariant(65535LL);
    QTest::newRow("FLOAT") << raw("F-0.5\n.") << QVariant(-0.5);
    QTest::newRow("FLOAT inf") << raw("F-inf\n.") << QVariant(-std::numeric_limits<double>::infinity());
    QTest::newRow("FLOAT smallest") << raw("F5e-324\n.") << QVariant(5e-324);
    QTest::newRow("BINFLOAT") << raw("G?\xf0\0\0\0\0\0\0.") << QVariant(1.0);
    QTest::newRow("NEWTRUE") << raw("\x80\x02\x88.") << QVariant(true);
    QTest::newRow("STRING") << raw("S'a\\x41\\'\\n\\101\\q'\n.") << QVariant(u"aA'\nA\\q"_s);
    QTest::newRow("STRING bytes") << raw("S\"\\xff\"\n.") << QVariant(raw("\xff"));
    QTest::newRow("BINSTRING") << raw("T\x02\0\0\0ab.") << QVariant(u"ab"_s);
    QTest::newRow("SHORT_BINSTRING of UTF-8") << raw("U\x02\xc3\xa4.") << QVariant(u"ä"_s);
    QTest::newRow("SHORT_BINSTRING of bytes") << raw("U\x02\xc3(.") << QVariant(raw("\xc3("));
    QTest::newRow("UNICODE") << raw("Va\\u00e4\\U0001F363\xe4\n.") << QVariant(u"aä🍣ä"_s);
    QTest::newRow("UNICODE surrogate") << raw("V\\ud800\n.") << QVariant(QString(QChar(0xd800)));
    QTest::newRow("UNICODE backslash") << raw("V\\u005cu0041\n.") << QVariant(u"\\u0041"_s);
    QTest::newRow("UNICODE empty") << raw("V\n.") << QVariant(u""_s);
    QTest::newRow("STRING empty") << raw("S''\n.") << QVariant(u""_s);
    QTest::newRow("BINUNICODE") << raw("X\x02\0\0\0\xc3\xa4.") << QVariant(u"ä"_s);
    QTest::newRow("SHORT_BINUNICODE surrogate") << raw("\x8c\x03\xed\xa0\x80.") << QVariant(QString(QChar(0xd800)));
    QTest::newRow("SHORT_BINUNICODE empty") << raw("\x8c\0.") << QVariant(u""_s);
    QTest::newRow("BINUNICODE8") << raw("\x8d\x01\0\0\0\0\0\0\0x.") << QVariant(u"x"_s);
    QTest::newRow("SHORT_BINBYTES") << raw("C\x02\0\xff.") << QVariant(raw("\0\xff"));
    QTest::newRow("BINBYTES") << raw("B\x01\0\0\0x.") << QVariant("x"_ba);
    QTest::newRow("BINBYTES8") << raw("\x8e\x01\0\0\0\0\0\0\0x.") << QVariant("x"_ba);
    const PyventObject bytearray = global(u"builtins"_s, u"bytearray"_s);
    QTest::newRow("BYTEARRAY8") << raw("\x96\x01\0\0\0\0\0\0\0x.") << wrap(PyventObject::call(bytearray, {"x"_ba}));
    QTest::newRow("bytes of protocol 2") << raw("\x80\x02"
                                                "c_codecs\nencode\nX\x03\0\0\0a\xc3\xbfX\x06\0\0\0latin1\x86R.")
                                         << QVariant(raw("a\xff"));
    QTest::newRow("bytes of a Python 2 str") << raw("\x80\x02"
                                                    "c_codecs\nencode\nU\x03\x61\xc3\xbfU\x06latin1\x86R.")
                                             << QVariant(raw("a\xff"));
    QTest::newRow("empty bytes of protocol 2") << raw("\x80\x02"
                                                      "c__builtin__\nbytes\n)R.")
                                               << QVariant(""_ba);
    QTest::newRow("LIST") << raw("(lp0\nI1\naN.").chopped(2) + "." << QVariant(QVariantList{1LL});
    QTest::newRow("MARK LIST") << raw("(K\x01K\x02l.") << QVariant(QVariantList{1LL, 2LL});
    QTest::newRow("APPENDS") << raw("](K\x01Ne.") << QVariant(QVariantList{1LL, none});
    QTest::newRow("EMPTY_TUPLE") << raw(").") << wrap(PyventTuple());
    QTest::newRow("TUPLE1") << raw("N\x85.") << wrap(PyventTuple({none}));
    QTest::newRow("TUPLE3") << raw("K\x01K\x02K\x03\x87.") << wrap(PyventTuple({1LL, 2LL, 3LL}));
    QTest::newRow("TUPLE") << raw("(K\x01t.") << wrap(PyventTuple({1LL}));
    QTest::newRow("EMPTY_DICT") << raw("}.") << QVariant(QVariantMap());
    QTest::newRow("DICT") << raw("(S'a'\nK\x01"
                                 "d.")
                          << QVariant(QVariantMap{{u"a"_s, 1LL}});
    QTest::newRow("SETITEM") << raw("}\x8c\x01"
                                    "aNs.")
                             << QVariant(QVariantMap{{u"a"_s, none}});
    QTest::newRow("SETITEMS, the last one counts") << raw("}(\x8c\x01"
                                                          "aN\x8c\x01"
                                                          "aK\x01u.")
                                                   << QVariant(QVariantMap{{u"a"_s, 1LL}});
    QTest::newRow("dict of int keys") << raw("}K\x02Ns.") << wrap(PyventDict({{2LL, none}}));
    QTest::newRow("EMPTY_SET ADDITEMS") << raw("\x8f(K\x01\x90.") << wrap(PyventSet({1LL}));
    QTest::newRow("FROZENSET") << raw("(K\x01\x91.") << wrap(PyventSet({1LL}, PyventSet::FrozenSet));
    QTest::newRow("set of protocol 2") << raw("\x80\x02"
                                              "c__builtin__\nset\n](K\x01"
                                              "e\x85R.")
                                       << wrap(PyventSet({1LL}));
    QTest::newRow("POP") << raw("K\x01K\x02"
                                "0.")
                         << QVariant(1LL);
    QTest::newRow("POP of a mark") << raw("K\x01(0.") << QVariant(1LL);
    QTest::newRow("POP_MARK") << raw("K\x01(K\x02K\x03"
                                     "1.")
                              << QVariant(1LL);
    QTest::newRow("DUP") << raw("](K\x05"
                                "2e.")
                         << QVariant(QVariantList{5LL, 5LL});
    QTest::newRow("PUT GET") << raw("](K\x05p10\ng10\ne.") << QVariant(QVariantList{5LL, 5LL});
    QTest::newRow("BINPUT BINGET") << raw("](K\x05q\x07h\x07"
                                          "e.")
                                   << QVariant(QVariantList{5LL, 5LL});
    QTest::newRow("LONG_BINPUT of a huge index") << raw("](K\x05r\xff\xff\xff\xffj\xff\xff\xff\xff"
                                                        "e.")
                                                 << QVariant(QVariantList{5LL, 5LL});
    QTest::newRow("MEMOIZE") << raw("](K\x05\x94K\x06\x94h\0h\x01"
                                    "e.")
                             << QVariant(QVariantList{5LL, 6LL, 5LL, 6LL});
    QTest::newRow("PROTO FRAME") << raw("\x80\x04\x95\x02\0\0\0\0\0\0\0N.") << none;
    QTest::newRow("FRAME that is too short") << raw("\x80\x04\x95\x01\0\0\0\0\0\0\0K\x01.") << QVariant(1LL);

    const PyventObject type = global(u"m"_s, u"C"_s);
    QTest::newRow("GLOBAL") << raw("cm\nC\n.") << wrap(type);
    QTest::newRow("GLOBAL of Python 2") << raw("c__builtin__\nxrange\n.") << wrap(global(u"builtins"_s, u"range"_s));
    QTest::newRow("STACK_GLOBAL") << raw("\x80\x04\x8c\x01m\x8c\x03"
                                         "C.D\x93.")
                                  << wrap(global(u"m"_s, u"C.D"_s));
    QTest::newRow("REDUCE") << raw("cm\nC\n(K\x01tR.") << wrap(PyventObject::call(type, {1LL}));
    QTest::newRow("INST") << raw("(K\x01im\nC\n.") << wrap(PyventObject::call(type, {1LL}));
    QTest::newRow("OBJ") << raw("(cm\nC\nK\x01o.") << wrap(PyventObject::call(type, {1LL}));
    QTest::newRow("NEWOBJ") << raw("cm\nC\n)\x81.") << wrap(PyventObject::create(type));
    QTest::newRow("NEWOBJ_EX") << raw("cm\nC\n)}\x8c\x01"
                                      "aNs\x92.")
                               << wrap(PyventObject::create(type, {}, {{u"a"_s, none}}));
    QTest::newRow("_reconstructor") << raw("ccopy_reg\n_reconstructor\n(cm\nC\nc__builtin__\nobject\nNtR.")
                                    << wrap(PyventObject::call(
                                           global(u"copyreg"_s, u"_reconstructor"_s),
                                           {wrap(type), wrap(global(u"builtins"_s, u"object"_s)), none}));
    QTest::newRow("getattr") << raw("c__builtin__\ngetattr\n(cm\nC\nVD\ntR.") << wrap(global(u"m"_s, u"C.D"_s));
    // Protocol 4 names a nested class with a dot, so this is something else: the member of an Enum of Python 3.11.2.
    const PyventObject getter = global(u"builtins"_s, u"getattr"_s);
    QTest::newRow("getattr in protocol 4") << raw("\x80\x04"
                                                  "cbuiltins\ngetattr\n(cm\nC\nVD\ntR.")
                                           << wrap(PyventObject::call(getter, {wrap(type), u"D"_s}));
    QTest::newRow("getattr in protocol 4, called") << raw("\x80\x04"
                                                          "cbuiltins\ngetattr\n(cm\nC\nVD\ntR)R.")
                                                   << wrap(PyventObject::call(global(u"m"_s, u"C.D"_s), {}));
    PyventObject withState = PyventObject::create(type);
    withState.setState(QVariantMap{{u"a"_s, 1LL}});
    QTest::newRow("BUILD") << raw("cm\nC\n)\x81}S'a'\nK\x01sb.") << wrap(withState);
    QTest::newRow("date of Python 2") << raw("cdatetime\ndate\n(U\x04\x07\xe8\x01\x02tR.")
                                      << QVariant(QDate(2024, 1, 2));
    QTest::newRow("UUID whose number is set twice") << raw("cuuid\nUUID\n)\x81}(\x8c\x03intN\x8c\x03intK\x05ub.")
                                                    << QVariant(QUuid(u"00000000-0000-0000-0000-000000000005"_s));
    QTest::newRow("UUID that no items are put into") << raw("cuuid\nUUID\n)\x81}(\x8c\x03intK\x05ub(e(u.")
                                                     << QVariant(QUuid(u"00000000-0000-0000-0000-000000000005"_s));
}

void tst_PickleReader::opcodes()
{
    QFETCH(QByteArray, pickle);
    QFETCH(QVariant, value);
    QVariant read;
    QCOMPARE(readAll(pickle, &read), ""_ba);
    QCOMPARE(read.metaType(), value.metaType());
    QCOMPARE(read, value);

    // What was read can be sent on.
    QByteArray written;
    PickleError error;
    QVERIFY2(writePickle(read, &written, &error), qPrintable(error.text));
    QVariant again;
    QCOMPARE(readAll(written, &again), ""_ba);
    QCOMPARE(again, value);
}

// Python shares the list, so what is appended through one name is seen through the other.
void tst_PickleReader::sharedList()
{
    QVariant value;
    QCOMPARE(readAll(raw("](]q\0K\x01"
                         "ah\0eh\0K\x02"
                         "a0."),
                     &value),
             ""_ba);
    const QVariantList inner{1LL, 2LL};
    QCOMPARE(value, QVariant(QVariantList{inner, inner}));

    // But a set that was made of it is a copy.
    QCOMPARE(readAll(raw("c__builtin__\nset\n]q\0K\x01"
                         "a\x85Rh\0K\x02"
                         "a0."),
                     &value),
             ""_ba);
    QCOMPARE(value, wrap(PyventSet({1LL})));
}

void tst_PickleReader::arguments()
{
    KeepingReader reader;
    QVariantMap arguments;
    QVariant sender;
    const QByteArray pickle = raw("}(\x8c\x06sender\x8c\x02me\x8c\x04"
                                  "food\x8c\x05sushiu.");
    QVERIFY(reader.read(pickle));
    QVERIFY(reader.isDict());
    QVERIFY(reader.toArguments(&arguments, &sender));
    QCOMPARE(arguments, (QVariantMap{{u"food"_s, u"sushi"_s}}));
    QCOMPARE(sender, QVariant(u"me"_s));
    // Twice is fine, and what was in the arguments before is gone.
    QVERIFY(reader.toArguments(&arguments, &sender));
    QCOMPARE(arguments.size(), 1);

    QVERIFY(reader.read("}."));
    QVERIFY(reader.toArguments(&arguments, &sender));
    QVERIFY(arguments.isEmpty());
    QVERIFY(!sender.isValid());

    QVERIFY(reader.read(raw("}\x8c\x06senderK\x05s.")));
    QVERIFY(reader.toArguments(&arguments, &sender));
    QCOMPARE(sender, QVariant(5LL));
}

void tst_PickleReader::argumentsTheShortWay_data()
{
    QTest::addColumn<QByteArray>("pickle");
    QTest::newRow("protocol 2") << raw("\x80\x02}q\0(X\x04\0\0\0"
                                       "foodq\x01X\x05\0\0\0sushiq\x02X\x05\0\0\0countq\x03J\xff\xff\xff\xff"
                                       "X\x06\0\0\0senderq\x04X\x02\0\0\0meq\x05X\x01\0\0\0bq\x06h\x01u.");
    QTest::newRow("protocol 4") << raw("\x80\x04\x95\x37\0\0\0\0\0\0\0}\x94(\x8c\x01"
                                       "a\x94\x8c\x02\xc3\xa9\x94\x8c\x01"
                                       "b\x94"
                                       "C\x02\0\x01\x94\x8c\x02\xc3\xa9"
                                       "K\x07\x8c\0M\0\x01\x8c\x01"
                                       "cG?\xf8\0\0\0\0\0\0\x8c\x01"
                                       "d\x88\x8c\x01"
                                       "e\x89\x8c\x01"
                                       "fN\x8c\x01"
                                       "g\x8a\x02\xff\x80u.");
    QTest::newRow("one entry") << raw("\x80\x04}\x94\x8c\x06sender\x94\x8c\x02me\x94s.rest");
    QTest::newRow("a name twice") << raw("\x80\x04}(\x8c\x01"
                                         "aK\x01\x8c\x01"
                                         "aNu.");
    QTest::newRow("none") << raw("\x80\x04}.");
    QTest::newRow("a list") << raw("\x80\x04}(\x8c\x01"
                                   "a]u.");
}

// However the bytes are broken, the short way gives what the long one gives, whatever was read before.
void tst_PickleReader::argumentsTheShortWay()
{
    QFETCH(QByteArray, pickle);
    PickleReader quick;
    PickleReader thorough;
    QVERIFY(thorough.read(pickle));
    QVariantMap earlier;
    QVariant earlierSender;
    QVERIFY(thorough.toArguments(&earlier, &earlierSender));
    const auto same = [&](const QByteArray &bytes, const QVariantMap &before) {
        QVariantMap arguments[2] = {before, {}};
        QVariant sender[2];
        const bool isRead = quick.readArguments(bytes, &arguments[0], &sender[0]);
        if (isRead != (thorough.read(bytes) && thorough.toArguments(&arguments[1], &sender[1])))
            return false;
        if (!isRead)
            return quick.error().text == thorough.error().text && quick.error().offset == thorough.error().offset;
        QByteArray written[2]; // so that NaN is NaN
        for (int i : {0, 1}) {
            if (!writePickle(QVariantList{arguments[i], sender[i]}, &written[i], nullptr))
                return false;
        }
        const auto sameType = [](const QVariant &one, const QVariant &other) {
            return one.metaType() == other.metaType();
        };
        return written[0] == written[1]
            && std::equal(arguments[0].cbegin(), arguments[0].cend(), arguments[1].cbegin(), sameType);
    };
    const auto isSame = [&](const QByteArray &bytes) { return same(bytes, {}) && same(bytes, earlier); };
    QVERIFY(isSame(pickle));
    for (qsizetype i = 0; i < pickle.size(); ++i) {
        QVERIFY2(isSame(QByteArray(pickle.constData(), i)), QByteArray::number(i));
        for (int byte = 0; byte < 256; ++byte) {
            QByteArray changed = pickle;
            changed[i] = char(byte);
            QVERIFY2(isSame(changed), changed.toHex(' '));
        }
    }
}

// Where an event has the same arguments as the one before it, it takes its places; and its values, if they are the same, too.
void tst_PickleReader::argumentsInPlace()
{
    const QVariantMap first{{u"a"_s, u"same"_s}, {u"b"_s, 1LL}, {u"c"_s, u"one"_s}};
    const QVariantMap second{{u"a"_s, u"same"_s}, {u"b"_s, u"text"_s}, {u"c"_s, u"other"_s}};
    PickleReader reader;
    QVariantMap arguments;
    QVariant sender;
    const auto read = [&](const QVariantMap &sent) {
        QByteArray pickle;
        return writePickle(sent, &pickle, nullptr) && reader.readArguments(pickle, &arguments, &sender)
            && reader.hasPlainArguments() && arguments == sent;
    };
    QVERIFY(read(first));
    const QVariant *const place = &*arguments.constFind(u"b"_s);
    QVERIFY(read(second));
    QCOMPARE(&*arguments.constFind(u"b"_s), place);
    QVERIFY(read(first));
    QCOMPARE(&*arguments.constFind(u"b"_s), place);

    const QVariantMap users = arguments; // who has a copy keeps it as it is
    QVERIFY(read(second));
    QCOMPARE(users, first);

    const QList<QStringList> others{{u"a"_s}, {u"a"_s, u"c"_s}, {u"b"_s, u"c"_s, u"d"_s}, {}, {u"\u00e9"_s}};
    for (const QStringList &names : others) {
        QVariantMap other;
        for (const QString &name : names)
            other.insert(name, name);
        QVERIFY(read(first));
        QVERIFY(read(other));
        QVERIFY(read(second));
    }
    QByteArray pickle;
    QVERIFY(writePickle(QVariantMap{{u"a"_s, QVariantList{1}}}, &pickle, nullptr));
    QVERIFY(reader.readArguments(pickle, &arguments, &sender));
    QVERIFY(!reader.hasPlainArguments());
}

void tst_PickleReader::argumentsMustBeDict_data()
{
    QTest::addColumn<QByteArray>("pickle");
    QTest::newRow("list") << raw("].");
    QTest::newRow("None") << raw("N.");
    QTest::newRow("int key") << raw("}K\x01Ns.");
    QTest::newRow("bytes key") << raw("}C\x01"
                                      "aNs.");
}

void tst_PickleReader::argumentsMustBeDict()
{
    QFETCH(QByteArray, pickle);
    KeepingReader reader;
    QVariantMap arguments;
    QVariant sender;
    QVERIFY(reader.read(pickle));
    QVERIFY(!reader.toArguments(&arguments, &sender));
    QCOMPARE(reader.error().text, u"the arguments of an event are not a dict with str keys"_s);
}

void tst_PickleReader::trailingBytes()
{
    KeepingReader reader;
    QVERIFY(reader.read(raw("K\x01.rest..")));
    QCOMPARE(reader.consumed(), 3);
    QCOMPARE(reader.toVariant(), QVariant(1LL));
}

// A reader keeps a large pickle's memory until smaller ones follow.
void tst_PickleReader::keptMemory()
{
    PickleReader reader;
    for (const int size : {100'000, 100'000, 3, 3, 100'000, 50'000, 3, 100'000}) {
        QVariantList list;
        for (int i = 0; i < size; ++i)
            list.append(qlonglong(i));
        QByteArray pickle;
        PickleError error;
        QVERIFY2(writePickle(list, &pickle, &error), qPrintable(error.text));
        QVERIFY2(reader.read(pickle), qPrintable(reader.error().text));
        QCOMPARE(reader.toVariant().toList(), list);
    }
}

void tst_PickleReader::errors_data()
{
    QTest::addColumn<QByteArray>("pickle");
    QTest::addColumn<qsizetype>("offset");
    const auto row = [](const char *name, const QByteArray &pickle, qsizetype offset) {
        QTest::newRow(name) << pickle << offset;
    };
    row("nothing", "", 0);
    row("no opcode", raw("N\xff."), 1);
    row("protocol 6", raw("\x80\x06N."), 0);
    row("no STOP", raw("N"), 1);
    row("STOP without a value", raw("."), 0);
    row("STOP behind a mark", raw("N(."), 2);
    row("FRAME beyond the end", raw("\x80\x04\x95\xff\0\0\0\0\0\0\0N."), 2);
    row("FRAME of 2^64", raw("\x95\xff\xff\xff\xff\xff\xff\xff\xffN."), 0);
    row("BINUNICODE beyond the end",
        raw("X\xff\xff\xff\x7f"
            "a."),
        0);
    row("BINUNICODE8 of 2^64",
        raw("\x8d\xff\xff\xff\xff\xff\xff\xff\xff"
            "a."),
        0);
    row("BINBYTES8 of 2^63",
        raw("\x8e\0\0\0\0\0\0\0\x80"
            "a."),
        0);
    row("BYTEARRAY8 beyond the end", raw("\x96\xff\xff\xff\0\0\0\0\0a."), 0);
    row("LONG4 beyond the end", raw("\x8b\xff\xff\xff\x7f\x01."), 0);
    row("LONG4 of negative size", raw("\x8b\xff\xff\xff\xff\x01."), 0);
    row("INT of words", raw("Ione\n."), 0);
    row("INT that is empty", raw("I\n."), 0);
    row("LONG of 10^6 digits", "L" + QByteArray(1'000'000, '9') + "L\n.", 0);
    row("FLOAT of words", raw("Fone\n."), 0);
    row("str that is not UTF-8", raw("\x8c\x01\xff."), 2);
    row("str of overlong UTF-8", raw("\x8c\x02\xc0\x80."), 2);
    row("str of overlong UTF-8 behind others", raw("\x8c\x0a\xe5\xaf\xbf\xe0\x9f\xbf\xe5\xaf\xbf.."), 2);
    row("STRING without quotes", raw("Sa\n."), 0);
    row("STRING of one quote", raw("S'\n."), 0);
    row("UNICODE with half an escape", raw("V\\u12\n."), 0);
    row("UNICODE beyond Unicode", raw("V\\U00110000\n."), 0);
    row("GET of nothing", raw("h\x05."), 0);
    row("GET of a hole", raw("Nq\x05h\x04."), 3);
    row("LONG_BINGET of nothing", raw("j\xff\xff\xff\xff."), 0);
    row("GET of words", raw("gx\n."), 0);
    row("PUT of a negative index", raw("Np-1\n."), 1);
    row("PUT without a value", raw("q\0."), 0);
    row("MEMOIZE without a value", raw("\x94."), 0);
    row("TUPLE without a mark", raw("Nt."), 1);
    row("TUPLE2 of one", raw("N\x86."), 1);
    row("TUPLE1 behind a mark", raw("N(\x85."), 2);
    row("APPEND to an int", raw("K\x01Na."), 3);
    row("APPENDS without a list", raw("(Ne."), 2);
    row("APPENDS to a tuple", raw(")(Ne."), 3);
    row("SETITEM of a list", raw("]NNs."), 3);
    row("SETITEMS of three", raw("}(NNNu."), 5);
    row("DICT of one", raw("(Nd."), 2);
    row("ADDITEMS to a list", raw("](N\x90."), 3);
    row("ADDITEMS to a frozenset", raw("(\x91(N\x90."), 4);
    row("POP of nothing", raw("0."), 0);
    row("POP_MARK of nothing", raw("N1."), 1);
    row("DUP of nothing", raw("2."), 0);
    row("REDUCE of an int", raw("K\x01)R."), 3);
    row("REDUCE without a tuple", raw("cm\nC\nNR."), 6);
    row("NEWOBJ of an int", raw("K\x01)\x81."), 3);
    row("NEWOBJ_EX without a dict", raw("cm\nC\n)N\x92."), 7);
    row("NEWOBJ_EX with int keywords", raw("cm\nC\n)}K\x01Ns\x92."), 6);
    row("BUILD of a list", raw("]Nb."), 2);
    row("BUILD twice", raw("cm\nC\n)\x81NbNb."), 10);
    row("STACK_GLOBAL of ints", raw("K\x01K\x02\x93."), 4);
    row("INST without a mark", raw("im\nC\n."), 0);
    row("OBJ of nothing", raw("(o."), 1);
    row("OBJ of an int", raw("(K\x01o."), 3);
    row("PERSID", raw("Pid\n."), 0);
    row("BINPERSID", raw("NQ."), 1);
    row("EXT1", raw("\x82\x01."), 0);
    row("EXT2", raw("\x83\x01\0."), 0);
    row("EXT4", raw("\x84\x01\0\0\0."), 0);
    row("NEXT_BUFFER", raw("\x97."), 0);
    row("READONLY_BUFFER", raw("N\x98."), 1);
    row("bytes beyond Latin-1", raw("c_codecs\nencode\n(V\\u0100\nVlatin1\ntR."), 34);
}

void tst_PickleReader::errors()
{
    QFETCH(QByteArray, pickle);
    QFETCH(qsizetype, offset);
    KeepingReader reader;
    const CpuTimer timer;
    const bool succeeded = reader.read(pickle) && reader.toVariant().isValid();
    QVERIFY(!succeeded);
    QVERIFY(reader.error().isError());
    QVERIFY2(reader.error().offset == offset,
             qPrintable(u"%1: %2"_s.arg(reader.error().offset).arg(reader.error().text)));
    QVERIFY(timer.elapsed() < 2s);
}

void tst_PickleReader::truncations_data()
{
    QTest::addColumn<QByteArray>("pickle");
    QTest::newRow("protocol 0") << raw(
        "(dp0\nVfood\np1\n(lp2\nI1\naL99999999999999L\naF1.5\nasVx\np3\n"
        "cdatetime\ndate\np4\n(c_codecs\nencode\np5\n(V\\u0007\\u00e8\x01\x02\np6\nVlatin1\n"
        "p7\ntp8\nRp9\ntp10\nRp11\ns.");
    QTest::newRow("protocol 2") << raw("\x80\x02}q\0(X\x04\0\0\0"
                                       "foodq\x01]q\x02(K\x01J\xff\xff\xff\xff\x8a\x05\x01\x02\x03\x04"
                                       "\x05G?\xf0\0\0\0\0\0\0eX\x01\0\0\0xq\x03"
                                       "cm\nC\nq\x04)\x81q\x05}q\x06U\x01"
                                       "aN\x86su.");
    QTest::newRow("protocol 5") << raw("\x80\x05\x95\x40\0\0\0\0\0\0\0}\x94(\x8c\x04"
                                       "food\x94\x8c\x05sushi\x94\x8c\x01"
                                       "b\x94"
                                       "C\x02\0\x01\x94\x8c\x01"
                                       "c\x94\x96\x02\0\0\0\0\0\0\0ab\x94\x8c\x01"
                                       "d\x94\x8f\x94(K\x01M"
                                       "\0\x01\x90u.");
}

// Every beginning of a pickle is an error that tells where.
void tst_PickleReader::truncations()
{
    QFETCH(QByteArray, pickle);
    KeepingReader reader;
    if (pickle.at(2) == '\x95')
        qToLittleEndian(quint64(pickle.size() - 11), pickle.data() + 3);
    QVERIFY2(reader.read(pickle) && reader.toVariant().isValid(), qPrintable(reader.error().text));
    for (qsizetype size = 0; size < pickle.size(); ++size) {
        // A copy of exactly this size, so that a sanitizer sees each byte read beyond it.
        const QByteArray part(pickle.constData(), size);
        QVERIFY2(!reader.read(part), QByteArray::number(size));
        QVERIFY(reader.error().isError());
        QVERIFY(reader.error().offset >= 0 && reader.error().offset <= size);
        QVERIFY(!reader.toVariant().isValid());
        QVERIFY(reader.error().isError());
    }
}

void tst_PickleReader::systemCommands_data()
{
    QTest::addColumn<QByteArray>("pickle");
    QTest::newRow("GLOBAL REDUCE") << raw("cos\nsystem\n(S'touch pyvent-was-run'\ntR.");
    QTest::newRow("GLOBAL of Python 2 and of posix") << raw("cposix\nsystem\n(S'touch pyvent-was-run'\ntR.");
    QTest::newRow("STACK_GLOBAL") << raw("\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x14touch pyvent-was-run\x85R.");
    QTest::newRow("INST") << raw("(S'touch pyvent-was-run'\nios\nsystem\n.");
    QTest::newRow("OBJ") << raw("(cos\nsystem\nS'touch pyvent-was-run'\no.");
    QTest::newRow("NEWOBJ") << raw("csubprocess\nPopen\n(S'touch pyvent-was-run'\nt\x81.");
    QTest::newRow("NEWOBJ_EX") << raw("csubprocess\nPopen\n(S'touch pyvent-was-run'\nt}S'shell'\n\x88s\x92.");
    QTest::newRow("BUILD") << raw("cm\nC\n)\x81}S'__setstate__'\ncos\nsystem\nsbS'touch pyvent-was-run'\n0.");
    QTest::newRow("getattr") << raw(
        "c__builtin__\ngetattr\n(cos\nsystem\nS'__call__'\ntR(S'touch pyvent-was-run'\ntR.");
    QTest::newRow("eval") << raw("c__builtin__\neval\n(S'__import__(\"os\").system(\"touch pyvent-was-run\")'\ntR.");
    QTest::newRow("dropped") << raw("cos\nsystem\n(S'touch pyvent-was-run'\ntR0N.");
    QTest::newRow("as a key") << raw("}cos\nsystem\n(S'touch pyvent-was-run'\ntRNs.");
    QTest::newRow("copyreg") << raw("ccopy_reg\n__newobj__\n(csubprocess\nPopen\nS'touch pyvent-was-run'\ntR.");
    QTest::newRow("numpy") << raw(
        "cnumpy.core.multiarray\nscalar\n(cos\nsystem\n(S'touch pyvent-was-run'\ntRS'x'\ntR.");
}

// Reads into inert values, prints, compares and writes them: nothing runs.
void tst_PickleReader::systemCommands()
{
    QFETCH(QByteArray, pickle);
    const QString mark = u"pyvent-was-run"_s;
    QVERIFY(!QFile::exists(mark));
    QVariant value;
    QCOMPARE(readAll(pickle, &value), ""_ba);
    QVERIFY(value.isValid());
    QVERIFY(!QDebug::toString(value).isEmpty());
    QVERIFY(value == QVariant(value));
    QByteArray written;
    PickleError error;
    QVERIFY2(writePickle(value, &written, &error), qPrintable(error.text));
    QVariant again;
    QCOMPARE(readAll(written, &again), ""_ba);
    QCOMPARE(again, value);
    QVERIFY(!QFile::exists(mark));
}

// Ten lists, each of which names the one before ten times: 10^30 values in 200 bytes.
void tst_PickleReader::billionLaughs()
{
    for (const char *open : {"](", "(", "}("}) {
        const bool isTuple = open[0] == '(';
        const bool isDict = open[0] == '}';
        QByteArray pickle = raw("\x8c\x03lol\x94");
        for (int level = 0; level < 30; ++level) {
            pickle += open;
            for (int i = 0; i < 10; ++i) {
                if (isDict)
                    pickle += QByteArray("K") + char(i);
                pickle += QByteArray("h") + char(level);
            }
            pickle += isTuple ? "t\x94" : isDict ? "u\x94" : "e\x94";
        }
        pickle += '.';
        KeepingReader reader;
        const CpuTimer timer;
        QVERIFY(reader.read(pickle));
        QVERIFY(!reader.toVariant().isValid());
        QVERIFY2(reader.error().text.contains(u"expands beyond the limit"), qPrintable(reader.error().text));
        QVERIFY(reader.error().offset >= 0);
        QVERIFY(timer.elapsed() < 60s); // of the processor's time, with a sanitizer
    }
}

void tst_PickleReader::recursive_data()
{
    QTest::addColumn<QByteArray>("pickle");
    QTest::newRow("list") << raw("]\x94h\0a.");
    QTest::newRow("dict") << raw("}\x94K\x01h\0s.");
    QTest::newRow("dict with str keys") << raw("}\x94\x8c\x01xh\0s.");
    QTest::newRow("dict in a list") << raw("}\x94\x8c\x01x]\x94h\0as.");
    QTest::newRow("set") << raw("\x8f\x94(h\0\x90.");
    QTest::newRow("tuple by way of a list") << raw("]\x94(h\0\x85"
                                                   "e.");
    QTest::newRow("object") << raw("cm\nC\n)\x81\x94}\x8c\x01xh\0sb.");
    QTest::newRow("object in its items") << raw("cm\nC\n)R\x94h\0a.");
    QTest::newRow("object in its pairs") << raw("cm\nC\n)R\x94Nh\0s.");
    QTest::newRow("object in its arguments") << raw("cm\nC\n]\x94\x85R\x94h\0h\x01"
                                                    "a0.");
    QTest::newRow("known object") << raw("cuuid\nUUID\n)\x81\x94}\x8c\x03inth\0sb.");
    QTest::newRow("array") << raw("cnumpy.core.multiarray\n_reconstruct\n)R\x94h\0b.");
}

void tst_PickleReader::recursive()
{
    QFETCH(QByteArray, pickle);
    KeepingReader reader;
    QVERIFY2(reader.read(pickle), qPrintable(reader.error().text));
    QVERIFY(!reader.toVariant().isValid());
    QVERIFY2(reader.error().text.contains(u"contains itself"), qPrintable(reader.error().text));
    QVERIFY(reader.error().offset >= 0);
    // The reader is as good as new.
    QVERIFY(reader.read("N."));
    QCOMPARE(reader.toVariant(), wrap(nullptr));
    QVERIFY(!reader.error().isError());
}

void tst_PickleReader::deepNesting_data()
{
    QTest::addColumn<QByteArray>("pickle");
    constexpr int levels = 1'000'000;
    QTest::newRow("lists") << QByteArray(levels, ']') + QByteArray(levels - 1, 'a') + '.';
    QTest::newRow("tuples") << ")" + QByteArray(levels, '\x85') + '.';
    QTest::newRow("marks") << QByteArray(levels, '(') + QByteArray(levels, 'l') + '.';
    QTest::newRow("calls") << "cm\nC\n" + QByteArray(")R").repeated(levels / 10) + '.';
    QTest::newRow("dicts") << QByteArray("}N").repeated(levels / 10) + "N" + QByteArray(levels / 10, 's') + '.';
}

void tst_PickleReader::deepNesting()
{
    QFETCH(QByteArray, pickle);
    KeepingReader reader;
    QVERIFY2(reader.read(pickle), qPrintable(reader.error().text));
    QVERIFY(!reader.toVariant().isValid());
    QVERIFY2(reader.error().text.contains(u"nests deeper"), qPrintable(reader.error().text));
}

void tst_PickleReader::limits()
{
    KeepingReader small(PickleLimits{.size = 10});
    QVERIFY(small.read(raw("C\x07") + "1234567.trailing bytes do not count"));
    QVERIFY(!small.read(raw("C\x08") + "12345678."));
    QVERIFY2(small.error().text.contains(u"larger than the limit of 10 bytes"), qPrintable(small.error().text));

    KeepingReader few(PickleLimits{.objects = 100});
    QVERIFY(few.read(QByteArray(20, ']') + QByteArray(19, 'a') + '.'));
    QVERIFY(!few.read(QByteArray(300, ']') + '.'));
    QVERIFY(!few.read("]" + QByteArray("Na").repeated(300) + '.'));
    QVERIFY(!few.read(QByteArray(300, '(') + '.'));
    QVERIFY(!few.read(QByteArray("N") + QByteArray(300, '2') + '.'));
    QVERIFY(!few.read(QByteArray("N\x94").repeated(300) + '.'));
    QVERIFY2(few.error().text.contains(u"too many"), qPrintable(few.error().text));

    KeepingReader shallow(PickleLimits{.depth = 3});
    QVERIFY(shallow.read("]]]aa."));
    QVERIFY(shallow.toVariant().isValid());
    QVERIFY(shallow.read("]]]]aaa."));
    QVERIFY(!shallow.toVariant().isValid());

    KeepingReader narrow(PickleLimits{.expandedSize = 1000});
    QVERIFY(narrow.read("C\xff" + QByteArray(255, 'x') + raw("\x94h\0\x86.")));
    QVERIFY(narrow.toVariant().isValid());
    QVERIFY(narrow.read("C\xff" + QByteArray(255, 'x') + raw("\x94](") + raw("h\0").repeated(7) + raw("e\x86.")));
    QVERIFY2(narrow.toVariant().isValid(), qPrintable(narrow.error().text));
    QVERIFY(narrow.read("C\xff" + QByteArray(255, 'x') + raw("\x94](") + raw("h\0").repeated(9) + raw("e\x86.")));
    QVERIFY(!narrow.toVariant().isValid());
}

void tst_PickleReader::reuse()
{
    KeepingReader reader;
    QVERIFY(!reader.read("K"));
    QVERIFY(!reader.toVariant().isValid());
    const QByteArray large = "](" + QByteArray("]").repeated(100'000) + "e.";
    for (int i = 0; i < 3; ++i) {
        QVERIFY(reader.read(large));
        QCOMPARE(reader.toVariant().toList().size(), 100'000);
        QVERIFY(reader.read(raw("K\x07.")));
        QCOMPARE(reader.toVariant(), QVariant(7LL));
        QVERIFY(!reader.error().isError());
        QVERIFY(!reader.read(raw("h\0.")));
    }
}

PYVENT_TEST(tst_PickleReader)
#include "tst_picklereader.moc"
