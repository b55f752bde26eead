// SPDX-License-Identifier: MIT
#include "argumenttext.h"
#include "support/testprogram.h"

#include <PyventDateTime>
#include <PyventTuple>

#include <QtTest>

using namespace Pyvent::Inspector;
using namespace Qt::StringLiterals;

class tst_ArgumentText : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void reads_data();
    void reads();
    void marksMistakes_data();
    void marksMistakes();
    void writesWhatItReads_data();
    void writesWhatItReads();
};

void tst_ArgumentText::reads_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QVariantMap>("arguments");
    const QVariant tuple = QVariant::fromValue(PyventTuple({1LL}));
    QTest::newRow("nothing") << QString() << QVariantMap();
    QTest::newRow("empty lines") << u"\n  \n\n"_s << QVariantMap();
    QTest::newRow("text") << u"food=su shi "_s << QVariantMap{{u"food"_s, u"su shi "_s}};
    QTest::newRow("no text") << u"food="_s << QVariantMap{{u"food"_s, u""_s}};
    QTest::newRow("equals in text") << u"a=b=c:=d"_s << QVariantMap{{u"a"_s, u"b=c:=d"_s}};
    QTest::newRow("JSON") << u"n:=8\nl:=[1, null]"_s
                          << QVariantMap{{u"n"_s, 8LL}, {u"l"_s, QVariantList{1LL, QVariant()}}};
    QTest::newRow("several lines") << u"m:={\"a\":\n  1}\nb=2"_s
                                   << QVariantMap{{u"m"_s, QVariantMap{{u"a"_s, 1LL}}}, {u"b"_s, u"2"_s}};
    QTest::newRow("quoted keys") << u"\"a=b\"=c\n\"d\\n\":=1"_s << QVariantMap{{u"a=b"_s, u"c"_s}, {u"d\n"_s, 1LL}};
    QTest::newRow("tuple") << u"t:={\"$type\":\"tuple\",\"value\":[1]}"_s << QVariantMap{{u"t"_s, tuple}};
}

void tst_ArgumentText::reads()
{
    QFETCH(QString, text);
    QFETCH(QVariantMap, arguments);
    const ParsedArguments parsed = parseArguments(text);
    QVERIFY2(!parsed.mistake, parsed.mistake ? qPrintable(parsed.mistake->reason) : "");
    QCOMPARE(parsed.arguments, arguments);
}

void tst_ArgumentText::marksMistakes_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("marked");
    QTest::addColumn<QString>("reason");
    QTest::newRow("no argument") << u"a=1\nfood"_s << u"food"_s << u"key=text"_s;
    QTest::newRow("no key") << u"=1"_s << u"="_s << u"no key"_s;
    QTest::newRow("no JSON key") << u":=1"_s << u":="_s << u"no key"_s;
    QTest::newRow("twice") << u"a=1\na:=2"_s << u"a"_s << u"given twice"_s;
    QTest::newRow("word") << u"n:=eight"_s << u"eight"_s << u"a string has double quotes"_s;
    QTest::newRow("inside") << u"l:=[1, 2 3]"_s << u"3]"_s << u"',' or ']'"_s;
    QTest::newRow("second line") << u"l:=[1,\n  x]\nb=1"_s << u"x]"_s << u"a value"_s;
    QTest::newRow("unfinished") << u"l:=[1,"_s << u"[1,"_s << u"ends where"_s;
    QTest::newRow("empty") << u"l:="_s << u""_s << u"ends where"_s;
    QTest::newRow("indented") << u" a=1"_s << u" a=1"_s << u"beginning of its line"_s;
    QTest::newRow("two lines of text") << u"a=1\n b"_s << u" b"_s << u"text is one line"_s;
    QTest::newRow("open key") << u"\"a=1"_s << u"\"a=1"_s << u"closing"_s;
    QTest::newRow("after key") << u"\"a\" 1"_s << u" 1"_s << u"after the key"_s;
    QTest::newRow("class") << u"o:={\"$type\":\"Order\",\"value\":{}}"_s << u"{\"$type\":\"Order\",\"value\":{}}"_s
                           << u"'Order'"_s;
}

void tst_ArgumentText::marksMistakes()
{
    QFETCH(QString, text);
    QFETCH(QString, marked);
    QFETCH(QString, reason);
    const ParsedArguments parsed = parseArguments(text);
    QVERIFY(parsed.mistake);
    QVERIFY2(parsed.mistake->reason.contains(reason), qPrintable(parsed.mistake->reason));
    QCOMPARE(text.mid(parsed.mistake->position, parsed.mistake->length), marked);
    QVERIFY(parsed.mistake->length > 0); // something to see, also at the end
}

void tst_ArgumentText::writesWhatItReads_data()
{
    QTest::addColumn<QVariantMap>("arguments");
    QTest::addColumn<QString>("text");
    QTest::newRow("text") << QVariantMap{{u"food"_s, u"sushi"_s}} << u"food=sushi"_s;
    QTest::newRow("number") << QVariantMap{{u"n"_s, 8LL}} << u"n:=8"_s;
    QTest::newRow("line end") << QVariantMap{{u"t"_s, u"a\nb"_s}} << u"t:=\"a\\nb\""_s;
    QTest::newRow("line separator") << QVariantMap{{u"t"_s, u"a\u2028b\u2029"_s}} << u"t:=\"a\\u2028b\\u2029\""_s;
    QTest::newRow("keys") << QVariantMap{{u""_s, u"1"_s}, {u"a:"_s, u"2"_s}, {u"\"q"_s, u"3"_s}, {u" s"_s, u"4"_s}}
                          << u"\"\"=1\n\" s\"=4\n\"\\\"q\"=3\n\"a:\"=2"_s;
    QTest::newRow("nested") << QVariantMap{{u"m"_s, QVariantMap{{u"$type"_s, QVariantList{QVariant()}}}}}
                            << u"m:={\"$type\":\"dict\",\"value\":[[\"$type\",[null]]]}"_s;
}

void tst_ArgumentText::writesWhatItReads()
{
    QFETCH(QVariantMap, arguments);
    QFETCH(QString, text);
    QCOMPARE(writeArguments(arguments), text);
    QCOMPARE(parseArguments(text).arguments, arguments);
}

PYVENT_TEST(tst_ArgumentText)
#include "tst_argumenttext.moc"
