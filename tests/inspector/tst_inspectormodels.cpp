// SPDX-License-Identifier: MIT
#include "argumentmodel.h"
#include "eventfilter.h"
#include "eventmodel.h"
#include "nodesmodel.h"
#include "pythontype.h"
#include "ratemodel.h"
#include "rateplot.h"
#include "sendhistory.h"
#include "support/testprogram.h"
#include "typedvalue.h"
#include "valueimage.h"
#include "valueitems.h"
#include "valuesize.h"
#include "valuetext.h"

#include <PyventArray>
#include <PyventDateTime>
#include <PyventDict>
#include <PyventInteger>
#include <PyventObject>
#include <PyventSet>
#include <PyventTuple>

#include <QtCore/qbuffer.h>
#include <QtCore/qsettings.h>
#include <QtGui/qimage.h>
#include <QtTest>

using namespace Pyvent::Inspector;
using namespace Pyvent::Text;
using namespace Qt::StringLiterals;

namespace {

template <typename T>
QVariant any(const T &value)
{
    return QVariant::fromValue(value);
}

PyventArray matrix(PyventArray::Order order)
{
    const double rows[] = {1, 2, 3, 4, 5, 6};
    const double columns[] = {1, 4, 2, 5, 3, 6};
    const double *const data = order == PyventArray::RowMajor ? rows : columns;
    return PyventArray(u"<f8"_s, {2, 3}, QByteArray(reinterpret_cast<const char *>(data), sizeof rows), order);
}

} // namespace

class tst_InspectorModels : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void namesPythonTypes_data();
    void namesPythonTypes();
    void takesArraysApart();
    void treeOpensInParts();
    void treeShowsNestedValues();
    void toolTipsAreNoHtml();
    void countsRates();
    void boundsNames();
    void takesALogsNames();
    void endsScalesNicely();
    void showsNodes();
    void forgetsNodesThatAreGone();
    void tellsTheSizeOfValues_data();
    void tellsTheSizeOfValues();
    void tellsTheSizeOfEvents();
    void seesImages_data();
    void seesImages();
    void readsTexts();
    void boundsNodes();
    void keepsHistory();
};

void tst_InspectorModels::namesPythonTypes_data()
{
    QTest::addColumn<QVariant>("value");
    QTest::addColumn<QString>("type");
    QTest::addColumn<qsizetype>("items");
    const auto row = [](const QString &type, const QVariant &value, qsizetype items = 0) {
        QTest::newRow(qPrintable(type)) << any(value) << type << items;
    };
    row(u"NoneType"_s, QVariant());
    row(u"bool"_s, true);
    row(u"int"_s, 1LL);
    row(u"float"_s, 1.5);
    row(u"str"_s, u"a"_s);
    row(u"bytes"_s, "a"_ba);
    row(u"list"_s, QVariantList{1, 2}, 2);
    row(u"dict"_s, QVariantMap{{u"a"_s, 1}}, 1);
    row(u"tuple"_s, any(PyventTuple({1LL})), 1);
    row(u"set"_s, any(PyventSet({1LL, 2LL})), 2);
    row(u"frozenset"_s, any(PyventSet({1LL}, PyventSet::FrozenSet)), 1);
    row(u"datetime"_s, any(PyventDateTime(QDate(2026, 1, 2), PyventTime())));
    row(u"date"_s, QDate(2026, 1, 2));
    row(u"UUID"_s, QUuid::createUuid());
    row(u"ndarray"_s, any(matrix(PyventArray::RowMajor)), 2);
    row(u"float64"_s, any(PyventArray::scalar(u"<f8"_s, QByteArray(8, '\0'))));
    row(u"Decimal"_s, any(PyventObject::call(PyventObject(u"decimal"_s, u"Decimal"_s), {u"1.5"_s})));
    row(u"Order"_s, any(TypedValue{u"Order"_s, QVariantMap{{u"module"_s, u"shop"_s}}}), 1);
    QTest::newRow("dict with int keys") << any(any(PyventDict({{1LL, 2LL}}))) << u"dict"_s << qsizetype(1);
    QTest::newRow("large int") << any(any(PyventInteger::fromString(u"99999999999999999999"))) << u"int"_s
                               << qsizetype(0);
}

void tst_InspectorModels::namesPythonTypes()
{
    QFETCH(QVariant, value);
    QFETCH(QString, type);
    QFETCH(qsizetype, items);
    QCOMPARE(pythonType(value), type);
    QCOMPARE(itemCount(value), items);
}

void tst_InspectorModels::takesArraysApart()
{
    for (const auto order : {PyventArray::RowMajor, PyventArray::ColumnMajor}) {
        const QVariant second = itemAt(any(matrix(order)), 1).value;
        QCOMPARE(itemCount(second), 3);
        for (int i = 0; i < 3; ++i)
            QCOMPARE(itemAt(second, i).value.toDouble(), 4.0 + i);
    }
}

void tst_InspectorModels::treeOpensInParts()
{
    ArgumentModel model;
    QVariantList many;
    for (int i = 0; i < 1000; ++i)
        many.append(i);
    model.setArguments({{u"many"_s, many}});
    const QModelIndex list = model.index(0, 0);
    QVERIFY(model.hasChildren(list));
    QCOMPARE(model.rowCount(list), 0);
    model.fetchMore(list);
    QCOMPARE(model.rowCount(list), int(ArgumentModel::itemsAtOnce));
    while (model.canFetchMore(list))
        model.fetchMore(list);
    QCOMPARE(model.rowCount(list), 1000);
    QCOMPARE(model.index(999, ArgumentModel::Value, list).data().toString(), u"999"_s);
}

void tst_InspectorModels::treeShowsNestedValues()
{
    ArgumentModel model;
    model.setArguments({{u"d"_s, any(PyventDict({{1LL, any(PyventTuple({u"a"_s}))}}))}});
    const QModelIndex dict = model.index(0, 0);
    QCOMPARE(model.index(0, ArgumentModel::Type).data().toString(), u"dict [1]"_s);
    model.fetchMore(dict);
    const QModelIndex tuple = model.index(0, 0, dict);
    QCOMPARE(tuple.data().toString(), u"1"_s);
    QCOMPARE(model.index(0, ArgumentModel::Value, dict).data().toString(), u"('a',)"_s);
    QCOMPARE(model.parent(tuple), dict);
    QCOMPARE(model.index(0, ArgumentModel::Value, dict).data(ArgumentModel::FullValueRole).toString(), u"('a',)"_s);
}

void tst_InspectorModels::toolTipsAreNoHtml()
{
    // What anyone on the bus sends is shown, and not obeyed.
    const QString hostile = u"<img src='file:///etc/passwd'>"_s;
    const QString shown = u"&lt;img src='file:///etc/passwd'&gt;"_s;
    RateModel rates;
    rates.add(hostile);
    NodesModel nodes;
    nodes.noteEvent({.name = hostile, .sender = hostile});
    ArgumentModel arguments;
    arguments.setArguments({{u"a"_s, hostile}});
    EventModel events;
    EventStore store;
    store.append({.name = hostile, .sender = hostile}, {});
    events.replaceStore(std::move(store));
    for (const QModelIndex &index :
         {rates.index(0, RateModel::Name), nodes.index(0, NodesModel::Node), arguments.index(0, ArgumentModel::Value),
          events.index(0, EventModel::Name), events.index(0, EventModel::Sender)}) {
        const QString toolTip = index.data(Qt::ToolTipRole).toString();
        QVERIFY2(toolTip.contains(shown) && !toolTip.contains(hostile), qPrintable(toolTip));
    }
}

void tst_InspectorModels::countsRates()
{
    RateModel model;
    QAbstractItemModelTester tester(&model);
    for (int second = 0; second < 3; ++second) {
        for (int i = 0; i < 10; ++i)
            model.add(u"busy"_s);
        model.add(u"slow"_s);
        model.nextSecond();
    }
    QCOMPARE(model.rowCount(), 2);
    QCOMPARE(model.index(0, RateModel::Count).data(RateModel::SortRole).toInt(), 30);
    QCOMPARE(model.rate(0), 30.0 / RateModel::averaged);
    QCOMPARE(model.rate(-1), 33.0 / RateModel::averaged);
    QCOMPARE(model.minute(0).last(), 10);
    QCOMPARE(model.minute(0).size(), RateModel::seconds);
    QCOMPARE(model.busiest(1), QList<int>{0});
    model.add(u"slow"_s); // the second that is not over does not count yet
    QCOMPARE(model.minute(1).last(), 1);
    for (int second = 0; second < RateModel::seconds + 1; ++second)
        model.nextSecond();
    QCOMPARE(model.minute(-1), QList<int>(RateModel::seconds, 0));
    QVERIFY(model.busiest(9).isEmpty());
    QCOMPARE(model.index(0, RateModel::Count).data(RateModel::SortRole).toInt(), 30);
}

void tst_InspectorModels::boundsNames()
{
    RateModel model;
    for (int i = 0; i < RateModel::maximumNames + 100; ++i)
        model.add(u"name-"_s + QString::number(i));
    QCOMPARE(model.rowCount(), RateModel::maximumNames + 1);
    QCOMPARE(model.index(RateModel::maximumNames, RateModel::Count).data(RateModel::SortRole).toInt(), 100);
}

void tst_InspectorModels::takesALogsNames()
{
    RateModel model;
    model.add(u"gone"_s);
    EventStore store;
    for (const char *name : {"a", "b", "a"})
        store.append({.name = QLatin1StringView(name)}, {});
    model.reset(store);
    QCOMPARE(model.rowCount(), 2);
    const int a = model.name(0) == u"a"_s ? 0 : 1;
    QCOMPARE(model.index(a, RateModel::Count).data(RateModel::SortRole).toInt(), 2);
    model.nextSecond();
    QCOMPARE(model.rate(-1), 0.0);
}

void tst_InspectorModels::endsScalesNicely()
{
    QCOMPARE(RatePlot::niceEnd(0), 1);
    QCOMPARE(RatePlot::niceEnd(3), 5);
    QCOMPARE(RatePlot::niceEnd(10), 10);
    QCOMPARE(RatePlot::niceEnd(11), 20);
    QCOMPARE(RatePlot::niceEnd(12'345), 20'000);
}

void tst_InspectorModels::showsNodes()
{
    NodesModel model;
    QAbstractItemModelTester tester(&model);
    PyventEvent event{.name = u"a"_s, .sender = u"pyvent.till"_s};
    event.nodeId = QUuid::createUuid();
    model.noteEvent(event);
    model.noteEvent({.name = u"a"_s, .sender = u"customer-manager"_s});
    model.noteEvent({.name = u"b"_s, .sender = u"customer-manager"_s});
    QCOMPARE(model.rowCount(), 2);
    QCOMPARE(model.nameOf(event.nodeId), u"till"_s);
    QCOMPARE(model.index(0, NodesModel::Role).data().toString(), u"seen"_s);
    QCOMPARE(model.index(1, NodesModel::Node).data().toString(), u"customer-manager"_s);
    QCOMPARE(model.index(1, NodesModel::Role).data().toString(), u"Python"_s);
    QCOMPARE(model.index(1, NodesModel::Events).data().toString(), u"2"_s);

    PyventNodeInfo info;
    info.uuid = event.nodeId;
    info.program = u"restaurant-till"_s;
    info.pid = 42;
    info.serving = true;
    info.about = {{u"version"_s, u"1.2"_s}};
    model.setAnswers({info});
    QCOMPARE(model.rowCount(), 2);
    const QString toolTip = model.index(0, NodesModel::Node).data(Qt::ToolTipRole).toString();
    QVERIFY2(toolTip.contains(u"version='1.2'"_s), qPrintable(toolTip));
    QCOMPARE(model.index(0, NodesModel::Program).data().toString(), u"restaurant-till · 42"_s);
    QCOMPARE(model.index(0, NodesModel::Role).data().toString(), u"serves"_s);
    model.setAnswers({}); // late, perhaps
    QCOMPARE(model.index(0, NodesModel::Role).data().toString(), u"seen"_s);
    model.clear();
    QCOMPARE(model.rowCount(), 0);
}

void tst_InspectorModels::forgetsNodesThatAreGone()
{
    NodesModel model;
    QAbstractItemModelTester tester(&model);
    PyventNodeInfo kitchen;
    kitchen.uuid = QUuid::createUuid();
    kitchen.nodeId = u"kitchen"_s;
    PyventNodeInfo till = kitchen;
    till.uuid = QUuid::createUuid();
    till.nodeId = u"till"_s;
    model.setAnswers({kitchen, till});
    const auto role = [&](int row) { return model.index(row, NodesModel::Role).data().toString(); };
    QCOMPARE(role(0), u"here"_s);

    // One that is stopped, and goes on, is not forgotten.
    for (int i = 0; i < NodesModel::missedOfForgotten - 1; ++i)
        model.setAnswers({till});
    QCOMPARE(role(0), u"gone"_s);
    QCOMPARE(role(1), u"here"_s);
    model.setAnswers({kitchen, till});
    QCOMPARE(role(0), u"here"_s);
    // Nor one that does not answer, but sends.
    for (int i = 0; i < NodesModel::missedOfForgotten * 2; ++i) {
        PyventEvent event{.name = u"a"_s, .sender = u"pyvent.kitchen"_s};
        event.nodeId = kitchen.uuid;
        model.noteEvent(event);
        model.setAnswers({till});
    }
    QCOMPARE(model.rowCount(), 2);
    QCOMPARE(role(0), u"seen"_s);
    for (int i = 0; i < NodesModel::missedOfForgotten; ++i)
        model.setAnswers({till});
    QCOMPARE(model.rowCount(), 1);
    QCOMPARE(model.index(0, NodesModel::Node).data().toString(), u"till"_s);
    // Its events in the log keep its name.
    QCOMPARE(model.nameOf(kitchen.uuid), u"kitchen"_s);

    // Python's nodes do not answer: they are shown as long as they have sent of late.
    model.noteEvent({.name = u"a"_s, .sender = u"customer-manager"_s});
    const QDateTime now = QDateTime::currentDateTimeUtc();
    model.update(now.addSecs(60));
    QCOMPARE(model.rowCount(), 2);
    model.update(now.addMSecs(std::chrono::milliseconds(NodesModel::longestSilence).count() + 1000));
    QCOMPARE(model.rowCount(), 1);
}

void tst_InspectorModels::tellsTheSizeOfValues_data()
{
    QTest::addColumn<QVariant>("value");
    QTest::addColumn<qsizetype>("size");
    QTest::newRow("None") << any(QVariant()) << qsizetype(0);
    QTest::newRow("number") << any(1.5) << qsizetype(8);
    QTest::newRow("text") << any(u"aé€🍣"_s) << qsizetype(1 + 2 + 3 + 4);
    QTest::newRow("bytes") << any(QByteArray(3000, 'x')) << qsizetype(3000); // and not 4,000, as base64
    QTest::newRow("array") << any(any(matrix(PyventArray::RowMajor))) << qsizetype(6 * 8);
    QTest::newRow("nested") << any(QVariantMap{{u"ab"_s, QVariantList{any(PyventTuple({u"cd"_s})), QByteArray("efg")}}})
                            << qsizetype(2 + 2 + 3);
    QTest::newRow("dict") << any(any(PyventDict({{1LL, u"ab"_s}}))) << qsizetype(8 + 2);
}

void tst_InspectorModels::tellsTheSizeOfValues()
{
    QFETCH(QVariant, value);
    QFETCH(qsizetype, size);
    QCOMPARE(valueSize(value), size);
}

void tst_InspectorModels::tellsTheSizeOfEvents()
{
    EventStore store;
    const QByteArray bytes(300'000, 'x');
    store.append({.name = u"dump"_s, .args = {{u"data"_s, bytes}}}, {});
    QVERIFY(store.arguments(0).size() > 400'000); // base64
    QCOMPARE(store.size(0), bytes.size() + 4);
    const QString shown = argumentSummary(store, 0);
    QVERIFY2(shown.startsWith(u"(292.97 KiB of arguments"_s), qPrintable(shown));
    QCOMPARE(EventStore(store).size(0), bytes.size() + 4);
    store.removeOldest(1);
    store.append({.name = u"small"_s, .args = {{u"data"_s, QByteArray(10, 'x')}}}, {});
    QCOMPARE(store.size(1), 14);
    const Serial json = store.append({.name = u"json"_s}, {}, "{\"a\":\"" + QByteArray(300'000, 'x') + "\"}");
    QCOMPARE(store.size(json), 300'001);
}

void tst_InspectorModels::seesImages_data()
{
    QTest::addColumn<QVariant>("value");
    QTest::addColumn<QString>("format");
    QTest::addColumn<QSize>("size");
    QImage image(7, 5, QImage::Format_RGB32);
    image.fill(Qt::green);
    const auto file = [&image](const char *format) {
        QByteArray bytes;
        QBuffer buffer(&bytes);
        buffer.open(QIODevice::WriteOnly);
        image.save(&buffer, format);
        return bytes;
    };
    const auto array = [](const QString &dtype, const QList<qsizetype> &shape, qsizetype size) {
        return any(PyventArray(dtype, shape, QByteArray(size, '\x80')));
    };
    QTest::newRow("PNG") << any(file("PNG")) << u"PNG"_s << QSize(7, 5);
    QTest::newRow("BMP") << any(file("BMP")) << u"BMP"_s << QSize(7, 5);
    QTest::newRow("PPM") << any(file("PPM")) << u"PPM"_s << QSize(7, 5);
    QTest::newRow("cut off") << any(file("PNG").first(40)) << u"PNG"_s << QSize();
    QTest::newRow("grey") << any(array(u"|u1"_s, {5, 7}, 35)) << u"ndarray"_s << QSize(7, 5);
    QTest::newRow("RGB") << any(array(u"|u1"_s, {5, 7, 3}, 105)) << u"ndarray"_s << QSize(7, 5);
    QTest::newRow("RGBA") << any(array(u"|u1"_s, {5, 7, 4}, 140)) << u"ndarray"_s << QSize(7, 5);
    QTest::newRow("mask") << any(array(u"|b1"_s, {5, 7}, 35)) << u"ndarray"_s << QSize(7, 5);
    QTest::newRow("not an image") << any("hello"_ba) << QString() << QSize();
    QTest::newRow("a row") << any(array(u"|u1"_s, {35}, 35)) << QString() << QSize();
    QTest::newRow("numbers") << any(array(u"<f8"_s, {1, 2}, 16)) << QString() << QSize();
    QTest::newRow("empty array") << any(array(u"|u1"_s, {0, 7}, 0)) << QString() << QSize();
    QTest::newRow("text") << any(u"x"_s) << QString() << QSize();
    // Formats that name other files, or are programs.
    QTest::newRow("SVG") << any("<svg xmlns='http://www.w3.org/2000/svg' width='5' height='5'/>"_ba) << QString()
                         << QSize();
    QTest::newRow("XPM") << any("/* XPM */ static char *x[] = {\"1 1 1 1\", \"a c #ffffff\", \"a\"};"_ba) << QString()
                         << QSize();
    // A picture that claims to be huge takes no memory.
    QByteArray huge = file("PNG");
    for (const qsizetype offset : {16, 20})
        huge.replace(offset, 4, QByteArray("\x00\x01\x00\x00", 4));
    const QByteArray header = huge.sliced(12, 17);
    quint32 crc = ~0U;
    for (const char byte : header) {
        crc ^= uchar(byte);
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc >> 1) ^ (0xedb88320U & (0U - (crc & 1U)));
    }
    crc = ~crc;
    for (int i = 0; i < 4; ++i)
        huge[29 + i] = char(crc >> (24 - 8 * i));
    QTest::newRow("65,536 pixels square") << any(huge) << u"PNG"_s << QSize();
}

void tst_InspectorModels::seesImages()
{
    QFETCH(QVariant, value);
    QFETCH(QString, format);
    QFETCH(QSize, size);
    const ValueImage seen = imageOf(value);
    QCOMPARE(seen.format, format);
    QCOMPARE(seen.image.isNull(), !size.isValid());
    QCOMPARE(seen.problem.isEmpty(), format.isEmpty() || size.isValid());
    if (size.isValid())
        QCOMPARE(seen.image.size(), size);
}

void tst_InspectorModels::readsTexts()
{
    QCOMPARE(textOf(u"it's\ntwo lines"_s).text, u"it's\ntwo lines"_s); // and not as Python writes it
    QCOMPARE(textOf(QVariantList{1, u"a"_s}).text, u"[1, 'a']"_s);
    QCOMPARE(textOf("Hello, world!\n\xff"_ba).text,
             u"00000000  48 65 6c 6c 6f 2c 20 77  6f 72 6c 64 21 0a ff     Hello, world!··"_s);
    const ValueText lines = textOf(QByteArray(40, 'A'));
    QVERIFY(lines.isWhole);
    QCOMPARE(lines.text.count(u'\n'), 2);
    QVERIFY(lines.text.section(u'\n', 2).startsWith(u"00000020  41 41 41 41 41 41 41 41  "_s));
    // What is too long is shown from its beginning, and no character is parted.
    const ValueText part = textOf(u"🍣"_s.repeated(100), 51);
    QVERIFY(!part.isWhole);
    QCOMPARE(part.text, u"🍣"_s.repeated(25));
    // Nor of a line that is broken to be shown.
    QVERIFY(!textOf(QString(longestShownLine, u'x') + u'\n' + QString(longestShownLine, u'y')).isBroken);
    const ValueText broken = textOf(u"a"_s + u"🍣"_s.repeated(longestShownLine));
    QVERIFY(broken.isBroken && broken.isWhole && broken.text.isValidUtf16());
    QCOMPARE(QString(broken.text).remove(u'\n'), u"a"_s + u"🍣"_s.repeated(longestShownLine));
    for (const QString &line : broken.text.split(u'\n'))
        QVERIFY(line.size() <= longestShownLine && line.isValidUtf16());
    const ValueText bytes = textOf(QByteArray(1000, 'A'), 200);
    QVERIFY(!bytes.isWhole && bytes.text.size() <= 200 && !bytes.text.isEmpty());
}

void tst_InspectorModels::boundsNodes()
{
    NodesModel model;
    PyventNodeInfo serving;
    serving.uuid = QUuid::createUuid();
    serving.serving = true;
    model.setAnswers({serving});
    for (int i = 0; i < NodesModel::maximumNodes * 2; ++i)
        model.noteEvent({.name = u"a"_s, .sender = QString::number(i)});
    QCOMPARE(model.rowCount(), NodesModel::maximumNodes);
    QCOMPARE(model.index(0, NodesModel::Role).data().toString(), u"serves"_s); // who answers stays
}

void tst_InspectorModels::keepsHistory()
{
    QTemporaryDir folder;
    QSettings settings(folder.filePath(u"s.ini"_s), QSettings::IniFormat);
    SendHistory history;
    for (int i = 0; i < SendHistory::longest + 10; ++i)
        history.add({u"e"_s + QString::number(i), {}, u"a=1\nb:=\"ü\""_s});
    history.add({u"e30"_s, {}, u"a=1\nb:=\"ü\""_s}); // again: moves to the front
    QCOMPARE(history.drafts().size(), SendHistory::longest);
    QCOMPARE(history.drafts().first().name, u"e30"_s);
    history.add({u"large"_s, {}, QString(SendHistory::largestDraft + 1, u'x')}); // is not kept in the settings
    history.save(&settings);
    SendHistory again;
    again.load(&settings);
    QCOMPARE(again.drafts().size(), SendHistory::longest - 1);
    QCOMPARE(again.drafts().first(), history.drafts().at(1));
}

PYVENT_TEST(tst_InspectorModels)
#include "tst_inspectormodels.moc"
