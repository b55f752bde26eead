// SPDX-License-Identifier: MIT
#include "pythontext.h"

#include "support/testprogram.h"
#include "typedvalue.h"

#include <PyventDateTime>
#include <PyventDict>
#include <PyventInteger>
#include <PyventObject>
#include <PyventSet>
#include <PyventTuple>

#include <QtCore/qpoint.h>
#include <QtCore/qurl.h>
#include <QtCore/quuid.h>
#include <QtTest>

#include <limits>

using namespace Pyvent::Text;
using namespace Qt::StringLiterals;

namespace {

template <typename T>
QVariant any(const T &value)
{
    return QVariant::fromValue(value);
}

PyventObject made(const QString &module, const QString &name, const QVariantList &arguments)
{
    return PyventObject::call(PyventObject(module, name), arguments);
}

} // namespace

class tst_PythonText : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void writesTextLikePython_data();
    void writesTextLikePython();
    void writesDeepNesting();
    void escapesWhatDoesNotPrint_data();
    void escapesWhatDoesNotPrint();
};

void tst_PythonText::writesTextLikePython_data()
{
    QTest::addColumn<QVariant>("value");
    QTest::addColumn<QString>("text");

    const auto row = [](const QVariant &value, const QString &text) {
        QTest::newRow(qPrintable(text)) << QVariant::fromValue(value) << text;
    };
    row(QVariant(), u"None"_s);
    row(true, u"True"_s);
    row(-1LL, u"-1"_s);
    row(any(PyventInteger::fromString(u"18446744073709551616")), u"18446744073709551616"_s);
    row(1.0, u"1.0"_s);
    row(1e-5, u"1e-05"_s);
    row(0.0001, u"0.0001"_s);
    row(-std::numeric_limits<double>::infinity(), u"-inf"_s);
    row(u"it's"_s, uR"("it's")"_s);
    row(u"it's \"it\""_s, uR"('it\'s "it"')"_s);
    row(u"a\n\t\\\u001b[31m\u009b"_s, uR"('a\n\t\\\x1b[31m\x9b')"_s);
    row(u"\u202eabc\u2028"_s, uR"('\u202eabc\u2028')"_s);
    row(u"é寿🍣"_s, u"'é寿🍣'"_s);
    row(QString(QChar(0xd83c)), uR"('\ud83c')"_s);
    row(u"\U000e0001"_s, uR"('\U000e0001')"_s);
    row(QByteArray("it's\n\0\xff", 7), uR"(b"it's\n\x00\xff")"_s);
    row(QVariantList{1LL, u"a"_s}, u"[1, 'a']"_s);
    row(QVariantMap{{u"a"_s, 1LL}}, u"{'a': 1}"_s);
    row(any(PyventTuple({1LL})), u"(1,)"_s);
    row(any(PyventSet()), u"set()"_s);
    row(any(PyventSet({1LL}, PyventSet::FrozenSet)), u"frozenset({1})"_s);
    row(any(PyventDict({{1LL, u"\u001b"_s}})), uR"({1: '\x1b'})"_s);
    row(QDate(2024, 1, 2), u"datetime.date(2024, 1, 2)"_s);
    row(QUuid(), u"UUID('00000000-0000-0000-0000-000000000000')"_s);
    row(any(made(u"decimal"_s, u"Decimal"_s, {u"1.5"_s})), u"decimal.Decimal('1.5')"_s);
    row(any(made(u"a\u001b[31m"_s, u"B"_s, {})), uR"(a\x1b[31m.B())"_s);
    row(any(PyventDateTime(QDate(2024, 1, 2), PyventTime(QTime(3, 4)))), u"datetime.datetime(2024, 1, 2, 3, 4)"_s);
    row(QTime(3, 4, 5), u"datetime.time(3, 4, 5)"_s);
    row(QVariantList{QPoint(1, 2), QUrl(u"a:it's"_s)}, uR"([QPoint(1,2), QUrl("a:it's")])"_s);
    row(any(PyventTuple({any(TypedValue{u"Order\n"_s, QVariantList{any(PyventTuple({1LL}))}})})),
        uR"((<Order\n [(1,)]>,))"_s);
}

void tst_PythonText::writesTextLikePython()
{
    QFETCH(QVariant, value);
    QFETCH(QString, text);
    QCOMPARE(pythonText(value), text);
    QCOMPARE(pythonKeywords({{u"key"_s, value}, {u"two words"_s, 1}}), u"key=%1 'two words'=1"_s.arg(text));
}

// As deep as an event may be: the library's own toString() ends at half of it.
void tst_PythonText::writesDeepNesting()
{
    constexpr int depth = 200;
    QVariant value = 1LL;
    for (int i = 0; i < depth; ++i)
        value = i % 2 ? QVariant(QVariantList{value}) : any(PyventTuple({value}));
    const QString text = pythonText(value);
    QVERIFY(text.startsWith(u"[([("_s) && text.contains(u"[(1,)]"_s));
    QCOMPARE(text.size(), 5 * depth / 2 + 1);
}

void tst_PythonText::escapesWhatDoesNotPrint_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("escaped");
    QTest::newRow("empty") << QString() << QString();
    QTest::newRow("plain") << u"order-food é寿🍣"_s << u"order-food é寿🍣"_s;
    QTest::newRow("quotes and backslashes stay") << uR"(\it's "it"\)"_s << uR"(\it's "it"\)"_s;
    QTest::newRow("line ends") << u"'a\nb'\r\t\\\n"_s << uR"('a\nb'\r\t\\n)"_s;
    QTest::newRow("a terminal's orders") << u"\u001b[31m\u009b\u007f"_s << uR"(\x1b[31m\x9b\x7f)"_s;
    QTest::newRow("invisible") << u"\u00a0\u202e\U000e0001"_s << uR"(\xa0\u202e\U000e0001)"_s;
    QTest::newRow("half a pair") << QString(QChar(0xd83c)) + u'\'' << uR"(\ud83c')"_s;
}

void tst_PythonText::escapesWhatDoesNotPrint()
{
    QFETCH(QString, text);
    QFETCH(QString, escaped);
    QCOMPARE(printable(text), escaped);
}

PYVENT_TEST(tst_PythonText)
#include "tst_pythontext.moc"
