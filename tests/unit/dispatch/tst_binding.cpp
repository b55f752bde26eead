// SPDX-License-Identifier: MIT
#include "pyventbinding.h"
#include "sampleevent.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

#include <limits>

using namespace PyventBinding;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

struct Empty
{
};

} // namespace

class Order
{
    Q_GADGET
    Q_PROPERTY(QString food MEMBER food)
    Q_PROPERTY(int count MEMBER count)
    Q_PROPERTY(Size size MEMBER size)
    Q_PROPERTY(QVariant extra MEMBER extra)
    Q_PROPERTY(QString label READ label)

public:
    enum Size { Small, Large };
    Q_ENUM(Size)

    QString label() const { return u"%1 x %2"_s.arg(count).arg(food); }

    QString food;
    int count = 1;
    Size size = Small;
    QVariant extra;
};

class LargeOrder : public Order
{
    Q_GADGET
    Q_PROPERTY(QString hall MEMBER hall)
public:
    QString hall;
};

class Kitchen : public QObject
{
    Q_OBJECT
Q_SIGNALS:
    void ordered(const QString &food, int count);
    void partlyNamed(int, int second);
    void plain();
};

class TestBinding : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void conversions_data();
    void conversions();
    void numbersThatDoNotFit_data();
    void numbersThatDoNotFit();
    void whatAnArgumentIsBoundTo_data();
    void whatAnArgumentIsBoundTo();
    void aMissingArgument();
    void aRefusalNamesTypes();
    void parameters();
    void gadgetIsRead();
    void gadgetThatDoesNotFit_data();
    void gadgetThatDoesNotFit();
    void gadgetsInherit();
    void gadgetIsWritten();
    void namesOfArguments();
    void argumentsOfSignals();
};

void TestBinding::conversions_data()
{
    QTest::addColumn<QVariant>("argument");
    QTest::addColumn<QMetaType>("type");
    QTest::addColumn<QVariant>("expected"); // invalid where it does not convert

    const auto row = [](const char *name, const QVariant &argument, const QVariant &expected) {
        QTest::newRow(name) << argument << expected.metaType() << expected;
    };
    const auto refused = [](const char *name, const QVariant &argument, QMetaType type) {
        QTest::newRow(name) << argument << type << QVariant();
    };
    row("str", u"sushi"_s, u"sushi"_s);
    row("int", qlonglong(5), 5);
    row("int, 64 bits", qlonglong(1) << 40, qlonglong(1) << 40);
    row("int to unsigned", qlonglong(5), 5U);
    row("int to short", qlonglong(-5), QVariant::fromValue(short(-5)));
    row("int to double", qlonglong(5), 5.0);
    row("int to float", qlonglong(5), 5.0F);
    row("int to bool", qlonglong(1), true);
    row("int to str", qlonglong(5), u"5"_s);
    row("int to enum", qlonglong(1), QVariant::fromValue(Order::Large));
    row("float", 2.5, 2.5);
    row("whole float to int", 5.0, 5);
    row("bool", true, true);
    row("bool to int", true, 1);
    row("digits to int", u"12"_s, 12);
    row("digits to double", u"2.5"_s, 2.5);
    row("largest int", qlonglong(std::numeric_limits<int>::max()), std::numeric_limits<int>::max());
    row("smallest int", qlonglong(std::numeric_limits<int>::min()), std::numeric_limits<int>::min());
    row("str to bytes", u"größe"_s, QByteArray("größe"));
    row("bytes", QByteArray("\x00\xFF", 2), QByteArray("\x00\xFF", 2));
    row("list", QVariantList{1, u"a"_s}, QVariantList{1, u"a"_s});
    row("list of str", QVariantList{u"a"_s, u"b"_s}, QStringList{u"a"_s, u"b"_s});
    row("dict", QVariantMap{{u"a"_s, 1}}, QVariantMap{{u"a"_s, 1}});
    row("UUID in text", u"00112233-4455-6677-8899-aabbccddeeff"_s,
        QUuid::fromString("00112233-4455-6677-8899-aabbccddeeff"_L1));

    refused("None to str", QVariant(), QMetaType::fromType<QString>());
    refused("None to int", QVariant(), QMetaType::fromType<int>());
    refused("letters to int", u"many"_s, QMetaType::fromType<int>());
    refused("letters to double", u"many"_s, QMetaType::fromType<double>());
    refused("list to int", QVariantList{1}, QMetaType::fromType<int>());
    refused("dict to str", QVariantMap{{u"a"_s, 1}}, QMetaType::fromType<QString>());
    refused("str to gadget", u"sushi"_s, QMetaType::fromType<Order>());
    refused("str to object", u"sushi"_s, QMetaType::fromType<QObject *>());
}

void TestBinding::conversions()
{
    QFETCH(const QVariant, argument);
    QFETCH(const QMetaType, type);
    QFETCH(const QVariant, expected);

    QVariant storage(type);
    QString why;
    const bool bound = bindArgument(orderWith({{u"x"_s, argument}}), u"x"_s, type, storage.data(), &why);
    QCOMPARE(bound, expected.isValid());
    QCOMPARE(why.isEmpty(), bound);
    if (bound)
        QCOMPARE(storage, expected);

    // As a default, too.
    why.clear();
    storage = QVariant(type);
    QCOMPARE(bindArgument(orderWith({}), PyventParameter(u"x"_s, argument), type, storage.data(), &why), bound);

    // And a QVariant takes everything as it is.
    QVariant variant;
    QVERIFY(bindArgument(orderWith({{u"x"_s, argument}}), u"x"_s, QMetaType::fromType<QVariant>(), &variant, &why));
    QCOMPARE(variant, argument);
    QCOMPARE(variant.metaType(), argument.metaType());
}

void TestBinding::numbersThatDoNotFit_data()
{
    QTest::addColumn<QVariant>("argument");
    QTest::addColumn<QMetaType>("type");

    QTest::newRow("past int") << QVariant(qlonglong(1) << 31) << QMetaType::fromType<int>();
    QTest::newRow("far past int") << QVariant(qlonglong(1) << 40) << QMetaType::fromType<int>();
    QTest::newRow("below int") << QVariant(-(qlonglong(1) << 31) - 1) << QMetaType::fromType<int>();
    QTest::newRow("negative to unsigned") << QVariant(qlonglong(-1)) << QMetaType::fromType<uint>();
    QTest::newRow("negative to unsigned, 64 bits") << QVariant(qlonglong(-1)) << QMetaType::fromType<qulonglong>();
    QTest::newRow("past signed, 64 bits")
        << QVariant(std::numeric_limits<qulonglong>::max()) << QMetaType::fromType<qlonglong>();
    QTest::newRow("past short") << QVariant(qlonglong(40'000)) << QMetaType::fromType<short>();
    QTest::newRow("past uchar") << QVariant(qlonglong(256)) << QMetaType::fromType<uchar>();
    QTest::newRow("float past int") << QVariant(1e10) << QMetaType::fromType<int>();
    QTest::newRow("float past everything") << QVariant(1e300) << QMetaType::fromType<qlonglong>();
    QTest::newRow("infinity") << QVariant(std::numeric_limits<double>::infinity()) << QMetaType::fromType<int>();
    QTest::newRow("not a number") << QVariant(std::numeric_limits<double>::quiet_NaN()) << QMetaType::fromType<int>();
    QTest::newRow("digits past int") << QVariant(u"99999999999"_s) << QMetaType::fromType<int>();
}

// A handler that takes an int must not get another number than was sent.
void TestBinding::numbersThatDoNotFit()
{
    QFETCH(const QVariant, argument);
    QFETCH(const QMetaType, type);
    QVariant storage(type);
    QString why;
    const bool bound = bindArgument(orderWith({{u"x"_s, argument}}), u"x"_s, type, storage.data(), &why);
    QVERIFY2(!bound, qPrintable(u"it became "_s + storage.toString()));
    QVERIFY(why.contains(u"'x'"_s));
}

void TestBinding::whatAnArgumentIsBoundTo_data()
{
    QTest::addColumn<QVariantMap>("args");
    QTest::addColumn<QString>("name");
    QTest::addColumn<QVariant>("defaultValue"); // invalid for none
    QTest::addColumn<QString>("expected");

    const QVariantMap args{{u"food"_s, u"sushi"_s}};
    QTest::newRow("the argument") << args << u"food"_s << QVariant() << u"sushi"_s;
    QTest::newRow("the argument, not the default") << args << u"food"_s << QVariant(u"rice"_s) << u"sushi"_s;
    QTest::newRow("the default") << args << u"drink"_s << QVariant(u"water"_s) << u"water"_s;
    QTest::newRow("a default that converts") << args << u"drink"_s << QVariant(7) << u"7"_s;
    QTest::newRow("an empty default") << args << u"drink"_s << QVariant(u""_s) << QString();
    QTest::newRow("the sender") << args << u"sender"_s << QVariant() << u"pyvent.till"_s;
    QTest::newRow("the signal") << args << u"signal"_s << QVariant() << u"order-food"_s;
    QTest::newRow("an argument called sender")
        << QVariantMap{{u"sender"_s, u"me"_s}} << u"sender"_s << QVariant() << u"me"_s;
    QTest::newRow("an argument called signal")
        << QVariantMap{{u"signal"_s, u"red"_s}} << u"signal"_s << QVariant() << u"red"_s;
    // Every event has them, so a default is never needed, as in Python.
    QTest::newRow("the sender, not its default") << args << u"sender"_s << QVariant(u"nobody"_s) << u"pyvent.till"_s;
    QTest::newRow("the signal, not its default") << args << u"signal"_s << QVariant(u"nothing"_s) << u"order-food"_s;
}

void TestBinding::whatAnArgumentIsBoundTo()
{
    QFETCH(const QVariantMap, args);
    QFETCH(const QString, name);
    QFETCH(const QVariant, defaultValue);
    QFETCH(const QString, expected);

    const PyventParameter parameter =
        defaultValue.isValid() ? PyventParameter(name, defaultValue) : PyventParameter(name);
    QString storage;
    QString why;
    QVERIFY2(bindArgument(orderWith(args), parameter, QMetaType::fromType<QString>(), &storage, &why), qPrintable(why));
    QCOMPARE(storage, expected);
}

void TestBinding::aMissingArgument()
{
    QString storage = u"before"_s;
    QString why;
    QVERIFY(
        !bindArgument(orderWith({{u"Food"_s, u"sushi"_s}}), u"food"_s, QMetaType::fromType<QString>(), &storage, &why));
    QVERIFY(why.contains(u"'food'"_s) && why.contains(u"missing"_s));
    QCOMPARE(storage, u"before"_s);
}

void TestBinding::aRefusalNamesTypes()
{
    int storage = 0;
    QString why;
    QVERIFY(!bindArgument(orderWith({{u"n"_s, QVariantMap()}}), u"n"_s, QMetaType::fromType<int>(), &storage, &why));
    QCOMPARE(why, u"the argument 'n' is of type QVariantMap, which does not convert to int"_s);
    QVERIFY(!bindArgument(orderWith({{u"n"_s, QVariant()}}), u"n"_s, QMetaType::fromType<int>(), &storage, &why));
    QCOMPARE(why, u"the argument 'n' is of type None, which does not convert to int"_s);
}

void TestBinding::parameters()
{
    const PyventParameters list{"food", {"drink", "water"}, {u"count"_s, 3}, {"on", true}, {"any", QVariant()}};
    QCOMPARE(list[0].name(), u"food"_s);
    QVERIFY(!list[0].hasDefault());
    QVERIFY(!list[0].defaultValue().isValid());
    QVERIFY(list[1].hasDefault());
    QCOMPARE(list[1].defaultValue(), QVariant(u"water"_s));
    QCOMPARE(list[1].defaultValue().metaType(), QMetaType::fromType<QString>());
    QCOMPARE(list[2].defaultValue(), QVariant(3));
    QCOMPARE(list[3].defaultValue(), QVariant(true));
    QVERIFY(list[4].hasDefault());
    QVERIFY(!list[4].defaultValue().isValid());
}

void TestBinding::gadgetIsRead()
{
    Order order;
    order.food = u"rice"_s;
    QString why;
    const PyventEvent event = orderWith(
        {{u"count"_s, qlonglong(3)}, {u"size"_s, 1}, {u"label"_s, u"no"_s}, {u"other"_s, 1}, {u"extra"_s, 2.5}});
    QVERIFY2(readGadget(event, Order::staticMetaObject, &order, &why), qPrintable(why));
    QCOMPARE(order.food, u"rice"_s); // no such argument
    QCOMPARE(order.count, 3);
    QCOMPARE(order.size, Order::Large);
    QCOMPARE(order.extra, QVariant(2.5));
    QCOMPARE(order.label(), u"3 x rice"_s); // cannot be written
}

void TestBinding::gadgetThatDoesNotFit_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QVariant>("argument");
    QTest::newRow("letters to int") << u"count"_s << QVariant(u"many"_s);
    QTest::newRow("dict to int") << u"count"_s << QVariant(QVariantMap());
    QTest::newRow("dict to str") << u"food"_s << QVariant(QVariantMap());
    QTest::newRow("None to int") << u"count"_s << QVariant();
    QTest::newRow("None to str") << u"food"_s << QVariant();
    QTest::newRow("past int") << u"count"_s << QVariant(qlonglong(1) << 40);
}

// The same does not fit as with keywords.
void TestBinding::gadgetThatDoesNotFit()
{
    QFETCH(const QString, name);
    QFETCH(const QVariant, argument);
    Order order;
    QString why;
    QVERIFY(!readGadget(orderWith({{name, argument}}), Order::staticMetaObject, &order, &why));
    QVERIFY(why.contains(u"'%1'"_s.arg(name)));
    QVERIFY(why.contains(u"Order"_s));
}

void TestBinding::gadgetsInherit()
{
    LargeOrder order;
    QString why;
    const PyventEvent event = orderWith({{u"food"_s, u"rice"_s}, {u"hall"_s, u"A"_s}});
    QVERIFY(readGadget(event, LargeOrder::staticMetaObject, &order, &why));
    QCOMPARE(order.food, u"rice"_s);
    QCOMPARE(order.hall, u"A"_s);
    QCOMPARE(gadgetArguments(LargeOrder::staticMetaObject, &order).value(u"hall"_s), QVariant(u"A"_s));
}

void TestBinding::gadgetIsWritten()
{
    Order order;
    order.food = u"rice"_s;
    order.count = 2;
    const QVariantMap args = gadgetArguments(Order::staticMetaObject, &order);
    QCOMPARE(args.keys(), (QStringList{u"count"_s, u"extra"_s, u"food"_s, u"label"_s, u"size"_s}));
    QCOMPARE(args.value(u"food"_s), QVariant(u"rice"_s));
    QCOMPARE(args.value(u"count"_s), QVariant(2));
    QCOMPARE(args.value(u"label"_s), QVariant(u"2 x rice"_s));
    QCOMPARE(args.value(u"size"_s).toInt(), int(Order::Small));
    QVERIFY(!args.value(u"extra"_s).isValid());
}

void TestBinding::namesOfArguments()
{
    const auto names = [](auto signal, qsizetype count) {
        return argumentNames(QMetaMethod::fromSignal(signal), count);
    };
    QCOMPARE(names(&Kitchen::ordered, 2), (QStringList{u"food"_s, u"count"_s}));
    QCOMPARE(names(&Kitchen::ordered, 1), QStringList{u"food"_s});
    QCOMPARE(names(&Kitchen::partlyNamed, 2), (QStringList{u"arg1"_s, u"second"_s}));
    QCOMPARE(names(&Kitchen::plain, 0), QStringList());
    QCOMPARE(names(&QObject::objectNameChanged, 1), QStringList{u"objectName"_s});
}

void TestBinding::argumentsOfSignals()
{
    QCOMPARE(signalArguments({}), QVariantMap());
    QCOMPARE(signalArguments({u"food"_s, u"count"_s}, u"rice"_s, 3),
             (QVariantMap{{u"food"_s, u"rice"_s}, {u"count"_s, 3}}));
    QCOMPARE(signalArguments({u"food"_s}, u"rice"_s, Empty()), (QVariantMap{{u"food"_s, u"rice"_s}}));
    const QVariantMap variant = signalArguments({u"value"_s}, QVariant(3));
    QCOMPARE(variant.value(u"value"_s).metaType(), QMetaType::fromType<int>());
}

PYVENT_TEST(TestBinding)
#include "tst_binding.moc"
