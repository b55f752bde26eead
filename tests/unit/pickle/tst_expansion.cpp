// SPDX-License-Identifier: MIT
#include "pickle/picklereader.h"
#include "pickle/picklewriter.h"
#include "support/cputimer.h"
#include "support/expandingpickles.h"
#include "support/testprogram.h"
#include "support/valuecount.h"

#include <PyventDict>
#include <PyventInteger>
#include <PyventObject>
#include <PyventSet>
#include <PyventTuple>

#include <QtCore/qendian.h>
#include <QtTest/qtest.h>

#include <functional>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

using MakeValue = std::function<QByteArray()>; // so that only one is there at a time

constexpr qsizetype mebibyte = 1024 * 1024;

QByteArray littleEndian(quint32 value)
{
    QByteArray bytes(4, Qt::Uninitialized);
    qToLittleEndian(value, bytes.data());
    return bytes;
}

QByteArray textOf(const QByteArray &utf8)
{
    return utf8.size() < 256 ? "\x8c" + QByteArray(1, char(utf8.size())) + utf8
                             : 'X' + littleEndian(quint32(utf8.size())) + utf8;
}

QByteArray bytesOf(const QByteArray &bytes)
{
    return 'B' + littleEndian(quint32(bytes.size())) + bytes;
}

// As CPython writes it: batches of 1,000.
QByteArray listOf(const QByteArray &items, int batches)
{
    return "]\x94" + ('(' + items + 'e').repeated(batches);
}

QByteArray numbered(const char *format, int from, int to)
{
    QByteArray all;
    for (int i = from; i < to; ++i)
        all += QByteArray(format).replace('#', QByteArray::number(i).rightJustified(6, '0'));
    return all;
}

} // namespace

// What a pickle may expand to, and what that takes.
class tst_Expansion : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void attacks_data();
    void attacks();
    void copiesWithinThePickle_data();
    void copiesWithinThePickle();
    void isRelativeToThePickle();
    void isShared();
    void depthOfWhatIsShared();
    void longText();
    void honest_data();
    void honest();
};

void tst_Expansion::attacks_data()
{
    QTest::addColumn<QByteArray>("pickle");
    int number = 0;
    for (const QByteArray &pickle : expandingPickles())
        QTest::addRow("%d of the 24", ++number) << pickle;
    QTest::newRow("258 bytes") << smallExpandingPickle();
    QTest::newRow("laughs without end") << argumentsOf(laughingValue(10, 100, textOf("lol")));
    QTest::newRow("laughs that are doubled by DUP") << argumentsOf("N" + QByteArray("2\x86").repeated(100));
    QTest::newRow("arguments that many objects have") << argumentsOf("(" + numbered("\x8c\6#", 0, 100)
                                                                     + "tq\1"
                                                                       "0](cm\nC\nq\2"
                                                                     + QByteArray("h\2h\1R").repeated(200) + "e");
    QTest::newRow("a state that many objects have") << argumentsOf(laughingValue(20, 4, "N")
                                                                   + "q\x0a"
                                                                     "0]("
                                                                   + QByteArray("cm\nC\n)\x81h\x0a"
                                                                                "b")
                                                                         .repeated(200)
                                                                   + "e");
}

// Little time is spent, little is counted, and whoever goes through the value comes to an end.
void tst_Expansion::attacks()
{
    QFETCH(const QByteArray, pickle);
    constexpr int times = 20;
    PickleReader reader;
    QVariantMap arguments;
    QVariant sender;
    bool isRead = false;
    const CpuTimer timer;
    for (int i = 0; i < times; ++i)
        isRead = reader.readArguments(pickle, &arguments, &sender);
    const auto each = double(timer.elapsed().count()) / times;
    const qsizetype values = isRead ? countValues(arguments) : 0;
    qInfo("%lld bytes: %s, %.2f ms, counts for %lld bytes, %lld values", qlonglong(pickle.size()),
          isRead ? "read" : qPrintable(reader.error().text), each, qlonglong(reader.expandedSize()), qlonglong(values));
    QVERIFY(each < 50); // of the processor's time, with a sanitizer
    QVERIFY(reader.expandedSize() <= qMax(mebibyte, 16 * pickle.size()));
    QVERIFY(values <= (qMax(mebibyte, 16 * pickle.size()) + qMax(4 * mebibyte, 64 * pickle.size())) / 16);
    if (!isRead)
        QVERIFY2(reader.error().text.contains("expands beyond the limit"_L1) || reader.error().text.contains("memo"_L1)
                     || reader.error().text.contains("deeper"_L1),
                 qPrintable(reader.error().text));
}

void tst_Expansion::copiesWithinThePickle_data()
{
    QTest::addColumn<QByteArray>("pickle");
    const QByteArray large(100'000, 'x');
    QTest::newRow("bytes of a text, again and again") << QByteArray("c_codecs\nencode\nq\0", 18) + textOf(large)
            + "q\1\x8c\6latin1q\2" + QByteArray("h\0h\1h\2\x86R0", 9).repeated(20'000) + "N.";
    QTest::newRow("a str of Python 2 that is no text, again and again") << QByteArray("c_codecs\nencode\nq\0T", 19)
            + littleEndian(100'001) + large + "\xffq\1\x8c\6latin1q\2"
            + QByteArray("h\0h\1h\2\x86R0", 9).repeated(20'000) + "N.";
    QTest::newRow("a set of a list, again and again") << QByteArray("cbuiltins\nset\nq\0](", 18)
            + QByteArray("N").repeated(100'000) + "eq\1" + QByteArray("h\0h\1\x85R0", 7).repeated(20'000) + "N.";
    QTest::newRow("an attribute with a long name, again and again")
        << QByteArray("\x80\2c__builtin__\ngetattr\nq\0cm\nC\nq\1", 32) + textOf(large) + "q\2"
            + QByteArray("h\0h\1h\2\x86R0", 9).repeated(20'000) + "N.";
    QTest::newRow("what is no attribute's name, again and again")
        << QByteArray("\x80\4cbuiltins\ngetattr\nq\0cm\nC\nq\1", 29) + textOf(large + '.')
            + QByteArray("q\2h\0h\1h\2\x86Rq\3", 12) + QByteArray("h\3)R0").repeated(20'000) + "N.";
    QTest::newRow("a long key of Python 2, again and again") << "T" + littleEndian(100'000) + large + "q"
            + QByteArray(1, '\0') + "0]" + QByteArray("}(h\0NK\1Nua", 10).repeated(20'000) + ".";
}

// What a few bytes have done again is refused before it takes long.
void tst_Expansion::copiesWithinThePickle()
{
    QFETCH(const QByteArray, pickle);
    PickleReader reader;
    const CpuTimer timer;
    const bool isRead = reader.read(pickle);
    if (isRead)
        (void)reader.toVariant();
    qInfo("%lld bytes: %lld ms, %s", qlonglong(pickle.size()), qlonglong(timer.elapsed().count()),
          qPrintable(reader.error().text));
    QVERIFY(timer.elapsed() < 500ms);
}

void tst_Expansion::isRelativeToThePickle()
{
    PickleReader reader(PickleLimits{.expandedSize = 4 * mebibyte});
    QByteArray pickle; // which a reader only looks at
    const auto read = [&](const QByteArray &bytes) { return reader.read(pickle = bytes); };
    // A list takes 48 and 16 of its one item: four bytes.
    const auto lists = [](int count) { return "](" + QByteArray("]Na").repeated(count) + "e."; };
    QVERIFY(read(lists(20'000)));
    QVERIFY(reader.toVariant().isValid());
    QVERIFY(reader.expandedSize() <= 16 * lists(20'000).size());
    // Objects count for more than that.
    const auto objects = [](int count) {
        return "cm\nC\nq" + QByteArray(1, '\0') + "](" + QByteArray("h\0)R", 4).repeated(count) + "e.";
    };
    QVERIFY(read(objects(10'000)));
    QVERIFY(reader.toVariant().isValid()); // below 1 MiB
    QVERIFY(read(objects(20'000)));
    QVERIFY(!reader.toVariant().isValid());
    QCOMPARE(reader.error().text,
             u"the pickle expands beyond the limit of %1 bytes"_s.arg(16 * objects(20'000).size()));
    // The most, whatever the size.
    QVERIFY(read(lists(100'000)));
    QVERIFY(!reader.toVariant().isValid());
    QCOMPARE(reader.error().text, u"the pickle expands beyond the limit of 4194304 bytes"_s);
}

// What is mentioned again is the same data, and no copy of it.
void tst_Expansion::isShared()
{
    PickleReader reader;
    const QByteArray pickle = "](" + textOf(QByteArray(1000, 'x')) + "q" + QByteArray(1, '\0')
        + QByteArray("h\0", 2).repeated(100) + bytesOf(QByteArray(1000, 'y')) + "q\1" + QByteArray("h\1").repeated(100)
        + "(K\1K\2tq\2" + QByteArray("h\2").repeated(100) + "e.";
    QVERIFY(reader.read(pickle));
    const QVariantList list = reader.toVariant().toList();
    QCOMPARE(list.size(), 303);
    for (int i = 2; i < 101; ++i) { // the first one is another one's
        QCOMPARE(list[i], list[0]);
        QVERIFY(list[i].toString().isSharedWith(list[1].toString()));
    }
    for (int i = 103; i < 202; ++i) {
        QCOMPARE(list[i], list[101]);
        QVERIFY(list[i].toByteArray().isSharedWith(list[102].toByteArray()));
    }
    for (int i = 203; i < 303; ++i)
        QVERIFY(list[i].value<PyventTuple>().items().isSharedWith(list[202].value<PyventTuple>().items()));
    // And whoever has the value has it alone.
    const QByteArray lonely = "]q" + QByteArray(1, '\0') + "K\1ah" + QByteArray(1, '\0') + ".";
    QVERIFY(reader.read(lonely));
    QVariant single = reader.toVariant();
    QCOMPARE(single.toList(), QVariantList{1});
}

// Nothing gets deeper than the limit by being put together of parts that are not.
void tst_Expansion::depthOfWhatIsShared()
{
    PickleReader reader(PickleLimits{.depth = 20});
    QByteArray pickle = "Nq" + QByteArray(1, '\0');
    for (int part = 0; part < 3; ++part) {
        pickle += "0h";
        pickle += char(part);
        pickle += QByteArray(8, '\x85');
        pickle += 'q';
        pickle += char(part + 1);
        pickle += "h";
        pickle += char(part + 1);
        pickle += '0';
    }
    // The parts are built each by itself before.
    const auto firstParts = [&](int count) {
        QByteArray list = pickle + "0](";
        for (int part = 1; part <= count; ++part)
            list += QByteArray("h") + char(part);
        return list + "e.";
    };
    QVERIFY(reader.read(firstParts(2)));
    QVERIFY2(reader.toVariant().isValid(), qPrintable(reader.error().text));
    QVERIFY(reader.read(firstParts(3)));
    QVERIFY(!reader.toVariant().isValid());
    QVERIFY2(reader.error().text.contains("nests deeper"_L1), qPrintable(reader.error().text));
}

void tst_Expansion::longText()
{
    PickleReader reader;
    const QByteArray pickle = argumentsOf("]\x94(" + textOf(QByteArray(10'000, 'x')) + "q" + QByteArray(1, '\0')
                                          + QByteArray("h\0", 2).repeated(9'999) + "e");
    QVariantMap arguments;
    QVariant sender;
    const CpuTimer timer;
    QVERIFY2(reader.readArguments(pickle, &arguments, &sender), qPrintable(reader.error().text));
    QVERIFY(timer.elapsed() < 200ms);
    const QVariantList list = arguments.value(u"value"_s).toList();
    QCOMPARE(list.size(), 10'000);
    QCOMPARE(list.last().toString(), QString(10'000, u'x'));
    QVERIFY(reader.expandedSize() < 250'000);

    const QByteArray tooMuch = argumentsOf("](" + textOf(QByteArray(20'000, 'x')) + "q" + QByteArray(1, '\0')
                                           + QByteArray("h\0", 2).repeated(9'999) + "e");
    QVERIFY(!reader.readArguments(tooMuch, &arguments, &sender));
    QCOMPARE(reader.error().text, u"the pickle expands beyond the limit of 134217728 bytes"_s);
}

void tst_Expansion::honest_data()
{
    QTest::addColumn<MakeValue>("value");
    QTest::addColumn<qsizetype>("size"); // of the list, or the bytes or text
    const auto row = [](const char *name, qsizetype size, MakeValue value) {
        QTest::newRow(name) << std::move(value) << size;
    };
    constexpr qsizetype most = 64 * mebibyte - 100;
    row("64 MiB of bytes", most, [] { return bytesOf(QByteArray(most, 'x')) + '\x94'; });
    row("64 MiB of ASCII", most, [] { return textOf(QByteArray(most, 'x')) + '\x94'; });
    row("64 MiB of Japanese", most / 3, [] { return textOf(QByteArray("\xe5\xaf\xbf").repeated(most / 3)) + '\x94'; });
    row("bytes in protocol 0", 20'000'000,
        [] { return "c_codecs\nencode\n(V" + QByteArray(20'000'000, '\xe4') + "\np1\nVlatin1\np2\ntp3\nRp4\n"; });
    row("4 million None", 4'000'000, [] { return listOf(QByteArray(1000, 'N'), 4000); });
    row("4 million bools", 4'000'000, [] { return listOf(QByteArray("\x88\x89").repeated(500), 4000); });
    row("4 million small ints", 4'000'000, [] { return listOf(QByteArray("K\1").repeated(1000), 4000); });
    row("4 million ints", 4'000'000, [] { return listOf(QByteArray("J\1\2\3\4").repeated(1000), 4000); });
    row("4 million floats", 4'000'000, [] { return listOf(QByteArray("G?\1\2\3\4\5\6\7").repeated(1000), 4000); });
    row("1.4 million bools in tuples", 700'000,
        [] { return listOf(QByteArray("\x88\x89\x86\x94").repeated(1000), 700); });
    row("1 million lists of one bool", 1'000'000, [] {
        return listOf(QByteArray("]\x94\x88"
                                 "a")
                          .repeated(1000),
                      1000);
    });
    row("1 million texts of two characters", 1'000'000,
        [] { return listOf(QByteArray("\x8c\2ab\x94").repeated(1000), 1000); });
    row("2.8 million texts of 16 characters", 2'800'000,
        [] { return listOf(textOf("0123456789abcdef").repeated(1000), 2800); });
    row("500,000 empty lists", 500'000, [] { return listOf(QByteArray("]\x94").repeated(1000), 500); });
    row("200,000 dicts of two", 200'000, [] {
        return "\x8c\1xq\1\x8c\1yq\2"
               "00"
            + listOf(QByteArray("}\x94(h\1K\1h\2K\2u").repeated(1000), 200);
    });
    row("200,000 dicts of one bool", 200'000, [] {
        return "\x8c\1xq\1"
               "0"
            + listOf(QByteArray("}\x94h\1\x88s").repeated(1000), 200);
    });
    row("a dict of 500,000", 500'000, [] { return "}\x94(" + numbered("\x8c\6#K\1", 0, 500'000) + "u"; });
    row("a dict of 500,000 without text keys", 500'000, [] {
        QByteArray pairs;
        for (int i = 0; i < 500'000; ++i)
            pairs += 'J' + littleEndian(quint32(i)) + "K\1";
        return "}\x94(" + pairs + 'u';
    });
    row("a set of 1 million", 1'000'000, [] {
        QByteArray items;
        for (int i = 0; i < 1'000'000; ++i)
            items += 'J' + littleEndian(quint32(i));
        return "\x8f\x94(" + items + "\x90";
    });
    row("200,000 members of an Enum", 200'000, [] {
        return "cm\nColour\nq\1"
               "0"
            + listOf(QByteArray("h\1K\1\x85\x94R\x94").repeated(1000), 200);
    });
    row("the same member 200,000 times", 200'000, [] {
        return "cm\nColour\nK\1\x85\x94Rq\1"
               "0"
            + listOf(QByteArray("h\1").repeated(1000), 200);
    });
    row("200,000 datetimes", 200'000, [] {
        return "cdatetime\ndatetime\nq\1"
               "0"
            + listOf(QByteArray("h\1C\x0a\7\xe8\1\2\3\4\5\0\0\6\x85\x94R\x94", 18).repeated(1000), 200);
    });
    row("200,000 Decimals", 200'000, [] {
        return "cdecimal\nDecimal\nq\1"
               "0"
            + listOf(QByteArray("h\1\x8c\3"
                                "1.5\x94\x85\x94R\x94")
                         .repeated(1000),
                     200);
    });
    row("200,000 objects without a state", 200'000, [] {
        return "cm\nC\nq\1"
               "0"
            + listOf(QByteArray("h\1)\x81\x94").repeated(1000), 200);
    });
    row("200,000 times a constant tuple", 200'000,
        [] { return QByteArray("(K\0K\0K\0K\0tq\1", 12) + "0" + listOf(QByteArray("h\1").repeated(1000), 200); });
    row("100,000 times one of three words", 99'900, [] {
        return "\x8c\x0aon the wayq\1\x8c\4"
               "doneq\2\x8c\6failedq\3"
               "000"
            + listOf(QByteArray("h\1h\2h\3").repeated(333), 100);
    });
    row("60 MB of a bytearray", 60'000'000, [] {
        QByteArray size(8, '\0');
        qToLittleEndian(quint64(60'000'000), size.data());
        return "\x96" + size + QByteArray(60'000'000, 'x') + '\x94';
    });
}

// As they arrive as an event of maximumEventSize.
void tst_Expansion::honest()
{
    QFETCH(const MakeValue, value);
    QFETCH(const qsizetype, size);
    const QByteArray pickle = "\x80\x04}\x94\x8c\x05value" + value() + "s.";
    QVERIFY(pickle.size() <= 64 * mebibyte);
    PickleReader reader;
    QVariantMap arguments;
    QVariant sender;
    const CpuTimer timer;
    QVERIFY2(reader.readArguments(pickle, &arguments, &sender), qPrintable(reader.error().text));
    qInfo("%lld bytes: %lld ms, counts for %.1f times as much", qlonglong(pickle.size()),
          qlonglong(timer.elapsed().count()), double(reader.expandedSize()) / double(pickle.size()));
    const QVariant read = arguments.value(u"value"_s);
    const QVariantList list = read.toList();
    const qsizetype readSize = read.metaType() == QMetaType::fromType<QByteArray>() ? read.toByteArray().size()
        : read.metaType() == QMetaType::fromType<QString>()                         ? read.toString().size()
        : read.metaType() == QMetaType::fromType<QVariantMap>()                     ? read.toMap().size()
        : read.metaType() == QMetaType::fromType<PyventDict>()                      ? read.value<PyventDict>().size()
        : read.metaType() == QMetaType::fromType<PyventSet>()                       ? read.value<PyventSet>().size()
        : read.metaType() == QMetaType::fromType<PyventObject>() ? read.value<PyventObject>().toByteArray().size()
                                                                 : list.size();
    QCOMPARE(readSize, size);
}

PYVENT_TEST(tst_Expansion)
#include "tst_expansion.moc"
