// SPDX-License-Identifier: MIT
#include "pyventbinding.h"
#include "sampleevent.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace PyventBinding;
using namespace PyventTests;
using namespace Qt::StringLiterals;

class Dish
{
    Q_GADGET
    Q_PROPERTY(QString food MEMBER food)
    Q_PROPERTY(int count MEMBER count)

public:
    QString label() const { return u"%1 x %2"_s.arg(count).arg(food); }

    QString food;
    int count = 1;
};

class Chef : public QObject
{
    Q_OBJECT
public:
    void nothing() { calls.append(u"nothing"_s); }
    void map(const QVariantMap &args) { calls.append(args.value(u"food"_s).toString()); }
    void mapByValue(QVariantMap args) { calls.append(args.take(u"food"_s).toString()); }
    int whole(const PyventEvent &event)
    {
        calls.append(event.name);
        return 7;
    }
    void two(const QString &food, int count) noexcept { calls.append(food + QString::number(count)); }
    void constant(QStringView) const { }
    void gadget(const Dish &order) { calls.append(order.label()); }

    QStringList calls;
};

class SousChef : public Chef
{
    Q_OBJECT
};

// How a function of the user's becomes a handler.
class TestBindingHandlers : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void plainHandlers();
    void memberFunctions();
    void keywordHandlers();
    void keywordHandlersThatFail();
    void gadgetHandlers();
    void moveOnlyFunctors();
    void mutableFunctors();
    void signatures();
};

void TestBindingHandlers::plainHandlers()
{
    QObject context;
    QStringList calls;
    const PyventEvent event = orderWith({{u"food"_s, u"sushi"_s}});
    QCOMPARE(plain(&context, [&calls] { calls.append(u"none"_s); })(event), QString());
    plain(&context, [&calls](const QVariantMap &args) { calls.append(args.value(u"food"_s).toString()); })(event);
    plain(&context, [&calls](QVariantMap args) { calls.append(args.take(u"food"_s).toString()); })(event);
    plain(&context, [&calls](const PyventEvent &whole) { calls.append(whole.sender); })(event);
    plain(&context, [&calls](PyventEvent whole) { calls.append(std::move(whole).name); })(event);
    plain(&context, [&calls]() noexcept { calls.append(u"noexcept"_s); })(event);
    plain(&context, std::function<void(const PyventEvent &)>([&calls](const PyventEvent &whole) {
        calls.append(whole.name);
    }))(event);
    // What a handler returns is nobody's.
    QCOMPARE(plain(&context, [] { return u"not why"_s; })(event), QString());
    QCOMPARE(calls,
             (QStringList{u"none"_s, u"sushi"_s, u"sushi"_s, u"pyvent.till"_s, u"order-food"_s, u"noexcept"_s,
                          u"order-food"_s}));
    QCOMPARE(event.args.size(), 1);
}

void TestBindingHandlers::memberFunctions()
{
    SousChef chef;
    const PyventEvent event = orderWith({{u"food"_s, u"sushi"_s}, {u"count"_s, 2}});
    plain(&chef, &SousChef::nothing)(event);
    plain(&chef, &Chef::map)(event);
    plain(&chef, &Chef::mapByValue)(event);
    QCOMPARE(plain(&chef, &Chef::whole)(event), QString());
    keywords({"food", "count"}, &chef, &Chef::two)(event);
    const Chef *const constant = &chef;
    keywords({"food", "count"}, constant, &Chef::two)(event); // on() takes its context so
    gadget<Dish>(&chef, &Chef::gadget)(event);
    QCOMPARE(
        chef.calls,
        (QStringList{u"nothing"_s, u"sushi"_s, u"sushi"_s, u"order-food"_s, u"sushi2"_s, u"sushi2"_s, u"2 x sushi"_s}));
}

void TestBindingHandlers::keywordHandlers()
{
    QObject context;
    QVariantList got;
    const auto handler = keywords({"food", {"drink", "water"}, "count", "sender", "extra"}, &context,
                                  [&got](const QString &food, QString drink, qint64 count, const QString &sender,
                                         const QVariant &extra) noexcept {
                                      got = {food, drink, count, sender, extra};
                                  });
    QCOMPARE(handler(orderWith(
                 {{u"food"_s, u"sushi"_s}, {u"count"_s, u"3"_s}, {u"extra"_s, QVariant()}, {u"unknown"_s, 1}})),
             QString());
    QCOMPARE(got, (QVariantList{u"sushi"_s, u"water"_s, qint64(3), u"pyvent.till"_s, QVariant()}));
}

void TestBindingHandlers::keywordHandlersThatFail()
{
    QObject context;
    int calls = 0;
    const auto handler = keywords({"food", "count"}, &context, [&calls](const QString &, int) { ++calls; });
    QVERIFY(handler(orderWith({{u"food"_s, u"sushi"_s}})).contains(u"'count'"_s));
    QVERIFY(handler(orderWith({{u"count"_s, 1}})).contains(u"'food'"_s));
    QVERIFY(handler(orderWith({{u"food"_s, u"sushi"_s}, {u"count"_s, u"many"_s}})).contains(u"'count'"_s));
    QCOMPARE(calls, 0);
    QCOMPARE(handler(orderWith({{u"food"_s, u"sushi"_s}, {u"count"_s, 1}})), QString());
    QCOMPARE(calls, 1);
}

void TestBindingHandlers::gadgetHandlers()
{
    QObject context;
    QStringList got;
    const auto handler = gadget<Dish>(&context, [&got](const Dish &order) { got.append(order.label()); });
    QCOMPARE(handler(orderWith({{u"food"_s, u"sushi"_s}, {u"count"_s, 2}})), QString());
    QCOMPARE(handler(orderWith({{u"food"_s, u"rice"_s}})), QString()); // nothing is left of the one before
    QVERIFY(handler(orderWith({{u"count"_s, u"many"_s}})).contains(u"'count'"_s));
    QCOMPARE(got, (QStringList{u"2 x sushi"_s, u"1 x rice"_s}));
}

void TestBindingHandlers::moveOnlyFunctors()
{
    QObject context;
    QStringList got;
    auto text = std::make_unique<QString>(u"moved"_s);
    const Callback first = plain(&context, [&got, text = std::move(text)] { got.append(*text); });
    const Callback copy = first; // as std::function demands
    first(orderWith({}));
    copy(orderWith({}));
    keywords({"food"}, &context, [&got, number = std::make_unique<int>(3)](const QString &food) {
        got.append(food + QString::number(*number));
    })(orderWith({{u"food"_s, u"rice"_s}}));
    gadget<Dish>(&context, [&got, number = std::make_unique<int>(4)](const Dish &order) {
        got.append(order.food + QString::number(*number));
    })(orderWith({{u"food"_s, u"rice"_s}}));
    QCOMPARE(got, (QStringList{u"moved"_s, u"moved"_s, u"rice3"_s, u"rice4"_s}));
}

void TestBindingHandlers::mutableFunctors()
{
    QObject context;
    int last = 0;
    const Callback counting = plain(&context, [&last, n = 0]() mutable { last = ++n; });
    counting(orderWith({}));
    counting(orderWith({}));
    QCOMPARE(last, 2);
}

void TestBindingHandlers::signatures()
{
    const auto lambda = [](const QString &, int) {};
    const auto quiet = [](const QString &, int) noexcept {};
    using Expected = TypeList<QString, int>;
    static_assert(std::is_same_v<ArgumentsOf<decltype(lambda)>, Expected>);
    static_assert(std::is_same_v<ArgumentsOf<decltype(quiet)>, Expected>);
    static_assert(std::is_same_v<ArgumentsOf<decltype(&Chef::two)>, Expected>);
    static_assert(std::is_same_v<ArgumentsOf<decltype(&Chef::constant)>, TypeList<QStringView>>);
    static_assert(std::is_same_v<ArgumentsOf<void (*)(const QString &, int)>, Expected>);
    static_assert(std::is_same_v<ArgumentsOf<void (&)(const QString &, int) noexcept>, Expected>);
    static_assert(arity<decltype(lambda)> == 2);
    static_assert(Gadget<Dish>);
    static_assert(!Gadget<PyventEvent> && !Gadget<Chef> && !Gadget<QString> && !Gadget<QVariantMap>);
    static_assert(NotASlotName<decltype(lambda)> && !NotASlotName<const char *> && !NotASlotName<const char(&)[6]>);
}

PYVENT_TEST(TestBindingHandlers)
#include "tst_bindinghandlers.moc"
