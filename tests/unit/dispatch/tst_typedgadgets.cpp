// SPDX-License-Identifier: MIT
#include "samplevalues.h"
#include "support/testprogram.h"

#include "pyventinteger.h"

#include <QtCore/qjsonarray.h>
#include <QtCore/qjsonobject.h>
#include <QtTest/qtest.h>

#include <array>
#include <limits>
#include <list>
#include <map>
#include <set>
#include <vector>

using namespace PyventBinding;
using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class Point
{
    Q_GADGET
    Q_PROPERTY(double x MEMBER x)
    Q_PROPERTY(double y MEMBER y)

public:
    double x = 0;
    double y = 0;

    friend bool operator==(const Point &, const Point &) = default;
    friend bool operator<(const Point &left, const Point &right) { return left.x < right.x; }
};

class Oven
{
    Q_GADGET

public:
    enum class Size : quint8 { Small, Large, ExtraLarge = 200 };
    Q_ENUM(Size)
    enum Extra { None = 0, Wasabi = 1, Ginger = 2, SoySauce = 4 };
    Q_DECLARE_FLAGS(Extras, Extra)
    Q_FLAG(Extras)
};

Q_DECLARE_OPERATORS_FOR_FLAGS(Oven::Extras)

enum class Unnamed : qint16 { Lowest = -5, Highest = 300 };

// A property of each type that needs no registration.
class Plot
{
    Q_GADGET
    Q_PROPERTY(QList<double> values MEMBER values)
    Q_PROPERTY(QList<int> counts MEMBER counts)
    Q_PROPERTY(QMap<QString, int> sizes MEMBER sizes)
    Q_PROPERTY(QHash<QString, QString> names MEMBER names)
    Q_PROPERTY(QMap<int, QString> byNumber MEMBER byNumber)
    Q_PROPERTY(std::map<QString, double> means MEMBER means)
    Q_PROPERTY(QSet<QString> tags MEMBER tags)
    Q_PROPERTY(Point origin MEMBER origin)
    Q_PROPERTY(QList<Point> points MEMBER points)
    Q_PROPERTY(std::vector<Point> outline MEMBER outline)
    Q_PROPERTY(QMap<QString, Point> places MEMBER places)
    Q_PROPERTY(QList<QList<int>> rows MEMBER rows)
    Q_PROPERTY(std::vector<float> samples MEMBER samples)
    Q_PROPERTY(std::list<bool> switches MEMBER switches)
    Q_PROPERTY(std::pair<QString, int> pair MEMBER pair)
    Q_PROPERTY(QList<std::pair<quint8, double>> pairs MEMBER pairs)
    Q_PROPERTY(std::optional<int> limit MEMBER limit)
    Q_PROPERTY(std::optional<QString> note MEMBER note)
    Q_PROPERTY(std::string title MEMBER title)
    Q_PROPERTY(std::vector<std::string> lines MEMBER lines)
    Q_PROPERTY(std::chrono::milliseconds age MEMBER age)
    Q_PROPERTY(std::chrono::duration<double> period MEMBER period)
    Q_PROPERTY(Oven::Size size MEMBER size)
    Q_PROPERTY(Oven::Extras extras MEMBER extras)
    Q_PROPERTY(QList<Oven::Size> offered MEMBER offered)
    Q_PROPERTY(Unnamed unnamed MEMBER unnamed)
    Q_PROPERTY(QStringList words MEMBER words)
    Q_PROPERTY(QByteArrayList blobs MEMBER blobs)
    Q_PROPERTY(QJsonObject json MEMBER json)
    Q_PROPERTY(QJsonValue nothing MEMBER nothing)
    Q_PROPERTY(QVariant anything MEMBER anything)
    Q_PROPERTY(QDateTime never MEMBER never)
    Q_PROPERTY(QChar letter MEMBER letter)
    Q_PROPERTY(PyventInteger small MEMBER small)
    Q_PROPERTY(PyventDict dict MEMBER dict)

public:
    QList<double> values;
    QList<int> counts;
    QMap<QString, int> sizes;
    QHash<QString, QString> names;
    QMap<int, QString> byNumber;
    std::map<QString, double> means;
    QSet<QString> tags;
    Point origin;
    QList<Point> points;
    std::vector<Point> outline;
    QMap<QString, Point> places;
    QList<QList<int>> rows;
    std::vector<float> samples;
    std::list<bool> switches;
    std::pair<QString, int> pair;
    QList<std::pair<quint8, double>> pairs;
    std::optional<int> limit;
    std::optional<QString> note;
    std::string title;
    std::vector<std::string> lines;
    std::chrono::milliseconds age{};
    std::chrono::duration<double> period{};
    Oven::Size size = Oven::Size::Small;
    Oven::Extras extras;
    QList<Oven::Size> offered;
    Unnamed unnamed = Unnamed::Lowest;
    QStringList words;
    QByteArrayList blobs;
    QJsonObject json;
    QJsonValue nothing;
    QVariant anything;
    QDateTime never;
    QChar letter = u'a';
    PyventInteger small;
    PyventDict dict;

    friend bool operator==(const Plot &, const Plot &) = default;
};

// What only a registration makes known.
class Registered
{
    Q_GADGET
    Q_PROPERTY(std::optional<Point> point MEMBER point)
    Q_PROPERTY(std::tuple<int, QString, Point> parts MEMBER parts)
    Q_PROPERTY(std::array<int, 3> three MEMBER three)
    Q_PROPERTY(std::set<Point> set MEMBER set)

public:
    std::optional<Point> point;
    std::tuple<int, QString, Point> parts;
    std::array<int, 3> three{};
    std::set<Point> set;

    friend bool operator==(const Registered &, const Registered &) = default;
};

class Unregistered
{
    Q_GADGET
    Q_PROPERTY(std::tuple<int, int, int, int> four MEMBER four)

public:
    std::tuple<int, int, int, int> four;
};

class Menu
{
    Q_GADGET
    Q_PROPERTY(QString title MEMBER title)
    Q_PROPERTY(Point place MEMBER place)
    Q_PROPERTY(QList<Menu> parts MEMBER parts)

public:
    QString title;
    Point place{1, 2};
    QList<Menu> parts;

    friend bool operator==(const Menu &, const Menu &) = default;
};

namespace {

Plot filledPlot()
{
    Plot plot;
    plot.values = {1.5, -0.0, std::numeric_limits<double>::infinity()};
    plot.counts = {1, -2, std::numeric_limits<int>::max()};
    plot.sizes = {{u"large"_s, 2}, {u"small"_s, 1}};
    plot.names = {{u"a"_s, u"A"_s}, {u"b"_s, QString()}};
    plot.byNumber = {{-1, u"minus"_s}, {1, u"one"_s}};
    plot.means = {{u"x"_s, 0.5}};
    plot.tags = {u"hot"_s, u"new"_s};
    plot.origin = {3, 4};
    plot.points = {{1, 2}, {3, 4}};
    plot.outline = {{5, 6}};
    plot.places = {{u"here"_s, {7, 8}}};
    plot.rows = {{1, 2}, {}, {3}};
    plot.samples = {0.25F, -1e30F};
    plot.switches = {true, false};
    plot.pair = {u"two"_s, 2};
    plot.pairs = {{quint8(255), 1.5}, {quint8(0), 2.5}};
    plot.limit = 5;
    plot.note = u""_s;
    plot.title = "größe";
    plot.lines = {"one", ""};
    plot.age = 1500ms;
    plot.period = std::chrono::duration<double>(0.57);
    plot.size = Oven::Size::ExtraLarge;
    plot.extras = Oven::Wasabi | Oven::SoySauce;
    plot.offered = {Oven::Size::Large, Oven::Size::Small};
    plot.unnamed = Unnamed::Highest;
    plot.words = {u"a"_s, u"b c"_s};
    plot.blobs = {"\xff", ""};
    plot.json = {{u"a"_s, QJsonArray{1, 2.5, QJsonValue(), true, QJsonObject{{u"b"_s, u"text"_s}}}}};
    plot.anything = QVariantList{1LL, u"x"_s};
    plot.letter = u'ß';
    plot.small = PyventInteger(qint64(5));
    plot.dict = PyventDict({{u"text"_s, 1LL}});
    return plot;
}

template <typename T>
QVariantMap sentGadget(const T &gadget, QString *error)
{
    return sent(gadgetArguments(T::staticMetaObject, &gadget), error);
}

} // namespace

// Q_GADGETs as arguments: what is sent of one is heard by another.
class TestTypedGadgets : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void gadgetThereAndBack();
    void emptyGadgetThereAndBack();
    void registeredTypes();
    void gadgetsWithinGadgets();
    void errorsInGadgets_data();
    void errorsInGadgets();
    void howDeepOneCanGo();
};

// As registerType() does it for users: twice does no harm.
void TestTypedGadgets::initTestCase()
{
    for (int i = 0; i < 2; ++i) {
        pyvent::registerType<std::optional<Point>>();
        pyvent::registerType<std::tuple<int, QString, Point>>();
        pyvent::registerType<std::array<int, 3>>();
        pyvent::registerType<std::set<Point>>();
    }
}

void TestTypedGadgets::gadgetThereAndBack()
{
    const Plot plot = filledPlot();
    QString error;
    const QVariantMap args = sentGadget(plot, &error);
    QVERIFY2(error.isEmpty(), qPrintable(error));
    QCOMPARE(args.size(), Plot::staticMetaObject.propertyCount());
    Plot read;
    QVERIFY2(readGadget(eventWith(args), Plot::staticMetaObject, &read, &error), qPrintable(error));
    for (int i = 0; i < Plot::staticMetaObject.propertyCount(); ++i) {
        const QMetaProperty property = Plot::staticMetaObject.property(i);
        QVERIFY2(property.readOnGadget(&read) == property.readOnGadget(&plot), property.name());
    }
    QVERIFY(read == plot);
}

// Nulls and empty containers are values, too: they replace what is there.
void TestTypedGadgets::emptyGadgetThereAndBack()
{
    QString error;
    const QVariantMap args = sentGadget(Plot(), &error);
    QVERIFY2(error.isEmpty(), qPrintable(error));
    Plot read = filledPlot();
    read.never = QDateTime(QDate(2024, 1, 2), QTime(3, 4));
    QVERIFY2(readGadget(eventWith(args), Plot::staticMetaObject, &read, &error), qPrintable(error));
    read.anything = QVariant(); // None arrives as nullptr
    QVERIFY(read == Plot());
}

void TestTypedGadgets::registeredTypes()
{
    Registered gadget;
    gadget.point = Point{1, 2};
    gadget.parts = {1, u"a"_s, {3, 4}};
    gadget.three = {1, 2, 3};
    gadget.set = {{5, 6}};
    QString error;
    const QVariantMap args = sentGadget(gadget, &error);
    QVERIFY2(error.isEmpty(), qPrintable(error));
    Registered read;
    QVERIFY2(readGadget(eventWith(args), Registered::staticMetaObject, &read, &error), qPrintable(error));
    QVERIFY(read == gadget);

    Unregistered unknown;
    QVERIFY(!readGadget(eventWith({{u"four"_s, QVariantList{1, 2, 3, 4}}}), Unregistered::staticMetaObject, &unknown,
                        &error));
    QVERIFY2(error.contains(u"pyvent::registerType<std::tuple<int,int,int,int>>()"_s), qPrintable(error));
}

void TestTypedGadgets::gadgetsWithinGadgets()
{
    const Menu menu{u"all"_s, {3, 4}, {{u"first"_s, {}, {{u"deep"_s, {}, {}}}}, {u"second"_s, {}, {}}}};
    QString error;
    const QVariantMap args = sentGadget(menu, &error);
    QVERIFY2(error.isEmpty(), qPrintable(error));
    Menu read;
    QVERIFY2(readGadget(eventWith(args), Menu::staticMetaObject, &read, &error), qPrintable(error));
    QVERIFY(read == menu);

    // What is not said stays as a new gadget has it, in the inner one as well.
    Menu partly;
    QVERIFY(readGadget(eventWith({{u"place"_s, QVariantMap{{u"x"_s, 5}}}}), Menu::staticMetaObject, &partly, &error));
    QCOMPARE(partly.place.x, 5.0);
    QCOMPARE(partly.place.y, 2.0);
}

void TestTypedGadgets::errorsInGadgets_data()
{
    QTest::addColumn<QVariantMap>("args");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char *name, const QVariantMap &args, const QString &expected) {
        QTest::newRow(name) << args << expected;
    };
    const QVariantMap point{{u"x"_s, 1.0}, {u"y"_s, 2.0}};
    row("an element's property", {{u"points"_s, QVariantList{point, point, point, QVariantMap{{u"x"_s, u"left"_s}}}}},
        u"the argument 'points[3].x' is of type QString, which does not convert to double of Point"_s);
    row("an element", {{u"values"_s, QVariantList{1.0, QVariantMap()}}},
        u"the argument 'values[1]' is of type QVariantMap, which does not convert to double"_s);
    row("a whole property", {{u"values"_s, 1.0}},
        u"the argument 'values' is of type double, which does not convert to QList<double> of Plot"_s);
    row("a number that does not fit", {{u"pairs"_s, QVariantList{tuple({1LL, 1.0}), tuple({256LL, 1.0})}}},
        u"the argument 'pairs[1][0]' is 256, which does not fit into uchar"_s);
    row("an entry's property", {{u"places"_s, QVariantMap{{u"here"_s, QVariantMap{{u"y"_s, QVariant()}}}}}},
        u"the argument 'places.here.y' is of type None, which does not convert to double of Point"_s);
    row("an enum", {{u"offered"_s, QVariantList{u"Small"_s, u"Tiny"_s}}},
        u"the argument 'offered[1]' is 'Tiny', which is none of Oven::Size: Small, Large, "
        "ExtraLarge"_s);
    row("flags", {{u"extras"_s, QVariantList()}},
        u"the argument 'extras' is of type QVariantList, which does not convert to QFlags<Oven::Extra>"_s);
    row("JSON", {{u"json"_s, QVariantMap{{u"a"_s, "b"_ba}}}},
        u"the argument 'json.a' is of type QByteArray, which does not convert to QJsonObject"_s);
}

void TestTypedGadgets::errorsInGadgets()
{
    QFETCH(const QVariantMap, args);
    QFETCH(const QString, expected);
    Plot plot;
    QString error;
    QVERIFY(!readGadget(eventWith(args), Plot::staticMetaObject, &plot, &error));
    QCOMPARE(error, expected);
}

// As deep as an event may be, and no crash.
void TestTypedGadgets::howDeepOneCanGo()
{
    QVariantMap args{{u"title"_s, u"innermost"_s}};
    constexpr int depth = 200;
    for (int i = 0; i < depth; ++i)
        args = {{u"parts"_s, QVariantList{args}}};
    Menu menu;
    QString error;
    QVERIFY2(readGadget(eventWith(args), Menu::staticMetaObject, &menu, &error), qPrintable(error));
    const Menu *innermost = &menu;
    while (!innermost->parts.isEmpty())
        innermost = &innermost->parts.constFirst();
    QCOMPARE(innermost->title, u"innermost"_s);
    const QVariantMap again = gadgetArguments(Menu::staticMetaObject, &menu);
    sent(again, &error);
    QVERIFY2(error.contains(u"nests deeper"_s), qPrintable(error));
}

PYVENT_TEST(TestTypedGadgets)
#include "tst_typedgadgets.moc"
