// SPDX-License-Identifier: MIT
#include "dispatch/name.h"

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
    void globs_data();
    void globs();
    void isGlobSaysWhatStandsForManyNames();
    void pathologicalGlobsEnd();
    void prefixes_data();
    void prefixes();
    void aPrefixIsOneOfAllNamesThatFit();
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

void TestName::globs_data()
{
    QTest::addColumn<QString>("pattern");
    QTest::addColumn<QString>("name");
    QTest::addColumn<bool>("matches");

    const auto row = [](const QString &pattern, const QString &name, bool matches) {
        QTest::addRow("'%s' %s '%s'", qPrintable(pattern), matches ? "fits" : "does not fit", qPrintable(name))
            << pattern << name << matches;
    };
    row(u"order"_s, u"order"_s, true);
    row(u"order"_s, u"Order"_s, false);
    row(u"order"_s, u"order-food"_s, false);
    row(u"order"_s, u"my-order"_s, false);
    row(u"order"_s, u"orde"_s, false);
    row(u""_s, u""_s, true);
    row(u""_s, u"a"_s, false);
    row(u"*"_s, u""_s, true);
    row(u"*"_s, u"anything"_s, true);
    row(u"**"_s, u""_s, true);
    row(u"***"_s, u"abc"_s, true);
    row(u"?"_s, u""_s, false);
    row(u"?"_s, u"a"_s, true);
    row(u"?"_s, u"ab"_s, false);
    row(u"?"_s, u"*"_s, true);
    row(u"?*"_s, u""_s, false);
    row(u"*?"_s, u"a"_s, true);
    row(u"*?*?*"_s, u"a"_s, false);
    row(u"*?*?*"_s, u"ab"_s, true);
    row(u"order-*"_s, u"order-food"_s, true);
    row(u"order-*"_s, u"order-"_s, true);
    row(u"order-*"_s, u"order"_s, false);
    row(u"*-food"_s, u"order-food"_s, true);
    row(u"*-food"_s, u"-food"_s, true);
    row(u"*-food"_s, u"order-food-now"_s, false);
    row(u"*-food"_s, u"a-food-food"_s, true);
    row(u"a*b*c"_s, u"abc"_s, true);
    row(u"a*b*c"_s, u"a-c-b-c"_s, true);
    row(u"a*b*c"_s, u"acb"_s, false);
    row(u"a*bc"_s, u"abcbd"_s, false);
    row(u"a*bc"_s, u"abcbbc"_s, true);
    row(u"a?c"_s, u"abc"_s, true);
    row(u"a?c"_s, u"ac"_s, false);
    row(u"a.c"_s, u"abc"_s, false);
    row(u"[ab]"_s, u"a"_s, false);
    row(u"[ab]"_s, u"[ab]"_s, true);
    row(u"a\\*"_s, u"a\\b"_s, true);
    row(u"*é?"_s, u"caféx"_s, true);

    // '?' is one character, also where UTF-16 has two code units for it.
    row(u"?"_s, sushi, true);
    row(u"??"_s, sushi, false);
    row(u"a?c"_s, u"a"_s + sushi + u'c', true);
    row(u"*?"_s, u"eat-"_s + sushi, true);
    row(u"eat-?"_s, u"eat-"_s + sushi, true);
    row(u"eat-??"_s, u"eat-"_s + sushi + sushi, true);
    row(u"*"_s + sushi, u"eat-"_s + sushi, true);
    row(sushi + u"*"_s, sushi, true);
}

void TestName::globs()
{
    QFETCH(const QString, pattern);
    QFETCH(const QString, name);
    QFETCH(const bool, matches);
    QCOMPARE(matchesGlob(pattern, name), matches);
}

void TestName::isGlobSaysWhatStandsForManyNames()
{
    QVERIFY(isGlob(u"*"_s));
    QVERIFY(isGlob(u"a?b"_s));
    QVERIFY(isGlob(u"order-*"_s));
    QVERIFY(!isGlob(u"order"_s));
    QVERIFY(!isGlob(u"[a-z]"_s));
    QVERIFY(!isGlob(QString()));
}

// A matcher that tries every way of sharing the name among the stars would not end within a life time.
void TestName::pathologicalGlobsEnd()
{
    QString pattern;
    for (int i = 0; i < 300; ++i)
        pattern += u"*a"_s;
    pattern += u"*b"_s;
    QVERIFY(!matchesGlob(pattern, QString(1024, u'a')));
    QVERIFY(matchesGlob(pattern, QString(1023, u'a') + u'b'));
    QVERIFY(!matchesGlob(QString(1024, u'*') + u'b', QString(1024, u'a')));
    QVERIFY(!matchesGlob(u"*a*a*a*b"_s, QString(1024, u'a')));
    QVERIFY(!matchesGlob(QString(1023, u'?') + u'*' + u'b', QString(1024, u'a')));
}

void TestName::prefixes_data()
{
    QTest::addColumn<QString>("pattern");
    QTest::addColumn<QString>("prefix");

    QTest::newRow("a name") << u"order"_s << u"order"_s;
    QTest::newRow("a star at the end") << u"order-*"_s << u"order-"_s;
    QTest::newRow("a question mark") << u"a?c*"_s << u"a"_s;
    QTest::newRow("a star alone") << u"*"_s << QString();
    QTest::newRow("a star first") << u"*-food"_s << QString();
    QTest::newRow("empty") << QString() << QString();
    QTest::newRow("a whole pair before the star") << sushi + u'*' << sushi;
    QTest::newRow("half of a pair before the star") << u"a"_s + highHalf + u'*' << u"a"_s;
    QTest::newRow("only half of a pair before the star") << highHalf + u'?' << QString();
}

void TestName::prefixes()
{
    QFETCH(const QString, pattern);
    QFETCH(const QString, prefix);
    QCOMPARE(globPrefix(pattern).toString(), prefix);
}

void TestName::aPrefixIsOneOfAllNamesThatFit()
{
    const QStringList names{u""_s, u"a"_s, u"ab"_s, u"abc"_s, u"b"_s, u"größe"_s, sushi, u"a"_s + sushi};
    const QStringList patterns{u"*"_s, u"a*"_s, u"a?"_s, u"ab*c"_s, u"gr*e"_s, u"?"_s, sushi + u'*', u"a*"_s + sushi};
    for (const QString &pattern : patterns) {
        for (const QString &name : names) {
            if (matchesGlob(pattern, name))
                QVERIFY(name.toUtf8().startsWith(globPrefix(pattern).toUtf8()));
        }
    }
}

QTEST_GUILESS_MAIN(TestName)
#include "tst_name.moc"
