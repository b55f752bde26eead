// SPDX-License-Identifier: MIT
#include "argumentmodel.h"
#include "nodesmodel.h"
#include "pythontype.h"
#include "ratemodel.h"
#include "rateplot.h"
#include "sendhistory.h"
#include "support/testprogram.h"
#include "typedvalue.h"

#include <PyventArray>
#include <PyventDateTime>
#include <PyventDict>
#include <PyventInteger>
#include <PyventObject>
#include <PyventSet>
#include <PyventTuple>

#include <QtCore/qsettings.h>
#include <QtTest>

using namespace Pyvent::Inspector;
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
    void countsRates();
    void boundsNames();
    void takesALogsNames();
    void endsScalesNicely();
    void showsNodes();
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
    row(u"Order"_s, any(Pyvent::Cli::TypedValue{u"Order"_s, QVariantMap{{u"module"_s, u"shop"_s}}}), 1);
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
    model.setAnswers({info});
    QCOMPARE(model.rowCount(), 2);
    QCOMPARE(model.index(0, NodesModel::Program).data().toString(), u"restaurant-till · 42"_s);
    QCOMPARE(model.index(0, NodesModel::Role).data().toString(), u"serves"_s);
    model.setAnswers({}); // it has gone
    QCOMPARE(model.index(0, NodesModel::Role).data().toString(), u"seen"_s);
    model.clear();
    QCOMPARE(model.rowCount(), 0);
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
