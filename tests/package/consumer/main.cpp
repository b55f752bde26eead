// SPDX-License-Identifier: MIT
// The public interface as a user meets it: every form of on(), sending, forwarding and waiting, on a bus of
// its own.

#include <Pyvent>
#include <PyventNode>
#include <PyventTuple>

#include <QCoreApplication>
#include <QDeadlineTimer>
#include <QTextStream>
#include <QThread>
#include <QTimer>

#include "../../support/freeport.h"

#include <optional>
#include <tuple>
#include <vector>

using namespace std::chrono_literals;

struct Order
{
    Q_GADGET
    Q_PROPERTY(QString food MEMBER food)
    Q_PROPERTY(QString drink MEMBER drink)

public:
    QString food;
    QString drink = "water";
};

struct Dish
{
    Q_GADGET
    Q_PROPERTY(QString name MEMBER name)
    Q_PROPERTY(QList<double> prices MEMBER prices)
    Q_PROPERTY(std::optional<int> calories MEMBER calories)

public:
    QString name;
    QList<double> prices;
    std::optional<int> calories;

    friend bool operator==(const Dish &, const Dish &) = default;
};

struct Menu
{
    Q_GADGET
    Q_PROPERTY(QList<Dish> dishes MEMBER dishes)
    Q_PROPERTY(QMap<QString, int> tables MEMBER tables)
    Q_PROPERTY(std::tuple<int, QString> page MEMBER page)
    Q_PROPERTY(std::chrono::milliseconds wait MEMBER wait)
    Q_PROPERTY(Size size MEMBER size)

public:
    enum Size { Small, Large };
    Q_ENUM(Size)

    QList<Dish> dishes;
    QMap<QString, int> tables;
    std::tuple<int, QString> page;
    std::chrono::milliseconds wait{};
    Size size = Small;
};

class Kitchen : public QObject
{
    Q_OBJECT

public:
    QStringList heard;

    void note(const QString &what) { heard << what; }
    void noteEvent(const PyventEvent &event) { note("member event " + event.args["food"].toString()); }
    void noteOrder(const QString &food, int count) { note(QString("member %1 x %2").arg(food).arg(count)); }

public Q_SLOTS:
    void order(const QString &food, const QString &drink = "tea") { note("slot " + food + " " + drink); }
    void measure(const QList<int> &values, std::optional<QString> unit)
    {
        note(QString("slot %1 %2").arg(values.size()).arg(unit.value_or("none")));
    }

Q_SIGNALS:
    void volumeChanged(int volume, const QString &unit);
};

static QString noted;
static void freeFunction(const QVariantMap &args)
{
    noted = "function " + args["food"].toString();
}

static int failures = 0;
static void check(bool good, const char *what)
{
    QTextStream(stdout) << (good ? "ok   " : "FAIL ") << what << Qt::endl;
    failures += !good;
}

// Runs the event loop until the condition holds, ten seconds at most.
static bool within(const std::function<bool()> &condition)
{
    for (QDeadlineTimer end(10s); !end.hasExpired() && !condition(); QThread::msleep(2))
        QCoreApplication::processEvents();
    return condition();
}

static void hear(PyventNode &node, Kitchen *kitchen)
{
    const auto note = [kitchen](const QString &what) { kitchen->note(what); };

    node.on("order-food", kitchen, [=] { note("nothing"); });
    node.on("order-food", kitchen, [=](const QVariantMap &args) { note("map " + args["food"].toString()); });
    node.on("order-food", kitchen, [=](const PyventEvent &event) { note("event " + event.sender); });
    node.on("order-food", {"food", {"drink", "water"}}, kitchen,
            [=](const QString &food, const QString &drink) { note("keywords " + food + " " + drink); });
    node.on("order-food", {"food", "drink"}, kitchen,
            [=](const QString &food, const QString &) { note("incomplete " + food); });
    node.on("order-food", {{"count", 7}}, kitchen, [=](int count) { note(QString("default %1").arg(count)); });
    node.on("order-food", {"food", {"count", 2}}, kitchen, &Kitchen::noteOrder);
    node.on("order-food", kitchen, &Kitchen::noteEvent);
    node.on("order-food", kitchen, "order");
    node.on("order-food", kitchen, freeFunction);
    node.on<Order>("order-food", kitchen,
                   [=](const Order &order) { note("gadget " + order.food + " " + order.drink); });
    node.on("order-*", kitchen, [=](const PyventEvent &event) { note("glob " + event.name); });
    node.on("order-food", {.sender = "till"}, kitchen, [=] { note("till"); });
    node.on("order-food", {{"food"}}, {.sender = PyventSender::Any}, kitchen,
            [=](const QString &food) { note("any " + food); });
    QObject::connect(node.event("order-food"), &PyventSubscription::received, kitchen,
                     [=](const QVariantMap &args) { note("subscription " + args["food"].toString()); });
    node.on("volume-changed", {"volume", "unit"}, kitchen,
            [=](double volume, const QString &unit) { note(QString("volume %1 %2").arg(volume).arg(unit)); });
    node.on("tick", kitchen, [=](const QVariantMap &args) { note(QString("tick %1").arg(args.size())); });
}

static void handlers(PyventNode &node, Kitchen &kitchen)
{
    QStringList failed;
    QObject::connect(&node, &PyventNode::handlerFailed, &kitchen,
                     [&](const QString &name, const QString &reason) { failed << name + ": " + reason; });
    hear(node, &kitchen);
    check(node.waitForReady(), "every subscription is active");
    check(node.isServer(), "the first node serves");

    const QStringList expected{"any sushi",
                               "default 7",
                               "event pyvent.consumer",
                               "gadget sushi water",
                               "glob order-food",
                               "keywords sushi water",
                               "map sushi",
                               "member event sushi",
                               "member sushi x 2",
                               "nothing",
                               "slot sushi tea",
                               "subscription sushi"};
    check(node.send("order-food", {{"food", "sushi"}}), "send");
    check(within([&] { return kitchen.heard.size() >= expected.size() && !failed.isEmpty() && !noted.isEmpty(); }),
          "every handler is called");
    kitchen.heard.sort();
    check(kitchen.heard == expected, qPrintable(kitchen.heard.join(", ")));
    check(noted == "function sushi", "a free function");
    check(failed.size() == 1 && failed[0].contains("drink"), "a missing argument is reported");
    QObject::disconnect(&node, &PyventNode::handlerFailed, &kitchen, nullptr);

    kitchen.heard.clear();
    check(node.send("order-food", Order{"ramen", "sake"}, {.sender = "till"}), "send a gadget as somebody else");
    check(within([&] { return kitchen.heard.size() >= 2; }), "its listeners hear it");
    kitchen.heard.sort();
    check(kitchen.heard == QStringList({"any ramen", "till"}), "and no others");
}

// What the parts of an argument become.
static void types(PyventNode &node, Kitchen &kitchen)
{
    kitchen.heard.clear();
    QStringList failed;
    QObject::connect(&node, &PyventNode::handlerFailed, &kitchen,
                     [&](const QString &, const QString &reason) { failed << reason; });
    const auto note = [&kitchen](const QString &what) { kitchen.note(what); };
    pyvent::registerType<std::tuple<int, QString>>();
    node.on<Menu>("menu", &kitchen, [=](const Menu &menu) {
        note(QString("gadget %1 %2 %3 %4 %5 %6")
                 .arg(menu.dishes[1].name)
                 .arg(menu.dishes[1].prices[1])
                 .arg(menu.tables["window"])
                 .arg(std::get<1>(menu.page))
                 .arg(menu.wait.count())
                 .arg(menu.size));
    });
    node.on("measured", {"values", "unit", {"wait", 2s}}, &kitchen,
            [=](const std::vector<double> &values, std::optional<std::string> unit, std::chrono::milliseconds wait) {
                note(QString("keywords %1 %2 %3").arg(values.size()).arg(bool(unit)).arg(wait.count()));
            });
    node.on("measured", &kitchen, "measure");
    check(node.waitForReady(), "subscriptions with types");

    const Menu menu{{{"soup", {}, {}}, {"sushi", {12, 12.5}, 300}}, {{"window", 7}}, {1, "first"}, 90s, Menu::Large};
    check(node.send("menu", menu), "send gadgets in a gadget");
    check(node.send("measured", {{"values", pyvent::argument(std::vector<int>{1, 2, 3})}}), "send a std::vector");
    check(within([&] { return kitchen.heard.size() >= 3; }), "types arrive");
    kitchen.heard.sort();
    check(kitchen.heard == QStringList({"gadget sushi 12.5 7 first 90000 1", "keywords 3 0 2000", "slot 3 none"}),
          qPrintable(kitchen.heard.join(", ")));
    node.send("menu", {{"dishes", QVariantList{QVariantMap{{"prices", QVariantList{1, "much"}}}}}});
    check(within([&] { return !failed.isEmpty(); }) && failed[0].contains("'dishes[0].prices[1]'"),
          "an element that does not fit is named");
    QObject::disconnect(&node, &PyventNode::handlerFailed, &kitchen, nullptr);
}

static void forwards(PyventNode &node, Kitchen &kitchen)
{
    kitchen.heard.clear();
    QTimer timer;
    node.forward(&timer, &QTimer::timeout, "tick");
    node.forward(&kitchen, &Kitchen::volumeChanged, "volume-changed");
    timer.setSingleShot(true);
    timer.start(0ms);
    Q_EMIT kitchen.volumeChanged(11, "dB");
    check(within([&] { return kitchen.heard.size() >= 2; }), "forwarded signals arrive");
    kitchen.heard.sort();
    check(kitchen.heard == QStringList({"tick 0", "volume 11 dB"}), "with their arguments");
}

static void waits(PyventNode &node)
{
    check(node.flush(5s), "flush");
    const auto answer = node.waitFor("echo", 5s, {.send = "echo", .args = {{"n", 1}}});
    check(answer && answer->args["n"] == 1, "waitFor, sending first");
    check(!node.waitFor("silence", 50ms), "waitFor gives up");

    const QFuture<PyventEvent> next = node.next("echo");
    node.send("echo", {{"n", 2}});
    check(within([&] { return next.isFinished(); }) && next.result().args["n"] == 2, "next");
}

int main(int argc, char **argv)
{
    // Before anything of the library has run.
    const QVariant made = QVariant::fromValue(PyventTuple({1, "two"}));
    check(made.toList() == QVariantList{1, "two"} && made.toString() == "(1, 'two')", "values convert");

    QCoreApplication app(argc, argv);
    PyventNode node(PyventOptions{.port = PyventTests::freePort(), .nodeId = "consumer"});
    QObject::connect(&node, &PyventNode::errorOccurred, &app,
                     [](const PyventError &error) { QTextStream(stdout) << error.text << Qt::endl; });
    Kitchen kitchen;
    handlers(node, kitchen);
    types(node, kitchen);
    forwards(node, kitchen);
    waits(node);
    check(!node.send("two words") && node.lastError().code == PyventError::InvalidName, "a bad name is refused");
    check(node.off(&kitchen) > 0, "off");
    node.stop();
    check(node.state() == PyventNode::Stopped, "stop");
    return failures ? 1 : 0;
}

#include "main.moc"
