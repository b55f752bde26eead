// SPDX-License-Identifier: MIT
#include "dispatch/name.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

namespace {

const QString highHalf(QChar(0xD83C));
const QString lowHalf(QChar(0xDF63));
const QString sushi = highHalf + lowHalf; // U+1F363, one character of two code units

} // namespace

class TestName : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void names_data();
    void names();
    void senders_data();
    void senders();
    void aRefusalQuotesTheName();
};

void TestName::names_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("why"); // a word of the refusal, empty if there is none

    QTest::newRow("plain") << u"order-food"_s << QString();
    QTest::newRow("one character") << u"x"_s << QString();
    QTest::newRow("one underscore") << u"_order"_s << QString();
    QTest::newRow("underscores later") << u"a__b"_s << QString();
    QTest::newRow("punctuation") << u"a.b/c:d;e#f%g&h+i"_s << QString();
    QTest::newRow("not ASCII") << u"größe-日本"_s << QString();
    QTest::newRow("a surrogate pair") << sushi << QString();
    QTest::newRow("glob characters") << u"order-*?"_s << QString();
    QTest::newRow("1,024 characters") << QString(1024, u'x') << QString();

    QTest::newRow("null") << QString() << u"empty"_s;
    QTest::newRow("empty") << u""_s << u"empty"_s;
    QTest::newRow("1,025 characters") << QString(1025, u'x') << u"1025"_s;
    QTest::newRow("a space") << u"order food"_s << u"position 5"_s;
    QTest::newRow("only a space") << u" "_s << u"position 0"_s;
    QTest::newRow("a space at the end") << u"order "_s << u"position 5"_s;
    QTest::newRow("Python's own") << u"__check"_s << u"__"_s;
    QTest::newRow("two underscores") << u"__"_s << u"__"_s;
    QTest::newRow("this module's control prefix") << u"\u0001proof"_s << u"U+0001"_s;
    QTest::newRow("a tab") << u"a\tb"_s << u"U+0009 at position 1"_s;
    QTest::newRow("a newline") << u"a\n"_s << u"control"_s;
    QTest::newRow("a zero") << QString(QChar(0)) << u"U+0000"_s;
    QTest::newRow("delete") << u"a\u007F"_s << u"control"_s;
    QTest::newRow("a C1 control") << QString(QChar(0x85)) << u"control"_s;
    QTest::newRow("half of a pair") << u"a"_s + highHalf << u"surrogate"_s;
    QTest::newRow("the other half") << lowHalf + u"a"_s << u"surrogate"_s;
    QTest::newRow("halves in the wrong order") << lowHalf + highHalf << u"surrogate"_s;
}

void TestName::names()
{
    QFETCH(const QString, name);
    QFETCH(const QString, why);
    const QString said = whyNotAName(name);
    QCOMPARE(said.isEmpty(), why.isEmpty());
    QVERIFY2(said.contains(why), qPrintable(said));
}

void TestName::senders_data()
{
    QTest::addColumn<QString>("sender");
    QTest::addColumn<QString>("why");

    QTest::newRow("the default") << u"pyvent"_s << QString();
    QTest::newRow("with an id") << u"pyvent.kitchen"_s << QString();
    QTest::newRow("with spaces, as Python allows") << u"the kitchen"_s << QString();
    QTest::newRow("two underscores") << u"__main__"_s << QString();
    QTest::newRow("not ASCII") << u"küche "_s + sushi << QString();
    QTest::newRow("255 characters") << QString(255, u'日') << QString();

    QTest::newRow("empty") << QString() << u"empty"_s;
    QTest::newRow("256 characters") << QString(256, u'x') << u"256"_s;
    QTest::newRow("a newline") << u"a\nb"_s << u"U+000a at position 1"_s;
    QTest::newRow("half of a pair") << highHalf << u"surrogate"_s;
}

void TestName::senders()
{
    QFETCH(const QString, sender);
    QFETCH(const QString, why);
    const QString said = whyNotASender(sender);
    QCOMPARE(said.isEmpty(), why.isEmpty());
    QVERIFY2(said.contains(why, Qt::CaseInsensitive), qPrintable(said));
}

// The name comes from the user, and may look like a place for an argument of the text.
void TestName::aRefusalQuotesTheName()
{
    const QString said = whyNotAName(u"100%2 sure"_s);
    QVERIFY2(said.contains(u"'100%2 sure'"_s), qPrintable(said));
    QVERIFY2(said.contains(u"position 5"_s), qPrintable(said));
}

PYVENT_TEST(TestName)
#include "tst_name.moc"
