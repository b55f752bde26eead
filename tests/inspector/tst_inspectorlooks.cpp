// SPDX-License-Identifier: MIT
#include "kitchen.h"
#include "support/contrast.h"
#include "support/freeport.h"
#include "support/mnemonics.h"
#include "support/testprogram.h"
#include "support/waituntil.h"
#include "workshop.h"

#include "elidedlabel.h"
#include "emptyhint.h"
#include "eventview.h"
#include "mainwindow.h"
#include "namedelegate.h"
#include "nodespanel.h"
#include "ratepanel.h"
#include "textstyle.h"

#include <QtTest>
#include <QtWidgets>

#include <memory>

using namespace Pyvent::Inspector;
using PyventTests::contrast;
using PyventTests::patience;
using PyventTests::waitUntil;
using namespace Qt::StringLiterals;

namespace {

QFont fontOf(int points)
{
    QFont font = QApplication::font();
    font.setPointSize(points);
    return font;
}

// How much room a cell has for its text.
int roomIn(const QTableView *view, const QModelIndex &index)
{
    const int margin = view->style()->pixelMetric(QStyle::PM_FocusFrameHMargin, nullptr, view) + 1;
    const int icon = index.data(Qt::DecorationRole).isValid() ? view->iconSize().width() + 2 * margin : 0;
    return view->columnWidth(index.column()) - 2 * margin - icon;
}

QFontMetrics metricsOf(const QTableView *view, const QModelIndex &index)
{
    const QVariant font = index.data(Qt::FontRole);
    return QFontMetrics(font.isValid() ? font.value<QFont>() : view->font());
}

// The cells of \a columns that are in sight, from top to bottom.
QModelIndexList cellsInSight(const QTableView *view, const QList<int> &columns)
{
    QModelIndexList cells;
    for (int row = 0; row < view->model()->rowCount(); ++row) {
        for (const int column : columns) {
            const QModelIndex index = view->model()->index(row, column);
            if (!view->isColumnHidden(column) && view->viewport()->rect().intersects(view->visualRect(index)))
                cells.append(index);
        }
    }
    return cells;
}

// The first number in sight that is cut, with its column; empty if none is.
QString cutNumber(const QTableView *view, const QList<int> &columns)
{
    const QModelIndexList cells = cellsInSight(view, columns);
    for (const QModelIndex &index : cells) {
        const QString text = index.data().toString();
        const bool isInside = view->visualRect(index).right() < view->viewport()->width();
        if (metricsOf(view, index).horizontalAdvance(text) > roomIn(view, index) || !isInside)
            return u"%1 in column %2"_s.arg(text, view->model()->headerData(index.column(), Qt::Horizontal).toString());
    }
    for (int column = 0; column < view->model()->columnCount(); ++column) {
        const QHeaderView &header = *view->horizontalHeader();
        if (!view->isColumnHidden(column) && header.sectionSize(column) < header.sectionSizeHint(column))
            return u"the header of column %1"_s.arg(column);
    }
    return cells.isEmpty() ? u"nothing is in sight"_s : QString();
}

// Two names in sight that look the same, and are not.
QString alikeNames(const QTableView *view, const QList<int> &columns)
{
    QHash<QString, QString> nameOf;
    const QModelIndexList cells = cellsInSight(view, columns);
    for (const QModelIndex &index : cells) {
        if (!qobject_cast<NameDelegate *>(view->itemDelegateForColumn(index.column())))
            return u"column %1 has no NameDelegate"_s.arg(index.column());
        const QString name = index.data().toString();
        const QString shown =
            QString::number(index.column()) + elidedName(name, metricsOf(view, index), roomIn(view, index));
        if (const auto other = nameOf.constFind(shown); other != nameOf.cend() && *other != name)
            return u"%1 and %2 look like %3"_s.arg(name, *other, shown.sliced(1));
        nameOf.insert(shown, name);
    }
    return {};
}

// A button or a label in sight that has less room than its text needs.
QString cutWidget(const QWidget *window)
{
    const QList<QWidget *> widgets = window->findChildren<QWidget *>();
    for (const QWidget *widget : widgets) {
        const auto *label = qobject_cast<const QLabel *>(widget);
        const bool hasText = (label && !label->wordWrap() && !qobject_cast<const ElidedLabel *>(label))
            || qobject_cast<const QAbstractButton *>(widget);
        if (!hasText || !widget->isVisible() || qobject_cast<QLineEdit *>(widget->parentWidget())
            || qobject_cast<QTabBar *>(widget->parentWidget()))
            continue;
        if (widget->width() < widget->sizeHint().width() || widget->height() < widget->fontMetrics().height())
            return u"%1 %2 is %3 × %4"_s.arg(QLatin1StringView(widget->metaObject()->className()), widget->objectName())
                .arg(widget->width())
                .arg(widget->height());
    }
    return {};
}

} // namespace

// Whether the window can be read, in each size of font and window, in light and dark.
class tst_InspectorLooks : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();

    void canBeRead_data();
    void canBeRead();
    void followsTheFont();
    void neverCutsNumbersWhoeverMovesColumns();
    void showsAllOfAKitchen();
    void hidesWhatHasNoRoom();
    void hasTabsWhereItIsSmall();
    void hintsFit_data();
    void hintsFit();
    void coloursCanBeRead_data();
    void coloursCanBeRead();
    void followsThePalette();
    void namesKeepTheirEnds_data();
    void namesKeepTheirEnds();
    void keysDoNotClash();

private:
    template <typename T>
    T *part(const char *name)
    {
        T *const found = m_window->findChild<T *>(QLatin1StringView(name));
        Q_ASSERT(found);
        return found;
    }
    void open(const QSize &size);
    bool fill();
    bool picture(const char *name);
    void reveal(QWidget *page)
    {
        auto *tabs = m_window->findChild<QTabWidget *>();
        if (tabs->indexOf(page) >= 0)
            tabs->setCurrentWidget(page);
    }
    QWidget *logSide() { return part<QSplitter>("logSide"); }

    QTemporaryDir m_folder;
    QFont m_font;
    QPalette m_palette;
    int m_port = 0;
    std::unique_ptr<MainWindow> m_window;
    std::unique_ptr<Workshop::Bus> m_bus;
};

void tst_InspectorLooks::initTestCase()
{
    QVERIFY(m_folder.isValid());
    QCoreApplication::setOrganizationName(u"PyventTests"_s);
    QCoreApplication::setApplicationName(u"tst_inspectorlooks"_s);
    QSettings::setDefaultFormat(QSettings::IniFormat);
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_folder.path());
    QApplication::setStyle(u"Fusion"_s);
    m_font = QApplication::font();
    m_palette = QApplication::palette();
}

void tst_InspectorLooks::init()
{
    QSettings().clear();
    m_port = PyventTests::freePort();
}

void tst_InspectorLooks::cleanup()
{
    m_window.reset();
    m_bus.reset();
    QApplication::setFont(m_font);
    QApplication::setPalette(m_palette);
}

void tst_InspectorLooks::open(const QSize &size)
{
    m_window = std::make_unique<MainWindow>();
    m_window->resize(size);
    m_window->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_window.get(), patience));
    m_window->resize(size);
    QTRY_COMPARE_WITH_TIMEOUT(m_window->size(), size, patience);
}

bool tst_InspectorLooks::fill()
{
    m_bus = std::make_unique<Workshop::Bus>(m_port);
    m_window->join({u"127.0.0.1"_s, m_port});
    if (!waitUntil([this] { return m_window->link().isReady(); }))
        return false;
    const int sent = m_bus->run();
    const auto shows = [this](int count) {
        return waitUntil([this, count] { return m_window->events().rowCount() >= count; });
    };
    if (!shows(sent))
        return false;
    const int added = Workshop::addHours(m_window.get());
    return shows(sent + added);
}

void tst_InspectorLooks::canBeRead_data()
{
    QTest::addColumn<int>("points");
    QTest::addColumn<QSize>("size");
    for (const int points : {9, 12, 16}) {
        for (const QSize size : {QSize(700, 500), QSize(1280, 800)})
            QTest::addRow("%dpt-%dx%d", points, size.width(), size.height()) << points << size;
    }
}

// Written where PYVENT_LOOKS says: see src/inspector/README.md.
bool tst_InspectorLooks::picture(const char *name)
{
    const QString folder = qEnvironmentVariable("PYVENT_LOOKS");
    if (folder.isEmpty())
        return true;
    bool isSaved = true;
    for (const bool isDark : {true, false}) {
        QApplication::setPalette(isDark ? Kitchen::darkPalette() : Kitchen::lightPalette());
        QCoreApplication::processEvents();
        const QString file = u"%1/%2-%3-%4-x%5.png"_s.arg(
            folder, QLatin1StringView(name), QLatin1StringView(QTest::currentDataTag()),
            isDark ? u"dark"_s : u"light"_s, QString::number(m_window->devicePixelRatioF()));
        isSaved = m_window->grab().save(file) && isSaved;
    }
    return isSaved;
}

void tst_InspectorLooks::canBeRead()
{
    QFETCH(int, points);
    QFETCH(QSize, size);
    QApplication::setFont(fontOf(points));
    QApplication::setPalette(Kitchen::lightPalette());
    open(size);
    QVERIFY(fill());
    auto *events = part<EventView>("events");
    const auto selects = [&](const QString &name) {
        for (int row = m_window->events().rowCount() - 1; row >= 0; --row) {
            if (m_window->events().index(row, EventModel::Name).data().toString() == name) {
                events->setCurrentIndex(m_window->events().index(row, 0));
                return true;
            }
        }
        return false;
    };
    QVERIFY(selects(u"camera"_s));
    events->goToNewest();
    QTRY_COMPARE_WITH_TIMEOUT(cutNumber(events, {EventModel::Time, EventModel::Sequence}), QString(), patience);
    QTRY_COMPARE(alikeNames(events, {EventModel::Name, EventModel::Sender, EventModel::Node}), QString());
    QCOMPARE(cutWidget(m_window.get()), QString());
    QVERIFY(cellsInSight(events, {EventModel::Name}).size() >= 3);
    QVERIFY(picture("log"));

    auto *names = part<QTableView>("names");
    reveal(m_window->findChild<RatePanel *>());
    QTRY_COMPARE_WITH_TIMEOUT(cutNumber(names, {RateModel::Count, RateModel::Rate}), QString(), patience);
    QTRY_COMPARE(alikeNames(names, {RateModel::Name}), QString());
    QCOMPARE(cutWidget(m_window.get()), QString());
    QVERIFY(picture("names"));

    auto *nodes = part<QTableView>("nodes");
    reveal(m_window->findChild<NodesPanel *>());
    QTRY_VERIFY_WITH_TIMEOUT((m_window->link().findNodes(), m_window->nodes().rowCount() >= 4), patience);
    QTRY_COMPARE_WITH_TIMEOUT(cutNumber(nodes, {NodesModel::Role, NodesModel::Events, NodesModel::Seen}), QString(),
                              patience);
    QTRY_COMPARE(alikeNames(nodes, {NodesModel::Node}), QString());
    QCOMPARE(cutWidget(m_window.get()), QString());
    QVERIFY(picture("nodes"));

    reveal(m_window->findChild<QWidget *>(u"sendName"_s)->parentWidget());
    QCOMPARE(cutWidget(m_window.get()), QString());
    QVERIFY(picture("send"));
    QCOMPARE(m_window->size(), size); // nothing has made it grow
}

void tst_InspectorLooks::followsTheFont()
{
    QApplication::setFont(fontOf(9));
    open({1280, 800});
    QVERIFY(fill());
    auto *events = part<EventView>("events");
    QTRY_COMPARE_WITH_TIMEOUT(cutNumber(events, {EventModel::Time, EventModel::Sequence}), QString(), patience);
    const int before = events->rowHeight(0);
    QApplication::setFont(fontOf(16));
    QTRY_VERIFY(events->rowHeight(0) > before);
    QTRY_COMPARE_WITH_TIMEOUT(cutNumber(events, {EventModel::Time, EventModel::Sequence}), QString(), patience);
    QVERIFY(monospaced().pointSizeF() == 16);
}

void tst_InspectorLooks::neverCutsNumbersWhoeverMovesColumns()
{
    open({1280, 800});
    QVERIFY(fill());
    auto *events = part<EventView>("events");
    QTRY_COMPARE_WITH_TIMEOUT(cutNumber(events, {EventModel::Time, EventModel::Sequence}), QString(), patience);
    events->horizontalHeader()->resizeSection(EventModel::Time, 20);
    events->horizontalHeader()->resizeSection(EventModel::Name, 222);
    QTRY_COMPARE_WITH_TIMEOUT(cutNumber(events, {EventModel::Time, EventModel::Sequence}), QString(), patience);
    QCOMPARE(events->columnWidth(EventModel::Name), 222); // as it was put
    // What is moved comes out of what is left: all is in sight.
    QTRY_COMPARE(events->horizontalScrollBar()->maximum(), 0);
}

void tst_InspectorLooks::showsAllOfAKitchen()
{
    open({1200, 800});
    Kitchen::fill(m_window.get());
    auto *events = part<EventView>("events");
    QTRY_VERIFY_WITH_TIMEOUT(m_window->events().rowCount() > 100, patience);
    QCoreApplication::processEvents(); // and no longer: nobody should see the first rows squeezed
    QCOMPARE(cutNumber(events, {EventModel::Time, EventModel::Sequence}), QString());
    for (const char *name : {"events", "names"}) {
        const auto *view = part<QTableView>(name);
        for (int column = 0; column < view->model()->columnCount(); ++column)
            QVERIFY2(!view->isColumnHidden(column), qPrintable(u"%1, %2"_s.arg(QLatin1StringView(name)).arg(column)));
        const QModelIndexList cells = cellsInSight(view, {1}); // no name is long, and none is cut
        for (const QModelIndex &index : cells)
            QVERIFY(metricsOf(view, index).horizontalAdvance(index.data().toString()) <= roomIn(view, index));
    }
}

void tst_InspectorLooks::hidesWhatHasNoRoom()
{
    open({1280, 800});
    QVERIFY(fill());
    auto *events = part<EventView>("events");
    for (int column = 0; column < EventModel::ColumnCount; ++column)
        QVERIFY(!events->isColumnHidden(column));
    m_window->resize(400, 500);
    QTRY_VERIFY(events->isColumnHidden(EventModel::Node));
    QVERIFY(!events->isColumnHidden(EventModel::Time) && !events->isColumnHidden(EventModel::Name));
    QTRY_COMPARE(events->horizontalScrollBar()->maximum(), 0);
    m_window->resize(1280, 800);
    QTRY_VERIFY(!events->isColumnHidden(EventModel::Node));
}

void tst_InspectorLooks::hasTabsWhereItIsSmall()
{
    open({1280, 800});
    auto *tabs = m_window->findChild<QTabWidget *>();
    auto *panel = part<QLineEdit>("sendName")->parentWidget();
    QVERIFY(part<EventView>("events")->isVisible() && panel->isVisible());
    part<QLineEdit>("sendName")->setText(u"being-written"_s);
    const QList<int> sizes = part<QSplitter>("sides")->sizes();

    m_window->resize(700, 500);
    QTRY_COMPARE(tabs->count(), 4);
    QTRY_VERIFY(part<EventView>("events")->isVisible());
    QVERIFY(!panel->isVisible());
    // Keys lead where their part is.
    m_window->activateWindow();
    QTRY_VERIFY(m_window->isActiveWindow());
    QTest::keyClick(m_window.get(), Qt::Key_N, Qt::ControlModifier);
    QTRY_VERIFY(panel->isVisible());
    QTRY_COMPARE(m_window->focusWidget(), part<QLineEdit>("sendName"));
    QTest::keyClick(m_window.get(), Qt::Key_F, Qt::ControlModifier);
    QTRY_COMPARE(m_window->focusWidget(), part<QLineEdit>("nameFilter"));
    QVERIFY(part<EventView>("events")->isVisible());

    m_window->resize(1280, 800);
    QTRY_COMPARE(tabs->count(), 2);
    QTRY_VERIFY(part<EventView>("events")->isVisible() && panel->isVisible());
    QCOMPARE(m_window->focusWidget(), part<QLineEdit>("nameFilter"));
    QCOMPARE(part<QLineEdit>("sendName")->text(), u"being-written"_s);
    QTRY_COMPARE(part<QSplitter>("sides")->sizes(), sizes);
}

void tst_InspectorLooks::hintsFit_data()
{
    canBeRead_data();
}

void tst_InspectorLooks::hintsFit()
{
    QFETCH(int, points);
    QFETCH(QSize, size);
    QApplication::setFont(fontOf(points));
    QApplication::setPalette(Kitchen::lightPalette());
    open(size);
    auto *hint = part<EmptyHint>("eventsHint");
    auto *button = part<QPushButton>("eventsRemedy");
    const auto isWhole = [hint, button] {
        const auto *label = hint->findChild<QLabel *>();
        const QRect words =
            label->fontMetrics().boundingRect(label->rect(), int(label->alignment()) | Qt::TextWordWrap, label->text());
        const bool hasButton = hint->rect().contains(button->geometry())
            && !button->geometry().intersects(label->geometry()) && button->width() >= button->sizeHint().width();
        return hint->rect().contains(label->geometry()) && label->rect().contains(words)
            && (button->isHidden() || hasButton);
    };
    QVERIFY2(hint->text().contains(u"not on a bus"_s), qPrintable(hint->text()));
    QTRY_VERIFY(isWhole());
    QVERIFY(picture("off"));

    m_window->join({u"127.0.0.1"_s, m_port});
    QTRY_VERIFY_WITH_TIMEOUT(button->isVisible(), patience);
    QVERIFY2(hint->text().contains(u"Nobody serves port %1"_s.arg(m_port)), qPrintable(hint->text()));
    QTRY_VERIFY(isWhole());
    QVERIFY(picture("dead"));

    button->click(); // it serves from now on
    QTRY_VERIFY_WITH_TIMEOUT(hint->text().contains(u"No events yet"_s), patience);
    QVERIFY(button->isHidden());
    QTRY_VERIFY(isWhole());
    QVERIFY(picture("empty"));
}

void tst_InspectorLooks::coloursCanBeRead_data()
{
    QTest::addColumn<QPalette>("palette");
    QTest::newRow("light") << Kitchen::lightPalette();
    QTest::newRow("dark") << Kitchen::darkPalette();
}

void tst_InspectorLooks::coloursCanBeRead()
{
    QFETCH(QPalette, palette);
    for (const auto role : {QPalette::Window, QPalette::Base, QPalette::AlternateBase}) {
        const QColor ground = palette.color(role);
        for (const Tone tone : {Tone::Good, Tone::Waiting, Tone::Bad, Tone::Quiet})
            QVERIFY2(contrast(toneColor(tone, palette), ground) >= 4.5, qPrintable(u"tone %1"_s.arg(int(tone))));
        for (int i = 0; i < nameColorCount; ++i) // lines, which need less
            QVERIFY2(contrast(nameColor(i, palette), ground) >= 3, qPrintable(u"colour %1"_s.arg(i)));
    }
}

void tst_InspectorLooks::followsThePalette()
{
    QApplication::setPalette(Kitchen::lightPalette());
    open({1280, 800});
    m_window->join({u"127.0.0.1"_s, m_port});
    Q_EMIT m_window->link().lost(u"order-food"_s, QUuid::createUuid(), 1);
    Q_EMIT m_window->link().refused(u"order-food"_s, QUuid::createUuid(), 3, u"the rules do not let it"_s);
    Q_EMIT m_window->link().unreadable(2, {{u"order-food"_s, 2}});
    const QLabel *const labels[] = {part<QLabel>("lost"), part<QLabel>("refused"), part<QLabel>("unreadable"),
                                    part<QLabel>("state")};
    const auto canBeRead = [&] {
        return std::all_of(std::begin(labels), std::end(labels), [](const QLabel *label) {
            return label->isVisible()
                && contrast(label->palette().color(QPalette::WindowText), label->palette().color(QPalette::Window))
                >= 4.5;
        });
    };
    QVERIFY(canBeRead());
    QApplication::setPalette(Kitchen::darkPalette());
    QTRY_VERIFY(isDark(m_window->palette()));
    QTRY_VERIFY(canBeRead());
}

void tst_InspectorLooks::namesKeepTheirEnds_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("characters");
    QTest::addColumn<QString>("shown");
    const QString longName = u"factory.hall-3.temperature-inlet"_s;
    QTest::newRow("fits") << longName << 32 << longName;
    QTest::newRow("a quarter before the gap") << longName << 13 << u"fac…ure-inlet"_s;
    QTest::newRow("hardly any room") << longName << 3 << u"…et"_s;
    QTest::newRow("no room") << longName << 1 << u"…"_s;
    QTest::newRow("empty") << QString() << 5 << QString();
}

void tst_InspectorLooks::namesKeepTheirEnds()
{
    QFETCH(QString, name);
    QFETCH(int, characters);
    QFETCH(QString, shown);
    const QFontMetrics metrics(monospaced());
    QCOMPARE(elidedName(name, metrics, metrics.horizontalAdvance(QString(characters, u'x'))), shown);
    // No half of a pair is left, wherever it is cut.
    const QString fish = QString::fromUcs4(U"\U0001f363").repeated(20);
    for (int width = 0; width < 400; ++width)
        QVERIFY(elidedName(fish, metrics, width).isValidUtf16());
    // And nothing is wider than its place, which the style would cut once more.
    const QFontMetrics usual(QApplication::font());
    for (int width = usual.horizontalAdvance(u'…') + 1; width < 400; ++width) {
        const QString fitted = elidedName(u"factory.hall-3.temperature-inlet"_s, usual, width);
        QVERIFY2(QFontMetricsF(usual).horizontalAdvance(fitted) <= width, qPrintable(fitted));
    }
}

void tst_InspectorLooks::keysDoNotClash()
{
    open({1280, 800});
    QCOMPARE(PyventTests::clashesIn(m_window.get()), QStringList()); // not connected
    m_window->join({u"127.0.0.1"_s, m_port});
    QCOMPARE(PyventTests::clashesIn(m_window.get()), QStringList());
    // Keys reach what they are written on.
    m_window->activateWindow();
    QTRY_VERIFY(m_window->isActiveWindow());
    QTest::keyClick(m_window.get(), Qt::Key_M, Qt::AltModifier);
    QTRY_COMPARE(m_window->focusWidget(), part<QLineEdit>("sendName"));
    QTest::keyClick(m_window.get(), Qt::Key_R, Qt::AltModifier);
    QTRY_COMPARE(m_window->focusWidget(), part<QLineEdit>("sendSender"));
    m_window->resize(700, 500);
    QCOMPARE(PyventTests::clashesIn(m_window.get()), QStringList());
    const QList<QMenu *> menus = m_window->findChildren<QMenu *>();
    QVERIFY(menus.size() >= 5);
    for (const QMenu *menu : menus)
        QCOMPARE(PyventTests::clashesOfMenu(menu), QStringList());
}

PYVENT_TEST(tst_InspectorLooks)
#include "tst_inspectorlooks.moc"
