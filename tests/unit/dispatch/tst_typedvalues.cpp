// SPDX-License-Identifier: MIT
#include "samplevalues.h"
#include "support/testprogram.h"

#include "pyventarray.h"
#include "pyventdatetime.h"
#include "pyventinteger.h"
#include "pyventset.h"

#include <QtCore/qcborarray.h>
#include <QtCore/qcbormap.h>
#include <QtCore/qjsonarray.h>
#include <QtCore/qjsondocument.h>
#include <QtCore/qjsonobject.h>
#include <QtTest/qtest.h>

#include <array>
#include <deque>
#include <functional>
#include <limits>
#include <list>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

using namespace PyventBinding;
using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// A test of one type: what is wrong; empty if nothing is.
using Check = std::function<QString()>;

// A class of a user's that is no gadget.
struct Weight
{
    double grams = 0;
};

// What the tests do with a type themselves. All else is compiled once, and not for each of a hundred types, which takes a minute.
struct TestedType
{
    QMetaType type;
    bool (*bind)(const PyventEvent &event, const PyventParameter &parameter, void *storage, QString *why);
    bool (*areEqual)(const void *left, const void *right);
};

template <typename T>
TestedType tested()
{
    return {QMetaType::fromType<T>(),
            [](const PyventEvent &event, const PyventParameter &parameter, void *storage, QString *why) {
                return bindParameter(event, parameter, static_cast<T *>(storage), why);
            },
            [](const void *left, const void *right) {
                return *static_cast<const T *>(left) == *static_cast<const T *>(right);
            }};
}

// As a parameter, whose type the compiler sees, or by the meta-type.
enum class Way { Parameter, MetaType };

// Reads \a wire into \a read, a new object of the type.
bool isRead(const TestedType &type, Way way, const QVariant &wire, QVariant *read, QString *why)
{
    *read = QVariant(type.type);
    const PyventEvent event = eventWith({{u"x"_s, wire}});
    return way == Way::Parameter ? type.bind(event, u"x"_s, read->data(), why)
                                 : bindArgument(event, u"x"_s, type.type, read->data(), why);
}

bool isReadAs(const QVariant &expected, const TestedType &type, Way way, const QVariant &wire, QString *why)
{
    QVariant read;
    if (!isRead(type, way, wire, &read, why))
        return false;
    if (type.areEqual(read.constData(), expected.constData()))
        return true;
    *why = u"something else was read"_s;
    return false;
}

// What is wrong with \a value, which is sent as \a argument and, if \a byMetaType, as it is.
QString checkThereAndBack(const TestedType &type, const QVariant &value, const QVariant &argument, const QVariant &wire,
                          bool byMetaType)
{
    QString error;
    const QVariant arrived = sent({{u"x"_s, argument}}, &error).value(u"x"_s);
    if (arrived != wire || arrived.metaType() != wire.metaType())
        return u"sent as %1; %2"_s.arg(QDebug::toString(arrived), error);
    if (!isReadAs(value, type, Way::Parameter, arrived, &error))
        return u"not read as a parameter: "_s + error;
    if (!byMetaType)
        return QString();
    if (sent({{u"x"_s, value}}, &error).value(u"x"_s) != wire)
        return u"not sent from a QVariant: "_s + error;
    if (!isReadAs(value, type, Way::MetaType, arrived, &error))
        return u"not read by the meta-type: "_s + error;
    return QString();
}

QString checkRead(const TestedType &type, const QVariant &expected, const QVariant &wire)
{
    QString error;
    isReadAs(expected, type, Way::Parameter, wire, &error);
    return error;
}

QString checkRefused(const TestedType &type, const QVariant &wire, const QString &expected)
{
    for (const Way way : {Way::Parameter, Way::MetaType}) {
        QVariant read;
        QString error;
        if (isRead(type, way, wire, &read, &error))
            return u"it was read"_s;
        if (error != expected)
            return error;
    }
    return QString();
}

} // namespace

Q_DECLARE_METATYPE(Check)
Q_DECLARE_METATYPE(Weight)

class Spot
{
    Q_GADGET
    Q_PROPERTY(double x MEMBER x)
    Q_PROPERTY(double y MEMBER y)

public:
    double x = 0;
    double y = 0;

    friend bool operator==(const Spot &, const Spot &) = default;
    friend bool operator<(const Spot &left, const Spot &right) { return left.x < right.x; }
};

class Grill
{
    Q_GADGET

public:
    enum class Size : quint8 { Small, Large, ExtraLarge = 200 };
    Q_ENUM(Size)
    enum Extra { None = 0, Wasabi = 1, Ginger = 2, SoySauce = 4 };
    Q_DECLARE_FLAGS(Extras, Extra)
    Q_FLAG(Extras)
};

Q_DECLARE_OPERATORS_FOR_FLAGS(Grill::Extras)

enum class Unlabelled : qint16 { Lowest = -5, Highest = 300 };

class Unlisted
{
    Q_GADGET
    Q_PROPERTY(std::tuple<int, int, int, int> four MEMBER four)

public:
    std::tuple<int, int, int, int> four;
};

class TestTypedValues : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void thereAndBack_data();
    void thereAndBack();
    void isRead_data();
    void isRead();
    void isRefused_data();
    void isRefused();
    void cannotBeSent_data();
    void cannotBeSent();
    void missingOptionals();
    void defaults();
    void eventsOfThisProcess();
    void signalsAndArguments();
    void convertersOfUsers();
    void whatConverts();
};

void TestTypedValues::initTestCase()
{
    pyvent::registerType<std::tuple<int, QString, Spot>>();
    pyvent::registerType<std::optional<Spot>>();
    pyvent::registerType<std::tuple<int, int>>();
    pyvent::registerType<QList<std::chrono::seconds>>();
}

// What a value of a C++ type is for Python, and that it is read again: as a parameter, whose type the compiler sees, and,
// where that needs no registration, by its meta-type.
void TestTypedValues::thereAndBack_data()
{
    QTest::addColumn<Check>("check");

    const auto row = []<typename T>(const char *name, const T &value, const QVariant &wire, bool byMetaType = true) {
        const TestedType type = tested<T>();
        QTest::newRow(name) << Check(std::bind_front(checkThereAndBack, type, QVariant(type.type, &value),
                                                     pyvent::argument(value), wire, byMetaType));
    };
    const QVariantMap here{{u"x"_s, 1.0}, {u"y"_s, 2.0}};
    constexpr bool needsRegistration = false;

    row("QList<double>", QList<double>{1, 2.5}, QVariantList{1.0, 2.5});
    row("empty QList<int>", QList<int>(), QVariantList());
    row("QList<bool>", QList<bool>{true, false}, QVariantList{true, false});
    row("QList<QVariant>", QVariantList{1LL, u"a"_s}, QVariantList{1LL, u"a"_s});
    row("QStringList", QStringList{u"a"_s}, QVariantList{u"a"_s});
    row("QByteArrayList", QByteArrayList{"a"}, QVariantList{"a"_ba});
    row("QList<Spot>", QList<Spot>{{1, 2}}, QVariantList{here});
    row("QList<QList<QList<int>>>", QList<QList<QList<int>>>{{{1}, {}}, {}},
        QVariantList{QVariant(QVariantList{QVariant(QVariantList{1LL}), QVariant(QVariantList())}),
                     QVariant(QVariantList())});
    row("std::vector<int>", std::vector<int>{1, 2}, QVariantList{1LL, 2LL});
    row("std::vector<bool>", std::vector<bool>{true, false}, QVariantList{true, false}, needsRegistration);
    row("std::vector<Spot>", std::vector<Spot>{{1, 2}}, QVariantList{here});
    row("std::list<QString>", std::list<QString>{u"a"_s}, QVariantList{u"a"_s});
    row("std::deque<int>", std::deque<int>{1, 2}, QVariantList{1LL, 2LL}, needsRegistration);
    row("std::array<int, 2>", std::array<int, 2>{1, 2}, QVariantList{1LL, 2LL}, needsRegistration);
    row("QSet<int>", QSet<int>{1}, any(PyventSet({1LL})));
    row("empty QSet<QString>", QSet<QString>(), any(PyventSet()));
    row("QSet<QList<int>>", QSet<QList<int>>{{1, 2}}, any(PyventSet({tuple({1LL, 2LL})})));
    row("std::set<QString>", std::set<QString>{u"a"_s, u"b"_s}, any(PyventSet({u"a"_s, u"b"_s})), needsRegistration);
    row("std::set<std::set<int>>", std::set<std::set<int>>{{1}},
        any(PyventSet({any(PyventSet({1LL}, PyventSet::FrozenSet))})), needsRegistration);
    row("std::unordered_set<int>", std::unordered_set<int>{1}, any(PyventSet({1LL})), needsRegistration);
    row("set of gadgets, which Python takes into no set", std::set<Spot>{{1, 2}}, QVariantList{here},
        needsRegistration);

    row("QMap<QString, int>", QMap<QString, int>{{u"a"_s, 1}}, QVariantMap{{u"a"_s, 1LL}});
    row("QHash<QString, QList<int>>", QHash<QString, QList<int>>{{u"a"_s, {1}}},
        QVariantMap{{u"a"_s, QVariantList{1LL}}});
    row("QMap<QString, Spot>", QMap<QString, Spot>{{u"a"_s, {1, 2}}}, QVariantMap{{u"a"_s, here}});
    row("QVariantHash", QVariantHash{{u"a"_s, 1LL}}, QVariantMap{{u"a"_s, 1LL}});
    row("std::map<QString, double>", std::map<QString, double>{{u"a"_s, 1}}, QVariantMap{{u"a"_s, 1.0}});
    row("std::map<std::string, int>", std::map<std::string, int>{{"ä", 1}}, QVariantMap{{u"ä"_s, 1LL}});
    row("std::unordered_map<int, QString>", std::unordered_map<int, QString>{{1, u"a"_s}},
        any(PyventDict({{1LL, u"a"_s}})), needsRegistration);
    row("QMap<int, QString>", QMap<int, QString>{{1, u"a"_s}, {2, u"b"_s}},
        any(PyventDict({{1LL, u"a"_s}, {2LL, u"b"_s}})));
    row("QMap<Size, int>", QMap<Grill::Size, int>{{Grill::Size::Large, 1}}, any(PyventDict({{1LL, 1LL}})));
    row("QMap<QDate, int>", QMap<QDate, int>{{QDate(2024, 1, 2), 1}}, any(PyventDict({{QDate(2024, 1, 2), 1LL}})));
    row("QMap<QList<int>, int>", std::map<QList<int>, int>{{{1, 2}, 3}}, any(PyventDict({{tuple({1LL, 2LL}), 3LL}})));
    row("std::map<std::pair<int, int>, int>", std::map<std::pair<int, int>, int>{{{1, 2}, 3}},
        any(PyventDict({{tuple({1LL, 2LL}), 3LL}})));

    row("std::pair<int, QString>", std::pair(1, u"a"_s), tuple({1LL, u"a"_s}));
    row("QVariantPair", QVariantPair(1LL, u"a"_s), tuple({1LL, u"a"_s}));
    row("std::pair<QString, char>", std::pair(u"a"_s, char(1)), tuple({u"a"_s, 1LL}));
    row("std::pair<Spot, QList<int>>", std::pair(Spot{1, 2}, QList<int>{1}),
        tuple({here, QVariant(QVariantList{1LL})}));
    row("std::tuple<int, QString, Spot>", std::tuple(1, u"a"_s, Spot{1, 2}), tuple({1LL, u"a"_s, here}));
    row("std::tuple<>", std::tuple<>(), tuple({}), needsRegistration);

    row("std::optional<int>", std::optional(5), 5LL);
    row("empty std::optional<int>", std::optional<int>(), any(nullptr));
    row("std::optional<QList<int>>", std::optional(QList<int>{1}), QVariantList{1LL}, needsRegistration);
    row("std::vector<std::optional<int>>", std::vector<std::optional<int>>{1, std::nullopt},
        QVariantList{1LL, any(nullptr)}, needsRegistration);
    row("std::optional<Spot>", std::optional(Spot{1, 2}), here);

    row("std::string", std::string("größe"), u"größe"_s);
    row("std::string with a NUL", std::string("a\0b", 3), QString::fromLatin1("a\0b", 3));
    row("std::complex<double>", std::complex<double>(1, -2),
        any(PyventObject::call(PyventObject(u"builtins"_s, u"complex"_s), {1.0, -2.0})));
    row("nanoseconds", 1500us + 0ns, any(PyventTimeDelta(0, 0, 1500)));
    row("milliseconds", -1ms, any(PyventTimeDelta(0, 0, -1000)));
    row("seconds", 5s, any(PyventTimeDelta(0, 5, 0)));
    row("hours", 30h, any(PyventTimeDelta(1, 6 * 3600, 0)));
    row("days", std::chrono::days(365'000), any(PyventTimeDelta(365'000, 0, 0)), needsRegistration);
    row("seconds with a fraction", std::chrono::duration<double>(0.57), any(PyventTimeDelta(0, 0, 570'000)));
    row("a tenth of seconds", std::chrono::duration<int, std::deci>(25), any(PyventTimeDelta(0, 2, 500'000)),
        needsRegistration);
    row("QList<seconds>", QList<std::chrono::seconds>{1s}, QVariantList{any(PyventTimeDelta(0, 1, 0))},
        needsRegistration);

    row("enum class", Grill::Size::ExtraLarge, 200LL);
    row("enum that Qt does not know", Unlabelled::Lowest, -5LL);
    row("flags", Grill::Extras(Grill::Ginger | Grill::SoySauce), 6LL);
    row("QList<Size>", QList<Grill::Size>{Grill::Size::Large}, QVariantList{1LL});

    const QJsonObject object{{u"a"_s, QJsonArray{1, 2.5, QJsonValue(), false, u"x"_s}}};
    const QVariantMap plain{{u"a"_s, QVariantList{1LL, 2.5, any(nullptr), false, u"x"_s}}};
    row("QJsonObject", object, plain);
    row("QJsonValue of an object", QJsonValue(object), plain);
    row("QJsonValue null", QJsonValue(), any(nullptr));
    row("QJsonArray", QJsonArray{object}, QVariantList{plain});
    row("QJsonDocument", QJsonDocument(object), plain);
    row("QCborMap", QCborMap{{u"a"_s, QCborArray{1, QByteArray("x")}}},
        QVariantMap{{u"a"_s, QVariantList{1LL, "x"_ba}}});
    row("QCborValue", QCborValue(2.5), 2.5);

    row("Spot", Spot{1, 2}, here);
    row("QVariantMap", plain, plain);
    row("QDateTime that is invalid", QDateTime(), any(nullptr));
    row("QTime that is invalid", QTime(), any(nullptr));
    row("QChar", QChar(u'ß'), u"ß"_s);
    row("char32_t", U'🍣', u"🍣"_s);
    row("PyventInteger", PyventInteger(qint64(-5)), -5LL);
    row("PyventDict with text keys", PyventDict({{u"a"_s, 1LL}}), QVariantMap{{u"a"_s, 1LL}});
}

void TestTypedValues::thereAndBack()
{
    QFETCH(const Check, check);
    const QString wrong = check();
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
}

// What else is taken for a type.
void TestTypedValues::isRead_data()
{
    QTest::addColumn<Check>("check");

    const auto row = []<typename T>(const char *name, const QVariant &wire, const T &expected) {
        const TestedType type = tested<T>();
        QTest::newRow(name) << Check(std::bind_front(checkRead, type, QVariant(type.type, &expected), wire));
    };
    const QList<int> oneTwo{1, 2};
    const auto byName = [](const QString &name) { return any(memberByName(u"Size"_s, name)); };

    row("whole numbers as doubles", QVariantList{1LL, 2.5}, QList<double>{1, 2.5});
    row("digits as numbers", QVariantList{u"1"_s, u"2"_s}, oneTwo);
    row("a tuple as a list", tuple({1LL, 2LL}), oneTwo);
    row("a set as a list", any(PyventSet({1LL, 2LL})), oneTwo);
    row("a deque as a list", any(deque({1LL, 2LL})), oneTwo);
    row("an array of NumPy as a list", any(PyventArray(u"<i2"_s, {2}, QByteArray::fromRawData("\1\0\2\0", 4))),
        std::vector<int>{1, 2});
    row("an array of two dimensions", any(PyventArray(u"|u1"_s, {2, 1}, QByteArray("\1\2"))),
        QList<QList<double>>{{1}, {2}});
    row("a list as a set", QVariantList{1LL, 1LL}, QSet<int>{1});
    row("a frozenset", any(PyventSet({u"a"_s}, PyventSet::FrozenSet)), std::set<QString>{u"a"_s});
    row("a list as a tuple", QVariantList{1LL, u"a"_s}, std::tuple(1, u"a"_s));
    row("a named tuple", any(PyventObject::create(PyventObject(u"m"_s, u"P"_s), {1LL, 2LL})), std::pair(1, 2));
    row("numbers as text", QVariantList{1LL, 2.5, true}, QStringList{u"1"_s, u"2.5"_s, u"true"_s});
    row("None in a list", QVariantList{any(nullptr), 1LL}, std::vector<std::optional<int>>{std::nullopt, 1});
    row("an OrderedDict", any(counter({{u"a"_s, 1LL}})), QMap<QString, int>{{u"a"_s, 1}});
    row("a Counter of numbers", any(counter({{7LL, 1LL}})), std::map<int, int>{{7, 1}});
    row("keys of digits", QVariantMap{{u"5"_s, 1LL}}, QMap<int, int>{{5, 1}});
    row("keys that become text", any(PyventDict({{5LL, 1LL}})), QMap<QString, int>{{u"5"_s, 1}});
    row("a dict as a gadget", QVariantMap{{u"x"_s, 1LL}, {u"z"_s, 3LL}}, Spot{1, 0});
    row("a data class as a gadget", any(dataClass({{u"x"_s, 1LL}, {u"y"_s, 2LL}})), Spot{1, 2});
    row("data classes as gadgets", QVariantList{any(dataClass({{u"x"_s, 1.5}}))}, QList<Spot>{{1.5, 0}});

    row("a name", u"Large"_s, Grill::Size::Large);
    row("a name with its scope", u"Grill::Size::Large"_s, Grill::Size::Large);
    row("a name in Python's spelling", u"EXTRA_LARGE"_s, Grill::Size::ExtraLarge);
    row("a name with Python's class", u"Size.LARGE"_s, Grill::Size::Large);
    row("a number in digits", u"1"_s, Grill::Size::Large);
    row("a float", 1.0, Grill::Size::Large);
    row("an Enum sent by its name", byName(u"LARGE"_s), Grill::Size::Large);
    row("an Enum sent by its number", any(memberByValue(u"Size"_s, 200LL)), Grill::Size::ExtraLarge);
    row("an Enum of text", any(memberByValue(u"Size"_s, u"large"_s)), Grill::Size::Large);
    row("a list of Enums", QVariantList{byName(u"Small"_s), 1LL, u"Large"_s},
        QList<Grill::Size>{Grill::Size::Small, Grill::Size::Large, Grill::Size::Large});
    row("an Enum as a number, if it is sent by it", any(memberByValue(u"Size"_s, 200LL)), 200);
    row("names of flags", u"Wasabi | SOY_SAUCE"_s, Grill::Extras(Grill::Wasabi | Grill::SoySauce));
    row("no flags", u""_s, Grill::Extras());
    row("a Flag sent by its name", any(memberByName(u"Extras"_s, u"WASABI"_s)), Grill::Extras(Grill::Wasabi));
    row("Flags sent by their names",
        any(combined(combined(memberByName(u"E"_s, u"SOY_SAUCE"_s), memberByName(u"E"_s, u"GINGER"_s)),
                     memberByName(u"E"_s, u"WASABI"_s))),
        Grill::Extras(Grill::Wasabi | Grill::Ginger | Grill::SoySauce));
    row("Flags sent by their number", any(memberByValue(u"Extras"_s, 3LL)),
        Grill::Extras(Grill::Wasabi | Grill::Ginger));

    row("bytes as std::string", QByteArray("\xff\0", 2), std::string("\xff\0", 2));
    row("a number as std::string", 5LL, std::string("5"));
    row("bytes as text", "größe"_ba, u"größe"_s);
    row("seconds as a duration", 2LL, 2000ms);
    row("half seconds as a duration", 0.57, 570ms);
    row("negative seconds", -0.5, -500ms);
    row("a duration in rougher units is rounded down", any(PyventTimeDelta(0, 0, -1)), -1s);
    row("a long duration in years", any(PyventTimeDelta(999'999'999, 0, 0)), std::chrono::years(2'737'907));
    row("a number of NumPy as a duration", any(PyventArray::scalar(u"<f8"_s, QByteArray::fromHex("000000000000f83f"))),
        1500ms);
    row("seconds as PyventTimeDelta", 1.5, PyventTimeDelta(0, 1, 500'000));
    row("a number as complex", 2LL, std::complex<double>(2, 0));
    row("the largest unsigned number", std::numeric_limits<qulonglong>::max(),
        PyventInteger(std::numeric_limits<quint64>::max()));

    row("a tuple in JSON", tuple({1LL, any(PyventDateTime(QDate(2024, 1, 2), PyventTime(QTime(3, 4))))}),
        QJsonArray{1, u"2024-01-02T03:04:00"_s});
    row("an int that JSON has as a double", std::numeric_limits<qulonglong>::max(),
        QJsonValue(double(std::numeric_limits<qulonglong>::max())));
    row("a dict with numbers for keys in JSON", any(PyventDict({{1LL, 2LL}})), QJsonObject{{u"1"_s, 2}});
    row("a data class in JSON", any(dataClass({{u"x"_s, 1LL}})), QJsonObject{{u"x"_s, 1}});
    row("text as a bool", QVariantList{u"True"_s, u"false"_s, u"0"_s}, QList<bool>{true, false, false});
    row("a date as QDateTime", QDate(2024, 1, 2), QDateTime(QDate(2024, 1, 2), QTime(0, 0)));
    row("a Path", any(PyventObject::call(PyventObject(u"pathlib"_s, u"PosixPath"_s), {u"/"_s, u"tmp"_s})),
        std::optional(u"/tmp"_s));
}

void TestTypedValues::isRead()
{
    QFETCH(const Check, check);
    const QString wrong = check();
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
}

// What is not taken, and what is said of it.
void TestTypedValues::isRefused_data()
{
    QTest::addColumn<Check>("check");

    const auto row = []<typename T>(const char *name, const QVariant &wire, const T &, const QString &expected) {
        QTest::newRow(name) << Check(std::bind_front(checkRefused, tested<T>(), wire, expected));
    };
    constexpr double far = 1e300;
    const QVariant byName = any(memberByName(u"Size"_s, u"LARGE"_s));

    row("text in a list of numbers", QVariantList{1.0, u"a"_s}, QList<double>(),
        u"the argument 'x[1]' is of type QString, which does not convert to double"_s);
    row("a number that is too large", QVariantList{1LL, 1LL << 40}, QList<int>(),
        u"the argument 'x[1]' is 1099511627776, which does not fit into int"_s);
    row("a negative number", QVariantList{-1LL}, std::vector<uint>(),
        u"the argument 'x[0]' is -1, which does not fit into uint"_s);
    row("a double that float does not hold", QVariantList{far}, QList<float>(),
        u"the argument 'x[0]' is 1e+300, which does not fit into float"_s);
    row("None in a list", QVariantList{any(nullptr)}, QList<int>(),
        u"the argument 'x[0]' is of type None, which does not convert to int"_s);
    row("text as a list", u"abc"_s, QStringList(),
        u"the argument 'x' is of type QString, which does not convert to QStringList"_s);
    row("bytes as a list", "abc"_ba, QList<int>(),
        u"the argument 'x' is of type QByteArray, which does not convert to QList<int>"_s);
    row("a dict as a list", QVariantMap(), QList<int>(),
        u"the argument 'x' is of type QVariantMap, which does not convert to QList<int>"_s);
    row("a list as a dict", QVariantList(), QMap<QString, int>(),
        u"the argument 'x' is of type QVariantList, which does not convert to QMap<QString,int>"_s);
    row("None as a list", QVariant(), QList<int>(),
        u"the argument 'x' is of type None, which does not convert to QList<int>"_s);
    row("a number in a set", QVariantList{u"a"_s}, QSet<int>(),
        u"the argument 'x[0]' is of type QString, which does not convert to int"_s);
    row("in a list in a dict in a list", QVariantList{QVariantMap{{u"b c"_s, QVariantList{0LL, u"z"_s}}}},
        QList<QMap<QString, QList<int>>>(),
        u"the argument 'x[0].b c[1]' is of type QString, which does not convert to int"_s);
    row("a property", QVariantList{QVariantMap(), QVariantMap{{u"y"_s, u"high"_s}}}, QList<Spot>(),
        u"the argument 'x[1].y' is of type QString, which does not convert to double of Spot"_s);
    row("a number as a gadget", QVariantMap{{u"a"_s, 5LL}}, QMap<QString, Spot>(),
        u"the argument 'x.a' is of type qlonglong, which does not convert to Spot"_s);
    row("another key", any(PyventDict({{u"a"_s, 1LL}})), QMap<int, int>(),
        u"the argument 'x' has the key 'a', which is of type QString, which does not convert to int"_s);
    row("a key that is there twice", any(PyventDict({{1LL, 1LL}, {u"1"_s, 2LL}})), QMap<int, int>(),
        u"the argument 'x' has the key '1' twice once its keys are those of QMap<int,int>"_s);
    row("the value of a key that is no text", any(PyventDict({{tuple({1LL, 2LL}), u"a"_s}})),
        std::map<std::pair<int, int>, int>(),
        u"the argument 'x[(1, 2)]' is of type QString, which does not convert to int"_s);
    row("too few items", QVariantList{1LL}, std::tuple<int, int>(),
        u"the argument 'x' has 1 items, and std::tuple<int,int> takes 2"_s);
    row("too many items", tuple({1LL, 2LL, 3LL}), std::pair<int, int>(),
        u"the argument 'x' has 3 items, and std::pair<int,int> takes 2"_s);
    row("the second part", tuple({1LL, u"a"_s}), std::pair<int, int>(),
        u"the argument 'x[1]' is of type QString, which does not convert to int"_s);
    row("what an optional holds", u"a"_s, std::optional<int>(),
        u"the argument 'x' is of type QString, which does not convert to int"_s);

    row("no such name", u"Huge"_s, Grill::Size::Small,
        u"the argument 'x' is 'Huge', which is none of Grill::Size: Small, Large, ExtraLarge"_s);
    row("no such number", 7LL, Grill::Size::Small,
        u"the argument 'x' is 7, which is none of Grill::Size: Small, Large, ExtraLarge"_s);
    row("no such member", QVariantList{any(memberByName(u"Size"_s, u"HUGE"_s))}, QList<Grill::Size>(),
        u"the argument 'x[0]' is 'HUGE', which is none of Grill::Size: Small, Large, ExtraLarge"_s);
    row("a number beyond the enum", 40'000LL, Unlabelled::Lowest,
        u"the argument 'x' is 40000, which does not fit into Unlabelled"_s);
    row("a name of an enum that Qt does not know", u"Lowest"_s, Unlabelled::Lowest,
        u"the argument 'x' is of type QString, which does not convert to Unlabelled"_s);
    row("no such flag", u"Wasabi|Salt"_s, Grill::Extras(),
        u"the argument 'x' is 'Wasabi|Salt', which is none of Grill::Extras: None, Wasabi, "
        "Ginger, SoySauce"_s);
    row("an Enum's name as a number", byName, 0,
        u"the argument 'x' is Python's till.Size.LARGE, sent by its name and without its value, which does not convert "
        u"to "
        "int"_s);
    row("an Enum's name as text", byName, QString(),
        u"the argument 'x' is Python's till.Size.LARGE, sent by its name and without its value, which does not convert "
        u"to "
        "QString"_s);
    row("an Enum's name as a list", byName, QList<int>(),
        u"the argument 'x' is Python's till.Size.LARGE, sent by its name and without its value, which does not convert "
        u"to "
        "QList<int>"_s);

    row("bytes that are no text", "\xff"_ba, QString(),
        u"the argument 'x' is bytes that are not UTF-8, and so no text"_s);
    row("text that is no bool", u"yes"_s, true,
        u"the argument 'x' is of type QString, which does not convert to bool"_s);
    row("two letters as one", u"ab"_s, QChar(), u"the argument 'x' is 'ab', which does not fit into QChar"_s);
    row("text as a duration", u"1.5"_s, 1ms,
        u"the argument 'x' is of type QString, which does not convert to std::chrono::milliseconds"_s);
    row("endless seconds in a list", QVariantList{std::numeric_limits<double>::infinity()},
        QList<std::chrono::seconds>(), u"the argument 'x[0]' is inf, which does not fit into std::chrono::seconds"_s);
    row("no number of seconds", std::numeric_limits<double>::quiet_NaN(), 1s,
        u"the argument 'x' is nan, which does not fit into std::chrono::seconds"_s);
    row("a duration that nanoseconds do not hold", any(PyventTimeDelta(200'000, 0, 0)), 1ns,
        u"the argument 'x' is datetime.timedelta(days=200000), which does not fit into "
        "std::chrono::nanoseconds"_s);
    row("bytes in JSON", QVariantMap{{u"a"_s, QVariantList{1LL, "b"_ba}}}, QJsonObject(),
        u"the argument 'x.a[1]' is of type QByteArray, which does not convert to QJsonObject"_s);
    row("a list as QJsonObject", QVariantList(), QJsonObject(),
        u"the argument 'x' is of type QVariantList, which does not convert to QJsonObject"_s);
    row("text as QJsonDocument", u"{}"_s, QJsonDocument(),
        u"the argument 'x' is of type QString, which does not convert to QJsonDocument"_s);
    row("a huge int as a double", any(PyventInteger::fromString(u"1"_s + QString(400, u'0'))), 0.0,
        u"the argument 'x' is 1%1…, which does not fit into double"_s.arg(QString(58, u'0')));
}

void TestTypedValues::isRefused()
{
    QFETCH(const Check, check);
    const QString wrong = check();
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
}

void TestTypedValues::cannotBeSent_data()
{
    QTest::addColumn<QVariant>("value");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char *name, const QVariant &value, const QString &expected) {
        QTest::newRow(name) << QVariant::fromValue(value) << expected;
    };
    row("in a list", any(QList<QObject *>{nullptr}), u"argument 'x[0]' is a QObject*, which cannot be sent"_s);
    row("in a map", any(QMap<QString, QDate>{{u"a"_s, QDate(10'000, 1, 1)}}),
        u"argument 'x.a' is a date in the year 10000"_s);
    row("in a property of an item", any(QMap<QString, QVariantList>{{u"a"_s, {any(Unlisted())}}}),
        u"argument 'x.a[0].four' is a std::tuple<int,int,int,int>, which cannot be sent; "
        "pyvent::registerType<std::tuple<int,int,int,int>>(), called once, makes it known"_s);
    row("std::string that is no text", any(std::vector<std::string>{"a", "\xff"}),
        u"argument 'x[1]' is a std::string that is not UTF-8; send bytes as a QByteArray"_s);
    row("a duration that is none", any(std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN())),
        u"argument 'x' is a duration of"_s);
}

void TestTypedValues::cannotBeSent()
{
    QFETCH(const QVariant, value);
    QFETCH(const QString, expected);
    QString error;
    QCOMPARE(sent({{u"x"_s, value}}, &error), QVariantMap());
    QVERIFY2(error.startsWith(expected), qPrintable(error));
}

void TestTypedValues::missingOptionals()
{
    QObject context;
    QList<std::optional<int>> heard;
    const auto note = [&heard](std::optional<int> first, std::optional<int> second) { heard = {first, second}; };
    const Callback handler = keywords({"first", {"second", 7}}, &context, note);
    QCOMPARE(handler(eventWith({})), QString());
    QCOMPARE(heard, (QList<std::optional<int>>{std::nullopt, 7}));
    QCOMPARE(handler(eventWith({{u"first"_s, 1}, {u"second"_s, QVariant()}})), QString());
    QCOMPARE(heard, (QList<std::optional<int>>{1, std::nullopt}));
    QVERIFY(handler(eventWith({{u"first"_s, u"many"_s}})).contains(u"'first'"_s));

    // By its meta-type, as a slot has it.
    std::optional<QString> text;
    QString why;
    QVERIFY(bindArgument(eventWith({}), u"text"_s, QMetaType::fromType<std::optional<QString>>(), &text, &why));
    QVERIFY(!text);
}

void TestTypedValues::defaults()
{
    QObject context;
    QVariantList heard;
    const auto handler = keywords(
        {{"list", std::deque<int>{1, 2}}, {"same", std::vector<double>{1.5}}, {"text", std::string("x")}, {"wait", 5s}},
        &context,
        [&heard](const QList<double> &list, const std::vector<double> &same, const QString &text,
                 std::chrono::milliseconds wait) {
            heard = {QVariant::fromValue(list), qlonglong(same.size()), text, qlonglong(wait.count())};
        });
    QCOMPARE(handler(eventWith({})), QString());
    QCOMPARE(heard.at(0).value<QList<double>>(), (QList<double>{1, 2}));
    QCOMPARE(heard.sliced(1), (QVariantList{1LL, u"x"_s, 5000LL}));
}

// dispatch() hands over what it gets as it is.
void TestTypedValues::eventsOfThisProcess()
{
    QString why;
    QList<double> list;
    QVERIFY2(bindParameter(eventWith({{u"x"_s, any(QList<int>{1, 2})}}), u"x"_s, &list, &why), qPrintable(why));
    QCOMPARE(list, (QList<double>{1, 2}));
    std::vector<Spot> points;
    QVERIFY2(bindParameter(eventWith({{u"x"_s, any(QList<Spot>{{1, 2}})}}), u"x"_s, &points, &why), qPrintable(why));
    QCOMPARE(points, (std::vector<Spot>{{1, 2}}));
    QVariantMap map;
    QVERIFY2(bindParameter(eventWith({{u"x"_s, any(QMap<QString, int>{{u"a"_s, 1}})}}), u"x"_s, &map, &why),
             qPrintable(why));
    QCOMPARE(map, (QVariantMap{{u"a"_s, 1}}));
    QList<int> fromJson;
    QVERIFY2(bindParameter(eventWith({{u"x"_s, QJsonArray{1, 2}}}), u"x"_s, &fromJson, &why), qPrintable(why));
    QCOMPARE(fromJson, (QList<int>{1, 2}));
    QString text;
    QVERIFY2(bindParameter(eventWith({{u"x"_s, any(std::string("a"))}}), u"x"_s, &text, &why), qPrintable(why));
    QCOMPARE(text, u"a"_s);
    int number = 0;
    QVERIFY2(bindParameter(eventWith({{u"x"_s, any(std::optional(5))}}), u"x"_s, &number, &why), qPrintable(why));
    QCOMPARE(number, 5);
    QVERIFY(!bindParameter(eventWith({{u"x"_s, any(std::optional<int>())}}), u"x"_s, &number, &why));
    QVERIFY2(bindParameter(eventWith({{u"x"_s, any(Grill::Size::Large)}}), u"x"_s, &number, &why), qPrintable(why));
    QCOMPARE(number, 1);
    QJsonObject json;
    QVERIFY2(bindParameter(eventWith({{u"x"_s, any(Spot{1, 2})}}), u"x"_s, &json, &why), qPrintable(why));
    QCOMPARE(json, (QJsonObject{{u"x"_s, 1}, {u"y"_s, 2}}));
}

void TestTypedValues::signalsAndArguments()
{
    const QVariantMap args =
        signalArguments({u"points"_s, u"limit"_s, u"wait"_s}, std::vector<Spot>{{1, 2}}, std::optional<int>(), 5s);
    QString error;
    QCOMPARE(sent(args, &error),
             (QVariantMap{{u"points"_s, QVariantList{QVariantMap{{u"x"_s, 1.0}, {u"y"_s, 2.0}}}},
                          {u"limit"_s, any(nullptr)},
                          {u"wait"_s, any(PyventTimeDelta(0, 5, 0))}}));
    QVERIFY2(error.isEmpty(), qPrintable(error));
}

void TestTypedValues::convertersOfUsers()
{
    QMetaType::registerConverter<double, Weight>([](double kilograms) { return Weight{kilograms * 1000}; });
    QMetaType::registerConverter<QString, Spot>([](const QString &text) { return Spot{text.toDouble(), 0}; });
    QString why;
    Weight weight;
    QVERIFY2(bindParameter(eventWith({{u"x"_s, 1.5}}), u"x"_s, &weight, &why), qPrintable(why));
    QCOMPARE(weight.grams, 1500.0);
    QVERIFY(!bindParameter(eventWith({{u"x"_s, QVariantList()}}), u"x"_s, &weight, &why));
    QList<Spot> points;
    QVERIFY2(bindParameter(eventWith({{u"x"_s, QVariantList{u"2.5"_s}}}), u"x"_s, &points, &why), qPrintable(why));
    QCOMPARE(points, (QList<Spot>{{2.5, 0}}));
}

// What the compiler lets pass.
void TestTypedValues::whatConverts()
{
    struct Stranger
    {
    };
    static_assert(isConvertible<int>() && isConvertible<QString>() && isConvertible<QVariant>());
    static_assert(isConvertible<QList<QMap<QString, std::vector<std::optional<Spot>>>>>());
    static_assert(isConvertible<std::tuple<Grill::Size, Grill::Extras, std::string>>());
    static_assert(isConvertible<PyventObject>() && isConvertible<PyventArray>() && isConvertible<Weight>());
    static_assert(!isConvertible<Stranger>() && !isConvertible<QList<Stranger>>());
    static_assert(!isConvertible<std::map<QString, std::pair<int, Stranger>>>());
    static_assert(!isConvertible<std::optional<std::tuple<int, Stranger>>>());
    static_assert(!isConvertible<int *>() && !isConvertible<QObject *>() && !isConvertible<QList<QObject *>>());
    static_assert(!isConvertible<const char *>() && !isConvertible<QStringView>()
                  && !isConvertible<std::string_view>());
    static_assert(!isConvertible<QMultiHash<QString, int>>() && !isConvertible<std::multimap<QString, int>>());
    static_assert(!isConvertible<std::u16string>() && !isConvertible<long double>() && !isConvertible<wchar_t>());
    static_assert(!isConvertible<std::function<void()>>() && !isConvertible<std::unique_ptr<int>>());
}

PYVENT_TEST(TestTypedValues)
#include "tst_typedvalues.moc"
