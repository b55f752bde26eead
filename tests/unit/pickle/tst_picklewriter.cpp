// SPDX-License-Identifier: MIT
#include "pickle/picklereader.h"
#include "pickle/picklewriter.h"
#include "support/testprogram.h"

#include <PyventArray>
#include <PyventDateTime>
#include <PyventDict>
#include <PyventInteger>
#include <PyventObject>
#include <PyventSet>
#include <PyventTimeDelta>
#include <PyventTuple>

#include <QtCore/qcborarray.h>
#include <QtCore/qcbormap.h>
#include <QtCore/qendian.h>
#include <QtCore/qjsonarray.h>
#include <QtCore/qjsondocument.h>
#include <QtCore/qjsonobject.h>
#include <QtCore/qpoint.h>
#include <QtCore/qtimezone.h>
#include <QtCore/qurl.h>
#include <QtCore/quuid.h>
#include <QtTest/qtest.h>

#include <chrono>
#include <complex>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

struct Dish
{
    Q_GADGET
    Q_PROPERTY(QString food MEMBER food)
    Q_PROPERTY(int count MEMBER count)

public:
    enum Size { Small = 1, Large = 300 };
    Q_ENUM(Size)

    QString food = u"sushi"_s;
    int count = 2;
};

struct Unknown
{
    int x = 0;
};

struct NotSendable
{
    Q_GADGET
    Q_PROPERTY(QObject *owner MEMBER owner)

public:
    QObject *owner = nullptr;
};

class tst_PickleWriter : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void bytes_data();
    void bytes();
    void types_data();
    void types();
    void qtValues();
    void errors_data();
    void errors();
    void arguments();
    void appends();
    void sizeLimit();
    void depthLimit();
    void longTexts_data();
    void longTexts();
};

namespace {

template <typename T>
QVariant wrap(const T &value)
{
    return QVariant::fromValue(value);
}

template <size_t Size>
QByteArray raw(const char (&bytes)[Size])
{
    return QByteArray(bytes, Size - 1);
}

constexpr qsizetype headerSize = 11; // PROTO 4, FRAME and its length

} // namespace

void tst_PickleWriter::bytes_data()
{
    QTest::addColumn<QVariant>("value");
    QTest::addColumn<QByteArray>("expected"); // without header and STOP

    QTest::newRow("invalid") << QVariant() << raw("N");
    QTest::newRow("nullptr") << wrap(nullptr) << raw("N");
    QTest::newRow("true") << QVariant(true) << raw("\x88");
    QTest::newRow("0") << QVariant(0) << raw("K\0");
    QTest::newRow("255") << QVariant(255) << raw("K\xff");
    QTest::newRow("256") << QVariant(256) << raw("M\0\x01");
    QTest::newRow("65536") << QVariant(65536) << raw("J\0\0\x01\0");
    QTest::newRow("-1") << QVariant(-1) << raw("J\xff\xff\xff\xff");
    QTest::newRow("2^31") << QVariant(0x80000000LL) << raw("\x8a\x05\0\0\0\x80\0");
    QTest::newRow("-2^31-1") << QVariant(-0x80000001LL) << raw("\x8a\x05\xff\xff\xff\x7f\xff");
    QTest::newRow("2^63-1") << QVariant(std::numeric_limits<qlonglong>::max())
                            << raw("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f");
    QTest::newRow("-2^63") << QVariant(std::numeric_limits<qlonglong>::min()) << raw("\x8a\x08\0\0\0\0\0\0\0\x80");
    QTest::newRow("2^64-1") << QVariant(~0ULL) << raw("\x8a\x09\xff\xff\xff\xff\xff\xff\xff\xff\0");
    QTest::newRow("1.0") << QVariant(1.0) << raw("G?\xf0\0\0\0\0\0\0");
    QTest::newRow("-0.0") << QVariant(-0.0) << raw("G\x80\0\0\0\0\0\0\0");
    QTest::newRow("text") << QVariant(u"aä"_s)
                          << raw("\x8c\x03"
                                 "a\xc3\xa4");
    QTest::newRow("lone surrogate") << QVariant(QString(QChar(0xdfff))) << raw("\x8c\x03\xed\xbf\xbf");
    QTest::newRow("bytes") << QVariant("\xff"_ba) << raw("C\x01\xff");
    QTest::newRow("list") << QVariant(QVariantList{1, 2})
                          << raw("](K\x01K\x02"
                                 "e");
    QTest::newRow("empty list") << QVariant(QVariantList()) << raw("]");
    QTest::newRow("map") << QVariant(QVariantMap{{u"a"_s, 1}})
                         << raw("}(\x8c\x01"
                                "aK\x01u");
    QTest::newRow("tuple") << wrap(PyventTuple({1, 2})) << raw("K\x01K\x02\x86");
    QTest::newRow("tuple of four") << wrap(PyventTuple({1, 2, 3, 4})) << raw("(K\x01K\x02K\x03K\x04t");
    QTest::newRow("set") << wrap(PyventSet({1})) << raw("\x8f(K\x01\x90");
    QTest::newRow("frozenset") << wrap(PyventSet({1}, PyventSet::FrozenSet)) << raw("(K\x01\x91");
    QTest::newRow("a class is named once") << QVariant(QVariantList{QDate(1, 1, 1), QDate(1, 1, 1)})
                                           << raw("](\x8c\x08"
                                                  "datetime\x8c\x04"
                                                  "date\x93\x94"
                                                  "C\x04\0\x01\x01\x01\x85R"
                                                  "h\0C\x04\0\x01\x01\x01\x85Re");
}

void tst_PickleWriter::bytes()
{
    QFETCH(QVariant, value);
    QFETCH(QByteArray, expected);
    QByteArray out;
    PickleError error;
    QVERIFY2(writePickle(value, &out, &error), qPrintable(error.text));
    QCOMPARE(out.first(3), raw("\x80\x04\x95"));
    QCOMPARE(qFromLittleEndian<quint64>(out.constData() + 3), quint64(out.size() - headerSize));
    QCOMPARE(out.sliced(headerSize), expected + '.');
}

void tst_PickleWriter::types_data()
{
    QTest::addColumn<QVariant>("value");
    QTest::addColumn<QVariant>("expected");
    const auto row = [](const char *name, const QVariant &value, const QVariant &expected) {
        QTest::newRow(name) << value << expected;
    };
    const QVariantMap dish{{u"food"_s, u"sushi"_s}, {u"count"_s, 2LL}};

    row("short", wrap(short(-5)), -5LL);
    row("ushort", wrap(ushort(5)), 5LL);
    row("char", wrap(char(5)), 5LL);
    row("uchar", wrap(uchar(200)), 200LL);
    row("long", wrap(-5L), -5LL);
    row("ulong", wrap(5UL), 5LL);
    row("uint", wrap(~0U), 0xffffffffLL);
    row("float", wrap(0.5F), 0.5);
    row("QChar", QChar(u'ä'), u"ä"_s);
    row("char16_t", wrap(u'x'), u"x"_s);
    row("char32_t", wrap(U'🍣'), u"🍣"_s);
    row("null string", QString(), u""_s);
    row("string list", QStringList{u"a"_s, u"b"_s}, QVariantList{u"a"_s, u"b"_s});
    row("byte array list", wrap(QByteArrayList{"a"}), QVariantList{"a"_ba});
    row("hash", QVariantHash{{u"a"_s, 1}}, QVariantMap{{u"a"_s, 1LL}});
    row("QVariant in QVariant", QVariant(QMetaType::fromType<QVariant>(), std::array{QVariant(5)}.data()), 5LL);
    row("enum", wrap(Dish::Large), 300LL);
    row("flags", wrap(Qt::Alignment(Qt::AlignLeft | Qt::AlignTop)), 0x21LL);
    row("Qt's enum", wrap(Qt::Horizontal), 1LL);
    row("gadget", wrap(Dish()), dish);
    row("list of gadgets", wrap(QList<Dish>{Dish()}), QVariantList{dish});
    row("QList<int>", wrap(QList<int>{1, 2}), QVariantList{1LL, 2LL});
    row("empty QList<int>", wrap(QList<int>()), QVariantList());
    row("std::vector<double>", wrap(std::vector<double>{1.5}), QVariantList{1.5});
    row("QMap<QString, int>", wrap(QMap<QString, int>{{u"a"_s, 1}}), QVariantMap{{u"a"_s, 1LL}});
    row("QMap<int, QString>", wrap(QMap<int, QString>{{1, u"a"_s}}), wrap(PyventDict({{1LL, u"a"_s}})));
    row("pair", wrap(std::pair<int, QString>(1, u"a"_s)), wrap(PyventTuple({1LL, u"a"_s})));
    row("date", QDate(2024, 2, 29), QDate(2024, 2, 29));
    row("invalid date", QDate(), wrap(nullptr));
    row("time", QTime(1, 2, 3, 4), wrap(PyventTime(QTime(1, 2, 3, 4))));
    row("invalid time", QTime(), wrap(nullptr));
    const QDate date(2024, 1, 2);
    const QTime time(3, 4, 5, 6);
    row("local datetime", QDateTime(date, time), wrap(PyventDateTime(date, PyventTime(time))));
    PyventTime aware(time);
    aware.setUtcOffset(std::chrono::hours(2));
    row("datetime with offset", QDateTime(date, time, Qt::OffsetFromUTC, 7200), wrap(PyventDateTime(date, aware)));
    if (QTimeZone::isTimeZoneIdAvailable("Europe/Helsinki"))
        row("datetime with zone", QDateTime(date, time, QTimeZone("Europe/Helsinki")),
            wrap(PyventDateTime(date, aware)));
    aware.setUtcOffset(std::chrono::seconds(0));
    row("UTC datetime", QDateTime(date, time, Qt::UTC), wrap(PyventDateTime(date, aware)));
    row("invalid datetime", QDateTime(), wrap(nullptr));
    const QUuid uuid(u"12345678-9abc-def0-1234-56789abcdef0"_s);
    row("uuid", uuid, uuid);
    row("null uuid", QUuid(), QUuid());
    row("seconds", wrap(std::chrono::seconds(-1)), wrap(PyventTimeDelta(0, -1, 0)));
    row("milliseconds", wrap(std::chrono::milliseconds(1500)), wrap(PyventTimeDelta(0, 1, 500'000)));
    row("nanoseconds", wrap(std::chrono::nanoseconds(1500)), wrap(PyventTimeDelta(0, 0, 1)));
    row("hours", wrap(std::chrono::hours(25)), wrap(PyventTimeDelta(1, 3600, 0)));
    const QJsonObject json{{u"a"_s, QJsonArray{1, 1.5, QJsonValue(), true}}};
    const QVariant plain = QVariantMap{{u"a"_s, QVariantList{1LL, 1.5, wrap(nullptr), true}}};
    row("QJsonObject", json, plain);
    row("QJsonValue", wrap(QJsonValue(json)), plain);
    row("QJsonDocument", wrap(QJsonDocument(json)), plain);
    row("QJsonArray", wrap(QJsonArray{u"x"_s}), QVariantList{u"x"_s});
    row("QCborMap", wrap(QCborMap{{u"a"_s, 1}}), QVariantMap{{u"a"_s, 1LL}});
    row("small PyventInteger", wrap(PyventInteger(qint64(5))), 5LL);
    row("large PyventInteger", wrap(PyventInteger::fromString(u"123456789012345678901234567890")),
        wrap(PyventInteger::fromString(u"123456789012345678901234567890")));
    const PyventArray array(u"<i2"_s, {2, 2}, QByteArray(8, 'x'), PyventArray::ColumnMajor);
    row("array", wrap(array), wrap(array));
    row("array of text", wrap(PyventArray(u"<U2"_s, {1}, QByteArray(8, '\0'))),
        wrap(PyventArray(u"<U2"_s, {1}, QByteArray(8, '\0'))));
}

void tst_PickleWriter::types()
{
    QFETCH(QVariant, value);
    QFETCH(QVariant, expected);
    QByteArray out;
    PickleError error;
    QVERIFY2(writePickle(value, &out, &error), qPrintable(error.text));
    PickleReader reader;
    QVERIFY2(reader.read(out), qPrintable(reader.error().text));
    QCOMPARE(reader.consumed(), out.size());
    const QVariant read = reader.toVariant();
    QCOMPARE(read.metaType(), expected.metaType());
    QCOMPARE(read, expected);
}

// A value that only Qt knows travels as a dict, in any depth.
void tst_PickleWriter::qtValues()
{
    const QVariant list = QVariantList{QPoint(1, 2), QVariantMap{{u"url"_s, QUrl(u"a:b"_s)}}};
    QByteArray pickle;
    PickleError error;
    QVERIFY2(writePickle(list, &pickle, &error), qPrintable(error.text));
    QVERIFY(pickle.contains("\x8c\x03$qt\x8c\x04QUrl"));
    QVERIFY(pickle.contains("\x8c\x04text\x8c\x03"
                            "a:b"));
    PickleReader reader;
    QVERIFY2(reader.read(pickle), qPrintable(reader.error().text));
    QCOMPARE(reader.toVariant(), list);
}

void tst_PickleWriter::errors_data()
{
    QTest::addColumn<QVariant>("value");
    QTest::addColumn<QString>("text"); // how the error begins
    const auto row = [](const char *name, const QVariant &value, const QString &text) {
        QTest::newRow(name) << value << text;
    };
    row("QObject", wrap(static_cast<QObject *>(nullptr)), u"argument 'x' is a QObject*, which cannot be sent"_s);
    row("pointer", wrap(static_cast<void *>(nullptr)), u"argument 'x' is a void*, which cannot be sent"_s);
    row("unknown type", wrap(Unknown()), u"argument 'x' is a Unknown, which cannot be sent"_s);
    row("in a list", QVariantList{1, wrap(Unknown())}, u"argument 'x[1]' is a Unknown"_s);
    row("deep", QVariantMap{{u"items"_s, QVariantList{1, 2, 3, QVariantMap{{u"y"_s, wrap(Unknown())}}}}},
        u"argument 'x.items[3].y' is a Unknown"_s);
    row("in a gadget", wrap(NotSendable()), u"argument 'x.owner' is a QObject*"_s);
    row("in a tuple", wrap(PyventTuple({wrap(Unknown())})), u"argument 'x[0]' is a Unknown"_s);
    row("in a hash", QVariantHash{{u"h"_s, wrap(Unknown())}}, u"argument 'x.h' is a Unknown"_s);
    row("in an int's dict", wrap(PyventDict({{7, wrap(Unknown())}})), u"argument 'x.7' is a Unknown"_s);
    row("year 10000", QDate(10000, 1, 1), u"argument 'x' is a date in the year 10000"_s);
    row("year 0", QDateTime(QDate(-5, 1, 1), QTime(0, 0)),
        u"argument 'x' is a date and time that Python cannot hold"_s);
    row("duration", wrap(PyventTimeDelta(1'000'000'000, 0, 0)), u"argument 'x' is a duration of"_s);
    row("array of the wrong size", wrap(PyventArray(u"<f8"_s, {3}, QByteArray(8, '\0'))),
        u"argument 'x' is an array"_s);
    row("null PyventObject", wrap(PyventObject()), u"argument 'x' is a null PyventObject"_s);
}

void tst_PickleWriter::errors()
{
    QFETCH(QVariant, value);
    QFETCH(QString, text);
    QByteArray out = "before";
    PickleError error;
    QVERIFY(!writeArguments({{u"a"_s, 1}, {u"x"_s, value}}, QString(), &out, &error));
    QVERIFY2(error.text.startsWith(text), qPrintable(error.text));
    QCOMPARE(out, "before"_ba);
    QVERIFY(!writePickle(value, &out, &error));
    QVERIFY2(error.text.contains(u"value"), qPrintable(error.text));
    QCOMPARE(out, "before"_ba);
}

void tst_PickleWriter::arguments()
{
    const QVariantMap arguments{{u"food"_s, u"sushi"_s}, {u"sender"_s, u"old"_s}};
    PickleError error;
    QByteArray out;
    QVERIFY(writeArguments(arguments, u"me"_s, &out, &error));
    QCOMPARE(out.sliced(headerSize),
             raw("}(\x8c\x06sender\x8c\x02me\x8c\x04"
                 "food\x8c\x05sushiu."));
    out.clear();
    QVERIFY(writeArguments(arguments, QString(), &out, &error));
    QCOMPARE(out.sliced(headerSize),
             raw("}(\x8c\x04"
                 "food\x8c\x05sushi\x8c\x06sender\x8c\x03oldu."));
    out.clear();
    QVERIFY(writeArguments({}, QString(), &out, &error));
    QCOMPARE(out.sliced(headerSize), raw("}."));
}

void tst_PickleWriter::appends()
{
    QByteArray out = "topic ";
    PickleError error;
    QVERIFY(writePickle(QVariant(QByteArray(1000, 'x')), &out, &error));
    QVERIFY(out.startsWith("topic \x80\x04"));
    QVERIFY(out.endsWith("xxx."));
    QCOMPARE(qFromLittleEndian<quint64>(out.constData() + 6 + 3), quint64(out.size() - 6 - headerSize));
    const QByteArray shared = out;
    QVERIFY(writePickle(QVariant(5), &out, &error));
    QVERIFY(shared.size() < out.size() && out.startsWith(shared));
}

void tst_PickleWriter::sizeLimit()
{
    PickleError error;
    for (const QVariant &value :
         {QVariant(QByteArray(100, 'x')), QVariant(QString(100, u'x')), QVariant(QString(50, u'ä')),
          QVariant(QString(100'000, u'x')), QVariant(QString(100'000, u'す')), QVariant(u"🍣"_s.repeated(100'000))}) {
        QByteArray out;
        QVERIFY(writePickle(value, &out, &error));
        const qsizetype size = out.size();
        out.clear();
        QVERIFY2(writePickle(value, &out, &error, {.size = size}), qPrintable(error.text));
        out.clear();
        QVERIFY(!writePickle(value, &out, &error, {.size = size - 1}));
        QVERIFY2(error.text.contains(u"larger than the limit of %1 bytes"_s.arg(size - 1)), qPrintable(error.text));
        QVERIFY(out.isEmpty());
    }
    // What would be large is not made first.
    QVariant laughs = QVariantList(10, u"lol"_s);
    for (int i = 0; i < 12; ++i)
        laughs = QVariantList(10, laughs);
    QByteArray out;
    QVERIFY(!writePickle(laughs, &out, &error, {.size = 1'000'000}));
    QVERIFY(out.capacity() < 10'000'000);
}

void tst_PickleWriter::depthLimit()
{
    QVariant value = 1;
    for (int i = 0; i < 200; ++i)
        value = QVariantList{value};
    QByteArray out;
    PickleError error;
    QVERIFY2(writePickle(value, &out, &error), qPrintable(error.text));
    QVERIFY(!writePickle(QVariantList{value}, &out, &error));
    QVERIFY2(error.text.contains(u"nests deeper than the limit of 200"), qPrintable(error.text));

    PyventObject object(u"m"_s, u"C"_s);
    for (int i = 0; i < 300; ++i)
        object = PyventObject::call(object, {});
    QVERIFY(!writePickle(wrap(object), &out, &error));
}

void tst_PickleWriter::longTexts_data()
{
    QTest::addColumn<int>("size");
    for (const int size : {0, 84, 85, 86, 127, 128, 254, 255, 256, 257, 65535, 65536, 1'000'000})
        QTest::addRow("%d", size) << size;
}

void tst_PickleWriter::longTexts()
{
    QFETCH(int, size);
    for (const QString &part : {u"x"_s, u"ä"_s, u"す"_s, u"🍣"_s, u"x🍣"_s, u"Käse, "_s, QString(QChar(0xd800))}) {
        const QString text = part.repeated(size);
        for (const QVariant &value : {QVariant(text), QVariant(text.toUtf8())}) {
            QByteArray out;
            PickleError error;
            QVERIFY2(writePickle(value, &out, &error), qPrintable(error.text));
            QVERIFY(!text.isValidUtf16() || out.endsWith(text.toUtf8() + '.'));
            PickleReader reader;
            QVERIFY2(reader.read(out), qPrintable(reader.error().text));
            QVERIFY(reader.toVariant() == value);
        }
    }
}

PYVENT_TEST(tst_PickleWriter)
#include "tst_picklewriter.moc"
