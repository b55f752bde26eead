// SPDX-License-Identifier: MIT
#include "jsonarguments.h"
#include "support/testprogram.h"

#include <PyventObject>

#include <QtTest>

using namespace Pyvent::Bridge;
using namespace Qt::StringLiterals;

class tst_JsonArguments : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void comeBack();
    void areReadOfAnybody_data();
    void areReadOfAnybody();
    void areRefused_data();
    void areRefused();
    void makeNoObjectsOfAnyClass();
};

void tst_JsonArguments::comeBack()
{
    const QVariantMap arguments{
        {u"food"_s, u"sushi"_s},
        {u"count"_s, qlonglong(3)},
        {u"raw"_s, QByteArray("\0\xff", 2)},
        {u"$type"_s, u"a key like any other"_s},
        {u"nested"_s, QVariantMap{{u"list"_s, QVariantList{1.5, true, QVariant()}}}},
    };
    const auto json = argumentsToJson(arguments);
    QVERIFY(json);
    QString why;
    const auto back = argumentsFromJson(*json, &why);
    QVERIFY2(back, qPrintable(why));
    QCOMPARE(*back, arguments);
    QCOMPARE(argumentsToJson({{u"food"_s, u"sushi"_s}}), R"({"food":"sushi"})"_ba);
}

void tst_JsonArguments::areReadOfAnybody_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QVariantMap>("arguments");

    QTest::newRow("object") << R"( { "food" : "sushi" } )"_ba << QVariantMap{{u"food"_s, u"sushi"_s}};
    QTest::newRow("number") << "21.5"_ba << QVariantMap{{u"value"_s, 21.5}};
    QTest::newRow("text") << R"("on")"_ba << QVariantMap{{u"value"_s, u"on"_s}};
    QTest::newRow("list") << "[1]"_ba << QVariantMap{{u"value"_s, QVariantList{qlonglong(1)}}};
    QTest::newRow("null") << "null"_ba << QVariantMap{{u"value"_s, QVariant()}};
    QTest::newRow("nothing in it") << "{}"_ba << QVariantMap();
    QTest::newRow("a type") << R"({"when":{"$type":"date","value":"2024-01-02"}})"_ba
                            << QVariantMap{{u"when"_s, QDate(2024, 1, 2)}};
}

void tst_JsonArguments::areReadOfAnybody()
{
    QFETCH(QByteArray, json);
    QFETCH(QVariantMap, arguments);
    QString why;
    const auto found = argumentsFromJson(json, &why);
    QVERIFY2(found, qPrintable(why));
    QCOMPARE(*found, arguments);
}

void tst_JsonArguments::areRefused_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QString>("why");

    QTest::newRow("empty") << ""_ba << u"it ends where a value should be"_s;
    QTest::newRow("text") << "on"_ba << u"(character 1)"_s;
    QTest::newRow("cut off") << R"({"food":)"_ba << u"(character 9)"_s;
    QTest::newRow("more behind") << "{} {}"_ba << u"more after the value"_s;
    QTest::newRow("a key twice") << R"({"a":1,"a":2})"_ba << u"twice"_s;
    QTest::newRow("no UTF-8") << "\"\xff\""_ba << u"no UTF-8"_s;
    QTest::newRow("deep") << QByteArray(2000, '[') << u"nested deeper"_s;
    QTest::newRow("a type that is none") << R"({"a":{"$type":"nonsense","value":1}})"_ba << QString();
}

void tst_JsonArguments::areRefused()
{
    QFETCH(QByteArray, json);
    QFETCH(QString, why);
    QString found;
    QVERIFY(!argumentsFromJson(json, &found));
    QVERIFY2(!found.isEmpty() && found.contains(why), qPrintable(found));
}

// A Python node that gets such an object calls what makes it: no stranger may say what that is.
void tst_JsonArguments::makeNoObjectsOfAnyClass()
{
    const QVariantMap arguments{{u"order"_s, QVariant::fromValue(PyventObject(u"shop"_s, u"Order"_s))}};
    QVERIFY(!argumentsToJson(arguments)); // so it travels as a pickle
    QString why;
    QVERIFY(!argumentsFromJson(R"({"x":{"$type":"system","value":{"module":"os","name":"system","args":["true"]}}})",
                               &why));
    QVERIFY2(!why.isEmpty(), "it says why");
}

PYVENT_TEST(tst_JsonArguments)
#include "tst_jsonarguments.moc"
