// SPDX-License-Identifier: MIT
#include "decimal.h"
#include "eventline.h"
#include "jsonreader.h"
#include "jsonwriter.h"
#include "pythontext.h"
#include "support/testprogram.h"
#include "typedvalue.h"

#include <PyventArray>
#include <PyventDateTime>
#include <PyventDict>
#include <PyventInteger>
#include <PyventObject>
#include <PyventSet>
#include <PyventTime>
#include <PyventTimeDelta>
#include <PyventTuple>

#include <QtTest>

#include <cmath>
#include <limits>

using namespace Pyvent::Text;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

PyventInteger powerOfTwo(int exponent)
{
    return PyventInteger::fromTwosComplement(QByteArray(exponent / 8, '\0') + char(1 << exponent % 8) + '\0');
}

PyventInteger minus(const PyventInteger &number)
{
    return fromDecimal(u'-' + QString::fromLatin1(toDecimal(number)));
}

PyventObject made(const QString &module, const QString &name, const QVariantList &arguments)
{
    return PyventObject::call(PyventObject(module, name), arguments);
}

PyventObject withItems(PyventObject object, const QVariantList &items)
{
    object.setListItems(items);
    return object;
}

PyventObject withPairs(PyventObject object, const QList<PyventDict::Pair> &pairs)
{
    object.setDictItems(PyventDict(pairs));
    return object;
}

PyventTime withOffset(PyventTime time, std::chrono::microseconds offset)
{
    time.setUtcOffset(offset);
    return time;
}

PyventTime inZone(PyventTime time, const QString &zone)
{
    time.setTimeZone(QVariant::fromValue(made(u"zoneinfo"_s, u"ZoneInfo"_s, {zone})));
    return time;
}

template <typename T>
QVariant any(const T &value)
{
    return QVariant::fromValue(value);
}

constexpr auto oneMicrosecondPastThree = 3h + 1us;
const QDate day(2024, 1, 2);

} // namespace

class tst_JsonValue : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void writesAndReadsBack_data();
    void writesAndReadsBack();
    void sendsAgainObjectsOfAnyClass_data();
    void sendsAgainObjectsOfAnyClass();
    void refusesWhatIsNoObject_data();
    void refusesWhatIsNoObject();
    void onlyWrites_data();
    void onlyWrites();
    void onlyReads_data();
    void onlyReads();
    void refuses_data();
    void refuses();
    void keepsNan();
    void readsLongStringsInOnePiece();
    void isExactForIntegersOfAnySize_data();
    void isExactForIntegersOfAnySize();
    void writesHugeIntegersInHexadecimal();
    void refusesIntegersOfTooManyDigits();
    void limitsDepth();
    void writesNoTimeThatIsNone_data();
    void writesNoTimeThatIsNone();
    void tellsThatAnEventComesAgain();
    void keepsWhatWasHeardAsItWas();
};

// What is written, and read as the same value of the same type.
void tst_JsonValue::writesAndReadsBack_data()
{
    QTest::addColumn<QVariant>("value");
    QTest::addColumn<QString>("json");

    const auto row = [](const char *name, const QVariant &value, const QString &json) {
        QTest::newRow(name) << QVariant::fromValue(value) << json;
    };
    row("None", QVariant(), u"null"_s);
    row("true", true, u"true"_s);
    row("false", false, u"false"_s);
    row("zero", 0LL, u"0"_s);
    row("smallest qint64", std::numeric_limits<qlonglong>::min(), u"-9223372036854775808"_s);
    row("largest qint64", std::numeric_limits<qlonglong>::max(), u"9223372036854775807"_s);
    row("above qint64", 9223372036854775808ULL, u"9223372036854775808"_s);
    row("largest quint64", std::numeric_limits<qulonglong>::max(), u"18446744073709551615"_s);
    row("above quint64", any(powerOfTwo(64)), u"18446744073709551616"_s);
    row("below qint64", any(minus(fromDecimal(u"9223372036854775809"))), u"-9223372036854775809"_s);
    row("2 ** 200", any(powerOfTwo(200)), u"1606938044258990275541962092341162602522202993782792835301376"_s);

    row("whole float", 1.0, u"1.0"_s);
    row("minus zero", -0.0, u"-0.0"_s);
    row("fraction", 0.1, u"0.1"_s);
    row("small float", 5e-324, u"5e-324"_s);
    row("largest float", std::numeric_limits<double>::max(), u"1.7976931348623157e+308"_s);
    row("float with 17 digits", 0.1 + 0.2, u"0.30000000000000004"_s);
    row("float before exponents", 1e15, u"1000000000000000.0"_s);
    row("float with exponent", 1e16, u"1e+16"_s);
    row("infinity", std::numeric_limits<double>::infinity(), uR"({"$type":"float","value":"inf"})"_s);
    row("minus infinity", -std::numeric_limits<double>::infinity(), uR"({"$type":"float","value":"-inf"})"_s);

    row("empty string", u""_s, uR"("")"_s);
    row("string", u"sushi"_s, uR"("sushi")"_s);
    row("quotes", u"say \"hi\" \\ 'ho' /"_s, uR"("say \"hi\" \\ 'ho' /")"_s);
    row("controls", u"\b\f\n\r\t\u0001\u001b"_s, uR"("\b\f\n\r\t\u0001\u001b")"_s);
    row("NUL", QString(QChar(0)), u"\"\\u0000\""_s);
    row("DEL and C1", u"\u007f\u009b"_s, u"\"\\u007f\\u009b\""_s);
    row("two bytes of UTF-8", u"é"_s, u"\"é\""_s);
    row("three bytes", u"寿司"_s, u"\"寿司\""_s);
    row("four bytes", u"🍣"_s, u"\"🍣\""_s);
    row("lone high surrogate", u"a"_s + QChar(0xd83c) + u'b', u"\"a\\ud83cb\""_s);
    row("lone low surrogate", QString(QChar(0xdf63)), u"\"\\udf63\""_s);
    row("surrogates in the wrong order", QString(QChar(0xdf63)) + QChar(0xd83c), u"\"\\udf63\\ud83c\""_s);

    row("empty list", QVariantList(), u"[]"_s);
    row("list", QVariantList{1LL, u"two"_s, QVariant(), QVariantList{3.5}}, uR"([1,"two",null,[3.5]])"_s);
    row("empty dict", QVariantMap(), u"{}"_s);
    row("dict", QVariantMap{{u"b"_s, 1LL}, {u"a"_s, QVariantMap{{u""_s, true}}}}, uR"({"a":{"":true},"b":1})"_s);

    const auto typed = [row](const char *name, const QVariant &value, const QString &type, const QString &json) {
        row(name, value, uR"({"$type":"%1","value":%2})"_s.arg(type, json));
    };
    typed("bytes", QByteArray("hi\0\xff", 4), u"bytes"_s, uR"("aGkA/w==")"_s);
    typed("empty bytes", QByteArray(""), u"bytes"_s, uR"("")"_s);
    typed("tuple", any(PyventTuple({1LL, u"a"_s})), u"tuple"_s, uR"([1,"a"])"_s);
    typed("tuple in tuple", any(PyventTuple({any(PyventTuple())})), u"tuple"_s, uR"([{"$type":"tuple","value":[]}])"_s);
    typed("set", any(PyventSet({1LL, 2LL})), u"set"_s, u"[1,2]"_s);
    typed("frozenset", any(PyventSet({}, PyventSet::FrozenSet)), u"frozenset"_s, u"[]"_s);
    typed("dict with other keys", any(PyventDict({{1LL, u"one"_s}, {u"two"_s, 2LL}})), u"dict"_s,
          uR"([[1,"one"],["two",2]])"_s);
    typed("dict with $type", QVariantMap{{u"$type"_s, u"tuple"_s}, {u"value"_s, QVariantList()}}, u"dict"_s,
          uR"([["$type","tuple"],["value",[]]])"_s);

    typed("date", day, u"date"_s, uR"("2024-01-02")"_s);
    typed("time", any(PyventTime(oneMicrosecondPastThree)), u"time"_s, uR"("03:00:00.000001")"_s);
    typed("time without fraction", any(PyventTime(3h)), u"time"_s, uR"("03:00:00")"_s);
    typed("time with offset", any(withOffset(PyventTime(3h), -90min)), u"time"_s, uR"("03:00:00-01:30")"_s);
    typed("naive datetime", any(PyventDateTime(day, PyventTime(oneMicrosecondPastThree))), u"datetime"_s,
          uR"("2024-01-02T03:00:00.000001")"_s);
    typed("datetime in UTC", any(PyventDateTime(day, withOffset(PyventTime(3h), 0us))), u"datetime"_s,
          uR"("2024-01-02T03:00:00+00:00")"_s);
    typed("datetime in India", any(PyventDateTime(day, withOffset(PyventTime(3h), 330min))), u"datetime"_s,
          uR"("2024-01-02T03:00:00+05:30")"_s);
    typed("offset in microseconds", any(PyventDateTime(day, withOffset(PyventTime(3h), -1us))), u"datetime"_s,
          uR"("2024-01-02T03:00:00-00:00:00.000001")"_s);
    typed("fold", any(PyventDateTime(day, PyventTime(3h, 1))), u"datetime"_s, uR"("2024-01-02T03:00:00[fold=1]")"_s);
    typed("first year", any(PyventDateTime(QDate(1, 1, 1), PyventTime(0us))), u"datetime"_s,
          uR"("0001-01-01T00:00:00")"_s);
    typed("timedelta", any(PyventTimeDelta(-1, 2, 3)), u"timedelta"_s, u"[-1,2,3]"_s);
    typed("UUID", QUuid(u"12345678-9abc-def0-1234-56789abcdef0"_s), u"UUID"_s,
          uR"("12345678-9abc-def0-1234-56789abcdef0")"_s);
    typed("nil UUID", QUuid(), u"UUID"_s, uR"("00000000-0000-0000-0000-000000000000")"_s);

    typed("Decimal", any(made(u"decimal"_s, u"Decimal"_s, {u"1.10"_s})), u"Decimal"_s, uR"("1.10")"_s);
    typed("Decimal NaN", any(made(u"decimal"_s, u"Decimal"_s, {u"NaN"_s})), u"Decimal"_s, uR"("NaN")"_s);
    typed("Decimal with exponent", any(made(u"decimal"_s, u"Decimal"_s, {u"-1E+28"_s})), u"Decimal"_s,
          uR"("-1E+28")"_s);
    typed("Fraction", any(made(u"fractions"_s, u"Fraction"_s, {u"-1/3"_s})), u"Fraction"_s, uR"("-1/3")"_s);
    typed("complex", any(made(u"builtins"_s, u"complex"_s, {1.0, -2.5})), u"complex"_s, u"[1.0,-2.5]"_s);
    typed("bytearray", any(made(u"builtins"_s, u"bytearray"_s, {QByteArray("hi")})), u"bytearray"_s, uR"("aGk=")"_s);
    typed("path", any(made(u"pathlib"_s, u"PosixPath"_s, {u"/"_s, u"tmp"_s, u"x"_s})), u"PosixPath"_s,
          uR"("/tmp/x")"_s);
    typed("relative path", any(made(u"pathlib"_s, u"PurePosixPath"_s, {u"tmp"_s})), u"PurePosixPath"_s, uR"("tmp")"_s);
    typed("deque with a maximum", any(withItems(made(u"collections"_s, u"deque"_s, {any(PyventTuple()), 5LL}), {1LL})),
          u"deque"_s, uR"({"items":[1],"maxlen":5})"_s);
    typed("defaultdict",
          any(withPairs(made(u"collections"_s, u"defaultdict"_s, {any(PyventObject(u"builtins"_s, u"list"_s))}),
                        {{1LL, QVariantList{2LL}}})),
          u"defaultdict"_s, uR"({"factory":"list","pairs":[[1,[2]]]})"_s);
    typed("defaultdict without a factory", any(made(u"collections"_s, u"defaultdict"_s, {})), u"defaultdict"_s,
          uR"({"factory":null,"pairs":[]})"_s);
    typed("Counter", any(made(u"collections"_s, u"Counter"_s, {QVariantMap{{u"a"_s, 2LL}}})), u"Counter"_s,
          uR"([["a",2]])"_s);
    typed("Counter of numbers", any(made(u"collections"_s, u"Counter"_s, {any(PyventDict({{1LL, 2LL}}))})),
          u"Counter"_s, uR"([[1,2]])"_s);
    typed("range", any(made(u"builtins"_s, u"range"_s, {0LL, 5LL, 1LL})), u"range"_s, uR"([0,5,1])"_s);
    typed("type of Python", any(PyventObject(u"builtins"_s, u"int"_s)), u"type"_s,
          uR"({"module":"builtins","name":"int"})"_s);
    typed("timezone", any(made(u"datetime"_s, u"timezone"_s, {any(PyventTimeDelta(1h))})), u"timezone"_s,
          uR"("+01:00")"_s);
    typed("timezone with a name", any(made(u"datetime"_s, u"timezone"_s, {any(PyventTimeDelta(-1h)), u"A, b"_s})),
          u"timezone"_s, uR"("-01:00[tzname=A, b]")"_s);
    typed("ZoneInfo", any(made(u"zoneinfo"_s, u"ZoneInfo"_s, {u"Europe/Berlin"_s})), u"ZoneInfo"_s,
          uR"("Europe/Berlin")"_s);
    typed("datetime in a zone", any(PyventDateTime(day, inZone(PyventTime(3h), u"UTC"_s))), u"datetime"_s,
          uR"("2024-01-02T03:00:00[UTC]")"_s);
    typed("time in a zone", any(inZone(PyventTime(3h, 1), u"UTC"_s)), u"time"_s, uR"("03:00:00[UTC][fold=1]")"_s);
    PyventTime inNamedOffset(3h, 1);
    inNamedOffset.setTimeZone(any(made(u"datetime"_s, u"timezone"_s, {any(PyventTimeDelta(1h)), u"CET"_s})));
    typed("time with a named offset", any(inNamedOffset), u"time"_s, uR"("03:00:00+01:00[tzname=CET][fold=1]")"_s);
    typed("deque", any(withItems(made(u"collections"_s, u"deque"_s, {}), {1LL, 2LL})), u"deque"_s, u"[1,2]"_s);
    typed("OrderedDict", any(withPairs(made(u"collections"_s, u"OrderedDict"_s, {}), {{u"z"_s, 1LL}, {2LL, u"a"_s}})),
          u"OrderedDict"_s, uR"([["z",1],[2,"a"]])"_s);

    const double pi = 3.25;
    const QByteArray piBytes(reinterpret_cast<const char *>(&pi), sizeof pi);
    typed("numpy.float64", any(PyventArray::scalar(u"<f8"_s, piBytes)), u"float64"_s, u"3.25"_s);
    typed("numpy.uint8", any(PyventArray::scalar(u"|u1"_s, "\xff"_ba)), u"uint8"_s, u"255"_s);
    typed("ndarray", any(PyventArray(u"|i1"_s, {2, 2}, "\1\2\3\4"_ba)), u"ndarray"_s,
          uR"({"data":"AQIDBA==","dtype":"|i1","shape":[2,2]})"_s);
    typed("Fortran's ndarray", any(PyventArray(u"|i1"_s, {2, 2}, "\1\2\3\4"_ba, PyventArray::ColumnMajor)),
          u"ndarray"_s, uR"({"data":"AQIDBA==","dtype":"|i1","order":"F","shape":[2,2]})"_s);
}

void tst_JsonValue::writesAndReadsBack()
{
    QFETCH(QVariant, value);
    QFETCH(QString, json);
    const QByteArray written = JsonWriter::toJson(value);
    QCOMPARE(QString::fromUtf8(written), json);

    QJsonParseError error;
    QJsonDocument::fromJson('[' + written + ']', &error);
    QCOMPARE(error.errorString(), QJsonParseError().errorString());

    const JsonReader::Result read = JsonReader::read(json);
    QCOMPARE(read.error, QString());
    QCOMPARE(read.value.metaType(), value.metaType());
    QCOMPARE(read.value, value);
    if (value.typeId() == QMetaType::Double)
        QCOMPARE(std::signbit(read.value.toDouble()), std::signbit(value.toDouble()));
    QCOMPARE(JsonWriter::toJson(read.value), written);
}

void tst_JsonValue::onlyWrites_data()
{
    QTest::addColumn<QVariant>("value");
    QTest::addColumn<QString>("json");

    const auto row = [](const char *name, const QVariant &value, const QString &json) {
        QTest::newRow(name) << QVariant::fromValue(value) << json;
    };
    row("nullptr", QVariant::fromValue(nullptr), u"null"_s);
    row("int", 1, u"1"_s);
    row("null string", QString(), uR"("")"_s);
    row("float", 0.5F, u"0.5"_s);
    row("nan", std::numeric_limits<double>::quiet_NaN(), uR"({"$type":"float","value":"nan"})"_s);
    row("string list", QStringList{u"a"_s, u"b"_s}, uR"(["a","b"])"_s);
    row("QTime", QTime(1, 2, 3, 4), uR"({"$type":"time","value":"01:02:03.004000"})"_s);
    row("QDateTime", QDateTime(day, QTime(3, 0), Qt::UTC),
        uR"({"$type":"datetime","value":"2024-01-02T03:00:00+00:00"})"_s);
    row("QUrl", QUrl(u"https://qt.io"_s), uR"({"$type":"QUrl","value":"https://qt.io"})"_s);
    row("QPoint", QPoint(1, 2), uR"-({"$type":"QPoint","value":"QPoint(1,2)"})-"_s);
    row("Fraction of Python 3.11", any(made(u"fractions"_s, u"Fraction"_s, {3LL, 4LL})),
        uR"({"$type":"Fraction","value":"3/4"})"_s);
    row("class", any(PyventObject(u"shop"_s, u"Order"_s)),
        uR"({"$type":"type","value":{"module":"shop","name":"Order"}})"_s);
    row("enum", any(made(u"shop"_s, u"Colour"_s, {1LL})),
        uR"({"$type":"Colour","value":{"args":[1],"module":"shop","name":"Colour"}})"_s);
    row("enum of Python 3.11.2",
        any(made(u"builtins"_s, u"getattr"_s, {any(PyventObject(u"shop"_s, u"Dish.Colour"_s)), u"RED"_s})),
        uR"({"$type":"Colour","value":{"member":"RED","module":"shop","name":"Dish.Colour"}})"_s);
    PyventObject order = PyventObject::create(PyventObject(u"shop"_s, u"Order"_s));
    order.setState(QVariantMap{{u"food"_s, u"sushi"_s}});
    row("data class", any(order),
        uR"({"$type":"Order","value":{"module":"shop","name":"Order","new":[],"state":{"food":"sushi"}}})"_s);
    row("defaultdict of a class's objects",
        any(withPairs(made(u"collections"_s, u"defaultdict"_s, {any(PyventObject(u"shop"_s, u"Order"_s))}),
                      {{1LL, 2LL}})),
        uR"({"$type":"defaultdict","value":{"args":[{"$type":"type","value":{"module":"shop","name":"Order"}}],)"
        uR"("module":"collections","name":"defaultdict","pairs":[[1,2]]}})"_s);
    row("path of Python 3.13", any(made(u"pathlib"_s, u"PosixPath"_s, {u"/tmp/x"_s})),
        uR"({"$type":"PosixPath","value":"/tmp/x"})"_s);
    row("ZoneInfo as it is pickled", any(made(u"zoneinfo"_s, u"ZoneInfo._unpickle"_s, {u"Europe/Berlin"_s, 1LL})),
        uR"({"$type":"ZoneInfo","value":"Europe/Berlin"})"_s);
    PyventTime inSomeZone(3h, 1);
    inSomeZone.setTimeZone(any(made(u"pytz"_s, u"_p"_s, {u"Europe/Berlin"_s})));
    row("time in a zone that only Python knows", any(inSomeZone),
        uR"({"$type":"time","value":{"iso":"03:00:00[fold=1]","tzinfo":)"
        uR"({"$type":"_p","value":{"args":["Europe/Berlin"],"module":"pytz","name":"_p"}}}})"_s);
}

void tst_JsonValue::onlyWrites()
{
    QFETCH(QVariant, value);
    QFETCH(QString, json);
    QCOMPARE(QString::fromUtf8(JsonWriter::toJson(value)), json);
}

// What 'send --from-json' reads, and ':=' does not.
void tst_JsonValue::sendsAgainObjectsOfAnyClass_data()
{
    QTest::addColumn<QVariant>("value");

    const auto row = [](const char *name, const PyventObject &object) { QTest::newRow(name) << any(any(object)); };
    const PyventObject type(u"shop"_s, u"Order"_s);
    row("class", type);
    row("enum", made(u"shop"_s, u"Colour"_s, {1LL}));
    const PyventObject byName =
        made(u"builtins"_s, u"getattr"_s, {any(PyventObject(u"shop"_s, u"Colour"_s)), u"RED"_s});
    row("enum of Python 3.11.2", byName);
    row("flags of Python 3.11.2", made(u"_operator"_s, u"or_"_s, {any(byName), any(byName)}));
    row("class with the name of another one", made(u"shop"_s, u"Decimal"_s, {u"1.5"_s}));
    row("named tuple", PyventObject::create(type, {1LL, u"two"_s}));
    row("new with keywords", PyventObject::create(type, {}, {{u"$type"_s, 1LL}, {u"module"_s, any(type)}}));
    row("made by an object", PyventObject::call(PyventObject::call(type, {}), {any(type)}));
    PyventObject object = PyventObject::create(type);
    object.setState(QVariantMap{{u"food"_s, any(PyventTuple({1LL}))}});
    row("with state", object);
    object.setState(QVariant::fromValue(nullptr));
    row("with None as its state", object);
    object.setStateSetter(PyventObject(u"shop"_s, u"set_state"_s));
    row("with a setter", object);
    row("with items", withItems(made(u"shop"_s, u"Menu"_s, {}), {1LL, any(object)}));
    row("with pairs", withPairs(made(u"shop"_s, u"Menu"_s, {}), {{any(type), 1LL}}));
    row("deque of a subclass", withItems(made(u"shop"_s, u"deque"_s, {}), {1LL}));
}

void tst_JsonValue::sendsAgainObjectsOfAnyClass()
{
    QFETCH(QVariant, value);
    const PyventEvent event{.name = u"order"_s, .sender = u"till"_s, .args = {{u"v"_s, value}}};
    QString error;
    const std::optional<PyventEvent> again = eventToSend(eventAsJson(event), &error);
    QVERIFY2(again, qPrintable(error));
    QCOMPARE(again->args, event.args);
    QCOMPARE(again->name, event.name);
    QCOMPARE(again->sender, event.sender);
    const JsonReader::Result read = JsonReader::read(QString::fromUtf8(JsonWriter::toJson(value)));
    QVERIFY2(read.error.contains(u"--from-json"_s), qPrintable(read.error));
}

void tst_JsonValue::refusesWhatIsNoObject_data()
{
    QTest::addColumn<QString>("members");

    const auto row = [](const QString &members) { QTest::newRow(qPrintable(members)) << members; };
    row(u"{}"_s);
    row(uR"({"name":"Order"})"_s);
    row(uR"({"module":"","name":"Order"})"_s);
    row(uR"({"module":"shop","name":1})"_s);
    row(uR"({"module":"shop","name":"Order","more":1})"_s);
    row(uR"({"module":"shop","name":"Order","args":{}})"_s);
    row(uR"({"module":"shop","name":"Order","args":[],"new":[]})"_s);
    row(uR"({"module":"shop","name":"Order","args":[],"kwargs":{}})"_s);
    row(uR"({"module":"shop","name":"Order","new":[],"kwargs":[]})"_s);
    row(uR"({"module":"shop","name":"Order","args":[],"items":{}})"_s);
    row(uR"({"module":"shop","name":"Order","args":[],"pairs":[[1]]})"_s);
    row(uR"({"module":"shop","name":"Order","args":[],"setter":"eval"})"_s);
    row(uR"({"module":"shop","name":"Order","state":1})"_s);
    row(uR"({"callable":"eval","args":[]})"_s);
    row(uR"({"callable":{"$type":"type","value":{"module":"m","name":"n"}}})"_s);
    row(uR"({"callable":{"$type":"type","value":{"module":"m","name":"n"}},"module":"m","name":"n","args":[]})"_s);
}

void tst_JsonValue::refusesWhatIsNoObject()
{
    QFETCH(QString, members);
    const QString line = uR"({"name":"order","args":{"v":{"$type":"Order","value":%1}}})"_s.arg(members);
    QString error;
    QVERIFY(!eventToSend(line.toUtf8(), &error));
    QVERIFY2(error.contains(u"the type 'Order'"_s), qPrintable(error));
}

void tst_JsonValue::onlyReads_data()
{
    QTest::addColumn<QString>("json");
    QTest::addColumn<QVariant>("value");

    const auto row = [](const char *name, const QString &json, const QVariant &value) {
        QTest::newRow(name) << json << QVariant::fromValue(value);
    };
    row("white space", u" \t\r\n{ \"a\" : [ 1 , 2 ] } \n"_s, QVariantMap{{u"a"_s, QVariantList{1LL, 2LL}}});
    row("escapes", uR"("\"\\\/\b\f\n\r\t\u00e9\uD83C\uDF63")"_s, u"\"\\/\b\f\n\r\té🍣"_s);
    row("minus zero", u"-0"_s, 0LL);
    row("exponents", u"[1e2,1E+2,1.5e-1]"_s, QVariantList{100.0, 100.0, 0.15});
    row("too small a float", u"1e-999"_s, 0.0);
    row("dict with string keys", uR"({"$type":"dict","value":[["a",1]]})"_s, QVariantMap{{u"a"_s, 1LL}});
    row("int", uR"({"$type":"int","value":"0x10"})"_s, 16LL);
    row("datetime with Z", uR"({"$type":"datetime","value":"2024-01-02 03:00Z"})"_s,
        any(PyventDateTime(day, withOffset(PyventTime(3h), 0us))));
    row("complex", uR"({"$type":"complex","value":[1.0,2.0]})"_s, any(made(u"builtins"_s, u"complex"_s, {1.0, 2.0})));
}

void tst_JsonValue::onlyReads()
{
    QFETCH(QString, json);
    QFETCH(QVariant, value);
    const JsonReader::Result read = JsonReader::read(json);
    QCOMPARE(read.error, QString());
    QCOMPARE(read.value.metaType(), value.metaType());
    QCOMPARE(read.value, value);
}

void tst_JsonValue::refuses_data()
{
    QTest::addColumn<QString>("json");
    QTest::addColumn<qsizetype>("offset");
    QTest::addColumn<QString>("error"); // a part of it

    const auto row = [](const QString &json, qsizetype offset, const QString &error) {
        QTest::newRow(qPrintable(json.isEmpty() ? u"nothing"_s : json)) << json << offset << error;
    };
    row(u""_s, 0, u"ends where a value"_s);
    row(u"  "_s, 2, u"ends where a value"_s);
    row(u"sushi"_s, 0, u"double quotes"_s);
    row(u"tru"_s, 0, u"a value"_s);
    row(u"'a'"_s, 0, u"double quotes"_s);
    row(u"NaN"_s, 0, u"a value"_s);
    row(u"1 2"_s, 2, u"more after the value"_s);
    row(u"truely"_s, 4, u"more after the value"_s);
    row(u"01"_s, 0, u"begin with 0"_s);
    row(u"-"_s, 1, u"a digit"_s);
    row(u"+1"_s, 0, u"a value"_s);
    row(u".5"_s, 0, u"a value"_s);
    row(u"1."_s, 2, u"a digit"_s);
    row(u"1e"_s, 2, u"a digit"_s);
    row(u"0x10"_s, 1, u"more after"_s);
    row(u"1e999"_s, 0, u"too large"_s);
    row(u"["_s, 1, u"a value"_s);
    row(u"[1"_s, 2, u"',' or ']'"_s);
    row(u"[1,]"_s, 3, u"a value"_s);
    row(u"[1;2]"_s, 2, u"',' or ']'"_s);
    row(u"{"_s, 1, u"a key"_s);
    row(u"{a:1}"_s, 1, u"a key in double quotes"_s);
    row(uR"({"a" 1})"_s, 5, u"':'"_s);
    row(uR"({"a":1)"_s, 6, u"',' or '}'"_s);
    row(uR"({"a":1,})"_s, 7, u"a key"_s);
    row(uR"({"a":1,"a":2})"_s, 7, u"twice"_s);
    row(uR"(["a)"_s, 1, u"no end"_s);
    row(u"\"a\nb\""_s, 2, u"control character"_s);
    row(uR"("\x41")"_s, 1, u"an escape"_s);
    row(uR"("\u12")"_s, 1, u"an escape"_s);
    row(uR"("\u12g4")"_s, 1, u"an escape"_s);
    row(uR"("\)"_s, 1, u"an escape"_s);

    row(uR"([{"$type":"tuple"}])"_s, 1, u"\"value\""_s);
    row(uR"({"$type":1,"value":1})"_s, 0, u"\"value\""_s);
    row(uR"({"$type":"tuple","value":[],"more":1})"_s, 0, u"nothing else"_s);
    const auto typed = [row](const QString &type, const QString &value) {
        row(uR"({"$type":"%1","value":%2})"_s.arg(type, value), 0, u"'%1'"_s.arg(type));
    };
    typed(u"fruit"_s, u"1"_s);
    typed(u"bytes"_s, u"1"_s);
    typed(u"bytes"_s, uR"("a")"_s);
    typed(u"float"_s, uR"("1.0")"_s);
    typed(u"int"_s, uR"("x")"_s);
    typed(u"tuple"_s, uR"("a")"_s);
    typed(u"dict"_s, u"[[1]]"_s);
    typed(u"date"_s, uR"("2024-02-30")"_s);
    typed(u"date"_s, uR"("24-1-2")"_s);
    typed(u"time"_s, uR"("24:00")"_s);
    typed(u"datetime"_s, uR"("0000-01-01T00:00:00")"_s);
    typed(u"datetime"_s, uR"("2024-01-02")"_s);
    typed(u"datetime"_s, uR"("2024-01-02T03:00+99:00")"_s);
    typed(u"datetime"_s, uR"("2024-01-02T03:04:05+01:00[tzname=\u007fET]")"_s); // which nobody writes so
    typed(u"time"_s, uR"("03:00+01:00[tzname=\u0007]")"_s);
    typed(u"timezone"_s, uR"("+01:00[tzname=\u0007]")"_s);
    typed(u"timedelta"_s, u"[1,2]"_s);
    typed(u"timedelta"_s, u"[1000000000,0,0]"_s);
    typed(u"UUID"_s, uR"("no")"_s);
    typed(u"Decimal"_s, uR"("one")"_s);
    typed(u"Fraction"_s, uR"("1/0")"_s);
    typed(u"complex"_s, u"[1]"_s);
    typed(u"uint8"_s, u"256"_s);
    typed(u"ndarray"_s, uR"({"dtype":"<f8","shape":[2],"data":"AAAA"})"_s);
    // Whatever Python would have to call.
    typed(u"system"_s, uR"({"module":"os","name":"system","args":["true"]})"_s);
    typed(u"type"_s, uR"({"module":"os","name":"system"})"_s);
}

void tst_JsonValue::refuses()
{
    QFETCH(QString, json);
    QFETCH(qsizetype, offset);
    QFETCH(QString, error);
    const JsonReader::Result read = JsonReader::read(json);
    QVERIFY2(read.error.contains(error), qPrintable(read.error));
    QCOMPARE(read.errorOffset, offset);
    QVERIFY(!read.value.isValid());
}

void tst_JsonValue::keepsNan()
{
    const auto read = JsonReader::read(QString::fromUtf8(JsonWriter::toJson(std::nan(""))));
    QCOMPARE(read.value.metaType(), QMetaType::fromType<double>());
    QVERIFY(std::isnan(read.value.toDouble()));
}

// The writer works on a part of a string at a time; no pair of surrogates may be torn where one part ends.
void tst_JsonValue::readsLongStringsInOnePiece()
{
    for (const qsizetype length : {4094, 4095, 4096, 4097, 8192}) {
        const QString text = QString(length, u'a') + u"🍣"_s + QString(length, u'b');
        QCOMPARE(QString::fromUtf8(JsonWriter::toJson(text)), u'"' + text + u'"');
    }
}

void tst_JsonValue::isExactForIntegersOfAnySize_data()
{
    QTest::addColumn<int>("exponent");
    for (const int exponent : {65, 127, 128, 1000, 14284, 14285, 100'000})
        QTest::addRow("2 ** %d", exponent) << exponent;
}

void tst_JsonValue::isExactForIntegersOfAnySize()
{
    QFETCH(int, exponent);
    const PyventInteger number = powerOfTwo(exponent);
    const QString digits = QString::fromLatin1(toDecimal(number));
    QCOMPARE(digits.size(), qsizetype(double(exponent) * std::log10(2)) + 1);
    if (digits.size() < PyventInteger::MaximumDigits)
        QCOMPARE(digits, number.toString());

    for (const QString &json : {digits, u'-' + digits}) {
        const JsonReader::Result read = JsonReader::read(json);
        QCOMPARE(read.error, QString());
        QCOMPARE(read.value.metaType(), QMetaType::fromType<PyventInteger>());
        QCOMPARE(read.value.value<PyventInteger>().isNegative(), json.startsWith(u'-'));
        QCOMPARE(QString::fromLatin1(JsonWriter::toJson(read.value)), json);
    }
    QCOMPARE(JsonReader::read(digits).value.value<PyventInteger>(), number);
}

// They would take minutes.
void tst_JsonValue::refusesIntegersOfTooManyDigits()
{
    const QString most(maximumDecimalDigits, u'9');
    for (const QString &digits : {most, u'-' + most})
        QCOMPARE(JsonReader::read(digits).error, QString());
    const QString tooMany(5'000'000, u'9');
    const QString typed = uR"({"a":[{"$type":"int","value":"%1"}]})"_s;
    for (const QString &digits : {u'9' + most, u"-9"_s + most, tooMany}) {
        for (const QString &json : {u"[%1]"_s.arg(digits), typed.arg(digits)}) {
            const JsonReader::Result read = JsonReader::read(json);
            QVERIFY2(read.error.contains(u"digits, and 100000 are read"_s), qPrintable(read.error.left(200)));
            QVERIFY(!JsonReader::readStrangersArguments(u"{\"a\":%1}"_s.arg(json)).isValid());
        }
    }
    QVERIFY(!JsonReader::read(uR"({"$type":"Fraction","value":"%1/1"})"_s.arg(tooMany + u"x"_s)).isValid());
    const QString fraction = uR"({"$type":"Fraction","value":"%1/7"})"_s;
    JsonReader::read(fraction.arg(tooMany)); // it has an end
    // Nor may there be many long ones.
    const QString some(maximumDecimalDigits / 2, u'9');
    const QString item = uR"({"$type":"int","value":"%1"})"_s.arg(some);
    for (const QString &each : {some, item}) {
        const auto list = [&](int count) { return u'[' + QStringList(count, each).join(u',') + u']'; };
        QCOMPARE(JsonReader::read(list(4)).error, QString());
        const JsonReader::Result many = JsonReader::read(list(1000));
        QVERIFY2(many.error.contains(u"too many long integers"_s), qPrintable(many.error.left(200)));
    }
    const QString usual(600, u'9'); // of a key
    QCOMPARE(JsonReader::read(u'[' + QStringList(10'000, usual).join(u',') + u']').error, QString());
    // What is written is read again.
    for (const int exponent : {332'100, 332'184, 332'193, 333'300}) {
        const QVariant number = any(powerOfTwo(exponent));
        QCOMPARE(JsonReader::read(QString::fromLatin1(JsonWriter::toJson(number))).value, number);
    }
}

void tst_JsonValue::writesHugeIntegersInHexadecimal()
{
    const QVariant number = any(powerOfTwo(1'000'000));
    const QByteArray json = JsonWriter::toJson(number);
    const QByteArray begin = R"({"$type":"int","value":"0x1000)";
    QCOMPARE(json.first(begin.size()), begin);
    const JsonReader::Result read = JsonReader::read(QString::fromLatin1(json));
    QCOMPARE(read.value, number);
}

void tst_JsonValue::limitsDepth()
{
    const auto nested = [](int depth) { return QString(depth, u'[') + QString(depth, u']'); };
    QVERIFY(JsonReader::read(nested(JsonReader::maximumDepth)).isValid());
    const JsonReader::Result tooDeep = JsonReader::read(nested(100'000));
    QVERIFY(tooDeep.error.contains(u"nested"_s));
    QCOMPARE(tooDeep.errorOffset, qsizetype(JsonReader::maximumDepth));
}

// Any number may be the time that a stranger sends.
void tst_JsonValue::writesNoTimeThatIsNone_data()
{
    QTest::addColumn<QDateTime>("time");
    const QTime midnight(0, 0);
    QTest::newRow("too late") << QDateTime(QDate(10'000, 1, 1), midnight, Qt::UTC);
    QTest::newRow("too late by its offset") << QDateTime(QDate(9999, 12, 31), midnight, Qt::OffsetFromUTC, -86'400);
    QTest::newRow("too early") << QDateTime(QDate(-1, 12, 31), midnight, Qt::UTC);
    QTest::newRow("the latest") << QDateTime::fromMSecsSinceEpoch(std::numeric_limits<qint64>::max() / 1000, Qt::UTC);
    QTest::newRow("the earliest") << QDateTime::fromMSecsSinceEpoch(std::numeric_limits<qint64>::min() / 1000, Qt::UTC);
}

void tst_JsonValue::writesNoTimeThatIsNone()
{
    QFETCH(const QDateTime, time);
    const QByteArray line = eventAsJson({.name = u"order"_s, .sender = u"pyvent"_s, .time = time});
    QVERIFY2(line.endsWith(R"("time":null})"), line.constData());
    QString error;
    QVERIFY2(eventFromJson(line, &error), qPrintable(error));
}

// Only where it is: it is no news of all other events.
void tst_JsonValue::tellsThatAnEventComesAgain()
{
    PyventEvent event{.name = u"job"_s, .sender = u"pyvent"_s};
    QVERIFY(!eventAsJson(event).contains("redelivered"));
    QVERIFY(!eventAsText(event).contains("redelivered"));
    event.redelivered = true;
    event.args.insert(u"n"_s, 1);
    const QByteArray line = eventAsJson(event);
    QVERIFY2(line.endsWith(R"(,"redelivered":true})"), line.constData());
    QString error;
    const auto read = eventFromJson(line, &error);
    QVERIFY2(read && read->redelivered, qPrintable(error));
    QVERIFY2(eventAsText(event).endsWith("  job  pyvent  (redelivered)  n=1"), eventAsText(event).constData());
}

void tst_JsonValue::keepsWhatWasHeardAsItWas()
{
    const PyventObject order = made(u"shop"_s, u"Order"_s, {u"sushi"_s});
    PyventEvent event{.name = u"order-food"_s, .sender = u"pyvent"_s, .args = {{u"$type"_s, 1LL}}};
    event.args[u"order"_s] = QVariant::fromValue(QVariantList{QVariant::fromValue(order)});
    const QByteArray line = eventAsJson(event);

    const JsonReader::Result heard = JsonReader::readEvent(QString::fromUtf8(line));
    QVERIFY2(heard.isValid(), qPrintable(heard.error));
    const QVariantMap arguments = heard.value.toMap()[u"args"_s].toMap();
    QCOMPARE(arguments[u"$type"_s], QVariant(1LL));
    const QVariant kept = arguments[u"order"_s].toList().value(0);
    QVERIFY(as<TypedValue>(kept));
    QCOMPARE(as<TypedValue>(kept)->type, u"Order"_s);
    QCOMPARE(pythonText(kept), u"<Order {'args': ['sushi'], 'module': 'shop', 'name': 'Order'}>"_s);

    QByteArray json;
    JsonWriter(&json).writeObject(arguments);
    QCOMPARE(eventAsJsonWith(event, json), line);
    QVERIFY(JsonReader::readArguments(QString::fromUtf8(json)).isValid());
    QVERIFY2(!JsonReader::read(QString::fromUtf8(json)).isValid(), "what may be sent is read strictly");
}

PYVENT_TEST(tst_JsonValue)
#include "tst_jsonvalue.moc"
