// SPDX-License-Identifier: MIT
#include "eventmodel.h"
#include "support/testprogram.h"
#include "support/waituntil.h"

#include <QtCore/qelapsedtimer.h>
#include <QtTest>

using namespace Pyvent::Inspector;
using namespace Qt::StringLiterals;

namespace {

PyventEvent made(const QString &name, const QVariantMap &arguments = {}, const QString &sender = u"pyvent"_s)
{
    PyventEvent event;
    event.name = name;
    event.sender = sender;
    event.args = arguments;
    return event;
}

QStringList names(const EventModel &model)
{
    QStringList texts;
    for (int row = 0; row < model.rowCount(); ++row)
        texts.append(model.index(row, EventModel::Name).data().toString());
    return texts;
}

} // namespace

class tst_EventModel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keepsEventsAsTheyWere();
    void copiesCheaply();
    void dropsTheOldest();
    void dropsByBytes();
    void forgetsTexts();
    void fitsPatterns_data();
    void fitsPatterns();
    void filtersByNameSenderAndText();
    void batchesWhatComes();
    void pauses();
    void filtersWhileItDropsAndGrows();
    void staysResponsiveWithAMillion();
};

void tst_EventModel::keepsEventsAsTheyWere()
{
    EventStore store;
    PyventEvent event = made(u"order-food"_s, {{u"food"_s, u"säsjö"_s}, {u"$type"_s, 1LL}}, u"till"_s);
    event.nodeId = QUuid::createUuid();
    event.sequence = 7;
    event.time = QDateTime::fromMSecsSinceEpoch(1'700'000'000'123, Qt::UTC);
    const Serial serial = store.append(event, {});
    QCOMPARE(store.event(serial), event);
    QVERIFY(!store.isTimeOfArrival(serial));

    const QDateTime arrival = QDateTime::fromMSecsSinceEpoch(1'700'000'000'456, Qt::UTC);
    const Serial python = store.append(made(u"plain"_s), arrival);
    QCOMPARE(store.time(python), arrival);
    QVERIFY(store.isTimeOfArrival(python));
    QVERIFY2(store.jsonLine(python).endsWith("\"node\":null,\"seq\":null,\"time\":null}"), store.jsonLine(python));
    QVERIFY(!store.time(store.append(made(u"loaded"_s), {})).isValid());
}

void tst_EventModel::copiesCheaply()
{
    EventStore store;
    for (int i = 0; i < 10'000; ++i)
        store.append(made(u"tick"_s, {{u"i"_s, qlonglong(i)}}), {});
    const EventStore copy = store;
    store.append(made(u"later"_s), {});
    store.removeOldest(9000);
    QCOMPARE(copy.count(), 10'000);
    for (const Serial serial : {Serial(0), Serial(5000), Serial(9999)})
        QCOMPARE(copy.decoded(serial).value(u"i"_s).toLongLong(), qlonglong(serial));
    QCOMPARE(store.count(), 1001);
    QCOMPARE(store.name(store.end() - 1), u"later"_s);
    store.clear();
    const Serial next = store.append(made(u"after"_s), {});
    QCOMPARE(next, Serial(10'001)); // numbers are not used again
    QCOMPARE(store.name(next), u"after"_s);
    QCOMPARE(copy.name(copy.begin()), u"tick"_s);
}

void tst_EventModel::dropsTheOldest()
{
    EventStore store;
    store.setMaximum(1000);
    for (int i = 0; i < 5001; ++i) {
        store.append(made(u"tick"_s, {{u"i"_s, qlonglong(i)}}), {});
        store.removeOldest(store.excess());
        QVERIFY(store.count() <= 1000);
    }
    QCOMPARE(store.end(), Serial(5001));
    QVERIFY(store.count() >= 990);
    QCOMPARE(store.decoded(store.begin()).value(u"i"_s).toLongLong(), qlonglong(store.begin()));
}

void tst_EventModel::dropsByBytes()
{
    EventStore store;
    store.setMaximumBytes(1'000'000);
    for (int i = 0; i < 100; ++i) {
        store.append(made(u"large"_s, {{u"text"_s, QString(100'000, u'x')}}), {});
        store.removeOldest(store.excess());
        QVERIFY(store.bytes() <= 1'000'000);
    }
    QCOMPARE(store.count(), 9);
}

void tst_EventModel::forgetsTexts()
{
    StringPool pool;
    const quint32 first = pool.add(u"one"_s);
    QCOMPARE(pool.add(u"one"_s), first);
    const int before = pool.generation();
    pool.release(first);
    QCOMPARE(pool.at(first), u"one"_s);
    pool.release(first);
    QCOMPARE(pool.add(u"two"_s), first); // its place is used again, and that is said
    QVERIFY(pool.generation() != before);
    QCOMPARE(pool.end(), 1U);
}

void tst_EventModel::fitsPatterns_data()
{
    QTest::addColumn<QString>("patterns");
    QTest::addColumn<QString>("text");
    QTest::addColumn<bool>("fits");
    const auto row = [](const QString &patterns, const QString &text, bool fits) {
        QTest::addRow("%s / %s", qPrintable(patterns), qPrintable(text)) << patterns << text << fits;
    };
    row({}, u"order-food"_s, true);
    row(u"order-*"_s, u"order-food"_s, true);
    row(u"order-*"_s, u"reorder-food"_s, false);
    row(u"order-?"_s, u"order-food"_s, false);
    row(u"ORDER-?OOD"_s, u"order-food"_s, true);
    row(u"a?"_s, u"a🍣"_s, true);
    row(u"!a?"_s, u"a🍣"_s, false);
    row(u"FOOD"_s, u"order-food"_s, true);
    row(u"drink"_s, u"order-food"_s, false);
    row(u"drink food"_s, u"order-food"_s, true);
    row(u"!order-*"_s, u"order-food"_s, false);
    row(u"!order-*"_s, u"food-ready"_s, true);
    row(u"food !order"_s, u"order-food"_s, false);
    row(u"=food"_s, u"order-food"_s, false);
    row(u"=order-food"_s, u"order-food"_s, true);
    row(u"!"_s, u"order-food"_s, true);
}

void tst_EventModel::fitsPatterns()
{
    QFETCH(QString, patterns);
    QFETCH(QString, text);
    QFETCH(bool, fits);
    QCOMPARE(PatternList(patterns).fits(text), fits);
}

void tst_EventModel::filtersByNameSenderAndText()
{
    EventModel model;
    model.append(made(u"a"_s, {{u"food"_s, u"sushi"_s}}, u"till"_s));
    model.append(made(u"b"_s, {{u"food"_s, u"ramen"_s}}, u"till.2"_s));
    model.append(made(u"c"_s, {{u"note"_s, QString(300'000, u'x') + u"needle"_s}}, u"kitchen"_s));
    QTRY_COMPARE(model.rowCount(), 3);
    QVERIFY(model.index(2, EventModel::Arguments).data().toString().contains(u"select the event"_s));
    const auto shows = [&](const FilterTexts &texts, const QStringList &expected) {
        model.setFilter(texts);
        return PyventTests::waitUntil([&] { return !model.isScanning(); }) && names(model) == expected;
    };
    QVERIFY(shows({.name = u"=b"_s}, {u"b"_s}));
    QVERIFY(shows({.sender = u"till"_s}, {u"a"_s, u"b"_s}));
    QVERIFY(shows({.text = u"food='RAMEN'"_s}, {u"b"_s}));
    QVERIFY(shows({.text = u"needle"_s}, {u"c"_s}));
    QVERIFY(shows({.name = u"a b"_s, .sender = u"!till.*"_s, .text = u"food"_s}, {u"a"_s}));
    QVERIFY(shows({.text = u"nothing has this"_s}, {}));
    QVERIFY(shows({}, {u"a"_s, u"b"_s, u"c"_s}));
}

void tst_EventModel::batchesWhatComes()
{
    EventModel model;
    QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted);
    for (int i = 0; i < 5000; ++i)
        model.append(made(u"tick"_s));
    QCOMPARE(model.rowCount(), 0); // not before the next frame
    QTRY_COMPARE(model.rowCount(), 5000);
    QCOMPARE(inserted.count(), 1);
}

void tst_EventModel::pauses()
{
    EventModel model;
    model.setPaused(true);
    QSignalSpy changed(&model, &EventModel::changed);
    model.append(made(u"tick"_s));
    QVERIFY(changed.wait());
    QCOMPARE(model.rowCount(), 0);
    QCOMPARE(model.waiting(), 1);
    model.setPaused(false);
    QTRY_COMPARE(model.rowCount(), 1);
    QCOMPARE(model.waiting(), 0);
}

void tst_EventModel::filtersWhileItDropsAndGrows()
{
    EventModel model;
    EventStore store;
    for (int i = 0; i < 50'000; ++i)
        store.append(made(i % 2 == 0 ? u"even"_s : u"odd"_s, {{u"i"_s, qlonglong(i)}}), {});
    model.replaceStore(std::move(store));
    QCOMPARE(model.rowCount(), 50'000);
    model.setFilter({.name = u"even"_s, .text = u"i="_s});
    QVERIFY(model.isScanning());
    int more = 0;
    while (model.isScanning()) {
        model.append(made(u"even"_s, {{u"i"_s, qlonglong(50'000 + 2 * more++)}}));
        if (more == 2)
            model.setMaximum(30'000);
        QCoreApplication::processEvents();
    }
    QTRY_COMPARE(model.waiting(), 0);
    // Each even one that is still there, once, in order.
    QList<qlonglong> shown;
    for (int row = 0; row < model.rowCount(); ++row)
        shown.append(model.store().decoded(model.serialAt(row)).value(u"i"_s).toLongLong());
    QVERIFY(std::is_sorted(shown.begin(), shown.end()));
    QCOMPARE(std::adjacent_find(shown.begin(), shown.end()), shown.end());
    QCOMPARE(shown.last(), 50'000 + 2 * (more - 1));
    const auto first = qlonglong(model.store().begin());
    QCOMPARE(shown.first(), first + first % 2);
    QCOMPARE(shown.size(), qsizetype((50'000 - shown.first()) / 2 + more));
}

void tst_EventModel::staysResponsiveWithAMillion()
{
    constexpr qsizetype million = 1'000'000;
    EventStore store;
    const QVariantMap arguments[] = {{{u"food"_s, u"sushi"_s}, {u"pieces"_s, 8LL}}, {{u"food"_s, u"ramen"_s}}};
    for (qsizetype i = 0; i < million; ++i)
        store.append(made(i % 1000 == 0 ? u"rare"_s : u"order-food"_s, arguments[i % 2]), {});
    qInfo() << "a million events take" << store.bytes() / 1'000'000 << "MB";
    EventModel model;
    model.replaceStore(std::move(store));
    QCOMPARE(model.rowCount(), million);

    const auto filter = [&](const FilterTexts &texts, qsizetype expected) {
        QElapsedTimer turn;
        qint64 longest = 0;
        qsizetype turns = 0;
        model.setFilter(texts);
        for (turn.start(); model.isScanning(); ++turns) {
            turn.restart();
            QCoreApplication::processEvents();
            longest = std::max(longest, turn.elapsed());
        }
        const EventModel::Scan &scan = model.lastScan();
        qInfo() << "filtered in" << scan.slices << "slices of at most" << scan.largestSlice
                << "rows; the longest turn of the event loop took" << longest << "ms";
        QCOMPARE(scan.rows, million);
        QVERIFY(scan.largestSlice <= EventModel::rowsPerSlice);
        QVERIFY(scan.slices >= million / EventModel::rowsPerSlice);
        QVERIFY(turns >= scan.slices);
        QCOMPARE(model.rowCount(), expected);
    };
    filter({.name = u"rare"_s}, million / 1000);
    filter({.text = u"RAMEN"_s}, million / 2);
    // Slices of text are bounded by what is decoded, too.
    QVERIFY(model.lastScan().largestSlice < EventModel::rowsPerSlice);
    // A new filter does not wait for the one before.
    model.setFilter({.text = u"sushi"_s});
    QCoreApplication::processEvents();
    QVERIFY(model.isScanning());
    QVERIFY(model.rowCount() > 0); // the newest show at once
    model.setFilter({});
    QCOMPARE(model.rowCount(), million);
}

PYVENT_TEST(tst_EventModel)
#include "tst_eventmodel.moc"
