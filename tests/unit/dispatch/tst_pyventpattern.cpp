// SPDX-License-Identifier: MIT
#include "support/testprogram.h"

#include <PyventPattern>

#include <QtTest/qtest.h>

using namespace Qt::StringLiterals;

namespace {

const QString highHalf(QChar(0xD83C));
const QString lowHalf(QChar(0xDF63));
const QString sushi = highHalf + lowHalf; // U+1F363, one character of two code units

} // namespace

class TestPattern : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void globs_data();
    void globs();
    void isGlobSaysWhatStandsForManyNames();
    void isValidWhereNodesTakeIt_data();
    void isValidWhereNodesTakeIt();
    void isMadeOfAnyString();
    void pathologicalGlobsEnd();
    void prefixes_data();
    void prefixes();
    void aPrefixIsOneOfAllNamesThatFit();
};

void TestPattern::globs_data()
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

void TestPattern::globs()
{
    QFETCH(const QString, pattern);
    QFETCH(const QString, name);
    QFETCH(const bool, matches);
    QCOMPARE(PyventPattern(pattern).matches(name), matches);
}

void TestPattern::isGlobSaysWhatStandsForManyNames()
{
    QVERIFY(PyventPattern(u"*"_s).isGlob());
    QVERIFY(PyventPattern(u"a?b"_s).isGlob());
    QVERIFY(PyventPattern(u"order-*"_s).isGlob());
    QVERIFY(!PyventPattern(u"order"_s).isGlob());
    QVERIFY(!PyventPattern(u"[a-z]"_s).isGlob());
    QVERIFY(!PyventPattern(QString()).isGlob());
}

void TestPattern::isValidWhereNodesTakeIt_data()
{
    QTest::addColumn<QString>("pattern");
    QTest::addColumn<QString>("why"); // a word of the reason, empty if there is none

    QTest::newRow("a name") << u"order-food"_s << QString();
    QTest::newRow("a glob") << u"order-*"_s << QString();
    QTest::newRow("everything") << u"*"_s << QString();
    QTest::newRow("a surrogate pair") << sushi + u'?' << QString();
    QTest::newRow("1,024 characters") << QString(1024, u'*') << QString();

    QTest::newRow("empty") << QString() << u"empty"_s;
    QTest::newRow("1,025 characters") << QString(1025, u'*') << u"1025"_s;
    QTest::newRow("a space") << u"order *"_s << u"position 5"_s;
    QTest::newRow("Python's own") << u"__*"_s << u"__"_s;
    QTest::newRow("half of a pair") << highHalf + u'*' << u"surrogate"_s;
}

void TestPattern::isValidWhereNodesTakeIt()
{
    QFETCH(const QString, pattern);
    QFETCH(const QString, why);
    const QString said = PyventPattern(pattern).whyInvalid();
    QCOMPARE(PyventPattern(pattern).isValid(), why.isEmpty());
    QCOMPARE(said.isEmpty(), why.isEmpty());
    QVERIFY2(said.contains(why), qPrintable(said));
}

void TestPattern::isMadeOfAnyString()
{
    const PyventPattern pattern("order-*");
    QCOMPARE(pattern.text(), u"order-*"_s);
    QCOMPARE(PyventPattern(u"order-*"_s), pattern);
    QCOMPARE(PyventPattern(u"order-*"), pattern);
    QCOMPARE(PyventPattern("order-*"_L1), pattern);
    QVERIFY(PyventPattern() != pattern);
    QVERIFY(!PyventPattern().isValid());
    QVERIFY(PyventPattern().matches(u""));
}

// A matcher that tries every way of sharing the name among the stars would not end within a life time.
void TestPattern::pathologicalGlobsEnd()
{
    QString pattern;
    for (int i = 0; i < 300; ++i)
        pattern += u"*a"_s;
    pattern += u"*b"_s;
    QVERIFY(!PyventPattern(pattern).matches(QString(1024, u'a')));
    QVERIFY(PyventPattern(pattern).matches(QString(1023, u'a') + u'b'));
    QVERIFY(!PyventPattern(QString(1024, u'*') + u'b').matches(QString(1024, u'a')));
    QVERIFY(!PyventPattern(u"*a*a*a*b"_s).matches(QString(1024, u'a')));
    QVERIFY(!PyventPattern(QString(1023, u'?') + u'*' + u'b').matches(QString(1024, u'a')));
}

void TestPattern::prefixes_data()
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

void TestPattern::prefixes()
{
    QFETCH(const QString, pattern);
    QFETCH(const QString, prefix);
    QCOMPARE(PyventPattern(pattern).prefix(), prefix);
}

void TestPattern::aPrefixIsOneOfAllNamesThatFit()
{
    const QStringList names{u""_s, u"a"_s, u"ab"_s, u"abc"_s, u"b"_s, u"größe"_s, sushi, u"a"_s + sushi};
    const QStringList patterns{u"*"_s, u"a*"_s, u"a?"_s, u"ab*c"_s, u"gr*e"_s, u"?"_s, sushi + u'*', u"a*"_s + sushi};
    for (const QString &pattern : patterns) {
        for (const QString &name : names) {
            if (PyventPattern(pattern).matches(name))
                QVERIFY(name.toUtf8().startsWith(PyventPattern(pattern).prefix().toUtf8()));
        }
    }
}

PYVENT_TEST(TestPattern)
#include "tst_pyventpattern.moc"
