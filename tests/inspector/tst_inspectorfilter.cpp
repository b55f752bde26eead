// SPDX-License-Identifier: MIT
#include "support/testprogram.h"
#include "windowtest.h"

#include "emptyhint.h"
#include "filterbar.h"

#include <QtWidgets>

using namespace Pyvent::Inspector;
using namespace Qt::StringLiterals;

// What a filter hides, and what it leaves alone.
class tst_InspectorFilter : public WindowTest
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QVERIFY(prepare(u"tst_inspectorfilter"_s)); }
    void init()
    {
        begin();
        QVERIFY(open());
    }
    void cleanup() { end(); }

    void saysWhatItHides();
    void saysThatItIsPaused();
    void keepsTheSelectedRow();
    void keepsTheSelectedRowOfAMillion();
    void forgetsTheSelectionOfAnotherLog();
    void escapeClearsItOnlyFromWithin();
    void showsOnlyAName();
    void hidesAName();
    void takesNamesFromTheRates();

private:
    QLineEdit *nameField() { return part<QLineEdit>("nameFilter"); }
    bool appendNumbered(int count);
    Serial current() { return view()->currentSerial().value_or(~Serial(0)); }
    bool isInSight() { return view()->viewport()->rect().intersects(view()->visualRect(view()->currentIndex())); }
};

// Every tenth is rare.
bool tst_InspectorFilter::appendNumbered(int count)
{
    for (int i = 0; i < count; ++i)
        append(i % 10 == 0 ? u"rare"_s : u"common"_s, {{u"i"_s, qlonglong(i)}});
    return PyventTests::waitUntil([&] { return events().rowCount() == count; });
}

void tst_InspectorFilter::saysWhatItHides()
{
    auto *hint = part<EmptyHint>("eventsHint");
    nameField()->setText(u"nothing-like-it"_s);
    QVERIFY2(!hint->text().contains(u"filter"_s), qPrintable(hint->text())); // there is nothing to hide
    nameField()->clear();
    for (int i = 0; i < 1234; ++i)
        append(u"order-food"_s);
    QTRY_COMPARE(events().rowCount(), 1234);
    QVERIFY(!hint->isVisible());
    nameField()->setText(u"nothing-like-it"_s);
    QTRY_VERIFY(hint->isVisible());
    QTRY_COMPARE(hint->text(), u"The filter hides all 1,234 events: none of them fits."_s);
    auto *remedy = part<QPushButton>("eventsRemedy");
    QCOMPARE(remedy->text(), u"Clear Filter"_s);
    append(u"order-food"_s); // what comes is counted, too
    QTRY_COMPARE(hint->text(), u"The filter hides all 1,235 events: none of them fits."_s);
    QTest::mouseClick(remedy, Qt::LeftButton);
    QTRY_COMPARE(events().rowCount(), 1235);
    QVERIFY(nameField()->text().isEmpty());
    QVERIFY(!hint->isVisible());
}

void tst_InspectorFilter::saysThatItIsPaused()
{
    auto *hint = part<EmptyHint>("eventsHint");
    events().setPaused(true);
    append(u"a"_s);
    QTRY_COMPARE(hint->text(), u"Paused: 1 event waits. Resume with Space to see it."_s);
    auto *remedy = part<QPushButton>("eventsRemedy");
    QVERIFY(remedy->isVisible());
    QCOMPARE(remedy->text(), u"Resume"_s);
    QTest::mouseClick(remedy, Qt::LeftButton);
    QTRY_COMPARE(events().rowCount(), 1);
}

void tst_InspectorFilter::keepsTheSelectedRow()
{
    QVERIFY(appendNumbered(1000));
    // It is shown by the filter.
    select(500);
    view()->scrollTo(view()->currentIndex(), QAbstractItemView::PositionAtCenter);
    const Serial chosen = current();
    nameField()->setText(u"rare"_s);
    QTRY_COMPARE(events().rowCount(), 100);
    QTRY_COMPARE(current(), chosen);
    QCOMPARE(view()->selectedSerials(), QList<Serial>{chosen});
    QVERIFY(isInSight());
    nameField()->clear();
    QTRY_COMPARE(events().rowCount(), 1000);
    QCOMPARE(current(), chosen);
    QCOMPARE(view()->selectedSerials(), QList<Serial>{chosen});
    QVERIFY(isInSight());

    // The filter hides it, changes, and is cleared.
    const QString title = part<QLabel>("selectedEvent")->text();
    nameField()->setText(u"commo"_s);
    QTRY_VERIFY(events().rowCount() == 900 && !view()->currentSerial());
    nameField()->setText(u"common"_s);
    QCOMPARE(part<QLabel>("selectedEvent")->text(), title); // it can be read on
    nameField()->clear();
    QTRY_COMPARE(current(), chosen);
    QVERIFY(isInSight());

    // Something else is selected while it is hidden: that counts then.
    nameField()->setText(u"common"_s);
    QTRY_VERIFY(events().rowCount() == 900 && !view()->currentSerial());
    select(450);
    const Serial other = current();
    nameField()->clear();
    QTRY_COMPARE(events().rowCount(), 1000);
    QCOMPARE(view()->selectedSerials(), QList<Serial>{other});

    // Several, of which it shows some.
    view()->selectionModel()->select(QItemSelection(events().index(503, 0), events().index(512, 0)),
                                     QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
    const QList<Serial> several = view()->selectedSerials();
    QCOMPARE(several.size(), 10);
    nameField()->setText(u"rare"_s);
    QTRY_COMPARE(view()->selectedSerials(), QList<Serial>{510});
    nameField()->clear();
    QTRY_COMPARE(view()->selectedSerials(), several);

    // One that is out of sight does not move what is in sight.
    select(3);
    view()->goToNewest();
    QVERIFY(!isInSight());
    nameField()->setText(u"rare"_s);
    QTRY_COMPARE(events().rowCount(), 100);
    nameField()->clear();
    QTRY_COMPARE(events().rowCount(), 1000);
    QVERIFY(view()->isAtNewest());
}

void tst_InspectorFilter::keepsTheSelectedRowOfAMillion()
{
    // Where the filter takes many turns of the event loop, and finds the row in one of them.
    EventStore store;
    for (int i = 0; i < 1'000'000; ++i)
        store.append({.name = i % 1000 == 0 ? u"rare"_s : u"common"_s, .sender = u"pyvent"_s}, {});
    events().replaceStore(std::move(store));
    select(5000);
    view()->scrollTo(view()->currentIndex(), QAbstractItemView::PositionAtCenter);
    nameField()->setText(u"rare"_s);
    QTRY_COMPARE_WITH_TIMEOUT(events().rowCount(), 1000, patience);
    QCOMPARE(current(), Serial(5000));
    QVERIFY(isInSight());
    nameField()->clear();
    QCOMPARE(current(), Serial(5000));
    QVERIFY(isInSight());
}

void tst_InspectorFilter::forgetsTheSelectionOfAnotherLog()
{
    QVERIFY(appendNumbered(100));
    select(50);
    nameField()->setText(u"rare"_s);
    QTRY_COMPARE(events().rowCount(), 10);
    EventStore store;
    for (int i = 0; i < 100; ++i)
        store.append({.name = u"other"_s, .sender = u"pyvent"_s}, {});
    events().replaceStore(std::move(store));
    nameField()->clear();
    QTRY_COMPARE(events().rowCount(), 100);
    QVERIFY(!view()->currentSerial());
}

void tst_InspectorFilter::escapeClearsItOnlyFromWithin()
{
    QVERIFY(appendNumbered(100));
    m_window->activateWindow();
    QTRY_VERIFY(m_window->isActiveWindow());
    nameField()->setText(u"rare"_s);
    QTRY_COMPARE(events().rowCount(), 10);
    for (const char *other : {"events", "sendName", "arguments", "address"}) {
        part<QWidget>(other)->setFocus();
        QTRY_COMPARE(m_window->focusWidget(), part<QWidget>(other));
        QTest::keyClick(part<QWidget>(other), Qt::Key_Escape);
        QCOMPARE(nameField()->text(), u"rare"_s);
    }
    // There it takes a message away.
    m_window->openLog(path(u"missing.jsonl"_s));
    QTRY_VERIFY_WITH_TIMEOUT(!message().isEmpty(), patience);
    part<QWidget>("events")->setFocus();
    QTest::keyClick(part<QWidget>("events"), Qt::Key_Escape);
    QTRY_VERIFY(message().isEmpty());
    QCOMPARE(nameField()->text(), u"rare"_s);

    part<QLineEdit>("textFilter")->setFocus();
    QTest::keyClick(part<QLineEdit>("textFilter"), Qt::Key_Escape);
    QTRY_VERIFY(nameField()->text().isEmpty());
    QTRY_COMPARE(events().rowCount(), 100);
    QTest::keyClick(part<QLineEdit>("textFilter"), Qt::Key_Escape); // once more: back to the table
    QTRY_COMPARE(m_window->focusWidget(), view());
}

void tst_InspectorFilter::showsOnlyAName()
{
    for (const char *name : {"order", "order-food", "Order", "order"})
        append(QLatin1StringView(name));
    QTRY_COMPARE(events().rowCount(), 4);
    auto *action = part<QAction>("showOnly");
    QVERIFY(!action->isEnabled());
    QVERIFY(view()->actions().contains(action)); // which are its context menu
    select(0);
    QVERIFY(action->isEnabled());
    action->trigger();
    QTRY_COMPARE(events().rowCount(), 2); // of this name, and not of those that it is a part of
    QCOMPARE(nameField()->text(), u"=order"_s);
    QCOMPARE(current(), Serial(0));
}

void tst_InspectorFilter::hidesAName()
{
    // Also one that a pattern could be taken for, and one with a space, which only a log has.
    const QStringList names{u"heartbeat"_s, u"heartbeat-2"_s, u"a*"_s, u"ab"_s, u"two words"_s, u"!x"_s};
    for (const QString &name : names)
        append(name);
    QTRY_COMPARE(events().rowCount(), 6);
    auto *action = part<QAction>("hideName");
    QVERIFY(view()->actions().contains(action));
    QStringList left = names;
    for (const char *name : {"heartbeat", "a*", "two words", "!x"}) {
        for (int row = 0; row < events().rowCount(); ++row) {
            if (cell(row, EventModel::Name) == QLatin1StringView(name))
                select(row);
        }
        action->trigger();
        left.removeOne(QLatin1StringView(name));
        QTRY_COMPARE(events().rowCount(), int(left.size()));
        for (int row = 0; row < events().rowCount(); ++row)
            QCOMPARE(cell(row, EventModel::Name), left[row]);
    }
    // What was the only one that is wanted is not any more.
    nameField()->setText(u"=ab"_s);
    QTRY_COMPARE(events().rowCount(), 1);
    select(0);
    action->trigger();
    QCOMPARE(nameField()->text(), u"!=ab"_s);
    QTRY_COMPARE(events().rowCount(), 5);
}

void tst_InspectorFilter::takesNamesFromTheRates()
{
    for (const char *name : {"order", "order-food"}) {
        append(QLatin1StringView(name));
        m_window->rates().add(QLatin1StringView(name));
    }
    QTRY_COMPARE(events().rowCount(), 2);
    auto *names = part<QTableView>("names");
    QCOMPARE(names->actions().size(), 2);
    const auto choose = [names](const QString &name) {
        for (int row = 0; row < names->model()->rowCount(); ++row) {
            if (names->model()->index(row, 0).data().toString() == name)
                names->setCurrentIndex(names->model()->index(row, 0));
        }
    };
    choose(u"order"_s);
    names->actions().at(0)->trigger();
    QCOMPARE(nameField()->text(), u"=order"_s);
    nameField()->clear();
    names->actions().at(1)->trigger();
    QCOMPARE(nameField()->text(), u"!=order"_s);
    QTRY_COMPARE(events().rowCount(), 1);
    QCOMPARE(cell(0, EventModel::Name), u"order-food"_s);
}

PYVENT_TEST(tst_InspectorFilter)
#include "tst_inspectorfilter.moc"
