// SPDX-License-Identifier: MIT
#include "support/cputimer.h"
#include "support/testprogram.h"
#include "values/converters.h"

#include <PyventArray>
#include <PyventDateTime>
#include <PyventDict>
#include <PyventInteger>
#include <PyventObject>
#include <PyventSet>
#include <PyventTimeDelta>
#include <PyventTuple>

#include <QtCore/qtimezone.h>
#include <QtTest/qtest.h>

#include <chrono>
#include <complex>
#include <limits>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class tst_PyventValues : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { Pyvent::Internal::registerConverters(); }
    void text_data();
    void text();
    void conversions_data();
    void conversions();
    void noConversions_data();
    void noConversions();
    void integerDigits_data();
    void integerDigits();
    void integerNumbers();
    void hugeInteger();
    void membersOfEnums();
    void timeDelta_data();
    void timeDelta();
    void dateTimes();
    void equality();
    void arrayElements();
    void arrayValidity_data();
    void arrayValidity();
    void deepText();
};

namespace {

template <typename T>
QVariant wrap(const T &value)
{
    return QVariant::fromValue(value);
}

PyventObject global(const QString &module, const QString &name)
{
    return PyventObject(module, name);
}

PyventObject call(const QString &module, const QString &name, const QVariantList &arguments)
{
    return PyventObject::call(global(module, name), arguments);
}

PyventObject orderedDict()
{
    PyventObject dict = call(u"collections"_s, u"OrderedDict"_s, {});
    dict.setDictItems(PyventDict({{u"a"_s, 1LL}}));
    return dict;
}

PyventObject deque()
{
    PyventObject deque = call(u"collections"_s, u"deque"_s, {});
    deque.setListItems({1LL, 2LL});
    return deque;
}

// As Python 3.11.2 sends a member of an Enum.
PyventObject member(const QString &module, const QString &type, const QString &name)
{
    return call(u"builtins"_s, u"getattr"_s, {QVariant::fromValue(global(module, type)), name});
}

PyventObject dataClass()
{
    PyventObject order = PyventObject::create(global(u"m"_s, u"Order"_s));
    order.setState(QVariantMap{{u"food"_s, u"sushi"_s}});
    return order;
}

PyventTime berlin()
{
    PyventTime time(1h + 2min);
    time.setTimeZone(wrap(call(u"zoneinfo"_s, u"ZoneInfo._unpickle"_s, {u"Europe/Berlin"_s, 1LL})));
    return time;
}

PyventTime withOffset(std::chrono::microseconds offset)
{
    PyventTime time(1h + 2min);
    time.setUtcOffset(offset);
    return time;
}

} // namespace

void tst_PyventValues::text_data()
{
    QTest::addColumn<QVariant>("value");
    QTest::addColumn<QString>("type");
    QTest::addColumn<QString>("text");
    const auto row = [](const auto &value, const QString &type, const QString &text) {
        QTest::newRow(qPrintable(text)) << wrap(value) << type << text;
    };
    row(PyventTuple(), u"tuple"_s, u"()"_s);
    row(PyventTuple({1}), u"tuple"_s, u"(1,)"_s);
    row(PyventTuple({1, u"it's"_s, "b\xff\n"_ba, 1.0, true, wrap(nullptr)}), u"tuple"_s,
        uR"((1, "it's", b'b\xff\n', 1.0, True, None))"_s);
    row(PyventTuple({1e16, 1e-5, 0.1, -0.0, std::numeric_limits<double>::infinity(), 123456789012345680.0}), u"tuple"_s,
        u"(1e+16, 1e-05, 0.1, -0.0, inf, 1.2345678901234568e+17)"_s);
    row(PyventTuple({QVariantMap{{u"a"_s, QVariantList{1}}}}), u"tuple"_s, u"({'a': [1]},)"_s);
    row(PyventSet(), u"set"_s, u"set()"_s);
    row(PyventSet({1}), u"set"_s, u"{1}"_s);
    row(PyventSet({}, PyventSet::FrozenSet), u"frozenset"_s, u"frozenset()"_s);
    row(PyventSet({1, 2}, PyventSet::FrozenSet), u"frozenset"_s, u"frozenset({1, 2})"_s);
    row(PyventDict({{1, u"a"_s}}), u"dict"_s, u"{1: 'a'}"_s);
    row(PyventInteger(qint64(-5)), u"int"_s, u"-5"_s);
    row(PyventTimeDelta(1, 2, 3), u"timedelta"_s, u"datetime.timedelta(days=1, seconds=2, microseconds=3)"_s);
    row(PyventTimeDelta(), u"timedelta"_s, u"datetime.timedelta(0)"_s);
    row(PyventTime(1h + 2min), u"time"_s, u"datetime.time(1, 2)"_s);
    row(PyventTime(1s + 5us, 1), u"time"_s, u"datetime.time(0, 0, 1, 5, fold=1)"_s);
    row(withOffset(0us), u"time"_s, u"datetime.time(1, 2, tzinfo=datetime.timezone.utc)"_s);
    row(withOffset(-1h), u"time"_s,
        u"datetime.time(1, 2, tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=82800)))"_s);
    row(PyventDateTime(QDate(2024, 1, 2), PyventTime(0s)), u"datetime"_s, u"datetime.datetime(2024, 1, 2, 0, 0)"_s);
    row(global(u"builtins"_s, u"len"_s), u"type"_s, u"<len>"_s);
    row(call(u"decimal"_s, u"Decimal"_s, {u"1.5"_s}), u"Decimal"_s, u"decimal.Decimal('1.5')"_s);
    row(member(u"m"_s, u"Dish.Size"_s, u"LARGE"_s), u"Size"_s, u"m.Dish.Size.LARGE"_s);
    row(dataClass(), u"Order"_s, u"m.Order(food='sushi')"_s);
    row(deque(), u"deque"_s, u"collections.deque([1, 2])"_s);
    row(orderedDict(), u"OrderedDict"_s, u"collections.OrderedDict({'a': 1})"_s);
    row(PyventArray::fromSpan(std::span<const double>(std::array{1.0, 2.5})), u"ndarray"_s,
        u"array([1.0, 2.5], dtype='<f8')"_s);
    row(PyventArray(u"<f8"_s, {0}, {}), u"ndarray"_s, u"array([], shape=(0,), dtype='<f8')"_s);
    row(PyventArray(u"<f8"_s, {0, 3}, {}), u"ndarray"_s, u"array([], shape=(0, 3), dtype='<f8')"_s);
    row(PyventArray(u"|u1"_s, {1001}, QByteArray(1001, '\0')), u"ndarray"_s,
        u"array(..., shape=(1001,), dtype='|u1')"_s);
    row(PyventArray(u"|u1"_s, {1, 2}, QByteArray(2, '\1')), u"ndarray"_s,
        u"array([[1, 1]], shape=(1, 2), dtype='|u1')"_s);
    row(PyventArray::scalar(u"<i4"_s, QByteArray(4, '\0')), u"int32"_s, u"numpy.int32(0)"_s);
}

void tst_PyventValues::text()
{
    QFETCH(QVariant, value);
    QFETCH(QString, text);
    QFETCH(QString, type);
    const auto check = [&]<typename T>(const T &typed) {
        QCOMPARE(typed.toString(), text);
        QCOMPARE(typed.pythonType(), type);
        QCOMPARE(QDebug::toString(typed), text);
    };
    const auto checkIf = [&]<typename T>(T *) {
        if (value.metaType() == QMetaType::fromType<T>())
            check(value.value<T>());
    };
    checkIf(static_cast<PyventTuple *>(nullptr));
    checkIf(static_cast<PyventSet *>(nullptr));
    checkIf(static_cast<PyventDict *>(nullptr));
    checkIf(static_cast<PyventInteger *>(nullptr));
    checkIf(static_cast<PyventTimeDelta *>(nullptr));
    checkIf(static_cast<PyventTime *>(nullptr));
    checkIf(static_cast<PyventDateTime *>(nullptr));
    checkIf(static_cast<PyventObject *>(nullptr));
    checkIf(static_cast<PyventArray *>(nullptr));
    QVERIFY(QDebug::toString(value).contains(text));
}

void tst_PyventValues::conversions_data()
{
    QTest::addColumn<QVariant>("value");
    QTest::addColumn<QVariant>("converted");
    const auto row = [](const char *name, const auto &value, const auto &converted) {
        QTest::newRow(name) << wrap(value) << wrap(converted);
    };
    row("tuple to list", PyventTuple({1, u"a"_s}), QVariantList{1, u"a"_s});
    row("tuple to strings", PyventTuple({u"a"_s, u"b"_s}), QStringList{u"a"_s, u"b"_s});
    row("tuple to text", PyventTuple({1}), u"(1,)"_s);
    row("set to list", PyventSet({1}), QVariantList{1});
    row("set to strings", PyventSet({u"a"_s}), QStringList{u"a"_s});
    row("dict to map", PyventDict({{1, 2}, {u"a"_s, 3}}), QVariantMap{{u"1"_s, 2}, {u"a"_s, 3}});
    row("integer to text", PyventInteger::fromString(u"18446744073709551616"), u"18446744073709551616"_s);
    row("integer to double", PyventInteger::fromString(u"18446744073709551616"), 18446744073709551616.0);
    row("integer to qlonglong", PyventInteger(qint64(-5)), -5LL);
    row("integer to int", PyventInteger(qint64(-5)), -5);
    row("delta to seconds", PyventTimeDelta(0, 1, 500'000), 1.5);
    row("delta to milliseconds", PyventTimeDelta(0, 1, 500'999), 1500LL);
    row("delta to std::chrono", PyventTimeDelta(0, 1, 5), std::chrono::microseconds(1'000'005));
    row("delta to std::chrono::milliseconds", PyventTimeDelta(0, 1, 5), std::chrono::milliseconds(1000));
    row("time to QTime", PyventTime(1h + 2ms + 999us), QTime(1, 0, 0, 2));
    row("time to text", PyventTime(1h), u"01:00:00"_s);
    row("datetime to QDateTime", PyventDateTime(QDate(2024, 1, 2), withOffset(2h)),
        QDateTime(QDate(2024, 1, 2), QTime(1, 2), Qt::OffsetFromUTC, 7200));
    row("datetime to text", PyventDateTime(QDate(2024, 1, 2), withOffset(2h)), u"2024-01-02T01:02:00+02:00"_s);
    row("Decimal to text", call(u"decimal"_s, u"Decimal"_s, {u"1.5"_s}), u"1.5"_s);
    row("Decimal to double", call(u"decimal"_s, u"Decimal"_s, {u"1.5"_s}), 1.5);
    row("Decimal to int", call(u"decimal"_s, u"Decimal"_s, {u"7"_s}), 7);
    row("Fraction to double", call(u"fractions"_s, u"Fraction"_s, {1LL, 4LL}), 0.25);
    row("Enum to int", call(u"m"_s, u"Colour"_s, {2LL}), 2);
    row("Enum to text", call(u"m"_s, u"Colour"_s, {u"red"_s}), u"red"_s);
    row("Path to text", call(u"pathlib"_s, u"PosixPath"_s, {u"/"_s, u"a"_s, u"b"_s}), u"/a/b"_s);
    row("Path of Python 3.13 to text", call(u"pathlib"_s, u"PosixPath"_s, {u"/a/./b/"_s}), u"/a/b"_s);
    row("Windows path to text", call(u"pathlib"_s, u"PureWindowsPath"_s, {u"C:\\"_s, u"a"_s, u"b"_s}), u"C:\\a\\b"_s);
    row("bytearray to bytes", call(u"builtins"_s, u"bytearray"_s, {"ab"_ba}), "ab"_ba);
    row("complex to std::complex", call(u"builtins"_s, u"complex"_s, {1.0, 2.0}), std::complex<double>(1, 2));
    row("deque to list", deque(), QVariantList{1LL, 2LL});
    row("named tuple to list", PyventObject::create(global(u"m"_s, u"Point"_s), {1LL, 2LL}), QVariantList{1LL, 2LL});
    row("OrderedDict to map", orderedDict(), QVariantMap{{u"a"_s, 1LL}});
    row("data class to map", dataClass(), QVariantMap{{u"food"_s, u"sushi"_s}});
    const PyventArray matrix(u"|u1"_s, {2, 2}, "\1\2\3\4"_ba);
    row("array to list", matrix, QVariantList{QVariant(QVariantList{1LL, 2LL}), QVariant(QVariantList{3LL, 4LL})});
    row("scalar to double", PyventArray::scalar(u">f4"_s, "\x3f\x00\x00\x00"_ba.first(1) + "\0\0\0"_ba), 0.5);
    row("scalar to int", PyventArray::scalar(u"|i1"_s, "\xff"_ba), -1);
    row("scalar to bool", PyventArray::scalar(u"|b1"_s, "\1"_ba), true);
}

void tst_PyventValues::conversions()
{
    QFETCH(QVariant, value);
    QFETCH(QVariant, converted);
    QVERIFY(value.canConvert(converted.metaType()));
    QVERIFY(value.convert(converted.metaType()));
    QCOMPARE(value, converted);
}

void tst_PyventValues::noConversions_data()
{
    QTest::addColumn<QVariant>("value");
    QTest::addColumn<QMetaType>("type");
    const QMetaType list = QMetaType::fromType<QVariantList>();
    const QMetaType map = QMetaType::fromType<QVariantMap>();
    const QMetaType real = QMetaType::fromType<double>();
    QTest::newRow("a class to a list") << wrap(global(u"m"_s, u"C"_s)) << list;
    const auto member = [](const QString &module, const QString &type) {
        return wrap(::member(module, type, u"LARGE"_s));
    };
    QTest::newRow("an Enum's name to text") << member(u"m"_s, u"Size"_s) << QMetaType::fromType<QString>();
    QTest::newRow("an Enum's name to int") << member(u"m"_s, u"Size"_s) << QMetaType::fromType<int>();
    QTest::newRow("an Enum's name to double") << member(u"m"_s, u"Size"_s) << real;
    QTest::newRow("a function of a Path to text")
        << member(u"pathlib"_s, u"PosixPath"_s) << QMetaType::fromType<QString>();
    QTest::newRow("a function of a deque to a list") << member(u"collections"_s, u"deque"_s) << list;
    QTest::newRow("a function of an OrderedDict to a map") << member(u"collections"_s, u"OrderedDict"_s) << map;
    QTest::newRow("a function of complex to complex")
        << member(u"builtins"_s, u"complex"_s) << QMetaType::fromType<std::complex<double>>();
    QTest::newRow("Decimal to a map") << wrap(call(u"decimal"_s, u"Decimal"_s, {u"1"_s})) << map;
    QTest::newRow("division by zero") << wrap(call(u"fractions"_s, u"Fraction"_s, {1LL, 0LL})) << real;
    QTest::newRow("huge integer to qlonglong")
        << wrap(PyventInteger::fromString(u"18446744073709551616")) << QMetaType::fromType<qlonglong>();
    QTest::newRow("datetime of an unknown zone") << wrap(PyventDateTime(QDate(2024, 1, 2), [] {
        PyventTime time(0s);
        time.setTimeZone(wrap(call(u"m"_s, u"Zone"_s, {})));
        return time;
    }())) << QMetaType::fromType<QDateTime>();
    QTest::newRow("offset of years") << wrap(PyventDateTime(QDate(2024, 1, 2), withOffset(100'000h)))
                                     << QMetaType::fromType<QDateTime>();
    QTest::newRow("array to int") << wrap(PyventArray(u"|u1"_s, {2}, "\1\2"_ba)) << QMetaType::fromType<int>();
}

void tst_PyventValues::noConversions()
{
    QFETCH(QVariant, value);
    QFETCH(QMetaType, type);
    QVERIFY(!value.convert(type));
}

void tst_PyventValues::integerDigits_data()
{
    QTest::addColumn<QString>("text");
    for (const QString &text :
         {u"0"_s, u"1"_s, u"-1"_s, u"127"_s, u"128"_s, u"-128"_s, u"-129"_s, u"255"_s, u"256"_s, u"999999999"_s,
          u"1000000000"_s, u"1000000000000000000000"_s, u"9223372036854775808"_s, u"-9223372036854775809"_s,
          u"18446744073709551616"_s, u"-340282366920938463463374607431768211456"_s, u"1"_s + QString(4299, u'0'),
          u"9"_s.repeated(4300)})
        QTest::newRow(qPrintable(text.left(40))) << text;
}

void tst_PyventValues::integerDigits()
{
    QFETCH(QString, text);
    bool ok = false;
    const PyventInteger integer = PyventInteger::fromString(text, &ok);
    QVERIFY(ok);
    QCOMPARE(integer.toString(), text);
    QCOMPARE(integer.isNegative(), text.startsWith(u'-'));
    QCOMPARE(PyventInteger::fromTwosComplement(integer.twosComplement()), integer);
    QCOMPARE(integer.toDouble(), text.toDouble());
}

void tst_PyventValues::integerNumbers()
{
    for (const qint64 number :
         {std::numeric_limits<qint64>::min(), qint64(-1), qint64(0), qint64(300), std::numeric_limits<qint64>::max()}) {
        bool ok = false;
        QCOMPARE(PyventInteger(number).toLongLong(&ok), number);
        QVERIFY(ok);
        QCOMPARE(PyventInteger(number).toString(), QString::number(number));
        QCOMPARE(PyventInteger(number).toDouble(), double(number));
    }
    bool ok = false;
    QCOMPARE(PyventInteger(~quint64(0)).toULongLong(&ok), ~quint64(0));
    QVERIFY(ok);
    PyventInteger(~quint64(0)).toLongLong(&ok);
    QVERIFY(!ok);
    PyventInteger(qint64(-1)).toULongLong(&ok);
    QVERIFY(!ok);
    for (const QString &text : {u""_s, u"-"_s, u"0x"_s, u"1 2"_s, u"x"_s, u"٣"_s, u"9"_s.repeated(4301)}) {
        PyventInteger::fromString(text, &ok);
        QVERIFY2(!ok, qPrintable(text));
    }
    QCOMPARE(PyventInteger::fromString(u"-0xFf"), PyventInteger(qint64(-255)));
    QCOMPARE(PyventInteger::fromString(u"-0"), PyventInteger());
    // Half-way cases round to even, and what is below the half decides.
    QCOMPARE(PyventInteger::fromString(u"9007199254740993").toDouble(), 9007199254740992.0);
    QCOMPARE(PyventInteger::fromString(u"0x200000000000010000000000000000000").toDouble(), 0x20000000000001p76);
    QCOMPARE(PyventInteger::fromString(u"0x200000000000018000000000000000000").toDouble(), 0x20000000000002p76);
}

void tst_PyventValues::hugeInteger()
{
    const CpuTimer timer;
    const PyventInteger huge = PyventInteger::fromTwosComplement(QByteArray(4 << 20, 'x'));
    QVERIFY(huge.toString().startsWith(u"0x7878"));
    QCOMPARE(PyventInteger::fromString(huge.toString()), huge);
    bool ok = true;
    QCOMPARE(huge.toDouble(&ok), std::numeric_limits<double>::infinity());
    QVERIFY(!ok);
    QVERIFY(timer.elapsed() < 5s);
}

void tst_PyventValues::membersOfEnums()
{
    const PyventObject byName = member(u"m"_s, u"Dish.Size"_s, u"LARGE"_s);
    QCOMPARE(byName.memberName(), u"LARGE"_s);
    QCOMPARE(byName.moduleName(), u"m"_s);
    QCOMPARE(byName.qualifiedName(), u"Dish.Size"_s);
    QVERIFY(byName.isA("m"_L1, "Dish.Size"_L1));
    for (const PyventObject &other :
         {PyventObject(), global(u"m"_s, u"Size.LARGE"_s), call(u"m"_s, u"Size"_s, {1LL}),
          call(u"builtins"_s, u"getattr"_s, {u"m"_s, u"LARGE"_s}), call(u"builtins"_s, u"getattr"_s, {wrap(byName)}),
          call(u"builtins"_s, u"getattr"_s, {wrap(byName), u"value"_s}), member(u"m"_s, u"Size"_s, u""_s),
          member(u"m"_s, u"Size"_s, u"A\nB"_s), member(u"m"_s, u"Size"_s, u"1"_s)})
        QVERIFY2(other.memberName().isNull(), qPrintable(other.toString()));
}

void tst_PyventValues::timeDelta_data()
{
    QTest::addColumn<PyventTimeDelta>("delta");
    QTest::addColumn<qint64>("days");
    QTest::addColumn<int>("seconds");
    QTest::addColumn<int>("microseconds");
    QTest::addColumn<double>("total");
    QTest::newRow("1.5 s") << PyventTimeDelta(1500ms) << qint64(0) << 1 << 500'000 << 1.5;
    QTest::newRow("-1 µs") << PyventTimeDelta(-1us) << qint64(-1) << 86'399 << 999'999 << -1e-6;
    QTest::newRow("normalised") << PyventTimeDelta(1, 86'400 + 5, -1) << qint64(2) << 4 << 999'999 << 172804.999999;
    QTest::newRow("extreme") << PyventTimeDelta(std::chrono::microseconds::min()) << qint64(-106'751'992) << 71'945
                             << 224'192 << -9223372036854.775808;
}

void tst_PyventValues::timeDelta()
{
    QFETCH(PyventTimeDelta, delta);
    QFETCH(qint64, days);
    QFETCH(int, seconds);
    QFETCH(int, microseconds);
    QFETCH(double, total);
    QCOMPARE(delta.days(), days);
    QCOMPARE(delta.seconds(), seconds);
    QCOMPARE(delta.microseconds(), microseconds);
    QCOMPARE(delta.toSeconds(), total);
    QVERIFY(delta.isValid());
}

void tst_PyventValues::dateTimes()
{
    const QDate date(2024, 7, 2);
    // A naive datetime is local time to Python as well.
    QCOMPARE(PyventDateTime(date, PyventTime(1h)).toDateTime(), QDateTime(date, QTime(1, 0)));
    QCOMPARE(PyventDateTime(date, withOffset(0us)).toDateTime().timeSpec(), Qt::UTC);
    if (QTimeZone::isTimeZoneIdAvailable("Europe/Berlin")) {
        const QDateTime zoned = PyventDateTime(date, berlin()).toDateTime();
        QCOMPARE(zoned.timeZone().id(), "Europe/Berlin"_ba);
        QCOMPARE(zoned.offsetFromUtc(), 7200);
    }
    QVERIFY(!berlin().utcOffset());
    QCOMPARE(withOffset(-90min).utcOffset(), std::optional<std::chrono::microseconds>(-90min));
    QVERIFY(!PyventDateTime(QDate(10000, 1, 1), PyventTime(0s)).isValid());
    QVERIFY(!PyventTime(24h).isValid());
    QCOMPARE(PyventDateTime(QDateTime(date, QTime(1, 2), Qt::OffsetFromUTC, 3600)),
             PyventDateTime(date, withOffset(1h)));
}

void tst_PyventValues::equality()
{
    QVERIFY(PyventSet({1, 2}) == PyventSet({2, 1}));
    QVERIFY(PyventSet({1, 2}) != PyventSet({1, 3}));
    QVERIFY(PyventSet({1}) != PyventSet({1}, PyventSet::FrozenSet));
    QVERIFY(PyventDict({{1, 2}, {3, 4}}) == PyventDict({{3, 4}, {1, 2}}));
    QVERIFY(PyventDict({{1, 2}}) != PyventDict({{1, 3}}));
    QCOMPARE(PyventDict({{1, 2}, {1, 3}}).value(1), QVariant(3)); // the last one counts
    QVERIFY(PyventTuple({1}) != PyventTuple({2}));
    QVERIFY(dataClass() == dataClass());
    PyventObject other = dataClass();
    other.setState(QVariantMap{{u"food"_s, u"ramen"_s}});
    QVERIFY(other != dataClass());
    QVERIFY(QVariant::fromValue(deque()) == QVariant::fromValue(deque()));
    QVERIFY(PyventObject() == PyventObject());

    QVariantList many;
    for (int i = 0; i < 100'000; ++i)
        many.append(i);
    const PyventSet set(many);
    std::reverse(many.begin(), many.end());
    const CpuTimer timer;
    QVERIFY(set == PyventSet(many));
    QVERIFY(timer.elapsed() < 5s);
}

void tst_PyventValues::arrayElements()
{
    const std::array<qint32, 3> numbers{1, -2, 3};
    const PyventArray array = PyventArray::fromSpan(std::span<const qint32>(numbers));
    QCOMPARE(array.dtype(), u"<i4"_s);
    QVERIFY(array.isValid());
    QCOMPARE(array.size(), 3);
    QCOMPARE(array.as<qint32>().size(), size_t(3));
    QCOMPARE(array.as<qint32>()[1], -2);
    QVERIFY(array.as<double>().empty());
    QCOMPARE(array.at(1), QVariant(-2LL));
    QVERIFY(!array.at(3).isValid());
    QVERIFY(!array.at(-1).isValid());

    const PyventArray columns(u"|u1"_s, {2, 3}, "\1\2\3\4\5\6"_ba, PyventArray::ColumnMajor);
    QCOMPARE(columns.toList(),
             (QVariantList{QVariant(QVariantList{1LL, 3LL, 5LL}), QVariant(QVariantList{2LL, 4LL, 6LL})}));
    const PyventArray texts(u"<U2"_s, {2}, QByteArray("a\0\0\0\0\0\0\0b\0\0\0c\0\0\0", 16));
    QCOMPARE(texts.toList(), (QVariantList{u"a"_s, u"bc"_s}));
    const PyventArray bytes(u"|S2"_s, {1}, QByteArray("a\0", 2));
    QCOMPARE(bytes.at(0), QVariant("a"_ba));
}

void tst_PyventValues::arrayValidity_data()
{
    QTest::addColumn<QString>("dtype");
    QTest::addColumn<QList<qsizetype>>("shape");
    QTest::addColumn<qsizetype>("size");
    QTest::addColumn<bool>("isValid");
    using Shape = QList<qsizetype>;
    QTest::newRow("fits") << u"<f8"_s << Shape{2, 3} << qsizetype(48) << true;
    QTest::newRow("too small") << u"<f8"_s << Shape{2, 3} << qsizetype(47) << false;
    QTest::newRow("no dimension") << u"<f8"_s << Shape() << qsizetype(8) << true;
    QTest::newRow("empty") << u"<f8"_s << Shape{0, 5} << qsizetype(0) << true;
    QTest::newRow("negative") << u"<f8"_s << Shape{-1, -1} << qsizetype(8) << false;
    QTest::newRow("overflow") << u"<f8"_s << Shape{qsizetype(1) << 62, 8} << qsizetype(0) << false;
    QTest::newRow("overflow, but empty") << u"<f8"_s << Shape{qsizetype(1) << 62, 0, 9} << qsizetype(0) << true;
    QTest::newRow("object") << u"|O8"_s << Shape{1} << qsizetype(8) << false;
    QTest::newRow("no dtype") << QString() << Shape{1} << qsizetype(8) << false;
    for (const char *dtype : {"<U2 ", "<U 2", "<U+2", "<U02", "<U2\t", "<U1000000000", "<U\u0662"})
        QTest::addRow("not NumPy's: %s", dtype) << QString::fromUtf8(dtype) << Shape{1} << qsizetype(8) << false;
    QTest::newRow("odd size") << u"<i3"_s << Shape{1} << qsizetype(3) << false;
    QTest::newRow("huge size") << u"<U999999999999"_s << Shape{1} << qsizetype(3) << false;
}

void tst_PyventValues::arrayValidity()
{
    QFETCH(QString, dtype);
    QFETCH(QList<qsizetype>, shape);
    QFETCH(qsizetype, size);
    QFETCH(bool, isValid);
    const PyventArray array(dtype, shape, QByteArray(size, '\1'));
    QCOMPARE(array.isValid(), isValid);
    // None of these may read beyond the data.
    (void)array.toString();
    (void)array.toList();
    (void)array.at(0);
    (void)array.toDouble();
    (void)array.as<double>();
}

// Whoever builds it in C++ may nest as deep as they like.
void tst_PyventValues::deepText()
{
    PyventTuple tuple;
    for (int i = 0; i < 1000; ++i)
        tuple = PyventTuple({wrap(tuple)});
    QVERIFY(tuple.toString().contains(u"..."));
    PyventObject object = global(u"m"_s, u"C"_s);
    for (int i = 0; i < 1000; ++i)
        object = PyventObject::call(object, {});
    QVERIFY(!object.toString().isEmpty());
    QCOMPARE(object.qualifiedName(), u"C"_s);
}

PYVENT_TEST(tst_PyventValues)
#include "tst_pyventvalues.moc"
