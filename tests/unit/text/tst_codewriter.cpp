// SPDX-License-Identifier: MIT
#include "codewriter.h"

#include "eventline.h"
#include "support/testprogram.h"
#include "typedvalue.h"

#include <PyventArray>
#include <PyventDateTime>
#include <PyventDict>
#include <PyventInteger>
#include <PyventObject>
#include <PyventSet>
#include <PyventTimeDelta>
#include <PyventTuple>

#include <QtCore/qprocess.h>
#include <QtCore/quuid.h>
#include <QtTest>

#include <cmath>
#include <limits>

using namespace Pyvent::Text;
using namespace Qt::StringLiterals;

namespace {

constexpr int patience = 60'000; // milliseconds; only a failing test takes them

template <typename T>
QVariant any(const T &value)
{
    return QVariant::fromValue(value);
}

PyventEvent made(const QString &name, const QVariantMap &arguments, const QString &sender = u"pyvent"_s)
{
    PyventEvent event;
    event.name = name;
    event.sender = sender;
    event.args = arguments;
    return event;
}

PyventDateTime moment()
{
    PyventTime time(std::chrono::microseconds(3'600'000'001));
    time.setUtcOffset(std::chrono::hours(2));
    return PyventDateTime(QDate(2026, 1, 31), time);
}

QString half()
{
    QString text = u"a?b"_s;
    text[1] = QChar(0xd800);
    return text;
}

QList<PyventEvent> plainEvents()
{
    const QString nul = QString::fromUtf8("a\0001", 3);
    return {
        made(u"nothing"_s, {}),
        made(u"text"_s, {{u"a"_s, u"it's \"quoted\" \\ \n\t\u0001 äöü"_s}, {u"empty"_s, u""_s}, {u"nul"_s, nul}}),
        made(u"half"_s, {{u"a"_s, half()}}),
        made(u"numbers"_s,
             {{u"int"_s, 8LL},
              {u"large"_s, 8'000'000'000LL},
              {u"least"_s, std::numeric_limits<qlonglong>::min()},
              {u"unsigned"_s, std::numeric_limits<qulonglong>::max()},
              {u"double"_s, 0.1},
              {u"float"_s, 2.0},
              {u"true"_s, true},
              {u"none"_s, QVariant()}}),
        made(u"nested"_s,
             {{u"a"_s, QVariantList{QVariant(QVariantList{QVariant(QVariantList())})}},
              {u"m"_s, QVariantMap{{u"k"_s, QVariantMap{{u"x"_s, QVariantList{u"y"_s}}}}}}}),
        made(u"bytes"_s, {{u"a"_s, QByteArray("\000\3771\"", 4)}, {u"b"_s, QByteArray("")}}),
    };
}

QList<PyventEvent> pythonEvents()
{
    const PyventArray array(u"<i2"_s, {2, 1}, QByteArray("\001\000\002\000", 4));
    return {
        made(u"python"_s,
             {{u"dict"_s, any(PyventDict({{1LL, u"one"_s}}))},
              {u"frozen"_s, any(PyventSet({1LL}, PyventSet::FrozenSet))},
              {u"huge"_s, any(PyventInteger::fromString(u"123456789012345678901234567890"))},
              {u"tuple"_s, any(PyventTuple({1LL, any(PyventTuple({2LL}))}))}}),
        made(u"times"_s,
             {{u"at"_s, any(moment())},
              {u"day"_s, QDate(2026, 1, 31)},
              {u"delta"_s, any(PyventTimeDelta(-1, 86399, 5))},
              {u"id"_s, QUuid("12345678-1234-5678-1234-567812345678")}}),
        made(u"arrays"_s, {{u"a"_s, any(array)}, {u"s"_s, any(PyventArray::scalar(u"|b1"_s, QByteArray("\001", 1)))}}),
        made(u"objects"_s, {{u"d"_s, any(PyventObject::call(PyventObject(u"decimal"_s, u"Decimal"_s), {u"1.5"_s}))}}),
        made(u"sender"_s, {}, u"customer-manager"_s),
    };
}

} // namespace

// What the code in codesamples.inc sends; see codesamples.cpp.
QList<PyventEvent> sampleEvents();

class tst_CodeWriter : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void writesCppThatCompilesToTheSame();
    void writesPythonThatRunsToTheSame();
    void writesQml_data();
    void writesQml();
    void refusesWhatALanguageHasNoWordFor();
};

void tst_CodeWriter::writesCppThatCompilesToTheSame()
{
    QFile file(QStringLiteral(CODE_SAMPLES));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QStringList lines = QString::fromUtf8(file.readAll()).split(u'\n', Qt::SkipEmptyParts).sliced(3);
    const QList<PyventEvent> written = plainEvents() + pythonEvents();
    const QList<PyventEvent> compiled = sampleEvents();
    QCOMPARE(lines.size(), written.size());
    QCOMPARE(compiled.size(), written.size());
    for (qsizetype i = 0; i < written.size(); ++i) {
        QCOMPARE(asCpp(written[i]), lines[i]);
        QCOMPARE(eventAsJson(compiled[i]), eventAsJson(written[i]));
    }
}

void tst_CodeWriter::writesPythonThatRunsToTheSame()
{
    // CPython itself says what the code is: it prints what was sent, and what should be is its repr() there.
    const QString prelude =
        u"class pyvent:\n"
        "    @staticmethod\n"
        "    def send(name, sender='pyvent', **args):\n"
        "        print(ascii(name), ascii(sender), sorted((k, ascii(v)) for k, v in args.items()))\n"_s;
    QString code = prelude;
    QList<PyventEvent> events = plainEvents() + pythonEvents();
    events.append(made(u"floats"_s, {{u"inf"_s, -INFINITY}, {u"nan"_s, std::nan("")}}));
    events.append(made(u"keys"_s, {{u"class"_s, 1LL}, {u"a-b"_s, 2LL}, {u"ok"_s, 3LL}}, u"me"_s));
    // A member of an Enum, as Python 3.11.2 sends it.
    const PyventObject getter(u"builtins"_s, u"getattr"_s);
    const PyventObject status(u"http"_s, u"HTTPStatus"_s);
    events.append(made(u"enum"_s, {{u"a"_s, any(PyventObject::call(getter, {any(status), u"OK"_s}))}}));
    for (const PyventEvent &event : std::as_const(events))
        code += asPython(event) + u'\n';
    QProcess python;
    python.start(QStringLiteral(PYTHON), {u"-c"_s, code});
    QVERIFY2(python.waitForFinished(patience), qPrintable(python.errorString()));
    const QString output = QString::fromUtf8(python.readAllStandardOutput());
    const QByteArray errors = python.readAllStandardError();
    QVERIFY2(python.exitStatus() == QProcess::NormalExit && python.exitCode() == 0, errors.constData());
    const QStringList expected{
        u"'nothing' 'pyvent' []"_s,
        uR"=('text' 'pyvent' [('a', '\'it\\\'s "quoted" \\\\ \\n\\t\\x01 \\xe4\\xf6\\xfc\''), ('empty', "''"), ('nul', "'a\\x001'")])="_s,
        uR"=('half' 'pyvent' [('a', "'a\\ud800b'")])="_s,
        u"'numbers' 'pyvent' [('double', '0.1'), ('float', '2.0'), ('int', '8'), ('large', '8000000000'), "
        "('least', '-9223372036854775808'), ('none', 'None'), ('true', 'True'), "
        "('unsigned', '18446744073709551615')]"_s,
        uR"=('nested' 'pyvent' [('a', '[[[]]]'), ('m', "{'k': {'x': ['y']}}")])="_s,
        uR"=('bytes' 'pyvent' [('a', 'b\'\\x00\\xff1"\''), ('b', "b''")])="_s,
        uR"=('python' 'pyvent' [('dict', "{1: 'one'}"), ('frozen', 'frozenset({1})'), ('huge', '123456789012345678901234567890'), ('tuple', '(1, (2,))')])="_s,
        u"'times' 'pyvent' [('at', 'datetime.datetime(2026, 1, 31, 1, 0, 0, 1, "
        "tzinfo=datetime.timezone(datetime.timedelta(seconds=7200)))'), ('day', 'datetime.date(2026, 1, 31)'), "
        "('delta', 'datetime.timedelta(days=-1, seconds=86399, microseconds=5)'), "
        "('id', \"UUID('12345678-1234-5678-1234-567812345678')\")]"_s,
        uR"=('arrays' 'pyvent' [('a', 'array([[1],\n       [2]], dtype=int16)'), ('s', 'True')])="_s,
        uR"=('objects' 'pyvent' [('d', "Decimal('1.5')")])="_s,
        u"'sender' 'customer-manager' []"_s,
        u"'floats' 'pyvent' [('inf', '-inf'), ('nan', 'nan')]"_s,
        u"'keys' 'me' [('a-b', '2'), ('class', '1'), ('ok', '3')]"_s,
        u"'enum' 'pyvent' [('a', '<HTTPStatus.OK: 200>')]"_s,
    };
    const QStringList printed = output.split(u'\n', Qt::SkipEmptyParts);
    QVERIFY2(printed.size() == expected.size(), qPrintable(output));
    for (qsizetype i = 0; i < expected.size(); ++i)
        QCOMPARE(printed[i], expected[i]);
}

void tst_CodeWriter::writesQml_data()
{
    QTest::addColumn<QVariantMap>("arguments");
    QTest::addColumn<QString>("code");
    const auto row = [](const char *name, const QVariantMap &arguments, const QString &code) {
        QTest::newRow(name) << arguments << code;
    };
    row("nothing", {}, u"bus.send(\"e\")"_s);
    row("text", {{u"food"_s, u"it's \"raw\"\n\u2028"_s}}, u"bus.send(\"e\", {food: \"it's \\\"raw\\\"\\n\\u2028\"})"_s);
    row("half", {{u"a"_s, half()}}, u"bus.send(\"e\", {a: \"a\\ud800b\"})"_s);
    row("keys", {{u"a-b"_s, true}, {u"__proto__"_s, QVariant()}, {u"1"_s, 2LL}},
        u"bus.send(\"e\", {\"1\": 2, [\"__proto__\"]: null, \"a-b\": true})"_s);
    row("nested", {{u"a"_s, QVariantList{1LL, QVariantMap{{u"b"_s, 1.5}}}}}, u"bus.send(\"e\", {a: [1, {b: 1.5}]})"_s);
    row("bytes", {{u"a"_s, QByteArray("\000\377", 2)}}, u"bus.send(\"e\", {a: new Uint8Array([0, 255]).buffer})"_s);
    row("floats", {{u"i"_s, -INFINITY}, {u"n"_s, std::nan("")}}, u"bus.send(\"e\", {i: -Infinity, n: NaN})"_s);
    row("exact", {{u"a"_s, 9007199254740991LL}}, u"bus.send(\"e\", {a: 9007199254740991})"_s);
}

void tst_CodeWriter::writesQml()
{
    QFETCH(QVariantMap, arguments);
    QFETCH(QString, code);
    QCOMPARE(asQml(made(u"e"_s, arguments)), code);
}

void tst_CodeWriter::refusesWhatALanguageHasNoWordFor()
{
    const auto refusal = [](QString (*write)(const PyventEvent &), const QVariant &value) {
        try {
            return u"written: "_s + write(made(u"e"_s, {{u"a"_s, QVariantList{value}}}));
        } catch (const CannotWrite &reason) {
            return reason.text;
        }
    };
    const QVariant order = any(TypedValue{u"Order"_s, QVariantMap()});
    QCOMPARE(refusal(asCpp, order), u"a value of the type Order cannot be written as C++"_s);
    QCOMPARE(refusal(asQml, order), u"JavaScript has no value of Python's type 'Order'"_s);
    QCOMPARE(refusal(asPython, order), u"a value of the type 'Order' cannot be written as one expression"_s);
    QCOMPARE(refusal(asQml, any(PyventTuple({1LL}))), u"JavaScript has no value of Python's type 'tuple'"_s);
    QCOMPARE(refusal(asQml, 9007199254740993LL), u"JavaScript cannot hold the integer 9007199254740993 exactly"_s);
    QCOMPARE(refusal(asQml, std::numeric_limits<qulonglong>::max()),
             u"JavaScript has no value of Python's type 'int'"_s);
    PyventObject withState = PyventObject::create(PyventObject(u"shop"_s, u"Order"_s));
    withState.setState(QVariantMap{{u"a"_s, 1LL}});
    QVERIFY(refusal(asPython, any(withState)).contains(u"class 'Order'"_s));
}

PYVENT_TEST(tst_CodeWriter)
#include "tst_codewriter.moc"
