// SPDX-License-Identifier: MIT
#include "bus.h"
#include "peervalues.h"
#include "support/testprogram.h"

#include <QtTest>

#include <bit>
#include <limits>

using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

QJsonValue bytesValue(const QByteArray &bytes)
{
    return typedValue(u"bytes"_s, QString::fromLatin1(bytes.toBase64()));
}

QJsonValue integer(const char *digits)
{
    return typedValue(u"int"_s, QString::fromLatin1(digits));
}

} // namespace

// Values of many types, from Python to here, from here to Python, between nodes of this module, and back
// again.
class tst_Values : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<Bus> m_bus;
    PeerProcess *m_python = nullptr;
    PeerProcess *m_qt = nullptr;
    PeerProcess *m_otherQt = nullptr;

    void newRow(const char *name, const char *expression, const QJsonValue &json)
    {
        QTest::newRow(name) << QString::fromUtf8(expression) << json;
    }

    // Sends the arguments {"value": …} and compares what the receivers got; 'value' in both spellings.
    void compareEverywhere(const QString &expression, const QJsonObject &args)
    {
        for (const PeerProcess *receiver : {m_qt, m_otherQt}) {
            const QList<QJsonObject> heard = receiver->heard(u"value"_s);
            PEERS_COMPARE(heard.size(), 1);
            PEERS_COMPARE(heard[0]["args"_L1].toObject(), args);
        }
        PEERS_VERIFY(m_python->order(u"check"_s, {{u"name"_s, u"value"_s}, {u"expression"_s, expression}}));
    }

    bool waitForAll(const QString &name)
    {
        return m_qt->waitForHeard(1, name) && m_otherQt->waitForHeard(1, name) && m_python->waitForHeard(1, name);
    }

    void sendBothWays()
    {
        QFETCH(const QString, expression);
        QFETCH(const QJsonValue, json);
        const QString argsExpression = u"{'value': %1}"_s.arg(expression);
        const QJsonObject args{{u"value"_s, json}};

        QVERIFY(m_python->order(u"send"_s, {{u"name"_s, u"value"_s}, {u"expression"_s, argsExpression}}));
        QVERIFY(waitForAll(u"value"_s));
        compareEverywhere(argsExpression, args);

        init();
        QVERIFY(m_otherQt->order(u"send"_s, {{u"name"_s, u"value"_s}, {u"args"_s, args}}));
        QVERIFY(waitForAll(u"value"_s));
        compareEverywhere(argsExpression, args);
    }

private Q_SLOTS:
    void initTestCase()
    {
        if (const QString why = PeerProcess::whyNoPython(); !why.isEmpty())
            QSKIP(qPrintable(why));
        m_bus = std::make_unique<Bus>();
        m_qt = &m_bus->add(PeerProcess::Qt, u"qt"_s);
        m_otherQt = &m_bus->add(PeerProcess::Qt, u"other qt"_s);
        m_python = &m_bus->add(PeerProcess::Python, u"python"_s);
        QVERIFY(m_bus->serve(*m_qt));
        QVERIFY(m_bus->join(*m_otherQt));
        QVERIFY(m_bus->join(*m_python));
        QVERIFY(m_otherQt->tell(u"echo"_s, {{u"name"_s, u"there"_s}, {u"reply"_s, u"back"_s}}));
        for (PeerProcess *peer : {m_qt, m_otherQt, m_python}) {
            for (const QString &name : {u"value"_s, u"back"_s})
                QVERIFY(peer->tell(u"on"_s, {{u"name"_s, name}}));
            QVERIFY(peer->tell(u"ready"_s));
        }
    }

    void init()
    {
        for (PeerProcess *peer : {m_qt, m_otherQt, m_python})
            peer->forget();
    }

    void plainValues_data()
    {
        QTest::addColumn<QString>("expression");
        QTest::addColumn<QJsonValue>("json");
        newRow("None", "None", QJsonValue::Null);
        newRow("True", "True", true);
        newRow("False", "False", false);
        newRow("0", "0", 0);
        newRow("small int", "-1", -1);
        newRow("256", "256", 256);
        newRow("-2**31", "-2**31", qint64(-2147483648));
        newRow("largest that doubles hold", "2**53 - 1", qint64(9007199254740991));
        newRow("2**53 + 1", "2**53 + 1", integer("9007199254740993"));
        newRow("2**63 - 1", "2**63 - 1", integer("9223372036854775807"));
        newRow("-2**63", "-2**63", integer("-9223372036854775808"));
        newRow("2**63", "2**63", integer("9223372036854775808"));
        newRow("2**64 - 1", "2**64 - 1", integer("18446744073709551615"));
        newRow("2**64", "2**64", integer("18446744073709551616"));
        newRow("-2**127", "-2**127", integer("-170141183460469231731687303715884105728"));
        newRow("10**60", "10**60", integer("1000000000000000000000000000000000000000000000000000000000000"));
        newRow("1.5", "1.5", floatValue(1.5));
        newRow("1.0 is no int", "1.0", floatValue(1.0));
        newRow("0.1", "0.1", floatValue(0.1));
        newRow("-0.0", "-0.0", floatValue(-0.0));
        newRow("inf", "float('inf')", floatValue(std::numeric_limits<double>::infinity()));
        newRow("-inf", "float('-inf')", floatValue(-std::numeric_limits<double>::infinity()));
        newRow("nan", "float('nan')", floatValue(std::bit_cast<double>(quint64(0x7ff8000000000000))));
        newRow("smallest float", "5e-324", floatValue(std::numeric_limits<double>::denorm_min()));
        newRow("empty str", "''", u""_s);
        newRow("str", "'sushi'", u"sushi"_s);
        newRow("str with NUL and newline", "'a\\x00b\\nc'", QString(u"a\0b\nc"_s));
        newRow("str of 300 characters", "'x' * 300", QString(300, u'x'));
        newRow("str of 70,000 characters", "'é' * 70000", QString(70000, u'é'));
        newRow("unicode", "'Grüße, 寿司 🍣'", u"Grüße, 寿司 🍣"_s);
        newRow("empty bytes", "b''", bytesValue(QByteArray()));
        newRow("bytes", "bytes(range(256))", [] {
            QByteArray all;
            for (int i = 0; i < 256; ++i)
                all.append(char(i));
            return bytesValue(all);
        }());
        newRow("bytes of 300", "b'.' * 300", bytesValue(QByteArray(300, '.')));
    }
    void plainValues() { sendBothWays(); }

    void containers_data()
    {
        QTest::addColumn<QString>("expression");
        QTest::addColumn<QJsonValue>("json");
        newRow("empty list", "[]", QJsonArray());
        newRow("list", "[1, 'two', None, [3.5]]",
               QJsonArray({1, u"two"_s, QJsonValue(), QJsonArray({floatValue(3.5)})}));
        newRow("empty tuple", "()", typedValue(u"tuple"_s, QJsonArray()));
        newRow("tuple of one", "(1,)", typedValue(u"tuple"_s, QJsonArray({1})));
        newRow("tuple of five", "(1, 2, 3, 4, 5)", typedValue(u"tuple"_s, QJsonArray({1, 2, 3, 4, 5})));
        newRow("tuple in a list in a tuple", "([(1, 'a')], 2)",
               typedValue(u"tuple"_s, QJsonArray({QJsonArray({typedValue(u"tuple"_s, QJsonArray({1, u"a"_s}))}), 2})));
        newRow("empty dict", "{}", QJsonObject());
        newRow("dict", "{'food': 'sushi', 'drinks': ['sake', 'tea'], 'table': {'number': 4}}",
               QJsonObject({{u"food"_s, u"sushi"_s},
                            {u"drinks"_s, QJsonArray({u"sake"_s, u"tea"_s})},
                            {u"table"_s, QJsonObject({{u"number"_s, 4}})}}));
        newRow("dict with int keys", "{1: 'one', 2: 'two'}",
               typedValue(u"dict"_s, QJsonArray({QJsonArray({1, u"one"_s}), QJsonArray({2, u"two"_s})})));
        newRow(
            "dict with tuple keys", "{(1, 2): 'pair'}",
            typedValue(u"dict"_s, QJsonArray({QJsonArray({typedValue(u"tuple"_s, QJsonArray({1, 2})), u"pair"_s})})));
        newRow("dict with unicode keys", "{'größe': 1, '寿司': 2}", QJsonObject({{u"größe"_s, 1}, {u"寿司"_s, 2}}));
        newRow("set", "{'a', 'b', 'c'}", typedValue(u"set"_s, QJsonArray({u"a"_s, u"b"_s, u"c"_s})));
        newRow("empty set", "set()", typedValue(u"set"_s, QJsonArray()));
        newRow("frozenset", "frozenset({1})", typedValue(u"frozenset"_s, QJsonArray({1})));
        newRow("1,500 items", "list(range(1500))", [] {
            QJsonArray items;
            for (int i = 0; i < 1500; ++i)
                items.append(i);
            return QJsonValue(items);
        }());
        newRow("the same list twice", "(lambda l: [l, l])([1, 2])",
               QJsonArray({QJsonArray({1, 2}), QJsonArray({1, 2})}));
        newRow("20 levels", "eval('[' * 20 + ']' * 20)", [] {
            QJsonArray nested;
            for (int i = 1; i < 20; ++i)
                nested = QJsonArray({nested});
            return QJsonValue(nested);
        }());
    }
    void containers() { sendBothWays(); }

    void standardLibrary_data()
    {
        QTest::addColumn<QString>("expression");
        QTest::addColumn<QJsonValue>("json");
        newRow("datetime", "datetime.datetime(2024, 1, 2, 3, 4, 5)",
               typedValue(u"datetime"_s, u"2024-01-02T03:04:05"_s));
        newRow("datetime with microseconds", "datetime.datetime(2024, 12, 31, 23, 59, 59, 999999)",
               typedValue(u"datetime"_s, u"2024-12-31T23:59:59.999999"_s));
        newRow("datetime in UTC", "datetime.datetime(2024, 1, 2, 3, 4, 5, 6, datetime.timezone.utc)",
               typedValue(u"datetime"_s, u"2024-01-02T03:04:05.000006+00:00"_s));
        newRow("datetime with an offset",
               "datetime.datetime(2024, 1, 2, 3, 4, tzinfo=datetime.timezone(datetime.timedelta(hours=-5, "
               "minutes=-30)))",
               typedValue(u"datetime"_s, u"2024-01-02T03:04:00-05:30"_s));
        newRow("first year", "datetime.datetime(1, 1, 1)", typedValue(u"datetime"_s, u"0001-01-01T00:00:00"_s));
        newRow("date", "datetime.date(2024, 2, 29)", typedValue(u"date"_s, u"2024-02-29"_s));
        newRow("time", "datetime.time(3, 4, 5, 6)", typedValue(u"time"_s, u"03:04:05.000006"_s));
        newRow("timedelta", "datetime.timedelta(days=1, seconds=2, microseconds=3)",
               typedValue(u"timedelta"_s, QJsonArray({1, 2, 3})));
        newRow("negative timedelta", "datetime.timedelta(microseconds=-1)",
               typedValue(u"timedelta"_s, QJsonArray({-1, 86399, 999999})));
        newRow("UUID", "uuid.UUID('12345678-1234-5678-9abc-def012345678')",
               typedValue(u"UUID"_s, u"12345678-1234-5678-9abc-def012345678"_s));
    }
    void standardLibrary() { sendBothWays(); }

    void objectsComeBackUnchanged_data()
    {
        QTest::addColumn<QString>("expression");
        const auto row = [](const char *expression) { QTest::newRow(expression) << QString::fromUtf8(expression); };
        row("decimal.Decimal('3.14159')");
        row("fractions.Fraction(1, 3)");
        row("complex(1, -2)");
        row("bytearray(b'abc')");
        row("collections.OrderedDict([('b', 1), ('a', 2)])");
        row("collections.deque([1, 2, 3], maxlen=5)");
        row("collections.defaultdict(list, {'a': [1]})");
        row("pathlib.PurePosixPath('/usr/bin')");
        row("range(1, 10, 2)");
        row("slice(1, 2, 3)");
        row("datetime.datetime(2024, 10, 27, 2, 30, fold=1)");
        row("datetime.timezone(datetime.timedelta(hours=2), 'EET')");
        row("uuid.NAMESPACE_DNS");
        row("'half of a pair: \\ud800'");
        row("[Ellipsis, NotImplemented]");
        row("{True: 1, None: 2, 1.5: 3}");
        row("{frozenset({1, 2}): ()}");
    }
    void objectsComeBackUnchanged()
    {
        QFETCH(const QString, expression);
        const QString args = u"{'value': %1}"_s.arg(expression);
        QVERIFY(m_python->order(u"send"_s, {{u"name"_s, u"there"_s}, {u"expression"_s, args}}));
        QVERIFY(m_python->waitForHeard(1, u"back"_s));
        PEERS_VERIFY(m_python->order(u"check"_s, {{u"name"_s, u"back"_s}, {u"expression"_s, args}}));
    }

    void unicodeNames_data()
    {
        QTest::addColumn<QString>("name");
        for (const QString &name : {u"größe"_s, u"寿司-bestellt"_s, u"🍣"_s, u"é"_s, u"e\u0301"_s, u"имя.события"_s})
            QTest::newRow(qPrintable(name)) << name;
    }
    void unicodeNames()
    {
        QFETCH(const QString, name);
        const QJsonObject args{{u"größe"_s, u"groß 🍣"_s}, {u"寿司"_s, 1}};
        for (PeerProcess *peer : {m_qt, m_otherQt, m_python}) {
            QVERIFY(peer->tell(u"on"_s, {{u"name"_s, name}}));
            QVERIFY(peer->tell(u"ready"_s));
        }
        for (PeerProcess *sender : {m_qt, m_python})
            QVERIFY(sender->order(u"send"_s, {{u"name"_s, name}, {u"args"_s, args}}));
        for (PeerProcess *receiver : {m_qt, m_otherQt, m_python}) {
            QVERIFY(receiver->waitForHeard(2, name));
            for (const QJsonObject &heard : receiver->heard(name))
                PEERS_COMPARE(heard["args"_L1].toObject(), args);
        }
    }

    void cleanupTestCase()
    {
        if (!m_bus)
            return;
        for (PeerProcess *peer : {m_qt, m_otherQt, m_python})
            PEERS_COMPARE(peer->errors().size(), 0);
    }
};

PYVENT_TEST(tst_Values)

#include "tst_values.moc"
