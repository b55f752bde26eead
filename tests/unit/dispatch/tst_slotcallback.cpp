// SPDX-License-Identifier: MIT
#include "dispatch/slotcallback.h"
#include "sampleevent.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

#include <chrono>
#include <optional>
#include <tuple>
#include <vector>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;

struct Unknown; // never defined, so no meta-type can know it

struct NoDefault
{
    explicit NoDefault(int number)
        : value(number)
    {
    }
    int value;
};

class Person : public QObject
{
    Q_OBJECT
public:
    QVariantList got; // the name of what was called, and its arguments

public Q_SLOTS:
    void greet(const QString &name) { got = {u"Person::greet"_s, name}; }
    virtual void cook(int minutes) { got = {u"Person::cook"_s, minutes}; }
    virtual void wash(int plates) { got = {u"Person::wash"_s, plates}; }
    void serve(const QString &table, int count = 1) { got = {u"Person::serve"_s, table, count}; }
};

class Cook : public Person
{
    Q_OBJECT
public:
    void wash(int plates) override { got = {u"Cook::wash"_s, plates}; } // no slot by itself

    enum Size { Small, Large };
    Q_ENUM(Size)

    Q_INVOKABLE int invokable(int a)
    {
        got = {u"invokable"_s, a};
        return a;
    }
    Q_INVOKABLE void constant(int a) const { constantGot = a; }

    mutable int constantGot = 0;

public Q_SLOTS:
    void cook(int time) override { got = {u"Cook::cook"_s, time}; }
    void serve(const QString &guest, int plates) { got = {u"Cook::serve"_s, guest, plates}; }

    void nothing() { got = {u"nothing"_s}; }
    void order(const QString &food, const QString &drink = u"water"_s, int count = 1)
    {
        got = {u"order"_s, food, drink, count};
    }
    void allDefaults(int a = 1, int b = 2) { got = {u"allDefaults"_s, a, b}; }
    void withSender(const QString &food, const QString &sender, const QString &signal)
    {
        got = {u"withSender"_s, food, sender, signal};
    }
    void senderLast(const QString &food, const QString &drink = u"water"_s, const QString &sender = u"nobody"_s)
    {
        got = {u"senderLast"_s, food, drink, sender};
    }
    void all(const QVariantMap &args) { got = {u"all"_s, args}; }
    void allUnnamed(const QVariantMap &) { got = {u"allUnnamed"_s}; }
    void whole(const PyventEvent &event) { got = {u"whole"_s, event.name, event.sender, event.args}; }
    void mapAndMore(const QVariantMap &map, int more) { got = {u"mapAndMore"_s, map, more}; }
    void variant(const QVariant &value, const QVariant &other = 7) { got = {u"variant"_s, value, other}; }
    void types(qlonglong number, double real, bool flag, const QByteArray &bytes, const QStringList &list)
    {
        got = {number, real, flag, bytes, list};
    }
    void overloaded(int number) { got = {u"int"_s, number}; }
    void overloaded(const QString &text) { got = {u"QString"_s, text}; }
    void unnamed(int, int second) { got = {second}; }
    void unknown(Unknown *thing) { got = {thing != nullptr}; }
    void noDefault(NoDefault thing) { got = {thing.value}; }
    void numbers(const QList<double> &list, const std::vector<int> &vector)
    {
        got = {u"numbers"_s, QVariant::fromValue(list), QVariant::fromValue(vector)};
    }
    void waiting(std::chrono::milliseconds time, Size size)
    {
        got = {u"waiting"_s, qlonglong(time.count()), int(size)};
    }
    void optional(const QString &food, std::optional<int> count, std::optional<QString> note = u"none"_s)
    {
        got = {u"optional"_s, food, count.value_or(-1), note.value_or(u"empty"_s)};
    }
    void pointer(QObject *object) { got = {object != nullptr}; }
    void pointerWithDefault(int a, QObject *object = nullptr) { got = {u"pointerWithDefault"_s, a, object != nullptr}; }
    void tuple(const std::tuple<int, int, int> &tuple) { got = {u"tuple"_s, std::get<0>(tuple)}; }
    void ten(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j)
    {
        got = {a, b, c, d, e, f, g, h, i, j};
    }
    void eleven(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k)
    {
        got = {a, b, c, d, e, f, g, h, i, j, k};
    }

Q_SIGNALS:
    void ready(int minutes);

private Q_SLOTS:
    void hidden(int a) { got = {u"hidden"_s, a}; }
};

class TestSlotCallback : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void calls_data();
    void calls();
    void failures_data();
    void failures();
    void refusals_data();
    void refusals();
    void convertsToTheTypes();
    void tenParameters();
    void constantMethods();
    void nothingIsKeptBetweenCalls();
    void ofQObjectItself();
};

void TestSlotCallback::calls_data()
{
    QTest::addColumn<QByteArray>("slot");
    QTest::addColumn<QVariantMap>("args");
    QTest::addColumn<QVariantList>("got");

    const QVariantMap none;
    const QVariantMap food{{u"food"_s, u"sushi"_s}};
    const QVariantMap both{{u"food"_s, u"sushi"_s}, {u"drink"_s, u"sake"_s}};
    const QVariantMap three{{u"food"_s, u"sushi"_s}, {u"drink"_s, u"sake"_s}, {u"count"_s, 2}};
    const QVariantMap number{{u"a"_s, 3}};
    const auto row = [](const char *name, const QByteArray &slot, const QVariantMap &args, const QVariantList &got) {
        QTest::newRow(name) << slot << args << got;
    };
    row("no parameters", "nothing", food, {u"nothing"_s});
    row("by name", "order", three, {u"order"_s, u"sushi"_s, u"sake"_s, 2});
    row("by signature", "order(QString,QString,int)", three, {u"order"_s, u"sushi"_s, u"sake"_s, 2});
    row("by signature as it is written", "order( const QString &, const QString&, int )", three,
        {u"order"_s, u"sushi"_s, u"sake"_s, 2});
    row("one C++ default", "order", both, {u"order"_s, u"sushi"_s, u"sake"_s, 1});
    row("two C++ defaults", "order", food, {u"order"_s, u"sushi"_s, u"water"_s, 1});
    row("only C++ defaults", "allDefaults", none, {u"allDefaults"_s, 1, 2});
    row("the last C++ default", "allDefaults", number, {u"allDefaults"_s, 3, 2});
    row("sender and signal", "withSender", food, {u"withSender"_s, u"sushi"_s, u"pyvent.till"_s, u"order-food"_s});
    row("an argument called sender", "withSender", {{u"food"_s, u"sushi"_s}, {u"sender"_s, u"me"_s}},
        {u"withSender"_s, u"sushi"_s, u"me"_s, u"order-food"_s});
    row("the sender instead of its C++ default", "senderLast", both,
        {u"senderLast"_s, u"sushi"_s, u"sake"_s, u"pyvent.till"_s});
    // C++ can't have both, and a handler that is called without the sender is better than one that never is.
    row("the sender after an argument that is missing", "senderLast", food,
        {u"senderLast"_s, u"sushi"_s, u"water"_s, u"nobody"_s});
    row("a map", "all", both, {u"all"_s, both});
    row("an empty map", "all", none, {u"all"_s, none});
    row("an unnamed map", "allUnnamed", both, {u"allUnnamed"_s});
    row("an event", "whole", both, {u"whole"_s, u"order-food"_s, u"pyvent.till"_s, both});
    row("a map among others is a keyword", "mapAndMore", {{u"map"_s, both}, {u"more"_s, 1}},
        {u"mapAndMore"_s, both, 1});
    row("a variant", "variant", {{u"value"_s, 2.5}, {u"other"_s, u"x"_s}}, {u"variant"_s, 2.5, u"x"_s});
    row("a variant of None, and a default", "variant", {{u"value"_s, QVariant()}}, {u"variant"_s, QVariant(), 7});
    row("one of two overloads", "overloaded(int)", {{u"number"_s, 1}}, {u"int"_s, 1});
    row("the other one", "overloaded(QString)", {{u"text"_s, u"x"_s}}, {u"QString"_s, u"x"_s});
    row("Q_INVOKABLE", "invokable", number, {u"invokable"_s, 3});
    row("private", "hidden", number, {u"hidden"_s, 3});
    row("inherited", "greet", {{u"name"_s, u"Ada"_s}}, {u"Person::greet"_s, u"Ada"_s});
    row("lists", "numbers", {{u"list"_s, QVariantList{1, 2.5}}, {u"vector"_s, QVariantList{1}}},
        {u"numbers"_s, QVariant::fromValue(QList<double>{1, 2.5}), QVariant::fromValue(std::vector<int>{1})});
    row("a duration and an enum", "waiting", {{u"time"_s, 1.5}, {u"size"_s, u"LARGE"_s}}, {u"waiting"_s, 1500LL, 1});
    row("a missing std::optional", "optional", food, {u"optional"_s, u"sushi"_s, -1, u"none"_s});
    row("a missing std::optional before another", "optional", {{u"food"_s, u"sushi"_s}, {u"note"_s, QVariant()}},
        {u"optional"_s, u"sushi"_s, -1, u"empty"_s});
    row("a missing std::optional whose default C++ cannot use", "optional", {{u"food"_s, u"sushi"_s}, {u"count"_s, 2}},
        {u"optional"_s, u"sushi"_s, 2, u"none"_s});
    row("a pointer's default", "pointerWithDefault", number, {u"pointerWithDefault"_s, 3, false});
    row("overridden, with its own parameters' names", "cook", {{u"time"_s, 5}}, {u"Cook::cook"_s, 5});
    row("overridden without being a slot", "wash", {{u"plates"_s, 5}}, {u"Cook::wash"_s, 5});
    row("hides one with C++ defaults", "serve", {{u"guest"_s, u"Ada"_s}, {u"plates"_s, 2}},
        {u"Cook::serve"_s, u"Ada"_s, 2});
}

void TestSlotCallback::calls()
{
    QFETCH(const QByteArray, slot);
    QFETCH(const QVariantMap, args);
    QFETCH(const QVariantList, got);

    Cook cook;
    QString why;
    const PyventBinding::Callback callback = slotCallback(&cook, slot, &why);
    QVERIFY2(callback, qPrintable(why));
    QVERIFY(why.isEmpty());
    QCOMPARE(callback(orderWith(args)), QString());
    QCOMPARE(cook.got, got);
}

void TestSlotCallback::failures_data()
{
    QTest::addColumn<QByteArray>("slot");
    QTest::addColumn<QVariantMap>("args");
    QTest::addColumn<QString>("concerned");

    QTest::newRow("missing") << QByteArray("order") << QVariantMap() << u"'food'"_s;
    QTest::newRow("missing, the others given")
        << QByteArray("order") << QVariantMap{{u"drink"_s, u"sake"_s}, {u"count"_s, 1}} << u"'food'"_s;
    QTest::newRow("missing in the middle")
        << QByteArray("order") << QVariantMap{{u"food"_s, u"sushi"_s}, {u"count"_s, 2}} << u"'drink'"_s;
    QTest::newRow("missing first of C++ defaults") << QByteArray("allDefaults") << QVariantMap{{u"b"_s, 2}} << u"'a'"_s;
    QTest::newRow("does not convert") << QByteArray("invokable") << QVariantMap{{u"a"_s, u"many"_s}} << u"'a'"_s;
    QTest::newRow("None") << QByteArray("order") << QVariantMap{{u"food"_s, QVariant()}} << u"'food'"_s;
    QTest::newRow("an element") << QByteArray("numbers")
                                << QVariantMap{{u"list"_s, QVariantList{1, u"a"_s}}, {u"vector"_s, QVariantList()}}
                                << u"'list[1]'"_s;
    QTest::newRow("the base's parameter's name") << QByteArray("cook") << QVariantMap{{u"minutes"_s, 5}} << u"'time'"_s;
    QTest::newRow("the base's C++ default")
        << QByteArray("serve") << QVariantMap{{u"guest"_s, u"Ada"_s}} << u"'plates'"_s;
}

void TestSlotCallback::failures()
{
    QFETCH(const QByteArray, slot);
    QFETCH(const QVariantMap, args);
    QFETCH(const QString, concerned);

    Cook cook;
    QString why;
    const PyventBinding::Callback callback = slotCallback(&cook, slot, &why);
    QVERIFY2(callback, qPrintable(why));
    const QString failed = callback(orderWith(args));
    QVERIFY2(failed.contains(concerned), qPrintable(failed));
    QCOMPARE(cook.got, QVariantList());
}

void TestSlotCallback::refusals_data()
{
    QTest::addColumn<QByteArray>("slot");
    QTest::addColumn<QString>("concerned");

    QTest::newRow("no such name") << QByteArray("bake") << u"'bake'"_s;
    QTest::newRow("empty") << QByteArray() << u"Cook"_s;
    QTest::newRow("other case") << QByteArray("Order") << u"'Order'"_s;
    QTest::newRow("no such signature") << QByteArray("order(int)") << u"'order(int)'"_s;
    QTest::newRow("a broken signature") << QByteArray("order(") << u"Cook"_s;
    QTest::newRow("a signal") << QByteArray("ready") << u"'ready'"_s;
    QTest::newRow("overloads") << QByteArray("overloaded") << u"overloaded("_s;
    QTest::newRow("an unnamed parameter") << QByteArray("unnamed") << u"parameter 1"_s;
    QTest::newRow("an unknown type") << QByteArray("unknown") << u"parameter 1"_s;
    QTest::newRow("a type that cannot be made without a value") << QByteArray("noDefault") << u"parameter 1"_s;
    QTest::newRow("a type that nothing converts to") << QByteArray("pointer") << u"QObject*"_s;
    QTest::newRow("a type that is not registered")
        << QByteArray("tuple") << u"pyvent::registerType<std::tuple<int,int,int>>()"_s;
    QTest::newRow("more than ten parameters") << QByteArray("eleven") << u"10"_s;
    QTest::newRow("a member that is no slot") << QByteArray("got") << u"'got'"_s;
}

void TestSlotCallback::refusals()
{
    QFETCH(const QByteArray, slot);
    QFETCH(const QString, concerned);
    Cook cook;
    QString why;
    QVERIFY(!slotCallback(&cook, slot, &why));
    QVERIFY2(why.contains(concerned), qPrintable(why));
}

void TestSlotCallback::convertsToTheTypes()
{
    Cook cook;
    QString why;
    const PyventBinding::Callback callback = slotCallback(&cook, "types", &why);
    QVERIFY2(callback, qPrintable(why));
    QCOMPARE(callback(orderWith({{u"number"_s, u"5"_s},
                                 {u"real"_s, 2},
                                 {u"flag"_s, 1},
                                 {u"bytes"_s, QByteArray("\0", 1)},
                                 {u"list"_s, QVariantList{u"a"_s, 1}}})),
             QString());
    QCOMPARE(cook.got,
             (QVariantList{qlonglong(5), 2.0, true, QByteArray("\0", 1), QVariant(QStringList{u"a"_s, u"1"_s})}));
}

void TestSlotCallback::tenParameters()
{
    Cook cook;
    QString why;
    const PyventBinding::Callback callback = slotCallback(&cook, "ten", &why);
    QVERIFY2(callback, qPrintable(why));
    QVariantMap args;
    QVariantList expected;
    for (int i = 0; i < 10; ++i) {
        args.insert(QString(QChar(u'a' + i)), i);
        expected.append(i);
    }
    QCOMPARE(callback(orderWith(args)), QString());
    QCOMPARE(cook.got, expected);
}

void TestSlotCallback::constantMethods()
{
    Cook cook;
    QString why;
    QCOMPARE(slotCallback(&cook, "constant", &why)(orderWith({{u"a"_s, 4}})), QString());
    QCOMPARE(cook.constantGot, 4);
}

void TestSlotCallback::nothingIsKeptBetweenCalls()
{
    Cook cook;
    QString why;
    const PyventBinding::Callback callback = slotCallback(&cook, "order", &why);
    const PyventBinding::Callback copy = callback;
    callback(orderWith({{u"food"_s, u"sushi"_s}, {u"drink"_s, u"sake"_s}, {u"count"_s, 9}}));
    callback(orderWith({{u"food"_s, u"rice"_s}}));
    QCOMPARE(cook.got, (QVariantList{u"order"_s, u"rice"_s, u"water"_s, 1}));
    copy(orderWith({{u"food"_s, u"tea"_s}, {u"drink"_s, u"milk"_s}}));
    QCOMPARE(cook.got, (QVariantList{u"order"_s, u"tea"_s, u"milk"_s, 1}));
}

void TestSlotCallback::ofQObjectItself()
{
    auto *object = new QObject;
    bool destroyed = false;
    connect(object, &QObject::destroyed, this, [&destroyed] { destroyed = true; });
    QString why;
    const PyventBinding::Callback callback = slotCallback(object, "deleteLater", &why);
    QVERIFY2(callback, qPrintable(why));
    QCOMPARE(callback(orderWith({})), QString());
    QTRY_VERIFY(destroyed);
}

PYVENT_TEST(TestSlotCallback)
#include "tst_slotcallback.moc"
