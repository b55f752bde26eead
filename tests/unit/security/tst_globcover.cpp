// SPDX-License-Identifier: MIT
#include "security/globcover.h"

#include "support/schedules.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

#include <algorithm>
#include <random>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

namespace {

constexpr qint64 muchWork = 1'000'000'000;

QList<PyventPattern> globs(const QString &words)
{
    const QStringList all = words.split(u' ', Qt::SkipEmptyParts);
    return {all.begin(), all.end()};
}

// All strings of 1 to \a longest of these characters. Globs of "a", "b" and "." only take "x" as they take any other character.
QStringList allNames(qsizetype longest)
{
    QStringList names;
    QStringList last = {QString()};
    for (qsizetype size = 1; size <= longest; ++size) {
        QStringList longer;
        for (const QString &name : std::as_const(last)) {
            for (const QChar c : u"ab.x"_s)
                longer += name + c;
        }
        names += longer;
        last = longer;
    }
    return names;
}

bool fitsOneOf(const QString &name, const QList<PyventPattern> &patterns)
{
    return std::any_of(patterns.begin(), patterns.end(), [&](const PyventPattern &each) { return each.matches(name); });
}

} // namespace

class TestGlobCover : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void covers_data();
    void covers();
    void agreesWithEveryShortName();
    void seesAWrongAnswer();
    void overlaps_data();
    void overlaps();
    void givesUp();
};

void TestGlobCover::covers_data()
{
    QTest::addColumn<QString>("glob");
    QTest::addColumn<QString>("others");
    QTest::addColumn<bool>("isCovered");
    const auto row = [](const char *glob, const QByteArray &others, bool isCovered) {
        QTest::addRow("%s in %s: %s", glob, others.constData(), isCovered ? "yes" : "no")
            << QString::fromUtf8(glob) << QString::fromUtf8(others) << isCovered;
    };
    row("oven.temp", "oven.*", true);
    row("oven.*", "oven.temp", false);
    row("oven.*", "oven.*", true);
    row("oven.*.x", "oven.*", true);
    row("oven.*", "oven.?*", false); // oven. itself
    row("oven.?", "oven.*", true);
    row("*", "**", true);
    row("**", "*", true);
    row("?*", "*?", true);
    row("*?", "?*", true);
    row("*?*?*", "??*", true);
    row("*", "?*", true); // no name is empty
    row("a*", "a?*", false);
    row("*a", "?*", true);
    row("?", "a", false);
    row("*a*", "*a*a*", false);
    row("*a*a*", "*a*", true);
    row("*ab*", "*a*b*", true);
    row("*a*b*", "*ab*", false);
    row("a?c", "a*c", true);
    row("é?", "??", true);
    row("\xf0\x9f\x8d\xa3", "?", true); // one character of two code units
    row("\xf0\x9f\x8d\xa3", "??", false);
    row("a", "", false);
    // several together
    row("*", "a* *", true);
    row("*", "? ??*", true);
    row("?*", "? ???*", false);
    row("a*", "a a?*", true);
    row("*", "a* b*", false);
    row("a*", "a*b a*a a", false);
    row("a*b", "a?*b ab", true);
    row("a*b*", "ab* a?*b*", true);
    row("*.*", ".* ?*.*", true);
    row("?a", "aa ba", false);
    // positions at the end of a word of bits, and of the next one
    for (const int before : {61, 62, 63, 125, 126, 127}) {
        row("b", QByteArray(before, 'x') + " *b", true);
        row("a*b", QByteArray(before, 'x') + " a*b", true);
        row("a*c", QByteArray(before, 'x') + " a*b", false);
        row("ab", QByteArray(before, 'x') + " ab", true);
    }
}

void TestGlobCover::covers()
{
    QFETCH(const QString, glob);
    QFETCH(const QString, others);
    QFETCH(const bool, isCovered);
    GlobCover cover(muchWork);
    QCOMPARE(cover.ask(glob, globs(others)), isCovered ? GlobCover::Covered : GlobCover::NotCovered);
    if (!isCovered) {
        QVERIFY(PyventPattern(glob).matches(cover.example()));
        QVERIFY2(!fitsOneOf(cover.example(), globs(others)), qPrintable(cover.example()));
    }
}

// What is covered has no name of up to six characters that is not; for what is not, PyventPattern itself agrees of the example. Random
// globs, which a seed repeats.
void TestGlobCover::agreesWithEveryShortName()
{
    const auto schedules = PyventTests::schedulesFromEnvironment(500);
    const QStringList names = allNames(6);
    int covered = 0;
    int uncovered = 0;
    for (int i = 0; i < schedules.count; ++i) {
        const quint32 seed = schedules.seed + quint32(i);
        std::mt19937 random(seed);
        const auto randomGlob = [&] {
            static constexpr QStringView letters = u"ab.**?";
            QString text;
            for (auto size = 1 + random() % 6; size > 0; --size)
                text += letters[qsizetype(random() % std::size_t(letters.size()))];
            return PyventPattern(text);
        };
        const PyventPattern glob = randomGlob();
        QList<PyventPattern> others;
        const auto most = random() % 4 == 0 ? 24 : 4; // also more than a word of bits has positions for
        for (auto count = 1 + random() % std::size_t(most); count > 0; --count)
            others += randomGlob();
        GlobCover cover(muchWork);
        if (cover.ask(glob, others) == GlobCover::Covered) {
            ++covered;
            for (const QString &name : names)
                QVERIFY2(!glob.matches(name) || fitsOneOf(name, others), PyventTests::scheduleName(seed));
        } else {
            ++uncovered;
            QVERIFY2(!cover.example().isEmpty() && glob.matches(cover.example()) && !fitsOneOf(cover.example(), others),
                     PyventTests::scheduleName(seed));
        }
        const bool meets = std::any_of(names.begin(), names.end(), [&](const QString &name) {
            return glob.matches(name) && others.first().matches(name);
        });
        QVERIFY2(!meets || cover.mayOverlap(glob, others.first()), PyventTests::scheduleName(seed));
    }
    if (schedules.count >= 100) {
        QVERIFY(covered > schedules.count / 20);
        QVERIFY(uncovered > schedules.count / 20);
    }
}

// The names above tell a wrong answer from a right one: with one character less in a glob's way, they find what is not covered.
void TestGlobCover::seesAWrongAnswer()
{
    const QStringList names = allNames(6);
    const auto isReallyCovered = [&names](const PyventPattern &glob, const QList<PyventPattern> &others) {
        return std::all_of(names.begin(), names.end(),
                           [&](const QString &name) { return !glob.matches(name) || fitsOneOf(name, others); });
    };
    QVERIFY(isReallyCovered(u"a*b"_s, globs(u"a?*b ab"_s)));
    QVERIFY(!isReallyCovered(u"a*b"_s, globs(u"a??*b ab"_s)));
    QVERIFY(isReallyCovered(u"?*"_s, globs(u"? ??*"_s)));
    QVERIFY(!isReallyCovered(u"?*"_s, globs(u"? ???*"_s)));
    QVERIFY(!isReallyCovered(u"?"_s, globs(u"a b ."_s)));
}

void TestGlobCover::overlaps_data()
{
    QTest::addColumn<QString>("one");
    QTest::addColumn<QString>("other");
    QTest::addColumn<bool>("overlap");
    const auto row = [](const char *one, const char *other, bool overlap) {
        QTest::addRow("%s and %s", one, other) << QString::fromUtf8(one) << QString::fromUtf8(other) << overlap;
    };
    row("a", "a", true);
    row("a", "b", false);
    row("a*", "*b", true);
    row("a*", "b*", false);
    row("oven.*", "*.temp", true);
    row("oven.?", "oven.temp", false);
    row("*a*", "*b*", true);
    row("a*a", "a", false);
    row("a*a", "aa", true);
    row("?", "??", false);
    row("?a*", "a?*", true);
    row("*x", "*y", false);
    row("*x?", "*y?", false);
    row("*", "*", true);
    row("?*", "a", true);
}

void TestGlobCover::overlaps()
{
    QFETCH(const QString, one);
    QFETCH(const QString, other);
    QFETCH(const bool, overlap);
    QCOMPARE(GlobCover(muchWork).mayOverlap(one, other), overlap);
    QCOMPARE(GlobCover(muchWork).mayOverlap(other, one), overlap);
}

// Stars and question marks in a row, and what there is no work left for.
void TestGlobCover::givesUp()
{
    const PyventPattern hard(u"*a????????????????????"_s);
    GlobCover cover(muchWork);
    QCOMPARE(cover.ask(PyventPattern(u"*a*a*b"_s), {hard, PyventPattern(u"*b????????????????????"_s)}),
             GlobCover::NotCovered);
    QCOMPARE(cover.ask(PyventPattern(u"*?????????????????????????????????a"_s), {hard, PyventPattern(u"*c?"_s)}),
             GlobCover::NotCovered);
    QVERIFY(!cover.isTired());
    GlobCover tired(1000);
    QCOMPARE(tired.ask(PyventPattern(u"*a*b*a*b*"_s), {hard, PyventPattern(u"*a*b*b*b*b*a*c"_s)}),
             GlobCover::TooMuchWork);
    QVERIFY(tired.isTired());
    QVERIFY(tired.mayOverlap(PyventPattern(u"*x?"_s), PyventPattern(u"*y?"_s))); // it cannot see that they do not
}

PYVENT_TEST(TestGlobCover)

#include "tst_globcover.moc"
