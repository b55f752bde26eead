// SPDX-License-Identifier: MIT
#include "pickle/argumentlist.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

namespace {

QVariantMap mapOf(const ArgumentList &arguments)
{
    QVariantMap map;
    for (const auto &[name, value] : arguments)
        map.insert(*name, *value);
    return map;
}

QStringList namesOf(const ArgumentList &arguments)
{
    QStringList names;
    for (const auto &argument : arguments)
        names.append(*argument.name);
    return names;
}

} // namespace

class TestArgumentList : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void ofAMap();
    void isInOrder();
    void theLastOneCounts();
    void isAsAMap();
};

void TestArgumentList::ofAMap()
{
    QVERIFY(ArgumentList(QVariantMap()).isEmpty());
    const QVariantMap map{{u"b"_s, 1}, {u"a"_s, u"x"_s}, {u"c"_s, QVariant()}};
    const ArgumentList arguments(map);
    QVERIFY(!arguments.isEmpty());
    QCOMPARE(namesOf(arguments), (QStringList{u"a"_s, u"b"_s, u"c"_s}));
    QCOMPARE(mapOf(arguments), map);
}

void TestArgumentList::isInOrder()
{
    const auto names = [](const ArgumentList &arguments) { return namesOf(arguments); };
    QCOMPARE(names({}), QStringList());
    QCOMPARE(names({{u"c"_s, 1}, {u"a"_s, 2}, {u"d"_s, 3}, {u"b"_s, 4}}),
             (QStringList{u"a"_s, u"b"_s, u"c"_s, u"d"_s}));
    QCOMPARE(names({{u"ä"_s, 1}, {u"🍣"_s, 2}, {u"z"_s, 3}, {u""_s, 4}}),
             (QVariantMap{{u"ä"_s, 1}, {u"🍣"_s, 2}, {u"z"_s, 3}, {u""_s, 4}}.keys()));
}

void TestArgumentList::theLastOneCounts()
{
    const auto map = [](const ArgumentList &arguments) { return mapOf(arguments); };
    QCOMPARE(map({{u"a"_s, 1}, {u"b"_s, 2}, {u"a"_s, 3}, {u"b"_s, 4}, {u"a"_s, 5}}),
             (QVariantMap{{u"a"_s, 5}, {u"b"_s, 4}}));
}

// More than it has room for without memory of its own.
void TestArgumentList::isAsAMap()
{
    const auto check = [](std::initializer_list<std::pair<QString, QVariant>> pairs) {
        const QVariantMap map(pairs);
        const ArgumentList arguments(pairs);
        QCOMPARE(mapOf(arguments), map);
        QCOMPARE(namesOf(arguments), map.keys());
    };
    check({{u"t"_s, 1},  {u"s"_s, 2},  {u"r"_s, 3},  {u"q"_s, 4},  {u"p"_s, 5},  {u"o"_s, 6},  {u"n"_s, 7},
           {u"m"_s, 8},  {u"l"_s, 9},  {u"k"_s, 10}, {u"j"_s, 11}, {u"i"_s, 12}, {u"h"_s, 13}, {u"g"_s, 14},
           {u"f"_s, 15}, {u"e"_s, 16}, {u"d"_s, 17}, {u"c"_s, 18}, {u"b"_s, 19}, {u"a"_s, 20}, {u"k"_s, 21}});
}

PYVENT_TEST(TestArgumentList)
#include "tst_argumentlist.moc"
